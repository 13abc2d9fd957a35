//! Tags of the host: their parts are macros, and what they do is a filter of the variables they see.

use std::sync::Arc;

use crate::bytecode::{ImportSite, Instruction};
use crate::call::part_name;
use crate::compiler::symbols::Located;
use crate::compiler::{Compiler, pools};
use crate::syntax::ast::{OwnTag, StmtId, StmtKind};

impl<'src> Compiler<'_, 'src> {
    pub(super) fn own_tag(&mut self, tag: &OwnTag<'src>) -> Located<()> {
        let span = self.now.span;
        self.output(|compiler| {
            let mut parts = Vec::new();
            let bodies = tag.body.iter().map(|part| (None, *part));
            let branches = compiler.tree[tag.branches].iter();
            let branches = branches.map(|(name, part)| (Some(name.text), *part));
            for (branch, part) in bodies.chain(branches) {
                let body = compiler.own_part(tag.name.text, part)?;
                parts.push((part_name(branch), body));
            }
            if tag.sees_variables {
                let visible = Some(compiler.visible(span)?);
                let site = pools::add(&mut compiler.pools.imports, ImportSite { visible });
                compiler.emit(Instruction::LoadVisible(site), span);
            } else {
                compiler.emit(Instruction::LoadNone, span);
            }
            let function = compiler.registry.tag(tag.name.text).map(Arc::clone);
            let shape = compiler.arguments(&compiler.tree[tag.arguments], &parts, span)?;
            let site = compiler.call_site(tag.name, function, shape);
            if tag.waits {
                compiler.note_wait(tag.name.text.to_owned(), span);
            }
            compiler.emit(Instruction::AwaitFilter(site), span);
            compiler.emit(Instruction::EmitValue, span);
            Ok(())
        })
    }

    fn own_part(&mut self, name: &str, part: StmtId) -> Located<u32> {
        let tree = self.tree;
        let StmtKind::OwnPart(body) = &tree.stmt(part).kind else {
            unreachable!("the parts of a tag are parts");
        };
        self.macro_unit(part, name, &[], *body)
    }
}

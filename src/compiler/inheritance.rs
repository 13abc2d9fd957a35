//! Blocks, `extends`, `include` and `import`.

use crate::bytecode::{BlockInfo, ImportSite, IncludeSite, Instruction, Reference, ReferenceKind};
use crate::compiler::scope::{Part, Set};
use crate::compiler::symbols::Located;
use crate::compiler::{Compiler, Extended, pools};
use crate::error::CompileFault;
use crate::syntax::ast::{ExprId, Name, StmtId, StmtKind};

impl<'src> Compiler<'_, 'src> {
    /// Lists the blocks, wherever in the template they stand, so that code can refer to them.
    pub(super) fn declare_blocks(&mut self) -> Located<()> {
        let tree = self.tree;
        let mut names = Set::default();
        for id in &self.scopes.blocks {
            if let StmtKind::Block { name, required, .. } = &tree.stmt(*id).kind {
                let name = tree[*name];
                if !names.insert(name.text) {
                    return Err((CompileFault::BlockTwice(name.text.to_owned()), name.span));
                }
                let block = BlockInfo {
                    name: name.text.into(),
                    unit: self.scopes.unit_of[id].0,
                    required: *required,
                    visible: None,
                };
                let index = pools::add(&mut self.pools.blocks, block);
                self.block_indices.insert(*id, index);
            }
        }
        Ok(())
    }

    /// Compiles the bodies of the blocks.
    pub(super) fn blocks(&mut self) -> Located<()> {
        let tree = self.tree;
        let blocks = self.scopes.blocks.clone();
        for id in &blocks {
            let StmtKind::Block { name, body, .. } = &tree.stmt(*id).kind else {
                continue;
            };
            let scope = self.scopes.of(*id, Part::Body);
            let outer = self.begin_unit(self.scopes.unit_of[id], scope, 0);
            // Wherever a block stands, it is escaped as its template is.
            self.now.escape = Some(self.options.auto_escape);
            self.now.span = tree.stmt(*id).span;
            self.enter_scope(scope)?;
            self.whole_body(*body)?;
            self.end_unit(tree[*name].text)?;
            self.now = outer;
        }
        Ok(())
    }

    /// Writes a block where it is defined, unless the template's parent does.
    pub(super) fn block_statement(&mut self, id: StmtId, name: Name<'src>) -> Located<()> {
        let span = name.span;
        let index = self.block_indices[&id];
        let scoped = matches!(
            self.tree.stmt(id).kind,
            StmtKind::Block { scoped: true, .. }
        );
        if scoped {
            let visible = self.visible(span)?;
            self.pools.blocks[index as usize].visible = Some(visible);
        }
        let skip = self.mark();
        if self.is_top_level() {
            match self.extended {
                Extended::No => {}
                Extended::Maybe => self.jump(Instruction::JumpIfExtended, skip, span),
                Extended::Yes => return Ok(()),
            }
        }
        self.emit(Instruction::CallBlock(index), span);
        self.bind(skip);
        Ok(())
    }

    pub(super) fn extends(&mut self, parent: ExprId) -> Located<()> {
        if !self.is_top_level() || !self.now.opened.is_empty() {
            return Err((CompileFault::NestedExtends(self.enclosing()), self.tag()));
        }
        self.refer(ReferenceKind::Extends, parent);
        self.expression(parent)?;
        self.emit(Instruction::ExtendTemplate, self.tree.expr(parent).span);
        if self.now.branches == 0 {
            self.extended = Extended::Yes;
        } else if self.extended == Extended::No {
            self.extended = Extended::Maybe;
        }
        Ok(())
    }

    pub(super) fn include(
        &mut self,
        template: ExprId,
        ignore_missing: bool,
        with_context: bool,
    ) -> Located<()> {
        let span = self.tree.expr(template).span;
        self.refer(ReferenceKind::Include, template);
        let visible = if with_context {
            Some(self.visible(span)?)
        } else {
            None
        };
        self.expression(template)?;
        let site = IncludeSite {
            ignore_missing,
            visible,
        };
        let site = pools::add(&mut self.pools.includes, site);
        self.emit(Instruction::IncludeTemplate(site), span);
        Ok(())
    }

    /// Puts the module on the stack.
    pub(super) fn import(&mut self, template: ExprId, with_context: bool) -> Located<()> {
        let span = self.tree.expr(template).span;
        self.refer(ReferenceKind::Import, template);
        let visible = if with_context {
            Some(self.visible(span)?)
        } else {
            None
        };
        self.expression(template)?;
        let site = pools::add(&mut self.pools.imports, ImportSite { visible });
        self.emit(Instruction::ImportTemplate(site), span);
        Ok(())
    }

    /// Notes that the template names another.
    fn refer(&mut self, kind: ReferenceKind, template: ExprId) {
        let names = self.folded.template_names(self.tree, template);
        self.pools.references.push(Reference {
            kind,
            names,
            span: self.tree.expr(template).span,
        });
    }
}

//! `defer`.

use crate::bytecode::{BranchSite, Instruction};
use crate::compiler::activation::Opened;
use crate::compiler::scope::Part;
use crate::compiler::symbols::Located;
use crate::compiler::{Compiler, Extended};
use crate::syntax::ast::{Body, Defer, StmtId, StmtKind};

impl<'src> Compiler<'_, 'src> {
    /// A deferred body is output, and left out as such. What it defines has units that must be there nevertheless.
    pub(super) fn deferred_output(&mut self, id: StmtId, inner: &Defer<'src>) -> Located<()> {
        if !(self.now.guards_output && self.extended == Extended::Yes) {
            return self.output(|compiler| compiler.defer_statement(id, inner));
        }
        let behind = self.mark();
        let (waits, references) = (self.pools.waits.len(), self.pools.references.len());
        self.jump(Instruction::Jump, behind, self.now.span);
        self.defer_statement(id, inner)?;
        self.bind(behind);
        self.pools.waits.truncate(waits);
        self.pools.references.truncate(references);
        Ok(())
    }

    /// Compiles a body that may be run after all that follows, so that it is a scope of its own, and then the
    /// placeholder, which only runs if it is.
    fn defer_statement(&mut self, id: StmtId, inner: &Defer<'src>) -> Located<()> {
        let span = self.now.span;
        let site = self.branch_site(BranchSite {
            is_round: true,
            has_fallback: inner.fallback.is_some(),
            ..BranchSite::default()
        })?;
        let (placeholder, end) = (self.mark(), self.mark());
        self.jump(
            |label| Instruction::BeginDefer(site, label),
            placeholder,
            span,
        );
        let (failed, done) = (self.mark(), self.mark());
        if inner.fallback.is_some() {
            self.jump(Instruction::EnterTry, failed, span);
            self.now.opened.push(Opened::Try);
        }
        self.scoped(id, Part::Body, |compiler| {
            compiler.body(inner.body)?;
            if let Some((error, fallback)) = inner.fallback {
                compiler.now.opened.pop();
                compiler.emit(Instruction::ExitTry, span);
                compiler.jump(Instruction::Jump, done, span);
                compiler.bind(failed);
                compiler.fallback(id, error, fallback, span)?;
            }
            compiler.bind(done);
            Ok(())
        })?;
        self.jump(|label| Instruction::EndDefer(site, label), end, span);
        self.bind(placeholder);
        self.emit(Instruction::EmitValue, span);
        self.placeholder(id, inner.placeholder)?;
        self.emit(Instruction::EmitValue, span);
        self.bind(end);
        Ok(())
    }

    /// Compiles what is shown meanwhile; a capture sees to it that nothing in it is deferred.
    fn placeholder(&mut self, id: StmtId, body: Body) -> Located<()> {
        let is_text = |id: &StmtId| matches!(self.tree.stmt(*id).kind, StmtKind::Text(_));
        if self.tree[body].iter().all(is_text) {
            return self.body(body);
        }
        self.scoped(id, Part::Placeholder, |compiler| {
            compiler.capture(|compiler| compiler.body(body))
        })?;
        self.emit(Instruction::EmitValue, self.now.span);
        Ok(())
    }

    /// Compiles what stands in a scope of a statement.
    fn scoped(
        &mut self,
        id: StmtId,
        part: Part,
        compile: impl FnOnce(&mut Self) -> Located<()>,
    ) -> Located<()> {
        let span = self.now.span;
        let outer = self.now.scope;
        let scope = self.scopes.of(id, part);
        self.enter_scope(scope)?;
        self.branch(compile)?;
        self.now.span = span;
        self.leave_scope(scope);
        self.now.scope = outer;
        Ok(())
    }
}

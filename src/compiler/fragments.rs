//! `cache`.

use crate::bytecode::Instruction;
use crate::compiler::Compiler;
use crate::compiler::activation::Opened;
use crate::compiler::scope::Part;
use crate::compiler::symbols::Located;
use crate::syntax::ast::{Body, ExprId, StmtId};

impl Compiler<'_, '_> {
    /// Compiles a fragment. Its body is a scope of its own: where it is cached, it sets nothing.
    pub(super) fn cache_statement(
        &mut self,
        id: StmtId,
        key: ExprId,
        ttl: Option<ExprId>,
        body: Body,
    ) -> Located<()> {
        let span = self.now.span;
        let end = self.mark();
        self.expression(key)?;
        match ttl {
            Some(ttl) => self.expression(ttl)?,
            None => self.emit(Instruction::LoadNone, span),
        }
        let at = self.tree.expr(key).span;
        let at = ttl.map_or(at, |ttl| at.to(self.tree.expr(ttl).span));
        self.jump(Instruction::EnterCache, end, at);
        let outer = self.now.scope;
        let scope = self.scopes.of(id, Part::Body);
        self.enter_scope(scope)?;
        self.now.opened.push(Opened::Capture);
        self.branch(|compiler| compiler.body(body))?;
        self.now.opened.pop();
        self.now.span = span;
        self.leave_scope(scope);
        self.now.scope = outer;
        self.emit(Instruction::ExitCache, span);
        self.bind(end);
        Ok(())
    }
}

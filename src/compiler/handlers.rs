//! `try`.

use crate::bytecode::Instruction;
use crate::compiler::Compiler;
use crate::compiler::activation::Opened;
use crate::compiler::scope::Part;
use crate::compiler::symbols::Located;
use crate::source::Span;
use crate::syntax::ast::{Body, Name, StmtId, Try};

impl<'src> Compiler<'_, 'src> {
    pub(super) fn try_statement(&mut self, id: StmtId, inner: &Try<'src>) -> Located<()> {
        let span = self.now.span;
        let (failed, end) = (self.mark(), self.mark());
        match inner.timeout {
            Some(timeout) => {
                self.expression(timeout)?;
                let span = self.tree.expr(timeout).span;
                self.jump(Instruction::EnterTimedTry, failed, span);
            }
            None => self.jump(Instruction::EnterTry, failed, span),
        }
        self.now.opened.push(Opened::Try);
        self.branch(|compiler| compiler.body(inner.body))?;
        self.now.opened.pop();
        self.emit(Instruction::ExitTry, span);
        self.jump(Instruction::Jump, end, span);
        self.bind(failed);
        self.fallback(id, inner.error, inner.fallback, span)?;
        self.bind(end);
        self.now.span = span;
        Ok(())
    }

    /// Compiles what stands in for a body that failed; the error is on the stack.
    pub(super) fn fallback(
        &mut self,
        id: StmtId,
        error: Option<Name<'src>>,
        body: Body,
        span: Span,
    ) -> Located<()> {
        let outer = std::mem::replace(&mut self.now.scope, self.scopes.of(id, Part::Fallback));
        match error {
            Some(name) => self.store_name(name),
            None => self.emit(Instruction::Discard, span),
        }
        self.branch(|compiler| compiler.body(body))?;
        self.now.scope = outer;
        Ok(())
    }
}

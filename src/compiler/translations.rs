//! `trans`: the call of `gettext`, and the message it gives with variables put in.

use crate::bytecode::Instruction;
use crate::compiler::Compiler;
use crate::compiler::symbols::Located;
use crate::syntax::ast::Translation;

impl<'src> Compiler<'_, 'src> {
    pub(super) fn trans(&mut self, translation: &Translation<'src>) -> Located<()> {
        let span = self.now.span;
        if let Some(store) = translation.store {
            self.statement(store)?;
            self.now.span = span;
        }
        self.output(|compiler| {
            compiler.expression(translation.call)?;
            if !translation.formats {
                if compiler.options.auto_await {
                    compiler.emit(Instruction::Await, span);
                }
                // The message is the template's own, and so is its markup; the variables are not.
                compiler.emit(Instruction::MarkSafe, span);
            }
            if let Some(variables) = translation.variables {
                compiler.expression(variables)?;
                compiler.emit(Instruction::Remainder, span);
            }
            compiler.emit(Instruction::EmitValue, span);
            Ok(())
        })
    }
}

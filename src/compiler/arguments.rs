//! The arguments of calls, and how they lie on the stack.

use arcstr::ArcStr;

use crate::bytecode::{Instruction, ShapeId};
use crate::compiler::Compiler;
use crate::compiler::fold;
use crate::compiler::symbols::Located;
use crate::source::Span;
use crate::syntax::ast::Argument;

impl<'src> Compiler<'_, 'src> {
    /// Puts arguments on the stack; `parts` are macros that are passed as well, under these keywords.
    pub(super) fn arguments(
        &mut self,
        arguments: &[Argument<'src>],
        parts: &[(ArcStr, u32)],
        span: Span,
    ) -> Located<ShapeId> {
        let spreads = arguments
            .iter()
            .any(|a| matches!(a, Argument::Spread(_) | Argument::KeywordSpread(_)));
        if spreads {
            self.spread_arguments(arguments, parts, span)?;
            return self.shape(0, Vec::new(), true, span);
        }
        let mut positional = 0;
        for argument in arguments {
            if let Argument::Positional(value) = argument {
                self.expression(*value)?;
                positional += 1;
            }
        }
        let mut names = Vec::new();
        for argument in arguments {
            if let Argument::Keyword(name, value) = argument {
                self.expression(*value)?;
                names.push(ArcStr::from(name.text));
            }
        }
        for (name, part) in parts {
            self.emit(Instruction::MakeMacro(*part), span);
            names.push(name.clone());
        }
        let positional = self.small(positional, "arguments", span)?;
        self.small(names.len(), "arguments", span)?;
        self.shape(positional, names, false, span)
    }

    fn shape(
        &mut self,
        positional: u16,
        keywords: Vec<ArcStr>,
        spread: bool,
        span: Span,
    ) -> Located<ShapeId> {
        self.pools
            .shape(positional, keywords, spread)
            .map_err(|fault| (fault, span))
    }

    /// Puts a list of the positional and a map of the keyword arguments on the stack.
    fn spread_arguments(
        &mut self,
        arguments: &[Argument<'src>],
        parts: &[(ArcStr, u32)],
        span: Span,
    ) -> Located<()> {
        self.emit(Instruction::MakeList(0), span);
        for argument in arguments {
            match argument {
                Argument::Positional(value) => {
                    self.expression(*value)?;
                    self.emit(Instruction::AppendList, span);
                }
                Argument::Spread(values) => {
                    self.expression(*values)?;
                    self.emit(Instruction::ExtendList, self.tree.expr(*values).span);
                }
                Argument::Keyword(..) | Argument::KeywordSpread(_) => {}
            }
        }
        self.emit(Instruction::MakeMap(0), span);
        for argument in arguments {
            match argument {
                Argument::Keyword(name, value) => {
                    self.load_string(name.text, name.span);
                    self.expression(*value)?;
                    self.emit(Instruction::InsertMap, name.span);
                }
                Argument::KeywordSpread(values) => {
                    self.expression(*values)?;
                    self.emit(Instruction::ExtendKeywords, self.tree.expr(*values).span);
                }
                Argument::Positional(_) | Argument::Spread(_) => {}
            }
        }
        for (name, part) in parts {
            self.load_string(name, span);
            self.emit(Instruction::MakeMacro(*part), span);
            self.emit(Instruction::InsertMap, span);
        }
        Ok(())
    }

    fn load_string(&mut self, text: &str, span: Span) {
        let (key, value) = fold::string(text);
        let constant = self.pools.constant(Some(key), value);
        self.emit(Instruction::LoadConst(constant), span);
    }
}

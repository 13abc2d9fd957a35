//! Arithmetic and comparison.

use crate::bytecode::{CompareOperator, Instruction};
use crate::compiler::Compiler;
use crate::compiler::symbols::Located;
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::{BinaryOperator, ExprId, UnaryOperator};

impl Compiler<'_, '_> {
    pub(super) fn unary(
        &mut self,
        operators: &[UnaryOperator],
        operand: ExprId,
        span: Span,
    ) -> Located<()> {
        self.expression(operand)?;
        for operator in operators.iter().rev() {
            let instruction = match operator {
                UnaryOperator::Negate => Instruction::Negate,
                UnaryOperator::Plus => Instruction::Plus,
            };
            self.emit(instruction, span);
        }
        Ok(())
    }

    pub(super) fn binary(
        &mut self,
        first: ExprId,
        rest: &[(BinaryOperator, ExprId)],
    ) -> Located<()> {
        let tree = self.tree;
        self.expression(first)?;
        for (operator, operand) in rest {
            self.expression(*operand)?;
            let span = tree.expr(first).span.to(tree.expr(*operand).span);
            self.emit(binary_instruction(*operator), span);
        }
        Ok(())
    }

    pub(super) fn compare(
        &mut self,
        first: ExprId,
        rest: &[(ast::CompareOperator, ExprId)],
    ) -> Located<()> {
        let tree = self.tree;
        // Only the links of a chain but the last jump.
        let end = (rest.len() > 1).then(|| self.mark());
        self.expression(first)?;
        let mut left = tree.expr(first).span;
        for (index, (operator, operand)) in rest.iter().enumerate() {
            self.expression(*operand)?;
            let right = tree.expr(*operand).span;
            let operator = compare_operator(*operator);
            if let Some(end) = end.filter(|_| index + 1 < rest.len()) {
                self.jump(
                    |label| Instruction::CompareChain(operator, label),
                    end,
                    left.to(right),
                );
            } else {
                self.emit(Instruction::Compare(operator), left.to(right));
            }
            left = right;
        }
        end.into_iter().for_each(|end| self.bind(end));
        Ok(())
    }
}

fn binary_instruction(operator: BinaryOperator) -> Instruction {
    match operator {
        BinaryOperator::Add => Instruction::Add,
        BinaryOperator::Subtract => Instruction::Subtract,
        BinaryOperator::Multiply => Instruction::Multiply,
        BinaryOperator::Divide => Instruction::Divide,
        BinaryOperator::FloorDivide => Instruction::FloorDivide,
        BinaryOperator::Remainder => Instruction::Remainder,
        BinaryOperator::Power => Instruction::Power,
    }
}

fn compare_operator(operator: ast::CompareOperator) -> CompareOperator {
    match operator {
        ast::CompareOperator::Equal => CompareOperator::Equal,
        ast::CompareOperator::NotEqual => CompareOperator::NotEqual,
        ast::CompareOperator::Less => CompareOperator::Less,
        ast::CompareOperator::LessEqual => CompareOperator::LessEqual,
        ast::CompareOperator::Greater => CompareOperator::Greater,
        ast::CompareOperator::GreaterEqual => CompareOperator::GreaterEqual,
        ast::CompareOperator::In => CompareOperator::In,
        ast::CompareOperator::NotIn => CompareOperator::NotIn,
    }
}

//! Which shortcut stands for which plain instructions.

use crate::bytecode::{Arithmetic, CompareOperator, Instruction, NameId, Slot};

/// A shortcut for the last instructions of some code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shortcut {
    pub(crate) instruction: Instruction,
    /// How many plain instructions it stands for.
    pub(crate) length: usize,
}

impl Shortcut {
    /// The longest shortcut for the instructions that end `code`, which has no shortcuts in it.
    ///
    /// `is_method` says whether dicts have a method of a name.
    pub(crate) fn of_end(
        code: &[Instruction],
        is_method: impl Fn(NameId) -> bool,
    ) -> Option<Shortcut> {
        use Instruction as I;
        let instruction = match *code {
            [
                ..,
                load,
                I::GetAttribute(name),
                I::LoadConst(_) | I::LoadInteger(_),
                I::Compare(operator),
                jump,
            ] if is_test(jump) && is_ordering(operator) && slot(load).is_some() => {
                I::CompareField {
                    is_method: is_method(name),
                    slot: slot(load)?,
                    name,
                }
            }
            [
                ..,
                load,
                I::LoadInteger(integer),
                I::Compare(operator),
                jump,
            ] if is_test(jump) && is_ordering(operator) && slot(load).is_some() => {
                I::CompareLocal(operator, slot(load)?, integer)
            }
            [.., I::LoadInteger(integer), I::Compare(operator), jump]
                if is_test(jump) && is_ordering(operator) =>
            {
                I::CompareInteger(operator, integer)
            }
            [.., load, I::GetAttribute(name), jump] if is_test(jump) && slot(load).is_some() => {
                I::TestField {
                    is_method: is_method(name),
                    slot: slot(load)?,
                    name,
                }
            }
            [.., load, I::GetAttribute(name), I::EmitValue] => I::EmitField {
                is_method: is_method(name),
                slot: slot(load)?,
                name,
            },
            [.., load, I::GetAttribute(name)] => I::LoadField {
                is_method: is_method(name),
                slot: slot(load)?,
                name,
            },
            [.., load, jump] if is_test(jump) => I::TestLocal(slot(load)?),
            [.., load, I::LoadInteger(integer), operator]
                if slot(load).is_some() && arithmetic(operator).is_some() =>
            {
                I::OperateLocal(arithmetic(operator)?, slot(load)?, integer)
            }
            [.., I::LoadInteger(integer), operator] => {
                I::OperateInteger(arithmetic(operator)?, integer)
            }
            [.., I::NextItem(_), I::StoreLocal(slot)] => I::NextItemInto(slot),
            _ => return None,
        };
        Some(Shortcut {
            instruction,
            length: instruction.shortens()?,
        })
    }
}

impl Instruction {
    /// How many plain instructions a shortcut stands for, and before.
    pub(crate) fn shortens(self) -> Option<usize> {
        use Instruction as I;
        Some(match self {
            I::LoadField { .. } | I::TestLocal(_) | I::OperateInteger(..) | I::NextItemInto(_) => 2,
            I::EmitField { .. }
            | I::TestField { .. }
            | I::CompareInteger(..)
            | I::OperateLocal(..) => 3,
            I::CompareLocal(..) => 4,
            I::CompareField { .. } => 5,
            _ => return None,
        })
    }
}

/// The slot that an instruction loads.
fn slot(load: Instruction) -> Option<Slot> {
    match load {
        Instruction::LoadLocal(slot, _) | Instruction::LoadRoot(slot, _) => Some(slot),
        _ => None,
    }
}

fn is_test(jump: Instruction) -> bool {
    matches!(
        jump,
        Instruction::JumpIfFalse(_) | Instruction::JumpIfTrue(_)
    )
}

fn is_ordering(operator: CompareOperator) -> bool {
    !matches!(operator, CompareOperator::In | CompareOperator::NotIn)
}

fn arithmetic(operator: Instruction) -> Option<Arithmetic> {
    Some(match operator {
        Instruction::Add => Arithmetic::Add,
        Instruction::Subtract => Arithmetic::Subtract,
        Instruction::Multiply => Arithmetic::Multiply,
        Instruction::FloorDivide => Arithmetic::FloorDivide,
        Instruction::Remainder => Arithmetic::Remainder,
        _ => return None,
    })
}

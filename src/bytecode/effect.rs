//! What each instruction does to the value stack, as data.

use crate::bytecode::{CallShape, CallSite, Instruction, ShapeId};

/// How many values are taken from the stack and how many are then put on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StackChange {
    pub(crate) pops: usize,
    pub(crate) pushes: usize,
}

/// What an instruction does to the stack, on each way it may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    /// If it goes on with the next instruction.
    pub(crate) next: Option<StackChange>,
    /// If it jumps.
    pub(crate) jump: Option<StackChange>,
}

/// Goes on with the next instruction.
fn straight(pops: usize, pushes: usize) -> Effect {
    Effect {
        next: Some(StackChange { pops, pushes }),
        jump: None,
    }
}

/// Goes on with the next instruction or jumps.
fn branch(next: (usize, usize), jump: (usize, usize)) -> Effect {
    Effect {
        next: Some(StackChange {
            pops: next.0,
            pushes: next.1,
        }),
        jump: Some(StackChange {
            pops: jump.0,
            pushes: jump.1,
        }),
    }
}

/// Always jumps.
const ELSEWHERE: Effect = Effect {
    next: None,
    jump: Some(StackChange { pops: 0, pushes: 0 }),
};

impl Effect {
    /// The effect of an instruction of a program with these tables; none if an operand is out of range.
    pub(crate) fn of(
        instruction: Instruction,
        shapes: &[CallShape],
        sites: &[CallSite],
    ) -> Option<Effect> {
        use Instruction as I;
        let values = |shape: ShapeId| shapes.get(shape.0 as usize).map(CallShape::values);
        let site = |site: u32| sites.get(site as usize).and_then(|site| values(site.shape));
        Some(match instruction {
            I::EmitText(_)
            | I::EmitLocal(..)
            | I::EmitRoot(..)
            | I::BeginCapture
            | I::Flush
            | I::ExportLocal(..)
            | I::ShareLocal(..)
            | I::Move { .. }
            | I::Clear(_)
            | I::CompleteRound
            | I::EndBranch(_)
            | I::ExitParallel
            | I::ExitLoop
            | I::ExitAutoEscape
            | I::ExitTry
            | I::ExitCache
            | I::CallBlock(_) => straight(0, 0),
            I::EndCapture
            | I::LoadConst(_)
            | I::LoadInteger(_)
            | I::LoadNone
            | I::LoadUndefined
            | I::LoadLocal(..)
            | I::LoadRoot(..)
            | I::LoadName(_)
            | I::LoadVisible(_)
            | I::LoadCell(..)
            | I::LoadLoopField(..)
            | I::LoadLoop(_)
            | I::CallSuper
            | I::LoadSuper
            | I::LoadSelf
            | I::MakeMacro(_) => straight(0, 1),
            I::EmitValue
            | I::StoreLocal(_)
            | I::StoreName(_)
            | I::StoreCell(_)
            | I::Discard
            | I::EnterLoop(_)
            | I::EnterParallel
            | I::EnterRecursiveLoop(_)
            | I::AcceptItem
            | I::EnterAutoEscape
            | I::IncludeTemplate(_)
            | I::ExtendTemplate => straight(1, 0),
            I::MarkSafe
            | I::ExpectText
            | I::StripSpaces
            | I::GetAttribute(_)
            | I::GetAttributeOrNone(_)
            | I::Negate
            | I::Plus
            | I::Not
            | I::ImportTemplate(_)
            | I::StartTask
            | I::Await => straight(1, 1),
            I::LoadExport(_) | I::Duplicate => straight(1, 2),
            I::SetAttribute(_) => straight(2, 0),
            I::GetItem
            | I::GetItemOrNone
            | I::AppendList
            | I::ExtendList
            | I::ExtendMap
            | I::ExtendKeywords
            | I::Add
            | I::Subtract
            | I::Multiply
            | I::Divide
            | I::FloorDivide
            | I::Remainder
            | I::Power
            | I::Compare(_) => straight(2, 1),
            I::Swap => straight(2, 2),
            I::InsertMap => straight(3, 1),
            I::GetSlice => straight(4, 1),
            I::MakeList(count) | I::MakeTuple(count) | I::Concat(count) => {
                straight(count as usize, 1)
            }
            I::MakeMap(count) => straight((count as usize).checked_mul(2)?, 1),
            I::MakeRange { has_step, .. } => straight(2 + usize::from(has_step), 1),
            I::UnpackSequence(count) => straight(1, count as usize),
            I::WithoutKeys(count) => straight((count as usize).checked_add(1)?, 1),
            I::CycleLoop(_, count) | I::ChangedLoop(_, count) => straight(count as usize, 1),
            I::CallFilter(index) | I::AwaitFilter(index) | I::PerformTest(index) => {
                straight(1 + site(index)?, 1)
            }
            I::CallFunction(shape) | I::CallMethod(shape, _) => straight(1 + values(shape)?, 1),
            I::Jump(_) | I::JumpBack(_) | I::EndDefer(..) => ELSEWHERE,
            I::CompareChain(..) => branch((2, 1), (2, 1)),
            I::JumpIfFalse(_) | I::JumpIfTrue(_) => branch((1, 0), (1, 0)),
            I::JumpIfFalseOrPop(_) | I::JumpIfTrueOrPop(_) | I::JumpIfValueOrPop(_) => {
                branch((1, 0), (1, 1))
            }
            I::JumpIfNullish(_) | I::MatchMapping(_) => branch((1, 1), (1, 1)),
            I::JumpIfSet(..) | I::JumpIfExtended(_) | I::ExitLoopElse(_) => branch((0, 0), (0, 0)),
            I::EnterCache(_) => branch((2, 0), (2, 0)),
            I::EnterTry(_) => branch((0, 0), (0, 1)),
            I::EnterTimedTry(_) => branch((1, 0), (1, 1)),
            I::BeginBranch(..) => branch((0, 0), (0, 0)),
            I::BeginDefer(..) => branch((0, 0), (0, 2)),
            I::NextItem(_) | I::ReleaseItem(_) => branch((0, 1), (0, 0)),
            I::HoldItem(_) => branch((1, 1), (1, 0)),
            I::MatchSequence { rest, length, .. } => {
                branch((1, length as usize + usize::from(rest)), (1, 0))
            }
            I::MatchKey(_) => branch((2, 2), (2, 1)),
            // A shortcut that does its work jumps.
            I::LoadField { .. } | I::OperateLocal(..) => branch((0, 0), (0, 1)),
            I::EmitField { .. }
            | I::TestField { .. }
            | I::CompareField { .. }
            | I::TestLocal(_)
            | I::CompareLocal(..)
            | I::NextItemInto(_) => branch((0, 0), (0, 0)),
            I::CompareInteger(..) => branch((0, 0), (1, 0)),
            I::OperateInteger(..) => branch((0, 0), (1, 1)),
            I::Return => Effect {
                next: None,
                jump: None,
            },
        })
    }
}

//! The instruction set.
//!
//! Names are verb + noun. The comment of each gives its effect on the value stack as `before -> after`
//! (top at the right), and ⏸ where the machine may suspend in it.

/// A variable slot of the running unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot(pub(crate) u16);

/// An index into the program's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NameId(pub(crate) u32);

/// An index into the program's call shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ShapeId(pub(crate) u16);

/// The address of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Label(pub(crate) u32);

/// A slot, or a cell of the running unit itself, as one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Variable(u16);

impl Variable {
    const CELL: u16 = 1 << 15;

    /// The variable in a slot.
    pub(crate) fn slot(slot: Slot) -> Self {
        debug_assert!(slot.0 < Self::CELL);
        Variable(slot.0)
    }

    /// The variable in a cell of the running unit.
    pub(crate) fn cell(index: u16) -> Self {
        debug_assert!(index < Self::CELL);
        Variable(index | Self::CELL)
    }

    /// The variable in another slot, if it is in one.
    fn with_slot(self, change: impl FnOnce(Slot) -> Slot) -> Self {
        self.get().map_or(self, |slot| Variable::slot(change(slot)))
    }

    /// The slot, or the index of the cell as an error.
    pub(crate) fn get(self) -> Result<Slot, u16> {
        if self.0 & Self::CELL == 0 {
            Ok(Slot(self.0))
        } else {
            Err(self.0 & !Self::CELL)
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOperator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
}

/// An attribute of `loop` that is read straight from the loop's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopField {
    Index,
    Index0,
    RevIndex,
    RevIndex0,
    First,
    Last,
    Length,
    Depth,
    Depth0,
    PreviousItem,
    NextItem,
}

/// One instruction: an opcode and operands in 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instruction {
    // Output.
    /// Writes a text of the program. `->` ⏸
    EmitText(u32),
    /// Writes a value, escaped if auto-escaping is on. `v ->` ⏸
    EmitValue,
    /// Writes a local variable from where it is. `->` ⏸
    EmitLocal(Slot, NameId),
    /// Writes a name of the context, looked up as `LoadRoot` does, from where it is. `->` ⏸
    EmitRoot(Slot, NameId),
    /// Diverts output into a new text. `->`
    BeginCapture,
    /// Ends the innermost capture; safe text if auto-escaping is on. `-> text`
    EndCapture,
    /// Safe text if auto-escaping is on, else the value as it is: what a `filter` or `call` block writes
    /// and what a block `set` with filters stores. `v -> v`
    MarkSafe,
    /// Fails unless the value is text: what the filters of a `filter` block must give. `v -> v`
    ExpectText,
    /// Drops white space between tags; a safe text stays safe. `text -> text`
    StripSpaces,
    /// Sends what is written so far. `->` ⏸
    Flush,

    // Constants.
    /// `-> v`
    LoadConst(u32),
    /// `-> v`
    LoadInteger(i32),
    /// `-> none`
    LoadNone,
    /// The undefined value of a conditional without `else`, lenient whatever the policy. `-> v`
    LoadUndefined,

    // Variables.
    /// A local variable; undefined, with its name, if nothing was stored in it. `-> v`
    LoadLocal(Slot, NameId),
    /// `v ->`
    StoreLocal(Slot),
    /// A name of the context, looked up once per activation of the unit and kept in the slot. `-> v`
    LoadRoot(Slot, NameId),
    /// A name of the context, looked up each time: what `let` may change. `-> v`
    LoadName(NameId),
    /// A dict of the variables that are seen here, globals not among them. `-> v`
    LoadVisible(u32),
    /// Sets a name of the template's context, as `let` does. `v ->`
    StoreName(NameId),
    /// Makes a local variable visible in the template's context, as `set` at the top does. `->`
    ExportLocal(Variable, NameId),
    /// The same, but for this template and those it extends or includes only, as `import` at the top does:
    /// importers do not see the name. `->`
    ShareLocal(Variable, NameId),
    /// A variable captured by a macro: cell `.1` of the activation `.0` levels out, counting only units
    /// that have cells. `-> v`
    LoadCell(u8, u16, NameId),
    /// Stores into a cell of the running unit. `v ->`
    StoreCell(u16),
    /// Copies a variable, also one that nothing was stored in. `->`
    Move { from: Variable, to: Variable },
    /// Makes a variable one that nothing was stored in. `->`
    Clear(Variable),

    // Parts of values.
    /// `v -> v.name`
    GetAttribute(NameId),
    /// None where the mapping has no such key. `v -> v.name`
    GetAttributeOrNone(NameId),
    /// `v k -> v[k]`
    GetItem,
    /// None where the mapping has no such key. `v k -> v[k]`
    GetItemOrNone,
    /// `v start stop step -> v[start:stop:step]`
    GetSlice,
    /// Of a namespace only. `object v ->`
    SetAttribute(NameId),

    // Making values.
    /// `v × n -> list`
    MakeList(u32),
    /// `v × n -> tuple`
    MakeTuple(u32),
    /// `(k v) × n -> map`
    MakeMap(u32),
    /// `start end -> range`, or `start end step -> range`
    MakeRange { inclusive: bool, has_step: bool },
    /// Of a list that the running expression made. `list v -> list`
    AppendList,
    /// `list iterable -> list`
    ExtendList,
    /// `map k v -> map`
    InsertMap,
    /// `map mapping -> map`
    ExtendMap,
    /// Of a map of keyword arguments: none may be given twice. `map mapping -> map`
    ExtendKeywords,
    /// `v -> item × n`, the first on top
    UnpackSequence(u32),

    // Operators.
    /// `a -> -a`
    Negate,
    /// `a -> +a`
    Plus,
    /// `a -> not a`
    Not,
    /// `a b -> a + b`
    Add,
    /// `a b -> a - b`
    Subtract,
    /// `a b -> a * b`
    Multiply,
    /// `a b -> a / b`
    Divide,
    /// `a b -> a // b`
    FloorDivide,
    /// `a b -> a % b`
    Remainder,
    /// `a b -> a ** b`
    Power,
    /// `v × n -> text`
    Concat(u32),
    /// `a b -> bool`
    Compare(CompareOperator),
    /// One link of `a < b < c`: goes on with `b` if it holds, else jumps with false. `a b -> b | false`
    CompareChain(CompareOperator, Label),

    // The stack.
    /// `v -> v v`
    Duplicate,
    /// `a b -> b a`
    Swap,
    /// `v ->`
    Discard,

    // Jumps; forward only, but for `JumpBack`.
    /// `->`
    Jump(Label),
    /// Jumps back, for a loop's next round; charges fuel. `->` ⏸
    JumpBack(Label),
    /// `v ->`
    JumpIfFalse(Label),
    /// `v ->`
    JumpIfTrue(Label),
    /// `v -> v` if it jumps, else `v ->`
    JumpIfFalseOrPop(Label),
    /// `v -> v` if it jumps, else `v ->`
    JumpIfTrueOrPop(Label),
    /// Jumps unless undefined or none. `v -> v` if it jumps, else `v ->`
    JumpIfValueOrPop(Label),
    /// Jumps if undefined or none. `v -> none` if it jumps, else `v -> v`
    JumpIfNullish(Label),
    /// Jumps if something was stored in the variable. `->`
    JumpIfSet(Slot, Label),
    /// Jumps if the running template extends another by now. `->`
    JumpIfExtended(Label),

    // Loops.
    /// Starts a loop over an iterable. `v ->` ⏸
    EnterLoop(u32),
    /// The next item, or a jump at the end. Charges fuel. In a filtered loop the item does not count yet.
    /// `-> item`, nothing if it jumps ⏸
    NextItem(Label),
    /// In a filtered loop without look-ahead: the item passed and counts. `item ->`
    AcceptItem,
    /// In a filtered loop with look-ahead: the item passed. Holds it back and gives the one held back
    /// before; jumps, with nothing, if there was none. `item -> item'`
    HoldItem(Label),
    /// At the end of a filtered loop with look-ahead: gives the item held back, which is the last, or
    /// jumps, with nothing. `-> item`
    ReleaseItem(Label),
    /// At the end of a loop's body: a round was completed, so that no `else` runs. `->`
    CompleteRound,
    /// Leaves the innermost loop. `->`
    ExitLoop,
    /// Leaves the innermost loop, and jumps if it completed a round. `->`
    ExitLoopElse(Label),
    /// An attribute of the innermost loop, `.0` loops further out. `-> v`
    LoadLoopField(u8, LoopField),
    /// The innermost loop as a value, `.0` loops further out. `-> v`
    LoadLoop(u8),
    /// `loop.cycle(…)`. `v × n -> v`
    CycleLoop(u8, u16),
    /// `loop.changed(…)`. `v × n -> bool`
    ChangedLoop(u8, u16),
    /// Runs the recursive loop of the unit, which takes the iterable. `v ->` ⏸
    EnterRecursiveLoop(u32),

    // Calls.
    /// Where `EmitValue` follows, a filter that can write does so at once. `v args -> v` ⏸
    CallFilter(u32),
    /// The same, and waits for what it needs. `v args -> v` ⏸
    AwaitFilter(u32),
    /// `v args -> bool` ⏸
    PerformTest(u32),
    /// `callee args -> v` ⏸
    CallFunction(ShapeId),
    /// `receiver args -> v` ⏸
    CallMethod(ShapeId, NameId),
    /// The block of the same name one level further out, as text. `-> text` ⏸
    CallSuper,
    /// The outer block as a value. `-> v`
    LoadSuper,
    /// The template's blocks as a value. `-> v`
    LoadSelf,
    /// Ends a unit. Of a template: goes on with its parent, if it has one. `->` ⏸
    Return,
    /// A macro with the cells it captures. `-> macro`
    MakeMacro(u32),

    // Escaping.
    /// Turns auto-escaping on or off by a value. `v ->`
    EnterAutoEscape,
    /// Back to what it was. `->`
    ExitAutoEscape,

    // Failing in place.
    /// Puts output aside until `ExitTry`; what fails before that leaves it and jumps, with the stack as it
    /// was and the error on it. `-> error` if it jumps, else `->`
    EnterTry(Label),
    /// The same with a number of seconds, after which the body fails; none for any time.
    /// `seconds -> error` if it jumps, else `seconds ->` ⏸
    EnterTimedTry(Label),
    /// The innermost body did not fail: writes what it put aside. `->` ⏸
    ExitTry,

    // Fragments.
    /// Writes the fragment that is cached under the key, and jumps, or puts output aside until `ExitCache`
    /// to make it; the time that it is kept is none for any. `key ttl ->` ⏸
    EnterCache(Label),
    /// The innermost fragment is made: keeps it and writes it. `->` ⏸
    ExitCache,

    // Templates.
    /// `name ->` ⏸
    IncludeTemplate(u32),
    /// `name -> module` ⏸
    ImportTemplate(u32),
    /// What a module exports under a name. `module -> module v`
    LoadExport(NameId),
    /// Makes a template the parent of the running one. `name ->` ⏸
    ExtendTemplate,
    /// Writes the innermost override of a block. `->` ⏸
    CallBlock(u32),

    // Waiting.
    /// `v -> v` ⏸
    Await,

    /// Starts a future now, to be awaited later. `v -> v` ⏸
    StartTask,

    // Side by side.
    /// Opens a block whose branches run at once, as many as the number says; none means any number. `n ->`
    EnterParallel,
    /// What follows up to `EndBranch` is a branch: goes on behind it, or in it if it is to run in place. The
    /// index is of the program's branches. `->` ⏸
    BeginBranch(u16, Label),
    /// The end of a branch. `->`
    EndBranch(u16),
    /// Waits for the branches of the innermost block, and closes it. `->` ⏸
    ExitParallel,

    // Deferred bodies.
    /// What follows up to `EndDefer` may be run later; then jumps, with what begins and ends the placeholder.
    /// The index is of the program's branches. `-> end begin` if it jumps, else `->` ⏸
    BeginDefer(u16, Label),
    /// The end of a deferred body: jumps behind its placeholder. `->`
    EndDefer(u16, Label),

    // Matching; each jumps if the value does not fit, with the stack as before it.
    /// A list or tuple of `length` items (at least, if `rest`). `v -> [rest] item × n`, the first on top;
    /// `v ->` if it jumps
    MatchSequence {
        rest: bool,
        length: u16,
        otherwise: Label,
    },
    /// A mapping. `v -> v`
    MatchMapping(Label),
    /// A mapping's value of a key. `v k -> v item`; `v k -> v` if it jumps
    MatchKey(Label),
    /// A mapping without some keys. `v k × n -> map`
    WithoutKeys(u32),

    // Shortcuts. Each stands before the plain instructions that it is for. It does the work of all of them and
    // goes on behind them if their operands are of the kinds it knows; else it does nothing, and they run. So a
    // shortcut never fails, and never waits but for its output. Those with a jump go where the jump would go.
    // A `Load` is `LoadLocal` or `LoadRoot`, a `JumpIf` one of `JumpIfFalse` and `JumpIfTrue`; `is_method` says
    // that dicts have a method of the name, which comes before their keys.
    /// `Load`, `GetAttribute`. `-> v`
    LoadField {
        is_method: bool,
        slot: Slot,
        name: NameId,
    },
    /// `Load`, `GetAttribute`, `EmitValue`. `->` ⏸
    EmitField {
        is_method: bool,
        slot: Slot,
        name: NameId,
    },
    /// `Load`, `GetAttribute`, `JumpIf`. `->`
    TestField {
        is_method: bool,
        slot: Slot,
        name: NameId,
    },
    /// `Load`, `GetAttribute`, `LoadConst` or `LoadInteger`, `Compare`, `JumpIf`. `->`
    CompareField {
        is_method: bool,
        slot: Slot,
        name: NameId,
    },
    /// `Load`, `JumpIf`. `->`
    TestLocal(Slot),
    /// `Load`, `LoadInteger`, `Compare`, `JumpIf`. `->`
    CompareLocal(CompareOperator, Slot, i32),
    /// `LoadInteger`, `Compare`, `JumpIf`. `a ->`
    CompareInteger(CompareOperator, i32),
    /// `Load`, `LoadInteger` and an operator. `-> v`
    OperateLocal(Arithmetic, Slot, i32),
    /// `LoadInteger` and an operator. `a -> v`
    OperateInteger(Arithmetic, i32),
    /// `NextItem`, `StoreLocal`, while there are items. `->`
    NextItemInto(Slot),
}

/// The operators that have shortcuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    FloorDivide,
    Remainder,
}

impl Instruction {
    /// Whether it calls a filter, test, function or method.
    pub(crate) fn is_call(self) -> bool {
        matches!(
            self,
            Instruction::CallFilter(_)
                | Instruction::AwaitFilter(_)
                | Instruction::PerformTest(_)
                | Instruction::CallFunction(_)
                | Instruction::CallMethod(..)
        )
    }
}

const _: () = assert!(size_of::<Instruction>() == 8);

impl Instruction {
    /// The same plain instruction on other slots.
    pub(crate) fn with_slots(mut self, mut change: impl FnMut(Slot) -> Slot) -> Self {
        match &mut self {
            Instruction::EmitLocal(slot, _)
            | Instruction::EmitRoot(slot, _)
            | Instruction::LoadLocal(slot, _)
            | Instruction::LoadRoot(slot, _)
            | Instruction::StoreLocal(slot)
            | Instruction::JumpIfSet(slot, _) => *slot = change(*slot),
            Instruction::ExportLocal(variable, _)
            | Instruction::ShareLocal(variable, _)
            | Instruction::Clear(variable) => *variable = variable.with_slot(change),
            Instruction::Move { from, to } => {
                *from = from.with_slot(&mut change);
                *to = to.with_slot(change);
            }
            _ => {}
        }
        self
    }

    /// Where the instruction may jump to.
    pub(crate) fn target(mut self) -> Option<Label> {
        self.target_mut().copied()
    }

    /// Where the instruction may jump to, to change it.
    pub(crate) fn target_mut(&mut self) -> Option<&mut Label> {
        match self {
            Instruction::CompareChain(_, label)
            | Instruction::Jump(label)
            | Instruction::JumpBack(label)
            | Instruction::JumpIfFalse(label)
            | Instruction::JumpIfTrue(label)
            | Instruction::JumpIfFalseOrPop(label)
            | Instruction::JumpIfTrueOrPop(label)
            | Instruction::JumpIfValueOrPop(label)
            | Instruction::JumpIfNullish(label)
            | Instruction::JumpIfSet(_, label)
            | Instruction::JumpIfExtended(label)
            | Instruction::BeginBranch(_, label)
            | Instruction::BeginDefer(_, label)
            | Instruction::EndDefer(_, label)
            | Instruction::NextItem(label)
            | Instruction::HoldItem(label)
            | Instruction::ReleaseItem(label)
            | Instruction::ExitLoopElse(label)
            | Instruction::EnterTry(label)
            | Instruction::EnterTimedTry(label)
            | Instruction::EnterCache(label)
            | Instruction::MatchSequence {
                otherwise: label, ..
            }
            | Instruction::MatchMapping(label)
            | Instruction::MatchKey(label) => Some(label),
            _ => None,
        }
    }
}

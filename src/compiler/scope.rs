//! Scopes, their variables, and where each variable lives when the program runs.
//!
//! The rules are Jinja2's: a name that a scope sets anywhere is a variable of that scope throughout. It
//! starts as a copy of the outer variable of that name, if there is one, else from the context if it may
//! be read before it is set, else as nothing. Names that nothing sets belong to the context.
//! [`symbols`](super::symbols) fills these tables in one pass before any code is made, since whether a
//! variable is captured by a macro decides where it lives.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::bytecode::{Slot, UnitKind, Variable};
use crate::compiler::loops::LoopUse;
use crate::error::CompileFault;
use crate::syntax::ast::{ExprId, StmtId};

pub(super) type Map<K, V> = HashMap<K, V, FixedState>;
pub(super) type Set<K> = HashSet<K, FixedState>;

/// A scope of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ScopeId(pub(super) u32);

/// A variable of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct VariableId(pub(super) u32);

/// A unit: the index in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct UnitId(pub(super) u32);

/// The unit of the template itself, or of the expression.
pub(super) const MAIN: UnitId = UnitId(0);

/// Which scope of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Body,
    /// The `else` of a loop.
    Otherwise,
    /// The `if` of a loop.
    Condition,
    /// A `case`, by position.
    Case(u32),
    /// What stands in for a body that failed.
    Fallback,
    /// What stands in for a body until it is ready.
    Placeholder,
}

/// What a variable starts as when its scope is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Initial {
    /// Set by what opens the scope.
    Parameter,
    /// The context's value.
    Context,
    /// A copy of an outer variable.
    Outer(VariableId),
    /// Nothing.
    Nothing,
    /// The `loop` of a loop.
    Loop(StmtId),
    /// The template's blocks, `self`.
    Blocks,
    /// The outer block, `super`.
    Super,
}

/// Where a variable lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Nowhere: it is read from the context, the loop or the block.
    None,
    Slot(Slot),
    Cell(u16),
}

/// A variable.
#[derive(Debug)]
pub(super) struct VariableInfo<'src> {
    pub(super) name: &'src str,
    pub(super) scope: ScopeId,
    pub(super) initial: Initial,
    /// Something besides what opens the scope sets it.
    pub(super) stored: bool,
    /// A macro reads it.
    pub(super) captured: bool,
    /// Where it is first set for certain.
    pub(super) first_store: u32,
    /// It may be read before it is set.
    pub(super) read_early: bool,
    pub(super) home: Home,
}

/// A scope.
#[derive(Debug)]
pub(super) struct Scope<'src> {
    pub(super) parent: Option<ScopeId>,
    pub(super) unit: UnitId,
    /// Names that it does not have itself are set in the scope around it.
    pub(super) transparent: bool,
    /// Its unit begins with it, so that its slots are still unset when it is entered.
    pub(super) starts_unit: bool,
    /// Another template or block may read its variables by name.
    pub(super) shown: bool,
    pub(super) names: Map<&'src str, VariableId>,
    /// In the order declared.
    pub(super) variables: Vec<VariableId>,
}

/// A unit while it is compiled.
#[derive(Debug)]
pub(super) struct UnitScope<'src> {
    pub(super) kind: UnitKind,
    /// The unit it stands in and whose variables it sees.
    pub(super) outer: Option<UnitId>,
    /// The unit whose slots it uses: itself, or for a recursive loop the one around it.
    pub(super) slot_owner: UnitId,
    pub(super) slots: u32,
    pub(super) cells: u32,
    /// The slots of names of the context.
    roots: Map<&'src str, Slot>,
}

/// Where a name is, seen from a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a slot of the running unit.
    Slot(Slot),
    /// In a slot of the running unit, or in the context as long as the slot is unset.
    ContextSlot(Slot),
    /// In a captured variable, so many activations with cells out.
    Cell(u8, u16),
    /// In the context, where a `let` may change it.
    ContextName,
    /// The `loop` of a loop of the running unit.
    Loop(StmtId),
    /// `self`
    Blocks,
    /// `super`, in the block's own unit.
    Super,
}

/// All scopes of a template.
#[derive(Debug, Default)]
pub(super) struct Scopes<'src> {
    pub(super) scopes: Vec<Scope<'src>>,
    pub(super) variables: Vec<VariableInfo<'src>>,
    pub(super) units: Vec<UnitScope<'src>>,
    /// Names that a `let` sets.
    pub(super) template_names: Set<&'src str>,
    pub(super) by_statement: Map<(StmtId, Part), ScopeId>,
    pub(super) by_comprehension: Map<ExprId, ScopeId>,
    pub(super) unit_of: Map<StmtId, UnitId>,
    pub(super) loops: Map<StmtId, LoopUse>,
    /// Which of `caller`, `varargs` and `kwargs` a macro's body uses.
    pub(super) specials: Map<StmtId, [bool; 3]>,
    /// The blocks, in source order.
    pub(super) blocks: Vec<StmtId>,
}

/// The most slots and cells a unit has: an operand is either, with a bit that says which.
const MOST_VARIABLES: u32 = (1 << 15) - 1;

impl<'src> Scopes<'src> {
    pub(super) fn scope(&self, id: ScopeId) -> &Scope<'src> {
        &self.scopes[id.0 as usize]
    }

    pub(super) fn variable(&self, id: VariableId) -> &VariableInfo<'src> {
        &self.variables[id.0 as usize]
    }

    pub(super) fn unit(&self, id: UnitId) -> &UnitScope<'src> {
        &self.units[id.0 as usize]
    }

    /// The scope of a part of a statement.
    pub(super) fn of(&self, statement: StmtId, part: Part) -> ScopeId {
        self.by_statement[&(statement, part)]
    }

    /// Adds a unit; without `slot_owner` it has slots of its own.
    pub(super) fn add_unit(
        &mut self,
        kind: UnitKind,
        outer: Option<UnitId>,
        slot_owner: Option<UnitId>,
    ) -> UnitId {
        let id = UnitId(self.units.len() as u32);
        self.units.push(UnitScope {
            kind,
            outer,
            slot_owner: slot_owner.unwrap_or(id),
            slots: 0,
            cells: 0,
            roots: Map::default(),
        });
        id
    }

    /// Adds a scope.
    pub(super) fn add_scope(&mut self, parent: Option<ScopeId>, unit: UnitId) -> ScopeId {
        let id = ScopeId(self.scopes.len() as u32);
        let starts_unit = parent.is_none_or(|parent| {
            self.scope(parent).unit != unit && self.unit(unit).kind != UnitKind::Loop
        });
        self.scopes.push(Scope {
            parent,
            unit,
            transparent: false,
            starts_unit,
            shown: false,
            names: Map::default(),
            variables: Vec::new(),
        });
        id
    }

    /// The nearest variable of a name, from a scope outwards.
    pub(super) fn find(&self, scope: ScopeId, name: &str) -> Option<VariableId> {
        let mut next = Some(scope);
        while let Some(id) = next {
            let scope = self.scope(id);
            if let Some(found) = scope.names.get(name) {
                return Some(*found);
            }
            next = scope.parent;
        }
        None
    }

    /// The scope of the template itself, where `set` is seen by other templates.
    pub(super) fn is_top(&self, scope: ScopeId) -> bool {
        self.scope(scope).parent.is_none()
            && self.unit(self.scope(scope).unit).kind == UnitKind::Template
    }

    /// Whether a name read here has no variable behind it, only the context.
    pub(super) fn is_root(&self, variable: VariableId) -> bool {
        let variable = self.variable(variable);
        variable.initial == Initial::Context && !variable.stored
    }

    /// Whether the variable, while unset, stands for the context's value.
    pub(super) fn is_rooted(&self, mut variable: VariableId) -> bool {
        loop {
            match self.variable(variable).initial {
                Initial::Context => return true,
                Initial::Outer(outer) => variable = outer,
                _ => return false,
            }
        }
    }

    /// Decides where every variable lives, once all captures are known.
    ///
    /// Scopes that are never open at once share slots, so that a long template needs few. What an
    /// expression or a `case` binds has slots of its own: expressions run while other scopes fill.
    pub(super) fn assign_homes(&mut self) -> Result<(), CompileFault> {
        let mut ends: Vec<u32> = Vec::with_capacity(self.scopes.len());
        let mut most: Vec<u32> = self.units.iter().map(|unit| unit.slots).collect();
        let mut own = Vec::new();
        for index in 0..self.scopes.len() {
            let owner = self.slot_owner(ScopeId(index as u32));
            let mut next = match self.scopes[index].parent {
                Some(parent) if self.slot_owner(parent) == owner => ends[parent.0 as usize],
                // After what the machine has put there already.
                _ => self.unit(owner).slots,
            };
            let transparent = self.scopes[index].transparent;
            for position in 0..self.scopes[index].variables.len() {
                let id = self.scopes[index].variables[position];
                let home = match self.wanted_home(id)? {
                    Some(home) => home,
                    None if transparent => {
                        own.push(id);
                        continue;
                    }
                    None => {
                        next += 1;
                        Home::Slot(Slot(checked(next - 1)?))
                    }
                };
                self.variables[id.0 as usize].home = home;
            }
            ends.push(next);
            most[owner.0 as usize] = most[owner.0 as usize].max(next);
        }
        for (unit, slots) in self.units.iter_mut().zip(most) {
            unit.slots = slots;
        }
        for id in own {
            let unit = self.scope(self.variable(id).scope).unit;
            self.variables[id.0 as usize].home = Home::Slot(self.add_slot(unit)?);
        }
        Ok(())
    }

    /// Where a variable must live; none if any slot will do.
    fn wanted_home(&mut self, id: VariableId) -> Result<Option<Home>, CompileFault> {
        let variable = self.variable(id);
        Ok(match variable.initial {
            Initial::Blocks => Some(Home::None),
            Initial::Loop(_) | Initial::Super if !variable.captured => Some(Home::None),
            Initial::Context if !variable.stored => Some(Home::None),
            _ if variable.captured => {
                let unit = self.scope(variable.scope).unit;
                Some(Home::Cell(self.add_cell(unit)?))
            }
            _ => match variable.home {
                Home::None => None,
                parameter => Some(parameter),
            },
        })
    }

    /// The unit whose slots a scope uses.
    fn slot_owner(&self, scope: ScopeId) -> UnitId {
        self.unit(self.scope(scope).unit).slot_owner
    }

    /// A new slot in the activation of a unit.
    pub(super) fn add_slot(&mut self, unit: UnitId) -> Result<Slot, CompileFault> {
        let owner = self.unit(unit).slot_owner;
        let slots = &mut self.units[owner.0 as usize].slots;
        *slots += 1;
        Ok(Slot(checked(*slots - 1)?))
    }

    fn add_cell(&mut self, unit: UnitId) -> Result<u16, CompileFault> {
        let cells = &mut self.units[unit.0 as usize].cells;
        *cells += 1;
        checked(*cells - 1)
    }

    /// The slot in which a unit keeps a name of the context.
    pub(super) fn root_slot(
        &mut self,
        unit: UnitId,
        name: &'src str,
    ) -> Result<Slot, CompileFault> {
        let owner = self.unit(unit).slot_owner;
        if let Some(slot) = self.unit(owner).roots.get(name) {
            return Ok(*slot);
        }
        let slot = self.add_slot(owner)?;
        self.units[owner.0 as usize].roots.insert(name, slot);
        Ok(slot)
    }

    /// How many activations with cells lie between a unit and an outer one.
    pub(super) fn levels(&self, from: UnitId, to: UnitId) -> Result<u8, CompileFault> {
        let mut levels = 0u32;
        let mut unit = from;
        while unit != to {
            levels += u32::from(self.unit(unit).cells > 0);
            unit = self
                .unit(unit)
                .outer
                .expect("variables are captured from units around");
        }
        u8::try_from(levels).map_err(|_| CompileFault::TooMany {
            what: "macros within each other",
            most: u64::from(u8::MAX),
        })
    }

    /// Where a name is, seen from a scope.
    pub(super) fn place(&mut self, scope: ScopeId, name: &'src str) -> Result<Place, CompileFault> {
        let unit = self.scope(scope).unit;
        match self.find(scope, name) {
            Some(id) if !self.is_root(id) => self.variable_place(unit, id),
            _ if self.template_names.contains(name) => Ok(Place::ContextName),
            _ => Ok(Place::ContextSlot(self.root_slot(unit, name)?)),
        }
    }

    /// Where a variable is, seen from a unit.
    pub(super) fn variable_place(
        &mut self,
        unit: UnitId,
        id: VariableId,
    ) -> Result<Place, CompileFault> {
        let variable = self.variable(id);
        let owner = self.scope(variable.scope).unit;
        let name = variable.name;
        Ok(match (variable.home, variable.initial) {
            (_, Initial::Blocks) => Place::Blocks,
            // In its own unit, the loop itself is nearer than the cell that macros read.
            (_, Initial::Loop(statement)) if unit == owner => Place::Loop(statement),
            (_, Initial::Super) if self.unit(unit).slot_owner == self.unit(owner).slot_owner => {
                Place::Super
            }
            (Home::Slot(slot), _) if self.is_rooted(id) => Place::ContextSlot(slot),
            (Home::Slot(slot), _) => Place::Slot(slot),
            (Home::Cell(cell), _) => Place::Cell(self.levels(unit, owner)?, cell),
            (Home::None, _) if self.template_names.contains(name) => Place::ContextName,
            (Home::None, _) => Place::ContextSlot(self.root_slot(unit, name)?),
        })
    }

    /// The variable that setting a name in a scope sets; none if that is a name of the context.
    pub(super) fn stored_variable(&self, scope: ScopeId, name: &str) -> Option<VariableId> {
        let mut id = scope;
        loop {
            let scope = self.scope(id);
            if let Some(variable) = scope.names.get(name) {
                let info = self.variable(*variable);
                return (info.home != Home::None).then_some(*variable);
            }
            if !scope.transparent {
                return None;
            }
            id = scope.parent.expect("transparent scopes stand in others");
        }
    }
}

impl VariableInfo<'_> {
    /// The variable as an operand of its own unit.
    pub(super) fn operand(&self) -> Option<Variable> {
        match self.home {
            Home::None => None,
            Home::Slot(slot) => Some(Variable::slot(slot)),
            Home::Cell(cell) => Some(Variable::cell(cell)),
        }
    }
}

/// The index of a slot or cell as an operand holds it.
fn checked(index: u32) -> Result<u16, CompileFault> {
    if index >= MOST_VARIABLES {
        return Err(CompileFault::TooMany {
            what: "variables",
            most: u64::from(MOST_VARIABLES),
        });
    }
    Ok(index as u16)
}

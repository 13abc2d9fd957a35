//! `parallel` blocks and the bodies of concurrent loops: which statements become branches.

use crate::bytecode::{BranchSite, Instruction, Slot};
use crate::compiler::Compiler;
use crate::compiler::effects::Effects;
use crate::compiler::scope::Home;
use crate::compiler::symbols::Located;
use crate::source::Span;
use crate::syntax::ast::{Body, ExprId, StmtKind};

impl<'src> Compiler<'_, 'src> {
    /// A `parallel` block; without a limit all of its branches may run at once.
    pub(super) fn parallel_statement(&mut self, limit: Option<ExprId>, body: &Body) -> Located<()> {
        let span = self.now.span;
        match limit {
            Some(limit) => self.expression(limit)?,
            None => self.emit(Instruction::LoadNone, span),
        }
        self.parallel_body(body, span)
    }

    /// The block itself; how many branches may run at once is on the stack.
    pub(super) fn parallel_body(&mut self, body: &Body, span: Span) -> Located<()> {
        self.emit(Instruction::EnterParallel, span);
        let barrier = std::mem::replace(&mut self.now.barrier, self.now.loops.len());
        let mut earlier: Vec<(Effects<'src>, u16)> = Vec::new();
        for id in body {
            let effects = self.effects(*id);
            let mut after = Vec::new();
            for (position, (known, _)) in earlier.iter().enumerate() {
                if self.conflict(known, &effects) {
                    after.push(position as u32);
                }
            }
            if after.is_empty() && !effects.waits {
                self.statement(*id)?;
                continue;
            }
            for position in &after {
                let site = earlier[*position as usize].1;
                self.pools.branches[site as usize].is_awaited = true;
            }
            let site = self.branch_site(BranchSite {
                writes: self.written_slots(&effects),
                after,
                is_in_place: effects.extends,
                ..BranchSite::default()
            })?;
            let behind = self.mark();
            let span = self.tree.stmt(*id).span;
            self.jump(|label| Instruction::BeginBranch(site, label), behind, span);
            self.statement(*id)?;
            self.emit(Instruction::EndBranch(site), span);
            self.bind(behind);
            earlier.push((effects, site));
        }
        self.now.barrier = barrier;
        self.now.span = span;
        self.emit(Instruction::ExitParallel, span);
        Ok(())
    }

    /// Adds a branch to the program's.
    pub(super) fn branch_site(&mut self, site: BranchSite) -> Located<u16> {
        let index = self.small(self.pools.branches.len(), "branches", self.now.span)?;
        self.pools.branches.push(site);
        Ok(index)
    }

    /// The slots of the running unit that a statement sets.
    fn written_slots(&self, effects: &Effects<'src>) -> Vec<Slot> {
        let mut slots: Vec<Slot> = effects
            .writes
            .iter()
            .filter_map(|name| {
                let variable = self.scopes.stored_variable(self.now.scope, name)?;
                match self.scopes.variable(variable).home {
                    Home::Slot(slot) => Some(slot),
                    Home::Cell(_) | Home::None => None,
                }
            })
            .collect();
        slots.sort_unstable_by_key(|slot| slot.0);
        slots
    }

    /// Whether a statement must come after one before it.
    fn conflict(&self, before: &Effects<'src>, now: &Effects<'src>) -> bool {
        let mut written = before.writes.iter();
        let reads = written.any(|name| {
            now.reads.contains(name)
                || now.writes.contains(name)
                || now.by_name
                || now.calls && self.is_shared(name)
        });
        // What a branch reads is its own copy, but for what macros and other templates see.
        let mut sets = now.writes.iter();
        reads
            || sets.any(|name| {
                before.by_name
                    || self.is_shared(name) && (before.calls || before.reads.contains(name))
            })
    }

    /// Whether a variable is one that macros see.
    fn is_shared(&self, name: &str) -> bool {
        let captured = self
            .scopes
            .find(self.now.scope, name)
            .is_some_and(|id| matches!(self.scopes.variable(id).home, Home::Cell(_)));
        captured || self.scopes.template_names.contains(name)
    }

    /// The body of one round of a concurrent loop, up to where the next may start.
    pub(super) fn round(
        &mut self,
        body: impl FnOnce(&mut Self) -> Located<()>,
        span: Span,
    ) -> Located<()> {
        let site = self.branch_site(BranchSite {
            is_round: true,
            ..BranchSite::default()
        })?;
        let (end, behind) = (self.mark(), self.mark());
        self.jump(|label| Instruction::BeginBranch(site, label), behind, span);
        let barrier = std::mem::replace(&mut self.now.barrier, self.now.loops.len() - 1);
        let open = self.now.loops.last_mut().expect("a loop is open");
        let exits = open.exits.replace((end, end));
        open.concurrent = true;
        let opened = std::mem::replace(&mut open.opened, self.now.opened.len());
        body(self)?;
        let open = self.now.loops.last_mut().expect("a loop is open");
        open.exits = exits;
        open.concurrent = false;
        open.opened = opened;
        self.now.barrier = barrier;
        self.bind(end);
        self.emit(Instruction::EndBranch(site), span);
        self.bind(behind);
        Ok(())
    }

    /// A body that is a parallel block if the environment says so for all.
    pub(super) fn whole_body(&mut self, body: &Body) -> Located<()> {
        let concurrency = self.options.concurrency;
        let worth = body
            .iter()
            .filter(|id| !matches!(self.tree.stmt(**id).kind, StmtKind::Text(_)));
        match concurrency {
            Some(limit) if limit > 1 && worth.count() > 1 => {
                let span = self.now.span;
                let limit = i32::try_from(limit).unwrap_or(i32::MAX);
                self.emit(Instruction::LoadInteger(limit), span);
                self.parallel_body(body, span)
            }
            _ => self.body(body),
        }
    }
}

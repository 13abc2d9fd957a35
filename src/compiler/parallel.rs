//! `parallel` blocks and the bodies of concurrent loops: which statements become branches.

use crate::bytecode::{BranchSite, Earlier, Instruction, Slot};
use crate::compiler::Compiler;
use crate::compiler::branch_slots::BranchSlots;
use crate::compiler::effects::Effects;
use crate::compiler::order::{EarlierBranches, Written};
use crate::compiler::symbols::Located;
use crate::source::Span;
use crate::syntax::ast::{Body, ExprId, StmtId, StmtKind};

impl<'src> Compiler<'_, 'src> {
    /// A `parallel` block; without a limit all of its branches may run at once.
    pub(super) fn parallel_statement(&mut self, limit: Option<ExprId>, body: Body) -> Located<()> {
        let span = self.now.span;
        match limit {
            Some(limit) => self.expression(limit)?,
            None => self.emit(Instruction::LoadNone, span),
        }
        self.parallel_body(body, span)
    }

    /// The block itself; how many branches may run at once is on the stack.
    pub(super) fn parallel_body(&mut self, body: Body, span: Span) -> Located<()> {
        self.emit(Instruction::EnterParallel, span);
        let barrier = std::mem::replace(&mut self.now.barrier, self.now.loops.len());
        let mut earlier = EarlierBranches::default();
        for id in &self.tree[body] {
            let effects = self.effects(*id);
            let after = self.comes_after(&earlier, &effects);
            if after.is_empty() && !effects.waits {
                self.statement(*id)?;
                continue;
            }
            let written = self.parallel_branch(*id, &effects, &after, &earlier)?;
            self.add_branch(&mut earlier, &effects, written);
        }
        self.now.barrier = barrier;
        self.now.span = span;
        self.emit(Instruction::ExitParallel, span);
        Ok(())
    }

    /// A statement that is a branch, which comes after some of those before it.
    fn parallel_branch(
        &mut self,
        id: StmtId,
        effects: &Effects<'src>,
        after: &[u32],
        earlier: &EarlierBranches<'src>,
    ) -> Located<Written> {
        let site = self.branch_site(BranchSite {
            is_in_place: effects.extends,
            ..BranchSite::default()
        })?;
        let behind = self.mark();
        let span = self.tree.stmt(id).span;
        self.jump(|label| Instruction::BeginBranch(site, label), behind, span);
        let slots = self.branch_code(site, effects.recurs, |compiler| compiler.statement(id))?;
        self.emit(Instruction::EndBranch(site), span);
        self.bind(behind);
        let own = |slot: Slot| match &slots {
            Some(slots) => slots.find(slot),
            None => Some(slot),
        };
        // What it never names in code that runs, it does not set.
        let mut written = self.written_slots(effects);
        written.retain(|slot| own(*slot).is_some());
        let comes_after = after.iter().map(|position| {
            let given = earlier.at(*position).slots.iter().enumerate();
            Earlier {
                position: *position,
                takes: given
                    .filter_map(|(index, slot)| Some((index as u16, own(*slot)?)))
                    .collect(),
            }
        });
        let comes_after = comes_after.collect();
        let info = &mut self.pools.branches[site as usize];
        info.writes = written.iter().filter_map(|slot| own(*slot)).collect();
        info.after = comes_after;
        for position in after {
            let site = earlier.at(*position).site;
            self.pools.branches[site as usize].is_awaited = true;
        }
        Ok(Written {
            site,
            slots: written,
        })
    }

    /// The code of a branch; gives the slots that it has, if they are its own.
    fn branch_code(
        &mut self,
        site: u16,
        recurs: bool,
        code: impl FnOnce(&mut Self) -> Located<()>,
    ) -> Located<Option<BranchSlots>> {
        if !self.begin_branch_slots(recurs) {
            code(self)?;
            return Ok(None);
        }
        code(self)?;
        let slots = self.now.end_branch_slots();
        Ok(slots.map(|(slots, around)| {
            self.pools.branches[site as usize].slots = Some(around);
            slots
        }))
    }

    /// Adds a branch to the program's.
    pub(super) fn branch_site(&mut self, site: BranchSite) -> Located<u16> {
        let index = self.small(self.pools.branches.len(), "branches", self.now.span)?;
        self.pools.branches.push(site);
        Ok(index)
    }

    /// The body of one round of a concurrent loop, up to where the next may start.
    pub(super) fn round(
        &mut self,
        recurs: bool,
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
        self.branch_code(site, recurs, body)?;
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
    pub(super) fn whole_body(&mut self, body: Body) -> Located<()> {
        let concurrency = self.options.concurrency;
        let worth = self.tree[body]
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

//! What the machine reads but does not own: what its driver lends it, and the programs it has loaded.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::bytecode::Program;
use crate::call::{Extensions, Registry};
use crate::vm::outcome::Supply;

/// What a driver lends a machine whenever it runs it: always the same, but for the supply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Host<'h> {
    /// The code that the render started with.
    pub(crate) program: &'h Arc<Program>,
    pub(crate) registry: &'h Registry,
    pub(crate) extensions: &'h Extensions,
    /// Whom to ask before the machine stops for a future or a stream, if anybody.
    pub(crate) supply: Option<&'h dyn Supply>,
}

/// A program of a render, by its number: 1 is the one that the render started with.
///
/// Frames hold numbers and not pointers, so that calls count no references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProgramId(NonZeroU32);

impl ProgramId {
    /// The program that the render started with.
    pub(super) const FIRST: ProgramId = ProgramId(NonZeroU32::MIN);

    /// The number of the program that is loaded after `loaded` others.
    pub(super) fn after(loaded: usize) -> Self {
        ProgramId(NonZeroU32::MIN.saturating_add(loaded as u32 + 1))
    }

    /// Which of those loaded since it is; none if it is none.
    #[inline]
    fn index(self) -> Option<usize> {
        (self.0.get() as usize).checked_sub(2)
    }

    /// How many programs were adopted before it since the library was lent; none if it is in the library.
    pub(super) fn adopted(self, library: &Library<'_>) -> Option<usize> {
        self.index()?.checked_sub(library.loaded.len())
    }
}

/// All that running code may read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Library<'h> {
    pub(super) host: &'h Host<'h>,
    /// The programs loaded since, from number 2 on.
    loaded: &'h [Arc<Program>],
}

impl<'h> Library<'h> {
    pub(super) fn new(host: &'h Host<'h>, loaded: &'h [Arc<Program>]) -> Self {
        Library { host, loaded }
    }

    /// A program.
    #[inline]
    pub(super) fn program(&self, id: ProgramId) -> &'h Arc<Program> {
        match id.index() {
            None => self.host.program,
            Some(index) => &self.loaded[index],
        }
    }

    /// The number of a program, which is `hint` unless that is of another render.
    pub(super) fn number(&self, program: &Arc<Program>, hint: ProgramId) -> Option<ProgramId> {
        let hinted = match hint.index() {
            None => Some(self.host.program),
            Some(index) => self.loaded.get(index),
        };
        if hinted.is_some_and(|known| Arc::ptr_eq(known, program)) {
            return Some(hint);
        }
        let is_it = |known: &Arc<Program>| Arc::ptr_eq(known, program);
        if is_it(self.host.program) {
            return Some(ProgramId::FIRST);
        }
        self.loaded.iter().position(is_it).map(ProgramId::after)
    }

    /// How many programs were loaded.
    pub(super) fn loaded(&self) -> usize {
        self.loaded.len()
    }
}

//! What the machine reads but does not own: what its driver lends it, and the programs it has loaded.

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

/// A program of a render, by its number: 0 is the one that the render started with.
///
/// Frames hold numbers and not pointers, so that calls count no references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProgramId(u32);

impl ProgramId {
    /// The program that the render started with.
    pub(super) const FIRST: ProgramId = ProgramId(0);

    /// The number of the program that is loaded after `loaded` others.
    pub(super) fn after(loaded: usize) -> Self {
        ProgramId(loaded as u32 + 1)
    }

    /// How many programs were adopted before it since the library was lent; none if it is in the library.
    pub(super) fn adopted(self, library: &Library<'_>) -> Option<usize> {
        (self.0 as usize).checked_sub(library.loaded.len() + 1)
    }
}

/// All that running code may read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Library<'h> {
    pub(super) host: &'h Host<'h>,
    /// The programs loaded since, from number 1 on.
    loaded: &'h [Arc<Program>],
}

impl<'h> Library<'h> {
    pub(super) fn new(host: &'h Host<'h>, loaded: &'h [Arc<Program>]) -> Self {
        Library { host, loaded }
    }

    /// A program.
    #[inline]
    pub(super) fn program(&self, id: ProgramId) -> &'h Arc<Program> {
        match id.0 {
            0 => self.host.program,
            number => &self.loaded[number as usize - 1],
        }
    }

    /// The number of a program, which is `hint` unless that is of another render.
    pub(super) fn number(&self, program: &Arc<Program>, hint: ProgramId) -> Option<ProgramId> {
        let hinted = match hint.0 {
            0 => Some(self.host.program),
            number => self.loaded.get(number as usize - 1),
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

//! What few renders need of a machine, made when it is needed.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::Program;
use crate::error::TraceEntry;
use crate::value::Value;
use crate::vm::branches::Group;
use crate::vm::fragments::Fragment;
use crate::vm::frame::NativeFrame;
use crate::vm::handlers::Handler;
use crate::vm::library::ProgramId;
use crate::vm::machine::{Machine, Survivor};
use crate::vm::names::NameMap;

/// The parts of a machine that few templates need: starting and ending a small render costs about as much as
/// there is to make and to drop.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    /// The block that is rendered, if one is, until all around it has run.
    pub(super) block: Option<ArcStr>,
    /// Native functions in the middle of their work.
    pub(super) natives: Vec<NativeFrame>,
    /// The open `try`s, outermost first.
    pub(super) handlers: Vec<Handler>,
    /// The fragments that are being made, outermost first.
    pub(super) fragments: Vec<Fragment>,
    /// The open blocks whose branches run side by side, outermost first.
    pub(super) groups: Vec<Group>,
    /// The branches of those that an error has left, as the driver knows them.
    pub(super) dropped: Vec<usize>,
    /// The branch of the program that this machine is, if it is one.
    pub(super) branch: Option<u16>,
    /// Whether its captured variables are its own: those of a round of a loop.
    pub(super) owns_cells: bool,
    /// Whether its text is collected by the machine that it was split off, and does not go to the reader as it is.
    pub(super) is_collected: bool,
    /// Whether an error has left all that this deferred body has deferred itself.
    pub(super) gave_up: bool,
    /// The address of the instruction that last met a future its operands do not hold, and how often.
    pub(super) retries: (usize, u32),
    /// How the machines that it was split off got there, if they may be gone.
    pub(super) steps: Vec<TraceEntry>,
    /// How many frames are open in the machines that it was split off.
    pub(super) depth: usize,
}

impl Machine {
    /// The parts that few templates need, made now if there are none.
    pub(super) fn seldom(&mut self) -> &mut Seldom {
        self.seldom.get_or_insert_default()
    }

    #[inline]
    pub(super) fn natives(&self) -> &[NativeFrame] {
        self.seldom.as_ref().map_or(&[], |seldom| &seldom.natives)
    }

    pub(super) fn handlers(&self) -> &[Handler] {
        self.seldom.as_ref().map_or(&[], |seldom| &seldom.handlers)
    }

    pub(super) fn fragments(&self) -> &[Fragment] {
        self.seldom.as_ref().map_or(&[], |seldom| &seldom.fragments)
    }

    #[inline]
    pub(super) fn groups(&self) -> &[Group] {
        self.seldom.as_ref().map_or(&[], |seldom| &seldom.groups)
    }

    /// How many frames are open in the machines that it was split off.
    pub(super) fn depth(&self) -> usize {
        self.seldom.as_ref().map_or(0, |seldom| seldom.depth)
    }

    /// The branch of the program that this machine is, if it is one.
    #[inline]
    pub(super) fn branch(&self) -> Option<u16> {
        self.seldom.as_ref().and_then(|seldom| seldom.branch)
    }
}

/// What a render keeps of the templates it has used.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The programs that were loaded so far, by number.
    pub(super) programs: Vec<Arc<Program>>,
    /// Programs met since the machine ran on last, such as that of a macro of another render.
    pub(super) adopted: Vec<Arc<Program>>,
    /// The templates used so far; none where there is no such template. The render keeps them, so that
    /// it sees one version of each.
    pub(super) templates: NameMap<Option<ProgramId>>,
    /// Modules imported without context, which are made once.
    pub(super) modules: Vec<(ProgramId, Value)>,
    /// The globals that were made for this render, in the order in which they were asked for.
    pub(super) lazy_globals: Vec<(ArcStr, Value)>,
    /// Contexts and cells that macros may keep alive in a circle.
    pub(super) survivors: Vec<Survivor>,
}

impl Kept {
    /// Breaks the circles that macros made.
    pub(super) fn clear_survivors(&mut self) {
        for survivor in self.survivors.drain(..) {
            match survivor {
                Survivor::Context(context) => {
                    if let Some(context) = context.upgrade() {
                        context.clear();
                    }
                }
                Survivor::Cells(cells) => {
                    if let Some(cells) = cells.upgrade() {
                        cells.clear();
                    }
                }
            }
        }
    }
}

//! A compiled template with what is known of it.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::bytecode::Program;
use crate::environment::reads::Reads;
use crate::environment::waits::WaitSummary;

/// A compiled template with what is known of it.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) program: Arc<Program>,
    /// Bytes of the last output, to start the next one with.
    size: AtomicUsize,
    /// Whether it waits, itself or in what it names; found out when first asked.
    pub(crate) waits: OnceLock<WaitSummary>,
    /// What it reads, itself or in what it names; found out once all that is loaded.
    pub(crate) reads: OnceLock<Reads>,
    /// How often `reads` could not be found out.
    asked: AtomicU8,
}

/// How often to look whether all that a template names is loaded: some of it may never be.
const MOST_ASKED: u8 = 8;

impl Compiled {
    /// A template nothing is known of yet.
    pub(crate) fn new(program: Arc<Program>) -> Arc<Self> {
        let text: usize = program.texts.iter().map(|text| text.len()).sum();
        Arc::new(Compiled {
            program,
            size: AtomicUsize::new(text),
            waits: OnceLock::new(),
            reads: OnceLock::new(),
            asked: AtomicU8::new(0),
        })
    }

    /// Whether it is worth another look if something was not loaded yet.
    pub(crate) fn may_be_asked_again(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) < MOST_ASKED
    }

    /// How many bytes of output to expect.
    pub(crate) fn expected_size(&self) -> usize {
        // One huge page should not make all later ones ask for as much.
        self.size.load(Ordering::Relaxed).min(1 << 20)
    }

    /// Remembers how many bytes a render wrote.
    pub(crate) fn wrote(&self, bytes: usize) {
        // A store even of the same number would take the cache line from every other core.
        if self.size.load(Ordering::Relaxed) != bytes {
            self.size.store(bytes, Ordering::Relaxed);
        }
    }
}

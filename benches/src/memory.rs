//! An allocator that counts, when it is told to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

/// The system's allocator with counters that cost next to nothing while nobody counts.
pub struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicIsize = AtomicIsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// What was allocated during a piece of code.
#[derive(Clone, Copy, Debug)]
pub struct Allocated {
    /// Bytes allocated and not freed.
    pub live: isize,
    /// How often something was allocated.
    pub calls: usize,
}

/// Runs `piece` and counts what it allocates.
pub fn counted<T>(piece: impl FnOnce() -> T) -> (T, Allocated) {
    LIVE.store(0, Relaxed);
    CALLS.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
    let result = piece();
    COUNTS.store(false, Relaxed);
    let allocated = Allocated {
        live: LIVE.load(Relaxed),
        calls: CALLS.load(Relaxed),
    };
    (result, allocated)
}

fn count(bytes: isize, calls: usize) {
    if COUNTS.load(Relaxed) {
        LIVE.fetch_add(bytes, Relaxed);
        CALLS.fetch_add(calls, Relaxed);
    }
}

// SAFETY: everything is passed on to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed(), 1);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed(), 1);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed(), 0);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.cast_signed() - layout.size().cast_signed(), 1);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

//! How each engine does the workloads.

mod askama;
mod hand;
mod handlebars;
pub mod kakehi;
mod minijinja;
mod sailfish;
mod tera;
mod upon;

use std::hint::black_box;
use std::rc::Rc;

/// One engine's way to do one workload.
pub struct Entry {
    pub engine: &'static str,
    pub workload: &'static str,
    /// Gives the output, which is compared.
    pub render: Rc<dyn Fn() -> String>,
    /// What is timed.
    pub timed: Rc<dyn Fn()>,
}

/// The entries of one engine, while they are gathered.
struct Entries {
    engine: &'static str,
    entries: Vec<Entry>,
}

impl Entries {
    fn new(engine: &'static str) -> Self {
        Entries {
            engine,
            entries: Vec::new(),
        }
    }

    /// A workload that is timed while it renders.
    fn render(&mut self, workload: &'static str, render: impl Fn() -> String + 'static) {
        let render = Rc::new(render);
        let timed = Rc::clone(&render);
        self.entries.push(Entry {
            engine: self.engine,
            workload,
            render,
            timed: Rc::new(move || {
                black_box(timed());
            }),
        });
    }

    /// A workload that is timed while it compiles.
    fn compile<T>(
        &mut self,
        workload: &'static str,
        render: impl Fn() -> String + 'static,
        compile: impl Fn() -> T + 'static,
    ) {
        self.entries.push(Entry {
            engine: self.engine,
            workload,
            render: Rc::new(render),
            timed: Rc::new(move || {
                black_box(compile());
            }),
        });
    }
}

/// What lives as long as the program.
fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// All entries of all engines.
pub fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    for own in [
        hand::entries(),
        sailfish::entries(),
        askama::entries(),
        minijinja::entries(),
        tera::entries(),
        upon::entries(),
        handlebars::entries(),
        kakehi::entries(),
    ] {
        entries.extend(own.entries);
    }
    entries
}

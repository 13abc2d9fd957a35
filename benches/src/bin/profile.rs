//! Does one workload over and over, for a profiler:
//! `valgrind --tool=callgrind --toggle-collect='*profile::measured*' profile page kakehi 100`.

use kakehi_benches::compare::comparisons;
use kakehi_benches::waiting;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workload, engine, count] = arguments.as_slice() else {
        panic!("usage: profile WORKLOAD ENGINE COUNT");
    };
    let count = count.parse().expect("a number");
    if let Some(piece) = waiting::piece(workload) {
        return measured(&*piece, count);
    }
    let comparisons = comparisons();
    let comparison = comparisons
        .iter()
        .find(|comparison| comparison.workload.name == workload)
        .expect("a workload of the table");
    let entry = comparison
        .entries
        .iter()
        .find(|entry| entry.engine == engine)
        .expect("an engine that does it");
    measured(&*entry.timed, count);
}

#[inline(never)]
fn measured(run: &dyn Fn(), count: u32) {
    for _ in 0..count {
        run();
    }
}

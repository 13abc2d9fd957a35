//! Every workload on every engine, for criterion.

use criterion::{Criterion, criterion_group, criterion_main};
use kakehi_benches::compare::comparisons;

fn workloads(criterion: &mut Criterion) {
    for comparison in comparisons() {
        let mut group = criterion.benchmark_group(comparison.workload.name);
        for entry in &comparison.entries {
            group.bench_function(entry.engine, |bencher| bencher.iter(|| (entry.timed)()));
        }
        group.finish();
    }
}

criterion_group!(benches, workloads);
criterion_main!(benches);

//! Workloads side by side.

use crate::engines::{self, Entry};

/// What a workload is called, how large a share of the best run-time engine's time kakehi may take, and
/// from where on that counts as met.
pub struct Workload {
    pub name: &'static str,
    pub what: &'static str,
    pub goal: f64,
    pub met: f64,
}

const fn workload(name: &'static str, what: &'static str, goal: f64, met: f64) -> Workload {
    Workload {
        name,
        what,
        goal,
        met,
    }
}

/// The workloads, in the order of the table.
pub const WORKLOADS: [Workload; 10] = [
    workload("hello", "one line with one name", 0.6, 0.7),
    workload("teams", "the classic page of four rows", 0.5, 0.5),
    workload("big_table", "100 × 100 integers", 0.4, 0.5),
    workload(
        "page",
        "inheritance, blocks, an include in a loop of 50 products, a macro, escaping, filters",
        0.35,
        0.5,
    ),
    workload(
        "escape_heavy",
        "1000 strings of 100 characters, 5 % to escape",
        0.33,
        0.5,
    ),
    workload("filters", "1000 rounds of chained filters", 0.3, 0.5),
    workload(
        "interp",
        "10,000 rounds of `*`, `+`, `%` and a comparison",
        0.08,
        0.5,
    ),
    workload(
        "chat",
        "an LLM's chat template over 40 messages from JSON",
        0.5,
        0.5,
    ),
    workload("compile", "1 MB of page-like source", 1.0, 1.2),
    workload(
        "page_structs",
        "`page` with its context serialised in each render",
        0.5,
        0.5,
    ),
];

/// The engines, in the order of the table; the last five load templates at run time.
pub const ENGINES: [&str; 8] = [
    "hand",
    "sailfish",
    "askama",
    "minijinja",
    "tera",
    "upon",
    "handlebars",
    "kakehi",
];

/// The engines that kakehi is compared with: those that load templates at run time.
pub const RUN_TIME: [&str; 4] = ["minijinja", "tera", "upon", "handlebars"];

/// A workload and how the engines do it.
pub struct Comparison {
    pub workload: &'static Workload,
    pub entries: Vec<Entry>,
}

/// All workloads of all engines.
///
/// # Panics
/// If two engines write different things.
pub fn comparisons() -> Vec<Comparison> {
    let mut entries = engines::entries();
    let comparisons = WORKLOADS.iter().map(|workload| {
        let mut own: Vec<Entry> = entries
            .extract_if(.., |entry| entry.workload == workload.name)
            .collect();
        own.sort_by_key(|entry| ENGINES.iter().position(|engine| *engine == entry.engine));
        check_equal(workload.name, &own);
        Comparison {
            workload,
            entries: own,
        }
    });
    let comparisons = comparisons.collect();
    assert!(entries.is_empty(), "every entry belongs to a workload");
    comparisons
}

fn check_equal(workload: &str, entries: &[Entry]) {
    let mut outputs = entries
        .iter()
        .map(|entry| (entry.engine, normalise(&(entry.render)())));
    let Some((first, expected)) = outputs.next() else {
        panic!("{workload} has no entries");
    };
    for (engine, output) in outputs {
        if output == expected {
            continue;
        }
        let at = output
            .bytes()
            .zip(expected.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let around = |text: &str| {
            let bytes = &text.as_bytes()[at.saturating_sub(60)..text.len().min(at + 60)];
            String::from_utf8_lossy(bytes).into_owned()
        };
        panic!(
            "{workload}: {first} and {engine} differ at byte {at}:\n{:?}\n{:?}",
            around(&expected),
            around(&output)
        );
    }
}

/// askama escapes by number what the others escape by name.
fn normalise(output: &str) -> String {
    output
        .replace("&#60;", "&lt;")
        .replace("&#62;", "&gt;")
        .replace("&#38;", "&amp;")
}

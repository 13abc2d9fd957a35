//! Measures all engines in one run, prints the table and writes it to `docs/performance.md`.
//!
//! With names of workloads as arguments, only those are measured, and nothing is written; `server`, `waiting` and
//! `fairness` are among them. `serve HOST` is what it calls itself with, to have a web server in a process of its own.

use std::fmt::Write as _;
use std::io::Error;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use kakehi_benches::compare::{Comparison, ENGINES, RUN_TIME, comparisons};
use kakehi_benches::fairness::fairness;
use kakehi_benches::load::loads;
use kakehi_benches::measure::{interleaved, median, ratio, show_time};
use kakehi_benches::memory::Counting;
use kakehi_benches::server::{Host, serve};
use kakehi_benches::waiting::{Finding, findings, growth};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ROUNDS: usize = 101;
const SAMPLE: Duration = Duration::from_millis(2);

fn main() -> std::io::Result<()> {
    let start = Instant::now();
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let [command, name] = &wanted[..]
        && command == "serve"
    {
        let host = Host::ALL.into_iter().find(|host| host.name() == name);
        return serve(host.ok_or_else(|| Error::other(format!("no host is named '{name}'")))?);
    }
    let mut comparisons = comparisons();
    if wanted == ["server"] {
        print!("{}", server_table());
        return Ok(());
    }
    if wanted == ["waiting"] {
        print!("{}", finding_table(findings()));
        return Ok(());
    }
    if wanted == ["fairness"] {
        print!("{}", finding_table(fairness()));
        return Ok(());
    }
    if !wanted.is_empty() {
        comparisons.retain(|comparison| wanted.iter().any(|name| name == comparison.workload.name));
        print!("{}", workload_table(&comparisons));
        return Ok(());
    }
    let mut text = heading();
    text.push_str(&workload_table(&comparisons));
    text.push_str(&finding_table(findings().into_iter().chain(fairness())));
    text.push_str(&server_table());
    text.push_str(&growth_table());
    print!("{text}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)?;
    eprintln!("took {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn heading() -> String {
    let mut text = String::from(
        "# Performance\n\n\
         Written by `cargo run --release --manifest-path benches/Cargo.toml --bin table`, which measures\n\
         everything in one run, engine by engine in turn, and takes medians. Times differ from machine to\n\
         machine, and from run to run; the ratios are what to look at.\n\n",
    );
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let _ = writeln!(text, "- Date: {}", output_of("date", &["-u", "+%Y-%m-%d"]));
    let _ = writeln!(text, "- Machine: {cores} cores, {}", processor());
    let _ = writeln!(text, "- Compiler: {}", output_of("rustc", &["--version"]));
    let _ = writeln!(text, "- Engines: {}\n", versions());
    text
}

/// The output of a program, or a question mark.
fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    match output {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(_) => "?".into(),
    }
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    model
        .map_or("?", |model| model.trim_start_matches(['\t', ':', ' ']))
        .to_owned()
}

/// The engines' versions, as the lock file has them.
fn versions() -> String {
    let lock = include_str!("../../Cargo.lock");
    let version_of = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        rest.split('"').next()
    };
    let engines = [
        "kakehi",
        "minijinja",
        "tera",
        "upon",
        "handlebars",
        "askama",
        "sailfish",
    ];
    let versions: Vec<String> = engines
        .iter()
        .map(|name| format!("{name} {}", version_of(name).unwrap_or("?")))
        .collect();
    versions.join(", ")
}

fn workload_table(comparisons: &[Comparison]) -> String {
    let mut text = String::from(
        "## Against other engines\n\n\
         `hand` is Rust written for the workload alone; sailfish and askama compile templates into Rust and\n\
         cannot load them at run time. The ratio is kakehi / the best engine that can. All outputs are equal.\n\n",
    );
    let _ = writeln!(
        text,
        "| workload | {} | ratio | goal | |",
        ENGINES.join(" | ")
    );
    let _ = writeln!(text, "|---|{}---|---|---|", "---|".repeat(ENGINES.len()));
    // Of kakehi and of minijinja, with the context made before and in each render.
    let mut pages = Vec::new();
    for comparison in comparisons {
        let pieces: Vec<&dyn Fn()> = comparison
            .entries
            .iter()
            .map(|entry| &*entry.timed)
            .collect();
        let times = interleaved(&pieces, ROUNDS, SAMPLE);
        let times_of = |engine: &str| {
            let index = comparison
                .entries
                .iter()
                .position(|entry| entry.engine == engine)?;
            Some(times[index].as_slice())
        };
        let _ = write!(text, "| {} |", comparison.workload.name);
        for engine in ENGINES {
            let shown = times_of(engine).map_or("–".into(), |times| show_time(median(times)));
            let _ = write!(text, " {shown} |");
        }
        let kakehi = times_of("kakehi").expect("kakehi does every workload");
        let peers = RUN_TIME.iter().filter_map(|engine| times_of(engine));
        let best = peers.min_by(|a, b| median(a).total_cmp(&median(b)));
        let ratio = ratio(kakehi, best.expect("there is a peer for every workload"));
        let mark = match ratio {
            ratio if ratio <= comparison.workload.goal => "reached",
            ratio if ratio <= comparison.workload.met => "met",
            _ => "missed",
        };
        let _ = writeln!(
            text,
            " {ratio:.2} | ≤ {} | {mark} |",
            comparison.workload.goal
        );
        eprintln!("{}: {ratio:.2}", comparison.workload.name);
        if comparison.workload.name.starts_with("page")
            && let Some(minijinja) = times_of("minijinja")
        {
            pages.push((median(kakehi), median(minijinja)));
        }
    }
    text.push('\n');
    for comparison in comparisons {
        let _ = writeln!(
            text,
            "- {}: {}",
            comparison.workload.name, comparison.workload.what
        );
    }
    if let [prebuilt, serialised] = pages[..] {
        let (own, peer) = (serialised.0 - prebuilt.0, serialised.1 - prebuilt.1);
        let _ = writeln!(
            text,
            "\nA render of `page` that serialises its context takes {:.2} of minijinja's time (goal ≤ 0.5). Of that, \
             serialising is what it takes longer than a render of a context that is there: {}, minijinja {}: {:.2} (goal \
             ≤ 0.5).",
            serialised.0 / serialised.1,
            show_time(own),
            show_time(peer),
            own / peer
        );
    }
    text.push('\n');
    text
}

fn finding_table(findings: impl IntoIterator<Item = Finding>) -> String {
    let mut text = String::from("## Waiting\n\n| what | found | goal | |\n|---|---|---|---|\n");
    for finding in findings {
        let mark = match finding.met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "",
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {mark} |",
            finding.what, finding.found, finding.goal
        );
    }
    text.push('\n');
    text
}

fn server_table() -> String {
    let mut text = String::from(
        "## In a web server\n\n\
         An axum page with five calls of 20 ms each: requests per second and the time that 99 of 100 take, with a\n\
         number of connections that ask again as soon as they are answered, from a process on the same cores.\n\
         `parallel` and `in turn` are templates of kakehi, rendered by `render_async`; minijinja renders in\n\
         `spawn_blocking`, and its function waits for each call by `block_on`. All pages are equal.\n\n",
    );
    let names = Host::ALL.map(Host::name).join(" | ");
    let _ = writeln!(text, "| connections | {names} |\n|---|---|---|---|");
    let rows = match loads() {
        Ok(rows) => rows,
        Err(error) => {
            let _ = writeln!(text, "\nnot measured: {error}\n");
            return text;
        }
    };
    for (connections, served) in rows {
        let _ = write!(text, "| {connections} |");
        for served in served {
            let _ = match served {
                Ok(served) => write!(
                    text,
                    " {:.0}/s, {} |",
                    served.requests_per_second,
                    show_time(served.p99)
                ),
                Err(error) => write!(text, " {error} |"),
            };
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

fn growth_table() -> String {
    let mut text = String::from("## Growth\n");
    for growth in growth() {
        let _ = writeln!(text, "\n{}:\n", growth.what);
        let _ = writeln!(
            text,
            "| {} | time | time for each |\n|---|---|---|",
            growth.unit
        );
        for (size, time) in &growth.rows {
            let _ = writeln!(
                text,
                "| {size} | {} | {} |",
                show_time(*time),
                show_time(time / *size as f64)
            );
        }
    }
    text
}

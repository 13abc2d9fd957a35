//! Runs every case file under every driver and compares.
//!
//! `UPDATE=1` rewrites the last section of failing cases; `CASES=part/of/path` runs some.

use std::path::Path;

use futures_util::StreamExt;
use kakehi::{
    AutoEscape, DeferMode, Delimiters, Environment, Error, ErrorKind, Newline, ParkThread,
    RenderOptions, Template, UndefinedPolicy, Value, Waits,
};

use crate::case::{Case, Expected, case_files};
use crate::host::{self, Calls, Mode};
use crate::translations::German;

/// How a case is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    Sync,
    /// Synchronously, with waits driven on a runtime.
    Blocking,
    Async,
    Stream,
    /// Stops wherever it may, hands over single bytes, and all that can wait does.
    Torture,
    /// As a stream that sends what is deferred behind the page.
    Deferring,
    /// The same, as the torture.
    DeferringTorture,
    /// With every body a `parallel` block, and as many branches at once as may be.
    Parallel,
    /// The same, one branch at a time.
    OneByOne,
}

impl Driver {
    fn tortures(self) -> bool {
        matches!(self, Driver::Torture | Driver::DeferringTorture)
    }

    fn defers(self) -> bool {
        matches!(self, Driver::Deferring | Driver::DeferringTorture)
    }
}

const DRIVERS: [Driver; 9] = [
    Driver::Sync,
    Driver::Blocking,
    Driver::Async,
    Driver::Stream,
    Driver::Torture,
    Driver::Deferring,
    Driver::DeferringTorture,
    Driver::Parallel,
    Driver::OneByOne,
];

#[test]
fn every_case_gives_the_same_under_every_driver() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let wanted = std::env::var("CASES").unwrap_or_default();
    let update = std::env::var_os("UPDATE").is_some();
    let files = case_files(&folder);
    let mut failures = Vec::new();
    let mut run = 0;
    for path in files {
        let name = path
            .strip_prefix(&folder)
            .unwrap_or(&path)
            .display()
            .to_string();
        if !name.contains(&wanted) {
            continue;
        }
        run += 1;
        let result = Case::read(&path).and_then(|case| {
            let result = check(&case);
            if update && result.is_err() {
                let actual = match &case.expected {
                    Expected::Dump { stage, .. } => dump(&case, stage),
                    _ => {
                        let driver = match case.option("drivers") {
                            Some("sync") => Driver::Sync,
                            _ => Driver::Async,
                        };
                        outcome(run_case(&case, driver), wants_report(&case))
                    }
                };
                case.rewrite(&actual).map_err(|error| error.to_string())?;
            }
            result
        });
        if let Err(message) = result {
            failures.push(format!("{name}: {message}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {run} cases fail:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(
        run >= 400 || !wanted.is_empty(),
        "only {run} cases were found"
    );
}

fn wants_report(case: &Case) -> bool {
    matches!(
        &case.expected,
        Expected::Error {
            report: Some(_),
            ..
        }
    )
}

/// Runs a case under every driver; the first difference is the error.
fn check(case: &Case) -> Result<(), String> {
    if let Expected::Dump { stage, .. } = &case.expected {
        let actual = dump(case, stage);
        if actual != case.expected {
            return Err(format!(
                "expected {:?}\n  found    {actual:?}",
                case.expected
            ));
        }
        return Ok(());
    }
    for driver in DRIVERS {
        if case.option("drivers") == Some("sync") && driver != Driver::Sync {
            continue;
        }
        let defers = |(_, source): &(String, String)| source.contains("defer");
        if driver.defers() && !case.templates.iter().any(defers) {
            continue;
        }
        let result = std::panic::catch_unwind(|| run_case(case, driver))
            .map_err(|_| format!("{driver:?}: panicked"))?;
        if may_refuse(case, driver, &result) {
            continue;
        }
        let report = match &result {
            Ok(_) => String::new(),
            Err(error) => format!("\n{error:#}"),
        };
        let actual = outcome(result, wants_report(case));
        if actual != case.expected {
            return Err(format!(
                "{driver:?}\n  expected {:?}\n  found    {actual:?}{report}",
                case.expected
            ));
        }
    }
    Ok(())
}

/// What a stage of the engine makes of the case's template.
fn dump(case: &Case, stage: &str) -> Expected {
    let mut env = environment(case);
    host::populate(&mut env, Mode::Plain);
    let (name, source) = &case.templates[0];
    let text = match stage {
        "tokens" => env.dump_tokens(name, source),
        "tree" => env.dump_tree(name, source),
        _ => env.dump_bytecode(name, source),
    };
    match text {
        Ok(text) => Expected::Dump {
            stage: stage.to_owned(),
            text: text.trim_end().to_owned(),
        },
        error => outcome(error, false),
    }
}

/// Whether a sync render failed because the template waits, as it should.
fn may_refuse(case: &Case, driver: Driver, result: &Result<String, Error>) -> bool {
    if case.option("drivers") == Some("sync") {
        return false;
    }
    let refused = matches!(result, Err(error) if error.kind() == ErrorKind::AsyncRequired);
    if driver != Driver::Sync || !refused {
        return false;
    }
    let mut env = environment(case);
    host::populate(&mut env, Mode::Plain);
    match template(&env) {
        // With `auto_await`, and with expressions, only running shows what waits.
        Ok(template) => template.is_async() != Waits::No || is_jinja(case),
        Err(_) => case.expression.is_some(),
    }
}

fn is_jinja(case: &Case) -> bool {
    matches!(case.option("syntax"), Some("jinja" | "chat")) || case.flag("auto_await")
}

fn outcome(result: Result<String, Error>, with_report: bool) -> Expected {
    match result {
        Ok(output) => Expected::Output(output),
        Err(error) => Expected::Error {
            kind: format!("{:?}", error.kind()),
            report: with_report.then(|| format!("{error:#}").trim_end().to_owned()),
        },
    }
}

fn run_case(case: &Case, driver: Driver) -> Result<String, Error> {
    // A case about forgetting to wait cannot have everything wait by itself.
    let about_waiting = matches!(&case.expected, Expected::Error { kind, .. }
        if kind == "UnawaitedFuture" || kind == "StreamInSyncFor");
    let all_async =
        driver.tortures() && !about_waiting && case.option("auto_await") != Some("false");
    let mode = if all_async {
        Mode::AllAsync
    } else {
        Mode::Plain
    };
    let mut env = environment(case);
    if all_async {
        env.set_auto_await(true);
    }
    if matches!(driver, Driver::Parallel | Driver::OneByOne) {
        env.set_concurrency(8);
    }
    host::populate(&mut env, mode);
    // What the drivers that do not wait get as a value is converted for each render of the others.
    let context = host::context(&case.context);
    let unconverted = host::Unconverted(&case.context);
    let mut options = RenderOptions::new().with_extension(Calls::default());
    if driver.tortures() {
        options = options.chunk_size(1).yield_every(1);
    }
    if driver.defers() {
        options = options.defer_mode(DeferMode::Declarative);
    }
    if driver == Driver::OneByOne {
        options = options.max_concurrency(1);
    }
    if driver == Driver::Blocking {
        options = options.block_on(ParkThread);
    }
    if let Some(expression) = &case.expression {
        let expression = env.expression(expression)?;
        let value: Value = match driver {
            Driver::Sync | Driver::Blocking => expression.eval_with(context, options)?,
            _ => futures_executor::block_on(expression.eval_async_with(unconverted, options))?,
        };
        return Ok(format!("{value:?}"));
    }
    let template = template(&env)?;
    match (case.option("block"), driver) {
        (None, Driver::Sync | Driver::Blocking) => template.render_with(context, options),
        (None, Driver::Async) => {
            futures_executor::block_on(template.render_async_with(unconverted, options))
        }
        (None, _) => collect(template.render_stream_with(unconverted, options)),
        (Some(block), Driver::Sync | Driver::Blocking) => {
            template.block(block)?.render_with(context, options)
        }
        (Some(block), Driver::Async) => futures_executor::block_on(
            template
                .block(block)?
                .render_async_with(unconverted, options),
        ),
        (Some(block), _) => collect(
            template
                .block(block)?
                .render_stream_with(unconverted, options),
        ),
    }
}

/// Joins the chunks of a stream, none of which may be empty.
fn collect(mut stream: kakehi::RenderStream) -> Result<String, Error> {
    futures_executor::block_on(async move {
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            assert!(!chunk.is_empty(), "an empty chunk");
            bytes.extend_from_slice(&chunk);
        }
        let page = String::from_utf8(bytes).expect("output is text");
        Ok(crate::deferred::put_in_place(&page))
    })
}

fn template(env: &Environment) -> Result<Template, Error> {
    env.template("main")
}

pub(crate) fn environment(case: &Case) -> Environment {
    let mut env = match case.option("syntax") {
        Some("jinja") => Environment::jinja(),
        Some("chat") => Environment::chat(),
        _ => Environment::new(),
    };
    for (name, value) in &case.options {
        let flag = value == "true";
        let number = || value.parse::<u64>().expect("a number");
        let mut limits = env.limits().clone();
        match name.as_str() {
            "syntax" | "block" | "drivers" | "expression" => {}
            "auto_await" => env.set_auto_await(flag),
            "concurrency" => env.set_concurrency(number() as usize),
            "auto_escape" => env.set_auto_escape(match value.as_str() {
                "always" => AutoEscape::Always,
                "never" => AutoEscape::Never,
                _ => AutoEscape::ByExtension,
            }),
            "undefined" => env.set_undefined(match value.as_str() {
                "strict" => UndefinedPolicy::Strict,
                "chainable" => UndefinedPolicy::Chainable,
                "debug" => UndefinedPolicy::Debug,
                _ => UndefinedPolicy::Lenient,
            }),
            "trim_blocks" => env.set_trim_blocks(flag),
            "lstrip_blocks" => env.set_lstrip_blocks(flag),
            "keep_trailing_newline" => env.set_keep_trailing_newline(flag),
            "newline_sequence" => env.set_newline_sequence(match value.as_str() {
                "\\r\\n" => Newline::CrLf,
                "\\r" => Newline::Cr,
                _ => Newline::Lf,
            }),
            "output" if value.parse::<u64>().is_ok() => limits.output = Some(number()),
            "statement"
            | "output"
            | "comment"
            | "line_statement_prefix"
            | "line_comment_prefix" => {}
            "finalize" => env.add_finalize(|value: Value| match value.is_none() {
                true => Value::from("-"),
                false => value,
            }),
            "translations" => env.set_translations(German),
            "newstyle_gettext" => env.set_newstyle_gettext(flag),
            "trimmed_translations" => env.set_trimmed_translations(flag),
            "fuel" => limits.fuel = Some(number()),
            "memory" => limits.memory = Some(number()),
            "depth" => limits.depth = number() as usize,
            "items" => limits.items = Some(number()),
            other => panic!("{}: unknown option {other:?}", case.path.display()),
        }
        env.set_limits(limits);
    }
    if let Some(delimiters) = delimiters(case) {
        env.set_delimiters(delimiters);
    }
    for (name, source) in &case.templates {
        env.add_template(name.clone(), source.clone());
    }
    env
}

/// The delimiters a case asks for besides its syntax.
fn delimiters(case: &Case) -> Option<Delimiters> {
    let pair = |name: &str| {
        // As a number it is the limit of the output.
        case.option(name)?.parse::<u64>().is_err().then_some(())?;
        let (start, end) = case.option(name)?.split_once(' ')?;
        Some((start.to_owned(), end.trim().to_owned()))
    };
    let mut delimiters = Delimiters::builder();
    if case.option("syntax") == Some("jinja") {
        delimiters = delimiters
            .statement("{%", "%}")
            .output("{{", "}}")
            .comment("{#", "#}");
    }
    let mut changed = false;
    if let Some((start, end)) = pair("statement") {
        delimiters = delimiters.statement(&start, &end);
        changed = true;
    }
    if let Some((start, end)) = pair("output") {
        delimiters = delimiters.output(&start, &end);
        changed = true;
    }
    if let Some((start, end)) = pair("comment") {
        delimiters = delimiters.comment(&start, &end);
        changed = true;
    }
    if let Some(prefix) = case.option("line_statement_prefix") {
        delimiters = delimiters.line_statement(prefix);
        changed = true;
    }
    if let Some(prefix) = case.option("line_comment_prefix") {
        delimiters = delimiters.line_comment(prefix);
        changed = true;
    }
    changed.then(|| delimiters.build().expect("the case's delimiters are fine"))
}

/// What features bring, which is tested elsewhere: case files run without features as well.
const OF_FEATURES: [&str; 8] = [
    "date",
    "dateformat",
    "datetimeformat",
    "now",
    "slug",
    "slugify",
    "strftime_now",
    "timeformat",
];

/// The methods of strings, lists, dicts, numbers and bytes.
const METHODS: &[&str] = &[
    "append",
    "bit_count",
    "bit_length",
    "capitalize",
    "casefold",
    "center",
    "clear",
    "copy",
    "count",
    "decode",
    "encode",
    "endswith",
    "expandtabs",
    "extend",
    "find",
    "format",
    "format_map",
    "fromkeys",
    "get",
    "index",
    "insert",
    "is_integer",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "items",
    "join",
    "keys",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "pop",
    "popitem",
    "remove",
    "removeprefix",
    "removesuffix",
    "replace",
    "reverse",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "setdefault",
    "sort",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "update",
    "upper",
    "values",
    "zfill",
];

/// What can stand at the head of a tag.
const STATEMENTS: &[&str] = &[
    "async for",
    "autoescape",
    "block",
    "break",
    "cache",
    "call",
    "capture",
    "case",
    "continue",
    "debug",
    "defer",
    "do",
    "elif",
    "else",
    "empty",
    "extends",
    "fallback",
    "filter",
    "flush",
    "for",
    "from",
    "if",
    "import",
    "include",
    "let",
    "macro",
    "match",
    "parallel",
    "placeholder",
    "pluralize",
    "print",
    "raw",
    "set",
    "spaceless",
    "trans",
    "try",
    "unless",
    "while",
    "with",
];

/// All templates of the cases, with one space for whatever is white.
fn text_of_cases() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut text = String::new();
    for path in case_files(&folder) {
        let case = Case::read(&path).expect("it is a case");
        for (_, source) in &case.templates {
            text.extend(source.split_whitespace().flat_map(|word| [word, " "]));
        }
        text.extend(case.expression);
    }
    text
}

#[test]
fn every_method_and_statement_is_in_a_case() {
    let text = text_of_cases().replace("%- ", "% ").replace("%+ ", "% ");
    let mut missing = Vec::new();
    for name in METHODS {
        if !text.contains(&format!(".{name}(")) {
            missing.push(format!("method {name}"));
        }
    }
    for name in STATEMENTS {
        if !text.contains(&format!("% {name} ")) && !text.contains(&format!("% {name}(")) {
            missing.push(format!("statement {name}"));
        }
    }
    assert!(missing.is_empty(), "no case has {}", missing.join(", "));
}

#[test]
fn every_filter_test_and_function_is_in_a_case() {
    let text = text_of_cases();
    let text = text.replace("| ", "|").replace("is not ", "is ");
    let has = |before: &str, name: &str, after: &str| {
        let start = format!("{before}{name}{after}");
        text.match_indices(&start).any(|(at, found)| {
            let rest = text[at + found.len()..].chars().next();
            !after.is_empty() || !rest.is_some_and(|next| next.is_alphanumeric() || next == '_')
        })
    };
    let quoted = |name: &str| has("'", name, "'") || has("\"", name, "\"");
    let env = Environment::new();
    let mut missing = Vec::new();
    for name in env.filter_names() {
        let is_used = has("|", name, "") || has("filter ", name, "") || quoted(name);
        if !is_used && !OF_FEATURES.contains(&name) {
            missing.push(format!("filter {name}"));
        }
    }
    for name in env.test_names() {
        if !has("is ", name, "") && !quoted(name) {
            missing.push(format!("test {name}"));
        }
    }
    for name in env.global_names() {
        if !has("", name, "(") && !OF_FEATURES.contains(&name) {
            missing.push(format!("function {name}"));
        }
    }
    assert!(missing.is_empty(), "no case has {}", missing.join(", "));
}

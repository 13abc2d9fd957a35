//! Renders templates that come as JSON lines on standard input; `compare.py` feeds it.
//!
//! A line is an object: `templates` (name to text), `main` (the name to render), `context`, `options`
//! (as Jinja2 names them), `filters`, `tests` and `globals` of the host; with `"preset": "chat"` it is rendered by
//! `Environment::chat()`, and has no options. The answer is a line with the result of a synchronous and of an asynchronous render, each `{"output": …}` or `{"error": …}`.

mod data;

use std::borrow::Cow;
use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use kakehi::{
    AutoEscape, Delimiters, Environment, Error, Limits, Newline, Translations, UndefinedPolicy,
};
use serde_json::{Value as Json, json};

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut output = std::io::stdout().lock();
    let mut kept = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input is readable");
        let case: Json = serde_json::from_str(&line).expect("each line is JSON");
        let sync = guarded(|| render(&case, &mut kept, false));
        let asynchronous = guarded(|| render(&case, &mut kept, true));
        let answer = json!({ "sync": sync, "async": asynchronous });
        writeln!(output, "{answer}").expect("standard output is writable");
        output.flush().expect("standard output is writable");
    }
}

fn guarded(render: impl FnOnce() -> Result<String, Error>) -> Json {
    match catch_unwind(AssertUnwindSafe(render)) {
        Ok(Ok(output)) => json!({ "output": output }),
        Ok(Err(error)) => {
            json!({ "error": format!("{:?}", error.kind()), "message": error.to_string() })
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            json!({ "error": "PANIC", "message": text })
        }
    }
}

fn render(case: &Json, kept: &mut Kept, asynchronous: bool) -> Result<String, Error> {
    let env = match case["preset"].as_str() {
        Some("chat") => chat(case, kept),
        _ => environment(case)?,
    };
    let main = case["main"].as_str().unwrap_or("main");
    let context = data::value(&case["context"]);
    if asynchronous {
        futures_executor::block_on(env.render_async(main, context))
    } else {
        env.render(main, context)
    }
}

/// The environment of the last chat template, and its templates: one is rendered many times.
type Kept = Option<(Json, Environment)>;

fn chat(case: &Json, kept: &mut Kept) -> Environment {
    let templates = &case["templates"];
    if let Some((known, env)) = kept
        && known == templates
    {
        return env.clone();
    }
    let mut env = Environment::chat();
    for (name, source) in entries(templates) {
        env.add_template(name.as_str(), source.as_str().unwrap_or_default());
    }
    env.add_function("strftime_now", |_: String| "26 Jul 2024");
    *kept = Some((templates.clone(), env.clone()));
    env
}

fn environment(case: &Json) -> Result<Environment, Error> {
    let mut env = Environment::jinja();
    configure(&mut env, &case["options"])?;
    for (name, source) in entries(&case["templates"]) {
        env.add_template(name.as_str(), source.as_str().unwrap_or_default());
    }
    for (name, function) in entries(&case["filters"]) {
        env.set_filter(name.as_str(), data::function(function));
    }
    for (name, function) in entries(&case["tests"]) {
        env.set_test(name.as_str(), data::function(function));
    }
    for (name, value) in entries(&case["globals"]) {
        match value.get("$replay") {
            Some(_) => env.set_function(name.as_str(), data::function(value)),
            None => env.add_global(name.as_str(), data::value(value)),
        }
    }
    env.add_function("raise_exception", |message: String| {
        Err::<String, _>(Error::host(message))
    });
    env.add_function("strftime_now", |_: String| "26 Jul 2024");
    Ok(env)
}

fn entries(map: &Json) -> impl Iterator<Item = (&String, &Json)> {
    map.as_object().into_iter().flatten()
}

fn configure(env: &mut Environment, options: &Json) -> Result<(), Error> {
    let mut limits = Limits::default();
    limits.fuel = Some(50_000_000);
    env.set_limits(limits);
    let text = |name: &str| options.get(name).and_then(Json::as_str);
    let flag = |name: &str| options.get(name).and_then(Json::as_bool).unwrap_or(false);
    env.set_trim_blocks(flag("trim_blocks"));
    env.set_lstrip_blocks(flag("lstrip_blocks"));
    env.set_keep_trailing_newline(flag("keep_trailing_newline"));
    env.set_newline_sequence(match text("newline_sequence") {
        Some("\r\n") => Newline::CrLf,
        Some("\r") => Newline::Cr,
        _ => Newline::Lf,
    });
    env.set_auto_escape(match options.get("autoescape") {
        Some(Json::Bool(true)) => AutoEscape::Always,
        Some(Json::String(_)) => AutoEscape::ByExtension,
        _ => AutoEscape::Never,
    });
    env.set_undefined(match text("undefined") {
        Some("strict") => UndefinedPolicy::Strict,
        Some("chainable") => UndefinedPolicy::Chainable,
        Some("debug") => UndefinedPolicy::Debug,
        _ => UndefinedPolicy::Lenient,
    });
    if let Some(translated) = options.get("i18n") {
        let flag = |name: &str| translated[name].as_bool() == Some(true);
        env.set_translations(Bracketed);
        env.set_newstyle_gettext(flag("newstyle"));
        env.set_trimmed_translations(flag("trimmed"));
    }
    let mut delimiters = Delimiters::builder()
        .statement(
            text("block_start_string").unwrap_or("{%"),
            text("block_end_string").unwrap_or("%}"),
        )
        .output(
            text("variable_start_string").unwrap_or("{{"),
            text("variable_end_string").unwrap_or("}}"),
        )
        .comment(
            text("comment_start_string").unwrap_or("{#"),
            text("comment_end_string").unwrap_or("#}"),
        );
    if let Some(prefix) = text("line_statement_prefix") {
        delimiters = delimiters.line_statement(prefix);
    }
    if let Some(prefix) = text("line_comment_prefix") {
        delimiters = delimiters.line_comment(prefix);
    }
    env.set_delimiters(delimiters.build()?);
    Ok(())
}

/// Translations that show what was translated.
struct Bracketed;

impl Translations for Bracketed {
    fn gettext<'a>(&'a self, context: Option<&'a str>, message: &'a str) -> Cow<'a, str> {
        Cow::Owned(match context {
            None => format!("[{message}]"),
            Some(context) => format!("[{context}: {message}]"),
        })
    }

    fn ngettext<'a>(
        &'a self,
        context: Option<&'a str>,
        singular: &'a str,
        plural: &'a str,
        count: i64,
    ) -> Cow<'a, str> {
        self.gettext(context, if count == 1 { singular } else { plural })
    }
}

//! upon. It has no inheritance and no macros, so that its page is made of includes.

use upon::fmt::{Formatter, Result};
use upon::{Engine, Value, to_value};

use super::{Entries, leak};
use crate::data::{COMPILE_BYTES, DATA, source_of};
use crate::escape::escape_into;

const COMPILE_CHUNK: &str = include_str!("../../templates/upon/compile_chunk.html");

const TEMPLATES: [(&str, &str); 8] = [
    (
        "hello.html",
        include_str!("../../templates/upon/hello.html"),
    ),
    (
        "teams.html",
        include_str!("../../templates/upon/teams.html"),
    ),
    (
        "big_table.html",
        include_str!("../../templates/upon/big_table.html"),
    ),
    ("page.html", include_str!("../../templates/upon/page.html")),
    (
        "content.html",
        include_str!("../../templates/upon/content.html"),
    ),
    (
        "product.html",
        include_str!("../../templates/upon/product.html"),
    ),
    (
        "badge.html",
        include_str!("../../templates/upon/badge.html"),
    ),
    (
        "escape_heavy.html",
        include_str!("../../templates/upon/escape_heavy.html"),
    ),
];

/// upon escapes nothing by itself.
fn escape(f: &mut Formatter<'_>, value: &Value) -> Result {
    use std::fmt::Write as _;
    match value {
        Value::String(text) => {
            let mut escaped = String::with_capacity(text.len() + text.len() / 4);
            escape_into(&mut escaped, text);
            Ok(f.write_str(&escaped)?)
        }
        other => upon::fmt::default(f, other),
    }
}

fn engine() -> Engine<'static> {
    let mut engine = Engine::new();
    engine.add_function("upper", str::to_uppercase);
    engine.add_function("length", |list: &[Value]| list.len() as i64);
    engine.add_function("join", |list: &[Value], separator: &str| {
        let mut joined = String::new();
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                joined.push_str(separator);
            }
            if let Value::String(text) = item {
                joined.push_str(text);
            }
        }
        joined
    });
    engine.add_function("trim", |text: &str| text.trim().to_owned());
    engine.add_function("eq", |a: &str, b: &str| a == b);
    engine.add_function("ne", |a: &str, b: &str| a != b);
    engine
}

pub(super) fn entries() -> Entries {
    let mut html = engine();
    html.set_default_formatter(&escape);
    for (name, source) in TEMPLATES {
        html.add_template(name, source)
            .expect("the template compiles");
    }
    let html = leak(html);
    let mut text = engine();
    text.add_template("chat.txt", include_str!("../../templates/upon/chat.txt"))
        .expect("the template compiles");
    let text = leak(text);

    let mut entries = Entries::new("upon");
    let mut add = |workload: &'static str,
                   engine: &'static Engine<'static>,
                   name: &'static str,
                   context: Value| {
        entries.render(workload, move || {
            engine
                .template(name)
                .render_from(&context)
                .to_string()
                .expect("it renders")
        });
    };
    add("hello", html, "hello.html", value(&DATA.hello));
    add("teams", html, "teams.html", value(&DATA.teams));
    add("big_table", html, "big_table.html", value(&DATA.big_table));
    add("page", html, "page.html", value(&DATA.page));
    add(
        "escape_heavy",
        html,
        "escape_heavy.html",
        value(&DATA.escape_heavy),
    );
    add("chat", text, "chat.txt", value(&DATA.chat_json));

    let source = leak(source_of(COMPILE_CHUNK, COMPILE_BYTES));
    let compile = || html.compile(source.as_str()).expect("it compiles");
    entries.compile(
        "compile",
        move || {
            compile()
                .render(html, &DATA.compile)
                .to_string()
                .expect("it renders")
        },
        compile,
    );
    entries.render("page_structs", move || {
        html.template("page.html")
            .render(&DATA.page)
            .to_string()
            .expect("it renders")
    });
    entries
}

fn value(data: &impl serde::Serialize) -> Value {
    to_value(data).expect("the data serialises")
}

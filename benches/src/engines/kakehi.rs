//! kakehi.

use kakehi::{Environment, Value};
use serde::Serialize;

use super::{Entries, leak};
use crate::data::{COMPILE_BYTES, DATA, source_of};

/// A piece of source that is repeated for the workload `compile`.
pub const COMPILE_CHUNK: &str = include_str!("../../templates/kakehi/compile_chunk.html");

/// An environment with all templates.
pub fn environment() -> Environment {
    let mut env = Environment::new();
    env.add_template(
        "hello.html",
        include_str!("../../templates/kakehi/hello.html"),
    );
    env.add_template(
        "teams.html",
        include_str!("../../templates/kakehi/teams.html"),
    );
    env.add_template(
        "big_table.html",
        include_str!("../../templates/kakehi/big_table.html"),
    );
    env.add_template(
        "base.html",
        include_str!("../../templates/kakehi/base.html"),
    );
    env.add_template(
        "page.html",
        include_str!("../../templates/kakehi/page.html"),
    );
    env.add_template(
        "product.html",
        include_str!("../../templates/kakehi/product.html"),
    );
    env.add_template(
        "escape_heavy.html",
        include_str!("../../templates/kakehi/escape_heavy.html"),
    );
    env.add_template(
        "filters.html",
        include_str!("../../templates/kakehi/filters.html"),
    );
    env.add_template(
        "interp.html",
        include_str!("../../templates/kakehi/interp.html"),
    );
    env.add_template("chat.txt", include_str!("../../templates/kakehi/chat.txt"));
    env
}

/// A context made of Rust data.
pub fn context(data: &impl Serialize) -> Value {
    Value::from_serialize(data).expect("the data serialises")
}

pub(super) fn entries() -> Entries {
    let env = leak(environment());
    let mut entries = Entries::new("kakehi");
    let mut add = |workload: &'static str, name: &str, context: Value| {
        let template = env.template(name).expect("the template compiles");
        entries.render(workload, move || {
            template.render(&context).expect("it renders")
        });
    };
    add("hello", "hello.html", context(&DATA.hello));
    add("teams", "teams.html", context(&DATA.teams));
    add("big_table", "big_table.html", context(&DATA.big_table));
    add("page", "page.html", context(&DATA.page));
    add(
        "escape_heavy",
        "escape_heavy.html",
        context(&DATA.escape_heavy),
    );
    add("filters", "filters.html", context(&DATA.filters));
    add("interp", "interp.html", Value::NONE);
    add("chat", "chat.txt", context(&DATA.chat_json));

    let source = leak(source_of(COMPILE_CHUNK, COMPILE_BYTES));
    let compile = || {
        env.template_from_named_str("compile.html", source)
            .expect("it compiles")
    };
    entries.compile(
        "compile",
        move || compile().render(&DATA.compile).expect("it renders"),
        compile,
    );
    let template = env.template("page.html").expect("the template compiles");
    entries.render("page_structs", move || {
        template.render(&DATA.page).expect("it renders")
    });
    entries
}

//! tera.

use serde::Serialize;
use tera::{Context, Tera};

use super::{Entries, leak};
use crate::data::{COMPILE_BYTES, DATA, source_of};

const COMPILE_CHUNK: &str = include_str!("../../templates/tera/compile_chunk.html");

const TEMPLATES: [(&str, &str); 11] = [
    (
        "hello.html",
        include_str!("../../templates/tera/hello.html"),
    ),
    (
        "teams.html",
        include_str!("../../templates/tera/teams.html"),
    ),
    (
        "big_table.html",
        include_str!("../../templates/tera/big_table.html"),
    ),
    (
        "badge.html",
        include_str!("../../templates/tera/badge.html"),
    ),
    ("base.html", include_str!("../../templates/tera/base.html")),
    ("page.html", include_str!("../../templates/tera/page.html")),
    (
        "product.html",
        include_str!("../../templates/tera/product.html"),
    ),
    (
        "escape_heavy.html",
        include_str!("../../templates/tera/escape_heavy.html"),
    ),
    (
        "filters.html",
        include_str!("../../templates/tera/filters.html"),
    ),
    (
        "interp.html",
        include_str!("../../templates/tera/interp.html"),
    ),
    ("chat.txt", include_str!("../../templates/tera/chat.txt")),
];

fn context(data: &impl Serialize) -> Context {
    Context::from_serialize(data).expect("the data serialises")
}

pub(super) fn entries() -> Entries {
    let mut tera = Tera::new();
    tera.add_raw_templates(TEMPLATES)
        .expect("the templates compile");
    let tera = leak(tera);
    let mut entries = Entries::new("tera");
    let mut add = |workload: &'static str, name: &'static str, context: Context| {
        entries.render(workload, move || {
            tera.render(name, &context).expect("it renders")
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
    add("interp", "interp.html", Context::new());
    add("chat", "chat.txt", context(&DATA.chat_json));

    let source = leak(source_of(COMPILE_CHUNK, COMPILE_BYTES));
    let compile = || {
        let mut tera = Tera::new();
        tera.add_raw_template("compile.html", source)
            .expect("it compiles");
        tera
    };
    entries.compile(
        "compile",
        move || {
            compile()
                .render("compile.html", &context(&DATA.compile))
                .expect("it renders")
        },
        compile,
    );
    entries.render("page_structs", move || {
        tera.render("page.html", &context(&DATA.page))
            .expect("it renders")
    });
    entries
}

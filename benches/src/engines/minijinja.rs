//! minijinja.

use minijinja::Environment;
use minijinja::value::{Serde, Value};

use super::{Entries, leak};
use crate::data::{COMPILE_BYTES, DATA, source_of};

const COMPILE_CHUNK: &str = include_str!("../../templates/minijinja/compile_chunk.html");

/// All templates.
const TEMPLATES: [(&str, &str); 10] = [
    (
        "hello.html",
        include_str!("../../templates/minijinja/hello.html"),
    ),
    (
        "teams.html",
        include_str!("../../templates/minijinja/teams.html"),
    ),
    (
        "big_table.html",
        include_str!("../../templates/minijinja/big_table.html"),
    ),
    (
        "base.html",
        include_str!("../../templates/minijinja/base.html"),
    ),
    (
        "page.html",
        include_str!("../../templates/minijinja/page.html"),
    ),
    (
        "product.html",
        include_str!("../../templates/minijinja/product.html"),
    ),
    (
        "escape_heavy.html",
        include_str!("../../templates/minijinja/escape_heavy.html"),
    ),
    (
        "filters.html",
        include_str!("../../templates/minijinja/filters.html"),
    ),
    (
        "interp.html",
        include_str!("../../templates/minijinja/interp.html"),
    ),
    (
        "chat.txt",
        include_str!("../../templates/minijinja/chat.txt"),
    ),
];

pub(super) fn entries() -> Entries {
    let mut env = Environment::new();
    for (name, source) in TEMPLATES {
        env.add_template(name, source)
            .expect("the template compiles");
    }
    let env = leak(env);
    let mut entries = Entries::new("minijinja");
    let mut add = |workload: &'static str, name: &str, context: Value| {
        let template = env.get_template(name).expect("the template is there");
        entries.render(workload, move || {
            template.render(context.clone()).expect("it renders")
        });
    };
    add("hello", "hello.html", Value::from(Serde(&DATA.hello)));
    add("teams", "teams.html", Value::from(Serde(&DATA.teams)));
    add(
        "big_table",
        "big_table.html",
        Value::from(Serde(&DATA.big_table)),
    );
    add("page", "page.html", Value::from(Serde(&DATA.page)));
    add(
        "escape_heavy",
        "escape_heavy.html",
        Value::from(Serde(&DATA.escape_heavy)),
    );
    add("filters", "filters.html", Value::from(Serde(&DATA.filters)));
    add("interp", "interp.html", Value::from(()));
    add("chat", "chat.txt", Value::from(Serde(&DATA.chat_json)));

    let source = leak(source_of(COMPILE_CHUNK, COMPILE_BYTES));
    let compile = || {
        env.template_from_named_str("compile.html", source)
            .expect("it compiles")
    };
    entries.compile(
        "compile",
        move || {
            compile()
                .render(Value::from(Serde(&DATA.compile)))
                .expect("it renders")
        },
        compile,
    );
    let template = env
        .get_template("page.html")
        .expect("the template is there");
    entries.render("page_structs", move || {
        template
            .render(Value::from(Serde(&DATA.page)))
            .expect("it renders")
    });
    entries
}

//! handlebars. It has neither arithmetic nor filters, but helpers, which stand in for the filters of the page.

use handlebars::{Context, Handlebars, handlebars_helper, no_escape};
use serde::Serialize;
use serde_json::Value;

use super::{Entries, leak};
use crate::data::DATA;

const TEMPLATES: [(&str, &str); 8] = [
    (
        "hello",
        include_str!("../../templates/handlebars/hello.html"),
    ),
    (
        "teams",
        include_str!("../../templates/handlebars/teams.html"),
    ),
    (
        "big_table",
        include_str!("../../templates/handlebars/big_table.html"),
    ),
    ("base", include_str!("../../templates/handlebars/base.html")),
    ("page", include_str!("../../templates/handlebars/page.html")),
    (
        "product",
        include_str!("../../templates/handlebars/product.html"),
    ),
    (
        "badge",
        include_str!("../../templates/handlebars/badge.html"),
    ),
    (
        "escape_heavy",
        include_str!("../../templates/handlebars/escape_heavy.html"),
    ),
];

handlebars_helper!(upper: |text: str| text.to_uppercase());
handlebars_helper!(trim: |text: str| text.trim());
handlebars_helper!(join: |list: array, separator: str| {
    list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(separator)
});

fn context(data: &impl Serialize) -> Context {
    Context::wraps(data).expect("the data serialises")
}

fn engine() -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    engine.register_helper("upper", Box::new(upper));
    engine.register_helper("trim", Box::new(trim));
    engine.register_helper("join", Box::new(join));
    engine
}

pub(super) fn entries() -> Entries {
    let mut html = engine();
    for (name, source) in TEMPLATES {
        html.register_template_string(name, source)
            .expect("the template compiles");
    }
    let html = leak(html);
    let mut text = engine();
    text.register_escape_fn(no_escape);
    text.register_template_string("chat", include_str!("../../templates/handlebars/chat.txt"))
        .expect("the template compiles");
    let text = leak(text);

    let mut entries = Entries::new("handlebars");
    let mut add =
        |workload: &'static str, engine: &'static Handlebars<'static>, context: Context| {
            entries.render(workload, move || {
                engine
                    .render_with_context(workload, &context)
                    .expect("it renders")
            });
        };
    add("hello", html, context(&DATA.hello));
    add("teams", html, context(&DATA.teams));
    add("big_table", html, context(&DATA.big_table));
    add("page", html, context(&DATA.page));
    add("escape_heavy", html, context(&DATA.escape_heavy));
    add("chat", text, context(&DATA.chat_json));
    entries.render("page_structs", move || {
        html.render("page", &DATA.page).expect("it renders")
    });
    entries
}

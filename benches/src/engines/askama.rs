//! askama, which compiles templates into Rust.

use askama::Template;

use super::Entries;
use crate::data::{DATA, Item, Link, Message, Product, Team};

#[derive(Template)]
#[template(path = "askama/hello.html")]
struct Hello<'a> {
    name: &'a str,
}

#[derive(Template)]
#[template(path = "askama/teams.html")]
struct Teams<'a> {
    year: u16,
    teams: &'a [Team],
}

#[derive(Template)]
#[template(path = "askama/big_table.html")]
struct BigTable<'a> {
    table: &'a [Vec<u32>],
}

#[derive(Template)]
#[template(path = "askama/page.html")]
struct Page<'a> {
    site: &'a str,
    title: &'a str,
    footer: &'a str,
    links: &'a [Link],
    products: &'a [Product],
}

#[derive(Template)]
#[template(path = "askama/escape_heavy.html")]
struct EscapeHeavy<'a> {
    texts: &'a [String],
}

#[derive(Template)]
#[template(path = "askama/filters.html")]
struct Filters<'a> {
    items: &'a [Item],
}

#[derive(Template)]
#[template(path = "askama/interp.html")]
struct Interp;

#[derive(Template)]
#[template(path = "askama/chat.txt")]
struct Chat<'a> {
    messages: &'a [Message],
    add_generation_prompt: bool,
}

/// The filters that askama does not have.
mod filters {
    #[askama::filter_fn]
    pub fn replace(
        text: impl std::fmt::Display,
        _: &dyn askama::Values,
        from: &str,
        to: &str,
    ) -> askama::Result<String> {
        Ok(text.to_string().replace(from, to))
    }
}

fn render(template: &impl Template) -> String {
    template.render().expect("it renders")
}

pub(super) fn entries() -> Entries {
    let mut entries = Entries::new("askama");
    entries.render("hello", || {
        render(&Hello {
            name: &DATA.hello.name,
        })
    });
    entries.render("teams", || {
        render(&Teams {
            year: DATA.teams.year,
            teams: &DATA.teams.teams,
        })
    });
    entries.render("big_table", || {
        render(&BigTable {
            table: &DATA.big_table.table,
        })
    });
    entries.render("page", || {
        let page = &DATA.page;
        render(&Page {
            site: &page.site,
            title: &page.title,
            footer: &page.footer,
            links: &page.links,
            products: &page.products,
        })
    });
    entries.render("escape_heavy", || {
        render(&EscapeHeavy {
            texts: &DATA.escape_heavy.texts,
        })
    });
    entries.render("filters", || {
        render(&Filters {
            items: &DATA.filters.items,
        })
    });
    entries.render("interp", || render(&Interp));
    entries.render("chat", || {
        render(&Chat {
            messages: &DATA.chat.messages,
            add_generation_prompt: DATA.chat.add_generation_prompt,
        })
    });
    entries
}

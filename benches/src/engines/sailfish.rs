//! sailfish, which compiles templates into Rust.

use sailfish::TemplateSimple;

use super::Entries;
use crate::data::{DATA, Item, Team};

#[derive(TemplateSimple)]
#[template(path = "sailfish/hello.stpl")]
struct Hello<'a> {
    name: &'a str,
}

#[derive(TemplateSimple)]
#[template(path = "sailfish/teams.stpl")]
struct Teams<'a> {
    year: u16,
    teams: &'a [Team],
}

#[derive(TemplateSimple)]
#[template(path = "sailfish/big_table.stpl")]
struct BigTable<'a> {
    table: &'a [Vec<u32>],
}

#[derive(TemplateSimple)]
#[template(path = "sailfish/page.stpl")]
struct Page<'a> {
    page: &'a crate::data::Page,
}

#[derive(TemplateSimple)]
#[template(path = "sailfish/escape_heavy.stpl")]
struct EscapeHeavy<'a> {
    texts: &'a [String],
}

#[derive(TemplateSimple)]
#[template(path = "sailfish/filters.stpl")]
struct Filters<'a> {
    items: &'a [Item],
}

#[derive(TemplateSimple)]
#[template(path = "sailfish/interp.stpl")]
struct Interp;

fn render(template: impl TemplateSimple) -> String {
    template.render_once().expect("it renders")
}

pub(super) fn entries() -> Entries {
    let mut entries = Entries::new("sailfish");
    entries.render("hello", || {
        render(Hello {
            name: &DATA.hello.name,
        })
    });
    entries.render("teams", || {
        render(Teams {
            year: DATA.teams.year,
            teams: &DATA.teams.teams,
        })
    });
    entries.render("big_table", || {
        render(BigTable {
            table: &DATA.big_table.table,
        })
    });
    entries.render("page", || render(Page { page: &DATA.page }));
    entries.render("escape_heavy", || {
        render(EscapeHeavy {
            texts: &DATA.escape_heavy.texts,
        })
    });
    entries.render("filters", || {
        render(Filters {
            items: &DATA.filters.items,
        })
    });
    entries.render("interp", || render(Interp));
    entries
}

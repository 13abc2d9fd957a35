//! The smallest program: one template, one context, one page.
//!
//! `cargo run --example hello`

use kakehi::{Environment, Error, context};

const TEMPLATE: &str = "\
Hello << name >>!
<% for guest in guests %>
<< loop.index >>. << guest.name | title >>, table << guest.table ?? 'by the window' >>
<% else %>
Nobody is here yet.
<% end %>
";

/// The page for a visitor.
pub(crate) fn page() -> Result<String, Error> {
    let mut env = Environment::new();
    env.set_trim_blocks(true);
    env.add_template("hello.txt", TEMPLATE);

    let guests = [
        context! { name => "ann lee", table => 4 },
        context! { name => "bob" },
    ];
    env.render("hello.txt", context! { name => "Carla", guests })
}

fn main() -> Result<(), Error> {
    println!("{}", page()?);
    Ok(())
}

//! A template that waits: for an async function, and for an async filter.
//!
//! `cargo run --example async_function`

use std::time::Duration;

use kakehi::{Environment, Error, Value, context};

const TEMPLATE: &str = "\
<% set user = await fetch_user(id) %>
Dear << user.name >>,
your order of << user.last_order | await in_currency('EUR') >> is on its way.
";

/// A user as the database has it, or an error that the template's reader will see with its line.
async fn fetch_user(id: u64) -> Result<Value, Error> {
    tokio::time::sleep(Duration::from_millis(30)).await;
    match id {
        7 => Ok(context! { name => "Ann", last_order => 1250 }),
        _ => Err(Error::host(format!("there is no user {id}"))),
    }
}

/// An amount in another currency, at a rate that has to be asked for.
async fn in_currency(yen: f64, currency: String) -> String {
    tokio::time::sleep(Duration::from_millis(30)).await;
    format!("{:.2} {currency}", yen * 0.0061)
}

/// The letter to a user.
pub(crate) async fn letter(id: u64) -> Result<String, Error> {
    let mut env = Environment::new();
    env.set_trim_blocks(true);
    env.add_async_function("fetch_user", fetch_user);
    env.add_async_filter("in_currency", in_currency);
    env.add_template("letter.txt", TEMPLATE);

    env.render_async("letter.txt", context! { id }).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    match letter(7).await {
        Ok(letter) => println!("{letter}"),
        Err(error) => eprintln!("{error:#}"),
    }
    // An error says where in the template it happened.
    if let Err(error) = letter(8).await {
        println!("{error:#}");
    }
}

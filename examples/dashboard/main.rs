//! A harbour's dashboard of five slow panels that are asked for at once.
//!
//! Each panel takes its time, and the page as long as the slowest of them. Panels go out in the order of the
//! page as soon as those before them are there; one that does not answer says so and holds nobody up. The page
//! itself is in `dashboard.html`. In `deferred.html` no panel waits for another one: the page goes out at once, and
//! each panel behind it when it is there.
//!
//! `cargo run --example dashboard`, or `cargo run --example dashboard deferred`

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use kakehi::{
    DeferMode, Environment, Error, FileLoader, RenderOptions, RenderStream, Value, context,
};
use tokio::time::sleep;

/// The page, ready to be read.
pub(crate) fn dashboard(folder: &Path) -> RenderStream {
    harbour(folder).render_stream("dashboard.html", ())
}

/// The page whose panels come in the order in which they are there.
pub(crate) fn deferred(folder: &Path) -> Result<RenderStream, Error> {
    let template = harbour(folder).template("deferred.html")?;
    let options = RenderOptions::new().defer_mode(DeferMode::Declarative);
    Ok(template.render_stream_with((), options))
}

/// Whom the panels ask.
fn harbour(folder: &Path) -> Environment {
    let mut env = Environment::new();
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    env.set_loader(FileLoader::new(folder));
    env.add_function("tides", || {
        let tides = [("04:10", 3.1), ("10:25", 0.4)];
        Value::from_stream(stream::iter(tides).then(|(time, height)| async move {
            sleep(Duration::from_millis(40)).await;
            Ok::<_, Error>(context! { time, height })
        }))
    });
    env.add_async_function("berths", || async {
        sleep(Duration::from_millis(120)).await;
        vec!["north 2", "east 5"]
    });
    env.add_async_function("ships", || async {
        sleep(Duration::from_millis(60)).await;
        vec!["Aurora", "Bounty", "Calypso"]
    });
    env.add_async_function("cargo", |ship: String| async move {
        sleep(Duration::from_millis(50)).await;
        format!("{} t of tea", ship.len() * 40)
    });
    env.add_async_function("wind", || async {
        sleep(Duration::from_millis(30)).await;
        "5 from the west"
    });
    env.add_async_function("pilots", || async {
        std::future::pending::<()>().await;
    });
    env
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/dashboard"));
    let mut page = match std::env::args().nth(1).as_deref() {
        Some("deferred") => deferred(folder)?,
        _ => dashboard(folder),
    };
    while let Some(chunk) = page.next().await {
        let mut out = std::io::stdout().lock();
        out.write_all(&chunk?)?;
        out.flush()?;
    }
    Ok(())
}

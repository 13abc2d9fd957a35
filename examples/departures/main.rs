//! A station's departure board that fills in as its data arrives.
//!
//! Trains come from an async stream. For each the template awaits the track, how the train runs, and the
//! weather where it goes; whatever is known by then is on the screen already, since a render that is about
//! to wait sends what it has. The board itself is in `board.txt`, its data in `trains.json`.
//!
//! `cargo run --example departures`

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use kakehi::{Environment, Error, FileLoader, RenderStream, Value, context};
use serde_json::Value as Json;

/// The timetable, and how long its answers take.
#[derive(Clone, Debug)]
pub(crate) struct Timetable {
    data: Arc<Json>,
    latency: Duration,
}

impl Timetable {
    /// Reads `trains.json`.
    pub(crate) fn open(folder: &Path, latency: Duration) -> Result<Timetable, Error> {
        let text = std::fs::read(folder.join("trains.json")).map_err(Error::from_source)?;
        let data = serde_json::from_slice(&text).map_err(Error::from_source)?;
        Ok(Timetable {
            data: Arc::new(data),
            latency,
        })
    }

    /// The trains, one by one, as a message queue would deliver them.
    fn trains(&self) -> impl Stream<Item = Result<Value, Error>> + Send + 'static {
        let timetable = self.clone();
        stream::unfold((timetable, 0), |(timetable, next)| async move {
            let train = Value::from_serialize(timetable.data["trains"].get(next)?);
            tokio::time::sleep(timetable.latency).await;
            Some((train, (timetable, next + 1)))
        })
    }

    /// An answer of one of the timetable's services; none where it has nothing to say.
    async fn ask(self, service: &'static str, key: String) -> Result<Value, Error> {
        tokio::time::sleep(self.latency).await;
        Value::from_serialize(&self.data[service][&key])
    }
}

/// The board, ready to be read.
pub(crate) fn board(folder: &Path, timetable: &Timetable, colours: bool) -> RenderStream {
    let mut env = Environment::new();
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    env.set_keep_trailing_newline(true);
    env.set_loader(FileLoader::new(folder));

    for service in ["tracks", "running"] {
        let timetable = timetable.clone();
        env.add_async_function(service, move |train: String| {
            timetable.clone().ask(service, train)
        });
    }
    let weather = timetable.clone();
    env.add_async_filter("weather", move |place: String| {
        weather.clone().ask("weather", place)
    });
    env.add_filter("ink", move |text: &str, code: &str| match colours {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_owned(),
    });

    let station = &timetable.data;
    env.render_stream(
        "board.txt",
        context! {
            station => station["station"],
            date => station["date"],
            now => station["now"],
            trains => Value::from_stream(timetable.trains()),
        },
    )
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/departures"));
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let timetable = Timetable::open(folder, Duration::from_millis(110))?;

    let mut board = board(folder, &timetable, colours);
    let mut screen = std::io::stdout();
    while let Some(chunk) = board.next().await {
        screen.write_all(&chunk?).map_err(Error::from_source)?;
        screen.flush().map_err(Error::from_source)?;
    }
    Ok(())
}

//! A stream from a channel: a task sends readings, the template writes each as it arrives.
//!
//! `cargo run --example channel`

use std::io::Write;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use kakehi::{Environment, Error, Value, context};
use tokio::sync::mpsc;

const TEMPLATE: &str = "\
<% async for reading in readings if reading.celsius is number %>
<< '%3d' | format(loop.index) >>  << reading.sensor >>  << reading.celsius >> °C << 'hot' if reading.celsius > 30 >>
<% if reading.celsius > 40 %>
Too hot, stopped reading.
<% break %>
<% end %>
<% else %>
No reading came.
<% end %>
";

/// The report, as a stream of its lines. Nothing of it is computed before somebody reads it.
pub(crate) fn report(
    readings: mpsc::Receiver<Value>,
) -> impl Stream<Item = Result<String, Error>> + Send + 'static {
    let mut env = Environment::new();
    env.set_trim_blocks(true);
    env.add_template("report.txt", TEMPLATE);

    // Any stream of results can be a value. A receiver becomes one by asking it again and again.
    let readings = stream::unfold(readings, |mut readings| async move {
        let reading = readings.recv().await?;
        Some((Ok(reading), readings))
    });
    env.render_stream(
        "report.txt",
        context! { readings => Value::from_stream(readings) },
    )
    .map(|chunk| chunk.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Sends readings until there are no more, or nobody listens.
async fn measure(sender: mpsc::Sender<Value>) {
    let readings = [
        ("attic", 29.5),
        ("cellar", 11.0),
        ("oven", 41.25),
        ("roof", 35.0),
    ];
    for (sensor, celsius) in readings {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if sender.send(context! { sensor, celsius }).await.is_err() {
            // The template left its loop, and the stream with it.
            return;
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (sender, receiver) = mpsc::channel(1);
    let measuring = tokio::spawn(measure(sender));
    let mut report = Box::pin(report(receiver));
    while let Some(text) = report.next().await {
        print!("{}", text?);
        std::io::stdout().flush().map_err(Error::from_source)?;
    }
    measuring.await.map_err(Error::from_source)
}

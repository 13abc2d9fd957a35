//! A page that axum sends while it is being made.
//!
//! Ships arrive from a stream, and each needs an answer of the harbour master. The browser has the head of
//! the page at once and every row when it is known. When the browser goes away, axum drops the body, and
//! with it everything the render holds.
//!
//! `cargo run --manifest-path examples/web/Cargo.toml --bin server [ADDRESS]`; the address `127.0.0.1:0`
//! takes a free port.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt, stream};
use kakehi::{Environment, Error, RenderStream, Value, context, embed_templates};
use tokio::net::TcpListener;

/// Time, name and origin of each ship, and its berth if it has one.
const SHIPS: [(&str, &str, &str, Option<&str>); 5] = [
    ("05:40", "Umi-no-Ko", "Amagasaki", Some("A 2")),
    ("06:15", "Marie & Paul", "Le Havre", Some("C 11")),
    ("06:55", "Senhora da Boa Viagem", "Porto", None),
    ("07:20", "Aurora", "Bergen", Some("B 4")),
    ("08:05", "Kestrel", "Cork", Some("A 1")),
];

/// The ships as they come in.
fn arrivals(pace: Duration) -> impl Stream<Item = Result<Value, Error>> + Send + 'static {
    stream::iter(SHIPS).then(move |(time, name, from, _)| async move {
        tokio::time::sleep(pace).await;
        Ok(context! { time, name, from })
    })
}

/// The harbour master's answer.
async fn berth_of(ship: String, pace: Duration) -> Option<&'static str> {
    tokio::time::sleep(pace).await;
    SHIPS.iter().find(|(_, name, ..)| *name == ship)?.3
}

/// What all requests share.
#[derive(Clone)]
struct Harbour {
    env: Environment,
    pace: Duration,
}

impl Harbour {
    fn new(pace: Duration) -> Harbour {
        let mut env = Environment::new();
        env.set_trim_blocks(true);
        env.set_loader(embed_templates!(
            "../../templates",
            ["layout.html", "log.html"]
        ));
        env.add_async_function("berth_of", move |ship: String| berth_of(ship, pace));
        Harbour { env, pace }
    }
}

#[derive(serde::Deserialize)]
struct Parameters {
    #[serde(default = "today")]
    day: String,
}

fn today() -> String {
    "Friday".to_owned()
}

async fn log(State(harbour): State<Harbour>, Query(parameters): Query<Parameters>) -> Response {
    let page = harbour.env.render_stream(
        "log.html",
        context! {
            day => parameters.day,
            arrivals => Value::from_stream(arrivals(harbour.pace)),
        },
    );
    send(page).await
}

/// A response that streams a page.
///
/// Nothing is sent before the first chunk is there, so that a page that fails at once can still be an
/// honest error. A later error cuts the body off, which the client notices.
async fn send(mut page: RenderStream) -> Response {
    let first = match page.next().await.transpose() {
        Ok(first) => first,
        Err(error) => {
            eprintln!("{error:#}");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let rest = page.inspect(|chunk| {
        if let Err(error) = chunk {
            eprintln!("{error:#}");
        }
    });
    let body = Body::from_stream(stream::iter(first.map(Ok)).chain(rest));
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
}

fn app(harbour: Harbour) -> Router {
    Router::new().route("/", get(log)).with_state(harbour)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app(Harbour::new(Duration::from_millis(400)))).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::{Request, StatusCode};
    use futures_util::StreamExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::Instant;
    use tower::ServiceExt;

    use super::{Harbour, app};

    const PACE: Duration = Duration::from_millis(100);

    #[tokio::test(start_paused = true)]
    async fn chunks_arrive_as_soon_as_they_are_known() {
        let start = Instant::now();
        let request = Request::get("/?day=%3CMonday%3E")
            .body(String::new())
            .expect("is a request");
        let response = app(Harbour::new(PACE))
            .oneshot(request)
            .await
            .expect("never fails");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            start.elapsed(),
            Duration::ZERO,
            "the head waits for nothing"
        );

        let mut body = response.into_body().into_data_stream();
        let mut chunks = Vec::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.expect("the page renders");
            let text = String::from_utf8(chunk.to_vec()).expect("is text");
            chunks.push((start.elapsed().as_millis(), text));
        }
        let (times, texts): (Vec<_>, Vec<_>) = chunks.into_iter().unzip();
        // The head, then for each ship its row when it is in sight, and its berth with the next wait.
        assert_eq!(
            times,
            [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]
        );
        assert!(
            texts[0].contains("<title>Harbour log of &lt;Monday&gt;</title>"),
            "{}",
            texts[0]
        );
        assert!(
            texts[0].ends_with("<tr><th>Time<th>Ship<th>From<th>Berth\n"),
            "{}",
            texts[0]
        );
        assert_eq!(
            texts[3],
            "<tr><td>06:15<td>Marie &amp; Paul<td>Le Havre<td>"
        );
        assert_eq!(texts[4], "C 11");
        assert_eq!(texts[6], "<span class=\"late\">waiting in the roads</span>");
        assert!(texts[10].ends_with("</table>\n</html>"), "{}", texts[10]);
    }

    #[tokio::test]
    async fn serves_on_a_free_port() {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("there is a free port");
        let address = listener.local_addr().expect("is bound");
        let harbour = Harbour::new(Duration::from_millis(5));
        let server = tokio::spawn(async move { axum::serve(listener, app(harbour)).await });

        let mut connection = TcpStream::connect(address).await.expect("somebody listens");
        let request = "GET / HTTP/1.1\r\nHost: harbour\r\nConnection: close\r\n\r\n";
        connection
            .write_all(request.as_bytes())
            .await
            .expect("is open");
        let mut page = String::new();
        connection
            .read_to_string(&mut page)
            .await
            .expect("the page ends");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert!(page.contains("transfer-encoding: chunked"), "{page}");
        assert!(page.ends_with("\r\n0\r\n\r\n"), "{page}");
        server.abort();
    }
}

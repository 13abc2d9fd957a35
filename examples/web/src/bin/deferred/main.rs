//! A page whose slow parts come when they are ready, and not when it is their turn.
//!
//! The harbour's offices take their time. The browser has the whole page at once, with placeholders, and puts each
//! answer in its place as it arrives: without a script, or with one where it is too old for that.
//!
//! `cargo run --manifest-path examples/web/Cargo.toml --bin deferred [ADDRESS]`, then look at `/`, `/?mode=script` and
//! `/?mode=in-order`; the address `127.0.0.1:0` takes a free port.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kakehi::{DeferMode, Environment, Error, RenderOptions, embed_templates};
use tokio::net::TcpListener;

#[cfg(test)]
mod browser;
#[cfg(test)]
mod tests;

/// The page's environment; each question to an office goes through `ask`, which may take its time or fail.
fn environment<F>(ask: impl Fn(String) -> F + Clone + Send + Sync + 'static) -> Environment
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let mut env = Environment::new();
    env.set_trim_blocks(true);
    env.set_loader(embed_templates!("../../../templates", ["deferred.html"]));
    let asked = ask.clone();
    env.add_async_function("weather", move || {
        let asked = asked("weather".to_owned());
        async move { asked.await.map(|()| "5 from the west <fair>") }
    });
    let asked = ask.clone();
    env.add_async_function("ships", move || {
        let asked = asked("ships".to_owned());
        async move {
            asked
                .await
                .map(|()| ["Aurora", "Kestrel"].map(str::to_owned).to_vec())
        }
    });
    let asked = ask.clone();
    env.add_async_function("berth", move |ship: String| {
        let asked = asked(format!("berth of {ship}"));
        async move { asked.await.map(|()| format!("{} 4", &ship[..1])) }
    });
    env.add_async_function("notices", move || {
        let asked = ask("notices".to_owned());
        async move {
            asked
                .await
                .map(|()| ["No fishing.", "No fire."].map(str::to_owned).to_vec())
        }
    });
    env
}

#[derive(serde::Deserialize)]
struct Parameters {
    #[serde(default)]
    mode: Mode,
}

#[derive(Clone, Copy, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    Declarative,
    Script,
    InOrder,
}

async fn page(State(env): State<Environment>, Query(parameters): Query<Parameters>) -> Response {
    let (mode, policy) = match parameters.mode {
        Mode::Declarative => (DeferMode::Declarative, "script-src 'none'".to_owned()),
        Mode::InOrder => (DeferMode::InOrder, "script-src 'none'".to_owned()),
        Mode::Script => {
            let Ok(nonce) = nonce() else {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            };
            let policy = format!("script-src 'nonce-{nonce}'");
            (DeferMode::Script { nonce: Some(nonce) }, policy)
        }
    };
    send(&env, mode, policy)
}

/// What nobody can guess: 128 bits of the system's randomness.
fn nonce() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn send(env: &Environment, mode: DeferMode, policy: String) -> Response {
    let template = match env.template("deferred.html") {
        Ok(template) => template,
        Err(error) => {
            eprintln!("{error:#}");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let options = RenderOptions::new().defer_mode(mode);
    let page = template.render_stream_with((), options);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
    ];
    (headers, Body::from_stream(page)).into_response()
}

fn app(env: Environment) -> Router {
    Router::new().route("/", get(page)).with_state(env)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let env = environment(|question| async move {
        let seconds = match question.as_str() {
            "weather" => 4.0,
            "ships" => 1.0,
            "notices" => 2.0,
            _ => 0.5,
        };
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        Ok(())
    });
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app(env)).await
}

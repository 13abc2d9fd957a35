//! A web server whose page makes five slow calls, in each of the ways that its host could write it.

use std::io::Write as _;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::time::sleep;

/// How long each of the five calls takes.
const CALL: Duration = Duration::from_millis(20);

/// How the page is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// kakehi, whose template says that the calls run side by side.
    Parallel,
    /// kakehi, with a template that awaits one call after another.
    InTurn,
    /// minijinja as its users do it: the render on a thread that may block, and each call waited for there.
    Minijinja,
}

impl Host {
    pub const ALL: [Host; 3] = [Host::Parallel, Host::InTurn, Host::Minijinja];

    pub fn name(self) -> &'static str {
        match self {
            Host::Parallel => "kakehi, parallel",
            Host::InTurn => "kakehi, in turn",
            Host::Minijinja => "minijinja",
        }
    }
}

/// What a call gives after [`CALL`].
async fn panel(name: String, id: u64) -> String {
    sleep(CALL).await;
    format!("{name} of <{id}>")
}

type Page = Result<Html<String>, StatusCode>;

fn internal(error: impl std::fmt::Display) -> StatusCode {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

fn kakehi_app(template: &'static str) -> Router {
    let mut env = kakehi::Environment::new();
    env.add_template(
        "parallel.html",
        include_str!("../templates/kakehi/dashboard.html"),
    );
    env.add_template(
        "in_turn.html",
        include_str!("../templates/kakehi/dashboard_in_turn.html"),
    );
    env.add_async_function("panel", panel);
    let page = move |State(env): State<kakehi::Environment>, Path(id): Path<u64>| async move {
        let page: Page = match env.render_async(template, kakehi::context! { id }).await {
            Ok(html) => Ok(Html(html)),
            Err(error) => Err(internal(error)),
        };
        page
    };
    Router::new().route("/{id}", get(page)).with_state(env)
}

fn minijinja_app() -> Router {
    let mut env = minijinja::Environment::new();
    env.add_template(
        "dashboard.html",
        include_str!("../templates/minijinja/dashboard.html"),
    )
    .expect("the template compiles");
    env.add_function("panel", |name: String, id: u64| {
        Handle::current().block_on(panel(name, id))
    });
    let page = |State(env): State<minijinja::Environment<'static>>, Path(id): Path<u64>| async move {
        let render = move || {
            let template = env.get_template("dashboard.html")?;
            template.render(minijinja::context! { id })
        };
        let page: Page = match tokio::task::spawn_blocking(render).await {
            Ok(Ok(html)) => Ok(Html(html)),
            Ok(Err(error)) => Err(internal(error)),
            Err(error) => Err(internal(error)),
        };
        page
    };
    Router::new().route("/{id}", get(page)).with_state(env)
}

/// Serves the page on a free port of loopback, which is printed as a line, until the process is killed.
pub fn serve(host: Host) -> std::io::Result<()> {
    let app = match host {
        Host::Parallel => kakehi_app("parallel.html"),
        Host::InTurn => kakehi_app("in_turn.html"),
        Host::Minijinja => minijinja_app(),
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        std::io::stdout().flush()?;
        axum::serve(listener, app).await
    })
}

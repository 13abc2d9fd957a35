//! The page in a real browser, whose offices answer when a test says so.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use kakehi::{DeferMode, Environment, Error};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::browser::Browser;
use super::{app, environment, send};

/// Offices that answer a question once it is opened.
#[derive(Clone)]
struct Offices(Arc<watch::Sender<HashSet<String>>>);

impl Offices {
    fn new() -> Self {
        Offices(Arc::new(watch::Sender::new(HashSet::new())))
    }

    fn open(&self, question: &str) {
        self.0.send_modify(|open| {
            open.insert(question.to_owned());
        });
    }

    async fn ask(self, question: String) -> Result<(), Error> {
        let mut open = self.0.subscribe();
        let answered = open.wait_for(|open| open.contains(&question)).await;
        answered.map(drop).map_err(|_| Error::host("gone"))
    }
}

/// The example's server on a free port, and a page that forbids its own scripts.
async fn serve(offices: &Offices) -> (String, JoinHandle<()>) {
    async fn forbidden(State(env): State<Environment>) -> Response {
        let mode = DeferMode::Script { nonce: None };
        send(&env, mode, "script-src 'none'".to_owned())
    }
    let offices = offices.clone();
    let env = environment(move |question| offices.clone().ask(question));
    let forbidden = get(forbidden).with_state(env.clone());
    let app = app(env).route("/forbidden", forbidden);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("is bound");
    let server = tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
    (format!("http://{address}"), server)
}

/// What an element with an id holds.
fn inside<'h>(html: &'h str, tag: &str, id: &str) -> &'h str {
    let begin = format!("<{tag} id=\"{id}\">");
    let (_, rest) = html.split_once(&begin).unwrap_or_default();
    let end = format!("</{tag}>");
    rest.split_once(&end).map_or("", |(inside, _)| inside)
}

fn weather(html: &str) -> &str {
    inside(html, "section", "weather")
}

fn ships(html: &str) -> &str {
    inside(html, "table", "ships")
}

fn notices(html: &str) -> &str {
    inside(html, "ul", "notices")
}

/// Opens the page and sees each part as the offices answer, the last of the page first.
async fn sees_parts_as_they_become_ready(browser: &mut Browser, offices: &Offices, url: &str) {
    browser.open(url).await;
    let is_there = |html: &str| notices(html).contains("asking the clerk");
    let html = browser.until("the page with placeholders", is_there).await;
    assert!(weather(&html).contains("asking the lighthouse"), "{html}");
    assert!(ships(&html).contains("asking the pilots"), "{html}");

    offices.open("notices");
    let is_there = |html: &str| notices(html).contains("<li>No fire.</li>");
    let html = browser.until("the notices", is_there).await;
    assert!(!notices(&html).contains("asking"), "{html}");
    assert!(notices(&html).contains("<li>The office closes at six.</li>"));
    assert!(weather(&html).contains("asking the lighthouse"), "{html}");
    assert!(ships(&html).contains("asking the pilots"), "{html}");

    // Rows of a table, with cells that are deferred themselves; the second berth is known before the rows are.
    offices.open("berth of Kestrel");
    offices.open("ships");
    let is_there = |html: &str| ships(html).contains("<td>Kestrel</td><td>K 4</td>");
    let html = browser.until("the ships and a berth", is_there).await;
    assert!(ships(&html).contains("<tr><td>Aurora</td>"), "{html}");
    assert!(ships(&html).contains("<td>…</td>"), "{html}");
    assert!(!ships(&html).contains("asking"), "{html}");
    assert!(weather(&html).contains("asking the lighthouse"), "{html}");

    offices.open("berth of Aurora");
    let is_there = |html: &str| ships(html).contains("<td>Aurora</td><td>A 4</td>");
    let html = browser.until("the other berth", is_there).await;
    assert!(!ships(&html).contains("…"), "{html}");
    assert!(weather(&html).contains("asking the lighthouse"), "{html}");

    offices.open("weather");
    let is_there = |html: &str| weather(html).contains("<p>5 from the west &lt;fair&gt;</p>");
    let html = browser.until("the weather", is_there).await;
    assert!(!html.contains("asking"), "{html}");
    assert!(!html.contains("<template"), "nothing is left: {html}");
    assert!(!html.contains("?start"), "nothing is left: {html}");
}

/// Browsers know the markup since 2026, some behind a switch.
const PATCHING: &str = "--enable-blink-features=DocumentPatching,HTMLProcessingInstruction";
const NO_PATCHING: &str = "--disable-blink-features=DocumentPatching,HTMLProcessingInstruction";
const INSTRUCTIONS_ONLY: &str = "--disable-blink-features=DocumentPatching";

#[tokio::test]
async fn parts_find_their_places_without_scripts() {
    let Some(mut browser) = Browser::start(&[PATCHING]).await else {
        return;
    };
    let offices = Offices::new();
    let (url, server) = serve(&offices).await;
    browser.forbid_scripts().await;
    sees_parts_as_they_become_ready(&mut browser, &offices, &url).await;
    let html = browser.html().await;
    assert!(!html.contains("<script"), "{html}");
    assert_eq!(browser.close().await, [""; 0]);
    server.abort();
}

#[tokio::test]
async fn parts_find_their_places_with_a_script() {
    for switch in [NO_PATCHING, INSTRUCTIONS_ONLY, PATCHING] {
        let Some(mut browser) = Browser::start(&[switch]).await else {
            return;
        };
        let offices = Offices::new();
        let (url, server) = serve(&offices).await;
        let url = format!("{url}/?mode=script");
        sees_parts_as_they_become_ready(&mut browser, &offices, &url).await;
        assert_eq!(browser.close().await, [""; 0], "with {switch}");
        server.abort();
    }
}

#[tokio::test]
async fn a_policy_without_the_nonce_forbids_the_script() {
    let Some(mut browser) = Browser::start(&[NO_PATCHING]).await else {
        return;
    };
    let offices = Offices::new();
    let (url, server) = serve(&offices).await;
    for question in [
        "notices",
        "weather",
        "ships",
        "berth of Aurora",
        "berth of Kestrel",
    ] {
        offices.open(question);
    }
    browser.open(&format!("{url}/forbidden")).await;
    let html = browser
        .until("the last part", |html| {
            html.matches("</template>").count() == 5
        })
        .await;
    assert!(weather(&html).contains("asking the lighthouse"), "{html}");
    let complaints = browser.close().await;
    let is_about_policy = |text: &String| text.contains("Content Security Policy");
    assert!(complaints.iter().any(is_about_policy), "{complaints:?}");
    server.abort();
}

#[tokio::test]
async fn an_office_that_fails_is_named() {
    let env = environment(|question| async move {
        match question.as_str() {
            "weather" => Err(Error::host("fog")),
            _ => Ok(()),
        }
    });
    let page = env
        .render_async("deferred.html", ())
        .await
        .expect("renders");
    assert!(page.contains("does not answer: fog"), "{page}");
    assert!(page.contains("<td>Aurora</td><td>A 4</td>"), "{page}");
}

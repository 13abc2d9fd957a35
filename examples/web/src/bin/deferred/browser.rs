//! A headless Chromium, as its DevTools protocol moves it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long anything may take: far longer than it does, since machines are slow when they are busy.
const DEADLINE: Duration = Duration::from_secs(120);

/// A browser with one page.
pub(crate) struct Browser {
    /// Ends with this value.
    process: Child,
    folder: PathBuf,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    next: u64,
    /// What the browser has complained about.
    pub(crate) complaints: Vec<String>,
}

/// The path of the browser; none, with a message, where there is none. One that the variable `CHROMIUM` names has to
/// be there.
fn path() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Some(path.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .flat_map(|folder| ["chromium", "chromium-browser"].map(|name| folder.join(name)))
        .find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: there is no `chromium` here to load the page with");
    }
    found
}

impl Browser {
    /// Starts a browser; none, with a message, where there is none.
    pub(crate) async fn start(flags: &[&str]) -> Option<Browser> {
        let path = path()?;
        let name = format!("kakehi-browser-{:x}", rand_name());
        let folder = std::env::temp_dir().join(name);
        let mut process = Command::new(path)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
            .args([
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", folder.display()))
            .args(flags)
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the browser can be started");
        let errors = process.stderr.take().expect("is piped");
        let mut lines = BufReader::new(errors).lines();
        let address = within(async {
            loop {
                let line = lines.next_line().await.expect("is text");
                let line = line.expect("the browser says where it listens");
                if let Some(address) = line.strip_prefix("DevTools listening on ") {
                    return address.trim().to_owned();
                }
            }
        });
        let address = address.await;
        // Whoever writes to a pipe that nobody reads stands still.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (socket, _) = within(connect_async(address))
            .await
            .expect("the browser listens");
        let mut browser = Browser {
            process,
            folder,
            socket,
            session: None,
            next: 0,
            complaints: Vec::new(),
        };
        let target = browser
            .call("Target.createTarget", json!({ "url": "about:blank" }))
            .await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach).await;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        browser.call("Page.enable", json!({})).await;
        browser.call("Log.enable", json!({})).await;
        browser.call("Runtime.enable", json!({})).await;
        Some(browser)
    }

    /// Turns scripts of pages off.
    pub(crate) async fn forbid_scripts(&mut self) {
        let off = json!({ "value": true });
        self.call("Emulation.setScriptExecutionDisabled", off).await;
    }

    /// Opens a page, which need not have arrived whole.
    pub(crate) async fn open(&mut self, url: &str) {
        let opened = self.call("Page.navigate", json!({ "url": url })).await;
        assert!(opened.get("errorText").is_none(), "{opened}");
    }

    /// The page as it is now.
    pub(crate) async fn html(&mut self) -> String {
        let document = self.call("DOM.getDocument", json!({})).await;
        let node = json!({ "nodeId": document["root"]["nodeId"] });
        let html = self.call("DOM.getOuterHTML", node).await;
        html["outerHTML"].as_str().unwrap_or_default().to_owned()
    }

    /// The page as soon as it is as `is_so` says.
    pub(crate) async fn until(&mut self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let mut html = String::new();
        let seen = tokio::time::timeout(DEADLINE, async {
            loop {
                html = self.html().await;
                if is_so(&html) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let seen = seen.await;
        assert!(seen.is_ok(), "never saw {what} in {html}");
        html
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        within(async {
            let message = Message::text(message.to_string());
            self.socket
                .send(message)
                .await
                .expect("the browser listens");
            loop {
                let message = self.socket.next().await.expect("the browser answers");
                let Message::Text(text) = message.expect("the browser answers") else {
                    continue;
                };
                let mut answer: Value = serde_json::from_str(&text).expect("is JSON");
                if answer["id"] == id {
                    // A document that is replaced meanwhile has no nodes any more.
                    return answer["result"].take();
                }
                if answer["method"] == "Log.entryAdded"
                    || answer["method"] == "Runtime.exceptionThrown"
                {
                    self.complaints.push(answer["params"].to_string());
                }
            }
        })
        .await
    }

    /// Closes the browser and gives what it has complained about.
    pub(crate) async fn close(mut self) -> Vec<String> {
        self.session = None;
        self.call("Browser.close", json!({})).await;
        let _ = tokio::time::timeout(DEADLINE, self.process.wait()).await;
        std::mem::take(&mut self.complaints)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.start_kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The number of a folder that nobody else has.
fn rand_name() -> u64 {
    use std::hash::BuildHasher;
    std::hash::RandomState::new().hash_one(std::process::id())
}

/// What has to be there before the deadline.
async fn within<T>(future: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(DEADLINE, future).await;
    done.expect("the browser answers in time")
}

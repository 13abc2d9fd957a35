//! Fragments in a real Redis server, which the test starts; skipped with a message where none is installed.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use kakehi::{Environment, RedisCache, context};

use crate::events::Counter;

/// A server on a port of its own, which ends with the test.
struct Server {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Server {
    /// None if no server is installed.
    fn start(test: &str) -> Option<Self> {
        let folder = env::temp_dir().join(format!("kakehi-redis-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        // Another process may take the port before the server does; then there is another one.
        for _ in 0..10 {
            let port = free_port();
            let process = match spawn(port, &folder) {
                Ok(process) => process,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    eprintln!("skipped: no `redis-server` is installed here");
                    return None;
                }
                Err(error) => panic!("`redis-server` does not start: {error}"),
            };
            let mut server = Server {
                process,
                port,
                folder: folder.clone(),
            };
            if server.answers() {
                return Some(server);
            }
        }
        panic!("`redis-server` found no port");
    }

    /// Waits until it takes connections; false if it has ended.
    fn answers(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            if self.process.try_wait().expect("is a child").is_some() {
                return false;
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("`redis-server` does not answer");
    }

    fn cache(&self) -> RedisCache {
        RedisCache::new(&format!("redis://127.0.0.1:{}/0", self.port)).expect("is an address")
    }

    /// What another program sees of the server.
    async fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let client = redis::Client::open(("127.0.0.1", self.port)).expect("is an address");
        let connection = client.get_multiplexed_async_connection().await;
        let mut connection = connection.expect("connects");
        let mut asked = redis::cmd(command[0]);
        let answer = asked.arg(&command[1..]).query_async(&mut connection);
        answer.await.expect("is answered")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Starts a server that keeps nothing on disk.
fn spawn(port: u16, folder: &Path) -> io::Result<Child> {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a port");
    listener.local_addr().expect("is bound").port()
}

/// A machine with `make(n)`, which counts how often it is called.
fn machine(cache: RedisCache, made: &Counter) -> Environment {
    let mut env = Environment::new();
    env.set_fragment_cache(cache);
    // A busy machine that runs these tests may be slow to answer.
    env.set_fragment_patience(Duration::from_secs(20));
    let made = made.clone();
    env.add_async_function("make", move |n: u64| {
        let count = made.add();
        async move { format!("{n}:{count}") }
    });
    env
}

async fn render(env: &Environment, text: &str) -> String {
    let page = env.render_str_async(text, context! { key => "ü <&" }).await;
    page.expect("renders")
}

#[tokio::test]
async fn machines_share_their_fragments() {
    let Some(server) = Server::start("shared") else {
        return;
    };
    let made = Counter::default();
    let text = "<% cache ['page', key], ttl='5m' %>ü<< await make(1) >><% end %>";
    let first = machine(server.cache().with_prefix("test:"), &made);
    assert_eq!(render(&first, text).await, "ü1:1");
    assert_eq!(render(&first, text).await, "ü1:1");
    let second = machine(server.cache().with_prefix("test:"), &made);
    assert_eq!(render(&second, text).await, "ü1:1");
    assert_eq!(made.get(), 1);
    // Others do not see it, and it ends when the template says.
    let other = machine(server.cache().with_prefix("other:"), &made);
    assert_eq!(render(&other, text).await, "ü1:2");
    let keys: Vec<String> = server.ask(&["KEYS", "test:*"]).await;
    assert_eq!(keys.len(), 1, "{keys:?}");
    let left: i64 = server.ask(&["PTTL", &keys[0]]).await;
    assert!((200_000..=300_000).contains(&left), "{left} ms");
}

#[tokio::test]
async fn a_fragment_stays_as_long_as_it_may() {
    let Some(server) = Server::start("ttl") else {
        return;
    };
    let made = Counter::default();
    let cache = server.cache().with_default_ttl(Duration::from_secs(60));
    let env = machine(cache, &made);
    render(&env, "<% cache 'no-ttl' %><< await make(1) >><% end %>").await;
    let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
    let left: i64 = server.ask(&["PTTL", &keys[0]]).await;
    assert!((1..=60_000).contains(&left), "{left} ms");
    // As if its time were over.
    let gone: i64 = server.ask(&["DEL", &keys[0]]).await;
    assert_eq!(gone, 1);
    let text = render(&env, "<% cache 'no-ttl' %><< await make(1) >><% end %>").await;
    assert_eq!(text, "1:2");
    for ttl in ["0.0001", "'0s'", "10 ** 15"] {
        let text = format!("<% cache 'odd', ttl={ttl} %><< await make(3) >><% end %>");
        assert!(render(&env, &text).await.starts_with("3:"), "{ttl}");
    }
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back_fails_no_page() {
    let Some(mut server) = Server::start("gone") else {
        return;
    };
    let made = Counter::default();
    let env = machine(server.cache(), &made);
    let text = "<% cache 'k' %><< await make(1) >><% end %>";
    assert_eq!(render(&env, text).await, "1:1");
    // A key that holds no text counts as none.
    let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
    let _: i64 = server.ask(&["DEL", &keys[0]]).await;
    let _: i64 = server.ask(&["LPUSH", &keys[0], "a list"]).await;
    assert_eq!(render(&env, text).await, "1:2");
    server.process.kill().expect("can be ended");
    server.process.wait().expect("ends");
    assert_eq!(render(&env, text).await, "1:3");
    assert_eq!(render(&env, text).await, "1:4");
    server.process = spawn(server.port, &server.folder).expect("starts again");
    assert!(server.answers());
    // The broken connection is noticed by one render and replaced for the next ones.
    let start = Instant::now();
    loop {
        let before = made.get();
        render(&env, text).await;
        if made.get() == before {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "never connects");
    }
}

#[test]
fn a_cache_outlives_the_runtime_that_used_it_first() {
    let Some(server) = Server::start("runtimes") else {
        return;
    };
    let made = Counter::default();
    let env = machine(server.cache(), &made);
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().expect("starts")
    };
    let text = "<% cache 'k' %><< await make(1) >><% end %>";
    assert_eq!(runtime().block_on(render(&env, text)), "1:1");
    let second = runtime();
    // The connection ended with its runtime, which the first to use it again finds out.
    second.block_on(render(&env, text));
    second.block_on(render(&env, text));
    let count = made.get();
    second.block_on(render(&env, text));
    assert_eq!(made.get(), count);
}

#[test]
fn outside_of_tokio_pages_do_without() {
    let made = Counter::default();
    let cache = RedisCache::new("redis://127.0.0.1:1").expect("is an address");
    assert!(format!("{cache:?}").starts_with("RedisCache"));
    let env = machine(cache, &made);
    let text = "<% cache 'k' %><< await make(1) >><% end %>";
    let page = futures_executor::block_on(env.render_str_async(text, ()));
    assert_eq!(page.expect("renders"), "1:1");
    let page = env.render_str("<% cache 'k' %>plain<% end %>", ());
    assert_eq!(page.expect("renders"), "plain");
}

#[tokio::test]
async fn no_server_at_all_fails_no_page() {
    let made = Counter::default();
    // Nobody listens on a port that was just free.
    let cache = RedisCache::new(&format!("redis://127.0.0.1:{}", free_port()));
    let env = machine(cache.expect("is an address"), &made);
    let text = "<% cache 'k' %><< await make(1) >><% end %>";
    assert_eq!(render(&env, text).await, "1:1");
    assert_eq!(render(&env, text).await, "1:2");
    let wrong = RedisCache::new("http://localhost").unwrap_err();
    assert!(wrong.message().contains("redis://"), "{wrong}");
}

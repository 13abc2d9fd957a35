//! Load on a web server: connections that ask for a page again as soon as they have it.

use std::io::{BufRead as _, BufReader, Error, Result};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{Request, StatusCode, header};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::server::Host;

/// How many connections are open at once.
pub const CONNECTIONS: [usize; 4] = [10, 100, 1_000, 10_000];

/// How many connections are opened at once, so that the server's queue of them never overflows.
const OPENING: usize = 100;

/// What a server did under load.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    pub requests_per_second: f64,
    /// The time in seconds within which 99 of 100 requests were answered.
    pub p99: f64,
}

/// A server in a process of its own, which dies with this value.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts this very program as `serve HOST`, which must print its address.
    fn start(host: Host) -> Result<Server> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", host.name()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = process.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse().map_err(Error::other)?;
        Ok(Server { process, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

type Connection = SendRequest<Empty<Bytes>>;

async fn connect(address: SocketAddr) -> Result<Connection> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(Error::other)?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn ask(connection: &mut Connection, id: u64) -> Result<Bytes> {
    let request = Request::get(format!("/{id}"))
        .header(header::HOST, "localhost")
        .body(Empty::new())
        .map_err(Error::other)?;
    let response = connection
        .send_request(request)
        .await
        .map_err(Error::other)?;
    if response.status() != StatusCode::OK {
        return Err(Error::other(response.status().to_string()));
    }
    let body = response.into_body().collect().await;
    Ok(body.map_err(Error::other)?.to_bytes())
}

/// Asks again and again, and gives the times of the answers that came in the span that is measured.
async fn keep_asking(
    mut connection: Connection,
    id: u64,
    from: Instant,
    to: Instant,
) -> Result<Vec<f32>> {
    let mut times = Vec::new();
    loop {
        let start = Instant::now();
        if start >= to {
            return Ok(times);
        }
        ask(&mut connection, id).await?;
        let end = Instant::now();
        if end >= from && end < to {
            times.push((end - start).as_secs_f32());
        }
    }
}

/// The page as the server of each host writes it, which must be the same.
fn check(runtime: &Runtime) -> Result<()> {
    let page_of = |host| {
        let server = Server::start(host)?;
        runtime.block_on(async { ask(&mut connect(server.address).await?, 7).await })
    };
    let pages = Host::ALL.map(page_of);
    let mut pages = pages.into_iter().collect::<Result<Vec<_>>>()?.into_iter();
    let first = pages.next().expect("there are hosts");
    for page in pages {
        assert_eq!(page, first, "the pages differ");
    }
    Ok(())
}

async fn measure(address: SocketAddr, connections: usize) -> Result<Served> {
    let opened: Vec<Connection> = stream::iter(0..connections)
        .map(|_| connect(address))
        .buffer_unordered(OPENING)
        .try_collect()
        .await?;
    // Long enough for a few rounds of the slowest at the most connections.
    let (warm_up, measured) = match connections {
        ..5_000 => (Duration::from_secs(1), Duration::from_secs(3)),
        _ => (Duration::from_secs(4), Duration::from_secs(6)),
    };
    let from = Instant::now() + warm_up;
    let to = from + measured;
    let mut askers = JoinSet::new();
    for (id, connection) in opened.into_iter().enumerate() {
        askers.spawn(keep_asking(connection, id as u64, from, to));
    }
    let mut times = Vec::new();
    while let Some(asked) = askers.join_next().await {
        times.extend(asked.map_err(Error::other)??);
    }
    if times.is_empty() {
        return Err(Error::other("no request was answered in time"));
    }
    times.sort_by(f32::total_cmp);
    Ok(Served {
        requests_per_second: times.len() as f64 / measured.as_secs_f64(),
        p99: f64::from(times[(times.len() * 99).div_ceil(100) - 1]),
    })
}

/// What each host's server does with each number of [`CONNECTIONS`], after checking that their pages are the
/// same. Where it fails, for example as no more files may be open, there is the error instead.
pub fn loads() -> Result<Vec<(usize, [Result<Served>; 3])>> {
    let runtime = Runtime::new()?;
    check(&runtime)?;
    let row = |connections| {
        let served = Host::ALL.map(|host| {
            let server = Server::start(host)?;
            runtime.block_on(measure(server.address, connections))
        });
        (connections, served)
    };
    Ok(CONNECTIONS.map(row).into())
}

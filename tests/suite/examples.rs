//! The examples that need nothing but this package: what they show is what their pages say.

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use kakehi::context;
use tokio::sync::mpsc;
use tokio::time::Instant;

// Their `main` functions only print.
#[expect(dead_code)]
#[path = "../../examples/async_function.rs"]
mod async_function;
#[expect(dead_code)]
#[path = "../../examples/channel.rs"]
mod channel;
#[expect(dead_code)]
#[path = "../../examples/dashboard/main.rs"]
mod dashboard;
#[expect(dead_code)]
#[path = "../../examples/departures/main.rs"]
mod departures;
#[expect(dead_code)]
#[path = "../../examples/hello.rs"]
mod hello;

#[test]
fn hello_greets() {
    let expected = "Hello Carla!\n1. Ann Lee, table 4\n2. Bob, table by the window\n";
    assert_eq!(hello::page().expect("renders"), expected);
}

#[tokio::test(start_paused = true)]
async fn async_function_waits_for_both() {
    let start = Instant::now();
    let letter = async_function::letter(7).await.expect("renders");
    assert_eq!(letter, "Dear Ann,\nyour order of 7.63 EUR is on its way.");
    assert_eq!(start.elapsed(), Duration::from_millis(60));
}

#[tokio::test(start_paused = true)]
async fn async_function_says_where_it_failed() {
    let error = async_function::letter(8).await.expect_err("no such user");
    assert_eq!(error.to_string(), "there is no user 8 (in letter.txt:1:15)");
}

#[tokio::test]
async fn channel_writes_each_reading_as_it_arrives() {
    let (sender, receiver) = mpsc::channel(1);
    let mut report = Box::pin(channel::report(receiver));
    for (sensor, celsius, line) in [
        ("attic", 29.5, "  1  attic  29.5 °C \n"),
        ("roof", 35.0, "  2  roof  35.0 °C hot\n"),
    ] {
        let reading = context! { sensor, celsius };
        sender.send(reading).await.expect("the report listens");
        let chunk = report.next().await.expect("goes on").expect("renders");
        assert_eq!(chunk, line);
    }
    let oven = context! { sensor => "oven", celsius => 41 };
    sender.send(oven).await.expect("the report listens");
    let chunk = report.next().await.expect("goes on").expect("renders");
    assert_eq!(chunk, "  3  oven  41 °C hot\nToo hot, stopped reading.\n");
    assert!(report.next().await.is_none());
    assert!(sender.is_closed(), "leaving the loop drops the stream");
}

#[tokio::test]
async fn channel_without_readings() {
    let (sender, receiver) = mpsc::channel(1);
    drop(sender);
    let chunks: Vec<_> = channel::report(receiver).collect().await;
    let text: String = chunks
        .into_iter()
        .map(|chunk| chunk.expect("renders"))
        .collect();
    assert_eq!(text, "No reading came.\n");
}

/// What each panel of the dashboard shows.
const PANELS: [&str; 5] = [
    "10:25 0.4 m",
    "3. Calypso: 280 t of tea",
    "5 from the west",
    "north 2, east 5",
    "nobody answers",
];

#[tokio::test(start_paused = true)]
async fn the_dashboard_takes_as_long_as_its_slowest_panel() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/dashboard"));
    let start = Instant::now();
    let mut page = dashboard::dashboard(folder);
    let first = page.next().await.expect("goes on").expect("renders");
    assert!(first.starts_with(b"<!doctype html>"));
    assert!(start.elapsed() < Duration::from_millis(50));
    let mut rest = String::new();
    while let Some(chunk) = page.next().await {
        rest.push_str(std::str::from_utf8(&chunk.expect("renders")).expect("text"));
    }
    for panel in PANELS {
        assert!(rest.contains(panel), "{panel} is not in {rest}");
    }
    // Where the template's timer needs the feature, all else is the same.
    assert_eq!(start.elapsed(), Duration::from_millis(120));
}

#[tokio::test(start_paused = true)]
async fn deferred_panels_come_when_they_are_there() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/dashboard"));
    let start = Instant::now();
    let mut page = dashboard::deferred(folder).expect("is there");
    let mut sent = String::new();
    let mut chunks = Vec::new();
    while let Some(chunk) = page.next().await {
        let chunk = chunk.expect("renders");
        let chunk = std::str::from_utf8(&chunk).expect("text");
        let panel = PANELS.iter().position(|panel| chunk.contains(panel));
        chunks.push((start.elapsed().as_millis(), panel));
        sent.push_str(chunk);
    }
    // The page, wind, tides, ships, berths; where the template's timer needs the feature, nobody answers by then.
    chunks.retain(|(_, panel)| *panel != Some(4));
    let in_order = [
        (0, None),
        (30, Some(2)),
        (80, Some(0)),
        (110, Some(1)),
        (120, Some(3)),
    ];
    assert_eq!(chunks, in_order);
    let whole = crate::deferred::put_in_place(&sent);
    for panel in PANELS {
        assert!(whole.contains(panel), "{panel} is not in {whole}");
    }
    assert!(!whole.contains('…'), "{whole}");
}

#[tokio::test(start_paused = true)]
async fn departures_fill_in() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/departures"));
    let latency = Duration::from_millis(100);
    let timetable = departures::Timetable::open(folder, latency).expect("the data is there");
    let start = Instant::now();
    let mut board = departures::board(folder, &timetable, false);
    let mut page = String::new();
    let mut times = Vec::new();
    while let Some(chunk) = board.next().await {
        times.push(start.elapsed().as_millis());
        page += std::str::from_utf8(&chunk.expect("renders")).expect("is text");
    }
    // The head at once, then a chunk before each of four waits for each of nine trains.
    assert_eq!(times.len(), 1 + 4 * 9);
    assert_eq!(times[..4], [0, 100, 200, 300]);
    let expected = "  18:15    Steam     Yokokawa                   7   4 min late, taking water
  Usui Evening       via Isobe                      ☂ rain, 6 °C\n";
    assert!(page.contains(expected), "{page}");
    assert!(
        page.ends_with("  9 departures, 2 late, 1 cancelled\n"),
        "{page}"
    );
    assert!(
        page.lines().all(|line| line.chars().count() <= 80),
        "{page}"
    );
}

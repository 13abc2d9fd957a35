//! The test suite: one binary, by kind of test.
//!
//! `cases` runs the case files of `tests/cases` under every driver; the other modules test what a case
//! file cannot show.

mod acceptance;
mod architecture;
mod async_surface;
mod case;
mod cases;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "datetime")]
mod dates;
mod deferred;
mod events;
mod examples;
mod failing;
mod fragments;
mod freshness;
mod guide;
mod host;
mod hostile;
mod lazy;
mod loading;
mod options;
mod properties;
#[cfg(feature = "redis")]
mod redis;
mod regressions;
#[cfg(feature = "tokio")]
mod runtime;
mod side_by_side;
#[cfg(all(feature = "object-store", feature = "watch"))]
mod stores;
mod streaming;
mod tags;
mod translations;
mod writers;

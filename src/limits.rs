//! What one render may use.

use std::time::Duration;

/// The limits of one render; they hold across waits, in empty loops and inside every filter.
///
/// Exceeding one is an error of its own [kind](crate::ErrorKind), which a template cannot catch.
///
/// ```
/// use kakehi::{Environment, ErrorKind, Limits};
/// let mut env = Environment::new();
/// env.set_limits(Limits { fuel: Some(10_000), ..Limits::default() });
/// let error = env.render_str("<% for a in range(99999) %><% end %>", ()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Fuel);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Instructions, about; a builtin that loops pays one for each round. `None`: any number.
    pub fuel: Option<u64>,
    /// Bytes of output, captured text included. `None`: any number.
    pub output: Option<u64>,
    /// Bytes that the template allocates in all, freed or not. `None`: any number.
    pub memory: Option<u64>,
    /// Calls, includes and blocks that are open at once.
    pub depth: usize,
    /// Items read from any one stream. `None`: any number.
    pub items: Option<u64>,
    /// Waits in flight at once.
    pub in_flight: usize,
    /// Time from the start of the render to its end, waits included. `None`: any time.
    pub deadline: Option<Duration>,
}

impl Default for Limits {
    /// Limits that cost nothing measurable: depth 200, 1,024 waits in flight, 1 GiB of memory.
    fn default() -> Self {
        Limits {
            fuel: None,
            output: None,
            memory: Some(1 << 30),
            depth: 200,
            items: None,
            in_flight: 1024,
            deadline: None,
        }
    }
}

impl Limits {
    /// Limits for templates from strangers: 5 million instructions, 16 MiB of output, 64 MiB of memory,
    /// depth 100, 100,000 items, 64 waits in flight, 10 seconds.
    ///
    /// ```
    /// use kakehi::Limits;
    /// let limits = Limits { output: Some(1 << 20), ..Limits::untrusted() };
    /// assert!(limits.fuel.is_some());
    /// ```
    pub fn untrusted() -> Self {
        Limits {
            fuel: Some(5_000_000),
            output: Some(16 << 20),
            memory: Some(64 << 20),
            depth: 100,
            items: Some(100_000),
            in_flight: 64,
            deadline: Some(Duration::from_secs(10)),
        }
    }
}

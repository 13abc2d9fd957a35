//! Measuring: interleaved rounds and medians.
//!
//! What is measured is the processor's time, which other programs on the machine disturb least.

use std::time::Duration;

use cpu_time::ThreadTime;

/// How often the measured code runs for one sample, so that one takes about `sample`.
fn calibrate(run: &dyn Fn(), sample: Duration) -> u32 {
    let mut count = 1_u32;
    loop {
        // The shortest of a few: a pause of the machine must not pass for slow code.
        let shortest = (0..3).map(|_| time(run, count)).min().unwrap_or_default();
        if shortest >= sample / 4 {
            let per_run = shortest.as_secs_f64() / f64::from(count);
            return (sample.as_secs_f64() / per_run).ceil().clamp(1.0, 1e9) as u32;
        }
        count = count.saturating_mul(2);
    }
}

fn time(run: &dyn Fn(), count: u32) -> Duration {
    let start = ThreadTime::now();
    for _ in 0..count {
        run();
    }
    start.elapsed()
}

/// Times of several pieces of code that took turns, in seconds for one run: for each piece, those of all rounds.
pub fn interleaved(pieces: &[&dyn Fn()], rounds: usize, sample: Duration) -> Vec<Vec<f64>> {
    let counts: Vec<u32> = pieces.iter().map(|run| calibrate(run, sample)).collect();
    let mut times = vec![Vec::with_capacity(rounds); pieces.len()];
    for _ in 0..rounds {
        for (index, run) in pieces.iter().enumerate() {
            let count = counts[index];
            times[index].push(time(run, count).as_secs_f64() / f64::from(count));
        }
    }
    times
}

/// The middle of some numbers.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The ratio of the medians.
pub fn ratio(times: &[f64], base: &[f64]) -> f64 {
    median(times) / median(base)
}

/// A time as people read it.
pub fn show_time(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let digits = if number < 10.0 {
        2
    } else if number < 100.0 {
        1
    } else {
        0
    };
    format!("{number:.digits$} {unit}")
}

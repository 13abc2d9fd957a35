//! Properties that hold for every template: what `generator` writes, and what mutations make of the cases.
//!
//! `PROPERTIES=10` runs ten times as many, from other seeds.

mod choices;
mod cycles;
mod expressions;
mod generator;
mod host;
mod mutations;
mod statements;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use generator::{Generator, Templates};
use host::{Driver, Outcome, Token, run};
use kakehi::{AutoEscape, ErrorKind};

/// Runs a test on many inputs, the same ones each time unless more are asked for.
fn check<S: Strategy>(
    cases: u32,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let factor: u32 =
        std::env::var("PROPERTIES").map_or(1, |factor| factor.parse().expect("a number"));
    let config = Config {
        cases: cases * factor,
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..Config::default()
    };
    let mut runner = if factor == 1 {
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    } else {
        TestRunner::new(config)
    };
    match runner.run(&strategy, test) {
        Ok(()) => {}
        Err(TestError::Fail(reason, input)) => panic!("{reason}\n{input:?}"),
        Err(error) => panic!("{error}"),
    }
}

/// What the generator writes.
fn templates(waits: bool) -> impl Strategy<Value = Templates> {
    vec(any::<u8>(), 20..700).prop_map(move |bytes| Generator::templates(&bytes, waits))
}

fn agree(templates: &Templates, drivers: &[Driver], waits: bool) -> Result<Outcome, TestCaseError> {
    let env = host::environment(templates, waits);
    let first = run(&env, drivers[0], waits);
    for driver in &drivers[1..] {
        let other = run(&env, *driver, waits);
        if other != first {
            let found = format!("{:?}: {first}\n{driver:?}: {other}\n", drivers[0]);
            return Err(TestCaseError::fail(found));
        }
    }
    Ok(first)
}

/// Output and errors do not depend on how a template that never waits is rendered.
#[test]
fn templates_that_do_not_wait_are_the_same_under_all_drivers() {
    let drivers = [
        Driver::Sync,
        Driver::Blocking,
        Driver::Async,
        Driver::Stream,
        Driver::Torture,
    ];
    check(250, templates(false), |templates| {
        agree(&templates, &drivers, false)?;
        Ok(())
    });
}

/// Output and errors do not depend on how a template that waits is rendered; a synchronous render without
/// a runtime gives the same, or says that it cannot wait.
#[test]
fn templates_that_wait_are_the_same_under_all_drivers() {
    let drivers = [
        Driver::Async,
        Driver::Blocking,
        Driver::Stream,
        Driver::Torture,
    ];
    check(250, templates(true), |templates| {
        let outcome = agree(&templates, &drivers, true)?;
        // Nothing that the loader answers late can be had synchronously, so it answers at once here.
        let env = host::environment(&templates, false);
        let sync = run(&env, Driver::Sync, true);
        let refused = matches!(
            &sync,
            Outcome::Error {
                kind: ErrorKind::AsyncRequired,
                ..
            }
        );
        if !refused && sync != outcome {
            return Err(TestCaseError::fail(format!(
                "Async: {outcome}\nSync: {sync}"
            )));
        }
        Ok(())
    });
}

/// A page whose bodies are all parallel is the same, however many branches run at once.
#[test]
fn parallel_templates_give_what_they_give_in_order() {
    check(250, templates(true), |templates| {
        let env = host::environment(&templates, true);
        let outcome = run(&env, Driver::Async, true);
        for most in [1, 2, 99] {
            // A fragment that one has cached is not made by the other.
            let env = host::environment(&templates, true);
            let parallel = run(&env, Driver::Parallel(most), true);
            // Which of several errors comes first depends on what runs when.
            if matches!(outcome, Outcome::Output(_)) && parallel != outcome {
                return Err(TestCaseError::fail(format!(
                    "in order: {outcome}\n{most} at once: {parallel}"
                )));
            }
        }
        Ok(())
    });
}

/// What is sent behind the page neither panics nor hangs, and nothing is left of it.
#[test]
fn deferred_parts_end_and_let_go_of_everything() {
    check(250, templates(true), |templates| {
        let env = host::environment(&templates, true);
        run(&env, Driver::Deferring, true);
        Ok(())
    });
}

/// Everything the host gave a render is dropped with it, at whichever suspension that happens.
#[test]
fn dropped_renders_let_go_of_everything() {
    check(
        150,
        (templates(true), any::<bool>()),
        |(templates, defers)| {
            let mut env = host::environment(&templates, true);
            let mut driver = Driver::Torture;
            if defers {
                env.set_auto_escape(AutoEscape::Always);
                driver = Driver::Deferring;
            }
            // Most templates run through some hundred suspensions; all would be too many for each.
            let mut polls = 0;
            loop {
                let token = Token::default();
                match host::poll_and_drop(&env, driver, &token, polls) {
                    Some(left) if left > 0 => {
                        let found = format!("{left} tokens are left after {polls} polls");
                        return Err(TestCaseError::fail(found));
                    }
                    Some(_) => {}
                    None => return Ok(()),
                }
                polls += 1 + polls / 20;
            }
        },
    );
}

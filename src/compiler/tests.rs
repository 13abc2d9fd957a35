//! Templates and the code they become.

use std::sync::Arc;

use crate::bytecode::Program;
use crate::call::Registry;
use crate::compiler::{CompileOptions, compile};
use crate::error::Error;
use crate::source::Origin;
use crate::syntax::{Options, parse};
use crate::value::UndefinedPolicy;

fn registry() -> Registry {
    let mut registry = Registry::new();
    for filter in ["upper", "join", "default", "replace"] {
        registry.add_filter(filter, |text: String| text);
    }
    for test in ["defined", "even"] {
        registry.add_test(test, |_: String| true);
    }
    registry
}

fn program(source: &str) -> Result<Program, Error> {
    let origin = Arc::new(Origin {
        name: "t".into(),
        text: source.into(),
    });
    let tree = parse(&origin, &Options::default())?;
    let options = CompileOptions {
        auto_escape: true,
        auto_await: false,
        undefined_policy: UndefinedPolicy::Lenient,
    };
    compile(&tree, origin.clone(), &options, &registry())
}

#[test]
fn explore() {
    let path = std::env::var("EXPLORE").unwrap_or_default();
    let Ok(all) = std::fs::read_to_string(path) else {
        return;
    };
    for source in all.split("\n----\n") {
        println!("=== {source}");
        match program(source) {
            Ok(program) => println!("{program}"),
            Err(error) => println!("ERROR {:?} {error}", error.kind()),
        }
    }
}

//! Any text is a template, or an error whose report can be printed.

#![no_main]

use kakehi::Environment;
use libfuzzer_sys::fuzz_target;

fn outcome(env: &Environment, source: &str) -> Result<(), String> {
    match env.template_from_str(source) {
        Ok(template) => {
            // Tools walk what compiles.
            let tree = env
                .parse("template", source)
                .expect("what compiles is parsed");
            let _ = format!("{tree:?} {template:?}");
            Ok(())
        }
        Err(error) => Err(format!("{error:#}")),
    }
}

fuzz_target!(|source: &str| {
    for env in [Environment::new(), Environment::jinja()] {
        assert_eq!(outcome(&env, source), outcome(&env, source));
    }
});

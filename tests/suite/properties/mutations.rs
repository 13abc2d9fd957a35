//! The templates of the case files, damaged by chance: whatever comes of them, it is no panic and it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use futures_util::StreamExt;
use kakehi::{Environment, ErrorKind, RenderOptions};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::TestCaseError;

use super::host::{Outcome, limits};
use crate::case::{Case, case_files};
use crate::cases::environment;
use crate::host::{self, Calls, Mode};

/// What is put in at random places.
const TOKENS: [&str; 64] = [
    "<%",
    "%>",
    "<<",
    ">>",
    "<#",
    "#>",
    "{%",
    "%}",
    "{{",
    "}}",
    "-%>",
    "<%-",
    "<% end %>",
    "<% else %>",
    "<% for x in ",
    "<% if ",
    "<% block b %>",
    "<% macro m(a, b=1) %>",
    "<% endraw %>",
    "<% raw %>",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "..",
    "...",
    "|",
    "?|",
    "|>",
    "??",
    "?.",
    "await ",
    "async ",
    "is ",
    "in ",
    "not ",
    "if ",
    "else ",
    "=",
    "==",
    "**",
    "//",
    "-",
    "'",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "ß",
    "𝒳",
    "_",
    "0x",
    "1e9",
    "loop",
    "caller()",
    "super()",
];

/// A damage: what is done, where and with what.
type Damage = (u8, u16, u16, u8);

/// Damages a source.
fn damage(source: &str, damages: &[Damage]) -> String {
    let mut characters: Vec<char> = source.chars().collect();
    for &(what, at, to, with) in damages {
        let length = characters.len();
        let at = usize::from(at) % (length + 1);
        let to = at + usize::from(to) % (length - at + 1).min(40);
        let token = TOKENS[usize::from(with) % TOKENS.len()].chars();
        match what % 7 {
            0 | 1 => drop(characters.splice(at..at, token)),
            2 => drop(characters.splice(at..to, token)),
            3 => drop(characters.drain(at..to)),
            4 => {
                let copy = characters[at..to].to_vec();
                characters.splice(to..to, copy);
            }
            5 => characters.truncate(at),
            _ => characters[at..to].reverse(),
        }
    }
    characters.into_iter().collect()
}

/// The case files that render a template.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let cases = case_files(&folder)
        .into_iter()
        .filter_map(|path| Case::read(&path).ok());
    // Who is late depends on how often a driver looks at the clock, and a damaged number may be a long sleep.
    let times = |case: &Case| {
        let mut templates = case.templates.iter();
        templates.any(|(_, source)| {
            ["timeout", "sleep"]
                .iter()
                .any(|word| source.contains(word))
        })
    };
    cases
        .filter(|case| !case.templates.is_empty() && !times(case))
        .collect()
}

fn run(env: &Environment, case: &Case, torture: bool) -> Outcome {
    let options = RenderOptions::new().with_extension(Calls::default());
    let context = host::context(&case.context);
    let result = env.template("main").and_then(|main| {
        if !torture {
            return futures_executor::block_on(main.render_async_with(context, options));
        }
        let mut stream = main.render_stream_with(context, options.chunk_size(1).yield_every(1));
        futures_executor::block_on(async move {
            let mut page = Vec::new();
            while let Some(chunk) = stream.next().await {
                page.extend_from_slice(&chunk?);
            }
            Ok(String::from_utf8(page).expect("output is text"))
        })
    });
    Outcome::from(result)
}

/// Damaged templates give output or an error, the same ones however they are rendered.
#[test]
fn damaged_templates_neither_panic_nor_hang() {
    let cases = cases();
    let damages = (any::<u32>(), any::<u8>(), vec(any::<Damage>(), 1..4));
    super::check(4000, damages, |(which, template, damages)| {
        let case = &cases[which as usize % cases.len()];
        let (name, source) = &case.templates[usize::from(template) % case.templates.len()];
        let source = damage(source, &damages);
        let fail = |text: String| {
            let path = case.path.display();
            Err(TestCaseError::fail(format!(
                "{path}: {text}\n--- template {name}\n{source}"
            )))
        };
        let outcomes = catch_unwind(AssertUnwindSafe(|| {
            // Each has an environment of its own: a fragment that one has cached is not made by the other.
            [false, true].map(|torture| {
                let mut env = environment(case);
                env.set_limits(limits());
                host::populate(&mut env, Mode::Plain);
                env.add_template(name.clone(), source.clone());
                run(&env, case, torture)
            })
        }));
        match outcomes {
            Err(_) => fail("panicked".to_owned()),
            // What is written is paid for in strides, and before each pause.
            Ok(
                [
                    Outcome::Error { kind: one, .. },
                    Outcome::Error { kind: two, .. },
                ],
            ) if [one, two] == [ErrorKind::OutputLimit; 2] => Ok(()),
            Ok([one, two]) if one != two => fail(format!("{one}\nbut under torture {two}")),
            Ok(_) => Ok(()),
        }
    });
}

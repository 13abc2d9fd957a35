//! Tables of what Jinja2 3.1.6 and Python 3.11 answer, as rows of an expression and its `repr`.

mod functions;
mod html;
mod limits;

mod methods;
mod number;
mod ordering;
mod predicates;
mod reader;
mod sequence;
mod text;
mod waits;

use crate::builtins::register;
use crate::call::{Arguments, Budget, CallContext, ContextParts, Extensions, Flow, Registry};
use crate::error::Error;
use crate::limits::Limits;
use crate::value::{UndefinedPolicy, Value, display};

/// What a test runs in.
struct Host {
    registry: Registry,
    budget: Budget,
    extensions: Extensions,
    auto_escape: bool,
    awaits: bool,
    awaited: bool,
}

impl Host {
    fn new() -> Self {
        let mut registry = Registry::new();
        register(&mut registry);
        Host {
            registry,
            budget: Budget::new(&Limits::default()),
            extensions: Extensions::new(),
            auto_escape: false,
            awaits: false,
            awaited: false,
        }
    }

    fn limited(limits: Limits) -> Self {
        Host {
            budget: Budget::new(&limits),
            ..Host::new()
        }
    }

    fn with_context<R>(&self, run: impl FnOnce(&CallContext<'_>) -> R) -> R {
        run(&CallContext::new(ContextParts {
            budget: &self.budget,
            registry: &self.registry,
            extensions: &self.extensions,
            host_context: &Value::NONE,
            auto_escape: self.auto_escape,
            policy: UndefinedPolicy::Lenient,
            newline: "\n",
            awaits: self.awaits,
            futures_are_awaited: self.awaited,
            name: "test",
            template: "<test>",
        }))
    }

    /// Evaluates an expression of literals, filters, tests, methods and calls.
    fn evaluate(&self, expression: &str) -> Result<Value, Error> {
        self.with_context(|context| reader::evaluate(context, expression))
    }

    /// The `repr` of the result, `undefined`, or `error` and its kind.
    fn repr(&self, expression: &str) -> String {
        self.with_context(|context| match reader::evaluate(context, expression) {
            Ok(value) if value.is_undefined() => "undefined".to_owned(),
            Ok(value) => display::to_repr(context, &value)
                .expect("results of tests print")
                .to_string(),
            Err(error) => format!("error {:?}", error.kind()),
        })
    }
}

/// Runs a flow to its end as the machine would, for functions that answer at once.
fn finish(context: &CallContext<'_>, flow: Flow) -> Result<Value, Error> {
    match flow {
        Flow::Return(value) => Ok(value),
        Flow::Call {
            callee,
            arguments,
            then,
        } => {
            let object = callee.as_object().expect("only objects are callable");
            let result = object
                .call(context, &arguments.borrow())
                .and_then(|flow| finish(context, flow));
            finish(context, then(context, result)?)
        }
        other => panic!("nothing waits here: {other:?}"),
    }
}

/// Checks rows of an expression and what it gives, without and with auto-escaping.
fn check(rows: &[(&str, &str)]) {
    let failures: Vec<String> = rows
        .iter()
        .filter_map(|&(expression, expected)| {
            let (plain, escaped) = expected.split_once(" || ").unwrap_or((expected, expected));
            let mut host = Host::new();
            let first = host.repr(expression);
            host.auto_escape = true;
            let second = host.repr(expression);
            (!fits(&first, plain) || !fits(&second, escaped)).then(|| {
                format!("{expression}\n  got      {first} || {second}\n  expected {expected}")
            })
        })
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Whether an answer is the expected one; any error is as good as another.
fn fits(answer: &str, expected: &str) -> bool {
    answer == expected || expected == "error" && answer.starts_with("error ")
}

/// Writing a result gives what printing it gives.
#[test]
fn written_results_are_printed_ones() {
    let text = |text: &str| Value::string(text);
    let list = || {
        Value::list(vec![
            text("<"),
            Value::safe("<b>"),
            Value::int(1),
            Value::NONE,
        ])
    };
    let rows = [
        ("escape", vec![text("<a>")]),
        ("e", vec![Value::safe("<a>")]),
        ("safe", vec![text("<a>")]),
        ("upper", vec![text("<a>")]),
        ("upper", vec![Value::safe("<a>")]),
        ("lower", vec![Value::TRUE]),
        ("capitalize", vec![text("<a>ß")]),
        ("join", vec![list()]),
        ("join", vec![list(), text("&")]),
        ("join", vec![list(), Value::safe("&")]),
        ("join", vec![text("<&"), text("'")]),
        ("join", vec![Value::UNDEFINED]),
    ];
    for auto_escape in [false, true] {
        let host = Host {
            auto_escape,
            ..Host::new()
        };
        for (name, arguments) in &rows {
            host.with_context(|context| {
                let arguments = Arguments::positional_only(arguments);
                let filter = context.filter(name).expect("it is a builtin");
                let mut written = String::from("before ");
                let done = filter.write(context, &arguments, &mut written);
                assert!(done.expect("it writes"), "{name}");
                let result = context.call_filter(name, &arguments).expect("it answers");
                let mut printed = String::from("before ");
                let done = match auto_escape {
                    true => display::write_escaped(context, &mut printed, &result),
                    false => display::write(context, &mut printed, &result),
                };
                done.expect("it prints");
                assert_eq!(written, printed, "{name}, escaping: {auto_escape}");
            });
        }
    }
}

//! Closures as functions, arguments of builtins, and budgets.

use std::borrow::Cow;

use arcstr::ArcStr;
use futures_util::FutureExt;

use crate::call::{
    Arguments, Bound, Budget, Builtin, CallContext, ContextParts, Extensions, Flow, Kwargs,
    Registry, Rest, Serde,
};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::value::{UndefinedPolicy, Value};

struct Tenant(&'static str);

fn with_context<R>(registry: &Registry, run: impl FnOnce(&CallContext<'_>) -> R) -> R {
    let budget = Budget::new(&Limits::default());
    let mut extensions = Extensions::new();
    extensions.insert(Tenant("acme"));
    run(&CallContext::new(ContextParts {
        budget: &budget,
        registry,
        extensions: &extensions,
        host_context: &Value::NONE,
        auto_escape: true,
        policy: UndefinedPolicy::Lenient,
        newline: "\n",
        awaits: false,
        futures_are_awaited: false,
        name: "test",
        template: "page.html",
    }))
}

fn apply(
    registry: &Registry,
    name: &str,
    positional: &[Value],
    keywords: &[(&str, Value)],
) -> Result<Value, Error> {
    let names: Vec<ArcStr> = keywords
        .iter()
        .map(|(name, _)| ArcStr::from(*name))
        .collect();
    let values: Vec<Value> = keywords.iter().map(|(_, value)| value.clone()).collect();
    with_context(registry, |context| {
        context.call_filter(name, &Arguments::new(positional, &names, &values))
    })
}

#[test]
fn closures_take_what_they_ask_for() {
    let mut registry = Registry::new();
    registry.add_filter("none", || "nothing");
    registry.add_filter("str", |text: &str| text.len());
    registry.add_filter("owned", |text: String, times: Option<usize>| {
        text.repeat(times.unwrap_or(2))
    });
    registry.add_filter("cow", |text: Cow<'_, str>| text.to_uppercase());
    registry.add_filter("value", |value: &Value| value.is_none());
    registry.add_filter("context", |context: &CallContext<'_>, name: &str| {
        let tenant = context
            .extension::<Tenant>()
            .map_or("nobody", |tenant| tenant.0);
        format!("{tenant}/{name}/{}/{}", context.name(), context.template())
    });
    registry.add_filter("rest", |first: i64, rest: Rest<i64>| {
        first + rest.0.iter().sum::<i64>()
    });
    registry.add_filter("list", |items: Vec<i64>| items.iter().sum::<i64>());
    registry.add_filter("serde", |pair: Serde<(i64, String)>| {
        format!("{}{}", pair.0.0, pair.0.1)
    });
    registry.add_filter("fails", |text: &str| text.parse::<i64>());
    registry.add_filter(
        "kwargs",
        |_: &Value, options: Kwargs| -> Result<String, Error> {
            let size: Option<i64> = options.get("size")?;
            options.no_others(&["size"])?;
            Ok(format!("{size:?}"))
        },
    );
    registry.add_filter("narrow", |number: u8| number);
    let text = |text: &str| Value::string(text);
    let int = Value::int;
    let rows: Vec<(&str, Vec<Value>, &str)> = vec![
        ("none", vec![], "nothing"),
        ("str", vec![text("abc")], "3"),
        ("str", vec![Value::safe("abcd")], "4"),
        (
            "str",
            vec![int(5)],
            "Type: argument 1 of `str`: expected a string, found integer",
        ),
        ("str", vec![], "Argument: `str` misses its argument 1"),
        (
            "str",
            vec![text("a"), text("b")],
            "Argument: `str` takes 1 argument, got 2",
        ),
        ("owned", vec![text("ab")], "abab"),
        ("owned", vec![text("ab"), int(3)], "ababab"),
        ("owned", vec![text("ab"), Value::NONE], "abab"),
        (
            "owned",
            vec![text("ab"), int(-1)],
            "Value: argument 2 of `owned`: -1 does not fit the type `usize`",
        ),
        ("cow", vec![text("a")], "A"),
        ("cow", vec![Value::TRUE], "TRUE"),
        ("value", vec![Value::NONE], "True"),
        ("context", vec![text("x")], "acme/x/context/page.html"),
        ("rest", vec![int(1), int(2), int(3)], "6"),
        (
            "rest",
            vec![int(1), text("x")],
            "Type: argument 2 of `rest`: expected an integer, found string",
        ),
        ("list", vec![Value::list(vec![int(1), int(2)])], "3"),
        (
            "list",
            vec![text("12")],
            "Type: argument 1 of `list`: expected a sequence, found string",
        ),
        ("serde", vec![Value::tuple(vec![int(1), text("a")])], "1a"),
        ("fails", vec![text("7")], "7"),
        (
            "fails",
            vec![text("x")],
            "Host: invalid digit found in string",
        ),
        (
            "narrow",
            vec![int(256)],
            "Value: argument 1 of `narrow`: 256 does not fit the type `u8`",
        ),
    ];
    for (name, arguments, expected) in rows {
        let got = match apply(&registry, name, &arguments, &[]) {
            Ok(value) => value.to_string(),
            Err(error) => format!("{:?}: {}", error.kind(), error.message()),
        };
        assert_eq!(got, expected, "{name}");
    }
    let sized = apply(&registry, "kwargs", &[Value::NONE], &[("size", int(3))]);
    assert_eq!(sized.expect("it takes a size").to_string(), "Some(3)");
    let rows = [
        (
            "kwargs",
            "size",
            text("x"),
            "argument `size` of `kwargs`: expected an integer, found string",
        ),
        (
            "kwargs",
            "siz",
            int(3),
            "unknown keyword argument `siz` for `kwargs`; it takes `size`",
        ),
        (
            "value",
            "size",
            int(3),
            "unknown keyword argument `size` for `value`; it takes none",
        ),
    ];
    for (name, keyword, value, expected) in rows {
        let error = apply(&registry, name, &[Value::NONE], &[(keyword, value)]).expect_err(name);
        assert_eq!(error.message(), expected);
    }
}

#[test]
fn unknown_names_are_suggested() {
    let mut registry = Registry::new();
    registry.add_filter("upper", |text: &str| text.to_uppercase());
    let error = apply(&registry, "uper", &[], &[]).expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::UnknownFilter);
    assert_eq!(
        error.message(),
        "no filter named `uper`; did you mean `upper`?"
    );
    let error = with_context(&registry, |context| {
        context.perform_test("odd", &Arguments::default())
    })
    .expect_err("there is none");
    assert_eq!(error.message(), "no test named `odd`");
}

#[test]
fn async_closures_run_when_they_are_awaited() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let mut registry = Registry::new();
    registry.add_async_filter("double", move |number: i64, more: Option<i64>| {
        // Also what is outside of the async block belongs to the call.
        counter.fetch_add(1, Ordering::Relaxed);
        async move { Ok::<_, String>(number * 2 + more.unwrap_or(0)) }
    });
    registry.add_async_filter("fails", async |_: Value| Err::<i64, _>("no luck"));
    let future = apply(&registry, "double", &[Value::int(4)], &[]).expect("it begins");
    let pending = future.as_pending().expect("it is a future");
    assert_eq!(pending.label(), "double");
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    for _ in 0..2 {
        let result = pending.wait().now_or_never().expect("it is ready");
        assert_eq!(result.expect("it works").as_i64(), Some(8));
    }
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    let error = apply(&registry, "double", &[Value::string("x")], &[]).expect_err("no number");
    assert_eq!(error.kind(), ErrorKind::Type);
    let failing = apply(&registry, "fails", &[Value::NONE], &[]).expect("it begins");
    let pending = failing.as_pending().expect("it is a future");
    let error = pending
        .wait()
        .now_or_never()
        .expect("it is ready")
        .expect_err("it fails");
    assert_eq!(error.message(), "no luck");
}

#[test]
fn builtins_bind_arguments_as_python_does() {
    fn show(_: &CallContext<'_>, bound: &Bound<'_>) -> Result<Flow, Error> {
        let slots: Vec<String> = (0..3)
            .map(|index| bound.get(index).map_or("-".to_owned(), Value::to_string))
            .collect();
        let rest: Vec<String> = bound.rest().iter().map(Value::to_string).collect();
        let keywords: Vec<String> = bound
            .keywords()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let text = format!(
            "{} {} {}",
            slots.join(","),
            rest.join(","),
            keywords.join(",")
        );
        Ok(Flow::Return(Value::string(text)))
    }
    static SHOW: Builtin = Builtin::filter("show", &["a", "b", "c"], show).required(1);
    static OPEN: Builtin = Builtin::filter("open", &["a", "b", "c"], show)
        .rest()
        .keywords();
    static BARE: Builtin = Builtin::filter("bare", &["a", "b", "c"], show).required(3);
    let mut registry = Registry::new();
    for builtin in [&SHOW, &OPEN, &BARE] {
        registry.set_filter(builtin.name, std::sync::Arc::new(builtin));
    }
    let int = Value::int;
    type Row = (
        &'static str,
        Vec<i64>,
        Vec<(&'static str, i64)>,
        &'static str,
    );
    let rows: Vec<Row> = vec![
        ("show", vec![0, 1], vec![], "1,-,-  "),
        ("show", vec![0, 1], vec![("c", 3)], "1,-,3  "),
        ("show", vec![0], vec![("b", 2), ("a", 1)], "1,2,-  "),
        (
            "show",
            vec![0, 1, 2, 3, 4],
            vec![],
            "`show` takes at most 3 arguments, got 4",
        ),
        (
            "show",
            vec![0],
            vec![("b", 2)],
            "`show` misses its argument `a`",
        ),
        (
            "show",
            vec![0, 1],
            vec![("a", 2)],
            "`show` got the argument `a` twice",
        ),
        (
            "show",
            vec![0, 1],
            vec![("d", 2)],
            "unknown keyword argument `d` for `show`; it takes `a`, `b`, `c`",
        ),
        (
            "show",
            vec![],
            vec![],
            "`show` needs a value to be applied to",
        ),
        (
            "bare",
            vec![0, 1, 2, 3, 4],
            vec![],
            "`bare` takes 3 arguments, got 4",
        ),
        (
            "open",
            vec![0, 1, 2, 3, 4, 5],
            vec![("x", 6)],
            "1,2,3 4,5 x=6",
        ),
    ];
    for (name, positional, keywords, expected) in rows {
        let positional: Vec<Value> = positional.into_iter().map(int).collect();
        let keywords: Vec<(&str, Value)> = keywords
            .into_iter()
            .map(|(name, value)| (name, int(value)))
            .collect();
        let got = match apply(&registry, name, &positional, &keywords) {
            Ok(value) => value.to_string(),
            Err(error) => error.message().to_owned(),
        };
        assert_eq!(got, expected);
    }
}

#[test]
fn budgets_run_out() {
    let budget = Budget::new(&Limits {
        fuel: Some(10),
        output: Some(5),
        memory: Some(100),
        depth: 3,
        items: Some(2),
        in_flight: 1,
        deadline: None,
    });
    budget.fuel(10).expect("there is fuel");
    assert_eq!(budget.fuel_left(), Some(0));
    let kinds = [
        (budget.fuel(1), ErrorKind::Fuel),
        (budget.memory(u64::MAX), ErrorKind::MemoryLimit),
        (budget.output(6), ErrorKind::OutputLimit),
        (budget.depth(4), ErrorKind::DepthLimit),
        (budget.items(3), ErrorKind::ItemLimit),
        (budget.in_flight(2), ErrorKind::InFlightLimit),
    ];
    for (result, kind) in kinds {
        assert_eq!(result.expect_err("it is over").kind(), kind);
    }
    budget.memory(100).expect("a refused charge takes nothing");
    budget.memory(1).expect_err("now it is used up");
    let unlimited = Budget::new(&Limits {
        memory: None,
        ..Limits::default()
    });
    unlimited.fuel(1 << 60).expect("there is no limit");
    unlimited.memory(1 << 40).expect("there is no limit");
    unlimited.memory(1 << 63).expect_err("no machine has that");
}

#[test]
fn budgets_travel_with_a_render() {
    fn is_send<T: Send>() {}
    is_send::<Budget>();
    is_send::<Registry>();
    is_send::<Flow>();
    fn is_sync<T: Sync>() {}
    is_sync::<Registry>();
    is_sync::<Extensions>();
}

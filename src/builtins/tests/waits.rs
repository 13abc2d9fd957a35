//! Builtins that meet futures and streams.

use std::sync::Arc;

use arcstr::ArcStr;
use futures_util::{FutureExt, StreamExt};

use crate::call::{Arguments, CallContext, Flow};
use crate::error::{Error, ErrorKind};
use crate::value::{Value, display};

use super::Host;

/// Runs a flow to its end, waiting where it asks to, as the machine and its driver would.
fn drive(context: &CallContext<'_>, flow: Flow) -> Result<Value, Error> {
    match flow {
        Flow::Return(value) => Ok(value),
        Flow::Future { label, future } => Ok(Value::pending_box(label, future)),
        Flow::Await { value, then } => {
            let result = match value.as_pending() {
                Some(pending) => pending.wait().now_or_never().expect("it is ready"),
                None => Ok(value),
            };
            drive(context, then(context, result)?)
        }
        Flow::Next { stream, then } => {
            let mut reader = stream.clone().reader();
            let item = reader.with(|stream| stream.next().now_or_never());
            let item = item.expect("it is ready");
            drive(context, then(context, item.transpose())?)
        }
        Flow::Call { .. } => panic!("nothing is called here"),
    }
}

fn later(value: impl Into<Value>) -> Value {
    let value = value.into();
    Value::pending(ArcStr::from("later"), async move { Ok(value) })
}

fn failing() -> Value {
    Value::pending(ArcStr::from("failing"), async {
        Err(Error::host("no luck"))
    })
}

fn stream(items: Vec<i64>) -> Value {
    let items = items.into_iter().map(|item| Ok(Value::int(item)));
    Value::stream(ArcStr::from("rows"), futures_util::stream::iter(items))
}

/// A host with an async filter, an async test, and a filter that fails later.
fn host(awaits: bool) -> Host {
    let mut host = Host::new();
    host.awaits = awaits;
    host.registry
        .add_async_filter("adouble", |number: i64| async move { number * 2 });
    host.registry
        .add_async_test("aeven", |number: i64| async move { number % 2 == 0 });
    host.registry.add_async_filter(
        "afail",
        |_: Value| async move { Err::<Value, _>("no luck") },
    );
    host
}

fn filter(host: &Host, name: &str, arguments: &[Value]) -> Result<Value, Error> {
    host.with_context(|context| {
        let arguments = Arguments::positional_only(arguments);
        let flow = context
            .filter(name)?
            .call(&context.renamed(name), &arguments)?;
        drive(context, flow)
    })
}

fn numbers() -> Value {
    Value::list((1..=4).map(Value::int).collect())
}

fn repr(host: &Host, value: &Value) -> String {
    host.with_context(|context| {
        display::to_repr(context, value)
            .expect("it prints")
            .to_string()
    })
}

#[test]
fn callbacks_that_wait_are_awaited_if_the_call_may() {
    let host = host(true);
    let text = |text: &str| Value::string(text);
    let rows = [
        ("map", vec![numbers(), text("adouble")], "[2, 4, 6, 8]"),
        ("select", vec![numbers(), text("aeven")], "[2, 4]"),
        ("reject", vec![numbers(), text("aeven")], "[1, 3]"),
        (
            "map",
            vec![numbers(), text("map"), text("adouble")],
            "error Type",
        ),
    ];
    for (name, arguments, expected) in rows {
        let got = match filter(&host, name, &arguments) {
            Ok(value) => repr(&host, &value),
            Err(error) => format!("error {:?}", error.kind()),
        };
        assert_eq!(got, expected, "{name} of {:?}", arguments[1].as_str());
    }
    let nested = Value::list(vec![numbers(), numbers()]);
    let doubled = filter(&host, "map", &[nested, text("map"), text("adouble")]);
    assert_eq!(
        repr(&host, &doubled.expect("it waits")),
        "[[2, 4, 6, 8], [2, 4, 6, 8]]"
    );
    let error = filter(&host, "map", &[numbers(), text("afail")]).expect_err("it fails");
    assert_eq!(error.message(), "no luck");
}

#[test]
fn without_await_futures_are_passed_on_or_refused() {
    let host = host(false);
    let mapped = filter(&host, "map", &[numbers(), Value::string("adouble")]).expect("it maps");
    let items = mapped.as_list().expect("it is a list");
    assert!(items.items().iter().all(Value::is_pending));
    for (name, arguments) in [
        ("select", vec![numbers(), Value::string("aeven")]),
        ("upper", vec![later("x")]),
        ("join", vec![Value::list(vec![later("x"), later("y")])]),
        ("sort", vec![Value::list(vec![later(1), later(2)])]),
        ("tojson", vec![Value::list(vec![later(1)])]),
        ("default", vec![later(1)]),
        ("list", vec![later(1)]),
        ("center", vec![Value::string("x"), later(1)]),
        ("sum", vec![Value::list(vec![later(1)])]),
    ] {
        let error = filter(&host, name, &arguments).expect_err(name);
        assert_eq!(error.kind(), ErrorKind::UnawaitedFuture, "{name}");
        assert!(error.pending().is_some(), "{name}");
    }
    for name in ["list", "first", "join", "length", "map"] {
        let rows = stream(vec![1, 2]);
        let error = filter(
            &host,
            name,
            &[rows, Value::string("string")][..usize::from(name == "map") + 1],
        )
        .expect_err(name);
        assert_eq!(error.kind(), ErrorKind::StreamInSyncFor, "{name}");
        assert!(error.pending().is_some(), "{name}");
    }
    // What only passes futures on keeps them.
    for (name, arguments) in [
        ("list", vec![Value::list(vec![later(1)])]),
        (
            "batch",
            vec![Value::list(vec![later(1)]), Value::int(2), later(0)],
        ),
        ("first", vec![Value::list(vec![later(1)])]),
        ("last", vec![Value::list(vec![later(1)])]),
        ("reverse", vec![Value::list(vec![later(1)])]),
        ("default", vec![Value::UNDEFINED, later(1)]),
    ] {
        assert!(filter(&host, name, &arguments).is_ok(), "{name}");
    }
}

#[test]
fn awaited_futures_stand_for_their_results() {
    let done = |value: Value| {
        let pending = later(value);
        let future = pending.as_pending().expect("it is a future").wait();
        let _ = future.now_or_never();
        pending
    };
    let mut host = host(true);
    host.awaited = true;
    let list = || Value::list(vec![done(Value::int(2)), done(Value::int(1))]);
    let rows = [
        ("join", vec![list(), Value::string("+")], "'2+1'"),
        ("sort", vec![list()], "[1, 2]"),
        ("sum", vec![list()], "3"),
        ("min", vec![list()], "1"),
        ("max", vec![list()], "2"),
        ("unique", vec![list()], "[2, 1]"),
        ("tojson", vec![list()], "Markup('[2, 1]')"),
        ("list", vec![done(list())], "[2, 1]"),
        ("upper", vec![done(Value::string("x"))], "'X'"),
        ("upper", vec![done(Value::safe("x"))], "Markup('X')"),
        (
            "center",
            vec![Value::string("x"), done(Value::int(3))],
            "' x '",
        ),
        ("map", vec![list(), Value::string("adouble")], "[4, 2]"),
        ("select", vec![list(), Value::string("odd")], "[1]"),
        (
            "default",
            vec![done(Value::NONE), Value::int(1), Value::TRUE],
            "1",
        ),
    ];
    for (name, arguments, expected) in rows {
        let got = filter(&host, name, &arguments).expect(name);
        assert_eq!(repr(&host, &got), expected, "{name}");
    }
}

#[test]
fn the_first_of_a_stream_reads_one_item() {
    let host = host(true);
    let rows = stream(vec![7, 8, 9]);
    assert_eq!(
        filter(&host, "first", std::slice::from_ref(&rows))
            .expect("it reads")
            .as_i64(),
        Some(7)
    );
    let error = filter(&host, "first", &[rows]).expect_err("it was read");
    assert_eq!(error.kind(), ErrorKind::StreamConsumed);
    let empty = filter(&host, "first", &[stream(Vec::new())]).expect("it ends");
    assert!(empty.is_undefined());
}

#[test]
fn attributes_that_are_futures_are_awaited_on_the_way() {
    #[derive(Debug)]
    struct User(i64);
    impl crate::value::Object for User {
        fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
            match name {
                "age" => Some(later(self.0)),
                "friend" => Some(later(Value::from_object(User(self.0 + 1)))),
                "broken" => Some(failing()),
                _ => None,
            }
        }
    }
    let users = || Value::list([3, 1, 2].map(|age| Value::from_object(User(age))).to_vec());
    let host = host(true);
    let keyword = |name: &str, extra: &str, value: &str| {
        host.with_context(|context| {
            let (names, values) = ([ArcStr::from(extra)], [Value::string(value)]);
            let subjects = [users()];
            let arguments = Arguments::new(&subjects, &names, &values);
            let flow = context
                .filter(name)?
                .call(&context.renamed(name), &arguments)?;
            drive(context, flow)
        })
    };
    let ages = keyword("map", "attribute", "age").expect("it waits");
    assert_eq!(repr(&host, &ages), "[3, 1, 2]");
    let older = keyword("map", "attribute", "friend.age").expect("it waits");
    assert_eq!(repr(&host, &older), "[4, 2, 3]");
    let sum = keyword("sum", "attribute", "friend.friend.age").expect("it waits");
    assert_eq!(sum.as_i64(), Some(12));
    let error = keyword("sort", "attribute", "broken").expect_err("it fails");
    assert_eq!(error.message(), "no luck");
    let sorted = keyword("sort", "attribute", "age").expect("it waits");
    let first = filter(&host, "first", &[sorted]).expect("there is one");
    assert_eq!(first.downcast_object::<User>().map(|user| user.0), Some(1));
}

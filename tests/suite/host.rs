//! The host that cases run in: async and sync functions, filters, tests, an object, and values that JSON
//! cannot write.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::stream;
use kakehi::{Arguments, CallContext, Environment, Error, Flow, Object, Rest, Value};
use serde::{Serialize, Serializer};

/// A future that is pending `rounds` times and wakes its task each time.
#[derive(Debug)]
pub(crate) struct Rounds(pub(crate) u32);

impl Future for Rounds {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// How often each function was called in one render; given to it as an extension.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<HashMap<String, i64>>>);

impl Calls {
    fn count(&self, name: &str) {
        *self
            .0
            .lock()
            .expect("no test panics here")
            .entry(name.to_owned())
            .or_insert(0) += 1;
    }

    fn of(&self, name: &str) -> i64 {
        self.0
            .lock()
            .expect("no test panics here")
            .get(name)
            .copied()
            .unwrap_or(0)
    }
}

fn count(context: &CallContext<'_>, name: &str) {
    if let Some(calls) = context.extension::<Calls>() {
        calls.count(name);
    }
}

fn user(id: i64) -> Value {
    kakehi::context! { id => id, name => format!("user{id}") }
}

fn numbers(count: i64, failure: Option<String>) -> Value {
    let items = stream::unfold((1, failure), move |(next, mut failure)| async move {
        Rounds(1).await;
        if next <= count {
            return Some((Ok(Value::from(next)), (next + 1, failure)));
        }
        failure
            .take()
            .map(|message| (Err(Error::host(message)), (next, None)))
    });
    Value::from_stream(items)
}

/// Whether the host's plain functions are async as well, so that everything that may wait does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    AllAsync,
}

/// Adds the host's functions to an environment.
pub(crate) fn populate(env: &mut Environment, mode: Mode) {
    env.add_function("get", |context: &CallContext<'_>, value: Value| {
        let calls = context.extension::<Calls>().cloned();
        Value::from_future(async move {
            Rounds(1).await;
            if let Some(calls) = calls {
                calls.count("get");
            }
            Ok::<_, Error>(value)
        })
    });
    crate::tags::add(env, mode);
    env.add_async_function("later", |value: Value, rounds: u32| async move {
        Rounds(rounds).await;
        value
    });
    env.add_async_function("fail", |message: String| async move {
        Rounds(1).await;
        Err::<Value, _>(Error::host(message))
    });
    env.add_function("fetch_user", |context: &CallContext<'_>, id: i64| {
        count(context, "fetch_user");
        Value::from_future(async move {
            Rounds(1).await;
            Ok::<_, Error>(user(id))
        })
    });
    env.add_function("numbers", |count: i64| numbers(count, None));
    env.add_function("numbers_then_fail", |count: i64, message: String| {
        numbers(count, Some(message))
    });
    env.add_async_function("get_list", |count: i64| async move {
        Rounds(1).await;
        (1..=count).map(Value::from).collect::<Vec<_>>()
    });
    env.add_async_function("get_stream", |count: i64| async move {
        Rounds(1).await;
        numbers(count, None)
    });
    env.add_function("count_calls", |context: &CallContext<'_>, name: &str| {
        context
            .extension::<Calls>()
            .map_or(0, |calls| calls.of(name))
    });
    env.add_async_filter("aupper", |text: String| async move {
        Rounds(1).await;
        text.to_uppercase()
    });
    env.add_async_filter("adouble", |value: Value| async move {
        Rounds(1).await;
        match (value.as_i64(), value.as_str()) {
            (Some(number), _) => Ok(Value::from(number * 2)),
            (None, Some(text)) => Ok(Value::from(text.repeat(2))),
            (None, None) => Err(Error::host("only numbers and texts are doubled")),
        }
    });
    env.add_async_test("aeven", |number: i64| async move {
        Rounds(1).await;
        number % 2 == 0
    });
    env.add_test("big", |number: i64| number > 100);
    env.add_global("db", Value::from_object(Database));
    match mode {
        Mode::Plain => {
            env.add_function("zip", |lists: Rest<Value>| zip(&lists.0));
            env.add_function("boom", |message: String| {
                Err::<Value, _>(Error::host(message))
            });
            env.add_filter("shout", |text: &str| format!("{}!", text.to_uppercase()));
        }
        Mode::AllAsync => {
            env.add_async_function("zip", |lists: Rest<Value>| async move {
                Rounds(1).await;
                zip(&lists.0)
            });
            env.add_async_function("boom", |message: String| async move {
                Rounds(1).await;
                Err::<Value, _>(Error::host(message))
            });
            env.add_async_filter("shout", |text: String| async move {
                Rounds(1).await;
                format!("{}!", text.to_uppercase())
            });
        }
    }
}

fn zip(lists: &[Value]) -> Result<Vec<Value>, Error> {
    let lists = lists
        .iter()
        .map(|list| Ok(list.try_iter()?.collect()))
        .collect::<Result<Vec<Vec<Value>>, Error>>()?;
    let shortest = lists.iter().map(Vec::len).min().unwrap_or(0);
    Ok((0..shortest)
        .map(|at| Value::from_tuple(lists.iter().map(|list| list[at].clone())))
        .collect())
}

/// The object `db`.
#[derive(Debug)]
struct Database;

impl Object for Database {
    fn type_name(&self) -> &str {
        "database"
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        match name {
            "name" => Some(Value::from("db")),
            "motd" => Some(Value::from_future(async {
                Rounds(1).await;
                Ok::<_, Error>(Value::from("hello"))
            })),
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        name: &str,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        let argument = arguments.get(0).and_then(Value::as_i64);
        Ok(Flow::from(match (name, argument) {
            ("size", None) => Value::from(3),
            ("user", Some(id)) => {
                count(context, "db.user");
                Value::from_future(async move {
                    Rounds(1).await;
                    Ok::<_, Error>(user(id))
                })
            }
            ("rows", Some(count)) => numbers(count, None),
            _ => return Err(Error::host(format!("db has no method {name}"))),
        }))
    }
}

/// A context of JSON, in which an object with one key `$future`, `$failing`, `$stream`, `$safe`, `$bytes`
/// or `$tuple` stands for what JSON cannot write.
pub(crate) fn context(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Object(map) => {
            if map.len() == 1
                && let Some((key, inner)) = map.iter().next()
                && let Some(value) = special(key, inner)
            {
                return value;
            }
            let pairs = map
                .iter()
                .map(|(key, value)| (Value::from(key.as_str()), context(value)));
            Value::from_pairs(pairs).expect("texts are keys")
        }
        serde_json::Value::Array(items) => items.iter().map(context).collect::<Vec<_>>().into(),
        other => Value::from_serialize(other).expect("JSON converts"),
    }
}

/// The same context as a type of the host's, which each render converts.
pub(crate) struct Unconverted<'a>(pub(crate) &'a serde_json::Value);

impl Serialize for Unconverted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            serde_json::Value::Object(map) => {
                if map.len() == 1
                    && let Some((key, inner)) = map.iter().next()
                    && let Some(value) = special(key, inner)
                {
                    return value.serialize(serializer);
                }
                serializer.collect_map(map.iter().map(|(key, value)| (key, Unconverted(value))))
            }
            serde_json::Value::Array(items) => {
                serializer.collect_seq(items.iter().map(Unconverted))
            }
            other => other.serialize(serializer),
        }
    }
}

fn special(key: &str, inner: &serde_json::Value) -> Option<Value> {
    let items = || inner.as_array().into_iter().flatten();
    Some(match key {
        "$future" => {
            let value = context(inner);
            Value::from_future(async move {
                Rounds(1).await;
                Ok::<_, Error>(value)
            })
        }
        "$failing" => {
            let message = inner.as_str()?.to_owned();
            Value::from_future(async move {
                Rounds(1).await;
                Err::<Value, _>(Error::host(message))
            })
        }
        "$stream" => {
            let items: Vec<Value> = items().map(context).collect();
            Value::from_stream(stream::unfold(items.into_iter(), |mut items| async move {
                Rounds(1).await;
                items.next().map(|item| (Ok::<_, Error>(item), items))
            }))
        }
        "$safe" => Value::from_safe_string(inner.as_str()?.to_owned()),
        "$bytes" => Value::from_bytes(
            items()
                .map(|byte| byte.as_u64().unwrap_or(0) as u8)
                .collect::<Vec<_>>(),
        ),
        "$tuple" => Value::from_tuple(items().map(context)),
        _ => return None,
    })
}

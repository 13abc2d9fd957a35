//! Values of JSON lines: plain JSON, and objects with one key that starts with `$` for what JSON lacks.

use std::sync::{Arc, Mutex};

use futures_util::stream;
use kakehi::{
    Arguments, CallContext, Environment, Error, Flow, Function, Object, Value, ValueIter,
};
use serde_json::Value as Json;

/// The value that JSON stands for.
pub(crate) fn value(json: &Json) -> Value {
    match json {
        Json::Object(map) => {
            if map.len() == 1
                && let Some((key, inner)) = map.iter().next()
                && let Some(value) = special(key, inner)
            {
                return value;
            }
            pairs(
                map.iter()
                    .map(|(key, item)| (Value::from(key.as_str()), value(item))),
            )
        }
        Json::Array(items) => items.iter().map(value).collect::<Vec<_>>().into(),
        other => Value::from_serialize(other).expect("JSON converts"),
    }
}

fn pairs(pairs: impl Iterator<Item = (Value, Value)>) -> Value {
    Value::from_pairs(pairs).expect("the keys are hashable")
}

fn special(key: &str, inner: &Json) -> Option<Value> {
    let items = || inner.as_array().into_iter().flatten().map(value);
    let text = || inner.as_str().unwrap_or_default();
    Some(match key {
        "$int" => Value::from(text().parse::<i128>().ok()?),
        "$float" => Value::from(text().parse::<f64>().ok()?),
        "$tuple" => Value::from_tuple(items()),
        "$safe" => Value::from_safe_string(text()),
        "$bytes" => Value::from_bytes(
            items()
                .map(|byte| byte.as_i64().unwrap_or(0) as u8)
                .collect::<Vec<_>>(),
        ),
        "$range" => {
            let range = Environment::jinja().expression("range(*parts)").ok()?;
            range
                .eval(kakehi::context! { parts => value(inner) })
                .ok()?
        }
        "$dict" => pairs(items().filter_map(|pair| {
            let mut pair = pair.try_iter().ok()?;
            Some((pair.next()?, pair.next()?))
        })),
        "$iter" => Value::from_object(Once(Mutex::new(Some(items().collect())))),
        "$stream" => Value::from_stream(stream::iter(
            items().map(Ok::<_, Error>).collect::<Vec<_>>(),
        )),
        "$future" => {
            let value = value(inner);
            Value::from_future(async move { Ok::<_, Error>(value) })
        }
        "$replay" => Value::from_object(Callable(replay(inner))),
        "$object" => Value::from_object(Thing {
            text: inner["text"].as_str().unwrap_or("<thing>").to_owned(),
            html: inner["html"].as_str().map(str::to_owned),
            attributes: value(&inner["attributes"]),
            items: value(&inner["items"]),
        }),
        _ => return None,
    })
}

/// A function of the host: it gives its recorded results in order, the last one again and again.
pub(crate) fn function(json: &Json) -> Arc<dyn Function> {
    Arc::new(replay(&json["$replay"]))
}

fn replay(results: &Json) -> Replay {
    let results = results.as_array().cloned().unwrap_or_default();
    Replay(Mutex::new((0, results)))
}

#[derive(Debug)]
struct Replay(Mutex<(usize, Vec<Json>)>);

impl Function for Replay {
    fn call(&self, _: &CallContext<'_>, _: &Arguments<'_>) -> Result<Flow, Error> {
        let mut state = self.0.lock().expect("no call panics");
        let (next, results) = &mut *state;
        let Some(result) = results.get(*next).or(results.last()) else {
            return Err(Error::host("a call that was not recorded"));
        };
        let result = match result.get("$error") {
            Some(message) => Err(Error::host(message.to_string())),
            None => Ok(Flow::Return(value(result))),
        };
        *next += 1;
        result
    }
}

#[derive(Debug)]
struct Callable(Replay);

impl Object for Callable {
    fn type_name(&self) -> &str {
        "function"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        self.0.call(context, arguments)
    }
}

/// An iterator that can be iterated once, as a generator.
#[derive(Debug)]
struct Once(Mutex<Option<Vec<Value>>>);

impl Object for Once {
    fn type_name(&self) -> &str {
        "generator"
    }

    fn iterate(self: &Arc<Self>) -> Option<ValueIter> {
        let items = self.0.lock().expect("nothing panics").take();
        Value::from(items.unwrap_or_default()).try_iter().ok()
    }
}

/// An object with attributes and, under a subscript, items.
#[derive(Debug)]
struct Thing {
    text: String,
    html: Option<String>,
    attributes: Value,
    items: Value,
}

impl Object for Thing {
    fn type_name(&self) -> &str {
        "cases.Thing object"
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        let found = self.attributes.get_item(&Value::from(name));
        (!found.is_undefined()).then_some(found)
    }

    fn get_item(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = self.items.get_item(key);
        (!found.is_undefined()).then_some(found)
    }

    fn render(&self) -> String {
        self.html.clone().unwrap_or_else(|| self.text.clone())
    }

    fn is_markup(&self) -> bool {
        self.html.is_some()
    }
}

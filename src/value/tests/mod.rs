//! What values do, as tables of cases; every expected text is what Python 3.11 answers.

mod comparing;
mod contexts;
mod formatting;
mod nesting;
mod numbers;
mod objects;
mod printing;
mod sequences;
mod serde;
mod waiting;

use std::cell::Cell;

use crate::error::{Error, ErrorKind};
use crate::value::{Charge, Map, Unlimited, Value, display};

/// The `repr()` of a result, or the message of its error behind two exclamation marks.
fn shown(result: Result<Value, Error>) -> String {
    match result {
        Ok(value) => repr(&value),
        Err(error) => format!("!!{}", error.message()),
    }
}

fn repr(value: &Value) -> String {
    let mut out = String::new();
    display::repr(&Unlimited, &mut out, value).expect("the value can be printed");
    out
}

fn list<const N: usize>(items: [Value; N]) -> Value {
    Value::shared_list(items.into())
}

fn tuple<const N: usize>(items: [Value; N]) -> Value {
    Value::tuple(items.into())
}

fn map<const N: usize>(entries: [(Value, Value); N]) -> Value {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key, value).expect("the key is hashable");
    }
    Value::shared_map(map)
}

fn v(value: impl Into<Value>) -> Value {
    value.into()
}

fn safe(text: &str) -> Value {
    Value::safe(text)
}

/// A budget of so many bytes and rounds.
struct Budget {
    memory: Cell<u64>,
    fuel: Cell<u64>,
    awaited: bool,
}

impl Budget {
    fn new(memory: u64, fuel: u64) -> Self {
        Budget {
            memory: Cell::new(memory),
            fuel: Cell::new(fuel),
            awaited: false,
        }
    }
}

fn pay(left: &Cell<u64>, price: u64, kind: ErrorKind) -> Result<(), Error> {
    let rest = left.get().checked_sub(price);
    left.set(rest.ok_or_else(|| Error::new(kind, "too expensive"))?);
    Ok(())
}

impl Charge for Budget {
    fn fuel(&self, rounds: u64) -> Result<(), Error> {
        pay(&self.fuel, rounds, ErrorKind::Fuel)
    }

    fn memory(&self, bytes: u64) -> Result<(), Error> {
        pay(&self.memory, bytes, ErrorKind::MemoryLimit)
    }

    fn futures_are_awaited(&self) -> bool {
        self.awaited
    }
}

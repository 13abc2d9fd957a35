//! Methods of lists, tuples and ranges.

use std::sync::Arc;

use crate::builtins::each::{Applied, apply};
use crate::builtins::operand::{self, integer, items, shown, strict_flag};
use crate::builtins::produce::{Answer, charge_values, value};
use crate::builtins::sort::{self, Keys};
use crate::call::{Arguments, Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::compare::equal;
use crate::value::{List, Value};

pub(super) const METHODS: &[Builtin] = &[
    Builtin::method("append", &["item"], append).required(1),
    Builtin::method("extend", &["iterable"], extend).required(1),
    Builtin::method("insert", &["index", "item"], insert).required(2),
    Builtin::method("pop", &["index"], pop),
    Builtin::method("remove", &["item"], remove).required(1),
    Builtin::method("sort", &["key", "reverse"], sort_in_place).named(),
    Builtin::method("reverse", &[], |context, bound| {
        let list = receiver(bound)?;
        context.fuel(list.len() as u64 / 16)?;
        list.change(context, |items| items.reverse())?;
        value(Value::NONE)
    }),
    Builtin::method("copy", &[], |context, bound| {
        value(Value::shared_list(items(context, bound.value)?))
    }),
    Builtin::method("clear", &[], |context, bound| {
        // The items are dropped outside of the change: one of them may hold this list.
        let items = receiver(bound)?.change(context, std::mem::take)?;
        drop(items);
        value(Value::NONE)
    }),
];

/// What lists share with tuples and ranges.
pub(super) const SEQUENCE_METHODS: &[Builtin] = &[
    Builtin::method("index", &["item", "start", "stop"], index).required(1),
    Builtin::method("count", &["item"], |context, bound| {
        let mut count = 0;
        for item in items(context, bound.value)? {
            count += i64::from(equal(context, &item, bound.required(0))?);
        }
        value(Value::int(count))
    })
    .required(1),
];

fn receiver<'a>(bound: &Bound<'a>) -> Result<&'a Arc<List>, Error> {
    bound
        .value
        .as_list()
        .ok_or_else(|| operand::refuse(bound, "a list"))
}

fn append(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    receiver(bound)?.append(context, bound.value, bound.required(0).clone())?;
    value(Value::NONE)
}

/// Tells the render that containers may have been put into the receiver.
fn report(context: &CallContext<'_>, bound: &Bound<'_>, added: &[Value]) {
    use crate::value::Charge;
    if added.iter().any(Value::is_container) {
        Charge::stored(context, bound.value);
    }
}

fn extend(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let list = receiver(bound)?;
    let added = items(context, bound.required(0))?;
    charge_values(context, added.len())?;
    report(context, bound, &added);
    list.change(context, |items| items.extend(added))?;
    value(Value::NONE)
}

fn insert(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let list = receiver(bound)?;
    let index = integer(bound, 0)?.unwrap_or(0);
    let item = bound.required(1).clone();
    charge_values(context, 1)?;
    context.fuel(list.len() as u64 / 64)?;
    report(context, bound, std::slice::from_ref(&item));
    list.change(context, |items| {
        let length = items.len() as i64;
        let at = match index {
            index if index < 0 => length.saturating_add(index).max(0),
            index => index.min(length),
        };
        items.insert(at as usize, item);
    })?;
    value(Value::NONE)
}

fn pop(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let list = receiver(bound)?;
    let index = integer(bound, 0)?.unwrap_or(-1);
    context.fuel(list.len() as u64 / 64)?;
    let popped = list.change(context, |items| {
        let length = items.len();
        let at = match index {
            index if index < 0 => (length as i64).checked_add(index)?,
            index => index,
        };
        let at = usize::try_from(at).ok().filter(|&at| at < length)?;
        Some(items.remove(at))
    })?;
    match popped {
        Some(item) => value(item),
        None if list.len() == 0 => Err(BuiltinFault::Empty {
            name: "pop",
            container: "list",
        }
        .into()),
        None => Err(BuiltinFault::IndexOutOfRange {
            index,
            length: list.len(),
        }
        .into()),
    }
}

/// At which position an item equal to the argument stands, within bounds.
fn position(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    start: i64,
    stop: i64,
) -> Result<usize, Error> {
    let wanted = bound.required(0);
    let items = items(context, bound.value)?;
    let length = items.len() as i64;
    let clamp = |index: i64| match index {
        index if index < 0 => length.saturating_add(index).max(0),
        index => index.min(length),
    } as usize;
    let range = clamp(start)..clamp(stop).max(clamp(start));
    for (index, item) in items[range.clone()].iter().enumerate() {
        if equal(context, item, wanted)? {
            return Ok(range.start + index);
        }
    }
    Err(BuiltinFault::ItemNotFound {
        item: shown(context, wanted),
        container: match bound.value.as_list() {
            Some(_) => "list",
            None => "tuple",
        },
    }
    .into())
}

fn index(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let start = integer(bound, 1)?.unwrap_or(0);
    let stop = integer(bound, 2)?.unwrap_or(i64::MAX);
    value(Value::int(position(context, bound, start, stop)? as i64))
}

fn remove(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let list = receiver(bound)?;
    let at = position(context, bound, 0, i64::MAX)?;
    context.fuel(list.len() as u64 / 64)?;
    let removed = list.change(context, |items| {
        (at < items.len()).then(|| items.remove(at))
    })?;
    drop(removed);
    value(Value::NONE)
}

fn sort_in_place(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let list = Arc::clone(receiver(bound)?);
    let reverse = strict_flag(context, bound, 1)?;
    // A list that may not change says so before its keys are asked for.
    list.change(context, |_| ())?;
    let subjects = items(context, bound.value)?;
    let finish = move |context: &CallContext<'_>, items: Vec<Value>, keys: Vec<Value>| {
        let order = sort::order(context, items.len(), &[keys], Keys::Plain, reverse)?;
        charge_values(context, items.len())?;
        let sorted = order.iter().map(|&index| items[index].clone()).collect();
        let old = list.change(context, |items| std::mem::replace(items, sorted))?;
        drop(old);
        value(Value::NONE)
    };
    let Some(key) = bound.some(0) else {
        return finish(context, subjects.clone(), subjects);
    };
    apply(
        context,
        Applied::Callable(key.clone()),
        subjects.clone(),
        Arguments::default(),
        Box::new(move |context, keys| finish(context, subjects, keys)),
    )
}

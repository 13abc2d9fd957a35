//! The functions that wait for several futures at once, or for time.

use std::time::Duration;

use crate::builtins::operand::{number, refuse_argument, refuse_range};
use crate::builtins::produce::{Answer, charge_values, value};
use crate::call::{Bound, Builtin, CallContext, Futures};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::{Combination, CombinationKind, Repr, Value};

pub(super) const GATHER: Builtin = Builtin::function("gather", &[], |context, bound| {
    value(several(context, bound, CombinationKind::Gather)?)
})
.rest();
pub(super) const RACE: Builtin = Builtin::function("race", &[], race).rest();
pub(super) const SETTLE: Builtin = Builtin::function("settle", &[], |context, bound| {
    value(several(context, bound, CombinationKind::Settle)?)
})
.rest();
pub(super) const TIMEOUT: Builtin =
    Builtin::function("timeout", &["future", "seconds"], timeout).required(2);
pub(super) const SLEEP: Builtin = Builtin::function("sleep", &["seconds"], sleep)
    .required(1)
    .futures(Futures::Settle);

/// More than any render waits, and less than clocks can count.
const LONGEST: f64 = 1e9;

/// The arguments, and the items of lists among them, as one future.
fn several(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    kind: CombinationKind,
) -> Result<Value, Error> {
    let mut items = Vec::new();
    for given in bound.rest() {
        match &given.0 {
            Repr::List(list) => {
                charge_values(context, list.len())?;
                items.extend(list.items().iter().cloned());
            }
            Repr::Tuple(tuple) => {
                charge_values(context, tuple.items().len())?;
                items.extend_from_slice(tuple.items());
            }
            _ => {
                charge_values(context, 1)?;
                items.push(given.clone());
            }
        }
    }
    context.fuel(items.len() as u64)?;
    context.in_flight(items.iter().filter(|item| item.is_pending()).count())?;
    Ok(Value::combination(
        bound.name(),
        Combination::new(kind, items)?,
    ))
}

fn race(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let empty =
        |given: &Value| matches!(given.0, Repr::List(_) | Repr::Tuple(_)) && given.len() == Some(0);
    if bound.rest().iter().all(empty) {
        return Err(BuiltinFault::EmptyRace.into());
    }
    value(several(context, bound, CombinationKind::Race)?)
}

fn timeout(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let kind = CombinationKind::Timeout(seconds(bound, 1)?);
    let items = vec![bound.required(0).clone()];
    value(Value::combination(
        bound.name(),
        Combination::new(kind, items)?,
    ))
}

fn sleep(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let kind = CombinationKind::Sleep(seconds(bound, 0)?);
    value(Value::combination(
        bound.name(),
        Combination::new(kind, Vec::new())?,
    ))
}

/// A time in seconds; a negative one is none.
fn seconds(bound: &Bound<'_>, index: usize) -> Result<Duration, Error> {
    let given = bound.required(index);
    let Some(seconds) = number(given).map(|number| number.to_f64()) else {
        return Err(refuse_argument(bound, index, "a number of seconds"));
    };
    if seconds.is_nan() || seconds > LONGEST {
        return Err(refuse_range(
            bound,
            index,
            "at most 1,000,000,000 seconds",
            given,
        ));
    }
    Ok(Duration::from_secs_f64(seconds.max(0.0)))
}

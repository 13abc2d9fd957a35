//! The builtin tests.

use crate::builtins::filters;
use crate::builtins::operand::{is_markup, refuse, text};
use crate::builtins::produce::{Answer, value};
use crate::builtins::python::characters;
use crate::call::{Bound, Builtin, CallContext, Futures};
use crate::error::{Error, ErrorKind};
use crate::value::compare::{Relation, equal, relate};
use crate::value::{Map, UndefinedPolicy, Value, ValueKind, iterate, operate, sequence, settled};

/// All tests, those under a second name and an operator among them.
pub(super) const TESTS: &[Builtin] = &[
    Builtin::test("defined", &[], |_, bound| {
        value(!bound.value.is_undefined())
    })
    .futures(Futures::Keep),
    Builtin::test("undefined", &[], |_, bound| {
        value(bound.value.is_undefined())
    })
    .futures(Futures::Keep),
    Builtin::test("none", &[], |_, bound| value(bound.value.is_none())),
    Builtin::test("boolean", &[], |_, bound| {
        is_kind(bound, &[ValueKind::Bool])
    }),
    Builtin::test("true", &[], |_, bound| is_bool(bound, true)),
    Builtin::test("false", &[], |_, bound| is_bool(bound, false)),
    Builtin::test("integer", &[], |_, bound| {
        is_kind(bound, &[ValueKind::Integer])
    }),
    Builtin::test("float", &[], |_, bound| is_kind(bound, &[ValueKind::Float])),
    Builtin::test("number", &[], |_, bound| {
        is_kind(
            bound,
            &[ValueKind::Integer, ValueKind::Float, ValueKind::Bool],
        )
    }),
    Builtin::test("string", &[], |_, bound| {
        is_kind(bound, &[ValueKind::String])
    }),
    Builtin::test("mapping", &[], |_, bound| is_kind(bound, &[ValueKind::Map])),
    Builtin::test("sequence", &[], sequence),
    Builtin::test("iterable", &[], iterable),
    Builtin::test("callable", &[], callable).futures(Futures::Keep),
    Builtin::test("lower", &[], |context, bound| {
        let text = text(context, bound.value)?;
        context.fuel(text.len() as u64 / 16)?;
        value(characters::is_lower(&text))
    }),
    Builtin::test("upper", &[], |context, bound| {
        let text = text(context, bound.value)?;
        context.fuel(text.len() as u64 / 16)?;
        value(characters::is_upper(&text))
    }),
    Builtin::test("odd", &[], |context, bound| {
        remainder_is(context, bound, &Value::int(2), &Value::int(1))
    }),
    Builtin::test("even", &[], |context, bound| {
        remainder_is(context, bound, &Value::int(2), &Value::int(0))
    }),
    Builtin::test("divisibleby", &["num"], |context, bound| {
        remainder_is(context, bound, bound.required(0), &Value::int(0))
    })
    .required(1),
    Builtin::test("escaped", &[], |_, bound| {
        // As in Jinja2, an undefined value that chains can say how it is as markup.
        let chains = bound
            .value
            .as_undefined()
            .is_some_and(|undefined| undefined.policy == UndefinedPolicy::Chainable);
        value(chains || is_markup(bound.value))
    }),
    Builtin::test("sameas", &["other"], |_, bound| {
        value(bound.value.is_same(bound.required(0)))
    })
    .required(1),
    Builtin::test("startingwith", &["prefix"], filters::starts).required(1),
    Builtin::test("endingwith", &["suffix"], filters::ends).required(1),
    Builtin::test("in", &["seq"], |context, bound| {
        value(sequence::contains(context, bound.required(0), bound.value)?)
    })
    .required(1),
    Builtin::test("filter", &[], |context, bound| {
        let name = name(context, bound)?;
        value(name.is_some_and(|name| context.registry().filter(name).is_some()))
    }),
    Builtin::test("test", &[], |context, bound| {
        let name = name(context, bound)?;
        value(name.is_some_and(|name| context.registry().test(name).is_some()))
    }),
    Builtin::test("==", &["other"], is_equal).required(1),
    Builtin::test("eq", &["other"], is_equal).required(1),
    Builtin::test("equalto", &["other"], is_equal).required(1),
    Builtin::test("!=", &["other"], is_unequal).required(1),
    Builtin::test("ne", &["other"], is_unequal).required(1),
    Builtin::test(">", &["other"], is_greater).required(1),
    Builtin::test("gt", &["other"], is_greater).required(1),
    Builtin::test("greaterthan", &["other"], is_greater).required(1),
    Builtin::test(">=", &["other"], is_greater_or_equal).required(1),
    Builtin::test("ge", &["other"], is_greater_or_equal).required(1),
    Builtin::test("<", &["other"], is_less).required(1),
    Builtin::test("lt", &["other"], is_less).required(1),
    Builtin::test("lessthan", &["other"], is_less).required(1),
    Builtin::test("<=", &["other"], is_less_or_equal).required(1),
    Builtin::test("le", &["other"], is_less_or_equal).required(1),
];

/// What is looked up among names: only text is one, but what cannot be a key is not even looked up.
fn name<'a>(context: &CallContext<'_>, bound: &Bound<'a>) -> Result<Option<&'a str>, Error> {
    let given = settled(context, bound.value)?;
    Map::new().get(given)?;
    Ok(given.as_str())
}

fn is_kind(bound: &Bound<'_>, kinds: &[ValueKind]) -> Answer {
    value(kinds.contains(&bound.value.kind()))
}

fn is_bool(bound: &Bound<'_>, wanted: bool) -> Answer {
    value(bound.value.kind() == ValueKind::Bool && bound.value.as_bool() == Some(wanted))
}

/// Has a length and items; an undefined value has both.
fn sequence(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(match bound.value.kind() {
        ValueKind::Undefined => bound
            .value
            .as_undefined()
            .is_some_and(|undefined| undefined.check().is_ok()),
        ValueKind::Object => bound
            .value
            .as_object()
            .is_some_and(|object| object.len().is_some() && bound.value.as_dict_view().is_none()),
        kind => has_items(kind),
    })
}

fn iterable(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(match bound.value.kind() {
        ValueKind::Undefined => match bound.value.as_undefined() {
            Some(undefined) => {
                undefined.check()?;
                true
            }
            None => false,
        },
        ValueKind::Object => iterate(context, bound.value).is_ok(),
        kind => has_items(kind),
    })
}

fn has_items(kind: ValueKind) -> bool {
    matches!(
        kind,
        ValueKind::String
            | ValueKind::Bytes
            | ValueKind::List
            | ValueKind::Tuple
            | ValueKind::Range
            | ValueKind::Map
    )
}

/// Jinja calls undefined values callable, since calling one raises an error of its own; so does this.
fn callable(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(bound.value.is_callable() || bound.value.is_undefined())
}

fn remainder_is(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    divisor: &Value,
    wanted: &Value,
) -> Answer {
    // As in Jinja2, the operator `%` formats a string; where it cannot, to ask whether one is odd was a slip.
    match operate::remainder(context, bound.value, divisor) {
        Ok(remainder) => value(equal(context, &remainder, wanted)?),
        Err(error) if bound.value.as_str().is_some() && error.kind() == ErrorKind::Type => {
            Err(refuse(bound, "a number"))
        }
        Err(error) => Err(error),
    }
}

fn is_equal(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(equal(context, bound.value, bound.required(0))?)
}

fn is_unequal(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(!equal(context, bound.value, bound.required(0))?)
}

fn is_greater(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    related(context, bound, Relation::Greater)
}

fn is_greater_or_equal(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    related(context, bound, Relation::GreaterOrEqual)
}

fn is_less(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    related(context, bound, Relation::Less)
}

fn is_less_or_equal(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    related(context, bound, Relation::LessOrEqual)
}

fn related(context: &CallContext<'_>, bound: &Bound<'_>, relation: Relation) -> Answer {
    value(relate(context, relation, bound.value, bound.required(0))?)
}

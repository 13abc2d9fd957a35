//! Filters that keep the items that pass a test, or those that do not.

use arcstr::ArcStr;

use crate::builtins::attribute::{Path, look_up};
use crate::builtins::each;
use crate::builtins::operand::items;
use crate::builtins::produce::{Answer, charge_values, generated};
use crate::call::{Bound, Builtin, CallContext, Futures, OwnedArguments};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::{Value, truth};

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("select", &[], |context, bound| {
        items_where(context, bound, true)
    })
    .rest()
    .keywords()
    .futures(Futures::SettleValue),
    Builtin::filter("reject", &[], |context, bound| {
        items_where(context, bound, false)
    })
    .rest()
    .keywords()
    .futures(Futures::SettleValue),
    Builtin::filter("selectattr", &[], |context, bound| {
        attributes_where(context, bound, true)
    })
    .rest()
    .keywords()
    .futures(Futures::SettleValue),
    Builtin::filter("rejectattr", &[], |context, bound| {
        attributes_where(context, bound, false)
    })
    .rest()
    .keywords()
    .futures(Futures::SettleValue),
];

fn items_where(context: &CallContext<'_>, bound: &Bound<'_>, wanted: bool) -> Answer {
    // As in Jinja, what is false has nothing to select from, none among it.
    if !truth(context, bound.value)? {
        return generated(context, Vec::new());
    }
    let items = items(context, bound.value)?;
    let subjects = items.clone();
    keep(context, items, subjects, Test::of(bound, 0)?, wanted)
}

fn attributes_where(context: &CallContext<'_>, bound: &Bound<'_>, wanted: bool) -> Answer {
    if !truth(context, bound.value)? {
        return generated(context, Vec::new());
    }
    let Some(attribute) = bound.rest().first() else {
        return Err(BuiltinFault::NoAttributeName(bound.name()).into());
    };
    let test = Test::of(bound, 1)?;
    look_up(
        context,
        items(context, bound.value)?,
        vec![Path::new(Some(attribute))],
        None,
        Box::new(move |context, items, mut found| {
            keep(
                context,
                items,
                found.pop().unwrap_or_default(),
                test,
                wanted,
            )
        }),
    )
}

/// A test with its arguments; without a name, the truth of the value itself.
struct Test {
    name: Option<ArcStr>,
    arguments: OwnedArguments,
}

impl Test {
    /// The test that is named by the argument at `index`, with those behind it.
    fn of(bound: &Bound<'_>, index: usize) -> Result<Self, Error> {
        let name = match bound.rest().get(index) {
            None => None,
            Some(name) => match name.as_text() {
                Some(name) => Some(name.clone()),
                None => {
                    return Err(BuiltinFault::NoTestName {
                        name: bound.name(),
                        found: name.type_name().to_owned(),
                    }
                    .into());
                }
            },
        };
        Ok(Test {
            name,
            arguments: bound.arguments().skip(index + 1).to_owned(),
        })
    }
}

/// Keeps the items whose subjects pass, or fail, the test.
fn keep(
    context: &CallContext<'_>,
    items: Vec<Value>,
    subjects: Vec<Value>,
    test: Test,
    wanted: bool,
) -> Answer {
    charge_values(context, items.len())?;
    let chosen = move |context: &CallContext<'_>, truths: &[bool]| {
        let kept = items
            .into_iter()
            .zip(truths)
            .filter(|&(_, &passed)| passed == wanted)
            .map(|(item, _)| item);
        generated(context, kept.collect())
    };
    match test.name {
        Some(name) => each::test(
            context,
            name,
            subjects,
            test.arguments.borrow(),
            Box::new(move |context, truths| chosen(context, &truths)),
        ),
        None => {
            let truths: Result<Vec<bool>, Error> = subjects
                .iter()
                .map(|subject| truth(context, subject))
                .collect();
            chosen(context, &truths?)
        }
    }
}

//! Applying a filter, a test or a callable to each of many values, even if it calls back or waits.

use arcstr::ArcStr;

use crate::call::{Arguments, CallContext, Flow, OwnedArguments, and_then, resolve};
use crate::error::Error;
use crate::value::{Value, truth};

use super::produce::{Answer, charge_values};

/// What is applied to each value.
#[derive(Debug)]
pub(super) enum Applied {
    /// The filter of this name.
    Filter(ArcStr),
    /// The test of this name.
    Test(ArcStr),
    /// A callable, as the key of a sort.
    Callable(Value),
}

/// What happens with the results.
pub(super) type Results = Box<dyn FnOnce(&CallContext<'_>, Vec<Value>) -> Answer + Send>;

/// What happens with the truth of the results.
pub(super) type Truths = Box<dyn FnOnce(&CallContext<'_>, Vec<bool>) -> Answer + Send>;

/// Applies to each of `subjects`, with `extra` arguments behind it, and goes on with the results in order.
///
/// Results that are futures are awaited if the call may wait, and passed on as futures if not.
pub(super) fn apply(
    context: &CallContext<'_>,
    applied: Applied,
    subjects: Vec<Value>,
    extra: Arguments<'_>,
    then: Results,
) -> Answer {
    charge_values(context, subjects.len())?;
    let mut arguments = OwnedArguments {
        positional: Vec::with_capacity(extra.positional().len() + 1),
        ..extra.skip(extra.positional().len()).to_owned()
    };
    arguments.positional.push(Value::NONE);
    arguments.positional.extend_from_slice(extra.positional());
    let each = Each {
        applied,
        results: Vec::with_capacity(subjects.len()),
        subjects,
        arguments,
    };
    each.run(context, then)
}

/// As [`apply`] with a test, going on with the truth of the results.
pub(super) fn test(
    context: &CallContext<'_>,
    name: ArcStr,
    subjects: Vec<Value>,
    extra: Arguments<'_>,
    then: Truths,
) -> Answer {
    apply(
        context,
        Applied::Test(name),
        subjects,
        extra,
        Box::new(move |context, results| {
            let truths: Result<Vec<bool>, Error> = results
                .iter()
                .map(|result| truth(context, result))
                .collect();
            then(context, truths?)
        }),
    )
}

struct Each {
    applied: Applied,
    subjects: Vec<Value>,
    /// With the place of the subject at the front.
    arguments: OwnedArguments,
    results: Vec<Value>,
}

impl Each {
    fn run(mut self, context: &CallContext<'_>, then: Results) -> Answer {
        while let Some(subject) = self.subjects.get(self.results.len()) {
            context.fuel(1)?;
            self.arguments.positional[0] = subject.clone();
            match self.one(context)?.with_future_as_value() {
                Flow::Return(result) => self.results.push(result),
                waiting => {
                    return and_then(
                        context,
                        waiting,
                        Box::new(move |context, result| {
                            self.results.push(result?);
                            self.run(context, then)
                        }),
                    );
                }
            }
        }
        resolve(context, self.results, then)
    }

    fn one(&self, context: &CallContext<'_>) -> Answer {
        let arguments = self.arguments.borrow();
        match &self.applied {
            Applied::Filter(name) => context
                .filter(name)?
                .call(&context.renamed(name), &arguments),
            Applied::Test(name) => context.test(name)?.call(&context.renamed(name), &arguments),
            Applied::Callable(callee) => Ok(Flow::Call {
                callee: callee.clone(),
                arguments: self.arguments.clone(),
                then: Box::new(|_, result| result.map(Flow::Return)),
            }),
        }
    }
}

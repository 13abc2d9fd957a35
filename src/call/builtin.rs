//! Functions of the engine itself, with a parameter table so that keywords work as in Python.

use std::fmt;

use arcstr::ArcStr;

use crate::call::{Arguments, CallContext, Flow, Function};
use crate::error::Error;
use crate::error::call::CallFault;
use crate::value::{Repr, Value, settled};

/// How many parameters a builtin has at most, the value of a filter not counted.
const MOST_PARAMETERS: usize = 6;

/// A builtin filter, test, function or method: a name, a parameter table, and code.
pub(crate) struct Builtin {
    /// The name it is registered and reported under.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) signature: Signature,
    run: Run,
    write: Option<Write>,
}

type Run = fn(&CallContext<'_>, &Bound<'_>) -> Result<Flow, Error>;
type Write = fn(&CallContext<'_>, &Bound<'_>, &mut String) -> Result<bool, Error>;

/// What a builtin takes besides the value it is applied to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    /// What kind of thing is called.
    pub(crate) callee: Callee,
    /// The names of its parameters, in order.
    pub(crate) parameters: &'static [&'static str],
    /// How many of them must be given.
    pub(crate) required: usize,
    /// Whether it takes any number of further positional arguments.
    pub(crate) rest: bool,
    /// Whether it takes keywords that are not among its parameters.
    pub(crate) keywords: bool,
    /// Whether its parameters cannot be given by name, as with most methods of Python's strings.
    pub(crate) positional_only: bool,
    /// What happens with futures and streams among what it is given.
    pub(crate) futures: Futures,
}

/// Which futures and streams a builtin must have the results of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Futures {
    /// Of the value and of the arguments for its parameters.
    Settle,
    /// Of the value; arguments are passed on.
    SettleValue,
    /// Of none; it passes them on, or looks itself.
    Keep,
}

/// What kind of thing is called; decides where the value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// The value is positional argument 0.
    Filter,
    /// The value is positional argument 0.
    Test,
    /// There is no value.
    Function,
    /// The value is the receiver.
    Method,
}

impl Builtin {
    /// A builtin that needs none of its parameters.
    pub(crate) const fn new(
        callee: Callee,
        name: &'static str,
        parameters: &'static [&'static str],
        run: Run,
    ) -> Self {
        assert!(parameters.len() <= MOST_PARAMETERS);
        Builtin {
            name,
            signature: Signature {
                callee,
                parameters,
                required: 0,
                rest: false,
                keywords: false,
                positional_only: false,
                futures: match callee {
                    Callee::Filter | Callee::Test => Futures::Settle,
                    Callee::Function | Callee::Method => Futures::Keep,
                },
            },
            run,
            write: None,
        }
    }

    /// A filter.
    pub(crate) const fn filter(
        name: &'static str,
        parameters: &'static [&'static str],
        run: Run,
    ) -> Self {
        Builtin::new(Callee::Filter, name, parameters, run)
    }

    /// A test.
    pub(crate) const fn test(
        name: &'static str,
        parameters: &'static [&'static str],
        run: Run,
    ) -> Self {
        Builtin::new(Callee::Test, name, parameters, run)
    }

    /// A global function.
    pub(crate) const fn function(
        name: &'static str,
        parameters: &'static [&'static str],
        run: Run,
    ) -> Self {
        Builtin::new(Callee::Function, name, parameters, run)
    }

    /// A method, whose parameters have no names for the caller.
    pub(crate) const fn method(
        name: &'static str,
        parameters: &'static [&'static str],
        run: Run,
    ) -> Self {
        let mut method = Builtin::new(Callee::Method, name, parameters, run);
        method.signature.positional_only = true;
        method
    }

    /// The same with its first `count` parameters required.
    pub(crate) const fn required(mut self, count: usize) -> Self {
        self.signature.required = count;
        self
    }

    /// The same with any number of further positional arguments.
    pub(crate) const fn rest(mut self) -> Self {
        self.signature.rest = true;
        self
    }

    /// The same with any further keywords.
    pub(crate) const fn keywords(mut self) -> Self {
        self.signature.keywords = true;
        self
    }

    /// The same with its parameters open to keywords.
    pub(crate) const fn named(mut self) -> Self {
        self.signature.positional_only = false;
        self
    }

    /// The same with another treatment of futures and streams.
    pub(crate) const fn futures(mut self, futures: Futures) -> Self {
        self.signature.futures = futures;
        self
    }

    /// The same with a form that writes its result.
    pub(crate) const fn writing(mut self, write: Write) -> Self {
        self.write = Some(write);
        self
    }

    /// Calls it as a method of `receiver`.
    pub(crate) fn call_on(
        &'static self,
        receiver: &Value,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        self.bind(context, receiver, arguments, 0, |bound| {
            (self.run)(context, bound)
        })
    }

    /// What it is applied to, and how many of the arguments that takes.
    #[inline(always)]
    fn subject<'a>(&self, arguments: &Arguments<'a>) -> Result<(&'a Value, usize), Error> {
        match self.signature.callee {
            Callee::Filter | Callee::Test => match arguments.get(0) {
                Some(value) => Ok((value, 1)),
                None => Err(CallFault::no_value(self.name)),
            },
            Callee::Function | Callee::Method => Ok((&Value::NONE, 0)),
        }
    }

    /// Sorts the arguments, but for the first `skipped`, by the parameters, for `run`. Arguments by position
    /// stay where they are.
    #[inline(always)]
    fn bind<'a, R>(
        &'static self,
        context: &CallContext<'_>,
        value: &'a Value,
        arguments: &'a Arguments<'a>,
        skipped: usize,
        run: impl FnOnce(&Bound<'a>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let signature = &self.signature;
        let positional = &arguments.positional()[skipped..];
        let most = signature.parameters.len();
        let (direct, rest) = positional.split_at(positional.len().min(most));
        let mut bound = Bound {
            value,
            builtin: self,
            direct,
            slots: None,
            rest,
            arguments,
            skipped,
        };
        let is_plain = arguments.len() - skipped == direct.len()
            && direct.len() >= signature.required
            && (signature.futures != Futures::Settle || !direct.iter().any(is_later));
        if !is_plain {
            bound.slots = Some(self.fill(context, &bound)?);
        }
        if signature.futures != Futures::Keep && is_later(value) {
            bound.value = settled(context, value)?;
        }
        run(&bound)
    }

    /// The argument for each parameter.
    #[inline(never)]
    fn fill<'a>(&self, context: &CallContext<'_>, bound: &Bound<'a>) -> Result<Slots<'a>, Error> {
        let mut slots: Slots<'a> = [None; MOST_PARAMETERS];
        let Signature {
            parameters,
            required,
            ..
        } = self.signature;
        if !bound.rest.is_empty() && !self.signature.rest {
            return Err(CallFault::too_many(
                self.name,
                parameters.len(),
                required,
                bound.direct.len() + bound.rest.len(),
            ));
        }
        for (slot, value) in slots.iter_mut().zip(bound.direct) {
            *slot = Some(value);
        }
        for (name, value) in bound.arguments.keywords() {
            let at = match self.signature.positional_only {
                true => None,
                false => parameters.iter().position(|known| known == name),
            };
            match at {
                Some(at) if slots[at].is_some() => {
                    return Err(CallFault::given_twice(self.name, name));
                }
                Some(at) => slots[at] = Some(value),
                None if self.signature.keywords => {}
                None => {
                    let named = match self.signature.positional_only {
                        true => &[],
                        false => parameters,
                    };
                    return Err(CallFault::unknown_keyword(self.name, name, named));
                }
            }
        }
        if let Some(missing) = slots[..required].iter().position(Option::is_none) {
            return Err(CallFault::missing(self.name, parameters[missing]));
        }
        if self.signature.futures != Futures::Keep {
            settled(context, bound.value)?;
        }
        if self.signature.futures == Futures::Settle {
            for given in slots.iter_mut().flatten() {
                *given = settled(context, given)?;
            }
        }
        Ok(slots)
    }
}

/// Whether a value is a future or a stream.
fn is_later(value: &Value) -> bool {
    matches!(value.0, Repr::Pending(_) | Repr::Stream(_))
}

impl Function for &'static Builtin {
    fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
        let (value, skipped) = self.subject(arguments)?;
        self.bind(context, value, arguments, skipped, |bound| {
            (self.run)(context, bound)
        })
    }

    fn writes(&self) -> bool {
        self.write.is_some()
    }

    fn write(
        &self,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
        output: &mut String,
    ) -> Result<bool, Error> {
        let Some(write) = self.write else {
            return Ok(false);
        };
        let (value, skipped) = self.subject(arguments)?;
        self.bind(context, value, arguments, skipped, |bound| {
            write(context, bound, output)
        })
    }
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builtin({})", self.name)
    }
}

/// An argument for each parameter.
type Slots<'a> = [Option<&'a Value>; MOST_PARAMETERS];

/// The arguments of a builtin, each at its parameter's index.
#[derive(Debug)]
pub(crate) struct Bound<'a> {
    /// What the filter, test or method is applied to; none for functions.
    pub(crate) value: &'a Value,
    builtin: &'static Builtin,
    /// The arguments that were given by position, as far as there are parameters.
    direct: &'a [Value],
    /// The arguments for all parameters, where they are not just `direct`.
    slots: Option<Slots<'a>>,
    rest: &'a [Value],
    arguments: &'a Arguments<'a>,
    /// How many of `arguments` are what it is applied to.
    skipped: usize,
}

impl<'a> Bound<'a> {
    /// The name of the builtin.
    pub(crate) fn name(&self) -> &'static str {
        self.builtin.name
    }

    /// The name of the parameter at `index`.
    pub(crate) fn parameter(&self, index: usize) -> &'static str {
        self.builtin.signature.parameters[index]
    }

    /// The argument for the parameter at `index`, where one was given.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&'a Value> {
        match &self.slots {
            None => self.direct.get(index),
            Some(slots) => slots[index],
        }
    }

    /// The argument for the parameter at `index`, which is one of the required ones.
    pub(crate) fn required(&self, index: usize) -> &'a Value {
        self.get(index)
            .expect("binding checked the required arguments")
    }

    /// The argument at `index` unless it was not given or is none.
    pub(crate) fn some(&self, index: usize) -> Option<&'a Value> {
        self.get(index).filter(|value| !value.is_none())
    }

    /// The positional arguments beyond the parameters.
    pub(crate) fn rest(&self) -> &'a [Value] {
        self.rest
    }

    /// The keywords beyond the parameters.
    pub(crate) fn keywords(&self) -> impl Iterator<Item = (&'a ArcStr, &'a Value)> + use<'a> {
        let parameters = self.builtin.signature.parameters;
        self.arguments
            .keywords()
            .filter(move |(name, _)| !parameters.contains(&name.as_str()))
    }

    /// All the arguments as they were given, the value of a filter or test not among them.
    pub(crate) fn arguments(&self) -> Arguments<'a> {
        self.arguments.skip(self.skipped)
    }
}

//! Functions of the engine itself, with a parameter table so that keywords work as in Python.

use std::fmt;

use arcstr::ArcStr;

use crate::call::{Arguments, CallContext, Flow, Function};
use crate::error::Error;
use crate::error::call::CallFault;
use crate::value::{Value, settled};

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
        &self,
        receiver: &Value,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        (self.run)(context, &Bound::new(self, context, receiver, *arguments)?)
    }

    fn bind<'a>(
        &self,
        context: &CallContext<'_>,
        arguments: &Arguments<'a>,
    ) -> Result<Bound<'a>, Error> {
        match self.signature.callee {
            Callee::Filter | Callee::Test => {
                let Some(value) = arguments.get(0) else {
                    return Err(CallFault::no_value(self.name));
                };
                Bound::new(self, context, value, arguments.skip(1))
            }
            Callee::Function | Callee::Method => {
                Bound::new(self, context, &Value::NONE, *arguments)
            }
        }
    }
}

impl Function for &'static Builtin {
    fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
        (self.run)(context, &self.bind(context, arguments)?)
    }

    fn write(
        &self,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
        output: &mut String,
    ) -> Result<bool, Error> {
        match self.write {
            Some(write) => write(context, &self.bind(context, arguments)?, output),
            None => Ok(false),
        }
    }
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builtin({})", self.name)
    }
}

/// The arguments of a builtin, each at its parameter's index.
#[derive(Debug)]
pub(crate) struct Bound<'a> {
    /// What the filter, test or method is applied to; none for functions.
    pub(crate) value: &'a Value,
    name: &'static str,
    parameters: &'static [&'static str],
    slots: [Option<&'a Value>; MOST_PARAMETERS],
    rest: &'a [Value],
    arguments: Arguments<'a>,
}

impl<'a> Bound<'a> {
    fn new(
        builtin: &Builtin,
        context: &CallContext<'_>,
        mut value: &'a Value,
        arguments: Arguments<'a>,
    ) -> Result<Self, Error> {
        let Signature {
            parameters,
            required,
            ..
        } = builtin.signature;
        let positional = arguments.positional();
        let (direct, rest) = positional.split_at(positional.len().min(parameters.len()));
        if !rest.is_empty() && !builtin.signature.rest {
            return Err(CallFault::too_many(
                builtin.name,
                parameters.len(),
                required,
                positional.len(),
            ));
        }
        let mut slots = [None; MOST_PARAMETERS];
        for (slot, value) in slots.iter_mut().zip(direct) {
            *slot = Some(value);
        }
        for (name, value) in arguments.keywords() {
            let at = match builtin.signature.positional_only {
                true => None,
                false => parameters.iter().position(|known| known == name),
            };
            match at {
                Some(at) if slots[at].is_some() => {
                    return Err(CallFault::given_twice(builtin.name, name));
                }
                Some(at) => slots[at] = Some(value),
                None if builtin.signature.keywords => {}
                None => {
                    let named = match builtin.signature.positional_only {
                        true => &[],
                        false => parameters,
                    };
                    return Err(CallFault::unknown_keyword(builtin.name, name, named));
                }
            }
        }
        if let Some(missing) = slots[..required].iter().position(Option::is_none) {
            return Err(CallFault::missing(builtin.name, parameters[missing]));
        }
        if builtin.signature.futures != Futures::Keep {
            value = settled(context, value)?;
        }
        if builtin.signature.futures == Futures::Settle {
            for given in slots.iter_mut().flatten() {
                *given = settled(context, given)?;
            }
        }
        Ok(Bound {
            value,
            name: builtin.name,
            parameters,
            slots,
            rest,
            arguments,
        })
    }

    /// The name of the builtin.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The name of the parameter at `index`.
    pub(crate) fn parameter(&self, index: usize) -> &'static str {
        self.parameters[index]
    }

    /// The argument for the parameter at `index`, where one was given.
    pub(crate) fn get(&self, index: usize) -> Option<&'a Value> {
        self.slots[index]
    }

    /// The argument for the parameter at `index`, which is one of the required ones.
    pub(crate) fn required(&self, index: usize) -> &'a Value {
        self.slots[index].expect("binding checked the required arguments")
    }

    /// The argument at `index` unless it was not given or is none.
    pub(crate) fn some(&self, index: usize) -> Option<&'a Value> {
        self.slots[index].filter(|value| !value.is_none())
    }

    /// The positional arguments beyond the parameters.
    pub(crate) fn rest(&self) -> &'a [Value] {
        self.rest
    }

    /// The keywords beyond the parameters.
    pub(crate) fn keywords(&self) -> impl Iterator<Item = (&'a ArcStr, &'a Value)> + use<'a> {
        let parameters = self.parameters;
        self.arguments
            .keywords()
            .filter(move |(name, _)| !parameters.contains(&name.as_str()))
    }

    /// All the arguments as they were given, the value of a filter or test not among them.
    pub(crate) fn arguments(&self) -> Arguments<'a> {
        self.arguments
    }
}

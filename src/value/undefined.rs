//! Values that are not there, and what is known of them.

use std::sync::Arc;

use arcstr::{ArcStr, literal};

use crate::error::value::ValueFault;
use crate::error::{Error, ErrorKind};
use crate::source::Place;
use crate::value::{Charge, Repr, Value, display};

/// What undefined values do when they are used.
///
/// ```
/// use kakehi::{Environment, UndefinedPolicy};
/// let mut env = Environment::new();
/// assert_eq!(env.render_str("[<< nobody >>]", ()).unwrap(), "[]");
/// env.set_undefined(UndefinedPolicy::Strict);
/// assert!(env.render_str("[<< nobody >>]", ()).is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UndefinedPolicy {
    /// Prints as nothing, iterates as nothing, is false; anything else is an error.
    #[default]
    Lenient,
    /// As lenient, and its attributes and items are undefined as well.
    Chainable,
    /// As lenient, but prints what is missing.
    Debug,
    /// Every use is an error but `is defined` and the `default` filter.
    Strict,
}

/// What is known of a value that is not there.
#[derive(Clone, Debug)]
pub(crate) struct Undefined {
    /// What is missing.
    pub(crate) subject: Subject,
    /// Where in a template it turned out to be missing.
    pub(crate) place: Option<Place>,
    /// What it does when it is used.
    pub(crate) policy: UndefinedPolicy,
}

/// What is missing where a value is undefined.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// Nothing is known.
    Plain,
    /// A variable.
    Name(ArcStr),
    /// An attribute of a value; the owner is named as Python names its type in messages.
    Attribute {
        /// The type of the value that lacks it.
        owner: ArcStr,
        /// The attribute.
        name: ArcStr,
    },
    /// An item of a value.
    Item {
        /// The type of the value that lacks it.
        owner: ArcStr,
        /// How the key prints.
        key: ArcStr,
    },
    /// Something else; the whole message.
    Hint(ArcStr),
    /// A value of the host that could not be converted; using it is this error.
    Failed(Error),
}

static PLAIN: Undefined = Undefined {
    subject: Subject::Plain,
    place: None,
    policy: UndefinedPolicy::Lenient,
};

impl Undefined {
    /// An undefined variable.
    pub(crate) fn name(name: impl Into<ArcStr>, policy: UndefinedPolicy) -> Self {
        Undefined::new(Subject::Name(name.into()), policy)
    }

    /// An attribute that `owner` has not.
    pub(crate) fn attribute(
        owner: &Value,
        name: impl Into<ArcStr>,
        policy: UndefinedPolicy,
    ) -> Self {
        let subject = Subject::Attribute {
            owner: owner_name(owner),
            name: name.into(),
        };
        Undefined::new(subject, policy)
    }

    /// An item that `owner` has not.
    pub(crate) fn item(
        charge: &dyn Charge,
        owner: &Value,
        key: &Value,
        policy: UndefinedPolicy,
    ) -> Self {
        // A string is looked up as an attribute in the end, and the message says so.
        if let Some(name) = key.as_text() {
            return Undefined::attribute(owner, name.clone(), policy);
        }
        let key = display::to_repr(charge, key).unwrap_or_else(|_| key.type_name().into());
        let subject = Subject::Item {
            owner: owner_name(owner),
            key,
        };
        Undefined::new(subject, policy)
    }

    /// Something missing for a reason of its own.
    pub(crate) fn hint(hint: impl Into<ArcStr>, policy: UndefinedPolicy) -> Self {
        Undefined::new(Subject::Hint(hint.into()), policy)
    }

    /// A value of the host that could not be converted.
    pub(crate) fn failed(error: Error) -> Self {
        Undefined::new(Subject::Failed(error), UndefinedPolicy::Strict)
    }

    fn new(subject: Subject, policy: UndefinedPolicy) -> Self {
        Undefined {
            subject,
            place: None,
            policy,
        }
    }

    /// The same with the place where it turned out to be missing.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The name, if it is a variable that is undefined.
    pub(crate) fn variable(&self) -> Option<&ArcStr> {
        match &self.subject {
            Subject::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The name of what is missing, if it has one: what Jinja2 has as `_undefined_name`.
    pub(crate) fn missing_name(&self) -> Option<ArcStr> {
        match &self.subject {
            Subject::Name(name)
            | Subject::Attribute { name, .. }
            | Subject::Item { key: name, .. } => Some(name.clone()),
            Subject::Plain | Subject::Hint(_) | Subject::Failed(_) => None,
        }
    }

    /// What is missing, as a sentence.
    pub(crate) fn message(&self) -> ArcStr {
        match &self.subject {
            Subject::Plain => literal!("the value is undefined"),
            Subject::Name(name) => ValueFault::UndefinedName(name.clone()).text(),
            Subject::Attribute { owner, name } => ValueFault::UndefinedAttribute {
                owner: owner.clone(),
                name: name.clone(),
            }
            .text(),
            Subject::Item { owner, key } => ValueFault::UndefinedItem {
                owner: owner.clone(),
                key: key.clone(),
            }
            .text(),
            Subject::Hint(hint) => hint.clone(),
            Subject::Failed(error) => error.message().into(),
        }
    }

    /// The error of using it where it must not be used.
    #[cold]
    pub(crate) fn error(&self) -> Error {
        let error = match &self.subject {
            Subject::Failed(error) => return error.clone(),
            _ => Error::new(ErrorKind::Undefined, self.message()),
        };
        match &self.place {
            Some(place) => error.with_note(ValueFault::BecameUndefined.text(), Some(place.clone())),
            None => error,
        }
    }

    /// What is printed under [`UndefinedPolicy::Debug`].
    pub(crate) fn debug_text(&self) -> String {
        match &self.subject {
            Subject::Plain => "{{ undefined }}".to_owned(),
            Subject::Name(name) => format!("{{{{ {name} }}}}"),
            Subject::Attribute { owner, name } => {
                let mut key = String::new();
                crate::value::text::repr_str(name, &mut key);
                no_such_element(owner, &key)
            }
            Subject::Item { owner, key } => no_such_element(owner, key),
            Subject::Hint(_) | Subject::Failed(_) => {
                format!("{{{{ undefined value printed: {} }}}}", self.message())
            }
        }
    }

    /// Fails if this is strict: for uses that the other policies allow.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.policy {
            UndefinedPolicy::Strict => Err(self.error()),
            _ => Ok(()),
        }
    }
}

fn no_such_element(owner: &str, key: &str) -> String {
    // What Jinja2 calls the types that both engines have.
    let owner = match owner {
        "Namespace" => "jinja2.utils.Namespace object",
        "Cycler" => "jinja2.utils.Cycler object",
        "Joiner" => "jinja2.utils.Joiner object",
        "loop" => "jinja2.runtime.LoopContext object",
        "macro" => "jinja2.runtime.Macro object",
        "blocks" => "jinja2.runtime.TemplateReference object",
        "block" => "jinja2.runtime.BlockReference object",
        "module" => "jinja2.environment.TemplateModule object",
        "function" => "function object",
        "builtin_function_or_method" => "builtin_function_or_method object",
        "generator" => "generator object",
        owner => owner,
    };
    format!("{{{{ no such element: {owner}[{key}] }}}}")
}

/// The type of a value as it is named where something of it is missing.
fn owner_name(owner: &Value) -> ArcStr {
    match &owner.0 {
        Repr::None => literal!("None"),
        Repr::Object(object) if owner.as_dict_view().is_none() => object.type_name().into(),
        Repr::Safe(_) => literal!("markupsafe.Markup object"),
        _ => arcstr::format!("{} object", owner.type_name()),
    }
}

impl Value {
    /// The value that is undefined for a known reason.
    pub(crate) fn missing(undefined: Undefined) -> Value {
        Value(Repr::Undefined(Some(Arc::new(undefined))))
    }

    /// What is known of an undefined value.
    pub(crate) fn as_undefined(&self) -> Option<&Undefined> {
        match &self.0 {
            Repr::Undefined(known) => Some(known.as_deref().unwrap_or(&PLAIN)),
            _ => None,
        }
    }
}

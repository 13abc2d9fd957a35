//! How builtins make results and pay for them.

use std::fmt;

use arcstr::ArcStr;

use crate::call::{CallContext, Flow};
use crate::error::Error;
use crate::error::call::CallFault;
use crate::value::{Generator, Undefined, Value, text};

/// What a builtin answers.
pub(super) type Answer = Result<Flow, Error>;

/// The answer that is a value.
pub(super) fn value(value: impl Into<Value>) -> Answer {
    Ok(Flow::Return(value.into()))
}

/// Text, safe where what it was made from was.
pub(super) fn text_like(safe: bool, text: impl Into<arcstr::ArcStr>) -> Value {
    match safe {
        true => Value::safe(text),
        false => Value::string(text),
    }
}

/// A value that is undefined because there was nothing to take it from.
pub(super) fn nothing(context: &CallContext<'_>, hint: &'static str) -> Answer {
    value(Value::missing(Undefined::hint(hint, context.policy())))
}

/// The items that a filter made which gives a generator in Jinja2, and here if the environment says so.
///
/// Futures are awaited where items are read, and what reads them may have to begin anew then; so there is
/// no generator of futures.
pub(super) fn generated(context: &CallContext<'_>, items: Vec<Value>) -> Answer {
    let generates = context.registry().generators();
    value(match generates && !items.iter().any(Value::is_pending) {
        true => Value::from_object(Generator::new(items)),
        false => Value::list(items),
    })
}

/// Pays for a sequence of `count` values.
pub(super) fn charge_values(context: &CallContext<'_>, count: usize) -> Result<(), Error> {
    context.fuel(count as u64)?;
    context.memory((count as u64).saturating_mul(size_of::<Value>() as u64))
}

/// `count` spaces.
pub(super) fn spaces(context: &CallContext<'_>, count: i64) -> Result<String, Error> {
    let mut out = PaidText::new(context);
    out.repeat(" ", usize::try_from(count).unwrap_or(0))?;
    Ok(out.finish())
}

/// Text that is paid for before it grows.
pub(super) struct PaidText<'c, 'a> {
    context: &'c CallContext<'a>,
    text: String,
}

impl<'c, 'a> PaidText<'c, 'a> {
    /// No text yet.
    pub(super) fn new(context: &'c CallContext<'a>) -> Self {
        PaidText {
            context,
            text: context.budget().take_scratch(),
        }
    }

    /// The context that pays.
    pub(super) fn context(&self) -> &'c CallContext<'a> {
        self.context
    }

    /// Text that goes on where `output` ends; [`PaidText::finish`] gives all of it back.
    pub(super) fn after(context: &'c CallContext<'a>, output: &mut String) -> Self {
        PaidText {
            context,
            text: std::mem::take(output),
        }
    }

    /// Appends text.
    pub(super) fn push(&mut self, text: &str) -> Result<(), Error> {
        self.context.memory(text.len() as u64)?;
        self.text.push_str(text);
        Ok(())
    }

    /// Appends a character.
    pub(super) fn push_char(&mut self, character: char) -> Result<(), Error> {
        self.context.memory(character.len_utf8() as u64)?;
        self.text.push(character);
        Ok(())
    }

    /// Appends text escaped for HTML.
    #[inline(always)]
    pub(super) fn push_escaped(&mut self, text: &str) -> Result<(), Error> {
        self.context.fuel(text.len() as u64 / 64)?;
        self.context.memory(text.len() as u64)?;
        let before = self.text.len();
        text::escape_html(text, &mut self.text);
        // What escaping added is at most five times what was paid for already.
        let grown = self.text.len() - before - text.len();
        self.context.memory(grown as u64)
    }

    /// Appends `text` `count` times.
    pub(super) fn repeat(&mut self, text: &str, count: usize) -> Result<(), Error> {
        let bytes = (text.len() as u64).saturating_mul(count as u64);
        self.context.fuel(count as u64 / 64)?;
        self.context.memory(bytes)?;
        // Where memory has no limit, what the machine does not have is an error all the same.
        let wanted = usize::try_from(bytes).unwrap_or(usize::MAX);
        if self.text.try_reserve(wanted).is_err() {
            return Err(CallFault::out_of_memory(None));
        }
        for _ in 0..count {
            self.text.push_str(text);
        }
        Ok(())
    }

    /// What has been written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Drops the text but keeps its room.
    pub(super) fn discard(self) {
        self.context.budget().keep_scratch(self.text);
    }

    /// The text as one that is shared. It is copied once, into an allocation of its size.
    pub(super) fn share(self) -> ArcStr {
        let text = ArcStr::from(self.text.as_str());
        self.context.budget().keep_scratch(self.text);
        text
    }

    /// Appends text with its ASCII letters changed.
    pub(super) fn push_cased(&mut self, text: &str, case: fn(&mut str)) -> Result<(), Error> {
        let start = self.text.len();
        self.push(text)?;
        case(&mut self.text[start..]);
        Ok(())
    }
}

impl fmt::Debug for PaidText<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

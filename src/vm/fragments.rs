//! `cache`: fragments that are made once and written again.
//!
//! The machine asks its driver for a key and is given the text, or a token that says that it is its turn to
//! make it. The token goes back with the text; on any other way it is dropped, and others take their turn.

use std::time::Duration;

use arcstr::ArcStr;

use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::value::{Charge, MAX_DEPTH, Repr, Unlimited, Value, display, mapping, number, settled};
use crate::vm::machine::Machine;
use crate::vm::outcome::{FragmentAnswer, FragmentToken, Suspension};
use crate::vm::waits::Waiting;

/// A fragment that is being made.
#[derive(Debug)]
pub(super) struct Fragment {
    key: ArcStr,
    ttl: Option<Duration>,
    /// None if it is not to be kept.
    token: Option<FragmentToken>,
    /// How many frames were open.
    frames: usize,
}

/// What becomes of entering a fragment.
pub(super) enum Entered {
    /// Its key has to be asked for first; then the instruction runs again.
    Ask(ArcStr),
    /// It was there and is written.
    Made,
    /// Its body has to run.
    Making,
}

impl Machine {
    /// `key ttl ->` unless it asks.
    pub(super) fn enter_cache(&mut self) -> Result<Entered, Error> {
        let [.., key, ttl] = &self.stack[..] else {
            unreachable!("two values were put there");
        };
        let ttl = time_to_live(&self.render.budget, ttl)?;
        let mut text = String::new();
        // Text that is escaped must not be written where none is, or the other way round.
        text.push_str(if self.frame().auto_escape {
            "html:"
        } else {
            "text:"
        });
        write_key(&self.render.budget, key, 0, &mut text)?;
        self.render.budget.memory(text.len() as u64)?;
        let key = ArcStr::from(text);
        let answer = match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Fragment(answer) => answer,
            other => {
                self.waiting = other;
                return Ok(Entered::Ask(key));
            }
        };
        match answer {
            FragmentAnswer::Found(text) => {
                self.stack.truncate(self.stack.len() - 2);
                self.output.text().push_str(&text);
                Ok(Entered::Made)
            }
            FragmentAnswer::Make(token) => {
                self.output.begin_capture(&self.render.budget)?;
                self.stack.truncate(self.stack.len() - 2);
                let frames = self.open();
                self.seldom().fragments.push(Fragment {
                    key,
                    ttl,
                    token,
                    frames,
                });
                Ok(Entered::Making)
            }
        }
    }

    /// `->`: writes the innermost fragment, and gives it away to be kept.
    pub(super) fn exit_cache(&mut self) -> Result<Option<Suspension>, Error> {
        let is_kept = self
            .fragments()
            .last()
            .is_some_and(|last| last.token.is_some());
        let text = if is_kept {
            let text = self.output.text();
            self.render.budget.memory(text.len() as u64)?;
            Some(ArcStr::from(text.as_str()))
        } else {
            None
        };
        self.output.join_capture(&self.render.budget)?;
        let fragment = self
            .seldom()
            .fragments
            .pop()
            .expect("fragments are balanced");
        let (Some(text), Some(token)) = (text, fragment.token) else {
            return Ok(None);
        };
        Ok(Some(Suspension::Keep {
            key: fragment.key,
            text,
            ttl: fragment.ttl,
            token,
        }))
    }

    /// Gives up the fragments whose frames are gone.
    pub(super) fn abandon_fragments(&mut self) {
        let frames = self.open();
        if let Some(seldom) = &mut self.seldom {
            seldom
                .fragments
                .retain(|fragment| fragment.frames <= frames);
        }
    }

    /// The tokens of the fragments that are being made.
    pub(crate) fn fragment_tokens(&self) -> impl Iterator<Item = &FragmentToken> {
        self.fragments()
            .iter()
            .filter_map(|fragment| fragment.token.as_ref())
    }
}

/// Writes a key so that no two that differ are the same text.
fn write_key(
    charge: &dyn Charge,
    value: &Value,
    depth: usize,
    text: &mut String,
) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(crate::error::value::ValueFault::TooDeep(MAX_DEPTH).into());
    }
    charge.fuel(1)?;
    let value = settled(charge, value)?;
    if let Some(undefined) = value.as_undefined() {
        return Err(undefined.error());
    }
    let mut list = |open: &str, items: &[Value], close: &str| {
        text.push_str(open);
        for item in items {
            write_key(charge, item, depth + 1, text)?;
            text.push(',');
        }
        text.push_str(close);
        Ok(())
    };
    if let Some(items) = value.as_list() {
        return list("[", &items.items(), "]");
    }
    if let Some(items) = value.as_tuple() {
        return list("(", items.items(), ")");
    }
    if let Some(mapping) = mapping(value) {
        let pairs: Vec<(Value, Value)> = mapping
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        drop(mapping);
        text.push('{');
        for (key, value) in pairs {
            write_key(charge, &key, depth + 1, text)?;
            text.push(':');
            write_key(charge, &value, depth + 1, text)?;
            text.push(',');
        }
        text.push('}');
        return Ok(());
    }
    match &value.0 {
        Repr::None | Repr::Bool(_) | Repr::Int(_) | Repr::BigInt(_) | Repr::Float(_) => {
            text.push_str(&display::to_repr(charge, value)?);
        }
        _ => match value.as_text() {
            // Whether text is safe is no part of what it names.
            Some(own) => text.push_str(&display::to_repr(charge, &Value::string(own.clone()))?),
            None => {
                let found = value.type_name().into();
                return Err(MachineFault::CacheKey { found }.into_error());
            }
        },
    }
    Ok(())
}

/// How long a fragment is kept; none for as long as the cache likes.
fn time_to_live(charge: &dyn Charge, value: &Value) -> Result<Option<Duration>, Error> {
    let value = settled(charge, value)?;
    if let Some(undefined) = value.as_undefined() {
        return Err(undefined.error());
    }
    if let Repr::None = value.0 {
        return Ok(None);
    }
    let seconds = match (number::number_of(value), value.as_text()) {
        (Some(number), _) => Some(number.to_f64()),
        (None, Some(text)) => seconds_of(text),
        (None, None) => None,
    };
    match seconds {
        // What is longer than a time can be never ends.
        Some(seconds) if seconds >= 0.0 => Ok(Duration::try_from_secs_f64(seconds).ok()),
        _ => {
            let found = match value.type_name() {
                "str" | "int" | "float" => display::to_repr(&Unlimited, value)?,
                other => other.into(),
            };
            Err(MachineFault::Ttl { found }.into_error())
        }
    }
}

/// The seconds of `90s`, `5m`, `1h30m`, `7d`.
fn seconds_of(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, after) = rest.split_at(letters.unwrap_or(rest.len()));
        seconds += number
            * match unit {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86400.0,
                _ => return None,
            };
        rest = after.trim_start();
    }
    Some(seconds)
}

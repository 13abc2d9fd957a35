//! Methods of strings that fill them up to a width.

use std::borrow::Cow;

use crate::builtins::filters::{pad, pad_both};
use crate::builtins::operand::{integer, length, refuse_range};
use crate::builtins::produce::{Answer, PaidText, text_like, value};
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;

use super::string::{inserted, receiver, text};

pub(super) const METHODS: &[Builtin] = &[
    text("ljust", &["width", "fillchar"], |context, bound| {
        let (text, safe, width, fill) = parts(context, bound)?;
        let missing = width.saturating_sub(length(text) as i64);
        value(text_like(safe, pad(context, text, 0, missing, &fill)?))
    })
    .required(1),
    text("rjust", &["width", "fillchar"], |context, bound| {
        let (text, safe, width, fill) = parts(context, bound)?;
        let missing = width.saturating_sub(length(text) as i64);
        value(text_like(safe, pad(context, text, missing, 0, &fill)?))
    })
    .required(1),
    text("center", &["width", "fillchar"], |context, bound| {
        let (text, safe, width, fill) = parts(context, bound)?;
        value(text_like(safe, pad_both(context, text, width, &fill)?))
    })
    .required(1),
    text("zfill", &["width"], zfill).required(1),
    text("expandtabs", &["tabsize"], expandtabs).named(),
];

/// The receiver, whether it is safe, the width, and the character to fill with.
fn parts<'a>(
    context: &CallContext<'_>,
    bound: &Bound<'a>,
) -> Result<(&'a str, bool, i64, Cow<'a, str>), Error> {
    let (text, safe) = receiver(bound)?;
    context.fuel(text.len() as u64 / 16)?;
    let width = integer(bound, 0)?.unwrap_or(0);
    let fill = match bound.get(1) {
        None => Cow::Borrowed(" "),
        Some(_) => inserted(context, bound, 1)?,
    };
    if fill.chars().count() != 1 {
        return Err(refuse_range(bound, 1, "one character", format!("`{fill}`")));
    }
    Ok((text, safe, width, fill))
}

fn zfill(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, safe) = receiver(bound)?;
    context.fuel(text.len() as u64 / 16)?;
    let width = integer(bound, 0)?.unwrap_or(0);
    let missing = width.saturating_sub(length(text) as i64).max(0);
    let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
    let mut out = PaidText::new(context);
    out.push(sign)?;
    out.repeat("0", missing as usize)?;
    out.push(digits)?;
    value(text_like(safe, out.finish()))
}

fn expandtabs(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, safe) = receiver(bound)?;
    context.fuel(text.len() as u64 / 4)?;
    let size = integer(bound, 0)?.unwrap_or(8).max(0) as usize;
    let mut out = PaidText::new(context);
    let mut column: usize = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                if let Some(over) = column.checked_rem(size) {
                    out.repeat(" ", size - over)?;
                    column += size - over;
                }
            }
            '\n' | '\r' => {
                out.push_char(character)?;
                column = 0;
            }
            _ => {
                out.push_char(character)?;
                column += 1;
            }
        }
    }
    value(text_like(safe, out.finish()))
}

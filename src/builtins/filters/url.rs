//! The filter `urlencode`.

use crate::builtins::operand::{items, shown, text};
use crate::builtins::produce::{Answer, PaidText, value};
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::{Value, ValueKind, iterate};

use super::sequence::tuples;

pub(super) const FILTERS: &[Builtin] = &[Builtin::filter("urlencode", &[], urlencode)];

fn urlencode(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let mut out = PaidText::new(context);
    let pairs = match bound.value.kind() {
        ValueKind::Map => tuples(context, bound.value)?,
        ValueKind::List | ValueKind::Tuple | ValueKind::Range => items(context, bound.value)?,
        ValueKind::Object if iterate(context, bound.value).is_ok() => items(context, bound.value)?,
        // An undefined value is a sequence without items, so nothing is quoted of it.
        ValueKind::Undefined => items(context, bound.value)?,
        _ => {
            quote(context, &mut out, bound.value, false)?;
            return value(out.finish());
        }
    };
    for (index, pair) in pairs.iter().enumerate() {
        let parts = match crate::value::length(context, pair) {
            Ok(2) => items(context, pair)?,
            _ => Vec::new(),
        };
        let [key, given] = parts.as_slice() else {
            return Err(BuiltinFault::NoPair("urlencode", shown(context, pair)).into());
        };
        if index > 0 {
            out.push("&")?;
        }
        quote(context, &mut out, key, true)?;
        out.push("=")?;
        quote(context, &mut out, given, true)?;
    }
    value(out.finish())
}

/// Quotes a value; in a query, slashes are quoted as well and a space is a plus.
fn quote(
    context: &CallContext<'_>,
    out: &mut PaidText<'_, '_>,
    given: &Value,
    in_query: bool,
) -> Result<(), Error> {
    const HEXADECIMAL: &[u8; 16] = b"0123456789ABCDEF";
    let text;
    let bytes = match given.as_bytes() {
        Some(bytes) => bytes,
        None => {
            text = self::text(context, given)?;
            text.as_bytes()
        }
    };
    context.fuel(bytes.len() as u64 / 4)?;
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                out.push_char(char::from(byte))?;
            }
            b'/' if !in_query => out.push_char('/')?,
            b' ' if in_query => out.push_char('+')?,
            _ => {
                out.push_char('%')?;
                out.push_char(char::from(HEXADECIMAL[usize::from(byte >> 4)]))?;
                out.push_char(char::from(HEXADECIMAL[usize::from(byte & 15)]))?;
            }
        }
    }
    Ok(())
}

//! Filters on numbers: absolute value, conversion, rounding, file sizes, sums.

use crate::builtins::attribute::{Path, look_up};
use crate::builtins::operand::{self, flag, integer, items, number, refuse};
use crate::builtins::produce::{Answer, value};
use crate::builtins::python::rounding;
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::number::{Number, parse_float, parse_int};
use crate::value::{Value, operate};

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("abs", &[], abs),
    Builtin::filter("int", &["default", "base"], int),
    Builtin::filter("float", &["default"], float),
    Builtin::filter("round", &["precision", "method"], round),
    Builtin::filter("filesizeformat", &["binary"], filesizeformat),
    Builtin::filter("sum", &["attribute", "start"], sum),
];

fn abs(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    match number(bound.value) {
        Some(Number::Int(number)) => match number.checked_abs() {
            Some(absolute) => value(absolute),
            None => Err(BuiltinFault::Overflow("abs").into()),
        },
        Some(Number::Float(number)) => value(number.abs()),
        None => Err(refuse(bound, "a number")),
    }
}

/// The value itself if it is undefined is an error; anything else that is no number is the default.
fn defined(bound: &Bound<'_>) -> Result<(), Error> {
    match bound.value.as_undefined() {
        Some(undefined) => Err(undefined.error()),
        None => Ok(()),
    }
}

fn int(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    defined(bound)?;
    let default = || value(bound.get(0).cloned().unwrap_or(Value::int(0)));
    if let Some(text) = bound.value.as_str() {
        context.fuel(text.len() as u64 / 16)?;
        // A base that there is not, or that is no number, is no failure: the text is then read as a float.
        let base = integer(bound, 1).ok().map(|base| base.unwrap_or(10));
        let read = match base.and_then(|base| u32::try_from(base).ok()) {
            Some(base @ (0 | 2..=36)) => parse_int(text, base)?,
            _ => None,
        };
        if let Some(number) = read {
            return value(number);
        }
        return match parse_float(text) {
            Some(number) if number.is_finite() => value(truncated(number)?),
            _ => default(),
        };
    }
    match number(bound.value) {
        Some(Number::Int(number)) => value(number),
        Some(Number::Float(number)) if number.is_nan() => default(),
        Some(Number::Float(number)) => value(truncated(number)?),
        None => default(),
    }
}

fn truncated(number: f64) -> Result<i128, Error> {
    whole("int", number.trunc())
}

/// A float without a fraction as an integer.
fn whole(name: &'static str, number: f64) -> Result<i128, Error> {
    if !number.is_finite() {
        return Err(BuiltinFault::NoInteger(name, number.to_string()).into());
    }
    // The bounds are powers of two and exact; the upper one is the first that does not fit.
    let limit = -(i128::MIN as f64);
    if number < -limit || number >= limit {
        return Err(BuiltinFault::Overflow(name).into());
    }
    Ok(number as i128)
}

fn float(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    defined(bound)?;
    let read = match bound.value.as_str() {
        Some(text) => parse_float(text),
        None => number(bound.value).map(to_float),
    };
    match read {
        Some(number) => value(number),
        None => value(bound.get(0).cloned().unwrap_or(Value::float(0.0))),
    }
}

fn to_float(number: Number) -> f64 {
    match number {
        Number::Int(number) => number as f64,
        Number::Float(number) => number,
    }
}

fn round(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let precision = integer(bound, 0)?.unwrap_or(0);
    let method = operand::string(bound, 1)?.unwrap_or("common");
    let Some(given) = number(bound.value) else {
        return Err(refuse(bound, "a number"));
    };
    match method {
        "common" => match given {
            Number::Int(number) => match rounding::round_integer(number, precision) {
                Some(rounded) => value(rounded),
                None => Err(BuiltinFault::Overflow("round").into()),
            },
            Number::Float(number) => value(rounding::round_float(number, precision)),
        },
        // An integer has nothing behind its point to cut.
        "ceil" | "floor" if precision >= 0 && matches!(given, Number::Int(_)) => {
            value(to_float(given))
        }
        "ceil" | "floor" => {
            let precision = precision.clamp(-400, 400) as i32;
            let factor = 10_f64.powi(precision);
            if factor.is_infinite() {
                return Err(BuiltinFault::Overflow("round").into());
            }
            let scaled = to_float(given) * factor;
            if !scaled.is_finite() {
                return Err(BuiltinFault::NoInteger("round", scaled.to_string()).into());
            }
            let cut = match method {
                "ceil" => scaled.ceil(),
                _ => scaled.floor(),
            };
            // Adding zero makes a positive zero of a negative one, as an integer has no sign there.
            value((cut + 0.0) / factor)
        }
        _ => Err(operand::refuse_range(
            bound,
            1,
            "`common`, `ceil` or `floor`",
            format!("`{method}`"),
        )),
    }
}

fn filesizeformat(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    const DECIMAL: [&str; 8] = ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    const BINARY: [&str; 8] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];
    let bytes = match bound.value.as_str() {
        Some(text) => parse_float(text).ok_or_else(|| BuiltinFault::NoNumber {
            name: "filesizeformat",
            text: text.chars().take(60).collect(),
        })?,
        None => match number(bound.value) {
            Some(number) => to_float(number),
            None => return Err(refuse(bound, "a number")),
        },
    };
    let (base, units) = match flag(context, bound, 0, false)? {
        true => (1024_f64, BINARY),
        false => (1000_f64, DECIMAL),
    };
    if bytes == 1.0 {
        return value("1 Byte");
    }
    if bytes < base {
        let bytes = whole("filesizeformat", bytes.trunc())?;
        return value(format!("{bytes} Bytes"));
    }
    let mut step = 0;
    while step + 1 < units.len() && bytes >= base.powi(step as i32 + 2) {
        step += 1;
    }
    let amount = base * bytes / base.powi(step as i32 + 2);
    let amount = match amount.is_finite() {
        true => format!("{amount:.1}"),
        false => amount.to_string().to_lowercase(),
    };
    value(format!("{amount} {}", units[step]))
}

fn sum(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let start = bound.get(1).cloned().unwrap_or(Value::int(0));
    if start.as_str().is_some() || start.as_bytes().is_some() {
        return Err(BuiltinFault::SumOfStrings.into());
    }
    let path = Path::new(bound.some(0));
    look_up(
        context,
        items(context, bound.value)?,
        vec![path],
        None,
        Box::new(move |context, _, mut found| {
            let addends = found.pop().unwrap_or_default();
            context.fuel(addends.len() as u64)?;
            let mut total = start;
            for addend in &addends {
                total = operate::add(context, &total, addend)?;
            }
            value(total)
        }),
    )
}

//! How floats are spelled: the shortest digits that read back, or as many as were asked for.

use std::fmt;
use std::fmt::Write as _;

use crate::value::display::write_integer;

/// More decimals than this a float has not, so that the rest of them are zeros.
const DECIMALS: usize = 1100;

/// Appends a float as Python spells it: the shortest digits that read back as the same float.
pub(crate) fn write_float(out: &mut String, float: f64) {
    const LIMIT: f64 = 1e15;
    if float.is_nan() {
        return out.push_str("nan");
    }
    if float.is_infinite() {
        return out.push_str(if float > 0.0 { "inf" } else { "-inf" });
    }
    if float.abs() < LIMIT && float.fract() == 0.0 {
        if float == 0.0 && float.is_sign_negative() {
            out.push('-');
        }
        write_integer(out, float as i64);
        return out.push_str(".0");
    }
    // Up to fifteen digits any decimal is the only one of that length near its float. So if four
    // decimals give the float back, they are its shortest spelling once the zeros are gone.
    let scaled = (float * 10_000.0).round();
    if scaled.abs() < LIMIT && scaled / 10_000.0 == float {
        return write_decimals(out, scaled as i64);
    }
    write_shortest(out, float);
}

/// Appends ten-thousandths as a decimal.
fn write_decimals(out: &mut String, scaled: i64) {
    if scaled < 0 {
        out.push('-');
    }
    let scaled = scaled.unsigned_abs();
    out.push_str(itoa::Buffer::new().format(scaled / 10_000));
    out.push('.');
    let mut rest = scaled % 10_000;
    let mut place = 1_000;
    while rest != 0 {
        out.push((b'0' + (rest / place) as u8) as char);
        rest %= place;
        place /= 10;
    }
}

/// A float halfway between two spellings of so many digits or more can be spelled either way.
const HALVES: usize = 15;

fn write_shortest(out: &mut String, float: f64) {
    let mut scientific = SmallText::default();
    // The buffer is larger than any float's digits.
    let _ = write!(scientific, "{float:e}");
    let (digits, exponent) = split_exponent(scientific.as_str());
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    // A float that lies halfway between two spellings of so many digits has one digit more, and so
    // is whole once the digits behind its point are halves.
    let halves = 2f64.powi((count as i32 - exponent).max(0));
    if count >= HALVES && (float * halves).fract() == 0.0 {
        // Of two spellings that are equally near, Python takes the even one, as rounding does. Next
        // to a power of two what rounding gives may be another float.
        let decimals = count - 1;
        let mut rounded = SmallText::default();
        let _ = write!(rounded, "{float:.decimals$e}");
        if rounded.as_str().parse() == Ok(float) {
            scientific = rounded;
        }
    }
    let (digits, exponent) = split_exponent(scientific.as_str());
    let digits = match digits.strip_prefix('-') {
        Some(digits) => {
            out.push('-');
            digits
        }
        None => digits,
    };
    let (first, rest) = digits.split_once('.').unwrap_or((digits, ""));
    match exponent {
        -4..=-1 => {
            out.push_str("0.");
            out.extend((1..-exponent).map(|_| '0'));
            out.push_str(first);
            out.push_str(rest);
        }
        0..=15 => {
            let exponent = exponent as usize;
            out.push_str(first);
            let whole = exponent.min(rest.len());
            out.push_str(&rest[..whole]);
            out.extend((whole..exponent).map(|_| '0'));
            out.push('.');
            let fraction = &rest[whole..];
            out.push_str(if fraction.is_empty() { "0" } else { fraction });
        }
        _ => {
            out.push_str(first);
            if !rest.is_empty() {
                out.push('.');
                out.push_str(rest);
            }
            out.push_str(if exponent < 0 { "e-" } else { "e+" });
            if exponent.abs() < 10 {
                out.push('0');
            }
            out.push_str(itoa::Buffer::new().format(exponent.unsigned_abs()));
        }
    }
}

/// Digits and exponent of a float as Rust spells it.
fn split_exponent(text: &str) -> (&str, i32) {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (digits, exponent.parse().unwrap_or_default())
}

/// A text on the stack, large enough for the digits of a float.
#[derive(Default)]
struct SmallText {
    bytes: [u8; 32],
    len: usize,
}

impl SmallText {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl fmt::Write for SmallText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let target = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        target.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// A float with `precision` decimals; `point` keeps a point that nothing follows.
pub(crate) fn fixed(float: f64, precision: usize, point: bool) -> String {
    let known = precision.min(DECIMALS);
    let mut out = format!("{float:.known$}");
    finish_digits(&mut out, precision, known, point);
    out
}

/// A float with one digit before the point, `precision` after it, and an exponent.
pub(crate) fn exponential(float: f64, precision: usize, point: bool) -> String {
    let known = precision.min(DECIMALS);
    let text = format!("{float:.known$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut out = digits.to_owned();
    finish_digits(&mut out, precision, known, point);
    push_exponent(&mut out, exponent);
    out
}

fn finish_digits(out: &mut String, precision: usize, known: usize, point: bool) {
    out.extend(std::iter::repeat_n('0', precision - known));
    if precision == 0 && point {
        out.push('.');
    }
}

/// Appends an exponent as C spells it: a sign and at least two digits.
fn push_exponent(out: &mut String, exponent: &str) {
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    out.extend(['e', sign]);
    if digits.len() < 2 {
        out.push('0');
    }
    out.push_str(digits);
}

/// A float with `precision` significant digits, with an exponent where it is far from 1.
pub(crate) fn general(float: f64, precision: usize, alternate: bool) -> String {
    let precision = precision.max(1);
    let known = precision.min(DECIMALS) - 1;
    let text = format!("{float:.known$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i64 = exponent.parse().unwrap_or_default();
    let scientific = exponent < -4 || exponent >= precision as i64;
    let mut out = match scientific {
        true => {
            let mut digits = digits.to_owned();
            finish_digits(&mut digits, precision - 1, known, alternate);
            digits
        }
        false => fixed(float, (precision as i64 - 1 - exponent) as usize, alternate),
    };
    if !alternate && out.contains('.') {
        out.truncate(out.trim_end_matches('0').trim_end_matches('.').len());
    }
    if scientific {
        push_exponent(&mut out, &exponent.to_string());
    }
    out
}

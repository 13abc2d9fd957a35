//! The `%` operator of strings: Python's printf-style formatting.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::CharIndices;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::float::{exponential, fixed, general};
use crate::value::number::{Number, number_of, parse_float, parse_int, truncate};
use crate::value::text::{char_count, char_prefix, escape_html};
use crate::value::{Charge, Mapping, Repr, UndefinedPolicy, Value, display, mapping, settled};

/// The widest field and the largest precision.
const WIDEST: usize = i32::MAX as usize;

/// Fills the placeholders of `template` with `arguments`: a tuple, a mapping for named ones, or one value.
///
/// With `markup`, the template is markup and what is filled in is escaped.
pub(crate) fn format(
    charge: &dyn Charge,
    template: &str,
    arguments: &Value,
    markup: bool,
) -> Result<String, Error> {
    charge.memory(template.len() as u64)?;
    let mut formatter = Formatter {
        charge,
        out: String::with_capacity(template.len()),
        arguments: Arguments::new(arguments),
        markup,
    };
    let mut characters = template.char_indices().enumerate().peekable();
    let mut start = 0;
    while let Some((_, (at, character))) = characters.next() {
        if character != '%' {
            continue;
        }
        formatter.out.push_str(&template[start..at]);
        formatter.placeholder(template, &mut characters)?;
        start = characters
            .peek()
            .map_or(template.len(), |(_, (next, _))| *next);
    }
    formatter.out.push_str(&template[start..]);
    formatter.arguments.check_used()?;
    Ok(formatter.out)
}

type Characters<'a> = Peekable<std::iter::Enumerate<CharIndices<'a>>>;

/// The values that placeholders take, in order.
struct Arguments<'a> {
    values: &'a [Value],
    next: usize,
    whole: &'a Value,
    mapping: Option<Mapping<'a>>,
    /// Whether values may be left over: Python allows it for whatever can be subscribed.
    may_be_left: bool,
}

impl<'a> Arguments<'a> {
    fn new(whole: &'a Value) -> Self {
        let values = match &whole.0 {
            Repr::Tuple(tuple) => tuple.items(),
            _ => std::slice::from_ref(whole),
        };
        let subscribable = matches!(
            whole.0,
            Repr::List(_) | Repr::Range(_) | Repr::Bytes(_) | Repr::Undefined(_)
        );
        let mapping = mapping(whole);
        Arguments {
            values,
            next: 0,
            whole,
            may_be_left: subscribable || mapping.is_some(),
            mapping,
        }
    }

    fn next(&mut self) -> Result<&'a Value, Error> {
        let value = self.values.get(self.next);
        self.next += 1;
        value.ok_or_else(|| ValueFault::FormatMissing.into())
    }

    fn named(&mut self, name: &str) -> Result<Value, Error> {
        let Some(mapping) = &self.mapping else {
            return match self.whole.as_undefined() {
                // Each item of what is undefined and chains is undefined as well.
                Some(undefined) if undefined.policy == UndefinedPolicy::Chainable => {
                    self.values = &[];
                    Ok(self.whole.clone())
                }
                Some(undefined) => Err(undefined.error()),
                None => Err(ValueFault::FormatMapping.into()),
            };
        };
        // Once a name was asked for, placeholders without one have nothing left to take.
        self.values = &[];
        match mapping.get_str(name) {
            Some(value) => Ok(value.clone()),
            None => {
                let mut key = String::new();
                crate::value::text::repr_str(name, &mut key);
                Err(ValueFault::FormatKey(key.into()).into())
            }
        }
    }

    fn check_used(&self) -> Result<(), Error> {
        match self.next < self.values.len() && !self.may_be_left {
            true => Err(ValueFault::FormatUnused.into()),
            false => Ok(()),
        }
    }
}

/// What a placeholder asks for beside its conversion.
#[derive(Default)]
struct Spec {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

struct Formatter<'a> {
    charge: &'a dyn Charge,
    out: String,
    arguments: Arguments<'a>,
    markup: bool,
}

impl Formatter<'_> {
    /// Fills the placeholder whose `%` was just read.
    fn placeholder(&mut self, template: &str, text: &mut Characters<'_>) -> Result<(), Error> {
        if text.next_if(|(_, (_, next))| *next == '%').is_some() {
            self.out.push('%');
            return Ok(());
        }
        let named = match text.next_if(|(_, (_, next))| *next == '(') {
            Some(_) => Some(self.arguments.named(read_key(template, text)?)?),
            None => None,
        };
        let mut spec = Spec::default();
        while let Some((_, (_, flag))) = text.next_if(|(_, (_, next))| "-+ #0".contains(*next)) {
            match flag {
                '-' => spec.left = true,
                '+' => spec.plus = true,
                ' ' => spec.space = true,
                '#' => spec.alternate = true,
                _ => spec.zero = true,
            }
        }
        let width = self.read_size(text)?.unwrap_or_default();
        spec.left |= width < 0;
        spec.width = size(width)?;
        if text.next_if(|(_, (_, next))| *next == '.').is_some() {
            let precision = self.read_size(text)?.unwrap_or_default();
            // Below zero is zero, but as in Python not below every integer of 32 bits.
            let precision = match precision < i128::from(i32::MIN) {
                true => precision.saturating_neg(),
                false => precision.max(0),
            };
            spec.precision = Some(size(precision)?);
        }
        text.next_if(|(_, (_, next))| "hlL".contains(*next));
        let Some((index, (_, conversion))) = text.next() else {
            return Err(ValueFault::FormatIncomplete.into());
        };
        let value = match &named {
            Some(value) => value,
            None => self.arguments.next()?,
        };
        let value = settled(self.charge, value)?;
        self.charge
            .memory(spec.width as u64 + spec.precision.unwrap_or_default() as u64)?;
        self.convert(&spec, conversion, index, value)
    }

    /// Reads a width or precision: digits, or `*` for the next argument.
    fn read_size(&mut self, text: &mut Characters<'_>) -> Result<Option<i128>, Error> {
        if text.next_if(|(_, (_, next))| *next == '*').is_some() {
            let value = self.arguments.next()?;
            return match number_of(value) {
                Some(Number::Int(size)) => Ok(Some(size)),
                _ => Err(ValueFault::FormatStar.into()),
            };
        }
        let mut number = None;
        while let Some((_, (_, digit))) = text.next_if(|(_, (_, next))| next.is_ascii_digit()) {
            let digit = i128::from(digit as u8 - b'0');
            number = Some(
                number
                    .unwrap_or(0i128)
                    .saturating_mul(10)
                    .saturating_add(digit),
            );
        }
        Ok(number)
    }

    fn convert(
        &mut self,
        spec: &Spec,
        conversion: char,
        index: usize,
        value: &Value,
    ) -> Result<(), Error> {
        match conversion {
            's' | 'r' | 'a' => {
                let text = self.text_of(conversion, value)?;
                let text = match spec.precision {
                    Some(count) => char_prefix(&text, count),
                    None => &text,
                };
                self.pad_text(spec, text);
            }
            'c' => {
                let character = character_of(value)?;
                self.pad_text(spec, character.encode_utf8(&mut [0; 4]));
            }
            'd' | 'i' | 'u' => {
                let int = self.integer(conversion, value)?;
                let digits = int.unsigned_abs().to_string();
                self.pad_int(spec, int < 0, "", digits);
            }
            'x' | 'X' | 'o' => {
                let Some(Number::Int(int)) = number_of(value) else {
                    return Err(refused(conversion, "an integer", value));
                };
                let magnitude = int.unsigned_abs();
                let (prefix, digits) = match conversion {
                    'x' => ("0x", format!("{magnitude:x}")),
                    'X' => ("0X", format!("{magnitude:X}")),
                    _ => ("0o", format!("{magnitude:o}")),
                };
                let prefix = if spec.alternate { prefix } else { "" };
                self.pad_int(spec, int < 0, prefix, digits);
            }
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let float = self.real(value)?;
                let precision = spec.precision.unwrap_or(6);
                let mut digits = match conversion.to_ascii_lowercase() {
                    _ if !float.is_finite() => non_finite(float).to_owned(),
                    'e' => exponential(float.abs(), precision, spec.alternate),
                    'f' => fixed(float.abs(), precision, spec.alternate),
                    _ => general(float.abs(), precision, spec.alternate),
                };
                if conversion.is_ascii_uppercase() {
                    digits.make_ascii_uppercase();
                }
                let negative = float.is_sign_negative() && !float.is_nan();
                self.pad_number(spec, negative, "", &digits);
            }
            found => {
                let code = found as u32;
                let found = if found.is_ascii() { found } else { '?' };
                return Err(ValueFault::FormatCharacter { found, code, index }.into());
            }
        }
        Ok(())
    }

    fn text_of<'v>(&self, conversion: char, value: &'v Value) -> Result<Cow<'v, str>, Error> {
        let mut text = match (conversion, value.as_text()) {
            ('s', Some(text)) => Cow::Borrowed(text.as_str()),
            ('s', None) => {
                let mut text = String::new();
                if self.markup {
                    display::write_escaped(self.charge, &mut text, value)?;
                    return Ok(Cow::Owned(text));
                }
                display::write(self.charge, &mut text, value)?;
                Cow::Owned(text)
            }
            _ => {
                let mut text = String::new();
                display::repr(self.charge, &mut text, value)?;
                Cow::Owned(text)
            }
        };
        if conversion == 'a' && !text.is_ascii() {
            text = Cow::Owned(ascii(&text));
        }
        let safe = conversion == 's' && value.is_safe();
        if self.markup && !safe {
            let mut escaped = String::with_capacity(text.len());
            escape_html(&text, &mut escaped);
            text = Cow::Owned(escaped);
        }
        self.charge.memory(text.len() as u64)?;
        Ok(text)
    }

    /// The integer of `%d`: floats are cut. Markup reads strings too, as `int()` does.
    fn integer(&self, conversion: char, value: &Value) -> Result<i128, Error> {
        match (number_of(value), value.as_text()) {
            (Some(Number::Int(int)), _) => Ok(int),
            (Some(Number::Float(float)), _) => truncate(float),
            (None, Some(text)) if self.markup => {
                parse_int(text, 10)?.ok_or_else(|| refused(conversion, "a real number", value))
            }
            _ => Err(refused(conversion, "a real number", value)),
        }
    }

    fn real(&self, value: &Value) -> Result<f64, Error> {
        let read = match (number_of(value), value.as_text()) {
            (Some(number), _) => Some(number.to_f64()),
            (None, Some(text)) if self.markup => parse_float(text),
            _ => None,
        };
        read.ok_or_else(|| match value.as_undefined() {
            Some(undefined) => undefined.error(),
            None => ValueFault::FormatReal(value.type_name().into()).into(),
        })
    }

    fn pad_text(&mut self, spec: &Spec, text: &str) {
        let fill = spec.width.saturating_sub(char_count(text));
        if !spec.left {
            self.fill(' ', fill);
        }
        self.out.push_str(text);
        if spec.left {
            self.fill(' ', fill);
        }
    }

    fn pad_int(&mut self, spec: &Spec, negative: bool, prefix: &str, digits: String) {
        let zeros = spec
            .precision
            .unwrap_or_default()
            .saturating_sub(digits.len());
        let digits = match zeros {
            0 => digits,
            _ => ["0".repeat(zeros), digits].concat(),
        };
        self.pad_number(spec, negative, prefix, &digits);
    }

    fn pad_number(&mut self, spec: &Spec, negative: bool, prefix: &str, digits: &str) {
        let sign = match negative {
            true => "-",
            false if spec.plus => "+",
            false if spec.space => " ",
            false => "",
        };
        let used = sign.len() + prefix.len() + digits.len();
        let fill = spec.width.saturating_sub(used);
        let (before, zeros, after) = match (spec.left, spec.zero) {
            (true, _) => (0, 0, fill),
            (false, true) => (0, fill, 0),
            (false, false) => (fill, 0, 0),
        };
        self.fill(' ', before);
        self.out.push_str(sign);
        self.out.push_str(prefix);
        self.fill('0', zeros);
        self.out.push_str(digits);
        self.fill(' ', after);
    }

    fn fill(&mut self, character: char, count: usize) {
        self.out.extend(std::iter::repeat_n(character, count));
    }
}

/// Reads the name of a placeholder up to its closing parenthesis; others may nest in it.
fn read_key<'t>(template: &'t str, text: &mut Characters<'_>) -> Result<&'t str, Error> {
    let start = text.peek().map_or(template.len(), |(_, (at, _))| *at);
    let mut open = 1;
    for (_, (at, character)) in text.by_ref() {
        match character {
            '(' => open += 1,
            ')' => open -= 1,
            _ => continue,
        }
        if open == 0 {
            return Ok(&template[start..at]);
        }
    }
    Err(ValueFault::FormatIncompleteKey.into())
}

fn size(size: i128) -> Result<usize, Error> {
    usize::try_from(size.unsigned_abs())
        .ok()
        .filter(|size| *size <= WIDEST)
        .ok_or_else(|| ValueFault::FormatTooWide.into())
}

#[cold]
fn refused(conversion: char, expected: &'static str, value: &Value) -> Error {
    if let Some(undefined) = value.as_undefined() {
        return undefined.error();
    }
    let found = value.type_name().into();
    let fault = ValueFault::FormatNumber {
        conversion,
        expected,
        found,
    };
    fault.into()
}

/// The character of `%c`: a string of one, or the number of one.
fn character_of(value: &Value) -> Result<char, Error> {
    if let Some(text) = value.as_text() {
        let mut characters = text.chars();
        return match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => Err(ValueFault::FormatChar.into()),
        };
    }
    match number_of(value) {
        Some(Number::Int(code)) => u32::try_from(code)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| ValueFault::FormatCharRange.into()),
        _ => Err(match value.as_undefined() {
            Some(undefined) => undefined.error(),
            None => ValueFault::FormatChar.into(),
        }),
    }
}

/// Spells what is not ASCII by escapes, as Python's `ascii()` does with a `repr()`.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let code = character as u32;
        out.push_str(&match code {
            0..0x80 => {
                out.push(character);
                continue;
            }
            0x80..0x100 => format!("\\x{code:02x}"),
            0x100..0x10000 => format!("\\u{code:04x}"),
            _ => format!("\\U{code:08x}"),
        });
    }
    out
}

fn non_finite(float: f64) -> &'static str {
    if float.is_nan() { "nan" } else { "inf" }
}

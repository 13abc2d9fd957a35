//! The filter `tojson`.

use crate::builtins::operand::{self, flag, integer, is_markup, text};
use crate::builtins::produce::{Answer, PaidText, charge_values, spaces, value};
use crate::builtins::sort::{self, Keys};
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::number::Number;
use crate::value::{MAX_DEPTH, Value, ValueKind, display, number, settled};

use super::sequence::tuples;

pub(super) const FILTERS: &[Builtin] = &[Builtin::filter("tojson", &["indent"], tojson)];

fn tojson(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let policy = &context.registry().policies().json;
    let style = Style {
        sort_keys: policy.sort_keys,
        ensure_ascii: policy.ensure_ascii,
        for_html: true,
        indent: match bound.some(0) {
            None => policy.indent.clone(),
            // What lines are indented with goes into the page as well.
            Some(given) => Some(without_html(&indent(context, bound, 0, given)?)),
        },
        separators: policy.separators.clone(),
    };
    value(Value::safe(write(context, bound.value, style)?))
}

/// The text with escapes for what means something to HTML.
fn without_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\'' => out.push_str("\\u0027"),
            _ => out.push(character),
        }
    }
    out
}

/// How `tojson` writes in chat templates: as Python's `json.dumps`, with its arguments.
pub(in crate::builtins) fn dumps(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let style = Style {
        sort_keys: flag(context, bound, 3, false)?,
        ensure_ascii: flag(context, bound, 0, false)?,
        for_html: false,
        indent: match bound.some(1) {
            None => None,
            Some(given) => Some(indent(context, bound, 1, given)?),
        },
        separators: match bound.some(2) {
            None => None,
            Some(given) => Some(separators(context, bound, given)?),
        },
    };
    value(write(context, bound.value, style)?)
}

/// What lines are indented with: a text, or so many spaces. A text alone has no lines, and nobody looks.
fn indent(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    index: usize,
    given: &Value,
) -> Result<String, Error> {
    match given.as_text() {
        Some(text) => Ok(text.to_string()),
        None if bound.value.as_str().is_some() => Ok(String::new()),
        None => spaces(context, integer(bound, index)?.unwrap_or(0)),
    }
}

fn separators(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    given: &Value,
) -> Result<(String, String), Error> {
    let items = operand::items(context, given)?;
    match items.as_slice() {
        [item, key] => match (item.as_str(), key.as_str()) {
            (Some(item), Some(key)) => Ok((item.to_owned(), key.to_owned())),
            _ => Err(operand::refuse_argument(bound, 2, "two strings")),
        },
        _ => Err(operand::refuse_argument(bound, 2, "two strings")),
    }
}

/// How a text is written.
struct Style {
    sort_keys: bool,
    ensure_ascii: bool,
    /// Whether what means something to HTML is written as escapes.
    for_html: bool,
    indent: Option<String>,
    /// What stands between items, and behind keys, unless it is what is usual.
    separators: Option<(String, String)>,
}

fn write(context: &CallContext<'_>, value: &Value, style: Style) -> Result<String, Error> {
    let out = PaidText::new(context);
    let mut writer = Writer {
        context,
        out,
        style,
    };
    writer.write(value, 0)?;
    Ok(writer.out.finish())
}

struct Writer<'c, 'a> {
    context: &'c CallContext<'a>,
    out: PaidText<'c, 'a>,
    style: Style,
}

impl Writer<'_, '_> {
    fn write(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(BuiltinFault::TooDeep("tojson").into());
        }
        self.context.fuel(1)?;
        let value = settled(self.context, value)?;
        if let Some(undefined) = value.as_undefined() {
            return Err(undefined.error());
        }
        if let Some(text) = value.as_str() {
            return self.string(text);
        }
        match value.kind() {
            ValueKind::None => self.out.push("null"),
            ValueKind::Bool => self.out.push(if value.as_bool() == Some(true) {
                "true"
            } else {
                "false"
            }),
            ValueKind::Integer | ValueKind::Float => self.number(value),
            ValueKind::List => match value.as_list() {
                Some(list) => self.sequence(&list.items(), depth),
                None => Ok(()),
            },
            ValueKind::Tuple => match value.as_tuple() {
                Some(tuple) => self.sequence(tuple.items(), depth),
                None => Ok(()),
            },
            ValueKind::Map => self.mapping(value, depth),
            _ if is_markup(value) => {
                let text = text(self.context, value)?;
                self.string(&text)
            }
            _ => Err(value.advise(BuiltinFault::NoJson(value.type_name().to_owned()).into())),
        }
    }

    fn number(&mut self, value: &Value) -> Result<(), Error> {
        match number::number_of(value) {
            Some(Number::Float(number)) if number.is_nan() => self.out.push("NaN"),
            Some(Number::Float(f64::INFINITY)) => self.out.push("Infinity"),
            Some(Number::Float(f64::NEG_INFINITY)) => self.out.push("-Infinity"),
            _ => {
                let text = display::to_text(self.context, value)?;
                self.out.push(&text)
            }
        }
    }

    fn sequence(&mut self, items: &[Value], depth: usize) -> Result<(), Error> {
        self.out.push("[")?;
        for (index, item) in items.iter().enumerate() {
            self.separate(index, depth + 1)?;
            self.write(item, depth + 1)?;
        }
        self.close(items.is_empty(), depth, "]")
    }

    fn mapping(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        let pairs = tuples(self.context, value)?;
        charge_values(self.context, pairs.len())?;
        let entries: Vec<(Value, Value)> = pairs
            .iter()
            .filter_map(|pair| match pair.as_tuple()?.items() {
                [key, value] => Some((key.clone(), value.clone())),
                _ => None,
            })
            .collect();
        let order = match self.style.sort_keys {
            true => {
                let keys = entries.iter().map(|(key, _)| key.clone()).collect();
                sort::order(self.context, entries.len(), &[keys], Keys::Plain, false)?
            }
            false => (0..entries.len()).collect(),
        };
        self.out.push("{")?;
        for (place, index) in order.into_iter().enumerate() {
            let (key, value) = &entries[index];
            self.separate(place, depth + 1)?;
            self.key(key)?;
            match &self.style.separators {
                Some((_, key)) => self.out.push(key)?,
                None => self.out.push(": ")?,
            }
            self.write(value, depth + 1)?;
        }
        self.close(entries.is_empty(), depth, "}")
    }

    fn key(&mut self, key: &Value) -> Result<(), Error> {
        if let Some(text) = key.as_str() {
            return self.string(text);
        }
        match key.kind() {
            ValueKind::None | ValueKind::Bool | ValueKind::Integer | ValueKind::Float => {
                self.out.push("\"")?;
                self.write(key, 0)?;
                self.out.push("\"")
            }
            _ => Err(BuiltinFault::NoJsonKey(key.type_name().to_owned()).into()),
        }
    }

    /// What stands before the item at `index`: a comma, and a new line if the output is laid out.
    fn separate(&mut self, index: usize, depth: usize) -> Result<(), Error> {
        if index > 0 {
            self.out
                .push(match (&self.style.separators, &self.style.indent) {
                    (Some((item, _)), _) => item,
                    (None, Some(_)) => ",",
                    (None, None) => ", ",
                })?;
        }
        self.new_line(depth)
    }

    fn close(&mut self, empty: bool, depth: usize, bracket: &str) -> Result<(), Error> {
        if !empty {
            self.new_line(depth)?;
        }
        self.out.push(bracket)
    }

    fn new_line(&mut self, depth: usize) -> Result<(), Error> {
        let Some(indent) = &self.style.indent else {
            return Ok(());
        };
        self.out.push("\n")?;
        self.out.repeat(indent, depth)
    }

    /// A string, with escapes for what cannot stand in one.
    fn string(&mut self, text: &str) -> Result<(), Error> {
        const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";
        self.context.fuel(text.len() as u64 / 16)?;
        self.out.push("\"")?;
        let mut rest = text;
        while let Some(at) = rest.find(|character| self.style.escapes(character)) {
            self.out.push(&rest[..at])?;
            let mut characters = rest[at..].chars();
            let Some(character) = characters.next() else {
                break;
            };
            match character {
                '"' => self.out.push("\\\"")?,
                '\\' => self.out.push("\\\\")?,
                '\n' => self.out.push("\\n")?,
                '\r' => self.out.push("\\r")?,
                '\t' => self.out.push("\\t")?,
                '\x08' => self.out.push("\\b")?,
                '\x0c' => self.out.push("\\f")?,
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        self.out.push("\\u")?;
                        for shift in [12, 8, 4, 0] {
                            let digit = HEXADECIMAL[usize::from(*unit >> shift & 15)];
                            self.out.push_char(char::from(digit))?;
                        }
                    }
                }
            }
            rest = characters.as_str();
        }
        self.out.push(rest)?;
        self.out.push("\"")
    }
}

impl Style {
    /// Whether a character is written as an escape.
    fn escapes(&self, character: char) -> bool {
        match character {
            '"' | '\\' => true,
            '<' | '>' | '&' | '\'' => self.for_html,
            ..' ' => character != ' ',
            '\x7f'.. => self.ensure_ascii,
            _ => false,
        }
    }
}

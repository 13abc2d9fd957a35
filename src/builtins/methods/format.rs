//! The methods `format` and `format_map` of strings.

use arcstr::ArcStr;

use crate::builtins::filters::escaped;
use crate::builtins::operand::is_markup;
use crate::builtins::produce::{Answer, PaidText, text_like, value};
use crate::builtins::python::format_spec::Spec;
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::number::{Number, number_of};
use crate::value::{Symbol, Value, access, display, settled};

use super::string::{receiver, text};

pub(super) const METHODS: &[Builtin] = &[
    text("format", &[], format).rest().keywords(),
    text("format_map", &["mapping"], format_map).required(1),
];

fn format(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (template, safe) = receiver(bound)?;
    let mut formatter = Formatter {
        context,
        source: Source::Arguments(bound),
        safe,
        numbering: Numbering::Open,
    };
    let mut out = PaidText::new(context);
    formatter.write(&mut out, template, 0)?;
    value(text_like(safe, out.finish()))
}

fn format_map(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (template, safe) = receiver(bound)?;
    let mut formatter = Formatter {
        context,
        source: Source::Mapping(bound.required(0)),
        safe,
        numbering: Numbering::Open,
    };
    let mut out = PaidText::new(context);
    formatter.write(&mut out, template, 0)?;
    value(text_like(safe, out.finish()))
}

/// Where the values of fields come from.
enum Source<'b, 'a> {
    Arguments(&'b Bound<'a>),
    Mapping(&'b Value),
}

/// Whether fields are numbered by the template, or by their order.
#[derive(Clone, Copy)]
enum Numbering {
    Open,
    Manual,
    Automatic(usize),
}

struct Formatter<'b, 'c, 'a> {
    context: &'c CallContext<'a>,
    source: Source<'b, 'c>,
    safe: bool,
    numbering: Numbering,
}

/// A field: which value, a conversion, and a specification that may have fields itself.
struct Field<'t> {
    path: &'t str,
    conversion: Option<&'t str>,
    spec: &'t str,
}

impl Formatter<'_, '_, '_> {
    fn write(
        &mut self,
        out: &mut PaidText<'_, '_>,
        template: &str,
        depth: usize,
    ) -> Result<(), Error> {
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            self.context.fuel(1)?;
            out.push(&rest[..at])?;
            let brace = &rest[at..at + 1];
            let behind = &rest[at + 1..];
            // In a specification every brace belongs to a field.
            if depth == 0 && behind.starts_with(brace) {
                out.push(brace)?;
                rest = &behind[1..];
                continue;
            }
            if brace == "}" {
                return Err(BuiltinFault::FormatClose.into());
            }
            let end = field_end(behind).ok_or(BuiltinFault::FormatOpen)?;
            self.write_field(out, &behind[..end], depth)?;
            rest = &behind[end + 1..];
        }
        out.push(rest)
    }

    fn write_field(
        &mut self,
        out: &mut PaidText<'_, '_>,
        text: &str,
        depth: usize,
    ) -> Result<(), Error> {
        if depth > 1 {
            return Err(BuiltinFault::FormatDepth.into());
        }
        let field = Field::parse(text)?;
        let value = self.find(field.path)?;
        let value = settled(self.context, &value)?;
        let spec = match field.spec.contains('{') {
            true => {
                let mut spec = PaidText::new(self.context);
                self.write(&mut spec, field.spec, depth + 1)?;
                spec.finish()
            }
            false => field.spec.to_owned(),
        };
        let converted = match field.conversion {
            None => None,
            Some("s") => Some(text_like(
                is_markup(value),
                display::to_text(self.context, value)?,
            )),
            Some("r") => Some(Value::string(display::to_repr(self.context, value)?)),
            Some("a") => {
                let repr = display::to_repr(self.context, value)?;
                self.context
                    .memory((repr.len() as u64).saturating_mul(10))?;
                Some(Value::string(ascii(&repr)))
            }
            Some(other) => return Err(BuiltinFault::FormatConversion(other.to_owned()).into()),
        };
        let value = converted.as_ref().unwrap_or(value);
        let formatted = self.formatted(value, &spec)?;
        // The parts of a specification are no part of the result, and are not escaped.
        match self.safe && depth == 0 && !is_markup(value) {
            true => out.push(&escaped(self.context, &formatted)?),
            false => out.push(&formatted),
        }
    }

    /// The value of a field: an argument, then its attributes and items.
    fn find(&mut self, path: &str) -> Result<Value, Error> {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (name, mut rest) = path.split_at(end);
        let mut value = self.argument(name)?;
        while !rest.is_empty() {
            self.context.fuel(1)?;
            let malformed = || BuiltinFault::FormatField(path.chars().take(60).collect());
            let found = if let Some(behind) = rest.strip_prefix('.') {
                let end = behind.find(['.', '[']).unwrap_or(behind.len());
                let (name, behind) = behind.split_at(end);
                if name.is_empty() {
                    return Err(malformed().into());
                }
                rest = behind;
                let symbol = Symbol::new(ArcStr::from(name));
                access::attribute(self.context, self.context.policy(), &value, &symbol)?
            } else {
                let behind = rest.strip_prefix('[').ok_or_else(malformed)?;
                let (key, behind) = behind.split_once(']').ok_or_else(malformed)?;
                if key.is_empty() || !(behind.is_empty() || behind.starts_with(['.', '['])) {
                    return Err(malformed().into());
                }
                rest = behind;
                let key = match index(key) {
                    Some(index) => Value::int(index as i64),
                    None => Value::string(key),
                };
                access::item(self.context, self.context.policy(), &value, &key)?
            };
            // What chains is as undefined as before, and prints as it does.
            if let Some(undefined) = found.as_undefined()
                && !value.is_undefined()
            {
                return Err(undefined.error());
            }
            value = settled(self.context, &found)?.clone();
        }
        Ok(value)
    }

    fn argument(&mut self, name: &str) -> Result<Value, Error> {
        let numbered = index(name);
        let bound = match &self.source {
            // A mapping has no positions.
            Source::Mapping(_) if name.is_empty() || numbered.is_some() => {
                return Err(BuiltinFault::FormatIndex {
                    index: numbered.unwrap_or(0),
                    given: 0,
                }
                .into());
            }
            Source::Mapping(mapping) => {
                let found = access::item(
                    self.context,
                    self.context.policy(),
                    mapping,
                    &Value::string(name),
                )?;
                return match found.is_undefined() {
                    true => Err(BuiltinFault::FormatName(name.to_owned()).into()),
                    false => Ok(found),
                };
            }
            Source::Arguments(bound) => *bound,
        };
        let position = match (name.is_empty(), numbered, self.numbering) {
            (true, _, Numbering::Manual) | (false, Some(_), Numbering::Automatic(_)) => {
                return Err(BuiltinFault::FormatMixed.into());
            }
            (true, _, Numbering::Automatic(next)) => {
                self.numbering = Numbering::Automatic(next + 1);
                next
            }
            (true, _, Numbering::Open) => {
                self.numbering = Numbering::Automatic(1);
                0
            }
            (false, Some(position), _) => {
                self.numbering = Numbering::Manual;
                position
            }
            (false, None, _) => {
                return match bound.arguments().keyword(name) {
                    Some(value) => Ok(value.clone()),
                    None => Err(BuiltinFault::FormatName(name.chars().take(60).collect()).into()),
                };
            }
        };
        match bound.rest().get(position) {
            Some(value) => Ok(value.clone()),
            None => Err(BuiltinFault::FormatIndex {
                index: position,
                given: bound.rest().len(),
            }
            .into()),
        }
    }

    fn formatted(&self, value: &Value, spec: &str) -> Result<ArcStr, Error> {
        if spec.is_empty() {
            return display::to_text(self.context, value);
        }
        let refuse = || BuiltinFault::FormatSpec {
            spec: spec.chars().take(60).collect(),
            found: value.type_name().to_owned(),
        };
        // Markup that goes into markup has no width to fill.
        if self.safe && value.is_safe() {
            return Err(refuse().into());
        }
        let parsed = Spec::parse(spec).ok_or_else(refuse)?;
        self.context.fuel(parsed.cost() / 64)?;
        self.context.memory(parsed.cost())?;
        let formatted = match (value.as_text(), number_of(value)) {
            (Some(text), _) => {
                self.context.memory((text.len() as u64).saturating_mul(2))?;
                parsed.text(text)
            }
            (None, Some(Number::Int(number))) => parsed.integer(number),
            (None, Some(Number::Float(number))) => parsed.float(number),
            (None, None) => None,
        };
        Ok(formatted.ok_or_else(refuse)?.into())
    }
}

/// Where the closing brace of a field is, behind its opening one.
fn field_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_brackets = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            // A key in brackets may have any character, but only before a specification begins.
            b'[' if depth == 0 => in_brackets = true,
            b']' => in_brackets = false,
            _ if in_brackets => {}
            b'{' => depth += 1,
            b'}' => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return Some(at),
            },
            _ => {}
        }
    }
    None
}

impl<'t> Field<'t> {
    fn parse(text: &'t str) -> Result<Self, Error> {
        let mut in_brackets = false;
        let end = text
            .bytes()
            .position(|byte| {
                match byte {
                    b'[' => in_brackets = true,
                    b']' => in_brackets = false,
                    _ => {}
                }
                !in_brackets && matches!(byte, b'!' | b':')
            })
            .unwrap_or(text.len());
        let (path, behind) = text.split_at(end);
        if path.contains('{') {
            return Err(BuiltinFault::FormatField(path.chars().take(60).collect()).into());
        }
        let (conversion, spec) = match behind.strip_prefix('!') {
            Some(behind) => match behind.split_once(':') {
                Some((conversion, spec)) => (Some(conversion), spec),
                None => (Some(behind), ""),
            },
            None => (None, behind.strip_prefix(':').unwrap_or_default()),
        };
        Ok(Field {
            path,
            conversion,
            spec,
        })
    }
}

/// A name that is a position.
fn index(name: &str) -> Option<usize> {
    match !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Some(name.parse().unwrap_or(usize::MAX)),
        false => None,
    }
}

/// What `ascii()` makes of a repr.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character as u32 {
            0..=0x7f => out.push(character),
            point @ 0x80..=0xff => out.push_str(&format!("\\x{point:02x}")),
            point @ 0x100..=0xffff => out.push_str(&format!("\\u{point:04x}")),
            point => out.push_str(&format!("\\U{point:08x}")),
        }
    }
    out
}

//! The filter `pprint`: values laid out in lines of at most 80 characters.

use crate::builtins::operand::length;
use crate::builtins::produce::{Answer, PaidText, value};
use crate::builtins::python::{characters, split};
use crate::builtins::sort::merge_sort;
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::compare::{Relation, relate};
use crate::value::{MAX_DEPTH, Value, ValueKind, display, settled};

use super::sequence::tuples;

pub(super) const FILTERS: &[Builtin] = &[Builtin::filter("pprint", &[], pprint)];

const WIDTH: usize = 80;

fn pprint(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let printer = Printer {
        context,
        out: PaidText::new(context),
        depth: usize::MAX,
        compact: false,
    };
    value(printer.print(bound.value)?)
}

/// A value laid out with as many items on a line as it holds, and not deeper than `depth`.
pub(in crate::builtins) fn pretty(
    context: &CallContext<'_>,
    value: &Value,
    depth: usize,
) -> Result<String, Error> {
    let printer = Printer {
        context,
        out: PaidText::new(context),
        depth,
        compact: true,
    };
    printer.print(value)
}

/// Where a value may be written.
#[derive(Clone, Copy)]
struct Room {
    /// The column it begins in.
    indent: usize,
    /// How many characters must follow it on its last line.
    allowance: usize,
}

struct Printer<'c, 'a> {
    context: &'c CallContext<'a>,
    out: PaidText<'c, 'a>,
    /// How many levels of containers are shown.
    depth: usize,
    /// Whether short items share a line.
    compact: bool,
}

impl Printer<'_, '_> {
    fn print(mut self, value: &Value) -> Result<String, Error> {
        let room = Room {
            indent: 0,
            allowance: 0,
        };
        self.format(value, room, 1)?;
        Ok(self.out.finish())
    }

    fn format(&mut self, value: &Value, room: Room, level: usize) -> Result<(), Error> {
        if level > MAX_DEPTH {
            return Err(BuiltinFault::TooDeep("pprint").into());
        }
        let value = settled(self.context, value)?;
        let whole = self.repr(value, level)?;
        let width = WIDTH
            .saturating_sub(room.indent)
            .saturating_sub(room.allowance);
        if length(&whole) <= width {
            return self.out.push(&whole);
        }
        let parts = self.parts(value)?;
        match value.kind() {
            ValueKind::Map => self.mapping(value, room, level),
            ValueKind::List => self.sequence(&parts, "[", "]", room, level),
            ValueKind::Tuple if parts.len() == 1 => self.sequence(&parts, "(", ",)", room, level),
            ValueKind::Tuple => self.sequence(&parts, "(", ")", room, level),
            ValueKind::String if !value.is_safe() => match value.as_str() {
                Some(text) => self.string(text, room, level),
                None => Ok(()),
            },
            _ => self.out.push(&whole),
        }
    }

    /// The items of a list or tuple.
    fn parts(&self, value: &Value) -> Result<Vec<Value>, Error> {
        match value.kind() {
            ValueKind::List | ValueKind::Tuple => {
                crate::builtins::operand::items(self.context, value)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn sequence(
        &mut self,
        items: &[Value],
        open: &str,
        close: &str,
        room: Room,
        level: usize,
    ) -> Result<(), Error> {
        self.out.push(open)?;
        let indent = room.indent + 1;
        let line = (WIDTH + 1).saturating_sub(indent);
        let mut left = line;
        let mut broken = true;
        for (index, item) in items.iter().enumerate() {
            let last = index + 1 == items.len();
            let allowance = if last {
                room.allowance + close.len()
            } else {
                1
            };
            if self.compact {
                let ending = if last { allowance } else { 0 };
                let whole = self.repr(item, level + 1)?;
                let needed = length(&whole) + 2;
                let line = line.saturating_sub(ending);
                left = left.saturating_sub(ending);
                if left < needed {
                    left = line;
                    broken = true;
                }
                if left >= needed {
                    left -= needed;
                    self.separate(index, broken, indent)?;
                    broken = false;
                    self.out.push(&whole)?;
                    continue;
                }
            }
            self.separate(index, broken, indent)?;
            broken = true;
            self.format(item, Room { indent, allowance }, level + 1)?;
        }
        self.out.push(close)
    }

    /// Writes what stands before the item at `index`.
    fn separate(&mut self, index: usize, broken: bool, indent: usize) -> Result<(), Error> {
        match (index, broken) {
            (0, _) => Ok(()),
            (_, false) => self.out.push(", "),
            (_, true) => {
                self.out.push(",")?;
                self.new_line(indent)
            }
        }
    }

    fn mapping(&mut self, value: &Value, room: Room, level: usize) -> Result<(), Error> {
        let pairs = self.sorted(value)?;
        self.out.push("{")?;
        let indent = room.indent + 1;
        for (index, (key, value)) in pairs.iter().enumerate() {
            if index > 0 {
                self.out.push(",")?;
                self.new_line(indent)?;
            }
            let key = self.repr(key, level + 1)?;
            self.out.push(&key)?;
            self.out.push(": ")?;
            let last = index + 1 == pairs.len();
            let room = Room {
                indent: indent + length(&key) + 2,
                allowance: if last { room.allowance + 1 } else { 1 },
            };
            self.format(value, room, level + 1)?;
        }
        self.out.push("}")
    }

    /// A long string in pieces: its lines, and the words of a line that is too long.
    fn string(&mut self, text: &str, room: Room, level: usize) -> Result<(), Error> {
        // Pieces stand together by parentheses, unless those of a container hold them already.
        let outermost = usize::from(level == 1);
        let indent = room.indent + outermost;
        let allowance = room.allowance + outermost;
        let width = WIDTH.saturating_sub(indent);
        let lines: Vec<&str> = split::lines(text, true).collect();
        let mut pieces: Vec<String> = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let last_line = index + 1 == lines.len();
            let ending = if last_line { allowance } else { 0 };
            let whole = self.quoted(line)?;
            if length(&whole) <= width.saturating_sub(ending) {
                pieces.push(whole);
                continue;
            }
            let words = words_with_space(line);
            let mut current = 0..0;
            for (at, word) in words.iter().enumerate() {
                let last = last_line && at + 1 == words.len();
                let width = width.saturating_sub(if last { allowance } else { 0 });
                let candidate = current.start..word.end;
                if length(&self.quoted(&line[candidate.clone()])?) <= width {
                    current = candidate;
                    continue;
                }
                if !current.is_empty() {
                    pieces.push(self.quoted(&line[current])?);
                }
                current = word.clone();
            }
            if !current.is_empty() {
                pieces.push(self.quoted(&line[current])?);
            }
        }
        if let [only] = pieces.as_slice() {
            return self.out.push(only);
        }
        if level == 1 {
            self.out.push("(")?;
        }
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 {
                self.new_line(indent)?;
            }
            self.out.push(piece)?;
        }
        if level == 1 {
            self.out.push(")")?;
        }
        Ok(())
    }

    fn quoted(&self, text: &str) -> Result<String, Error> {
        self.context.fuel(text.len() as u64 / 16 + 1)?;
        self.context.memory(text.len() as u64)?;
        let mut out = String::new();
        crate::value::text::repr_str(text, &mut out);
        Ok(out)
    }

    fn new_line(&mut self, indent: usize) -> Result<(), Error> {
        self.out.push("\n")?;
        self.out.repeat(" ", indent)
    }

    /// The value on one line, with the keys of dicts in order.
    fn repr(&self, value: &Value, level: usize) -> Result<String, Error> {
        let mut out = PaidText::new(self.context);
        self.write_repr(&mut out, value, level)?;
        Ok(out.finish())
    }

    fn write_repr(
        &self,
        out: &mut PaidText<'_, '_>,
        value: &Value,
        level: usize,
    ) -> Result<(), Error> {
        if level > MAX_DEPTH {
            return Err(BuiltinFault::TooDeep("pprint").into());
        }
        self.context.fuel(1)?;
        let value = settled(self.context, value)?;
        if level > self.depth && value.len().is_some_and(|length| length > 0) {
            match value.kind() {
                ValueKind::Map => return out.push("{...}"),
                ValueKind::List => return out.push("[...]"),
                ValueKind::Tuple => return out.push("(...)"),
                _ => {}
            }
        }
        let (open, close) = match value.kind() {
            ValueKind::Map => {
                out.push("{")?;
                for (index, (key, value)) in self.sorted(value)?.iter().enumerate() {
                    if index > 0 {
                        out.push(", ")?;
                    }
                    self.write_repr(out, key, level + 1)?;
                    out.push(": ")?;
                    self.write_repr(out, value, level + 1)?;
                }
                return out.push("}");
            }
            ValueKind::List => ("[", "]"),
            ValueKind::Tuple => ("(", ")"),
            _ => return out.push(&display::to_repr(self.context, value)?),
        };
        let items = self.parts(value)?;
        out.push(open)?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push(", ")?;
            }
            self.write_repr(out, item, level + 1)?;
        }
        if open == "(" && items.len() == 1 {
            out.push(",")?;
        }
        out.push(close)
    }

    /// The entries of a mapping by their keys; keys that do not compare go by the names of their types.
    fn sorted(&self, value: &Value) -> Result<Vec<(Value, Value)>, Error> {
        let pairs = tuples(self.context, value)?;
        let entries: Vec<(Value, Value)> = pairs
            .iter()
            .filter_map(|pair| match pair.as_tuple()?.items() {
                [key, value] => Some((key.clone(), value.clone())),
                _ => None,
            })
            .collect();
        let mut order: Vec<usize> = (0..entries.len()).collect();
        merge_sort::<_, Error>(&mut order, &mut |a, b| {
            self.context.fuel(1)?;
            let (a, b) = (&entries[a].0, &entries[b].0);
            Ok(relate(self.context, Relation::Less, a, b)
                .unwrap_or_else(|_| a.type_name() < b.type_name()))
        })?;
        Ok(order
            .into_iter()
            .map(|index| entries[index].clone())
            .collect())
    }
}

/// The ranges of the words of a line, each with the white space behind it.
fn words_with_space(line: &str) -> Vec<std::ops::Range<usize>> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut in_space = false;
    for (at, character) in line.char_indices() {
        let is_space = characters::is_space(character);
        if in_space && !is_space {
            words.push(start..at);
            start = at;
        }
        in_space = is_space;
    }
    if start < line.len() {
        words.push(start..line.len());
    }
    words
}

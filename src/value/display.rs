//! Printing values as Python prints them: `str()` and `repr()`.

use std::fmt;

use arcstr::ArcStr;

use crate::error::Error;
use crate::error::value::ValueFault;
pub(crate) use crate::value::float::write_float;
use crate::value::text::{escape_html, push_small, repr_bytes, repr_str};
use crate::value::{
    Charge, List, MAX_DEPTH, Map, Namespace, Repr, UndefinedPolicy, Unlimited, Value, pending,
    settled,
};

/// Appends what printing `value` gives: Python's `str()`.
pub(crate) fn write(charge: &dyn Charge, out: &mut String, value: &Value) -> Result<(), Error> {
    match &value.0 {
        Repr::String(text) | Repr::Safe(text) => {
            out.push_str(text);
            Ok(())
        }
        Repr::Int(int) => {
            write_integer(out, *int);
            Ok(())
        }
        _ => Printer::new(charge, out).str(value),
    }
}

/// Appends how `value` is spelled inside a list: Python's `repr()`.
pub(crate) fn repr(charge: &dyn Charge, out: &mut String, value: &Value) -> Result<(), Error> {
    Printer::new(charge, out).repr(value)
}

/// Appends what auto-escaped output gives: markup as it is, everything else escaped.
pub(crate) fn write_escaped(
    charge: &dyn Charge,
    out: &mut String,
    value: &Value,
) -> Result<(), Error> {
    match &value.0 {
        Repr::String(text) => escape_html(text, out),
        Repr::Pending(_) | Repr::Stream(_) => {
            return write_escaped(charge, out, settled(charge, value)?);
        }
        // These print without any character that is escaped, or are markup.
        Repr::Safe(_)
        | Repr::Int(_)
        | Repr::BigInt(_)
        | Repr::Float(_)
        | Repr::Bool(_)
        | Repr::None => {
            write(charge, out, value)?;
        }
        Repr::Object(object) if object.is_markup() => write(charge, out, value)?,
        _ => {
            let mut text = String::new();
            write(charge, &mut text, value)?;
            escape_html(&text, out);
        }
    }
    Ok(())
}

/// What printing `value` gives; a string is not copied.
pub(crate) fn to_text(charge: &dyn Charge, value: &Value) -> Result<ArcStr, Error> {
    if let Some(text) = value.as_text() {
        return Ok(text.clone());
    }
    let mut out = String::new();
    write(charge, &mut out, value)?;
    charge.memory(out.len() as u64)?;
    Ok(out.into())
}

/// How `value` is spelled inside a list.
pub(crate) fn to_repr(charge: &dyn Charge, value: &Value) -> Result<ArcStr, Error> {
    let mut out = String::new();
    repr(charge, &mut out, value)?;
    charge.memory(out.len() as u64)?;
    Ok(out.into())
}

/// Appends an integer.
#[inline(never)]
pub(crate) fn write_integer(out: &mut String, int: i64) {
    let start = out.len();
    if !push_small(int, out) {
        write_any_integer(out, start, int);
    }
}

/// Appends an integer in place of what is behind `start`.
#[cold]
#[inline(never)]
fn write_any_integer(out: &mut String, start: usize, int: i64) {
    out.truncate(start);
    out.push_str(itoa::Buffer::new().format(int));
}

/// How many bytes of output are paid for at once.
const BATCH: usize = 4096;

/// Prints nested values: remembers what it is inside of, and pays for what it writes.
struct Printer<'a> {
    charge: &'a dyn Charge,
    out: &'a mut String,
    /// The containers that are being printed, by address: one of them again is a cycle.
    open: Vec<usize>,
    paid: usize,
    /// Whether futures and the like are named instead of refused, for messages and `Debug`.
    tolerant: bool,
}

impl<'a> Printer<'a> {
    fn new(charge: &'a dyn Charge, out: &'a mut String) -> Self {
        let paid = out.len();
        Printer {
            charge,
            out,
            open: Vec::new(),
            paid,
            tolerant: false,
        }
    }

    fn str(&mut self, value: &Value) -> Result<(), Error> {
        match &value.0 {
            Repr::String(text) | Repr::Safe(text) => self.out.push_str(text),
            Repr::Undefined(_) => {
                if let Some(known) = value.as_undefined() {
                    match known.policy {
                        UndefinedPolicy::Strict if !self.tolerant => return Err(known.error()),
                        UndefinedPolicy::Debug => self.out.push_str(&known.debug_text()),
                        _ => {}
                    }
                    self.charge.used_undefined(known);
                }
            }
            Repr::Unset | Repr::OnTape(_) => {}
            Repr::Pending(_) | Repr::Stream(_) if !self.tolerant => {
                return self.str(settled(self.charge, value)?);
            }
            _ => return self.repr(value),
        }
        Ok(())
    }

    fn repr(&mut self, value: &Value) -> Result<(), Error> {
        match &value.0 {
            Repr::Unset | Repr::OnTape(_) | Repr::Undefined(_) => self.out.push_str("Undefined"),
            Repr::None => self.out.push_str("None"),
            Repr::Bool(flag) => self.out.push_str(if flag.get() { "True" } else { "False" }),
            Repr::Int(int) => write_integer(self.out, *int),
            Repr::BigInt(int) => self.out.push_str(itoa::Buffer::new().format(**int)),
            Repr::Float(float) => write_float(self.out, float.get()),
            Repr::String(text) => repr_str(text, self.out),
            Repr::Safe(text) => {
                self.out.push_str("Markup(");
                repr_str(text, self.out);
                self.out.push(')');
            }
            Repr::Bytes(bytes) => repr_bytes(bytes, self.out),
            Repr::List(list) => return self.list(list),
            Repr::Tuple(tuple) => return self.tuple(tuple.items()),
            Repr::Range(range) => {
                let (start, stop, step) = (range.start, range.stop, range.step);
                self.out.push_str("range(");
                write_integer(self.out, start);
                self.out.push_str(", ");
                write_integer(self.out, stop);
                if step != 1 {
                    self.out.push_str(", ");
                    write_integer(self.out, step);
                }
                self.out.push(')');
            }
            Repr::Map(dict) => {
                let address = std::ptr::from_ref(&**dict) as usize;
                return self.map(address, &dict.view());
            }
            Repr::Record(record) => {
                let address = std::ptr::from_ref(&**record) as usize;
                if !self.enter(address, "{...}")? {
                    return Ok(());
                }
                self.out.push('{');
                for (index, (name, value)) in record.iter().enumerate() {
                    self.separate(index)?;
                    repr_str(name, self.out);
                    self.out.push_str(": ");
                    self.repr(value)?;
                }
                self.out.push('}');
                self.leave();
            }
            Repr::Object(object) => match value.as_namespace() {
                Some(namespace) => return self.namespace(object.address(), namespace),
                None => match value.as_dict_view() {
                    Some(view) => {
                        self.out.push_str(view.kind);
                        self.out.push('(');
                        self.repr(&view.items)?;
                        self.out.push(')');
                    }
                    None => self.out.push_str(&object.render()),
                },
            },
            Repr::Pending(_) | Repr::Stream(_) => return self.later(value),
        }
        Ok(())
    }

    fn list(&mut self, list: &List) -> Result<(), Error> {
        if !self.enter(std::ptr::from_ref(list) as usize, "[...]")? {
            return Ok(());
        }
        self.out.push('[');
        for (index, item) in list.items().iter().enumerate() {
            self.separate(index)?;
            self.repr(item)?;
        }
        self.out.push(']');
        self.leave();
        Ok(())
    }

    fn tuple(&mut self, items: &[Value]) -> Result<(), Error> {
        // An empty tuple has no address of its own.
        if items.is_empty() {
            self.out.push_str("()");
            return Ok(());
        }
        if !self.enter(items.as_ptr() as usize, "(...)")? {
            return Ok(());
        }
        self.out.push('(');
        for (index, item) in items.iter().enumerate() {
            self.separate(index)?;
            self.repr(item)?;
        }
        self.out.push_str(if items.len() == 1 { ",)" } else { ")" });
        self.leave();
        Ok(())
    }

    fn map(&mut self, address: usize, map: &Map) -> Result<(), Error> {
        if !self.enter(address, "{...}")? {
            return Ok(());
        }
        self.out.push('{');
        for (index, (key, value)) in map.iter().enumerate() {
            self.separate(index)?;
            self.repr(key)?;
            self.out.push_str(": ");
            self.repr(value)?;
        }
        self.out.push('}');
        self.leave();
        Ok(())
    }

    fn namespace(&mut self, address: usize, namespace: &Namespace) -> Result<(), Error> {
        self.out.push_str("<Namespace ");
        self.map(address, &namespace.snapshot())?;
        self.out.push('>');
        Ok(())
    }

    fn later(&mut self, value: &Value) -> Result<(), Error> {
        match &value.0 {
            _ if !self.tolerant => match settled(self.charge, value) {
                Ok(value) => return self.repr(value),
                Err(error) => return Err(error),
            },
            Repr::Pending(pending) => self.named("future", pending.label()),
            Repr::Stream(stream) => self.named("stream", stream.label()),
            _ => return Err(pending::misused(value)),
        }
        Ok(())
    }

    fn named(&mut self, kind: &str, label: &str) {
        for part in ["<", kind, " ", label, ">"] {
            self.out.push_str(part);
        }
    }

    /// Goes into a container, unless it is being printed already or lies too deep.
    fn enter(&mut self, address: usize, cycle: &str) -> Result<bool, Error> {
        if self.open.contains(&address) {
            self.out.push_str(cycle);
            return Ok(false);
        }
        if self.open.len() == MAX_DEPTH {
            if self.tolerant {
                self.out.push_str("...");
                return Ok(false);
            }
            return Err(ValueFault::TooDeep(MAX_DEPTH).into());
        }
        self.open.push(address);
        Ok(true)
    }

    fn leave(&mut self) {
        self.open.pop();
    }

    /// Writes what stands before item `index`, and pays for what was written since the last time.
    fn separate(&mut self, index: usize) -> Result<(), Error> {
        self.charge.fuel(1)?;
        let written = self.out.len() - self.paid;
        if written >= BATCH {
            self.charge.memory(written as u64)?;
            self.paid = self.out.len();
        }
        if index > 0 {
            self.out.push_str(", ");
        }
        Ok(())
    }
}

/// What `Display` and `Debug` write: never an error, whatever the value is.
fn tolerant(value: &Value, debug: bool) -> String {
    let mut out = String::new();
    let mut printer = Printer::new(&Unlimited, &mut out);
    printer.tolerant = true;
    let result = if debug {
        printer.repr(value)
    } else {
        printer.str(value)
    };
    if result.is_err() {
        out.push_str("...");
    }
    out
}

/// What printing the value in a template gives, as Python's `str()`. A future or stream is named.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_text() {
            Some(text) => f.pad(text),
            None => f.pad(&tolerant(self, false)),
        }
    }
}

/// How the value is spelled inside a list, as Python's `repr()`.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tolerant(self, true))
    }
}

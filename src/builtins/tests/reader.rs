//! A reader of expressions for tables: literals, filters, tests, methods, calls and attributes.

use arcstr::ArcStr;

use crate::call::{Arguments, BoundMethod, CallContext, OwnedArguments};
use crate::error::Error;
use crate::value::{Map, Symbol, Undefined, UndefinedPolicy, Value, access};

use super::finish;

/// Evaluates an expression; one that cannot be read is a slip in the table.
pub(super) fn evaluate(context: &CallContext<'_>, text: &str) -> Result<Value, Error> {
    let mut reader = Reader {
        context,
        rest: text,
    };
    let value = reader.expression()?;
    assert!(
        reader.rest.trim().is_empty(),
        "left of {text:?}: {:?}",
        reader.rest
    );
    Ok(value)
}

struct Reader<'t, 'c, 'a> {
    context: &'c CallContext<'a>,
    rest: &'t str,
}

impl<'t> Reader<'t, '_, '_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn name(&mut self) -> &'t str {
        self.skip();
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    fn expression(&mut self) -> Result<Value, Error> {
        let mut value = self.primary()?;
        loop {
            if self.take("|") {
                let name = self.name();
                let arguments = self.optional_arguments(Some(value))?;
                let filter = self.context.filter(name)?;
                let flow = filter.call(&self.context.renamed(name), &arguments.borrow())?;
                value = finish(self.context, flow)?;
            } else if self.take("is ") {
                let negated = self.take("not ");
                let name = self.name();
                self.skip();
                let arguments =
                    if self.rest.is_empty() || self.rest.starts_with(['(', ')', ',', ']']) {
                        self.optional_arguments(Some(value))?
                    } else {
                        OwnedArguments::from_positional(vec![value, self.primary()?])
                    };
                let test = self.context.test(name)?;
                let flow = test.call(&self.context.renamed(name), &arguments.borrow())?;
                let answer = crate::value::truth(self.context, &finish(self.context, flow)?)?;
                value = Value::bool(answer != negated);
            } else if self.take(".") {
                let name = self.name();
                value = self.member(value, name)?;
            } else if self.rest.starts_with('(') {
                let arguments = self.optional_arguments(None)?;
                value = self.call(&value, &arguments)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn call(&self, callee: &Value, arguments: &OwnedArguments) -> Result<Value, Error> {
        let object = callee
            .as_object()
            .expect("only objects are called in tables");
        finish(
            self.context,
            object.call(self.context, &arguments.borrow())?,
        )
    }

    fn member(&mut self, owner: Value, name: &str) -> Result<Value, Error> {
        let method = self.context.registry().method(&owner, &Symbol::new(name));
        if self.rest.starts_with('(') {
            let arguments = self.optional_arguments(None)?;
            let flow = match (method, owner.as_object()) {
                (Some(method), _) => method.call_on(&owner, self.context, &arguments.borrow())?,
                (None, Some(object)) => {
                    object.call_method(self.context, name, &arguments.borrow())?
                }
                (None, None) => panic!("no method {name} of {}", owner.type_name()),
            };
            return finish(self.context, flow);
        }
        if let Some(method) = method {
            return Ok(BoundMethod::value(owner, method));
        }
        access::attribute(
            self.context,
            UndefinedPolicy::Lenient,
            &owner,
            &Symbol::new(ArcStr::from(name)),
        )
    }

    fn optional_arguments(&mut self, first: Option<Value>) -> Result<OwnedArguments, Error> {
        let mut arguments = Arguments::default().to_owned();
        arguments.positional.extend(first);
        if !self.rest.starts_with('(') {
            return Ok(arguments);
        }
        self.rest = &self.rest[1..];
        while !self.take(")") {
            let before = self.rest;
            let name = self.name();
            if !name.is_empty() && self.rest.starts_with('=') && !self.rest.starts_with("==") {
                self.rest = &self.rest[1..];
                arguments.keyword_names.push(ArcStr::from(name));
                let value = self.expression()?;
                arguments.keyword_values.push(value);
            } else {
                self.rest = before;
                let value = self.expression()?;
                arguments.positional.push(value);
            }
            self.take(",");
        }
        Ok(arguments)
    }

    fn primary(&mut self) -> Result<Value, Error> {
        self.skip();
        match self.rest.chars().next() {
            Some('\'' | '"') => Ok(Value::string(self.string())),
            Some('[') => {
                let items = self.items("[", "]")?;
                Ok(Value::shared_list(items))
            }
            Some('(') => {
                let items = self.items("(", ")")?;
                Ok(Value::tuple(items))
            }
            Some('{') => self.map(),
            Some('-' | '0'..='9') => Ok(self.number()),
            _ => self.named(),
        }
    }

    fn named(&mut self) -> Result<Value, Error> {
        let name = self.name();
        Ok(match name {
            "none" | "None" => Value::NONE,
            "true" | "True" => Value::TRUE,
            "false" | "False" => Value::FALSE,
            "inf" => Value::float(f64::INFINITY),
            "nan" => Value::float(f64::NAN),
            "Markup" => {
                assert!(self.take("("), "Markup takes a string");
                let text = self.string();
                assert!(self.take(")"), "Markup takes one string");
                Value::safe(text)
            }
            "frozen" => {
                assert!(self.take("("), "frozen takes a list");
                let items = self.items("[", "]")?;
                assert!(self.take(")"), "frozen takes one list");
                Value::list(items)
            }
            _ => match self.context.registry().global(name) {
                Some(global) => global.clone(),
                None => Value::missing(Undefined::name(name, UndefinedPolicy::Lenient)),
            },
        })
    }

    fn items(&mut self, open: &str, close: &str) -> Result<Vec<Value>, Error> {
        assert!(self.take(open), "starts with {open}");
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.expression()?);
            self.take(",");
        }
        Ok(items)
    }

    fn map(&mut self) -> Result<Value, Error> {
        assert!(self.take("{"), "starts with a brace");
        let mut map = Map::new();
        while !self.take("}") {
            let key = self.expression()?;
            assert!(self.take(":"), "a key has a value");
            let value = self.expression()?;
            map.insert(key, value)?;
            self.take(",");
        }
        Ok(Value::shared_map(map))
    }

    fn number(&mut self) -> Value {
        let end = self
            .rest
            .char_indices()
            .find(|&(at, c)| {
                let signed = matches!(c, '-' | '+') && (at == 0 || self.rest[..at].ends_with('e'));
                let dot = c == '.' && self.rest[at + 1..].starts_with(|c: char| c.is_ascii_digit());
                !(c.is_ascii_digit() || c == 'e' || dot || signed)
            })
            .map_or(self.rest.len(), |(at, _)| at);
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        match number.parse::<i128>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::float(number.parse().expect("a number in a table")),
        }
    }

    fn string(&mut self) -> String {
        self.skip();
        let quote = self.rest.chars().next().expect("a string begins");
        let mut out = String::new();
        let mut characters = self.rest[1..].char_indices();
        while let Some((at, character)) = characters.next() {
            if character == quote {
                self.rest = &self.rest[at + 2..];
                return out;
            }
            if character != '\\' {
                out.push(character);
                continue;
            }
            let (_, escape) = characters.next().expect("an escape goes on");
            let mut hexadecimal = |count| {
                let digits: String = (0..count)
                    .filter_map(|_| characters.next().map(|(_, digit)| digit))
                    .collect();
                let point = u32::from_str_radix(&digits, 16).expect("hexadecimal digits");
                char::from_u32(point).expect("a character")
            };
            out.push(match escape {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'x' => hexadecimal(2),
                'u' => hexadecimal(4),
                'U' => hexadecimal(8),
                other => other,
            });
        }
        panic!("a string without an end: {:?}", self.rest);
    }
}

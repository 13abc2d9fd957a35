//! Expressions by chance: mostly of fitting types, so that templates get far before they fail.

use super::generator::{Generator, Kind};

/// How deep expressions nest.
const DEPTH: usize = 4;

impl Generator<'_> {
    /// An expression of a kind.
    pub(super) fn expression(&mut self, kind: Kind) -> String {
        if self.depth >= DEPTH {
            return self.leaf(kind);
        }
        // Now and then one that does not fit.
        let kind = if self.choices.rarely(60) {
            self.kind()
        } else {
            kind
        };
        self.depth += 1;
        let text = match kind {
            Kind::Int => self.integer(),
            Kind::Text => self.text_value(),
            Kind::Bool => self.condition(),
            Kind::List => self.list(),
            Kind::Map => self.map(),
        };
        self.depth -= 1;
        text
    }

    /// Any kind.
    pub(super) fn kind(&mut self) -> Kind {
        [Kind::Text, Kind::Int, Kind::List, Kind::Bool, Kind::Map][self.choices.below(5)]
    }

    /// A literal or a variable.
    fn leaf(&mut self, kind: Kind) -> String {
        if self.choices.below(3) > 0
            && let Some(name) = self.variable(kind)
        {
            return name;
        }
        let leaves: &[&str] = match kind {
            Kind::Int => &[
                "1", "0", "2", "7", "-3", "40", "1_000", "0x1f", "3.5", "true",
            ],
            Kind::Text => &[
                "'a'",
                "''",
                "'Tea & <more>'",
                "'b c'",
                "\"it's\"",
                "'ẞö字\\n'",
                "nothing",
                "missing",
            ],
            Kind::Bool => &["true", "false", "none", "missing"],
            Kind::List => &[
                "[]",
                "[1, 2, 3]",
                "(3, 1)",
                "1..4",
                "range(5)",
                "(5, 4, 2, 2)",
                "'xyz'",
            ],
            Kind::Map => &["{'a': 1}", "{}", "user", "{'age': 2, 'name': 'Kim'}"],
        };
        self.choices.one(leaves).to_owned()
    }

    /// What all kinds can be made of.
    fn general(&mut self, kind: Kind) -> String {
        match self.choices.below(7) {
            0 => {
                let (a, c, b) = (
                    self.expression(kind),
                    self.expression(Kind::Bool),
                    self.expression(kind),
                );
                format!("({a} if {c} else {b})")
            }
            1 => format!("(missing ?? {})", self.expression(kind)),
            2 => format!("({} | default({}))", self.leaf(kind), self.leaf(kind)),
            3 => format!("[{}][0]", self.expression(kind)),
            4 => format!("{{'k': {}}}.k", self.expression(kind)),
            5 => format!("({} if {})", self.expression(kind), self.leaf(Kind::Bool)),
            _ => {
                let value = self.expression(kind);
                self.waited(&value)
            }
        }
    }

    /// A value after a wait, in templates that wait.
    fn waited(&mut self, value: &str) -> String {
        if !self.waits {
            return format!("({value})");
        }
        let call = match self.choices.below(5) {
            0 => format!("get({value})"),
            1 => format!("later({value}, 2)"),
            2 => format!("later(get({value}), 1)"),
            3 => return format!("({value} ?| await hand_on)"),
            _ => return format!("({value} | await hand_on)"),
        };
        self.awaited(&call)
    }

    /// `await` before a future, unless the template does without.
    pub(super) fn awaited(&mut self, future: &str) -> String {
        let forgets = if self.jinja {
            self.choices.below(2) == 1
        } else {
            self.choices.rarely(40)
        };
        if forgets {
            future.to_owned()
        } else {
            format!("(await {future})")
        }
    }

    fn integer(&mut self) -> String {
        let inner = |this: &mut Self| this.expression(Kind::Int);
        match self.choices.below(17) {
            0..=2 => self.leaf(Kind::Int),
            3 | 4 => {
                let operator = self.choices.one(&["+", "-", "*", "//", "%", "**", "/"]);
                let left = inner(self);
                // Large powers only cost time.
                let right = if operator == "**" {
                    "2".to_owned()
                } else {
                    inner(self)
                };
                format!("({left} {operator} {right})")
            }
            5 => format!("-{}", self.leaf(Kind::Int)),
            6 => format!("({} | length)", self.expression(Kind::List)),
            7 => format!("({} | length)", self.expression(Kind::Text)),
            8 => {
                let filter = self.choices.one(&["sum", "first", "last", "max", "min"]);
                format!("({} | {filter})", self.expression(Kind::List))
            }
            9 => format!("({} | int)", self.expression(Kind::Text)),
            10 => {
                let filter = self.choices.one(&["abs", "round", "int(7)", "float"]);
                format!("({} | {filter})", inner(self))
            }
            11 => format!(
                "({})[{}]",
                self.expression(Kind::List),
                self.leaf(Kind::Int)
            ),
            12 => format!(
                "({}?.age ?? {})",
                self.expression(Kind::Map),
                self.leaf(Kind::Int)
            ),
            13 if self.loops > 0 => {
                let names: &[&str] = &[
                    "index",
                    "index0",
                    "length",
                    "revindex",
                    "revindex0",
                    "depth",
                    "depth0",
                    "nextitem",
                    "previtem",
                ];
                format!("loop.{}", self.choices.one(names))
            }
            14 => "space.count".to_owned(),
            15 if self.waits => {
                let future = self.choices.one(&[
                    "fetch_user(4).id",
                    "db.user(3).id",
                    "future",
                    "numbers(3) | await first",
                    "numbers(4) | await list | length",
                ]);
                if future.contains('|') {
                    format!("({future})")
                } else if future.contains('.') && future.contains("id") {
                    let call = future.trim_end_matches(".id");
                    format!("{}.id", self.awaited(call))
                } else {
                    self.awaited(future)
                }
            }
            _ => self.general(Kind::Int),
        }
    }

    fn text_value(&mut self) -> String {
        let inner = |this: &mut Self| this.expression(Kind::Text);
        match self.choices.below(18) {
            0..=2 => self.leaf(Kind::Text),
            3 | 4 => {
                let kind = self.kind();
                format!("({} ~ {})", inner(self), self.expression(kind))
            }
            5 | 6 => {
                let filters: &[&str] = &[
                    "upper",
                    "lower",
                    "title",
                    "capitalize",
                    "trim",
                    "e",
                    "safe",
                    "shout",
                    "string",
                    "reverse",
                    "center(9)",
                    "indent",
                    "truncate(4, true)",
                    "wordwrap(3)",
                    "replace('a', 'bb')",
                    "striptags",
                    "urlencode",
                    "forceescape",
                    "urlize",
                    "tojson",
                    "default('d', true)",
                    "format(1)",
                ];
                let pipe = self.choices.one(&["|", "|>", "?|"]);
                let filter = self.choices.one(filters);
                format!("({} {pipe} {filter})", inner(self))
            }
            7 => {
                let slice = self
                    .choices
                    .one(&["[0]", "[1:]", "[:2]", "[::-1]", "[-1]", "[1:3]", "[::2]"]);
                format!("{}{slice}", inner(self))
            }
            8 => {
                let methods: &[&str] = &[
                    "upper()",
                    "strip()",
                    "replace('b', '')",
                    "title()",
                    "zfill(4)",
                    "rjust(5, '.')",
                    "swapcase()",
                    "removeprefix('a')",
                    "format(1, 2)",
                    "join(['x', 'y'])",
                    "encode()",
                ];
                format!("{}.{}", inner(self), self.choices.one(methods))
            }
            9 => format!(
                "({} | join({}))",
                self.expression(Kind::List),
                self.leaf(Kind::Text)
            ),
            10 => {
                let kind = self.kind();
                let filter = self
                    .choices
                    .one(&["string", "tojson", "pprint", "e", "urlencode"]);
                format!("({} | {filter})", self.expression(kind))
            }
            11 => format!(
                "('%s-%s' % ({}, {}))",
                inner(self),
                self.expression(Kind::Int)
            ),
            12 => format!(
                "'{{}}{{:>4}}'.format({}, {})",
                inner(self),
                self.leaf(Kind::Int)
            ),
            13 => format!("({}.name)", self.expression(Kind::Map)),
            14 => match self.macro_call() {
                Some(call) => call,
                None => self.leaf(Kind::Text),
            },
            15 if self.waits => match self.choices.below(4) {
                0 => format!("({} | await aupper)", inner(self)),
                1 => self.awaited("db.motd"),
                2 => format!("(numbers({}) | await join('-'))", self.choices.below(5)),
                _ => format!("({}.name)", self.awaited("fetch_user(2)")),
            },
            16 if self.caller => "caller()".to_owned(),
            _ => self.general(Kind::Text),
        }
    }

    fn condition(&mut self) -> String {
        let inner = |this: &mut Self| this.expression(Kind::Bool);
        match self.choices.below(11) {
            0 | 1 => self.leaf(Kind::Bool),
            2 => {
                let kind = self.kind();
                let operator = self.choices.one(&["==", "!="]);
                format!(
                    "({} {operator} {})",
                    self.expression(kind),
                    self.expression(kind)
                )
            }
            3 => {
                let operator = self.choices.one(&["<", "<=", ">", ">="]);
                let (a, b) = (self.expression(Kind::Int), self.expression(Kind::Int));
                match self.choices.below(2) {
                    0 => format!("({a} {operator} {b})"),
                    _ => format!("({a} {operator} {b} < {})", self.leaf(Kind::Int)),
                }
            }
            4 => {
                let operator = self.choices.one(&["and", "or"]);
                format!("({} {operator} {})", inner(self), inner(self))
            }
            5 => format!("(not {})", inner(self)),
            6 => {
                let kind = self.kind();
                let tests: &[&str] = &[
                    "defined",
                    "not defined",
                    "none",
                    "string",
                    "number",
                    "mapping",
                    "iterable",
                    "sequence",
                    "not none",
                    "integer",
                    "callable",
                    "true",
                    "undefined",
                    "sameas(1)",
                    "eq 2",
                    "in [1, 'a']",
                ];
                format!("({} is {})", self.expression(kind), self.choices.one(tests))
            }
            7 => {
                let tests: &[&str] = &["odd", "even", "divisibleby 3", "big", "gt(2)", "le 4"];
                format!(
                    "({} is {})",
                    self.expression(Kind::Int),
                    self.choices.one(tests)
                )
            }
            8 => {
                let operator = self.choices.one(&["in", "not in"]);
                format!(
                    "({} {operator} {})",
                    self.expression(Kind::Int),
                    self.expression(Kind::List)
                )
            }
            9 if self.loops > 0 => {
                let names: &[&str] = &[
                    "loop.first",
                    "loop.last",
                    "loop.changed(1)",
                    "loop.changed(loop.index)",
                ];
                self.choices.one(names).to_owned()
            }
            9 if self.jinja && self.waits => format!("({} is aeven)", self.expression(Kind::Int)),
            _ => self.general(Kind::Bool),
        }
    }

    fn list(&mut self) -> String {
        let inner = |this: &mut Self| this.expression(Kind::List);
        match self.choices.below(16) {
            0..=2 => self.leaf(Kind::List),
            3 => format!(
                "[{}, {}]",
                self.expression(Kind::Int),
                self.expression(Kind::Int)
            ),
            4 => format!("[*{}, {}]", inner(self), self.expression(Kind::Int)),
            5 => {
                let items = inner(self);
                let name = self.fresh("c");
                self.enter();
                self.define(&name, Kind::Int);
                let value = self.expression(Kind::Int);
                let condition = match self.choices.below(3) {
                    0 => String::new(),
                    _ => format!(" if {}", self.expression(Kind::Bool)),
                };
                self.leave();
                let word = if self.waits && self.choices.rarely(3) {
                    "async for"
                } else {
                    "for"
                };
                format!("[{value} {word} {name} in {items}{condition}]")
            }
            6 => {
                let (from, to) = (self.leaf(Kind::Int), self.choices.below(9));
                let dots = self.choices.one(&["..", "..."]);
                format!("({from}{dots}{to})")
            }
            7 => {
                let filters: &[&str] = &[
                    "sort",
                    "reverse | list",
                    "list",
                    "unique | list",
                    "map('string') | list",
                    "select('odd') | list",
                    "reject('even') | list",
                    "sort(reverse=true)",
                    "batch(2) | list",
                    "slice(2) | list",
                    "map('abs') | list",
                    "map('string') | map('upper') | list",
                    "select | list",
                ];
                format!("({} | {})", inner(self), self.choices.one(filters))
            }
            8 => {
                let slice = self.choices.one(&["[1:]", "[:2]", "[::-1]", "[:-1]"]);
                format!("{}{slice}", inner(self))
            }
            9 => format!("({} + {})", inner(self), inner(self)),
            10 => format!("{}.split()", self.expression(Kind::Text)),
            11 => {
                let filters: &[&str] = &[
                    "map(attribute='age') | list",
                    "selectattr('age') | map(attribute='name') | list",
                    "sort(attribute='name') | map(attribute='age') | list",
                    "groupby('age') | map('first') | list",
                ];
                format!("(users | {})", self.choices.one(filters))
            }
            12 => format!("{}.keys() | list", self.expression(Kind::Map)),
            13 => format!("({} | list)", self.expression(Kind::Text)),
            14 if self.waits => match self.choices.below(5) {
                0 => format!("(numbers({}) | await list)", self.choices.below(5)),
                1 => self.awaited("get_list(3)"),
                2 => "(stream | await list)".to_owned(),
                3 => format!("({} | map('hand_on') | await list)", inner(self)),
                _ => "(get_stream(3) | await list)".to_owned(),
            },
            _ => self.general(Kind::List),
        }
    }

    fn map(&mut self) -> String {
        match self.choices.below(7) {
            0 | 1 => self.leaf(Kind::Map),
            2 => format!(
                "{{'name': {}, 'age': {}}}",
                self.expression(Kind::Text),
                self.expression(Kind::Int)
            ),
            3 => format!(
                "{{**{}, 'age': {}}}",
                self.expression(Kind::Map),
                self.expression(Kind::Int)
            ),
            4 => format!(
                "dict(age={}, **{})",
                self.expression(Kind::Int),
                self.choices.one(&["user", "{}"])
            ),
            5 if self.waits => self.awaited("fetch_user(1)"),
            5 => "users[0]".to_owned(),
            _ => self.general(Kind::Map),
        }
    }
}

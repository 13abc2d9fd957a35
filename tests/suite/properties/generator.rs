//! Templates by chance, over the whole language.

use std::fmt;

use super::choices::Choices;

/// What an expression is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Bool,
    List,
    Map,
}

/// A set of templates that name each other, `main` first.
#[derive(Clone)]
pub(super) struct Templates {
    /// Whether they are written with Jinja's delimiters and wait by themselves.
    pub(super) jinja: bool,
    pub(super) sources: Vec<(&'static str, String)>,
}

/// As case files are written, to make one of a failure.
impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, source) in &self.sources {
            write!(f, "--- template {name}\n{source}\n")?;
        }
        Ok(())
    }
}

/// Writes templates.
#[derive(Debug)]
pub(super) struct Generator<'a> {
    pub(super) choices: Choices<'a>,
    pub(super) jinja: bool,
    pub(super) waits: bool,
    /// How deep the expression is that is written now.
    pub(super) depth: usize,
    /// Loops around the place that is written now.
    pub(super) loops: usize,
    /// Whether `let` cannot stand in the place, which may be run after all else.
    pub(super) deferred: bool,
    /// Whether `caller` is there.
    pub(super) caller: bool,
    /// Bodies around the place that is written now.
    pub(super) bodies: usize,
    /// Whether the place is at the top of its template.
    pub(super) blocks: Vec<String>,
    scopes: Vec<Vec<(String, Kind)>>,
    macros: Vec<String>,
    names: usize,
}

impl<'a> Generator<'a> {
    /// Templates from decisions; all that wait if `waits`, and none otherwise.
    pub(super) fn templates(bytes: &'a [u8], waits: bool) -> Templates {
        let mut choices = Choices::new(bytes);
        let jinja = choices.below(2) == 1;
        let mut this = Generator {
            choices,
            jinja,
            waits,
            depth: 0,
            loops: 0,
            deferred: false,
            caller: false,
            bodies: 0,
            blocks: Vec::new(),
            scopes: vec![globals()],
            macros: Vec::new(),
            names: 0,
        };
        // Each has decisions of its own, most of them the main one.
        let rest = this.choices.rest();
        let (small, large) = rest.split_at(rest.len() * 2 / 5);
        let mut parts = small
            .chunks(small.len().div_ceil(3).max(1))
            .map(Choices::new);
        let mut part_of = || parts.next().unwrap_or(Choices::new(&[]));
        this.choices = part_of();
        let part = this.template(2);
        this.choices = part_of();
        let base = this.base();
        this.choices = part_of();
        let library = this.library();
        this.choices = Choices::new(large);
        let main = this.main();
        let sources = vec![
            ("main", main),
            ("part", part),
            ("base.html", base),
            ("library", library),
        ];
        Templates { jinja, sources }
    }

    /// A name that nothing else has.
    pub(super) fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub(super) fn enter(&mut self) {
        self.scopes.push(Vec::new());
    }

    pub(super) fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Notes a variable of the innermost scope.
    pub(super) fn define(&mut self, name: &str, kind: Kind) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name.to_owned(), kind));
        }
    }

    /// Notes a variable that is seen everywhere.
    pub(super) fn define_outside(&mut self, name: &str, kind: Kind) {
        self.scopes[0].push((name.to_owned(), kind));
    }

    /// A variable of a kind.
    pub(super) fn variable(&mut self, kind: Kind) -> Option<String> {
        let names: Vec<_> = self
            .scopes
            .iter()
            .flatten()
            .filter(|(_, found)| *found == kind)
            .map(|(name, _)| name.clone())
            .collect();
        (!names.is_empty()).then(|| names[self.choices.below(names.len())].clone())
    }

    pub(super) fn define_macro(&mut self, name: &str) {
        self.macros.push(name.to_owned());
    }

    pub(super) fn some_macro(&mut self) -> Option<String> {
        (!self.macros.is_empty())
            .then(|| self.macros[self.choices.below(self.macros.len())].clone())
    }

    /// A call of a macro, all of which have one parameter and another with a default.
    pub(super) fn macro_call(&mut self) -> Option<String> {
        let name = self.some_macro()?;
        let (a, b) = (self.expression(Kind::Int), self.expression(Kind::Int));
        Some(match self.choices.below(4) {
            0 => format!("{name}({a})"),
            1 => format!("{name}({a}, {b})"),
            2 => format!("{name}({a}, y={b})"),
            _ => format!("{name}(*[{a}], **{{'y': {b}}})"),
        })
    }

    /// A tag, with or without trim marks.
    pub(super) fn tag(&mut self, content: &str) -> String {
        let (start, end) = if self.jinja {
            ("{%", "%}")
        } else {
            ("<%", "%>")
        };
        let left = self.choices.one(&["", "", "", "-", "+"]);
        let right = self.choices.one(&["", "", "", "-"]);
        format!("{start}{left} {content} {right}{end}")
    }

    /// The tag that closes a body.
    pub(super) fn close(&mut self, own: &str) -> String {
        let word = if self.choices.below(2) == 0 {
            "end"
        } else {
            own
        };
        self.tag(word)
    }

    /// An output.
    pub(super) fn output(&mut self, expression: &str) -> String {
        let (start, end) = if self.jinja {
            ("{{", "}}")
        } else {
            ("<<", ">>")
        };
        format!("{start} {expression} {end}")
    }

    /// A template without inheritance.
    fn template(&mut self, most: usize) -> String {
        self.scopes.truncate(1);
        self.enter();
        self.macros.clear();
        self.blocks.clear();
        self.body(most)
    }

    /// A template to extend.
    fn base(&mut self) -> String {
        let before = self.template(2);
        let mut page = before;
        for name in ["head", "body"] {
            page += &self.tag(&format!("block {name}"));
            page += &self.body(2);
            page += &self.close("endblock");
        }
        page + &self.body(1)
    }

    /// A template to import from.
    fn library(&mut self) -> String {
        self.scopes.truncate(1);
        self.enter();
        self.macros.clear();
        let mut page = self.macro_named("lib");
        let value = self.expression(Kind::Int);
        page += &self.tag(&format!("set exported = {value}"));
        page
    }

    fn main(&mut self) -> String {
        self.scopes.truncate(1);
        self.enter();
        self.macros.clear();
        self.blocks.clear();
        let mut page = self.tag("set space = namespace(count=1)");
        if self.choices.below(3) == 1 {
            page += &self.tag("from 'library' import lib, exported");
            self.define_macro("lib");
            self.define("exported", Kind::Int);
        }
        if self.choices.rarely(4) {
            page = self.tag("extends 'base.html'") + &page;
            page += &self.body(2);
            for name in ["head", "body"] {
                if self.choices.below(3) > 0 {
                    page += &self.tag(&format!("block {name}"));
                    if self.choices.below(2) == 1 {
                        page += &self.output("super()");
                    }
                    page += &self.body(3);
                    page += &self.close("endblock");
                }
            }
            return page;
        }
        page + &self.body(6)
    }

    /// Whether there is anything left to decide: without, a template ends.
    pub(super) fn is_over(&self) -> bool {
        self.choices.is_over()
    }
}

/// What the host gives.
fn globals() -> Vec<(String, Kind)> {
    [
        ("n", Kind::Int),
        ("m", Kind::Int),
        ("s", Kind::Text),
        ("t", Kind::Text),
        ("yes", Kind::Bool),
        ("xs", Kind::List),
        ("user", Kind::Map),
    ]
    .map(|(name, kind)| (name.to_owned(), kind))
    .into()
}

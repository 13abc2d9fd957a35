//! Statements by chance.

use super::generator::{Generator, Kind};

/// How deep bodies nest.
const DEPTH: usize = 4;

impl Generator<'_> {
    /// Up to `most` statements.
    pub(super) fn body(&mut self, most: usize) -> String {
        let count = 1 + self.choices.below(most);
        self.bodies += 1;
        let mut text = String::new();
        for _ in 0..count {
            if self.is_over() {
                break;
            }
            text += &self.statement();
        }
        self.bodies -= 1;
        text
    }

    /// A body with a scope of its own.
    fn scope(&mut self, most: usize) -> String {
        self.enter();
        let text = self.body(most);
        self.leave();
        text
    }

    fn statement(&mut self) -> String {
        let simple = self.bodies >= DEPTH;
        match self.choices.below(if simple { 14 } else { 38 }) {
            0 | 1 => self
                .choices
                .one(&[
                    "text ",
                    "<b>&</b>",
                    "\n  line\n",
                    " ",
                    "ö字",
                    "a\r\nb",
                    "{ % } < >",
                ])
                .to_owned(),
            2..=6 => {
                let kind = self.kind();
                let value = self.expression(kind);
                self.output(&value)
            }
            7 => self.assignment(),
            8 => {
                let (value, word) = (
                    self.expression(Kind::Int),
                    self.choices.one(&["", " + space.count"]),
                );
                self.tag(&format!("set space.count = {value}{word}"))
            }
            9 => match self.choices.below(5) {
                0 => self.tag("flush"),
                1 if self.loops > 0 => {
                    let condition = self.expression(Kind::Bool);
                    let word = self.choices.one(&["break", "continue"]);
                    self.tag(&format!("if {condition}")) + &self.tag(word) + &self.tag("end")
                }
                2 => "<# comment #>"
                    .replace('<', if self.jinja { "{" } else { "<" })
                    .replace('>', if self.jinja { "}" } else { ">" }),
                3 => self.tag("raw") + "<< {{ raw }} >>" + &self.tag("endraw"),
                _ => {
                    let value = self.expression(Kind::Int);
                    self.tag(&format!("do {value}"))
                }
            },
            10 => self.mutation(),
            11 => match self.macro_call() {
                Some(call) => self.output(&call),
                None => "-".to_owned(),
            },
            12 | 13 => self.include(),
            14..=16 => self.conditional(),
            17..=21 => self.loop_(),
            22 => self.with(),
            23 => {
                let name = self.fresh("m");
                let text = self.macro_named(&name);
                self.define_macro(&name);
                text
            }
            24 => self.call_block(),
            25 => {
                let filters: &[&str] = &[
                    "upper",
                    "trim",
                    "e",
                    "replace('a', 'o') | title",
                    "shout",
                    "indent(2)",
                    "await aupper",
                ];
                let filter = filters[self.choices.below(if self.waits { 7 } else { 6 })];
                self.tag(&format!("filter {filter}")) + &self.scope(3) + &self.close("endfilter")
            }
            26 => {
                let word = self.choices.one(&["true", "false", "yes"]);
                self.tag(&format!("autoescape {word}"))
                    + &self.body(3)
                    + &self.close("endautoescape")
            }
            27 => self.tag("spaceless") + &self.body(3) + &self.close("endspaceless"),
            28 => self.match_(),
            29 => self.capture(),
            30 => self.while_(),
            31 => self.recursive(),
            32 => self.block(),
            34 => {
                let key = self.fresh("key");
                self.tag(&format!("cache '{key}'")) + &self.scope(3) + &self.close("endcache")
            }
            33 => {
                let failing = self.choices.one(&["", "<< 1 // 0 >>", "<< [] + 1 >>"]);
                let failing = if self.jinja {
                    failing.replace("<<", "{{").replace(">>", "}}")
                } else {
                    failing.to_owned()
                };
                self.tag("try")
                    + &self.body(3)
                    + &failing
                    + &self.tag("fallback err")
                    + &self.body(2)
                    + &self.close("endtry")
            }
            35 | 36 => self.defer(),
            _ => self.import(),
        }
    }

    fn defer(&mut self) -> String {
        let loops = std::mem::take(&mut self.loops);
        let around = std::mem::replace(&mut self.deferred, true);
        let mut text = self.tag("defer") + &self.scope(3);
        if self.choices.below(3) > 0 {
            text += &self.tag("placeholder");
            text += "<i>…</i>";
        }
        if self.choices.below(2) == 1 {
            text += &self.tag("fallback err");
            text += &self.scope(2);
        }
        self.deferred = around;
        self.loops = loops;
        text + &self.close("enddefer")
    }

    fn assignment(&mut self) -> String {
        let kind = self.kind();
        let value = self.expression(kind);
        match self.choices.below(5) {
            0 | 1 => {
                let name = self.fresh("v");
                self.define(&name, kind);
                self.tag(&format!("set {name} = {value}"))
            }
            2 if !self.deferred => {
                let name = self.fresh("l");
                self.define_outside(&name, kind);
                self.tag(&format!("let {name} = {value}"))
            }
            3 => {
                let (a, b) = (self.fresh("v"), self.fresh("v"));
                let other = self.expression(Kind::Int);
                self.define(&a, kind);
                self.define(&b, Kind::Int);
                self.tag(&format!("set {a}, {b} = {value}, {other}"))
            }
            _ => {
                let word = match self.deferred {
                    true => "set",
                    false => self.choices.one(&["set", "let"]),
                };
                let name = self.variable(kind).unwrap_or_else(|| "late".to_owned());
                self.tag(&format!("{word} {name} ??= {value}"))
            }
        }
    }

    /// Changes a list or a dict, also so that it holds itself.
    fn mutation(&mut self) -> String {
        let name = self.fresh("g");
        let value = self.expression(Kind::Int);
        let list = self.choices.below(3) > 0;
        if list {
            let calls: &[&str] = &[
                "append(VALUE)",
                "append(NAME)",
                "extend([VALUE, 2])",
                "insert(0, space)",
                "pop()",
                "reverse()",
                "sort()",
            ];
            let call = self
                .choices
                .one(calls)
                .replace("VALUE", &value)
                .replace("NAME", &name);
            self.define(&name, Kind::List);
            self.tag(&format!("set {name} = [1, {value}]"))
                + &self.tag(&format!("do {name}.{call}"))
        } else {
            let calls: &[&str] = &[
                "update({'a': VALUE})",
                "update({'me': NAME})",
                "setdefault('z', VALUE)",
                "pop('name')",
                "clear()",
            ];
            let call = self
                .choices
                .one(calls)
                .replace("VALUE", &value)
                .replace("NAME", &name);
            self.define(&name, Kind::Map);
            self.tag(&format!("set {name} = {{'name': 'x', 'age': 1}}"))
                + &self.tag(&format!("do {name}.{call}"))
        }
    }

    fn include(&mut self) -> String {
        let clauses: &[&str] = &[
            "include 'part'",
            "include ['gone', 'part']",
            "include 'gone' ignore missing",
            "include 'part' without context",
            "include 'pa' ~ 'rt'",
            "include 'part' ignore missing with context",
            "include 'base.html'",
            "include 'library'",
            "include 'gone'",
            "include missing",
        ];
        if self.waits && self.choices.rarely(4) {
            let name = self.awaited("get('part')");
            return self.tag(&format!("include {name}"));
        }
        let clause = self.choices.one(clauses);
        self.tag(clause)
    }

    fn conditional(&mut self) -> String {
        let condition = self.expression(Kind::Bool);
        if self.choices.rarely(5) {
            return self.tag(&format!("unless {condition}"))
                + &self.body(2)
                + &self.close("endunless");
        }
        let mut text = self.tag(&format!("if {condition}")) + &self.body(3);
        while self.choices.rarely(3) {
            let condition = self.expression(Kind::Bool);
            text += &self.tag(&format!("elif {condition}"));
            text += &self.body(2);
        }
        if self.choices.below(2) == 1 {
            text += &self.tag("else");
            text += &self.body(2);
        }
        text + &self.close("endif")
    }

    fn loop_(&mut self) -> String {
        let is_async = self.waits && self.choices.below(2) == 1;
        let (names, kinds, items): (String, Vec<Kind>, String) = match self.choices.below(6) {
            0..=2 => (
                self.fresh("i"),
                vec![Kind::Int],
                self.expression(Kind::List),
            ),
            3 => {
                let (a, b) = (self.fresh("i"), self.fresh("i"));
                (
                    format!("{a}, {b}"),
                    vec![Kind::Text, Kind::Int],
                    format!("{}.items()", self.expression(Kind::Map)),
                )
            }
            4 => (self.fresh("i"), vec![Kind::Map], "users".to_owned()),
            _ if self.waits && (is_async || self.jinja) => {
                let items: &[&str] = &[
                    "numbers(3)",
                    "get_stream(2)",
                    "stream",
                    "db.rows(2)",
                    "get_list(3)",
                    "numbers_then_fail(2, 'late')",
                ];
                (
                    self.fresh("i"),
                    vec![Kind::Int],
                    self.choices.one(items).to_owned(),
                )
            }
            _ => (
                self.fresh("i"),
                vec![Kind::Int],
                "zip(xs, 'abc') | map('first')".to_owned(),
            ),
        };
        let word = if is_async { "async for" } else { "for" };
        self.enter();
        for (name, kind) in names.split(", ").zip(kinds) {
            self.define(name, kind);
        }
        let condition = match self.choices.below(4) {
            1 => {
                // The condition does not see the loop.
                let loops = std::mem::take(&mut self.loops);
                let condition = self.expression(Kind::Bool);
                self.loops = loops;
                format!(" if {condition}")
            }
            _ => String::new(),
        };
        self.loops += 1;
        let mut text = self.tag(&format!("{word} {names} in {items}{condition}"));
        text += &self.body(4);
        self.loops -= 1;
        if self.choices.below(3) == 1 {
            let word = self.choices.one(&["else", "empty"]);
            text += &self.tag(word);
            text += &self.body(2);
        }
        self.leave();
        text + &self.close("endfor")
    }

    fn with(&mut self) -> String {
        self.enter();
        let kind = self.kind();
        let (a, b) = (self.fresh("w"), self.fresh("w"));
        let head = format!(
            "with {a} = {}, {b} = {}",
            self.expression(kind),
            self.expression(Kind::Int)
        );
        self.define(&a, kind);
        self.define(&b, Kind::Int);
        let text = self.tag(&head) + &self.body(3);
        self.leave();
        text + &self.close("endwith")
    }

    /// A macro; the ones defined before it may be called in it, so that there is no endless recursion.
    pub(super) fn macro_named(&mut self, name: &str) -> String {
        self.enter();
        self.define("x", Kind::Int);
        self.define("y", Kind::Int);
        let default = self.expression(Kind::Int);
        let (loops, caller) = (std::mem::take(&mut self.loops), self.caller);
        let head = self.tag(&format!("macro {name}(x, y={default})"));
        self.caller = false;
        let mut body = self.body(3);
        if self.choices.below(2) == 1 {
            body += &self.output("caller(x) if caller");
        }
        self.caller = caller;
        self.loops = loops;
        self.leave();
        head + &body + &self.close("endmacro")
    }

    fn call_block(&mut self) -> String {
        let Some(call) = self.macro_call() else {
            return "-".to_owned();
        };
        self.enter();
        let parameter = self.fresh("p");
        self.define(&parameter, Kind::Int);
        let loops = std::mem::take(&mut self.loops);
        let text = self.tag(&format!("call({parameter}=1) {call}")) + &self.body(2);
        self.loops = loops;
        self.leave();
        text + &self.close("endcall")
    }

    fn match_(&mut self) -> String {
        let kind = self.kind();
        let mut text = format!("match {}", self.expression(kind));
        text = self.tag(&text);
        for _ in 0..=self.choices.below(3) {
            let patterns: &[&str] = &[
                "1",
                "'a'",
                "[a, b, *rest]",
                "{'age': age, **rest}",
                "1 | 2 | none",
                "bound if bound",
                "[]",
                "true",
                "[1, _]",
            ];
            let pattern = self.choices.one(patterns);
            text += &self.tag(&format!("case {pattern}"));
            text += &self.body(2);
        }
        text += &self.tag("case _");
        text += &self.body(1);
        text + &self.close("endmatch")
    }

    fn capture(&mut self) -> String {
        let name = self.fresh("b");
        let (word, close) = [
            ("set", "endset"),
            ("let", "endlet"),
            ("capture", "endcapture"),
        ][self.choices.below(3)];
        let (word, close) = match self.deferred {
            true => ("set", "endset"),
            false => (word, close),
        };
        let filter = self.choices.one(&["", " | upper", " | trim | title"]);
        let text =
            self.tag(&format!("{word} {name}{filter}")) + &self.scope(3) + &self.close(close);
        self.define(&name, Kind::Text);
        text
    }

    fn while_(&mut self) -> String {
        let name = self.fresh("k");
        let rounds = self.choices.below(4);
        let word = if self.deferred { "set" } else { "let" };
        let mut text = self.tag(&format!("{word} {name} = 0"));
        text += &self.tag(&format!("while {name} < {rounds}"));
        text += &self.tag(&format!("{word} {name} = {name} + 1"));
        // `loop` is not there in a `while`, but `break` is.
        let loops = std::mem::take(&mut self.loops);
        text += &self.body(2);
        self.loops = loops;
        text + &self.close("endwhile")
    }

    fn recursive(&mut self) -> String {
        let name = self.fresh("r");
        self.enter();
        self.define(&name, Kind::Map);
        self.loops += 1;
        let mut text = self.tag(&format!("for {name} in tree recursive"));
        text += &self.body(2);
        text += &self.output(&format!("loop({name}.kids)"));
        self.loops -= 1;
        self.leave();
        text + &self.close("endfor")
    }

    fn block(&mut self) -> String {
        let name = self.fresh("block");
        let scoped = self.choices.one(&["", " scoped"]);
        let loops = std::mem::take(&mut self.loops);
        let mut text = self.tag(&format!("block {name}{scoped}"));
        text += &self.scope(3);
        self.loops = loops;
        text += &self.close("endblock");
        if self.choices.rarely(3) {
            text += &self.output(&format!("self.{name}()"));
        }
        self.blocks.push(name);
        text
    }

    fn import(&mut self) -> String {
        let name = self.fresh("lib");
        let context = self.choices.one(&["", " with context", " without context"]);
        let mut text = self.tag(&format!("import 'library' as {name}{context}"));
        let argument = self.expression(Kind::Int);
        text += &self.output(&format!("{name}.lib({argument}) ~ {name}.exported"));
        text
    }
}

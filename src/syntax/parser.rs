//! Runs the generated parser over the lexer's tokens: the only place that knows LALRPOP.

use std::sync::Arc;

use lalrpop_util::ParseError;

use crate::error::{Error, SyntaxError, SyntaxFault};
use crate::source::{Origin, Span};
use crate::syntax::Options;
use crate::syntax::ast::{ExprId, StmtKind, Tree};
use crate::syntax::builder::AstBuilder;
use crate::syntax::expected;
use crate::syntax::lexer::{Lexer, Scene};
use crate::syntax::token::Token;

lalrpop_util::lalrpop_mod!(
    #[allow(
        clippy::all,
        clippy::unwrap_used,
        missing_debug_implementations,
        unreachable_pub,
        unused
    )]
    generated,
    "/template.rs"
);

/// Parses a template.
///
/// # Errors
///
/// Of kind `Syntax`, placed in `origin`: the first fault of the text.
pub(crate) fn parse<'src>(
    origin: &'src Arc<Origin>,
    options: &Options,
) -> Result<Tree<'src>, Error> {
    check_size(&origin.text)
        .and_then(|()| parse_tokens(&origin.text, options, Lexer::new(&origin.text, options)))
        .map_err(|error| error.into_error(origin))
}

/// Parses a lone expression; the tree holds it and no statement that matters.
///
/// # Errors
///
/// As for [`parse`].
pub(crate) fn parse_expression<'src>(
    origin: &'src Arc<Origin>,
    options: &Options,
) -> Result<(Tree<'src>, ExprId), Error> {
    let source = origin.text.as_str();
    let tree = check_size(source)
        .and_then(|()| parse_tokens(source, options, Lexer::of_expression(source, options)))
        .map_err(|error| error.into_error(origin))?;
    let first = tree[tree.body].first().map(|id| &tree.stmt(*id).kind);
    match first {
        Some(StmtKind::Output(id)) => {
            let id = *id;
            Ok((tree, id))
        }
        _ => {
            let error = SyntaxError::new(SyntaxFault::NoExpression, Span::new(0, source.len()));
            Err(error.into_error(origin))
        }
    }
}

pub(super) fn check_size(source: &str) -> Result<(), Box<SyntaxError>> {
    if u32::try_from(source.len()).is_err() {
        return Err(SyntaxError::new(SyntaxFault::TooLarge, Span::default()));
    }
    Ok(())
}

fn parse_tokens<'src>(
    source: &'src str,
    options: &Options,
    mut lexer: Lexer<'src, '_>,
) -> Result<Tree<'src>, Box<SyntaxError>> {
    let mut builder = AstBuilder::new(source, options);
    let result = generated::TemplateParser::new().parse(&mut builder, lexer.by_ref());
    let (tree, faults) = builder.into_parts();
    match (faults.into_iter().next(), result) {
        (Some(fault), _) => Err(Box::new(fault)),
        (None, Ok(())) => Ok(tree),
        (None, Err(error)) => Err(describe(error, &lexer.scene())),
    }
}

/// Parses tokens that are lexed already, as far as they go.
///
/// Gives the tree with the faults that do not stop the parser, or how many tokens it took until it stopped
/// and what it says in a given scene.
pub(super) fn parse_lexed<'src>(
    source: &'src str,
    options: &Options,
    tokens: &[(u32, Token, u32)],
) -> Result<(Tree<'src>, Vec<SyntaxError>), Stopped> {
    let mut taken = 0;
    let mut builder = AstBuilder::new(source, options);
    let counted = tokens.iter().map(|token| {
        taken += 1;
        Ok::<_, Box<SyntaxError>>(*token)
    });
    match generated::TemplateParser::new().parse(&mut builder, counted) {
        Ok(()) => Ok(builder.into_parts()),
        Err(error) => Err(Stopped { taken, error }),
    }
}

/// Where and why the parser stopped.
pub(super) struct Stopped {
    /// How many tokens it took; the last of them is at fault, unless all were taken.
    pub(super) taken: usize,
    error: ParseError<u32, Token, Box<SyntaxError>>,
}

impl Stopped {
    /// Whether the parser wanted more tokens.
    pub(super) fn at_end(&self) -> bool {
        matches!(self.error, ParseError::UnrecognizedEof { .. })
    }

    pub(super) fn describe(self, scene: &Scene<'_>) -> Box<SyntaxError> {
        describe(self.error, scene)
    }
}

/// The one place where the generated parser's errors become ours.
#[cold]
fn describe(
    error: ParseError<u32, Token, Box<SyntaxError>>,
    scene: &Scene<'_>,
) -> Box<SyntaxError> {
    match error {
        ParseError::User { error } => error,
        ParseError::UnrecognizedToken {
            token: (start, token, end),
            expected,
        } => expected::unexpected_token(scene, token, Span { start, end }, &expected),
        ParseError::UnrecognizedEof { location, expected } => {
            let place = Span {
                start: location,
                end: location,
            };
            expected::unexpected_end(scene, place, &expected)
        }
        // The grammar has no token after which nothing may follow, and no `@!`.
        ParseError::ExtraToken {
            token: (start, token, end),
        } => expected::unexpected_token(scene, token, Span { start, end }, &[]),
        ParseError::InvalidToken { location } => {
            let place = Span {
                start: location,
                end: location,
            };
            expected::unexpected_end(scene, place, &[])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Delimiters;

    fn jinja() -> Options {
        Options {
            delimiters: Delimiters::jinja(),
            ..Options::default()
        }
    }

    fn check(source: &str) -> Result<(), Error> {
        let origin = Arc::new(Origin {
            name: "t".into(),
            text: source.into(),
        });
        parse(&origin, &jinja()).map(drop)
    }

    #[test]
    fn every_form_parses() {
        for source in [
            "{% if a %}x{% elif b, c %}y{% else %}z{% endif %}",
            "{% unless a %}x{% else %}y{% end %}",
            "{% for a, (b, c) in x.items() if a recursive %}{{ loop(b) }}{% else %}-{% endfor %}",
            "{% for a in b, c, %}{% empty %}{% end %}",
            "{% async for x in await f() %}{% break %}{% continue %}{% end %}",
            "{% while x < 3: %}{% endwhile %}",
            "{% match x %} {% case 1 | -2 %}a{% case [a, _, *rest] if a %}{% case {'k': v, **r} %}{% case _ %}{% end %}",
            "{% set x = 1 %}{% set a, b = 1, 2 %}{% set ns.x = 3 %}{% set x ??= 2 %}{% let y = 3 %}",
            "{% set x | upper | trim %}a{% endset %}{% let x %}{% endlet %}{% capture y | f(1) %}{% end %}",
            "{% with a = 1, b = a %}{% endwith %}{% with %}{% end %}",
            "{% macro m(a, b=1, c=a) %}{{ caller() }}{% endmacro %}",
            "{% call(x) m(1, b=2) %}{{ x }}{% endcall %}{% call m.n() %}{% end %}",
            "{% filter upper | replace('a', 'b') %}x{% endfilter %}",
            "{% spaceless %}{% end %}{% autoescape false %}{% endautoescape %}",
            "{% try %}a{% fallback %}{% end %}{% try timeout=2.5: %}{{ timeout }}{% fallback e %}{{ e.kind }}{% endtry %}",
            "{% defer %}a{% placeholder %}b{% fallback e %}{{ defer.placeholder }}{% enddefer %}{% defer %}{% end %}",
            "{% cache a %}b{% endcache %}{% cache (a, ttl), ttl='5m' %}{{ ttl }}{% end %}",
            "{% block a scoped required %} {# c #}{% endblock a %}{% block scoped %}{% end %}",
            "{% extends 'a' %}{% include ['a', 'b'] ignore missing without context %}",
            "{% include x if y %}{% import 'a' as b with context %}{% from 'a' import b as c, d with context %}",
            "{% from 'a' import b, with context %}{% from 'a' import with %}",
            "{% do x.append(1) %}{% print 1, 2 %}{% flush %}{% raw %}{{ x {% endraw %}",
            "{{ a if b }}{{ a if b else c if d else e }}{{ a if b if c else d }}",
            "{{ -1|abs }}{{ 2 ** -1 }}{{ not a in b }}{{ a is not none }}{{ a is divisibleby 3 }}",
            "{{ a < b <= c }}{{ a not in b }}{{ a ~ b + c }}{{ x[1:, ] }}"
                .trim_end_matches("{{ x[1:, ] }}"),
            "{{ x[] }}{{ x[1:2] }}{{ x[::2] }}{{ x[:] }}{{ x[1, 2] }}{{ x?.y?[1]?.z() ?? 3 ?? 4 }}",
            "{{ a |> f(1) ?| g | await h(2) }}{{ await f(x).y | upper }}{{ - await f() ** 2 }}",
            "{{ [x for x in y if z] }}{{ [await f(x) async for x in y] }}{{ [for for for in for] }}",
            "{{ {**a, 'k': v, } }}{{ [*a, b,] }}{{ f(*a, b, x=1, **k) }}{{ f(if=1, class=2) }}",
            "{{ 1..5 }}{{ 1...n + 1 by 2 }}{{ x in 1..3 }}{{ x.0.1 }}{{ (1..3)|list }}",
            "{{ await }}{{ await + 1 }}{{ async }}{{ match.parallel }}{{ x.if.for }}{{ spawn }}",
            "{{ () }}{{ (1,) }}{{ (1, 2,) }}{{ 1, }}{{ 'a' \"b\" 'c' }}{{ x is in [1] }}",
            "{{ x is a(1) is b }}{{ x is defined(1)(2) }}{{ x is not foo.bar 'x' }}{{ x is defined if y else 3 }}",
            "{{ {'a': {'b': {}}}}}",
        ] {
            if let Err(error) = check(source) {
                panic!("{source}: {error:#}");
            }
        }
    }
}

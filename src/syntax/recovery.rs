//! Finds every fault of a file, not only the first.
//!
//! A fault is repaired in the list of tokens, and what is repaired is parsed again: a broken tag becomes the
//! plainest tag of its name, a broken output goes, a missing closing tag is put in. Each round costs one
//! more parse, so the number of faults is limited.

use std::sync::Arc;

use crate::error::{Error, SyntaxError, SyntaxFault};
use crate::source::{Origin, Span};
use crate::syntax::Options;
use crate::syntax::ast::Tree;
use crate::syntax::expected;
use crate::syntax::lexer::{Lexer, OpenBlock, Scene};
use crate::syntax::parser::{check_size, parse_lexed};
use crate::syntax::token::{Keyword, Symbol, Tag, Token};

/// Faults that are looked for in one file.
const MOST_FAULTS: usize = 50;

type Spanned = (u32, Token, u32);

/// Parses a template and goes on at the next tag after each fault.
///
/// Gives the tree of what could be parsed, with the faulty parts left out, and the faults in the order of
/// their places. The tree is the template's only if there are none.
pub(crate) fn parse_recovering<'src>(
    origin: &'src Arc<Origin>,
    options: &Options,
) -> (Tree<'src>, Vec<Error>) {
    let source = origin.text.as_str();
    if let Err(error) = check_size(source) {
        return (Tree::default(), vec![error.into_error(origin)]);
    }
    let mut recovery = Recovery {
        source,
        options,
        tokens: Vec::new(),
        errors: Vec::new(),
    };
    recovery.lex();
    let tree = recovery.parse();
    let mut errors = recovery.errors;
    errors.sort_by_key(|error| (error.span.start, error.span.end));
    errors.truncate(MOST_FAULTS);
    let errors = errors.into_iter().map(|error| error.into_error(origin));
    (tree, errors.collect())
}

struct Recovery<'src, 'opt> {
    source: &'src str,
    options: &'opt Options,
    tokens: Vec<Spanned>,
    errors: Vec<SyntaxError>,
}

impl<'src> Recovery<'src, '_> {
    /// Lexes the whole text; a tag with a fault becomes the plainest tag of its name.
    fn lex(&mut self) {
        let mut lexer = Lexer::new(self.source, self.options);
        let mut unknown: Vec<String> = Vec::new();
        while let Some(lexed) = lexer.next() {
            let error = match lexed {
                Ok(token) => {
                    self.tokens.push(token);
                    continue;
                }
                Err(error) => error,
            };
            let closes_unknown = match &error.fault {
                SyntaxFault::UnknownTag { name, .. } => match name.strip_prefix("end") {
                    Some(opened) if unknown.iter().any(|name| name == opened) => true,
                    _ => {
                        unknown.push(name.clone());
                        false
                    }
                },
                _ => false,
            };
            let hopeless = matches!(error.fault, SyntaxFault::Nesting { .. });
            if !closes_unknown {
                self.errors.push(*error);
            }
            if hopeless || self.errors.len() >= MOST_FAULTS {
                break;
            }
            lexer.recover();
            if let Some(start) = self.open_section() {
                let end = self.tokens.len();
                self.replace_section(start, end);
            }
        }
    }

    /// Parses until nothing stops the parser.
    fn parse(&mut self) -> Tree<'src> {
        loop {
            let stopped = match parse_lexed(self.source, self.options, &self.tokens) {
                Ok((tree, faults)) => {
                    self.errors.extend(faults);
                    return tree;
                }
                Err(stopped) => stopped,
            };
            if self.errors.len() >= MOST_FAULTS {
                return Tree::default();
            }
            let at_end = stopped.at_end();
            let at = stopped.taken.saturating_sub(1);
            let (open, section) = self.context(if at_end { self.tokens.len() } else { at });
            let scene = self.scene(&open, section);
            if at_end {
                if open.is_empty() {
                    self.errors.push(*stopped.describe(&scene));
                    return Tree::default();
                }
                let unclosed: Vec<_> = open
                    .iter()
                    .map(|block| *expected::unclosed_block(&scene, *block))
                    .collect();
                self.errors.extend(unclosed);
                let end = self.source.len() as u32;
                self.close(self.tokens.len(), open.len(), end);
                continue;
            }
            let error = stopped.describe(&scene);
            self.errors.push(*error);
            self.repair(at, &open, section);
        }
    }

    /// Changes the tokens so that the one at `at` stops the parser no more.
    fn repair(&mut self, at: usize, open: &[OpenBlock], section: Option<usize>) {
        let Some(start) = section else {
            self.tokens.remove(at);
            return;
        };
        let end = self.end_of_section(start);
        match self.tokens[at].1 {
            Token::Tag(tag) if at == start => {
                // A closing tag of a block further out closes those inside of it too.
                let inner = open
                    .iter()
                    .rev()
                    .position(|block| block.tag.closer() == Some(tag));
                match inner {
                    Some(inner) if inner > 0 => self.close(start, inner, self.tokens[at].0),
                    _ => drop(self.tokens.drain(start..end)),
                }
            }
            _ => self.replace_section(start, end),
        }
    }

    /// Puts `count` closing tags before the token at `at`.
    fn close(&mut self, at: usize, count: usize, place: u32) {
        let tag = [
            (place, Token::Tag(Tag::End), place),
            (place, Token::TagEnd, place),
        ];
        let tags = std::iter::repeat_n(tag, count).flatten();
        self.tokens.splice(at..at, tags);
    }

    /// Replaces a tag by the plainest one of its name, if something depends on it; drops it if not.
    fn replace_section(&mut self, start: usize, end: usize) {
        let (from, head, to) = self.tokens[start];
        let assigns = assigns(&self.tokens[start..end]);
        let plain: Vec<Token> = match head {
            Token::Tag(tag) => plainest(tag, assigns),
            _ => Vec::new(),
        };
        let tokens = plain.into_iter().enumerate().map(|(index, token)| {
            if index == 0 {
                (from, token, to)
            } else {
                (to, token, to)
            }
        });
        let tokens: Vec<Spanned> = tokens.collect();
        self.tokens.splice(start..end, tokens);
    }

    /// Where the section starts that is open at the end of the tokens.
    fn open_section(&self) -> Option<usize> {
        let start = self.tokens.iter().rposition(|(_, token, _)| {
            matches!(
                token,
                Token::Tag(_) | Token::OutputStart | Token::TagEnd | Token::OutputEnd | Token::Text
            )
        })?;
        matches!(self.tokens[start].1, Token::Tag(_) | Token::OutputStart).then_some(start)
    }

    /// One past the end of the section that starts at `start`.
    fn end_of_section(&self, start: usize) -> usize {
        let rest = &self.tokens[start..];
        let length = rest
            .iter()
            .position(|(_, token, _)| matches!(token, Token::TagEnd | Token::OutputEnd));
        length.map_or(self.tokens.len(), |length| start + length + 1)
    }

    /// The blocks that are open before the token at `at`, and where the section starts that it is in.
    fn context(&self, at: usize) -> (Vec<OpenBlock>, Option<usize>) {
        let mut open: Vec<OpenBlock> = Vec::new();
        let mut section = None;
        for (index, (start, token, end)) in self.tokens.iter().enumerate().take(at + 1) {
            match token {
                Token::Tag(_) | Token::OutputStart => section = Some(index),
                Token::Text => section = None,
                Token::TagEnd | Token::OutputEnd if index < at => {
                    let head = section.take().unwrap_or(index);
                    let tokens = &self.tokens[head..index];
                    let Some((from, Token::Tag(tag), to)) = tokens.first() else {
                        continue;
                    };
                    let closes =
                        |block: &OpenBlock| *tag == Tag::End || block.tag.closer() == Some(*tag);
                    if open.last().is_some_and(closes) {
                        open.pop();
                    } else if has_body(*tag, tokens) {
                        let span = Span {
                            start: *from,
                            end: (*end).max(*start),
                        };
                        let head = Span {
                            start: *from,
                            end: *to,
                        };
                        open.push(OpenBlock {
                            tag: *tag,
                            span,
                            head,
                        });
                    }
                }
                _ => {}
            }
        }
        (open, section)
    }

    fn scene<'a>(&'a self, open: &'a [OpenBlock], section: Option<usize>) -> Scene<'a> {
        let head = section.map(|start| self.tokens[start]);
        Scene {
            source: self.source,
            options: self.options,
            open,
            closed: None,
            head: head.map(|(start, _, end)| Span { start, end }),
            tag: head.and_then(|(_, token, _)| match token {
                Token::Tag(tag) => Some(tag),
                _ => None,
            }),
            in_line: false,
        }
    }
}

/// Whether there is an assignment outside of brackets.
fn assigns(tokens: &[Spanned]) -> bool {
    let mut depth = 0_i64;
    tokens.iter().any(|(_, token, _)| match token {
        Token::Symbol(
            Symbol::ParenOpen | Symbol::BracketOpen | Symbol::OptionalBracket | Symbol::BraceOpen,
        ) => {
            depth += 1;
            false
        }
        Token::Symbol(Symbol::ParenClose | Symbol::BracketClose | Symbol::BraceClose) => {
            depth -= 1;
            false
        }
        Token::Symbol(Symbol::Equal | Symbol::NullishEqual) => depth <= 0,
        _ => false,
    })
}

fn has_body(tag: Tag, tokens: &[Spanned]) -> bool {
    match tag {
        Tag::Set | Tag::Let => !assigns(tokens),
        tag => tag.closer().is_some(),
    }
}

/// The shortest tag of the name that parses; nothing if no other tag depends on it.
fn plainest(tag: Tag, assigns: bool) -> Vec<Token> {
    let name = Token::Name;
    let inside = match tag {
        Tag::Set | Tag::Let if assigns => return Vec::new(),
        Tag::If
        | Tag::Elif
        | Tag::Unless
        | Tag::While
        | Tag::Match
        | Tag::Case
        | Tag::Set
        | Tag::Let
        | Tag::Capture
        | Tag::Filter
        | Tag::AutoEscape
        | Tag::Cache
        | Tag::Block => vec![name],
        Tag::For | Tag::AsyncFor => vec![name, Token::Keyword(Keyword::In), name],
        Tag::Macro | Tag::Call => vec![
            name,
            Token::Symbol(Symbol::ParenOpen),
            Token::Symbol(Symbol::ParenClose),
        ],
        Tag::With
        | Tag::Spaceless
        | Tag::Trans
        | Tag::Pluralize
        | Tag::OwnBlock
        | Tag::OwnBranch
        | Tag::Parallel
        | Tag::Else
        | Tag::Empty
        | Tag::Try
        | Tag::Defer
        | Tag::Placeholder
        | Tag::Fallback => Vec::new(),
        tag if tag.is_closer() => Vec::new(),
        _ => return Vec::new(),
    };
    let mut tokens = vec![Token::Tag(tag)];
    tokens.extend(inside);
    tokens.push(Token::TagEnd);
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(source: &str) -> Vec<String> {
        let origin = Arc::new(Origin {
            name: "t".into(),
            text: source.into(),
        });
        let (_, errors) = parse_recovering(&origin, &Options::default());
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_fault_is_found_once() {
        for (source, expected) in [
            ("fine << a >>", &[][..]),
            (
                "<< a + >> << b >> << 1 2 >>",
                &[
                    "unexpected `>>`, expected an expression (in t:1:8)",
                    "unexpected `2`, expected `>>`, `,` or an operator (in t:1:24)",
                ],
            ),
            (
                "<% if a b %>x<% elif %>y<% end %><% for x y %><% endfor %>",
                &[
                    "unexpected `b`, expected `%>`, `,` or an operator (in t:1:9)",
                    "unexpected `%>`, expected an expression (in t:1:22)",
                    "unexpected `y`, expected `,` or `in` (in t:1:43)",
                ],
            ),
            (
                "<% if a %><% for x in y %><% endif %><% nope %><% endnope %><< 'a >>\n<< b + >>",
                &[
                    "`<% endif %>` does not close `<% for %>`, expected `<% endfor %>` (in t:1:27)",
                    "unknown tag `nope` (in t:1:41)",
                    "the string is never closed (in t:1:64)",
                    "unexpected `>>`, expected an expression (in t:2:8)",
                ],
            ),
            (
                "<% endif %><% if a %><% block b %>",
                &[
                    "`<% endif %>` closes nothing: no block is open (in t:1:1)",
                    "`<% if %>` is never closed, expected `<% endif %>` (in t:1:12)",
                    "`<% block %>` is never closed, expected `<% endblock %>` (in t:1:22)",
                ],
            ),
            (
                "<% set a = %><% set b c %>x<% end %><% break %><% macro m( %><% end %><< f(a=1, 2) >>",
                &[
                    "unexpected `%>`, expected an expression (in t:1:12)",
                    "unexpected `c`, expected `%>`, `=` or `??=` (in t:1:23)",
                    "`break` outside of a loop (in t:1:37)",
                    "unexpected `%>`, expected `)` or a name (in t:1:60)",
                    "a positional argument follows a keyword argument (in t:1:81)",
                ],
            ),
            ("<% do a", &["`<% do` is never closed by `%>` (in t:1:1)"]),
            (
                "<# a",
                &["the comment `<#` is never closed by `#>` (in t:1:1)"],
            ),
        ] {
            assert_eq!(faults(source), expected, "{source}");
        }
    }

    #[test]
    fn the_number_of_faults_is_limited() {
        assert_eq!(faults(&"<< a b >>".repeat(1000)).len(), MOST_FAULTS);
        assert_eq!(faults(&"<< 'a' & >>".repeat(1000)).len(), MOST_FAULTS);
        assert_eq!(faults(&"<% if a %>".repeat(150)).len(), MOST_FAULTS);
    }
}

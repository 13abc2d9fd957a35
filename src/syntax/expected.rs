//! From the parser's list of possible tokens to words, with remarks on usual slips.
//!
//! The list has up to thirty entries. People are told what closes or separates first, and then the kind of
//! thing that may stand there: `an operator`, `an expression`, `a name`.

use crate::error::{SyntaxError, SyntaxFault, SyntaxNote};
use crate::source::Span;
use crate::syntax::lexer::{OpenBlock, Scene, head_word, open_bracket};
use crate::syntax::token::{Keyword, Symbol, Tag, Token};

/// Kinds of things that are named at most.
const MOST_WORDS: usize = 4;
/// Characters of a token that are shown at most.
const LONGEST_TOKEN: usize = 30;

/// The error for a token that cannot stand where it does.
pub(super) fn unexpected_token(
    scene: &Scene<'_>,
    token: Token,
    span: Span,
    expected: &[String],
) -> Box<SyntaxError> {
    if let Token::Tag(tag) = token
        && (tag.is_closer() || tag.is_divider())
    {
        return misplaced_tag(scene, tag, span, expected);
    }
    if scene.tag == Some(Tag::Block) && token == Token::Symbol(Symbol::Minus) {
        return SyntaxError::new(SyntaxFault::HyphenInBlockName, span);
    }
    let wanted = words(scene, expected);
    let found = spell(scene, token, span);
    let fault = if wanted.is_empty() {
        SyntaxFault::Surplus { found }
    } else {
        SyntaxFault::Unexpected {
            found,
            expected: join(&wanted),
        }
    };
    let mut error = SyntaxError::new(fault, span);
    let has = |terminal: &str| expected.iter().any(|entry| unquote(entry) == terminal);
    match token {
        Token::Symbol(Symbol::Equal) if has("==") => {
            error = error.with_note(SyntaxNote::Compare, None);
        }
        Token::Keyword(Keyword::If) if scene.tag == Some(Tag::Else) => {
            error = error.with_note(SyntaxNote::ElseIf, None);
        }
        Token::Symbol(
            Symbol::Dot | Symbol::OptionalDot | Symbol::BracketOpen | Symbol::OptionalBracket,
        ) if has("|") && !has(".") => {
            error = error.with_note(SyntaxNote::ParenthesizeFilters, None);
        }
        _ => {}
    }
    // What is missing is often the closing bracket of a line further up.
    if [")", "]", "}"].into_iter().any(has)
        && let Some(bracket) = scene
            .head
            .and_then(|head| open_bracket(scene.source, head, span))
    {
        error = error.with_note(SyntaxNote::Bracket, Some(bracket));
    }
    error
}

/// The error for a template that ends too early.
pub(super) fn unexpected_end(
    scene: &Scene<'_>,
    span: Span,
    expected: &[String],
) -> Box<SyntaxError> {
    match scene.open.last() {
        Some(block) => unclosed_block(scene, *block),
        None => {
            let fault = SyntaxFault::Unexpected {
                found: "the end of the template".into(),
                expected: join(&words(scene, expected)),
            };
            SyntaxError::new(fault, span)
        }
    }
}

/// The error for a block that is never closed, placed where it was opened.
pub(super) fn unclosed_block(scene: &Scene<'_>, block: OpenBlock) -> Box<SyntaxError> {
    let fault = SyntaxFault::UnclosedBlock {
        opened: spell_block(scene, block),
        closer: spell_closer(scene, block),
    };
    SyntaxError::new(fault, block.span)
}

/// A closing tag of another block, or a part of one, or either where no block is open.
fn misplaced_tag(scene: &Scene<'_>, tag: Tag, span: Span, expected: &[String]) -> Box<SyntaxError> {
    let found = spell_head(scene, tag, span);
    // What closes a block and is misplaced all the same comes too early for it.
    let closed = scene.closed.filter(|_| tag.is_closer());
    let Some(block) = closed.as_ref().or(scene.open.last()) else {
        let fault = if tag.is_closer() {
            SyntaxFault::SurplusCloser { found }
        } else {
            SyntaxFault::SurplusDivider { found }
        };
        return SyntaxError::new(fault, span);
    };
    let opened = spell_block(scene, *block);
    let note = SyntaxNote::Opened {
        opened: opened.clone(),
    };
    let fault = if tag.is_closer() && closed.is_none() {
        SyntaxFault::WrongCloser {
            found,
            opened,
            closer: spell_closer(scene, *block),
        }
    } else {
        SyntaxFault::WrongDivider {
            found: format!("`{found}`"),
            opened,
            expected: join(&words(scene, expected)),
        }
    };
    SyntaxError::new(fault, span).with_note(note, Some(block.span))
}

/// A tag in the template's delimiters.
fn spell_tag(scene: &Scene<'_>, tag: Tag) -> String {
    let (start, end) = scene.options.delimiters.statement();
    format!("{start} {} {end}", tag.spelling())
}

/// An open block's tag; a tag of the host has its name in the source only.
fn spell_block(scene: &Scene<'_>, block: OpenBlock) -> String {
    spell_head(scene, block.tag, block.head)
}

/// The tag that closes an open block.
fn spell_closer(scene: &Scene<'_>, block: OpenBlock) -> String {
    if block.tag != Tag::OwnBlock {
        return spell_tag(scene, block.tag.closer().unwrap_or(Tag::End));
    }
    let (start, end) = scene.options.delimiters.statement();
    format!("{start} end{} {end}", block.name(scene.source))
}

/// A tag whose head is at `span`.
fn spell_head(scene: &Scene<'_>, tag: Tag, span: Span) -> String {
    if !tag.is_own() {
        return spell_tag(scene, tag);
    }
    let (start, end) = scene.options.delimiters.statement();
    let word = head_word(scene.source, span);
    let name = &scene.source[word.start as usize..word.end as usize];
    format!("{start} {name} {end}")
}

/// A token in words: in backquotes as it is written, unless it is a place rather than a thing.
fn spell(scene: &Scene<'_>, token: Token, span: Span) -> String {
    match token {
        Token::Text => "template text".into(),
        Token::Tag(tag) => format!("`{}`", spell_head(scene, tag, span)),
        Token::TagEnd if scene.in_line => "the end of the line".into(),
        Token::OutputEnd if span.start == span.end => "the end of the expression".into(),
        _ => {
            let written = &scene.source[span.start as usize..span.end as usize];
            let mut shown: String = written.chars().take(LONGEST_TOKEN).collect();
            if shown.len() < written.len() {
                shown.push('…');
            }
            format!(
                "`{}`",
                shown
                    .trim()
                    .escape_debug()
                    .to_string()
                    .replace("\\'", "'")
                    .replace("\\\"", "\"")
            )
        }
    }
}

/// LALRPOP gives the terminals as they stand in the grammar, in quotes.
fn unquote(terminal: &str) -> &str {
    terminal.trim_matches('"')
}

/// How a terminal is presented.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Ends or separates: shown as it is.
    Mark,
    /// Starts an expression.
    Starter,
    /// Goes on with one.
    Operator,
    /// Opens a statement, or is text or an output.
    Statement,
    /// Closes a block or goes on with it.
    Part(Tag),
    /// A keyword of one tag: shown as it is.
    Word,
    /// A name that would be a keyword elsewhere: covered by `a name`.
    Covered,
}

fn role(terminal: &str) -> Role {
    if let Some(name) = terminal.strip_prefix("<% ") {
        return match Tag::lookup(name) {
            Some(tag) if tag.is_closer() || tag.is_divider() => Role::Part(tag),
            _ => Role::Statement,
        };
    }
    match terminal {
        "text" | "<<" => Role::Statement,
        ">>" | "%>" | ")" | "]" | "}" | "," | ":" | "=" | "??=" => Role::Mark,
        "name" | "integer" | "float" | "string" | "true" | "false" | "none" | "not" | "await"
        | "spawn" => Role::Starter,
        // These may be both; where an expression starts, other starters say so.
        "(" | "[" | "{" | "+" | "-" => Role::Starter,
        "*" | "**" => Role::Operator,
        "in" | "if" | "else" => Role::Word,
        "and" | "or" | "is" | "by" | "for" | "async for" => Role::Covered,
        "recursive" | "concurrent" | "ignore" | "missing" | "with" | "without" | "context"
        | "as" | "import" | "scoped" | "required" | "timeout" | "ttl" | "trimmed" | "notrimmed" => {
            Role::Word
        }
        _ => Role::Operator,
    }
}

/// The list of terminals in words, most helpful first.
fn words(scene: &Scene<'_>, expected: &[String]) -> Vec<String> {
    let terminals: Vec<&str> = expected.iter().map(|entry| unquote(entry)).collect();
    let parts = parts(&terminals);
    if !parts.is_empty() {
        let spell = |tag| match (tag, scene.open.last()) {
            (Tag::EndOwn, Some(block)) => format!("`{}`", spell_closer(scene, *block)),
            (tag, _) => format!("`{}`", spell_tag(scene, tag)),
        };
        return parts.into_iter().map(spell).collect();
    }
    let kind = Kind::of(&terminals, scene.tag);
    // The colon at a tag's end is an old habit that nobody needs to be reminded of.
    let ends_tag = terminals.contains(&"%>");
    let mut marks: Vec<&str> = terminals
        .iter()
        .copied()
        .filter(|terminal| !(kind.covers(terminal) || ends_tag && *terminal == ":"))
        .collect();
    // What closes comes before what separates, and both before single words and operators.
    marks.sort_by_key(|terminal| match *terminal {
        "%>" | ">>" => 0,
        ")" | "]" | "}" => 1,
        "," | ":" | "=" | "??=" => 2,
        _ => 3,
    });
    let spell = |terminal: &str| match terminal {
        "%>" | ">>" => end_mark(scene, terminal),
        _ => format!("`{terminal}`"),
    };
    let mut wanted: Vec<String> = marks.into_iter().map(spell).collect();
    wanted.truncate(MOST_WORDS - 1);
    wanted.extend(kind.name().map(str::to_owned));
    if terminals.contains(&"text") {
        wanted.push("template text or a tag".into());
    }
    wanted
}

/// The tags that close the open block or go on with it; the general one only if there is no other.
fn parts(terminals: &[&str]) -> Vec<Tag> {
    let parts: Vec<Tag> = terminals
        .iter()
        .filter_map(|terminal| match role(terminal) {
            // What it is called depends on the tag that is open.
            Role::Part(Tag::OwnBranch) => None,
            Role::Part(tag) => Some(tag),
            _ => None,
        })
        .collect();
    let named = parts.iter().any(|tag| tag.is_closer() && *tag != Tag::End);
    let shown = parts.into_iter().filter(|tag| !(named && *tag == Tag::End));
    shown.collect()
}

/// The kind of thing that most of the terminals start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Expression,
    Pattern,
    Operator,
    Name,
    Number,
    Other,
}

impl Kind {
    fn of(terminals: &[&str], tag: Option<Tag>) -> Self {
        let has = |terminal: &str| terminals.contains(&terminal);
        let operator = |terminal: &&&str| role(terminal) == Role::Operator;
        if has("integer") && has("string") {
            return match tag {
                Some(Tag::Case) if !has("not") => Kind::Pattern,
                _ => Kind::Expression,
            };
        }
        if terminals.iter().filter(operator).count() >= 3 {
            Kind::Operator
        } else if has("name") {
            Kind::Name
        } else if has("integer") && has("float") {
            Kind::Number
        } else {
            Kind::Other
        }
    }

    fn name(self) -> Option<&'static str> {
        Some(match self {
            Kind::Expression => "an expression",
            Kind::Pattern => "a pattern",
            Kind::Operator => "an operator",
            Kind::Name => "a name",
            Kind::Number => "a number",
            Kind::Other => return None,
        })
    }

    /// Whether the terminal needs no mention beside the kind.
    fn covers(self, terminal: &str) -> bool {
        match role(terminal) {
            Role::Mark => false,
            Role::Statement | Role::Part(_) | Role::Covered => true,
            Role::Word => match self {
                Kind::Expression | Kind::Pattern | Kind::Name => true,
                Kind::Operator => matches!(terminal, "in" | "if" | "else"),
                Kind::Number | Kind::Other => false,
            },
            Role::Starter => match self {
                Kind::Name => terminal != "(",
                Kind::Number => matches!(terminal, "integer" | "float"),
                kind => kind != Kind::Other,
            },
            Role::Operator => self != Kind::Other,
        }
    }
}

/// The end of a tag or output, as it is written in this template.
fn end_mark(scene: &Scene<'_>, terminal: &str) -> String {
    match terminal {
        "%>" if scene.in_line => "the end of the line".into(),
        "%>" => format!("`{}`", scene.options.delimiters.statement().1),
        _ if scene.head.is_some_and(|head| head.start == head.end) => {
            "the end of the expression".into()
        }
        _ => format!("`{}`", scene.options.delimiters.output().1),
    }
}

/// `a`, `a or b`, `a, b or c`.
fn join(words: &[String]) -> String {
    match words {
        [] => "nothing".into(),
        [word] => word.clone(),
        [words @ .., last] => format!("{} or {last}", words.join(", ")),
    }
}

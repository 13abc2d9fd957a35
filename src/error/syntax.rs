//! What the lexer, the parser and the delimiters' checks say.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, suggest};
use crate::source::{Origin, Place, Span};

/// A fault in a template's text, with its place and remarks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) fault: SyntaxFault,
    pub(crate) span: Span,
    pub(crate) notes: Vec<(SyntaxNote, Option<Span>)>,
}

impl SyntaxError {
    #[cold]
    pub(crate) fn new(fault: SyntaxFault, span: Span) -> Box<Self> {
        Box::new(SyntaxError {
            fault,
            span,
            notes: Vec::new(),
        })
    }

    /// Adds a remark, with its own place where it has one.
    pub(crate) fn with_note(
        mut self: Box<Self>,
        note: SyntaxNote,
        span: Option<Span>,
    ) -> Box<Self> {
        self.notes.push((note, span));
        self
    }

    /// The public error, placed in its template.
    pub(crate) fn into_error(self, origin: &Arc<Origin>) -> Error {
        let place = |span| Place {
            origin: Arc::clone(origin),
            span,
        };
        let mut error = Error::new(ErrorKind::Syntax, clip(self.fault.to_string()));
        for (note, span) in self.notes {
            error = error.with_note(clip(note.to_string()), span.map(place));
        }
        error.or_at(|| place(self.span))
    }
}

/// What is wrong with a template's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SyntaxFault {
    #[error("the template is larger than 4 GiB")]
    TooLarge,
    #[error("unexpected {found}, expected {expected}")]
    Unexpected { found: String, expected: String },
    #[error("unexpected {found}")]
    Surplus { found: String },
    #[error("unexpected character {found:?}")]
    Character { found: char },
    #[error("`{found}` is no operator; write {instead}")]
    Operator {
        found: &'static str,
        instead: &'static str,
    },
    #[error("malformed number `{text}`")]
    Number { text: String },
    #[error("an integer may have 128 bits at most; write it as a float or a string")]
    IntegerTooLarge,
    #[error("the string is never closed")]
    UnclosedString,
    #[error(
        "`\\N{{…}}` is not supported; write the character itself or its number, as in `\\u2014`"
    )]
    NamedEscape,
    #[error("the escape `{escape}` needs {digits} hexadecimal digits")]
    ShortEscape { escape: String, digits: usize },
    #[error("`{escape}` is no character; one beyond `\\uffff` is written `\\U0001f600`")]
    NoCharacter { escape: String },
    #[error("`{start}` is never closed by `{end}`")]
    UnclosedTag { start: String, end: String },
    #[error("the comment `{start}` is never closed by `{end}`")]
    UnclosedComment { start: String, end: String },
    #[error("`{start} raw {end}` is never closed by `{start} endraw {end}`")]
    UnclosedRaw { start: String, end: String },
    #[error("`raw` takes no arguments, expected `{end}`")]
    RawArguments { end: String },
    #[error("{}", no_tag_name(start, end, *found))]
    NoTagName {
        start: String,
        end: String,
        found: Option<char>,
    },
    #[error("unknown tag `{name}`{}", did_you_mean(suggestion.as_deref()))]
    UnknownTag {
        name: String,
        suggestion: Option<String>,
    },
    #[error("`{opened}` is never closed, expected `{closer}`")]
    UnclosedBlock { opened: String, closer: String },
    #[error("`{found}` does not close `{opened}`, expected `{closer}`")]
    WrongCloser {
        found: String,
        opened: String,
        closer: String,
    },
    #[error("`{found}` closes nothing: no block is open")]
    SurplusCloser { found: String },
    #[error("unexpected {found} in `{opened}`, expected {expected}")]
    WrongDivider {
        found: String,
        opened: String,
        expected: String,
    },
    #[error("`{found}` does not belong here: no block is open")]
    SurplusDivider { found: String },
    #[error("`endblock {found}` closes block `{name}`")]
    WrongBlockName { found: String, name: String },
    #[error("a block's name has no hyphens; use an underscore")]
    HyphenInBlockName,
    #[error("a required block holds nothing but white space and comments")]
    RequiredBlockWithBody,
    #[error("nested too deeply (limit {limit})")]
    Nesting { limit: u16 },
    #[error("parameter `{name}` is given twice")]
    DuplicateParameter { name: String },
    #[error("parameter `{name}` needs a default, as one before it has one")]
    MissingDefault { name: String },
    #[error("a positional argument follows a keyword argument")]
    PositionalAfterKeyword,
    #[error("argument `{name}` is given twice")]
    DuplicateArgument { name: String },
    #[error("`{word}` outside of a loop")]
    OutsideLoop { word: &'static str },
    #[error("`{word}` cannot leave a `{tag}` block, whose body has to run to its end")]
    LeavesWhole {
        word: &'static str,
        tag: &'static str,
    },
    #[error("a placeholder is sent at once, so nothing in it can be deferred")]
    DeferInPlaceholder,
    #[error(
        "`let` sets a variable of the whole template, but a `defer` block may be run after the rest of it; use `set`"
    )]
    LetInDefer,
    #[error("a `call` block calls something, as in `call f(x)`")]
    NoCall,
    #[error("tests cannot be chained; use parentheses, or `and`")]
    ChainedTest,
    #[error("a slice cannot be part of a tuple index")]
    SliceInTuple,
    #[error("a dotted name has no white space in it")]
    SpacedName,
    #[error("`{name}` cannot be imported, as names that start with an underscore are private")]
    PrivateImport { name: String },
    #[error("text between `match` and its first `case` is never shown")]
    TextBeforeCase,
    #[error("expected an expression, found nothing")]
    NoExpression,
    #[error("`{tag}` has `{name}` twice")]
    DuplicateBranch { name: String, tag: String },
    #[error("variable `{name}` of the translation is given twice")]
    DuplicateTranslationVariable { name: String },
    #[error(
        "`pluralize` counts a variable of the `trans` tag, and `{name}` is none; write `trans {name}=…`"
    )]
    UnknownTranslationVariable { name: String },
    #[error("`pluralize` has nothing to count; name a variable in the `trans` tag")]
    PluralizeWithoutVariables,
    #[error(
        "a translation holds text and names; give the expression a name in the tag, as in `trans name=…`"
    )]
    ExpressionInTranslation,
    #[error("a translation holds text and names, no tags")]
    TagInTranslation,
    #[error("a translation cannot be in another one; is `endtrans` missing?")]
    NestedTranslation,
}

impl SyntaxFault {
    /// An unknown tag, with the tag that it is nearest to.
    pub(crate) fn unknown_tag<'a>(name: &str, tags: impl Iterator<Item = &'a str>) -> Self {
        let other_name = match name {
            "elseif" | "elsif" | "elif:" => Some("elif"),
            "elseunless" => Some("else"),
            "foreach" => Some("for"),
            "assign" | "var" => Some("set"),
            "switch" => Some("match"),
            "when" => Some("case"),
            "embed" | "render" | "partial" => Some("include"),
            "comment" => Some("raw"),
            _ => None,
        };
        let known = other_name.map(str::to_owned);
        SyntaxFault::UnknownTag {
            suggestion: known.or_else(|| suggest(name, tags).map(str::to_owned)),
            name: name.into(),
        }
    }
}

/// A message of a sensible length: names in it are as long as a template pleases.
fn clip(mut message: String) -> String {
    const LONGEST_MESSAGE: usize = 300;
    if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    message
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn no_tag_name(start: &str, end: &str, found: Option<char>) -> String {
    match found {
        Some(found) => format!("expected a tag's name after `{start}`, found {found:?}"),
        None => format!(
            "expected a tag's name between `{start}` and `{}`",
            end.escape_debug()
        ),
    }
}

/// A remark on a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SyntaxNote {
    #[error("`{opened}` opened here")]
    Opened { opened: String },
    #[error("the bracket opened here")]
    Bracket,
    #[error("to compare, write `==`")]
    Compare,
    #[error("write `elif`")]
    ElseIf,
    #[error("put parentheses around what the filters give: `(a | f).b`")]
    ParenthesizeFilters,
    #[error("first given here")]
    FirstGiven,
}

/// What is wrong with configured delimiters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DelimiterFault {
    #[error("the {what} is empty")]
    Empty { what: &'static str },
    #[error("the {what} {text:?} holds white space")]
    WhiteSpace { what: &'static str, text: String },
    #[error("{one} and {other} are the same: `{text}`")]
    Equal {
        one: &'static str,
        other: &'static str,
        text: String,
    },
    #[error("`{long}` cannot be told from `{short}` with a trim mark")]
    TrimMark { short: String, long: String },
    #[error("the {what} `{text}` starts like code: with a letter, a digit or a quote")]
    EndStartsLikeCode { what: &'static str, text: String },
}

impl From<DelimiterFault> for Error {
    fn from(fault: DelimiterFault) -> Self {
        Error::new(ErrorKind::Value, fault.to_string())
    }
}

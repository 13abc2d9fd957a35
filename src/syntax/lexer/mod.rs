//! Template text to tokens.
//!
//! The lexer is in one of three modes. In *text* it looks for the next start delimiter or line prefix
//! and trims what lies before it. *At a start* it skips comments, takes raw blocks whole, and fuses a
//! tag's delimiter with its name. In *code* it first asks whether the tag, output or line ends here, and
//! only then logos, which never sees a delimiter.

mod code;
mod line;
pub(crate) mod literal;
mod text;
mod trim;

pub(crate) use trim::is_space;

use crate::error::{SyntaxError, SyntaxFault};
use crate::source::Span;
use crate::syntax::lexer::code::Code;
use crate::syntax::lexer::text::{Scanner, Start, StartKind};
use crate::syntax::token::{Keyword, Symbol, Tag, Token};
use crate::syntax::{Options, TagShape};

/// A token between two offsets, or what is wrong there.
pub(crate) type Lexed = Result<(u32, Token, u32), Box<SyntaxError>>;

/// Gives the tokens of one template, in order.
pub(crate) struct Lexer<'src, 'opt> {
    /// The source without the newline that is dropped from its end.
    source: &'src str,
    options: &'opt Options,
    scanner: Scanner<'src, 'opt>,
    mode: Mode,
    /// Where the next token starts, or the white space before it.
    at: usize,
    /// Blocks that are not closed yet, outermost first.
    open: Vec<OpenBlock>,
    /// The block that the last tag closed, if it did.
    closed: Option<OpenBlock>,
    /// The last stretch of code that was entered.
    section: Option<Section<'opt>>,
    /// The comments so far, each with the offset of its delimiter, if they are wanted.
    comments: Option<Vec<(usize, &'src str)>>,
}

/// Where the lexer or the parser stands.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) source: &'a str,
    pub(crate) options: &'a Options,
    /// Blocks that are open, outermost first.
    pub(crate) open: &'a [OpenBlock],
    /// The block that the last tag closed, if it did.
    pub(crate) closed: Option<OpenBlock>,
    /// The head of the last tag, output or line statement.
    pub(crate) head: Option<Span>,
    /// Its tag, if it has one.
    pub(crate) tag: Option<Tag>,
    /// Whether it is a line statement.
    pub(crate) in_line: bool,
}

/// A block's tag that is not closed yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenBlock {
    pub(crate) tag: Tag,
    pub(crate) span: Span,
    /// The start delimiter with the name.
    pub(crate) head: Span,
}

impl OpenBlock {
    /// The name at the tag's head.
    pub(crate) fn name(self, source: &str) -> &str {
        let word = head_word(source, self.head);
        &source[word.start as usize..word.end as usize]
    }
}

/// The name at the end of a tag's head.
pub(crate) fn head_word(source: &str, head: Span) -> Span {
    let end = head.end as usize;
    let text = &source[head.start as usize..end];
    let name = text.trim_end_matches(code::continues_word).len();
    Span::new(head.start as usize + name, end)
}

/// Whether a text is one word.
pub(crate) fn is_word(text: &str) -> bool {
    matches!(code::lex(text, 0, false), Ok((Code::Word, end)) if end == text.len())
}

#[derive(Clone, Copy)]
enum Mode {
    Text,
    Start(Start),
    /// In the section that was entered last.
    Code,
    Done,
}

/// A stretch of code: an output, a tag, a line statement, or a lone expression.
#[derive(Clone, Copy)]
struct Section<'opt> {
    kind: SectionKind,
    /// The delimiter that ends it.
    end: &'opt str,
    /// The start delimiter, of a tag with its name.
    head: Span,
    tag: Option<Tag>,
    brackets: Brackets,
    /// Whether the last token was a dot: then a word is an attribute and a number an index.
    after_dot: bool,
    /// Whether there was a `=` or `??=` outside of brackets: then a `set` has no body.
    assigns: bool,
    /// Whether there was a range, whose step `by` gives.
    ranges: bool,
}

impl Section<'_> {
    /// Takes notice of a symbol.
    #[inline]
    fn note(&mut self, symbol: Symbol) {
        self.brackets.count(symbol);
        match symbol {
            Symbol::Dot | Symbol::OptionalDot => self.after_dot = true,
            Symbol::DotDot | Symbol::DotDotDot => self.ranges = true,
            Symbol::Equal | Symbol::NullishEqual => self.assigns |= self.brackets.total() == 0,
            _ => {}
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SectionKind {
    Output,
    Statement,
    Line,
    Expression,
}

/// How many brackets of each kind are open.
#[derive(Clone, Copy, Default)]
struct Brackets {
    round: u32,
    square: u32,
    curly: u32,
}

impl Brackets {
    fn count(&mut self, symbol: Symbol) {
        match symbol {
            Symbol::ParenOpen => self.round += 1,
            Symbol::ParenClose => self.round = self.round.saturating_sub(1),
            Symbol::BracketOpen | Symbol::OptionalBracket => self.square += 1,
            Symbol::BracketClose => self.square = self.square.saturating_sub(1),
            Symbol::BraceOpen => self.curly += 1,
            Symbol::BraceClose => self.curly = self.curly.saturating_sub(1),
            _ => {}
        }
    }

    fn total(self) -> u32 {
        self.round + self.square + self.curly
    }

    /// Whether a bracket is open that the delimiter could be meant to close, as in `{{ {'a': {}}}}`.
    fn withhold(self, delimiter: &str) -> bool {
        self.total() > 0
            && delimiter.bytes().any(|byte| match byte {
                b')' => self.round > 0,
                b']' => self.square > 0,
                b'}' => self.curly > 0,
                _ => false,
            })
    }
}

impl<'src, 'opt> Lexer<'src, 'opt> {
    /// A lexer of a template.
    pub(crate) fn new(source: &'src str, options: &'opt Options) -> Self {
        let source = if options.whitespace.keep_trailing_newline {
            source
        } else {
            &source[..trim::without_trailing_newline(source)]
        };
        Lexer {
            source,
            options,
            scanner: Scanner::new(source, &options.delimiters),
            mode: Mode::Text,
            at: 0,
            open: Vec::new(),
            closed: None,
            section: None,
            comments: None,
        }
    }

    /// The same lexer, which keeps comments.
    pub(crate) fn keeping_comments(mut self) -> Self {
        self.comments = Some(Vec::new());
        self
    }

    /// The comments that were kept.
    pub(crate) fn into_comments(self) -> Vec<(usize, &'src str)> {
        self.comments.unwrap_or_default()
    }

    fn keep_comment(&mut self, start: usize, text: &'src str) {
        if let Some(comments) = &mut self.comments {
            comments.push((start, text));
        }
    }

    /// A lexer of a lone expression, which gives the tokens of an output.
    pub(crate) fn of_expression(source: &'src str, options: &'opt Options) -> Self {
        let mut lexer = Lexer::new(source, options);
        lexer.mode = Mode::Start(Start {
            kind: StartKind::Output,
            at: 0,
            after: 0,
        });
        lexer
    }

    /// What is known about the place where the lexer stands, for messages.
    pub(crate) fn scene(&self) -> Scene<'_> {
        Scene {
            source: self.source,
            options: self.options,
            open: &self.open,
            closed: self.closed,
            head: self.section.map(|section| section.head),
            tag: self.section.and_then(|section| section.tag),
            in_line: self
                .section
                .is_some_and(|section| section.kind == SectionKind::Line),
        }
    }

    /// Goes on after a fault, with the text behind the end of the tag or output at fault.
    pub(crate) fn recover(&mut self) {
        let (from, end) = match &self.mode {
            Mode::Done => return,
            Mode::Text => (self.at, self.options.delimiters.statement_end.as_str()),
            Mode::Start(start) => {
                let delimiters = &self.options.delimiters;
                let end = match start.kind {
                    StartKind::Statement => delimiters.statement_end.as_str(),
                    StartKind::Output => delimiters.output_end.as_str(),
                    StartKind::Comment => delimiters.comment_end.as_str(),
                    StartKind::LineStatement | StartKind::LineComment => "\n",
                };
                (start.after, end)
            }
            Mode::Code => (self.at, self.section.map_or("\n", |section| section.end)),
        };
        let found = memchr::memmem::find(&self.source.as_bytes()[from..], end.as_bytes());
        self.at = found.map_or(self.source.len(), |found| from + found + end.len());
        self.mode = Mode::Text;
    }

    fn end_delimiter(&self, kind: SectionKind) -> &'opt str {
        match kind {
            SectionKind::Output => &self.options.delimiters.output_end,
            SectionKind::Statement => &self.options.delimiters.statement_end,
            SectionKind::Line | SectionKind::Expression => "\n",
        }
    }

    /// Text up to the next start; nothing if there is none of it.
    fn lex_text(&mut self) -> Option<Lexed> {
        let from = self.at;
        let Some(start) = self.scanner.find(from) else {
            self.mode = Mode::Done;
            self.at = self.source.len();
            return self.text(from, &self.source[from..]);
        };
        self.mode = Mode::Start(start);
        let text = &self.source[from..start.at];
        let strips_line = start.kind != StartKind::Output;
        let text = self.trim_before(text, from, self.mark_at(start.after), strips_line);
        self.text(from, text)
    }

    /// What a start with that trim mark leaves of the text before it, which starts at `from`.
    fn trim_before(
        &self,
        text: &'src str,
        from: usize,
        mark: Option<u8>,
        strips_line: bool,
    ) -> &'src str {
        match mark {
            Some(b'-') => trim::strip_end(text),
            None if strips_line && self.options.whitespace.lstrip_blocks => {
                let at_line_start =
                    from == 0 || matches!(self.source.as_bytes()[from - 1], b'\n' | b'\r');
                trim::strip_line_start(text, at_line_start)
            }
            _ => text,
        }
    }

    fn text(&self, from: usize, text: &'src str) -> Option<Lexed> {
        (!text.is_empty()).then(|| Ok((from as u32, Token::Text, (from + text.len()) as u32)))
    }

    /// The trim mark that stands at `at`, if one does.
    fn mark_at(&self, at: usize) -> Option<u8> {
        match self.source.as_bytes().get(at) {
            Some(mark @ (b'-' | b'+')) => Some(*mark),
            _ => None,
        }
    }

    /// The end of the delimiter `end` at `at`, with its trim mark, and of the white space it takes.
    #[inline(always)]
    fn end_at(&self, at: usize, end: &str, trims_newline: bool) -> Option<(usize, usize)> {
        // Most bytes are neither a mark nor the start of a delimiter.
        let first = *self.source.as_bytes().get(at)?;
        if first != end.as_bytes()[0] && !matches!(first, b'-' | b'+') {
            return None;
        }
        self.end_found(at, end, trims_newline)
    }

    /// The same, where it may well stand.
    fn end_found(&self, at: usize, end: &str, trims_newline: bool) -> Option<(usize, usize)> {
        let bytes = self.source.as_bytes();
        let ends = |at: usize| text::stands_at(bytes, at, end);
        // Of an end that starts with `-`, the first one is a mark only if there is one more.
        let mark = self.mark_at(at).filter(|_| ends(at + 1));
        if mark.is_none() && !ends(at) {
            return None;
        }
        let close = at + usize::from(mark.is_some()) + end.len();
        let after = match mark {
            Some(b'-') => code::skip_space(self.source, close),
            None if trims_newline && self.options.whitespace.trim_blocks => {
                close + trim::newline_len(&bytes[close..])
            }
            _ => close,
        };
        Some((close, after))
    }

    /// What a start delimiter starts; nothing after a comment.
    fn lex_start(&mut self, start: Start) -> Option<Lexed> {
        let content = start.after + usize::from(self.mark_at(start.after).is_some());
        match start.kind {
            StartKind::Comment => self.skip_comment(start, content).err().map(Err),
            StartKind::LineComment => {
                let rest = &self.source.as_bytes()[content..];
                let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                self.keep_comment(start.at, &self.source[content..content + length]);
                self.at = content + length;
                self.mode = Mode::Text;
                None
            }
            StartKind::Output if start.after == start.at => {
                self.enter(
                    SectionKind::Expression,
                    Span::new(start.at, start.at),
                    None,
                    start.at,
                );
                Some(Ok((0, Token::OutputStart, 0)))
            }
            StartKind::Output => {
                let head = Span::new(start.at, content);
                self.enter(SectionKind::Output, head, None, content);
                Some(Ok((head.start, Token::OutputStart, head.end)))
            }
            StartKind::Statement => match self.word_at(content, "raw") {
                Some(after_name) => self.lex_raw(start, after_name),
                None => Some(self.lex_head(SectionKind::Statement, start, content)),
            },
            StartKind::LineStatement => Some(self.lex_head(SectionKind::Line, start, content)),
        }
    }

    fn enter(&mut self, kind: SectionKind, head: Span, tag: Option<Tag>, at: usize) {
        self.at = at;
        self.section = Some(Section {
            kind,
            end: self.end_delimiter(kind),
            head,
            tag,
            brackets: Brackets::default(),
            after_dot: false,
            assigns: false,
            ranges: false,
        });
        self.mode = Mode::Code;
    }

    fn skip_comment(&mut self, start: Start, content: usize) -> Result<(), Box<SyntaxError>> {
        let end = &self.options.delimiters.comment_end;
        let rest = &self.source.as_bytes()[content..];
        let Some(found) = memchr::memmem::find(rest, end.as_bytes()) else {
            let fault = SyntaxFault::UnclosedComment {
                start: self.source[start.at..start.after].into(),
                end: end.as_str().into(),
            };
            return Err(SyntaxError::new(fault, Span::new(start.at, start.after)));
        };
        let mut at = content + found;
        if found > 0 && self.mark_at(at - 1).is_some() {
            at -= 1;
        }
        self.keep_comment(start.at, &self.source[content..at]);
        let (_, after) = self.end_at(at, end, true).expect("the end was found here");
        self.at = after;
        self.mode = Mode::Text;
        Ok(())
    }

    /// The text of a raw block, whose first name ends at `after_name`; nothing if it has none.
    #[cold]
    fn lex_raw(&mut self, start: Start, after_name: usize) -> Option<Lexed> {
        let delimiters = &self.options.delimiters;
        let head = Span::new(start.at, after_name);
        let close = code::skip_space(self.source, after_name);
        // A raw block keeps its first newline anyway; as in Jinja2, there is no `+` to say so.
        let end = match self.mark_at(close) {
            Some(b'+') => None,
            _ => self.end_at(close, &delimiters.statement_end, false),
        };
        let Some((_, from)) = end else {
            let fault = SyntaxFault::RawArguments {
                end: delimiters.statement_end.as_str().into(),
            };
            return Some(Err(SyntaxError::new(fault, head)));
        };
        let opener = delimiters.statement_start.as_bytes();
        let mut search = from;
        while let Some(found) = memchr::memmem::find(&self.source.as_bytes()[search..], opener) {
            let at = search + found;
            let after = at + opener.len();
            let mark = self.mark_at(after);
            let name = after + usize::from(mark.is_some());
            let end = self.word_at(name, "endraw").and_then(|after_name| {
                let close = code::skip_space(self.source, after_name);
                self.end_at(close, &delimiters.statement_end, true)
            });
            if let Some((_, after)) = end {
                let text = self.trim_before(&self.source[from..at], from, mark, true);
                self.at = after;
                self.mode = Mode::Text;
                return self.text(from, text);
            }
            search = after;
        }
        let fault = SyntaxFault::UnclosedRaw {
            start: delimiters.statement_start.as_str().into(),
            end: delimiters.statement_end.as_str().into(),
        };
        Some(Err(SyntaxError::new(fault, Span::new(start.at, from))))
    }

    /// The end of `word`, if it stands at `at` after white space.
    #[inline]
    fn word_at(&self, at: usize, word: &str) -> Option<usize> {
        let at = code::skip_space(self.source, at);
        if !text::stands_at(self.source.as_bytes(), at, word) {
            return None;
        }
        let end = at + word.len();
        let goes_on = self.source[end..].chars().next();
        (!goes_on.is_some_and(code::continues_word)).then_some(end)
    }

    /// A tag's delimiter together with its name.
    fn lex_head(&mut self, kind: SectionKind, start: Start, content: usize) -> Lexed {
        let at = code::skip_space(self.source, content);
        let word = match code::lex(self.source, at, false) {
            Ok((Code::Word, end)) if at < self.source.len() => &self.source[at..end],
            _ => {
                let found = self.source[at..].chars().next();
                let fault = SyntaxFault::NoTagName {
                    start: self.source[start.at..start.after].trim_start().into(),
                    end: self.end_delimiter(kind).into(),
                    found: found
                        .filter(|_| self.end_at(at, self.end_delimiter(kind), false).is_none()),
                };
                return Err(SyntaxError::new(fault, Span::new(start.at, at)));
            }
        };
        let mut end = at + word.len();
        let mut tag = self.own_tag(word).or_else(|| Tag::lookup(word));
        if word == "async"
            && let Some(after) = self.word_at(end, "for")
        {
            tag = Some(Tag::AsyncFor);
            end = after;
        }
        let Some(tag) = tag else {
            let own = self.options.tags.iter().map(|tag| tag.name.as_str());
            let fault = SyntaxFault::unknown_tag(word, Tag::names().chain(own));
            return Err(SyntaxError::new(fault, Span::new(at, end)));
        };
        let head = Span::new(start.at, end);
        self.closed = self
            .open
            .pop_if(|block| tag == Tag::End || block.tag.closer() == Some(tag));
        self.enter(kind, head, Some(tag), end);
        Ok((head.start, Token::Tag(tag), head.end))
    }

    /// What a word is at the head of a tag because of the tags of the host.
    #[inline]
    fn own_tag(&self, word: &str) -> Option<Tag> {
        if let Some(block) = self.open.last()
            && block.tag == Tag::OwnBlock
            && let Some(shape) = self.options.tag(block.name(self.source))
            && shape.branches.iter().any(|branch| branch == word)
        {
            return Some(Tag::OwnBranch);
        }
        if let Some(shape) = self.options.tag(word) {
            return Some(match shape.has_body {
                true => Tag::OwnBlock,
                false => Tag::Own,
            });
        }
        let closes = |shape: &TagShape| shape.has_body;
        let closed = word.strip_prefix("end")?;
        self.options.tag(closed).filter(|shape| closes(shape))?;
        Some(Tag::EndOwn)
    }

    /// The section that code is in.
    #[inline]
    fn section(&self) -> &Section<'opt> {
        self.section.as_ref().expect("code is in a section")
    }

    /// The next token of code, or the end of it.
    fn lex_code(&mut self) -> Lexed {
        let section = self.section();
        if section.kind == SectionKind::Line
            && section.brackets.total() == 0
            && let Some(end) = line::end_of_line(self.source, self.at)
        {
            return self.leave(self.at, end, end);
        }
        let at = code::skip_space(self.source, self.at);
        if at == self.source.len() {
            return self.end_of_source(at);
        }
        if matches!(section.kind, SectionKind::Output | SectionKind::Statement)
            && let Some((close, after)) =
                self.end_at(at, section.end, section.kind == SectionKind::Statement)
            // Nothing is dropped behind an output, so that as in Jinja2 a `+` before its end is an operator.
            && (section.kind == SectionKind::Statement
                || text::stands_at(self.source.as_bytes(), at, section.end)
                || self.mark_at(at) != Some(b'+'))
            && !section.brackets.withhold(section.end)
        {
            return self.leave(at, close, after);
        }
        let after_dot = section.after_dot;
        self.at = at;
        let (code, mut end) =
            code::lex(self.source, at, after_dot).map_err(|fault| self.fault_at(fault, at))?;
        let token = match code {
            Code::Word if after_dot => Token::Name,
            Code::Word => self.word(at, &mut end),
            Code::Integer => Token::Integer,
            Code::Float => Token::Float,
            Code::String => Token::String,
            Code::Symbol(symbol) => Token::Symbol(symbol),
        };
        let section = self.section.as_mut().expect("code is in a section");
        section.after_dot = false;
        if let Token::Symbol(symbol) = token {
            section.note(symbol);
            if section.brackets.total() > u32::from(self.options.nesting) {
                let limit = self.options.nesting;
                return Err(self.fault_at(SyntaxFault::Nesting { limit }, at));
            }
        }
        self.at = end;
        Ok((at as u32, token, end as u32))
    }

    fn fault_at(&self, fault: SyntaxFault, at: usize) -> Box<SyntaxError> {
        let length = match &fault {
            SyntaxFault::Number { text } => text.len(),
            SyntaxFault::Operator { found, .. } => found.len(),
            _ => self.source[at..].chars().next().map_or(0, char::len_utf8),
        };
        SyntaxError::new(fault, Span::new(at, at + length))
    }

    /// What the word from `at` to `end` is: a name, or a keyword where it is one. `async for` is one token.
    fn word(&self, at: usize, end: &mut usize) -> Token {
        let text = &self.source[at..*end];
        if text == "async"
            && let Some(after) = self.word_at(*end, "for")
        {
            *end = after;
            return Token::Keyword(Keyword::AsyncFor);
        }
        let Some(keyword) = Keyword::lookup(text) else {
            return Token::Name;
        };
        let section = self.section();
        let is_name = match keyword {
            Keyword::Await => !self.starts_operand(*end, section),
            // `spawn (x)` and `spawn [x]` use something of that name.
            Keyword::Spawn => {
                !self.starts_operand(*end, section) || !self.starts_call(*end, section.tag)
            }
            Keyword::By => !section.ranges,
            Keyword::For => section.brackets.square == 0,
            keyword => !keyword.applies(section.tag),
        };
        if is_name {
            Token::Name
        } else {
            Token::Keyword(keyword)
        }
    }

    /// Whether what follows is the operand of `await`; otherwise `await` is a name, as it is for Jinja2.
    ///
    /// Of the two readings of `await (x)` the operand is taken; of `await[x]` the item of a variable, but
    /// of `await [x]` the operand.
    fn starts_operand(&self, end: usize, section: &Section<'_>) -> bool {
        let at = code::skip_space(self.source, end);
        if self.end_at(at, section.end, false).is_some() {
            return false;
        }
        match self.source[at..].chars().next() {
            Some('(' | '{' | '"' | '\'' | '0'..='9') => true,
            Some('[') => at > end,
            Some(first) if first == '_' || unicode_ident::is_xid_start(first) => {
                const OPERATORS: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];
                let is = |word: &str| self.word_at(at, word).is_some();
                let async_for = self
                    .word_at(at, "async")
                    .is_some_and(|end| self.word_at(end, "for").is_some());
                let goes_on = OPERATORS.iter().any(|word| is(word))
                    || section.ranges && is("by")
                    || section.brackets.square > 0 && (is("for") || async_for);
                !goes_on
            }
            _ => false,
        }
    }

    /// Whether a name comes next, or what binds as tightly.
    fn starts_call(&self, end: usize, tag: Option<Tag>) -> bool {
        let rest = &self.source[code::skip_space(self.source, end)..];
        let is_part = |c: char| c == '_' || unicode_ident::is_xid_continue(c);
        let word = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        match Keyword::lookup(word) {
            Some(Keyword::Await | Keyword::Spawn) => true,
            Some(keyword) => !keyword.applies(tag),
            None => word.starts_with(|c| c == '_' || unicode_ident::is_xid_start(c)),
        }
    }

    /// Leaves code at `at`, where its end reaches to `close`; text goes on at `after`.
    fn leave(&mut self, at: usize, close: usize, after: usize) -> Lexed {
        self.at = after;
        self.mode = Mode::Text;
        let section = self.section();
        let Some(tag) = section.tag else {
            return Ok((at as u32, Token::OutputEnd, close as u32));
        };
        let has_body = match tag {
            Tag::Set | Tag::Let => !section.assigns,
            tag => tag.closer().is_some(),
        };
        if has_body {
            let head = section.head;
            let span = Span::new(head.start as usize, close);
            if self.open.len() >= usize::from(self.options.nesting) {
                let limit = self.options.nesting;
                return Err(SyntaxError::new(SyntaxFault::Nesting { limit }, span));
            }
            self.open.push(OpenBlock { tag, span, head });
        }
        Ok((at as u32, Token::TagEnd, close as u32))
    }

    fn end_of_source(&mut self, at: usize) -> Lexed {
        self.at = at;
        self.mode = Mode::Done;
        let section = self.section();
        match section.kind {
            SectionKind::Expression => Ok((at as u32, Token::OutputEnd, at as u32)),
            SectionKind::Line => self.leave(at, at, at),
            SectionKind::Output | SectionKind::Statement => {
                let fault = SyntaxFault::UnclosedTag {
                    start: self.source[section.head.start as usize..section.head.end as usize]
                        .into(),
                    end: section.end.into(),
                };
                Err(SyntaxError::new(fault, section.head))
            }
        }
    }
}

/// The innermost bracket that is opened between a section's head and `until`, and not closed.
pub(crate) fn open_bracket(source: &str, head: Span, until: Span) -> Option<Span> {
    let mut brackets = Vec::new();
    let mut at = code::skip_space(source, head.end as usize);
    while at < until.start as usize {
        let (code, end) = code::lex(source, at, false).ok()?;
        match code {
            Code::Symbol(
                Symbol::ParenOpen
                | Symbol::BracketOpen
                | Symbol::OptionalBracket
                | Symbol::BraceOpen,
            ) => brackets.push(Span::new(at, end)),
            Code::Symbol(Symbol::ParenClose | Symbol::BracketClose | Symbol::BraceClose) => {
                brackets.pop();
            }
            _ => {}
        }
        at = code::skip_space(source, end);
    }
    brackets.pop()
}

impl<'src> Iterator for Lexer<'src, '_> {
    type Item = Lexed;

    #[inline]
    fn next(&mut self) -> Option<Lexed> {
        loop {
            let lexed = match self.mode {
                Mode::Code => Some(self.lex_code()),
                Mode::Text => self.lex_text(),
                Mode::Start(start) => self.lex_start(start),
                Mode::Done => return None,
            };
            if lexed.is_some() {
                return lexed;
            }
        }
    }
}

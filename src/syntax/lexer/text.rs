//! Finding what ends a stretch of template text: a delimiter or a line prefix.

use wide::{CmpEq, i8x16};

use crate::syntax::delimiters::Delimiters;

/// How many bytes are looked at together.
const BLOCK: usize = 16;

/// What starts where text ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StartKind {
    Statement,
    Output,
    Comment,
    LineStatement,
    LineComment,
}

/// A start delimiter or prefix in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) kind: StartKind,
    /// Where the text ends. A line statement takes the white space before its prefix with it.
    pub(super) at: usize,
    /// Where the prefix or delimiter ends.
    pub(super) after: usize,
}

/// Searches for starts from left to right, each part of the source once.
pub(super) struct Scanner<'src, 'opt> {
    source: &'src str,
    /// Start delimiters, longest first, so that the longest wins.
    starts: Vec<(&'opt str, StartKind)>,
    /// Blocks of the first and of the second bytes of `starts`; none of the second if a start has no second.
    first: [i8x16; 3],
    second: Option<[i8x16; 3]>,
    line_statement: Option<&'opt str>,
    line_comment: Option<&'opt str>,
    /// What the last searches found, so that text between line statements is not searched again.
    next_start: Option<Found>,
    next_comment: Option<Found>,
}

/// The result of a search: an offset, or that there is nothing up to the end.
#[derive(Clone, Copy)]
struct Found(Option<Start>);

impl Found {
    /// The start, unless it lies before `from`, where the search must be repeated.
    fn from(self, from: usize) -> Option<Option<Start>> {
        match self.0 {
            Some(start) if start.at < from => None,
            found => Some(found),
        }
    }
}

impl<'src, 'opt> Scanner<'src, 'opt> {
    pub(super) fn new(source: &'src str, delimiters: &'opt Delimiters) -> Self {
        let mut starts: Vec<(&str, StartKind)> = vec![
            (&delimiters.statement_start, StartKind::Statement),
            (&delimiters.output_start, StartKind::Output),
            (&delimiters.comment_start, StartKind::Comment),
        ];
        starts.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        let bytes = |at: usize| {
            let byte = |index: usize| starts[index].0.as_bytes().get(at).copied();
            let block = |byte: u8| i8x16::splat(byte.cast_signed());
            Some([block(byte(0)?), block(byte(1)?), block(byte(2)?)])
        };
        let first = bytes(0).expect("no delimiter is empty");
        let second = bytes(1);
        Scanner {
            source,
            starts,
            first,
            second,
            line_statement: delimiters.line_statement.as_deref(),
            line_comment: delimiters.line_comment.as_deref(),
            next_start: None,
            next_comment: None,
        }
    }

    /// The first start at or after `from`.
    pub(super) fn find(&mut self, from: usize) -> Option<Start> {
        if self.line_statement.is_none() && self.line_comment.is_none() {
            return self.find_delimiter(from);
        }
        let mut best = match self.next_start.and_then(|found| found.from(from)) {
            Some(found) => found,
            None => {
                let found = self.find_delimiter(from);
                self.next_start = Some(Found(found));
                found
            }
        };
        if let Some(prefix) = self.line_comment {
            let found = match self.next_comment.and_then(|found| found.from(from)) {
                Some(found) => found,
                None => {
                    let found = self.find_line_comment(prefix, from);
                    self.next_comment = Some(Found(found));
                    found
                }
            };
            best = earlier(best, found);
        }
        if let Some(prefix) = self.line_statement {
            let until = best.map_or(self.source.len(), |start| start.at);
            best = earlier(best, self.find_line_statement(prefix, from, until));
        }
        best
    }

    /// A page is full of bytes that a delimiter starts with, so that it is searched for the first two at once.
    fn find_delimiter(&self, from: usize) -> Option<Start> {
        let bytes = self.source.as_bytes();
        let mut at = from;
        while let Some(block) = bytes.get(at..at + BLOCK + 1) {
            let mut pairs = self.pairs(block);
            while pairs != 0 {
                let start = self.start_at(at + pairs.trailing_zeros() as usize);
                if start.is_some() {
                    return start;
                }
                pairs &= pairs - 1;
            }
            at += BLOCK;
        }
        (at..bytes.len()).find_map(|at| self.start_at(at))
    }

    /// A bit for each byte of a block that a start may begin with, by it and the byte behind it.
    #[inline]
    fn pairs(&self, block: &[u8]) -> u32 {
        let any = |at: usize, of: &[i8x16; 3]| {
            let mut bytes = [0; BLOCK];
            bytes.copy_from_slice(&block[at..at + BLOCK]);
            let bytes = i8x16::new(bytes.map(u8::cast_signed));
            bytes.cmp_eq(of[0]) | bytes.cmp_eq(of[1]) | bytes.cmp_eq(of[2])
        };
        let mut found = any(0, &self.first);
        if let Some(second) = &self.second {
            found &= any(1, second);
        }
        found.move_mask().cast_unsigned()
    }

    /// The start that stands at an offset.
    fn start_at(&self, at: usize) -> Option<Start> {
        let bytes = self.source.as_bytes();
        let (text, kind) = self
            .starts
            .iter()
            .find(|(text, _)| stands_at(bytes, at, text))?;
        Some(Start {
            kind: *kind,
            at,
            after: at + text.len(),
        })
    }

    /// A line comment starts with the white space before its prefix, which itself must start the line or
    /// follow something visible: as in Jinja2, a prefix behind spaces that `-%>` took is text.
    fn find_line_comment(&self, prefix: &str, from: usize) -> Option<Start> {
        let is_blank = |c: char| super::trim::is_space(c) && c != '\n' && c != '\r';
        let bytes = self.source.as_bytes();
        let mut search = from;
        loop {
            let found = search + memchr::memmem::find(bytes.get(search..)?, prefix.as_bytes())?;
            let after = found + prefix.len();
            let at = from + self.source[from..found].trim_end_matches(is_blank).len();
            let before = self.source[..at].chars().next_back();
            if !before.is_some_and(is_blank) {
                return Some(Start {
                    kind: StartKind::LineComment,
                    at,
                    after,
                });
            }
            search = found + 1;
        }
    }

    /// The first line that starts in `from..=until` with white space and the prefix.
    fn find_line_statement(&self, prefix: &str, from: usize, until: usize) -> Option<Start> {
        let bytes = self.source.as_bytes();
        let mut line = from;
        if from > 0 && !matches!(bytes[from - 1], b'\n' | b'\r') {
            line = from + memchr::memchr2(b'\n', b'\r', &bytes[from..until])? + 1;
        }
        while line <= until {
            let blank = bytes[line..]
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | 0x0b))
                .count();
            if bytes[line + blank..].starts_with(prefix.as_bytes()) {
                return Some(Start {
                    kind: StartKind::LineStatement,
                    at: line,
                    after: line + blank + prefix.len(),
                });
            }
            line += memchr::memchr2(b'\n', b'\r', &bytes[line..until])? + 1;
        }
        None
    }
}

/// Whether a text stands at an offset. Delimiters are too short for what compares long texts quickly.
#[inline]
pub(super) fn stands_at(bytes: &[u8], at: usize, text: &str) -> bool {
    let found = &bytes[at..];
    found.len() >= text.len() && text.bytes().zip(found).all(|(one, other)| one == *other)
}

/// The start that comes first, and of two at one place the one with the longer text.
fn earlier(one: Option<Start>, other: Option<Start>) -> Option<Start> {
    let (Some(first), Some(second)) = (one, other) else {
        return one.or(other);
    };
    let rank = |start: Start| (start.at, std::cmp::Reverse(start.after));
    Some(if rank(second) < rank(first) {
        second
    } else {
        first
    })
}

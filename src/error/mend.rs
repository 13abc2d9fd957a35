//! Mended source for errors that a word would cure.
//!
//! Works on the text alone, near the place of the error; where it cannot tell what to write, it says
//! nothing.

use crate::source::Span;

/// The delimiters of both presets; with others, only the expression is shown.
const DELIMITERS: [(&str, &str); 4] = [("<<", ">>"), ("<%", "%>"), ("{{", "}}"), ("{%", "%}")];

/// How far around an error is looked, in bytes.
const NEAR: usize = 200;

/// How long a tag may be to be shown whole.
const SHORT: usize = 100;

/// The source with `await` where a future was used as its result; `span` is what used it, `label` what
/// was called.
pub(crate) fn with_await(source: &str, span: Span, label: &str) -> Option<String> {
    let (start, end) = (span.start as usize, span.end as usize);
    let used = source.get(start..end)?;
    if used.starts_with(['.', '[', '(', '?']) {
        // `await` binds looser than what follows a value.
        let operand = chain_before(source, start)?;
        return Some(insert(source, operand, start, end, ("(await ", ")")));
    }
    if used.starts_with('|') || used.starts_with("is ") {
        let operand_end = source[..start].trim_end().len();
        let operand = chain_before(source, operand_end)?;
        return Some(insert(source, operand, operand_end, end, AWAIT));
    }
    if chain_before(used, used.len()) == Some(0) {
        return Some(insert(source, start, end, end, AWAIT));
    }
    let operand = call_in(source, start, end, label)?;
    Some(insert(source, operand, end, end, AWAIT))
}

/// What `await` puts around its operand.
const AWAIT: (&str, &str) = ("await ", "");

/// Where the value begins that ends at `end`: a name, followed by attributes, items and calls.
fn chain_before(source: &str, end: usize) -> Option<usize> {
    let mut closed = 0_usize;
    let mut start = end;
    for (at, c) in source
        .get(floor(source, end.saturating_sub(NEAR))..end)?
        .char_indices()
        .rev()
    {
        match c {
            ')' | ']' => closed += 1,
            '(' | '[' if closed > 0 => closed -= 1,
            _ if closed > 0 => {}
            '.' | '_' | '?' => {}
            _ if c.is_alphanumeric() => {}
            _ => break,
        }
        start = floor(source, end.saturating_sub(NEAR)) + at;
    }
    let starts_with_name = |c: char| c.is_alphabetic() || c == '_';
    (closed == 0 && source[start..end].starts_with(starts_with_name)).then_some(start)
}

/// The source with `async for`, or with `| await`, where a stream was read without waiting.
pub(crate) fn with_async_for(source: &str, span: Span) -> Option<String> {
    let (start, end) = (span.start as usize, span.end as usize);
    let used = source.get(start..end)?;
    if let Some(filter) = used.strip_prefix('|') {
        let name = start + 1 + (filter.len() - filter.trim_start().len());
        let space = if source[..name].ends_with('|') {
            " await "
        } else {
            "await "
        };
        return Some(insert(source, name, end, end, (space, "")));
    }
    let from = floor(source, start.saturating_sub(NEAR));
    let head = &source[from..start];
    let keyword = from + word_before(head, "for")?;
    Some(insert(source, keyword, end, end, ("async ", "")))
}

/// Where the chain that calls `label` begins, the last one between two offsets.
fn call_in(source: &str, from: usize, to: usize, label: &str) -> Option<usize> {
    let name = label.rsplit('.').next().filter(|name| !name.is_empty())?;
    let text = source.get(from..to)?;
    let (at, _) = text.rmatch_indices(name).find(|(at, _)| {
        let before = text[..*at].chars().next_back();
        let after = text[at + name.len()..].trim_start().chars().next();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_') && matches!(after, Some('('))
    })?;
    let chain = text[..at]
        .trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
        .len();
    Some(from + chain)
}

/// Where a whole word begins, the last in a text.
fn word_before(text: &str, word: &str) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    text.rmatch_indices(word).map(|(at, _)| at).find(|at| {
        !text[..*at].chars().next_back().is_some_and(is_name)
            && !text[at + word.len()..].chars().next().is_some_and(is_name)
    })
}

/// The tag around `at..end`, or that part alone, with a pair of texts around `at..inner`.
fn insert(source: &str, at: usize, inner: usize, end: usize, around: (&str, &str)) -> String {
    let (from, to) = tag(source, at, end).unwrap_or((at, end));
    let (before, after) = around;
    let (head, operand, tail) = (&source[from..at], &source[at..inner], &source[inner..to]);
    format!("{head}{before}{operand}{after}{tail}")
}

/// The tag that `at..end` stands in, with its delimiters, if it is one short line.
fn tag(source: &str, at: usize, end: usize) -> Option<(usize, usize)> {
    let low = floor(source, at.saturating_sub(NEAR));
    let high = ceil(source, (end + NEAR).min(source.len()));
    let (from, closer) = DELIMITERS
        .iter()
        .filter_map(|(open, close)| Some((low + source[low..at].rfind(open)?, *close)))
        .max()?;
    let to = end + source[end..high].find(closer)? + closer.len();
    let text = &source[from..to];
    (text.len() <= SHORT && !text.contains('\n')).then_some((from, to))
}

fn floor(source: &str, mut at: usize) -> usize {
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil(source: &str, mut at: usize) -> usize {
    while !source.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(source: &str, part: &str) -> Span {
        let start = source.find(part).expect("the part is in the source");
        Span::new(start, start + part.len())
    }

    #[test]
    fn await_goes_before_the_call() {
        let rows = [
            (
                "a << fetch_user(id) >>",
                "fetch_user(id)",
                "fetch_user",
                "<< await fetch_user(id) >>",
            ),
            (
                "{{ db.user(1) }}",
                "db.user(1)",
                "db.user",
                "{{ await db.user(1) }}",
            ),
            (
                "<< get(1) | upper >>",
                "| upper",
                "get",
                "<< await get(1) | upper >>",
            ),
            (
                "<% if get(1) == 2 %>",
                "get(1) == 2",
                "get",
                "<% if await get(1) == 2 %>",
            ),
            ("<< user >>", "user", "fetch_user", "<< await user >>"),
            (
                "<< get('a') >>",
                "get('a')",
                "future",
                "<< await get('a') >>",
            ),
            (
                "<< get('a').upper() >>",
                ".upper()",
                "future",
                "<< (await get('a')).upper() >>",
            ),
            (
                "<< db.rows(f(1))[0] >>",
                "[0]",
                "rows",
                "<< (await db.rows(f(1)))[0] >>",
            ),
            ("<< x is odd >>", "is odd", "get", "<< await x is odd >>"),
            ("[[ get(1) ]]", "get(1)", "get", "await get(1)"),
        ];
        for (source, used, label, mended) in rows {
            let found = with_await(source, span(source, used), label);
            assert_eq!(found.as_deref(), Some(mended), "{source}");
        }
        assert_eq!(with_await("<< a + b >>", Span::new(3, 8), "get"), None);
    }

    #[test]
    fn async_goes_before_for() {
        let source = "<% for row in rows() %>";
        assert_eq!(
            with_async_for(source, span(source, "rows()")).as_deref(),
            Some("<% async for row in rows() %>")
        );
        let source = "<< rows() | join(', ') >>";
        assert_eq!(
            with_async_for(source, span(source, "| join(', ')")).as_deref(),
            Some("<< rows() | await join(', ') >>")
        );
        assert_eq!(with_async_for("<< rows >>", Span::new(3, 7)), None);
    }
}

//! The long form of an error: excerpt, notes, trace, causes.

use std::fmt;

use crate::error::{Repr, TraceEntry, TraceKind};
use crate::source::{Location, Place};

/// Characters of a source line that are shown at most.
const WIDEST_LINE: usize = 100;
/// Characters kept to the left of the caret when a line is clipped.
const LEAD: usize = 30;
/// What a tab is shown as.
const TAB: &str = "    ";
/// Trace entries shown from either end of a long trace.
const TRACE_ENDS: usize = 8;
/// Causes shown at most, for an error of the host may name itself as its cause.
const MOST_CAUSES: usize = 16;

/// Writes the report of an error.
pub(super) fn write(f: &mut fmt::Formatter<'_>, error: &Repr) -> fmt::Result {
    f.write_str(&error.message)?;
    if let Some(place) = &error.place {
        write_place(f, "-->", place)?;
        write_excerpt(f, place)?;
    }
    for note in &error.notes {
        // What is said of the place of the error itself can be seen there.
        if let (Some(place), Some(noted)) = (&error.place, &note.place)
            && place.is_same(noted)
        {
            continue;
        }
        write!(f, "\nnote: {}", note.text)?;
        if let Some(place) = &note.place {
            write_place(f, "-->", place)?;
            write_excerpt(f, place)?;
        }
    }
    write_trace(f, &error.trace)?;
    write_causes(f, error)
}

fn write_place(f: &mut fmt::Formatter<'_>, arrow: &str, place: &Place) -> fmt::Result {
    let Location { line, column } = place.location();
    write!(
        f,
        "\n {arrow} {}:{line}:{column}",
        place.origin.name.escape_debug()
    )
}

/// The line that the place starts in, with carets under the part of it that the place covers.
fn write_excerpt(f: &mut fmt::Formatter<'_>, place: &Place) -> fmt::Result {
    let excerpt = Excerpt::of(place);
    let number = place.location().line.to_string();
    let gutter = " ".repeat(number.len());
    write!(f, "\n{gutter} |\n{number} | {}", excerpt.line.trim_end())?;
    let (blank, carets) = (excerpt.indent, excerpt.carets);
    write!(f, "\n{gutter} | {:blank$}{:^<carets$}", "", "")?;
    if let Some(last) = excerpt.last_line {
        write!(f, " to line {last}")?;
    }
    Ok(())
}

/// A source line as it is shown, and where the carets go, counted in characters.
struct Excerpt {
    line: String,
    indent: usize,
    carets: usize,
    /// The line that the place ends in, if that is a later one.
    last_line: Option<u32>,
}

impl Excerpt {
    fn of(place: &Place) -> Self {
        let text = place.origin.text.as_str();
        let start = floor_boundary(text, place.span.start as usize);
        let end = floor_boundary(text, place.span.end as usize).max(start);
        let bytes = text.as_bytes();
        let line_start = memchr::memrchr(b'\n', &bytes[..start]).map_or(0, |at| at + 1);
        let line_end =
            memchr::memchr(b'\n', &bytes[start..]).map_or(text.len(), |length| start + length);
        let on_line = end.min(line_end);
        let last_line = (end > line_end && !text[line_end..end].trim().is_empty())
            .then(|| Location::of(text, end).line);

        let (from, clipped_left) = clip_left(&text[line_start..start]);
        let mut shown = String::new();
        if clipped_left {
            shown.push('…');
        }
        push_shown(&mut shown, from);
        let indent = shown.chars().count();
        push_shown(
            &mut shown,
            clip_right(&text[start..on_line], WIDEST_LINE - LEAD),
        );
        let covered = shown.chars().count() - indent;
        let room = WIDEST_LINE.saturating_sub(indent + covered);
        let rest = &text[start..line_end];
        let after =
            &text[on_line.min(start + clip_right(rest, WIDEST_LINE - LEAD).len())..line_end];
        let after_shown = clip_right(after, room);
        push_shown(&mut shown, after_shown);
        if after_shown.len() < after.len() {
            shown.push('…');
        }
        Excerpt {
            line: shown,
            indent,
            carets: covered.max(1),
            last_line,
        }
    }
}

/// The end of `before` that is shown, and whether something was cut off.
fn clip_left(before: &str) -> (&str, bool) {
    // Short lines are shown whole; the cut is needed only where the caret would be far to the right.
    match before.char_indices().rev().nth(WIDEST_LINE - LEAD) {
        None => (before, false),
        Some(_) => {
            let from = before
                .char_indices()
                .rev()
                .nth(LEAD - 1)
                .map_or(0, |(index, _)| index);
            (&before[from..], true)
        }
    }
}

/// The first `most` characters of `text`.
fn clip_right(text: &str, most: usize) -> &str {
    match text.char_indices().nth(most) {
        Some((index, _)) => &text[..index],
        None => text,
    }
}

/// Appends `text` as a terminal can show it: tabs as spaces, control characters as their pictures.
fn push_shown(shown: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\t' => shown.push_str(TAB),
            '\r' => shown.push(' '),
            '\x7f' => shown.push('␡'),
            control if control < ' ' => {
                shown.push(char::from_u32(0x2400 + control as u32).unwrap_or('\u{fffd}'));
            }
            // Marks that turn or hide the text around them would make the excerpt lie.
            '\u{80}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => shown.push('\u{fffd}'),
            character => shown.push(character),
        }
    }
}

/// The character boundary at or before `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn write_trace(f: &mut fmt::Formatter<'_>, trace: &[TraceEntry]) -> fmt::Result {
    if trace.len() <= 2 * TRACE_ENDS + 1 {
        return trace
            .iter()
            .try_for_each(|entry| write_trace_entry(f, entry));
    }
    let (first, rest) = trace.split_at(TRACE_ENDS);
    let (between, last) = rest.split_at(rest.len() - TRACE_ENDS);
    first
        .iter()
        .try_for_each(|entry| write_trace_entry(f, entry))?;
    write!(f, "\n  … {} more", between.len())?;
    last.iter()
        .try_for_each(|entry| write_trace_entry(f, entry))
}

fn write_trace_entry(f: &mut fmt::Formatter<'_>, entry: &TraceEntry) -> fmt::Result {
    let what = match entry.kind {
        TraceKind::Include => "include",
        TraceKind::Import => "import",
        TraceKind::Extends => "parent",
        TraceKind::Block => "block",
        TraceKind::Macro => "macro",
        TraceKind::Loop => "recursive loop",
    };
    let Location { line, column } = entry.place.location();
    let origin = entry.place.origin.name.escape_debug();
    let name = entry.name.escape_debug();
    write!(f, "\n  in {what} `{name}` at {origin}:{line}:{column}")
}

fn write_causes(f: &mut fmt::Formatter<'_>, error: &Repr) -> fmt::Result {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = match &error.source {
        Some(source) => Some(source.as_ref()),
        None => None,
    };
    // The message of a host's error often is its cause's already.
    let mut said = error.message.to_string();
    for _ in 0..MOST_CAUSES {
        let Some(current) = cause else {
            return Ok(());
        };
        let text = current.to_string();
        if text != said {
            write!(f, "\ncaused by: {text}")?;
        }
        said = text;
        cause = current.source();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::error::{Error, ErrorKind};
    use crate::source::{Origin, Span};

    fn place(text: &str, start: usize, end: usize) -> Place {
        Place {
            origin: Arc::new(Origin {
                name: "a.html".into(),
                text: text.into(),
            }),
            span: Span::new(start, end),
        }
    }

    fn excerpt(text: &str, start: usize, end: usize) -> String {
        let error = Error::new(ErrorKind::Syntax, "m").or_at(|| place(text, start, end));
        format!("{error:#}")
    }

    #[test]
    fn carets_underline_the_span() {
        assert_eq!(
            excerpt("one\n\ttwo three\n", 9, 14),
            "m\n --> a.html:2:6\n  |\n2 |     two three\n  |         ^^^^^"
        );
    }

    #[test]
    fn an_empty_span_has_one_caret() {
        assert_eq!(
            excerpt("ab", 2, 2),
            "m\n --> a.html:1:3\n  |\n1 | ab\n  |   ^"
        );
        assert_eq!(excerpt("", 0, 0), "m\n --> a.html:1:1\n  |\n1 | \n  | ^");
        assert_eq!(excerpt("é", 1, 1), "m\n --> a.html:1:1\n  |\n1 | é\n  | ^");
    }

    #[test]
    fn a_span_of_many_lines_says_where_it_ends() {
        assert_eq!(
            excerpt("a {\nb\n} c", 2, 7),
            "m\n --> a.html:1:3\n  |\n1 | a {\n  |   ^ to line 3"
        );
    }

    #[test]
    fn long_lines_are_clipped_around_the_caret() {
        let text = format!("{}HERE{}", "a".repeat(1000), "b".repeat(1000));
        let report = excerpt(&text, 1000, 1004);
        let lines: Vec<&str> = report.lines().collect();
        assert_eq!(
            lines[3],
            format!("1 | …{}HERE{}…", "a".repeat(30), "b".repeat(65))
        );
        assert_eq!(lines[4], format!("  | {}^^^^", " ".repeat(31)));
        let report = excerpt(&"x".repeat(5000), 10, 4000);
        assert!(report.lines().all(|line| line.chars().count() < 130));
    }

    #[test]
    fn control_and_bidi_characters_are_made_visible() {
        let report = excerpt("a\x1b[31m\u{202e}b", 0, 1);
        assert!(report.contains("a␛[31m\u{fffd}b"), "{report}");
    }

    #[test]
    fn notes_trace_and_causes_follow() {
        let cause = "x".parse::<i32>().expect_err("no number");
        let mut error = Error::new(ErrorKind::Host, "failed")
            .or_at(|| place("<< f() >>", 3, 6))
            .with_note("remember this", None)
            .with_note("opened here", Some(place("x\ny", 2, 3)))
            .with_source(Arc::new(cause));
        error.push_trace(TraceEntry {
            kind: TraceKind::Include,
            name: "x.html".into(),
            place: place("a\nb\nc", 4, 5),
        });
        assert_eq!(
            format!("{error:#}"),
            "failed\n --> a.html:1:4\n  |\n1 | << f() >>\n  |    ^^^\nnote: remember this\nnote: opened here\n \
             --> a.html:2:1\n  |\n2 | y\n  | ^\n  in include `x.html` at a.html:3:1\n\
             caused by: invalid digit found in string"
        );
    }

    #[test]
    fn long_traces_are_cut_in_the_middle() {
        let mut error = Error::new(ErrorKind::DepthLimit, "too deep");
        for _ in 0..200 {
            error.push_trace(TraceEntry {
                kind: TraceKind::Macro,
                name: "m".into(),
                place: place("x", 0, 1),
            });
        }
        let report = format!("{error:#}");
        assert_eq!(report.lines().count(), 1 + 8 + 1 + 8);
        assert!(report.contains("\n  … 184 more\n"));
    }
}

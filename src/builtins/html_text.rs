//! Reading HTML as text: taking out comments and tags, and replacing character references.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Takes out comments, then tags, in one pass each; what is never closed stays.
pub(super) fn strip_tags(text: &str) -> String {
    strip_between_angles(&strip_comments(text))
}

fn strip_comments(text: &str) -> String {
    const START: &str = "<!--";
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        // What is left on both sides of a comment may form the start of another one.
        let joint = (1..START.len())
            .rev()
            .find(|&at| kept.ends_with(&START[..at]) && rest.starts_with(&START[at..]));
        let (opening, body) = match joint {
            // The part that `rest` has of the start, where the search for the end begins.
            Some(at) => (kept.len() - at, 0),
            None => match rest.find(START) {
                Some(at) => (kept.len() + at, at),
                None => break,
            },
        };
        let inner = match joint {
            // `<!-` and `->`: the end shares the hyphens of the start.
            Some(3) if rest.starts_with("->") => Some(2),
            Some(_) => rest.find("-->").map(|end| end + 3),
            None => rest[body + 2..].find("-->").map(|end| body + 2 + end + 3),
        };
        let Some(end) = inner else {
            break;
        };
        match joint {
            Some(_) => kept.truncate(opening),
            None => kept.push_str(&rest[..body]),
        }
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

fn strip_between_angles(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<')
        && let Some(end) = rest[start..].find('>')
    {
        kept.push_str(&rest[..start]);
        rest = &rest[start + end + 1..];
    }
    kept.push_str(rest);
    kept
}

/// The named character references of HTML 5, some of which need no semicolon.
static NAMED: LazyLock<HashMap<&str, &str, foldhash::fast::FixedState>> = LazyLock::new(|| {
    include_str!("entities.txt")
        .lines()
        .filter_map(|line| line.split_once(' '))
        // A list by lines cannot hold these two.
        .chain([("NewLine;", "\n"), ("Tab;", "\t")])
        .collect()
});

/// Replaces character references, named and numbered, by what they stand for.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let taken = match rest.strip_prefix('#') {
            Some(number) => numbered(number, &mut out).map(|taken| taken + 1),
            None => named(rest, &mut out),
        };
        match taken {
            Some(taken) => rest = &rest[taken..],
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

/// Reads what follows `&#`, writes its character, and says how long it was.
fn numbered(text: &str, out: &mut String) -> Option<usize> {
    let hexadecimal = text.starts_with(['x', 'X']);
    let start = usize::from(hexadecimal);
    let (radix, is_digit): (u32, fn(&u8) -> bool) = match hexadecimal {
        true => (16, u8::is_ascii_hexdigit),
        false => (10, u8::is_ascii_digit),
    };
    let digits = text.as_bytes()[start..]
        .iter()
        .take_while(|byte| is_digit(byte))
        .count();
    if digits == 0 {
        return None;
    }
    let end = start + digits;
    let point = text[start..end].bytes().try_fold(0_u32, |point, digit| {
        point
            .checked_mul(radix)?
            .checked_add(char::from(digit).to_digit(radix)?)
    });
    match point {
        None => out.push('\u{fffd}'),
        Some(point) => out.extend(character(point)),
    }
    Some(end + usize::from(text[end..].starts_with(';')))
}

/// The character of a number, with what HTML makes of numbers that are none.
fn character(point: u32) -> Option<char> {
    /// What Windows-1252 has from 128 to 159, which authors of numbers in that range mean.
    const WINDOWS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match point {
        0 => Some('\u{fffd}'),
        0x80..=0x9f => Some(WINDOWS[point as usize - 0x80]),
        0x1..=0x8 | 0xb | 0xe..=0x1f | 0x7f | 0xfdd0..=0xfdef => None,
        _ if point <= 0x10_ffff && point & 0xfffe == 0xfffe => None,
        _ => Some(char::from_u32(point).unwrap_or('\u{fffd}')),
    }
}

/// Reads a name after `&`, the longest one that there is, writes what it stands for, and says how long it was.
fn named(text: &str, out: &mut String) -> Option<usize> {
    /// No name has more characters than this.
    const LONGEST: usize = 32;
    let ends_name = |c: char| matches!(c, '\t' | '\n' | '\x0c' | ' ' | '<' | '&' | '#' | ';');
    let limit = text
        .char_indices()
        .nth(LONGEST)
        .map_or(text.len(), |(at, _)| at);
    let length = text[..limit].find(ends_name).unwrap_or(limit);
    let whole = length + usize::from(text[length..].starts_with(';'));
    if let Some(meaning) = NAMED.get(&text[..whole]) {
        out.push_str(meaning);
        return Some(whole);
    }
    for (end, _) in text[..whole]
        .char_indices()
        .rev()
        .take_while(|&(at, _)| at > 1)
    {
        if let Some(meaning) = NAMED.get(&text[..end]) {
            out.push_str(meaning);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_taken_out_as_by_markupsafe() {
        let rows = [
            ("<b>x</b>", "x"),
            ("a<!-- <b> -->c", "ac"),
            ("a<!-->c-->d", "ac-->d"),
            ("<!<!-- -->-- x -->y", "y"),
            ("<!-<!-- -->->z", "z"),
            ("a<!-- open <b>", "a"),
            ("1 < 2", "1 < 2"),
            ("1 < 2 > 3", "1  3"),
            ("<<b>>", ">"),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(strip_tags(text), expected, "{text:?}");
        }
    }

    #[test]
    fn references_are_replaced_as_by_python() {
        let rows = [
            ("&lt;&gt;&amp;&quot;&#39;&#x27;", "<>&\"''"),
            ("&eacute;&hearts;&nbsp;", "é♥\u{a0}"),
            ("&notit;&notin;&not", "¬it;∉¬"),
            (
                "&#128;&#0;&#xD800;&#x110000;&#99999999999;",
                "€\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
            ),
            ("&#1;&#xfffe;", ""),
            ("&#;&#x;&;& &nope;", "&#;&#x;&;& &nope;"),
            ("&amp;lt;", "&lt;"),
            ("&AMP&copy2024&xé;", "&©2024&xé;"),
            ("&NotEqualTilde;", "≂̸"),
        ];
        for (text, expected) in rows {
            assert_eq!(unescape(text), expected, "{text:?}");
        }
    }
}

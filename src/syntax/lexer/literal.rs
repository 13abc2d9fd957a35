//! The values of literals: escapes in strings, digits of numbers, newlines in text.

use std::borrow::Cow;

use crate::error::SyntaxFault;
use crate::syntax::lexer::trim;

/// Whether all newlines of a source are `newline`, as far as that is seen at once.
pub(crate) fn is_normal(source: &str, newline: &str) -> bool {
    newline == "\n" && memchr::memchr(b'\r', source.as_bytes()).is_none()
}

/// `text` with each of its newlines replaced by `newline`.
pub(crate) fn normalize_newlines<'src>(text: &'src str, newline: &str) -> Cow<'src, str> {
    let bytes = text.as_bytes();
    let next = |from: usize| {
        let rest = &bytes[from..];
        let found = if newline == "\n" {
            memchr::memchr(b'\r', rest)
        } else {
            memchr::memchr2(b'\n', b'\r', rest)
        };
        found.map(|at| from + at)
    };
    let Some(mut at) = next(0) else {
        return Cow::Borrowed(text);
    };
    let mut normal = String::with_capacity(text.len() + 16);
    let mut copied = 0;
    loop {
        normal.push_str(&text[copied..at]);
        normal.push_str(newline);
        copied = at + trim::newline_len(&bytes[at..]);
        match next(copied) {
            Some(found) => at = found,
            None => break,
        }
    }
    normal.push_str(&text[copied..]);
    Cow::Owned(normal)
}

/// The value of a string literal, given with its quotes. Escapes are Python's.
///
/// On failure, the offset within the literal and the length of the escape at fault.
pub(crate) fn decode_string<'src>(
    quoted: &'src str,
    newline: &str,
) -> Result<Cow<'src, str>, (usize, usize, SyntaxFault)> {
    let inner = &quoted[1..quoted.len() - 1];
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Ok(normalize_newlines(inner, newline));
    }
    let mut decoded = String::with_capacity(inner.len());
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &inner.as_bytes()[at..]) {
        decoded.push_str(&normalize_newlines(&inner[at..at + found], newline));
        at += found;
        let (character, length) =
            decode_escape(&inner[at..]).map_err(|(length, fault)| (at + 1, length, fault))?;
        match character {
            Escape::Character(character) => decoded.push(character),
            Escape::Nothing => {}
            Escape::Unknown => decoded.push('\\'),
        }
        at += length;
    }
    decoded.push_str(&normalize_newlines(&inner[at..], newline));
    Ok(Cow::Owned(decoded))
}

/// What an escape stands for.
enum Escape {
    Character(char),
    /// A newline after a backslash.
    Nothing,
    /// Python keeps the backslash of an escape it does not know.
    Unknown,
}

/// The escape at the start of `text`, and how many bytes it takes.
fn decode_escape(text: &str) -> Result<(Escape, usize), (usize, SyntaxFault)> {
    let bytes = text.as_bytes();
    let simple = |character| Ok((Escape::Character(character), 2));
    match bytes[1] {
        b'\\' => simple('\\'),
        b'\'' => simple('\''),
        b'"' => simple('"'),
        b'a' => simple('\x07'),
        b'b' => simple('\x08'),
        b'f' => simple('\x0c'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'v' => simple('\x0b'),
        b'\n' | b'\r' => Ok((Escape::Nothing, 1 + trim::newline_len(&bytes[1..]))),
        b'0'..=b'7' => {
            let digits = bytes[1..]
                .iter()
                .take(3)
                .take_while(|byte| matches!(byte, b'0'..=b'7'))
                .count();
            let value = u32::from_str_radix(&text[1..1 + digits], 8).unwrap_or_default();
            let character = char::from_u32(value).unwrap_or_default();
            Ok((Escape::Character(character), 1 + digits))
        }
        b'x' => decode_hex(text, 2),
        b'u' => decode_hex(text, 4),
        b'U' => decode_hex(text, 8),
        b'N' => {
            let length = text.find('}').map_or(2, |end| end + 1);
            Err((length, SyntaxFault::NamedEscape))
        }
        _ => Ok((Escape::Unknown, 1)),
    }
}

/// `\xhh`, `\uhhhh` or `\Uhhhhhhhh`.
fn decode_hex(text: &str, digits: usize) -> Result<(Escape, usize), (usize, SyntaxFault)> {
    let found = text.as_bytes()[2..]
        .iter()
        .take(digits)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let escape = &text[..2 + found];
    if found < digits {
        let fault = SyntaxFault::ShortEscape {
            escape: escape.into(),
            digits,
        };
        return Err((escape.len(), fault));
    }
    let value = u32::from_str_radix(&escape[2..], 16).unwrap_or(u32::MAX);
    match char::from_u32(value) {
        Some(character) => Ok((Escape::Character(character), escape.len())),
        None => {
            let fault = SyntaxFault::NoCharacter {
                escape: escape.into(),
            };
            Err((escape.len(), fault))
        }
    }
}

/// The value of an integer literal, if 128 bits hold it.
pub(crate) fn decode_integer(text: &str) -> Option<i128> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        _ => (text, 10),
    };
    let mut value: i128 = 0;
    for character in digits.chars() {
        if let Some(digit) = character.to_digit(radix) {
            value = value
                .checked_mul(i128::from(radix))?
                .checked_add(i128::from(digit))?;
        }
    }
    Some(value)
}

/// The value of a float literal.
pub(crate) fn decode_float(text: &str) -> f64 {
    let parsed = if text.contains('_') {
        text.replace('_', "").parse()
    } else {
        text.parse()
    };
    parsed.expect("the lexer's floats are Rust's floats with underscores")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newlines_become_the_configured_one() {
        for (text, newline, expected) in [
            ("a\r\nb\rc\nd", "\n", "a\nb\nc\nd"),
            ("a\r\nb\rc\nd", "\r\n", "a\r\nb\r\nc\r\nd"),
            ("a\nb", "\n", "a\nb"),
            ("\r", "\n", "\n"),
            ("\r\r\n\n", "\r", "\r\r\r"),
        ] {
            assert_eq!(normalize_newlines(text, newline), expected, "{text:?}");
        }
        assert!(matches!(
            normalize_newlines("a\nb", "\n"),
            Cow::Borrowed("a\nb")
        ));
    }

    #[test]
    fn escapes_are_pythons() {
        for (quoted, expected) in [
            (r"'plain'", "plain"),
            (r"'a\nb\t'", "a\nb\t"),
            (r"'\'\x22\\'", "'\"\\"),
            (r"'\x41\u0042\U00000043'", "ABC"),
            (r"'\101\7\0'", "A\x07\0"),
            (r"'\777'", "\u{1ff}"),
            (r"'\1234'", "S4"),
            (r"'\a\b\f\v\r'", "\x07\x08\x0c\x0b\r"),
            (r"'\d\é'", "\\d\\é"),
            ("'a\\\nb\\\r\nc'", "abc"),
            ("'a\r\nb'", "a\nb"),
            (r"'\ud7ff'", "\u{d7ff}"),
        ] {
            let decoded = decode_string(quoted, "\n").expect("decodes");
            assert_eq!(decoded, expected, "{quoted}");
        }
        assert_eq!(decode_string("'a\nb'", "\r\n").expect("decodes"), "a\r\nb");
    }

    #[test]
    fn faulty_escapes_are_placed() {
        for (quoted, start, length) in [
            (r"'ab\x4'", 3, 3),
            (r"'\u12G4'", 1, 4),
            (r"'\U00110000'", 1, 10),
            (r"'\ud800'", 1, 6),
            (r"'\N{DASH} '", 1, 8),
        ] {
            let (at, long, _) = decode_string(quoted, "\n").expect_err("fails");
            assert_eq!((at, long), (start, length), "{quoted}");
        }
    }

    #[test]
    fn integers_reach_128_bits() {
        for (text, value) in [
            ("0", Some(0)),
            ("1_000", Some(1000)),
            ("0b1_01", Some(5)),
            ("0O17", Some(15)),
            ("0xfF", Some(255)),
            ("170141183460469231731687303715884105727", Some(i128::MAX)),
            ("170141183460469231731687303715884105728", None),
        ] {
            assert_eq!(decode_integer(text), value, "{text}");
        }
    }

    #[test]
    fn floats_are_read_exactly() {
        assert_eq!(decode_float("1_0.5e-1_0"), 10.5e-10);
        assert_eq!(decode_float("1e99999"), f64::INFINITY);
        assert_eq!(decode_float("01.50"), 1.5);
    }
}

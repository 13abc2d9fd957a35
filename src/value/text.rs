//! Strings as Python sees them: by characters, with its escapes; and the escaping of HTML.

use std::borrow::Cow;

use crate::value::sequence::Bounds;

/// How many characters there are.
pub(crate) fn char_count(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().count()
}

/// The character at `index`.
pub(crate) fn char_at(text: &str, index: usize) -> Option<&str> {
    if text.is_ascii() {
        return text.get(index..index + 1);
    }
    let (start, character) = text.char_indices().nth(index)?;
    Some(&text[start..start + character.len_utf8()])
}

/// The byte at which character `index` starts; the end, if there are fewer.
pub(crate) fn char_offset(text: &str, index: usize) -> usize {
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(offset, _)| offset)
}

/// The first `count` characters.
pub(crate) fn char_prefix(text: &str, count: usize) -> &str {
    &text[..char_offset(text, count)]
}

/// The characters of a slice, `count` of them being the text's length.
pub(crate) fn char_slice(text: &str, bounds: &Bounds) -> String {
    if bounds.step == 1 {
        let start = char_offset(text, bounds.start as usize);
        let rest = &text[start..];
        return char_prefix(rest, bounds.len).to_owned();
    }
    if text.is_ascii() {
        let bytes = text.as_bytes();
        return bounds.indices().map(|at| bytes[at] as char).collect();
    }
    let characters: Vec<char> = text.chars().collect();
    bounds.indices().map(|at| characters[at]).collect()
}

/// Appends `text` with the characters of HTML's own escaped. Runs without them are copied whole.
pub(crate) fn escape_html(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut escape = |next: usize| {
        out.push_str(&text[start..next]);
        // Literals, so that each is stored at once instead of copied by a call.
        match bytes[next] {
            b'&' => out.push_str("&amp;"),
            b'<' => out.push_str("&lt;"),
            b'>' => out.push_str("&gt;"),
            b'"' => out.push_str("&#34;"),
            _ => out.push_str("&#39;"),
        }
        start = next + 1;
    };
    let (blocks, tail) = bytes.as_chunks::<BLOCK>();
    for (index, block) in blocks.iter().enumerate() {
        if !any_escaped(block) {
            continue;
        }
        let (words, _) = block.as_chunks::<LANES>();
        for (half, word) in words.iter().enumerate() {
            let mut found = escaped_lanes(word);
            while found != 0 {
                escape(index * BLOCK + half * LANES + found.trailing_zeros() as usize / 8);
                found &= found - 1;
            }
        }
    }
    for (at, byte) in tail.iter().enumerate() {
        if is_escaped(*byte) {
            escape(bytes.len() - tail.len() + at);
        }
    }
    out.push_str(&text[start..]);
}

/// Whether a byte is escaped. `&` and `'` differ in one bit only, and so do `<` and `>`.
const fn is_escaped(byte: u8) -> bool {
    ((byte | 1) == b'\'') | ((byte | 2) == b'>') | (byte == b'"')
}

/// Whether any byte of a block is escaped, which is rare.
///
/// It has no early exit, and is not inlined into a loop that has one, so that it is vector code.
#[inline(never)]
fn any_escaped(block: &[u8; BLOCK]) -> bool {
    block
        .iter()
        .fold(false, |any, byte| any | is_escaped(*byte))
}

/// `text` with the characters of HTML's own escaped; borrowed where there are none.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let (blocks, tail) = text.as_bytes().as_chunks::<BLOCK>();
    if !blocks.iter().any(any_escaped) && !tail.iter().any(|byte| is_escaped(*byte)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 16);
    escape_html(text, &mut out);
    Cow::Owned(out)
}

/// So many bytes are looked at together first.
const BLOCK: usize = 16;

/// So many bytes are looked at as one word.
const LANES: usize = 8;

/// Sets the high bit of each byte of a word that is escaped.
fn escaped_lanes(bytes: &[u8; LANES]) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const REST: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    /// The high bits of the bytes that are zero; no carry reaches the next byte.
    const fn zeros(word: u64) -> u64 {
        !(((word & REST) + REST) | word | REST)
    }
    let word = u64::from_le_bytes(*bytes);
    // `&` and `'` differ in one bit only, and so do `<` and `>`: three comparisons do for five.
    let (ampersand, less) = (LOW * u64::from(b'\''), LOW * u64::from(b'>'));
    let quote = LOW * u64::from(b'"');
    zeros((word | LOW) ^ ampersand) | zeros((word | (LOW << 1)) ^ less) | zeros(word ^ quote)
}

/// Appends `text` as Python's `repr` spells it.
pub(crate) fn repr_str(text: &str, out: &mut String) {
    let quote = match text.contains('\'') && !text.contains('"') {
        true => '"',
        false => '\'',
    };
    out.push(quote);
    let mut start = 0;
    for (at, character) in text.char_indices() {
        let plain = match character {
            '\\' | '\'' | '"' => character != '\\' && character != quote,
            ' '..='~' => true,
            _ => is_printable(character),
        };
        if plain {
            continue;
        }
        out.push_str(&text[start..at]);
        push_escape(character, out);
        start = at + character.len_utf8();
    }
    out.push_str(&text[start..]);
    out.push(quote);
}

fn push_escape(character: char, out: &mut String) {
    let code = character as u32;
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\\' | '\'' | '"' => out.extend(['\\', character]),
        _ if code < 0x100 => push_hex(out, "\\x", code, 2),
        _ if code < 0x10000 => push_hex(out, "\\u", code, 4),
        _ => push_hex(out, "\\U", code, 8),
    }
}

fn push_hex(out: &mut String, prefix: &str, code: u32, digits: u32) {
    out.push_str(prefix);
    for place in (0..digits).rev() {
        let digit = (code >> (place * 4)) & 0xF;
        out.push(char::from_digit(digit, 16).expect("four bits are one hexadecimal digit"));
    }
}

/// Appends bytes as Python's `repr` spells them.
pub(crate) fn repr_bytes(bytes: &[u8], out: &mut String) {
    let quote = match bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        true => b'"',
        false => b'\'',
    };
    out.extend(['b', quote as char]);
    for byte in bytes {
        match byte {
            b'\n' | b'\r' | b'\t' | b'\\' => push_escape(*byte as char, out),
            _ if *byte == quote => push_escape(*byte as char, out),
            b' '..=b'~' => out.push(*byte as char),
            _ => push_hex(out, "\\x", u32::from(*byte), 2),
        }
    }
    out.push(quote as char);
}

/// Whether Python's `repr` shows a character as it is.
pub(crate) fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    // The standard library knows the same categories, but also escapes a combining character that
    // comes first; so another one is put before it.
    let mut buffer = [b'a', 0, 0, 0, 0];
    let len = character.encode_utf8(&mut buffer[1..]).len();
    let text = std::str::from_utf8(&buffer[..=len]).expect("a letter and an encoded character");
    text.escape_debug().nth(1) == Some(character)
}

/// The text without white space between a `>` and the next `<`, and at its ends.
pub(crate) fn strip_between_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim();
    while let Some(end) = memchr::memchr(b'>', rest.as_bytes()) {
        let (tag, after) = rest.split_at(end + 1);
        out.push_str(tag);
        let trimmed = after.trim_start();
        rest = if trimmed.starts_with('<') {
            trimmed
        } else {
            after
        };
    }
    out.push_str(rest);
    out
}

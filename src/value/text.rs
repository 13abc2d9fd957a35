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

/// What a byte becomes where HTML is escaped.
const fn escape_of(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&#34;"),
        b'\'' => Some("&#39;"),
        _ => None,
    }
}

/// Which bytes are escaped, as a table: one load answers for any byte.
static ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = escape_of(byte as u8).is_some();
        byte += 1;
    }
    table
};

/// Appends `text` with the characters of HTML's own escaped. Runs without them are copied whole.
pub(crate) fn escape_html(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut at = 0;
    while let Some(next) = next_escaped(bytes, at) {
        out.push_str(&text[start..next]);
        out.push_str(escape_of(bytes[next]).unwrap_or_default());
        at = next + 1;
        start = at;
    }
    out.push_str(&text[start..]);
}

/// `text` with the characters of HTML's own escaped; borrowed where there are none.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if next_escaped(text.as_bytes(), 0).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 16);
    escape_html(text, &mut out);
    Cow::Owned(out)
}

/// Where the next byte that is escaped stands.
fn next_escaped(bytes: &[u8], from: usize) -> Option<usize> {
    const LANES: usize = 8;
    let mut at = from;
    // Eight bytes at once: a word without any of the five is passed over.
    while let Some(chunk) = bytes.get(at..at + LANES) {
        let word = u64::from_le_bytes(chunk.try_into().expect("the chunk has eight bytes"));
        let found = escaped_lanes(word);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += LANES;
    }
    let rest = bytes.get(at..)?;
    rest.iter()
        .position(|byte| ESCAPED[*byte as usize])
        .map(|offset| at + offset)
}

/// Sets the high bit of each byte of `word` that is escaped; bits above the first may be wrong.
fn escaped_lanes(word: u64) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const fn equals(word: u64, byte: u8) -> u64 {
        let difference = word ^ (LOW * byte as u64);
        difference.wrapping_sub(LOW) & !difference & HIGH
    }
    // `&` and `'` differ in one bit only, and so do `<` and `>`: three comparisons do for five.
    equals(word | LOW, b'\'') | equals(word | (LOW << 1), b'>') | equals(word, b'"')
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
        rest = if trimmed.starts_with('<') { trimmed } else { after };
    }
    out.push_str(rest);
    out
}

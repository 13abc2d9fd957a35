//! Strings as Python sees them: by characters, with its escapes; and the escaping of HTML.

use std::borrow::Cow;

use wide::{CmpEq, i8x16};

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
    if bytes.len() < BLOCK && escaped_in_short(bytes) == 0 {
        out.push_str(text);
        return;
    }
    escape_long(text, out);
}

/// As [`escape_html`], of any text.
#[inline(never)]
fn escape_long(text: &str, out: &mut String) {
    let mut start = 0;
    let (pieces, tail) = text.as_bytes().as_chunks::<PIECE>();
    for (index, piece) in pieces.iter().enumerate() {
        let found = escaped_in(piece);
        start = escape_found(text, start, index * PIECE, found, out);
    }
    if !tail.is_empty() {
        let found = escaped_in_tail(tail);
        start = escape_found(text, start, pieces.len() * PIECE, found, out);
    }
    out.push_str(&text[start..]);
}

/// Appends `text` from `start` to the last of the characters `found` in the piece at `offset`, that one
/// escaped; gives where the rest starts.
#[inline]
fn escape_found(
    text: &str,
    mut start: usize,
    offset: usize,
    mut found: u64,
    out: &mut String,
) -> usize {
    while found != 0 {
        let at = offset + found.trailing_zeros() as usize;
        push_run(text, start, at, out);
        let (reference, length) = REFERENCES[usize::from(text.as_bytes()[at]) % REFERENCES.len()];
        push_first::<8>(reference, 0, length, out);
        start = at + 1;
        found &= found - 1;
    }
    start
}

/// Appends `text[start..end]`, which is mostly short.
#[inline]
fn push_run(text: &str, start: usize, end: usize, out: &mut String) {
    const SHORT: usize = 32;
    if end - start > SHORT || !push_first::<SHORT>(text, start, end - start, out) {
        out.push_str(&text[start..end]);
    }
}

/// Appends the first `count` of `N` bytes of `text` from `start` on, if there are so many.
#[inline]
fn push_first<const N: usize>(text: &str, start: usize, count: usize, out: &mut String) -> bool {
    if push_if_room::<N>(text, start, count, out) {
        return true;
    }
    let Some(more) = text.get(start..start + N) else {
        return false;
    };
    out.push_str(&more[..count]);
    true
}

/// As [`push_first`], if there is room for all `N` bytes: texts often have just the room that they need.
///
/// All of them are appended and those that are too many taken off again: copying a number of bytes that the
/// compiler knows is two instructions, where one it does not know is a call.
#[inline]
fn push_if_room<const N: usize>(text: &str, start: usize, count: usize, out: &mut String) -> bool {
    match text.get(start..start + N) {
        Some(more) if out.capacity() - out.len() >= N => {
            let end = out.len() + count;
            out.push_str(more);
            out.truncate(end);
            true
        }
        _ => false,
    }
}

/// Appends an integer that is not negative and below a million, which most are, if there is room at hand; else
/// false, and what is appended is to be taken off again.
#[inline]
pub(crate) fn push_small(int: i64, out: &mut String) -> bool {
    const THOUSAND: i64 = 1000;
    match int {
        0..THOUSAND => push_digits(int, leading_zeros(int), out),
        THOUSAND..1_000_000 => {
            let high = int / THOUSAND;
            push_digits(high, leading_zeros(high), out) && push_digits(int % THOUSAND, 0, out)
        }
        _ => false,
    }
}

/// Appends three digits without the first `zeros`.
#[inline]
fn push_digits(number: i64, zeros: usize, out: &mut String) -> bool {
    push_if_room::<4>(DIGITS, number as usize * 3 + zeros, 3 - zeros, out)
}

/// How many zeros a number below a thousand begins with if it is spelled with three digits; one stays.
#[inline]
fn leading_zeros(number: i64) -> usize {
    usize::from(number < 100) + usize::from(number < 10)
}

/// All numbers below a thousand with three digits each, and room behind the last.
static DIGITS: &str = {
    const SPELLED: [u8; 3004] = {
        let mut spelled = [b'0'; 3004];
        let mut number = 0;
        while number < 1000 {
            spelled[number * 3] += (number / 100) as u8;
            spelled[number * 3 + 1] += (number / 10 % 10) as u8;
            spelled[number * 3 + 2] += (number % 10) as u8;
            number += 1;
        }
        spelled
    };
    match std::str::from_utf8(&SPELLED) {
        Ok(digits) => digits,
        Err(_) => panic!("digits are ASCII"),
    }
};

/// What stands for the characters that are escaped, each at its code, which is unique modulo 64; filled up
/// so that all are equally long, with how much of it counts.
static REFERENCES: [(&str, usize); 64] = {
    let mut references = [("        ", 0); 64];
    references[b'&' as usize] = ("&amp;   ", 5);
    references[b'<' as usize] = ("&lt;    ", 4);
    references[b'>' as usize] = ("&gt;    ", 4);
    references[b'"' as usize] = ("&#34;   ", 5);
    references[b'\'' as usize] = ("&#39;   ", 5);
    references
};

/// `text` with the characters of HTML's own escaped; borrowed where there are none.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let (pieces, tail) = text.as_bytes().as_chunks::<PIECE>();
    if pieces.iter().all(|piece| escaped_in(piece) == 0) && escaped_in_tail(tail) == 0 {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 16);
    escape_html(text, &mut out);
    Cow::Owned(out)
}

/// So many bytes are compared together.
const BLOCK: usize = 16;

/// So many bytes have a bit each in a word.
const PIECE: usize = 64;

/// A bit for each byte of a piece that is escaped.
#[inline]
fn escaped_in(piece: &[u8; PIECE]) -> u64 {
    let (blocks, _) = piece.as_chunks::<BLOCK>();
    blocks
        .iter()
        .rev()
        .fold(0, |found, block| found << BLOCK | escaped_in_block(block))
}

/// As [`escaped_in`], of less than a piece.
#[inline]
fn escaped_in_tail(tail: &[u8]) -> u64 {
    let (blocks, rest) = tail.as_chunks::<BLOCK>();
    let mut found = match (rest, tail.last_chunk::<BLOCK>()) {
        ([], _) => 0,
        // The last block of all overlaps with the one before.
        (rest, Some(last)) => escaped_in_block(last) >> (BLOCK - rest.len()),
        (rest, None) => return escaped_in_short(rest),
    };
    for block in blocks.iter().rev() {
        found = found << BLOCK | escaped_in_block(block);
    }
    found
}

/// As [`escaped_in`], of less than a block: its halves, which may overlap, are loaded each as one word.
#[inline]
fn escaped_in_short(text: &[u8]) -> u64 {
    fn halves<const N: usize>(text: &[u8]) -> Option<u64> {
        let mut block = [0; BLOCK];
        block[..N].copy_from_slice(text.first_chunk::<N>()?);
        block[N..2 * N].copy_from_slice(text.last_chunk::<N>()?);
        let found = escaped_in_block(&block);
        Some(found & ((1 << N) - 1) | (found >> N) << (text.len() - N))
    }
    match text.len() {
        8.. => halves::<8>(text),
        4.. => halves::<4>(text),
        2.. => halves::<2>(text),
        _ => halves::<1>(text),
    }
    .unwrap_or(0)
}

/// A bit for each byte of a block that is escaped.
#[inline]
fn escaped_in_block(block: &[u8; BLOCK]) -> u64 {
    let bytes = i8x16::new(block.map(u8::cast_signed));
    let all = |byte: u8| i8x16::splat(byte.cast_signed());
    // `&` and `'` differ in one bit only, and so do `<` and `>`: three comparisons do for five.
    let ampersand = (bytes | all(1)).cmp_eq(all(b'\''));
    let less = (bytes | all(2)).cmp_eq(all(b'>'));
    let quote = bytes.cmp_eq(all(b'"'));
    (ampersand | less | quote).move_mask() as u64
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_integers_are_spelled_with_and_without_room() {
        let edges = [
            0, 9, 10, 99, 100, 999, 1000, 1009, 9999, 10_000, 100_100, 999_999,
        ];
        for int in edges {
            for room in [0, 3, 4, 7, 8, 64] {
                let mut out = String::with_capacity(room);
                let written = push_small(int, &mut out);
                match written {
                    true => assert_eq!(out, int.to_string()),
                    false => assert!(room < 8, "there is room for {int}"),
                }
            }
        }
        for int in [-1, 1_000_000, i64::MAX, i64::MIN] {
            assert!(!push_small(int, &mut String::with_capacity(64)), "{int}");
        }
    }

    #[test]
    fn short_texts_are_escaped_wherever_it_stands() {
        for length in 1..40 {
            for at in 0..length {
                let mut text = "x".repeat(length);
                text.replace_range(at..=at, "<");
                let mut out = String::new();
                escape_html(&text, &mut out);
                assert_eq!(out, text.replace('<', "&lt;"));
                assert_eq!(escaped(&text), out);
            }
        }
    }
}

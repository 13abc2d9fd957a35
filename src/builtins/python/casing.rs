//! Upper, lower and title case as Python's `str` has them.

use crate::builtins::python::characters::{is_cased, is_space};
use crate::builtins::python::tables;

/// `str.capitalize`: the first character in title case, the others in lower case.
pub(crate) fn capitalize(text: &str) -> String {
    let Some(first) = text.chars().next() else {
        return String::new();
    };
    let mut out = String::with_capacity(text.len());
    push_title(&mut out, first);
    // Lowered as a whole, so that a sigma at the end of the word sees what is before it.
    out.extend(
        text.to_lowercase()
            .chars()
            .skip(first.to_lowercase().count()),
    );
    out
}

/// `str.title`: title case after every character without a case.
pub(crate) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_cased = false;
    for (character, lowered) in with_lower(text) {
        match after_cased {
            true => out.extend(lowered),
            false => push_title(&mut out, character),
        }
        after_cased = is_cased(character);
    }
    out
}

/// What the filter `title` does: upper case after white space, hyphens and opening brackets.
pub(crate) fn title_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(begins_word).unwrap_or(rest.len());
        if word == 0 {
            let end = rest.find(|c| !begins_word(c)).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        out.extend(first.to_uppercase());
        out.push_str(&rest[first.len_utf8()..word].to_lowercase());
        rest = &rest[word..];
    }
    out
}

fn begins_word(character: char) -> bool {
    matches!(character, '-' | '(' | '{' | '[' | '<') || is_space(character)
}

/// `str.swapcase`.
pub(crate) fn swap(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (character, lowered) in with_lower(text) {
        if character.is_uppercase() {
            out.extend(lowered);
        } else if character.is_lowercase() {
            out.extend(character.to_uppercase());
        } else {
            out.push(character);
        }
    }
    out
}

/// `str.casefold`: lower case for comparing, which makes more characters alike than `lower` does.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            'A'..='Z' => out.push(character.to_ascii_lowercase()),
            '\0'..='\x7f' | 'ı' => out.push(character),
            'ẞ' => out.push_str("ss"),
            // Cherokee folds to upper case, for its lower case is the younger one.
            '\u{13a0}'..='\u{13f5}' => out.push(character),
            '\u{13f8}'..='\u{13fd}' | '\u{ab70}'..='\u{abbf}' => {
                out.extend(character.to_uppercase());
            }
            _ => out.extend(character.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
    out
}

fn push_title(out: &mut String, character: char) {
    if character.is_ascii() {
        out.push(character.to_ascii_uppercase());
        return;
    }
    if let Ok(at) = tables::TITLE.binary_search_by_key(&character, |&(from, _)| from) {
        out.push_str(tables::TITLE[at].1);
        return;
    }
    let point = character as u32;
    match tables::TITLE_IS_ITSELF
        .chunks_exact(2)
        .any(|range| (range[0]..=range[1]).contains(&point))
    {
        true => out.push(character),
        false => out.extend(character.to_uppercase()),
    }
}

/// The characters of a text with their lower case, which for a capital sigma depends on what is around it.
fn with_lower(text: &str) -> impl Iterator<Item = (char, impl Iterator<Item = char>)> {
    let whole = text.contains('Σ').then(|| text.to_lowercase());
    let mut at = 0;
    text.chars().map(move |character| {
        // As many characters as this one has in lower case, or the one that the whole text has there.
        let length: usize = character.to_lowercase().map(char::len_utf8).sum();
        let sigma = match (character, &whole) {
            ('Σ', Some(whole)) => whole[at..].chars().next(),
            _ => None,
        };
        at += length;
        let plain = sigma.is_none().then(|| character.to_lowercase());
        (
            character,
            sigma.into_iter().chain(plain.into_iter().flatten()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_agree_with_python() {
        // text, capitalize(), title(), swapcase(), casefold()
        let rows = [
            ("", "", "", "", ""),
            (
                "hELLO wORLD",
                "Hello world",
                "Hello World",
                "Hello World",
                "hello world",
            ),
            (
                "they're bill's",
                "They're bill's",
                "They'Re Bill'S",
                "THEY'RE BILL'S",
                "they're bill's",
            ),
            (
                "straße ẞ",
                "Straße ß",
                "Straße ẞ",
                "STRASSE ß",
                "strasse ss",
            ),
            ("ﬁne", "Fine", "Fine", "FINE", "fine"),
            ("ǆ ǅ", "ǅ ǆ", "ǅ ǅ", "Ǆ ǅ", "ǆ ǆ"),
            (
                "ΑΣ ΣΑ",
                "Ας σα",
                "Ας Σα",
                "ας σα",
                "ας σα".replace('ς', "σ").leak(),
            ),
            ("x1y-z", "X1y-z", "X1Y-Z", "X1Y-Z", "x1y-z"),
            ("Ꭰꭰ", "Ꭰꭰ", "Ꭰꭰ", "ꭰᎠ", "ᎠᎠ"),
        ];
        for (text, capitalized, titled, swapped, folded) in rows {
            assert_eq!(capitalize(text), capitalized, "{text:?} capitalize");
            assert_eq!(title(text), titled, "{text:?} title");
            assert_eq!(swap(text), swapped, "{text:?} swapcase");
            assert_eq!(fold(text), folded, "{text:?} casefold");
        }
    }

    #[test]
    fn the_filter_title_agrees_with_jinja() {
        let rows = [
            ("foo bar", "Foo Bar"),
            ("foo's bar", "Foo's Bar"),
            ("foo-bar (baz) {x} [y] <z>", "Foo-Bar (Baz) {X} [Y] <Z>"),
            ("f\tbar\nBAZ", "F\tBar\nBaz"),
            ("x\u{a0}yZ", "X\u{a0}Yz"),
            ("  --a", "  --A"),
            ("ßx ǆx", "SSx Ǆx"),
            ("a/b", "A/b"),
        ];
        for (text, expected) in rows {
            assert_eq!(title_words(text), expected, "{text:?}");
        }
    }
}

//! Python's classes of characters, and the `str.is…` methods made of them.

use crate::builtins::python::tables;

/// Whether `character` is in a table of ranges.
fn within(table: &[u32], character: char) -> bool {
    // An odd insertion point is inside a range; the first and last points of ranges need a look.
    let point = character as u32;
    let at = table.partition_point(|&edge| edge < point);
    at % 2 == 1 || table.get(at) == Some(&point)
}

/// `isalpha`: letters.
pub(crate) fn is_letter(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphabetic();
    }
    character.is_alphabetic() && !within(&tables::ALPHABETIC_BUT_NO_LETTERS, character)
}

/// `isdecimal`: the digits of decimal numbers, of any script.
pub(crate) fn is_decimal(character: char) -> bool {
    decimal_value(character).is_some()
}

/// The value of a decimal digit of any script.
pub(crate) fn decimal_value(character: char) -> Option<u32> {
    if character.is_ascii() {
        return character.to_digit(10);
    }
    let point = character as u32;
    let at = tables::DECIMALS.partition_point(|&edge| edge < point);
    let start = match at % 2 {
        1 => tables::DECIMALS[at - 1],
        _ => *tables::DECIMALS.get(at).filter(|&&edge| edge == point)?,
    };
    Some((point - start) % 10)
}

/// `isdigit`: decimal digits and those that stand alone, such as superscripts.
pub(crate) fn is_digit(character: char) -> bool {
    is_decimal(character) || within(&tables::OTHER_DIGITS, character)
}

/// `isnumeric`: everything with a numeric value.
pub(crate) fn is_numeric(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_digit();
    }
    character.is_numeric() || within(&tables::NUMERIC_LETTERS, character)
}

/// `isalnum`: letters and everything numeric.
pub(crate) fn is_alphanumeric(character: char) -> bool {
    is_letter(character) || is_numeric(character)
}

/// `\w` of Python's regular expressions.
pub(crate) fn is_word(character: char) -> bool {
    character == '_' || is_alphanumeric(character)
}

/// `isspace`: Rust's white space and the four ASCII separators.
pub(crate) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

/// Whether a character is one of the digraphs in title case.
pub(crate) fn is_title(character: char) -> bool {
    !character.is_ascii() && within(&tables::TITLE_LETTERS, character)
}

/// Whether a character has a case at all.
pub(crate) fn is_cased(character: char) -> bool {
    character.is_lowercase() || character.is_uppercase() || is_title(character)
}

/// Whether all characters of a text that has some are of a class.
pub(crate) fn all(text: &str, class: fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(class)
}

/// The characters that a text is stripped of.
#[derive(Debug)]
pub(crate) struct Set(Vec<char>);

impl Set {
    /// The characters of a text, in order, so that a long one is searched as quickly as a short one.
    pub(crate) fn new(text: &str) -> Self {
        let mut characters: Vec<char> = text.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        Set(characters)
    }

    /// Whether a character is among them.
    pub(crate) fn contains(&self, character: char) -> bool {
        self.0.binary_search(&character).is_ok()
    }
}

/// `str.islower`: some cased characters, and all of them in lower case.
pub(crate) fn is_lower(text: &str) -> bool {
    text.chars().any(char::is_lowercase) && !text.chars().any(|c| c.is_uppercase() || is_title(c))
}

/// `str.isupper`: some cased characters, and all of them in upper case.
pub(crate) fn is_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(|c| c.is_lowercase() || is_title(c))
}

/// `str.istitle`: upper case at the start of each word and only there.
pub(crate) fn is_titled(text: &str) -> bool {
    let mut after_cased = false;
    let mut any = false;
    for character in text.chars() {
        if character.is_uppercase() || is_title(character) {
            if after_cased {
                return false;
            }
            after_cased = true;
            any = true;
        } else if character.is_lowercase() {
            if !after_cased {
                return false;
            }
            any = true;
        } else {
            after_cased = false;
        }
    }
    any
}

/// `str.isidentifier`.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first))
        && characters.all(unicode_ident::is_xid_continue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_agree_with_python() {
        // character, isalpha, isdecimal, isdigit, isnumeric, isspace
        let rows = [
            ('a', true, false, false, false, false),
            ('ß', true, false, false, false, false),
            ('5', false, true, true, true, false),
            ('٣', false, true, true, true, false),
            ('²', false, false, true, true, false),
            ('½', false, false, false, true, false),
            ('一', true, false, false, true, false),
            ('Ⅷ', false, false, false, true, false),
            ('ि', false, false, false, false, false),
            ('\x1c', false, false, false, false, true),
            ('\u{a0}', false, false, false, false, true),
            ('_', false, false, false, false, false),
        ];
        for (character, alpha, decimal, digit, numeric, space) in rows {
            assert_eq!(is_letter(character), alpha, "{character:?} isalpha");
            assert_eq!(is_decimal(character), decimal, "{character:?} isdecimal");
            assert_eq!(is_digit(character), digit, "{character:?} isdigit");
            assert_eq!(is_numeric(character), numeric, "{character:?} isnumeric");
            assert_eq!(is_space(character), space, "{character:?} isspace");
        }
        assert_eq!(decimal_value('٣'), Some(3));
    }

    #[test]
    fn texts_agree_with_python() {
        // text, islower, isupper, istitle, isidentifier
        let rows = [
            ("", false, false, false, false),
            ("abc", true, false, false, true),
            ("ABC1", false, true, false, true),
            ("Abc Def", false, false, true, false),
            ("Abc def", false, false, false, false),
            ("ABc", false, false, false, true),
            ("1a", true, false, false, false),
            ("ǅ", false, false, true, true),
            ("É été", false, false, false, false),
            ("_", false, false, false, true),
        ];
        for (text, lower, upper, title, identifier) in rows {
            assert_eq!(is_lower(text), lower, "{text:?} islower");
            assert_eq!(is_upper(text), upper, "{text:?} isupper");
            assert_eq!(is_titled(text), title, "{text:?} istitle");
            assert_eq!(is_identifier(text), identifier, "{text:?} isidentifier");
        }
    }
}

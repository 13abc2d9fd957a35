//! Breaking text into lines of a width, as Python's `textwrap` does for the filter `wordwrap`.

use crate::builtins::python::characters::{is_decimal, is_word};

/// How lines are broken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrapping {
    /// The most characters a line has; at least 1.
    pub(crate) width: usize,
    /// Whether a word longer than a line is cut.
    pub(crate) break_long_words: bool,
    /// Whether a line may end behind a hyphen.
    pub(crate) break_on_hyphens: bool,
}

/// Breaks one paragraph into lines.
pub(crate) fn wrap(text: &str, wrapping: Wrapping) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let chunks = match wrapping.break_on_hyphens {
        true => hyphenated_chunks(&characters),
        false => plain_chunks(&characters),
    };
    fill(&characters, &chunks, wrapping)
}

/// A piece of the text that is not broken unless it is too long: first character and the one past the last.
type Chunk = (usize, usize);

fn fill(characters: &[char], chunks: &[Chunk], wrapping: Wrapping) -> Vec<String> {
    let Wrapping { width, .. } = wrapping;
    let mut lines: Vec<String> = Vec::new();
    let mut next = 0;
    // Where the current chunk goes on if a part of it is on an earlier line already.
    let mut cut = None;
    while next < chunks.len() {
        let mut line: Vec<Chunk> = Vec::new();
        let mut length = 0;
        let rest = (cut.unwrap_or(chunks[next].0), chunks[next].1);
        if !lines.is_empty() && is_blank(characters, rest) {
            next += 1;
            cut = None;
        }
        while next < chunks.len() {
            let (start, end) = (cut.unwrap_or(chunks[next].0), chunks[next].1);
            if length + (end - start) > width {
                break;
            }
            line.push((start, end));
            length += end - start;
            next += 1;
            cut = None;
        }
        if let Some(&(start, end)) = chunks.get(next) {
            let start = cut.unwrap_or(start);
            if end - start > width {
                if wrapping.break_long_words {
                    let at = break_at(&characters[start..end], width - length, wrapping);
                    line.push((start, start + at));
                    cut = Some(start + at);
                } else if line.is_empty() {
                    line.push((start, end));
                    next += 1;
                }
            }
        }
        if line
            .last()
            .is_some_and(|&chunk| is_blank(characters, chunk))
        {
            line.pop();
        }
        if !line.is_empty() {
            lines.push(
                line.iter()
                    .flat_map(|&(start, end)| &characters[start..end])
                    .collect(),
            );
        }
    }
    lines
}

/// After how many characters a word is cut of which `room` fit: behind its last hyphen, if it may.
fn break_at(word: &[char], room: usize, wrapping: Wrapping) -> usize {
    if !wrapping.break_on_hyphens {
        return room;
    }
    match word[..room].iter().rposition(|&c| c == '-') {
        Some(hyphen) if word[..hyphen].iter().any(|&c| c != '-') => hyphen + 1,
        _ => room,
    }
}

fn is_blank(characters: &[char], (start, end): Chunk) -> bool {
    characters[start..end]
        .iter()
        .all(|&character| super::characters::is_space(character))
}

/// Words and the white space between them.
fn plain_chunks(characters: &[char]) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    for (at, &character) in characters.iter().enumerate() {
        match chunks.last_mut() {
            Some(last) if separates(characters[at - 1]) == separates(character) => last.1 = at + 1,
            _ => chunks.push((at, at + 1)),
        }
    }
    chunks
}

/// Words, the parts of hyphenated words, dashes between words, and white space.
fn hyphenated_chunks(characters: &[char]) -> Vec<Chunk> {
    let at = |index: usize| characters.get(index).copied();
    // Where the run of hyphens ends that begins at or goes through each place, from the back.
    let mut run_ends = vec![0; characters.len() + 1];
    for index in (0..characters.len()).rev() {
        run_ends[index] = match characters[index] {
            '-' if at(index + 1) == Some('-') => run_ends[index + 1],
            '-' => index + 1,
            _ => index,
        };
    }
    let dash_starts = |index: usize| {
        index > 0
            && before_dash(characters[index - 1])
            && at(index) == Some('-')
            && run_ends[index] - index >= 2
            && at(run_ends[index]).is_some_and(is_word)
    };
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < characters.len() {
        let mut end = start + 1;
        if separates(characters[start]) {
            while at(end).is_some_and(separates) {
                end += 1;
            }
        } else if dash_starts(start) {
            end = run_ends[start];
        } else {
            while let Some(character) = at(end) {
                if character == '-' && hyphenates(characters, end) {
                    end += 1;
                    break;
                }
                if separates(character) || dash_starts(end) {
                    break;
                }
                end += 1;
            }
        }
        chunks.push((start, end));
        start = end;
    }
    chunks
}

/// Whether a word may be broken behind the hyphen at `at`: two letters before it (or a letter, a hyphen
/// and a letter), and two letters behind it (which may have a hyphen between them).
fn hyphenates(characters: &[char], at: usize) -> bool {
    let letter = |index: usize| {
        characters
            .get(index)
            .is_some_and(|&c| is_word(c) && !is_decimal(c))
    };
    let hyphen = |index: usize| characters.get(index) == Some(&'-');
    let before = at >= 2 && letter(at - 1) && letter(at - 2)
        || at >= 3 && letter(at - 1) && hyphen(at - 2) && letter(at - 3);
    before && letter(at + 1) && (letter(at + 2) || hyphen(at + 2) && letter(at + 3))
}

fn before_dash(character: char) -> bool {
    matches!(character, '!' | '"' | '\'' | '&' | '.' | ',' | '?') || is_word(character)
}

/// The white space that separates words here: that of ASCII only, so that a no-break space holds.
fn separates(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_agree_with_textwrap() {
        // text, width, break_long_words, break_on_hyphens, lines
        let rows: [(&str, usize, bool, bool, &[&str]); 8] = [
            ("", 5, true, true, &[]),
            (
                "Hello beautiful world",
                10,
                true,
                true,
                &["Hello", "beautiful", "world"],
            ),
            (
                "abcdefghij kl",
                4,
                true,
                true,
                &["abcd", "efgh", "ij", "kl"],
            ),
            ("abcdefghij kl", 4, false, true, &["abcdefghij", "kl"]),
            (
                "well-known-fact",
                6,
                true,
                true,
                &["well-", "known-", "fact"],
            ),
            (
                "well-known-fact",
                6,
                true,
                false,
                &["well-k", "nown-f", "act"],
            ),
            ("wait--what now", 6, true, true, &["wait--", "what", "now"]),
            ("a  b", 1, true, true, &["a", "b"]),
        ];
        for (text, width, break_long_words, break_on_hyphens, expected) in rows {
            let wrapping = Wrapping {
                width,
                break_long_words,
                break_on_hyphens,
            };
            assert_eq!(wrap(text, wrapping), expected, "{text:?} {wrapping:?}");
        }
    }
}

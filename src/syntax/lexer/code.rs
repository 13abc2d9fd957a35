//! One token of code at a given offset: the only place that knows logos.

use logos::Logos;

use crate::error::SyntaxFault;
use crate::syntax::lexer::trim;
use crate::syntax::token::Symbol;

/// What stands at an offset in code. It knows characters only: no delimiters, no keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Word,
    Integer,
    Float,
    String,
    Symbol(Symbol),
}

/// Lexes the token that starts at `at`, which is no white space, and gives its end.
///
/// After a dot a number has no fraction, so that `x.0.1` are two items.
#[inline]
pub(super) fn lex(source: &str, at: usize, after_dot: bool) -> Result<(Code, usize), SyntaxFault> {
    let mut lexer = CodeToken::lexer(&source[at..]);
    let token = lexer.next();
    let end = at + lexer.span().end;
    let code = match token {
        Some(Ok(CodeToken::Symbol(symbol))) => Code::Symbol(symbol),
        // Most words are followed by what is no part of any.
        Some(Ok(CodeToken::Word)) if source.as_bytes().get(end).is_none_or(u8::is_ascii) => {
            Code::Word
        }
        Some(Ok(CodeToken::Word)) => return Ok((Code::Word, extend_word(source, end))),
        Some(Ok(CodeToken::Integer)) => {
            return check_number(source, at, end).map(|()| (Code::Integer, end));
        }
        Some(Ok(CodeToken::Float)) if after_dot => {
            let digits = source[at..end]
                .bytes()
                .take_while(u8::is_ascii_digit)
                .count();
            return Ok((Code::Integer, at + digits));
        }
        Some(Ok(CodeToken::Float)) => {
            return check_number(source, at, end).map(|()| (Code::Float, end));
        }
        Some(Ok(CodeToken::Quote)) => return lex_string(source, at).map(|end| (Code::String, end)),
        Some(Ok(CodeToken::Slip(slip))) => {
            let (found, instead) = CodeToken::SLIPS[slip];
            return Err(SyntaxFault::Operator { found, instead });
        }
        Some(Ok(CodeToken::Other)) | Some(Err(())) | None => {
            let Some(character) = source[at..].chars().next() else {
                return Err(SyntaxFault::Character { found: '\0' });
            };
            if !unicode_ident::is_xid_start(character) {
                return Err(SyntaxFault::Character { found: character });
            }
            return Ok((Code::Word, extend_word(source, at + character.len_utf8())));
        }
    };
    Ok((code, end))
}

/// The end of the word that reaches at least to `end`.
fn extend_word(source: &str, end: usize) -> usize {
    let rest = &source[end..];
    let length = rest
        .char_indices()
        .find(|(_, character)| !continues_word(*character))
        .map_or(rest.len(), |(index, _)| index);
    end + length
}

/// Whether a word goes on with the character. Two names that differ in an invisible one look the same.
pub(super) fn continues_word(character: char) -> bool {
    unicode_ident::is_xid_continue(character) && !matches!(character, '\u{200c}' | '\u{200d}')
}

/// Refuses what would otherwise be read as a number with a name or another number behind it.
fn check_number(source: &str, at: usize, end: usize) -> Result<(), SyntaxFault> {
    let rest = &source.as_bytes()[end..];
    let text = &source[at..end];
    let broken = match rest.first() {
        Some(b'_' | b'0'..=b'9') => true,
        Some(byte) => text == "0" && matches!(byte, b'x' | b'X' | b'o' | b'O' | b'b' | b'B'),
        None => false,
    };
    if !broken {
        return Ok(());
    }
    let length = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    // A number of a million digits is no help in a message.
    let shown: String = source[at..end + length].chars().take(40).collect();
    Err(SyntaxFault::Number { text: shown })
}

/// The end of the string literal whose opening quote is at `at`.
fn lex_string(source: &str, at: usize) -> Result<usize, SyntaxFault> {
    let bytes = source.as_bytes();
    let quote = bytes[at];
    let mut from = at + 1;
    while let Some(found) = bytes
        .get(from..)
        .and_then(|rest| memchr::memchr2(quote, b'\\', rest))
    {
        let found = from + found;
        if bytes[found] == quote {
            return Ok(found + 1);
        }
        from = found + 2;
    }
    Err(SyntaxFault::UnclosedString)
}

/// Skips white space, as Python's `\s` understands it.
#[inline]
pub(super) fn skip_space(source: &str, mut at: usize) -> usize {
    let bytes = source.as_bytes();
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    match bytes.get(at) {
        Some(byte) if byte.is_ascii_graphic() => at,
        _ => skip_rarer_space(source, at),
    }
}

fn skip_rarer_space(source: &str, mut at: usize) -> usize {
    let bytes = source.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\n' | b'\t' | b'\r' | 0x0b | 0x0c | 0x1c..=0x1f => at += 1,
            byte if byte.is_ascii() => break,
            _ => {
                let rest = &source[at..];
                let trimmed = rest.trim_start_matches(trim::is_space);
                if rest.len() == trimmed.len() {
                    break;
                }
                at += rest.len() - trimmed.len();
            }
        }
    }
    at
}

#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
enum CodeToken {
    #[regex("[A-Za-z_][A-Za-z0-9_]*")]
    Word,

    #[regex("[1-9](_?[0-9])*|0(_?0)*|0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[0-9a-fA-F])+")]
    Integer,

    #[regex(r"([0-9]+_)*[0-9]+\.([0-9]+_)*[0-9]+([eE][+-]?([0-9]+_)*[0-9]+)?")]
    #[regex(r"([0-9]+_)*[0-9]+[eE][+-]?([0-9]+_)*[0-9]+")]
    Float,

    #[token("'")]
    #[token("\"")]
    Quote,

    #[token("+", |_| Symbol::Plus)]
    #[token("-", |_| Symbol::Minus)]
    #[token("*", |_| Symbol::Star)]
    #[token("**", |_| Symbol::StarStar)]
    #[token("/", |_| Symbol::Slash)]
    #[token("//", |_| Symbol::SlashSlash)]
    #[token("%", |_| Symbol::Percent)]
    #[token("~", |_| Symbol::Tilde)]
    #[token("==", |_| Symbol::EqualEqual)]
    #[token("!=", |_| Symbol::NotEqual)]
    #[token("<", |_| Symbol::Less)]
    #[token("<=", |_| Symbol::LessEqual)]
    #[token(">", |_| Symbol::Greater)]
    #[token(">=", |_| Symbol::GreaterEqual)]
    #[token("=", |_| Symbol::Equal)]
    #[token("??=", |_| Symbol::NullishEqual)]
    #[token("??", |_| Symbol::Nullish)]
    #[token("?.", |_| Symbol::OptionalDot)]
    #[token("?[", |_| Symbol::OptionalBracket)]
    #[token("?|", |_| Symbol::OptionalPipe)]
    #[token("|", |_| Symbol::Pipe)]
    #[token("|>", |_| Symbol::Pipe)]
    #[token("(", |_| Symbol::ParenOpen)]
    #[token(")", |_| Symbol::ParenClose)]
    #[token("[", |_| Symbol::BracketOpen)]
    #[token("]", |_| Symbol::BracketClose)]
    #[token("{", |_| Symbol::BraceOpen)]
    #[token("}", |_| Symbol::BraceClose)]
    #[token(",", |_| Symbol::Comma)]
    #[token(":", |_| Symbol::Colon)]
    #[token(";", |_| Symbol::Semicolon)]
    #[token(".", |_| Symbol::Dot)]
    #[token("..", |_| Symbol::DotDot)]
    #[token("...", |_| Symbol::DotDotDot)]
    Symbol(Symbol),

    // Operators of other languages, by their index in `SLIPS`.
    #[token("&&", |_| 0usize)]
    #[token("||", |_| 1usize)]
    #[token("!", |_| 2usize)]
    #[token("===", |_| 3usize)]
    #[token("!==", |_| 4usize)]
    #[token("<>", |_| 5usize)]
    #[token("?", |_| 6usize)]
    Slip(usize),

    #[regex(r"[^\x00-\x7F]", priority = 0)]
    Other,
}

impl CodeToken {
    /// Operators of other languages, and what they are called here.
    const SLIPS: [(&'static str, &'static str); 7] = [
        ("&&", "`and`"),
        ("||", "`or`"),
        ("!", "`not`"),
        ("===", "`==`"),
        ("!==", "`!=`"),
        ("<>", "`!=`"),
        ("?", "`a if condition else b`"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_and_code(source: &str) -> (Code, &str) {
        let (code, end) = lex(source, 0, false).expect("lexes");
        (code, &source[..end])
    }

    #[test]
    fn numbers_end_where_ranges_begin() {
        assert_eq!(text_and_code("1..5"), (Code::Integer, "1"));
        assert_eq!(text_and_code("1...5"), (Code::Integer, "1"));
        assert_eq!(text_and_code("1.5..2"), (Code::Float, "1.5"));
        assert_eq!(text_and_code("1.x"), (Code::Integer, "1"));
        assert_eq!(text_and_code("1e5"), (Code::Float, "1e5"));
        assert_eq!(text_and_code("1else"), (Code::Integer, "1"));
        assert_eq!(
            text_and_code("1_000.5e-1_0x"),
            (Code::Float, "1_000.5e-1_0")
        );
        assert_eq!(text_and_code("0xFF_ff+"), (Code::Integer, "0xFF_ff"));
        assert_eq!(lex("0.1", 0, true), Ok((Code::Integer, 1)));
    }

    #[test]
    fn broken_numbers_are_refused() {
        for source in ["0x", "1_", "1__0", "012", "0b2", "0o8", "1.5_", "1e5_"] {
            assert!(
                matches!(lex(source, 0, false), Err(SyntaxFault::Number { .. })),
                "{source}"
            );
        }
    }

    #[test]
    fn words_follow_unicode() {
        assert_eq!(text_and_code("naïve-x"), (Code::Word, "naïve"));
        assert_eq!(text_and_code("имя1 "), (Code::Word, "имя1"));
        assert_eq!(text_and_code("_a\u{200d}b"), (Code::Word, "_a"));
        assert_eq!(
            lex("\u{202e}x", 0, false),
            Err(SyntaxFault::Character { found: '\u{202e}' })
        );
    }

    #[test]
    fn strings_end_at_their_own_quote() {
        assert_eq!(text_and_code(r#""a'b" c"#), (Code::String, r#""a'b""#));
        assert_eq!(text_and_code(r"'a\'b' c"), (Code::String, r"'a\'b'"));
        assert_eq!(text_and_code("'a\\\\' '"), (Code::String, "'a\\\\'"));
        for source in ["'", "'a\\", "'a\\'", "\"a'"] {
            assert_eq!(lex(source, 0, false), Err(SyntaxFault::UnclosedString));
        }
    }
}

//! From the parser's list of possible tokens to words.

use crate::error::{SyntaxError, SyntaxFault};
use crate::source::Span;
use crate::syntax::lexer::Lexer;
use crate::syntax::token::Token;

pub(super) fn unexpected_token(
    _lexer: &Lexer<'_, '_>,
    token: Token<'_>,
    span: Span,
    expected: &[String],
) -> Box<SyntaxError> {
    SyntaxError::new(
        SyntaxFault::Unexpected {
            found: token.to_string(),
            expected: expected.join(", "),
        },
        span,
    )
}

pub(super) fn unexpected_end(
    _lexer: &Lexer<'_, '_>,
    span: Span,
    expected: &[String],
) -> Box<SyntaxError> {
    SyntaxError::new(
        SyntaxFault::Unexpected {
            found: "end of template".into(),
            expected: expected.join(", "),
        },
        span,
    )
}

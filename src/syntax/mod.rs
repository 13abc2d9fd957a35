//! From a template's text to its tree.
//!
//! Input: an `Origin` and `Options`. Output: an `ast::Tree`, or an error with its place.
//! This layer knows nothing of values, programs or what names mean.

pub(crate) mod ast;
mod builder;
mod delimiters;
mod dump;
mod expected;
mod lexer;
mod lists;
mod messages;
mod options;
mod outline;
mod parser;
#[cfg(test)]
mod print;
mod recovery;
#[cfg(test)]
mod tests;
mod tier;
mod token;
mod validate;

pub use delimiters::{Delimiters, DelimitersBuilder};
#[cfg(test)]
use dump::dump_expression;
pub(crate) use dump::{dump_tokens, dump_tree};
pub(crate) use lists::{Id, List};
pub(crate) use messages::{comments, messages};
pub use options::{Newline, Whitespace};
pub(crate) use options::{Options, TagShape};
pub(crate) use outline::outline;
pub use outline::{NodeKind, SyntaxNode, SyntaxTree};
pub(crate) use parser::{parse, parse_expression};
#[cfg(test)]
use print::print_tree;
pub(crate) use recovery::parse_recovering;

/// Whether a tag may have that name: whether it is one word.
pub(crate) fn is_tag_name(name: &str) -> bool {
    lexer::is_word(name)
}

/// Whether the language has a tag of that name.
pub(crate) fn is_known_tag(name: &str) -> bool {
    token::Tag::names().any(|known| known == name)
}

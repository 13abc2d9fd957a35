//! The data that templates work on.
//!
//! A [`Value`] is 16 bytes: a tag and a payload of one 64-bit integer or one pointer, so that it
//! travels in two registers. Cloning never allocates. Everything here is `Send + Sync`, knows no
//! template and no runtime, and is bounded in depth where it recurses.

mod compare;
mod convert;
mod display;
mod iterate;
mod list;
mod map;
mod namespace;
mod number;
mod object;
mod operate;
mod pending;
mod record;
mod serialize;
mod text;
mod undefined;

use std::sync::Arc;

use arcstr::ArcStr;

/// A value of a template: what contexts hold, expressions give and functions take.
#[derive(Clone)]
pub struct Value(pub(crate) Repr);

/// What a value is. Every payload is one word; a size test guards it.
#[derive(Clone)]
pub(crate) enum Repr {
    /// A variable slot that nothing was stored in; never leaves the machine.
    Unset,
    /// With what is known of its name and place, and its policy.
    Undefined(Arc<Undefined>),
    None,
    Bool(Flag),
    Int(i64),
    /// An integer beyond 64 bits; one that fits is always an `Int`.
    BigInt(Arc<i128>),
    Float(Bits),
    String(ArcStr),
    /// Text that is markup already and is not escaped again.
    Safe(ArcStr),
    Bytes(Arc<Vec<u8>>),
    List(Arc<List>),
    Tuple(Arc<Tuple>),
    Range(Arc<Range>),
    Map(Arc<Dict>),
    Record(Arc<Record>),
    /// A host object or a callable; the second `Arc` makes the handle thin.
    Object(Arc<Arc<dyn Object>>),
    Pending(Arc<Pending>),
    Stream(Arc<Stream>),
}

/// A bool as a word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(u64);

/// A float as a word.
#[derive(Clone, Copy)]
pub(crate) struct Bits(u64);

const _: () = assert!(size_of::<Value>() == 16);

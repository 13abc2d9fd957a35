//! The builtin functions.

mod collections;
mod cycler;
mod joiner;
mod lipsum;
mod translation;
mod waiting;

pub(super) use collections::merge;

use crate::call::Builtin;

/// All of them.
pub(super) const FUNCTIONS: &[Builtin] = &[
    collections::RANGE,
    collections::DICT,
    collections::NAMESPACE,
    cycler::CYCLER,
    joiner::JOINER,
    lipsum::LIPSUM,
    translation::GETTEXT,
    translation::NGETTEXT,
    translation::PGETTEXT,
    translation::NPGETTEXT,
    translation::ALIAS,
    waiting::GATHER,
    waiting::RACE,
    waiting::SETTLE,
    waiting::TIMEOUT,
    waiting::SLEEP,
];

//! What templates get wrong that parse: names, nesting, and sizes beyond what a program can hold.

use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind, suggest};

/// The texts of the compiler.
#[derive(Debug, ThisError)]
pub(crate) enum CompileFault {
    #[error("block `{0}` is defined twice")]
    BlockTwice(String),
    #[error("`extends` must stand at the top of a template, not inside of {0}")]
    NestedExtends(&'static str),
    #[error("`loop` is the loop's own variable and cannot be assigned; use another name")]
    AssignLoop,
    #[error(
        "the parameter `caller` needs a default, or must not be listed: a `call` block sets it"
    )]
    CallerWithoutDefault,
    #[error("the pattern binds `{0}` twice")]
    BoundTwice(String),
    #[error("the alternatives of a pattern must bind the same names, but not all bind `{0}`")]
    UnevenAlternatives(String),
    #[error("`??=` assigns to one name or attribute, not to several")]
    NullishTuple,
    #[error("no filter named `{name}`{hint}")]
    UnknownFilter { name: String, hint: String },
    #[error("no test named `{name}`{hint}")]
    UnknownTest { name: String, hint: String },
    #[error("too many {what}: at most {most} are possible")]
    TooMany { what: &'static str, most: u64 },
    #[error(
        "`{0}` would leave a `parallel` block or a concurrent loop, whose parts run side by side; filter the items instead, or take the tag out of the block"
    )]
    LeavesBranch(&'static str),
    #[error(
        "`loop.changed` compares with the round before, which runs beside this one in a concurrent loop; compare with `loop.previtem`"
    )]
    ChangedConcurrent,
    #[error("the constant is too large to compute at compile time")]
    LargeConstant,
}

impl CompileFault {
    /// The filter is unknown; suggests the nearest known one.
    #[cold]
    pub(crate) fn unknown_filter<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        CompileFault::UnknownFilter {
            name: name.to_owned(),
            hint: hint(name, known),
        }
    }

    /// The test is unknown; suggests the nearest known one.
    #[cold]
    pub(crate) fn unknown_test<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        CompileFault::UnknownTest {
            name: name.to_owned(),
            hint: hint(name, known),
        }
    }
}

fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match suggest(name, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}

impl From<CompileFault> for Error {
    #[cold]
    fn from(fault: CompileFault) -> Self {
        let kind = match fault {
            CompileFault::UnknownFilter { .. } => ErrorKind::UnknownFilter,
            CompileFault::UnknownTest { .. } => ErrorKind::UnknownTest,
            _ => ErrorKind::Compile,
        };
        Error::new(kind, fault.to_string())
    }
}

/// What is wrong with a program: a fault of the compiler, never of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub(crate) enum VerifyFault {
    #[error(
        "the units do not make up the code, or a table names unit or shape that is none, at {0}"
    )]
    Units(usize),
    #[error("the spans are out of order or do not cover the code")]
    Spans,
    #[error("instruction {0} goes on outside of its unit or in the wrong direction")]
    Target(u32),
    #[error("ways with different stacks or open constructs meet at instruction {0}")]
    Join(u32),
    #[error(
        "instruction {0} takes more from the stack than there is, or puts more on it than was planned"
    )]
    Stack(u32),
    #[error("an operand of instruction {0} names nothing")]
    Operand(u32),
    #[error("instruction {0} closes what is not open, or leaves something open")]
    Balance(u32),
}

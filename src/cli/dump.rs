//! `kakehi dump`.

use std::io::{self, Write};

use crate::arguments::Dump;
use crate::data;
use crate::failure::Failure;

/// Prints what one stage of the engine makes of a template.
pub(crate) fn run(arguments: &Dump) -> Result<(), Failure> {
    let source = data::read(&arguments.template)?;
    let name = arguments.template.display().to_string();
    let env = arguments.language.environment();
    let text = if arguments.stage.tokens {
        env.dump_tokens(&name, &source)?
    } else if arguments.stage.tree {
        env.dump_tree(&name, &source)?
    } else {
        env.dump_bytecode(&name, &source)?
    };
    let mut output = io::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    written.map_err(Failure::output)
}

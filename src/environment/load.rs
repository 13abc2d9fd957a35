//! Loading a template without waiting for a future.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::environment::cache::{Compiled, Loaded, Turn};
use crate::environment::configuration::Configuration;
use crate::environment::loader::Load;
use crate::error::Error;

/// What loading at once gives.
pub(crate) enum LoadNow {
    Found(Arc<Compiled>),
    Missing,
    /// The loader answers by a future.
    Waits,
    Failed(Error),
}

impl From<Loaded> for LoadNow {
    fn from(loaded: Loaded) -> Self {
        match loaded {
            Ok(Some(compiled)) => LoadNow::Found(compiled),
            Ok(None) => LoadNow::Missing,
            Err(error) => LoadNow::Failed(error),
        }
    }
}

/// Loads and compiles a template, or takes it from the cache. May block while another thread does it.
pub(crate) fn load_now(configuration: &Configuration, name: &ArcStr) -> LoadNow {
    if let Some(compiled) = configuration.cache.get(name) {
        return LoadNow::Found(compiled);
    }
    let participant = match configuration.cache.join(name) {
        Ok(participant) => participant,
        Err(compiled) => return LoadNow::Found(compiled),
    };
    match participant.turn_blocking() {
        Turn::Done(loaded) => loaded.into(),
        Turn::Run(running, _) => match configuration.load(name) {
            Load::Ready(answer) => {
                let loaded = compile_answer(configuration, name, answer);
                participant.finish(running, loaded).into()
            }
            Load::Later(source) => {
                participant.leave(running, source);
                LoadNow::Waits
            }
        },
        // A future is under way that this thread cannot wait for; but the loader may know better by now.
        Turn::Wait => match configuration.load(name) {
            Load::Ready(answer) => match compile_answer(configuration, name, answer) {
                Ok(Some(compiled)) => LoadNow::Found(configuration.cache.insert(name, compiled)),
                loaded => loaded.into(),
            },
            Load::Later(_) => LoadNow::Waits,
        },
    }
}

/// Compiles what a loader answered.
pub(crate) fn compile_answer(
    configuration: &Configuration,
    name: &ArcStr,
    answer: Result<Option<String>, Error>,
) -> Loaded {
    let Some(source) = answer? else {
        return Ok(None);
    };
    let program = configuration.compile(name, &source)?;
    Ok(Some(Compiled::new(program)))
}

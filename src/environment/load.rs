//! Loading a template without waiting for a future.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::environment::cache::{Found, Joined, Loaded, Lookup};
use crate::environment::compiled::Compiled;
use crate::environment::configuration::Configuration;
use crate::environment::flight::{Basis, Fetch, Turn};
use crate::environment::loader::Reloaded;
use crate::error::{Error, HostFault};

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
    let policy = &configuration.template_cache;
    match configuration.cache.look(name, policy) {
        Lookup::Found(compiled) => return LoadNow::Found(compiled),
        Lookup::Missing => return LoadNow::Missing,
        Lookup::Ask => {}
    }
    let (participant, stale) = match configuration.cache.join(name, policy) {
        Joined::Found(compiled) => return LoadNow::Found(compiled),
        Joined::Missing => return LoadNow::Missing,
        Joined::Flight(participant, stale) => (participant, stale),
    };
    let basis = participant.basis();
    let loaded = match participant.turn_blocking(stale.is_none()) {
        Turn::Done(loaded) => loaded.into(),
        Turn::Run(running, _) => match configuration.fetch(name, basis) {
            Fetch::Answered(answer) => {
                let found = compile_answer(configuration, name, basis, answer);
                participant.finish(running, found, policy).into()
            }
            fetch => {
                participant.leave(running, fetch);
                LoadNow::Waits
            }
        },
        Turn::Wait if basis.is_some() => LoadNow::Waits,
        // A future is under way that this thread cannot wait for; but the loader may know better by now.
        Turn::Wait => match configuration.fetch(name, None) {
            Fetch::Answered(answer) => match compile_answer(configuration, name, None, answer) {
                Ok(Some((compiled, version))) => {
                    let cache = &configuration.cache;
                    LoadNow::Found(cache.insert(name, compiled, version, policy))
                }
                Ok(None) => LoadNow::Missing,
                Err(error) => LoadNow::Failed(error),
            },
            _ => LoadNow::Waits,
        },
    };
    match (loaded, stale) {
        (LoadNow::Waits | LoadNow::Failed(_), Some(stale)) => LoadNow::Found(stale),
        (loaded, _) => loaded,
    }
}

/// A template, loaded and compiled if need be; `instead` is what to call where that has to wait.
pub(crate) fn find_now(
    configuration: &Configuration,
    name: &str,
    instead: &'static str,
) -> Result<Arc<Compiled>, Error> {
    if let Some(compiled) = configuration.cached(name) {
        return Ok(compiled);
    }
    match load_now(configuration, &ArcStr::from(name)) {
        LoadNow::Found(compiled) => Ok(compiled),
        LoadNow::Missing => Err(configuration.not_found(name)),
        LoadNow::Failed(error) => Err(error),
        LoadNow::Waits => {
            let name = name.to_owned();
            Err(HostFault::LoadWaits { name, instead }.into())
        }
    }
}

/// Compiles what a loader answered, unless it is what was compiled already.
pub(crate) fn compile_answer(
    configuration: &Configuration,
    name: &ArcStr,
    basis: Option<&Basis>,
    answer: Result<Reloaded, Error>,
) -> Found {
    let source = match (answer?, basis) {
        (Reloaded::Missing, _) => return Ok(None),
        (Reloaded::Changed(source), _) => source,
        (Reloaded::Unchanged, Some(basis)) => {
            return Ok(Some((Arc::clone(&basis.compiled), basis.version.clone())));
        }
        (Reloaded::Unchanged, None) => unreachable!("only a check can find no change"),
    };
    if let Some(basis) = basis
        && basis.compiled.program.origin.text == source.text
    {
        return Ok(Some((Arc::clone(&basis.compiled), source.version)));
    }
    let program = configuration.compile(name, &source.text)?;
    Ok(Some((Compiled::new(program), source.version)))
}

//! What a driver is given: which code to run, on what, and how.

use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};

use arcstr::ArcStr;
use serde::Serialize;

use crate::environment::{Compiled, Configuration, Linked, convert_context};
use crate::error::{Error, HostFault};
use crate::render::RenderOptions;
use crate::value::{Value, ValueKind};
use crate::vm::{Entry, Machine, Setup};

/// One render before it starts.
pub(crate) struct Job {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) target: Target,
    pub(crate) entry: Entry,
    pub(crate) options: Arc<RenderOptions>,
    pub(crate) context: Value,
    /// The versions of named templates that the render goes on with, if it may use no others.
    pub(crate) linked: Option<Arc<Linked>>,
}

/// The code of a job.
pub(crate) enum Target {
    /// A template or expression that is compiled already.
    Compiled(Arc<Compiled>),
    /// A template that must be found first.
    Named(ArcStr),
}

/// How a driver wants the machine to stop.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// After so many instructions.
    pub(crate) slice: Option<NonZeroU32>,
    /// At so many bytes of output.
    pub(crate) chunk: Option<usize>,
}

/// The options of renders that were given none.
static NO_OPTIONS: LazyLock<Arc<RenderOptions>> = LazyLock::new(Arc::default);

impl Job {
    /// A render of some code with what the host gave.
    pub(crate) fn new(
        configuration: &Arc<Configuration>,
        target: Target,
        entry: Entry,
        options: Arc<RenderOptions>,
        context: &(impl Serialize + ?Sized),
    ) -> Result<Self, Error> {
        let (context, linked) = target.context(configuration, context)?;
        Ok(Job {
            context,
            linked,
            configuration: Arc::clone(configuration),
            target,
            entry,
            options,
        })
    }

    /// The options of renders that were given none.
    pub(crate) fn no_options() -> Arc<RenderOptions> {
        Arc::clone(&NO_OPTIONS)
    }

    /// Starts a machine on the job's code.
    pub(crate) fn start(self, compiled: &Compiled, pace: Pace) -> Machine {
        let limits = self.options.resolve_limits(&self.configuration.limits);
        let capacity = match pace.chunk {
            // A chunk is over its size by what was written last.
            Some(chunk) => chunk.saturating_add(chunk / 8).min(1 << 20),
            None => compiled.expected_size(),
        };
        Machine::new(Setup {
            program: Arc::clone(&compiled.program),
            entry: self.entry,
            context: self.context,
            registry: self.configuration.registry.clone(),
            extensions: Arc::clone(self.options.extensions()),
            limits,
            slice: pace.slice,
            chunk: pace.chunk,
            capacity,
        })
    }
}

impl Target {
    /// The context of a render of this code, from what the host gave.
    fn context(
        &self,
        configuration: &Configuration,
        context: &(impl Serialize + ?Sized),
    ) -> Result<(Value, Option<Arc<Linked>>), Error> {
        let (value, linked) = match self {
            Target::Compiled(compiled) => convert_context(configuration, compiled, context)?,
            Target::Named(_) => (Value::from_serialize(context)?, None),
        };
        match value.kind() {
            ValueKind::Map | ValueKind::Object => Ok((value, linked)),
            ValueKind::None | ValueKind::Undefined => Ok((Value::NONE, linked)),
            _ => Err(HostFault::ContextNotMapping {
                found: value.type_name().to_owned(),
            }
            .into()),
        }
    }
}

//! What a driver is given: which code to run, on what, and how.

use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use arcstr::ArcStr;
use serde::Serialize;

use crate::environment::{Compiled, Configuration, Linked, convert_context};
use crate::error::{Error, HostFault};
use crate::render::RenderOptions;
use crate::value::{Value, ValueKind};
use crate::vm::{Entry, Host, Machine, Setup};

/// Which code to run, and how; all of it lent.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'p> {
    pub(crate) configuration: &'p Arc<Configuration>,
    pub(crate) compiled: &'p Arc<Compiled>,
    pub(crate) entry: &'p Entry,
    pub(crate) options: &'p Arc<RenderOptions>,
}

/// What a render sees of the host's data.
pub(crate) struct HostData {
    pub(crate) context: Value,
    /// The versions of named templates that the render goes on with, if it may use no others.
    pub(crate) linked: Option<Arc<Linked>>,
}

/// A render that holds all it needs, to be done later.
pub(crate) struct Job {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) target: Target,
    pub(crate) entry: Entry,
    pub(crate) options: Arc<RenderOptions>,
    pub(crate) data: HostData,
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
    /// Where something is deferred.
    pub(crate) defers: bool,
}

impl<'p> Plan<'p> {
    /// What the host gave, as this code sees it.
    #[inline(always)]
    pub(crate) fn convert(&self, context: &(impl Serialize + ?Sized)) -> Result<HostData, Error> {
        self.options.deferral().check()?;
        let (context, linked) = convert_context(self.configuration, self.compiled, context)?;
        HostData::new(context, linked)
    }

    /// A render of this code, to be done later.
    pub(crate) fn job(self, context: impl Serialize) -> Result<Job, Error> {
        Ok(self.hold(self.convert(&context)?))
    }

    /// The same render, to be done later.
    pub(crate) fn hold(self, data: HostData) -> Job {
        Job {
            configuration: Arc::clone(self.configuration),
            target: Target::Compiled(Arc::clone(self.compiled)),
            entry: self.entry.clone(),
            options: Arc::clone(self.options),
            data,
        }
    }

    /// What the render reads as long as it runs.
    pub(crate) fn parts(&self) -> Parts<'p> {
        Parts {
            configuration: self.configuration,
            options: self.options,
        }
    }
}

impl Job {
    /// A render of a template that must be found first; which of its data that reads is not known.
    pub(crate) fn named(
        configuration: &Arc<Configuration>,
        name: &str,
        context: impl Serialize,
    ) -> Result<Job, Error> {
        Ok(Job {
            configuration: Arc::clone(configuration),
            target: Target::Named(ArcStr::from(name)),
            entry: Entry::Template,
            options: Arc::clone(no_options()),
            data: HostData::new(Value::from_serialize(&context)?, None)?,
        })
    }

    /// What the render reads as long as it runs.
    pub(crate) fn parts(&self) -> Parts<'_> {
        Parts {
            configuration: &self.configuration,
            options: &self.options,
        }
    }
}

impl HostData {
    #[inline(always)]
    fn new(context: Value, linked: Option<Arc<Linked>>) -> Result<Self, Error> {
        let context = match context.kind() {
            ValueKind::Map | ValueKind::Object => context,
            ValueKind::None | ValueKind::Undefined => Value::NONE,
            _ => return Err(not_mapping(&context)),
        };
        Ok(HostData { context, linked })
    }
}

/// The options of renders that were given none.
pub(crate) fn no_options() -> &'static Arc<RenderOptions> {
    static NO_OPTIONS: LazyLock<Arc<RenderOptions>> = LazyLock::new(Arc::default);
    &NO_OPTIONS
}

/// What a render reads as long as it runs.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'j> {
    pub(crate) configuration: &'j Configuration,
    pub(crate) options: &'j RenderOptions,
}

impl<'j> Parts<'j> {
    /// What the machine is lent.
    pub(crate) fn host(&self, compiled: &'j Compiled) -> Host<'j> {
        Host {
            program: &compiled.program,
            registry: &self.configuration.registry,
            extensions: self.options.extensions(),
            supply: None,
        }
    }

    /// How long the render may take.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.options.resolve_deadline(&self.configuration.limits)
    }

    /// Sets a machine up to run some code.
    #[inline(always)]
    pub(crate) fn set_up(
        &self,
        machine: &mut Machine,
        compiled: &Compiled,
        entry: &Entry,
        context: Value,
        pace: Pace,
    ) {
        let capacity = match pace.chunk {
            // A chunk is over its size by what was written last.
            Some(chunk) => chunk.saturating_add(chunk / 8).min(1 << 20),
            None => compiled.expected_size(),
        };
        let setup = Setup {
            entry,
            context,
            limits: self.options.resolve_limits(&self.configuration.limits),
            slice: pace.slice,
            chunk: pace.chunk,
            capacity,
            defers: pace.defers,
        };
        machine.set_up(setup);
    }
}

#[cold]
fn not_mapping(value: &Value) -> Error {
    HostFault::ContextNotMapping {
        found: value.type_name().to_owned(),
    }
    .into()
}

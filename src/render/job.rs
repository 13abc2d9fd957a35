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

/// One render before it starts, of a template that is still in somebody's hands.
pub(crate) struct Job<'j> {
    pub(crate) plan: Plan<'j>,
    pub(crate) context: Value,
}

/// All of a job but its context: that becomes the machine's, while the rest stays where it is.
#[derive(Clone)]
pub(crate) struct Plan<'j> {
    pub(crate) configuration: &'j Arc<Configuration>,
    pub(crate) target: Target<'j>,
    pub(crate) entry: Entry,
    pub(crate) options: &'j Arc<RenderOptions>,
    /// The versions of named templates that the render goes on with, if it may use no others.
    pub(crate) linked: Option<Arc<Linked>>,
}

/// A job that holds all it needs, to be done later.
pub(crate) struct DetachedJob {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) target: Target<'static>,
    pub(crate) entry: Entry,
    pub(crate) options: Arc<RenderOptions>,
    pub(crate) context: Value,
    /// The versions of named templates that the render goes on with, if it may use no others.
    pub(crate) linked: Option<Arc<Linked>>,
}

/// The code of a job.
#[derive(Clone)]
pub(crate) enum Target<'j> {
    /// A template or expression that is compiled already.
    Lent(&'j Arc<Compiled>),
    /// The same, held.
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

/// The options of renders that were given none.
static NO_OPTIONS: LazyLock<Arc<RenderOptions>> = LazyLock::new(Arc::default);

impl<'j> Job<'j> {
    /// A render of some code with what the host gave.
    #[inline(always)]
    pub(crate) fn new(
        configuration: &'j Arc<Configuration>,
        target: Target<'j>,
        entry: Entry,
        options: &'j Arc<RenderOptions>,
        context: &(impl Serialize + ?Sized),
    ) -> Result<Self, Error> {
        options.deferral().check()?;
        let (context, linked) = target.context(configuration, context)?;
        let plan = Plan {
            configuration,
            target,
            entry,
            options,
            linked,
        };
        Ok(Job { plan, context })
    }

    /// The options of renders that were given none.
    pub(crate) fn no_options() -> &'static Arc<RenderOptions> {
        &NO_OPTIONS
    }

    /// The same job, to be done later.
    pub(crate) fn detach(self) -> DetachedJob {
        let plan = self.plan;
        DetachedJob {
            configuration: Arc::clone(plan.configuration),
            target: match plan.target {
                Target::Lent(compiled) => Target::Compiled(Arc::clone(compiled)),
                Target::Compiled(compiled) => Target::Compiled(compiled),
                Target::Named(name) => Target::Named(name),
            },
            entry: plan.entry,
            options: Arc::clone(plan.options),
            context: self.context,
            linked: plan.linked,
        }
    }
}

impl<'j> Plan<'j> {
    /// What the render reads as long as it runs.
    pub(crate) fn parts(&self) -> Parts<'j> {
        Parts {
            configuration: self.configuration,
            options: self.options,
        }
    }
}

impl DetachedJob {
    /// What the render reads as long as it runs.
    pub(crate) fn parts(&self) -> Parts<'_> {
        Parts {
            configuration: &self.configuration,
            options: &self.options,
        }
    }
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

impl Target<'_> {
    /// The context of a render of this code, from what the host gave.
    #[inline(always)]
    fn context(
        &self,
        configuration: &Configuration,
        context: &(impl Serialize + ?Sized),
    ) -> Result<(Value, Option<Arc<Linked>>), Error> {
        let (value, linked) = match self {
            Target::Lent(compiled) => convert_context(configuration, compiled, context)?,
            Target::Compiled(compiled) => convert_context(configuration, compiled, context)?,
            Target::Named(_) => (Value::from_serialize(context)?, None),
        };
        match value.kind() {
            ValueKind::Map | ValueKind::Object => Ok((value, linked)),
            ValueKind::None | ValueKind::Undefined => Ok((Value::NONE, linked)),
            _ => Err(not_mapping(&value)),
        }
    }
}

#[cold]
fn not_mapping(value: &Value) -> Error {
    HostFault::ContextNotMapping {
        found: value.type_name().to_owned(),
    }
    .into()
}

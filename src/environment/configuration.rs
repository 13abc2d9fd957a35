//! Everything an environment is set to, shared by its clones and by the renders that it started.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use arcstr::ArcStr;

use crate::builtins;
use crate::bytecode::Program;
use crate::call::Registry;
use crate::compiler::{self, CompileOptions};
use crate::environment::auto_escape::AutoEscape;
use crate::environment::cache::{Cache, Lookup};
use crate::environment::compiled::Compiled;
use crate::environment::flight::{Basis, Fetch};
use crate::environment::fragments::Fragments;
use crate::environment::loader::{Load, Loader, Reloaded, Source};
use crate::environment::policy::TemplateCachePolicy;
use crate::error::{Error, HostFault};
use crate::limits::Limits;
use crate::source::Origin;
use crate::syntax;
use crate::value::UndefinedPolicy;

/// What an [`Environment`](crate::Environment) is set to. A clone is made where a shared one is changed.
#[derive(Clone)]
pub(crate) struct Configuration {
    pub(crate) syntax: syntax::Options,
    pub(crate) auto_escape: AutoEscape,
    pub(crate) undefined: UndefinedPolicy,
    pub(crate) auto_await: bool,
    /// Whether templates are parallel blocks, of so many branches at once.
    pub(crate) concurrency: Option<usize>,
    pub(crate) registry: Registry,
    pub(crate) limits: Limits,
    /// Templates that were added by hand.
    pub(crate) templates: Arc<HashMap<ArcStr, ArcStr>>,
    pub(crate) loader: Option<Arc<dyn Loader>>,
    /// When the loader is asked about what is compiled.
    pub(crate) template_cache: TemplateCachePolicy,
    /// Shared by all configurations that cache alike.
    pub(crate) fragments: Arc<Fragments>,
    /// Shared by all configurations that compile alike.
    pub(crate) cache: Arc<Cache>,
}

/// The builtins, registered once per process.
static BUILTINS: LazyLock<Registry> = LazyLock::new(|| {
    let mut registry = Registry::new();
    builtins::register(&mut registry);
    registry
});

impl Default for Configuration {
    fn default() -> Self {
        Configuration {
            syntax: syntax::Options::default(),
            auto_escape: AutoEscape::default(),
            undefined: UndefinedPolicy::default(),
            auto_await: false,
            concurrency: None,
            registry: BUILTINS.clone(),
            limits: Limits::default(),
            templates: Arc::default(),
            loader: None,
            template_cache: TemplateCachePolicy::default(),
            fragments: Arc::default(),
            cache: Arc::default(),
        }
    }
}

impl Configuration {
    /// A template that is compiled and need not be checked.
    pub(crate) fn cached(&self, name: &str) -> Option<Arc<Compiled>> {
        match self.cache.look(name, &self.template_cache) {
            Lookup::Found(compiled) => Some(compiled),
            Lookup::Missing | Lookup::Ask => None,
        }
    }

    /// Asks for the source of a template: the templates added by hand first, then the loader. `basis` is
    /// what is known of it already.
    pub(crate) fn fetch(&self, name: &str, basis: Option<&Basis>) -> Fetch {
        if let Some(source) = self.templates.get(name) {
            // One that was replaced is forgotten, so this is what was compiled.
            return Fetch::Answered(Ok(match basis {
                Some(_) => Reloaded::Unchanged,
                None => Reloaded::Changed(Source::from(source.as_str())),
            }));
        }
        let Some(loader) = &self.loader else {
            return Fetch::Answered(Ok(Reloaded::Missing));
        };
        match basis.and_then(|basis| basis.version.as_ref()) {
            Some(version) => match loader.reload(name, version) {
                Load::Ready(answer) => Fetch::Answered(answer),
                Load::Later(answer) => Fetch::Again(answer),
            },
            None => match loader.load(name) {
                Load::Ready(answer) => Fetch::Answered(answer.map(Reloaded::from)),
                Load::Later(answer) => Fetch::First(answer),
            },
        }
    }

    /// Asks the loader for the names of its templates.
    pub(crate) fn list(&self) -> Load<Vec<String>> {
        match &self.loader {
            Some(loader) => loader.list(),
            None => Load::Ready(Ok(Vec::new())),
        }
    }

    /// Compiles a template.
    pub(crate) fn compile(&self, name: &str, source: &str) -> Result<Arc<Program>, Error> {
        let origin = origin(name, source)?;
        let tree = syntax::parse(&origin, &self.syntax)?;
        let options = self.compile_options(name);
        compiler::compile(&tree, Arc::clone(&origin), &options, &self.registry).map(Arc::new)
    }

    /// Compiles an expression.
    pub(crate) fn compile_expression(&self, source: &str) -> Result<Arc<Program>, Error> {
        let origin = origin("<expression>", source)?;
        let (tree, expression) = syntax::parse_expression(&origin, &self.syntax)?;
        let options = self.compile_options("<expression>");
        compiler::compile_expression(
            &tree,
            expression,
            Arc::clone(&origin),
            &options,
            &self.registry,
        )
        .map(Arc::new)
    }

    /// All errors of a text as a template: of its syntax, or else the first that compiling meets.
    pub(crate) fn check(&self, name: &str, source: &str) -> Vec<Error> {
        let origin = match origin(name, source) {
            Ok(origin) => origin,
            Err(error) => return vec![error],
        };
        let (tree, errors) = syntax::parse_recovering(&origin, &self.syntax);
        if !errors.is_empty() {
            return errors;
        }
        let options = self.compile_options(name);
        let compiled = compiler::compile(&tree, Arc::clone(&origin), &options, &self.registry);
        compiled.err().into_iter().collect()
    }

    fn compile_options(&self, name: &str) -> CompileOptions {
        CompileOptions {
            auto_escape: self.auto_escape.applies_to(name),
            auto_await: self.auto_await,
            concurrency: self.concurrency,
            undefined_policy: self.undefined,
            newline: self.syntax.whitespace.newline_sequence.as_str(),
            shortcuts: true,
        }
    }

    /// The error for a template that nobody knows.
    #[cold]
    pub(crate) fn not_found(&self, name: &str) -> Error {
        let searched = match (&self.loader, self.templates.is_empty()) {
            (Some(_), true) => "the loader does not know it",
            (Some(_), false) => "it was not added, and the loader does not know it",
            (None, false) => "it was not added, and there is no loader",
            (None, true) => "no template was added, and there is no loader",
        };
        HostFault::not_found(name, searched, self.templates.keys().map(ArcStr::as_str))
    }
}

pub(super) fn origin(name: &str, source: &str) -> Result<Arc<Origin>, Error> {
    if u32::try_from(source.len()).is_err() {
        return Err(HostFault::TooLong {
            length: source.len(),
        }
        .into());
    }
    Ok(Arc::new(Origin {
        name: ArcStr::from(name),
        text: ArcStr::from(source),
    }))
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("syntax", &self.syntax)
            .field("auto_escape", &self.auto_escape)
            .field("undefined", &self.undefined)
            .field("auto_await", &self.auto_await)
            .field("registry", &self.registry)
            .field("limits", &self.limits)
            .field("templates", &self.templates.len())
            .field("loader", &self.loader.is_some())
            .finish_non_exhaustive()
    }
}

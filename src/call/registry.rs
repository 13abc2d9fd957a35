//! The filters, tests, globals and methods that an environment knows.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::call::typed::{Asynchronous, Synchronous};
use crate::call::{
    Builtin, CallContext, Function, IntoAsyncFunction, IntoFunction, Methods, NativeFunction,
    Policies, Translating, UndefinedHook,
};
use crate::value::{Symbol, Value};

/// Makes a global for a render.
pub(crate) type MakeGlobal = dyn Fn(&CallContext<'_>) -> Value + Send + Sync;

/// What names mean; cheap to clone, and copied when a shared one is changed.
#[derive(Clone, Default)]
pub(crate) struct Registry(Arc<Tables>);

#[derive(Clone, Default)]
struct Tables {
    filters: HashMap<ArcStr, Arc<dyn Function>, foldhash::fast::FixedState>,
    tests: HashMap<ArcStr, Arc<dyn Function>, foldhash::fast::FixedState>,
    globals: HashMap<ArcStr, Value, foldhash::fast::FixedState>,
    /// Globals that each render makes for itself; no name is in both tables.
    lazy_globals: HashMap<ArcStr, Arc<MakeGlobal>, foldhash::fast::FixedState>,
    methods: Option<&'static Methods>,
    translating: Translating,
    policies: Policies,
    /// Whether the filters that give generators in Jinja2 do here.
    generators: bool,
    /// What every value goes through before it is printed.
    finalize: Option<Arc<dyn Function>>,
    tags: HashMap<ArcStr, Arc<dyn Function>, foldhash::fast::FixedState>,
    undefined_hook: Option<UndefinedHook>,
}

impl Registry {
    /// A registry that knows nothing.
    pub(crate) fn new() -> Self {
        Registry::default()
    }

    /// The filter called `name`.
    pub(crate) fn filter(&self, name: &str) -> Option<&Arc<dyn Function>> {
        self.0.filters.get(name)
    }

    /// The test called `name`.
    pub(crate) fn test(&self, name: &str) -> Option<&Arc<dyn Function>> {
        self.0.tests.get(name)
    }

    /// The global called `name`.
    pub(crate) fn global(&self, name: &str) -> Option<&Value> {
        self.0.globals.get(name)
    }

    /// What makes the global called `name` for a render, if it is not the same for all.
    pub(crate) fn lazy_global(&self, name: &str) -> Option<&MakeGlobal> {
        if self.0.lazy_globals.is_empty() {
            return None;
        }
        self.0.lazy_globals.get(name).map(|make| &**make)
    }

    /// The names of the globals that each render makes for itself.
    pub(crate) fn lazy_global_names(&self) -> impl Iterator<Item = &str> {
        self.0.lazy_globals.keys().map(ArcStr::as_str)
    }

    /// Whether there is a global called `name`.
    pub(crate) fn has_global(&self, name: &str) -> bool {
        self.0.globals.contains_key(name) || self.0.lazy_globals.contains_key(name)
    }

    /// The names of all globals, in no order.
    pub(crate) fn global_names(&self) -> impl Iterator<Item = &str> {
        let names = self.0.globals.keys().map(ArcStr::as_str);
        names.chain(self.lazy_global_names())
    }

    /// The method `name` of the type of `receiver`.
    #[inline]
    pub(crate) fn method(&self, receiver: &Value, name: &Symbol) -> Option<&'static Builtin> {
        self.0.methods?.find(receiver, name)
    }

    /// The names of all filters, in no order.
    pub(crate) fn filter_names(&self) -> impl Iterator<Item = &str> {
        self.0.filters.keys().map(ArcStr::as_str)
    }

    /// The names of all tests, in no order.
    pub(crate) fn test_names(&self) -> impl Iterator<Item = &str> {
        self.0.tests.keys().map(ArcStr::as_str)
    }

    /// All globals that are the same for all renders, in no order.
    pub(crate) fn globals(&self) -> impl Iterator<Item = (&ArcStr, &Value)> {
        self.0.globals.iter()
    }

    /// Registers a filter from a closure.
    pub(crate) fn add_filter<A: 'static>(
        &mut self,
        name: impl Into<ArcStr>,
        filter: impl IntoFunction<A>,
    ) {
        self.set_filter(name, Arc::new(Synchronous::new(filter)));
    }

    /// Registers a filter from an async closure.
    pub(crate) fn add_async_filter<A: 'static>(
        &mut self,
        name: impl Into<ArcStr>,
        filter: impl IntoAsyncFunction<A>,
    ) {
        let name = name.into();
        self.set_filter(name.clone(), Arc::new(Asynchronous::new(name, filter)));
    }

    /// Registers a test from a closure.
    pub(crate) fn add_test<A: 'static>(
        &mut self,
        name: impl Into<ArcStr>,
        test: impl IntoFunction<A>,
    ) {
        self.set_test(name, Arc::new(Synchronous::new(test)));
    }

    /// Registers a test from an async closure.
    pub(crate) fn add_async_test<A: 'static>(
        &mut self,
        name: impl Into<ArcStr>,
        test: impl IntoAsyncFunction<A>,
    ) {
        let name = name.into();
        self.set_test(name.clone(), Arc::new(Asynchronous::new(name, test)));
    }

    /// Registers a global function from a closure.
    pub(crate) fn add_function<A: 'static>(
        &mut self,
        name: impl Into<ArcStr>,
        function: impl IntoFunction<A>,
    ) {
        self.set_function(name, Arc::new(Synchronous::new(function)));
    }

    /// Registers a global function from an async closure.
    pub(crate) fn add_async_function<A: 'static>(
        &mut self,
        name: impl Into<ArcStr>,
        function: impl IntoAsyncFunction<A>,
    ) {
        let name = name.into();
        self.set_function(name.clone(), Arc::new(Asynchronous::new(name, function)));
    }

    /// Registers a filter.
    pub(crate) fn set_filter(&mut self, name: impl Into<ArcStr>, filter: Arc<dyn Function>) {
        self.tables().filters.insert(name.into(), filter);
    }

    /// Registers a test.
    pub(crate) fn set_test(&mut self, name: impl Into<ArcStr>, test: Arc<dyn Function>) {
        self.tables().tests.insert(name.into(), test);
    }

    /// Registers a global function.
    pub(crate) fn set_function(&mut self, name: impl Into<ArcStr>, function: Arc<dyn Function>) {
        let name = name.into();
        let value = NativeFunction::value(name.clone(), function);
        self.set_global(name, value);
    }

    /// Sets a global to any value.
    pub(crate) fn set_global(&mut self, name: impl Into<ArcStr>, value: Value) {
        let name = name.into();
        let tables = self.tables();
        tables.lazy_globals.remove(&name);
        tables.globals.insert(name, value);
    }

    /// Registers a global that each render makes for itself.
    pub(crate) fn set_lazy_global(&mut self, name: ArcStr, make: Arc<MakeGlobal>) {
        let tables = self.tables();
        tables.globals.remove(&name);
        tables.lazy_globals.insert(name, make);
    }

    /// Sets the methods of all types.
    pub(crate) fn set_methods(&mut self, methods: &'static Methods) {
        self.tables().methods = Some(methods);
    }

    /// Forgets a filter and says whether it was known.
    pub(crate) fn remove_filter(&mut self, name: &str) -> bool {
        self.tables().filters.remove(name).is_some()
    }

    /// Forgets a test and says whether it was known.
    pub(crate) fn remove_test(&mut self, name: &str) -> bool {
        self.tables().tests.remove(name).is_some()
    }

    /// Forgets a global and says whether it was known.
    pub(crate) fn remove_global(&mut self, name: &str) -> bool {
        let tables = self.tables();
        tables.globals.remove(name).is_some() || tables.lazy_globals.remove(name).is_some()
    }

    /// What every value goes through before it is printed.
    pub(crate) fn finalize(&self) -> Option<&Arc<dyn Function>> {
        self.0.finalize.as_ref()
    }

    /// Registers what every value goes through before it is printed.
    pub(crate) fn set_finalize(&mut self, function: Arc<dyn Function>) {
        self.tables().finalize = Some(function);
    }

    /// Registers the same from a closure.
    pub(crate) fn add_finalize<A: 'static>(&mut self, function: impl IntoFunction<A>) {
        self.set_finalize(Arc::new(Synchronous::new(function)));
    }

    /// Who hears of undefined values that are used.
    pub(crate) fn undefined_hook(&self) -> Option<&UndefinedHook> {
        self.0.undefined_hook.as_ref()
    }

    /// Says who hears of undefined values that are used.
    pub(crate) fn set_undefined_hook(&mut self, hook: UndefinedHook) {
        self.tables().undefined_hook = Some(hook);
    }

    /// What the tag called `name` does.
    pub(crate) fn tag(&self, name: &str) -> Option<&Arc<dyn Function>> {
        self.0.tags.get(name)
    }

    /// Registers a tag.
    pub(crate) fn set_tag(&mut self, name: ArcStr, function: Arc<dyn Function>) {
        self.tables().tags.insert(name, function);
    }

    /// What filters do where a template does not say.
    pub(crate) fn policies(&self) -> &Policies {
        &self.0.policies
    }

    /// Sets what filters do where a template does not say.
    pub(crate) fn set_policies(&mut self, policies: Policies) {
        self.tables().policies = policies;
    }

    /// Whether the filters that give generators in Jinja2 do here.
    pub(crate) fn generators(&self) -> bool {
        self.0.generators
    }

    /// Sets whether the filters that give generators in Jinja2 do here.
    pub(crate) fn set_generators(&mut self, on: bool) {
        self.tables().generators = on;
    }

    /// How messages are translated.
    pub(crate) fn translating(&self) -> &Translating {
        &self.0.translating
    }

    /// How messages are translated, to be changed.
    pub(crate) fn translating_mut(&mut self) -> &mut Translating {
        &mut self.tables().translating
    }

    fn tables(&mut self) -> &mut Tables {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("filters", &self.0.filters.len())
            .field("tests", &self.0.tests.len())
            .field("globals", &self.0.globals.len())
            .finish_non_exhaustive()
    }
}

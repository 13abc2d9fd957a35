//! The tables of a program while it is made, without doubles.

use arcstr::ArcStr;

use crate::bytecode::{
    BlockInfo, BranchSite, CallShape, CallSite, ImportSite, IncludeSite, LoopInfo, MacroInfo,
    NameId, Reference, ShapeId, WaitSite,
};
use crate::call::Registry;
use crate::compiler::scope::{Map, Set};
use crate::error::CompileFault;
use crate::value::{Symbol, Value};

/// The tables.
#[derive(Debug, Default)]
pub(super) struct Pools {
    pub(super) constants: Vec<Value>,
    pub(super) names: Vec<Symbol>,
    /// Whether dicts have a method of each name.
    dict_methods: Vec<bool>,
    registry: Registry,
    /// What the registry is asked about, to know which names are methods of dicts.
    empty_dict: Value,
    pub(super) shortcuts: bool,
    pub(super) texts: Vec<Box<str>>,
    pub(super) shapes: Vec<CallShape>,
    pub(super) call_sites: Vec<CallSite>,
    pub(super) loops: Vec<LoopInfo>,
    pub(super) branches: Vec<BranchSite>,
    pub(super) macros: Vec<MacroInfo>,
    pub(super) blocks: Vec<BlockInfo>,
    pub(super) includes: Vec<IncludeSite>,
    pub(super) imports: Vec<ImportSite>,
    pub(super) references: Vec<Reference>,
    pub(super) waits: Vec<WaitSite>,
    pub(super) context_names: Vec<NameId>,
    name_ids: Map<ArcStr, NameId>,
    text_ids: Map<Box<str>, u32>,
    constant_ids: Map<ConstantKey, u32>,
    shape_ids: Map<(u16, Vec<ArcStr>, bool), ShapeId>,
    known_context_names: Set<NameId>,
}

/// What makes two constants the same; `1`, `1.0` and `true` are not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ConstantKey {
    Bool(bool),
    Integer(i128),
    Float(u64),
    String(String),
}

impl Pools {
    /// Empty tables of a template that sees the methods of `registry`.
    pub(super) fn new(registry: &Registry, shortcuts: bool) -> Self {
        Pools {
            registry: registry.clone(),
            empty_dict: Value::map(crate::value::Map::new()),
            shortcuts,
            ..Pools::default()
        }
    }

    /// Whether dicts have a method of the name.
    pub(super) fn is_dict_method(&self, name: NameId) -> bool {
        self.dict_methods[name.0 as usize]
    }

    /// The id of a name.
    pub(super) fn name(&mut self, name: &str) -> NameId {
        if let Some(id) = self.name_ids.get(name) {
            return *id;
        }
        let id = NameId(self.names.len() as u32);
        let name = ArcStr::from(name);
        let symbol = Symbol::new(name.clone());
        self.dict_methods
            .push(self.registry.method(&self.empty_dict, &symbol).is_some());
        self.names.push(symbol);
        self.name_ids.insert(name, id);
        id
    }

    /// The id of a name that is read from the context.
    pub(super) fn context_name(&mut self, name: &str) -> NameId {
        let id = self.name(name);
        if self.known_context_names.insert(id) {
            self.context_names.push(id);
        }
        id
    }

    /// The id of a text.
    pub(super) fn text(&mut self, text: &str) -> u32 {
        // Long texts are hardly ever the same.
        let is_shared = text.len() <= 64;
        if is_shared && let Some(id) = self.text_ids.get(text) {
            return *id;
        }
        let id = self.texts.len() as u32;
        self.texts.push(text.into());
        if is_shared {
            self.text_ids.insert(text.into(), id);
        }
        id
    }

    /// The id of a constant; one without a key is not compared with others.
    pub(super) fn constant(&mut self, key: Option<ConstantKey>, value: Value) -> u32 {
        if let Some(key) = &key
            && let Some(id) = self.constant_ids.get(key)
        {
            return *id;
        }
        let id = self.constants.len() as u32;
        self.constants.push(value);
        if let Some(key) = key {
            self.constant_ids.insert(key, id);
        }
        id
    }

    /// The id of a call shape.
    pub(super) fn shape(
        &mut self,
        positional: u16,
        keywords: Vec<ArcStr>,
        spread: bool,
    ) -> Result<ShapeId, CompileFault> {
        let key = (positional, keywords, spread);
        if let Some(id) = self.shape_ids.get(&key) {
            return Ok(*id);
        }
        let most = u16::MAX;
        let id = u16::try_from(self.shapes.len()).map_err(|_| CompileFault::TooMany {
            what: "calls with different keywords",
            most: u64::from(most),
        })?;
        self.shapes.push(CallShape {
            positional,
            keywords: key.1.clone(),
            spread,
        });
        self.shape_ids.insert(key, ShapeId(id));
        Ok(ShapeId(id))
    }
}

/// Adds to a table and gives the index.
pub(super) fn add<T>(table: &mut Vec<T>, entry: T) -> u32 {
    table.push(entry);
    table.len() as u32 - 1
}

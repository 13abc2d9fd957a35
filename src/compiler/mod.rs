//! From a tree to a [`Program`].
//!
//! First [`symbols`] finds all scopes and variables, so that it is known where each lives
//! ([`scope`]); then one walk over the tree makes the code, unit by unit ([`emitter`]), and fills the
//! program's tables ([`pools`]). The tree's depth is bounded by the parser, so both recurse.

mod activation;
mod arguments;
mod branch_slots;
mod calls;
mod deferred;
mod effects;
mod emitter;
mod expression;
mod fold;
mod fragments;
mod handlers;
mod inheritance;
mod loops;
mod macros;
mod names;
mod operators;
mod order;
mod own;
mod parallel;
mod patterns;
mod pools;
mod scope;
#[cfg(test)]
mod shortcut_tests;
mod specials;
mod statement;
mod symbols;
#[cfg(test)]
mod tests;
mod translations;
mod variables;
mod waits;
mod walk;

use std::sync::Arc;

use crate::bytecode::{Instruction, Label, Program, Unit, UnitKind};
use crate::call::Registry;
use crate::compiler::activation::Activation;
use crate::compiler::emitter::UnitCode;
use crate::compiler::pools::Pools;
use crate::compiler::scope::{MAIN, Map, ScopeId, Scopes, UnitId};
use crate::compiler::symbols::Located;
use crate::error::Error;
use crate::source::{Origin, Place, Span};
use crate::syntax::ast::{ExprId, StmtId, Tree};
use crate::value::UndefinedPolicy;

/// What a program is compiled for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompileOptions {
    /// Whether output is escaped where no `autoescape` block says otherwise.
    pub(crate) auto_escape: bool,
    /// Whether a future is awaited wherever its result is needed.
    pub(crate) auto_await: bool,
    pub(crate) undefined_policy: UndefinedPolicy,
    /// Whether the template and its blocks are parallel blocks, of so many branches at once.
    pub(crate) concurrency: Option<usize>,
    /// What filters break lines with.
    pub(crate) newline: &'static str,
    /// Whether shortcuts are put before the instructions that they stand for.
    pub(crate) shortcuts: bool,
}

/// Compiles a template.
///
/// # Errors
/// What parses but means nothing, with its place: kinds `Compile`, `UnknownFilter`, `UnknownTest`.
pub(crate) fn compile(
    tree: &Tree<'_>,
    origin: Arc<Origin>,
    options: &CompileOptions,
    registry: &Registry,
) -> Result<Program, Error> {
    let result = Compiler::new(tree, *options, registry, None).and_then(Compiler::template);
    finish(result, origin)
}

/// Compiles one expression: the program's first unit leaves its value on the stack.
///
/// # Errors
/// As [`compile`].
pub(crate) fn compile_expression(
    tree: &Tree<'_>,
    expression: ExprId,
    origin: Arc<Origin>,
    options: &CompileOptions,
    registry: &Registry,
) -> Result<Program, Error> {
    let result = Compiler::new(tree, *options, registry, Some(expression))
        .and_then(|compiler| compiler.expression_unit(expression));
    finish(result, origin)
}

fn finish(result: Located<Parts>, origin: Arc<Origin>) -> Result<Program, Error> {
    match result {
        Ok(parts) => {
            let program = parts.link(origin);
            debug_assert_eq!(program.verify(), Ok(()), "{program}");
            Ok(program)
        }
        Err((fault, span)) => {
            let place = Place { origin, span };
            Err(Error::from(fault).or_at(|| place))
        }
    }
}

/// The state of a compilation.
struct Compiler<'t, 'src> {
    tree: &'t Tree<'src>,
    options: CompileOptions,
    registry: &'t Registry,
    scopes: Scopes<'src>,
    pools: Pools,
    folded: fold::Folded,
    /// Where each block is in the program's blocks.
    block_indices: Map<StmtId, u32>,
    /// The finished units, by id.
    units: Vec<Option<FinishedUnit>>,
    /// The unit that is being made.
    now: Activation,
    /// Whether the template extends another, as far as the code so far goes.
    extended: Extended,
}

/// Whether a template extends another by some point of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extended {
    No,
    /// An `extends` in a branch may have run.
    Maybe,
    Yes,
}

struct FinishedUnit {
    name: arcstr::ArcStr,
    code: UnitCode,
}

/// All parts of a program.
struct Parts {
    options: CompileOptions,
    pools: Pools,
    units: Vec<(FinishedUnit, UnitKind, u16, u16)>,
}

impl<'t, 'src> Compiler<'t, 'src> {
    fn new(
        tree: &'t Tree<'src>,
        options: CompileOptions,
        registry: &'t Registry,
        expression: Option<ExprId>,
    ) -> Located<Self> {
        let scopes = symbols::analyze(tree, expression)?;
        Ok(Compiler {
            tree,
            options,
            registry,
            units: scopes.units.iter().map(|_| None).collect(),
            scopes,
            pools: Pools::new(registry, options.shortcuts),
            folded: fold::Folded::default(),
            block_indices: Map::default(),
            now: Activation::new(MAIN, ScopeId(0), 0, Some(options.auto_escape)),
            extended: Extended::No,
        })
    }

    fn template(mut self) -> Located<Parts> {
        self.declare_blocks()?;
        self.now.guards_output = true;
        let tree = self.tree;
        let nodes = tree.statements.len() + tree.expressions.len();
        self.now.emitter.reserve(nodes);
        self.enter_scope(ScopeId(0))?;
        self.whole_body(tree.body)?;
        self.end_unit("")?;
        self.blocks()?;
        Ok(self.parts())
    }

    fn expression_unit(mut self, expression: ExprId) -> Located<Parts> {
        self.enter_scope(ScopeId(0))?;
        self.expression(expression)?;
        self.end_unit("")?;
        Ok(self.parts())
    }

    /// Begins another unit; gives what to go back to.
    fn begin_unit(&mut self, unit: UnitId, scope: ScopeId, depth: usize) -> Activation {
        let escape = self.now.escape;
        std::mem::replace(&mut self.now, Activation::new(unit, scope, depth, escape))
    }

    /// Ends the unit that is being made.
    fn end_unit(&mut self, name: &str) -> Located<()> {
        let emitter = std::mem::take(&mut self.now.emitter);
        let code = emitter
            .finish(self.now.span, &mut self.pools)
            .map_err(|fault| (fault, self.now.span))?;
        self.units[self.now.unit.0 as usize] = Some(FinishedUnit {
            name: name.into(),
            code,
        });
        Ok(())
    }

    fn parts(mut self) -> Parts {
        self.pools.waits.sort_by_key(|wait| wait.span.start);
        let scopes = self.scopes;
        let units = self
            .units
            .into_iter()
            .zip(&scopes.units)
            .map(|(finished, unit)| {
                let finished = finished.expect("every unit of the scope pass is compiled");
                let slots = scopes.unit(unit.slot_owner).slots as u16;
                (finished, unit.kind, slots, unit.cells as u16)
            })
            .collect();
        Parts {
            options: self.options,
            pools: self.pools,
            units,
        }
    }
}

impl Parts {
    /// Puts the units after each other.
    fn link(self, origin: Arc<Origin>) -> Program {
        let mut code: Vec<Instruction> = Vec::new();
        let mut spans: Vec<(Label, Span)> = Vec::new();
        let mut units = Vec::new();
        for (finished, kind, slots, cells) in self.units {
            let start = code.len() as u32;
            if code.is_empty() {
                // The template itself, which is most of most programs.
                code = finished.code.code;
                spans = finished.code.spans;
            } else {
                code.extend(finished.code.code.into_iter().map(|mut instruction| {
                    if let Some(target) = instruction.target_mut() {
                        target.0 += start;
                    }
                    instruction
                }));
                let unit_spans = finished.code.spans.into_iter();
                spans.extend(unit_spans.map(|(label, span)| (Label(label.0 + start), span)));
            }
            units.push(Unit {
                kind,
                name: finished.name,
                entry: Label(start),
                end: Label(code.len() as u32),
                slots,
                cells,
                stack: finished.code.stack,
            });
        }
        code.shrink_to_fit();
        spans.shrink_to_fit();
        let blocks = self.pools.blocks;
        let mut block_order: Vec<u32> = (0..blocks.len() as u32).collect();
        block_order.sort_unstable_by_key(|index| &blocks[*index as usize].name);
        Program {
            origin,
            code,
            spans,
            units,
            constants: self.pools.constants,
            names: self.pools.names,
            texts: self.pools.texts,
            shapes: self.pools.shapes,
            call_sites: self.pools.call_sites,
            loops: self.pools.loops,
            branches: self.pools.branches,
            macros: self.pools.macros,
            block_order,
            blocks,
            includes: self.pools.includes,
            imports: self.pools.imports,
            auto_escape: self.options.auto_escape,
            auto_await: self.options.auto_await,
            undefined_policy: self.options.undefined_policy,
            newline: self.options.newline,
            references: self.pools.references,
            waits: self.pools.waits,
            context_names: self.pools.context_names,
        }
    }
}

//! Macros and `call` blocks.

use arcstr::ArcStr;

use crate::bytecode::{Instruction, MacroInfo, Slot, Variable};
use crate::compiler::scope::{Home, Initial, Part, ScopeId};
use crate::compiler::symbols::Located;
use crate::compiler::{Compiler, pools, specials};
use crate::syntax::ast::{Body, ExprId, ExprKind, Parameter, StmtId, StmtKind};

/// The keyword under which a `call` block passes its body.
const CALLER: &str = "caller";

impl<'src> Compiler<'_, 'src> {
    /// Compiles a macro's unit and gives its place in the program's macros.
    pub(super) fn macro_unit(
        &mut self,
        id: StmtId,
        name: &str,
        parameters: &[Parameter<'src>],
        body: Body,
    ) -> Located<u32> {
        let unit = self.scopes.unit_of[&id];
        let scope = self.scopes.of(id, Part::Body);
        // The parser refuses parameters without default behind those that have one.
        let first_default = parameters
            .iter()
            .position(|parameter| parameter.default.is_some())
            .unwrap_or(parameters.len());
        let uses = self.scopes.specials[&id];
        let special = |index: usize| {
            uses[index].then(|| self.parameter_slot(parameters, specials::NAMES[index], uses))
        };
        let caller = special(specials::CALLER);
        // Parameters that are called so are ordinary ones.
        let explicit = |name: &str| parameters.iter().any(|p| p.name.text == name);
        let varargs = special(specials::VARARGS).filter(|_| !explicit("varargs"));
        let kwargs = special(specials::KWARGS).filter(|_| !explicit("kwargs"));
        let info = MacroInfo {
            name: name.into(),
            is_caller: matches!(
                self.tree.stmt(id).kind,
                StmtKind::CallBlock { .. } | StmtKind::OwnPart(_)
            ),
            unit: unit.0,
            parameters: parameters.iter().map(|p| p.name.text.into()).collect(),
            first_default: self.small(first_default, "parameters", self.now.span)?,
            caller,
            varargs,
            kwargs,
        };
        let definition = pools::add(&mut self.pools.macros, info);
        let span = self.now.span;
        let branches = self.now.branches;
        let outer = self.begin_unit(unit, scope, 0);
        self.now.span = span;
        self.now.branches = branches;
        self.enter_scope(scope)?;
        self.parameters(scope, parameters)?;
        self.body(body)?;
        self.end_unit(name)?;
        self.now = outer;
        Ok(definition)
    }

    /// The slot of a parameter or of a special name: in the order the scope pass has declared them.
    fn parameter_slot(&self, parameters: &[Parameter<'src>], name: &str, uses: [bool; 3]) -> Slot {
        let position = parameters.iter().position(|p| p.name.text == name);
        let position = position.unwrap_or_else(|| {
            let before = specials::NAMES.iter().zip(uses);
            let before = before.take_while(|(known, _)| **known != name);
            let implicit = before.filter(|(known, used)| {
                *used && !parameters.iter().any(|p| p.name.text == **known)
            });
            parameters.len() + implicit.count()
        });
        Slot(position as u16)
    }

    /// Moves captured parameters to their cells, and gives those that were left out their defaults.
    fn parameters(&mut self, scope: ScopeId, parameters: &[Parameter<'src>]) -> Located<()> {
        let span = self.now.span;
        let declared = self.scopes.scope(scope).variables.clone();
        let specials = declared
            .iter()
            .take_while(|id| self.scopes.variable(**id).initial == Initial::Parameter)
            .count();
        for (index, id) in declared[..specials].iter().enumerate() {
            if let Home::Cell(cell) = self.scopes.variable(*id).home {
                let from = Variable::slot(Slot(index as u16));
                let to = Variable::cell(cell);
                self.emit(Instruction::Move { from, to }, span);
            }
        }
        for (index, parameter) in parameters.iter().enumerate() {
            let Some(default) = parameter.default else {
                continue;
            };
            let given = self.mark();
            let slot = Slot(index as u16);
            self.jump(
                |label| Instruction::JumpIfSet(slot, label),
                given,
                parameter.name.span,
            );
            self.expression(default)?;
            self.store_name(parameter.name);
            self.bind(given);
        }
        Ok(())
    }

    pub(super) fn call_block(
        &mut self,
        id: StmtId,
        parameters: &[Parameter<'src>],
        call: ExprId,
        body: Body,
    ) -> Located<()> {
        let tree = self.tree;
        let span = tree.expr(call).span;
        let ExprKind::Chain { base, steps } = &tree.expr(call).kind else {
            unreachable!("the parser refuses `call` blocks without a call");
        };
        let caller = self.macro_unit(id, "caller", parameters, body)?;
        self.chain(*base, &tree[*steps], &[(ArcStr::from(CALLER), caller)])?;
        self.emit(Instruction::MarkSafe, span);
        self.emit(Instruction::EmitValue, span);
        Ok(())
    }
}

//! Expressions: literals, collections, conditions; each leaves one value on the stack.

use crate::bytecode::Instruction;
use crate::compiler::Compiler;
use crate::compiler::emitter::Mark;
use crate::compiler::symbols::Located;
use crate::source::Span;
use crate::syntax::ast::{ConditionalArm, Element, Entry, ExprId, ExprKind};

/// How many values of a literal are on the stack at once; what is left is added to the collection.
const PIECE: usize = 128;

impl<'src> Compiler<'_, 'src> {
    /// Compiles an expression.
    pub(super) fn expression(&mut self, id: ExprId) -> Located<()> {
        let tree = self.tree;
        let expression = tree.expr(id);
        let span = expression.span;
        if self.constant(id, span) {
            return Ok(());
        }
        match &expression.kind {
            ExprKind::Name(name) => self.load_name(name, span),
            // Constants that could not be computed ahead fail, or are large, when they run.
            ExprKind::None
            | ExprKind::Bool(_)
            | ExprKind::Integer(_)
            | ExprKind::BigInteger(_)
            | ExprKind::Float(_)
            | ExprKind::String(_) => unreachable!("literals are constants"),
            ExprKind::List(elements) => self.list(&tree[*elements], span),
            ExprKind::Tuple(items) => {
                tree[*items]
                    .iter()
                    .try_for_each(|item| self.expression(*item))?;
                self.emit(Instruction::MakeTuple(items.len() as u32), span);
                Ok(())
            }
            ExprKind::Dict(entries) => self.dict(&tree[*entries], span),
            ExprKind::Comprehension(inner) => self.comprehension(id, &tree[*inner]),
            ExprKind::Range {
                start,
                end,
                step,
                inclusive,
            } => {
                self.expression(*start)?;
                self.expression(*end)?;
                step.iter().try_for_each(|step| self.expression(*step))?;
                let instruction = Instruction::MakeRange {
                    inclusive: *inclusive,
                    has_step: step.is_some(),
                };
                self.emit(instruction, span);
                Ok(())
            }
            ExprKind::Unary { operators, operand } => self.unary(&tree[*operators], *operand, span),
            ExprKind::Not { count, operand } => {
                self.expression(*operand)?;
                // Two negations in a row only make a boolean of it.
                for _ in 0..(2 - count % 2) {
                    self.emit(Instruction::Not, span);
                }
                Ok(())
            }
            ExprKind::Binary { first, rest } => self.binary(*first, &tree[*rest]),
            ExprKind::Concat(parts) => self.concat(&tree[*parts], span),
            ExprKind::And(parts) => {
                self.short_circuit(&tree[*parts], Instruction::JumpIfFalseOrPop)
            }
            ExprKind::Or(parts) => self.short_circuit(&tree[*parts], Instruction::JumpIfTrueOrPop),
            ExprKind::Coalesce(parts) => {
                self.short_circuit(&tree[*parts], Instruction::JumpIfValueOrPop)
            }
            ExprKind::Compare { first, rest } => self.compare(*first, &tree[*rest]),
            ExprKind::Conditional { arms, otherwise } => {
                self.conditional(&tree[*arms], *otherwise, span)
            }
            ExprKind::Chain { base, steps } => self.chain(*base, &tree[*steps], &[]),
            ExprKind::Await(operand) => {
                let construct = self.describe_await(*operand);
                self.note_wait(construct, span);
                self.expression(*operand)?;
                self.emit(Instruction::Await, span);
                Ok(())
            }
            ExprKind::Spawn(operand) => {
                let construct = self.describe_await(*operand).replacen("await", "spawn", 1);
                self.note_wait(construct, span);
                self.expression(*operand)?;
                self.emit(Instruction::StartTask, span);
                Ok(())
            }
        }
    }

    fn list(&mut self, elements: &[Element], span: Span) -> Located<()> {
        let mut made = false;
        let mut rest = elements;
        while !rest.is_empty() || !made {
            let plain = rest
                .iter()
                .take(PIECE)
                .take_while(|element| matches!(element, Element::Item(_)))
                .count();
            for element in &rest[..plain] {
                let (Element::Item(item) | Element::Spread(item)) = element;
                self.expression(*item)?;
            }
            if !made || plain > 0 {
                self.emit(Instruction::MakeList(plain as u32), span);
            }
            if made && plain > 0 {
                self.emit(Instruction::ExtendList, span);
            }
            made = true;
            rest = &rest[plain..];
            if let Some(Element::Spread(items)) = rest.first() {
                self.expression(*items)?;
                self.emit(Instruction::ExtendList, self.tree.expr(*items).span);
                rest = &rest[1..];
            }
        }
        Ok(())
    }

    fn dict(&mut self, entries: &[Entry], span: Span) -> Located<()> {
        let plain = entries
            .iter()
            .take(PIECE)
            .take_while(|entry| matches!(entry, Entry::Pair(..)))
            .count();
        for entry in &entries[..plain] {
            if let Entry::Pair(key, value) = entry {
                self.expression(*key)?;
                self.expression(*value)?;
            }
        }
        self.emit(Instruction::MakeMap(plain as u32), span);
        for entry in &entries[plain..] {
            match entry {
                Entry::Pair(key, value) => {
                    self.expression(*key)?;
                    self.expression(*value)?;
                    self.emit(Instruction::InsertMap, self.tree.expr(*key).span);
                }
                Entry::Spread(map) => {
                    self.expression(*map)?;
                    self.emit(Instruction::ExtendMap, self.tree.expr(*map).span);
                }
            }
        }
        Ok(())
    }

    fn concat(&mut self, parts: &[ExprId], span: Span) -> Located<()> {
        let mut on_stack = 0;
        for part in parts {
            if on_stack == PIECE {
                self.emit(Instruction::Concat(on_stack as u32), span);
                on_stack = 1;
            }
            self.expression(*part)?;
            on_stack += 1;
        }
        self.emit(Instruction::Concat(on_stack as u32), span);
        Ok(())
    }

    /// Operands of which the first that decides is the result.
    fn short_circuit(
        &mut self,
        parts: &[ExprId],
        decide: fn(crate::bytecode::Label) -> Instruction,
    ) -> Located<()> {
        let end = self.mark();
        let Some((last, others)) = parts.split_last() else {
            return Ok(());
        };
        for part in others {
            self.expression(*part)?;
            self.jump(decide, end, self.tree.expr(*part).span);
        }
        self.expression(*last)?;
        self.bind(end);
        Ok(())
    }

    fn conditional(
        &mut self,
        arms: &[ConditionalArm],
        otherwise: Option<ExprId>,
        span: Span,
    ) -> Located<()> {
        let end = self.mark();
        let depth = self.now.emitter.depth();
        self.branch(|compiler| {
            for arm in arms {
                let next = compiler.mark();
                compiler.jump_if_false(arm.condition, next)?;
                compiler.expression(arm.value)?;
                compiler.jump(Instruction::Jump, end, span);
                compiler.bind(next);
                debug_assert_eq!(compiler.now.emitter.depth(), depth);
            }
            match otherwise {
                Some(value) => compiler.expression(value),
                None => {
                    compiler.emit(Instruction::LoadUndefined, span);
                    Ok(())
                }
            }
        })?;
        self.bind(end);
        Ok(())
    }

    /// Goes to the mark if the condition does not hold.
    pub(super) fn jump_if_false(&mut self, condition: ExprId, mark: Mark) -> Located<()> {
        self.jump_on(condition, mark, false)
    }

    /// Goes to the mark if the condition holds.
    pub(super) fn jump_if_true(&mut self, condition: ExprId, mark: Mark) -> Located<()> {
        self.jump_on(condition, mark, true)
    }

    fn jump_on(&mut self, condition: ExprId, mark: Mark, wanted: bool) -> Located<()> {
        let tree = self.tree;
        let expression = tree.expr(condition);
        match &expression.kind {
            ExprKind::Not { count, operand } => {
                self.jump_on(*operand, mark, wanted ^ (count % 2 == 1))
            }
            // The first operand that decides the other way already decides the whole.
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                let decides = matches!(expression.kind, ExprKind::Or(_));
                let parts = &tree[*parts];
                let Some((last, others)) = parts.split_last() else {
                    return Ok(());
                };
                if decides == wanted {
                    parts
                        .iter()
                        .try_for_each(|part| self.jump_on(*part, mark, wanted))
                } else {
                    let past = self.mark();
                    for part in others {
                        self.jump_on(*part, past, decides)?;
                    }
                    self.jump_on(*last, mark, wanted)?;
                    self.bind(past);
                    Ok(())
                }
            }
            _ => {
                self.expression(condition)?;
                let instruction = if wanted {
                    Instruction::JumpIfTrue
                } else {
                    Instruction::JumpIfFalse
                };
                self.jump(instruction, mark, expression.span);
                Ok(())
            }
        }
    }
}

//! `match`: patterns as code that jumps where a value does not fit.

use crate::bytecode::{CompareOperator, Instruction};
use crate::compiler::Compiler;
use crate::compiler::emitter::Mark;
use crate::compiler::scope::{Map, Part};
use crate::compiler::symbols::Located;
use crate::error::CompileFault;
use crate::source::Span;
use crate::syntax::Id;
use crate::syntax::ast::{ExprId, MatchCase, Name, Pattern, StmtId, Tree};

/// Where a pattern goes when it does not fit: by how many values are above the subject then.
struct Ladder {
    /// How many values are on the stack when none is above the subject.
    base: usize,
    rungs: Vec<Mark>,
}

impl<'src> Compiler<'_, 'src> {
    pub(super) fn match_statement(
        &mut self,
        id: StmtId,
        subject: ExprId,
        cases: &[MatchCase<'src>],
    ) -> Located<()> {
        let span = self.now.span;
        let outer = self.now.scope;
        self.expression(subject)?;
        let end = self.mark();
        for (index, case) in cases.iter().enumerate() {
            bound_names(self.tree, case.pattern)?;
            self.now.scope = self.scopes.of(id, Part::Case(index as u32));
            let mut ladder = self.ladder();
            self.emit(Instruction::Duplicate, span);
            self.pattern(case.pattern, &mut ladder, span)?;
            if let Some(guard) = case.guard {
                let rung = self.rung(&mut ladder, 0);
                self.jump_if_false(guard, rung)?;
            }
            self.emit(Instruction::Discard, span);
            self.branch(|compiler| compiler.body(case.body))?;
            self.now.span = span;
            self.jump(Instruction::Jump, end, span);
            self.descend(ladder, span);
        }
        self.emit(Instruction::Discard, span);
        self.bind(end);
        self.now.scope = outer;
        Ok(())
    }

    fn ladder(&self) -> Ladder {
        Ladder {
            base: self.now.emitter.depth(),
            rungs: Vec::new(),
        }
    }

    /// Where to go with so many values above the subject.
    fn rung(&mut self, ladder: &mut Ladder, above: usize) -> Mark {
        while ladder.rungs.len() <= above {
            let mark = self.mark();
            ladder.rungs.push(mark);
        }
        ladder.rungs[above]
    }

    /// Where to go if the next instruction does not fit, having taken `taken` values.
    fn miss(&mut self, ladder: &mut Ladder, taken: usize) -> Mark {
        let above = self
            .now
            .emitter
            .depth()
            .saturating_sub(taken)
            .saturating_sub(ladder.base);
        self.rung(ladder, above)
    }

    /// Drops what is above the subject.
    fn descend(&mut self, ladder: Ladder, span: Span) {
        for (above, mark) in ladder.rungs.into_iter().enumerate().rev() {
            self.bind(mark);
            if above > 0 {
                self.emit(Instruction::Discard, span);
            }
        }
    }

    /// Takes the value on the stack and binds what the pattern names, or goes down the ladder.
    fn pattern(
        &mut self,
        pattern: Id<Pattern<'src>>,
        ladder: &mut Ladder,
        span: Span,
    ) -> Located<()> {
        let tree = self.tree;
        match tree[pattern] {
            Pattern::Any => self.emit(Instruction::Discard, span),
            Pattern::Bind(name) => self.store_name(name),
            Pattern::Literal(literal) => {
                let span = tree.expr(literal).span;
                self.expression(literal)?;
                self.emit(Instruction::Compare(CompareOperator::Equal), span);
                let miss = self.miss(ladder, 1);
                self.jump(Instruction::JumpIfFalse, miss, span);
            }
            Pattern::Sequence { items, rest, span } => {
                let length = self.small(items.len(), "items in a pattern", span)?;
                let miss = self.miss(ladder, 1);
                self.jump(
                    |otherwise| Instruction::MatchSequence {
                        rest: rest.is_some(),
                        length,
                        otherwise,
                    },
                    miss,
                    span,
                );
                for item in &tree[items] {
                    self.pattern(*item, ladder, span)?;
                }
                match rest {
                    Some(Some(name)) => self.store_name(name),
                    Some(None) => self.emit(Instruction::Discard, span),
                    None => {}
                }
            }
            Pattern::Mapping {
                entries,
                rest,
                span,
            } => self.mapping(&tree[entries], rest, span, ladder)?,
            Pattern::Either(patterns) => self.either(&tree[patterns], ladder, span)?,
        }
        Ok(())
    }

    fn mapping(
        &mut self,
        entries: &[(ExprId, Id<Pattern<'src>>)],
        rest: Option<Name<'src>>,
        span: Span,
        ladder: &mut Ladder,
    ) -> Located<()> {
        let miss = self.miss(ladder, 0);
        self.jump(Instruction::MatchMapping, miss, span);
        for (key, item) in entries {
            let span = self.tree.expr(*key).span;
            let miss = self.miss(ladder, 0);
            self.expression(*key)?;
            self.jump(Instruction::MatchKey, miss, span);
            self.pattern(*item, ladder, span)?;
        }
        match rest {
            Some(name) => {
                for (key, _) in entries {
                    self.expression(*key)?;
                }
                self.emit(Instruction::WithoutKeys(entries.len() as u32), span);
                self.store_name(name);
            }
            None => self.emit(Instruction::Discard, span),
        }
        Ok(())
    }

    fn either(
        &mut self,
        patterns: &[Id<Pattern<'src>>],
        ladder: &mut Ladder,
        span: Span,
    ) -> Located<()> {
        let Some((last, others)) = patterns.split_last() else {
            return Ok(());
        };
        let fits = self.mark();
        for pattern in others {
            let mut own = self.ladder();
            self.emit(Instruction::Duplicate, span);
            self.pattern(*pattern, &mut own, span)?;
            self.emit(Instruction::Discard, span);
            self.jump(Instruction::Jump, fits, span);
            self.descend(own, span);
        }
        self.pattern(*last, ladder, span)?;
        self.bind(fits);
        Ok(())
    }
}

/// A pattern binds a name once, and its alternatives bind the same ones. Gives the names with a place.
fn bound_names<'src>(
    tree: &Tree<'src>,
    pattern: Id<Pattern<'src>>,
) -> Located<Map<&'src str, Span>> {
    let mut names = Map::default();
    match tree[pattern] {
        Pattern::Any | Pattern::Literal(_) => {}
        Pattern::Bind(name) => bind_once(&mut names, name.text, name.span)?,
        Pattern::Sequence { items, rest, .. } => {
            for item in &tree[items] {
                bind_all(tree, &mut names, *item)?;
            }
            if let Some(Some(name)) = rest {
                bind_once(&mut names, name.text, name.span)?;
            }
        }
        Pattern::Mapping { entries, rest, .. } => {
            for (_, item) in &tree[entries] {
                bind_all(tree, &mut names, *item)?;
            }
            if let Some(name) = rest {
                bind_once(&mut names, name.text, name.span)?;
            }
        }
        Pattern::Either(patterns) => {
            for (index, alternative) in tree[patterns].iter().enumerate() {
                let others = bound_names(tree, *alternative)?;
                if index == 0 {
                    names = others;
                    continue;
                }
                let missing = others.iter().find(|(name, _)| !names.contains_key(*name));
                let lost = names.iter().find(|(name, _)| !others.contains_key(*name));
                if let Some((name, span)) = missing.or(lost) {
                    let fault = CompileFault::UnevenAlternatives((*name).to_owned());
                    return Err((fault, *span));
                }
            }
        }
    }
    Ok(names)
}

fn bind_all<'src>(
    tree: &Tree<'src>,
    names: &mut Map<&'src str, Span>,
    item: Id<Pattern<'src>>,
) -> Located<()> {
    for (name, span) in bound_names(tree, item)? {
        bind_once(names, name, span)?;
    }
    Ok(())
}

fn bind_once<'src>(names: &mut Map<&'src str, Span>, name: &'src str, span: Span) -> Located<()> {
    match names.insert(name, span) {
        Some(_) => Err((CompileFault::BoundTwice(name.to_owned()), span)),
        None => Ok(()),
    }
}

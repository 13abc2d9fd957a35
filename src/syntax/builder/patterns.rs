//! Targets of assignments and patterns of `case`, whose depth is counted on the way up.

use crate::source::Span;
use crate::syntax::ast::{ExprId, Name, Pattern, Target};
use crate::syntax::builder::{AstBuilder, Growing, span};
use crate::syntax::{Id, List};

/// A target with its depth.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct TargetNode<'src> {
    pub(in crate::syntax) target: Id<Target<'src>>,
    pub(super) depth: u16,
}

/// A pattern with its depth.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct PatternNode<'src> {
    pub(super) pattern: Id<Pattern<'src>>,
    depth: u16,
}

/// A key of a mapping, and what its value is to fit.
pub(in crate::syntax) type PatternEntry<'src> = (ExprId, PatternNode<'src>);

impl<'src> AstBuilder<'src> {
    fn target(&mut self, target: Target<'src>, depth: u16) -> TargetNode<'src> {
        TargetNode {
            target: self.tree.lists.add(target),
            depth,
        }
    }

    pub(in crate::syntax) fn target_name(&mut self, name: Name<'src>) -> TargetNode<'src> {
        self.target(Target::Name(name), 1)
    }

    pub(in crate::syntax) fn target_attribute(
        &mut self,
        object: Name<'src>,
        attribute: Name<'src>,
    ) -> TargetNode<'src> {
        self.target(Target::Attribute { object, attribute }, 1)
    }

    pub(in crate::syntax) fn target_tuple_of_one(
        &mut self,
        l: u32,
        item: TargetNode<'src>,
        r: u32,
    ) -> TargetNode<'src> {
        let items = self.open_with(item);
        self.target_tuple(l, items, r)
    }

    pub(in crate::syntax) fn target_tuple(
        &mut self,
        l: u32,
        items: Growing<TargetNode<'src>>,
        r: u32,
    ) -> TargetNode<'src> {
        let items = self.take(items);
        let below = items.iter().map(|item| item.depth).max().unwrap_or(0);
        let depth = self.depth_over(below, span(l, r));
        let items = items.into_iter().map(|item| item.target);
        let items = self.tree.lists.list(items);
        self.target(Target::Tuple(items, span(l, r)), depth)
    }

    // ---- patterns

    fn pattern(&mut self, pattern: Pattern<'src>, below: u16, span: Span) -> PatternNode<'src> {
        PatternNode {
            depth: self.depth_over(below, span),
            pattern: self.tree.lists.add(pattern),
        }
    }

    pub(in crate::syntax) fn pattern_name(&mut self, name: Name<'src>) -> PatternNode<'src> {
        let pattern = if name.text == "_" {
            Pattern::Any
        } else {
            Pattern::Bind(name)
        };
        self.pattern(pattern, 0, name.span)
    }

    pub(in crate::syntax) fn pattern_literal(&mut self, literal: ExprId) -> PatternNode<'src> {
        let span = self.tree.expr(literal).span;
        self.pattern(Pattern::Literal(literal), self.depth(literal), span)
    }

    pub(in crate::syntax) fn pattern_sequence(
        &mut self,
        l: u32,
        items: Growing<PatternNode<'src>>,
        rest: Option<Name<'src>>,
        r: u32,
    ) -> PatternNode<'src> {
        let (items, below) = self.patterns(items);
        let pattern = Pattern::Sequence {
            items,
            rest: rest.map(|name| Some(name).filter(|name| name.text != "_")),
            span: span(l, r),
        };
        self.pattern(pattern, below, span(l, r))
    }

    /// `[*rest]`
    pub(in crate::syntax) fn pattern_rest(
        &mut self,
        l: u32,
        rest: Name<'src>,
        r: u32,
    ) -> PatternNode<'src> {
        let items = self.open();
        self.pattern_sequence(l, items, Some(rest), r)
    }

    /// `{**rest}`
    pub(in crate::syntax) fn pattern_rest_mapping(
        &mut self,
        l: u32,
        rest: Name<'src>,
        r: u32,
    ) -> PatternNode<'src> {
        let entries = self.open();
        self.pattern_mapping(l, entries, Some(rest), r)
    }

    pub(in crate::syntax) fn pattern_mapping(
        &mut self,
        l: u32,
        entries: Growing<PatternEntry<'src>>,
        rest: Option<Name<'src>>,
        r: u32,
    ) -> PatternNode<'src> {
        let entries = self.take(entries);
        let depths = entries
            .iter()
            .map(|(key, pattern)| pattern.depth.max(self.depth(*key)));
        let below = depths.max().unwrap_or(0);
        let entries = entries.into_iter().map(|(key, node)| (key, node.pattern));
        let pattern = Pattern::Mapping {
            entries: self.tree.lists.list(entries),
            rest,
            span: span(l, r),
        };
        self.pattern(pattern, below, span(l, r))
    }

    pub(in crate::syntax) fn pattern_either(
        &mut self,
        choices: Growing<PatternNode<'src>>,
    ) -> PatternNode<'src> {
        let (choices, below) = self.patterns(choices);
        self.pattern(Pattern::Either(choices), below, Span::default())
    }

    /// The patterns themselves, and how deep the deepest is.
    fn patterns(&mut self, nodes: Growing<PatternNode<'src>>) -> (List<Id<Pattern<'src>>>, u16) {
        let nodes = self.take(nodes);
        let below = nodes.iter().map(|node| node.depth).max().unwrap_or(0);
        let patterns = nodes.into_iter().map(|node| node.pattern);
        (self.tree.lists.list(patterns), below)
    }
}

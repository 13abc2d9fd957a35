//! Targets of assignments and patterns of `case`, whose depth is counted on the way up.

use crate::source::Span;
use crate::syntax::ast::{ExprId, Name, Pattern, Target};
use crate::syntax::builder::{AstBuilder, span};

/// A target with its depth, boxed to be a small symbol for the parser.
pub(in crate::syntax) type TargetNode<'src> = Box<DeepTarget<'src>>;

/// A pattern with its depth.
pub(in crate::syntax) type PatternNode<'src> = Box<DeepPattern<'src>>;

pub(in crate::syntax) struct DeepTarget<'src> {
    pub(super) target: Target<'src>,
    pub(super) depth: u16,
}

pub(in crate::syntax) struct DeepPattern<'src> {
    pub(super) pattern: Pattern<'src>,
    pub(super) depth: u16,
}

impl<'src> AstBuilder<'src> {
    pub(in crate::syntax) fn target(&mut self, node: TargetNode<'src>) -> Target<'src> {
        node.target
    }

    pub(in crate::syntax) fn target_name(&mut self, name: Name<'src>) -> TargetNode<'src> {
        Box::new(DeepTarget {
            target: Target::Name(name),
            depth: 1,
        })
    }

    pub(in crate::syntax) fn target_attribute(
        &mut self,
        object: Name<'src>,
        attribute: Name<'src>,
    ) -> TargetNode<'src> {
        Box::new(DeepTarget {
            target: Target::Attribute { object, attribute },
            depth: 1,
        })
    }

    pub(in crate::syntax) fn target_tuple(
        &mut self,
        l: u32,
        items: Vec<TargetNode<'src>>,
        r: u32,
    ) -> TargetNode<'src> {
        let below = items.iter().map(|item| item.depth).max().unwrap_or(0);
        let depth = self.depth_over(below, span(l, r));
        // Beyond the limit counting starts anew, but dropping would recurse all the way.
        let kept = if below < self.nesting {
            items
        } else {
            Vec::new()
        };
        let items = kept.into_iter().map(|item| item.target).collect();
        Box::new(DeepTarget {
            target: Target::Tuple(items, span(l, r)),
            depth,
        })
    }

    // ---- patterns

    fn pattern(&mut self, pattern: Pattern<'src>, below: u16, span: Span) -> PatternNode<'src> {
        let depth = self.depth_over(below, span);
        Box::new(DeepPattern { pattern, depth })
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
        items: Vec<PatternNode<'src>>,
        rest: Option<Name<'src>>,
        r: u32,
    ) -> PatternNode<'src> {
        let below = deepest(&items);
        let pattern = Pattern::Sequence {
            items: self.patterns(items, below),
            rest: rest.map(|name| Some(name).filter(|name| name.text != "_")),
            span: span(l, r),
        };
        self.pattern(pattern, below, span(l, r))
    }

    pub(in crate::syntax) fn pattern_mapping(
        &mut self,
        l: u32,
        entries: Vec<(ExprId, PatternNode<'src>)>,
        rest: Option<Name<'src>>,
        r: u32,
    ) -> PatternNode<'src> {
        let (keys, patterns): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let below = deepest(&patterns).max(self.deepest(&keys));
        let patterns = self.patterns(patterns, below);
        let pattern = Pattern::Mapping {
            entries: keys.into_iter().zip(patterns).collect(),
            rest,
            span: span(l, r),
        };
        self.pattern(pattern, below, span(l, r))
    }

    pub(in crate::syntax) fn pattern_either(
        &mut self,
        choices: Vec<PatternNode<'src>>,
    ) -> PatternNode<'src> {
        let below = deepest(&choices);
        let pattern = Pattern::Either(self.patterns(choices, below));
        self.pattern(pattern, below, Span::default())
    }

    /// The patterns themselves; none beyond the limit, where counting starts anew but dropping would not.
    fn patterns(&self, nodes: Vec<PatternNode<'src>>, below: u16) -> Vec<Pattern<'src>> {
        if below >= self.nesting {
            return Vec::new();
        }
        nodes.into_iter().map(|node| node.pattern).collect()
    }
}

fn deepest(nodes: &[PatternNode<'_>]) -> u16 {
    nodes.iter().map(|node| node.depth).max().unwrap_or(0)
}

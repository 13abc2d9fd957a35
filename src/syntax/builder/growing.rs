//! Lists while they grow.
//!
//! Lists that the parser is in the midst of nest like brackets, so that those of one kind of item share a
//! stack: the innermost list is on top. A complete list moves to the tree.

use std::marker::PhantomData;

use crate::syntax::builder::{AstBuilder, PatternEntry, PatternNode, Subscript, TargetNode};
use crate::syntax::lists::{Item, List, Lists};

/// A list that is not complete: what is above that height of its stack.
pub(in crate::syntax) struct Growing<T> {
    bottom: u32,
    items: PhantomData<fn() -> T>,
}

/// The stacks of lists that are not complete.
#[derive(Default)]
pub(in crate::syntax) struct Stacks<'src> {
    /// Of what there are lists of in the tree.
    lists: Lists<'src>,
    subscripts: Vec<Subscript>,
    targets: Vec<TargetNode<'src>>,
    patterns: Vec<PatternNode<'src>>,
    pattern_entries: Vec<PatternEntry<'src>>,
}

/// What there are stacks of.
pub(in crate::syntax) trait Grows<'src>: Copy {
    fn stack<'a>(stacks: &'a mut Stacks<'src>) -> &'a mut Vec<Self>;
}

impl<'src, T: Item<'src>> Grows<'src> for T {
    fn stack<'a>(stacks: &'a mut Stacks<'src>) -> &'a mut Vec<Self> {
        T::arena_mut(&mut stacks.lists)
    }
}

impl<'src> Grows<'src> for Subscript {
    fn stack<'a>(stacks: &'a mut Stacks<'src>) -> &'a mut Vec<Self> {
        &mut stacks.subscripts
    }
}

impl<'src> Grows<'src> for TargetNode<'src> {
    fn stack<'a>(stacks: &'a mut Stacks<'src>) -> &'a mut Vec<Self> {
        &mut stacks.targets
    }
}

impl<'src> Grows<'src> for PatternNode<'src> {
    fn stack<'a>(stacks: &'a mut Stacks<'src>) -> &'a mut Vec<Self> {
        &mut stacks.patterns
    }
}

impl<'src> Grows<'src> for PatternEntry<'src> {
    fn stack<'a>(stacks: &'a mut Stacks<'src>) -> &'a mut Vec<Self> {
        &mut stacks.pattern_entries
    }
}

impl<'src> AstBuilder<'src> {
    /// A list without items.
    pub(in crate::syntax) fn open<T: Grows<'src>>(&mut self) -> Growing<T> {
        Growing {
            bottom: T::stack(&mut self.stacks).len() as u32,
            items: PhantomData,
        }
    }

    /// A list of one item.
    pub(in crate::syntax) fn open_with<T: Grows<'src>>(&mut self, item: T) -> Growing<T> {
        let list = self.open();
        self.push(list, item)
    }

    /// A list of two items.
    pub(in crate::syntax) fn open_with_both<T: Grows<'src>>(
        &mut self,
        first: T,
        second: T,
    ) -> Growing<T> {
        let list = self.open_with(first);
        self.push(list, second)
    }

    /// A list with one more item; all lists within it are complete.
    pub(in crate::syntax) fn push<T: Grows<'src>>(
        &mut self,
        list: Growing<T>,
        item: T,
    ) -> Growing<T> {
        T::stack(&mut self.stacks).push(item);
        list
    }

    /// The complete list, in the tree.
    pub(in crate::syntax) fn complete<T: Item<'src>>(&mut self, list: Growing<T>) -> List<T> {
        let items = T::stack(&mut self.stacks).drain(list.bottom as usize..);
        self.tree.lists.list(items)
    }

    /// The items of a complete list that is no list of the tree.
    pub(super) fn take<T: Grows<'src>>(&mut self, list: Growing<T>) -> Vec<T> {
        T::stack(&mut self.stacks).split_off(list.bottom as usize)
    }
}

// Derived, these would ask the same of the items.

impl<T> Clone for Growing<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Growing<T> {}

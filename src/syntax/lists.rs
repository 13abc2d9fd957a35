//! Arenas of a tree for what its nodes hold: lists, and single items that are large or nest.
//!
//! A list is two numbers, so that nodes and the parser's symbols stay small, and a tree of thousands of lists
//! is made and dropped without thousands of allocations.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use crate::syntax::ast::{
    Argument, BinaryOperator, Binding, CompareOperator, Comprehension, ConditionalArm, Defer,
    Element, Entry, ExprId, FilterCall, For, IfArm, Import, MatchCase, Name, OwnBranch, OwnTag,
    Parameter, Pattern, Step, StmtId, Target, TransVariable, Translation, Tree, Try, UnaryOperator,
};

/// A list in its tree: `tree[list]` is a slice of its items.
pub(crate) struct List<T> {
    start: u32,
    length: u32,
    items: PhantomData<fn() -> T>,
}

/// A single item in its tree: `tree[id]`.
pub(crate) struct Id<T> {
    index: u32,
    item: PhantomData<fn() -> T>,
}

/// What there are lists of.
pub(crate) trait Item<'src>: Copy {
    /// The arena of such items.
    fn arena<'a>(lists: &'a Lists<'src>) -> &'a Vec<Self>;
    fn arena_mut<'a>(lists: &'a mut Lists<'src>) -> &'a mut Vec<Self>;
}

/// Defines [`Lists`] with an arena for each kind of item.
macro_rules! arenas {
    ($($arena:ident: $item:ty,)*) => {
        /// The items of all lists.
        #[derive(Debug, Default)]
        pub(crate) struct Lists<'src> {
            $($arena: Vec<$item>,)*
        }

        $(impl<'src> Item<'src> for $item {
            fn arena<'a>(lists: &'a Lists<'src>) -> &'a Vec<Self> {
                &lists.$arena
            }

            fn arena_mut<'a>(lists: &'a mut Lists<'src>) -> &'a mut Vec<Self> {
                &mut lists.$arena
            }
        })*
    };
}

arenas! {
    statements: StmtId,
    expressions: ExprId,
    steps: Step<'src>,
    arguments: Argument<'src>,
    filters: FilterCall<'src>,
    elements: Element,
    entries: Entry,
    binary: (BinaryOperator, ExprId),
    compare: (CompareOperator, ExprId),
    unary: UnaryOperator,
    conditional: ConditionalArm,
    arms: IfArm,
    loops: For<'src>,
    cases: MatchCase<'src>,
    patterns: Pattern<'src>,
    pattern_ids: Id<Pattern<'src>>,
    pattern_entries: (ExprId, Id<Pattern<'src>>),
    targets: Target<'src>,
    target_ids: Id<Target<'src>>,
    bindings: Binding<'src>,
    parameters: Parameter<'src>,
    imports: Import<'src>,
    branches: OwnBranch<'src>,
    translated: TransVariable<'src>,
    names: Name<'src>,
    big_integers: i128,
    comprehensions: Comprehension<'src>,
    tries: Try<'src>,
    deferred: Defer<'src>,
    translations: Translation<'src>,
    own_tags: OwnTag<'src>,
}

impl<'src> Lists<'src> {
    /// No lists, with room for so many items of the kinds that a page is full of.
    pub(crate) fn with_capacity(items: usize) -> Self {
        Lists {
            statements: Vec::with_capacity(items),
            steps: Vec::with_capacity(items),
            ..Lists::default()
        }
    }

    /// Adds a single item.
    pub(crate) fn add<T: Item<'src>>(&mut self, item: T) -> Id<T> {
        let arena = T::arena_mut(self);
        arena.push(item);
        Id {
            index: arena.len() as u32 - 1,
            item: PhantomData,
        }
    }

    /// Adds a list of these items.
    pub(crate) fn list<T: Item<'src>>(&mut self, items: impl IntoIterator<Item = T>) -> List<T> {
        let arena = T::arena_mut(self);
        let start = arena.len();
        arena.extend(items);
        List {
            start: start as u32,
            length: (arena.len() - start) as u32,
            items: PhantomData,
        }
    }

    /// Adds an item to a list that was made of one.
    ///
    /// Whenever such a list has grown to a power of two it moves to where it has room to double, so that each
    /// item moves a bounded number of times, whatever was added in between.
    pub(crate) fn append<T: Item<'src>>(&mut self, list: &mut List<T>, item: T) {
        let arena = T::arena_mut(self);
        let length = list.len();
        if length.is_power_of_two() {
            let moved = arena.len();
            let start = list.start as usize;
            arena.extend_from_within(start..start + length);
            arena.resize(moved + 2 * length, item);
            list.start = moved as u32;
        }
        arena[list.start as usize + length] = item;
        list.length += 1;
    }

    /// Replaces the last item of a list that has one.
    pub(crate) fn replace_last<T: Item<'src>>(&mut self, list: List<T>, item: T) {
        T::arena_mut(self)[list.start as usize + list.len() - 1] = item;
    }
}

impl<T> List<T> {
    pub(crate) fn len(self) -> usize {
        self.length as usize
    }

    pub(crate) fn is_empty(self) -> bool {
        self.length == 0
    }
}

impl<'src, T: Item<'src>> Index<List<T>> for Lists<'src> {
    type Output = [T];

    fn index(&self, list: List<T>) -> &[T] {
        &T::arena(self)[list.start as usize..][..list.len()]
    }
}

impl<'src, T: Item<'src>> Index<Id<T>> for Lists<'src> {
    type Output = T;

    fn index(&self, id: Id<T>) -> &T {
        &T::arena(self)[id.index as usize]
    }
}

impl<'src, T: Item<'src>> IndexMut<Id<T>> for Lists<'src> {
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        &mut T::arena_mut(self)[id.index as usize]
    }
}

impl<'src, T: Item<'src>> Index<List<T>> for Tree<'src> {
    type Output = [T];

    fn index(&self, list: List<T>) -> &[T] {
        &self.lists[list]
    }
}

impl<'src, T: Item<'src>> Index<Id<T>> for Tree<'src> {
    type Output = T;

    fn index(&self, id: Id<T>) -> &T {
        &self.lists[id]
    }
}

// Derived, these would ask the same of the items.

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> Default for List<T> {
    fn default() -> Self {
        List {
            start: 0,
            length: 0,
            items: PhantomData,
        }
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.start, self.length)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.index)
    }
}

//! What is deferred, from its placeholder to where it is sent.
//!
//! A part is sent when the page is, in the order in which parts become ready; one whose placeholder stands in another
//! part after that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::render::defer_mode::{DeferMode, Markup};

/// The deferred parts of a render that are not sent yet.
pub(super) struct Deferred {
    markup: Markup,
    next: usize,
    open: BTreeMap<usize, Part>,
    /// Those that are ready and wait for nothing but the page, the first that became so first.
    ready: VecDeque<Ready>,
}

struct Part {
    /// The part that its placeholder stands in.
    within: Option<usize>,
    /// How many parts have begun whose placeholders stand in it.
    inner: usize,
    /// Those of them that are ready, the first that became so first.
    held: Vec<Ready>,
}

struct Ready {
    number: usize,
    text: String,
}

/// The text of a part with its markup, and how much is markup.
pub(super) struct Sent {
    pub(super) text: String,
    pub(super) markup: usize,
}

impl Deferred {
    pub(super) fn new(mode: &DeferMode) -> Self {
        Deferred {
            markup: Markup::new(mode),
            next: 0,
            open: BTreeMap::new(),
            ready: VecDeque::new(),
        }
    }

    /// A new part: its number, and what begins and ends its placeholder.
    pub(super) fn begin(&mut self, within: Option<usize>) -> (usize, (String, String)) {
        let number = self.next;
        self.next += 1;
        if let Some(outer) = within.and_then(|outer| self.open.get_mut(&outer)) {
            outer.inner += 1;
        }
        let part = Part {
            within,
            inner: 0,
            held: Vec::new(),
        };
        self.open.insert(number, part);
        (number, self.markup.placeholder(number))
    }

    /// A part is ready.
    pub(super) fn finish(&mut self, number: usize, text: String) {
        let ready = Ready { number, text };
        let within = self.open.get(&number).and_then(|part| part.within);
        match within.and_then(|outer| self.open.get_mut(&outer)) {
            Some(outer) => outer.held.push(ready),
            None => self.ready.push_back(ready),
        }
    }

    /// Gives up all parts that began within one which gives up its text; which they are.
    pub(super) fn drop_within(&mut self, number: usize) -> BTreeSet<usize> {
        let mut dropped = BTreeSet::new();
        let Some(outer) = self.open.get_mut(&number) else {
            return dropped;
        };
        outer.held.clear();
        if std::mem::take(&mut outer.inner) == 0 {
            return dropped;
        }
        // An inner part has a higher number than the one around it.
        for (inner, part) in self.open.range(number + 1..) {
            if part
                .within
                .is_some_and(|outer| outer == number || dropped.contains(&outer))
            {
                dropped.insert(*inner);
            }
        }
        self.open.retain(|number, _| !dropped.contains(number));
        dropped
    }

    /// The next part to be sent behind the page.
    pub(super) fn next(&mut self) -> Option<Sent> {
        let Ready { number, text } = self.ready.pop_front()?;
        if let Some(part) = self.open.remove(&number) {
            self.ready.extend(part.held);
        }
        let part = self.markup.part(number, &text);
        Some(Sent {
            markup: part.len() - text.len(),
            text: part,
        })
    }

    /// Whether all parts are sent.
    pub(super) fn is_over(&self) -> bool {
        self.open.is_empty()
    }
}

//! Tags of the host.

use crate::error::{SyntaxError, SyntaxFault, SyntaxNote};
use crate::syntax::List;
use crate::syntax::ast::{Argument, Body, Name, OwnBranch, OwnTag, StmtId, StmtKind};
use crate::syntax::builder::{AstBuilder, Growing, span};
use crate::syntax::lexer::head_word;

impl<'src> AstBuilder<'src> {
    pub(in crate::syntax) fn own_tag(
        &mut self,
        l: u32,
        head: u32,
        arguments: Growing<Argument<'src>>,
        r: u32,
    ) -> StmtId {
        let name = self.head_name(l, head);
        self.add_own(l, name, arguments, r, None, List::default())
    }

    #[allow(clippy::too_many_arguments)]
    pub(in crate::syntax) fn own_block(
        &mut self,
        l: u32,
        head: u32,
        arguments: Growing<Argument<'src>>,
        r: u32,
        body: Body,
        branches: Growing<OwnBranch<'src>>,
        closed: Option<Name<'src>>,
    ) -> StmtId {
        let name = self.head_name(l, head);
        if let Some(closed) = closed
            && closed.text.strip_prefix("end") != Some(name.text)
        {
            let fault = SyntaxFault::WrongCloser {
                found: closed.text.into(),
                opened: name.text.into(),
                closer: format!("end{}", name.text),
            };
            let opened = SyntaxNote::Opened {
                opened: name.text.into(),
            };
            let error = SyntaxError::new(fault, closed.span);
            self.report(error.with_note(opened, Some(name.span)));
        }
        let branches = self.complete(branches);
        for index in 0..branches.len() {
            let (before, branch) = (&self.tree[branches][..index], self.tree[branches][index].0);
            let mut before = before.iter().map(|(known, _)| *known);
            if let Some(first) = before.find(|known| known.text == branch.text) {
                let fault = SyntaxFault::DuplicateBranch {
                    name: branch.text.into(),
                    tag: name.text.into(),
                };
                let error = SyntaxError::new(fault, branch.span);
                let first = first.span;
                self.report(error.with_note(SyntaxNote::FirstGiven, Some(first)));
            }
        }
        let body = self.own_part(l, r, body);
        self.add_own(l, name, arguments, r, Some(body), branches)
    }

    pub(in crate::syntax) fn own_branch(
        &mut self,
        l: u32,
        head: u32,
        r: u32,
        body: Body,
    ) -> OwnBranch<'src> {
        let name = self.head_name(l, head);
        (name, self.own_part(l, r, body))
    }

    fn own_part(&mut self, l: u32, r: u32, body: Body) -> StmtId {
        let below = self.body_depth(body);
        self.add_statement(StmtKind::OwnPart(body), span(l, r), below)
    }

    fn add_own(
        &mut self,
        l: u32,
        name: Name<'src>,
        arguments: Growing<Argument<'src>>,
        r: u32,
        body: Option<StmtId>,
        branches: List<OwnBranch<'src>>,
    ) -> StmtId {
        let arguments = self.arguments(arguments);
        let shape = self.tags.iter().find(|tag| tag.name == name.text);
        let tag = OwnTag {
            name,
            arguments,
            body,
            branches,
            sees_variables: shape.is_some_and(|shape| shape.sees_variables),
            waits: shape.is_some_and(|shape| shape.waits),
        };
        let below = tag
            .parts(&self.tree)
            .map(|part| self.tree.stmt(part).depth)
            .max()
            .unwrap_or(0)
            .max(self.arguments_depth(arguments));
        let tag = self.tree.lists.add(tag);
        self.add_statement(StmtKind::Own(tag), span(l, r), below)
    }

    /// The name at the end of a tag's head.
    pub(in crate::syntax) fn head_name(&mut self, l: u32, head: u32) -> Name<'src> {
        let word = head_word(self.source, span(l, head));
        self.name_at(word.start, word.end)
    }
}

//! Prints `trans` and tags of the host.

use crate::syntax::ast::{OwnTag, StmtKind, Translation};
use crate::syntax::print::{Printer, Tier};

impl<'tree, 'src> Printer<'tree, 'src> {
    pub(super) fn own_tag(&mut self, tag: &'tree OwnTag<'src>) {
        self.tag(|printer| {
            printer.push(tag.name.text);
            printer.push(" ");
            printer.arguments(&printer.tree[tag.arguments]);
        });
        let branches = self.tree[tag.branches].iter();
        let branches = branches.map(|(name, part)| (Some(name), *part));
        let parts = tag.body.iter().map(|part| (None, *part)).chain(branches);
        for (name, part) in parts {
            if let Some(name) = name {
                self.word_tag(name.text);
            }
            if let StmtKind::OwnPart(body) = &self.tree.stmt(part).kind {
                self.body(*body);
            }
        }
        if tag.body.is_some() {
            self.word_tag("end");
        }
    }

    pub(super) fn trans(&mut self, translation: &'tree Translation<'src>) {
        self.tag(|printer| {
            printer.push("trans");
            if let Some(context) = translation.context {
                printer.push(" ");
                printer.expr(context, Tier::Atom);
            }
            printer.push(match translation.trimmed {
                Some(true) => " trimmed",
                Some(false) => " notrimmed",
                None => "",
            });
            for (index, (name, value)) in printer.tree[translation.written].iter().enumerate() {
                printer.push(if index > 0 { ", " } else { " " });
                printer.push(name.text);
                if let Some(value) = value {
                    printer.push("=");
                    printer.expr(*value, Tier::Expression);
                }
            }
        });
        self.body(translation.singular);
        if let Some((name, body)) = translation.plural {
            self.tag(|printer| {
                printer.push("pluralize");
                if let Some(name) = name {
                    printer.push(" ");
                    printer.push(name.text);
                }
            });
            self.body(body);
        }
        self.word_tag("endtrans");
    }
}

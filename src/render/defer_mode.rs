//! How what a template defers is sent, and the markup for it.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::error::{Error, HostFault};

/// How a stream sends what a template [defers](crate::RenderOptions::defer_mode).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeferMode {
    /// In its place: the page waits for it. Placeholders are not shown.
    #[default]
    InOrder,
    /// After the page, for browsers that put it in its place without a script: a placeholder between
    /// `<?start name="…">` and `<?end>`, and later a `<template for="…">`.
    ///
    /// No script is sent, so that it works where scripts are turned off or forbidden. Browsers that do not know this
    /// markup keep showing the placeholder.
    Declarative,
    /// As [`Declarative`](DeferMode::Declarative), with a script of under 300 bytes for browsers that do not know this
    /// markup.
    Script {
        /// What the page's `Content-Security-Policy` allows its scripts by, if it does: new for each response, and not
        /// to be guessed.
        nonce: Option<String>,
    },
}

impl DeferMode {
    /// Refuses a nonce that no browser would take for one.
    #[inline]
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            DeferMode::Script { nonce: Some(nonce) } => check_nonce(nonce),
            _ => Ok(()),
        }
    }
}

fn check_nonce(nonce: &str) -> Result<(), Error> {
    let text = nonce.trim_end_matches('=');
    let is_known = |c: u8| c.is_ascii_alphanumeric() || b"+/-_".contains(&c);
    let is_nonce = !text.is_empty() && nonce.len() - text.len() <= 2;
    match is_nonce && text.bytes().all(is_known) {
        true => Ok(()),
        false => Err(HostFault::Nonce(nonce.to_owned()).into()),
    }
}

/// Puts the template before the running script in its place, where the browser has not done so itself: to such a browser
/// `<?start …>` is a comment, or an instruction that it does not act on.
const SCRIPT: &str = r#"function $kakehi(n,d=document,t=d.currentScript.previousSibling,w=d.createTreeWalker(d,192),c,e){for(;c=w.nextNode();)if(c.data.endsWith(n)){for(;(e=c.nextSibling)&&(e.remove(),!/^(#comment.)?end$/.test(e.nodeName+e.data)););c.replaceWith(t.content);t.remove()}}"#;

/// Writes the markup of one render.
pub(super) struct Markup {
    /// Part of every name, so that nothing in the page's data can be taken for one.
    token: u64,
    /// The attributes of scripts, if there are any.
    script: Option<String>,
    has_script: bool,
}

impl Markup {
    /// Markup with names that nobody knows beforehand.
    pub(super) fn new(mode: &DeferMode) -> Self {
        let script = match mode {
            DeferMode::InOrder | DeferMode::Declarative => None,
            DeferMode::Script { nonce: None } => Some(String::new()),
            DeferMode::Script { nonce: Some(nonce) } => Some(format!(" nonce=\"{nonce}\"")),
        };
        Markup {
            token: RandomState::new().hash_one(0),
            script,
            has_script: false,
        }
    }

    fn name(&self, number: usize) -> String {
        format!("{:016x}-{number}", self.token)
    }

    /// What begins and what ends a placeholder.
    pub(super) fn placeholder(&self, number: usize) -> (String, String) {
        let begin = format!("<?start name=\"{}\">", self.name(number));
        (begin, "<?end>".to_owned())
    }

    /// What takes the place of a placeholder, around its text.
    pub(super) fn part(&mut self, number: usize, text: &str) -> String {
        let name = self.name(number);
        let mut part = format!("<template for=\"{name}\">{text}</template>");
        if let Some(attributes) = &self.script {
            let script = if self.has_script { "" } else { SCRIPT };
            part.push_str(&format!(
                "<script{attributes}>{script}$kakehi('\"{name}\"')</script>"
            ));
            self.has_script = true;
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_small() {
        let mut markup = Markup::new(&DeferMode::Script { nonce: None });
        let (first, second) = (markup.part(0, ""), markup.part(1, ""));
        let script = |part: &str| part.find("<script>").map(|at| part.len() - at);
        assert!(script(&first).is_some_and(|length| length < 300 + "<script></script>".len()));
        assert!(script(&second).is_some_and(|length| length < 60));
    }

    #[test]
    fn names_differ_from_render_to_render() {
        let mode = DeferMode::Declarative;
        let names: std::collections::HashSet<String> =
            (0..100).map(|_| Markup::new(&mode).name(0)).collect();
        assert_eq!(names.len(), 100);
    }

    #[test]
    fn a_nonce_is_base64() {
        let check = |nonce: &str| {
            let nonce = Some(nonce.to_owned());
            DeferMode::Script { nonce }.check().is_ok()
        };
        assert!(check("r4nd0m+/-_") && check("abc=") && check("ab=="));
        for wrong in ["", "=", "a b", "a\"b", "a'", "a===", "a=b", "é"] {
            assert!(!check(wrong), "{wrong}");
        }
    }
}

//! Looking at templates: all their errors, and what the stages of the engine make of them.

use std::sync::Arc;

use crate::environment::Environment;
use crate::error::Error;
use crate::syntax::{self, SyntaxTree};

impl Environment {
    /// All errors of a text as a template of this name, in source order; none if it is fine.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert!(env.check("fine", "<< 1 + 1 >>").is_empty());
    /// assert_eq!(env.check("broken", "<< 1 + >>\n<< 2 * >>").len(), 2);
    /// ```
    pub fn check(&self, name: &str, source: &str) -> Vec<Error> {
        self.configuration.check(name, source)
    }

    /// The tree of a text as a template of this name, for tools.
    ///
    /// # Errors
    /// If the text is no template.
    ///
    /// ```
    /// use kakehi::{Environment, NodeKind};
    /// let tree = Environment::jinja().parse("page", "{% include 'a' %}{% include name %}")?;
    /// let included: Vec<_> = tree
    ///     .nodes()
    ///     .filter(|node| node.kind() == NodeKind::Statement && node.name() == Some("include"))
    ///     .filter_map(|include| include.children().next())
    ///     .map(|template| (template.kind(), template.name().unwrap_or_default()))
    ///     .collect();
    /// assert_eq!(included, [(NodeKind::String, "a"), (NodeKind::Variable, "name")]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn parse(&self, name: &str, source: &str) -> Result<SyntaxTree, Error> {
        let origin = super::configuration::origin(name, source)?;
        let tree = syntax::parse(&origin, &self.configuration.syntax)?;
        Ok(syntax::outline(&origin, &tree))
    }

    /// The tokens of a text, one a line, for people to read.
    ///
    /// # Errors
    /// If the text cannot be split into tokens.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert!(env.dump_tokens("t", "<< a >>")?.contains("a"));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn dump_tokens(&self, name: &str, source: &str) -> Result<String, Error> {
        let origin = super::configuration::origin(name, source)?;
        syntax::dump_tokens(&origin, &self.configuration.syntax)
    }

    /// The tree of a text, one node a line, for people to read.
    ///
    /// # Errors
    /// If the text is no template.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert!(env.dump_tree("t", "<< a >>")?.contains("a"));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn dump_tree(&self, name: &str, source: &str) -> Result<String, Error> {
        let origin = super::configuration::origin(name, source)?;
        let tree = syntax::parse(&origin, &self.configuration.syntax)?;
        Ok(syntax::dump_tree(&tree))
    }

    /// The bytecode of a text, one instruction a line, for people to read.
    ///
    /// # Errors
    /// If the text is no template.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert!(env.dump_bytecode("t", "<< a >>")?.contains("EmitRoot"));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn dump_bytecode(&self, name: &str, source: &str) -> Result<String, Error> {
        let program = self.configuration.compile(name, source)?;
        Ok(Arc::as_ref(&program).to_string())
    }
}

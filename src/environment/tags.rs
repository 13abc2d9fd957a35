//! The tags that a host adds to the language.

use std::sync::Arc;

use crate::call::{CallContext, Flow, Function, Tag, TagCall, TagFunction};
use crate::environment::Environment;
use crate::error::{Error, HostFault};
use crate::syntax::{self, TagShape};

impl Environment {
    /// Adds a tag to the language, or replaces the one of that name that was added before.
    ///
    /// The function is called where the tag stands, with its arguments and its parts, and what it gives is
    /// written there, escaped where that is on and it is not safe already. It may call the parts and wait,
    /// see [`Flow`]; [`Tag`] has an example.
    ///
    /// # Errors
    /// [`ErrorKind::Value`](crate::ErrorKind::Value) if the name of the tag or of a branch is no identifier,
    /// starts with `end`, or is that of a tag of the language.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag, Value};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("stamp"), |context, _| {
    ///     Ok(Flow::from(Value::from(format!("[{}]", context.template()))))
    /// })?;
    /// assert_eq!(env.render_named_str("page.txt", "<% stamp %>", ())?, "[page.txt]");
    /// assert!(env.add_tag(Tag::new("if"), |_, _| Ok(Flow::nothing())).is_err());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn add_tag<F>(&mut self, tag: Tag, run: F) -> Result<(), Error>
    where
        F: Fn(&CallContext<'_>, &TagCall<'_>) -> Result<Flow, Error> + Send + Sync + 'static,
    {
        let is_branch = |name: &str| syntax::is_tag_name(name) && !name.starts_with("end");
        let names = tag.branches().iter().find(|name| !is_branch(name));
        if let Some(name) = names {
            return Err(HostFault::TagName(name.to_string()).into());
        }
        if !is_branch(tag.name()) || syntax::is_known_tag(tag.name()) {
            return Err(HostFault::TagName(tag.name().to_owned()).into());
        }
        let function = TagFunction::shared(tag.clone(), run);
        self.set_tag(&tag, function);
        Ok(())
    }

    /// Adds a tag whose names are known to be good.
    pub(super) fn set_tag(&mut self, tag: &Tag, function: Arc<dyn Function>) {
        let shape = TagShape {
            name: tag.name().into(),
            has_body: tag.has_body(),
            branches: tag.branches().to_vec(),
            sees_variables: tag.is_given_variables(),
            waits: tag.may_wait(),
        };
        let configuration = self.recompiled();
        let tags = Arc::make_mut(&mut configuration.syntax.tags);
        tags.retain(|known| known.name != shape.name);
        tags.push(shape);
        configuration.registry.set_tag(tag.name().into(), function);
    }
}

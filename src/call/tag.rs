//! Tags of the host: their shape, and what a call of one holds.

use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::call::{Arguments, CallContext, Flow, Function};
use crate::error::Error;
use crate::error::call::CallFault;
use crate::value::{Value, settled};

/// What the keywords begin with by which the parts of a tag are passed: no template can write them.
const PART: char = '%';

/// The name under which a tag's body is passed.
pub(crate) const BODY: &str = "%";

/// The shape of a tag of the host: its name, its arguments, and whether it has a body.
///
/// Given to [`Environment::add_tag`](crate::Environment::add_tag) with a function that says what it does.
///
/// ```
/// use kakehi::{CallContext, Environment, Error, Flow, Tag, TagCall};
///
/// fn repeat(_: &CallContext<'_>, call: &TagCall<'_>) -> Result<Flow, Error> {
///     let times = call.get("times").and_then(|times| times.as_i64()).unwrap_or(2);
///     let part = if times > 0 { call.body() } else { call.branch("else") };
///     let Some(part) = part.cloned() else { return Ok(Flow::nothing()) };
///     Ok(Flow::call(part, [], move |_, text| {
///         let text = text?;
///         let copies = text.as_str().unwrap_or_default().repeat(times.max(1) as usize);
///         Ok(Flow::from(kakehi::Value::from_safe_string(copies)))
///     }))
/// }
///
/// let mut env = Environment::new();
/// env.add_tag(Tag::new("repeat").parameters(["times"]).body().branch("else"), repeat)?;
/// assert_eq!(env.render_str("<% repeat 3 %>ho <% end %>", ())?, "ho ho ho ");
/// assert_eq!(env.render_str("<% repeat times=0 %>ho<% else %>hush<% endrepeat %>", ())?, "hush");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a tag does nothing until it is given to `add_tag`"]
pub struct Tag {
    name: ArcStr,
    parameters: Option<Vec<ArcStr>>,
    required: usize,
    has_body: bool,
    branches: Vec<ArcStr>,
    sees_variables: bool,
    waits: bool,
}

impl Tag {
    /// A tag without a body that takes any arguments.
    ///
    /// ```
    /// assert_eq!(kakehi::Tag::new("stamp").name(), "stamp");
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        Tag {
            name: ArcStr::from(name.into()),
            parameters: None,
            required: 0,
            has_body: false,
            branches: Vec::new(),
            sees_variables: false,
            waits: false,
        }
    }

    /// Names the arguments that the tag takes, by position or by name; others are errors then.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("greet").parameters(["name"]), |_, call| {
    ///     Ok(call.get("name").cloned().map_or(Flow::nothing(), Flow::from))
    /// })?;
    /// assert_eq!(env.render_str("<% greet 'Ann' %><% greet name='Bob' %>", ())?, "AnnBob");
    /// assert!(env.render_str("<% greet title='Ms' %>", ()).is_err());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn parameters<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let names = names.into_iter().map(|name| ArcStr::from(name.into()));
        self.parameters = Some(names.collect());
        self
    }

    /// Says that the first `count` of its parameters must be given.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("greet").parameters(["name"]).required(1), |_, _| Ok(Flow::nothing()))?;
    /// let error = env.render_str("<% greet %>", ()).unwrap_err();
    /// assert!(error.to_string().contains("`greet` misses its argument `name`"));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn required(mut self, count: usize) -> Self {
        self.required = count;
        self
    }

    /// Gives the tag a body, which `end` and its name, or `end` alone, close.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("hide").body(), |_, _| Ok(Flow::nothing()))?;
    /// assert_eq!(env.render_str("a<% hide %>b<% endhide %>c", ())?, "ac");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn body(mut self) -> Self {
        self.has_body = true;
        self
    }

    /// Gives the tag a body that a tag of this name may end, with another part behind it.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("first").branch("then"), |_, call| {
    ///     let then = call.branch("then").or(call.body()).cloned();
    ///     Ok(then.map_or(Flow::nothing(), |part| Flow::call(part, [], |_, text| text.map(Flow::from))))
    /// })?;
    /// assert_eq!(env.render_str("<% first %>a<% then %>b<% end %> <% first %>a<% end %>", ())?, "b a");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn branch(mut self, name: impl Into<String>) -> Self {
        self.has_body = true;
        self.branches.push(ArcStr::from(name.into()));
        self
    }

    /// Lets the tag see the variables of the place it stands in, see [`TagCall::variables`].
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag, Value};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("count").sees_variables(), |_, call| {
    ///     let variables = call.variables().and_then(Value::len);
    ///     Ok(Flow::from(Value::from(variables.unwrap_or(0) as i64)))
    /// })?;
    /// assert_eq!(env.render_str("<% set a = 1 %><% set b = 2 %><% count %>", ())?, "2");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn sees_variables(mut self) -> Self {
        self.sees_variables = true;
        self
    }

    /// Says that the tag waits, so that a template with it is not begun where waiting is not possible.
    ///
    /// ```
    /// use kakehi::{Environment, Error, Flow, Tag, Value, Waits};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("news").waits(), |_, _| {
    ///     let news = Value::from_future(async { Ok::<_, Error>("none") });
    ///     Ok(Flow::wait(news, |_, news| news.map(Flow::from)))
    /// })?;
    /// let template = env.template_from_str("<% news %>")?;
    /// assert_eq!(template.is_async(), Waits::Yes);
    /// assert_eq!(futures_executor::block_on(template.render_async(()))?, "none");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn waits(mut self) -> Self {
        self.waits = true;
        self
    }

    /// The name of the tag.
    ///
    /// ```
    /// assert_eq!(kakehi::Tag::new("stamp").name(), "stamp");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has a body.
    pub(crate) fn has_body(&self) -> bool {
        self.has_body
    }

    /// The tags that may stand between its parts.
    pub(crate) fn branches(&self) -> &[ArcStr] {
        &self.branches
    }

    /// Whether it is given the variables it sees.
    pub(crate) fn is_given_variables(&self) -> bool {
        self.sees_variables
    }

    /// Whether it says that it waits.
    pub(crate) fn may_wait(&self) -> bool {
        self.waits
    }
}

/// The name under which the part of a tag is passed.
pub(crate) fn part_name(branch: Option<&str>) -> ArcStr {
    match branch {
        None => ArcStr::from(BODY),
        Some(branch) => arcstr::format!("{PART}{branch}"),
    }
}

/// One use of a tag of the host: its arguments and its parts.
///
/// The body and the branches are values that [`Flow::call`] calls, as often as is wished; each call gives
/// the text of the part. Arguments that are futures have been waited for.
pub struct TagCall<'a> {
    tag: &'a Tag,
    /// What is seen where the tag stands, or none.
    variables: &'a Value,
    positional: Vec<&'a Value>,
    keywords: Vec<(&'a ArcStr, &'a Value)>,
    parts: Vec<(&'a str, &'a Value)>,
}

impl<'a> TagCall<'a> {
    /// The machine waits for futures among the arguments, and makes the call again.
    fn new(
        tag: &'a Tag,
        context: &CallContext<'_>,
        arguments: Arguments<'a>,
    ) -> Result<Self, Error> {
        let (variables, positional) = match arguments.positional() {
            [variables, positional @ ..] => (variables, positional),
            [] => return Err(CallFault::no_value(tag.name())),
        };
        let positional = positional.iter().map(|value| settled(context, value));
        let mut call = TagCall {
            tag,
            variables,
            positional: positional.collect::<Result<_, _>>()?,
            keywords: Vec::new(),
            parts: Vec::new(),
        };
        for (name, value) in arguments.keywords() {
            match name.strip_prefix(PART) {
                Some(part) => call.parts.push((part, value)),
                None => call.keywords.push((name, settled(context, value)?)),
            }
        }
        call.check()?;
        Ok(call)
    }

    /// Refuses arguments that the tag does not take.
    fn check(&self) -> Result<(), Error> {
        let Some(parameters) = &self.tag.parameters else {
            return Ok(());
        };
        let name = self.tag.name();
        if self.positional.len() > parameters.len() {
            let most = parameters.len();
            let required = self.tag.required.min(most);
            return Err(CallFault::too_many(
                name,
                most,
                required,
                self.positional.len(),
            ));
        }
        for (keyword, _) in &self.keywords {
            match parameters.iter().position(|known| known == *keyword) {
                Some(at) if at < self.positional.len() => {
                    return Err(CallFault::given_twice(name, keyword));
                }
                Some(_) => {}
                None => {
                    let known: Vec<&str> = parameters.iter().map(ArcStr::as_str).collect();
                    return Err(CallFault::unknown_keyword(name, keyword, &known));
                }
            }
        }
        let required = parameters.iter().take(self.tag.required);
        match required.into_iter().find(|name| self.get(name).is_none()) {
            Some(missing) => Err(CallFault::missing(name, missing)),
            None => Ok(()),
        }
    }

    /// The argument for the parameter called `name`, by whichever way it was given.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("show").parameters(["a", "b"]), |_, call| {
    ///     Ok(call.get("b").cloned().map_or(Flow::nothing(), Flow::from))
    /// })?;
    /// assert_eq!(env.render_str("<% show 1, 2 %><% show b=3 %><% show 4 %>", ())?, "23");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        let parameters = self.tag.parameters.iter().flatten();
        let by_position = parameters
            .zip(&self.positional)
            .find(|(parameter, _)| *parameter == name)
            .map(|(_, value)| *value);
        by_position.or_else(|| self.keyword(name))
    }

    /// The arguments given by position.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag, Value};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("count"), |_, call| {
    ///     Ok(Flow::from(Value::from(call.positional().len() as i64)))
    /// })?;
    /// assert_eq!(env.render_str("<% count 'a', 'b' %>", ())?, "2");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn positional(&self) -> &[&'a Value] {
        &self.positional
    }

    /// The keyword argument called `name`.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("say"), |_, call| {
    ///     Ok(call.keyword("text").cloned().map_or(Flow::nothing(), Flow::from))
    /// })?;
    /// assert_eq!(env.render_str("<% say text='hey' %>", ())?, "hey");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn keyword(&self, name: &str) -> Option<&'a Value> {
        let found = self.keywords.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    /// The keyword arguments, in the order they were written.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag, Value};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("names"), |_, call| {
    ///     let names: Vec<&str> = call.keywords().map(|(name, _)| name).collect();
    ///     Ok(Flow::from(Value::from(names.join(" "))))
    /// })?;
    /// assert_eq!(env.render_str("<% names b=1, a=2 %>", ())?, "b a");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn keywords(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.keywords
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
    }

    /// The tag's body, of a tag that has one.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("same").body(), |_, call| {
    ///     Ok(Flow::call(call.body().cloned().unwrap_or_default(), [], |_, text| text.map(Flow::from)))
    /// })?;
    /// assert_eq!(env.render_str("<% same %>text<% end %>", ())?, "text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn body(&self) -> Option<&'a Value> {
        self.part("")
    }

    /// The part behind the branch `name`, if the template has it.
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag, Value};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("ask").branch("else"), |_, call| {
    ///     Ok(Flow::from(Value::from(call.branch("else").is_some())))
    /// })?;
    /// assert_eq!(env.render_str("<% ask %><% end %> <% ask %><% else %><% end %>", ())?, "False True");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn branch(&self, name: &str) -> Option<&'a Value> {
        match name {
            "" => None,
            name => self.part(name),
        }
    }

    /// A dict of the variables seen where the tag stands, but for globals; of a tag that asked for them with
    /// [`Tag::sees_variables`].
    ///
    /// ```
    /// use kakehi::{Environment, Flow, Tag, Value};
    /// let mut env = Environment::new();
    /// env.add_tag(Tag::new("all").sees_variables(), |_, call| {
    ///     Ok(call.variables().cloned().map_or(Flow::nothing(), Flow::from))
    /// })?;
    /// assert_eq!(env.render_str("<% for x in [1] %><% all %><% end %>", kakehi::context! { y => 2 })?.contains("'x': 1"), true);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn variables(&self) -> Option<&'a Value> {
        (!self.variables.is_none()).then_some(self.variables)
    }

    fn part(&self, name: &str) -> Option<&'a Value> {
        let found = self.parts.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }
}

impl fmt::Debug for TagCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TagCall")
            .field("tag", &self.tag.name)
            .field("positional", &self.positional)
            .field("keywords", &self.keywords)
            .finish_non_exhaustive()
    }
}

/// What a tag of the host does, as a function: the variables it sees are its first argument, its parts are
/// keywords.
pub(crate) struct TagFunction<F> {
    tag: Tag,
    run: F,
}

impl<F> TagFunction<F>
where
    F: Fn(&CallContext<'_>, &TagCall<'_>) -> Result<Flow, Error> + Send + Sync + 'static,
{
    /// The function of a tag.
    pub(crate) fn shared(tag: Tag, run: F) -> Arc<dyn Function> {
        Arc::new(TagFunction { tag, run })
    }
}

impl<F> Function for TagFunction<F>
where
    F: Fn(&CallContext<'_>, &TagCall<'_>) -> Result<Flow, Error> + Send + Sync + 'static,
{
    fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
        (self.run)(context, &TagCall::new(&self.tag, context, *arguments)?)
    }
}

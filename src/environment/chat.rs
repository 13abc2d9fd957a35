//! The preset for chat templates of language models.

use crate::builtins::chat;
use crate::environment::{AutoEscape, Environment};

impl Environment {
    /// An environment for the chat templates that come with language models, set up as `transformers` sets
    /// up Jinja2 for them.
    ///
    /// That is [`Environment::jinja`] with `trim_blocks` and `lstrip_blocks`, nothing escaped, and
    ///
    /// - `tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False)`, which writes as
    ///   Python's `json.dumps` and keeps the order of keys, characters beyond ASCII, and `<`;
    /// - `raise_exception(message)`, which ends the render with an error of that message;
    /// - `{% generation %}` … `{% endgeneration %}` around what the model says, which prints its body;
    /// - `strftime_now(format)`, with the feature `datetime`. Without it, add a function of that name: most
    ///   templates ask whether there is one.
    ///
    /// A template may change lists and dicts that it has made itself; those of the conversation stay as they
    /// are. Templates come with models, that is from strangers: render them with
    /// [`RenderOptions::untrusted`](crate::RenderOptions::untrusted).
    ///
    /// ```
    /// use kakehi::{Environment, RenderOptions, context};
    /// let env = Environment::chat();
    /// let template = env.template_from_str("\
    ///     {%- for message in messages %}
    ///     <|{{ message.role }}|>{{ message.content }}<|end|>
    ///     {% endfor %}
    ///     {%- if add_generation_prompt %}<|assistant|>{% endif %}
    /// ")?;
    /// let messages = [context! { role => "user", content => "Tea?" }];
    /// let conversation = context! { messages, add_generation_prompt => true };
    /// let prompt = template.render_with(conversation, RenderOptions::untrusted())?;
    /// assert_eq!(prompt, "    <|user|>Tea?<|end|>\n<|assistant|>");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn chat() -> Self {
        let mut environment = Environment::jinja();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_auto_escape(AutoEscape::Never);
        chat::register(environment.registry());
        let (tag, function) = chat::generation();
        environment.set_tag(&tag, function);
        environment
    }
}

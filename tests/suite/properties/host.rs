//! The host of generated templates: all that it gives a render holds a token of that render, so that what a
//! dropped render still holds can be counted.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::StreamExt;
use futures_util::stream;
use kakehi::{
    AsyncFunctionLoader, CallContext, Environment, Error, ErrorKind, FunctionLoader, Limits,
    Object, RenderOptions, RenderStream, Value,
};
use kakehi::{AutoEscape, DeferMode, ParkThread};

use super::generator::Templates;
use crate::host::{self, Mode, Rounds};

/// Something that a render holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Token(Arc<()>);

impl Token {
    /// How many there are besides this one.
    pub(super) fn others(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

/// An object that holds a token.
#[derive(Debug)]
struct Held(#[expect(dead_code)] Token);

impl Object for Held {
    fn type_name(&self) -> &str {
        "held"
    }
}

fn token(context: &CallContext<'_>) -> Token {
    context.extension::<Token>().cloned().unwrap_or_default()
}

/// A future that holds a token until it is dropped.
fn later(token: Token, value: Value, rounds: u32) -> Value {
    Value::from_future(async move {
        let _held = token;
        Rounds(rounds).await;
        Ok::<_, Error>(value)
    })
}

/// A stream that holds a token until it is dropped.
fn numbers(token: Token, count: i64) -> Value {
    Value::from_stream(stream::unfold(
        (1, token),
        move |(next, token)| async move {
            Rounds(1).await;
            (next <= count).then(|| (Ok::<_, Error>(Value::from(next)), (next + 1, token)))
        },
    ))
}

/// An environment with some templates, which are loaded after a wait if `waits`.
pub(super) fn environment(templates: &Templates, waits: bool) -> Environment {
    let mut env = if templates.jinja {
        Environment::jinja()
    } else {
        Environment::new()
    };
    populate(&mut env);
    env.set_limits(limits());
    let sources = Arc::new(templates.sources.clone());
    let find = move |name: &str| {
        let found = sources.iter().find(|(found, _)| *found == name);
        found.map(|(_, source)| source.clone())
    };
    if waits {
        env.set_loader(AsyncFunctionLoader::new(move |name: String| {
            let source = find(&name);
            async move {
                Rounds(1).await;
                Ok(source)
            }
        }));
    } else {
        env.set_loader(FunctionLoader::new(move |name| Ok(find(name))));
    }
    env
}

/// Enough for what is meant to end, and soon used up by what is not.
pub(super) fn limits() -> Limits {
    Limits {
        fuel: Some(100_000),
        output: Some(100_000),
        memory: Some(8 << 20),
        depth: 50,
        items: Some(1000),
        deadline: None,
        ..Limits::untrusted()
    }
}

fn populate(env: &mut Environment) {
    host::populate(env, Mode::Plain);
    env.add_function("get", |context: &CallContext<'_>, value: Value| {
        later(token(context), value, 1)
    });
    env.add_function(
        "later",
        |context: &CallContext<'_>, value: Value, rounds: u32| later(token(context), value, rounds),
    );
    env.add_filter("hand_on", |context: &CallContext<'_>, value: Value| {
        later(token(context), value, 1)
    });
    env.add_function("get_list", |context: &CallContext<'_>, count: i64| {
        let list: Vec<Value> = (1..=count).map(Value::from).collect();
        later(token(context), Value::from(list), 1)
    });
    env.add_function("numbers", |context: &CallContext<'_>, count: i64| {
        numbers(token(context), count)
    });
    env.add_function("get_stream", |context: &CallContext<'_>, count: i64| {
        let token = token(context);
        later(token.clone(), numbers(token, count), 1)
    });
    env.add_function("held", |context: &CallContext<'_>| {
        Value::from_object(Held(token(context)))
    });
}

/// What the templates see, new for each render.
pub(super) fn context(token: &Token, waits: bool) -> Value {
    let json = serde_json::json!({
        "n": 3, "m": 0, "s": "text", "t": "<i>&</i>", "yes": true, "nothing": null,
        "xs": [4, 1, 3, 1],
        "user": {"name": "ann", "age": 7, "tags": ["a", "b"]},
        "users": [{"name": "Bo", "age": 5}, {"name": "Al", "age": 9}, {"name": "Cy", "age": 5}],
        "tree": [{"name": "1", "age": 1, "kids": [{"name": "2", "age": 2, "kids": []}]}, {"name": "3", "age": 3, "kids": []}],
    });
    let mut pairs: Vec<(Value, Value)> = json
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (Value::from(name.as_str()), host::context(value)))
        .collect();
    pairs.push((
        Value::from("held_by_context"),
        Value::from_object(Held(token.clone())),
    ));
    if waits {
        pairs.push((
            Value::from("future"),
            later(token.clone(), Value::from(7), 2),
        ));
        pairs.push((Value::from("stream"), numbers(token.clone(), 3)));
    }
    Value::from_pairs(pairs).expect("texts are keys")
}

/// How a template is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    Sync,
    Blocking,
    Async,
    Stream,
    Torture,
    /// As the torture, with what is deferred behind the page.
    Deferring,
    /// With all bodies parallel, so many branches at once.
    Parallel(usize),
}

/// What came of a render: its output, or the kind of its error and the whole report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Output(String),
    Error { kind: ErrorKind, report: String },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Output(output) => write!(f, "{output:?}"),
            Outcome::Error { kind, report } => write!(f, "{kind:?}: {report}"),
        }
    }
}

impl From<Result<String, Error>> for Outcome {
    fn from(result: Result<String, Error>) -> Self {
        match result {
            Ok(output) => Outcome::Output(output),
            Err(error) => Outcome::Error {
                kind: error.kind(),
                report: format!("{error:#}"),
            },
        }
    }
}

/// The options of a driver's renders.
pub(super) fn options(driver: Driver, token: &Token) -> RenderOptions {
    let options = RenderOptions::new().with_extension(token.clone());
    match driver {
        Driver::Torture => options.chunk_size(1).yield_every(1),
        Driver::Deferring => {
            let options = options.chunk_size(1).yield_every(1);
            options.defer_mode(DeferMode::Declarative)
        }
        Driver::Blocking => options.block_on(ParkThread),
        Driver::Parallel(most) => options.max_concurrency(most),
        Driver::Sync | Driver::Async | Driver::Stream => options,
    }
}

/// Renders `main`, from templates that are not loaded yet.
pub(super) fn run(env: &Environment, driver: Driver, waits: bool) -> Outcome {
    // A copy has a cache of its own.
    let mut env = env.clone();
    env.set_limits(limits());
    if driver == Driver::Deferring {
        env.set_auto_escape(AutoEscape::Always);
    }
    if matches!(driver, Driver::Parallel(_)) {
        env.set_concurrency(8);
    }
    env.clear_templates();
    let token = Token::default();
    let context = context(&token, waits);
    let options = options(driver, &token);
    let result = match driver {
        Driver::Sync => env
            .template("main")
            .and_then(|main| main.render_with(context, options)),
        Driver::Blocking => futures_executor::block_on(env.template_async("main"))
            .and_then(|main| main.render_with(context, options)),
        Driver::Async | Driver::Parallel(_) => futures_executor::block_on(async {
            env.template_async("main")
                .await?
                .render_async_with(context, options)
                .await
        }),
        Driver::Stream | Driver::Torture | Driver::Deferring => futures_executor::block_on(async {
            join(
                env.template_async("main")
                    .await?
                    .render_stream_with(context, options),
            )
            .await
        }),
    };
    drop(env);
    let outcome = Outcome::from(result);
    assert_eq!(token.others(), 0, "{driver:?} leaves something behind");
    outcome
}

async fn join(mut stream: RenderStream) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        assert!(!chunk.is_empty(), "an empty chunk");
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8(bytes).expect("output is text"))
}

/// Starts a render that stops wherever it can, polls it some times, and drops it: how many tokens it leaves
/// behind, or none if it ended before.
pub(super) fn poll_and_drop(
    env: &Environment,
    driver: Driver,
    token: &Token,
    polls: usize,
) -> Option<usize> {
    env.clear_templates();
    let options = options(driver, token);
    let main = futures_executor::block_on(env.template_async("main")).ok()?;
    let mut render = main.render_stream_with(context(token, true), options);
    drop(main);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(None) = render.poll_next_unpin(&mut cx) {
            return None;
        }
    }
    drop(render);
    Some(token.others())
}

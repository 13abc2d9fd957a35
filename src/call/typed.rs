//! Plain closures with typed arguments as functions.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::call::{
    ArgumentReader, Arguments, CallContext, Flow, FromArgument, Function, FunctionKind, IntoResult,
};
use crate::error::Error;
use crate::value::{Value, ValueFuture};

/// A closure of up to six arguments that can be registered as a filter, test or function.
///
/// Each argument is a type that can be taken from a call, see [`FromArgument`]; the result is anything
/// that becomes a [`Value`], or a `Result` of it, see [`IntoResult`].
///
/// ```
/// use kakehi::Environment;
/// let mut env = Environment::new();
/// env.add_function("two", || 2);
/// env.add_function("area", |width: f64, height: Option<f64>| width * height.unwrap_or(width));
/// env.add_filter("parse", |text: &str| text.parse::<i64>());
/// assert_eq!(env.render_str("<< two() >> << area(3) >> << '4' | parse >>", ())?, "2 9.0 4");
/// # Ok::<(), kakehi::Error>(())
/// ```
pub trait IntoFunction<A>: Send + Sync + 'static {
    #[doc(hidden)]
    fn invoke(&self, reader: ArgumentReader<'_>) -> Result<Value, Error>;
}

/// An async closure of up to six arguments that can be registered as a filter, test or function.
///
/// Its arguments are owned (`String`, numbers, [`Value`], `Option`, `Vec`, …), since the future outlives
/// the call. Calling it gives a future value; nothing of it runs until that is awaited.
///
/// ```
/// use kakehi::{Environment, Error};
///
/// async fn user_name(id: u64) -> Result<String, Error> {
///     match id {
///         7 => Ok("Ann".to_owned()),
///         _ => Err(Error::host("no such user")),
///     }
/// }
///
/// let mut env = Environment::new();
/// env.add_async_function("user_name", user_name);
/// let page = env.render_str_async("<< await user_name(7) >>", ());
/// assert_eq!(futures_executor::block_on(page)?, "Ann");
/// # Ok::<(), kakehi::Error>(())
/// ```
pub trait IntoAsyncFunction<A>: Send + Sync + 'static {
    #[doc(hidden)]
    fn begin(self: Arc<Self>, reader: ArgumentReader<'_>) -> Result<ValueFuture, Error>;
}

/// A closure as a [`Function`].
pub(crate) struct Synchronous<F, A> {
    closure: F,
    arguments: PhantomData<fn(A)>,
}

impl<F, A> Synchronous<F, A> {
    /// Wraps the closure.
    pub(crate) fn new(closure: F) -> Self {
        Synchronous {
            closure,
            arguments: PhantomData,
        }
    }
}

impl<F: IntoFunction<A>, A: 'static> Function for Synchronous<F, A> {
    fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
        self.closure
            .invoke(ArgumentReader::new(context, *arguments))
            .map(Flow::Return)
    }
}

/// An async closure as a [`Function`].
pub(crate) struct Asynchronous<F, A> {
    closure: Arc<F>,
    /// The name it is registered under.
    name: ArcStr,
    arguments: PhantomData<fn(A)>,
}

impl<F, A> Asynchronous<F, A> {
    /// Wraps the closure that is registered as `name`.
    pub(crate) fn new(name: ArcStr, closure: F) -> Self {
        Asynchronous {
            closure: Arc::new(closure),
            name,
            arguments: PhantomData,
        }
    }
}

impl<F: IntoAsyncFunction<A>, A: 'static> Function for Asynchronous<F, A> {
    fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
        let reader = ArgumentReader::new(context, *arguments);
        Ok(Flow::Future {
            label: self.name.clone(),
            future: Arc::clone(&self.closure).begin(reader)?,
        })
    }

    fn kind(&self) -> FunctionKind {
        FunctionKind::Async
    }
}

macro_rules! closures {
    ($($argument:ident),*) => {
        // The second bound is what lets a closure borrow its arguments: it must take each at every lifetime.
        impl<Closure, Out, $($argument),*> IntoFunction<(Out, $($argument,)*)> for Closure
        where
            Closure: Fn($($argument),*) -> Out
                + for<'a> Fn($(<$argument as FromArgument<'a>>::Output),*) -> Out
                + Send
                + Sync
                + 'static,
            Out: IntoResult,
            $($argument: for<'a> FromArgument<'a>,)*
        {
            #[allow(non_snake_case, unused_mut)]
            fn invoke(&self, mut reader: ArgumentReader<'_>) -> Result<Value, Error> {
                $(let $argument = $argument::from_argument(&mut reader)?;)*
                reader.finish()?;
                self($($argument),*).into_result()
            }
        }

        impl<Closure, Running, $($argument),*> IntoAsyncFunction<(Running, $($argument,)*)> for Closure
        where
            Closure: Fn($($argument),*) -> Running + Send + Sync + 'static,
            Running: Future + Send + 'static,
            Running::Output: IntoResult,
            $($argument: for<'a> FromArgument<'a, Output = $argument> + Send + 'static,)*
        {
            #[allow(non_snake_case, unused_mut)]
            fn begin(
                self: Arc<Self>,
                mut reader: ArgumentReader<'_>,
            ) -> Result<ValueFuture, Error> {
                $(let $argument = $argument::from_argument(&mut reader)?;)*
                reader.finish()?;
                Ok(Box::pin(async move { self($($argument),*).await.into_result() }))
            }
        }
    };
}

closures!();
closures!(A);
closures!(A, B);
closures!(A, B, C);
closures!(A, B, C, D);
closures!(A, B, C, D, E);
closures!(A, B, C, D, E, F);

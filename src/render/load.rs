//! Loading a template as a future.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arcstr::ArcStr;

use crate::environment::{Configuration, Load, Loaded, Participant, Turn, compile_answer};

/// The load of one template, in which this future takes part.
///
/// Dropping it leaves the load to others who want the same template, or ends it if there are none.
pub(crate) struct LoadFuture {
    configuration: Arc<Configuration>,
    name: ArcStr,
    participant: Option<Participant>,
}

impl LoadFuture {
    /// Loads `name` once it is polled.
    pub(crate) fn new(configuration: Arc<Configuration>, name: ArcStr) -> Self {
        LoadFuture {
            configuration,
            name,
            participant: None,
        }
    }

    /// The name of the template.
    pub(crate) fn name(&self) -> &ArcStr {
        &self.name
    }

    fn poll_participant(
        configuration: &Configuration,
        participant: &Participant,
        cx: &mut Context<'_>,
    ) -> Poll<Loaded> {
        let name = participant.name();
        let (running, source) = match participant.turn(cx.waker()) {
            Turn::Done(loaded) => return Poll::Ready(loaded),
            Turn::Wait => return Poll::Pending,
            Turn::Run(running, source) => (running, source),
        };
        let started = match source {
            Some(source) => Load::Later(source),
            None => configuration.load(name),
        };
        let answer = match started {
            Load::Ready(answer) => answer,
            Load::Later(mut source) => match source.as_mut().poll(cx) {
                Poll::Ready(answer) => answer,
                Poll::Pending => {
                    participant.pause(running, source, cx.waker());
                    return Poll::Pending;
                }
            },
        };
        let loaded = compile_answer(configuration, name, answer);
        Poll::Ready(participant.finish(running, loaded))
    }
}

impl Future for LoadFuture {
    type Output = Loaded;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let participant = match &this.participant {
            Some(participant) => participant,
            None => {
                if let Some(compiled) = this.configuration.cache.get(&this.name) {
                    return Poll::Ready(Ok(Some(compiled)));
                }
                match this.configuration.cache.join(&this.name) {
                    Ok(participant) => this.participant.insert(participant),
                    Err(compiled) => return Poll::Ready(Ok(Some(compiled))),
                }
            }
        };
        let polled = Self::poll_participant(&this.configuration, participant, cx);
        if polled.is_ready() {
            this.participant = None;
        }
        polled
    }
}

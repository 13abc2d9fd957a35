//! Loading a template as a future, and checking one beside a render.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arcstr::ArcStr;

use crate::environment::{
    Configuration, Joined, Loaded, Lookup, Participant, Turn, compile_answer,
};

/// The load of one template, in which this future takes part.
///
/// Dropping it leaves the load to others who want the same template, or ends it if there are none.
pub(crate) struct LoadFuture {
    configuration: Arc<Configuration>,
    name: ArcStr,
    participant: Option<Participant>,
    beside: Option<Check>,
}

impl LoadFuture {
    /// Loads `name` once it is polled.
    pub(crate) fn new(configuration: Arc<Configuration>, name: ArcStr) -> Self {
        LoadFuture {
            configuration,
            name,
            participant: None,
            beside: None,
        }
    }

    /// The name of the template.
    pub(crate) fn name(&self) -> &ArcStr {
        &self.name
    }

    /// The check that goes on after the template was served as it is, for who drives it on.
    pub(crate) fn take_check(&mut self) -> Option<Check> {
        self.beside.take()
    }
}

/// Does what can be done for a load now.
fn poll_participant(
    configuration: &Configuration,
    participant: &Participant,
    cx: &mut Context<'_>,
) -> Poll<Loaded> {
    let name = participant.name();
    let basis = participant.basis();
    let (running, fetch) = match participant.turn(cx.waker()) {
        Turn::Done(loaded) => return Poll::Ready(loaded),
        Turn::Wait => return Poll::Pending,
        Turn::Run(running, fetch) => (running, fetch),
    };
    let fetch = fetch.unwrap_or_else(|| configuration.fetch(name, basis));
    let answer = match fetch.poll(cx) {
        Ok(answer) => answer,
        Err(fetch) => {
            participant.pause(running, fetch, cx.waker());
            return Poll::Pending;
        }
    };
    let found = compile_answer(configuration, name, basis, answer);
    Poll::Ready(participant.finish(running, found, &configuration.template_cache))
}

impl Future for LoadFuture {
    type Output = Loaded;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(participant) = &this.participant {
            let polled = poll_participant(&this.configuration, participant, cx);
            if polled.is_ready() {
                this.participant = None;
            }
            return polled;
        }
        let policy = &this.configuration.template_cache;
        match this.configuration.cache.look(&this.name, policy) {
            Lookup::Found(compiled) => return Poll::Ready(Ok(Some(compiled))),
            Lookup::Missing => return Poll::Ready(Ok(None)),
            Lookup::Ask => {}
        }
        let (participant, stale) = match this.configuration.cache.join(&this.name, policy) {
            Joined::Found(compiled) => return Poll::Ready(Ok(Some(compiled))),
            Joined::Missing => return Poll::Ready(Ok(None)),
            Joined::Flight(participant, stale) => (participant, stale),
        };
        match (
            poll_participant(&this.configuration, &participant, cx),
            stale,
        ) {
            (Poll::Pending, None) => {
                this.participant = Some(participant);
                Poll::Pending
            }
            (Poll::Pending, Some(stale)) => {
                this.beside = Some(Check {
                    configuration: Arc::clone(&this.configuration),
                    participant,
                });
                Poll::Ready(Ok(Some(stale)))
            }
            (Poll::Ready(Err(_)), Some(stale)) => Poll::Ready(Ok(Some(stale))),
            (loaded, _) => loaded,
        }
    }
}

/// The check of a template that the render was served as it is. Whether it fails is not the render's business.
pub(crate) struct Check {
    configuration: Arc<Configuration>,
    participant: Participant,
}

impl Check {
    /// Drives the check on, and says whether it is still under way.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> bool {
        poll_participant(&self.configuration, &self.participant, cx).is_pending()
    }
}

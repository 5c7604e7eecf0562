//! One living instance with its place, from its start to its one answer.

use std::sync::Arc;
use std::time::Instant;

use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::{PluginFailure, Usage};
use cartwright_engine::ports::{Observed, Observer};
use wasmtime::Store;

use crate::batch::instant;
use crate::failure::explain;
use crate::guest::Guest;
use crate::kinds::{Kind, Live};
use crate::limits::Limits;
use crate::sandbox::{Place, Sandbox};

/// A fresh instance, ready for one call. Whatever the call does, the instance is gone afterwards.
pub(crate) struct Session {
    pub(crate) live: Live,
    pub(crate) store: Store<Guest>,
    output_bytes: usize,
    /// Given back when the session is over.
    place: Option<Place>,
    /// Who is told what it took.
    told: Option<Told>,
}

/// Who is told of a call, and of which plugin it was.
pub(crate) struct Told {
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) shop: ShopId,
    pub(crate) digest: String,
    pub(crate) began: Instant,
}

impl Told {
    /// Tells it.
    pub(crate) fn tell(&self, memory_bytes: u64, failure: Option<&PluginFailure>, log: &[String]) {
        let micros = u64::try_from(instant().duration_since(self.began).as_micros()).unwrap_or(u64::MAX);
        let usage = Usage { micros, memory_bytes };
        self.observer.observed(&Observed { shop: self.shop, digest: &self.digest, usage, failure, log });
    }
}

impl Session {
    /// Waits for a place, starts an instance in it and gives it the time of one step.
    pub(crate) async fn open(
        sandbox: &Sandbox,
        kind: &Kind,
        shop: Option<ShopId>,
        guest: Guest,
        output_bytes: usize,
    ) -> Result<Self, PluginFailure> {
        let place = sandbox.place(shop).await?;
        let mut session = Self::start(sandbox, kind, guest, output_bytes).await?;
        session.place = Some(place);
        let step = session.limits().step;
        session.store.data_mut().time.begin("one call", step);
        sandbox.rearm(&mut session.store);
        Ok(session)
    }

    /// Starts an instance for a caller that has its place already.
    pub(crate) async fn start(
        sandbox: &Sandbox,
        kind: &Kind,
        mut guest: Guest,
        output_bytes: usize,
    ) -> Result<Self, PluginFailure> {
        guest.time.begin("starting", guest.limits.step);
        let mut store = sandbox.store(guest, output_bytes);
        match kind.instantiate(&mut store).await {
            Ok(live) => Ok(Self { live, store, output_bytes, place: None, told: None }),
            Err(error) => Err(explained(&store, &error, output_bytes)),
        }
    }

    /// The same, and somebody is told in the end.
    pub(crate) fn told(self, told: Option<Told>) -> Self {
        Self { told, ..self }
    }

    pub(crate) fn limits(&self) -> Arc<Limits> {
        self.store.data().limits.clone()
    }

    /// The answer, or why there is none.
    pub(crate) fn close<T>(self, answer: wasmtime::Result<T>) -> Result<T, PluginFailure> {
        let answer = answer.map_err(|error| self.explain(&error));
        let log = self.store.data().log.take();
        for line in &log {
            tracing::debug!(target: "cartwright::plugin", "{line}");
        }
        if let Some(told) = &self.told {
            told.tell(self.store.data().memory.peak(), answer.as_ref().err(), &log);
        }
        answer
    }

    pub(crate) fn explain(&self, error: &wasmtime::Error) -> PluginFailure {
        explained(&self.store, error, self.output_bytes)
    }
}

fn explained(store: &Store<Guest>, error: &wasmtime::Error, output_bytes: usize) -> PluginFailure {
    explain(error, store.data().log.last_words().as_deref(), output_bytes)
}

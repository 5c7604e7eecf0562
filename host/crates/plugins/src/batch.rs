//! Batches: one fresh instance, then one call for each item.
//!
//! A trap names its item: that one has failed, a new instance goes on with the next. When the time of the batch is
//! over, the item at hand is no failure either: it is the first of the next batch. So n together give what n alone
//! would give, in any order.

use std::future::Future;
use std::time::Instant;

use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::{Instances, PluginFailure, Usage};
use cartwright_engine::ports::Answered;
use wasmtime::Store;

use crate::catalogue::Plugin;
use crate::failure::Stopped;
use crate::guest::Guest;
use crate::kinds::{Kind, Live};
use crate::limits::{BatchTime, Limits};
use crate::sandbox::Sandbox;
use crate::session::Session;

/// What is done with each item of a batch.
pub(crate) trait Work: Sync {
    type Answer: Send;
    /// What the time limit is for, in an error.
    const WHAT: &'static str;

    fn items(&self) -> usize;
    fn time(&self, limits: &Limits) -> BatchTime;
    /// Makes an item the one that is present.
    fn present(&self, guest: &mut Guest, index: usize);

    /// What a fresh instance is told before the first item.
    fn prepare(
        &self,
        _: &Live,
        _: &mut Store<Guest>,
    ) -> impl Future<Output = wasmtime::Result<Result<(), PluginFailure>>> + Send {
        async { Ok(Ok(())) }
    }

    fn call(
        &self,
        live: &Live,
        store: &mut Store<Guest>,
        index: usize,
    ) -> impl Future<Output = wasmtime::Result<Result<Self::Answer, PluginFailure>>> + Send;
}

/// One answer for each item, in order, whatever happens. `guest` makes the state of each new instance.
pub(crate) async fn run<W: Work>(
    sandbox: &Sandbox,
    plugin: &Plugin,
    shop: Option<ShopId>,
    guest: impl Fn() -> Guest + Send + Sync,
    work: &W,
) -> Vec<Answered<W::Answer>> {
    let mut answers = Vec::with_capacity(work.items());
    if work.items() == 0 {
        return answers;
    }
    let each = match plugin.descriptor.instances {
        Instances::PerBatch => usize::MAX,
        Instances::PerSubject => 1,
    };
    let end = match sandbox.place(shop).await {
        Err(busy) => Err(busy),
        Ok(_place) => loop {
            match one_instance(sandbox, &plugin.kind, guest(), work, each, &mut answers).await {
                Err(failure) => break Err(failure),
                Ok(()) if answers.len() == work.items() => break Ok(()),
                Ok(()) => {}
            }
        },
    };
    if let Err(failure) = end {
        // No instance can be had: that is true for all who are left.
        answers.resize_with(work.items(), || Answered {
            result: Err(failure.clone()),
            reads: Vec::new(),
            log: Vec::new(),
            usage: Usage::default(),
        });
    }
    answers
}

/// Goes on until the items, the batch's time or the instance come to an end, and with no more items than one instance
/// may have. An error means that there is no instance at all.
async fn one_instance<W: Work>(
    sandbox: &Sandbox,
    kind: &Kind,
    guest: Guest,
    work: &W,
    each: usize,
    answers: &mut Vec<Answered<W::Answer>>,
) -> Result<(), PluginFailure> {
    let limits = guest.limits.clone();
    let mut session = Session::start(sandbox, kind, guest, limits.output_bytes).await?;
    session.store.data_mut().time.begin("preparing", limits.step);
    sandbox.rearm(&mut session.store);
    let prepared = work.prepare(&session.live, &mut session.store).await;
    prepared.map_err(|error| session.explain(&error))??;

    let time = work.time(&limits);
    session.store.data_mut().time.begin_batch(time, work.items() - answers.len());
    let end = work.items().min(answers.len().saturating_add(each));
    let mut started = instant();
    while answers.len() < end {
        let index = answers.len();
        let guest = session.store.data_mut();
        work.present(guest, index);
        guest.time.begin(W::WHAT, time.each);
        sandbox.rearm(&mut session.store);
        let answer = work.call(&session.live, &mut session.store, index).await;
        let over = answer.is_err();
        let result = match answer {
            Err(error) if error.downcast_ref::<Stopped>() == Some(&Stopped::BatchOver) => return Ok(()),
            Err(error) => Err(session.explain(&error)),
            Ok(result) => result,
        };
        let guest = session.store.data_mut();
        let ended = instant();
        let micros = u64::try_from(ended.duration_since(started).as_micros()).unwrap_or(u64::MAX);
        started = ended;
        answers.push(Answered {
            result,
            reads: std::mem::take(&mut guest.reads),
            log: guest.log.take(),
            usage: Usage { micros, memory_bytes: guest.memory.peak() },
        });
        if over {
            return Ok(());
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "what a call used is told by the wall; no decision sees it")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

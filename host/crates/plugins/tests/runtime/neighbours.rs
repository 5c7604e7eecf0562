//! A hostile shop beside a decent one: nobody waits longer than a slice for it, and it leaves nothing behind. This

//! file is a process of its own: it looks at the memory of the whole of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::support::{Host, host, host_with, now, subject};
use cartwright_domain::ids::Mint;
use cartwright_engine::ports::{PluginCall, Plugins};
use cartwright_plugins::{BatchTime, Limits, Slices};
use hostile_guests::guests;
use hostile_guests::kit::{self, Meets};
use serde_json::json;

/// Some work, and how long others kept it waiting, on the clock that counts the slices of all guests.
struct Waits<F> {
    work: Pin<Box<F>>,
    host: Arc<Host>,
    since: u64,
    longest: u64,
}

impl<F: Future> Future for Waits<F> {
    type Output = (F::Output, u64);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.longest = self.longest.max(self.host.runtime.slices() - self.since);
        let polled = self.work.as_mut().poll(context);
        self.since = self.host.runtime.slices();
        polled.map(|output| (output, self.longest))
    }
}

/// Every function entered and every turn of a loop is a slice; a shop has one place of two.
fn counting() -> Arc<Host> {
    let decision = BatchTime { each: Duration::from_millis(500), more: Duration::from_millis(500) };
    let limits = Limits { decision, step: Duration::from_secs(2), places: 2, places_per_shop: 1, ..Limits::default() };
    Arc::new(host_with(limits, Slices::Counted))
}

/// Another shop's call of a decent condition.
fn decent(host: &Host) -> PluginCall {
    let shop = Mint::new(now(), [9; 32]).next();
    PluginCall { shop, ..host.call(guests::tame().component(), json!({})) }
}

#[tokio::test]
async fn s13_while_a_hostile_component_holds_its_only_place_no_other_shop_waits_longer_than_a_slice() {
    for hostile in kit::all().into_iter().filter(|hostile| matches!(hostile.meets, Meets::Fails(..))) {
        let host = counting();
        let (busy, decent) = (host.call((hostile.make)(), json!({})), decent(&host));
        // Both are loaded: what is measured is running beside one another.
        host.runtime.evaluate(&busy, &[subject(1)]).await;
        host.runtime.evaluate(&decent, &[subject(1)]).await;
        let over = Arc::new(AtomicBool::new(false));
        let running = {
            let (host, over) = (host.clone(), over.clone());
            tokio::spawn(async move {
                let mut batches = 0;
                while !over.load(Ordering::Relaxed) {
                    host.runtime.evaluate(&busy, &[subject(1), subject(2), subject(3)]).await;
                    batches += 1;
                    tokio::task::yield_now().await;
                }
                batches
            })
        };
        let work = {
            let host = host.clone();
            let subjects: Vec<_> = (0..20).map(subject).collect();
            async move { host.runtime.evaluate(&decent, &subjects).await }
        };
        let since = host.runtime.slices();
        let waits = Waits { work: Box::pin(work), host: host.clone(), since, longest: 0 };
        let (answers, longest) = tokio::spawn(waits).await.unwrap();
        over.store(true, Ordering::Relaxed);
        running.await.unwrap();
        assert_eq!(answers.len(), 20, "{}", hostile.name);
        assert!(answers.iter().all(|answer| answer.result.is_ok()), "{}: {answers:?}", hostile.name);
        assert!(longest <= 1, "{}: another shop waited {longest} slices", hostile.name);
    }
}

/// Memory of this process that is in use.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[tokio::test]
async fn s42_after_a_thousand_of_each_memory_is_where_it_was() {
    const ROUNDS: usize = 1_000;
    const MOST: u64 = 48 << 20;
    let host = host();
    let cases = [
        guests::endless_recursion(),
        guests::memory_bomb(),
        guests::huge_answer(),
        guests::lying_pointer(),
        guests::wordy_fault(),
        guests::log_flood(),
        guests::leaving(),
        guests::remembering(),
    ];
    let calls: Vec<_> = cases.iter().map(|guest| host.call(guest.component(), json!({}))).collect();
    let subjects = [subject(1), subject(2)];
    let all = async |rounds: usize| {
        for call in &calls {
            for _ in 0..rounds {
                assert_eq!(host.runtime.evaluate(call, &subjects).await.len(), 2);
            }
        }
    };
    // Whatever is made once, and whatever the allocator keeps for itself, is there after this.
    all(ROUNDS / 5).await;
    let before = resident();
    all(ROUNDS).await;
    let grown = resident().saturating_sub(before);
    assert_eq!(host.runtime.alive(), 0, "instances are left over");
    assert!(grown < MOST, "{} MiB more after {ROUNDS} rounds of each", grown >> 20);
    host.still_serves().await;
}

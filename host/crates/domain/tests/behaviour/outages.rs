//! What an outage does to messages, on a stage: a source that is silent (S08), and what became overdue (S27).

use crate::stage::*;
use cartwright_domain::alert::AlertCause;
use cartwright_domain::fact::FactRead;
use cartwright_domain::message::{HoldReason, MessageState, SkipReason};
use cartwright_domain::time::Span;
use cartwright_domain::world::Entry;
use serde_json::json;

/// The reminder, in a shop whose source was last heard of at 12:30 and may be silent for two hours.
fn with_source() -> Stage {
    let mut stage = subscribed();
    let mut source = stage.connect("shopify", &[]).clone();
    source.stale_after = Some(Span::hours(2));
    source.heard_at = Some(at(12, 30));
    stage.world.connections.remove("shopify");
    stage.world.sources.insert("shopify".into(), Entry::loaded(source, 1));
    stage
}

#[test]
fn s08_a_reminder_is_held_while_the_source_is_silent_and_goes_when_it_is_heard_again() {
    let mut stage = with_source();
    stage.event(at(11, 0), &cart(at(11, 0), &[("a", 1)]));
    stage.wait_until(at(16, 0));
    assert_eq!(stage.message().state, MessageState::Held { reason: HoldReason::SourceStale });
    let told = |stage: &Stage| {
        let last = stage.world.alarms.last().expect("somebody is told");
        (last.cause, last.about.clone(), last.told.is_some())
    };
    assert_eq!(told(&stage), (AlertCause::SourceStale, "shopify".into(), true));
    let source = stage.world.sources["shopify"].value.id;
    stage.world.hear(source, at(16, 0));
    assert_eq!(told(&stage), (AlertCause::SourceStale, "shopify".into(), false));
    stage.wait_until(at(16, 2));
    assert_eq!(stage.sent().len(), 1);
}

#[test]
fn s08_a_source_that_was_heard_of_lately_or_has_no_bound_holds_nothing() {
    for (hour, bound) in [(10, Some(Span::hours(2))), (12, None)] {
        let mut stage = with_source();
        stage.world.sources.get_mut("shopify").expect("it").edit().stale_after = bound;
        stage.event(at(hour, 0), &cart(at(hour, 0), &[("a", 1)]));
        stage.wait_until(at(hour + 4, 0));
        assert_eq!(stage.sent_at(), [at(hour + 4, 0)]);
    }
}

#[test]
fn s08_only_what_an_order_would_forbid_is_held() {
    let mut stage = with_source();
    let order_news = strategy(json!({
        "name": "Review",
        "trigger": { "on": "order_placed", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        }
    }));
    let mut other = Stage::with(order_news);
    other.event(at(9, 0), &ana_identifies(at(9, 0)));
    other.world.sources = std::mem::take(&mut stage.world.sources);
    other.event(at(20, 0), &order("o1", at(20, 0)));
    assert_eq!(other.sent().len(), 1);
}

#[test]
fn s08_what_is_heard_is_noted_now_and_then_only() {
    let mut stage = with_source();
    let source = stage.world.sources["shopify"].value.id;
    let mut heard = |moment| {
        stage.world.hear(source, moment);
        stage.world.sources["shopify"].value.heard_at
    };
    assert_eq!(heard(at(12, 45)), Some(at(12, 30)));
    assert_eq!(heard(at(12, 46)), Some(at(12, 46)));
    assert_eq!(heard(at(12, 40)), Some(at(12, 46)), "never back");
}

#[test]
fn s27_at_most_one_overdue_message_of_a_run_goes_out() {
    let sequence = || {
        let mut stage = Stage::with(strategy(json!({
            "name": "Sequence",
            "trigger": { "on": "cart", "settle": "1h", "next": "first" },
            "steps": {
                "first": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "wait" },
                "wait": { "kind": "delay", "for": "2h", "from": "newest_trigger", "next": "second" },
                "second": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "later" },
                "later": { "kind": "delay", "for": "8h", "from": "newest_trigger", "next": "third" },
                "third": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
                "done": { "kind": "exit" }
            }
        })));
        stage.event(at(9, 0), &ana_identifies(at(9, 0)));
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage
    };
    let mut stage = sequence();
    stage.wait_until(at(40, 0));
    assert_eq!(stage.sent_at(), [at(11, 0), at(12, 0), at(18, 0)]);
    let mut stage = sequence();
    stage.provider_is_up = false;
    stage.wait_until(at(15, 0));
    stage.provider_is_up = true;
    stage.wait_until(at(40, 0));
    assert_eq!(
        stage.sent_at(),
        [at(15, 0), at(18, 0)],
        "the first, which is overdue, and the one that has its time yet"
    );
    let late = MessageState::Skipped { reason: SkipReason::TooLate };
    assert_eq!(stage.messages_of("Sequence").iter().filter(|message| message.state == late).count(), 1);
    let skipped = stage.told(|what| matches!(what, cartwright_domain::trace::Happening::Skipped { .. }));
    assert_eq!(skipped[0].facts.last(), Some(&FactRead::new("run.overdue_went_at", at(15, 0))));
}

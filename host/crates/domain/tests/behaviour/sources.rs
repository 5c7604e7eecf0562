//! Sources that can be asked, on a stage: when orders are read again, what a refusal does, and what the past may tell
//! (S08).

use crate::stage::*;
use cartwright_domain::event::{Event, OrderOrigin, What};
use cartwright_domain::ids::{ConnectionId, MessageId};
use cartwright_domain::message::{HoldReason, MessageState};
use cartwright_domain::plugin::{SourceAbility, SourceTaskKind};
use cartwright_domain::reading_again::{self, Reading};
use cartwright_domain::run::EndReason;
use cartwright_domain::source::{BackfillKind, SourceState, Trouble, TroubleKind, past};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::world::{Entry, IdentityKind};
use std::collections::BTreeSet;

fn ability(task: SourceTaskKind, every_minutes: Option<u32>) -> SourceAbility {
    SourceAbility { task, every_minutes }
}

fn trouble(kind: TroubleKind, at: Timestamp) -> Trouble {
    Trouble { at, kind, code: None, text: "no".into(), not_before: None }
}

/// A source that does everything.
fn source(now: Timestamp) -> SourceState {
    let id: ConnectionId = "00000000-0000-0000-0000-000000000001".parse().expect("an id");
    let mut state = SourceState::new(id);
    let abilities = [
        ability(SourceTaskKind::Poll, Some(10)),
        ability(SourceTaskKind::Backfill, None),
        ability(SourceTaskKind::OrdersOf, None),
        ability(SourceTaskKind::Subscribe, None),
        ability(SourceTaskKind::Probe, None),
    ];
    state.plan(&abilities, true, now);
    state
}

/// The reminder at the moment its message is due, in a shop with a source that can be asked and was last heard of then.
fn due_message(heard_at: Timestamp) -> (Stage, MessageId) {
    let mut stage = subscribed();
    let mut source = stage.connect("acme", &[]).clone();
    source.can_be_asked = true;
    source.heard_at = Some(heard_at);
    stage.world.connections.remove("acme");
    stage.world.sources.insert("acme".into(), Entry::loaded(source, 1));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    // What is not held stays where it is, to be looked at.
    stage.provider_is_up = heard_at < at(12, 0);
    stage.wait_until(at(14, 0));
    let id = stage.message().id;
    (stage, id)
}

#[test]
fn s08_orders_are_read_again_before_the_first_message_and_every_half_hour_while_it_waits() {
    let (mut stage, id) = due_message(at(13, 0));
    let sources = [source(at(13, 0))];
    let before = |stage: &Stage, minute| reading_again::before(&stage.world, &sources, id, at(14, minute));
    assert_eq!(before(&stage, 0), Reading::Ask);
    reading_again::take(&mut stage.world, id, at(14, 0));
    assert_eq!(before(&stage, 0), Reading::NotNeeded);
    assert_eq!(before(&stage, 29), Reading::NotNeeded);
    assert_eq!(before(&stage, 30), Reading::Ask);
}

#[test]
fn s08_nobody_is_asked_where_no_source_can_be_or_in_a_rehearsal() {
    let (mut stage, id) = due_message(at(13, 0));
    let deaf = SourceState::new(source(at(9, 0)).connection);
    assert_eq!(reading_again::before(&stage.world, &[deaf], id, at(14, 0)), Reading::NotNeeded);
    stage.world.rehearsed_silence = Some(BTreeSet::new());
    assert_eq!(reading_again::before(&stage.world, &[source(at(9, 0))], id, at(14, 0)), Reading::NotNeeded);
}

#[test]
fn s08_a_message_waits_for_three_tries_and_then_goes_by_what_was_heard() {
    let (stage, id) = due_message(at(13, 0));
    let mut asked = source(at(13, 0));
    let mut now = at(14, 0);
    for pause in [1, 2] {
        asked.fail(SourceTaskKind::OrdersOf, trouble(TroubleKind::Transient, now), now);
        let until = now + Span::minutes(pause);
        assert_eq!(reading_again::before(&stage.world, &[asked.clone()], id, now), Reading::Wait(until));
        now = until;
        assert_eq!(reading_again::before(&stage.world, &[asked.clone()], id, now), Reading::Ask);
    }
    asked.fail(SourceTaskKind::OrdersOf, trouble(TroubleKind::Transient, now), now);
    assert_eq!(reading_again::before(&stage.world, &[asked], id, now), Reading::NotNeeded);
}

#[test]
fn s08_a_source_that_can_be_asked_is_silent_after_two_hours_where_nothing_else_is_said() {
    for (heard_at, is_silent) in [(at(12, 0), false), (at(11, 59), true)] {
        let (stage, id) = due_message(heard_at);
        let held = MessageState::Held { reason: HoldReason::SourceStale };
        assert_eq!(stage.world.messages[&id].value.state == held, is_silent, "{heard_at}");
    }
    let (stage, id) = due_message(at(11, 0));
    let mut down = source(at(13, 0));
    down.fail(SourceTaskKind::OrdersOf, trouble(TroubleKind::Transient, at(14, 0)), at(14, 0));
    assert_eq!(reading_again::before(&stage.world, &[down.clone()], id, at(14, 0)), Reading::NotNeeded, "it is held");
    assert_eq!(reading_again::before(&stage.world, &[down], id, at(14, 1)), Reading::Ask, "and asked for all the same");
}

#[test]
fn s08_in_a_rehearsal_only_those_sources_are_silent_of_which_the_log_says_so() {
    let (mut stage, id) = due_message(at(11, 0));
    let mut state = |silent: &[&str], moment| {
        stage.world.rehearsed_silence = Some(silent.iter().map(|name| (*name).to_owned()).collect());
        stage.wait_until(moment);
        stage.world.messages[&id].value.state.clone()
    };
    assert_eq!(state(&["acme"], at(14, 10)), MessageState::Held { reason: HoldReason::SourceStale });
    assert_eq!(state(&[], at(14, 12)), MessageState::Accepted);
}

#[test]
fn s08_an_order_that_was_read_from_history_ends_the_run_once_the_platform_tells_of_it() {
    let (mut stage, _) = due_message(at(13, 0));
    let told = order("o1", at(12, 0));
    let history = past(vec![told.clone()], at(13, 0)).remove(0);
    stage.event(at(13, 0), &history);
    assert!(stage.ends().is_empty(), "history ends nothing");
    stage.event(at(14, 0), &Event { id: "again".into(), ..told });
    assert_eq!(stage.ends(), [EndReason::Converted]);
}

#[test]
fn platforms_are_asked_by_who_the_customer_is_and_by_their_open_carts() {
    let (stage, id) = due_message(at(13, 0));
    let customer = stage.world.messages[&id].value.customer;
    let names = reading_again::names_of(&stage.world, &BTreeSet::from([customer]));
    let kinds: BTreeSet<IdentityKind> = names.iter().map(|name| name.kind).collect();
    assert!(kinds.contains(&IdentityKind::Cart), "{names:?}");
    assert!(!kinds.contains(&IdentityKind::Anonymous), "{names:?}");
    assert!(reading_again::names_of(&stage.world, &BTreeSet::new()).is_empty());
}

#[test]
fn every_task_is_due_at_once_and_then_in_its_own_time() {
    let mut state = source(at(9, 0));
    assert_eq!(state.due_at(), Some(at(9, 0)));
    state.take_poll(Some("c1".into()), 3, at(9, 0));
    assert_eq!(state.tasks[&SourceTaskKind::Poll].due_at, Some(at(9, 10)), "the first page only says where to begin");
    state.take_poll(Some("c2".into()), 3, at(9, 10));
    assert_eq!(state.tasks[&SourceTaskKind::Poll].due_at, Some(at(9, 10)), "there may be more");
    state.take_poll(Some("c3".into()), 0, at(9, 10));
    assert_eq!(state.tasks[&SourceTaskKind::Poll].due_at, Some(at(9, 20)));
    state.succeed(SourceTaskKind::OrdersOf, at(9, 0));
    assert_eq!(state.tasks[&SourceTaskKind::OrdersOf].due_at, Some(at(9, 30)), "asked at least every half hour");
    state.succeed(SourceTaskKind::Subscribe, at(9, 0));
    assert_eq!(state.tasks[&SourceTaskKind::Subscribe].due_at, Some(at(33, 0)));
    assert_eq!(state.tasks[&SourceTaskKind::Probe].due_at, None);
    state.plan(&[ability(SourceTaskKind::Subscribe, None)], false, at(10, 0));
    assert_eq!(state.due_at(), None, "webhooks that would not arrive are not asked for");
}

#[test]
fn a_refusal_is_tried_again_later_and_later_or_when_the_platform_says() {
    let mut state = source(at(9, 0));
    let mut pauses = Vec::new();
    for _ in 0..7 {
        state.fail(SourceTaskKind::Poll, trouble(TroubleKind::Transient, at(9, 0)), at(9, 0));
        pauses.push(state.tasks[&SourceTaskKind::Poll].due_at.expect("a try").since(at(9, 0)).millis() / 60_000);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    let limited = Trouble { not_before: Some(at(9, 7)), ..trouble(TroubleKind::RateLimited, at(9, 0)) };
    state.fail(SourceTaskKind::Poll, limited, at(9, 0));
    assert_eq!(state.tasks[&SourceTaskKind::Poll].due_at, Some(at(9, 7)));
    state.try_again(at(9, 1));
    assert_eq!(state.tasks[&SourceTaskKind::Poll].due_at, Some(at(9, 1)), "somebody put it right");
}

#[test]
fn a_back_fill_reads_kind_by_kind_and_ends() {
    let mut state = source(at(9, 0));
    let reading = |state: &SourceState| state.backfill.as_ref().expect("it began").reading;
    assert_eq!(reading(&state), Some(BackfillKind::Customers));
    state.take_backfill(Some("p2".into()), 50, at(9, 0));
    state.take_backfill(None, 7, at(9, 0));
    assert_eq!(reading(&state), Some(BackfillKind::Orders));
    state.take_backfill(None, 1, at(9, 1));
    state.take_backfill(None, 2, at(9, 2));
    let backfill = state.backfill.clone().expect("it began");
    assert_eq!((backfill.reading, backfill.ended_at), (None, Some(at(9, 2))));
    assert_eq!(backfill.records.into_values().collect::<Vec<_>>(), [57, 1, 2]);
    assert_eq!(state.tasks[&SourceTaskKind::Backfill].due_at, None);
}

#[test]
fn the_past_enrols_nobody_and_what_is_long_past_is_left_out() {
    let old = order("o-old", at(12, 0) - Span::days(731));
    let told =
        past(vec![order("o1", at(12, 0)), old, cart(at(12, 0), &[("a", 1)]), ana_identifies(at(9, 0))], at(13, 0));
    assert_eq!(told.len(), 1);
    let What::OrderPlaced(body) = &told[0].what else { panic!("no order") };
    assert_eq!(body.origin, OrderOrigin::Backfill);
}

//! Senders of a channel: which one a message goes by, and what a refusal of one means for the others.

use crate::stage::*;
use cartwright_domain::alert::{AlertCause, AlertCodes, last_words};
use cartwright_domain::message::{Details, HoldReason, Message, MessageState, Outcome, Rejection, RejectionClass};
use cartwright_domain::sender::Sender;
use cartwright_domain::strategy::Strategy;
use cartwright_domain::trace::{Happening, MessageTrace};
use serde_json::{Value, json};
use std::sync::Arc;

/// The reminder over an inbox with the senders `acorn` and `oak`, of which the second is the default.
fn reminding_by(senders: Value) -> Stage {
    let policies = serde_json::from_value(json!({ "senders": senders })).expect("policies");
    let mut stage = Stage::with(Strategy { policies, ..reminder() });
    let oak = Sender { is_default: true, ..Sender::named("oak") };
    stage.connection("inbox").senders = vec![Sender::named("acorn"), oak];
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage
}

fn refuses(stage: &mut Stage, sender: &str, class: RejectionClass) {
    let details = Details { code: Some("42".into()), text: "in the play".into() };
    stage.providers.insert(sender.into(), Outcome::Rejected(Rejection { class, details }));
}

/// Ana's cart, four hours ago.
fn left_cart(mut stage: Stage) -> Stage {
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    stage
}

fn sent_by(stage: &Stage) -> Vec<Option<&str>> {
    stage.sent().iter().map(|message| message.sender.as_deref()).collect()
}

fn sender<'a>(stage: &'a Stage, name: &str) -> &'a Sender {
    stage.world.connections["inbox"].value.sender(name).expect("the sender")
}

fn release(stage: &mut Stage, name: &str) {
    stage.connection("inbox").sender_mut(name).expect("the sender").release();
}

#[test]
fn s23_a_strategy_that_names_no_sender_goes_by_the_default_and_one_that_does_by_the_first() {
    assert_eq!(sent_by(&left_cart(reminding_by(json!({})))), [Some("oak")]);
    assert_eq!(sent_by(&left_cart(reminding_by(json!({ "inbox": ["acorn", "oak"] })))), [Some("acorn")]);
    assert_eq!(sent_by(&left_cart(reminding_by(json!({ "sms": ["acorn"] })))), [Some("oak")], "of another channel");
    assert_eq!(sent_by(&left_cart(reminding_by(json!({ "inbox": ["elm", "acorn"] })))), [Some("acorn")]);
    assert_eq!(sent_by(&left_cart(reminding_by(json!({ "inbox": ["elm"] })))), [Some("oak")], "no other is left");
    let mut first = reminding_by(json!({}));
    first.connection("inbox").senders[1].is_default = false;
    assert_eq!(sent_by(&left_cart(first)), [Some("acorn")]);
    assert_eq!(sent_by(&left_cart(subscribed())), [None], "a channel without senders is one itself");
}

#[test]
fn s23_a_refused_sender_is_held_and_its_messages_go_by_the_next_that_the_strategy_names() {
    let mut stage = reminding_by(json!({ "inbox": ["acorn", "oak"] }));
    refuses(&mut stage, "acorn", RejectionClass::SenderPolicy);
    let stage = left_cart(stage);
    assert_eq!((sent_by(&stage), stage.sent_at()), (vec![Some("oak")], vec![at(14, 0)]));
    let hold = sender(&stage, "acorn").held.as_ref().expect("it is held");
    assert_eq!((hold.reason, hold.words.as_str()), (HoldReason::SenderPolicy, "in the play (42)"));
    assert!(sender(&stage, "oak").held.is_none() && stage.world.connections["inbox"].value.held.is_none());
    let [alarm] = &last_words(stage.world.alarms.clone())[..] else { panic!("one alert is told") };
    assert_eq!((alarm.cause, alarm.about.as_str()), (AlertCause::SenderHeld, "acorn on inbox"));
    assert!(alarm.told.as_ref().is_some_and(|told| told.next_step.ends_with("then release the sender.")));
}

#[test]
fn s27_without_another_sender_messages_wait_until_theirs_is_released() {
    let mut stage = reminding_by(json!({ "inbox": ["acorn"] }));
    refuses(&mut stage, "acorn", RejectionClass::SenderPolicy);
    let mut stage = left_cart(stage);
    stage.providers.clear();
    stage.wait_until(at(16, 0));
    assert_eq!(stage.message().state, MessageState::Held { reason: HoldReason::SenderPolicy });
    release(&mut stage, "acorn");
    stage.wait_until(at(16, 2));
    assert_eq!(sent_by(&stage), [Some("acorn")]);
}

#[test]
fn s19_in_a_chain_the_next_channel_is_tried_before_anybody_releases_a_sender() {
    let mut stage = reminding_by(json!({}));
    let version = Arc::make_mut(&mut stage.world.strategies)[0].version.clone();
    let mut definition = serde_json::to_value(&version.definition).expect("JSON");
    definition["steps"]["remind"] =
        json!({ "kind": "message", "fallback": ["inbox", "other"], "content": "reminder", "next": "done" });
    definition["contents"][0]["variants"]
        .as_array_mut()
        .expect("variants")
        .push(json!({ "channel": "other", "body": { "text": "Still yours" } }));
    let definition: Strategy = serde_json::from_value(definition).expect("a strategy");
    let mut stage = {
        let mut chain = Stage::with(definition);
        chain.connection("inbox").senders = stage.connection("inbox").senders.clone();
        chain.connect("other", &[cartwright_domain::contact::AddressKind::Handle]);
        chain.event(at(9, 0), &ana_identifies(at(9, 0)));
        chain
    };
    refuses(&mut stage, "oak", RejectionClass::SenderPolicy);
    let stage = left_cart(stage);
    let channels: Vec<&str> = stage.sent().iter().map(|message| message.channel.as_str()).collect();
    assert_eq!((channels, sent_by(&stage)), (vec!["other"], vec![None]));
}

#[test]
fn s23_a_limited_sender_rests_its_message_stays_with_it_and_others_go_by_the_next() {
    let mut stage = reminding_by(json!({ "inbox": ["acorn", "oak"] }));
    refuses(&mut stage, "acorn", RejectionClass::RateLimited { after: Some(at(15, 0)) });
    let mut stage = left_cart(stage);
    stage.providers.clear();
    assert_eq!(sender(&stage, "acorn").waits_until, Some(at(15, 0)));
    let limited: Message = stage.message().clone();
    assert_eq!((limited.sender.as_deref(), limited.due_at), (Some("acorn"), Some(at(15, 0))));
    let other = Message { id: stage.seeded_id(), attempts: 0, last_answer: None, due_at: Some(at(14, 30)), ..limited };
    let other = Message { sender: None, ..other };
    stage.world.messages.insert(other.id, cartwright_domain::world::Entry::new(other));
    stage.wait_until(at(15, 0));
    assert_eq!((sent_by(&stage), stage.sent_at()), (vec![Some("oak"), Some("acorn")], vec![at(14, 30), at(15, 0)]));
}

#[test]
fn s23_what_the_provider_wants_none_of_waits_and_says_so() {
    for senders in [vec![Sender::named("acorn")], Vec::new()] {
        let mut stage = reminding_by(json!({}));
        let channel = stage.connection("inbox");
        channel.senders = senders;
        match channel.senders.first_mut() {
            Some(sender) => sender.waits_until = Some(at(15, 0)),
            None => channel.waits_until = Some(at(15, 0)),
        }
        let mut stage = left_cart(stage);
        let waits = |what: &Happening| matches!(what, Happening::Message { state: MessageTrace::WaitsForSender { until }, .. } if *until == at(15, 0));
        assert_eq!((stage.sent().len(), stage.told(waits).len()), (0, 1));
        stage.wait_until(at(15, 0));
        assert_eq!(stage.sent_at(), [at(15, 0)]);
    }
}

#[test]
fn s22_a_message_of_which_nobody_knows_stays_with_its_sender() {
    let mut stage = reminding_by(json!({ "inbox": ["acorn", "oak"] }));
    stage.provider_is_up = false;
    let mut stage = left_cart(stage);
    for entry in stage.world.messages.values_mut() {
        let message = entry.edit();
        (message.attempts, message.handed_over_at, message.sender) = (1, Some(at(14, 0)), Some("acorn".into()));
    }
    let hold = refused_hold();
    stage.connection("inbox").sender_mut("acorn").expect("it").held = Some(hold);
    stage.provider_is_up = true;
    stage.wait_until(at(15, 0));
    assert_eq!(stage.message().state, MessageState::Held { reason: HoldReason::SenderPolicy }, "oak would not know it");
    release(&mut stage, "acorn");
    stage.wait_until(at(15, 2));
    assert_eq!(sent_by(&stage), [Some("acorn")]);
}

fn refused_hold() -> cartwright_domain::shop::Hold {
    let (words, next_step, codes) = (String::new(), String::new(), AlertCodes::default());
    cartwright_domain::shop::Hold { reason: HoldReason::SenderPolicy, since: at(14, 0), words, next_step, codes }
}

#[test]
fn s22_what_has_no_room_in_its_sender_s_second_goes_in_the_next_and_nothing_is_told() {
    let mut stage = reminding_by(json!({ "inbox": ["acorn"] }));
    stage.connection("inbox").senders[0].rate_per_second = Some(1);
    stage.provider_is_up = false;
    let mut stage = left_cart(stage);
    let one = stage.message().clone();
    for _ in 0..3 {
        let another = Message { id: stage.seeded_id(), ..one.clone() };
        stage.world.messages.insert(another.id, cartwright_domain::world::Entry::new(another));
    }
    stage.provider_is_up = true;
    let told = stage.world.traces.len();
    stage.wait_until(at(14, 1));
    let seconds: Vec<i64> = stage.sent_at().iter().map(|sent| sent.since(at(14, 0)).millis()).collect();
    assert_eq!(seconds, [0, 1_000, 2_000, 3_000]);
    let of_messages =
        stage.world.traces[told..].iter().filter(|(_, entry)| matches!(entry.what, Happening::Message { .. }));
    assert_eq!(of_messages.count(), 4, "each was accepted, and no more is said");
}

#[test]
fn s28_the_sender_is_read_live() {
    let mut stage = reminding_by(json!({ "inbox": ["acorn"] }));
    stage.provider_is_up = false;
    let mut stage = left_cart(stage);
    let live = &mut Arc::make_mut(&mut stage.world.strategies)[0];
    let mut newer = (*live.version).clone();
    newer.definition.policies.senders.insert("inbox".into(), vec!["oak".into()]);
    live.version = Arc::new(newer);
    stage.provider_is_up = true;
    stage.wait_until(at(14, 1));
    assert_eq!(sent_by(&stage), [Some("oak")]);
}

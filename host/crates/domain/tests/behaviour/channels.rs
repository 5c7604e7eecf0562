//! Several channels of a message step (S19) on a stage: all at once, and one after the other.

use crate::stage::*;
use cartwright_domain::alert::AlertCodes;
use cartwright_domain::check::check;
use cartwright_domain::contact::AddressKind;
use cartwright_domain::event::ReceiptKind;
use cartwright_domain::message::{Details, HoldReason, MessageState, Outcome, Rejection, RejectionClass, SkipReason};
use cartwright_domain::run::{EndReason, Position};
use cartwright_domain::shop::Hold;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::Happening;
use serde_json::{Value, json};

/// A reminder on the channels that `step` names, settled after an hour, with a text on each.
fn reminding(step: Value) -> Stage {
    let mut remind = json!({ "kind": "message", "content": "reminder", "next": "after" });
    remind.as_object_mut().expect("a step").extend(step.as_object().expect("fields").clone());
    let variants: Vec<Value> =
        ["sms", "email", "inbox"].iter().map(|name| json!({ "channel": name, "body": { "text": name } })).collect();
    let mut stage = Stage::with(strategy(json!({
        "name": "Several",
        "trigger": { "on": "cart", "settle": "1h", "next": "remind" },
        "steps": {
            "remind": remind,
            "after": { "kind": "delay", "for": "10h", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": [{ "name": "reminder", "variants": variants }]
    })));
    stage.connect("sms", &[AddressKind::Phone]);
    stage.connect("email", &[AddressKind::Email]);
    stage
}

/// Ana with her e-mail, and her phone where she has one.
fn ana_comes(stage: &mut Stage, phone: Option<&str>) {
    let mut event = ana_identifies(at(9, 0));
    event.subject.phone = phone.map(str::to_owned);
    stage.event(at(9, 0), &event);
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
}

const PHONE: Option<&str> = Some("+4915112345678");

fn refused(class: RejectionClass) -> Outcome {
    Outcome::Rejected(Rejection { class, details: Details::default() })
}

/// Channel and state of each message, by slot.
fn states(stage: &Stage) -> Vec<(String, MessageState)> {
    let mut all: Vec<_> = stage.world.messages.values().map(|entry| &entry.value).collect();
    all.sort_by_key(|message| message.slot);
    all.into_iter().map(|message| (message.channel.clone(), message.state.clone())).collect()
}

fn sent_on(stage: &Stage) -> Vec<&str> {
    stage.sent().into_iter().map(|message| message.channel.as_str()).collect()
}

fn step(stage: &Stage) -> Option<&str> {
    stage.run().step()
}

#[test]
fn s19_an_sms_without_a_phone_is_skipped_and_the_e_mail_goes() {
    let mut stage = reminding(json!({ "channels": ["sms", "email"] }));
    ana_comes(&mut stage, None);
    stage.wait_until(at(11, 0));
    let no_address = MessageState::Skipped { reason: SkipReason::NoAddress };
    assert_eq!(states(&stage), [("sms".into(), no_address), ("email".into(), MessageState::Accepted)]);
    assert_eq!(step(&stage), Some("after"));
}

#[test]
fn s19_s20_several_channels_at_once_are_one_contact_with_one_place() {
    let mut stage = reminding(json!({ "channels": ["sms", "email"] }));
    stage.shop().cap =
        serde_json::from_value(json!({ "contacts": 1, "within": "72h", "own_run": "counts" })).expect("a cap");
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(11, 0));
    let mut sent = sent_on(&stage);
    sent.sort_unstable();
    assert_eq!(sent, ["email", "sms"]);
    let places = &stage.world.customers.values().next().expect("Ana").value.places;
    assert_eq!((places.len(), places[0].slots.len()), (1, 2));
    let ids: Vec<_> = stage.world.messages.keys().collect();
    assert_ne!(ids[0], ids[1], "an id is of the contact and the slot");
}

#[test]
fn s19_the_run_goes_on_when_every_channel_has_come_to_an_end() {
    let mut stage = reminding(json!({ "channels": ["sms", "email"] }));
    stage.providers.insert("sms".into(), refused(RejectionClass::Auth));
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(12, 0));
    assert_eq!(sent_on(&stage), ["email"]);
    assert!(matches!(stage.run().position, Position::Message { .. }), "the text message is held");
    assert_eq!(check(&stage.world), []);
    stage.providers.clear();
    stage.connection("sms").held = None;
    stage.wait_until(at(12, 2));
    assert_eq!(step(&stage), Some("after"));
}

#[test]
fn s19_a_chain_ends_with_the_first_channel_that_reaches_the_customer() {
    let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(40, 0));
    assert_eq!(states(&stage), [("sms".into(), MessageState::Accepted)]);
}

#[test]
fn s19_a_chain_goes_on_where_an_address_is_missing() {
    let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
    ana_comes(&mut stage, None);
    stage.wait_until(at(11, 0));
    assert_eq!(sent_on(&stage), ["email"]);
    assert_eq!(check(&stage.world), []);
}

#[test]
fn s19_s23_a_chain_goes_on_after_a_certain_failure_as_the_table_says() {
    use RejectionClass::*;
    for (class, goes_on) in [
        (InvalidRecipient, true),
        (NotOnChannel, true),
        (WindowClosed, true),
        (FrequencyCap, true),
        (TooLarge, true),
        (Template, true),
        (ContentPolicy, true),
        (SenderPolicy, true),
        (Auth, true),
        (Billing, true),
        (BadRequest, true),
        (Unknown, true),
        (Transient, false),
        (RateLimited { after: None }, false),
    ] {
        let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
        stage.providers.insert("sms".into(), refused(class));
        ana_comes(&mut stage, PHONE);
        stage.wait_until(at(11, 0));
        let expected: &[&str] = if goes_on { &["email"] } else { &[] };
        assert_eq!(sent_on(&stage), expected, "{class:?}");
        assert_eq!(step(&stage), Some(if goes_on { "after" } else { "remind" }), "{class:?}");
        assert_eq!(check(&stage.world), [], "{class:?}");
    }
}

#[test]
fn s18_s19_after_an_opt_out_the_next_channel_is_checked_alone() {
    let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
    stage.providers.insert("sms".into(), refused(RejectionClass::OptOut));
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(11, 0));
    assert_eq!(
        states(&stage)[1],
        ("email".into(), MessageState::Skipped { reason: SkipReason::Unsubscribed }),
        "her word holds on every channel"
    );
    assert_eq!(step(&stage), Some("after"));
}

#[test]
fn s19_s22_after_uncertainty_no_other_channel_is_tried() {
    let mut stage = reminding(json!({ "fallback": ["sms", "email"], "no_receipt_within": "1h" }));
    stage.providers.insert("sms".into(), Outcome::Uncertain(Details::default()));
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(40, 0));
    assert_eq!(states(&stage), [("sms".into(), MessageState::Uncertain)]);
}

#[test]
fn s19_a_channel_that_is_held_gives_way_and_the_last_one_waits() {
    let hold = |stage: &mut Stage, name: &str| {
        let (words, next_step, codes) = (String::new(), String::new(), AlertCodes::default());
        stage.connection(name).held = Some(Hold { reason: HoldReason::Auth, since: at(8, 0), words, next_step, codes });
    };
    let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
    hold(&mut stage, "sms");
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(11, 0));
    assert_eq!(states(&stage)[0].1, MessageState::Skipped { reason: SkipReason::ChannelHeld });
    assert_eq!(sent_on(&stage), ["email"]);
    let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
    hold(&mut stage, "sms");
    hold(&mut stage, "email");
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(11, 0));
    assert_eq!(states(&stage)[1].1, MessageState::Held { reason: HoldReason::Auth });
}

fn fails(stage: &mut Stage, moment: Timestamp) {
    let sms = stage.sent().into_iter().find(|message| message.channel == "sms").expect("the text message");
    let mut told = receipt(ReceiptKind::Failed, sms, moment);
    if let cartwright_domain::event::What::Receipt(receipt) = &mut told.what {
        let class = RejectionClass::NotOnChannel;
        receipt.failure = Some(Rejection { class, details: Details::default() });
    }
    stage.event(moment, &told);
}

#[test]
fn s19_a_receipt_that_says_failed_later_tries_the_next_channel_wherever_the_run_is() {
    let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(12, 0));
    assert_eq!((sent_on(&stage), step(&stage)), (vec!["sms"], Some("after")));
    let due = stage.run().due_at;
    fails(&mut stage, at(12, 30));
    assert_eq!(sent_on(&stage), ["email"]);
    assert_eq!((step(&stage), stage.run().due_at), (Some("after"), due), "the run goes its way");
    assert_eq!(stage.told(|what| matches!(what, Happening::MessageQueued { .. })).len(), 2);
    fails_again(&mut stage);
}

/// The same receipt again makes nothing new.
fn fails_again(stage: &mut Stage) {
    let sms = stage.world.messages.values().find(|entry| entry.value.channel == "sms").expect("it").value.clone();
    stage.event(at(12, 40), &receipt(ReceiptKind::Failed, &sms, at(12, 40)));
    assert_eq!(stage.world.messages.len(), 2);
}

#[test]
fn s19_the_next_channel_outlives_a_run_that_is_complete_but_not_one_that_an_order_would_have_ended() {
    for ordered in [false, true] {
        let mut stage = reminding(json!({ "fallback": ["sms", "email"], "next": "done" }));
        ana_comes(&mut stage, PHONE);
        stage.wait_until(at(12, 0));
        assert_eq!(stage.ends(), [EndReason::Completed]);
        if ordered {
            stage.event(at(12, 10), &order("o1", at(12, 10)));
        }
        fails(&mut stage, at(12, 30));
        let expected: &[&str] = if ordered { &[] } else { &["email"] };
        assert_eq!(sent_on(&stage), expected, "ordered: {ordered}");
    }
}

#[test]
fn s19_s27_what_failed_too_late_is_not_tried_elsewhere() {
    let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(23, 1));
    fails(&mut stage, at(23, 2));
    assert_eq!(stage.world.messages.len(), 1);
}

#[test]
fn s19_silence_tries_the_next_channel_only_where_the_step_says_so() {
    for (within, delivered, expected) in
        [(None, false, &["sms"][..]), (Some("2h"), true, &["sms"][..]), (Some("2h"), false, &["sms", "email"][..])]
    {
        let mut stage = reminding(json!({ "fallback": ["sms", "email"], "no_receipt_within": within }));
        ana_comes(&mut stage, PHONE);
        stage.wait_until(at(12, 0));
        let kind = if delivered { ReceiptKind::Delivered } else { ReceiptKind::Accepted };
        let told = receipt(kind, stage.sent()[0], at(12, 0));
        stage.event(at(12, 0), &told);
        stage.wait_until(at(13, 0) - Span::from_millis(1));
        assert_eq!(sent_on(&stage), ["sms"]);
        stage.wait_until(at(13, 0));
        assert_eq!(sent_on(&stage), expected, "{within:?}, delivered: {delivered}");
    }
}

#[test]
fn s19_s20_a_chain_tries_the_next_channel_when_one_is_capped_and_the_strategy_says_so() {
    for (capped, expected) in [("next_channel", &["email"][..]), ("skip", &[][..])] {
        let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
        let live = stage.world.strategies[0].clone();
        let mut version = (*live.version).clone();
        version.definition.policies.capped = serde_json::from_value(json!(capped)).expect("a word");
        let live = cartwright_domain::world::LiveStrategy { version: std::sync::Arc::new(version), ..live };
        stage.world.strategies = [live].into();
        stage.connection("sms").cap = Some(serde_json::from_value(json!(0)).expect("a cap"));
        ana_comes(&mut stage, PHONE);
        stage.wait_until(at(11, 0));
        assert_eq!(sent_on(&stage), expected, "{capped}");
    }
}

#[test]
fn s16_a_contact_on_several_channels_is_held_out_as_a_whole() {
    let mut stage = reminding(json!({ "channels": ["sms", "email"], "hold_out": 100 }));
    ana_comes(&mut stage, PHONE);
    stage.wait_until(at(11, 0));
    assert_eq!(
        states(&stage).into_iter().map(|(_, state)| state).collect::<Vec<_>>(),
        [MessageState::HeldOut, MessageState::HeldOut]
    );
}

#[test]
fn s08_s19_a_chain_ends_where_an_order_took_the_run_out_of_its_way() {
    for ordered in [false, true] {
        let mut stage = reminding(json!({ "fallback": ["sms", "email"] }));
        let mut live = stage.world.strategies[0].clone();
        let mut version = (*live.version).clone();
        version.definition.exits =
            Some(serde_json::from_value(json!([{ "on": "order", "then": "after" }])).expect("exits"));
        live.version = std::sync::Arc::new(version);
        stage.world.versions.insert(live.version.id, live.version.clone());
        stage.world.strategies = [live].into();
        ana_comes(&mut stage, PHONE);
        stage.wait_until(at(12, 0));
        if ordered {
            stage.event(at(12, 10), &order("o1", at(12, 10)));
            assert!(stage.run().exit_taken.is_some() && stage.run().is_active());
        }
        fails(&mut stage, at(12, 30));
        let expected: &[&str] = if ordered { &[] } else { &["email"] };
        assert_eq!(sent_on(&stage), expected, "ordered: {ordered}");
    }
}

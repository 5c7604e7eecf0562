//! Who is who (S10) and what they want to hear (S18), on a stage.

use crate::stage::*;
use cartwright_domain::contact::{AddressKind, Consent, ConsentOrigin, ConsentState};
use cartwright_domain::customer::{Customer, Proof};
use cartwright_domain::event::{ConsentBody, CustomerBody, Event, OrderBody, ReceiptKind, What};
use cartwright_domain::message::{MessageState, SkipReason};
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::Happening;
use serde_json::json;

const PHONE: &str = "+4915112345678";

/// Somebody says who they are, by a form, their account or an order.
fn told(by: What, name: &str, phone: Option<&str>, moment: Timestamp) -> Event {
    let mut event = ana_identifies(moment);
    event.id = format!("{name}-{}-{}", by.name(), moment.millis());
    event.subject.customer = None;
    event.subject.email = Some(format!("{name}@example.ro"));
    event.subject.phone = phone.map(str::to_owned);
    event.subject.cart = Some(format!("cart-{name}"));
    event.subject.order = matches!(by, What::OrderPlaced(_)).then(|| format!("order-{name}"));
    event.what = by;
    event
}

fn form() -> What {
    What::CustomerIdentified(ana())
}

fn customer<'a>(stage: &'a Stage, name: &str) -> &'a Customer {
    let email = format!("{name}@example.ro");
    let found = stage.world.customers.values().map(|entry| &entry.value);
    found.into_iter().find(|one| one.email.as_ref().is_some_and(|own| own.as_str() == email)).expect("the customer")
}

fn phone_of(stage: &Stage, name: &str) -> Option<String> {
    customer(stage, name).phone.as_ref().map(ToString::to_string)
}

/// Ana and Bob, each with a cart, a run and, as their forms say, this phone of Ana's.
fn two(proof: Option<What>) -> Stage {
    let mut stage = Stage::with(reminder());
    stage.event(at(8, 0), &told(form(), "ana", Some(PHONE), at(8, 0)));
    if let Some(proof) = proof {
        stage.event(at(8, 10), &told(proof, "ana", Some(PHONE), at(8, 10)));
    }
    for name in ["ana", "bob"] {
        stage.event(at(8, 30), &told(form(), name, None, at(8, 30)));
        stage.event(at(9, 0), &cart_of(&format!("cart-{name}"), at(9, 0), &[("a", 1)]));
    }
    stage
}

#[test]
fn s10_a_phone_that_is_given_again_with_another_e_mail_moves_and_both_traces_say_so() {
    let mut stage = two(None);
    stage.event(at(10, 0), &told(form(), "bob", Some(PHONE), at(10, 0)));
    assert_eq!((phone_of(&stage, "ana"), phone_of(&stage, "bob")), (None, Some(PHONE.to_owned())));
    let (ana, bob) = (customer(&stage, "ana").id, customer(&stage, "bob").id);
    let moved = stage.told(|what| matches!(what, Happening::PhoneMoved { .. }));
    assert_eq!(moved.len(), 2, "the run of each");
    assert_eq!(moved[0].what, Happening::PhoneMoved { from: ana, to: bob });
}

#[test]
fn s10_a_form_does_not_take_a_phone_from_whoever_is_known_to_have_it() {
    for (proof, means) in [
        (What::OrderPlaced(OrderBody::default()), Proof::Order),
        (What::CustomerUpdated(CustomerBody::default()), Proof::Account),
    ] {
        let mut stage = two(Some(proof));
        assert_eq!(customer(&stage, "ana").phone_proof, Some(means));
        stage.event(at(10, 0), &told(form(), "bob", Some(PHONE), at(10, 0)));
        assert_eq!((phone_of(&stage, "ana"), phone_of(&stage, "bob")), (Some(PHONE.to_owned()), None));
        assert_eq!(customer(&stage, "bob").claimed_phone.as_ref().map(ToString::to_string), Some(PHONE.to_owned()));
        assert_eq!(stage.told(|what| matches!(what, Happening::PhoneClaimed { .. })).len(), 1);
        let account = What::CustomerUpdated(CustomerBody::default());
        stage.event(at(11, 0), &told(account, "bob", Some(PHONE), at(11, 0)));
        assert_eq!(
            (phone_of(&stage, "ana"), phone_of(&stage, "bob")),
            (None, Some(PHONE.to_owned())),
            "but an account"
        );
        assert_eq!(customer(&stage, "bob").claimed_phone, None);
    }
}

fn answers(stage: &mut Stage, text: &str, moment: Timestamp) {
    let message = stage.sent()[0].clone();
    let mut told = receipt(ReceiptKind::Replied, &message, moment);
    told.id = format!("reply-{}", moment.millis());
    if let What::Receipt(receipt) = &mut told.what {
        receipt.text = Some(text.into());
        receipt.sender = message.to;
    }
    stage.event(moment, &told);
}

/// Ana, to whose phone a reminder went at 13:00.
fn reminded_by_sms() -> Stage {
    let mut stage = Stage::with(strategy(json!({
        "name": "By text message",
        "trigger": { "on": "cart", "settle": "4h", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "sms", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": [{ "name": "reminder", "variants": [{ "channel": "sms", "body": { "text": "Still yours" } }] }]
    })));
    stage.connect("sms", &[AddressKind::Phone]);
    stage.event(at(8, 0), &told(form(), "ana", Some(PHONE), at(8, 0)));
    stage.event(at(9, 0), &cart_of("cart-ana", at(9, 0), &[("a", 1)]));
    stage.wait_until(at(13, 0));
    assert_eq!(stage.sent().len(), 1);
    stage
}

#[test]
fn s10_whoever_writes_from_a_phone_is_known_to_have_it() {
    let mut stage = reminded_by_sms();
    assert_eq!(customer(&stage, "ana").phone_proof, None);
    answers(&mut stage, "is it still there?", at(14, 0));
    assert_eq!(customer(&stage, "ana").phone_proof, Some(Proof::Inbound));
    assert_eq!(customer(&stage, "ana").marketing(), ConsentState::Subscribed);
}

#[test]
fn s18_a_stop_word_unsubscribes_and_suppresses_and_start_lifts_only_the_suppression() {
    let mut stage = reminded_by_sms();
    answers(&mut stage, "STOP!", at(14, 0));
    let ana = customer(&stage, "ana");
    assert_eq!((ana.marketing(), ana.marks.len()), (ConsentState::Unsubscribed, 1));
    assert_eq!(ana.marks[0].channel.as_deref(), Some("sms"));
    answers(&mut stage, "Start", at(15, 0));
    let ana = customer(&stage, "ana");
    assert_eq!((ana.marketing(), ana.marks.len()), (ConsentState::Unsubscribed, 0));
}

#[test]
fn s18_consent_is_to_a_topic_where_one_is_named() {
    use ConsentState::{Subscribed, Unknown, Unsubscribed};
    let cases = [
        (None, None, Err(SkipReason::NoConsent)),
        (Some(Subscribed), None, Ok(())),
        (Some(Subscribed), Some(Unsubscribed), Err(SkipReason::Unsubscribed)),
        (Some(Unknown), Some(Subscribed), Ok(())),
        (Some(Unsubscribed), Some(Subscribed), Ok(())),
    ];
    for (general, topic, expected) in cases {
        let mut news = reminder();
        news.policies.topic = Some("news".into());
        let mut stage = Stage::with(news);
        let says = |state, topic: Option<&str>, hour| {
            let mut event = ana_identifies(at(hour, 0));
            let consent = Some(ConsentBody { state, at: None, topic: topic.map(str::to_owned), source: None });
            event.what = What::CustomerIdentified(CustomerBody { consent, ..CustomerBody::default() });
            event
        };
        stage.event(at(6, 0), &says(general.unwrap_or_default(), None, 6));
        if let Some(topic) = topic {
            stage.event(at(7, 0), &says(topic, Some("news"), 7));
        }
        stage.event(at(9, 0), &cart(at(9, 0), &[("a", 1)]));
        stage.wait_until(at(13, 0));
        let state = match expected {
            Ok(()) => MessageState::Accepted,
            Err(reason) => MessageState::Skipped { reason },
        };
        assert_eq!(stage.message().state, state, "{general:?} in general, {topic:?} to news");
    }
}

#[test]
fn s18_a_later_no_to_everything_is_one_to_every_topic() {
    let said = |state, hour| Consent { state, at: at(hour, 0), origin: ConsentOrigin::Customer, source: "form".into() };
    let mut ana = Customer::anonymous(Stage::with(reminder()).connect("x", &[]).id.0.into(), at(0, 0));
    ana.take_consent_to(Some("news"), said(ConsentState::Subscribed, 8));
    ana.take_consent_to(None, said(ConsentState::Unsubscribed, 9));
    let state = |ana: &Customer| ana.consent_to("news").map(|consent| consent.state);
    assert_eq!(state(&ana), Some(ConsentState::Unsubscribed));
    ana.take_consent_to(Some("news"), said(ConsentState::Subscribed, 10));
    assert_eq!(state(&ana), Some(ConsentState::Subscribed));
    assert_eq!(ana.marketing(), ConsentState::Unsubscribed);
}

#[test]
fn s10_s18_of_two_who_are_one_the_stricter_consent_holds_topic_by_topic() {
    use ConsentState::{Subscribed, Unknown, Unsubscribed};
    let said = |state, hour| Consent { state, at: at(hour, 0), origin: ConsentOrigin::Customer, source: "form".into() };
    let id = Stage::with(reminder()).connect("x", &[]).id.0;
    for (own, theirs, holds) in [
        (Unsubscribed, Subscribed, Unsubscribed),
        (Subscribed, Unsubscribed, Unsubscribed),
        (Unknown, Subscribed, Subscribed),
        (Subscribed, Unknown, Subscribed),
    ] {
        let (mut one, mut other) = (Customer::anonymous(id.into(), at(0, 0)), Customer::anonymous(id.into(), at(0, 0)));
        for topic in [None, Some("news")] {
            one.take_consent_to(topic, said(own, 9));
            other.take_consent_to(topic, said(theirs, 8));
        }
        one.absorb(other);
        assert_eq!(one.marketing(), holds);
        assert_eq!(one.topics["news"].state, holds);
    }
}

#[test]
fn s10_of_two_who_are_one_the_run_that_contacted_last_stays_and_the_other_leaves() {
    let sequence = strategy(json!({
        "name": "Sequence",
        "trigger": { "on": "cart", "settle": "1h", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "wait" },
            "wait": { "kind": "delay", "for": "5h", "next": "done" },
            "done": { "kind": "exit" }
        }
    }));
    let by_name = |name: &str, cart: &str, moment| {
        let mut event = told(form(), name, None, moment);
        event.subject.cart = Some(cart.into());
        event
    };
    for (first, last) in [("c1", "c2"), ("c2", "c1")] {
        let mut stage = Stage::with(sequence.clone());
        stage.event(at(8, 0), &by_name("ana", "c1", at(8, 0)));
        stage.event(at(8, 1), &by_name("bob", "c2", at(8, 1)));
        stage.event(at(9, 0), &cart_of(first, at(9, 0), &[("a", 1)]));
        stage.event(at(9, 30), &cart_of(last, at(9, 30), &[("a", 1)]));
        stage.wait_until(at(11, 0));
        // The platform says that both addresses are of one account.
        let mut one = by_name("ana", "c1", at(11, 0));
        one.subject.customer = Some("platform-1".into());
        stage.event(at(11, 0), &one);
        let mut other = by_name("bob", "c2", at(11, 1));
        other.subject.customer = Some("platform-1".into());
        stage.event(at(11, 1), &other);
        assert_eq!(stage.world.customers.len(), 1);
        let stays = stage.runs().into_iter().find(|run| run.is_active()).expect("one run");
        assert_eq!(stage.ends(), [cartwright_domain::run::EndReason::Merged]);
        assert_eq!(stays.step(), Some("wait"));
        let contacted = stage.world.messages_of(stays.id).filter_map(|message| message.handed_over_at).max();
        assert_eq!(contacted, Some(at(10, 30)), "the one of {last}");
        assert_eq!(stage.world.customers.values().next().expect("one").value.places.len(), 2, "caps add up");
    }
}

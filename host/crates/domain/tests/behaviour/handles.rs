//! People whom a channel knows by a handle of its own, and what they have read.

use std::collections::BTreeSet;

use cartwright_domain::contact::{Address, AddressKind, ConsentState};
use cartwright_domain::customer::{Customer, Mark, Proof};
use cartwright_domain::erasure::{erase, hash_of, leave_alone};
use cartwright_domain::event::{Event, Receipt, ReceiptKind, Subject, What};
use cartwright_domain::handle::{AnswerRule, name_on};
use cartwright_domain::message::{Message, MessageState, Purpose, SkipReason};
use cartwright_domain::time::{Span, Timestamp};
use serde_json::json;

use crate::stage::{Stage, at, custom, strategy};

const CHANNEL: &str = "inbox";

/// Whoever begins a chat is asked, at once and an hour later, over a channel on which people can write.
fn chatting() -> Stage {
    let mut stage = Stage::with(strategy(json!({
        "name": "Welcome",
        "trigger": { "on": "custom", "event": "chat.spring", "settle": "0s", "next": "first" },
        "steps": {
            "first": { "kind": "message", "channel": CHANNEL, "content": "reminder", "next": "wait" },
            "wait": { "kind": "delay", "for": "1h", "next": "second" },
            "second": { "kind": "message", "channel": CHANNEL, "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
    })));
    stage.shop().unknown_consent_passes = vec![CHANNEL.into()];
    let ability = stage.connection(CHANNEL).ability.as_mut().expect("it");
    ability.receipts = vec![ReceiptKind::Delivered, ReceiptKind::Read, ReceiptKind::Replied];
    ability.answers = AnswerRule::of(&json!({ "x-answers": { "within": "24h", "unless": ["template"] } }));
    stage
}

fn told(kind: ReceiptKind, handle: &str, text: Option<&str>, moment: Timestamp) -> Event {
    let receipt = Receipt {
        kind,
        provider_id: None,
        message_id: None,
        sender: Some(Address { kind: AddressKind::Handle, value: handle.into() }),
        text: text.map(str::to_owned),
        also: None,
        link: None,
        failure: None,
        price: None,
    };
    let id = format!("{handle}:{kind:?}:{moment}");
    Event { id, occurred_at: moment, subject: Subject::default(), what: What::Receipt(receipt) }
}

fn says(handle: &str, moment: Timestamp) -> Event {
    told(ReceiptKind::Replied, handle, Some("Hello"), moment)
}

/// The same of somebody whom the provider knows by a phone as well.
fn also_by_phone(mut event: Event, phone: &str) -> Event {
    let What::Receipt(receipt) = &mut event.what else { panic!("no receipt") };
    receipt.also = receipt.sender.replace(Address { kind: AddressKind::Phone, value: phone.into() });
    event
}

/// A channel that knows people by phones, and by handles of its own.
fn by_phone_too() -> Stage {
    let mut stage = chatting();
    let ability = stage.connection(CHANNEL).ability.as_mut().expect("it");
    ability.addresses = vec![AddressKind::Phone, AddressKind::Handle];
    ability.answers = None;
    stage
}

/// A chat begins for whoever has this phone.
fn begins_by_phone(phone: &str, moment: Timestamp) -> Event {
    let mut event = custom("chat.spring", moment);
    event.subject.phone = Some(phone.into());
    event
}

/// An event about whoever the channel knows by this.
fn about(handle: &str, event: Event) -> Event {
    let subject = Subject { anonymous: Some(format!("{CHANNEL}:{handle}")), customer: None, ..event.subject.clone() };
    Event { subject, ..event }
}

fn customer(stage: &Stage) -> &Customer {
    let all: Vec<&Customer> = stage.world.customers.values().map(|entry| &entry.value).collect();
    assert_eq!(all.len(), 1, "one customer is expected");
    all[0]
}

fn states(stage: &Stage) -> Vec<(String, Option<ReceiptKind>)> {
    let mut all: Vec<&Message> = stage.world.messages.values().map(|entry| &entry.value).collect();
    all.sort_by_key(|message| message.created_at);
    all.iter().map(|message| (message.state.name().to_owned(), message.receipt)).collect()
}

#[test]
fn s10_whoever_writes_is_known_by_the_handle_and_written_to_there() {
    let mut stage = chatting();
    stage.event(at(10, 0), &says("5010", at(10, 0)));
    stage.event(at(10, 1), &about("5010", custom("chat.spring", at(10, 1))));
    let to: Vec<_> = stage.sent().iter().filter_map(|message| message.to.clone()).map(|to| to.value).collect();
    assert_eq!(to, ["5010"]);
    assert_eq!(customer(&stage).handles[CHANNEL].wrote_at, at(10, 0));
    // Somebody else is somebody else.
    stage.event(at(10, 2), &says("6010", at(10, 2)));
    assert_eq!(stage.world.customers.len(), 2);
}

#[test]
fn s10_a_handle_goes_to_whom_its_name_is_joined() {
    let mut stage = chatting();
    stage.event(at(9, 0), &custom("shop.registered", at(9, 0)));
    stage.event(at(10, 0), &says("5010#token", at(10, 0)));
    assert_eq!(stage.world.customers.len(), 2);
    let mut identified = about("5010", custom("shop.signed_in", at(10, 1)));
    identified.subject.customer = Some("ana".into());
    stage.event(at(10, 1), &identified);
    assert_eq!(customer(&stage).registered_at, at(9, 0), "she is Ana");
    assert_eq!(customer(&stage).handles[CHANNEL].value, "5010#token");
}

#[test]
fn nobody_without_a_handle_is_written_to_there() {
    let mut stage = chatting();
    let mut began = custom("chat.spring", at(10, 0));
    began.subject.phone = Some("+4915112345678".into());
    stage.event(at(10, 0), &began);
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::NoAddress });
}

#[test]
fn an_answer_goes_out_for_a_while_after_the_last_word_and_a_template_at_any_time() {
    let late = at(10, 0) + Span::hours(24);
    for (body, waits, is_sent) in [
        (json!({ "text": "Hi" }), Span::ZERO, true),
        (json!({ "text": "Hi" }), Span::from_millis(1), false),
        (json!({ "text": "Hi", "template": "cart" }), Span::days(3), true),
    ] {
        let mut stage = chatting();
        stage.event(at(10, 0), &says("5010", at(10, 0)));
        let live = &mut std::sync::Arc::make_mut(&mut stage.world.strategies)[0];
        let version = std::sync::Arc::make_mut(&mut live.version);
        version.definition.contents[0].variants[0].body = body.clone();
        let version = live.version.clone();
        stage.world.versions.insert(version.id, version);
        let moment = late + waits;
        stage.event(moment, &about("5010", custom("chat.spring", moment)));
        let closed = MessageState::Skipped { reason: SkipReason::WindowClosed };
        assert_eq!(stage.message().state == closed, !is_sent, "{body} after {waits}");
        assert_eq!(stage.sent().len(), usize::from(is_sent), "{body} after {waits}");
    }
}

#[test]
fn s22_whoever_has_read_all_until_then_has_read_what_was_accepted_on_that_channel_and_nothing_later() {
    let mut stage = chatting();
    stage.event(at(10, 0), &says("5010", at(10, 0)));
    stage.event(at(10, 1), &about("5010", custom("chat.spring", at(10, 1))));
    let read = |moment| told(ReceiptKind::Read, "5010", None, moment);
    let first = stage.message().id;
    stage.event(at(10, 2), &read(at(10, 0)));
    assert_eq!(states(&stage), [("accepted".to_owned(), None)], "it was sent later than that");
    stage.event(at(10, 3), &told(ReceiptKind::Read, "6010", None, at(10, 3)));
    assert_eq!(states(&stage), [("accepted".to_owned(), None)], "somebody else read");
    stage.wait_until(at(11, 2));
    stage.event(at(11, 3), &read(at(11, 0)));
    let (is_read, is_new) = (("accepted".to_owned(), Some(ReceiptKind::Read)), ("accepted".to_owned(), None));
    assert_eq!(states(&stage), [is_read.clone(), is_new], "the second went out after that");
    let all = told(ReceiptKind::Delivered, "5010", None, at(11, 4));
    stage.event(at(11, 4), &all).event(at(11, 5), &all);
    let delivered = ("accepted".to_owned(), Some(ReceiptKind::Delivered));
    assert_eq!(states(&stage), [is_read, delivered], "nothing goes back");
    // What may never have arrived is not read.
    stage.world.messages.get_mut(&first).expect("it").edit().state = MessageState::Uncertain;
    stage.world.messages.get_mut(&first).expect("it").edit().receipt = None;
    stage.event(at(11, 6), &read(at(11, 6)));
    assert_eq!(stage.world.messages[&first].value.state, MessageState::Uncertain);
}

#[test]
fn s18_whoever_opts_out_by_a_token_is_not_written_to_by_their_handle() {
    let mut stage = chatting();
    stage.event(at(10, 0), &says("5010", at(10, 0)));
    stage.event(at(10, 1), &told(ReceiptKind::OptedOut, "5010#token", None, at(10, 1)));
    stage.event(at(10, 2), &about("5010", custom("chat.spring", at(10, 2))));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::Unsubscribed });
    let live = &mut std::sync::Arc::make_mut(&mut stage.world.strategies)[0];
    assert_eq!(live.version.definition.contents[0].purpose, Purpose::Marketing);
    let address = Address { kind: AddressKind::Handle, value: "5010".into() };
    assert!(customer(&stage).mark_on(CHANNEL, &address, at(10, 3)).is_some());
    stage.event(at(10, 4), &told(ReceiptKind::Replied, "5010#other", Some("START"), at(10, 4)));
    assert!(customer(&stage).mark_on(CHANNEL, &address, at(10, 5)).is_none());
}

#[test]
fn s45_whoever_was_erased_is_known_again_by_the_handle() {
    let mut stage = chatting();
    stage.event(at(10, 0), &says("5010123", at(10, 0)));
    let id = customer(&stage).id;
    let erased = erase(&mut stage.world, id, &[7; 32], at(11, 0));
    let name = name_on(CHANNEL, &Address { kind: AddressKind::Handle, value: "5010123".into() });
    assert_eq!(erased.hashes, [hash_of(&[7; 32], &name).expect("it is an address")]);
    assert_eq!(erased.traits, ["5010123"]);
    assert!(customer(&stage).handles.is_empty());

    let mut again = chatting();
    again.event(at(12, 0), &says("5010123#token", at(12, 0)));
    leave_alone(&mut again.world, &BTreeSet::from([name]));
    again.event(at(12, 1), &about("5010123", custom("chat.spring", at(12, 1))));
    assert_eq!(again.message().state, MessageState::Skipped { reason: SkipReason::Suppressed });
}

const PHONE: &str = "+4915112345678";

#[test]
fn s10_whoever_is_told_by_a_phone_and_a_handle_is_one_person_in_either_order() {
    // The handle came first, and bought under a phone later.
    let mut stage = by_phone_too();
    stage.event(at(9, 0), &says("US.1", at(9, 0)));
    stage.event(at(9, 1), &begins_by_phone(PHONE, at(9, 1)));
    assert_eq!(stage.world.customers.len(), 2, "nobody knows yet");
    stage.event(at(9, 2), &also_by_phone(told(ReceiptKind::Delivered, "US.1", None, at(9, 2)), PHONE));
    assert_eq!(customer(&stage).handles[CHANNEL].value, "US.1");
    assert_eq!(customer(&stage).phone.as_ref().expect("it").as_str(), PHONE);

    // The phone came first; a delivery says what else they are called by, and no word of theirs.
    let mut stage = by_phone_too();
    stage.event(at(9, 0), &begins_by_phone(PHONE, at(9, 0)));
    stage.event(at(9, 1), &also_by_phone(told(ReceiptKind::Delivered, "US.1", None, at(9, 1)), PHONE));
    assert!(customer(&stage).handles.is_empty());
    stage.event(at(9, 2), &says("US.1", at(9, 2)));
    assert_eq!(customer(&stage).handles[CHANNEL].wrote_at, at(9, 2));
    // Who has a phone is written to there.
    let to = stage.message().to.clone().expect("it went out");
    assert_eq!((to.kind, to.value.as_str()), (AddressKind::Phone, PHONE));

    // Only the handle was known, and its owner writes from the phone.
    let mut stage = by_phone_too();
    stage.event(at(9, 0), &says("US.1", at(9, 0)));
    stage.event(at(9, 1), &also_by_phone(says("US.1", at(9, 1)), PHONE));
    let known = customer(&stage);
    assert_eq!((known.phone.as_ref().expect("it").as_str(), known.phone_proof), (PHONE, Some(Proof::Inbound)));
}

#[test]
fn s10_whoever_is_known_otherwise_stays_who_they_are() {
    let mut stage = by_phone_too();
    stage.event(at(9, 0), &says("US.1", at(9, 0)));
    let mut identified = about("US.1", custom("shop.signed_in", at(9, 1)));
    identified.subject.email = Some("bo@acorn.example".into());
    stage.event(at(9, 1), &identified);
    stage.event(at(9, 2), &begins_by_phone(PHONE, at(9, 2)));
    stage.event(at(9, 3), &also_by_phone(told(ReceiptKind::Delivered, "US.1", None, at(9, 3)), PHONE));
    assert_eq!(stage.world.customers.len(), 2, "a number changes hands more often than a mailbox");
}

#[test]
fn s18_a_no_by_the_handle_is_one_for_the_phone_and_a_start_lifts_both() {
    let mut stage = by_phone_too();
    stage.event(at(9, 0), &also_by_phone(says("US.1", at(9, 0)), PHONE));
    assert_eq!(stage.world.customers.len(), 1, "whoever writes becomes a customer, by both");
    stage.event(at(9, 1), &begins_by_phone(PHONE, at(9, 1)));
    stage.event(at(9, 2), &also_by_phone(told(ReceiptKind::Delivered, "US.1", None, at(9, 2)), PHONE));
    stage.event(at(9, 3), &told(ReceiptKind::OptedOut, "US.1", None, at(9, 3)));
    let by = |kind, value: &str| Address { kind, value: value.into() };
    let (phone, handle) = (by(AddressKind::Phone, PHONE), by(AddressKind::Handle, "US.1"));
    let marks = |stage: &Stage, moment| [&phone, &handle].map(|to| customer(stage).mark_on(CHANNEL, to, moment));
    assert_eq!(customer(&stage).marketing(), ConsentState::Unsubscribed);
    assert_eq!(marks(&stage, at(9, 4)), [Some(Mark::Suppressed); 2]);
    assert_eq!(customer(&stage).mark_on("sms", &phone, at(9, 4)), None, "the phone is theirs elsewhere");
    stage.event(at(9, 5), &told(ReceiptKind::Replied, "US.1", Some("START"), at(9, 5)));
    assert_eq!(marks(&stage, at(9, 6)), [None; 2]);
}

#[test]
fn s18_a_no_of_somebody_nobody_knows_yet_is_kept_for_whoever_they_are() {
    let mut stage = by_phone_too();
    stage.event(at(9, 0), &told(ReceiptKind::OptedOut, "US.1", None, at(9, 0)));
    stage.event(at(9, 1), &begins_by_phone(PHONE, at(9, 1)));
    stage.event(at(9, 2), &also_by_phone(told(ReceiptKind::Delivered, "US.1", None, at(9, 2)), PHONE));
    assert_eq!(customer(&stage).marketing(), ConsentState::Unsubscribed);
    stage.wait_until(at(10, 30));
    let last = stage.world.messages.values().map(|entry| &entry.value).max_by_key(|message| message.created_at);
    assert_eq!(last.expect("it").state, MessageState::Skipped { reason: SkipReason::Unsubscribed });
}

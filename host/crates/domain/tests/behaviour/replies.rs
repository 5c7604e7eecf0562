//! What customers write is kept, told and answered.

use cartwright_domain::alert::AlertTarget;
use cartwright_domain::apply::apply;
use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{Event, Receipt, ReceiptKind, Subject, What};
use cartwright_domain::handle::AnswerRule;
use cartwright_domain::ids::Mint;
use cartwright_domain::message::{Details, MessageState, Outcome, Rejection, RejectionClass, SkipReason};
use cartwright_domain::reply::{NoAnswer, PlainFields, Reply, ReplySend, SendKind, SendState};
use cartwright_domain::time::{Span, Timestamp};
use serde_json::json;

use crate::stage::{Stage, at, cart, reminder, subscribed};

const CHANNEL: &str = "whatsapp";
const ANA: &str = "+4915112345678";

/// A shop whose people are told in the inbox of what customers write on a channel that takes answers for a day.
fn written_to() -> Stage {
    let mut stage = Stage::with(reminder());
    let ability = stage.connect(CHANNEL, &[AddressKind::Phone]).ability.as_mut().expect("it");
    ability.channel = "whatsapp".into();
    ability.receipts = vec![ReceiptKind::Replied];
    ability.answers = AnswerRule::of(&json!({ "x-answers": { "within": "24h", "unless": ["template"] } }));
    ability.plain = PlainFields::of(&json!({ "properties": { "text": { "x-plain": "text", "maxLength": 20 } } }));
    let to = |channel: &str, to: &str| AlertTarget { channel: channel.into(), to: to.into() };
    stage.shop().replies = vec![to("inbox", "staff"), to("inbox", "boss")];
    stage
}

fn says(text: &str, moment: Timestamp) -> Event {
    by(ANA, Some(text), moment)
}

fn by(phone: &str, text: Option<&str>, moment: Timestamp) -> Event {
    let told = Receipt {
        kind: ReceiptKind::Replied,
        provider_id: None,
        message_id: None,
        sender: Some(Address { kind: AddressKind::Phone, value: phone.into() }),
        also: None,
        text: text.map(str::to_owned),
        link: None,
        failure: None,
        price: None,
    };
    let id = format!("{phone}:{moment}");
    Event { id, occurred_at: moment, subject: Subject::default(), what: What::Receipt(told) }
}

/// Told by the channel.
fn hear(stage: &mut Stage, moment: Timestamp, event: &Event) {
    let mut mint = Mint::new(moment, [7; 32]);
    apply(&mut stage.world, &mut mint, event, CHANNEL, moment);
}

fn only<T>(all: &[T]) -> &T {
    assert_eq!(all.len(), 1, "one is expected");
    &all[0]
}

fn writer<'a>(stage: &'a Stage, reply: &Reply) -> &'a Customer {
    &stage.world.customers[&reply.customer].value
}

fn sends(stage: &Stage) -> Vec<&ReplySend> {
    stage.world.reply_sends.values().map(|entry| &entry.value).collect()
}

fn refused(class: RejectionClass) -> Outcome {
    Outcome::Rejected(Rejection { class, details: Details { code: None, text: "no".into() } })
}

#[test]
fn whoever_writes_is_kept_with_what_they_wrote_and_told_once_to_each() {
    let mut stage = written_to();
    let event = says("  Is it red? ", at(10, 0));
    hear(&mut stage, at(10, 1), &event);
    let reply = only(&stage.world.replies).clone();
    assert_eq!(reply.text.as_deref(), Some("Is it red?"));
    assert_eq!((reply.at, reply.received_at, reply.asks, reply.cut), (at(10, 0), at(10, 1), true, false));
    assert_eq!(writer(&stage, &reply).phone.as_ref().map(ToString::to_string).as_deref(), Some(ANA));
    let told: Vec<&str> = sends(&stage).iter().map(|send| send.to.value.as_str()).collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&"staff") && told.contains(&"boss"));
    assert_eq!(sends(&stage)[0].subject.as_deref(), Some("+4915112345678 wrote on whatsapp"));
    hear(&mut stage, at(10, 2), &event);
    assert_eq!(stage.world.replies[0].id, stage.world.replies[1].id, "told again it is the same");
    assert_eq!(sends(&stage).len(), 2);
}

#[test]
fn a_long_text_is_cut_and_a_picture_is_told_without_one() {
    let mut stage = written_to();
    hear(&mut stage, at(10, 0), &says(&"é".repeat(5_000), at(10, 0)));
    let long = &stage.world.replies[0];
    assert_eq!((long.text.as_ref().map(|text| text.chars().count()), long.cut), (Some(4_096), true));
    hear(&mut stage, at(10, 1), &by(ANA, None, at(10, 1)));
    assert_eq!(stage.world.replies[1].text, None);
    assert!(sends(&stage).iter().any(|send| send.text.starts_with("(A picture")));
}

#[test]
fn s18_a_stop_is_kept_and_told_to_nobody_and_a_strangers_is_not_even_kept() {
    let mut stage = written_to();
    hear(&mut stage, at(9, 0), &says("STOP", at(9, 0)));
    assert!(stage.world.replies.is_empty() && stage.world.customers.is_empty());
    hear(&mut stage, at(10, 0), &says("Hello", at(10, 0)));
    hear(&mut stage, at(10, 1), &says("STOP", at(10, 1)));
    let [hello, stop] = &stage.world.replies[..] else { panic!("two") };
    assert_eq!((hello.asks, stop.asks, sends(&stage).len()), (true, false, 2));
    let customer = writer(&stage, hello).clone();
    let channel = stage.connection(CHANNEL).clone();
    let (hello, stop) = (stage.world.replies[0].clone(), stage.world.replies[1].clone());
    let may = |newest: &Reply| hello.answerable(newest, &customer, &channel, "Hi", at(10, 2));
    assert_eq!(may(&stop), Err(NoAnswer::Stopped), "their last word counts");
    let again = Reply { asks: true, ..stop.clone() };
    assert!(may(&again).is_ok(), "whoever writes again is answered");
}

#[test]
fn what_the_shops_own_people_write_is_no_reply() {
    let mut stage = written_to();
    stage.shop().alerts = vec![AlertTarget { channel: CHANNEL.into(), to: ANA.into() }];
    hear(&mut stage, at(10, 0), &says("Who is this?", at(10, 0)));
    assert!(stage.world.replies.is_empty());
}

#[test]
fn an_answer_goes_out_within_the_window_and_no_longer_than_the_channel_takes() {
    let mut stage = written_to();
    hear(&mut stage, at(10, 0), &says("Is it red?", at(10, 0)));
    let reply = stage.world.replies[0].clone();
    let customer = writer(&stage, &reply).clone();
    let channel = stage.connection(CHANNEL).clone();
    let may = |text: &str, moment| reply.answerable(&reply, &customer, &channel, text, moment);
    let end = at(10, 0) + Span::hours(24);
    assert_eq!(may("It is.", end).map(|to| to.value), Ok(ANA.to_owned()));
    let closed = NoAnswer::WindowClosed { within: Span::hours(24), wrote_at: at(10, 0) };
    assert_eq!(may("It is.", end + Span::from_millis(1)), Err(closed));
    assert_eq!(may(&"é".repeat(21), end), Err(NoAnswer::TooLong(20)));
    let mut mute = channel.clone();
    mute.ability.as_mut().expect("it").plain = None;
    assert_eq!(reply.answerable(&reply, &customer, &mute, "Hi", end), Err(NoAnswer::NoText));
    let hidden = Reply { from: Some(Address { kind: AddressKind::Handle, value: "u-1".into() }), ..reply.clone() };
    let found = hidden.answerable(&hidden, &customer, &channel, "Hi", end).map(|to| to.value);
    assert_eq!(found, Ok(ANA.to_owned()), "a name that the channel cannot write to is no address");
    let nobody = Customer::anonymous(customer.id, at(9, 0));
    assert_eq!(hidden.answerable(&hidden, &nobody, &channel, "Hi", end), Err(NoAnswer::NoAddress));
}

#[test]
fn a_strategy_writes_freely_only_while_the_window_is_open() {
    for (waits, is_sent) in [(Span::hours(24), true), (Span::hours(25), false)] {
        let mut stage = subscribed();
        let ability = stage.connection("inbox").ability.as_mut().expect("it");
        ability.answers = AnswerRule::of(&json!({ "x-answers": { "within": "24h", "unless": ["template"] } }));
        let customer = *stage.world.customers.keys().next().expect("she");
        let settled = at(14, 0);
        let wrote = settled - waits;
        stage.world.customers.get_mut(&customer).expect("she").edit().wrote.insert("inbox".into(), wrote);
        stage.event(at(10, 0), &cart(at(10, 0), &[("red", 1)]));
        stage.wait_until(settled);
        let closed = MessageState::Skipped { reason: SkipReason::WindowClosed };
        assert_eq!(stage.message().state == closed, !is_sent, "after {waits}");
    }
}

#[test]
fn s22_an_answer_is_sent_once_and_moved_forward_by_receipts() {
    let mut stage = written_to();
    hear(&mut stage, at(10, 0), &says("Is it red?", at(10, 0)));
    let reply = stage.world.replies[0].clone();
    let to = Address { kind: AddressKind::Phone, value: ANA.into() };
    let mut answer = reply.answer(to.clone(), None, "It is.", "mia", 0, at(10, 1));
    assert_eq!(answer.id, reply.answer(to.clone(), None, "It is.", "ben", 0, at(10, 9)).id, "the same words are one");
    assert_ne!(answer.id, reply.answer(to, None, "It is.", "mia", 1, at(10, 1)).id);
    answer.hand_over(Span::minutes(1), at(10, 1));
    answer.recover(false, at(10, 2));
    assert_eq!(answer.state, SendState::Uncertain, "nobody came back");
    answer.settle(1, &Outcome::Accepted { provider_id: "w-1".into(), price: None }, at(10, 3));
    assert_eq!(answer.state, SendState::Accepted, "the answer came late, and came");
    stage.world.reply_sends.insert(answer.id, cartwright_domain::world::Entry::loaded(answer.clone(), 1));

    let mut told = |kind: ReceiptKind, failure: Option<Rejection>, minute: i64| {
        let mut event = says("", at(11, minute));
        let What::Receipt(receipt) = &mut event.what else { panic!("a receipt") };
        *receipt = Receipt { kind, provider_id: Some("w-1".into()), sender: None, failure, ..receipt.clone() };
        hear(&mut stage, at(11, minute), &event);
        let entry = &stage.world.reply_sends[&answer.id];
        (entry.value.state.clone(), entry.value.receipt, entry.changed)
    };
    let no = Rejection { class: RejectionClass::OptOut, details: Details { code: None, text: "no".into() } };
    assert_eq!(told(ReceiptKind::Delivered, None, 1), (SendState::Accepted, Some(ReceiptKind::Delivered), true));
    let (state, furthest, _) = told(ReceiptKind::Failed, Some(no), 2);
    assert_eq!((state, furthest), (SendState::Accepted, Some(ReceiptKind::Delivered)), "it had arrived");
    assert_eq!(told(ReceiptKind::Read, None, 3).1, Some(ReceiptKind::Read));
    assert_eq!(told(ReceiptKind::Delivered, None, 4).1, Some(ReceiptKind::Read), "nothing goes back");
}

#[test]
fn s23_an_answer_is_tried_again_until_it_is_too_late_and_a_refusal_ends_it() {
    let mut stage = written_to();
    hear(&mut stage, at(10, 0), &says("Is it red?", at(10, 0)));
    let reply = stage.world.replies[0].clone();
    let to = Address { kind: AddressKind::Phone, value: ANA.into() };
    let mut answer = reply.answer(to, None, "It is.", "mia", 0, at(10, 0));
    assert_eq!((answer.kind, answer.is_due(at(10, 0))), (SendKind::Answer, true));
    answer.hand_over(Span::minutes(1), at(10, 0));
    answer.settle(1, &refused(RejectionClass::RateLimited { after: Some(at(10, 30)) }), at(10, 0));
    assert_eq!(answer.state, SendState::Queued { due_at: at(10, 30) });
    let mut late = answer.clone();
    late.hand_over(Span::minutes(1), at(10, 30));
    late.settle(2, &refused(RejectionClass::RateLimited { after: Some(at(10, 0) + Span::hours(13)) }), at(10, 30));
    assert!(late.state == SendState::Dropped && late.came_to_nothing());
    answer.hand_over(Span::minutes(1), at(10, 30));
    answer.settle(1, &refused(RejectionClass::BadRequest), at(10, 31));
    assert!(matches!(answer.state, SendState::HandedOver { .. }), "that was of the attempt before");
    answer.settle(2, &refused(RejectionClass::BadRequest), at(10, 31));
    assert_eq!(answer.state, SendState::Rejected { class: RejectionClass::BadRequest });
}

//! The rules of sending: checks, consent, outcomes and receipts.

use crate::stage::*;
use cartwright_domain::alert::{AlertCause, last_words};
use cartwright_domain::check::check;
use cartwright_domain::contact::ConsentState;
use cartwright_domain::event::{ReceiptKind, What};
use cartwright_domain::funnel::{Figure, figures_of};
use cartwright_domain::message::{
    Details, HoldReason, MessageState, Outcome, Rejection, RejectionClass, SkipReason, back_off,
};
use cartwright_domain::outcome::{settle, step_of};
use cartwright_domain::run::EndReason;
use cartwright_domain::strategy::StrategyState;

#[test]
fn s17_the_first_check_that_refuses_is_the_reason() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    let live: Vec<_> = stage
        .world
        .strategies
        .iter()
        .cloned()
        .map(|mut live| {
            live.record.state = StrategyState::Stopped;
            live
        })
        .collect();
    stage.world.strategies = live.into();
    stage.wait_until(at(23, 0));
    assert_eq!(stage.ends(), [EndReason::Stopped]);
    assert!(stage.sent().is_empty());
}

#[test]
fn s17_what_is_not_handed_over_in_time_is_skipped_and_the_run_goes_on() {
    let mut stage = subscribed();
    stage.provider_is_up = false;
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(26, 1));
    stage.provider_is_up = true;
    stage.wait_until(at(27, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::TooLate });
    assert_eq!(stage.ends(), [EndReason::Completed]);
}

#[test]
fn s18_marketing_goes_only_to_those_who_subscribed() {
    for (state, reason) in
        [(ConsentState::Unsubscribed, SkipReason::Unsubscribed), (ConsentState::Unknown, SkipReason::NoConsent)]
    {
        let mut stage = Stage::with(reminder());
        let mut identify = ana_identifies(at(9, 0));
        if let What::CustomerIdentified(body) = &mut identify.what {
            body.consent.as_mut().expect("Ana's consent").state = state;
        }
        stage.event(at(9, 0), &identify);
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.wait_until(at(23, 0));
        assert_eq!(stage.message().state, MessageState::Skipped { reason }, "{state:?}");
    }
}

#[test]
fn s18_an_unsubscription_takes_effect_before_any_message_not_yet_handed_over() {
    let mut stage = subscribed();
    stage.provider_is_up = false;
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    stage.event(at(14, 1), &ana_says(at(14, 1), ConsentState::Unsubscribed));
    stage.provider_is_up = true;
    stage.wait_until(at(23, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::Unsubscribed });
}

#[test]
fn s18_an_opt_out_at_the_provider_unsubscribes_and_suppresses_the_address() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    let told = receipt(ReceiptKind::OptedOut, stage.message(), at(15, 0));
    stage.event(at(15, 0), &told);
    let customer = &stage.world.customers[&stage.run().customer].value;
    assert_eq!(customer.marketing(), ConsentState::Unsubscribed);
    assert_eq!(customer.marks.len(), 1);
}

fn rejects(class: RejectionClass) -> Option<Outcome> {
    Some(Outcome::Rejected(Rejection {
        class,
        details: Details { code: Some("42".into()), text: "in the play".into() },
    }))
}

fn answered(class: RejectionClass) -> Stage {
    let mut stage = subscribed();
    stage.provider = rejects(class);
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    stage
}

#[test]
fn s22_an_uncertain_message_is_never_sent_again_and_the_run_goes_on() {
    let mut stage = subscribed();
    stage.provider = Some(Outcome::Uncertain(Details::default()));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(40, 0));
    assert_eq!(stage.message().attempts, 1);
    assert_eq!(stage.message().state, MessageState::Uncertain);
    assert_eq!(stage.ends(), [EndReason::Completed]);
    let told = receipt(ReceiptKind::Delivered, stage.message(), at(41, 0));
    stage.event(at(41, 0), &told);
    assert_eq!(stage.message().state, MessageState::Accepted, "a receipt settles it");
}

/// A message of whose first attempt nobody came back, on a channel where another is harmless.
fn lost_once() -> Stage {
    let mut stage = subscribed();
    stage.provider_is_up = false;
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    for entry in stage.world.messages.values_mut() {
        let message = entry.edit();
        (message.attempts, message.handed_over_at) = (1, Some(at(14, 0)));
    }
    stage
}

#[test]
fn s22_a_message_that_may_have_arrived_is_uncertain_and_not_skipped() {
    let mut stage = lost_once();
    stage.event(at(14, 1), &order("o1", at(14, 1)));
    stage.provider_is_up = true;
    stage.wait_until(at(15, 0));
    assert_eq!(stage.message().state, MessageState::Uncertain);
    let words = &stage.message().last_answer.as_ref().expect("words").text;
    assert!(words.contains("run_ended"), "{words}");
    assert_eq!(check(&stage.world), []);
}

#[test]
fn s22_a_later_attempt_s_refusal_says_nothing_of_the_one_that_may_have_arrived() {
    let mut stage = lost_once();
    stage.provider = rejects(RejectionClass::BadRequest);
    stage.provider_is_up = true;
    stage.wait_until(at(15, 0));
    assert_eq!(stage.message().state, MessageState::Uncertain);
    let customer = &stage.world.customers[&stage.run().customer].value;
    assert!(customer.has_place(stage.message().id), "S20: what may have arrived keeps its place");
}

#[test]
fn s22_a_receipt_settles_what_waits_to_be_sent_again_without_an_answer() {
    let mut stage = lost_once();
    let told = receipt(ReceiptKind::Delivered, stage.message(), at(14, 1));
    stage.event(at(14, 1), &told);
    assert_eq!(stage.message().state, MessageState::Accepted);
    stage.provider_is_up = true;
    stage.wait_until(at(15, 0));
    assert_eq!(stage.message().attempts, 1, "it arrived: it is not sent again");
    assert_eq!(check(&stage.world), []);
}

#[test]
fn s23_what_ends_a_message_ends_it_and_the_run_goes_on() {
    use RejectionClass::*;
    for class in [
        InvalidRecipient,
        NotOnChannel,
        OptOut,
        WindowClosed,
        FrequencyCap,
        Template,
        ContentPolicy,
        TooLarge,
        BadRequest,
        Unknown,
    ] {
        let mut stage = answered(class);
        stage.provider = None;
        stage.wait_until(at(40, 0));
        assert_eq!(stage.message().state, MessageState::Rejected { class }, "{class:?}");
        assert_eq!(stage.message().attempts, 1, "{class:?}");
        assert_eq!(stage.ends(), [EndReason::Completed], "{class:?}");
    }
}

#[test]
fn s23_transient_refusals_are_tried_again_until_it_is_too_late() {
    let mut stage = answered(RejectionClass::Transient);
    stage.provider = None;
    stage.wait_until(at(14, 1));
    assert_eq!((stage.message().attempts, stage.sent().len()), (2, 1));
    let mut stage = answered(RejectionClass::Transient);
    stage.wait_until(at(40, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::TooLate });
    assert!(stage.message().attempts > 10);
}

#[test]
fn s23_a_rate_limit_waits_until_the_provider_s_own_instant() {
    let mut stage = answered(RejectionClass::RateLimited { after: Some(at(15, 0)) });
    stage.provider = None;
    stage.wait_until(at(14, 59));
    assert!(stage.sent().is_empty());
    stage.wait_until(at(15, 0));
    assert_eq!(stage.sent_at(), [at(15, 0)]);
}

#[test]
fn s23_credentials_and_credit_hold_the_channel_until_they_are_put_right() {
    for (class, reason) in [
        (RejectionClass::Auth, HoldReason::Auth),
        (RejectionClass::Billing, HoldReason::Billing),
        (RejectionClass::SenderPolicy, HoldReason::SenderPolicy),
    ] {
        let mut stage = answered(class);
        stage.provider = None;
        let hold = stage.world.connections["inbox"].value.held.clone().expect("the channel is held");
        assert_eq!(hold.reason, reason);
        assert!(!hold.next_step.is_empty() && hold.words == "in the play (42)");
        let [alarm] = &last_words(stage.world.alarms.clone())[..] else { panic!("one alert is told") };
        assert_eq!((alarm.cause, alarm.about.as_str()), (AlertCause::ChannelHeld, "inbox"));
        let told = alarm.told.as_ref().expect("it is wrong");
        assert_eq!((&told.next_step, &told.codes), (&hold.next_step, &hold.codes));
        // What the provider said has no code: it stays as it is in every language.
        assert_eq!((hold.codes.words, hold.codes.next_step), (None, Some(step_of(reason))));
        stage.wait_until(at(16, 0));
        assert_eq!(stage.message().state, MessageState::Held { reason });
        stage.world.connections.get_mut("inbox").expect("it").edit().held = None;
        stage.wait_until(at(16, 2));
        assert_eq!(stage.sent().len(), 1);
    }
}

#[test]
fn s23_a_refused_template_holds_the_content_on_this_channel() {
    let stage = answered(RejectionClass::Template);
    assert!(stage.world.connections["inbox"].value.held_contents.contains_key("reminder"));
    assert!(stage.world.connections["inbox"].value.held.is_none());
    let [alarm] = &stage.world.alarms[..] else { panic!("one alert is told") };
    assert_eq!((alarm.cause, alarm.about.as_str()), (AlertCause::ContentHeld, "reminder on inbox"));
}

#[test]
fn s23_five_odd_refusals_in_a_row_are_told_once_and_the_first_other_answer_is_the_all_clear() {
    let mut stage = answered(RejectionClass::BadRequest);
    let odd = |stage: &Stage| stage.world.connections["inbox"].value.odd_refusals;
    assert_eq!((odd(&stage), stage.world.alarms.len()), (1, 0));
    let id = stage.message().id;
    let answer = |stage: &mut Stage, outcome: &Outcome| {
        let entry = stage.world.messages.get_mut(&id).expect("it");
        let (lease_until, adapter_state) = (at(23, 0), String::new());
        entry.edit().state = MessageState::HandedOver { lease_until, adapter_state };
        settle(&mut stage.world, id, outcome, at(15, 0));
    };
    let details = Details { code: Some("77".into()), text: "no".into() };
    let refused = Outcome::Rejected(Rejection { class: RejectionClass::Unknown, details });
    for _ in 0..6 {
        answer(&mut stage, &refused);
    }
    let [alarm] = &stage.world.alarms[..] else { panic!("told {} times", stage.world.alarms.len()) };
    assert_eq!((alarm.cause, alarm.about.as_str()), (AlertCause::OddRefusals, "inbox"));
    answer(&mut stage, &Outcome::Accepted { provider_id: "1".into(), price: None });
    let last = stage.world.alarms.last().expect("it");
    assert_eq!((last.cause, last.told.as_ref(), odd(&stage)), (AlertCause::OddRefusals, None, 0));
}

#[test]
fn s23_the_back_off_doubles_from_30_s_to_1_h_within_20_percent() {
    for (attempts, base) in [(1, 30), (2, 60), (3, 120), (8, 3600), (30, 3600)] {
        for chance in [0, 1, 12_345, u64::MAX] {
            let span = back_off(attempts, chance).millis();
            assert!((base * 800..=base * 1200).contains(&span), "{attempts}: {span} ms");
        }
    }
}

/// All receipts of a message, in every order and each twice. A failure that the provider takes back counts for nothing
/// but what it says of the address.
#[test]
fn s23_receipts_in_any_order_and_twice_end_in_the_same_state() {
    use ReceiptKind::*;
    let failure = Rejection { class: RejectionClass::InvalidRecipient, details: Details::default() };
    let mut ends = Vec::new();
    let mut orders = 0;
    every_order(&mut [Accepted, Failed, Delivered, Read, Clicked, Replied], 0, &mut |kinds| {
        orders += 1;
        let mut stage = subscribed();
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.wait_until(at(14, 0));
        for kind in kinds.iter().chain(kinds) {
            let mut told = receipt(*kind, stage.message(), at(15, 0));
            if let What::Receipt(receipt) = &mut told.what {
                receipt.failure = (*kind == Failed).then(|| failure.clone());
            }
            stage.event(at(16, 0), &told);
        }
        let message = stage.message().clone();
        let marks = stage.world.customers.values().next().unwrap().value.marks.clone();
        assert_eq!((message.state.clone(), message.receipt), (MessageState::Accepted, Some(Replied)), "{kinds:?}");
        ends.push((message, marks));
    });
    let [first, others @ ..] = &ends[..] else { panic!("no order") };
    assert!(others.iter().all(|end| end == first));
    assert_eq!((orders, first.1.len()), (720, 1));
    let counted = [Figure::Accepted, Figure::Delivered, Figure::Read, Figure::Clicked, Figure::Replied];
    assert_eq!(figures_of(&first.0), counted);
}

fn every_order(kinds: &mut [ReceiptKind], from: usize, look: &mut impl FnMut(&[ReceiptKind])) {
    if from == kinds.len() {
        return look(kinds);
    }
    for place in from..kinds.len() {
        kinds.swap(from, place);
        every_order(kinds, from + 1, look);
        kinds.swap(from, place);
    }
}

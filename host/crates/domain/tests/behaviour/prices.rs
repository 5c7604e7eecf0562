//! What messages cost, as their providers say.

use cartwright_domain::event::{Event, ReceiptKind, What};
use cartwright_domain::funnel::{self, Figure};
use cartwright_domain::message::{MessageState, Outcome};
use cartwright_domain::price::{self, Price};
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_domain::time::{Span, Timestamp};

use crate::stage::{Stage, at, cart, receipt, subscribed};

fn usd(micros: i64) -> Price {
    Price::read(micros, "USD").expect("a price")
}

/// A message that was taken for a price, or without a word of it; its channel can be asked for prices.
fn sent(price: Option<Price>) -> Stage {
    let mut stage = subscribed();
    let ability = stage.connection("inbox").ability.as_mut().expect("it");
    ability.tasks.push(ChannelTaskKind::Price);
    stage.provider = Some(Outcome::Accepted { provider_id: "p-1".into(), price });
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)])).wait_until(at(14, 0));
    assert_eq!(stage.message().state, MessageState::Accepted);
    stage
}

/// What the sums move by.
fn moves(stage: &mut Stage) -> Vec<(String, i64)> {
    funnel::count(&mut stage.world).into_iter().map(|(cell, by)| (cell.figure.to_string(), by)).collect()
}

fn told(stage: &Stage, kind: ReceiptKind, price: Price) -> Event {
    let mut event = receipt(kind, stage.message(), at(14, 1));
    if let What::Receipt(receipt) = &mut event.what {
        receipt.price = Some(price);
    }
    event
}

fn due(stage: &Stage) -> Option<Timestamp> {
    stage.message().pricing.due_at
}

#[test]
fn what_the_answer_names_is_kept_and_nobody_asks() {
    let mut stage = sent(Some(usd(7_900)));
    assert_eq!((stage.message().pricing.price, due(&stage)), (Some(usd(7_900)), None));
    assert_eq!(moves(&mut stage), [("accepted".to_owned(), 1), ("cost.USD".to_owned(), 7_900)]);
}

#[test]
fn a_price_told_twice_counts_once_and_another_one_by_the_difference() {
    let mut stage = sent(None);
    moves(&mut stage);
    let first = told(&stage, ReceiptKind::Delivered, usd(8_000));
    stage.event(at(14, 1), &first);
    assert_eq!(moves(&mut stage), [("delivered".to_owned(), 1), ("cost.USD".to_owned(), 8_000)]);
    stage.event(at(14, 2), &first);
    assert_eq!(moves(&mut stage), []);
    let id = stage.message().id;
    price::take(&mut stage.world, id, Some(usd(8_000)), at(14, 3));
    assert_eq!(moves(&mut stage), []);
    price::take(&mut stage.world, id, Some(usd(7_000)), at(14, 4));
    assert_eq!(moves(&mut stage), [("cost.USD".to_owned(), -1_000)]);
    // Told by an earlier state than is known, and in another currency.
    let late = told(&stage, ReceiptKind::Accepted, Price::read(5, "EUR").expect("a price"));
    stage.event(at(14, 5), &late);
    assert_eq!(moves(&mut stage), [("cost.EUR".to_owned(), 5), ("cost.USD".to_owned(), -7_000)]);
}

#[test]
fn who_does_not_say_is_asked_ten_minutes_later_and_seven_hours_later_no_more() {
    let mut stage = sent(None);
    let id = stage.message().id;
    let mut asked = Vec::new();
    while let Some(moment) = due(&stage) {
        assert_eq!(price::begin(&mut stage.world, &[id], moment - Span::seconds(1)), []);
        assert_eq!(price::begin(&mut stage.world, &[id], moment), [id]);
        assert_eq!(price::begin(&mut stage.world, &[id], moment), [], "it is being asked");
        asked.push(moment);
        price::take(&mut stage.world, id, None, moment);
    }
    assert_eq!(asked, [at(14, 10), at(15, 10), at(21, 10)]);
    // A receipt begins no new round.
    let read = receipt(ReceiptKind::Read, stage.message(), at(22, 0));
    stage.event(at(22, 0), &read);
    assert_eq!(due(&stage), None);
}

#[test]
fn who_asked_and_did_not_come_back_is_followed_by_another() {
    let mut stage = sent(None);
    let id = stage.message().id;
    assert_eq!(price::begin(&mut stage.world, &[id], at(14, 10)), [id]);
    assert_eq!(price::begin(&mut stage.world, &[id], at(14, 15)), [id]);
    // Both answer.
    price::take(&mut stage.world, id, Some(usd(1)), at(14, 16));
    price::take(&mut stage.world, id, None, at(14, 17));
    assert_eq!((stage.message().pricing.price, due(&stage)), (Some(usd(1)), None));
}

#[test]
fn nobody_is_asked_where_the_channel_tells_no_prices_or_is_gone() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)])).wait_until(at(14, 0));
    assert_eq!(due(&stage), None);
    let mut stage = sent(None);
    let id = stage.message().id;
    stage.world.connections.remove("inbox");
    assert_eq!(price::begin(&mut stage.world, &[id], at(14, 10)), []);
    assert_eq!(due(&stage), None);
}

#[test]
fn a_message_that_was_uncertain_is_asked_about_once_its_provider_is_known_to_have_it() {
    let mut stage = sent(None);
    let id = stage.message().id;
    let entry = stage.world.messages.get_mut(&id).expect("it");
    let message = entry.edit();
    (message.state, message.provider_id, message.pricing) = (MessageState::Uncertain, None, Default::default());
    let mut event = receipt(ReceiptKind::Delivered, stage.message(), at(15, 0));
    if let What::Receipt(receipt) = &mut event.what {
        receipt.provider_id = Some("p-1".into());
    }
    stage.event(at(15, 0), &event);
    assert_eq!(due(&stage), Some(at(15, 10)));
}

#[test]
fn sums_of_currencies_stand_beside_each_other() {
    let sums = [("sms", "cost.USD", 7_900), ("mms", "cost.USD", 100), ("sms", "cost.EUR", 5), ("sms", "accepted", 2)];
    let sums = sums.map(|(channel, name, sum)| (channel, Figure::named(name).expect("a figure"), sum));
    let funnel = funnel::Funnel::of(sums, |_, _| false);
    assert_eq!(funnel.costs, [Price::read(5, "EUR").expect("a price"), usd(8_000)]);
    assert_eq!((funnel.considered, funnel.succeeded), (2, 2));
}

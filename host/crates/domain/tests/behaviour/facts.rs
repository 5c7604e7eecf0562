//! Rule trees over everything that is known (S11, S35), in ranges of time (S37).

use crate::stage::*;
use cartwright_domain::contact::ConsentState;
use cartwright_domain::event::Subject as EventSubject;
use cartwright_domain::event::{
    CustomerBody, DeletedProductBody, Event, Line, OrderOrigin, ReceiptKind, Variant, What,
};
use cartwright_domain::facts::Subject;
use cartwright_domain::rule::{Group, Truth};
use cartwright_domain::time::{Span, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// What a rule of these members says.
fn says_with(subject: &Subject, rule: Value) -> (Truth, String) {
    let group: Group = serde_json::from_value(json!({ "combinator": "and", "rules": [rule] })).expect("a rule");
    let mut faults = Vec::new();
    group.faults("rule", "EUR", &mut faults);
    assert_eq!(faults, [], "{rule}");
    let mut reads = Vec::new();
    let truth = group.evaluate(subject, &mut reads);
    (truth, reads.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

fn says(subject: &Subject, field: &str, operator: &str, value: Value) -> Truth {
    says_with(subject, json!({ "field": field, "operator": operator, "value": value })).0
}

#[test]
fn s35_orders_are_sorted_under_what_the_catalogue_knows_of_their_goods() {
    let mut stage = Stage::with(reminder());
    let mut lamp = product("lamp", at(8, 0), "https://shop.example/lamp.png");
    let What::ProductUpdated(body) = &mut lamp.what else { unreachable!("it is a product") };
    body.categories = serde_json::from_value(json!({ "product_types": ["Lights"], "tags": ["led"] })).expect("kinds");
    stage.event(at(8, 0), &lamp);
    stage.event(at(8, 1), &ana_identifies(at(8, 1)));
    let mut bought = order("o1", at(9, 0));
    let What::OrderPlaced(body) = &mut bought.what else { unreachable!("it is an order") };
    body.lines = vec![Line { title: "Lamp".into(), product_id: Some("lamp".into()), quantity: 1, ..Line::default() }];
    stage.event(at(9, 0), &bought);
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    let subject = stage.world.subject(stage.run(), at(10, 0)).expect("Ana");
    for (filter, count) in [
        (json!({ "product_type": ["Lights"] }), 1),
        (json!({ "tag": ["led"] }), 1),
        (json!({ "category": ["led"] }), 1),
        (json!({ "tag": ["Lights"] }), 0),
        (json!({ "collection": ["led"] }), 0),
    ] {
        let rule = json!({ "field": "orders.count", "operator": "=", "value": count, "where": filter });
        assert_eq!(says_with(&subject, rule).0, Truth::Yes, "{filter}");
    }
}

/// The catalogue's variants of the product `lamp`: id, whether it can be bought, pieces.
fn lamp_of(moment: Timestamp, variants: &[(&str, bool, u32)]) -> Event {
    let mut event = product("lamp", moment, "https://shop.example/lamp.png");
    event.id = format!("lamp@{moment}");
    let What::ProductUpdated(body) = &mut event.what else { unreachable!("it is a product") };
    let variant = |(id, available, stock): &(&str, bool, u32)| Variant {
        variant_id: (*id).into(),
        sku: Some(format!("sku-{id}")),
        available: Some(*available),
        stock: Some(*stock),
        ..Variant::default()
    };
    body.variants = variants.iter().map(variant).collect();
    event
}

fn lamp_gone(moment: Timestamp) -> Event {
    let body = DeletedProductBody { product_id: "lamp".into() };
    let (subject, what) = (EventSubject::default(), What::ProductDeleted(body));
    Event { id: format!("gone@{moment}"), occurred_at: moment, subject, what }
}

#[test]
fn s35_what_of_a_cart_can_be_bought_is_known_as_of_now() {
    let mut stage = Stage::with(reminder());
    stage.event(at(8, 0), &ana_identifies(at(8, 0)));
    let mut left = cart(at(10, 0), &[("a", 1), ("b", 1), ("c", 1)]);
    let What::CartUpdated(body) = &mut left.what else { unreachable!("it is a cart") };
    for (line, variant) in body.lines.iter_mut().zip(["red", "blue"]) {
        (line.product_id, line.variant_id) = (Some("lamp".into()), Some(variant.into()));
        // What the cart itself said is of yesterday.
        line.available = Some(true);
    }
    stage.event(at(10, 0), &left);
    let both = [("red", true, 3), ("blue", true, 1)];
    for (step, (event, available, sold_out)) in [
        (None, 3, 0),
        (Some(lamp_of(at(10, 10), &both)), 3, 0),
        (Some(lamp_of(at(10, 20), &[("red", true, 2), ("blue", false, 0)])), 2, 1),
        (Some(lamp_of(at(10, 15), &both)), 2, 1),
        // A form that is sold no more.
        (Some(lamp_of(at(10, 30), &[("blue", true, 9)])), 2, 1),
        (Some(lamp_gone(at(10, 40))), 1, 2),
        (Some(lamp_of(at(10, 35), &both)), 1, 2),
        (Some(lamp_of(at(10, 50), &both)), 3, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let now = at(11, i64::try_from(step).expect("few"));
        if let Some(event) = event {
            stage.event(now, &event);
        }
        let subject = stage.world.subject(stage.run(), now).expect("Ana");
        assert_eq!(says(&subject, "cart.available", "=", json!(available)), Truth::Yes, "{step}");
        assert_eq!(says(&subject, "cart.sold_out", "=", json!(sold_out)), Truth::Yes, "{step}");
    }
    let subject = stage.world.subject(stage.run(), at(11, 30)).expect("Ana");
    let stock: Vec<_> = subject.cart.as_ref().expect("a cart").lines().iter().map(|line| line.stock).collect();
    assert_eq!(stock, [Some(3), Some(1), None]);
    let red = json!({ "field": "cart.available", "operator": "=", "value": 1, "where": { "sku": ["red"] } });
    assert_eq!(says_with(&subject, red).0, Truth::Yes);
}

fn money(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

/// An order over some goods, each `sku/category`.
fn order_of(id: &str, moment: Timestamp, amount: &str, goods: &[&str]) -> Event {
    let mut event = order_by(OrderOrigin::Customer, id, moment);
    let What::OrderPlaced(body) = &mut event.what else { unreachable!("it is an order") };
    body.total = serde_json::from_value(money(amount)).ok();
    body.lines = goods.iter().map(|goods| line(goods, 1)).collect();
    event
}

fn line(goods: &str, quantity: u32) -> Line {
    let (sku, category) = goods.split_once('/').expect("sku/category");
    Line { title: sku.into(), sku: Some(sku.into()), categories: [category].into(), quantity, ..Line::default() }
}

/// Ana, asked about at 11:00 on 9 August 2024 in Ho Chi Minh City, with these orders before.
fn shopper(orders: &[Event]) -> Subject {
    let mut stage = Stage::with(reminder());
    Arc::make_mut(&mut stage.world.shop).time_zone = "Asia/Ho_Chi_Minh".into();
    stage.now = moment("2023-01-01T00:00:00Z");
    let identify = ana_identifies(stage.now);
    stage.receive(&identify);
    for order in orders {
        stage.receive(order);
    }
    let now = moment("2024-08-09T11:00:00+07:00");
    stage.receive(&cart(now, &[("a", 1)]));
    stage.world.subject(stage.run(), now).expect("Ana")
}

#[test]
fn s37_whole_days_are_those_of_the_shop_and_rolling_is_to_the_millisecond() {
    let (ms, at) = (Span::from_millis(1), |text: &str| moment(&format!("{text}+07:00")));
    let today = at("2024-08-09T00:00:00");
    for (range, first, behind) in [
        (json!({ "within_days": 3 }), Some(at("2024-08-06T00:00:00")), Some(at("2024-08-10T00:00:00"))),
        (json!({ "within_days": 0 }), Some(today), Some(at("2024-08-10T00:00:00"))),
        (json!({ "more_than_days_ago": 3 }), None, Some(at("2024-08-06T00:00:00"))),
        (
            json!({ "days_ago": { "from": 0, "to": 1 } }),
            Some(at("2024-08-08T00:00:00")),
            Some(at("2024-08-10T00:00:00")),
        ),
        (json!({ "days_ago": { "from": 1, "to": 2 } }), Some(at("2024-08-07T00:00:00")), Some(today)),
        (json!({ "within": "36h" }), Some(at("2024-08-07T23:00:00")), None),
        (
            json!({ "between": { "from": "2024-08-01", "to": "2024-08-02" } }),
            Some(at("2024-08-01T00:00:00")),
            Some(at("2024-08-03T00:00:00")),
        ),
    ] {
        for (edge, before, after) in [(first, 0, 1), (behind, 1, 0)] {
            let Some(edge) = edge else { continue };
            for (moment, expected) in [(edge - ms, before), (edge, after)] {
                let subject = shopper(&[order_of("1", moment, "10.00", &["a/shoes"])]);
                let rule = json!({ "field": "orders.count", "operator": "=", "value": expected, "range": range });
                let (truth, reads) = says_with(&subject, rule);
                assert_eq!(truth, Truth::Yes, "{range} at {moment}: {reads}");
            }
        }
    }
    let subject = shopper(&[]);
    let rule = json!({ "field": "orders.count", "operator": "=", "value": 0, "range": { "within_days": 3 } });
    let told = "orders.count(2024-08-05T17:00:00.000Z, 2024-08-09T17:00:00.000Z) = 0";
    assert_eq!(says_with(&subject, rule), (Truth::Yes, told.to_owned()), "the trace shows the range that came out");
}

#[test]
fn s35_orders_are_counted_summed_and_averaged_in_a_range_and_by_what_they_hold() {
    let at = |day: i64| moment("2024-08-09T03:00:00Z") - Span::days(day);
    let subject = shopper(&[
        order_of("1", at(100), "100.00", &["a/shoes", "b/hats"]),
        order_of("2", at(10), "50.00", &["c/shoes"]),
        order_of("3", at(1), "25.50", &["b/hats"]),
    ]);
    let asks = |field: &str, operator: &str, value: Value, extra: Value| {
        let mut rule = json!({ "field": field, "operator": operator, "value": value });
        rule.as_object_mut().expect("a rule").extend(extra.as_object().expect("members").clone());
        says_with(&subject, rule).0
    };
    let recent = || json!({ "range": { "within_days": 30 } });
    for (field, value, extra) in [
        ("orders.count", json!(3), json!({})),
        ("orders.count", json!(2), recent()),
        ("orders.count", json!(2), json!({ "where": { "category": ["shoes"] } })),
        ("orders.count", json!(1), json!({ "where": { "sku": ["a", "c"], "category": ["hats"] } })),
        ("orders.count", json!(0), json!({ "where": { "tag": ["hats"] } })),
        ("orders.count", json!(0), json!({ "where": { "sku": ["z"] } })),
        ("orders.count", json!(1), json!({ "where": { "sku": ["a", "c"] }, "range": { "within_days": 30 } })),
        ("orders.spent", money("175.50"), json!({})),
        ("orders.spent", money("75.50"), recent()),
        ("orders.spent", money("0.00"), json!({ "where": { "sku": ["z"] } })),
        ("orders.average", money("58.50"), json!({})),
        ("orders.average", money("37.75"), recent()),
    ] {
        assert_eq!(asks(field, "=", value.clone(), extra.clone()), Truth::Yes, "{field} {value} {extra}");
    }
    assert_eq!(asks("orders.average", ">", money("1.00"), json!({ "where": { "sku": ["z"] } })), Truth::Unknown);
    assert_eq!(asks("orders.last_at", "within", json!(null), recent()), Truth::Yes);
    assert_eq!(asks("orders.first_at", "within", json!(null), recent()), Truth::No);
    assert_eq!(asks("orders.first_at", "<=", json!("2024-05-01"), json!({})), Truth::Yes);
    assert_eq!(asks("orders.first_at", ">", json!("2024-05-01"), json!({})), Truth::No, "a date is a whole day");
    assert_eq!(asks("orders.last_at", "empty", json!(null), json!({ "where": { "sku": ["z"] } })), Truth::Yes);
}

#[test]
fn s11_without_a_source_of_orders_nothing_is_known_of_them() {
    let subject = Subject { orders_known: false, ..shopper(&[]) };
    assert_eq!(says(&subject, "orders.count", "=", json!(0)), Truth::Unknown);
    assert_eq!(says(&subject, "orders.spent", "<", money("1.00")), Truth::Unknown);
    assert_eq!(says(&subject, "orders.last_at", "empty", json!(null)), Truth::Unknown);
    assert_eq!(says(&subject, "cart.lines", "=", json!(1)), Truth::Yes);
    let known = shopper(&[]);
    assert_eq!(says(&known, "orders.count", "=", json!(0)), Truth::Yes);
    assert_eq!(says(&known, "orders.last_at", ">", json!("2024-01-01")), Truth::Unknown, "there is no last one");
}

#[test]
fn s35_the_customer_and_the_cart() {
    let mut stage = Stage::with(reminder());
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    let mut record = ana_identifies(at(9, 30));
    record.id = "record".into();
    record.what = What::CustomerUpdated(CustomerBody {
        country: Some("DE".into()),
        province: Some("by".into()),
        city: Some("Fürth".into()),
        time_zone: Some("Asia/Tokyo".into()),
        registered_at: Some(moment("2025-12-01T00:00:00Z")),
        tags: Some(vec!["vip".into()]),
        attributes: [("signed".to_owned(), json!("2025-12-20")), ("size".to_owned(), json!(42))].into(),
        ..CustomerBody::default()
    });
    stage.event(at(9, 30), &record);
    let mut added = cart(at(10, 0), &[]);
    if let What::CartUpdated(body) = &mut added.what {
        body.lines = vec![line("a/shoes", 2), line("b/hats", 3)];
    }
    stage.event(at(10, 0), &added);
    let subject = stage.world.subject(stage.run(), at(20, 30)).expect("Ana");
    for (field, operator, value, truth) in [
        ("customer.country", "includes", json!(["DE", "AT"]), Truth::Yes),
        ("customer.province", "=", json!("DE-BY"), Truth::Yes),
        ("customer.city", "includes", json!(["Fürth", "Hof"]), Truth::Yes),
        ("customer.consent", "=", json!("subscribed"), Truth::Yes),
        ("customer.email", "not_empty", json!(null), Truth::Yes),
        ("customer.phone", "empty", json!(null), Truth::Yes),
        ("customer.time_zone", "=", json!("Asia/Tokyo"), Truth::Yes),
        ("customer.language", "=", json!("de"), Truth::Unknown),
        ("customer.registered_at", "<", json!("2025-12-02"), Truth::Yes),
        ("customer.registered_at", ">=", json!("2025-12-01T00:00:00Z"), Truth::Yes),
        ("customer.tags", "excludes", json!("b2b"), Truth::Yes),
        ("customer.lists", "empty", json!(null), Truth::Yes),
        ("customer.attributes.size", ">", json!(41), Truth::Yes),
        // 20:30 in UTC is half past five of the next day, a Friday, in Tokyo.
        ("local_time.weekday", "=", json!("fri"), Truth::Yes),
        ("local_time.hour", "=", json!(5), Truth::Yes),
        ("cart.pieces", "=", json!(5), Truth::Yes),
        ("cart.lines", "=", json!(2), Truth::Yes),
        ("cart.categories", "includes", json!("hats"), Truth::Yes),
        ("cart.updated_at", ">=", json!("2026-01-01"), Truth::Yes),
        ("run.started_at", "<", json!("2026-01-01"), Truth::No),
    ] {
        assert_eq!(says(&subject, field, operator, value.clone()), truth, "{field} {operator} {value}");
    }
    for (rule, truth) in [
        (json!({ "field": "cart.pieces", "operator": "=", "value": 3, "where": { "category": ["hats"] } }), Truth::Yes),
        (json!({ "field": "cart.lines", "operator": "=", "value": 1, "where": { "sku": ["a"] } }), Truth::Yes),
        (json!({ "field": "customer.registered_at", "operator": "within", "range": { "within_days": 30 } }), Truth::No),
        (
            json!({ "field": "customer.registered_at", "operator": "within", "range": { "within_days": 31 } }),
            Truth::Yes,
        ),
        (
            json!({ "field": "customer.attributes.signed", "operator": "within", "range": { "within_days": 12 } }),
            Truth::Yes,
        ),
        (
            json!({ "field": "customer.attributes.size", "operator": "within", "range": { "within_days": 12 } }),
            Truth::Unknown,
        ),
        (
            json!({ "field": "customer.attributes.none", "operator": "within", "range": { "within_days": 12 } }),
            Truth::Unknown,
        ),
    ] {
        assert_eq!(says_with(&subject, rule.clone()).0, truth, "{rule}");
    }
    let (_, reads) = says_with(&subject, json!({ "field": "customer.email", "operator": "not_empty" }));
    assert_eq!(reads, "customer.email = known", "the address itself is not needed");
    stage.event(at(21, 0), &ana_says(at(21, 0), ConsentState::Unsubscribed));
    let subject = stage.world.subject(stage.runs()[0], at(21, 0)).expect("Ana");
    assert_eq!(says(&subject, "customer.consent", "=", json!("unsubscribed")), Truth::Yes);
}

/// Two messages at 10:00 and 12:00; the second was read.
fn reminded() -> Stage {
    let mut stage = Stage::with(strategy(json!({
        "name": "Twice", "trigger": { "on": "cart", "settle": "0s", "next": "one" }, "exits": [],
        "steps": {
            "one": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "wait" },
            "wait": { "kind": "delay", "for": "2h", "next": "two" },
            "two": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "long" },
            "long": { "kind": "delay", "for": "9d", "next": "done" },
            "done": { "kind": "exit" }
        }
    })));
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(12, 0));
    let second = stage.sent()[1].clone();
    stage.event(at(13, 0), &receipt(ReceiptKind::Read, &second, at(13, 0)));
    stage
}

#[test]
fn s11_messages_and_what_came_of_them() {
    use cartwright_domain::facts::{Contact, Reaction};
    let stage = reminded();
    let own: Vec<Contact> = stage.sent().into_iter().filter_map(Contact::of).collect();
    let of_another_run = Contact { at: at(-200, 0), reaction: Some(Reaction::Clicked) };
    let subject = stage.world.subject(stage.run(), at(14, 0)).expect("Ana");
    let contacts: Arc<[Contact]> = [&[of_another_run], &own[..]].concat().into();
    let subject = Subject { contacts, ..subject };
    for (field, value, extra) in [
        ("messages.sent", 3, json!({})),
        ("messages.sent", 2, json!({ "range": { "within_days": 3 } })),
        ("messages.sent", 2, json!({ "range": { "since": "run_start" } })),
        ("messages.sent", 1, json!({ "range": { "since": "last_message" } })),
        ("messages.sent", 1, json!({ "where": { "step": "one" } })),
        ("messages.delivered", 2, json!({})),
        ("messages.read", 1, json!({ "where": { "step": "two" } })),
        ("messages.read", 0, json!({ "where": { "step": "one" } })),
        ("messages.clicked", 1, json!({})),
        ("messages.replied", 0, json!({})),
        ("run.messages_sent", 2, json!({})),
    ] {
        let mut rule = json!({ "field": field, "operator": "=", "value": value });
        rule.as_object_mut().expect("a rule").extend(extra.as_object().expect("members").clone());
        let (truth, reads) = says_with(&subject, rule);
        assert_eq!(truth, Truth::Yes, "{field} {value} {extra}: {reads}");
    }
    let rule = json!({ "field": "messages.last_at", "operator": "within", "range": { "within": "2h" } });
    assert_eq!(says_with(&subject, rule).0, Truth::Yes);
}

#[test]
fn s11_orders_since_the_run_started_and_since_the_last_message() {
    let mut stage = reminded();
    stage.event(at(13, 10), &order("late", at(11, 0)));
    stage.event(at(13, 30), &order("after", at(13, 30)));
    let subject = stage.world.subject(stage.run(), at(14, 0)).expect("Ana");
    for (anchor, count) in [("run_start", 2), ("last_message", 1)] {
        let rule = json!({ "field": "orders.count", "operator": "=", "value": count, "range": { "since": anchor } });
        assert_eq!(says_with(&subject, rule).0, Truth::Yes, "{anchor}");
    }
    let unsent = shopper(&[order_of("1", moment("2024-08-09T04:00:00Z"), "1.00", &["a/b"])]);
    let rule = json!({ "field": "orders.count", "operator": "=", "value": 1, "range": { "since": "last_message" } });
    assert_eq!(says_with(&unsent, rule).0, Truth::Yes, "without any message, since the run started");
}

#[test]
fn a_strategy_says_how_far_back_its_rules_look_at_messages() {
    let now = moment("2024-08-09T03:00:00Z");
    let looks = |rule: Value| {
        let steps = json!({
            "ask": { "kind": "condition", "branches": { "no": "done", "a": "done" }, "rules": [
                { "branch": "a", "rule": { "combinator": "and", "rules": [
                    { "field": "orders.count", "operator": ">", "value": 1 },
                    { "combinator": "or", "rules": [rule] }
                ] } }
            ] },
            "done": { "kind": "exit" }
        });
        let strategy = strategy(json!({ "name": "A", "trigger": { "on": "cart", "next": "ask" }, "steps": steps }));
        strategy.contacts_since(now, &Stage::with(reminder()).world.shop)
    };
    let sent = |extra: Value| {
        let mut rule = json!({ "field": "messages.read", "operator": ">", "value": 0 });
        rule.as_object_mut().expect("a rule").extend(extra.as_object().expect("members").clone());
        looks(rule)
    };
    assert_eq!(looks(json!({ "field": "orders.count", "operator": ">", "value": 1 })), None);
    assert_eq!(sent(json!({ "where": { "step": "x" } })), None, "the run's own are loaded anyway");
    assert_eq!(sent(json!({ "range": { "within_days": 2 } })), Some(moment("2024-08-07T00:00:00Z")));
    for all in
        [json!({}), json!({ "range": { "since": "run_start" } }), json!({ "range": { "more_than_days_ago": 2 } })]
    {
        assert_eq!(sent(all.clone()), Some(Timestamp::default()), "{all}");
    }
    let last = json!({ "field": "messages.last_at", "operator": "within", "range": { "within_days": 2 } });
    assert_eq!(looks(last), Some(Timestamp::default()), "the last one may be of any age");
}

//! Guests read facts as they would in a call, only without a component around.

use std::collections::BTreeMap;
use std::sync::Arc;

use cartwright_domain::cart::{Cart, Stage};
use cartwright_domain::customer::Customer;
use cartwright_domain::decision::{DecisionAnswer, DecisionRecord};
use cartwright_domain::event::{CartBody, Line, OrderBody};
use cartwright_domain::facts::{Contact, Own, Reaction};
use cartwright_domain::ids::{Mint, ShopId};
use cartwright_domain::order::{Order, OrderState};
use cartwright_domain::plan::Reply;
use cartwright_domain::plugin::{Descriptor, FactNeed, Instances, PluginKind};
use cartwright_domain::shop::{Grants, Shop};
use cartwright_domain::time::Span;
use cartwright_plugins_bindings::v0_2::imports::{
    cart, contact, customer, decision, local_time, messages, orders, run, words,
};
use serde_json::json;

use super::*;
use crate::guest::Rights;
use crate::limits::Limits;

/// Tuesday, 14 November 2023, 22:13:20 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn day(count: i64) -> i64 {
    (NOW - Span::days(count)).millis()
}

fn subject(cart: Option<CartBody>) -> Subject {
    let mut mint = Mint::new(NOW, [9; 32]);
    let shop = json!({"id": mint.next::<ShopId>(), "name": "A shop", "currency": "EUR"});
    let mut shop: Shop = serde_json::from_value(shop).unwrap();
    shop.time_zone = "Europe/Berlin".to_owned();
    let mut customer = Customer::anonymous(mint.next(), NOW);
    customer.attributes.insert("size".to_owned(), json!(42));
    customer.tags = ["vip", "b2b"].map(str::to_owned).into();
    customer.last_name = Some("Nguyễn".to_owned());
    let cart = cart.map(|body| {
        let mut cart = Cart::new(mint.next(), customer.id, NOW);
        cart.take(Stage::Cart, &body, NOW);
        Arc::new(cart)
    });
    let order = |number: i64| {
        let body = OrderBody {
            total: serde_json::from_value(json!({"amount": "10.00", "currency": "EUR"})).ok(),
            lines: vec![Line { sku: Some(format!("S{number}")), product_id: Some("P".to_owned()), ..Line::default() }],
            ..OrderBody::default()
        };
        Order::new(number.to_string(), customer.id, OrderState::Paid, &body, Timestamp::from_millis(day(number * 10)))
    };
    let contact = |days, reaction| Contact { at: Timestamp::from_millis(day(days)), reaction };
    Subject {
        shop: Arc::new(shop),
        cart,
        orders: [1, 2, 3].map(order).to_vec().into(),
        contacts: Arc::from([contact(40, Some(Reaction::Replied)), contact(5, Some(Reaction::Read)), contact(1, None)]),
        customer: Arc::new(customer),
        run: mint.next(),
        strategy: "Reminder".into(),
        started_at: NOW,
        step: "check".into(),
        messages_sent: 1,
        orders_known: true,
        own: Own { answers: [("score".to_owned(), json!({"risk": {"level": "low"}}))].into(), ..Own::default() },
        now: NOW,
    }
}

fn everything() -> Arc<Grants> {
    Arc::new(Grants { facts: interfaces(), ..Grants::default() })
}

fn guest_of(rights: Rights, subject: &Subject) -> Guest {
    let mut guest = Guest::new(&Arc::new(Limits::default()));
    guest.rights = rights;
    guest.present(subject);
    guest
}

fn guest(cart: Option<CartBody>) -> Guest {
    guest_of(Rights::of(everything(), everything()), &subject(cart))
}

fn descriptor(facts: &[(&str, Option<u32>)]) -> Descriptor {
    let need = |(fact, within_days): &(&str, Option<u32>)| FactNeed {
        fact: (*fact).to_owned(),
        within_days: *within_days,
        why: String::new(),
    };
    Descriptor {
        title: String::new(),
        summary: String::new(),
        config_schema: json!({}),
        facts: facts.iter().map(need).collect(),
        hosts: Vec::new(),
        secrets: Vec::new(),
        branches: Vec::new(),
        ability: None,
        content_schema: None,
        tasks: Vec::new(),
        translations: BTreeMap::new(),
        instances: Instances::PerBatch,
    }
}

fn shoes() -> CartBody {
    let line = Line {
        title: "Shoes".to_owned(),
        quantity: 2,
        price: serde_json::from_value(json!({"amount": "10.00", "currency": "EUR"})).ok(),
        sku: Some("A1".to_owned()),
        categories: ["shoes"].into(),
        ..Line::default()
    };
    CartBody { lines: vec![line], ..CartBody::default() }
}

fn read(guest: &Guest) -> Vec<String> {
    let told = |read: &FactRead| match &read.value {
        FactValue::Document(document) if document.is_object() => {
            format!("{}.quantity = {}", read.fact(), document["quantity"])
        }
        _ => read.to_string(),
    };
    guest.reads.iter().map(told).collect()
}

#[test]
fn every_read_is_written_down_once_with_its_argument_and_value() {
    let mut guest = guest(Some(shoes()));
    assert!(cart::Host::has_sku(&mut guest, "A1".to_owned()).unwrap());
    assert!(!cart::Host::has_category(&mut guest, "hats".to_owned()).unwrap());
    assert_eq!(cart::Host::total(&mut guest).unwrap().unwrap().minor, 2000);
    assert_eq!(cart::Host::line(&mut guest, 0).unwrap().unwrap().quantity, 2);
    assert_eq!(cart::Host::pieces(&mut guest).unwrap(), 2);
    assert_eq!(cart::Host::pieces(&mut guest).unwrap(), 2);
    assert_eq!(cart::Host::quantity_of(&mut guest, "A2".to_owned()).unwrap(), 0);
    let reads = [
        "cart.has-sku(\"A1\") = yes",
        "cart.has-category(\"hats\") = no",
        "cart.total = 20.00 EUR",
        "cart.line(0).quantity = 2",
        "cart.pieces = 2",
        "cart.quantity-of(\"A2\") = 0",
    ];
    assert_eq!(read(&guest), reads);
}

#[test]
fn what_the_shops_own_server_answered_is_read_by_its_place() {
    let mut guest = guest(None);
    assert_eq!(run::Host::answer(&mut guest, "score.risk.level".to_owned()).unwrap().as_deref(), Some("\"low\""));
    assert_eq!(run::Host::answer(&mut guest, "score.none".to_owned()).unwrap(), None);
    assert_eq!(run::Host::answer(&mut guest, "score".to_owned()).unwrap(), None, "a step is no place");
    assert_eq!(read(&guest)[0], r#"run.answer("score.risk.level") = "\"low\"""#);
}

#[test]
fn what_is_not_known_is_none() {
    let mut guest = guest(None);
    assert!(!cart::Host::exists(&mut guest).unwrap());
    assert_eq!(cart::Host::total(&mut guest).unwrap(), None);
    assert_eq!(contact::Host::phone(&mut guest).unwrap(), None);
    assert_eq!(customer::Host::attribute(&mut guest, "size".to_owned()).unwrap().as_deref(), Some("42"));
    let reads =
        ["cart.exists = no", "cart.total = none", "contact.phone = none", "customer.attribute(\"size\") = \"42\""];
    assert_eq!(read(&guest), reads);
}

#[test]
fn people_have_tags_and_family_names() {
    let mut guest = guest(None);
    assert_eq!(customer::Host::tags(&mut guest).unwrap(), ["b2b", "vip"]);
    assert_eq!(contact::Host::last_name(&mut guest).unwrap().as_deref(), Some("Nguyễn"));
    assert_eq!(run::Host::strategy(&mut guest).unwrap(), "Reminder");
    let reads = [r#"customer.tags = ["b2b","vip"]"#, "contact.last-name = Nguyễn", "run.strategy = Reminder"];
    assert_eq!(read(&guest), reads);
}

#[test]
fn ranges_of_orders_are_half_open() {
    let mut guest = guest(None);
    assert_eq!(orders::Host::count_between(&mut guest, day(20), day(10)).unwrap(), 1);
    assert_eq!(orders::Host::count_between(&mut guest, day(30), day(0)).unwrap(), 3);
    assert_eq!(orders::Host::count_since(&mut guest, day(20)).unwrap(), 2);
    assert_eq!(orders::Host::spent_between(&mut guest, day(20), day(0)).unwrap().unwrap().minor, 2000);
    assert_eq!(orders::Host::spent_between(&mut guest, day(9), day(0)).unwrap(), None);
    assert!(orders::Host::has_bought(&mut guest, "S2".to_owned()).unwrap());
    assert!(orders::Host::has_bought(&mut guest, "P".to_owned()).unwrap());
    assert!(!orders::Host::has_bought(&mut guest, "S4".to_owned()).unwrap());
    assert_eq!(read(&guest)[0], "orders.count-between(2023-10-25T22:13:20.000Z, 2023-11-04T22:13:20.000Z) = 1");
}

#[test]
fn a_later_reaction_implies_those_before_it() {
    let mut guest = guest(None);
    assert_eq!(messages::Host::count_between(&mut guest, day(40), day(1)).unwrap(), 2);
    assert_eq!(messages::Host::last_at(&mut guest).unwrap(), Some(day(1)));
    let mut reacted = |reaction| messages::Host::reacted_between(&mut guest, reaction, day(40), day(0)).unwrap();
    assert_eq!(reacted(messages::Reaction::Delivered), 2);
    assert_eq!(reacted(messages::Reaction::Read), 2);
    assert_eq!(reacted(messages::Reaction::Clicked), 1);
    assert_eq!(reacted(messages::Reaction::Replied), 1);
}

#[test]
fn the_clock_is_that_of_the_customer_else_of_the_shop() {
    let clock = |subject: &Subject| {
        let mut guest = guest_of(Rights::of(everything(), everything()), subject);
        let zone = local_time::Host::zone(&mut guest).unwrap();
        let day = local_time::Host::weekday(&mut guest).unwrap();
        let (hour, minute) =
            (local_time::Host::hour(&mut guest).unwrap(), local_time::Host::minute(&mut guest).unwrap());
        (zone, day, hour, minute, local_time::Host::date(&mut guest).unwrap())
    };
    let mut subject = subject(None);
    let berlin = ("Europe/Berlin".to_owned(), local_time::Day::Tuesday, 23, 13, "2023-11-14".to_owned());
    assert_eq!(clock(&subject), berlin);
    Arc::make_mut(&mut subject.customer).time_zone = Some("nowhere".to_owned());
    assert_eq!(clock(&subject), berlin);
    Arc::make_mut(&mut subject.customer).time_zone = Some("Asia/Ho_Chi_Minh".to_owned());
    let there = ("Asia/Ho_Chi_Minh".to_owned(), local_time::Day::Wednesday, 5, 13, "2023-11-15".to_owned());
    assert_eq!(clock(&subject), there);
}

#[test]
fn words_come_with_the_plugin() {
    let mut guest = guest(None);
    let translate = |guest: &mut Guest, language: &str| {
        words::Host::translate(guest, "hello".to_owned(), language.to_owned()).unwrap()
    };
    assert_eq!(translate(&mut guest, "de"), None);
    let words = json!({"": {"hello": "Hello"}, "de": {"hello": "Hallo"}});
    let descriptor = Descriptor { translations: serde_json::from_value(words).unwrap(), ..descriptor(&[]) };
    guest.descriptor = Some(Arc::new(descriptor));
    assert_eq!(translate(&mut guest, "de-AT").as_deref(), Some("Hallo"));
    assert_eq!(translate(&mut guest, "fr").as_deref(), Some("Hello"));
    assert!(guest.reads.is_empty());
}

#[test]
fn chance_is_that_of_run_and_step() {
    let mut guest = guest(None);
    let chance = decision::Host::random(&mut guest).unwrap();
    assert_eq!(decision::Host::random(&mut guest).unwrap(), chance);
    assert_eq!(chance, cartwright_domain::ids::chance_of(subject(None).run, "check"));
    assert_eq!(read(&guest), [format!("decision.random = {chance}")]);
}

#[test]
fn s41_what_is_not_declared_or_not_granted_ends_the_call() {
    let count = Arc::new(Grants { facts: vec!["orders.count".to_owned()], ..Grants::default() });
    let mut undeclared = guest_of(Rights::of(count.clone(), everything()), &subject(None));
    let error = orders::Host::spent(&mut undeclared).unwrap_err().to_string();
    assert!(error.contains("`orders.spent`, which its descriptor does not declare"), "{error}");
    let mut ungranted = guest_of(Rights::of(everything(), count), &subject(None));
    let error = orders::Host::spent(&mut ungranted).unwrap_err().to_string();
    assert!(error.contains("grant `orders.spent` to the plugin"), "{error}");
    assert_eq!(orders::Host::count(&mut ungranted).unwrap(), 3);
}

#[test]
fn a_range_goes_no_further_back_than_declared() {
    let needs = [("orders.count-since", Some(15)), ("messages.*", Some(30)), ("orders.count-between", None)];
    let rights = Rights::new(&descriptor(&needs), &json!({}), everything());
    let mut guest = guest_of(rights, &subject(None));
    assert_eq!(orders::Host::count_since(&mut guest, day(15)).unwrap(), 1);
    let error = orders::Host::count_since(&mut guest, day(16)).unwrap_err();
    assert!(error.to_string().contains("raise `within-days`"), "{error}");
    assert!(messages::Host::count_between(&mut guest, day(31), day(0)).is_err());
    assert_eq!(messages::Host::last_at(&mut guest).unwrap(), Some(day(1)));
    assert_eq!(orders::Host::count_between(&mut guest, 0, day(0)).unwrap(), 3);
}

#[test]
fn s42_the_facts_of_one_call_have_an_end() {
    let mut guest = guest(Some(shoes()));
    let mut ask = |number: usize| cart::Host::has_sku(&mut guest, number.to_string());
    assert!((0..READS).all(|number| ask(number).is_ok()));
    assert!(ask(0).is_ok());
    let error = ask(READS).unwrap_err().to_string();
    assert_eq!(error, "it read more than 1000 different facts in one call, which is the limit");
}

fn record_of(facts: Vec<FactRead>) -> DecisionRecord {
    let subject = subject(None);
    DecisionRecord {
        plugin: "p".to_owned(),
        version: "1.0.0".to_owned(),
        digest: String::new(),
        kind: PluginKind::Condition,
        config: json!({}),
        run: subject.run,
        step: subject.step.to_string(),
        now: subject.now,
        candidates: Vec::new(),
        facts,
        answer: DecisionAnswer::Decided(Reply::Branch { branch: "yes".to_owned(), reason: None }),
    }
}

/// Reads everything there is.
fn read_all(guest: &mut Guest) {
    customer::Host::country(guest).unwrap();
    customer::Host::province(guest).unwrap();
    customer::Host::city(guest).unwrap();
    customer::Host::registered_at(guest).unwrap();
    customer::Host::has_tag(guest, "vip".to_owned()).unwrap();
    customer::Host::tags(guest).unwrap();
    customer::Host::attribute(guest, "size".to_owned()).unwrap();
    contact::Host::last_name(guest).unwrap();
    contact::Host::marketing(guest).unwrap();
    orders::Host::count(guest).unwrap();
    orders::Host::spent_between(guest, day(20), day(0)).unwrap();
    orders::Host::last_at(guest).unwrap();
    cart::Host::line(guest, 0).unwrap();
    cart::Host::line(guest, 9).unwrap();
    messages::Host::reacted_between(guest, messages::Reaction::Read, day(9), day(0)).unwrap();
    run::Host::strategy(guest).unwrap();
    local_time::Host::weekday(guest).unwrap();
    local_time::Host::hour(guest).unwrap();
    decision::Host::random(guest).unwrap();
}

#[test]
fn a_record_answers_as_the_subject_did() {
    let mut first = guest(Some(shoes()));
    read_all(&mut first);
    // As it comes out of a trace.
    let record = DecisionRecord { run: subject(Some(shoes())).run, ..record_of(first.reads.clone()) };
    let record = serde_json::to_string(&record).unwrap();
    let record: DecisionRecord = serde_json::from_str(&record).unwrap();
    let mut again = guest(None);
    again.recall(Arc::new(record));
    read_all(&mut again);
    assert_eq!(again.reads, first.reads);
    assert_eq!(Guest::now(&again), NOW);
}

#[test]
fn a_fact_that_was_not_recorded_ends_the_call_by_its_name() {
    let mut guest = guest(None);
    guest.recall(Arc::new(record_of(vec![FactRead::new("orders.count", 7u32)])));
    assert_eq!(orders::Host::count(&mut guest).unwrap(), 7);
    let error = cart::Host::has_sku(&mut guest, "A1".to_owned()).unwrap_err().to_string();
    assert!(error.contains("`cart.has-sku(\"A1\")`, which the record of the decision does not have"), "{error}");
}

#[test]
fn the_facts_of_the_list_are_those_of_the_contract() {
    let contract = include_str!("../../../../../wit/v0.2/facts.wit");
    for interface in interfaces() {
        let interface = interface.trim_end_matches(".*");
        let begin = contract.find(&format!("interface {interface} {{")).unwrap();
        let body = &contract[begin..begin + contract[begin..].find("\n}").unwrap()];
        let told: Vec<String> = body
            .lines()
            .filter_map(|line| line.trim().split_once(": func(").map(|(name, _)| format!("{interface}.{name}")))
            .collect();
        let known: Vec<&str> = Fact::ALL
            .iter()
            .map(|fact| fact.name())
            .filter(|name| name.starts_with(&format!("{interface}.")))
            .collect();
        assert_eq!(told, known, "{interface}");
    }
}

//! Values to store: as small as they can be.

use cartwright_domain::cart::Cart;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{CartBody, CustomEvent, Event, OrderBody, Origin, Subject, What};
use cartwright_domain::ids::{CustomerId, Mint, RunId, ShopId, StrategyId};
use cartwright_domain::message::Message;
use cartwright_domain::order::{Order, OrderState};
use cartwright_domain::run::{EndReason, Run};
use cartwright_domain::shop::Shop;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::{Happening, TraceEntry};
use cartwright_domain::world::{Entry, Identity, IdentityKind};
use cartwright_engine::ports::{Arrival, Changes, Slice, Store, StoreError, Wanted};
use serde_json::json;

/// Minutes after the beginning of all tests.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + minutes * 60_000)
}

/// A mint; two seeds never make the same id.
pub(crate) fn mint(seed: u8) -> Mint {
    Mint::new(at(0), [seed; 32])
}

/// A shop, already stored.
pub(crate) async fn add_shop(store: &dyn Store, seed: u8) -> ShopId {
    let shop = Shop { id: mint(seed).next(), name: format!("shop {seed}"), ..cartwright_testkit::values::shop() };
    store.add_shop(&shop).await.unwrap();
    shop.id
}

pub(crate) fn customer(mint: &mut Mint) -> Customer {
    Customer::anonymous(mint.next(), at(0))
}

pub(crate) fn cart(mint: &mut Mint, customer: CustomerId) -> Cart {
    Cart::new(mint.next(), customer, at(0))
}

pub(crate) fn order(id: &str, customer: CustomerId) -> Order {
    Order::new(id.into(), customer, OrderState::Placed, &OrderBody::default(), at(0))
}

/// A run that settles.
pub(crate) fn run(mint: &mut Mint, strategy: StrategyId, customer: CustomerId, due_at: Option<Timestamp>) -> Run {
    let (id, version): (RunId, cartwright_domain::ids::VersionId) = (mint.next(), mint.next());
    serde_json::from_value(json!({
        "id": id, "strategy": strategy, "version": version, "customer": customer, "key": format!("customer:{customer}"),
        "started_at": at(0), "newest_trigger_at": at(0), "trigger": { "event": "cart.updated" },
        "position": { "at": "settling" }, "due_at": due_at,
    }))
    .unwrap()
}

pub(crate) fn ended(mut run: Run) -> Run {
    run.end(at(9), EndReason::Completed);
    run
}

/// A message of a run, made at its minute.
pub(crate) fn message(shop: ShopId, run: &Run, slot: u32, due_at: Option<Timestamp>) -> Message {
    let id = cartwright_domain::ids::MessageId::of_contact(shop, run.id, "remind", 0, slot);
    serde_json::from_value(json!({
        "id": id, "run": run.id, "customer": run.customer, "step": "remind", "iteration": 0, "slot": slot,
        "channel": "inbox", "content": "hello", "purpose": "marketing", "created_at": at(i64::from(slot)),
        "allowed_at": at(0), "late_after": at(99), "state": { "state": "queued" }, "due_at": due_at, "attempts": 0,
        "changed_at": at(0),
    }))
    .unwrap()
}

pub(crate) fn name(kind: IdentityKind, value: &str) -> Identity {
    Identity { kind, value: value.into() }
}

pub(crate) fn told(event: &str) -> TraceEntry {
    let what = Happening::Entered { event: event.into(), event_id: event.into(), due_at: at(1) };
    TraceEntry { at: at(0), step: None, what, facts: Vec::new() }
}

/// An event that may forbid a message: an order.
pub(crate) fn urgent(shop: ShopId, id: &str) -> Arrival {
    arrival(shop, id, What::OrderPlaced(OrderBody::default()))
}

/// An event that may not.
pub(crate) fn calm(shop: ShopId, id: &str) -> Arrival {
    arrival(shop, id, What::Custom(CustomEvent { name: "shop.visited".into(), body: json!({ "page": "/" }) }))
}

/// A cart's event, arriving at a minute.
pub(crate) fn arriving(shop: ShopId, id: &str, minute: i64) -> Arrival {
    Arrival { received_at: at(minute), ..arrival(shop, id, What::CartUpdated(CartBody::default())) }
}

fn arrival(shop: ShopId, id: &str, what: What) -> Arrival {
    let event = Event { id: id.into(), occurred_at: at(0), subject: Subject::default(), what };
    Arrival { shop, origin: Origin::Api, received_at: at(0), event, digest: [1; 32] }
}

/// The same fact told otherwise.
pub(crate) fn altered(arrival: &Arrival) -> Arrival {
    Arrival { digest: [2; 32], ..arrival.clone() }
}

/// A value changed at the revision it was loaded at.
pub(crate) fn changed<T>(value: T, revision: u64) -> Entry<T> {
    Entry { value, revision, changed: true }
}

/// A customer with a name, an open cart, an order, a run and its message, all stored.
pub(crate) struct Person {
    pub(crate) customer: Customer,
    pub(crate) cart: Cart,
    pub(crate) order: Order,
    pub(crate) run: Run,
    pub(crate) message: Message,
}

pub(crate) async fn add_person(
    store: &dyn Store,
    shop: ShopId,
    mint: &mut Mint,
    strategy: StrategyId,
    called: &str,
) -> Person {
    let customer = customer(mint);
    let run = run(mint, strategy, customer.id, Some(at(10)));
    let mut message = message(shop, &run, 0, Some(at(20)));
    message.provider_id = Some(format!("provider-{called}"));
    let person = Person {
        cart: cart(mint, customer.id),
        order: order(&format!("order-{called}"), customer.id),
        message,
        run,
        customer,
    };
    let changes = Changes {
        customers: vec![Entry::new(person.customer.clone())],
        identities: vec![(name(IdentityKind::Email, called), person.customer.id)],
        carts: vec![Entry::new(person.cart.clone())],
        orders: vec![Entry::new(person.order.clone())],
        runs: vec![Entry::new(person.run.clone())],
        messages: vec![Entry::new(person.message.clone())],
        traces: vec![(person.run.id, told("begun"))],
        ..Changes::default()
    };
    store.commit(shop, &changes).await.unwrap();
    person
}

/// Loads by the e-mail under which somebody is known.
pub(crate) async fn load(store: &dyn Store, shop: ShopId, email: &str) -> Slice {
    let wanted = Wanted { identities: vec![name(IdentityKind::Email, email)], ..Wanted::default() };
    store.load(shop, &wanted).await.unwrap()
}

/// Whether it was refused because the data moved on.
pub(crate) fn is_conflict<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict))
}

//! Values that tests begin with, complete and plain; a test changes the one field it is about.

use cartwright_domain::customer::Customer;
use cartwright_domain::event::{CartBody, CustomerBody, Event, Line, OrderBody, Subject, What};
use cartwright_domain::ids::{Mint, ShopId};
use cartwright_domain::run::{Position, Run, Trigger};
use cartwright_domain::shop::Shop;
use cartwright_domain::strategy::Version;
use cartwright_domain::time::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// A shop that reckons in euros.
///
/// # Panics
/// Never: the values are constants.
pub fn shop() -> Shop {
    let currency = "EUR".parse().unwrap_or_else(|_| unreachable!("EUR is a currency"));
    Shop {
        id: ShopId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001)),
        name: "Acorn and Oak".into(),
        currency,
        time_zone: "Europe/Berlin".into(),
        country: Some("DE".into()),
        unknown_consent_passes: Vec::new(),
        topics: Vec::new(),
        window: None,
        quiet_hours: cartwright_domain::window::preset::QuietHours::Off,
        cap: None,
        decide_together: cartwright_domain::shop::DECIDE_TOGETHER,
        alerts: Vec::new(),
        replies: Vec::new(),
        sites: Vec::new(),
        utm: Default::default(),
        push_filter: Default::default(),
        storefront: None,
        chat_links: Default::default(),
    }
}

/// A mint for the ids of a test.
pub fn mint(now: Timestamp) -> Mint {
    Mint::new(now, [7; 32])
}

/// Somebody of whom nothing is known yet.
pub fn customer(mint: &mut Mint, registered_at: Timestamp) -> Customer {
    Customer::anonymous(mint.next(), registered_at)
}

/// A run that settles until `due_at`.
pub fn settling_run(
    mint: &mut Mint,
    customer: &Customer,
    version: &Version,
    started_at: Timestamp,
    due_at: Timestamp,
) -> Run {
    Run {
        id: mint.next(),
        strategy: version.strategy,
        version: version.id,
        customer: customer.id,
        key: customer.id.to_string(),
        started_at,
        newest_trigger_at: started_at,
        trigger: Trigger {
            event: "cart.updated".into(),
            event_id: None,
            date: None,
            cart: None,
            order: None,
            snapshot: None,
        },
        position: Position::Settling,
        due_at: Some(due_at),
        exit_taken: None,
        repeats: Default::default(),
        waited_for: Vec::new(),
    }
}

/// A line of goods without a price.
pub fn line(title: &str, quantity: u32) -> Line {
    Line { title: title.into(), sku: Some(title.to_lowercase().replace(' ', "-")), quantity, ..Line::default() }
}

/// A cart as a source tells it.
pub fn cart_updated(id: &str, cart: &str, lines: Vec<Line>, occurred_at: Timestamp) -> Event {
    let subject = Subject { cart: Some(cart.into()), ..Subject::default() };
    event(id, subject, What::CartUpdated(CartBody { lines, ..CartBody::default() }), occurred_at)
}

/// Somebody says whose cart it is, and that news are welcome.
pub fn identified(id: &str, cart: &str, email: &str, occurred_at: Timestamp) -> Event {
    let subject = Subject { cart: Some(cart.into()), email: Some(email.into()), ..Subject::default() };
    let body: CustomerBody = serde_json::from_value(json!({ "email": email, "consent": { "state": "subscribed" } }))
        .unwrap_or_else(|error| unreachable!("{error}"));
    event(id, subject, What::CustomerIdentified(body), occurred_at)
}

/// The customer of a cart orders.
pub fn order_placed(id: &str, cart: &str, order: &str, occurred_at: Timestamp) -> Event {
    let subject = Subject { cart: Some(cart.into()), order: Some(order.into()), ..Subject::default() };
    event(id, subject, What::OrderPlaced(OrderBody::default()), occurred_at)
}

fn event(id: &str, subject: Subject, what: What, occurred_at: Timestamp) -> Event {
    Event { id: id.into(), occurred_at, subject, what }
}

//! Orders and their parcels.

use cartwright_sdk::Amount;
use cartwright_sdk::events::{self, Fact, Origin, Shipment, Subject};
use cartwright_sdk::json::{self, Id};
use cartwright_sdk::time::Moment;
use cartwright_sdk::types::Fault;
use serde::Deserialize;

use crate::goods::{Line, Prices};
use crate::people::Buyer;
use crate::topics::{Circumstances, News};

#[derive(Deserialize)]
struct Order {
    id: Id,
    #[serde(default, deserialize_with = "json::text")]
    name: Option<String>,
    currency: String,
    #[serde(default, deserialize_with = "json::text")]
    total_price: Option<String>,
    total_price_set: Option<Prices>,
    created_at: Moment,
    processed_at: Option<Moment>,
    updated_at: Moment,
    cancelled_at: Option<Moment>,
    #[serde(default, deserialize_with = "json::text")]
    financial_status: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    source_name: Option<String>,
    test: Option<bool>,
    #[serde(default, deserialize_with = "json::text")]
    cart_token: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    checkout_token: Option<String>,
    #[serde(default, deserialize_with = "json::list")]
    line_items: Vec<Line>,
    #[serde(default, deserialize_with = "json::list")]
    fulfillments: Vec<Parcel>,
}

impl Order {
    fn placed_at(&self) -> Moment {
        self.processed_at.unwrap_or(self.created_at)
    }

    fn origin(&self) -> Origin {
        match self.source_name.as_deref() {
            _ if self.test == Some(true) => Origin::Test,
            Some("shopify_draft_order") => Origin::Draft,
            // The first order of a subscription is `subscription_contract_checkout_one`: the customer's own.
            Some("subscription_contract") => Origin::Renewal,
            // Made by staff in the Shopify app. A purchase at the till (`pos`) is the customer's own.
            Some("iphone" | "android") => Origin::Staff,
            _ => Origin::Customer,
        }
    }

    fn read(&self, customer: events::Customer) -> events::Order {
        let bare = || Some(Amount { amount: self.total_price.clone()?, currency: self.currency.clone() });
        events::Order {
            number: self.name.clone(),
            total: self.total_price_set.as_ref().map(Prices::read).or_else(bare),
            placed_at: Some(self.placed_at()),
            updated_at: Some(self.updated_at),
            origin: self.origin(),
            lines: self.line_items.iter().map(|line| line.read(Some(&self.currency))).collect(),
            customer: Some(customer),
        }
    }
}

/// What the topic says happened, and when.
type Telling = fn(&Order, events::Order) -> (Moment, Fact);

fn order(body: &[u8], telling: Telling) -> Result<Option<News>, Fault> {
    let order: Order = json::input(body)?;
    let (subject, customer) = json::input::<Buyer>(body)?.read();
    let (at, fact) = telling(&order, order.read(customer));
    let subject =
        Subject { cart: order.cart_token, checkout: order.checkout_token, order: Some(order.id.0), ..subject };
    Ok(Some(News { occurred_at: at.0, subject, fact: fact.into() }))
}

pub(crate) fn placed(body: &[u8], _: &Circumstances) -> Result<Option<News>, Fault> {
    order(body, |order, told| (order.placed_at(), Fact::OrderPlaced(told)))
}

/// The topic is not signed: what the order has become says its body.
pub(crate) fn paid(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    updated(body, around)
}

/// Any change: told as the state the order is in now. The host knows an order it has seen in that state.
pub(crate) fn updated(body: &[u8], _: &Circumstances) -> Result<Option<News>, Fault> {
    order(body, |order, told| match order.financial_status.as_deref() {
        _ if order.cancelled_at.is_some() => {
            (order.cancelled_at.unwrap_or(order.updated_at), Fact::OrderCancelled(told))
        }
        Some("voided" | "expired") => (order.updated_at, Fact::OrderCancelled(told)),
        Some("paid" | "partially_refunded" | "refunded") => (order.updated_at, Fact::OrderPaid(told)),
        _ => (order.placed_at(), Fact::OrderPlaced(told)),
    })
}

pub(crate) fn fulfilled(body: &[u8], _: &Circumstances) -> Result<Option<News>, Fault> {
    order(body, |order, _| {
        let tracking_url = order.fulfillments.iter().find_map(Parcel::tracking_url);
        (order.updated_at, Fact::OrderFulfilled(Shipment { tracking_url }))
    })
}

#[derive(Deserialize)]
struct Parcel {
    order_id: Option<Id>,
    #[serde(default, deserialize_with = "json::text")]
    status: Option<String>,
    created_at: Option<Moment>,
    #[serde(default, deserialize_with = "json::text")]
    tracking_url: Option<String>,
    #[serde(default, deserialize_with = "json::list")]
    tracking_urls: Vec<String>,
}

impl Parcel {
    fn tracking_url(&self) -> Option<String> {
        self.tracking_url.clone().or_else(|| self.tracking_urls.first().cloned())
    }
}

pub(crate) fn parcel(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    let parcel: Parcel = json::input(body)?;
    if matches!(parcel.status.as_deref(), Some("cancelled" | "error" | "failure")) {
        return Ok(None);
    }
    let fact = Fact::OrderFulfilled(Shipment { tracking_url: parcel.tracking_url() });
    let order = parcel.order_id.ok_or_else(|| Fault::bad_input("order_id: a parcel without its order"))?;
    let subject = Subject { order: Some(order.0), ..Subject::default() };
    Ok(Some(News {
        occurred_at: parcel.created_at.map_or(around.told_at, |moment| moment.0),
        subject,
        fact: fact.into(),
    }))
}

/// Of the many states on the way only the arrival is told.
pub(crate) fn parcel_event(body: &[u8], _: &Circumstances) -> Result<Option<News>, Fault> {
    #[derive(Deserialize)]
    struct ParcelEvent {
        order_id: Id,
        status: String,
        happened_at: Moment,
    }
    let event: ParcelEvent = json::input(body)?;
    if event.status != "delivered" {
        return Ok(None);
    }
    let subject = Subject { order: Some(event.order_id.0), ..Subject::default() };
    let fact = Fact::OrderDelivered(Shipment::default());
    Ok(Some(News { occurred_at: event.happened_at.0, subject, fact: fact.into() }))
}

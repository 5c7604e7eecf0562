//! A preview: one customer, from one moment on, through a strategy that may not be published yet.
//!
//! The engine here is that of a rehearsal: a shop in memory that is like the real one, with nobody in it. The customer
//! is copied there as they are, and what begins a run is made up. Nothing here decides anything.

use cartwright_domain::contact::ConsentState;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{
    CartBody, ConsentBody, CustomEvent, CustomerBody, Event, Line, OrderBody, Origin, ShipmentBody, Subject, What,
};
use cartwright_domain::ids::{CustomerId, ShopId, StrategyId};
use cartwright_domain::money::{Currency, Money};
use cartwright_domain::publish::{FaultCode, StrategyFault};
use cartwright_domain::strategy::{Step, Strategy, StrategyState, TriggerKind};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::why::Why;
use cartwright_domain::world::{Entry, Identity, IdentityKind};
use serde_json::Value;

use crate::Engine;
use crate::ports::{Changes, PageRequest, Slice, Store, StoreError, Wanted};
use crate::publish::PublishError;
use crate::simulate::{LogItem, LogLine, SimulatedRun};
use crate::skip::MovableClock;

/// What is tried.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The strategy, published or not.
    pub strategy: Strategy,
    /// Whom; somebody made up without.
    pub customer: Option<CustomerId>,
    /// When that happens which begins a run.
    pub at: Timestamp,
    /// So much later the customer places an order.
    pub order_after: Option<Span>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Previewed {
    /// The runs of the strategy, by their beginning.
    pub runs: Vec<SimulatedRun>,
    /// Why none began, where none did.
    pub why: Option<Why>,
    /// Where the clock stood at last.
    pub ended_at: Timestamp,
}

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The shop has no such customer.
    #[error("there is no such customer")]
    NoCustomer,
    /// It would not be published either, or nothing can be made up that begins it.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The moment before everything: a rehearsal's clock begins here.
pub const BEFORE: Span = Span::minutes(1);

impl Engine {
    /// Tries a strategy in this rehearsal. `clock` is the engine's own and stands [`BEFORE`] the moment; `real` is where
    /// the customer is read, and nothing is written there.
    pub async fn preview(
        &self,
        clock: &dyn MovableClock,
        shop: ShopId,
        real: &dyn Store,
        wanted: Preview,
    ) -> Result<Previewed, PreviewError> {
        let currency = match self.store.shop(shop).await? {
            Some(shop) => shop.currency,
            None => return Err(StoreError::Failed("a rehearsal has no shop".to_owned()).into()),
        };
        let person = match wanted.customer {
            Some(id) => self.copy_customer(shop, real, id).await?,
            None => Person::sample(),
        };
        let events = events(&wanted, &person, currency).map_err(|fault| PublishError::Faults(vec![fault]))?;
        self.publish_targets(shop, real, &wanted.strategy).await?;
        let published = self.publish(shop, None, wanted.strategy, StrategyState::Live).await?;
        let timeline = self.simulate(clock, shop, events, None, &|_| {}).await?;
        let mut runs = Vec::new();
        for id in timeline.runs {
            runs.extend(self.simulated_run(shop, id).await?.filter(|run| run.run.strategy == published.record.id));
        }
        let why = match runs.is_empty() {
            true => self.why_nothing(shop, published.record.id).await?,
            false => None,
        };
        Ok(Previewed { runs, why, ended_at: timeline.ended_at })
    }

    /// The strategies that customers are passed on to play along; one that cannot be published as it is now does not.
    async fn publish_targets(&self, shop: ShopId, real: &dyn Store, strategy: &Strategy) -> Result<(), StoreError> {
        let is_target = |name: &str| {
            strategy.steps.values().any(|step| matches!(step, Step::Transfer { strategy } if strategy == name))
        };
        let known = real.strategies(shop).await?;
        let live = known.iter().filter(|record| record.state == StrategyState::Live && record.name != strategy.name);
        let current: Vec<_> = live.filter(|record| is_target(&record.name)).map(|record| record.current).collect();
        for version in real.versions(shop, &current).await? {
            let published = self.publish(shop, None, version.definition, StrategyState::Live).await;
            if let Err(PublishError::Store(error)) = published {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn why_nothing(&self, shop: ShopId, strategy: StrategyId) -> Result<Option<Why>, StoreError> {
        let only = self.store.customers(shop, &PageRequest { after: None, limit: 1 }).await?.items;
        match only.first() {
            Some(customer) => self.why(shop, customer.id, strategy).await,
            None => Ok(None),
        }
    }

    /// Copies a customer with names, orders and goods. Their open carts stay behind: the one that begins the run is made
    /// of them. So do their runs: they are of other strategies, or of other versions.
    async fn copy_customer(&self, shop: ShopId, real: &dyn Store, id: CustomerId) -> Result<Person, PreviewError> {
        // One that was merged is found as the one it became.
        let known = real.customer(shop, id).await?.ok_or(PreviewError::NoCustomer)?;
        let slice = real.load(shop, &Wanted { customers: vec![known.id], ..Wanted::default() }).await?;
        let person = Person::known(&known, &slice);
        let of_them = |kind: IdentityKind| !matches!(kind, IdentityKind::Cart | IdentityKind::Checkout);
        let changes = Changes {
            customers: vec![Entry::new(known)],
            identities: slice.identities.into_iter().filter(|(identity, _)| of_them(identity.kind)).collect(),
            orders: slice.orders.into_iter().map(|entry| Entry::new(entry.value)).collect(),
            products: slice.products.into_iter().map(|entry| Entry::new(entry.value)).collect(),
            ..Changes::default()
        };
        self.store.commit(shop, &changes).await?;
        Ok(person)
    }
}

/// Whom the events are about.
struct Person {
    subject: Subject,
    /// Told along, of somebody made up.
    body: Option<CustomerBody>,
    /// What lies in their newest open cart.
    cart: Option<CartBody>,
}

impl Person {
    fn known(customer: &Customer, slice: &Slice) -> Self {
        let name = |kind: IdentityKind| {
            let of_kind = |(identity, _): &&(Identity, CustomerId)| identity.kind == kind;
            slice.identities.iter().find(of_kind).map(|(identity, _)| identity.value.clone())
        };
        let subject = Subject {
            email: customer.email.as_ref().map(ToString::to_string),
            phone: customer.phone.as_ref().map(ToString::to_string),
            customer: name(IdentityKind::Customer),
            anonymous: name(IdentityKind::Anonymous),
            ..Subject::default()
        };
        let open = slice.carts.iter().map(|entry| &entry.value).max_by_key(|cart| cart.opened_at);
        let side = open.and_then(|cart| cart.checkout.as_ref().or(cart.cart.as_ref()));
        let cart = side.filter(|side| !side.lines.is_empty()).map(|side| CartBody {
            lines: side.lines.clone(),
            total: side.total,
            recovery_url: side.recovery_url.clone(),
            ..CartBody::default()
        });
        Self { subject, body: None, cart }
    }

    fn sample() -> Self {
        let (email, phone) = ("sample@example.com", "+491512345678");
        let consent = ConsentBody { state: ConsentState::Subscribed, at: None, topic: None, source: None };
        let body = CustomerBody {
            first_name: Some("Sam".to_owned()),
            last_name: Some("Sample".to_owned()),
            email: Some(email.to_owned()),
            phone: Some(phone.to_owned()),
            consent: Some(consent),
            ..CustomerBody::default()
        };
        let subject = Subject { email: Some(email.to_owned()), phone: Some(phone.to_owned()), ..Subject::default() };
        Self { subject, body: Some(body), cart: None }
    }
}

fn sample_cart(currency: Currency) -> CartBody {
    let price = Money { minor: 49 * 10_i64.pow(currency.decimals()), currency };
    let line = Line {
        title: "Sample product".to_owned(),
        quantity: 1,
        price: Some(price),
        sku: Some("SAMPLE-1".to_owned()),
        ..Line::default()
    };
    CartBody { lines: vec![line], total: Some(price), ..CartBody::default() }
}

/// What happens: what begins the run, and the order if there is to be one.
fn events(wanted: &Preview, person: &Person, currency: Currency) -> Result<Vec<LogLine>, StrategyFault> {
    let trigger = &wanted.strategy.trigger;
    let mut known = person.body.clone();
    if let (TriggerKind::Date, Some(body), Some(attribute)) = (trigger.on, &mut known, &trigger.attribute) {
        body.attributes.insert(attribute.clone(), Value::String(wanted.at.to_string()));
    }
    let cart = || person.cart.clone().unwrap_or_else(|| sample_cart(currency));
    let order = || OrderBody {
        number: Some("#preview".to_owned()),
        total: cart().total,
        lines: cart().lines,
        ..OrderBody::default()
    };
    let mut happens: Vec<(Timestamp, What)> = Vec::new();
    if let Some(body) = known {
        happens.push((wanted.at - BEFORE, What::CustomerUpdated(body)));
    }
    let mut at_the_moment = |what: What| happens.push((wanted.at, what));
    match trigger.on {
        TriggerKind::Cart => at_the_moment(What::CartUpdated(cart())),
        TriggerKind::Checkout => at_the_moment(What::CheckoutUpdated(cart())),
        TriggerKind::OrderPlaced => at_the_moment(What::OrderPlaced(order())),
        TriggerKind::OrderPaid => at_the_moment(What::OrderPaid(order())),
        TriggerKind::OrderFulfilled | TriggerKind::OrderDelivered => {
            at_the_moment(What::OrderPaid(order()));
            let shipment = ShipmentBody::default();
            at_the_moment(match trigger.on {
                TriggerKind::OrderFulfilled => What::OrderFulfilled(shipment),
                _ => What::OrderDelivered(shipment),
            });
        }
        TriggerKind::Custom => {
            let name = trigger.event.clone().unwrap_or_default();
            at_the_moment(What::Custom(CustomEvent { name, body: Value::Null }));
        }
        // The date of a customer comes by itself.
        TriggerKind::Date => {}
        TriggerKind::Reply | TriggerKind::Click => {
            return Err(StrategyFault::error("trigger.on", FaultCode::NoPreviewOfReply));
        }
    }
    let is_of_an_order = trigger.on.is_of_an_order();
    let ordered = wanted.order_after.map(|span| (wanted.at + span, What::OrderPlaced(order())));
    let lines = happens.into_iter().map(|what| (what, "preview")).chain(ordered.map(|what| (what, "preview-later")));
    Ok(lines
        .enumerate()
        .map(|(number, ((at, what), name))| {
            let mut subject = person.subject.clone();
            match what {
                What::CartUpdated(_) => subject.cart = Some(name.to_owned()),
                What::CheckoutUpdated(_) => subject.checkout = Some(name.to_owned()),
                What::CustomerUpdated(_) | What::Custom(_) => {}
                _ => {
                    subject.order = Some(name.to_owned());
                    if !is_of_an_order {
                        subject.checkout = (trigger.on == TriggerKind::Checkout).then(|| "preview".to_owned());
                        subject.cart = (trigger.on == TriggerKind::Cart).then(|| "preview".to_owned());
                    }
                }
            }
            let id = format!("preview-{number}");
            let event = Event { id: id.clone(), occurred_at: at, subject, what };
            LogLine { received_at: at, id, item: LogItem::Event(Origin::Api, Box::new(event)) }
        })
        .collect())
}

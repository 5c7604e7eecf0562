//! What an event changes: the records it tells of, the runs it begins, restarts or ends.
//!
//! Pure, like the planner. Events are applied in the order in which they were received; what arrives late, twice or
//! in another order comes to the same (S01, S02, S03, S08).

use crate::cart::{Cart, Change, Stage};
use crate::checkout;
use crate::contact::{Consent, ConsentOrigin};
use crate::date;
use crate::event::{CartBody, Event, LinesAre, OrderBody, OrderOrigin, What};
use crate::exit::{active_runs, exit_by_known_orders, take_exit};
use crate::handle;
use crate::heard::{Heard, hear, wake_waits};
use crate::identity::{customer_key, leave, resolve};
use crate::ids::{CartId, CustomerId, Mint, RunId};
use crate::order::{Order, OrderState};
use crate::product::Product;
use crate::reaction;
use crate::receipt::receive;
use crate::reentry::{OnRetrigger, note_entry};
use crate::reply;
use crate::run::{EndReason, Position, Run, Trigger};
use crate::strategy::{KeyKind, Strategy, StrategyState, TriggerKind, TriggerRule};
use crate::time::Timestamp;
use crate::trace::{Happening, TraceEntry};
use crate::turned_away::{self, NoEntry, TurnedAway};
use crate::wait::AwaitedEvent;
use crate::world::{Entry, LiveStrategy, World};

/// What became of an event, beside the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// Whom it is about.
    pub customer: Option<CustomerId>,
    /// Runs that it began.
    pub entered: u32,
    /// Strategies it would have entered, had it not come too late (S03).
    pub late: u32,
    /// Strategies it would have entered, had the customer not been in them before (S07).
    pub not_again: u32,
}

/// Applies one event. `source` says in words where it came from.
pub fn apply(world: &mut World, mint: &mut Mint, event: &Event, source: &str, received_at: Timestamp) -> Applied {
    let mut applied = Applied::default();
    match &event.what {
        What::Receipt(receipt) => {
            handle::note(world, mint, receipt, event, source, received_at);
            receive(world, receipt, event, source, received_at);
            reply::keep(world, mint, event, receipt, source, received_at);
            reply::note_word(world, event, receipt, source, received_at);
            let Some(reaction) = reaction::take(world, mint, event, receipt, source, received_at) else {
                return applied;
            };
            applied.customer = Some(reaction.customer);
            if let Some(kind) = reaction.triggers {
                let mut news = News::new(event, received_at, reaction.customer, &mut applied);
                trigger(world, mint, &mut news, kind);
            }
            return applied;
        }
        What::ProductUpdated(body) => {
            product_told(world, Product::new(body, event.occurred_at));
            return applied;
        }
        What::ProductDeleted(body) => {
            product_told(world, Product::deleted(body, event.occurred_at));
            return applied;
        }
        _ => {}
    }
    let Some(customer) = resolve(world, mint, event, received_at) else { return applied };
    applied.customer = Some(customer);
    take_consent(world, customer, event, source);
    let mut news = News::new(event, received_at, customer, &mut applied);
    match &event.what {
        What::CartUpdated(body) => cart_updated(world, mint, &mut news, Stage::Cart, body),
        What::CheckoutUpdated(body) => cart_updated(world, mint, &mut news, Stage::Checkout, body),
        What::OrderPlaced(body) => order_updated(world, mint, &mut news, OrderState::Placed, body),
        What::OrderPaid(body) => order_updated(world, mint, &mut news, OrderState::Paid, body),
        What::OrderCancelled(body) => order_updated(world, mint, &mut news, OrderState::Cancelled, body),
        What::OrderFulfilled(_) => trigger(world, mint, &mut news, TriggerKind::OrderFulfilled),
        What::OrderDelivered(_) => trigger(world, mint, &mut news, TriggerKind::OrderDelivered),
        What::Custom(_) => trigger(world, mint, &mut news, TriggerKind::Custom),
        What::CustomerUpdated(_) | What::CustomerIdentified(_) | What::CustomerClaimed(_) => {}
        What::ProductUpdated(_) | What::ProductDeleted(_) | What::Receipt(_) => {}
    }
    listen(world, customer, event, received_at);
    date::look(world, mint, customer, received_at);
    applied
}

/// S06: what somebody may wait for. Exits were taken before, so an order that ends a run is waited for by nobody.
fn listen(world: &mut World, customer: CustomerId, event: &Event, received_at: Timestamp) {
    let (kind, name) = match &event.what {
        // Orders are on record, and every wait looks there.
        What::OrderPlaced(_) | What::OrderCancelled(_) => return wake_waits(world, customer, received_at),
        What::OrderPaid(_) => (AwaitedEvent::OrderPaid, event.subject.order.clone()),
        What::OrderFulfilled(_) => (AwaitedEvent::OrderFulfilled, event.subject.order.clone()),
        What::OrderDelivered(_) => (AwaitedEvent::OrderDelivered, event.subject.order.clone()),
        What::Custom(custom) => (AwaitedEvent::Custom, Some(custom.name.clone())),
        _ => return,
    };
    let heard = Heard { at: event.occurred_at, event_id: event.id.clone(), event: kind, name, message: None };
    hear(world, customer, heard, received_at);
    wake_waits(world, customer, received_at);
}

/// An event on its way through.
struct News<'a> {
    event: &'a Event,
    received_at: Timestamp,
    customer: CustomerId,
    cart: Option<CartId>,
    order: Option<String>,
    /// How the cart changed; an outdated event restarts nothing and enters nobody, but may be the first trigger.
    change: Change,
    applied: &'a mut Applied,
}

impl<'a> News<'a> {
    fn new(event: &'a Event, received_at: Timestamp, customer: CustomerId, applied: &'a mut Applied) -> Self {
        Self { event, received_at, customer, cart: None, order: None, change: Change::Added, applied }
    }

    /// Whether a trigger means this event, beside its kind.
    fn is_meant_by(&self, rule: &TriggerRule) -> bool {
        match &self.event.what {
            What::Custom(custom) => rule.event.as_ref() == Some(&custom.name),
            What::Receipt(receipt) => rule.button.is_none() || rule.button == receipt.text,
            _ => true,
        }
    }
}

fn take_consent(world: &mut World, customer: CustomerId, event: &Event, source: &str) {
    let Some(said) = event.what.person().and_then(|person| person.consent.as_ref()) else { return };
    let origin = match event.what {
        // What a browser says of consent was weighed where it was taken.
        What::CustomerClaimed(_) => return,
        What::CustomerIdentified(_) => ConsentOrigin::Customer,
        _ => ConsentOrigin::Sync,
    };
    let source = said.source.clone().unwrap_or_else(|| source.to_owned());
    let consent = Consent { state: said.state, at: said.at.unwrap_or(event.occurred_at), origin, source };
    if let Some(entry) = world.customers.get_mut(&customer)
        && entry.value.clone().take_consent_to(said.topic.as_deref(), consent.clone())
    {
        entry.edit().take_consent_to(said.topic.as_deref(), consent);
    }
}

fn cart_updated(world: &mut World, mint: &mut Mint, news: &mut News<'_>, stage: Stage, body: &CartBody) {
    let event = news.event;
    let tokens = (event.subject.cart.as_deref(), event.subject.checkout.as_deref());
    // Mostly the customer's own; a token that moved leaves its cart behind.
    let (own, all) = (world.carts.of(news.customer), world.carts.values());
    let known = own.chain(all).map(|entry| &entry.value).find(|cart| {
        let same = |own: &Option<String>, other: Option<&str>| own.is_some() && own.as_deref() == other;
        // Who tells pieces of a cart that was bought tells of the next.
        let is_another = body.lines_are != LinesAre::All && !cart.is_open();
        !is_another && (same(&cart.cart_token, tokens.0) || same(&cart.checkout_token, tokens.1))
    });
    let id = known.map(|cart| cart.id).unwrap_or_else(|| {
        let id: CartId = mint.next();
        world.carts.insert(id, Entry::new(Cart::new(id, news.customer, event.occurred_at)));
        id
    });
    world.carts.give(&id, news.customer);
    let Some(entry) = world.carts.get_mut(&id) else { return };
    let cart = entry.edit();
    cart.cart_token = cart.cart_token.take().or(tokens.0.map(str::to_owned));
    cart.checkout_token = cart.checkout_token.take().or(tokens.1.map(str::to_owned));
    let change = cart.take(stage, body, event.occurred_at);
    news.cart = Some(id);
    news.change = change;
    let is_empty = match body.lines_are {
        LinesAre::All => body.lines.is_empty(),
        LinesAre::Added | LinesAre::Removed => cart.side(stage).is_none_or(|side| side.lines.is_empty()),
    };
    let is_open = cart.is_open();
    if !is_open || is_empty {
        return;
    }
    match stage {
        Stage::Cart if change == Change::Other => {}
        // S09: while a checkout's run is active, the cart is its cart.
        Stage::Cart if checkout::at_checkout(world, news.customer) => {
            for run in checkout::settling_checkouts(world, news.customer, id) {
                restart(world, news, &run);
            }
            for live in world.strategies.clone().iter() {
                if live.version.definition.trigger.on == TriggerKind::Cart {
                    turn_away(world, news, live, NoEntry::AtCheckout);
                }
            }
        }
        Stage::Cart => trigger(world, mint, news, TriggerKind::Cart),
        Stage::Checkout => trigger(world, mint, news, TriggerKind::Checkout),
    }
}

fn product_told(world: &mut World, told: Product) {
    match world.products.get_mut(&told.product_id) {
        Some(known) if known.value.updated_at > told.updated_at || known.value == told => {}
        Some(known) => *known.edit() = told,
        None => {
            world.products.insert(told.product_id.clone(), Entry::new(told));
        }
    }
}

fn order_updated(world: &mut World, mint: &mut Mint, news: &mut News<'_>, state: OrderState, body: &OrderBody) {
    let event = news.event;
    let Some(order_id) = event.subject.order.clone() else { return };
    let body = &world.completed_order(body);
    news.order = Some(order_id.clone());
    let ended_runs = world.orders.get(&order_id).is_some_and(|known| known.value.ends_runs());
    world.orders.give(&order_id, news.customer);
    let is_new = match world.orders.get_mut(&order_id) {
        Some(entry) => entry.edit().take(state, body, event.occurred_at),
        None => {
            let order = Order::new(order_id.clone(), news.customer, state, body, event.occurred_at);
            world.orders.insert(order_id.clone(), Entry::new(order));
            true
        }
    };
    let Some(order) = world.orders.get(&order_id).map(|entry| entry.value.clone()) else { return };
    if state != OrderState::Cancelled {
        close_carts(world, event, &order);
    }
    if order.ends_runs() && (is_new || !ended_runs) {
        let runs: Vec<RunId> = active_runs(world, news.customer);
        for run in runs {
            take_exit(world, run, &order, news.received_at);
        }
    }
    if is_new && state != OrderState::Cancelled && matches!(order.origin, OrderOrigin::Customer) {
        trigger(
            world,
            mint,
            news,
            if state == OrderState::Paid { TriggerKind::OrderPaid } else { TriggerKind::OrderPlaced },
        );
    }
}

fn close_carts(world: &mut World, event: &Event, order: &Order) {
    let tokens = (event.subject.cart.as_deref(), event.subject.checkout.as_deref());
    for entry in world.carts.values_mut() {
        let cart = &entry.value;
        let same = |own: &Option<String>, other: Option<&str>| own.is_some() && own.as_deref() == other;
        if cart.is_open() && (same(&cart.cart_token, tokens.0) || same(&cart.checkout_token, tokens.1)) {
            entry.edit().ordered_at = Some(order.placed_at);
        }
    }
}

fn trigger(world: &mut World, mint: &mut Mint, news: &mut News<'_>, kind: TriggerKind) {
    for live in world.strategies.clone().iter() {
        let rule = &live.version.definition.trigger;
        if rule.on == kind && news.is_meant_by(rule) {
            enter_or_restart(world, mint, news, live);
        }
    }
}

fn enter_or_restart(world: &mut World, mint: &mut Mint, news: &mut News<'_>, live: &LiveStrategy) {
    let definition = &live.version.definition;
    let key = match (definition.trigger.key, news.cart, &news.order) {
        (KeyKind::Cart, Some(cart), _) => format!("cart:{cart}"),
        (KeyKind::Order, _, Some(order)) => format!("order:{order}"),
        _ => customer_key(news.customer),
    };
    // Mostly the customer's own; a cart whose token moved may have taken another's run along.
    let others = (definition.trigger.key != KeyKind::Customer).then(|| world.runs.values()).into_iter().flatten();
    let active = world
        .runs
        .of(news.customer)
        .chain(others)
        .map(|entry| &entry.value)
        .find(|run| run.strategy == live.record.id && run.is_active() && run.key == key)
        .cloned();
    match active {
        Some(run) if run.position == Position::Settling => restart(world, news, &run),
        Some(run) => {
            // S07: by default a trigger for an active key is ignored once it has settled.
            let again = definition.policies.on_retrigger == OnRetrigger::Restart
                && live.record.state == StrategyState::Live
                && news.change != Change::Outdated
                && news.event.occurred_at > run.newest_trigger_at
                && !is_late(news, definition);
            if again {
                leave(world, run.id, news.received_at, EndReason::Restarted);
                enter(world, mint, news, live, key);
            }
        }
        None if news.change == Change::Outdated => {}
        None if live.record.state == StrategyState::Live => {
            let customer = world.customers.get(&news.customer).map(|entry| &entry.value);
            let reentry = definition.policies.reentry;
            if customer.is_none_or(|known| reentry.lets_in(known, live.record.id, &key, news.event.occurred_at)) {
                enter(world, mint, news, live, key);
            } else {
                news.applied.not_again += 1;
                turn_away(world, news, live, NoEntry::NotAgain);
            }
        }
        None => turn_away(world, news, live, NoEntry::StrategyNotLive),
    }
}

/// Whoever asks why nothing began gets the reason.
fn turn_away(world: &mut World, news: &News<'_>, live: &LiveStrategy, reason: NoEntry) {
    let News { event, received_at, .. } = news;
    let (event_id, occurred_at) = (event.id.clone(), event.occurred_at);
    let told = TurnedAway { at: *received_at, event: event.what.name().to_owned(), event_id, occurred_at, reason };
    turned_away::note(world, news.customer, live.record.id, told);
}

/// S03: whether an event arrives when its due instant is long past.
fn is_late(news: &News<'_>, definition: &Strategy) -> bool {
    news.received_at > news.event.occurred_at + definition.settle() + definition.policies.max_lateness
}

/// When a settling run goes on.
fn settled_at(world: &World, run: &Run) -> Option<Timestamp> {
    Some(world.versions.get(&run.version)?.definition.settled_at(run))
}

fn restart(world: &mut World, news: &News<'_>, run: &Run) {
    let occurred_at = news.event.occurred_at;
    let mut changed = run.clone();
    changed.started_at = changed.started_at.min(occurred_at);
    changed.newest_trigger_at = changed.newest_trigger_at.max(occurred_at);
    if occurred_at >= run.newest_trigger_at {
        changed.trigger.cart = news.cart.or(changed.trigger.cart);
        changed.trigger.event_id = Some(news.event.id.clone());
    }
    changed.due_at = settled_at(world, &changed).or(changed.due_at);
    if changed == *run {
        return;
    }
    if changed.due_at != run.due_at
        && let Some(due_at) = changed.due_at
    {
        let what = Happening::Restarted { event_id: news.event.id.clone(), due_at };
        world.tell(run.id, TraceEntry { at: news.received_at, step: None, what, facts: Vec::new() });
    }
    let earlier = changed.started_at < run.started_at;
    if let Some(entry) = world.runs.get_mut(&run.id) {
        *entry.edit() = changed;
    }
    if earlier {
        exit_by_known_orders(world, run.id, news.received_at);
    }
}

fn enter(world: &mut World, mint: &mut Mint, news: &mut News<'_>, live: &LiveStrategy, key: String) {
    let definition = &live.version.definition;
    let event = news.event;
    let due_at = event.occurred_at + definition.settle();
    // S03: an event that arrives when its due instant is long past enrols nobody, but stays a fact.
    if is_late(news, definition) {
        news.applied.late += 1;
        turn_away(world, news, live, NoEntry::LateEvent);
        return;
    }
    let trigger = Trigger {
        event: event.what.name().to_owned(),
        event_id: Some(event.id.clone()),
        cart: news.cart,
        order: news.order.clone(),
        ..Trigger::default()
    };
    let run = Run {
        key,
        due_at: Some(due_at),
        ..Run::settling(mint.next(), live.ids(), news.customer, trigger, event.occurred_at)
    };
    let id = run.id;
    note_entry(world, &run);
    world.runs.insert(id, Entry::new(run));
    let what = Happening::Entered { event: event.what.name().to_owned(), event_id: event.id.clone(), due_at };
    world.tell(id, TraceEntry { at: news.received_at, step: None, what, facts: Vec::new() });
    news.applied.entered += 1;
    exit_by_known_orders(world, id, news.received_at);
    checkout::take_over_carts(world, id, news.received_at);
}

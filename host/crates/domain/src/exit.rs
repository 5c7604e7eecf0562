//! Leaving early (S08): orders take runs out of their way, whichever of both is heard of first.

use crate::cart::Cart;
use crate::fact::FactRead;
use crate::identity::{leave, release_messages};
use crate::ids::{CustomerId, RunId};
use crate::order::Order;
use crate::run::{EndReason, Position, Run};
use crate::strategy::{END, Exit, ExitMatch};
use crate::time::Timestamp;
use crate::trace::{Happening, TraceEntry};
use crate::world::World;

pub(crate) fn active_runs(world: &World, customer: CustomerId) -> Vec<RunId> {
    let runs = world.runs.of(customer).map(|entry| &entry.value);
    runs.filter(|run| run.is_active()).map(|run| run.id).collect()
}

/// S08: an exit is hit by an order from the first trigger event on; on a tie the exit wins.
pub(crate) fn take_exit(world: &mut World, id: RunId, order: &Order, at: Timestamp) {
    let Some(run) = world.runs.get(&id).map(|entry| entry.value.clone()) else { return };
    let Some(version) = world.versions.get(&run.version).cloned() else { return };
    let own = run.trigger.order.as_deref() == Some(&order.order_id);
    if own || run.exit_taken.is_some() || !run.is_active() || order.placed_at < run.started_at {
        return;
    }
    let Some(exit) = version.definition.exits().into_iter().find(|exit| matches(world, exit, &run, order)) else {
        return;
    };
    let facts =
        vec![FactRead::new("order.placed_at", order.placed_at), FactRead::new("run.started_at", run.started_at)];
    let what = Happening::ExitTaken { order: order.order_id.clone(), then: exit.then.clone() };
    world.tell(id, TraceEntry { at, step: run.step().map(str::to_owned), what, facts });
    if exit.then == END {
        leave(world, id, at, EndReason::Converted);
        return;
    }
    release_messages(world, id, at);
    if let Some(entry) = world.runs.get_mut(&id) {
        let run = entry.edit();
        run.exit_taken = Some(order.order_id.clone());
        run.position = Position::Step { step: exit.then, since: at, tries: 0 };
        run.due_at = Some(at);
    }
}

/// Whether an order that is known would have taken a run out of its way, had it not come to its end before.
pub(crate) fn would_be_taken(world: &World, run: &Run) -> bool {
    let Some(version) = world.versions.get(&run.version) else { return false };
    let exits = version.definition.exits();
    let mut orders = world.orders.of(run.customer).map(|entry| &entry.value).filter(|order| {
        order.ends_runs() && order.placed_at >= run.started_at && run.trigger.order.as_deref() != Some(&order.order_id)
    });
    orders.any(|order| exits.iter().any(|exit| matches(world, exit, run, order)))
}

fn matches(world: &World, exit: &Exit, run: &Run, order: &Order) -> bool {
    let cart = run.trigger.cart.and_then(|id| world.carts.get(&id)).map(|entry| &entry.value);
    match exit.matching {
        ExitMatch::Customer => true,
        ExitMatch::Cart => cart.is_some_and(|cart| cart.ordered_at == Some(order.placed_at)),
        ExitMatch::Sku => {
            let lines = cart.map(Cart::lines).unwrap_or_default();
            lines.iter().any(|line| order.goods.iter().any(|goods| goods == line.goods()))
        }
    }
}

/// An order that is already known may have come after an event, or belong to a customer, that is only now heard of.
pub(crate) fn exit_by_known_orders(world: &mut World, id: RunId, at: Timestamp) {
    let Some(customer) = world.runs.get(&id).map(|entry| entry.value.customer) else { return };
    let orders = world.orders.of(customer).map(|entry| &entry.value).filter(|order| order.ends_runs());
    let orders: Vec<Order> = orders.cloned().collect();
    for order in orders {
        take_exit(world, id, &order, at);
    }
}

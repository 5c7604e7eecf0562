//! A cart that becomes a checkout (S09): one thing that advances, so one strategy at a time is about it.

use crate::identity::leave;
use crate::ids::{CartId, CustomerId, RunId};
use crate::run::{EndReason, Position, Run};
use crate::strategy::{KeyKind, TriggerKind};
use crate::time::Timestamp;
use crate::world::World;

fn runs_on(world: &World, customer: CustomerId, on: TriggerKind) -> impl Iterator<Item = &Run> {
    world.runs.of(customer).map(|entry| &entry.value).filter(move |run| {
        let version = world.versions.get(&run.version);
        run.is_active() && version.is_some_and(|version| version.definition.trigger.on == on)
    })
}

/// Whether a run is about one cart only, and that is another one.
fn is_about_another(world: &World, run: &Run, cart: Option<CartId>) -> bool {
    let version = world.versions.get(&run.version);
    version.is_some_and(|version| version.definition.trigger.key == KeyKind::Cart) && run.trigger.cart != cart
}

/// Whether a checkout strategy has an active run of the customer.
pub(crate) fn at_checkout(world: &World, customer: CustomerId) -> bool {
    runs_on(world, customer, TriggerKind::Checkout).next().is_some()
}

/// Those of them that still settle, and are about this cart.
pub(crate) fn settling_checkouts(world: &World, customer: CustomerId, cart: CartId) -> Vec<Run> {
    runs_on(world, customer, TriggerKind::Checkout)
        .filter(|run| run.position == Position::Settling && !is_about_another(world, run, Some(cart)))
        .cloned()
        .collect()
}

/// A run that a checkout began takes over from those that the cart began.
pub(crate) fn take_over_carts(world: &mut World, id: RunId, at: Timestamp) {
    let Some(run) = world.runs.get(&id).map(|entry| entry.value.clone()) else { return };
    if !runs_on(world, run.customer, TriggerKind::Checkout).any(|checkout| checkout.id == id) {
        return;
    }
    let of_cart: Vec<RunId> = runs_on(world, run.customer, TriggerKind::Cart)
        .filter(|cart| !is_about_another(world, cart, run.trigger.cart))
        .map(|cart| cart.id)
        .collect();
    for cart in of_cart {
        leave(world, cart, at, EndReason::Advanced);
    }
}

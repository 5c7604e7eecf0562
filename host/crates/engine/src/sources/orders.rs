//! S08: orders that the platform knows and no webhook told of stop a message all the same, because they are asked for
//! before it leaves.

use cartwright_domain::ids::{CustomerId, MessageId, ShopId};
use cartwright_domain::plugin::SourceTaskKind;
use cartwright_domain::reading_again::{self, Reading};
use cartwright_domain::source::{LEASE, SourceState};
use cartwright_domain::strategy::TriggerKind;
use cartwright_domain::time::Span;
use cartwright_domain::world::{Identity, World};
use std::collections::BTreeSet;

use super::Said;
use crate::Engine;
use crate::ports::{SourceDone, SourceTask, StoreError, Wanted};
use crate::settings::ShopSettings;

/// Customers whose orders are asked for at once.
const CUSTOMERS: usize = 50;

impl Engine {
    /// Parts due messages into those that may be looked at now, and those before which orders are to be read; these are
    /// put off in the world meanwhile.
    pub(crate) async fn orders_to_read(
        &self,
        settings: &ShopSettings,
        world: &mut World,
        due: Vec<MessageId>,
    ) -> Result<(Vec<MessageId>, Vec<MessageId>), StoreError> {
        let can_be_asked = settings.sources.values().any(|source| source.value.can_be_asked);
        if !can_be_asked || self.rehearsed_silence.is_some() {
            return Ok((due, Vec::new()));
        }
        let states = self.store.source_states(settings.shop.id).await?;
        let states: Vec<SourceState> = states.into_iter().map(|entry| entry.value).collect();
        let now = self.now();
        let (mut ready, mut to_read) = (Vec::new(), Vec::new());
        for id in due {
            match reading_again::before(world, &states, id, now) {
                Reading::NotNeeded => ready.push(id),
                Reading::Wait(until) => reading_again::wait(world, id, until),
                Reading::Ask => {
                    reading_again::wait(world, id, now + LEASE);
                    to_read.push(id);
                }
            }
        }
        Ok((ready, to_read))
    }

    /// Reads the orders of the customers of these messages, beside the rounds.
    pub(crate) async fn begin_reading(&self, shop: ShopId, messages: Vec<MessageId>) -> Result<(), StoreError> {
        if messages.is_empty() {
            return Ok(());
        }
        self.beside(shop, |engine| async move { engine.read_orders(shop, &messages).await }).await
    }

    async fn read_orders(&self, shop: ShopId, messages: &[MessageId]) -> Result<(), StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(()) };
        let world = self.load_world(&settings, &Wanted { messages: messages.to_vec(), ..Wanted::default() }).await?;
        let of_message = |id: &MessageId| world.messages.get(id).map(|entry| entry.value.customer);
        let customers: BTreeSet<CustomerId> = messages.iter().filter_map(of_message).collect();
        let customers: Vec<CustomerId> = customers.into_iter().collect();
        let names: Vec<Vec<Identity>> = customers
            .chunks(CUSTOMERS)
            .map(|some| reading_again::names_of(&world, &some.iter().copied().collect()))
            .filter(|names| !names.is_empty())
            .collect();
        let states = self.store.source_states(shop).await?;
        let states: Vec<SourceState> = states.into_iter().map(|entry| entry.value).collect();
        let mut outcomes = Vec::new();
        for state in reading_again::to_ask(&states, self.now()) {
            let source = settings.sources.values().find(|entry| entry.value.id == state.connection);
            let Some(source) = source else { continue };
            // Where nobody has a name, nobody is asked.
            let mut said: Option<Said> = None;
            for names in &names {
                let task = SourceTask::OrdersOf(names.clone());
                said = Some(match (said, self.ask_source(shop, &source.value, &task).await?) {
                    (Some(Ok(SourceDone::Orders(mut all))), Ok(SourceDone::Orders(more))) => {
                        all.extend(more);
                        Ok(SourceDone::Orders(all))
                    }
                    (_, last) => last,
                });
                if matches!(said, Some(Err(_))) {
                    break;
                }
            }
            outcomes.push((state.connection, SourceTaskKind::OrdersOf, said));
        }
        self.settle_sources(shop, outcomes, messages).await
    }

    /// The names of those who are due soon, where an order would keep the message.
    pub(super) async fn names_due_within(
        &self,
        settings: &ShopSettings,
        span: Span,
    ) -> Result<Vec<Identity>, StoreError> {
        let shop = settings.shop.id;
        let runs = self.store.due_runs(shop, self.now() + span, CUSTOMERS as u32).await?;
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        let world = self.load_world(settings, &Wanted { runs: runs.clone(), ..Wanted::default() }).await?;
        let customers = runs.iter().filter_map(|id| {
            let run = &world.runs.get(id)?.value;
            let trigger = world.versions.get(&run.version)?.definition.trigger.on;
            matches!(trigger, TriggerKind::Cart | TriggerKind::Checkout).then_some(run.customer)
        });
        Ok(reading_again::names_of(&world, &customers.collect()))
    }
}

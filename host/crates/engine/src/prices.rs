//! What messages cost, asked of providers that say it only later.
//!
//! Questions are begun by a commit, many at once, so that nobody else asks them while their lease lasts; then they are
//! asked beside the rounds, and what they came to is one commit again. A crash in between asks once more, and the same
//! price told twice counts once (`domain/src/price.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use cartwright_domain::ids::{MessageId, ShopId};
use cartwright_domain::price::{self, Price};
use cartwright_domain::time::{Span, Timestamp};
use futures_util::StreamExt;

use crate::Engine;
use crate::batch::changes_of;
use crate::ports::{ChannelDone, ChannelTask, ConnectionCall, StoreError, Wanted};

/// Questions of one round of a shop.
const BATCH: u32 = 64;
/// Asked at once: nobody waits for a price, and messages to the same provider do.
const IN_FLIGHT: usize = 4;
/// No round of a question begins later than this after the batch.
const PATIENCE: Span = Span::seconds(60);
/// Conflicts in a row before a commit is given up; then they are asked again when their lease is over.
const CONFLICTS: u32 = 10;

/// Shops whose providers are being asked: one batch of each at a time, so that a lease begins with its questions.
#[derive(Default)]
pub(crate) struct Pricing {
    shops: Mutex<BTreeSet<ShopId>>,
}

/// A shop's turn, over when this is dropped.
struct Turn {
    pricing: Arc<Pricing>,
    shop: ShopId,
}

impl Pricing {
    fn turn(self: &Arc<Self>, shop: ShopId) -> Option<Turn> {
        let is_free = self.shops.lock().unwrap_or_else(PoisonError::into_inner).insert(shop);
        is_free.then(|| Turn { pricing: self.clone(), shop })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.pricing.shops.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.shop);
    }
}

/// What is asked of one sender of a channel.
struct Question {
    message: MessageId,
    provider_id: String,
}

/// Questions by channel and sender.
type Questions = BTreeMap<(String, Option<String>), Vec<Question>>;

impl Engine {
    /// Asks what messages cost whose providers are due to be asked; how many questions were looked at.
    pub(crate) async fn ask_for_prices(&self, shop: ShopId) -> Result<usize, StoreError> {
        let Some(turn) = self.pricing.turn(shop) else { return Ok(0) };
        let now = self.now();
        let due = self.store.due_prices(shop, now, BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let Some(settings) = self.settings(shop).await? else { return Ok(0) };
        let mut world = self.load_world(&settings, &Wanted { messages: due.clone(), ..Wanted::default() }).await?;
        let mut questions = Questions::new();
        for id in price::begin(&mut world, &due, now) {
            let Some(message) = world.messages.get(&id).map(|entry| &entry.value) else { continue };
            let Some(provider_id) = message.provider_id.clone() else { continue };
            let by = (message.channel.clone(), message.sender.clone());
            questions.entry(by).or_default().push(Question { message: id, provider_id });
        }
        self.commit(shop, changes_of(world)).await?;
        self.failpoints.reach("prices.begun");
        let ask = |engine: Self| async move {
            let asked = engine.find_prices(shop, questions).await;
            drop(turn);
            engine.wake_for([shop]);
            asked
        };
        self.beside(shop, ask).await?;
        Ok(due.len())
    }

    /// Asks, and writes down what was said.
    async fn find_prices(&self, shop: ShopId, questions: Questions) -> Result<(), StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(()) };
        let mut found = Vec::new();
        for ((name, sender), questions) in questions {
            let channel = settings.channels.get(&name).map(|entry| &entry.value);
            let call = match channel {
                Some(channel) => self.connection_call_by(shop, channel, sender.as_deref()).await?,
                None => None,
            };
            let Some((mut call, channel)) = call.zip(channel) else {
                found.extend(questions.into_iter().map(|question| (question.message, None)));
                continue;
            };
            self.renew(&name, &mut call, channel.ability.as_ref()).await?;
            let deadline = self.now() + PATIENCE;
            let asked = questions.into_iter().map(|question| {
                let call = &call;
                async move { (question.message, self.find_price(call, question.provider_id, deadline).await) }
            });
            found.extend(futures_util::stream::iter(asked).buffer_unordered(IN_FLIGHT).collect::<Vec<_>>().await);
        }
        self.failpoints.reach("prices.answered");
        self.settle_prices(shop, &found).await?;
        self.failpoints.reach("prices.settled");
        Ok(())
    }

    /// None where the provider does not know, refuses, or does not answer.
    async fn find_price(&self, call: &ConnectionCall, provider_id: String, deadline: Timestamp) -> Option<Price> {
        match self.tasks().run(call, &ChannelTask::Price(provider_id), deadline).await {
            Ok(ChannelDone::Priced(price)) => price,
            Ok(ChannelDone::Failed(rejection)) => {
                tracing::debug!(why = rejection.details.text, "a provider did not tell a price");
                None
            }
            Ok(_) => None,
            Err(failure) => {
                tracing::warn!(%failure, "a provider could not be asked for a price; it is asked again later");
                None
            }
        }
    }

    async fn settle_prices(&self, shop: ShopId, found: &[(MessageId, Option<Price>)]) -> Result<(), StoreError> {
        let wanted = Wanted { messages: found.iter().map(|(message, _)| *message).collect(), ..Wanted::default() };
        for _ in 0..CONFLICTS {
            let Some(settings) = self.settings(shop).await? else { return Ok(()) };
            let mut world = self.load_world(&settings, &wanted).await?;
            let now = self.now();
            for (message, found) in found {
                price::take(&mut world, *message, *found, now);
            }
            match self.commit(shop, changes_of(world)).await {
                Err(StoreError::Conflict) => {}
                other => return other.map(|_| ()),
            }
        }
        Err(StoreError::Conflict)
    }
}

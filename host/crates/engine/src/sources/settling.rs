//! What a source said, in one commit: the events, where it goes on, when it is asked next, and the messages that waited
//! for it.

use cartwright_domain::alert::{Alarm, AlertCause};
use cartwright_domain::event::Origin;
use cartwright_domain::ids::{ConnectionId, MessageId, ShopId};
use cartwright_domain::plugin::SourceTaskKind;
use cartwright_domain::reading_again;
use cartwright_domain::source::{SourceState, past};
use cartwright_domain::world::{Entry, World};

use super::{CONFLICTS, Said};
use crate::Engine;
use crate::batch::changes_of;
use crate::ports::{Arrival, Arrived, SourceDone, StoreError, Wanted};

/// What came of one task; nothing was said where there was nothing to ask.
pub(super) type Outcome = (ConnectionId, SourceTaskKind, Option<Said>);

impl Engine {
    /// Takes what sources said. Whatever else changed meanwhile, the answer is taken on top of it.
    pub(super) async fn settle_sources(
        &self,
        shop: ShopId,
        outcomes: Vec<Outcome>,
        messages: &[MessageId],
    ) -> Result<(), StoreError> {
        let mut arrivals = Vec::new();
        for (connection, kind, said) in &outcomes {
            arrivals.extend(self.arrivals_of(shop, *connection, *kind, said.as_ref()).await?);
        }
        self.failpoints.reach("source.answered");
        for _ in 0..CONFLICTS {
            match self.try_settle(shop, &outcomes, &arrivals, messages).await {
                Err(StoreError::Conflict) => {}
                other => {
                    self.failpoints.reach("source.settled");
                    self.wake_for([shop]);
                    return other;
                }
            }
        }
        Err(StoreError::Conflict)
    }

    /// The events that were told. What cannot be taken is counted, and holds up nothing.
    async fn arrivals_of(
        &self,
        shop: ShopId,
        connection: ConnectionId,
        kind: SourceTaskKind,
        said: Option<&Said>,
    ) -> Result<Vec<Arrival>, StoreError> {
        let events = match said {
            Some(Ok(SourceDone::Page { events, .. })) if kind == SourceTaskKind::Backfill => {
                past(events.clone(), self.now())
            }
            Some(Ok(SourceDone::Page { events, .. } | SourceDone::Orders(events))) => events.clone(),
            _ => return Ok(Vec::new()),
        };
        let (arrivals, answers) = self.arriving(shop, Origin::Connection(connection), events).await?;
        let refused: Vec<_> = answers.into_iter().flatten().collect();
        for refused in &refused {
            tracing::warn!(%shop, %connection, ?refused, "a source told an event that cannot be taken");
        }
        self.tally(shop, "source_event_refused", refused.len()).await?;
        Ok(arrivals)
    }

    async fn try_settle(
        &self,
        shop: ShopId,
        outcomes: &[Outcome],
        arrivals: &[Arrival],
        messages: &[MessageId],
    ) -> Result<(), StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(()) };
        let mut states = self.store.source_states(shop).await?;
        let mut world =
            self.load_world(&settings, &Wanted { messages: messages.to_vec(), ..Wanted::default() }).await?;
        for (connection, kind, said) in outcomes {
            let Some(state) = states.iter_mut().find(|state| state.value.connection == *connection) else { continue };
            self.take_said(&mut world, state, *kind, said.as_ref());
        }
        let now = self.now();
        let failed = |(connection, _, said): &Outcome| matches!(said, Some(Err(_))).then_some(*connection);
        let failed: Vec<ConnectionId> = outcomes.iter().filter_map(failed).collect();
        let retry = states.iter().map(|state| &state.value).filter(|state| failed.contains(&state.connection));
        let retry = retry.filter(|state| !state.is_given_up()).filter_map(|state| state.orders_rest_until(now)).max();
        for id in messages {
            match failed.is_empty() {
                true => reading_again::take(&mut world, *id, now),
                false => reading_again::wait(&mut world, *id, retry.unwrap_or(now)),
            }
        }
        let mut changes = changes_of(world);
        changes.sources = states.into_iter().filter(|state| state.changed).collect();
        changes.arrivals = arrivals.to_vec();
        let committed = self.commit(shop, changes).await?;
        let conflicts = committed.arrived.iter().filter(|arrived| **arrived == Arrived::Conflict).count();
        self.tally(shop, "source_event_refused", conflicts).await
    }

    fn take_said(&self, world: &mut World, state: &mut Entry<SourceState>, kind: SourceTaskKind, said: Option<&Said>) {
        let now = self.now();
        let connection = state.value.connection;
        let state = state.edit();
        let source = world.sources.values().find(|entry| entry.value.id == connection);
        let source = source.map(|entry| entry.value.name.clone()).unwrap_or_default();
        match said {
            None => state.pass(kind, now),
            Some(Err(trouble)) => {
                state.fail(kind, trouble.clone(), now);
                let failures = state.tasks.get(&kind).map_or(0, |task| task.failures);
                let is_subscription = kind == SourceTaskKind::Subscribe;
                world.alarms.extend(Alarm::of_trouble(&source, is_subscription, failures, trouble));
            }
            Some(Ok(done)) => {
                let told = [AlertCause::SubscriptionLost, AlertCause::SourceRefused];
                let told = told.map(|cause| (cause, state.is_in_trouble(cause)));
                // S08: an answer says as much as an event that the source is there.
                world.hear(connection, now);
                match done {
                    SourceDone::Page { events, cursor } if kind == SourceTaskKind::Poll => {
                        state.take_poll(cursor.clone(), events.len(), now);
                    }
                    SourceDone::Page { events, cursor } => state.take_backfill(cursor.clone(), events.len(), now),
                    SourceDone::Subscribed(topics) => {
                        state.topics = topics.clone();
                        state.succeed(kind, now);
                    }
                    _ => state.succeed(kind, now),
                }
                let over = told.into_iter().filter(|(cause, was)| *was && !state.is_in_trouble(*cause));
                world.alarms.extend(over.map(|(cause, _)| Alarm::clear(cause, &source, now)));
            }
        }
    }
}

//! Alerts: incidents are looked at, told over the shop's own channels, and closed (S23, S27).
//!
//! They are opened and closed by the commits of what they are about; here is looked after those that nobody closes: a
//! channel that was removed, a day that is over. What is told leaves as messages do, handed over in a commit before the
//! channel is asked (S22).

use std::collections::BTreeMap;

use cartwright_domain::alert::{Alarm, AlertCause, AlertCode, content_on, lateness_rises};
use cartwright_domain::erasure::ANSWERED_WITHIN;
use cartwright_domain::funnel::{Figure, today};
use cartwright_domain::ids::{IncidentId, MessageId, ShopId};
use cartwright_domain::incident::{Incident, NoticeKind};
use cartwright_domain::local::Day;
use cartwright_domain::message::{Outcome, SkipReason};
use cartwright_domain::plugin::{PluginKind, Problem};
use cartwright_domain::sender::sender_on;
use cartwright_domain::shop::Connection;
use cartwright_domain::source::SourceState;
use cartwright_domain::strategy::StrategyState;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::world::Entry;

use crate::Engine;
use crate::deliver::{Delivery, Ready};
use crate::ports::{Changes, ChannelTask, FigureFilter, OutgoingMessage, StoreError};
use crate::settings::ShopSettings;

/// Incidents of one round.
const BATCH: u32 = 32;
/// How long a notice is the one's who hands it over; longer than any request may take.
const LEASE: Span = Span::seconds(60);
/// Commits that conflict are computed again; more often than this only if something is broken.
const CONFLICTS: u32 = 20;
/// What is too late is compared with so many days before.
const DAYS_BEFORE: i64 = 7;

impl Engine {
    /// Tells, or takes back, what only people can put right.
    pub(crate) async fn sound(&self, shop: ShopId, alarms: Vec<Alarm>) -> Result<(), StoreError> {
        if alarms.is_empty() {
            return Ok(());
        }
        let changes = Changes { alarms, ..Changes::default() };
        for _ in 0..CONFLICTS {
            match self.store.commit(shop, &changes).await {
                // Somebody else told the same in this moment.
                Err(StoreError::Conflict) => {}
                other => {
                    self.wake_for([shop]);
                    return other.map(|_| ());
                }
            }
        }
        Err(StoreError::Conflict)
    }

    /// Looks at incidents that are due, and tells what is to be told; how many were looked at.
    pub(crate) async fn tend_incidents(&self, shop: ShopId) -> Result<usize, StoreError> {
        let now = self.now();
        let mut due = self.store.due_incidents(shop, now, BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let Some(settings) = self.settings(shop).await? else { return Ok(0) };
        let standing = self.standing_of(&settings).await?;
        let mut going = Vec::new();
        for entry in &mut due {
            let incident = entry.edit();
            if incident.closed_at.is_none() && !standing.holds(incident, now) {
                incident.close(now);
            }
            self.log_turn(shop, incident);
            incident.plan(&settings.shop.alerts, now);
            for place in 0..incident.notices.len() {
                if let Some(ready) = self.ready_notice(&settings, incident, place).await? {
                    going.push((incident.id, ready));
                }
            }
            incident.schedule(now);
        }
        let count = due.len();
        let changes = Changes { incidents: due, hand_overs: going.len() as u32, ..Changes::default() };
        self.commit(shop, changes).await?;
        self.failpoints.reach("alert.handed_over");
        for (incident, ready) in going {
            let delivery = self.send(ready).await;
            self.failpoints.reach("alert.answered");
            self.settle_notice(shop, incident, delivery).await?;
        }
        Ok(count)
    }

    /// The operator reads the log, whatever the shop has said about its alerts.
    fn log_turn(&self, shop: ShopId, incident: &Incident) {
        let Incident { cause, about, told, .. } = incident;
        match (incident.planned, incident.closed_at) {
            (None, None) => {
                let (cause, words, next_step) = (cause.name(), &told.words, &told.next_step);
                tracing::error!(%shop, cause, about, words, next_step, "ALERT");
            }
            (Some(NoticeKind::Alert), Some(_)) => {
                tracing::warn!(%shop, cause = cause.name(), about, "all clear");
            }
            _ => {}
        }
    }

    /// Claims a notice that is due, with the request that will send it; none where it has to wait, or cannot be sent.
    async fn ready_notice(
        &self,
        settings: &ShopSettings,
        incident: &mut Incident,
        place: usize,
    ) -> Result<Option<Ready>, StoreError> {
        let now = self.now();
        let target = incident.notices[place].target.clone();
        let channel = settings.channels.get(&target.channel).map(|entry| &entry.value);
        let ability = channel.and_then(|channel| channel.ability.as_ref());
        incident.notices[place].recover(ability.is_some_and(|ability| ability.idempotent), now);
        if !incident.notices[place].is_due(now) {
            return Ok(None);
        }
        let usable = channel.zip(ability).filter(|(channel, _)| channel.default_hold().is_none());
        let call = match usable {
            Some((channel, _)) => self.connection_call(settings.shop.id, channel).await?,
            None => None,
        };
        let (Some((channel, ability)), Some(mut call)) = (usable, call) else {
            incident.notices[place].wait(now);
            return Ok(None);
        };
        let Some(to) = target.address(channel) else {
            let words = format!("`{}` can send nothing to `{}`; correct the shop's alerts", target.channel, target.to);
            incident.notices[place].refuse(words);
            return Ok(None);
        };
        self.renew(&channel.name, &mut call, Some(ability)).await?;
        let notice = &incident.notices[place];
        let outgoing = OutgoingMessage {
            id: incident.message_id(notice),
            to,
            locale: "en".to_owned(),
            content: incident.document(notice, &settings.shop, &ability.channel),
            created_at: incident.opened_at,
        };
        let attempt = notice.attempts + 1;
        match self.begin(&call, &ChannelTask::Send(outgoing.clone())).await {
            Ok(began) => {
                incident.notices[place].hand_over(LEASE, now);
                Ok(Some(Ready {
                    outgoing,
                    content_revision: None,
                    attempt,
                    call,
                    began,
                    hears: false,
                    links: Vec::new(),
                }))
            }
            Err(failure) => {
                let notice = &mut incident.notices[place];
                match failure.problem {
                    Problem::Busy | Problem::TimeOut | Problem::NotInstalled | Problem::NotGranted => notice.wait(now),
                    _ => notice.refuse(failure.to_string()),
                }
                Ok(None)
            }
        }
    }

    /// What became of a notice, on top of whatever else became of its incident.
    async fn settle_notice(&self, shop: ShopId, incident: IncidentId, delivery: Delivery) -> Result<(), StoreError> {
        for _ in 0..CONFLICTS {
            let Some(mut entry) = self.store.incident(shop, incident).await? else { return Ok(()) };
            let now = self.now();
            let place = place_of(&entry, delivery.message);
            let Some(place) = place else { return Ok(()) };
            entry.edit().notices[place].settle(delivery.attempt, &delivery.outcome, now);
            let due_at = entry.value.due_at;
            entry.edit().schedule(now);
            // Whoever closed it meanwhile wants it looked at.
            let due = [due_at.filter(|_| entry.value.closed_at.is_some()), entry.value.due_at];
            entry.edit().due_at = due.into_iter().flatten().min();
            let inbox = delivery.inbox.clone().filter(|_| matches!(delivery.outcome, Outcome::Accepted { .. }));
            let changes = Changes { incidents: vec![entry], inbox: inbox.into_iter().collect(), ..Changes::default() };
            match self.store.commit(shop, &changes).await {
                Err(StoreError::Conflict) => {}
                other => return other.map(|_| ()),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Messages were skipped because they are too late: people are told where that is news.
    pub(crate) async fn look_at_lateness(&self, shop: ShopId) -> Result<(), StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(()) };
        let Some((today, rises)) = self.lateness(&settings).await? else { return Ok(()) };
        if !rises {
            return Ok(());
        }
        let words = AlertCode::TooLateToday.with([("n", &today)]);
        let alarm = Alarm::raise(AlertCause::TooLate, "messages", words, AlertCode::SeeWhatHolds, self.now());
        self.sound(shop, vec![alarm]).await
    }

    /// How many messages were too late today, and whether that is more than usual.
    async fn lateness(&self, settings: &ShopSettings) -> Result<Option<(i64, bool)>, StoreError> {
        let Some(day) = today(&settings.shop, self.now()) else { return Ok(None) };
        let filter = FigureFilter { from: day.plus(-DAYS_BEFORE), to: day, strategy: None };
        let mut days: BTreeMap<Day, i64> = BTreeMap::new();
        for (cell, count) in self.store.message_figures(settings.shop.id, &filter).await? {
            if cell.figure == Figure::Skipped(SkipReason::TooLate) {
                *days.entry(cell.day).or_default() += count;
            }
        }
        let today = days.remove(&day).unwrap_or(0);
        let before: Vec<i64> = days.into_values().collect();
        Ok(Some((today, lateness_rises(today, &before))))
    }

    async fn standing_of<'a>(&self, settings: &'a ShopSettings) -> Result<Standing<'a>, StoreError> {
        let states = self.store.source_states(settings.shop.id).await?;
        Ok(Standing {
            settings,
            states: states.into_iter().map(|entry| entry.value).collect(),
            is_late: self.lateness(settings).await?.is_some_and(|(_, rises)| rises),
        })
    }
}

fn place_of(entry: &Entry<Incident>, message: MessageId) -> Option<usize> {
    let incident = &entry.value;
    incident.notices.iter().position(|notice| incident.message_id(notice) == message)
}

/// What is wrong with a shop at this moment.
struct Standing<'a> {
    settings: &'a ShopSettings,
    states: Vec<SourceState>,
    is_late: bool,
}

impl Standing<'_> {
    /// Whether an incident is not over.
    fn holds(&self, incident: &Incident, now: Timestamp) -> bool {
        let Self { settings, .. } = self;
        let about = &incident.about;
        let channel = settings.channels.get(about).map(|entry| &entry.value);
        let source = settings.sources.get(about).map(|entry| &entry.value);
        match incident.cause {
            AlertCause::ChannelHeld => channel.is_some_and(|channel| channel.held.is_some()),
            AlertCause::SenderHeld => settings.channels.values().map(|entry| &entry.value).any(|channel| {
                let mut held = channel.senders.iter().filter(|sender| sender.held.is_some());
                held.any(|sender| sender_on(&sender.name, &channel.name) == *about)
            }),
            AlertCause::ContentHeld => settings.channels.values().any(|channel| {
                let held = &channel.value.held_contents;
                held.keys().any(|content| content_on(content, &channel.value.name) == *about)
                    || settings.is_kept_back(&channel.value, about)
            }),
            AlertCause::ChannelNotReady => match channel {
                Some(channel) => settings.plugin(PluginKind::Channel, &channel.plugin).is_none(),
                None => self.is_named(about),
            },
            AlertCause::OddRefusals => {
                channel.is_some_and(|channel| channel.odd_refusals >= cartwright_domain::outcome::ODD_REFUSALS)
            }
            AlertCause::PluginHeld => settings.plugins.iter().any(|plugin| {
                let breaker = settings.breakers.get(&plugin.digest);
                plugin.label() == *about && plugin.is_active() && breaker.is_some_and(|it| it.value.is_open())
            }),
            AlertCause::SourceHeld => source.is_some_and(|source| source.held.is_some()),
            AlertCause::SourceStale => source.is_some_and(|source| source.is_stale(now)),
            AlertCause::SourceRefused | AlertCause::SubscriptionLost => {
                source.is_some_and(|source| self.is_in_trouble(source, incident.cause))
            }
            // Only a renewal says that it is over; and a channel that is gone needs none.
            AlertCause::TokenExpiring => channel.is_some(),
            AlertCause::TooLate => self.is_late,
            // Done once the source is removed.
            AlertCause::ErasureWanted => source.is_some(),
            // Nobody says when it was answered; after its term it is no use any more.
            AlertCause::DataRequested => now < incident.opened_at + ANSWERED_WITHIN,
        }
    }

    fn is_in_trouble(&self, source: &Connection, cause: AlertCause) -> bool {
        self.states.iter().any(|state| state.connection == source.id && state.is_in_trouble(cause))
    }

    /// Whether a strategy that is not stopped names a channel.
    fn is_named(&self, channel: &str) -> bool {
        let mut running = self.settings.strategies.iter().filter(|live| live.record.state != StrategyState::Stopped);
        running.any(|live| live.version.definition.channels().contains_key(channel))
    }
}

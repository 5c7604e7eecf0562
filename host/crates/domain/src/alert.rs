//! Alerts: what people of the shop are told of because nobody but they can put it right. Each has a cause and a next
//! step, is told once, and is followed by an all-clear.
//!
//! Whoever holds something says so here, and whoever releases it too; both are committed with what they are about, and
//! saying either twice changes nothing. What an incident is from then on stands in [`crate::incident`].

mod sentences;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contact::{Address, AddressKind};
use crate::message::HoldReason;
use crate::outcome::step_of;
use crate::publish::StrategyFault;
use crate::said::{self, Said, Values};
use crate::shop::{ChannelAbility, Connection, ConnectionKind, Hold};
use crate::source::{Trouble, TroubleKind};
use crate::template::Template;
use crate::time::Timestamp;

pub use sentences::AlertCode;

/// What went wrong. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertCause {
    /// Nothing goes out over a channel: its only sender is refused, its credentials do not work, or its credit is out.
    ChannelHeld,
    /// Nothing goes out by one sender of a channel: its provider refuses it.
    SenderHeld,
    /// A content is held on a channel.
    ContentHeld,
    /// Messages wait for a channel that is not connected, or whose plugin cannot run.
    ChannelNotReady,
    /// A provider refused five messages in a row with codes that nobody listed.
    OddRefusals,
    /// A plugin failed so often that the runs at its steps hold.
    PluginHeld,
    /// Nothing is taken from a source.
    SourceHeld,
    /// Messages wait because nothing was heard of a source for too long.
    SourceStale,
    /// A source does not answer, and only people can put that right.
    SourceRefused,
    /// The webhooks of a source are not registered any more, and could not be registered anew.
    SubscriptionLost,
    /// A secret could not be renewed before its end.
    TokenExpiring,
    /// More and more messages are skipped because they are too late.
    TooLate,
    /// A platform wants customers erased, and cannot say which.
    ErasureWanted,
    /// A customer asked the platform for what is kept of them.
    DataRequested,
}

impl AlertCause {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::ChannelHeld,
        Self::SenderHeld,
        Self::ContentHeld,
        Self::ChannelNotReady,
        Self::OddRefusals,
        Self::PluginHeld,
        Self::SourceHeld,
        Self::SourceStale,
        Self::SourceRefused,
        Self::SubscriptionLost,
        Self::TokenExpiring,
        Self::TooLate,
        Self::ErasureWanted,
        Self::DataRequested,
    ];

    /// The word in JSON, in the database and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChannelHeld => "channel_held",
            Self::SenderHeld => "sender_held",
            Self::ContentHeld => "content_held",
            Self::ChannelNotReady => "channel_not_ready",
            Self::OddRefusals => "odd_refusals",
            Self::PluginHeld => "plugin_held",
            Self::SourceHeld => "source_held",
            Self::SourceStale => "source_stale",
            Self::SourceRefused => "source_refused",
            Self::SubscriptionLost => "subscription_lost",
            Self::TokenExpiring => "token_expiring",
            Self::TooLate => "too_late",
            Self::ErasureWanted => "erasure_wanted",
            Self::DataRequested => "data_requested",
        }
    }

    /// What a person reads first.
    pub fn headline(self, about: &str) -> String {
        match self {
            Self::ChannelHeld => format!("The channel {about} is held"),
            Self::SenderHeld => format!("The sender {about} is held"),
            Self::ContentHeld => format!("The content {about} is held"),
            Self::ChannelNotReady => format!("Messages wait for the channel {about}"),
            Self::OddRefusals => format!("The channel {about} refuses messages with codes that nobody knows"),
            Self::PluginHeld => format!("The plugin {about} fails; runs hold at its steps"),
            Self::SourceHeld => format!("The source {about} is held"),
            Self::SourceStale => format!("Nothing is heard of the source {about}; messages wait"),
            Self::SourceRefused => format!("The source {about} refuses to answer"),
            Self::SubscriptionLost => format!("The webhooks of the source {about} are not registered"),
            Self::TokenExpiring => format!("A secret of the channel {about} could not be renewed"),
            Self::TooLate => "More and more messages are too late".to_owned(),
            Self::ErasureWanted => format!("The platform of the source {about} wants its customers erased"),
            Self::DataRequested => format!("A customer of the source {about} asks for their data"),
        }
    }
}

/// Where alerts go: over one of the shop's own channels, to its own people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertTarget {
    /// The channel connection, by name: best one that customers are not written to over, or its own hold goes unheard.
    pub channel: String,
    /// An e-mail address, a phone number, or whatever the channel calls its addressees.
    pub to: String,
}

/// Something that went wrong, or is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What.
    pub cause: AlertCause,
    /// Of which channel, content, plugin or source.
    pub about: String,
    /// Since when.
    pub at: Timestamp,
    /// What is told; none says that it is over.
    pub told: Option<Told>,
}

/// What people are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// Why, in the words of the provider or the plugin where there are any.
    pub words: String,
    /// What to do.
    pub next_step: String,
    /// Which of these are sentences of our own.
    #[serde(default, skip_serializing_if = "AlertCodes::is_empty")]
    pub codes: AlertCodes,
}

/// Which words of an alert or a hold are sentences of our own, for whoever says them in another language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AlertCodes {
    /// What `words` says; none for a provider's or a plugin's own.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "said::known")]
    pub words: Option<AlertCode>,
    /// What `next_step` says.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "said::known")]
    pub next_step: Option<AlertCode>,
    /// What stands in both, by name.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub values: Values,
}

impl AlertCodes {
    /// Of what is said, and of what is to be done.
    pub fn of(words: &Said<AlertCode>, next_step: &Said<AlertCode>) -> Self {
        let values = words.values.iter().chain(&next_step.values);
        let values = values.map(|(name, value)| (name.clone(), value.clone())).collect();
        Self { words: words.code, next_step: next_step.code, values }
    }

    /// Whether all words are somebody else's.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Alarm {
    /// Something went wrong.
    pub fn raise(
        cause: AlertCause,
        about: &str,
        words: impl Into<Said<AlertCode>>,
        next_step: impl Into<Said<AlertCode>>,
        at: Timestamp,
    ) -> Self {
        let (words, next_step) = (words.into(), next_step.into());
        let codes = AlertCodes::of(&words, &next_step);
        let told = Told { words: words.text, next_step: next_step.text, codes };
        Self { cause, about: about.to_owned(), at, told: Some(told) }
    }

    /// It is over.
    pub fn clear(cause: AlertCause, about: &str, at: Timestamp) -> Self {
        Self { cause, about: about.to_owned(), at, told: None }
    }

    /// Something is held.
    pub(crate) fn held(cause: AlertCause, about: &str, hold: &Hold, at: Timestamp) -> Self {
        let (words, next_step) = (hold.words.clone(), hold.next_step.clone());
        let told = Told { words, next_step, codes: hold.codes.clone() };
        Self { cause, about: about.to_owned(), at, told: Some(told) }
    }

    /// Messages wait for a channel that cannot be used.
    pub(crate) fn not_ready(channel: &str, at: Timestamp) -> Self {
        let step = step_of(HoldReason::ChannelNotReady);
        Self::raise(AlertCause::ChannelNotReady, channel, AlertCode::NotConnected, step, at)
    }

    /// A provider refuses with codes that nobody listed.
    pub(crate) fn odd_refusals(channel: &str, words: Said<AlertCode>, at: Timestamp) -> Self {
        Self::raise(AlertCause::OddRefusals, channel, words, AlertCode::SeeRefusals, at)
    }

    /// Messages wait for a template that their provider will not take; none while it only has not looked at it yet.
    pub(crate) fn not_approved(about: &str, template: &Template, at: Timestamp) -> Option<Self> {
        let step = template.state.step().filter(|_| template.is_refused())?;
        Some(Self::raise(AlertCause::ContentHeld, about, template.said(), step, at))
    }

    /// Messages wait for a source that is silent.
    pub(crate) fn stale(source: &Connection, at: Timestamp) -> Self {
        let words = match source.heard_at {
            Some(heard) => AlertCode::LastHeard.with([("at", &heard)]),
            None => AlertCode::NeverHeard.into(),
        };
        Self::raise(AlertCause::SourceStale, &source.name, words, step_of(HoldReason::SourceStale), at)
    }

    /// What a source was asked to do failed; none where it is tried again and nobody has to do anything yet.
    pub fn of_trouble(source: &str, is_subscription: bool, failures: u32, trouble: &Trouble) -> Option<Self> {
        /// Tries before a passing trouble with the webhooks is worth somebody's time.
        const TRIES: u32 = 3;
        let is_peoples = matches!(trouble.kind, TroubleKind::Auth | TroubleKind::Permanent);
        let words = match &trouble.code {
            Some(code) => format!("{} ({code})", trouble.text),
            None => trouble.text.clone(),
        };
        if is_subscription && (is_peoples || failures >= TRIES) {
            let step = AlertCode::RegisterWebhooks;
            return Some(Self::raise(AlertCause::SubscriptionLost, source, words, step, trouble.at));
        }
        let step = AlertCode::AskAgain;
        is_peoples.then(|| Self::raise(AlertCause::SourceRefused, source, words, step, trouble.at))
    }

    /// Whether it is about the same thing as another, whatever it says.
    pub fn concerns(&self, other: &Self) -> bool {
        (self.cause, &self.about) == (other.cause, &other.about)
    }
}

/// How a content on a channel is called.
pub fn content_on(content: &str, channel: &str) -> String {
    format!("{content} on {channel}")
}

/// The last word on each thing, in the order in which they came.
pub fn last_words(alarms: Vec<Alarm>) -> Vec<Alarm> {
    let mut last: Vec<Alarm> = Vec::with_capacity(alarms.len());
    for alarm in alarms {
        last.retain(|known| !known.concerns(&alarm));
        last.push(alarm);
    }
    last
}

/// Messages that were too late today are worth an alert from here on …
const MANY_TOO_LATE: i64 = 10;

/// … and where they are more than twice as many as on the worst of the days before.
pub fn lateness_rises(today: i64, days_before: &[i64]) -> bool {
    let worst = days_before.iter().copied().max().unwrap_or(0);
    today >= MANY_TOO_LATE && today > 2 * worst
}

/// The channels (by what contents are made for) that alerts can be written for.
const WRITTEN_FOR: [&str; 5] = ["email", "slack", "webhook", "sms", "inbox"];

/// What is wrong with where alerts go.
pub fn target_faults(targets: &[AlertTarget], connections: &[Connection]) -> Vec<StrategyFault> {
    let is_written_for = |ability: &ChannelAbility| match WRITTEN_FOR.contains(&ability.channel.as_str()) {
        true => Ok(()),
        false => Err(format!("alerts are written for {}; choose such a channel", WRITTEN_FOR.join(", "))),
    };
    faults_of("alerts", targets, connections, is_written_for)
}

/// What is wrong with where replies of customers are told.
pub fn reply_target_faults(targets: &[AlertTarget], connections: &[Connection]) -> Vec<StrategyFault> {
    let tells_people = |ability: &ChannelAbility| match ability.tells_people() {
        true => Ok(()),
        false => Err("the channel cannot carry a text at any time; choose e-mail, Slack, SMS or the like".to_owned()),
    };
    faults_of("replies", targets, connections, tells_people)
}

fn faults_of(
    field: &str,
    targets: &[AlertTarget],
    connections: &[Connection],
    can_tell: impl Fn(&ChannelAbility) -> Result<(), String>,
) -> Vec<StrategyFault> {
    /// Whoever tells more people makes a list at their end.
    const MOST: usize = 10;
    let mut faults = Vec::new();
    if targets.len() > MOST {
        faults.push(StrategyFault::error(field, format!("at most {MOST} places are told")));
    }
    for (place, target) in targets.iter().enumerate() {
        let known = connections
            .iter()
            .find(|connection| connection.kind == ConnectionKind::Channel && connection.name == target.channel);
        let Some(known) = known else {
            let message = format!("the shop has no channel `{}`; connect it first", target.channel);
            faults.push(StrategyFault::error(format!("{field}[{place}].channel"), message));
            continue;
        };
        let no_ability = || Err("nothing can be sent over the channel yet; install its plugin".to_owned());
        if let Err(message) = known.ability.as_ref().map_or_else(no_ability, &can_tell) {
            faults.push(StrategyFault::error(format!("{field}[{place}].channel"), message));
        } else if target.address(known).is_none() {
            let message = format!("`{}` can send nothing to `{}`", target.channel, target.to);
            faults.push(StrategyFault::error(format!("{field}[{place}].to"), message));
        }
        if targets[..place].contains(target) {
            faults.push(StrategyFault::error(format!("{field}[{place}]"), "is there already; leave it out"));
        }
    }
    faults
}

impl AlertTarget {
    /// The address, as the channel reads it.
    pub fn address(&self, channel: &Connection) -> Option<Address> {
        let kinds = channel.ability.as_ref().map_or(&AddressKind::ALL[..], |ability| ability.typed());
        Address::read(&self.to, kinds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two versions work on one database while one takes the other's place.
    #[test]
    fn an_alert_of_a_version_with_more_sentences_is_read_with_its_english() {
        let told: Told = serde_json::from_value(serde_json::json!({
            "words": "The moon is in the way.", "next_step": "Wait.",
            "codes": { "words": "moon_in_the_way", "next_step": "see_traps", "values": { "n": "1" } },
        }))
        .unwrap();
        assert_eq!((told.words.as_str(), told.codes.words), ("The moon is in the way.", None));
        assert_eq!(told.codes.next_step, Some(AlertCode::SeeTraps));
    }

    #[test]
    fn every_cause_has_a_name_of_its_own_as_in_json() {
        for cause in AlertCause::ALL {
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.name());
            assert!(!cause.headline("x").is_empty());
        }
    }

    #[test]
    fn s27_lateness_rises_where_today_is_twice_the_worst_day_of_the_week() {
        assert!(lateness_rises(10, &[0, 4, 1]));
        assert!(!lateness_rises(9, &[]), "so few are nobody's worry");
        assert!(!lateness_rises(40, &[3, 20]), "a shop that is always late knows it");
    }

    #[test]
    fn s23_of_one_thing_the_last_word_counts() {
        let at = Timestamp::from_millis(5);
        let raise = |about: &str| Alarm::raise(AlertCause::SourceStale, about, "words", "step", at);
        let clear = Alarm::clear(AlertCause::SourceStale, "one", at);
        let last = last_words(vec![raise("one"), raise("two"), clear.clone()]);
        assert_eq!(last, [raise("two"), clear]);
    }

    #[test]
    fn s08_passing_trouble_is_told_to_nobody_and_a_lost_subscription_is() {
        let trouble =
            |kind| Trouble { at: Timestamp::from_millis(5), kind, code: None, text: "no".into(), not_before: None };
        let cause = |is_subscription, failures, kind| {
            Alarm::of_trouble("acme", is_subscription, failures, &trouble(kind)).map(|alarm| alarm.cause)
        };
        assert_eq!(cause(false, 9, TroubleKind::Transient), None);
        assert_eq!(cause(false, 1, TroubleKind::Auth), Some(AlertCause::SourceRefused));
        assert_eq!(cause(true, 2, TroubleKind::Transient), None);
        assert_eq!(cause(true, 3, TroubleKind::Transient), Some(AlertCause::SubscriptionLost));
        assert_eq!(cause(true, 1, TroubleKind::Auth), Some(AlertCause::SubscriptionLost));
    }
}

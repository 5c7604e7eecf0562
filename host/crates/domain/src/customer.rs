//! A person, known or still anonymous, with what the shop knows of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use crate::contact::{Address, AddressKind, Consent, ConsentState, Email, GENERAL, Phone};
use crate::event::CustomerBody;
use crate::handle::{self, Handle};
use crate::heard::Heard;
use crate::ids::{CustomerId, StrategyId};
use crate::place::Place;
use crate::reentry::Past;
use crate::region;
use crate::shop::ChannelAbility;
use crate::split::Assignment;
use crate::time::{Span, Timestamp};
use crate::turned_away::TurnedAway;

/// A customer. An anonymous cart has one too: it stands for itself until it is joined (S10).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    /// Ours.
    pub id: CustomerId,
    /// When the shop first heard of them.
    pub registered_at: Timestamp,
    /// When they were erased: nothing more is known of them, and nothing is sent (S45).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// How it is known that the phone is theirs; nothing where only a form said so (S10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_proof: Option<Proof>,
    /// A phone that a form gave, and that is known to be somebody else's. Nothing is sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_phone: Option<Phone>,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// What channels know them by, where those have handles of their own; by the channel's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub handles: BTreeMap<String, Handle>,
    /// When they last wrote on channels that take answers for a while only, by the channel's name; for those with
    /// handles of their own it stands there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wrote: BTreeMap<String, Timestamp>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// ISO 3166-2 with its country, such as `US-FL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// City of the newest address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// IANA zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// IANA zone that the last cart, checkout or order named; it counts where no zone of their own is known (S04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_time_zone: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Those among them that steps added: they stay when a source tells all the tags it has.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub own_tags: BTreeSet<String>,
    /// The lists they are on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub lists: BTreeSet<String>,
    /// Attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// Consent to marketing, one state for all channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Consent to topics of marketing beside the general one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub topics: BTreeMap<String, Consent>,
    /// What is known against addresses, by channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<AddressMark>,
    /// The arms of experiments they are in (S16).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub experiments: BTreeMap<String, Assignment>,
    /// The newest event that would have begun a run and did not, by strategy.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub turned_away: BTreeMap<StrategyId, TurnedAway>,
    /// The days of dates that strategies have begun for, by strategy: each is used once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dates: BTreeMap<StrategyId, String>,
    /// What happened that strategies wait for, oldest first (S06).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<Heard>,
    /// Contacts that caps count (S20).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// What is remembered of earlier runs, by strategy (S07).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub past: BTreeMap<StrategyId, Past>,
}

impl Customer {
    /// Given and family name, and the family name alone, as they are looked for: in lower case, empty where unknown.
    pub fn search_names(&self) -> (String, String) {
        let lower = |name: &Option<String>| {
            let plain: String =
                name.iter().flat_map(|name| name.chars()).filter(|letter| !letter.is_control()).collect();
            plain.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let (first, last) = (lower(&self.first_name), lower(&self.last_name));
        (format!("{first} {last}").trim().to_owned(), last)
    }
}

/// How it is known that a phone is somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// They ordered with it.
    Order,
    /// Their account at the platform has it.
    Account,
    /// They wrote from it.
    Inbound,
}

/// Something known against an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AddressMark {
    /// The channel's connection name; none means every channel.
    pub channel: Option<String>,
    /// The address it concerns; a new address is free of it.
    pub value: String,
    /// What is known.
    pub mark: Mark,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

impl AddressMark {
    /// Whether it concerns an address, whatever a channel keeps behind its handle by now.
    pub(crate) fn is_of(&self, address: &Address) -> bool {
        match address.kind {
            AddressKind::Handle => handle::stem(&self.value) == address.stem(),
            AddressKind::Phone | AddressKind::Email => self.value == address.value,
        }
    }
}

/// What can be known against an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It does not exist (S23).
    Invalid,
    /// The person is not there (S23).
    NotOnChannel,
    /// The person forbade it (S18).
    Suppressed,
}

/// How long an address that is not on a channel is left alone (S23).
pub const NOT_ON_CHANNEL: Span = Span::days(30);

impl Customer {
    /// Somebody of whom nothing is known.
    pub fn anonymous(id: CustomerId, at: Timestamp) -> Self {
        Self {
            id,
            registered_at: at,
            erased_at: None,
            first_name: None,
            last_name: None,
            phone: None,
            phone_proof: None,
            claimed_phone: None,
            email: None,
            handles: BTreeMap::new(),
            wrote: BTreeMap::new(),
            country: None,
            province: None,
            city: None,
            language: None,
            time_zone: None,
            last_time_zone: None,
            tags: BTreeSet::new(),
            own_tags: BTreeSet::new(),
            lists: BTreeSet::new(),
            attributes: BTreeMap::new(),
            consent: None,
            topics: BTreeMap::new(),
            marks: Vec::new(),
            experiments: BTreeMap::new(),
            turned_away: BTreeMap::new(),
            dates: BTreeMap::new(),
            heard: Vec::new(),
            places: Vec::new(),
            past: BTreeMap::new(),
        }
    }

    /// Consent to marketing in general.
    pub fn marketing(&self) -> ConsentState {
        self.consent.as_ref().map_or(ConsentState::Unknown, |consent| consent.state)
    }

    /// The statement that counts for a topic (S18): what was said of it; a later no to everything is one to it too, and
    /// whoever has said nothing of it has said what they said in general.
    pub fn consent_to(&self, topic: &str) -> Option<&Consent> {
        let general = self.consent.as_ref();
        let Some(own) = self.topics.get(topic).filter(|_| topic != GENERAL) else { return general };
        let no = general.filter(|general| general.state == ConsentState::Unsubscribed && general.at >= own.at);
        no.or(Some(own))
    }

    /// The address of a kind.
    pub fn address(&self, kind: AddressKind) -> Option<Address> {
        let value = match kind {
            AddressKind::Phone => self.phone.as_ref()?.to_string(),
            AddressKind::Email => self.email.as_ref()?.to_string(),
            AddressKind::Handle => self.id.to_string(),
        };
        Some(Address { kind, value })
    }

    /// The address of a kind that a channel reaches them by.
    pub fn address_on(&self, channel: &str, ability: &ChannelAbility, kind: AddressKind) -> Option<Address> {
        if kind != AddressKind::Handle || !ability.has_own_handles() {
            return self.address(kind);
        }
        let value = self.handles.get(channel)?.value.clone();
        Some(Address { kind, value })
    }

    /// When they last wrote on a channel that takes answers for a while only, as far as is known.
    pub fn wrote_at(&self, channel: &str) -> Option<Timestamp> {
        let by_handle = self.handles.get(channel).map(|handle| handle.wrote_at);
        by_handle.max(self.wrote.get(channel).copied())
    }

    /// Takes a handle on a channel; of two the one that was used last is written to.
    pub(crate) fn take_handle(&mut self, channel: String, handle: Handle) {
        let own = self.handles.entry(channel).or_insert_with(|| handle.clone());
        if handle.wrote_at > own.wrote_at {
            *own = handle;
        }
    }

    /// What is known against an address on a channel, as of now.
    pub fn mark_on(&self, channel: &str, address: &Address, now: Timestamp) -> Option<Mark> {
        self.marks
            .iter()
            .filter(|mark| mark.is_of(address) && mark.until.is_none_or(|until| now < until))
            .find(|mark| mark.channel.as_deref().is_none_or(|name| name == channel))
            .map(|mark| mark.mark)
    }

    /// Notes something against an address, once.
    pub fn add_mark(&mut self, mark: AddressMark) {
        self.marks
            .retain(|known| (&known.channel, &known.value, known.mark) != (&mark.channel, &mark.value, mark.mark));
        self.marks.push(mark);
    }

    /// Takes consent to a topic if it replaces what is known. Returns whether it did.
    pub fn take_consent_to(&mut self, topic: Option<&str>, consent: Consent) -> bool {
        match topic.filter(|topic| *topic != GENERAL) {
            None => self.take_consent(consent),
            Some(topic) => {
                let replaces = consent.replaces(self.topics.get(topic));
                if replaces {
                    self.topics.insert(topic.to_owned(), consent);
                }
                replaces
            }
        }
    }

    /// Takes consent if it replaces what is known. Returns whether it did.
    pub fn take_consent(&mut self, consent: Consent) -> bool {
        let replaces = consent.replaces(self.consent.as_ref());
        if replaces {
            self.consent = Some(consent);
        }
        replaces
    }

    /// Takes what a source tells; what it leaves out, and addresses that are none, stay as they are.
    pub fn take(&mut self, body: &CustomerBody) {
        let set = |field: &mut Option<String>, value: &Option<String>| {
            if let Some(text) = value.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
                *field = Some(text.to_owned());
            }
        };
        set(&mut self.first_name, &body.first_name);
        set(&mut self.last_name, &body.last_name);
        let before = self.country.clone();
        set(&mut self.country, &body.country);
        if self.country != before {
            (self.province, self.city) = (None, None);
        }
        set(&mut self.city, &body.city);
        if let Some(code) = body.province.as_deref().and_then(|code| region::part(self.country.as_deref(), code)) {
            self.province = Some(code);
        }
        set(&mut self.language, &body.language);
        set(&mut self.time_zone, &body.time_zone);
        if let Some(at) = body.registered_at {
            self.registered_at = self.registered_at.min(at);
        }
        if let Some(tags) = &body.tags {
            self.tags = tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
            self.tags.extend(self.own_tags.iter().cloned());
        }
        self.set_attributes(&body.attributes);
    }

    /// Takes everything from somebody who turned out to be the same person; what both know stays as it is here.
    pub fn absorb(&mut self, other: Customer) {
        self.registered_at = self.registered_at.min(other.registered_at);
        self.first_name = self.first_name.take().or(other.first_name);
        self.last_name = self.last_name.take().or(other.last_name);
        if self.phone.is_none() {
            (self.phone, self.phone_proof) = (other.phone, other.phone_proof);
        } else if self.phone == other.phone {
            self.phone_proof = self.phone_proof.or(other.phone_proof);
        }
        self.claimed_phone =
            self.claimed_phone.take().or(other.claimed_phone).filter(|claimed| Some(claimed) != self.phone.as_ref());
        self.email = self.email.take().or(other.email);
        for (channel, handle) in other.handles {
            self.take_handle(channel, handle);
        }
        for (channel, at) in other.wrote {
            let own = self.wrote.entry(channel).or_insert(at);
            *own = at.max(*own);
        }
        // An address is taken as a whole.
        if self.country.is_none() {
            (self.country, self.province, self.city) = (other.country, other.province, other.city);
        }
        self.language = self.language.take().or(other.language);
        self.time_zone = self.time_zone.take().or(other.time_zone);
        self.last_time_zone = self.last_time_zone.take().or(other.last_time_zone);
        self.tags.extend(other.tags);
        self.own_tags.extend(other.own_tags);
        self.lists.extend(other.lists);
        for (name, value) in other.attributes {
            self.attributes.entry(name).or_insert(value);
        }
        self.consent = Consent::stricter(self.consent.take(), other.consent);
        for (topic, theirs) in other.topics {
            let own = self.topics.remove(&topic);
            self.topics.extend(Consent::stricter(own, Some(theirs)).map(|consent| (topic, consent)));
        }
        for mark in other.marks {
            self.add_mark(mark);
        }
        for (strategy, day) in other.dates {
            // Written from the year on, so that the later one is the greater text.
            let own = self.dates.entry(strategy).or_insert_with(|| day.clone());
            *own = std::mem::take(own).max(day);
        }
        for heard in other.heard {
            self.hear(heard);
        }
        for (strategy, past) in other.past {
            self.past.entry(strategy).or_default().add(past);
        }
        // S10: caps add up.
        self.add_places(other.places);
        for (strategy, theirs) in other.turned_away {
            let own = self.turned_away.entry(strategy).or_insert_with(|| theirs.clone());
            if theirs.occurred_at > own.occurred_at {
                *own = theirs;
            }
        }
        // S10: the older arm wins.
        for (experiment, theirs) in other.experiments {
            match self.experiments.get(&experiment) {
                Some(own) if own.at <= theirs.at => {}
                _ => drop(self.experiments.insert(experiment, theirs)),
            }
        }
    }
}

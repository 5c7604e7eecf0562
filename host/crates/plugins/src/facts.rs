//! The facts of the one subject that is present, as functions for guests. Each read is checked against the rights
//! and written down with its value; where a decision is made again, it is answered from what was written down.

mod candidates;
mod decision;
mod local_time;
mod messages;
mod people;
mod purchases;
mod run;
mod told;

use cartwright_domain::fact::{FactRead, FactValue};
use cartwright_domain::facts::Subject;
use cartwright_domain::time::Timestamp;
use wasmtime::Result;

use crate::failure::Stopped;
use crate::guest::{Guest, Present};
use told::Told;

macro_rules! facts {
    ($($fact:ident $name:literal,)+) => {
        /// Every fact there is. What stands here is what a descriptor may ask for and a shop may grant.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fact {
            $($fact,)+
        }

        impl Fact {
            pub(crate) const ALL: &[Self] = &[$(Self::$fact,)+];

            /// `interface.function`.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$fact => $name,)+
                }
            }
        }
    };
}

facts! {
    CustomerCountry "customer.country",
    CustomerProvince "customer.province",
    CustomerCity "customer.city",
    CustomerLanguage "customer.language",
    CustomerRegisteredAt "customer.registered-at",
    CustomerHasTag "customer.has-tag",
    CustomerTags "customer.tags",
    CustomerAttribute "customer.attribute",
    ContactFirstName "contact.first-name",
    ContactLastName "contact.last-name",
    ContactPhone "contact.phone",
    ContactEmail "contact.email",
    ContactMarketing "contact.marketing",
    OrdersCount "orders.count",
    OrdersCountSince "orders.count-since",
    OrdersCountBetween "orders.count-between",
    OrdersSpent "orders.spent",
    OrdersSpentBetween "orders.spent-between",
    OrdersFirstAt "orders.first-at",
    OrdersLastAt "orders.last-at",
    OrdersHasBought "orders.has-bought",
    CartExists "cart.exists",
    CartTotal "cart.total",
    CartLinesCount "cart.lines-count",
    CartPieces "cart.pieces",
    CartLine "cart.line",
    CartHasSku "cart.has-sku",
    CartHasProduct "cart.has-product",
    CartHasCategory "cart.has-category",
    CartQuantityOf "cart.quantity-of",
    CartUpdatedAt "cart.updated-at",
    CartRecoveryUrl "cart.recovery-url",
    MessagesCountBetween "messages.count-between",
    MessagesLastAt "messages.last-at",
    MessagesReactedBetween "messages.reacted-between",
    RunStartedAt "run.started-at",
    RunStep "run.step",
    RunStrategy "run.strategy",
    RunMessagesSent "run.messages-sent",
    RunAnswer "run.answer",
    LocalTimeZone "local-time.zone",
    LocalTimeWeekday "local-time.weekday",
    LocalTimeHour "local-time.hour",
    LocalTimeMinute "local-time.minute",
    LocalTimeDate "local-time.date",
}

impl Fact {
    /// Its place in a set of facts.
    pub(crate) fn bit(self) -> u64 {
        1 << (self as u32)
    }
}

/// Whether there is such a fact: `interface.function`, or `interface.*` for all of one.
pub(crate) fn is_fact(fact: &str) -> bool {
    match fact.strip_suffix('*') {
        Some(interface) => {
            interface.ends_with('.') && Fact::ALL.iter().any(|known| known.name().starts_with(interface))
        }
        None => Fact::ALL.iter().any(|known| known.name() == fact),
    }
}

/// Every interface of facts, as a descriptor may ask for it: `orders.*`.
pub(crate) fn interfaces() -> Vec<String> {
    let mut interfaces: Vec<String> =
        Fact::ALL.iter().filter_map(|fact| fact.name().split_once('.')).map(|(name, _)| format!("{name}.*")).collect();
    interfaces.dedup();
    interfaces
}

/// Different facts that one call may read: each is kept until the call is over, and goes into the trace.
const READS: usize = 1000;

impl Guest {
    /// Reads a fact without arguments.
    fn fact<T: Told>(&mut self, fact: Fact, read: impl FnOnce(&Subject) -> T) -> Result<T> {
        self.fact_about(fact, Vec::new, read)
    }

    /// Reads a fact about something: a SKU, a tag, a moment.
    fn fact_about<T: Told>(
        &mut self,
        fact: Fact,
        about: impl FnOnce() -> Vec<FactValue>,
        read: impl FnOnce(&Subject) -> T,
    ) -> Result<T> {
        self.rights.fact(fact)?;
        let name = fact.name();
        let (about, value) = match &self.present {
            Present::Nobody => return Err(Stopped::NoSubject(name.to_owned()).into()),
            Present::Subject(subject) => (about(), read(subject)),
            Present::Record(record) => {
                let about = about();
                let known = record.facts.iter().find(|known| known.name == name && known.about == about);
                let value = known.and_then(|known| T::heard(&known.value));
                let missing = || FactRead { name: name.into(), about: about.clone(), value: FactValue::None }.fact();
                let value = value.ok_or_else(|| Stopped::FactNotRecorded(name, missing()))?;
                (about, value)
            }
        };
        self.note(FactRead { name: name.into(), about, value: value.told() })?;
        Ok(value)
    }

    /// Reads a fact over a range, no further back than the descriptor says.
    fn fact_over<T: Told>(
        &mut self,
        fact: Fact,
        since: i64,
        about: impl FnOnce(Timestamp) -> Vec<FactValue>,
        read: impl FnOnce(&Subject, Timestamp) -> T,
    ) -> Result<T> {
        let since = Timestamp::from_millis(since);
        self.rights.looks_back(fact, since, self.now())?;
        self.fact_about(fact, || about(since), |subject| read(subject, since))
    }

    /// Writes a read down, once.
    fn note(&mut self, read: FactRead) -> Result<()> {
        if self.reads.contains(&read) {
            return Ok(());
        }
        if self.reads.len() == READS {
            return Err(Stopped::Reads(READS).into());
        }
        // What a guest asks about is kept too, and it may ask about very long texts.
        let asked: usize = read.about.iter().map(length).sum();
        let limit = self.limits.output_bytes;
        if asked > limit.saturating_sub(self.reads.iter().flat_map(|known| &known.about).map(length).sum()) {
            return Err(Stopped::AskedAbout { limit }.into());
        }
        self.reads.push(read);
        Ok(())
    }
}

fn length(value: &FactValue) -> usize {
    if let FactValue::Text(text) = value { text.len() } else { 0 }
}

#[cfg(test)]
mod tests;

//! What the host keeps for one living instance: its limits, its rights, and who is present.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use cartwright_domain::decision::DecisionRecord;
use cartwright_domain::fact::FactRead;
use cartwright_domain::facts::Subject;
use cartwright_domain::ids::{self, RunId};
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::Descriptor;
use cartwright_domain::shop::Grants;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{ConnectionCall, Secret, UseKind};
use cartwright_plugins_bindings::v0_2::imports::templates::News;
use std::collections::BTreeMap;
use wasmtime::ResourceLimiter;

use crate::facts::Fact;
use crate::failure::Stopped;
use crate::limits::{BatchTime, Limits, slices};
use crate::log::Log;
use crate::uses::Meter;
use crate::wasi::Wasi;

/// The state of a store. Everything a guest can learn from the host stands here.
pub(crate) struct Guest {
    pub(crate) limits: Arc<Limits>,
    pub(crate) memory: Memory,
    pub(crate) time: Time,
    pub(crate) log: Log,
    pub(crate) wasi: Wasi,
    pub(crate) rights: Rights,
    /// The saved configuration, as JSON.
    pub(crate) config: Arc<str>,
    /// What the plugin says of itself, once that is known.
    pub(crate) descriptor: Option<Arc<Descriptor>>,
    /// Conditions and selectors: whom the call is about.
    pub(crate) present: Present,
    pub(crate) reads: Vec<FactRead>,
    /// Selectors: what there is to choose from.
    pub(crate) candidates: Arc<[Offered]>,
    /// Channels and sources: secrets by name.
    pub(crate) secrets: Arc<BTreeMap<String, Secret>>,
    /// When they expire, where that is known.
    pub(crate) expiries: Arc<BTreeMap<String, Timestamp>>,
    /// Where the other side reaches them.
    pub(crate) address: String,
    /// Channels: what a webhook told of templates.
    pub(crate) news: Vec<News>,
    /// Counts the living, as long as it lives itself.
    pub(crate) alive: Option<Arc<()>>,
    now: Arc<AtomicI64>,
    chance: Chance,
}

/// Whom a call is about.
pub(crate) enum Present {
    Nobody,
    Subject(Subject),
    /// A decision that is made again: its facts are those that were written down.
    Record(Arc<DecisionRecord>),
}

/// A number that is worked out when somebody asks for it.
#[derive(Debug, Clone)]
enum Chance {
    Known(u64),
    Of(RunId, Arc<str>),
}

/// What a plugin may read and use: the least of what its descriptor declares and what the shop granted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    pub(crate) declared: Arc<Grants>,
    pub(crate) granted: Arc<Grants>,
    /// The facts among them, as sets.
    declared_facts: u64,
    granted_facts: u64,
    /// How many days back facts may look, where the descriptor or the shop says so.
    declared_days: Arc<[(Fact, u32)]>,
    granted_days: Arc<[(Fact, u32)]>,
    pub(crate) meter: Meter,
}

impl Rights {
    pub(crate) fn new(descriptor: &Descriptor, config: &serde_json::Value, granted: Arc<Grants>) -> Self {
        Self::of(Arc::new(descriptor.asks(config)), granted)
    }

    /// The least of two grants.
    pub(crate) fn of(declared: Arc<Grants>, granted: Arc<Grants>) -> Self {
        let facts = |grants: &Grants| {
            Fact::ALL.iter().filter(|fact| grants.allows_fact(fact.name())).fold(0, |all, fact| all | fact.bit())
        };
        let days = |grants: &Grants| -> Arc<[(Fact, u32)]> {
            if grants.within_days.is_empty() {
                return Arc::from([]);
            }
            Fact::ALL.iter().filter_map(|fact| Some((*fact, grants.days_back(fact.name())?))).collect()
        };
        Self {
            declared_facts: facts(&declared),
            granted_facts: facts(&granted),
            declared_days: days(&declared),
            granted_days: days(&granted),
            declared,
            granted,
            meter: Meter::default(),
        }
    }

    /// The same rights, with what is used of them counted.
    pub(crate) fn metered(self, meter: Meter) -> Self {
        Self { meter, ..self }
    }

    pub(crate) fn fact(&self, fact: Fact) -> Result<(), Stopped> {
        if self.declared_facts & fact.bit() == 0 {
            return Err(Stopped::FactNotDeclared(fact.name()));
        }
        if self.granted_facts & fact.bit() == 0 {
            return Err(Stopped::FactNotGranted(fact.name()));
        }
        Ok(())
    }

    /// The first moment that a fact over a range may look at; none if there is no end.
    pub(crate) fn earliest(&self, fact: Fact, now: Timestamp) -> Option<Timestamp> {
        [&self.declared_days, &self.granted_days].into_iter().filter_map(|days| earliest(days, fact, now)).max()
    }

    /// Whether a range begins no earlier than declared and granted.
    pub(crate) fn looks_back(&self, fact: Fact, since: Timestamp, now: Timestamp) -> Result<(), Stopped> {
        let before = |earliest: &Timestamp| since < *earliest;
        let fact_name = fact.name();
        if let Some(earliest) = earliest(&self.declared_days, fact, now).filter(before) {
            return Err(Stopped::FurtherThanDeclared { fact: fact_name, since, earliest });
        }
        if let Some(earliest) = earliest(&self.granted_days, fact, now).filter(before) {
            return Err(Stopped::FurtherThanGranted { fact: fact_name, since, earliest });
        }
        Ok(())
    }

    pub(crate) fn secret(&self, name: &str) -> Result<(), Stopped> {
        if !self.declared.secrets.iter().any(|known| known == name) {
            return Err(Stopped::SecretNotDeclared(name.to_owned()));
        }
        if !self.granted.secrets.iter().any(|known| known == name) {
            return Err(Stopped::SecretNotGranted(name.to_owned()));
        }
        self.meter.count(UseKind::Secret, name);
        Ok(())
    }
}

impl Guest {
    /// A guest that may do nothing and knows nobody.
    pub(crate) fn new(limits: &Arc<Limits>) -> Self {
        let log = Log::new(limits);
        let now = Arc::new(AtomicI64::new(0));
        Self {
            limits: limits.clone(),
            memory: Memory { used: 0, peak: 0, limit: limits.memory_bytes },
            time: Time::default(),
            wasi: Wasi::new(log.clone(), now.clone()),
            log,
            rights: Rights::default(),
            config: Arc::from("{}"),
            descriptor: None,
            present: Present::Nobody,
            reads: Vec::new(),
            candidates: Arc::from([]),
            secrets: Arc::default(),
            expiries: Arc::default(),
            address: String::new(),
            news: Vec::new(),
            alive: None,
            now,
            chance: Chance::Known(0),
        }
    }

    /// A guest that speaks for a connection.
    pub(crate) fn for_connection(limits: &Arc<Limits>, call: &ConnectionCall, rights: Rights) -> Self {
        let mut guest = Self::new(limits);
        guest.config = Arc::from(call.plugin.config.to_string());
        guest.log.hide(&call.secrets);
        guest.secrets = call.secrets.clone();
        guest.expiries = call.expiries.clone();
        guest.address.clone_from(&call.address);
        guest.rights = rights;
        guest.set_moment(call.now, RunId(call.connection.0), call.now.to_string().into());
        guest
    }

    /// Makes a subject the one that is present.
    pub(crate) fn present(&mut self, subject: &Subject) {
        self.set_moment(subject.now, subject.run, subject.step.clone());
        self.present = Present::Subject(subject.clone());
        self.reads.clear();
    }

    /// Makes the subject of a decision present again.
    pub(crate) fn recall(&mut self, record: Arc<DecisionRecord>) {
        self.set_moment(record.now, record.run, record.step.as_str().into());
        self.present = Present::Record(record);
        self.reads.clear();
    }

    /// The moment and the chance that the guest sees everywhere.
    fn set_moment(&mut self, now: Timestamp, run: RunId, step: Arc<str>) {
        self.now.store(now.millis(), Ordering::Relaxed);
        self.chance = Chance::Of(run, step);
        self.wasi.forget();
    }

    /// The chance of this run and step.
    pub(crate) fn chance(&mut self) -> u64 {
        let chance = match &self.chance {
            Chance::Known(chance) => return *chance,
            Chance::Of(run, step) => ids::chance_of(*run, step),
        };
        self.chance = Chance::Known(chance);
        chance
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }
}

/// Slices that a guest has used, and may use.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Time {
    what: &'static str,
    limit: Duration,
    used: u32,
    allowed: u32,
    batch_used: u32,
    batch_allowed: u32,
}

impl Time {
    /// Begins a batch: from here on its time runs too.
    pub(crate) fn begin_batch(&mut self, time: BatchTime, items: usize) {
        let items = u32::try_from(items).unwrap_or(u32::MAX);
        self.batch_used = 0;
        self.batch_allowed = slices(time.each.saturating_add(time.more.saturating_mul(items)));
    }

    /// Begins one call of a length of time.
    pub(crate) fn begin(&mut self, what: &'static str, limit: Duration) {
        *self = Self { what, limit, used: 0, allowed: slices(limit), ..*self };
        // A call outside a batch ends by its own time.
        if self.batch_allowed == 0 {
            self.batch_allowed = u32::MAX;
        }
    }

    /// A slice has passed. The item's own time ends first, so that the first of a batch always comes to an end.
    pub(crate) fn spend(&mut self) -> Result<(), Stopped> {
        self.used = self.used.saturating_add(1);
        self.batch_used = self.batch_used.saturating_add(1);
        if self.used > self.allowed {
            return Err(Stopped::TimeOut { what: self.what, limit: self.limit });
        }
        if self.batch_used > self.batch_allowed {
            return Err(Stopped::BatchOver);
        }
        Ok(())
    }
}

fn earliest(days: &[(Fact, u32)], fact: Fact, now: Timestamp) -> Option<Timestamp> {
    let (_, days) = days.iter().find(|(known, _)| *known == fact)?;
    Some(now - Span::days(i64::from(*days)))
}

/// All linear memories of an instance together.
#[derive(Debug)]
pub(crate) struct Memory {
    used: usize,
    peak: usize,
    limit: usize,
}

impl Memory {
    /// Most bytes at a time so far.
    pub(crate) fn peak(&self) -> u64 {
        self.peak as u64
    }
}

/// Elements of one table. Interpreters need thousands; nobody needs this many.
pub(crate) const TABLE_ELEMENTS: usize = 20_000;

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.used.saturating_sub(current).saturating_add(desired);
        if wanted > self.limit {
            // Ending the call says what was wrong; a refusal to grow would end as a crash somewhere else.
            return Err(Stopped::Memory { wanted, limit: self.limit }.into());
        }
        self.used = wanted;
        self.peak = self.peak.max(wanted);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS {
            return Err(Stopped::Table { wanted: desired, limit: TABLE_ELEMENTS }.into());
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s42_memories_are_summed() {
        let mut memory = Memory { used: 0, peak: 0, limit: 100 };
        assert!(memory.memory_growing(0, 60, None).unwrap());
        assert!(memory.memory_growing(0, 30, None).unwrap());
        assert!(memory.memory_growing(60, 70, None).unwrap());
        assert!(memory.memory_growing(30, 31, None).is_err());
    }

    #[test]
    fn s42_the_first_of_a_batch_ends_by_its_own_time() {
        let each = Duration::from_millis(50);
        let mut time = Time::default();
        time.begin_batch(BatchTime { each, more: Duration::from_millis(1) }, 1);
        time.begin("a subject", each);
        let end = std::iter::repeat_with(|| time.spend()).find_map(Result::err);
        assert_eq!(end, Some(Stopped::TimeOut { what: "a subject", limit: each }));
    }

    #[test]
    fn s42_later_ones_are_cut_off_by_the_batch() {
        let each = Duration::from_millis(50);
        let mut time = Time::default();
        time.begin_batch(BatchTime { each, more: Duration::from_millis(1) }, 2);
        time.begin("a subject", each);
        (0..4).for_each(|_| time.spend().unwrap());
        time.begin("a subject", each);
        let end = std::iter::repeat_with(|| time.spend()).find_map(Result::err);
        assert_eq!(end, Some(Stopped::BatchOver));
    }
}

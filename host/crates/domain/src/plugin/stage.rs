//! The stages of an installed version, and how it moves from one to another. At most one version of a name and major
//! version is active, and at most one is its canary; runs in flight ask whichever is active when they get there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

use super::{PluginKind, PluginRecord};
use crate::ids::CustomerId;
use crate::time::Timestamp;

/// Superseded versions of one line that are kept for a roll-back; older ones are retired.
const SUPERSEDED: usize = 5;

/// Where an installed version stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// It asks for more than was granted; somebody has to say yes.
    Waiting {
        /// Where it goes once it is granted what it asks for.
        then: Box<Stage>,
    },
    /// It is there, and decides nothing.
    Installed,
    /// It is asked after the active version about the same subjects; nothing is done with its answers but to compare.
    Shadow,
    /// It decides for a share of the customers; where it fails, the active version decides.
    Canary {
        /// Of a hundred customers, how many.
        percent: u8,
    },
    /// It decides.
    Active,
    /// Another one took its place; a roll-back goes back to it.
    Superseded,
    /// Nobody wants it back.
    Retired,
}

impl Stage {
    /// The word in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Installed => "installed",
            Self::Shadow => "shadow",
            Self::Canary { .. } => "canary",
            Self::Active => "active",
            Self::Superseded => "superseded",
            Self::Retired => "retired",
        }
    }

    /// Whether a version at this stage is asked about live subjects.
    pub fn is_asked(&self) -> bool {
        matches!(self, Self::Shadow | Self::Canary { .. } | Self::Active)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canary { percent } => write!(f, "canary of {percent} %"),
            Self::Waiting { then } => write!(f, "waiting for grants, then {then}"),
            other => f.write_str(other.name()),
        }
    }
}

/// Why a version cannot move there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// It asks for more than was granted.
    #[error("{0} waits for its grants; grant them first")]
    Waits(String),
    /// A canary or a shadow stands beside an active version.
    #[error("no version of `{name}` {major}.x is active to stand beside; promote this one to active")]
    NothingActive {
        /// Of the plugin.
        name: String,
        /// Of the version.
        major: u64,
    },
    /// Only conditions and selectors can be asked without anything being done.
    #[error("`{name}` is a {kind}: only conditions and selectors run as {stage}; promote it to active")]
    DecidesNothing {
        /// Of the plugin.
        name: String,
        /// What it is.
        kind: PluginKind,
        /// Where it should have gone.
        stage: &'static str,
    },
    /// No share.
    #[error("percent: a canary decides for 1 to 99 of a hundred customers, not {0}")]
    Percent(u8),
    /// Nothing to go back to.
    #[error("no superseded version of `{0}` is there to go back to; upload it, or promote one by its digest")]
    NothingBefore(String),
    /// Stages that a version comes to by what happens to others.
    #[error("a version becomes {0} by itself, when another takes its place or asks for more; it is not promoted to it")]
    ByItself(&'static str),
}

impl PluginRecord {
    /// Whether new decisions use it.
    pub fn is_active(&self) -> bool {
        self.stage == Stage::Active
    }

    /// Whether two versions stand in one line: only one of them is active.
    pub fn is_of_line(&self, other: &Self) -> bool {
        self.name == other.name && self.major() == other.major()
    }

    /// The same at another stage from now on.
    pub fn at_stage(&self, stage: Stage, now: Timestamp, why: Option<&str>) -> Self {
        Self { stage, since: now, why: why.map(str::to_owned), ..self.clone() }
    }
}

/// Whether a canary decides for a customer: the same customers as long as it is the same file, and more of them when its
/// share grows.
pub fn is_in_canary(customer: CustomerId, digest: &str, percent: u8) -> bool {
    let hash = Sha256::new().chain_update(customer.0.as_bytes()).chain_update(digest).finalize();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(bytes) % 100 < u64::from(percent)
}

/// Everything that changes when a version moves to a stage, itself first.
pub fn moved(
    installed: &[PluginRecord],
    record: &PluginRecord,
    to: Stage,
    now: Timestamp,
    why: Option<&str>,
) -> Result<Vec<PluginRecord>, MoveError> {
    let others = || installed.iter().filter(|other| other.digest != record.digest && other.is_of_line(record));
    match &to {
        Stage::Waiting { .. } | Stage::Superseded => return Err(MoveError::ByItself(to.name())),
        Stage::Shadow | Stage::Canary { .. } => {
            if !record.kind.decides() {
                let (name, kind) = (record.name.clone(), record.kind);
                return Err(MoveError::DecidesNothing { name, kind, stage: to.name() });
            }
            if !others().any(PluginRecord::is_active) {
                return Err(MoveError::NothingActive { name: record.name.clone(), major: record.major() });
            }
        }
        Stage::Installed | Stage::Active | Stage::Retired => {}
    }
    if let Stage::Canary { percent } = to
        && !(1..100).contains(&percent)
    {
        return Err(MoveError::Percent(percent));
    }
    if matches!(record.stage, Stage::Waiting { .. }) && to.is_asked() {
        return Err(MoveError::Waits(record.label()));
    }
    let mut changed = Vec::new();
    match to {
        Stage::Active => {
            changed.extend(others().filter(|other| other.is_active()).map(|other| {
                let why = format!("{} took its place", record.label());
                other.at_stage(Stage::Superseded, now, Some(&why))
            }));
            let mut before: Vec<&PluginRecord> = others().filter(|other| other.stage == Stage::Superseded).collect();
            before.sort_by_key(|other| std::cmp::Reverse(other.since));
            let kept = SUPERSEDED.saturating_sub(changed.len());
            let why = format!("{SUPERSEDED} versions after it are kept for a roll-back");
            changed.extend(before.into_iter().skip(kept).map(|other| other.at_stage(Stage::Retired, now, Some(&why))));
        }
        Stage::Canary { .. } => {
            changed.extend(others().filter(|other| matches!(other.stage, Stage::Canary { .. })).map(|other| {
                let why = format!("{} is the canary now", record.label());
                other.at_stage(Stage::Installed, now, Some(&why))
            }));
        }
        _ => {}
    }
    changed.insert(0, record.at_stage(to, now, why));
    Ok(changed)
}

/// Everything that changes when a plugin goes back to the version before: that one first. The one that is left is
/// only installed afterwards, so that the next roll-back goes further back and not forth again.
pub fn rolled_back(
    installed: &[PluginRecord],
    name: &str,
    major: Option<u64>,
    now: Timestamp,
    why: &str,
) -> Result<Vec<PluginRecord>, MoveError> {
    let of_name =
        || installed.iter().filter(|record| record.name == name && major.is_none_or(|major| major == record.major()));
    let active = of_name().filter(|record| record.is_active()).max_by_key(|record| record.since);
    let before = of_name()
        .filter(|record| record.stage == Stage::Superseded)
        .filter(|record| active.is_none_or(|active| active.is_of_line(record)))
        .max_by_key(|record| record.since);
    let before = before.ok_or_else(|| MoveError::NothingBefore(name.to_owned()))?;
    let back = before.at_stage(Stage::Active, now, Some(why));
    let left = active.map(|active| active.at_stage(Stage::Installed, now, Some(why)));
    Ok(std::iter::once(back).chain(left).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn version(digest: &str, version: &str, stage: &str, since: i64) -> PluginRecord {
        serde_json::from_value(json!({
            "name": "vip", "version": version, "digest": digest, "kind": "condition", "size": 1,
            "built_for": "cartwright:plugin@0.1.0", "installed_at": 0, "since": since, "stage": stage, "percent": 10,
            "descriptor": { "title": "", "summary": "", "config_schema": {}, "facts": [], "hosts": [], "secrets": [] },
        }))
        .unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::from_millis(1_000)
    }

    fn stages(changed: &[PluginRecord]) -> Vec<(&str, Stage)> {
        changed.iter().map(|record| (record.digest.as_str(), record.stage.clone())).collect()
    }

    fn to(installed: &[PluginRecord], place: usize, to: Stage) -> Result<Vec<PluginRecord>, MoveError> {
        moved(installed, &installed[place], to, now(), None)
    }

    #[test]
    fn s43_what_becomes_active_takes_the_place_of_its_line_only() {
        let installed = [
            version("a", "1.0.0", "active", 1),
            version("b", "1.1.0", "installed", 2),
            version("c", "2.0.0", "active", 3),
        ];
        let changed = to(&installed, 1, Stage::Active).unwrap();
        assert_eq!(stages(&changed), [("b", Stage::Active), ("a", Stage::Superseded)]);
        assert!(changed[1].why.as_deref().unwrap().contains("vip@1.1.0"));
    }

    #[test]
    fn s43_there_is_one_canary_and_it_stands_beside_an_active_version() {
        let installed = [
            version("a", "1.0.0", "active", 1),
            version("b", "1.1.0", "canary", 2),
            version("c", "1.2.0", "installed", 3),
        ];
        let changed = to(&installed, 2, Stage::Canary { percent: 5 }).unwrap();
        assert_eq!(stages(&changed), [("c", Stage::Canary { percent: 5 }), ("b", Stage::Installed)]);
        assert_eq!(to(&installed, 2, Stage::Canary { percent: 100 }), Err(MoveError::Percent(100)));
        assert!(matches!(to(&installed[1..], 1, Stage::Shadow), Err(MoveError::NothingActive { major: 1, .. })));
        let channel = PluginRecord { kind: PluginKind::Channel, ..installed[2].clone() };
        let refused = moved(&installed, &channel, Stage::Shadow, now(), None).unwrap_err();
        assert!(refused.to_string().contains("is a channel"), "{refused}");
    }

    #[test]
    fn s43_what_waits_for_its_grants_decides_nothing() {
        let waiting = PluginRecord {
            stage: Stage::Waiting { then: Box::new(Stage::Active) },
            ..version("b", "1.1.0", "installed", 2)
        };
        let installed = [version("a", "1.0.0", "active", 1), waiting];
        assert!(matches!(to(&installed, 1, Stage::Active), Err(MoveError::Waits(_))));
        assert!(to(&installed, 1, Stage::Retired).is_ok());
        assert_eq!(to(&installed, 0, Stage::Superseded), Err(MoveError::ByItself("superseded")));
    }

    #[test]
    fn s43_a_roll_back_goes_to_the_one_before_and_the_next_goes_further() {
        let mut installed = vec![
            version("a", "1.0.0", "superseded", 1),
            version("b", "1.1.0", "superseded", 2),
            version("c", "1.2.0", "active", 3),
        ];
        for (back, left) in [("b", "c"), ("a", "b")] {
            let changed = rolled_back(&installed, "vip", None, now(), "it was worse").unwrap();
            assert_eq!(stages(&changed), [(back, Stage::Active), (left, Stage::Installed)]);
            for record in changed {
                let place = installed.iter().position(|known| known.digest == record.digest).unwrap();
                installed[place] = record;
            }
        }
        assert_eq!(rolled_back(&installed, "vip", None, now(), ""), Err(MoveError::NothingBefore("vip".into())));
    }

    #[test]
    fn a_canary_keeps_its_customers_and_its_share() {
        let mut mint = crate::ids::Mint::new(now(), [3; 32]);
        let customers: Vec<CustomerId> = (0..2_000).map(|_| mint.next()).collect();
        let share = |percent| customers.iter().filter(|customer| is_in_canary(**customer, "d1", percent)).count();
        assert!((150..250).contains(&share(10)), "{}", share(10));
        assert_eq!((share(0), share(100)), (0, 2_000));
        let grows = |customer: &&CustomerId| !is_in_canary(**customer, "d1", 10) || is_in_canary(**customer, "d1", 20);
        assert!(customers.iter().all(|customer| grows(&customer)));
        assert!(
            customers.iter().any(|customer| is_in_canary(*customer, "d1", 10) != is_in_canary(*customer, "d2", 10))
        );
    }

    #[test]
    fn only_so_many_versions_are_kept_for_a_roll_back() {
        let mut installed: Vec<PluginRecord> =
            (0..6).map(|n| version(&format!("s{n}"), "1.0.0", "superseded", n)).collect();
        installed.push(version("a", "1.1.0", "active", 7));
        installed.push(version("b", "1.2.0", "installed", 8));
        let changed = to(&installed, 7, Stage::Active).unwrap();
        assert_eq!(
            stages(&changed),
            [("b", Stage::Active), ("a", Stage::Superseded), ("s1", Stage::Retired), ("s0", Stage::Retired)]
        );
    }
}

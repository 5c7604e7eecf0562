//! Uploads: a component is checked, kept, and goes as far as the rights that somebody granted let it (S43).

use bytes::Bytes;
use cartwright_domain::ids::{Mint, ShopId};
use cartwright_domain::plugin::{AuditEntry, Audited, MoveError, PluginRecord, Rejected, Stage, moved};
use cartwright_domain::publish::StrategyFault;
use cartwright_domain::shop::Grants;
use cartwright_domain::trust::Distrust;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Engine;
use crate::holdings::Holdings;
use crate::ports::{Note, NoteKind, PluginChanges, PluginRejection, StoreError};
use crate::publish::list;

/// More conflicts in a row than this are no accident.
pub(crate) const CONFLICTS: u32 = 20;

/// How an upload is meant.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// What it is granted; without, it inherits the grants of the version it replaces.
    pub grants: Option<Grants>,
    /// How far it goes; without, it becomes active.
    pub stage: Option<Stage>,
    /// The `.minisig` file beside the component.
    pub signature: Option<String>,
    /// Who uploads it, for the audit.
    pub by: String,
}

impl Upload {
    /// By whom, and nothing else out of the ordinary.
    pub fn by(by: impl Into<String>) -> Self {
        Self { by: by.into(), ..Self::default() }
    }
}

/// Why a plugin was not installed, or is not where somebody wanted it.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// It failed a check; nothing is installed.
    #[error(transparent)]
    Rejected(#[from] PluginRejection),
    /// Nobody whom the shop trusts has signed it; nothing is installed, or it stays where it was.
    #[error(transparent)]
    Distrusted(#[from] Distrust),
    /// It stays where it was: strategies that enter, send or wait would not be sound with it.
    #[error("strategies would not be sound: {}", list(.0))]
    Breaks(Vec<StrategyFault>),
    /// It cannot go there from where it stands.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// What was asked is beyond its bounds.
    #[error("{}", list(.0))]
    Faults(Vec<StrategyFault>),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Installs a component. With grants it goes to its stage with them. Without, it inherits the grants of the
    /// version it replaces and goes there if it asks for no more; else it waits for somebody to grant it. The same
    /// component again goes back to it.
    pub async fn install_plugin(
        &self,
        shop: ShopId,
        component: Bytes,
        upload: Upload,
    ) -> Result<PluginRecord, InstallError> {
        // Before anything of it is compiled or run.
        let digest = hex::encode(Sha256::digest(&component));
        let installed = self.store.plugins(shop).await?;
        let known = installed.iter().find(|record| record.digest == digest);
        let (signed_by, warning) = self.judge(shop, &component, upload.signature.as_deref(), known).await??;
        if let Some(distrust) = &warning {
            tracing::warn!(%shop, digest, %distrust, "a plugin that no trusted key has signed is let pass");
        }
        let checked = match self.plugins.check(component.clone(), self.now()).await {
            Ok(checked) => {
                PluginRecord { signed_by, distrust: warning.map(|distrust| distrust.to_string()), ..checked }
            }
            Err(rejection) => {
                self.keep_rejected(shop, &component, &rejection, &upload.by).await?;
                return Err(rejection.into());
            }
        };
        for _ in 0..CONFLICTS {
            match self.try_install(shop, &checked, &component, &upload).await {
                Err(InstallError::Store(StoreError::Conflict)) => {}
                other => return other,
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn try_install(
        &self,
        shop: ShopId,
        checked: &PluginRecord,
        component: &Bytes,
        upload: &Upload,
    ) -> Result<PluginRecord, InstallError> {
        let holdings = self.holdings(shop).await?;
        let now = self.now();
        let known = holdings.plugins.iter().find(|record| record.digest == checked.digest);
        let replaced = holdings.plugins.iter().find(|record| record.is_active() && record.is_of_line(checked));
        let (signed_by, distrust) = (checked.signed_by.clone(), checked.distrust.clone());
        let mut record = PluginRecord { signed_by, distrust, ..known.unwrap_or(checked).clone() };
        let trust_is_known =
            known.is_some_and(|known| known.signed_by == record.signed_by && known.distrust == record.distrust);
        if let Some(grants) = upload.grants.clone().or_else(|| known.or(replaced).map(|record| record.grants.clone())) {
            record.grants = grants;
        }
        let wanted = upload.stage.clone().unwrap_or(Stage::Active);
        let stays = upload.grants.is_none() && known.is_some_and(|known| known.stage == wanted);
        if stays && trust_is_known {
            return Ok(record);
        }
        let mut audit = Audit::new(self, &upload.by);
        if !trust_is_known {
            let (signed_by, distrust) = (record.signed_by.clone(), record.distrust.clone());
            audit.tell(&record, Audited::Uploaded { version: record.version.clone(), signed_by, distrust });
        }
        if stays {
            let records = vec![record.clone()];
            let changes = PluginChanges {
                revision: holdings.revision,
                records,
                audit: audit.entries,
                ..PluginChanges::default()
            };
            self.store.change_plugins(shop, &changes).await?;
            return Ok(record);
        }
        if let Some(grants) = &upload.grants {
            audit.tell(&record, Audited::Granted { grants: grants.clone() });
        }
        let missing = if upload.grants.is_some() { Vec::new() } else { holdings.missing(&record) };
        let stood = record.stage.clone();
        // What waited for grants has them now, or waits again.
        if matches!(stood, Stage::Waiting { .. }) {
            record.stage = Stage::Installed;
        }
        let going = match missing.is_empty() || record.is_active() {
            true => self.going(&holdings, &record, wanted, now, None).await,
            false => {
                audit.tell(&record, Audited::AskedForMore { missing });
                let waiting = Stage::Waiting { then: Box::new(wanted) };
                Ok(vec![record.at_stage(waiting, now, None)])
            }
        };
        let (records, refusal) = match going {
            Ok(records) => (records, None),
            Err(InstallError::Store(error)) => return Err(error.into()),
            // It is kept all the same, so that it need not be uploaded again.
            Err(refusal) if known.is_none() => {
                (vec![record.at_stage(Stage::Installed, now, Some(&refusal.to_string()))], Some(refusal))
            }
            Err(refusal) => return Err(refusal),
        };
        let first = records.first().cloned().unwrap_or(record);
        audit.moves(&holdings, &records, &stood, &first.digest);
        let changes = PluginChanges {
            revision: holdings.revision,
            records,
            component: known.is_none().then(|| component.clone()),
            audit: audit.entries,
            ..PluginChanges::default()
        };
        self.store.change_plugins(shop, &changes).await?;
        refusal.map_or(Ok(first), Err)
    }

    /// What changes when a version goes to a stage, once the shop's strategies are found to be sound with it.
    pub(crate) async fn going(
        &self,
        holdings: &Holdings,
        record: &PluginRecord,
        to: Stage,
        now: cartwright_domain::time::Timestamp,
        why: Option<&str>,
    ) -> Result<Vec<PluginRecord>, InstallError> {
        if to.is_asked() {
            self.stands(holdings.shop.id, record).await??;
        }
        let decides = matches!(to, Stage::Active | Stage::Canary { .. });
        let leaves = record.is_active() && !matches!(to, Stage::Active);
        let records = moved(&holdings.plugins, record, to, now, why)?;
        if decides || leaves {
            self.refuse_broken(holdings, record, decides).await?;
        }
        Ok(records)
    }

    /// An upload that was refused is kept with the reason, so that whoever comes later sees it.
    async fn keep_rejected(
        &self,
        shop: ShopId,
        component: &Bytes,
        rejection: &PluginRejection,
        by: &str,
    ) -> Result<(), StoreError> {
        let at = self.now();
        let rejected = Rejected {
            id: self.entropy.mint(at).next(),
            at,
            by: by.to_owned(),
            digest: hex::encode(Sha256::digest(component)),
            size: component.len() as u64,
            check: rejection.stage.to_string(),
            message: rejection.message.clone(),
        };
        let note = Note {
            kind: NoteKind::Rejected,
            subject: String::new(),
            id: rejected.id,
            at,
            run: None,
            document: json!(rejected),
        };
        self.store.write_notes(shop, &[note]).await
    }
}

/// Lines of the audit, as they are written.
pub(crate) struct Audit {
    pub(crate) entries: Vec<AuditEntry>,
    mint: Mint,
    at: cartwright_domain::time::Timestamp,
    by: String,
}

impl Audit {
    pub(crate) fn new(engine: &Engine, by: &str) -> Self {
        let at = engine.now();
        Self { entries: Vec::new(), mint: engine.entropy.mint(at), at, by: by.to_owned() }
    }

    pub(crate) fn tell(&mut self, record: &PluginRecord, did: Audited) {
        self.tell_of(&record.name, Some(&record.digest), did);
    }

    pub(crate) fn tell_of(&mut self, plugin: &str, digest: Option<&str>, did: Audited) {
        self.entries.push(AuditEntry {
            id: self.mint.next(),
            at: self.at,
            by: self.by.clone(),
            plugin: plugin.to_owned(),
            digest: digest.map(str::to_owned),
            did,
        });
    }

    /// Tells of every version that goes somewhere. `stood` is where the one of the digest stood.
    pub(crate) fn moves(&mut self, holdings: &Holdings, records: &[PluginRecord], stood: &Stage, digest: &str) {
        for record in records {
            let known = holdings.plugins.iter().find(|known| known.digest == record.digest);
            let from = match known {
                _ if record.digest == digest => stood.clone(),
                Some(known) => known.stage.clone(),
                None => Stage::Installed,
            };
            if from != record.stage {
                self.tell(record, Audited::Moved { from, to: record.stage.clone(), why: record.why.clone() });
            }
        }
    }
}

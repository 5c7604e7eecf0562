//! The service's own runtime on the author's machine, with the components of this command in place of a database.

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::ids::{ConnectionId, Mint, ShopId};
use cartwright_domain::plugin::{PluginLimits, PluginRecord};
use cartwright_domain::shop::Grants;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{Components, ConnectionCall, PluginCall, Plugins, StoreError};
use cartwright_plugins::Runtime;
use serde_json::Value;
use sha2::Digest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::failure::Failure;
use crate::wiring::{self, CacheArgs, RuntimeArgs};

/// Where a connection on a workbench would be reached.
const ADDRESS: &str = "https://carts.example/hooks/1";

/// Which component, and where compiled code is kept.
#[derive(Debug, clap::Args)]
pub(crate) struct ComponentArgs {
    /// The component, a .wasm file
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}

impl ComponentArgs {
    /// A workbench with the component on it.
    pub(crate) async fn load(&self) -> Result<(Workbench, PluginRecord), Failure> {
        let bench = Workbench::new(&self.cache)?;
        let record = bench.load(&self.file).await?;
        Ok((bench, record))
    }
}

/// Components by digest.
#[derive(Default)]
struct AtHand(Mutex<BTreeMap<String, Bytes>>);

#[async_trait]
impl Components for AtHand {
    async fn component(&self, _: ShopId, digest: &str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned())
    }
}

/// A runtime and what it runs.
pub(crate) struct Workbench {
    pub(crate) runtime: Arc<Runtime>,
    at_hand: Arc<AtHand>,
}

/// SHA-256, hex.
pub(crate) fn digest_of(component: &[u8]) -> String {
    hex::encode(sha2::Sha256::digest(component))
}

/// The bytes of a file.
pub(crate) fn bytes_of(file: &Path) -> Result<Bytes, Failure> {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::bad_input(format!("{} cannot be read: {error}", file.display())))?;
    Ok(bytes.into())
}

impl Workbench {
    pub(crate) fn new(cache: &CacheArgs) -> Result<Self, Failure> {
        let at_hand = Arc::new(AtHand::default());
        let args = RuntimeArgs { cache: cache.clone(), ..RuntimeArgs::default() };
        Ok(Self { runtime: wiring::runtime(&args, at_hand.clone())?, at_hand })
    }

    /// Checks a component as an upload would, and keeps it.
    pub(crate) async fn load(&self, file: &Path) -> Result<PluginRecord, Failure> {
        let bytes = bytes_of(file)?;
        // The moment of installation stands in the record, and nothing is installed here.
        let checked = self.runtime.check(bytes.clone(), Timestamp::default()).await;
        let record =
            checked.map_err(|rejection| Failure::failed(format!("{} is refused at {rejection}", file.display())))?;
        self.at_hand.0.lock().unwrap_or_else(PoisonError::into_inner).insert(record.digest.clone(), bytes);
        Ok(record)
    }

    /// What a call needs to know of the plugin.
    pub(crate) fn call(&self, record: &PluginRecord, config: &Value, grants: Option<Grants>) -> PluginCall {
        PluginCall {
            shop: Mint::new(Timestamp::default(), [0; 32]).next(),
            digest: record.digest.clone(),
            config: config.clone(),
            grants: Arc::new(grants.unwrap_or_else(|| record.descriptor.asks(config))),
            limits: PluginLimits::default(),
        }
    }

    /// The same for a channel or source.
    pub(crate) fn connection(
        &self,
        plugin: PluginCall,
        secrets: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> ConnectionCall {
        let secrets = secrets.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        ConnectionCall {
            plugin,
            connection: Mint::new(Timestamp::default(), [1; 32]).next::<ConnectionId>(),
            secrets: Arc::new(secrets.collect()),
            expiries: Arc::default(),
            address: ADDRESS.to_owned(),
            now,
        }
    }
}

//! The plugins that are ready to run, by digest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::{Descriptor, PluginFailure, Problem};
use cartwright_engine::ports::{CheckStage, Components, PluginRejection};
use jsonschema::Validator;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::check::{self, Fitting};
use crate::compiled::Compiled;
use crate::failure::{fail, reject};
use crate::guest::Guest;
use crate::kinds::{Description, Kind};
use crate::sandbox::Sandbox;
use crate::session::Session;

/// A component, compiled, linked and described.
pub(crate) struct Plugin {
    pub(crate) digest: String,
    pub(crate) kind: Kind,
    pub(crate) built_for: String,
    pub(crate) descriptor: Arc<Descriptor>,
    pub(crate) config_schema: Validator,
}

/// Loads plugins and keeps the newest used.
pub(crate) struct Catalogue {
    sandbox: Arc<Sandbox>,
    compiled: Compiled,
    components: Arc<dyn Components>,
    kept: Mutex<Kept>,
    /// One at a time: a compiler takes every core it gets.
    compiler: tokio::sync::Mutex<()>,
}

/// A plugin, or the place where it will be once it is loaded.
type Cell = Arc<OnceCell<Arc<Plugin>>>;

#[derive(Default)]
struct Kept {
    /// With the number of the last use.
    plugins: HashMap<String, (Cell, u64)>,
    uses: u64,
}

impl Catalogue {
    pub(crate) fn new(sandbox: Arc<Sandbox>, compiled: Compiled, components: Arc<dyn Components>) -> Self {
        Self { sandbox, compiled, components, kept: Mutex::default(), compiler: tokio::sync::Mutex::default() }
    }

    /// The plugin that a shop has installed under a digest. However many ask at once, it is loaded once.
    pub(crate) async fn plugin(&self, shop: ShopId, digest: &str) -> Result<Arc<Plugin>, PluginFailure> {
        let cell = self.cell(digest);
        let load = || async {
            let missing = |why: String| fail(Problem::NotInstalled, why);
            let component = self.components.component(shop, digest).await;
            let component =
                component.map_err(|why| fail(Problem::Busy, format!("its component cannot be read: {why}")))?;
            let component =
                component.ok_or_else(|| missing(format!("no component {digest} is installed; upload it")))?;
            if digest_of(&component) != digest {
                return Err(missing(format!(
                    "the stored component is not the one of digest {digest}; upload it again"
                )));
            }
            let digest = digest.to_owned();
            // It is the file that was uploaded, so it is whole and describes itself the same every time.
            let loaded = self.load(digest, component).await.map(|(plugin, _)| plugin);
            loaded.map_err(|why| missing(format!("its component cannot be loaded: {why}")))
        };
        cell.get_or_try_init(load).await.cloned()
    }

    /// A component that was just uploaded; where it is good it stays ready.
    pub(crate) async fn uploaded(&self, component: Bytes) -> Result<Arc<Plugin>, PluginRejection> {
        let digest = digest_of(&component);
        let load = || async {
            check::file(&self.sandbox.limits, &component)?;
            let (plugin, first) = self.load(digest.clone(), component.clone()).await?;
            if first != self.describe(&plugin.kind).await? {
                let message = "it described itself differently the second time; a descriptor is always the same";
                return Err(reject(CheckStage::Describe, message));
            }
            Ok(plugin)
        };
        self.cell(&digest).get_or_try_init(load).await.cloned()
    }

    /// A component from its bytes, with what it said of itself.
    async fn load(&self, digest: String, component: Bytes) -> Result<(Arc<Plugin>, Description), PluginRejection> {
        let Fitting { kind, built_for } = self.compile(digest.clone(), component).await?;
        let description = self.describe(&kind).await?;
        let descriptor = check::described(description.clone())?;
        let config_schema = check::validator(&descriptor.config_schema).map_err(|why| {
            reject(CheckStage::Describe, format!("descriptor.config-schema is no JSON Schema: {why}"))
        })?;
        let plugin = Plugin { digest, kind, built_for, descriptor: Arc::new(descriptor), config_schema };
        Ok((Arc::new(plugin), description))
    }

    async fn compile(&self, digest: String, component: Bytes) -> Result<Fitting, PluginRejection> {
        let (sandbox, compiled) = (self.sandbox.clone(), self.compiled.clone());
        let (wanted, wasm) = (digest.clone(), component.clone());
        let kept = off_the_path(move || {
            let kept = compiled.kept(&sandbox.engine, &wanted);
            kept.map(|kept| check::fit(&sandbox, &kept, &wasm)).transpose()
        });
        // Code that is kept never waits for the compiler: it may be busy with a stranger's.
        if let Some(fitting) = kept.await? {
            return Ok(fitting);
        }
        let _turn = self.compiler.lock().await;
        let (sandbox, compiled) = (self.sandbox.clone(), self.compiled.clone());
        off_the_path(move || {
            check::bounded(&component)?;
            let compiled = compiled
                .component(&sandbox.engine, &digest, &component)
                .map_err(|error| reject(CheckStage::Compile, format!("it cannot be compiled: {error:#}")))?;
            check::fit(&sandbox, &compiled, &component)
        })
        .await
    }

    /// Starts it once, on trial and without any rights, and asks what it is.
    async fn describe(&self, kind: &Kind) -> Result<Description, PluginRejection> {
        let limits = &self.sandbox.limits;
        let guest = Guest::new(limits);
        let refuse = |why: PluginFailure| reject(CheckStage::Describe, format!("asked what it is: {why}"));
        let mut session = Session::open(&self.sandbox, kind, None, guest, limits.output_bytes).await.map_err(refuse)?;
        let description = session.live.describe(&mut session.store).await;
        session.close(description).map_err(refuse)
    }

    fn cell(&self, digest: &str) -> Cell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        if !kept.plugins.contains_key(digest) && kept.plugins.len() >= self.sandbox.limits.kept {
            let oldest = kept.plugins.iter().min_by_key(|(_, (_, used))| *used).map(|(digest, _)| digest.clone());
            oldest.and_then(|digest| kept.plugins.remove(&digest));
        }
        let (cell, used) = kept.plugins.entry(digest.to_owned()).or_default();
        *used = now;
        cell.clone()
    }
}

/// On a thread that nobody waits for.
async fn off_the_path<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PluginRejection> + Send + 'static,
) -> Result<T, PluginRejection> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(reject(CheckStage::Compile, format!("the compiler gave up: {error}"))))
}

pub(crate) fn digest_of(component: &[u8]) -> String {
    hex::encode(Sha256::digest(component))
}

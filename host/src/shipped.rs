//! Components in a folder: those that come with Cartwright, or an integrator's own.

use bytes::Bytes;
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::PluginRecord;
use cartwright_engine::{Engine, PluginChange, Upload};
use serde_json::json;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::wiring::CacheArgs;

/// Who installs them, in the audit.
const INSTALLER: &str = "the components that come with Cartwright";
/// Where `cargo xtask plugins` leaves what it builds.
const BUILT: &str = "target/wasm32-wasip2/plugin";

/// Where components are found.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PluginsArgs {
    /// Folder with plugin components [default: those that come with Cartwright]
    #[arg(long, value_name = "DIR", env = "CARTWRIGHT_PLUGINS_DIR")]
    pub(crate) plugins: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}

impl PluginsArgs {
    /// Every component of the folder in the order of their names.
    pub(crate) fn components(&self) -> Result<Vec<(PathBuf, Bytes)>, Failure> {
        let folder = match &self.plugins {
            Some(folder) => folder.clone(),
            None => built_beside().ok_or_else(|| {
                Failure::bad_input(
                    "there are no plugins; build them with `cargo xtask plugins`, or name their folder with --plugins",
                )
            })?,
        };
        let unreadable = |path: &Path, error: std::io::Error| {
            Failure::bad_input(format!("{} cannot be read: {error}", path.display()))
        };
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
            .map_err(|error| unreadable(&folder, error))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "wasm"))
            .collect();
        paths.sort();
        if paths.is_empty() {
            return Err(Failure::bad_input(format!(
                "{} holds no .wasm file; build the plugins with `cargo xtask plugins`",
                folder.display()
            )));
        }
        paths
            .into_iter()
            .map(|path| match std::fs::read(&path) {
                Ok(bytes) => Ok((path, bytes.into())),
                Err(error) => Err(unreadable(&path, error)),
            })
            .collect()
    }
}

/// Beside the folder of this binary, or below the one that the command was started in.
fn built_beside() -> Option<PathBuf> {
    let beside_binary = std::env::current_exe().ok().and_then(|binary| {
        let target = binary.parent()?.parent()?;
        Some(target.join("wasm32-wasip2/plugin"))
    });
    beside_binary.into_iter().chain([PathBuf::from(BUILT)]).find(|folder| folder.is_dir())
}

/// Installs components in a shop and grants each what it asks for: for shops that are made to try something.
pub(crate) async fn install(
    engine: &Engine,
    shop: ShopId,
    components: Vec<(PathBuf, Bytes)>,
) -> Result<Vec<PluginRecord>, Failure> {
    let mut installed = Vec::new();
    for (path, component) in components {
        let named = |what: &dyn std::fmt::Display| Failure::bad_input(format!("{}: {what}", path.display()));
        let record =
            engine.install_plugin(shop, component, Upload::by(INSTALLER)).await.map_err(|error| named(&error))?;
        let asked = record.descriptor.asks(&json!({}));
        let grant = PluginChange::Grant { digest: record.digest.clone(), grants: asked };
        let granted = engine.change_plugin(shop, INSTALLER, grant).await.map_err(|error| named(&error))?;
        installed.push(granted.unwrap_or(record));
    }
    Ok(installed)
}

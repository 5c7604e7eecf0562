//! The composition root: which store, which runtime, which clock.

use cartwright_domain::trust::{TrustMode, TrustPolicy, TrustedKey};
use cartwright_engine::Engine;
use cartwright_engine::ports::{Clock, Components, Entropy, Store};
use cartwright_plugins::{EgressPolicy, Limits, Runtime, RuntimeOptions, Slices};
use cartwright_store::SecretKeys;
use std::path::PathBuf;
use std::sync::Arc;

use crate::failure::Failure;

/// Where a command finds its data.
#[derive(Debug, clap::Args)]
pub(crate) struct DatabaseArgs {
    /// `sqlite:FILE` or `postgres://USER@HOST/DATABASE`
    #[arg(long, env = "CARTWRIGHT_DATABASE_URL", default_value = "sqlite:cartwright.db", hide_env_values = true)]
    pub(crate) database_url: String,
    /// File with the keys that open secrets; else they are taken from CARTWRIGHT_SECRET_KEY
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_key_file: Option<PathBuf>,
}

/// How plugins run.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct RuntimeArgs {
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
    /// A private address that plugins may reach, such as `10.0.0.5:25`; may be given several times
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) allow_private_host: Vec<String>,
    /// Certificates (PEM) of authorities that are believed beside the public ones, such as that of a mail server of
    /// your own
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}

/// What every shop demands of signatures, whatever it says itself.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TrustArgs {
    /// What is done in every shop with a plugin that no trusted key has signed: off, warn or require
    #[arg(long, env = "CARTWRIGHT_PLUGIN_TRUST", value_name = "MODE", default_value = "off")]
    pub(crate) plugin_trust: TrustMode,
    /// A public key that every shop trusts, as NAME=KEY; may be given several times
    #[arg(long, value_name = "NAME=KEY")]
    pub(crate) trusted_key: Vec<TrustedKey>,
}

/// Where compiled plugins are kept.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CacheArgs {
    /// Folder that keeps compiled plugins, so that a start is quick [default: `cartwright/plugins` in the user's cache]
    #[arg(long, env = "CARTWRIGHT_PLUGINS_CACHE", value_name = "DIR")]
    pub(crate) plugins_cache: Option<PathBuf>,
}

impl CacheArgs {
    /// The folder that is named, else the user's own. Whoever has no place for it compiles at each start.
    fn folder(&self) -> Option<PathBuf> {
        let own = || user_cache().filter(|folder| std::fs::create_dir_all(folder).is_ok());
        self.plugins_cache.clone().or_else(own)
    }
}

/// By the XDG base directory specification; a path that is not absolute counts as none.
#[expect(clippy::disallowed_methods, reason = "configuration is read here and handed on")]
fn user_cache() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
    Some(cache.join("cartwright/plugins"))
}

impl DatabaseArgs {
    /// Opens the database with the keys, if there are any.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Store>, Failure> {
        open(&self.database_url, self.keys()?.unwrap_or_default()).await
    }

    /// The keys, from the file or the environment.
    pub(crate) fn keys(&self) -> Result<Option<SecretKeys>, Failure> {
        let text = match &self.secret_key_file {
            Some(path) => Some(crate::strategy_file::text_of(path)?),
            None => secret_key_of_environment(),
        };
        text.map(|text| SecretKeys::parse(&text).map_err(Failure::bad_input)).transpose()
    }
}

/// A key on the command line could be read by everybody on the machine, so there is no option for it.
#[expect(clippy::disallowed_methods, reason = "configuration is read here and handed on")]
fn secret_key_of_environment() -> Option<String> {
    std::env::var("CARTWRIGHT_SECRET_KEY").ok().filter(|text| !text.trim().is_empty())
}

/// The file of a database on SQLite, if it is in one.
pub(crate) fn sqlite_file(url: &str) -> Option<PathBuf> {
    let file = url.strip_prefix("sqlite:").filter(|file| !file.starts_with(':') && !file.starts_with("//:"))?;
    Some(file.trim_start_matches("//").split('?').next().unwrap_or_default().into())
}

/// Opens a database and brings its tables up to this version.
pub(crate) async fn open(url: &str, keys: SecretKeys) -> Result<Arc<dyn Store>, Failure> {
    cartwright_store::open(url, keys).await.map_err(Failure::bad_input)
}

/// The plugin runtime over the components of a store, or of a workbench.
pub(crate) fn runtime(args: &RuntimeArgs, components: Arc<dyn Components>) -> Result<Arc<Runtime>, Failure> {
    let authorities = match &args.ca_file {
        None => Vec::new(),
        Some(file) => {
            let wrong = |why: String| Failure::bad_input(format!("--ca-file {}: {why}", file.display()));
            let pem = std::fs::read(file).map_err(|why| wrong(format!("cannot be read: {why}")))?;
            EgressPolicy::authorities_of(&pem).map_err(wrong)?
        }
    };
    let options = RuntimeOptions {
        cache_dir: args.cache.folder(),
        limits: Limits::default(),
        slices: Slices::Timed,
        components,
        egress: EgressPolicy { allow_private: args.allow_private_host.clone(), authorities },
    };
    Runtime::new(options).map(Arc::new).map_err(Failure::bad_input)
}

/// The engine with everything real but time and chance, which are the caller's.
pub(crate) fn engine(
    args: &RuntimeArgs,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Engine, Failure> {
    Ok(engine_over(args, runtime(args, store.clone())?, store, clock, entropy))
}

/// The same over a runtime that others use too.
pub(crate) fn engine_over(
    args: &RuntimeArgs,
    runtime: Arc<Runtime>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Engine {
    let floor = TrustPolicy { mode: args.trust.plugin_trust, keys: args.trust.trusted_key.clone() };
    Engine::new(store, runtime.clone(), runtime.clone(), clock, entropy).with_pictures(runtime).with_trust_floor(floor)
}

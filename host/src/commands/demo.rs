//! `cartwright demo`: the service with a sample shop, everything installed, and a clock that can be skipped ahead.

mod shoppers;

use async_trait::async_trait;
use cartwright_api::{ApiOptions, DemoControls};
use cartwright_domain::event::read_json;
use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::shop::{Connection, ConnectionKind, PluginRef};
use cartwright_domain::strategy::{Strategy, StrategyState};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::user::{Standing, User};
use cartwright_engine::ports::{Clock, Secret, StoreError};
use cartwright_engine::{ConnectionDraft, Engine, Skipped};
use cartwright_store::SecretKeys;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::SkipClock;
use crate::console::ConsoleArgs;
use crate::entropy::{self, OsEntropy};
use crate::failure::{Failure, counted};
use crate::output;
use crate::rehearsal::Previewer;
use crate::service;
use crate::shipped::{self, PluginsArgs};
use crate::wiring::{self, CacheArgs, RuntimeArgs};
use shoppers::Shoppers;

/// What the visitor signs webhooks with.
const CLIENT_SECRET: &str = "demo-secret";
/// The strategies of the examples, with the state that each is published in.
const STRATEGIES: [(&str, StrategyState); 2] = [
    (include_str!("../../../examples/add-to-cart-reminder.strategy.json"), StrategyState::Live),
    (include_str!("../../../examples/high-value-first.strategy.json"), StrategyState::Paused),
];
const GUIDE: &str = include_str!("demo/guide.txt");
const SHELL: &str = include_str!("demo/try.sh");

/// How the demo runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder for its database, which is made anew at each start
    #[arg(long, value_name = "DIR", default_value = "target/demo")]
    data: PathBuf,
    #[command(flatten)]
    plugins: PluginsArgs,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "IP:PORT")]
    listen: SocketAddr,
    /// A private address that plugins may reach, such as `127.0.0.1:2525`; may be given several times
    #[arg(long, value_name = "HOST:PORT")]
    allow_private_host: Vec<String>,
    /// No shoppers: nothing happens but what you do
    #[arg(long)]
    still: bool,
    #[command(flatten)]
    console: ConsoleArgs,
}

/// Runs the demo until it is told to stop.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let components = args.plugins.components()?;
    let listener = service::listen(args.listen).await?;
    let url = service::local_url(&listener)?;
    let (database, keys) = fresh_database(&args.data)?;
    let store = wiring::open(&database, keys).await?;
    let cache =
        CacheArgs { plugins_cache: args.plugins.cache.plugins_cache.or_else(|| Some(args.data.join("plugins"))) };
    let runtime = RuntimeArgs { cache, allow_private_host: args.allow_private_host, ..RuntimeArgs::default() };
    let clock = Arc::new(SkipClock::new());
    let shared = wiring::runtime(&runtime, store.clone())?;
    let previews = Arc::new(Previewer::new(store.clone(), shared.clone()));
    let engine = wiring::engine_over(&runtime, shared, store, clock.clone(), Arc::new(OsEntropy));
    let engine = engine.with_public_url(&url).with_rehearsed_sources();
    output::say(format_args!("setting up a sample shop with {}", counted(components.len(), "plugin")));
    let shop = engine
        .make_shop("Sample shop", "EUR".parse().map_err(Failure::failed)?, Some("Europe/Berlin"), Some("DE"))
        .await?
        .id;
    shipped::install(&engine, shop, components).await?;
    connect(&engine, shop, "inbox", ConnectionKind::Channel, None).await?;
    connect(&engine, shop, "events", ConnectionKind::Source, None).await?;
    let shopify = connect(&engine, shop, "shopify", ConnectionKind::Source, Some(CLIENT_SECRET)).await?;
    for (text, state) in STRATEGIES {
        let definition: Strategy =
            read_json("", serde_json::from_str(text).map_err(Failure::failed)?).map_err(Failure::failed)?;
        engine.publish(shop, None, definition, state).await?;
    }
    let visitor = add_visitor(&engine).await?;
    let (_, key) = engine.make_key(Some(shop), "demo").await?;
    let shell = args.data.join("try.sh");
    let shoppers = match args.still {
        true => "Nobody shops but whom you tell of.",
        false => "Shoppers come by themselves, and one in three orders (--still begins without them).",
    };
    let fill = |text: &str| {
        text.replace("@URL@", &url)
            .replace("@KEY@", &key)
            .replace("@HOOK@", &format!("{url}/hooks/{}", shopify.id))
            .replace("@SECRET@", CLIENT_SECRET)
            .replace("@SHELL@", &shell.display().to_string())
            .replace("@NOW@", &clock.now().to_string())
            .replace("@SHOPPERS@", shoppers)
    };
    std::fs::write(&shell, fill(SHELL)).map_err(|error| unwritable(&shell, &error))?;
    output::say(fill(GUIDE));
    if !args.still {
        let (engine, clock) = (engine.clone(), clock.clone());
        tokio::spawn(Shoppers { engine, clock, source: shopify.id, secret: CLIENT_SECRET }.come());
    }
    let controls = Arc::new(Controls { engine: engine.clone(), clock, shop, visitor });
    let options = ApiOptions {
        demo: Some(controls),
        previews: Some(previews),
        console: args.console.files(),
        ..ApiOptions::new(url)
    };
    service::run(engine.clone(), cartwright_api::router(engine, options), listener).await
}

/// Whom everybody is who opens the console. No password is theirs: an empty text is the hash of none.
async fn add_visitor(engine: &Engine) -> Result<UserId, Failure> {
    let now = engine.now();
    let (id, password) = (engine.entropy.mint(now).next(), String::new());
    let visitor = User { id, name: "demo".to_owned(), standing: Standing::Operator, password, created_at: now };
    engine.store.add_user(&visitor).await?;
    Ok(id)
}

/// The address of a database that holds nothing yet, and a key beside it.
fn fresh_database(folder: &Path) -> Result<(String, SecretKeys), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let file = folder.join("demo.db");
    for end in ["", "-wal", "-shm"] {
        let old = folder.join(format!("demo.db{end}"));
        match std::fs::remove_file(&old) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unwritable(&old, &error)),
            _ => {}
        }
    }
    let line = SecretKeys::line(&entropy::random()?);
    let key_file = folder.join("secret.key");
    write_private(&key_file, &line).map_err(|error| unwritable(&key_file, &error))?;
    Ok((format!("sqlite:{}", file.display()), SecretKeys::parse(&line).map_err(Failure::failed)?))
}

/// Writes a file that only this user can read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::bad_input(format!("{} cannot be written: {error}; name another folder with --data", path.display()))
}

/// Connects the plugin of a name under that name.
async fn connect(
    engine: &Engine,
    shop: ShopId,
    name: &str,
    kind: ConnectionKind,
    secret: Option<&str>,
) -> Result<Connection, Failure> {
    let plugin = PluginRef::try_from(name.to_owned()).map_err(Failure::failed)?;
    let installed = engine.store.plugins(shop).await?;
    let Some(record) = cartwright_domain::plugin::active_plugin(&installed, &plugin) else {
        return Err(Failure::bad_input(format!(
            "the demo needs the plugin `{name}`; build the plugins with `cargo xtask plugins`"
        )));
    };
    let config = json!({});
    let grants = record.descriptor.asks(&config);
    let secrets: BTreeMap<String, Secret> = secret
        .map(|secret| grants.secrets.iter().map(|name| (name.clone(), Secret::from(secret))).collect())
        .unwrap_or_default();
    let draft = ConnectionDraft {
        name: name.to_owned(),
        kind,
        plugin,
        config,
        grants,
        window: None,
        cap: None,
        senders: Vec::new(),
        stale_after: None,
        secrets,
    };
    Ok(engine.save_connection(shop, draft).await?)
}

/// What the page and the API let the visitor do.
struct Controls {
    engine: Engine,
    clock: Arc<SkipClock>,
    shop: ShopId,
    visitor: UserId,
}

#[async_trait]
impl DemoControls for Controls {
    fn shop(&self) -> ShopId {
        self.shop
    }

    fn visitor(&self) -> UserId {
        self.visitor
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn skip(&self, span: Span) -> Result<Skipped, StoreError> {
        self.engine.skip(&*self.clock, span).await
    }
}

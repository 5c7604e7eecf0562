//! `cartwright doctor`: what is wrong with an installation, and what to do.

mod probes;

use cartwright_domain::shop::{Connection, Shop};
use cartwright_domain::time::Span;
use cartwright_engine::ports::{Clock, Plugins, SeenNode, Standing, Store};
use cartwright_engine::{Engine, Pause, judge};
use cartwright_plugins::Runtime;
use cartwright_store::SecretKeys;
use serde::Serialize;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::entropy::OsEntropy;
use crate::failure::{Failure, counted};
use crate::mark::MarkArgs;
use crate::output::{self, Format};
use crate::wiring::{self, DatabaseArgs, RuntimeArgs};

/// A node that has not been heard of for so long has ended.
const SILENT: Span = Span::minutes(1);

/// What is looked at.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    runtime: RuntimeArgs,
    #[command(flatten)]
    mark: MarkArgs,
    /// Ask nobody outside whether the credentials of channels and sources work
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    format: Format,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    state: State,
    /// What was found and, if it is not well, what to do.
    words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Well,
    Look,
    Wrong,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, what: impl Into<String>, state: State, words: impl ToString) {
        self.0.push(Finding { what: what.into(), state, words: words.to_string() });
    }
}

/// Looks at everything; ends as failed if anything is wrong.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let mut findings = Findings::default();
    if let Some(store) = database(&args, &mut findings).await {
        nodes(&args, &store, &mut findings).await?;
        sealings(&args, &store, &mut findings).await?;
        match wiring::runtime(&args.runtime, store.clone()) {
            Ok(runtime) => {
                findings.add("plugin runtime", State::Well, "it can be set up");
                let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
                let engine = Engine::new(store.clone(), runtime.clone(), runtime.clone(), clock, entropy);
                shops(&engine, &runtime, args.offline, &mut findings).await?;
                invariants(&engine, &mut findings).await?;
            }
            Err(failure) => findings.add("plugin runtime", State::Wrong, told(&failure)),
        }
    }
    let wrong = findings.0.iter().filter(|finding| finding.state == State::Wrong).count();
    if args.format.json {
        output::say_json(&findings.0);
    } else {
        for Finding { what, state, words } in &findings.0 {
            let mark = match state {
                State::Well => "well",
                State::Look => "look",
                State::Wrong => "WRONG",
            };
            output::say(format_args!("{mark:<5}  {what}: {words}"));
        }
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::failed(format!("{} to put right, see above", counted(wrong, "thing")))),
    }
}

/// The keys and the database, as far as they can be opened.
async fn database(args: &Args, findings: &mut Findings) -> Option<Arc<dyn Store>> {
    let keys = match args.database.keys() {
        Ok(Some(keys)) => {
            findings.add("secret keys", State::Well, "they can be read");
            keys
        }
        Ok(None) => {
            let words = "none was given: no secret can be stored or opened; `cartwright key new > FILE` makes one";
            findings.add("secret keys", State::Look, words);
            SecretKeys::none()
        }
        Err(failure) => {
            findings.add("secret keys", State::Wrong, told(&failure));
            return None;
        }
    };
    let url = &args.database.database_url;
    // A doctor makes no database where there is none.
    if let Some(file) = wiring::sqlite_file(url).filter(|file| !file.exists()) {
        findings.add(
            "database",
            State::Wrong,
            format!(
                "{} does not exist; `cartwright serve` makes it, or name another with --database-url",
                file.display()
            ),
        );
        return None;
    }
    match wiring::open(url, keys).await {
        Ok(store) => {
            let sizes = store.sizes().await.unwrap_or_default();
            let rows: u64 = sizes.iter().map(|(_, rows)| rows).sum();
            findings.add("database", State::Well, format!("it opens, and holds {rows} rows in {} tables", sizes.len()));
            Some(store)
        }
        Err(failure) => {
            findings.add("database", State::Wrong, told(&failure));
            None
        }
    }
}

/// Who works on the database, and what this machine makes of it (S29).
async fn nodes(args: &Args, store: &Arc<dyn Store>, findings: &mut Findings) -> Result<(), Failure> {
    let database = store.instance().await?;
    let standing = args.mark.of(&args.database.database_url).read().map(|mark| judge(mark, database));
    let (state, words) = match standing {
        Ok(Standing::Sound) => (State::Well, format!("the one this machine knows ({})", database.id)),
        Ok(Standing::Safe) => (State::Wrong, Pause::Safe.to_string()),
        Ok(Standing::Unknown) => {
            (State::Look, format!("{}; or name the node's folder with --state-dir", Pause::Unknown))
        }
        Err(why) => (State::Wrong, format!("{why}; after a look at it, `cartwright node confirm` writes it anew")),
    };
    findings.add("which database", state, words);
    for SeenNode { node, silent_for, shards, .. } in store.nodes().await? {
        let what = format!("node {} ({})", node.id, node.role.name());
        match node.standing {
            Standing::Sound if silent_for > SILENT => {
                let words = format!("last seen {silent_for} ago; it ended without saying so, others have its work");
                findings.add(what, State::Look, words);
            }
            Standing::Sound => findings.add(what, State::Well, format!("works on {} of 256 shards", shards)),
            Standing::Safe => findings.add(what, State::Wrong, Pause::Safe),
            Standing::Unknown => findings.add(what, State::Wrong, Pause::Unknown),
        }
    }
    Ok(())
}

/// How many secrets each key has sealed.
async fn sealings(args: &Args, store: &Arc<dyn Store>, findings: &mut Findings) -> Result<(), Failure> {
    let keys = args.database.keys()?.unwrap_or_default();
    for (id, count) in store.sealings().await? {
        let sealed = counted(count as usize, "secret");
        let (state, words) = if keys.newest() == Some(id.as_str()) {
            (State::Well, format!("seals {sealed}"))
        } else if keys.ids().any(|known| known == id) {
            (State::Look, format!("still seals {sealed}; `cartwright key rotate` seals them with the newest key"))
        } else {
            (State::Wrong, format!("seals {sealed} and is not among the secret keys; add its line"))
        };
        findings.add(format!("secret key {id}"), state, words);
    }
    Ok(())
}

async fn shops(engine: &Engine, runtime: &Runtime, offline: bool, findings: &mut Findings) -> Result<(), Failure> {
    let store = &engine.store;
    let shops = store.shops().await?;
    if shops.is_empty() {
        findings.add("shops", State::Look, "there is none yet; `cartwright shop add NAME --currency EUR` makes one");
    }
    let open = store.open_incidents().await?;
    for shop in &shops {
        plugins(store, runtime, shop, findings).await?;
        for entry in store.connections(shop.id).await? {
            let can_be_opened = connection(store, shop, &entry.value, findings).await?;
            // Which secrets a plugin can do without is its own to say: what is missing speaks in its answer.
            if can_be_opened && !offline {
                probes::ask(engine, shop, &entry.value, findings).await?;
            }
        }
        let standing = open.iter().filter(|(of, _)| *of == shop.id).map(|(_, incident)| incident);
        for incident in standing {
            let what = format!("{}: {}", shop.name, incident.cause.headline(&incident.about));
            let words = format!("since {}: {} {}", incident.opened_at, incident.told.words, incident.told.next_step);
            findings.add(what, State::Wrong, words);
        }
        for (counter, count) in store.counts(shop.id).await? {
            let words = format!("{count} counted; `GET /v1/asides` shows what was put aside");
            findings.add(format!("{}: {counter}", shop.name), State::Look, words);
        }
    }
    Ok(())
}

async fn plugins(
    store: &Arc<dyn Store>,
    runtime: &Runtime,
    shop: &Shop,
    findings: &mut Findings,
) -> Result<(), Failure> {
    for plugin in store.plugins(shop.id).await?.iter().filter(|plugin| plugin.is_active()) {
        let what = format!("{}: plugin {} {}", shop.name, plugin.name, plugin.version);
        match store.plugin_component(shop.id, &plugin.digest).await? {
            None => findings.add(what, State::Wrong, "its component is not in the database; upload it again"),
            Some(component) => match runtime.check(component, SystemClock.now()).await {
                Ok(_) => findings.add(what, State::Well, "it loads"),
                Err(rejection) => {
                    findings.add(
                        what,
                        State::Wrong,
                        format!("it does not load any more: {rejection}; upload a version built for this host"),
                    );
                }
            },
        }
    }
    Ok(())
}

/// Whether its secrets can be opened.
async fn connection(
    store: &Arc<dyn Store>,
    shop: &Shop,
    connection: &Connection,
    findings: &mut Findings,
) -> Result<bool, Failure> {
    let what = format!("{}: connection {}", shop.name, connection.name);
    let set = store.secret_names(shop.id, connection.id).await?;
    if let Err(error) = store.secrets(shop.id, connection.id).await {
        findings.add(what, State::Wrong, error);
        return Ok(false);
    }
    let missing: Vec<&str> =
        connection.grants.secrets.iter().filter(|name| !set.contains(name)).map(String::as_str).collect();
    if let Some(hold) = &connection.held {
        let words = format!("held since {}: {}; {}", hold.since, hold.words, hold.next_step);
        findings.add(what, State::Wrong, words);
    } else if !missing.is_empty() {
        findings.add(
            what,
            State::Look,
            format!("no secret is set for {}; set it if the plugin needs it", missing.join(", ")),
        );
    } else {
        findings.add(what, State::Well, format!("not held, {} opened", counted(set.len(), "secret")));
    }
    for (sender, hold) in connection.senders.iter().filter_map(|sender| Some((&sender.name, sender.held.as_ref()?))) {
        let what = format!("{}: sender {sender} on {}", shop.name, connection.name);
        findings.add(what, State::Wrong, format!("held since {}: {}; {}", hold.since, hold.words, hold.next_step));
    }
    for (content, hold) in &connection.held_contents {
        let what = format!("{}: content {content} on {}", shop.name, connection.name);
        findings.add(what, State::Wrong, format!("held since {}: {}; {}", hold.since, hold.words, hold.next_step));
    }
    Ok(true)
}

/// What must hold of every shop, whatever crashed: over all its runs and messages, and the sums of its reports.
async fn invariants(engine: &Engine, findings: &mut Findings) -> Result<(), Failure> {
    /// More of one kind tell nothing new.
    const SHOWN: usize = 10;
    for shop in engine.store.shops().await? {
        let what = format!("{}: invariants", shop.name);
        let checked = engine.check_shop(shop.id, &|_| {}).await?;
        for violation in checked.violations.iter().take(SHOWN) {
            let words =
                format!("{} does not hold: {}; report it with the trace of the run", violation.rule, violation.found);
            findings.add(what.clone(), State::Wrong, words);
        }
        let seen =
            format!("{} with {}", counted(checked.runs as usize, "run"), counted(checked.messages as usize, "message"));
        match checked.violations.len() {
            0 if checked.figures_moved => {
                let words =
                    format!("{seen}: all hold; the sums of reports moved meanwhile, so look at them while it is quiet");
                findings.add(what, State::Well, words);
            }
            0 => findings.add(what, State::Well, format!("{seen}: all hold")),
            wrong if wrong > SHOWN => findings.add(what, State::Wrong, format!("{seen}: {} more", wrong - SHOWN)),
            _ => {}
        }
    }
    Ok(())
}

fn told(failure: &Failure) -> String {
    failure.lines().collect::<Vec<_>>().join(" ")
}

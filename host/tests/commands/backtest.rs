//! `cartwright backtest`: what a shop recorded, played again by the real binary, says who would have got what.

use cartwright_domain::event::{Event, EventText, Origin};
use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::{ConnectionKind, PluginRef};
use cartwright_domain::strategy::{Strategy, StrategyState};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::{ConnectionDraft, Engine, EventAnswer, Upload};
use cartwright_plugins::{EgressPolicy, Limits, Runtime, RuntimeOptions, Slices};
use cartwright_store::SecretKeys;
use cartwright_testkit::clock::{ManualClock, SeededEntropy, at};
use cartwright_testkit::present;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

/// A shop on a database in a file, whose days have been lived through.
struct Lived {
    folder: PathBuf,
    database: String,
    engine: Engine,
    clock: Arc<ManualClock>,
    shop: ShopId,
}

const MORNING: &str = "2026-11-02T09:00:00Z";

impl Lived {
    async fn open(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let database = format!("sqlite:{}/shop.db", folder.display());
        let store = cartwright_store::open(&database, SecretKeys::none()).await.unwrap();
        let options = RuntimeOptions {
            cache_dir: Some(present::workspace().join("target/tests-plugins-cache")),
            limits: Limits::default(),
            slices: Slices::Timed,
            egress: EgressPolicy::default(),
            components: store.clone(),
        };
        let runtime = Arc::new(Runtime::new(options).unwrap());
        let clock = Arc::new(ManualClock::new(at(MORNING)));
        let engine = Engine::new(store, runtime.clone(), runtime, clock.clone(), Arc::new(SeededEntropy::new(1)));
        let shop = engine.make_shop("Acorn and Oak", "EUR".parse().unwrap(), None, None).await.unwrap().id;
        for plugin in ["liquid_renderer", "inbox"] {
            engine.install_plugin(shop, present::component(plugin).into(), Upload::by("test")).await.unwrap();
        }
        let inbox = ConnectionDraft {
            name: "inbox".to_owned(),
            kind: ConnectionKind::Channel,
            plugin: PluginRef { name: "inbox".to_owned(), major: None },
            config: json!({}),
            grants: Default::default(),
            window: None,
            cap: None,
            senders: Vec::new(),
            stale_after: None,
            secrets: BTreeMap::new(),
        };
        engine.save_connection(shop, inbox).await.unwrap();
        Self { folder, database, engine, clock, shop }
    }

    /// A reminder after so long, published as the next version.
    async fn publish(&self, settle: &str) {
        let record = self.engine.store.strategies(self.shop).await.unwrap().first().map(|record| record.id);
        self.engine.publish(self.shop, record, reminder(settle), StrategyState::Live).await.unwrap();
    }

    /// Something happens at a moment, after all that was due before.
    async fn happens(&self, moment: &str, mut event: Value) {
        let now = self.clock_now();
        self.engine.skip(&*self.clock, at(moment).since(now)).await.unwrap();
        event["occurred_at"] = json!(moment);
        event["id"] = json!(format!("{moment} {} {}", event["type"], event["subject"]));
        let text: EventText = serde_json::from_value(event).unwrap();
        let events = vec![Event::try_from(text).unwrap()];
        assert_eq!(self.engine.ingest(self.shop, Origin::Api, events).await.unwrap(), [EventAnswer::Accepted]);
        self.engine.skip(&*self.clock, Span::ZERO).await.unwrap();
    }

    fn clock_now(&self) -> Timestamp {
        self.engine.now()
    }

    /// Ana leaves a cart; Ben does and orders two hours later; Cleo does and wants no news.
    async fn live(&self) {
        for (name, state) in [("ana", "subscribed"), ("ben", "subscribed"), ("cleo", "unsubscribed")] {
            let body = json!({ "consent": { "state": state } });
            self.happens(MORNING, json!({ "type": "customer.updated", "subject": who(name), "body": body })).await;
        }
        for name in ["ana", "ben", "cleo"] {
            let body = json!({ "lines": [{ "title": "Teapot", "quantity": 1 }] });
            self.happens("2026-11-02T10:00:00Z", json!({ "type": "cart.updated", "subject": who(name), "body": body }))
                .await;
        }
        let mut order = who("ben");
        order["order"] = json!("o-1");
        self.happens("2026-11-02T12:00:00Z", json!({ "type": "order.placed", "subject": order, "body": {} })).await;
        self.happens("2026-11-03T10:00:00Z", json!({ "type": "shop.visited", "subject": who("ana") })).await;
    }

    fn backtest(&self, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_cartwright"))
            .args(["backtest", "--database-url", &self.database])
            .args(more)
            .current_dir(present::workspace())
            .env("CARTWRIGHT_PLUGINS_CACHE", present::workspace().join("target/tests-plugins-cache"))
            .env_remove("CARTWRIGHT_SECRET_KEY")
            .output()
            .unwrap()
    }

    #[track_caller]
    fn printed(&self, more: &[&str]) -> String {
        let output = self.backtest(more);
        assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, more: &[&str]) -> Vec<Value> {
        let printed = self.printed(&[more, &["--json"]].concat());
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn file(&self, strategy: &Strategy) -> String {
        let path = self.folder.join("tried.strategy.json");
        std::fs::write(&path, serde_json::to_string(strategy).unwrap()).unwrap();
        path.display().to_string()
    }
}

fn who(name: &str) -> Value {
    json!({ "customer": name, "email": format!("{name}@shop.example"), "cart": format!("c-{name}") })
}

fn reminder(settle: &str) -> Strategy {
    serde_json::from_value(json!({
        "name": "Reminder",
        "trigger": { "on": "cart", "settle": settle, "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "reminder", "variants": [{ "channel": "inbox", "body": { "text": "Still yours" } }] }],
    }))
    .unwrap()
}

fn of<'a>(lines: &'a [Value], what: &str, label: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["what"] == what && (label.is_empty() || line["as"] == label)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_stand_beside_what_really_happened() {
    let lived = Lived::open("backtest").await;
    lived.publish("4h").await;
    lived.live().await;
    lived.publish("1h").await;

    let asked = ["--strategy", "Reminder", "--version", "1", "--version", "2"];
    let lines = lived.json(&asked);
    let real = &of(&lines, "real", "")[0]["tally"];
    assert_eq!(real["runs"], json!({ "completed": 2, "converted": 1 }));
    assert_eq!(
        (&real["messages"], &real["skips"]),
        (&json!({ "accepted": 1, "skipped": 1 }), &json!({ "unsubscribed": 1 }))
    );
    // What really was is what the same version comes to.
    assert_eq!(&of(&lines, "tried", "version 1")[0]["tally"], real);
    assert!(of(&lines, "difference", "version 1").is_empty());
    // An hour is before Ben's order.
    let sooner = &of(&lines, "tried", "version 2")[0];
    assert_eq!(sooner["tally"]["messages"], json!({ "accepted": 2, "skipped": 1 }));
    assert_eq!(sooner["not_taken"], 0);
    let differences = of(&lines, "difference", "version 2");
    assert_eq!(differences.len(), 1, "{differences:#?}");
    assert_eq!((&differences[0]["gain"], &differences[0]["of"]["who"]), (&json!(1), &json!("ben@shop.example")));
    assert_eq!(differences[0]["of"]["tried"][0]["at"], "2026-11-02T11:00:00.000Z");
    assert_eq!(differences[0]["of"]["real"], json!([]));

    let text = lived.printed(&asked);
    assert!(
        text.starts_with("Reminder: 8 events, from 2026-11-02T09:00:00.000Z until 2026-11-03T10:00:00.000Z\n"),
        "{text}"
    );
    assert!(text.contains("messages  really  version 1  version 2\naccepted  1       1          2\n"), "{text}");
    assert!(text.contains("version 2: 1 customer would have got what they did not, 0 customers would not"), "{text}");
    assert!(
        text.contains(
            "  +1  ben@shop.example  `reminder` over inbox: accepted at 2026-11-02T11:00:00.000Z; really: nothing"
        ),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_tried_in_place_of_the_strategy_and_nothing_is_written() {
    let lived = Lived::open("backtest-file").await;
    lived.publish("4h").await;
    lived.live().await;
    let store = &lived.engine.store;
    let before = (store.sizes().await.unwrap(), store.settings_revision(lived.shop).await.unwrap());
    let later = lived.file(&reminder("2d"));
    let asked = ["--file", later.as_str(), "--shop", &lived.shop.to_string()];
    let lines = lived.json(&asked);
    let differences = of(&lines, "difference", &later);
    assert_eq!(differences.len(), 1);
    assert_eq!((&differences[0]["gain"], &differences[0]["of"]["who"]), (&json!(-1), &json!("ana@shop.example")));
    assert_eq!(of(&lines, "tried", &later)[0]["tally"]["runs"], json!({ "converted": 1, "on its way": 2 }));
    assert_eq!(lived.printed(&asked), lived.printed(&asked), "the same bytes twice");
    assert_eq!((store.sizes().await.unwrap(), store.settings_revision(lived.shop).await.unwrap()), before);
    assert_eq!(lived.engine.check_shop(lived.shop, &|_| {}).await.unwrap().violations, []);

    // Whatever happened after it, or began before it, is not looked at.
    let lines = lived.json(&["--strategy", "Reminder", "--until", "2026-11-02T13:00:00Z"]);
    assert_eq!(of(&lines, "real", "")[0]["tally"]["messages"], json!({}));
    assert_eq!(of(&lines, "tried", "version 1")[0]["tally"]["runs"], json!({ "converted": 1, "on its way": 2 }));
    let lines = lived.json(&["--strategy", "Reminder", "--from", "2026-11-02T11:00:00Z"]);
    assert_eq!(of(&lines, "real", "")[0]["tally"], of(&lines, "tried", "version 1")[0]["tally"]);
    assert_eq!(of(&lines, "real", "")[0]["tally"]["runs"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_played_is_said_with_what_to_do() {
    let lived = Lived::open("backtest-refused").await;
    lived.publish("4h").await;
    let refused = |more: &[&str]| {
        let output = lived.backtest(more);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{more:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let nothing = refused(&["--strategy", "Reminder"]);
    assert!(nothing.contains("nothing is recorded of `Acorn and Oak` yet"), "{nothing}");
    lived.live().await;
    let unknown = refused(&["--strategy", "Remainder"]);
    assert!(unknown.contains("the shop has no strategy `Remainder`"), "{unknown}");
    let version = refused(&["--strategy", "Reminder", "--version", "7"]);
    assert!(version.contains("`Reminder` has no version 7; the newest is 1"), "{version}");
    let mut broken = reminder("4h");
    broken.trigger.next = "nowhere".into();
    let broken = refused(&["--file", &lived.file(&broken)]);
    assert!(broken.contains("trigger.next: there is no step `nowhere`"), "{broken}");
}

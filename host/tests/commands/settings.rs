//! What people configure, on the real store and the real plugins: checked before it is stored, and denied unless
//! granted.

use bytes::Bytes;
use cartwright_domain::content::Content;
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::PluginRecord;
use cartwright_domain::shop::{ConnectionKind, Grants, PluginRef};
use cartwright_domain::strategy::{Strategy, StrategyState};
use cartwright_domain::window::Window;
use cartwright_engine::ports::{Secret, StoreError};
use cartwright_engine::{
    ConnectError, ConnectionDraft, ContentError, Engine, InstallError, PluginChange, PublishError, ShopError,
    StrategyFault, Upload,
};
use cartwright_plugins::{EgressPolicy, Limits, Runtime, RuntimeOptions, Slices};
use cartwright_store::SecretKeys;
use cartwright_testkit::clock::{ManualClock, SeededEntropy, at};
use cartwright_testkit::present;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A shop with nothing in it.
struct Setting {
    engine: Engine,
    shop: ShopId,
}

impl Setting {
    async fn new(keys: SecretKeys) -> Self {
        let store = cartwright_store::open("sqlite::memory:", keys).await.unwrap();
        let options = RuntimeOptions {
            cache_dir: Some(present::workspace().join("target/tests-plugins-cache")),
            limits: Limits::default(),
            slices: Slices::Timed,
            egress: EgressPolicy::default(),
            components: store.clone(),
        };
        let runtime = Arc::new(Runtime::new(options).unwrap());
        let clock = Arc::new(ManualClock::new(at("2026-11-02T09:00:00Z")));
        let engine = Engine::new(store, runtime.clone(), runtime, clock, Arc::new(SeededEntropy::new(1)));
        let shop = engine.make_shop("Acorn and Oak", "EUR".parse().unwrap(), None, None).await.unwrap().id;
        Self { engine, shop }
    }

    /// With everything that the example strategies need.
    async fn furnished() -> Self {
        let setting = Self::new(SecretKeys::none()).await;
        setting.install("high-value", Some(facts(&["orders.*"]))).await.unwrap();
        setting.install("liquid-renderer", None).await.unwrap();
        setting.install("inbox", None).await.unwrap();
        setting.connect(inbox()).await.unwrap();
        setting
    }

    async fn install(&self, file: &str, grants: Option<Grants>) -> Result<PluginRecord, InstallError> {
        self.engine
            .install_plugin(self.shop, present::component(file).into(), Upload { grants, ..Upload::by("test") })
            .await
    }

    async fn grant(&self, digest: &str, grants: Grants) -> Result<Option<PluginRecord>, InstallError> {
        let change = PluginChange::Grant { digest: digest.to_owned(), grants };
        self.engine.change_plugin(self.shop, "test", change).await
    }

    async fn connect(&self, draft: ConnectionDraft) -> Result<(), Vec<String>> {
        match self.engine.save_connection(self.shop, draft).await {
            Ok(_) => Ok(()),
            Err(ConnectError::Faults(faults)) => Err(paths(&faults)),
            Err(ConnectError::Store(error)) => panic!("{error}"),
        }
    }

    async fn active(&self, name: &str) -> Option<PluginRecord> {
        let installed = self.engine.store.plugins(self.shop).await.unwrap();
        installed.into_iter().find(|record| record.is_active() && record.name == name)
    }
}

fn paths(faults: &[StrategyFault]) -> Vec<String> {
    faults.iter().map(|fault| fault.path.clone()).collect()
}

fn facts(facts: &[&str]) -> Grants {
    Grants { facts: facts.iter().map(|fact| (*fact).to_owned()).collect(), ..Grants::default() }
}

fn draft(name: &str, kind: ConnectionKind, plugin: &str) -> ConnectionDraft {
    ConnectionDraft {
        name: name.to_owned(),
        kind,
        plugin: PluginRef::try_from(plugin.to_owned()).unwrap(),
        config: json!({}),
        grants: Grants::default(),
        window: None,
        cap: None,
        senders: Vec::new(),
        stale_after: None,
        secrets: BTreeMap::new(),
    }
}

fn inbox() -> ConnectionDraft {
    draft("inbox", ConnectionKind::Channel, "inbox")
}

fn shopify(secret: &str) -> ConnectionDraft {
    ConnectionDraft {
        grants: Grants { secrets: vec!["client_secret".to_owned()], ..Grants::default() },
        secrets: BTreeMap::from([("client_secret".to_owned(), Secret::from(secret))]),
        ..draft("shopify", ConnectionKind::Source, "shopify")
    }
}

/// The same plugin as another file: a section that nobody reads stands behind it.
fn built_again(component: &[u8]) -> Bytes {
    [component, b"\0\x06\x05again"].concat().into()
}

fn example(name: &str) -> Strategy {
    let file = present::workspace().join(format!("examples/{name}.strategy.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[tokio::test]
async fn publishing_pins_the_contents_that_the_steps_name() {
    let setting = Setting::furnished().await;
    let (engine, shop) = (&setting.engine, setting.shop);
    let first = engine.publish(shop, None, example("high-value-first"), StrategyState::Live).await.unwrap();
    assert_eq!((first.version.number, first.version.definition.contents.len()), (1, 4));
    assert_eq!(engine.store.contents(shop).await.unwrap().len(), 4);
    // A later revision of a content changes nothing for the version that is published.
    let mut thanks = first.version.definition.content("thanks").unwrap().clone();
    thanks.variants[0].body = json!({"text": "Thanks a lot!"});
    assert_eq!(engine.save_content(shop, thanks.clone()).await.unwrap().revision, 2);
    let stored = engine.store.versions(shop, &[first.version.id]).await.unwrap();
    assert_eq!(stored[0].definition.content("thanks"), first.version.definition.content("thanks"));
    // The next version, which brings no contents of its own, takes the newest.
    let mut again = example("high-value-first");
    again.contents.clear();
    let next = engine.publish(shop, Some(first.record.id), again, StrategyState::Live).await.unwrap();
    assert_eq!(next.version.number, 2);
    assert_eq!(next.version.definition.content("thanks"), Some(&thanks));
}

#[tokio::test]
async fn a_strategy_that_is_not_sound_or_whose_name_is_taken_is_not_published() {
    let setting = Setting::furnished().await;
    let (engine, shop) = (&setting.engine, setting.shop);
    let mut unsound = example("high-value-first");
    unsound.trigger.next = "nowhere".into();
    let refusal = engine.publish(shop, None, unsound, StrategyState::Live).await.unwrap_err();
    let PublishError::Faults(faults) = refusal else { panic!("{refusal}") };
    assert_eq!(faults[0].path, "trigger.next");
    assert!(engine.store.strategies(shop).await.unwrap().is_empty());
    assert!(engine.store.contents(shop).await.unwrap().is_empty());
    engine.publish(shop, None, example("high-value-first"), StrategyState::Live).await.unwrap();
    let twice = engine.publish(shop, None, example("high-value-first"), StrategyState::Live).await;
    assert!(matches!(twice, Err(PublishError::NameTaken(name)) if name == "High value first"));
    let unknown = "00000000-0000-7000-8000-000000000000".parse().unwrap();
    let nowhere = engine.publish(shop, Some(unknown), example("add-to-cart-reminder"), StrategyState::Live).await;
    assert!(matches!(nowhere, Err(PublishError::NotFound)));
}

#[tokio::test]
async fn a_content_is_checked_against_its_channel_and_its_renderer() {
    let setting = Setting::furnished().await;
    let content = |body: Value| -> Content {
        serde_json::from_value(json!({"name": "hello", "variants": [{"channel": "inbox", "body": body}]})).unwrap()
    };
    let faults = async |body| match setting.engine.save_content(setting.shop, content(body)).await {
        Err(ContentError::Faults(faults)) => paths(&faults),
        other => panic!("{other:?}"),
    };
    assert_eq!(faults(json!({"text": "Hi {{ user_name"})).await, ["variants[0].body.text"]);
    assert_eq!(
        faults(json!({"text": "Hi", "buttons": [{"url": 5, "title": "x"}]})).await,
        ["variants[0].body.buttons[0].url"]
    );
    assert_eq!(faults(json!({})).await, ["variants[0].body"]);
    let sound = content(json!({"text": "Hi {{ user_name }}"}));
    assert_eq!(setting.engine.save_content(setting.shop, sound).await.unwrap().revision, 1);
}

#[tokio::test]
async fn s43_an_update_that_asks_for_no_more_is_active_at_once_and_one_that_does_waits() {
    let setting = Setting::new(SecretKeys::none()).await;
    let (engine, shop) = (&setting.engine, setting.shop);
    let component = present::component("high-value");
    let first = setting.install("high-value", None).await.unwrap();
    assert!(!first.is_active(), "it reads facts that nobody granted");
    let granted = setting.grant(&first.digest, facts(&["orders.*"])).await.unwrap().unwrap();
    assert!(granted.is_active());
    let again = engine.install_plugin(shop, built_again(&component), Upload::by("test")).await.unwrap();
    assert!(again.is_active() && again.digest != first.digest);
    assert_eq!(again.grants, facts(&["orders.*"]));
    assert_eq!(setting.active("high-value").await.unwrap().digest, again.digest);
    // Rights that were taken back are not inherited: the same update would wait now.
    setting.grant(&again.digest, facts(&["orders.count"])).await.unwrap();
    let waiting = engine.install_plugin(shop, built_again(&built_again(&component)), Upload::by("test")).await.unwrap();
    assert!(!waiting.is_active());
    assert_eq!(setting.active("high-value").await.unwrap().digest, again.digest);
    // The older file again goes back to it, with the rights that it had.
    assert_eq!(setting.install("high-value", None).await.unwrap().grants, facts(&["orders.*"]));
    assert_eq!(setting.active("high-value").await.unwrap().digest, first.digest);
    assert!(setting.grant("no such digest", Grants::default()).await.unwrap().is_none());
}

#[tokio::test]
async fn s43_what_would_break_a_strategy_that_sends_does_not_become_active() {
    let setting = Setting::furnished().await;
    let (engine, shop) = (&setting.engine, setting.shop);
    let published = engine.publish(shop, None, example("high-value-first"), StrategyState::Live).await.unwrap();
    let before = setting.active("high-value").await.unwrap();
    let narrow = setting.grant(&before.digest, facts(&["orders.count"])).await.unwrap_err();
    let InstallError::Breaks(faults) = narrow else { panic!("{narrow}") };
    assert_eq!(paths(&faults), ["strategies.High value first.steps.loyal.plugin"]);
    assert_eq!(setting.active("high-value").await.unwrap(), before);
    engine.set_strategy_state(shop, published.record.id, StrategyState::Stopped, "ana", None).await.unwrap();
    assert!(setting.grant(&before.digest, facts(&["orders.count"])).await.is_ok());
}

#[tokio::test]
async fn a_connection_is_denied_what_nobody_granted_and_told_what_it_lacks() {
    let setting = Setting::new(SecretKeys::parse(&SecretKeys::line(&[1; 32])).unwrap()).await;
    assert_eq!(setting.connect(inbox()).await, Err(vec!["plugin".to_owned()]));
    for file in ["inbox", "shopify", "email-smtp"] {
        setting.install(file, None).await.unwrap();
    }
    assert_eq!(setting.connect(draft("x", ConnectionKind::Source, "inbox")).await, Err(vec!["plugin".to_owned()]));
    let settings = ConnectionDraft { config: json!({"colour": "red"}), ..inbox() };
    assert_eq!(setting.connect(settings).await, Err(vec!["config".to_owned()]));
    let secret = ConnectionDraft { grants: Grants::default(), ..shopify("hush") };
    assert_eq!(setting.connect(secret).await, Err(vec!["grants.secrets".to_owned()]));
    let window: Window = serde_json::from_value(json!({ "open": [{ "from": "09:00", "until": "9" }] })).unwrap();
    let closed = ConnectionDraft { window: Some(window.clone()), ..inbox() };
    assert_eq!(setting.connect(closed).await, Err(vec!["window.open[0].until".to_owned()]));
    let source = ConnectionDraft { window: Some(window), ..shopify("hush") };
    assert_eq!(setting.connect(source).await, Err(vec!["window".to_owned()]));
    let unknown = ConnectionDraft { secrets: BTreeMap::from([("pin".to_owned(), Secret::from("1"))]), ..inbox() };
    assert_eq!(setting.connect(unknown).await, Err(vec!["secrets.pin".to_owned()]));
    assert_eq!(
        setting.connect(ConnectionDraft { name: "my inbox".into(), ..inbox() }).await,
        Err(vec!["name".to_owned()])
    );
}

#[tokio::test]
async fn a_connection_that_is_changed_keeps_its_address_and_the_secrets_that_are_left_out() {
    let setting = Setting::new(SecretKeys::parse(&SecretKeys::line(&[1; 32])).unwrap()).await;
    let (engine, shop) = (&setting.engine, setting.shop);
    setting.install("shopify", None).await.unwrap();
    let first = engine.save_connection(shop, shopify("hush")).await.unwrap();
    let config = json!({"shop_domain": "acorn-and-oak.myshopify.com"});
    let changed = ConnectionDraft { config: config.clone(), secrets: BTreeMap::new(), ..shopify("") };
    let second = engine.save_connection(shop, changed).await.unwrap();
    assert_eq!((second.id, second.config), (first.id, config));
    let secrets = engine.store.secrets(shop, first.id).await.unwrap();
    assert_eq!(secrets, [("client_secret".to_owned(), Secret::from("hush"))]);
    assert!(engine.remove_connection(shop, ConnectionKind::Source, "shopify").await.unwrap());
    assert!(!engine.remove_connection(shop, ConnectionKind::Source, "shopify").await.unwrap());
}

#[tokio::test]
async fn without_a_key_no_secret_is_stored_and_no_connection_is_left_behind() {
    let setting = Setting::new(SecretKeys::none()).await;
    setting.install("shopify", None).await.unwrap();
    let refusal = setting.engine.save_connection(setting.shop, shopify("hush")).await.unwrap_err();
    assert!(
        matches!(&refusal, ConnectError::Store(StoreError::NoKey(text)) if text.contains("cartwright key new")),
        "{refusal}"
    );
    assert!(setting.engine.store.connections(setting.shop).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_api_key_opens_its_shop_and_its_text_is_stored_nowhere() {
    let setting = Setting::new(SecretKeys::none()).await;
    let (key, text) = setting.engine.make_key(Some(setting.shop), "test").await.unwrap();
    assert!(text.starts_with("cw_") && text.len() == 46, "{text}");
    assert_eq!(setting.engine.authenticate(&text).await.unwrap(), Some(key.clone()));
    for wrong in ["", "cw_", &text[..45], &text.replace("cw_", "")] {
        assert_eq!(setting.engine.authenticate(wrong).await.unwrap(), None, "{wrong}");
    }
    assert!(!format!("{key:?}").contains(&text[3..]));
}

#[tokio::test]
async fn a_shop_in_no_time_zone_is_not_made() {
    let setting = Setting::new(SecretKeys::none()).await;
    let made = setting.engine.make_shop("Moon", "EUR".parse().unwrap(), Some("Moon/Tycho"), None).await;
    let Err(ShopError::Faults(faults)) = made else { panic!("{made:?}") };
    assert_eq!(paths(&faults), ["time_zone"]);
}

//! Contents, tried from the command line (S26).

use cartwright_domain::content::Content;
use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::{ConnectionKind, Grants, PluginRef};
use cartwright_engine::ports::{PageRequest, Store};
use cartwright_engine::{ConnectionDraft, Engine, Upload};
use cartwright_plugins::{EgressPolicy, Limits, Runtime, RuntimeOptions, Slices};
use cartwright_store::SecretKeys;
use cartwright_testkit::clock::{ManualClock, SeededEntropy, at};
use cartwright_testkit::present;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;

use crate::program::{cartwright, folder, printed, refused};

/// A shop with the inbox and one content for it.
async fn furnished(url: &str) -> (ShopId, Arc<dyn Store>) {
    let store = cartwright_store::open(url, SecretKeys::none()).await.unwrap();
    let options = RuntimeOptions {
        cache_dir: Some(present::workspace().join("target/tests-plugins-cache")),
        limits: Limits::default(),
        slices: Slices::Timed,
        egress: EgressPolicy::default(),
        components: store.clone(),
    };
    let runtime = Arc::new(Runtime::new(options).unwrap());
    let clock = Arc::new(ManualClock::new(at("2026-11-02T09:00:00Z")));
    let engine = Engine::new(store.clone(), runtime.clone(), runtime, clock, Arc::new(SeededEntropy::new(1)));
    let shop = engine.make_shop("Acorn and Oak", "EUR".parse().unwrap(), None, None).await.unwrap().id;
    for plugin in ["inbox", "liquid-renderer"] {
        engine.install_plugin(shop, present::component(plugin).into(), Upload::by("test")).await.unwrap();
    }
    let inbox = ConnectionDraft {
        name: "inbox".to_owned(),
        kind: ConnectionKind::Channel,
        plugin: PluginRef::try_from("inbox".to_owned()).unwrap(),
        config: json!({}),
        grants: Grants::default(),
        window: None,
        cap: None,
        senders: Vec::new(),
        stale_after: None,
        secrets: std::collections::BTreeMap::new(),
    };
    engine.save_connection(shop, inbox).await.unwrap();
    let body = json!({ "text": "Hi {{ user_name }}" });
    let content: Content =
        serde_json::from_value(json!({ "name": "hello", "variants": [{ "channel": "inbox", "body": body }] })).unwrap();
    engine.save_content(shop, content).await.unwrap();
    (shop, store)
}

async fn inbox(store: &dyn Store, shop: ShopId) -> Vec<String> {
    let page = PageRequest { after: None, limit: 10 };
    let entries = store.inbox(shop, &page).await.unwrap().items;
    entries.iter().map(|entry| entry.document["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn s26_a_content_is_tried_on_a_confirmed_address_where_the_database_is_known() {
    let url = format!("sqlite:{}/shop.db", folder("content-test").display());
    let (shop, store) = furnished(&url).await;
    let id = shop.to_string();
    let typed = |words: &[&str]| -> Command {
        let mut command = cartwright(words);
        command.args(["--shop", &id, "--channel", "inbox", "--database-url", &url]);
        command.env("CARTWRIGHT_PLUGINS_CACHE", present::workspace().join("target/tests-plugins-cache"));
        command
    };
    let said = refused(&mut typed(&["content", "test", "hello", "--to", "mia"]));
    assert!(said.contains("not confirmed"), "{said}");
    assert!(printed(&mut typed(&["user", "test-address", "mia"])).starts_with("sent to mia"));

    // Something was handed over, and this machine has no mark of it: it may be a copy (S29).
    let [code] = &inbox(&*store, shop).await[..] else { panic!("the code alone") };
    let code = code.split(' ').next().unwrap();
    let said = refused(&mut typed(&["user", "test-address", "mia", "--code", code]));
    assert!(said.contains("node confirm"), "{said}");
    printed(&mut cartwright(&["node", "confirm", "--database-url", &url]));

    let wrong = if code == "000000" { "000001" } else { "000000" };
    let said = refused(&mut typed(&["user", "test-address", "mia", "--code", wrong]));
    assert!(said.contains("not the code"), "{said}");
    assert!(printed(&mut typed(&["user", "test-address", "mia", "--code", code])).contains("mia is confirmed"));
    let sent: Value =
        serde_json::from_str(&printed(&mut typed(&["content", "test", "hello", "--to", "mia", "--json"]))).unwrap();
    assert_eq!((&sent["state"], &sent["by"]), (&json!("accepted"), &json!("command line")), "{sent:#}");
    assert!(inbox(&*store, shop).await.contains(&"[Test] Hi Ana".to_owned()));
}

#[tokio::test]
async fn a_content_is_shown_whether_it_is_saved_or_not_and_goes_to_nobody() {
    let place = folder("content-preview");
    let url = format!("sqlite:{}/shop.db", place.display());
    let (shop, store) = furnished(&url).await;
    let id = shop.to_string();
    let typed = |words: &[&str]| -> Command {
        let mut command = cartwright(words);
        command.args(["--shop", &id, "--channel", "inbox", "--database-url", &url]);
        command.env("CARTWRIGHT_PLUGINS_CACHE", present::workspace().join("target/tests-plugins-cache"));
        command
    };
    let said = printed(&mut typed(&["content", "preview", "hello"]));
    assert_eq!(
        said,
        "locale: en\ntext: Hi Ana\nas a text message: 1 parts, 6 units\nwith long names: 1 parts, 24 units\n"
    );
    let file = place.join("new.json");
    let body = json!({ "text": "Waiting: {{ product.title }}" });
    let content = json!({ "name": "new", "variants": [{ "channel": "inbox", "body": body }] });
    std::fs::write(&file, content.to_string()).unwrap();
    let file = file.display().to_string();
    let said: Value =
        serde_json::from_str(&printed(&mut typed(&["content", "preview", "--file", &file, "--json"]))).unwrap();
    assert_eq!(said["document"]["text"], "Waiting: Copper teapot", "{said:#}");
    let said = refused(&mut typed(&["content", "preview", "nothing"]));
    assert!(said.contains("no content `nothing`"), "{said}");
    assert!(inbox(&*store, shop).await.is_empty());
}

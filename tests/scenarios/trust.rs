//! Whom a shop trusts: who signed a plugin, what it may do, and what it did with that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cartwright_domain::time::Span;
use cartwright_plugins::signing::{self, KeyFiles};
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, Person, TEAPOT};
use cartwright_tests::{Reply, World, on_both_databases};
use hostile_guests::Condition;
use serde_json::{Value, json};

use crate::plugins::{a_checkout_is_left, asking};
use crate::whatsapp;

on_both_databases!(
    a_shop_that_requires_signatures_takes_no_other_plugin,
    who_signed_and_which_bytes_decided_is_known_afterwards,
    a_warning_is_in_the_answer_in_the_list_and_in_the_audit,
    what_was_installed_before_goes_on_and_is_promoted_no_further,
    trust_is_checked_before_it_is_saved,
    s41_a_rate_delays_messages_and_loses_none,
);

/// Somebody else than Ana.
const BEN: Person = Person {
    id: 9_007_199_254_741_995,
    first_name: "Ben",
    email: "ben@acorn.example",
    phone: Some("+4915112345679"),
    ..ANA
};

fn key(seed: u8) -> KeyFiles {
    signing::generate(&[seed; 32], &[seed; 32], None).unwrap()
}

fn always() -> Vec<u8> {
    Condition::new("always").component()
}

/// A `.minisig` file as the header carries it.
fn signed(component: &[u8], key: &KeyFiles) -> String {
    STANDARD.encode(signing::sign(component, &key.secret, None, "always 1.0.0").unwrap())
}

async fn trusts(world: &World, mode: &str, key: &KeyFiles) -> Value {
    let policy = json!({ "mode": mode, "keys": [{ "name": "Acorn Ltd", "key": key.public_key }] });
    world.api.put(&format!("/v1/shops/{}/trust", world.shop()), &policy).await.ok()
}

async fn upload(world: &World, component: Vec<u8>, signature: Option<&str>) -> Reply {
    world.api.upload_signed("/v1/plugins", component, signature).await
}

async fn a_shop_that_requires_signatures_takes_no_other_plugin(world: &World) {
    let (acorn, eve) = (key(1), key(2));
    trusts(world, "require", &acorn).await;
    let other_file = signed(b"another file", &acorn);
    let by_eve = signed(&always(), &eve);
    for (signature, code) in [
        (None, "plugin_unsigned"),
        (Some(by_eve.as_str()), "plugin_signer_unknown"),
        (Some(other_file.as_str()), "plugin_signature_wrong"),
        (Some("no base64!"), "plugin_signature_wrong"),
        (Some("bm9uc2Vuc2U="), "plugin_signature_wrong"),
    ] {
        let refused = upload(world, always(), signature).await;
        assert_eq!((refused.status, refused.problem()), (422, code), "{:#}", refused.body);
        assert_eq!(refused.body["errors"][0]["field"], "signature");
    }
    let installed = world.api.list("/v1/plugins").await;
    assert!(installed.iter().all(|plugin| plugin["name"] != "always"));
    let plugin = upload(world, always(), Some(&signed(&always(), &acorn))).await.ok();
    assert_eq!(plugin["signed_by"]["key_name"], "Acorn Ltd");
}

async fn who_signed_and_which_bytes_decided_is_known_afterwards(world: &World) {
    let acorn = key(1);
    trusts(world, "require", &acorn).await;
    let plugin = upload(world, always(), Some(&signed(&always(), &acorn))).await.ok();
    let signed_by = &plugin["signed_by"];
    assert_eq!((&signed_by["comment"], &signed_by["key"]), (&json!("always 1.0.0"), &json!(acorn.public_key)));
    world.publish(&asking("always")).await;
    a_checkout_is_left(world, "first").await;
    let digest = plugin["digest"].as_str().unwrap();
    assert_eq!(digest.len(), 64);
    let trace = world.trace().await;
    assert!(trace.iter().any(|entry| entry.to_string().contains(digest)), "{trace:#?}");
    let installed = world.api.list("/v1/plugins").await;
    let kept = installed.iter().find(|kept| kept["digest"] == digest).unwrap();
    assert_eq!(&kept["signed_by"], signed_by);
}

async fn a_warning_is_in_the_answer_in_the_list_and_in_the_audit(world: &World) {
    trusts(world, "warn", &key(1)).await;
    let plugin = upload(world, always(), Some(&signed(b"another file", &key(1)))).await.ok();
    let warned = plugin["distrust"].as_str().unwrap();
    assert!(warned.contains("does not fit this file") && plugin["signed_by"].is_null(), "{plugin:#}");
    let listed = world.api.list("/v1/plugins").await;
    assert!(listed.iter().any(|one| one["distrust"] == warned));
    let audit = world.api.list("/v1/plugins/always/audit").await;
    assert!(audit.iter().any(|line| line.to_string().contains("does not fit this file")), "{audit:#?}");
}

async fn what_was_installed_before_goes_on_and_is_promoted_no_further(world: &World) {
    let acorn = key(1);
    let plugin = upload(world, always(), None).await.ok();
    let digest = plugin["digest"].as_str().unwrap().to_owned();
    world.publish(&asking("always")).await;
    let trust = trusts(world, "require", &acorn).await;
    let named =
        |trust: &Value| trust["distrusted"].as_array().unwrap().iter().any(|one| one["digest"] == digest.as_str());
    assert!(named(&trust), "{trust:#}");
    a_checkout_is_left(world, "first").await;
    assert_eq!(world.inbox().await, ["yes it is"]);
    let grants = format!("/v1/plugins/{digest}/grants");
    let refused = world.api.post(&grants, &json!({})).await;
    assert_eq!((refused.status, refused.problem()), (422, "plugin_unsigned"), "{:#}", refused.body);
    // The same file with its signature, once; from then on it needs none.
    let plugin = upload(world, always(), Some(&signed(&always(), &acorn))).await.ok();
    assert_eq!(plugin["signed_by"]["key_name"], "Acorn Ltd");
    upload(world, always(), None).await.ok();
    world.api.post(&grants, &json!({})).await.ok();
    let shown = world.api.get(&format!("/v1/shops/{}/trust", world.shop())).await.ok();
    assert!(!named(&shown), "{shown:#}");
    // A key that is trusted no more signs nothing any more, not even what it has signed.
    trusts(world, "require", &key(2)).await;
    assert_eq!(world.api.post(&grants, &json!({})).await.problem(), "plugin_signer_unknown");
}

async fn trust_is_checked_before_it_is_saved(world: &World) {
    let trust = format!("/v1/shops/{}/trust", world.shop());
    let wrong = json!({ "mode": "require", "keys": [{ "name": "Acorn", "key": "RWshort" }] });
    let refused = world.api.put(&trust, &wrong).await;
    assert_eq!((refused.status, refused.body["errors"][0]["field"].as_str()), (422, Some("keys[0].key")));
    assert_eq!(world.api.put(&trust, &json!({ "mode": "sometimes" })).await.status, 422);
    assert_eq!(world.api.get(&trust).await.ok()["mode"], "off");
}

async fn s41_a_rate_delays_messages_and_loses_none(world: &World) {
    let provider = Provider::start(Answer::wamid("wamid.1")).await;
    whatsapp::connect(world, &provider).await;
    let mut channel = world.api.get("/v1/channels/whatsapp").await.ok();
    for host in channel["grants"]["hosts"].as_array_mut().unwrap() {
        host["per_minute"] = json!(1);
    }
    let settings = json!({ "plugin": channel["plugin"], "config": channel["config"], "grants": channel["grants"] });
    world.api.put("/v1/channels/whatsapp", &settings).await.ok();
    world.publish(&whatsapp::reminder()).await;
    for (person, token) in [(&ANA, "first"), (&BEN, "second")] {
        let checkout = shopify::checkout(token, Some(token), person, &[TEAPOT], world.now());
        assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
        assert_eq!(world.tell("carts/update", &shopify::cart(token, &[TEAPOT], world.now())).await, 200);
    }
    world.skip(Span::hours(4)).await;
    assert_eq!(provider.received().len(), 1, "one a minute");
    world.skip(Span::minutes(5)).await;
    assert_eq!(provider.received().len(), 2, "both went out, one after the other");
    let messages = world.api.list("/v1/messages").await;
    let attempts: Vec<&Value> = messages.iter().map(|message| &message["attempts"]).collect();
    assert!(messages.iter().all(|message| message["state"].to_string().contains("accepted")), "{messages:#?}");
    assert!(attempts.iter().any(|attempts| attempts.as_u64() > Some(1)), "one of them had to wait: {attempts:?}");
    let plugins = world.api.list("/v1/plugins").await;
    let digest = plugins.iter().find(|plugin| plugin["name"] == "whatsapp-cloud").unwrap()["digest"].clone();
    let uses = world.api.list(&format!("/v1/plugins/{}/uses", digest.as_str().unwrap())).await;
    let times = |kind: &str| -> u64 {
        uses.iter().filter(|one| one["kind"] == kind).filter_map(|one| one["times"].as_u64()).sum()
    };
    assert_eq!(times("host"), 2, "{uses:#?}");
    assert!(times("secret") >= 2, "{uses:#?}");
}

//! Components on their way to a registry and back: nothing is lost, and nothing that was changed is taken.

use std::collections::BTreeMap;

use cartwright_domain::time::Timestamp;
use cartwright_plugins::registry::{Login, Package, Reference, RegistryError, SIGNATURE, pull, push};
use cartwright_testkit::registry::{Door, PASSWORD, Registry, USER};
use serde_json::json;

const LIMIT: usize = 1024 * 1024;

fn package() -> Package {
    let title = ("org.opencontainers.image.title".to_owned(), "vip".to_owned());
    Package {
        component: b"\0asm and so on".as_slice().into(),
        signature: Some("untrusted comment: x\nRUQ…\n".to_owned()),
        annotations: BTreeMap::from([title]),
    }
}

fn login(password: &str) -> Option<Login> {
    Some(Login { user: USER.to_owned(), password: password.to_owned().into() })
}

fn vip(registry: &Registry) -> Reference {
    registry.reference("acorn/plugins/vip:1.2.0").parse().unwrap()
}

#[tokio::test]
async fn what_was_pushed_is_pulled_with_its_signature() {
    for (door, login) in [(Door::Open, None), (Door::Basic, login(PASSWORD)), (Door::Token, login(PASSWORD))] {
        let registry = Registry::start(door).await;
        let digest = push(&vip(&registry), login.clone(), package(), Timestamp::default()).await.unwrap();
        assert_eq!(pull(&vip(&registry), login.clone(), LIMIT).await.unwrap(), package(), "{door:?}");
        assert_eq!(pull(&vip(&registry).at(&digest), login, LIMIT).await.unwrap(), package(), "{door:?}");
    }
}

#[tokio::test]
async fn it_is_the_wasm_artifact_that_other_tools_know() {
    let registry = Registry::start(Door::Open).await;
    push(&vip(&registry), None, package(), Timestamp::default()).await.unwrap();
    let manifest = registry.manifest("acorn/plugins/vip", "1.2.0");
    assert_eq!(manifest["schemaVersion"], 2);
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(manifest["annotations"][SIGNATURE], package().signature.unwrap());
}

#[tokio::test]
async fn what_is_there_already_is_not_sent_again() {
    let registry = Registry::start(Door::Open).await;
    let uploads = |registry: &Registry| registry.asked().iter().filter(|asked| asked.starts_with("POST")).count();
    push(&vip(&registry), None, package(), Timestamp::default()).await.unwrap();
    assert_eq!(uploads(&registry), 2);
    push(&vip(&registry), None, package(), Timestamp::default()).await.unwrap();
    assert_eq!(uploads(&registry), 2);
}

#[tokio::test]
async fn a_changed_component_or_manifest_is_refused_by_its_digest() {
    let registry = Registry::start(Door::Open).await;
    let digest = push(&vip(&registry), None, package(), Timestamp::default()).await.unwrap();
    let mut other = registry.manifest("acorn/plugins/vip", "1.2.0");
    other["annotations"] = json!({});
    registry.put_manifest("acorn/plugins/vip", &digest, &other);
    let refused = pull(&vip(&registry).at(&digest), None, LIMIT).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Digest { what: "the manifest", .. }), "{refused}");
    registry.tamper();
    let refused = pull(&vip(&registry), None, LIMIT).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Digest { what: "the component", .. }), "{refused}");
}

#[tokio::test]
async fn a_login_that_is_missing_or_wrong_is_told_and_never_repeated() {
    for door in [Door::Basic, Door::Token] {
        let registry = Registry::start(door).await;
        for login in [None, login("elm-4711")] {
            let refused = push(&vip(&registry), login, package(), Timestamp::default()).await.unwrap_err();
            let text = refused.to_string();
            assert!(matches!(refused, RegistryError::Login { .. }), "{text}");
            assert!(text.contains("--user") && !text.contains("elm-4711"), "{text}");
        }
    }
}

#[tokio::test]
async fn what_is_no_plugin_is_said_to_be_none() {
    let registry = Registry::start(Door::Open).await;
    push(&vip(&registry), None, package(), Timestamp::default()).await.unwrap();
    let good = registry.manifest("acorn/plugins/vip", "1.2.0");
    let changed = |change: fn(&mut serde_json::Value)| {
        let mut manifest = good.clone();
        change(&mut manifest);
        manifest
    };
    let wrong = [
        (changed(|it| it["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json")), "configuration"),
        (changed(|it| it["layers"] = json!([])), "0 layers"),
        (changed(|it| it["layers"][0]["mediaType"] = json!("application/gzip")), "application/gzip"),
        (json!("nonsense"), "cannot be read"),
    ];
    for (manifest, why) in wrong {
        registry.put_manifest("acorn/plugins/vip", "1.2.0", &manifest);
        let refused = pull(&vip(&registry), None, LIMIT).await.unwrap_err().to_string();
        assert!(refused.contains("is no plugin") && refused.contains(why), "{refused}");
    }
}

#[tokio::test]
async fn what_is_too_large_or_not_there_is_said_to_be_so() {
    let registry = Registry::start(Door::Open).await;
    push(&vip(&registry), None, package(), Timestamp::default()).await.unwrap();
    let refused = pull(&vip(&registry), None, 4).await.unwrap_err();
    assert!(matches!(refused, RegistryError::TooLarge { limit: 4, .. }), "{refused}");
    // A manifest that lies about the size: what comes is counted.
    let mut small = registry.manifest("acorn/plugins/vip", "1.2.0");
    small["layers"][0]["size"] = json!(1);
    registry.put_manifest("acorn/plugins/vip", "1.2.0", &small);
    let refused = pull(&vip(&registry), None, 4).await.unwrap_err();
    assert!(matches!(refused, RegistryError::TooLarge { limit: 4, .. }), "{refused}");
    let absent = registry.reference("acorn/plugins/vip:9").parse().unwrap();
    assert!(matches!(pull(&absent, None, LIMIT).await, Err(RegistryError::NotFound(_))));
    let nobody: Reference = "127.0.0.1:1/a:1".parse().unwrap();
    assert!(matches!(pull(&nobody, None, LIMIT).await, Err(RegistryError::Unreachable { .. })));
}

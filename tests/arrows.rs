//! The arrows of the house: domain <- engine <- {store, plugins, api} <- host. What must be absent stands here, so
//! that it stays absent.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and asks cargo")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const STORE: &str = "cartwright-store";
const PLUGINS: &str = "cartwright-plugins";
const API: &str = "cartwright-api";
const OIDC: &str = "cartwright-oidc";

/// Everything that a package needs to be built, directly or not, by name.
struct Arrows {
    direct: BTreeMap<String, BTreeSet<String>>,
}

impl Arrows {
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let name = |id: &Value| {
            let id = id.as_str().unwrap();
            let packages = metadata["packages"].as_array().unwrap();
            packages.iter().find(|package| package["id"] == id).unwrap()["name"].as_str().unwrap().to_owned()
        };
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut direct: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in metadata["resolve"]["nodes"].as_array().unwrap() {
            let needs = node["deps"].as_array().unwrap().iter().filter(|needed| {
                // Tests may use what the crate itself must not.
                needed["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null())
            });
            let package = name(&node["id"]);
            for needed in needs {
                let id = needed["pkg"].as_str().unwrap().to_owned();
                let needed = names.entry(id).or_insert_with(|| name(&needed["pkg"])).clone();
                direct.entry(package.clone()).or_default().insert(needed);
            }
        }
        Self { direct }
    }

    /// All that `package` is built with.
    fn all(&self, package: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![package.to_owned()];
        while let Some(next) = open.pop() {
            for needed in self.direct.get(&next).into_iter().flatten() {
                if found.insert(needed.clone()) {
                    open.push(needed.clone());
                }
            }
        }
        found
    }

    fn assert_free_of(&self, package: &str, absent: &[&str]) {
        assert!(self.direct.contains_key(package), "there is no {package} any more");
        let all = self.all(package);
        for name in absent {
            assert!(!all.contains(*name), "{package} must not need {name}");
        }
    }

    fn workspace_needs(&self, package: &str) -> Vec<String> {
        let needs = self.direct.get(package).into_iter().flatten();
        needs.filter(|name| name.starts_with("cartwright-")).cloned().collect()
    }
}

#[test]
fn the_domain_knows_nobody_and_does_nothing() {
    let arrows = Arrows::read();
    assert_eq!(arrows.workspace_needs("cartwright-domain"), Vec::<String>::new());
    let absent = ["tokio", "async-trait", "sqlx", "axum", "wasmtime", "reqwest", "tracing"];
    arrows.assert_free_of("cartwright-domain", &absent);
}

#[test]
fn the_engine_knows_the_domain_only() {
    let arrows = Arrows::read();
    assert_eq!(arrows.workspace_needs("cartwright-engine"), ["cartwright-domain"]);
    arrows.assert_free_of("cartwright-engine", &["sqlx", "axum", "wasmtime", "reqwest", "lettre"]);
}

#[test]
fn chance_comes_in_as_an_argument() {
    let arrows = Arrows::read();
    for package in ["cartwright-domain", "cartwright-engine", API, OIDC] {
        for chance in ["getrandom", "rand", "fastrand"] {
            assert!(!arrows.direct[package].contains(chance), "{package} must not ask {chance}");
        }
    }
}

#[test]
fn store_plugins_oidc_and_api_never_see_one_another() {
    let arrows = Arrows::read();
    for package in [STORE, PLUGINS, OIDC, API] {
        let mut needs = arrows.workspace_needs(package);
        needs.retain(|name| !name.starts_with(&format!("{package}-")));
        assert_eq!(needs, ["cartwright-domain", "cartwright-engine"], "{package}");
    }
    arrows.assert_free_of(STORE, &[PLUGINS, OIDC, API, "axum", "wasmtime", "reqwest"]);
    arrows.assert_free_of(PLUGINS, &[STORE, OIDC, API, "axum", "sqlx"]);
    arrows.assert_free_of(OIDC, &[STORE, PLUGINS, API, "axum", "sqlx", "wasmtime"]);
    arrows.assert_free_of(API, &[STORE, PLUGINS, OIDC, "sqlx", "wasmtime", "reqwest"]);
}

#[test]
fn nothing_that_is_shipped_needs_the_testkit() {
    let arrows = Arrows::read();
    arrows.assert_free_of("cartwright", &["cartwright-testkit", "cartwright-tests", "xtask"]);
}

#[test]
fn plugins_are_written_against_the_sdk_and_never_the_host() {
    let arrows = Arrows::read();
    let guests: Vec<&String> = arrows
        .direct
        .iter()
        .filter(|(name, needs)| needs.contains("cartwright-sdk") && !name.ends_with("-tests"))
        .map(|(name, _)| name)
        .collect();
    assert!(guests.len() >= 2, "the plugins we ship are gone: {guests:?}");
    for guest in guests {
        arrows.assert_free_of(guest, &["cartwright-domain", "cartwright-engine", "wasmtime", "tokio"]);
    }
}

#[test]
fn there_is_one_tls_one_database_driver_and_one_http_client() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).unwrap();
    let count = |name: &str| lock.lines().filter(|line| *line == format!("name = \"{name}\"")).count();
    for absent in ["openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs"] {
        assert_eq!(count(absent), 0, "{absent} brings a second TLS in");
    }
    for single in ["rustls", "ring", "sqlx", "libsqlite3-sys", "reqwest", "wasmtime", "axum", "hyper"] {
        assert_eq!(count(single), 1, "{single} must be there once");
    }
}

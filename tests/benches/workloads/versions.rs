//! W6: a thousand installed versions in one process: how much memory they take, and what activating one costs whose
//! code is kept, beside compiling it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::Grants;
use cartwright_engine::ports::{Components, PluginCall, Plugins, StoreError};
use cartwright_plugins::{EgressPolicy, Limits, Runtime, RuntimeOptions, Slices};
use cartwright_testkit::{present, values};
use serde_json::json;

use crate::condition::subject;
use crate::figures::{Figures, Unit};

const VERSIONS: usize = 1_000;
/// Compiled without a cache, to know what that costs.
const COMPILED: usize = 30;
const MOST: u64 = 1 << 30;

/// Components by digest.
#[derive(Default)]
struct Installed(Mutex<HashMap<String, Bytes>>);

#[async_trait]
impl Components for Installed {
    async fn component(&self, _: ShopId, digest: &str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.0.lock().unwrap().get(digest).cloned())
    }
}

pub(crate) async fn measure(figures: &mut Figures) {
    let folder = tempfile::tempdir().unwrap();
    let installed = Arc::new(Installed::default());
    let runtime = |kept: bool| {
        let cache_dir = kept.then(|| folder.path().to_owned());
        let limits = Limits { kept: VERSIONS, ..Limits::default() };
        let (slices, egress) = (Slices::Timed, EgressPolicy::default());
        Runtime::new(RuntimeOptions { cache_dir, limits, slices, egress, components: installed.clone() }).unwrap()
    };
    let component = present::component("high_value");
    let mut digests = Vec::with_capacity(VERSIONS);
    let upload = runtime(true);
    for number in 0..VERSIONS {
        let version = version(&component, number);
        let record = upload.check(version.clone().into(), subject().now).await.unwrap();
        installed.0.lock().unwrap().insert(record.digest.clone(), version.into());
        digests.push(record.digest);
    }
    drop(upload);

    let compiling = runtime(false);
    let started = Instant::now();
    for digest in digests.iter().take(COMPILED) {
        decide(&compiling, digest).await;
    }
    let compiled = started.elapsed().as_nanos() as f64 / COMPILED as f64;
    drop(compiling);

    let serving = runtime(true);
    let before = resident();
    let started = Instant::now();
    for digest in &digests {
        decide(&serving, digest).await;
    }
    let activated = started.elapsed().as_nanos() as f64 / VERSIONS as f64;
    let grown = resident().saturating_sub(before);
    figures.floor("W6 compiling a version", Unit::NanosecondsEach, compiled);
    figures.add("W6 activating one that is kept", Unit::NanosecondsEach, activated, compiled);
    let cheaper = compiled / activated;
    println!("   {cheaper:.0} x cheaper, wanted 100 x: {}", verdict(cheaper >= 100.0));
    println!("   {VERSIONS} versions ready in {} MiB, wanted 1024 MiB: {}", grown >> 20, verdict(grown < MOST));
}

fn verdict(holds: bool) -> &'static str {
    if holds { "holds" } else { "DOES NOT HOLD" }
}

/// The same plugin as another version: a section of its own makes it another file.
fn version(component: &[u8], number: usize) -> Vec<u8> {
    let name = format!("variant-{number:06}");
    let mut version = component.to_vec();
    version.extend([0, name.len() as u8 + 1, name.len() as u8]);
    version.extend(name.as_bytes());
    version
}

async fn decide(runtime: &Runtime, digest: &str) {
    let facts = Grants { facts: vec!["orders.*".into()], ..Grants::default() };
    let call = PluginCall {
        shop: values::shop().id,
        digest: digest.to_owned(),
        config: json!({ "min_orders": 5 }),
        grants: Arc::new(facts),
        limits: Default::default(),
    };
    let answers = runtime.evaluate(&call, &[subject()]).await;
    assert!(answers[0].result.is_ok(), "{:?}", answers[0].result);
}

/// Memory of this process that is in use.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

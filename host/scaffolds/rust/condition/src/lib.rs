//! Yes for customers with enough orders.

#[cfg(target_family = "wasm")]
mod package;

wit_bindgen::generate!({ path: "wit", world: "condition-plugin" });

use cartwright::plugin::types::{FactNeed, FaultKind, Instances};
use cartwright::plugin::{decision, orders};
use exports::cartwright::plugin::condition::{Descriptor, Fault, Guest, Json, Verdict};

struct Plugin;

#[cfg(target_family = "wasm")]
export!(Plugin);

/// What a strategy may configure, as `config.schema.json` says; the console makes its form from that.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    min_orders: u32,
}

impl Guest for Plugin {
    fn describe() -> Descriptor {
        let need = |fact: &str, why: &str| FactNeed { fact: fact.into(), within_days: None, why: why.into() };
        Descriptor {
            title: "{{title}}".into(),
            summary: "Yes for customers with enough orders.".into(),
            config_schema: include_str!("../config.schema.json").into(),
            facts: vec![need("orders.count", "To compare it with the least number of orders.")],
            hosts: vec![],
            secrets: vec![],
            translations: "{}".into(),
            instances: Instances::PerBatch,
        }
    }

    /// None of its own: `yes` and `no`.
    fn branches() -> Vec<String> {
        vec![]
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        read(&config).map(|_| ())
    }

    fn evaluate() -> Result<Verdict, Fault> {
        let Config { min_orders } = read(&decision::config())?;
        let branch = if orders::count() >= min_orders { "yes" } else { "no" };
        Ok(Verdict { branch: branch.into(), reason: None })
    }
}

/// The configuration, or a fault that names the field.
fn read(config: &str) -> Result<Config, Fault> {
    serde_json::from_str(config).map_err(|error| Fault { kind: FaultKind::BadConfig, message: error.to_string() })
}

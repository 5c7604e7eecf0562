//! `yes` for customers with enough orders, and for those whom the shop tagged.

#[cfg(target_family = "wasm")]
mod package;

wit_bindgen::generate!({ path: "wit", world: "condition-plugin" });

use cartwright::plugin::types::{FactNeed, FaultKind, Instances};
use cartwright::plugin::{customer, decision, orders};
use exports::cartwright::plugin::condition::{Descriptor, Fault, Guest, Json, Verdict};

struct LoyalCustomer;

#[cfg(target_family = "wasm")]
export!(LoyalCustomer);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    min_orders: u32,
    tag: Option<String>,
}

impl Guest for LoyalCustomer {
    fn describe() -> Descriptor {
        let need = |fact: &str, why: &str| FactNeed { fact: fact.into(), within_days: None, why: why.into() };
        Descriptor {
            title: "Loyal customer".into(),
            summary: "Yes for customers with enough orders, and for those with a tag.".into(),
            config_schema: include_str!("../config.schema.json").into(),
            facts: vec![
                need("orders.count", "To compare it with the least number of orders."),
                need("customer.has-tag", "To see whether the shop tagged the customer."),
            ],
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
        let config = read(&decision::config())?;
        // Only what is read is loaded, shown in the trace, and asked to be granted: ask for the cheap fact first.
        let is_loyal = orders::count() >= config.min_orders || config.tag.is_some_and(|tag| customer::has_tag(&tag));
        Ok(Verdict { branch: if is_loyal { "yes" } else { "no" }.into(), reason: None })
    }
}

fn read(config: &str) -> Result<Config, Fault> {
    serde_json::from_str(config).map_err(|error| Fault { kind: FaultKind::BadConfig, message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_needs_a_number_of_orders() {
        assert_eq!(read(r#"{"min_orders": 5, "tag": "vip"}"#).unwrap().min_orders, 5);
        assert!(read("{}").unwrap_err().message.contains("min_orders"));
        assert!(read(r#"{"min_orders": 5, "tags": "vip"}"#).unwrap_err().message.contains("tags"));
    }
}

//! `yes` once the customer has ordered since the run's first trigger event.

cartwright_sdk::condition_plugin!(OrderedSinceStart);

use bindings::{Condition, Descriptor, Fault, Json, Verdict, orders, run};
use cartwright_sdk::json;

/// The condition.
pub struct OrderedSinceStart;

impl Condition for OrderedSinceStart {
    fn describe() -> Descriptor {
        Descriptor::new("Ordered since the start", "Yes once the customer has ordered since this run started.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .fact("run.started-at", "Orders are counted from there.")
            .fact("orders.count-since", "To see whether there is one.")
    }

    fn branches() -> Vec<String> {
        Vec::new()
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::no_config(&config)
    }

    fn evaluate() -> Result<Verdict, Fault> {
        Ok(verdict(orders::count_since(run::started_at())))
    }
}

fn verdict(orders: u32) -> Verdict {
    Verdict::yes_or_no(orders > 0, format!("{orders} orders since the start"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_order_is_enough() {
        assert_eq!(verdict(0).branch, "no");
        assert_eq!(verdict(1).branch, "yes");
    }

    #[test]
    fn there_is_nothing_to_set() {
        assert!(OrderedSinceStart::check_config("{}".to_owned()).is_ok());
        assert!(OrderedSinceStart::check_config(r#"{"days": 3}"#.to_owned()).is_err());
    }
}

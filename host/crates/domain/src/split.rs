//! Splits and hold-outs (S16): which arm of an experiment a customer is in.
//!
//! An arm is drawn by hash, so that the same customer comes to the same one on every node, and kept from then on: new
//! weights concern new customers only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::customer::Customer;
use crate::ids::{CustomerId, StrategyId};
use crate::time::Timestamp;

/// One arm of a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// How many of all weights together come here; with 0 nobody new does.
    pub weight: u32,
    /// Then.
    pub next: String,
}

/// The arm that a customer is in, since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assignment {
    /// Its name.
    pub arm: String,
    /// When it was drawn.
    pub at: Timestamp,
}

/// The arm of customers from whom messages are held out.
pub const HELD_OUT: &str = "held_out";
/// The arm of all others.
pub const TREATED: &str = "treated";

/// What an experiment is known by: a strategy as a whole, or one of its steps.
pub fn experiment(strategy: StrategyId, step: Option<&str>) -> String {
    match step {
        Some(step) => format!("{strategy}/{step}"),
        None => strategy.to_string(),
    }
}

/// The arm that the hash draws: the first eight bytes of SHA-256 over `{experiment}/{customer}`, as a share of 2^64,
/// on the weights in the order of the arms' names. None if nothing has weight.
pub fn draw<'a>(experiment: &str, customer: CustomerId, arms: &[(&'a str, u32)]) -> Option<&'a str> {
    let total: u64 = arms.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let digest = Sha256::digest(format!("{experiment}/{customer}"));
    let chance = digest.iter().take(8).fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
    let place = ((u128::from(chance) * u128::from(total)) >> 64) as u64;
    let mut passed = 0;
    arms.iter()
        .find(|(_, weight)| {
            passed += u64::from(*weight);
            place < passed
        })
        .map(|(arm, _)| *arm)
}

/// The arm that a customer is in, and whether it was drawn just now. An arm that is not offered any more is drawn anew.
pub fn arm_of<'a>(experiment: &str, customer: &Customer, arms: &[(&'a str, u32)]) -> Option<(&'a str, bool)> {
    let kept = customer.experiments.get(experiment);
    let kept = kept.and_then(|kept| arms.iter().find(|(arm, _)| *arm == kept.arm));
    match kept {
        Some((arm, _)) => Some((arm, false)),
        None => draw(experiment, customer.id, arms).map(|arm| (arm, true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Mint;
    use uuid::Uuid;

    #[test]
    fn s16_arms_are_drawn_as_the_published_vectors_say() {
        let strategy = StrategyId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001));
        let arms = [("a", 50), ("b", 30), ("c", 20)];
        let drawn: String = (1..=16)
            .map(|number| CustomerId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0100 + number)))
            .filter_map(|customer| draw(&experiment(strategy, Some("split")), customer, &arms))
            .collect();
        assert_eq!(drawn, "cababaaababaaaab");
        let first = CustomerId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0101));
        let text = format!("{}/{first}", experiment(strategy, Some("split")));
        assert_eq!(
            text, "01930000-0000-7000-8000-000000000001/split/01930000-0000-7000-8000-000000000101",
            "what is hashed"
        );
    }

    #[test]
    fn s16_arms_get_their_share() {
        let mut mint = Mint::new(Timestamp::from_millis(0), [3; 32]);
        let key = experiment(mint.next(), None);
        let arms = [("few", 1), ("many", 9), ("nobody", 0)];
        let drawn: Vec<&str> = (0..4_000).filter_map(|_| draw(&key, mint.next(), &arms)).collect();
        let few = drawn.iter().filter(|arm| **arm == "few").count();
        assert!((320..480).contains(&few), "{few} of 4000");
        assert!(!drawn.contains(&"nobody"));
        assert_eq!(draw(&key, mint.next(), &[("nobody", 0)]), None);
        assert_eq!(draw(&key, mint.next(), &[]), None);
    }

    #[test]
    fn s16_two_experiments_draw_apart() {
        let mut mint = Mint::new(Timestamp::from_millis(0), [4; 32]);
        let keys: [String; 2] = [experiment(mint.next(), Some("one")), experiment(mint.next(), Some("one"))];
        let arms = [("a", 1), ("b", 1)];
        let same = (0..2_000)
            .map(|_| mint.next())
            .filter(|customer| draw(&keys[0], *customer, &arms) == draw(&keys[1], *customer, &arms))
            .count();
        assert!((900..1_100).contains(&same), "{same} of 2000 agree");
    }

    #[test]
    fn s16_new_weights_concern_new_customers() {
        let mut mint = Mint::new(Timestamp::from_millis(0), [5; 32]);
        let mut ana = Customer::anonymous(mint.next(), Timestamp::from_millis(0));
        let key = experiment(mint.next(), Some("split"));
        assert_eq!(arm_of(&key, &ana, &[("a", 1), ("b", 0)]), Some(("a", true)));
        ana.experiments.insert(key.clone(), Assignment { arm: "a".into(), at: Timestamp::from_millis(1) });
        assert_eq!(arm_of(&key, &ana, &[("a", 0), ("b", 1)]), Some(("a", false)));
        assert_eq!(arm_of(&key, &ana, &[("b", 1)]), Some(("b", true)), "her arm is not offered any more");
    }
}

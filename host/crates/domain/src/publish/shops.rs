//! What must hold of a shop.

use super::{StrategyFault, cap_faults, name_faults, window_faults};
use crate::contact::GENERAL;
use crate::shop::Shop;
use crate::time::Span;

/// No message waits longer for another one to be decided with.
const LONGEST_TOGETHER: Span = Span::hours(1);

/// Everything that is wrong with a shop, each with its path.
pub fn shop_faults(shop: &Shop) -> Vec<StrategyFault> {
    let mut faults = Vec::new();
    name_faults(&shop.name, "name", &mut faults);
    if jiff::tz::TimeZone::get(&shop.time_zone).is_err() {
        let message = format!("`{}` is no time zone; use an IANA name such as Europe/Berlin", shop.time_zone);
        faults.push(StrategyFault::error("time_zone", message));
    }
    let sound = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if let Some(code) = shop.country.as_deref().filter(|code| !sound(code)) {
        let message = format!("`{code}` is no country; use two capital letters such as DE");
        faults.push(StrategyFault::error("country", message));
    }
    if let Some(window) = &shop.window {
        window_faults(window, "window", &mut faults);
    }
    for (place, topic) in shop.topics.iter().enumerate() {
        let sound = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if topic.is_empty() || topic.len() > 64 || !topic.chars().all(sound) {
            let message = "has 1 to 64 letters, digits, `-` or `_`";
            faults.push(StrategyFault::error(format!("topics[{place}]"), message));
        } else if topic == GENERAL || shop.topics[..place].contains(topic) {
            faults.push(StrategyFault::error(format!("topics[{place}]"), format!("the shop has `{topic}` already")));
        }
    }
    if let Some(cap) = &shop.cap {
        cap_faults(cap, "cap", &mut faults);
    }
    if shop.decide_together > LONGEST_TOGETHER {
        let message = "must not be longer than an hour: what is due would wait for it";
        faults.push(StrategyFault::error("decide_together", message));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Mint;
    use crate::time::Timestamp;

    #[test]
    fn a_shop_needs_a_name_a_real_time_zone_and_a_country_of_two_letters() {
        let mut mint = Mint::new(Timestamp::from_millis(0), [0; 32]);
        let mut shop = Shop {
            id: mint.next(),
            name: "Sample".into(),
            currency: "EUR".parse().unwrap(),
            time_zone: "Europe/Berlin".into(),
            country: Some("DE".into()),
            unknown_consent_passes: Vec::new(),
            topics: Vec::new(),
            window: None,
            quiet_hours: crate::window::preset::QuietHours::Off,
            cap: None,
            decide_together: crate::shop::DECIDE_TOGETHER,
            alerts: Vec::new(),
        };
        assert_eq!(shop_faults(&shop), []);
        shop.name = " ".into();
        shop.time_zone = "Middle/Earth".into();
        shop.country = Some("Germany".into());
        let paths: Vec<String> = shop_faults(&shop).into_iter().map(|fault| fault.path).collect();
        assert_eq!(paths, ["name", "time_zone", "country"]);
    }
}

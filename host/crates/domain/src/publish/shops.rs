//! What must hold of a shop.

use super::{FaultCode, StrategyFault, cap_faults, name_faults, window_faults};
use crate::contact::GENERAL;
use crate::push_filter::PushFilter;
use crate::shop::Shop;
use crate::storefront;
use crate::strategy::Strategy;
use crate::time::Span;
use crate::utm::{LONGEST, Utm, is_site};

/// No message waits longer for another one to be decided with.
const LONGEST_TOGETHER: Span = Span::hours(1);

/// Everything that is wrong with a shop, each with its path.
pub fn shop_faults(shop: &Shop) -> Vec<StrategyFault> {
    let mut faults = Vec::new();
    name_faults(&shop.name, "name", &mut faults);
    if jiff::tz::TimeZone::get(&shop.time_zone).is_err() {
        let message = FaultCode::NotAShopZone.with([("name", &shop.time_zone)]);
        faults.push(StrategyFault::error("time_zone", message));
    }
    let sound = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if let Some(code) = shop.country.as_deref().filter(|code| !sound(code)) {
        let message = FaultCode::NotACountry.with([("code", &code)]);
        faults.push(StrategyFault::error("country", message));
    }
    if let Some(window) = &shop.window {
        window_faults(window, "window", &mut faults);
    }
    for (place, topic) in shop.topics.iter().enumerate() {
        let sound = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if topic.is_empty() || topic.len() > 64 || !topic.chars().all(sound) {
            faults.push(StrategyFault::error(format!("topics[{place}]"), FaultCode::ShortName));
        } else if topic == GENERAL || shop.topics[..place].contains(topic) {
            faults
                .push(StrategyFault::error(format!("topics[{place}]"), FaultCode::TopicTwice.with([("topic", topic)])));
        }
    }
    if let Some(cap) = &shop.cap {
        cap_faults(cap, "cap", &mut faults);
    }
    filter_faults(&shop.push_filter, "push_filter", &mut faults);
    if shop.decide_together > LONGEST_TOGETHER {
        faults.push(StrategyFault::error("decide_together", FaultCode::TogetherTooLong));
    }
    for (place, site) in shop.sites.iter().enumerate().filter(|(_, site)| !is_site(site)) {
        let message = FaultCode::NotAHost.with([("site", site)]);
        faults.push(StrategyFault::error(format!("sites[{place}]"), message));
    }
    utm_faults(&shop.utm, "utm", &mut faults);
    if let Some(storefront) = &shop.storefront {
        storefront::faults(storefront, &shop.topics, &mut faults);
    }
    if !shop.utm.is_empty() && shop.sites.is_empty() {
        faults.push(StrategyFault::error("sites", FaultCode::NoSites));
    }
    faults
}

/// Tags that nobody can have, or that nobody passes.
pub(super) fn filter_faults(filter: &PushFilter, path: &str, faults: &mut Vec<StrategyFault>) {
    faults.extend(filter.faults().map(|(list, words)| StrategyFault::error(format!("{path}.{list}"), words)));
}

/// What a strategy adds to links.
pub(super) fn check_utm(definition: &Strategy, shop: &Shop, faults: &mut Vec<StrategyFault>) {
    let utm = &definition.policies.utm;
    utm_faults(utm, "policies.utm", faults);
    if !utm.is_empty() && shop.sites.is_empty() {
        faults.push(StrategyFault::warning("policies.utm", FaultCode::UtmWithoutSites));
    }
}

fn utm_faults(utm: &Utm, path: &str, faults: &mut Vec<StrategyFault>) {
    for (name, value) in utm.parameters() {
        let length = value.chars().count();
        if length == 0 || length > LONGEST || value.chars().any(char::is_control) {
            let field = format!("{path}.{}", name.trim_start_matches("utm_"));
            faults.push(StrategyFault::error(field, FaultCode::UtmLength.with([("n", &LONGEST)])));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Mint;
    use crate::time::Timestamp;

    fn sample() -> Shop {
        let mut mint = Mint::new(Timestamp::from_millis(0), [0; 32]);
        Shop {
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
            replies: Vec::new(),
            sites: Vec::new(),
            utm: Default::default(),
            push_filter: Default::default(),
            storefront: None,
            chat_links: Default::default(),
        }
    }

    #[test]
    fn a_shop_needs_a_name_a_real_time_zone_and_a_country_of_two_letters() {
        let mut shop = sample();
        assert_eq!(shop_faults(&shop), []);
        shop.name = " ".into();
        shop.time_zone = "Middle/Earth".into();
        shop.country = Some("Germany".into());
        let paths: Vec<String> = shop_faults(&shop).into_iter().map(|fault| fault.path).collect();
        assert_eq!(paths, ["name", "time_zone", "country"]);
    }

    #[test]
    fn what_is_added_to_links_is_short_and_the_sites_are_hosts() {
        let mut shop = Shop { sites: vec!["shop.example".into()], ..sample() };
        shop.utm = Utm { source: Some("cartwright".into()), ..Utm::default() };
        assert_eq!(shop_faults(&shop), []);
        shop.sites.push("https://shop.example/".into());
        shop.utm.medium = Some(String::new());
        shop.utm.campaign = Some("x".repeat(LONGEST + 1));
        let paths: Vec<String> = shop_faults(&shop).into_iter().map(|fault| fault.path).collect();
        assert_eq!(paths, ["sites[1]", "utm.medium", "utm.campaign"]);
        let nowhere = Shop { sites: Vec::new(), utm: Utm { source: Some("a".into()), ..Utm::default() }, ..sample() };
        assert_eq!(shop_faults(&nowhere)[0].path, "sites", "it would be added to nothing");
    }
}

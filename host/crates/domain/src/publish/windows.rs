//! What must hold of sending windows (S04).

use std::collections::BTreeSet;

use super::delays::{text_faults, time_faults, weekday_faults, zone_faults};
use super::messages::slots;
use super::{FaultCode, ShopView, StrategyFault};
use crate::local::ZoneChoice;
use crate::message::Purpose;
use crate::message_step::MessageStep;
use crate::shop::Shop;
use crate::strategy::{Step, Strategy};
use crate::window::preset::{Preset, presets};
use crate::window::{OpeningHours, Window, have_common_minute};
use crate::zone::Zone;

/// Everything that is wrong with a window by itself.
pub fn window_faults(window: &Window, path: &str, faults: &mut Vec<StrategyFault>) {
    let Window::Hours(hours) = window else { return };
    if hours.open.is_empty() {
        faults.push(StrategyFault::error(format!("{path}.open"), FaultCode::NoOpening));
    }
    for (place, opening) in hours.open.iter().enumerate() {
        let path = format!("{path}.open[{place}]");
        weekday_faults(&opening.days, &format!("{path}.days"), faults);
        time_faults(&opening.from, &format!("{path}.from"), faults);
        text_faults(&opening.until, &format!("{path}.until"), faults);
        if opening.from.get().is_some() && opening.from == opening.until {
            faults.push(StrategyFault::error(format!("{path}.until"), FaultCode::NeverOpens));
        }
    }
    for (place, date) in hours.closed_dates.iter().enumerate() {
        text_faults(date, &format!("{path}.closed_dates[{place}]"), faults);
    }
    zone_faults(&hours.zone, &format!("{path}.zone"), faults);
}

/// The window of a strategy, and whether what it sends can ever go out.
pub(super) fn check(definition: &Strategy, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    let own = definition.policies.window.as_ref();
    if let Some(window) = own {
        let mut found = Vec::new();
        window_faults(window, "policies.window", &mut found);
        let is_unsound = !found.is_empty();
        faults.extend(found);
        if is_unsound {
            return;
        }
    }
    let mut told = BTreeSet::new();
    for (name, step) in &definition.steps {
        let Step::Message(message) = step else { continue };
        if !sends_marketing(message, definition, view) {
            continue;
        }
        for (path, channel) in slots(message, &format!("steps.{name}")) {
            if told.insert(channel) {
                let path = if own.is_some() { "policies.window".to_owned() } else { path };
                faults.extend(channel_fault(definition, view, path, channel));
            }
        }
    }
}

fn channel_fault(definition: &Strategy, view: &ShopView<'_>, path: String, channel: &str) -> Option<StrategyFault> {
    let connection = view.channel(channel);
    let own = definition.policies.window.as_ref();
    let of_channel = connection.and_then(|channel| channel.window.as_ref());
    let hours: Vec<&OpeningHours> = [view.shop.window.as_ref(), of_channel, own]
        .into_iter()
        .flatten()
        .filter_map(|window| match window {
            Window::Hours(hours) => Some(hours),
            Window::Always => None,
        })
        .collect();
    match common(&hours, view.shop) {
        Common::Some => {
            let kind = connection.and_then(|channel| Some(channel.ability.as_ref()?.channel.as_str()))?;
            let regions = closed_regions(&hours, view.shop, kind);
            let message = FaultCode::QuietRegions.with([("channel", &channel), ("regions", &regions.join(", "))]);
            (!regions.is_empty()).then(|| StrategyFault::warning(path, message))
        }
        Common::Never => Some(StrategyFault::error(path, FaultCode::WindowsNeverMeet.with([("channel", &channel)]))),
        Common::NotInTheShopsZone => {
            let message = FaultCode::WindowsMissShop.with([("channel", &channel), ("zone", &view.shop.time_zone)]);
            Some(StrategyFault::warning(path, message))
        }
    }
}

/// Where quiet hours, if the shop has switched them on, leave nothing of these windows over a kind of channel.
fn closed_regions(hours: &[&OpeningHours], shop: &Shop, kind: &str) -> Vec<&'static str> {
    let all = presets().presets.iter().filter(|_| !shop.quiet_hours.is_off());
    let concerned = all.filter(|preset| preset.channels.iter().any(|known| known == kind));
    let leaves_none = |preset: &&Preset| {
        let both: Vec<_> = hours.iter().copied().chain([&preset.window]).collect();
        !matches!(common(&both, shop), Common::Some)
    };
    concerned.filter(leaves_none).map(|preset| preset.region.as_str()).collect()
}

pub(super) fn sends_marketing(step: &MessageStep, definition: &Strategy, view: &ShopView<'_>) -> bool {
    let named = step.contents().filter_map(|name| view.content(definition, name));
    named.into_iter().any(|content| content.purpose == Purpose::Marketing)
}

enum Common {
    Some,
    NotInTheShopsZone,
    Never,
}

/// Wherever a customer is, their own windows move together, and so do those of fixed zones; only between the two a
/// zone decides.
fn common(hours: &[&OpeningHours], shop: &Shop) -> Common {
    let of_shop = Zone::named(&shop.time_zone).unwrap_or_else(Zone::utc);
    let placed: Vec<(&OpeningHours, Option<Zone>)> = hours
        .iter()
        .map(|hours| {
            let zone = match &hours.zone {
                ZoneChoice::Customer => None,
                ZoneChoice::Shop => Some(of_shop.clone()),
                ZoneChoice::Named(name) => Zone::named(name),
            };
            (*hours, zone)
        })
        .collect();
    let only = |wanted: bool| {
        let all = placed.iter().filter(move |(_, zone)| zone.is_some() == wanted);
        all.map(|(hours, zone)| (*hours, zone.as_ref().unwrap_or(&of_shop))).collect::<Vec<_>>()
    };
    let (of_customers, fixed) = (only(false), only(true));
    if !have_common_minute(&of_customers) || !have_common_minute(&fixed) {
        return Common::Never;
    }
    if have_common_minute(&[of_customers, fixed].concat()) { Common::Some } else { Common::NotInTheShopsZone }
}

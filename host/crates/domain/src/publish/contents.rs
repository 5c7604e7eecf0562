//! What must hold of a content, as far as it can be told without its channel and renderer.

use super::{FaultCode, StrategyFault, name_faults};
use crate::content::{Content, SMS};
use crate::locale;

/// Everything that is wrong with a content, each with its path below `path` (empty for the content itself).
pub fn content_faults(content: &Content, path: &str, faults: &mut Vec<StrategyFault>) {
    let below = |rest: &str| if path.is_empty() { rest.to_owned() } else { format!("{path}.{rest}") };
    name_faults(&content.name, &below("name"), faults);
    locale_faults(&content.default_locale, &below("default_locale"), faults);
    if let Some(parts) = content.sms_parts {
        if parts == 0 {
            faults.push(StrategyFault::error(below("sms_parts"), FaultCode::NoSmsPart));
        } else if content.variants.iter().all(|variant| variant.channel != SMS) {
            faults.push(StrategyFault::warning(below("sms_parts"), FaultCode::SmsPartsLimitNothing));
        }
    }
    if content.variants.is_empty() {
        faults.push(StrategyFault::error(below("variants"), FaultCode::NoVariant));
    }
    for (place, variant) in content.variants.iter().enumerate() {
        let path = below(&format!("variants[{place}]"));
        if variant.channel.trim().is_empty() {
            faults.push(StrategyFault::error(format!("{path}.channel"), FaultCode::VariantWithoutChannel));
        }
        if let Some(tag) = &variant.locale {
            locale_faults(tag, &format!("{path}.locale"), faults);
        }
        let of = |other: &crate::content::Variant| {
            (other.channel.clone(), other.locale.clone().unwrap_or_else(|| content.default_locale.clone()))
        };
        if content.variants[..place].iter().any(|before| of(before) == of(variant)) {
            let (channel, tag) = of(variant);
            let message = FaultCode::VariantTwice.with([("channel", &channel), ("locale", &tag)]);
            faults.push(StrategyFault::error(path.clone(), message));
        }
        if !variant.body.is_object() {
            faults.push(StrategyFault::error(format!("{path}.body"), FaultCode::BodyNotObject));
        }
    }
}

fn locale_faults(tag: &str, path: &str, faults: &mut Vec<StrategyFault>) {
    if !locale::is_tag(tag) {
        let message = FaultCode::NotALanguage.with([("tag", &tag)]);
        faults.push(StrategyFault::error(path, message));
    }
}

//! What must hold of a content, as far as it can be told without its channel and renderer.

use super::{StrategyFault, name_faults};
use crate::content::{Content, SMS};
use crate::locale;

/// Everything that is wrong with a content, each with its path below `path` (empty for the content itself).
pub fn content_faults(content: &Content, path: &str, faults: &mut Vec<StrategyFault>) {
    let below = |rest: &str| if path.is_empty() { rest.to_owned() } else { format!("{path}.{rest}") };
    name_faults(&content.name, &below("name"), faults);
    locale_faults(&content.default_locale, &below("default_locale"), faults);
    if let Some(parts) = content.sms_parts {
        if parts == 0 {
            faults.push(StrategyFault::error(below("sms_parts"), "must be at least 1, or nothing could be sent"));
        } else if content.variants.iter().all(|variant| variant.channel != SMS) {
            let message = "limits nothing: the content says nothing on `sms`";
            faults.push(StrategyFault::warning(below("sms_parts"), message));
        }
    }
    if content.variants.is_empty() {
        faults.push(StrategyFault::error(below("variants"), "needs at least one variant: what it says on a channel"));
    }
    for (place, variant) in content.variants.iter().enumerate() {
        let path = below(&format!("variants[{place}]"));
        if variant.channel.trim().is_empty() {
            faults.push(StrategyFault::error(
                format!("{path}.channel"),
                "must not be empty; name a channel such as `inbox`",
            ));
        }
        if let Some(tag) = &variant.locale {
            locale_faults(tag, &format!("{path}.locale"), faults);
        }
        let of = |other: &crate::content::Variant| {
            (other.channel.clone(), other.locale.clone().unwrap_or_else(|| content.default_locale.clone()))
        };
        if content.variants[..place].iter().any(|before| of(before) == of(variant)) {
            let (channel, tag) = of(variant);
            let message = format!("there is another variant for `{channel}` in {tag}; keep one of them");
            faults.push(StrategyFault::error(path.clone(), message));
        }
        if !variant.body.is_object() {
            faults.push(StrategyFault::error(
                format!("{path}.body"),
                "must be an object that fits the channel's content schema",
            ));
        }
    }
}

fn locale_faults(tag: &str, path: &str, faults: &mut Vec<StrategyFault>) {
    if !locale::is_tag(tag) {
        let message = format!("`{tag}` is no language tag; write it like en, pt-BR or zh-Hant");
        faults.push(StrategyFault::error(path, message));
    }
}

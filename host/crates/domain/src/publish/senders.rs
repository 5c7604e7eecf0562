//! What must hold of the senders that a strategy names (S23).

use super::{ShopView, StrategyFault};
use crate::strategy::Strategy;

pub(super) fn check(definition: &Strategy, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    let written_over = definition.channels();
    for (channel, senders) in &definition.policies.senders {
        let path = format!("policies.senders.{channel}");
        if !written_over.contains_key(channel.as_str()) {
            let message = "no step writes over this channel; leave it out";
            faults.push(StrategyFault::warning(path, message));
            continue;
        }
        // That a channel is missing is said at the step that names it.
        let Some(known) = view.channel(channel) else { continue };
        if senders.is_empty() {
            faults.push(StrategyFault::error(path, "names no sender; leave the channel out to take its default"));
            continue;
        }
        for (place, name) in senders.iter().enumerate() {
            let path = format!("{path}[{place}]");
            if senders[..place].contains(name) {
                faults.push(StrategyFault::error(path, format!("names `{name}` a second time")));
            } else if known.sender(name).is_none() {
                let names: Vec<&str> = known.senders.iter().map(|sender| sender.name.as_str()).collect();
                let names =
                    if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
                let message = format!("`{channel}` has no sender `{name}`: {names}; add it to the channel first");
                faults.push(StrategyFault::error(path, message));
            }
        }
    }
}

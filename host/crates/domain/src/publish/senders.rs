//! What must hold of the senders that a strategy names (S23).

use super::{FaultCode, ShopView, StrategyFault};
use crate::strategy::Strategy;

pub(super) fn check(definition: &Strategy, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    let written_over = definition.channels();
    for (channel, senders) in &definition.policies.senders {
        let path = format!("policies.senders.{channel}");
        if !written_over.contains_key(channel.as_str()) {
            faults.push(StrategyFault::warning(path, FaultCode::SenderOfNothing));
            continue;
        }
        // That a channel is missing is said at the step that names it.
        let Some(known) = view.channel(channel) else { continue };
        if senders.is_empty() {
            faults.push(StrategyFault::error(path, FaultCode::NamesNoSender));
            continue;
        }
        for (place, name) in senders.iter().enumerate() {
            let path = format!("{path}[{place}]");
            if senders[..place].contains(name) {
                faults.push(StrategyFault::error(path, FaultCode::NamedTwice.with([("name", name)])));
            } else if known.sender(name).is_none() {
                let names: Vec<&str> = known.senders.iter().map(|sender| sender.name.as_str()).collect();
                let message = match names[..] {
                    [] => FaultCode::NoSenderYet.with([("channel", channel), ("name", name)]),
                    _ => {
                        let known = names.join(", ");
                        FaultCode::NoSender.with([("channel", channel), ("name", name), ("known", &known)])
                    }
                };
                faults.push(StrategyFault::error(path, message));
            }
        }
    }
}

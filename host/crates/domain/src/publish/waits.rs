//! What must hold of a wait for events (S06).

use super::{FaultCode, NAME_LENGTH, ShopView, StrategyFault, ends_on_any_order, own_event_faults, span_faults};
use crate::event::ReceiptKind;
use crate::strategy::{Step, Strategy};
use crate::wait::{Awaited, AwaitedEvent, Wait};

/// The branch of those of whom nothing was heard, as traces name it.
const OTHERWISE: &str = "otherwise";

pub(super) fn check(
    wait: &Wait,
    path: &str,
    definition: &Strategy,
    view: &ShopView<'_>,
    faults: &mut Vec<StrategyFault>,
) {
    span_faults(wait.timeout, &format!("{path}.timeout"), faults);
    if wait.events.is_empty() {
        faults.push(StrategyFault::error(format!("{path}.for"), FaultCode::WaitsForNothing));
    }
    for (branch, awaited) in &wait.events {
        let path = format!("{path}.for.{branch}");
        let length = branch.trim().chars().count();
        if length == 0 || length > NAME_LENGTH {
            let message = FaultCode::BranchName.with([("n", &NAME_LENGTH)]);
            faults.push(StrategyFault::error(&path, message));
        } else if branch == OTHERWISE {
            faults.push(StrategyFault::error(&path, FaultCode::OtherwiseIsAWord));
        }
        awaited_faults(awaited, &path, definition, view, faults);
    }
}

fn awaited_faults(
    awaited: &Awaited,
    path: &str,
    definition: &Strategy,
    view: &ShopView<'_>,
    faults: &mut Vec<StrategyFault>,
) {
    let event = awaited.event;
    if awaited.button.is_some() && event != AwaitedEvent::Click {
        faults.push(StrategyFault::error(format!("{path}.button"), FaultCode::OnlyClickHasButton));
    }
    match (event, awaited.kind.as_deref()) {
        (AwaitedEvent::Custom, None) => {
            faults.push(StrategyFault::error(format!("{path}.type"), FaultCode::AwaitedNeedsType));
        }
        (AwaitedEvent::Custom, Some(kind)) => {
            own_event_faults(kind, FaultCode::OursByEvent, &format!("{path}.type"), faults)
        }
        (_, Some(_)) => {
            faults.push(StrategyFault::error(format!("{path}.type"), FaultCode::OnlyCustomHasType));
        }
        (_, None) => {}
    }
    match awaited.step.as_deref() {
        Some(_) if !event.is_of_a_message() => {
            let message = FaultCode::AboutNoMessage.with([("event", &event.word())]);
            faults.push(StrategyFault::error(format!("{path}.step"), message));
        }
        Some(step) if !matches!(definition.steps.get(step), Some(Step::Message(_))) => {
            let message = FaultCode::NoMessageStep.with([("step", &step)]);
            faults.push(StrategyFault::error(format!("{path}.step"), message));
        }
        _ => {}
    }
    if event == AwaitedEvent::Order && ends_on_any_order(definition) {
        faults.push(StrategyFault::warning(path, FaultCode::OrderEndsBefore));
    }
    if event.is_of_a_message() && !is_reported(awaited, definition, view) {
        let message = FaultCode::NeverHeard.with([("event", &event.word())]);
        faults.push(StrategyFault::warning(path, message));
    }
}

/// Whether any channel of the messages that are meant tells of such an event. What is not connected is said elsewhere.
fn is_reported(awaited: &Awaited, definition: &Strategy, view: &ShopView<'_>) -> bool {
    let receipts: &[ReceiptKind] = match awaited.event {
        AwaitedEvent::Delivered => {
            &[ReceiptKind::Delivered, ReceiptKind::Read, ReceiptKind::Clicked, ReceiptKind::Replied]
        }
        AwaitedEvent::Read => &[ReceiptKind::Read, ReceiptKind::Clicked, ReceiptKind::Replied],
        AwaitedEvent::Click => &[ReceiptKind::Clicked],
        _ => &[ReceiptKind::Replied],
    };
    let steps = definition.steps.iter().filter(|(name, _)| awaited.step.as_ref().is_none_or(|step| step == *name));
    let channels = steps.flat_map(|(_, step)| match step {
        Step::Message(message) => message.slots(),
        _ => Vec::new(),
    });
    let meant = channels.filter_map(|channel| view.channel(channel));
    // A channel that declares none may be one of before receipts were declared.
    let mut told = meant
        .filter_map(|channel| channel.ability.as_ref())
        .map(|ability| ability.receipts.is_empty() || receipts.iter().any(|kind| ability.receipts.contains(kind)));
    told.next().is_none_or(|first| first || told.any(|tells| tells))
}

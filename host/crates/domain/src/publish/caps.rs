//! What must hold of frequency caps (S20), of marketing after an order (S21), and of coming back (S07).

use super::{FaultCode, ShopView, StrategyFault, span_faults};
use crate::cap::{Cap, Caps, Limit, WhenCapped};
use crate::reentry::{OnRetrigger, Reentry};
use crate::strategy::{Strategy, TriggerKind};
use crate::time::Span;
use crate::window::Whose;

/// The longest period of a cap: contacts have to be remembered for it.
const LONGEST: Span = Span::days(366);

/// Everything that is wrong with a cap by itself.
pub fn cap_faults(cap: &Cap, path: &str, faults: &mut Vec<StrategyFault>) {
    let Cap::Limit(limit) = cap else { return };
    match (limit.within, limit.per) {
        (Some(_), Some(_)) => faults.push(StrategyFault::error(path, FaultCode::WithinAndPer)),
        (None, None) if limit.contacts > 0 => {
            faults.push(StrategyFault::error(path, FaultCode::CapNeedsTime));
        }
        (Some(within), None) if within > LONGEST => {
            faults.push(StrategyFault::error(format!("{path}.within"), FaultCode::CapTooLong));
        }
        (Some(within), None) => span_faults(within, &format!("{path}.within"), faults),
        (None, _) => {}
    }
}

/// The cap of a strategy beside those of the shop, and what goes with it.
pub(super) fn check(definition: &Strategy, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    let policies = &definition.policies;
    let of_shop = Caps::of(view.shop.cap.as_ref(), None, None).limit_of(Whose::Shop);
    match (&policies.cap, of_shop) {
        (Some(Cap::None), Some(limit)) => {
            let message = FaultCode::CapLiftsNothing.with([("limit", &limit)]);
            faults.push(StrategyFault::warning("policies.cap", message));
        }
        (Some(Cap::Limit(Limit { contacts: 0, .. })), _) => {
            faults.push(StrategyFault::warning("policies.cap", FaultCode::CapForbidsAll));
        }
        (Some(cap), _) => cap_faults(cap, "policies.cap", faults),
        (None, _) => {}
    }
    if matches!((&policies.cap, of_shop), (None | Some(Cap::None), None)) && policies.capped == WhenCapped::Wait {
        faults.push(StrategyFault::warning("policies.capped", FaultCode::NoCapToWaitFor));
    }
    order_faults(definition, faults);
    reentry_faults(definition, faults);
}

/// S07: what begins another run at once must be allowed to.
fn reentry_faults(definition: &Strategy, faults: &mut Vec<StrategyFault>) {
    let policies = &definition.policies;
    if let Reentry::Cooldown(span) = policies.reentry {
        span_faults(span, "policies.reentry.cooldown", faults);
    }
    if policies.on_retrigger == OnRetrigger::Restart && policies.reentry != Reentry::Always {
        faults.push(StrategyFault::error("policies.on_retrigger", FaultCode::RestartForbidden));
    }
}

fn order_faults(definition: &Strategy, faults: &mut Vec<StrategyFault>) {
    use TriggerKind::{OrderDelivered, OrderFulfilled, OrderPaid, OrderPlaced};
    let Some(span) = definition.policies.not_after_order else { return };
    span_faults(span, "policies.not_after_order", faults);
    if matches!(definition.trigger.on, OrderPlaced | OrderPaid | OrderFulfilled | OrderDelivered) {
        let message = FaultCode::OrderCountsToo.with([("span", &span)]);
        faults.push(StrategyFault::warning("policies.not_after_order", message));
    }
}

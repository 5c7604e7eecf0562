//! What must hold of the senders of a channel before it is saved, and what stays of those that were there.

use cartwright_domain::alert::{Alarm, AlertCause};
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::PluginRecord;
use cartwright_domain::publish::{FaultCode, StrategyFault, missing_grants};
use cartwright_domain::sender::{Sender, sender_on};
use cartwright_domain::shop::{Connection, ConnectionKind};

use crate::Engine;
use crate::connect::{ConnectionDraft, is_sound_name};
use crate::holdings::{Holdings, plugin_call};
use crate::ports::StoreError;

/// More than anybody tells apart.
const MOST: usize = 50;
/// Messages a second; whoever may send more says nothing.
const FASTEST: u32 = 1_000;

impl Engine {
    /// Everything that is wrong with the senders of a draft.
    pub(crate) async fn sender_faults(
        &self,
        holdings: &Holdings,
        record: &PluginRecord,
        draft: &ConnectionDraft,
        faults: &mut Vec<StrategyFault>,
    ) {
        if draft.kind == ConnectionKind::Source {
            if !draft.senders.is_empty() {
                faults.push(StrategyFault::error("senders", FaultCode::SourceHasNoSenders));
            }
            return;
        }
        if draft.senders.len() > MOST {
            faults.push(StrategyFault::error("senders", FaultCode::TooManySenders.with([("n", &MOST)])));
            return;
        }
        for (place, sender) in draft.senders.iter().enumerate() {
            let path = format!("senders[{place}]");
            one_fault(sender, &draft.senders[..place], &path, faults);
            let config = sender.laid_over(&draft.config);
            let call = plugin_call(holdings, record, &config, draft.grants.clone());
            if let Err(failure) = self.plugins.check_config(&call).await {
                faults.push(StrategyFault::error(format!("{path}.config"), failure.message));
            }
            let asked = record.descriptor.asks(&call.config);
            for (_, what) in missing_grants(&asked, &draft.grants).into_iter().filter(|(field, _)| *field == "hosts") {
                let message = FaultCode::AsksForWithSender.with([("plugin", &record.name), ("what", &what)]);
                faults.push(StrategyFault::error(format!("{path}.config"), message));
            }
        }
        gone_faults(holdings, draft, faults);
    }

    /// What was held of senders that are gone is over.
    pub(crate) async fn clear_senders(
        &self,
        shop: ShopId,
        holdings: &Holdings,
        saved: &Connection,
    ) -> Result<(), StoreError> {
        let known = holdings.connections.iter().find(|known| known.id == saved.id);
        let known = known.into_iter().flat_map(|known| &known.senders);
        let gone = known.filter(|sender| sender.held.is_some() && saved.sender(&sender.name).is_none());
        let about = gone.map(|sender| sender_on(&sender.name, &saved.name));
        self.sound(shop, about.map(|about| Alarm::clear(AlertCause::SenderHeld, &about, self.now())).collect()).await
    }
}

/// The senders as they are saved: what is held or waits is no setting.
pub(crate) fn saved(wanted: &[Sender], known: Option<&Connection>) -> Vec<Sender> {
    let state = |sender: &Sender| {
        let known = known.and_then(|known| known.sender(&sender.name));
        let (held, waits_until) = known.map(|known| (known.held.clone(), known.waits_until)).unwrap_or_default();
        Sender { held, waits_until, ..sender.clone() }
    };
    wanted.iter().map(state).collect()
}

fn one_fault(sender: &Sender, before: &[Sender], path: &str, faults: &mut Vec<StrategyFault>) {
    if !is_sound_name(&sender.name) {
        faults.push(StrategyFault::error(format!("{path}.name"), FaultCode::SenderName));
    } else if before.iter().any(|other| other.name == sender.name) {
        let message = FaultCode::TwoSenders.with([("name", &sender.name)]);
        faults.push(StrategyFault::error(format!("{path}.name"), message));
    }
    if sender.rate_per_second.is_some_and(|rate| !(1..=FASTEST).contains(&rate)) {
        let message = FaultCode::SenderRate.with([("n", &FASTEST)]);
        faults.push(StrategyFault::error(format!("{path}.rate_per_second"), message));
    }
    if sender.is_default && before.iter().any(|other| other.is_default) {
        faults.push(StrategyFault::error(format!("{path}.default"), FaultCode::TwoDefaults));
    }
}

/// A sender that a strategy at work names stays: what names it would silently go by another.
fn gone_faults(holdings: &Holdings, draft: &ConnectionDraft, faults: &mut Vec<StrategyFault>) {
    for (strategy, senders) in &holdings.senders {
        let named = senders.get(&draft.name).into_iter().flatten();
        for name in named.filter(|name| draft.senders.iter().all(|sender| sender.name != **name)) {
            let message = FaultCode::SenderAtWork.with([("strategy", strategy), ("name", name)]);
            faults.push(StrategyFault::error("senders", message));
        }
    }
}

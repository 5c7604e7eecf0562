//! The split step, and who is held out (S16).

use std::collections::BTreeMap;

use super::{Flow, Planner};
use crate::fact::FactRead;
use crate::run::EndReason;
use crate::split::{Arm, Assignment, HELD_OUT, TREATED, arm_of, experiment};
use crate::trace::Happening;

impl Planner<'_> {
    pub(super) fn split(&mut self, step: &str, arms: &BTreeMap<String, Arm>) -> Flow {
        let weights: Vec<(&str, u32)> = arms.iter().map(|(name, arm)| (name.as_str(), arm.weight)).collect();
        let arm = self.arm(Some(step), &weights);
        // Publishing refuses arms without weight.
        let Some((name, arm)) = arm.and_then(|name| arms.get_key_value(name)) else {
            return self.end(EndReason::Completed);
        };
        let what = Happening::Branched { branch: name.clone(), by: "split".to_owned(), digest: None, reason: None };
        self.tell(Some(step), what, Vec::new());
        self.go(&arm.next, self.now)
    }

    /// Whether marketing is held out from this customer: by the strategy as a whole, or at this step.
    pub(super) fn is_held_out(&mut self, step: &str, percent: Option<u32>, reads: &mut Vec<FactRead>) -> bool {
        let of_strategy = self.situation.policies.hold_out;
        for (percent, step, fact) in [(of_strategy, None, "hold_out.strategy"), (percent, Some(step), "hold_out.step")]
        {
            let Some(percent) = percent else { continue };
            let percent = percent.min(100);
            let arm = self.arm(step, &[(HELD_OUT, percent), (TREATED, 100 - percent)]);
            reads.push(FactRead::new(fact, arm.unwrap_or(TREATED)));
            if arm == Some(HELD_OUT) {
                return true;
            }
        }
        false
    }

    /// The customer's arm; a new one is kept from now on.
    fn arm<'b>(&mut self, step: Option<&str>, arms: &[(&'b str, u32)]) -> Option<&'b str> {
        let experiment = experiment(self.plan.run.strategy, step);
        let (arm, is_new) = arm_of(&experiment, &self.situation.subject.customer, arms)?;
        if is_new {
            self.plan.experiments.insert(experiment, Assignment { arm: arm.to_owned(), at: self.now });
        }
        Some(arm)
    }
}

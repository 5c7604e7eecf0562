//! Steps that do something at once: change the customer, go round again, pass on to another strategy.

use super::{Flow, Planner};
use crate::effect::Effect;
use crate::run::EndReason;
use crate::time::Timestamp;
use crate::trace::Happening;

impl Planner<'_> {
    /// The run rests afterwards, and goes on at once in the next round: what comes next sees the customer as changed.
    pub(super) fn change(&mut self, step: &str, effect: Effect, next: &str) -> Flow {
        self.tell(Some(step), Happening::Changed { effect: effect.clone() }, Vec::new());
        self.plan.effects.push(effect);
        self.go(next, self.now);
        Flow::Rest
    }

    /// Goes back at most so often in all the run: whatever else is drawn, that ends. It takes no time of its own.
    pub(super) fn repeat(&mut self, step: &str, times: u32, next: &str, then: &str, since: Timestamp) -> Flow {
        let done = self.plan.run.repeats.entry(step.to_owned()).or_insert(0);
        let goes_back = *done < times;
        *done += u32::from(goes_back);
        let reason = format!("{done} of {times}");
        let (branch, next) = if goes_back { ("again", next) } else { ("then", then) };
        let (branch, by) = (branch.to_owned(), "repeat".to_owned());
        self.tell(Some(step), Happening::Branched { branch, by, digest: None, reason: Some(reason) }, Vec::new());
        self.go(next, since);
        // What was made on the way here is on record before it is made again.
        if goes_back { Flow::Rest } else { Flow::GoOn }
    }

    /// Ends the run; whether the other strategy takes the customer is decided where its runs are known.
    pub(super) fn transfer(&mut self, strategy: &str) -> Flow {
        self.plan.transfer = Some(strategy.to_owned());
        self.end(EndReason::Transferred)
    }
}

//! The wait step (S06).

use super::{Flow, Planner};
use crate::fact::FactRead;
use crate::time::Timestamp;
use crate::trace::Happening;
use crate::wait::{Listening, Wait};

/// So many events that ended a wait are remembered: those of one moment, and more than happen in one.
const KEPT: usize = 32;

impl Planner<'_> {
    pub(super) fn listen(&mut self, step: &str, wait: &Wait, since: Timestamp) -> Flow {
        let subject = self.situation.subject;
        let listening = Listening {
            run: &self.plan.run,
            since,
            customer: &subject.customer,
            orders: subject.orders.iter().collect(),
            messages: self.situation.messages.to_vec(),
        };
        let until = wait.until(since);
        let mut facts = vec![FactRead::new("wait.since", since)];
        let mut heard = None;
        let (branch, next, at, reason) = match wait.hit(&listening) {
            Some(hit) => {
                facts.push(FactRead::new("wait.heard_at", hit.at));
                heard = Some(hit.event_id);
                // What is ahead of our clock is not waited for.
                (hit.branch, hit.next, hit.at.min(self.now), Some(hit.what))
            }
            None if self.now >= until => ("otherwise", wait.otherwise.as_str(), until, None),
            None => {
                self.wait(step, until, facts);
                return Flow::Rest;
            }
        };
        if let Some(event_id) = heard {
            let used = &mut self.plan.run.waited_for;
            used.push(event_id);
            if used.len() > KEPT {
                used.remove(0);
            }
        }
        let what = Happening::Branched { branch: branch.to_owned(), by: "wait".to_owned(), digest: None, reason };
        self.tell(Some(step), what, facts);
        self.go(next, at)
    }
}

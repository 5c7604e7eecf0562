//! What was handed over to the customer, in this and in other runs, and what came of it.

use cartwright_domain::facts::{Contact, Reaction, Subject};
use cartwright_domain::time::Timestamp;
use cartwright_plugins_bindings::v0_2::imports::messages;
use wasmtime::Result;

use super::Fact;
use crate::guest::Guest;

fn count(subject: &Subject, since: Timestamp, until: Timestamp, meant: impl Fn(&Contact) -> bool) -> u32 {
    let in_range = subject.contacts.iter().filter(|contact| (since..until).contains(&contact.at));
    u32::try_from(in_range.filter(|contact| meant(contact)).count()).unwrap_or(u32::MAX)
}

impl messages::Host for Guest {
    fn count_between(&mut self, since: i64, until: i64) -> Result<u32> {
        let until = Timestamp::from_millis(until);
        let about = |since: Timestamp| vec![since.into(), until.into()];
        let read = |subject: &Subject, since| count(subject, since, until, |_| true);
        self.fact_over(Fact::MessagesCountBetween, since, about, read)
    }

    /// Only as far back as the descriptor looks: what was loaded beyond that depends on other plugins.
    fn last_at(&mut self) -> Result<Option<i64>> {
        let since = self.rights.earliest(Fact::MessagesLastAt, self.now());
        let last = |subject: &Subject| {
            subject.contacts.iter().map(|contact| contact.at).filter(|at| since.is_none_or(|since| *at >= since)).max()
        };
        Ok(self.fact(Fact::MessagesLastAt, last)?.map(Timestamp::millis))
    }

    fn reacted_between(&mut self, reaction: messages::Reaction, since: i64, until: i64) -> Result<u32> {
        let reaction = match reaction {
            messages::Reaction::Delivered => Reaction::Delivered,
            messages::Reaction::Read => Reaction::Read,
            messages::Reaction::Clicked => Reaction::Clicked,
            messages::Reaction::Replied => Reaction::Replied,
        };
        let until = Timestamp::from_millis(until);
        let about = |since: Timestamp| vec![reaction.name().into(), since.into(), until.into()];
        let reached = |contact: &Contact| contact.reaction.is_some_and(|furthest| furthest >= reaction);
        let read = |subject: &Subject, since| count(subject, since, until, reached);
        self.fact_over(Fact::MessagesReactedBetween, since, about, read)
    }
}

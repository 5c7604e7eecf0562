//! How fast senders go (S22): no sender is given more messages in any second than its rate, and what has to wait is
//! spread over the seconds that follow, so that nothing is looked at again before it may go.
//!
//! Counted where the work is done, by the node that has the shop's shard, and forgotten with it: whoever takes over may
//! give a sender at most one second of its rate twice.

use std::collections::{BTreeMap, VecDeque};

use crate::ids::ConnectionId;
use crate::time::{Span, Timestamp};

const SECOND: Span = Span::seconds(1);

/// What senders were given lately, by their channels.
#[derive(Debug, Clone, Default)]
pub struct Paces(BTreeMap<(ConnectionId, String), Pace>);

#[derive(Debug, Clone, Default)]
struct Pace {
    /// When it was given each of the messages of the last second, oldest first.
    given: VecDeque<Timestamp>,
    /// The last second that messages were put off to, and how many were.
    tail: Timestamp,
    put_off: u32,
}

impl Paces {
    /// Whether a sender may be given a message now; else the instant to look at it again.
    pub fn room(&mut self, sender: (ConnectionId, &str), rate: u32, now: Timestamp) -> Result<(), Timestamp> {
        let pace = self.of(sender);
        pace.given.retain(|at| *at + SECOND > now);
        match pace.given.front() {
            Some(first) if pace.given.len() >= rate as usize => Err(pace.put_off(*first + SECOND, rate)),
            _ => Ok(()),
        }
    }

    /// A sender is given a message.
    pub fn give(&mut self, sender: (ConnectionId, &str), now: Timestamp) {
        self.of(sender).given.push_back(now);
    }

    fn of(&mut self, (channel, name): (ConnectionId, &str)) -> &mut Pace {
        self.0.entry((channel, name.to_owned())).or_default()
    }
}

impl Pace {
    /// The next second that is not full of what was put off before.
    fn put_off(&mut self, first_free: Timestamp, rate: u32) -> Timestamp {
        if self.tail < first_free {
            (self.tail, self.put_off) = (first_free, 0);
        } else if self.put_off >= rate {
            (self.tail, self.put_off) = (self.tail + SECOND, 0);
        }
        self.put_off += 1;
        self.tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis)
    }

    fn try_all(paces: &mut Paces, due: &[Timestamp], rate: u32, now: Timestamp) -> Vec<Result<(), Timestamp>> {
        let sender = (ConnectionId(Default::default()), "acorn");
        let mut one = |_: &Timestamp| {
            let room = paces.room(sender, rate, now);
            room.inspect(|()| paces.give(sender, now))
        };
        due.iter().map(&mut one).collect()
    }

    #[test]
    fn s22_no_second_has_more_than_the_rate_and_none_is_idle_while_messages_wait() {
        let (mut paces, mut waiting, mut went) = (Paces::default(), vec![at(0); 25], Vec::new());
        let mut looks = 0;
        while let Some(now) = waiting.iter().copied().min() {
            let (due, later): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(|due| *due <= now);
            looks += due.len();
            let answers = try_all(&mut paces, &due, 3, now);
            went.extend(answers.iter().filter(|answer| answer.is_ok()).map(|_| now));
            waiting = later.into_iter().chain(answers.into_iter().filter_map(Result::err)).collect();
        }
        for first in &went {
            assert!(went.iter().filter(|at| *at >= first && **at < *first + SECOND).count() <= 3, "{went:?}");
        }
        assert_eq!((went.len(), went.last()), (25, Some(&at(8_000))));
        assert!(looks <= 50, "each was looked at when it came and when it could go, and not every second: {looks}");
    }

    #[test]
    fn s22_a_second_is_any_second_and_not_one_of_the_clock() {
        let mut paces = Paces::default();
        assert_eq!(try_all(&mut paces, &[at(900)], 2, at(900)), [Ok(())]);
        assert_eq!(try_all(&mut paces, &[at(1_100); 2], 2, at(1_100)), [Ok(()), Err(at(1_900))]);
        assert_eq!(try_all(&mut paces, &[at(1_899)], 2, at(1_899)), [Err(at(1_900))]);
        assert_eq!(try_all(&mut paces, &[at(1_900); 2], 2, at(1_900)), [Ok(()), Err(at(2_100))]);
    }
}

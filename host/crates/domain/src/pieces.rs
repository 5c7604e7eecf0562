//! A cart that is told piece by piece: what was put in and what was taken out, in whatever order it arrives (S01, S02).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cart::Side;
use crate::event::{CartBody, Line, LinesAre};
use crate::time::Timestamp;

/// So many pieces are kept apart; older ones are in the whole for good.
const MOST: usize = 100;

/// The whole as it was told last, and what was told of it since. What a cart holds follows from their instants alone,
/// so that it does not matter in which order they arrived.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pieces {
    /// As of when all of it is known; none where it never was told as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_at: Option<Timestamp>,
    /// All of it then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub whole: Vec<Line>,
    /// What changed since, oldest first.
    pub told: Vec<Piece>,
}

/// A change of a cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Piece {
    /// When, by the source's clock.
    pub at: Timestamp,
    /// Put in or taken out.
    pub lines_are: LinesAre,
    /// What.
    pub lines: Vec<Line>,
}

impl Pieces {
    /// Takes what is told as of then; whether it is not older than the whole that is known.
    pub(crate) fn take(&mut self, body: &CartBody, at: Timestamp) -> bool {
        let lines = body.lines.clone();
        match body.lines_are {
            LinesAre::All => {
                if self.whole_at.is_some_and(|whole_at| at < whole_at) {
                    return false;
                }
                (self.whole_at, self.whole) = (Some(at), lines);
                self.told.retain(|piece| piece.at > at);
            }
            lines_are => {
                // Who tells the whole as of an instant has told what happened until then.
                if self.whole_at.is_some_and(|whole_at| at <= whole_at) {
                    return false;
                }
                let piece = Piece { at, lines_are, lines };
                // In one instant things are put in before they are taken out.
                let place = self.told.partition_point(|known| (known.at, known.lines_are) <= (at, lines_are));
                self.told.insert(place, piece);
            }
        }
        if self.told.len() > MOST {
            let oldest = self.told.remove(0);
            self.whole_at = Some(oldest.at);
            fold(&mut self.whole, &oldest);
        }
        true
    }

    /// What is in the cart.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let mut lines = self.whole.clone();
        self.told.iter().for_each(|piece| fold(&mut lines, piece));
        lines
    }

    /// When it last changed.
    pub(crate) fn newest_at(&self) -> Option<Timestamp> {
        self.told.last().map(|piece| piece.at).or(self.whole_at)
    }
}

impl Side {
    /// What its lines come from: of one that is told as a whole, that.
    pub(crate) fn pieces(&self) -> Pieces {
        let whole = || Pieces { whole_at: Some(self.updated_at), whole: self.lines.clone(), told: Vec::new() };
        self.pieces.clone().unwrap_or_else(whole)
    }
}

fn fold(lines: &mut Vec<Line>, piece: &Piece) {
    for line in &piece.lines {
        let known = lines.iter_mut().find(|known| known.goods() == line.goods());
        match (piece.lines_are, known) {
            (LinesAre::Removed, known) => {
                if let Some(known) = known {
                    known.quantity = known.quantity.saturating_sub(line.quantity);
                }
            }
            (_, Some(known)) => {
                let quantity = known.quantity.saturating_add(line.quantity);
                // What is told last of the goods is how they are called and what they cost now.
                *known = Line { quantity, ..line.clone() };
            }
            (_, None) => lines.push(line.clone()),
        }
    }
    lines.retain(|line| line.quantity > 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    fn told(lines_are: LinesAre, goods: &[(&str, u32)]) -> CartBody {
        let line = |(sku, quantity): &(&str, u32)| Line {
            title: (*sku).into(),
            sku: Some((*sku).into()),
            quantity: *quantity,
            ..Line::default()
        };
        CartBody { lines: goods.iter().map(line).collect(), lines_are, ..CartBody::default() }
    }

    fn goods(pieces: &Pieces) -> Vec<(String, u32)> {
        let mut goods: Vec<_> = pieces.lines().iter().map(|line| (line.goods().to_owned(), line.quantity)).collect();
        goods.sort();
        goods
    }

    /// All orders of so many things.
    fn orders(of: usize) -> Vec<Vec<usize>> {
        if of == 0 {
            return vec![Vec::new()];
        }
        let rest = orders(of - 1);
        let with =
            |order: &Vec<usize>| (0..of).map(|place| [&order[..place], &[of - 1], &order[place..]].concat()).collect();
        rest.iter().flat_map(|order| -> Vec<Vec<usize>> { with(order) }).collect()
    }

    #[test]
    fn s01_what_a_cart_holds_does_not_hang_on_the_order_in_which_it_was_told() {
        use LinesAre::{Added, All, Removed};
        let story = [
            (at(1), told(Added, &[("tea", 1)])),
            (at(2), told(Added, &[("pot", 1)])),
            (at(3), told(All, &[("tea", 2), ("pot", 1)])),
            (at(4), told(Added, &[("pot", 2), ("cup", 6)])),
            (at(5), told(Removed, &[("cup", 2)])),
            (at(6), told(Removed, &[("tea", u32::MAX)])),
        ];
        for order in orders(story.len()) {
            let mut pieces = Pieces::default();
            for place in &order {
                pieces.take(&story[*place].1, story[*place].0);
            }
            assert_eq!(goods(&pieces), [("cup".to_owned(), 4), ("pot".to_owned(), 3)], "{order:?}");
            assert_eq!((pieces.newest_at(), pieces.told.len()), (Some(at(6)), 3), "{order:?}");
        }
    }

    #[test]
    fn s01_what_is_older_than_the_whole_stands_in_it() {
        use LinesAre::{Added, All, Removed};
        let mut pieces = Pieces::default();
        assert!(pieces.take(&told(All, &[("tea", 1)]), at(5)));
        assert!(!pieces.take(&told(Added, &[("pot", 1)]), at(5)));
        assert!(!pieces.take(&told(Removed, &[("tea", 1)]), at(4)));
        assert!(!pieces.take(&told(All, &[]), at(4)));
        assert_eq!(goods(&pieces), [("tea".to_owned(), 1)]);
    }

    #[test]
    fn a_cart_that_is_told_for_ever_does_not_grow_for_ever() {
        let mut pieces = Pieces::default();
        for minute in 0..500 {
            assert!(pieces.take(&told(LinesAre::Added, &[("tea", 1)]), at(minute)));
        }
        assert_eq!((goods(&pieces), pieces.told.len()), (vec![("tea".to_owned(), 500)], MOST));
        assert!(!pieces.take(&told(LinesAre::Removed, &[("tea", 500)]), at(10)), "that is settled");
    }
}

//! A cart that may have become a checkout: one entity that advances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{CartBody, Line, LinesAre};
use crate::ids::{CartId, CustomerId};
use crate::money::Money;
use crate::pieces::Pieces;
use crate::time::Timestamp;

/// A cart with what each stage of it said last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cart {
    /// Ours.
    pub id: CartId,
    /// Whose it is.
    pub customer: CustomerId,
    /// The platform's cart token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart_token: Option<String>,
    /// The platform's checkout token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout_token: Option<String>,
    /// As the cart stage had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<Side>,
    /// As the checkout stage had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<Side>,
    /// First heard of.
    pub opened_at: Timestamp,
    /// When it became an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_at: Option<Timestamp>,
}

/// What one stage said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// By the source's clock.
    pub updated_at: Timestamp,
    /// All lines.
    pub lines: Vec<Line>,
    /// Total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// Where the customer can go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_url: Option<String>,
    /// What its lines come from, where it is told piece by piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<Pieces>,
}

/// The two stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// In the shop window.
    Cart,
    /// On the way to pay.
    Checkout,
}

/// What an update did to the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A line was added or a quantity raised: this restarts a settling delay (S01).
    Added,
    /// Anything else.
    Other,
    /// The update is older than what is known; nothing was taken from it.
    Outdated,
}

impl Cart {
    /// A cart nobody has said anything about yet.
    pub fn new(id: CartId, customer: CustomerId, opened_at: Timestamp) -> Self {
        Self {
            id,
            customer,
            cart_token: None,
            checkout_token: None,
            cart: None,
            checkout: None,
            opened_at,
            ordered_at: None,
        }
    }

    /// What is in it now: the newer of both stages, the checkout on a tie.
    pub fn newest(&self) -> Option<&Side> {
        match (&self.cart, &self.checkout) {
            (Some(cart), Some(checkout)) if cart.updated_at > checkout.updated_at => Some(cart),
            (_, Some(checkout)) => Some(checkout),
            (cart, None) => cart.as_ref(),
        }
    }

    /// What a stage said.
    pub fn side(&self, stage: Stage) -> Option<&Side> {
        match stage {
            Stage::Cart => self.cart.as_ref(),
            Stage::Checkout => self.checkout.as_ref(),
        }
    }

    /// Its lines now.
    pub fn lines(&self) -> &[Line] {
        self.newest().map_or(&[], |side| &side.lines)
    }

    /// Its total: as the source says, else the sum of the lines where all are priced in one currency.
    pub fn total(&self) -> Option<Money> {
        let side = self.newest()?;
        side.total.or_else(|| {
            let mut sums = side.lines.iter().map(|line| line.price?.checked_mul(line.quantity));
            let first = sums.next()??;
            sums.try_fold(first, |sum, amount| sum.checked_add(amount?))
        })
    }

    /// Where the customer can go on with it.
    pub fn recovery_url(&self) -> Option<&str> {
        self.newest()?.recovery_url.as_deref().or_else(|| self.checkout.as_ref()?.recovery_url.as_deref())
    }

    /// When it last changed, by the source's clock.
    pub fn updated_at(&self) -> Timestamp {
        self.newest().map_or(self.opened_at, |side| side.updated_at)
    }

    /// Still to be bought.
    pub fn is_open(&self) -> bool {
        self.ordered_at.is_none()
    }

    /// Takes what a stage says now.
    pub fn take(&mut self, stage: Stage, body: &CartBody, occurred_at: Timestamp) -> Change {
        let updated_at = body.updated_at.unwrap_or(occurred_at);
        if let Some(at) = body.completed_at {
            self.ordered_at = Some(self.ordered_at.map_or(at, |known| known.min(at)));
        }
        self.opened_at = self.opened_at.min(occurred_at);
        let side = match stage {
            Stage::Cart => &mut self.cart,
            Stage::Checkout => &mut self.checkout,
        };
        let before: &[Line] = side.as_ref().map_or(&[], |known| &known.lines);
        let mut pieces = side.as_ref().map_or_else(Pieces::default, Side::pieces);
        if !pieces.take(body, updated_at) {
            return Change::Outdated;
        }
        let lines = pieces.lines();
        let change = added(before, &lines);
        let former = side.as_ref().filter(|_| body.lines_are != LinesAre::All);
        *side = Some(Side {
            updated_at: pieces.newest_at().unwrap_or(updated_at),
            lines,
            // What it was worth before it changed says nothing any more.
            total: body.total.filter(|_| pieces.told.is_empty()),
            recovery_url: body.recovery_url.clone().or_else(|| former?.recovery_url.clone()),
            pieces: Some(pieces).filter(|pieces| !pieces.told.is_empty()),
        });
        change
    }
}

fn added(before: &[Line], now: &[Line]) -> Change {
    let pieces = |lines: &[Line], goods: &str| -> u64 {
        lines.iter().filter(|line| line.goods() == goods).map(|line| u64::from(line.quantity)).sum()
    };
    let more = now.iter().any(|line| pieces(now, line.goods()) > pieces(before, line.goods()));
    if more { Change::Added } else { Change::Other }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Mint;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_millis(hour * 3_600_000)
    }

    fn body(goods: &[(&str, u32)], hour: i64) -> CartBody {
        let lines = goods
            .iter()
            .map(|(sku, quantity)| Line {
                title: (*sku).into(),
                sku: Some((*sku).into()),
                quantity: *quantity,
                ..Line::default()
            })
            .collect();
        CartBody { lines, updated_at: Some(at(hour)), ..CartBody::default() }
    }

    #[test]
    fn s01_only_added_lines_and_raised_quantities_count_as_adding() {
        let mut mint = Mint::new(at(0), [0; 32]);
        let mut cart = Cart::new(mint.next(), mint.next(), at(1));
        assert_eq!(cart.take(Stage::Cart, &body(&[("a", 1)], 1), at(1)), Change::Added);
        assert_eq!(cart.take(Stage::Cart, &body(&[("a", 2)], 2), at(2)), Change::Added);
        assert_eq!(cart.take(Stage::Cart, &body(&[("a", 1)], 3), at(3)), Change::Other);
        assert_eq!(cart.take(Stage::Cart, &body(&[("a", 1), ("b", 1)], 4), at(4)), Change::Added);
        assert_eq!(cart.take(Stage::Cart, &body(&[], 5), at(5)), Change::Other);
        assert_eq!(cart.take(Stage::Cart, &body(&[("a", 9)], 4), at(6)), Change::Outdated);
        assert!(cart.lines().is_empty());
    }
}

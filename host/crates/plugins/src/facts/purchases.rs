//! What the customer bought, and what lies in the cart.

use cartwright_domain::event::Line;
use cartwright_domain::facts::Subject;
use cartwright_domain::money::Money;
use cartwright_domain::time::Timestamp;
use cartwright_plugins_bindings::v0_2::imports::{cart, orders, types};
use wasmtime::Result;

use super::Fact;
use crate::guest::Guest;

fn money(money: Money) -> types::Money {
    types::Money { minor: money.minor, currency: money.currency.code().to_owned() }
}

impl orders::Host for Guest {
    fn count(&mut self) -> Result<u32> {
        self.fact(Fact::OrdersCount, |subject| subject.orders().count())
    }

    fn count_since(&mut self, since: i64) -> Result<u32> {
        let count = |subject: &Subject, since| subject.orders().count_since(since);
        self.fact_over(Fact::OrdersCountSince, since, |since| vec![since.into()], count)
    }

    fn count_between(&mut self, since: i64, until: i64) -> Result<u32> {
        let until = Timestamp::from_millis(until);
        let about = |since: Timestamp| vec![since.into(), until.into()];
        let count = |subject: &Subject, since| u32::try_from(subject.orders().between(since, until).count());
        self.fact_over(Fact::OrdersCountBetween, since, about, |subject, since| {
            count(subject, since).unwrap_or(u32::MAX)
        })
    }

    fn spent(&mut self) -> Result<Option<types::Money>> {
        Ok(self.fact(Fact::OrdersSpent, |subject| subject.orders().spent(subject.shop.currency))?.map(money))
    }

    fn spent_between(&mut self, since: i64, until: i64) -> Result<Option<types::Money>> {
        let until = Timestamp::from_millis(until);
        let about = |since: Timestamp| vec![since.into(), until.into()];
        let spent = |subject: &Subject, since| subject.orders().spent_between(subject.shop.currency, since, until);
        Ok(self.fact_over(Fact::OrdersSpentBetween, since, about, spent)?.map(money))
    }

    fn first_at(&mut self) -> Result<Option<i64>> {
        Ok(self.fact(Fact::OrdersFirstAt, |subject| subject.orders().first_at())?.map(Timestamp::millis))
    }

    fn last_at(&mut self) -> Result<Option<i64>> {
        Ok(self.fact(Fact::OrdersLastAt, |subject| subject.orders().last_at())?.map(Timestamp::millis))
    }

    fn has_bought(&mut self, goods: String) -> Result<bool> {
        let about = || vec![goods.as_str().into()];
        self.fact_about(Fact::OrdersHasBought, about, |subject| subject.orders().have(&goods))
    }
}

fn lines(subject: &Subject) -> &[Line] {
    subject.cart.as_ref().map_or(&[], |cart| cart.lines())
}

fn pieces<'a>(lines: impl Iterator<Item = &'a Line>) -> u32 {
    lines.fold(0, |sum: u32, line| sum.saturating_add(line.quantity))
}

impl cart::Host for Guest {
    fn exists(&mut self) -> Result<bool> {
        self.fact(Fact::CartExists, |subject| subject.cart.is_some())
    }

    fn total(&mut self) -> Result<Option<types::Money>> {
        Ok(self.fact(Fact::CartTotal, |subject| subject.cart.as_ref()?.total())?.map(money))
    }

    fn lines_count(&mut self) -> Result<u32> {
        self.fact(Fact::CartLinesCount, |subject| u32::try_from(lines(subject).len()).unwrap_or(u32::MAX))
    }

    fn pieces(&mut self) -> Result<u32> {
        self.fact(Fact::CartPieces, |subject| pieces(lines(subject).iter()))
    }

    fn line(&mut self, index: u32) -> Result<Option<cart::CartLine>> {
        let read = |subject: &Subject| {
            let line = lines(subject).get(usize::try_from(index).ok()?)?;
            Some(cart::CartLine {
                title: line.title.clone(),
                sku: line.sku.clone(),
                variant_id: line.variant_id.clone(),
                quantity: line.quantity,
                price: line.price.map(money),
                image_url: line.image_url.clone(),
                product_url: line.product_url.clone(),
            })
        };
        self.fact_about(Fact::CartLine, || vec![index.into()], read)
    }

    fn has_sku(&mut self, sku: String) -> Result<bool> {
        let has = |subject: &Subject| lines(subject).iter().any(|line| line.sku.as_deref() == Some(&sku));
        self.fact_about(Fact::CartHasSku, || vec![sku.as_str().into()], has)
    }

    fn has_product(&mut self, product_id: String) -> Result<bool> {
        let has = |subject: &Subject| lines(subject).iter().any(|line| line.product_id.as_deref() == Some(&product_id));
        self.fact_about(Fact::CartHasProduct, || vec![product_id.as_str().into()], has)
    }

    fn has_category(&mut self, name: String) -> Result<bool> {
        let has = |subject: &Subject| lines(subject).iter().any(|line| line.categories.have(&name));
        self.fact_about(Fact::CartHasCategory, || vec![name.as_str().into()], has)
    }

    fn quantity_of(&mut self, sku: String) -> Result<u32> {
        let of_it = |line: &&Line| line.sku.as_deref() == Some(&sku);
        let count = |subject: &Subject| pieces(lines(subject).iter().filter(of_it));
        self.fact_about(Fact::CartQuantityOf, || vec![sku.as_str().into()], count)
    }

    fn updated_at(&mut self) -> Result<Option<i64>> {
        let at = |subject: &Subject| subject.cart.as_ref().map(|cart| cart.updated_at());
        Ok(self.fact(Fact::CartUpdatedAt, at)?.map(Timestamp::millis))
    }

    fn recovery_url(&mut self) -> Result<Option<String>> {
        let url = |subject: &Subject| subject.cart.as_ref()?.recovery_url().map(str::to_owned);
        self.fact(Fact::CartRecoveryUrl, url)
    }
}

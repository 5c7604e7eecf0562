//! The events of the e-commerce specification that the host has words for.
//!
//! A cart is told piece by piece: what was put in and what was taken out, which the host folds into what it knows, until
//! `Cart Viewed` tells all of it.

use cartwright_sdk::Amount;
use cartwright_sdk::events::{self, Fact, LinesAre, Origin, Subject};
use cartwright_sdk::serde_json::{Map, Value};
use cartwright_sdk::time::Moment;
use cartwright_sdk::types::{Fault, Instant, Money};

/// What a track call tells, with the names that it adds to the subject; none where it is of another kind.
pub(crate) fn read(
    name: &str,
    properties: &Map<String, Value>,
    customer: Option<events::Customer>,
    currency: Option<&str>,
    at: Instant,
) -> Result<Option<(Subject, Fact)>, Fault> {
    let told = Told { properties, currency: text(properties, &["currency"]).or(currency.map(str::to_owned)), at };
    let cart = || Subject { cart: text(properties, &["cart_id"]), ..Subject::default() };
    Ok(Some(match name.trim().to_lowercase().as_str() {
        "product added" => {
            let cart_now = told.cart(vec![told.line(properties)?], None, customer);
            (cart(), Fact::CartUpdated(events::Cart { lines_are: LinesAre::Added, ..cart_now }))
        }
        "product removed" => {
            let line = told.line(properties)?;
            // Without a number all of it is taken out.
            let quantity = properties.get("quantity").and_then(Value::as_u64).map_or(u32::MAX, |_| line.quantity);
            let cart_now = told.cart(vec![events::Line { quantity, ..line }], None, customer);
            (cart(), Fact::CartUpdated(events::Cart { lines_are: LinesAre::Removed, ..cart_now }))
        }
        "cart viewed" => (cart(), Fact::CartUpdated(told.cart(told.lines()?, told.total(), customer))),
        "checkout started" => {
            let checkout = text(properties, &["checkout_id", "order_id"]);
            let subject = Subject { checkout, ..cart() };
            (subject, Fact::CheckoutUpdated(told.cart(told.lines()?, told.total(), customer)))
        }
        "order completed" => (told.of_order()?, Fact::OrderPlaced(told.order(customer)?)),
        "order updated" => (told.of_order()?, Fact::OrderPlaced(told.order(customer)?)),
        "order cancelled" => (told.of_order()?, Fact::OrderCancelled(told.order(customer)?)),
        _ => return Ok(None),
    }))
}

struct Told<'a> {
    properties: &'a Map<String, Value>,
    currency: Option<String>,
    at: Instant,
}

impl Told<'_> {
    fn cart(
        &self,
        lines: Vec<events::Line>,
        total: Option<Amount>,
        customer: Option<events::Customer>,
    ) -> events::Cart {
        events::Cart { lines, total, updated_at: Some(Moment(self.at)), customer, ..events::Cart::default() }
    }

    fn of_order(&self) -> Result<Subject, Fault> {
        let order = text(self.properties, &["order_id"]);
        let order = order.ok_or_else(|| Fault::bad_input("properties.order_id: an order without its id"))?;
        let (cart, checkout) = (text(self.properties, &["cart_id"]), text(self.properties, &["checkout_id"]));
        Ok(Subject { order: Some(order), cart, checkout, ..Subject::default() })
    }

    fn order(&self, customer: Option<events::Customer>) -> Result<events::Order, Fault> {
        Ok(events::Order {
            number: text(self.properties, &["order_id"]),
            total: self.total(),
            placed_at: None,
            updated_at: Some(Moment(self.at)),
            origin: Origin::Customer,
            lines: self.lines()?,
            customer,
        })
    }

    fn lines(&self) -> Result<Vec<events::Line>, Fault> {
        let products = self.properties.get("products").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        products.iter().filter_map(Value::as_object).map(|product| self.line(product)).collect()
    }

    fn line(&self, product: &Map<String, Value>) -> Result<events::Line, Fault> {
        let title = text(product, &["name", "sku", "product_id"]);
        let quantity = product.get("quantity").and_then(Value::as_u64).unwrap_or(1);
        Ok(events::Line {
            title: title.ok_or_else(|| Fault::bad_input("properties.name: a product without a name or an id"))?,
            quantity: u32::try_from(quantity).unwrap_or(u32::MAX),
            price: self.amount(product.get("price")),
            sku: text(product, &["sku"]),
            product_id: text(product, &["product_id"]),
            variant_id: text(product, &["variant_id"]),
        })
    }

    fn total(&self) -> Option<Amount> {
        ["total", "value", "revenue"].into_iter().find_map(|name| self.amount(self.properties.get(name)))
    }

    /// Numbers and texts; what is no amount of its currency is left out.
    fn amount(&self, value: Option<&Value>) -> Option<Amount> {
        let amount = match value? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return None,
        };
        let amount = Amount { amount, currency: self.currency.clone()? };
        Money::try_from(&amount).is_ok().then_some(amount)
    }
}

/// The first of these that is a text or a number.
fn text(fields: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match fields.get(*name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

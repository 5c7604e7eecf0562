//! Shoppers of the sample shop: while the demo runs they fill carts, order, or leave without a word, and Shopify tells
//! of it as it tells any shop, signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cartwright_domain::ids::ConnectionId;
use cartwright_domain::time::Span;
use cartwright_engine::Engine;
use cartwright_engine::ports::{Clock, StoreError, Webhook};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use std::sync::Arc;

/// Who comes, one after the other: a name, and whether they want the shop's news.
const PEOPLE: [(&str, bool); 12] = [
    ("Mara", true),
    ("Ilie", true),
    ("Noor", false),
    ("Linh", true),
    ("Otto", true),
    ("Wei", true),
    ("Sami", false),
    ("Ioana", true),
    ("Hana", true),
    ("Tomás", true),
    ("Quynh", true),
    ("Yara", false),
];
/// What they put into their carts: a title, an article number, a price.
const GOODS: [(&str, &str, &str); 4] = [
    ("Copper teapot", "TEA-1", "64.50"),
    ("Set of six cups", "CUP-6", "38.00"),
    ("Oak tray", "OAK-2", "129.00"),
    ("Linen towel", "LIN-3", "19.90"),
];
/// How many come soon after each other; later ones take their time.
const EAGER: u64 = 12;
/// Between the eager ones.
const SOON: Span = Span::seconds(5);
/// Between the others.
const LATER: Span = Span::minutes(2);

/// The shop that they visit.
pub(super) struct Shoppers {
    pub(super) engine: Engine,
    pub(super) clock: Arc<dyn Clock>,
    /// The Shopify source.
    pub(super) source: ConnectionId,
    /// What it signs with.
    pub(super) secret: &'static str,
}

/// Somebody with a cart.
struct Visit {
    number: u64,
    name: &'static str,
    wants_news: bool,
    goods: (&'static str, &'static str, &'static str),
}

impl Visit {
    /// The same shopper every time, with another cart each time.
    fn numbered(number: u64) -> Self {
        let place = usize::try_from(number).unwrap_or(0);
        let (name, wants_news) = PEOPLE[place % PEOPLE.len()];
        Self { number, name, wants_news, goods: GOODS[place % GOODS.len()] }
    }

    /// Every third one orders.
    fn orders(&self) -> bool {
        self.number % 3 == 1
    }

    fn email(&self) -> String {
        format!("{}@shoppers.example", self.name.to_lowercase().replace('á', "a"))
    }

    fn lines(&self) -> Value {
        let (title, sku, price) = self.goods;
        let money = json!({ "shop_money": { "amount": price, "currency_code": "EUR" } });
        json!([{ "title": title, "sku": sku, "variant_id": 7_000 + self.number % 4, "product_id": 8_000 + self.number % 4,
            "quantity": 1, "price": price, "price_set": money, "line_price_set": money }])
    }

    fn customer(&self) -> Value {
        json!({ "id": 9_000 + self.number % PEOPLE.len() as u64, "first_name": self.name })
    }

    /// What is told of it, in its order: topics with their bodies.
    fn told(&self, now: &str) -> Vec<(&'static str, Value)> {
        let (cart, number, price) = (format!("shopper-{}", self.number), self.number, self.goods.2);
        let checkout = json!({
            "token": format!("checkout-{cart}"), "cart_token": cart, "email": self.email(), "currency": "EUR",
            "buyer_accepts_marketing": self.wants_news, "total_price": price, "created_at": now, "updated_at": now,
            "customer": self.customer(), "line_items": self.lines(),
            "abandoned_checkout_url": format!("https://shop.example/checkout/{number}"),
        });
        let filled = json!({ "token": cart, "updated_at": now, "line_items": self.lines() });
        let mut told = vec![("checkouts/update", checkout), ("carts/update", filled)];
        if self.orders() {
            let order = json!({
                "id": 60_000 + number, "name": format!("#{}", 2_000 + number), "cart_token": cart, "email": self.email(),
                "currency": "EUR", "total_price": price, "source_name": "web", "financial_status": "paid",
                "created_at": now, "updated_at": now, "customer": self.customer(), "line_items": self.lines(),
            });
            told.push(("orders/create", order));
        }
        told
    }
}

impl Shoppers {
    /// They come as long as the demo runs. Whoever skips the clock ahead skips the pauses between them, too.
    pub(super) async fn come(self) {
        for number in 0.. {
            for (topic, body) in Visit::numbered(number).told(&self.clock.now().to_string()) {
                if let Err(error) = self.tell(topic, &body).await {
                    tracing::warn!(%error, topic, "a shopper of the demo was not heard");
                }
            }
            let pause = if number < EAGER { SOON } else { LATER };
            self.clock.sleep_until(self.clock.now() + pause).await;
        }
    }

    async fn tell(&self, topic: &str, body: &Value) -> Result<(), StoreError> {
        let body = body.to_string().into_bytes();
        let headers = [("x-shopify-topic", topic.to_owned()), ("x-shopify-hmac-sha256", signature(self.secret, &body))];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let webhook = Webhook { method: "POST".to_owned(), path: String::new(), headers, body: body.into() };
        self.engine.receive_webhook(self.source, webhook).await?;
        Ok(())
    }
}

/// Base64 of HMAC-SHA-256 over the raw body, as Shopify signs.
fn signature(secret: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_orders_and_the_others_leave_a_cart() {
        let topics = |number| {
            let told = Visit::numbered(number).told("2026-11-02T09:00:00Z");
            told.into_iter().map(|(topic, _)| topic).collect::<Vec<_>>()
        };
        assert_eq!(topics(0), ["checkouts/update", "carts/update"]);
        assert_eq!(topics(1), ["checkouts/update", "carts/update", "orders/create"]);
        let carts = |number| Visit::numbered(number).told("2026-11-02T09:00:00Z")[1].1["token"].clone();
        assert_ne!(carts(0), carts(12), "who comes back has another cart");
    }
}

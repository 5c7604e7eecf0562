//! Webhooks as a Shopify shop sends them: our own records in the platform's shape, signed as the platform signs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cartwright_domain::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// What the test's shop shares with its source connection.
pub const CLIENT_SECRET: &str = "hush-this-signs-webhooks";
/// The domain that the webhooks come from.
pub const SHOP_DOMAIN: &str = "acorn-and-oak.myshopify.com";

/// A webhook, ready to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Such as `carts/update`.
    pub topic: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Exactly the bytes that are signed.
    pub body: Vec<u8>,
}

/// A delivery signed with a secret. Shopify gives each fact an id of its own, which it keeps when it tries again.
pub fn delivery(topic: &str, webhook_id: &str, body: &Value, secret: &str) -> Delivery {
    delivery_of_bytes(topic, webhook_id, body.to_string().into_bytes(), secret)
}

/// The same for bytes that need not be JSON.
pub fn delivery_of_bytes(topic: &str, webhook_id: &str, body: Vec<u8>, secret: &str) -> Delivery {
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-shopify-topic", topic.to_owned()),
        ("x-shopify-shop-domain", SHOP_DOMAIN.to_owned()),
        ("x-shopify-api-version", "2026-04".to_owned()),
        ("x-shopify-webhook-id", webhook_id.to_owned()),
        ("x-shopify-hmac-sha256", signature(secret, &body)),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Delivery { topic: topic.to_owned(), headers, body }
}

/// Base64 of HMAC-SHA-256 over the raw body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// One line of goods.
#[derive(Debug, Clone, Copy)]
pub struct Goods {
    /// What the customer sees.
    pub title: &'static str,
    /// Above 2^53, as Shopify's often are.
    pub variant: u64,
    /// Price of one piece, with two decimals.
    pub price: &'static str,
    /// Pieces.
    pub quantity: u32,
}

/// What most tests put into a cart.
pub const TEAPOT: Goods =
    Goods { title: "Copper teapot", variant: 49_148_385_722_661_901, price: "64.50", quantity: 1 };
/// What some add to it.
pub const CUPS: Goods =
    Goods { title: "Set of six cups", variant: 49_148_385_722_661_902, price: "38.00", quantity: 1 };

/// The person in the tests, as far as a checkout names one.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The platform's id; above 2^53.
    pub id: u64,
    /// Given name.
    pub first_name: &'static str,
    /// E-mail.
    pub email: &'static str,
    /// E.164, or none: then `null` stands in the webhook.
    pub phone: Option<&'static str>,
    /// Whether the box for news is ticked.
    pub accepts_marketing: bool,
}

/// A subscribed customer with both addresses.
pub const ANA: Person = Person {
    id: 9_007_199_254_741_993,
    first_name: "Ana",
    email: "ana@acorn.example",
    phone: Some("+4915112345678"),
    accepts_marketing: true,
};

/// `carts/create` and `carts/update`: a cart names its goods and never its customer.
pub fn cart(token: &str, goods: &[Goods], updated_at: Timestamp) -> Value {
    json!({
        "id": token,
        "token": token,
        "line_items": goods.iter().map(cart_line).collect::<Vec<_>>(),
        "note": null,
        "updated_at": updated_at.to_string(),
        "created_at": updated_at.to_string(),
    })
}

/// `checkouts/create` and `checkouts/update`.
pub fn checkout(token: &str, cart: Option<&str>, person: &Person, goods: &[Goods], updated_at: Timestamp) -> Value {
    json!({
        "id": 34_998_877_661_i64,
        "token": token,
        "cart_token": cart,
        "email": person.email,
        "gateway": null,
        "buyer_accepts_marketing": person.accepts_marketing,
        "created_at": updated_at.to_string(),
        "updated_at": updated_at.to_string(),
        "completed_at": null,
        "currency": "EUR",
        "customer_locale": "en",
        "phone": null,
        "line_items": goods.iter().map(line).collect::<Vec<_>>(),
        "total_price": total(goods),
        "customer": customer(person, updated_at),
        "shipping_address": null,
        "billing_address": null,
        "abandoned_checkout_url": format!("https://{SHOP_DOMAIN}/checkouts/{token}/recover"),
    })
}

/// `orders/create`.
pub fn order(id: u64, cart: Option<&str>, person: &Person, goods: &[Goods], placed_at: Timestamp) -> Value {
    json!({
        "id": id,
        "admin_graphql_api_id": format!("gid://shopify/Order/{id}"),
        "name": format!("#{}", id % 10_000),
        "cart_token": cart,
        "checkout_token": null,
        "email": person.email,
        "contact_email": person.email,
        "phone": null,
        "buyer_accepts_marketing": person.accepts_marketing,
        "created_at": placed_at.to_string(),
        "processed_at": placed_at.to_string(),
        "updated_at": placed_at.to_string(),
        "cancelled_at": null,
        "currency": "EUR",
        "customer_locale": "en",
        "financial_status": "pending",
        "fulfillment_status": null,
        "source_name": "web",
        "test": false,
        "total_price": total(goods),
        "total_price_set": money(&total(goods)),
        "current_total_price": total(goods),
        "current_total_price_set": money(&total(goods)),
        "line_items": goods.iter().map(line).collect::<Vec<_>>(),
        "customer": customer(person, placed_at),
        "shipping_address": null,
        "billing_address": null,
    })
}

/// `customers/create` and `customers/update`, and the customer inside of other records.
pub fn customer(person: &Person, updated_at: Timestamp) -> Value {
    json!({
        "id": person.id,
        "first_name": person.first_name,
        "last_name": null,
        "email": person.email,
        "phone": person.phone,
        "tags": "",
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": updated_at.to_string(),
        "default_address": null,
    })
}

/// `customers_email_marketing_consent/update`: `subscribed` or `unsubscribed`.
pub fn marketing_consent(person: &Person, state: &str, updated_at: Timestamp) -> Value {
    json!({
        "customer_id": person.id,
        "email_address": person.email,
        "email_marketing_consent": {
            "state": state,
            "opt_in_level": "single_opt_in",
            "consent_updated_at": updated_at.to_string(),
        },
    })
}

fn cart_line(goods: &Goods) -> Value {
    let mut line = line(goods);
    let sum = total(std::slice::from_ref(goods));
    line["price_set"] = money(goods.price);
    line["line_price_set"] = money(&sum);
    line["line_price"] = json!(sum);
    line
}

fn line(goods: &Goods) -> Value {
    json!({
        "id": goods.variant,
        "variant_id": goods.variant,
        "product_id": goods.variant - 1_000,
        "title": goods.title,
        "quantity": goods.quantity,
        "price": goods.price,
        "sku": format!("SKU-{}", goods.variant % 1_000),
        "properties": null,
        "gift_card": false,
        "taxable": true,
    })
}

fn money(amount: &str) -> Value {
    let money = json!({ "amount": amount, "currency_code": "EUR" });
    json!({ "shop_money": money, "presentment_money": money })
}

fn total(goods: &[Goods]) -> String {
    let cents = |price: &str| price.replace('.', "").parse::<u64>().unwrap_or(0);
    let sum: u64 = goods.iter().map(|goods| cents(goods.price) * u64::from(goods.quantity)).sum();
    format!("{}.{:02}", sum / 100, sum % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_that_rfc_4231_gives() {
        let vector = signature("Jefe", b"what do ya want for nothing?");
        assert_eq!(
            hex(&STANDARD.decode(vector).unwrap()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!(total(&[TEAPOT, Goods { quantity: 2, ..CUPS }]), "140.50");
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

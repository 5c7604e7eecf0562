//! Own fixtures first; then Shopify's own samples, where they lie beside the project.

use super::*;
use cartwright_domain::event::{self, EventText, What};
use cartwright_sdk::serde_json::{self, Value, json};
use cartwright_sdk::transport::Header;

const NOW: Instant = 1_800_000_000_000;

mod asked;

fn webhook(topic: &str, body: &Value) -> Webhook {
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    Webhook {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        headers: vec![
            header("x-shopify-topic", topic),
            header("x-shopify-webhook-id", "w-1"),
            header("x-shopify-shop-domain", "example.myshopify.com"),
            header("x-shopify-triggered-at", "2026-11-02T10:00:05Z"),
        ],
        body: body.to_string().into_bytes(),
    }
}

/// What the host makes of the webhook; none where it says nothing.
fn told(topic: &str, body: &Value) -> Option<event::Event> {
    let parsed = read(&webhook(topic, body), None, NOW).unwrap_or_else(|fault| panic!("{topic}: {}", fault.message));
    let Parsed::Events(events) = parsed else { panic!("{topic} is unknown") };
    events.into_iter().next().map(|event| {
        let subject = event.subject.into_iter().map(|key| (key.kind, Value::from(key.value))).collect();
        let text = json!({
            "id": event.id, "type": event.type_, "occurred_at": event.occurred_at,
            "subject": Value::Object(subject), "body": serde_json::from_str::<Value>(&event.body).unwrap(),
        });
        let text: EventText = serde_json::from_value(text).unwrap();
        text.try_into().unwrap_or_else(|error| panic!("{topic}: the host refuses it: {error}"))
    })
}

fn fault(topic: &str, body: &Value) -> Fault {
    read(&webhook(topic, body), None, NOW).err().unwrap_or_else(|| panic!("{topic} was read"))
}

fn cart() -> Value {
    json!({
        "id": "c1", "token": "c1", "note": null,
        "updated_at": "2026-11-02T10:00:00.000Z", "created_at": "2026-11-02T09:00:00.000Z",
        "line_items": [{
            "title": "Shirt", "quantity": 2, "sku": "", "product_id": 9007199254740993u64,
            "variant_id": 9007199254740995u64, "price": "21.00",
            "price_set": {"shop_money": {"amount": "19.99", "currency_code": "EUR"},
                          "presentment_money": {"amount": "21.00", "currency_code": "USD"}},
            "line_price_set": {"shop_money": {"amount": "39.98", "currency_code": "EUR"}},
        }],
    })
}

fn checkout() -> Value {
    json!({
        "token": "k1", "cart_token": "c1", "email": "ana@example.ro", "phone": null, "currency": "RON",
        "total_price": "250.00", "buyer_accepts_marketing": true, "customer_locale": "ro-RO",
        "created_at": "2026-11-02T12:00:00+02:00", "updated_at": "2026-11-02T12:30:00+02:00", "completed_at": null,
        "abandoned_checkout_url": null, "sms_marketing_phone": null,
        "line_items": [{"title": "Lamp", "quantity": 1, "price": "250.00", "variant_id": 5, "product_id": 4, "sku": "L"}],
        "shipping_address": {"first_name": "Ana", "last_name": "Pop", "phone": null, "country_code": "RO", "province_code": "CJ"},
        "billing_address": {"phone": "0151 12345678", "country_code": "DE", "province_code": "BE", "city": "Berlin"},
        "customer": {"id": 7, "first_name": null, "created_at": "2025-01-01T00:00:00Z"},
    })
}

fn order() -> Value {
    json!({
        "id": 820982911946154508u64, "name": "#1001", "currency": "EUR", "total_price": "30.00",
        "total_price_set": {"shop_money": {"amount": "30.00", "currency_code": "EUR"}},
        "created_at": "2026-11-02T10:00:00Z", "processed_at": "2026-11-02T09:59:00Z",
        "updated_at": "2026-11-02T10:05:00Z", "cancelled_at": null, "financial_status": "pending",
        "source_name": "web", "test": false, "cart_token": "c1", "checkout_token": "k1",
        "email": null, "contact_email": "jon@example.com", "phone": "+4915112345678", "customer": null,
        "line_items": [{"title": "Shirt", "quantity": 1, "price": "30.00", "variant_id": null, "product_id": null}],
        "fulfillments": [{"tracking_url": null, "tracking_urls": ["https://track.example/1"]}],
    })
}

fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

#[test]
fn a_cart_names_its_currency_only_in_the_price_sets_and_nobody_at_all() {
    let event = told("carts/update", &cart()).unwrap();
    assert_eq!(event.subject.cart.as_deref(), Some("c1"));
    let What::CartUpdated(body) = event.what else { panic!("no cart") };
    let line = &body.lines[0];
    assert_eq!(line.price.unwrap().to_string(), "19.99 EUR");
    assert_eq!(body.total.unwrap().to_string(), "39.98 EUR");
    assert_eq!(line.variant_id.as_deref(), Some("9007199254740995"), "ids beyond 2^53 stay exact");
    assert_eq!(body.recovery_url.as_deref(), Some("https://example.myshopify.com/cart/9007199254740995:2"));
    assert!(body.customer.is_none());
}

#[test]
fn an_emptied_cart_has_no_lines() {
    let What::CartUpdated(body) = told("carts/create", &with(cart(), "line_items", json!([]))).unwrap().what else {
        panic!("no cart")
    };
    assert!(body.lines.is_empty() && body.total.is_none() && body.recovery_url.is_none());
}

#[test]
fn a_phone_in_local_form_goes_with_the_country_of_its_own_address() {
    let event = told("checkouts/update", &checkout()).unwrap();
    assert_eq!((event.subject.cart.as_deref(), event.subject.checkout.as_deref()), (Some("c1"), Some("k1")));
    let What::CheckoutUpdated(body) = event.what else { panic!("no checkout") };
    let customer = body.customer.unwrap();
    assert_eq!((customer.phone.as_deref(), customer.country.as_deref()), (Some("0151 12345678"), Some("DE")));
    assert_eq!((customer.province.as_deref(), customer.city.as_deref()), (Some("BE"), Some("Berlin")), "one address");
    assert_eq!((customer.first_name.as_deref(), customer.language.as_deref()), (Some("Ana"), Some("ro-RO")));
    assert_eq!(customer.consent.unwrap().at.unwrap().to_string(), "2026-11-02T10:00:00.000Z");
    assert_eq!(body.recovery_url.as_deref(), Some("https://example.myshopify.com/cart/5:1"));
}

#[test]
fn a_completed_checkout_says_when() {
    let done = with(checkout(), "completed_at", "2026-11-02T13:00:00+02:00");
    let event = told("checkouts/update", &done).unwrap();
    assert_eq!(event.occurred_at.to_string(), "2026-11-02T11:00:00.000Z");
    let What::CheckoutUpdated(body) = event.what else { panic!("no checkout") };
    assert_eq!(body.completed_at, Some(event.occurred_at));
}

#[test]
fn an_order_carries_the_tokens_of_its_cart_and_checkout() {
    let event = told("orders/create", &order()).unwrap();
    assert_eq!(event.id, told("orders/create", &order()).unwrap().id);
    assert_eq!(event.subject.order.as_deref(), Some("820982911946154508"));
    assert_eq!((event.subject.cart.as_deref(), event.subject.checkout.as_deref()), (Some("c1"), Some("k1")));
    assert_eq!(event.occurred_at.to_string(), "2026-11-02T09:59:00.000Z");
    let What::OrderPlaced(body) = event.what else { panic!("no order") };
    assert_eq!((body.number.as_deref(), body.total.unwrap().minor), (Some("#1001"), 3_000));
    assert_eq!(body.customer.unwrap().email.as_deref(), Some("jon@example.com"));
}

#[test]
fn drafts_renewals_staff_and_tests_are_told_from_customers() {
    let origin = |field, value: Value| match told("orders/create", &with(order(), field, value)).unwrap().what {
        What::OrderPlaced(body) => body.origin,
        other => panic!("{other:?}"),
    };
    use event::OrderOrigin::*;
    assert_eq!(origin("test", true.into()), Test);
    assert_eq!(origin("source_name", "shopify_draft_order".into()), Draft);
    assert_eq!(origin("source_name", "subscription_contract".into()), Renewal);
    assert_eq!(origin("source_name", "iphone".into()), Staff);
    assert_eq!(origin("source_name", "pos".into()), Customer);
    assert_eq!(origin("source_name", Value::Null), Customer);
}

#[test]
fn a_changed_order_is_told_as_the_state_it_is_in() {
    let name = |body: &Value| told("orders/updated", body).unwrap().what.name().to_owned();
    assert_eq!(name(&order()), "order.placed");
    assert_eq!(name(&with(order(), "financial_status", "paid")), "order.paid");
    assert_eq!(name(&with(order(), "financial_status", "voided")), "order.cancelled");
    let cancelled = with(with(order(), "financial_status", "paid"), "cancelled_at", "2026-11-02T11:00:00Z");
    assert_eq!(name(&cancelled), "order.cancelled");
    assert_eq!(told("orders/cancelled", &cancelled).unwrap().occurred_at.to_string(), "2026-11-02T11:00:00.000Z");
}

#[test]
fn parcels_leave_and_arrive() {
    let What::OrderFulfilled(body) = told("orders/fulfilled", &order()).unwrap().what else { panic!("not fulfilled") };
    assert_eq!(body.tracking_url.as_deref(), Some("https://track.example/1"));
    let parcel = json!({"id": 1, "order_id": 5, "status": "success", "created_at": "2026-11-02T10:00:00Z"});
    assert_eq!(told("fulfillments/create", &parcel).unwrap().subject.order.as_deref(), Some("5"));
    let way = json!({"id": 1, "order_id": 5, "status": "in_transit", "happened_at": "2026-11-02T10:00:00Z"});
    assert!(told("fulfillment_events/create", &way).is_none());
    let arrived = told("fulfillment_events/create", &with(way, "status", "delivered")).unwrap();
    assert_eq!(arrived.what.name(), "order.delivered");
}

#[test]
fn consent_without_a_time_of_its_own_has_the_time_of_the_delivery() {
    let change = json!({"customer_id": 7, "email_address": "a@b.de",
        "email_marketing_consent": {"state": "unsubscribed", "opt_in_level": null, "consent_updated_at": null}});
    let event = told("customers_email_marketing_consent/update", &change).unwrap();
    assert_eq!(event.occurred_at.to_string(), "2026-11-02T10:00:05.000Z");
    let What::CustomerUpdated(body) = event.what else { panic!("no customer") };
    assert_eq!(body.consent.unwrap().state, cartwright_domain::contact::ConsentState::Unsubscribed);
    let nothing = json!({"id": 7, "phone": null, "sms_marketing_consent": {"state": null}});
    assert!(told("customers_marketing_consent/update", &nothing).is_none());
}

#[test]
fn s18_what_was_said_of_sms_is_said_of_marketing_and_the_later_word_counts() {
    use cartwright_domain::contact::ConsentState::{self, *};
    let said =
        |state: &str, at: Value| json!({"state": state, "opt_in_level": "single_opt_in", "consent_updated_at": at});
    let day = |day: u32| json!(format!("2026-01-{day:02}T00:00:00Z"));
    let consent = |email: Value, sms: Value| {
        let person = json!({"id": 7, "updated_at": "2026-02-01T00:00:00Z",
            "email_marketing_consent": email, "sms_marketing_consent": sms});
        let What::CustomerUpdated(body) = told("customers/update", &person).unwrap().what else {
            panic!("no customer")
        };
        body.consent.map(|consent| consent.state)
    };
    let never = || said("not_subscribed", Value::Null);
    assert_eq!(consent(said("subscribed", day(1)), said("unsubscribed", day(2))), Some(Unsubscribed));
    assert_eq!(consent(said("unsubscribed", day(1)), said("subscribed", day(2))), Some(Subscribed));
    assert_eq!(consent(said("subscribed", day(1)), said("unsubscribed", day(1))), Some(Unsubscribed));
    assert_eq!(consent(said("subscribed", day(1)), never()), Some(Subscribed), "who was not asked said nothing");
    assert_eq!(consent(Value::Null, said("unsubscribed", day(2))), Some(Unsubscribed));
    assert_eq!(consent(never(), Value::Null), Some(ConsentState::Unknown));
    assert_eq!(consent(Value::Null, Value::Null), None);

    let ticked = with(with(checkout(), "buyer_accepts_marketing", false), "buyer_accepts_sms_marketing", true);
    let ticked = with(ticked, "sms_marketing_phone", "+40721000111");
    let What::CheckoutUpdated(body) = told("checkouts/update", &ticked).unwrap().what else { panic!("no checkout") };
    let buyer = body.customer.unwrap();
    assert_eq!(buyer.phone.as_deref(), Some("+40721000111"));
    let consent = buyer.consent.unwrap();
    assert_eq!((consent.state, consent.at.unwrap().to_string().as_str()), (Subscribed, "2026-11-02T10:00:00.000Z"));
    let What::CheckoutUpdated(body) =
        told("checkouts/update", &with(ticked, "buyer_accepts_sms_marketing", false)).unwrap().what
    else {
        panic!("no checkout")
    };
    assert_eq!(body.customer.unwrap().consent, None);
}

#[test]
fn customers_and_products_are_read() {
    let person = json!({"id": 7, "email": "a@b.de", "tags": "vip, gold ", "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z", "default_address": {"country_code": "DE", "phone": ""}});
    let What::CustomerUpdated(body) = told("customers/update", &person).unwrap().what else { panic!("no customer") };
    assert_eq!(body.tags, Some(vec!["vip".to_owned(), "gold".to_owned()]));
    assert_eq!((body.country.as_deref(), body.phone), (Some("DE"), None));
    let product = json!({"id": 4, "title": "Lamp", "handle": "lamp", "product_type": "Lights", "tags": "home, led",
        "image": {"src": "https://cdn.example/lamp.png"}, "updated_at": "2026-01-01T00:00:00Z"});
    let What::ProductUpdated(body) = told("products/update", &product).unwrap().what else { panic!("no product") };
    assert!(body.categories.product_types.contains("Lights"));
    assert_eq!(body.categories.tags.iter().collect::<Vec<_>>(), ["home", "led"]);
    assert_eq!(body.product_url.as_deref(), Some("https://example.myshopify.com/products/lamp"));
}

#[test]
fn a_product_tells_what_of_it_can_be_bought() {
    let variant = |id: u64, more: Value| {
        let mut variant = json!({"id": id, "sku": format!("L-{id}"), "inventory_management": "shopify",
            "inventory_policy": "deny", "inventory_quantity": 3, "image_id": null});
        variant.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        variant
    };
    let mut product = json!({"id": 4, "title": "Lamp", "status": "active", "updated_at": "2026-01-01T00:00:00Z",
    "images": [{"id": 8, "src": "https://cdn.example/red.png"}, {"id": 9, "src": "https://cdn.example/blue.png"}],
    "variants": [
        variant(1, json!({"image_id": 9})),
        variant(2, json!({"inventory_quantity": 0})),
        variant(3, json!({"inventory_quantity": -2, "inventory_policy": "continue"})),
        variant(4, json!({"inventory_quantity": 0, "inventory_management": null})),
        variant(9_007_199_254_740_993, json!({"inventory_quantity": 5_000_000_000_i64})),
    ]});
    let read = |product: &Value| {
        let What::ProductUpdated(body) = told("products/update", product).unwrap().what else { panic!("no product") };
        body.variants
    };
    let variants = read(&product);
    let stock: Vec<_> = variants.iter().map(|variant| (variant.available, variant.stock)).collect();
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(stock, [(yes, Some(3)), (no, Some(0)), (yes, Some(0)), (yes, None), (yes, Some(u32::MAX))]);
    assert_eq!((variants[0].sku.as_deref(), variants[4].variant_id.as_str()), (Some("L-1"), "9007199254740993"));
    assert_eq!(variants[0].image_url.as_deref(), Some("https://cdn.example/blue.png"));
    assert_eq!(variants[1].image_url, None);
    product["status"] = json!("draft");
    assert!(read(&product).iter().all(|variant| variant.available == no));
}

/// As webhooks of 2026-04 tell variants: whether anybody counts is not among it, and 0 stands where nobody does.
#[test]
fn a_zero_that_nobody_may_count_says_nothing() {
    let variant =
        |quantity: i64, policy: &str| json!({"id": 1, "inventory_policy": policy, "inventory_quantity": quantity});
    for (variant, known) in [
        (variant(75, "deny"), (Some(true), Some(75))),
        (variant(0, "deny"), (None, None)),
        (variant(-1, "deny"), (Some(false), Some(0))),
        (variant(0, "continue"), (Some(true), None)),
    ] {
        let product = json!({"id": 4, "title": "Lamp", "status": "active", "variants": [variant]});
        let What::ProductUpdated(body) = told("products/update", &product).unwrap().what else { panic!("no product") };
        assert_eq!((body.variants[0].available, body.variants[0].stock), known, "{product}");
    }
}

/// The first hundred are told whole, and of the others their ids: they are not gone.
#[test]
fn variants_beyond_the_hundredth_are_known_by_their_ids() {
    let whole: Vec<Value> = (1..=100).map(|id| json!({"id": id, "inventory_quantity": 3})).collect();
    let gids: Vec<Value> =
        (1..=120).map(|id| json!({"admin_graphql_api_id": format!("gid://shopify/ProductVariant/{id}")})).collect();
    let mut product = json!({"id": 4, "title": "Lamp", "status": "active", "variants": whole, "variant_gids": gids});
    let read = |product: &Value| {
        let What::ProductUpdated(body) = told("products/update", product).unwrap().what else { panic!("no product") };
        body.variants
    };
    let variants = read(&product);
    assert_eq!((variants.len(), variants[119].variant_id.as_str(), variants[119].available), (120, "120", None));
    product["status"] = json!("archived");
    assert!(read(&product).iter().all(|variant| variant.available == Some(false)));
    product.as_object_mut().unwrap().remove("variant_gids");
    assert_eq!(read(&product), [], "nobody knows how many more there are");
}

/// Topics are not signed: what was signed as something else deletes nothing.
#[test]
fn a_product_that_is_gone_is_told_by_its_id_alone() {
    let event = told("products/delete", &json!({"id": 9_007_199_254_740_993_u64})).unwrap();
    let What::ProductDeleted(body) = event.what else { panic!("nothing is gone") };
    assert_eq!(body.product_id, "9007199254740993");
    let other = fault("products/delete", &json!({"id": 4, "title": "Lamp"}));
    assert_eq!(other.kind, cartwright_sdk::types::FaultKind::BadInput);
}

#[test]
fn what_is_malformed_names_its_field_and_what_is_unknown_its_topic() {
    let bad = fault("carts/update", &with(cart(), "updated_at", "yesterday"));
    assert_eq!(bad.kind, cartwright_sdk::types::FaultKind::BadInput);
    assert!(bad.message.starts_with("updated_at: "), "{}", bad.message);
    let mut lines = cart();
    lines["line_items"][0]["quantity"] = json!(-1);
    let bad = fault("carts/update", &lines);
    assert!(bad.message.starts_with("line_items[0].quantity: "), "{}", bad.message);
    assert!(fault("orders/create", &json!({})).message.contains("`id`"));
    let unknown = read(&webhook("themes/publish", &json!({})), None, NOW).unwrap();
    assert_eq!(unknown, Parsed::UnknownTopic("themes/publish".to_owned()));
}

#[test]
fn s02_the_same_fact_has_the_same_id() {
    let bytes = |body: &Value| body.to_string().into_bytes();
    let said = id("carts/update", &bytes(&cart()));
    assert_eq!(id("carts/update", &bytes(&cart())), said, "whatever the headers say, which nobody signs");
    assert_ne!(id("carts/create", &bytes(&cart())), said);
    assert_ne!(id("carts/update", &bytes(&with(cart(), "note", "now"))), said);
}

#[test]
fn only_shopify_s_own_domains_become_links() {
    for domain in ["example.com", "evil.com/.myshopify.com", "-a.myshopify.com", ".myshopify.com", "a.b.myshopify.com"]
    {
        assert!(!is_shop(domain), "{domain}");
    }
}

#[test]
#[allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the samples lie beside the project")]
fn shopify_s_own_samples_are_read() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data");
    let data = std::env::var("CARTWRIGHT_PROVIDER_DATA").unwrap_or_else(|_| beside.to_owned());
    let Ok(samples) = std::fs::read_dir(format!("{data}/shopify")) else {
        println!("not present: {data}/shopify");
        return;
    };
    let mut read = 0;
    for sample in samples.map(|entry| entry.unwrap().path()) {
        let text: Value = serde_json::from_slice(&std::fs::read(&sample).unwrap()).unwrap();
        let (Some(topic), Some(body)) = (text["name"].as_str(), text.get("response")) else { continue };
        if topics::reading(topic).is_some() {
            let event = told(topic, body);
            if let Some(What::ProductUpdated(product)) = event.map(|event| event.what) {
                let counted = product.variants.first().map(|variant| (variant.available, variant.stock));
                assert_eq!(counted, Some((Some(true), Some(75))), "what Shopify tells of stock is not read");
            }
            read += 1;
        }
    }
    assert!(read >= 14, "only {read} samples were of a known topic");
}

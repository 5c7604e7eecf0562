//! Subjects that nobody is, the same at every examination: of some nothing is known, of others too much.

use std::sync::Arc;

use cartwright_domain::cart::{Cart, Side};
use cartwright_domain::categories::Categories;
use cartwright_domain::contact::{Email, Phone};
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{Line, OrderBody};
use cartwright_domain::facts::{Contact, Own, Reaction, Subject};
use cartwright_domain::ids::Mint;
use cartwright_domain::money::{Currency, Money};
use cartwright_domain::order::{Order, OrderState};
use cartwright_domain::plan::Offered;
use cartwright_domain::shop::Shop;
use cartwright_domain::time::Span;
use serde_json::json;

use super::moment;

/// Texts as customers have them: left to right, right to left, both, composed, beyond the first plane, empty.
const TEXTS: &[&str] = &[
    "Ana",
    "Nguyễn Thị Ánh",
    "محمد \u{202e}evil\u{202c} عبد",
    "שלום עולם",
    "👩‍👩‍👧‍👦 Zoë e\u{301}",
    "𠜎𠜱𠝹",
    "a\u{0}b\r\nc\u{85}",
    "",
    "none",
];
const COUNTRIES: &[Option<&str>] = &[None, Some("DE"), Some("VN"), Some("EG")];
const LANGUAGES: &[Option<&str>] = &[None, Some("de"), Some("ar-EG"), Some("zh-Hant-TW")];

/// So many subjects. The first is a stranger, the second has as much as a subject can have.
pub(super) fn subjects(count: usize) -> Vec<Subject> {
    (0..count).map(subject).collect()
}

fn subject(number: usize) -> Subject {
    let mut seed = [0xc2; 32];
    seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let mut mint = Mint::new(moment(), seed);
    let currency = euros();
    let shop = Shop {
        id: mint.next(),
        name: "Conformance".to_owned(),
        currency,
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        country: None,
        unknown_consent_passes: Vec::new(),
        topics: Vec::new(),
        window: None,
        quiet_hours: cartwright_domain::window::preset::QuietHours::Off,
        cap: None,
        decide_together: cartwright_domain::shop::DECIDE_TOGETHER,
        alerts: Vec::new(),
        replies: Vec::new(),
        sites: Vec::new(),
        utm: Default::default(),
        push_filter: Default::default(),
        storefront: None,
        chat_links: Default::default(),
    };
    let mut customer = Customer::anonymous(mint.next(), moment() - Span::days(number as i64 % 400));
    let (orders, lines) = match number {
        0 => (0, None),
        1 => (60, Some(50)),
        _ => ([0, 1, 2, 5, 11][number % 5], [None, Some(0), Some(2), Some(7)][number % 4]),
    };
    if number > 0 {
        let text = TEXTS[number % TEXTS.len()];
        customer.first_name = Some(text.to_owned());
        customer.country = COUNTRIES[number % COUNTRIES.len()].map(str::to_owned);
        customer.language = LANGUAGES[number % LANGUAGES.len()].map(str::to_owned);
        customer.email = Email::parse("nguyen@example.vn").ok().filter(|_| number % 3 == 1);
        customer.phone = Phone::parse("+4915112345678", None).ok().filter(|_| number.is_multiple_of(2));
        customer.tags.extend((0..number % 4).map(|tag| format!("{text} {tag}")));
        customer.attributes.insert(text.to_owned(), json!([text, number, { "": null }]));
    }
    let orders: Vec<Order> = (0..orders)
        .map(|order| {
            let total = Some(Money { minor: 1999 * (order + 1), currency });
            let body = OrderBody { total, ..OrderBody::default() };
            let state = if order % 7 == 6 { OrderState::Cancelled } else { OrderState::Paid };
            Order::new(format!("o-{order}"), customer.id, state, &body, moment() - Span::days(order))
        })
        .collect();
    let cart = lines.map(|count| {
        let mut cart = Cart::new(mint.next(), customer.id, moment());
        let total = Some(Money { minor: 500 * i64::from(count), currency });
        let lines = (0..count).map(|place| line(place, currency)).collect();
        let recovery_url = Some("https://shop.example/warenkorb?ä=1".to_owned());
        cart.cart = Some(Side { updated_at: moment(), lines, total, recovery_url, pieces: None });
        Arc::new(cart)
    });
    Subject {
        shop: Arc::new(shop),
        customer: Arc::new(customer),
        cart,
        orders: orders.into(),
        contacts: contacts(number),
        run: mint.next(),
        strategy: if number.is_multiple_of(3) { "Welcome" } else { "أهلاً وسهلاً" }.into(),
        started_at: moment() - Span::days(number as i64 % 30),
        step: if number.is_multiple_of(2) { "step" } else { "שלב 🛒" }.into(),
        messages_sent: number as u32 % 3,
        orders_known: true,
        own: Own::default(),
        now: moment(),
    }
}

fn contacts(number: usize) -> Arc<[Contact]> {
    let reactions = [None, Some(Reaction::Delivered), Some(Reaction::Read), Some(Reaction::Replied)];
    let days = 1..=(number as i64 % 5);
    days.map(|day| Contact { at: moment() - Span::days(day), reaction: reactions[day as usize % 4] }).collect()
}

fn line(place: u32, currency: Currency) -> Line {
    let known = !place.is_multiple_of(3);
    Line {
        title: TEXTS[place as usize % TEXTS.len()].to_owned(),
        quantity: if place == 4 { u32::MAX } else { place },
        price: known.then_some(Money { minor: 500, currency }),
        sku: known.then(|| format!("SKU-{place}")),
        product_id: known.then(|| "9007199254740993".to_owned()),
        variant_id: None,
        categories: if known { ["обувь"].into() } else { Categories::default() },
        image_url: None,
        product_url: None,
        available: Some(place.is_multiple_of(2)),
        stock: Some(place),
    }
}

/// So many contents to choose from.
pub(super) fn candidates(count: usize) -> Vec<Offered> {
    let labels = |place: usize| (0..place % 3).map(|label| TEXTS[(place + label) % TEXTS.len()].to_owned()).collect();
    (0..count).map(|place| Offered { name: format!("content-{place}"), labels: labels(place) }).collect()
}

fn euros() -> Currency {
    "EUR".parse().unwrap_or_else(|_| unreachable!("EUR is a currency"))
}

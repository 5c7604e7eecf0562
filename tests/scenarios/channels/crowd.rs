//! Several customers who each leave a cart, so that each gets a message of their own: what a provider does to one of
//! them is told from what it does to another by the place in the crowd.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::Received;
use cartwright_tests::World;
use serde_json::{Value, json};

/// Without the plus.
pub(super) fn phone(place: usize) -> String {
    format!("4915112345{place:03}")
}

pub(super) fn email(place: usize) -> String {
    format!("p{place}@acorn.example")
}

/// Whose message a request is: by the phone or the e-mail in it.
pub(super) fn place_of(request: &Received, size: usize) -> Option<usize> {
    let body = String::from_utf8_lossy(&request.body);
    (0..size).find(|place| body.contains(&phone(*place)) || body.contains(&format!("\"{}\"", email(*place))))
}

/// All of them, four hours ago.
pub(super) async fn leaves_carts(world: &World, size: usize) {
    for place in 0..size {
        let subject = json!({
            "customer": format!("p{place}"), "cart": format!("c{place}"), "phone": format!("+{}", phone(place)),
            "email": email(place),
        });
        let consent = json!({ "first_name": "Ana", "consent": { "state": "subscribed" } });
        let cart = json!({ "lines": [{ "title": "Teapot", "sku": "T1", "quantity": 1 }] });
        for (kind, body) in [("customer.identified", consent), ("cart.updated", cart)] {
            let id = format!("{kind}-{place}");
            let event = json!({ "id": id, "type": kind, "occurred_at": world.now(), "subject": subject, "body": body });
            assert_eq!(world.report(event).await.ok()["status"], "accepted");
        }
    }
    world.skip(Span::hours(4)).await;
}

/// The message of each, in the order of their places.
pub(super) async fn messages(world: &World, size: usize) -> Vec<Value> {
    let messages = world.api.list("/v1/messages?limit=200").await;
    assert_eq!(messages.len(), size);
    let customers = world.api.list("/v1/customers?limit=200").await;
    let email_of = |message: &Value| {
        let of = customers.iter().find(|customer| customer["id"] == message["customer"]).unwrap();
        of["email"].as_str().unwrap().to_owned()
    };
    let mut messages: Vec<(String, Value)> =
        messages.into_iter().map(|message| (email_of(&message), message)).collect();
    (0..size)
        .map(|place| {
            let found = messages.iter().position(|(whose, _)| *whose == email(place)).unwrap();
            messages.swap_remove(found).1
        })
        .collect()
}

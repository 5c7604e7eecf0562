//! E-mail over SendGrid.

use cartwright_domain::time::Span;
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::ANA;
use cartwright_tests::{Client, World, node, on_both_databases};
use serde_json::{Value, json};

use super::{Shipped, only, tells};

/// The beginning of what its events name.
const ID: &str = "wrfRRvF7Q0GgwUo2CvDmEA";

on_both_databases!(
    the_request_is_the_one_that_sendgrids_library_sends,
    the_request_fits_the_published_document,
    an_event_that_sendgrids_library_accepts_moves_the_message_on,
    an_event_that_is_told_days_later_is_not_taken,
    s23_a_hard_bounce_marks_the_address,
);

fn body() -> Value {
    json!({
        "subject": "{{ product.title }}", "text": "Hi {{ user_name }}", "html": "<p>Hi {{ user_name }}</p>",
        "unsubscribe_url": "https://acorn.example/unsubscribe",
    })
}

fn mail(provider: &Provider, verification_key: &str) -> Shipped {
    let from = json!({ "name": "Acorn & Oak", "address": "shop@acorn.example" });
    Shipped {
        file: "email_sendgrid",
        channel: "email",
        config: json!({ "from": from, "reply_to": "help@acorn.example", "endpoint": provider.url() }),
        secrets: json!({ "api_key": "SG.key", "verification_key": verification_key }),
    }
}

async fn provider() -> Provider {
    let headers = vec![("x-message-id", ID.to_owned())];
    Provider::start(Answer::Reply { status: 202, headers, body: Value::Null }).await
}

async fn the_request_is_the_one_that_sendgrids_library_sends(world: &World) {
    let provider = provider().await;
    mail(&provider, "none").reminds(world, body()).await;
    let ours = only(&provider);
    assert_eq!(world.message().await["provider_id"], ID);
    let arguments = json!({ "cartwright_message": world.message().await["id"] });
    let message = json!({
        "personalizations": [{ "to": [{ "email": ANA.email }], "customArgs": arguments }], "from": { "email": "shop@acorn.example", "name": "Acorn & Oak" }, "subject": "Copper teapot",
        "replyTo": "help@acorn.example", "text": "Hi Ana", "html": "<p>Hi Ana</p>",
        "headers": {
            "List-Unsubscribe": "<https://acorn.example/unsubscribe>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    });
    let Some(theirs) = node::ask("sendgrid.mjs", &json!({ "key": "SG.key", "message": message })) else { return };
    assert_eq!((json!(ours.method), json!(ours.path)), (theirs["method"].clone(), theirs["path"].clone()));
    assert_eq!(ours.header("authorization"), theirs["headers"]["authorization"].as_str());
    assert_eq!(ours.json(), serde_json::from_str::<Value>(theirs["body"].as_str().unwrap()).unwrap());
}

async fn the_request_fits_the_published_document(world: &World) {
    let provider = provider().await;
    mail(&provider, "none").reminds(world, body()).await;
    let mut request = only(&provider);
    let Some(document) = present::provider_data("openapi_sendgrid_mail_send.json") else { return };
    let Some((_program, address)) = node::validator(&document) else { return };
    let validator = Client::new(address, "");
    assert_eq!(validator.repeat(&request).await, 202);
    request.body = br#"{"from": {"email": "shop@acorn.example"}}"#.to_vec();
    assert_eq!(validator.repeat(&request).await, 400);
}

/// A batch of one event, signed.
struct Signed {
    /// The public key.
    key: String,
    signature: String,
    timestamp: String,
    body: String,
}

impl Signed {
    fn new(world: &World, event: Value) -> Option<Self> {
        let timestamp = (world.now().millis() / 1_000).to_string();
        let body = json!([event]).to_string();
        let signed = node::ask("sendgrid.mjs", &json!({ "body": body, "timestamp": timestamp }))?;
        assert_eq!(signed["accepted"], true, "SendGrid's own library refuses it");
        let text = |name: &str| signed[name].as_str().unwrap().to_owned();
        Some(Self { key: text("key"), signature: text("signature"), timestamp, body })
    }

    /// Tells it with this body; what it is answered.
    async fn told(&self, world: &World, webhook: &str, body: &str) -> u16 {
        let headers = [
            ("x-twilio-email-event-webhook-signature", self.signature.as_str()),
            ("x-twilio-email-event-webhook-timestamp", &self.timestamp),
        ];
        tells(world, webhook, &headers, body).await
    }
}

fn event(world: &World, more: Value) -> Value {
    let at = world.now().millis() / 1_000;
    let mut event = json!({ "sg_event_id": "e-1", "sg_message_id": format!("{ID}.filter0425p1mdw1.13037.57168B4A1D.0"),
        "email": ANA.email, "timestamp": at });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

async fn an_event_that_sendgrids_library_accepts_moves_the_message_on(world: &World) {
    let provider = provider().await;
    let Some(event) = Signed::new(world, event(world, json!({ "event": "delivered" }))) else { return };
    let webhook = mail(&provider, &event.key).reminds(world, body()).await;
    let told = &event.body;
    for forged in [told.replace("delivered", "delivereD"), format!("{told}\n"), told.replace(',', ", ")] {
        assert_eq!(event.told(world, &webhook, &forged).await, 401);
    }
    assert_eq!(world.message().await["receipt"], Value::Null);
    for _ in 0..2 {
        assert_eq!(event.told(world, &webhook, told).await, 200);
        assert_eq!(world.message().await["receipt"], "delivered");
    }
}

/// The library signs any moment; that it is too old is ours to see. SendGrid itself tries for three days.
async fn an_event_that_is_told_days_later_is_not_taken(world: &World) {
    let provider = provider().await;
    let Some(event) = Signed::new(world, event(world, json!({ "event": "delivered" }))) else { return };
    let webhook = mail(&provider, &event.key).reminds(world, body()).await;
    world.skip(Span::days(2)).await;
    assert_eq!(event.told(world, &webhook, &event.body).await, 200);
    world.skip(Span::days(2)).await;
    assert_eq!(event.told(world, &webhook, &event.body).await, 401);
    assert_eq!(world.message().await["receipt"], "delivered");
}

async fn s23_a_hard_bounce_marks_the_address(world: &World) {
    let provider = provider().await;
    let bounce = json!({ "event": "bounce", "type": "bounce", "reason": "550 5.1.1 no such user", "status": "5.1.1" });
    let Some(event) = Signed::new(world, event(world, bounce)) else { return };
    let webhook = mail(&provider, &event.key).reminds(world, body()).await;
    assert_eq!(event.told(world, &webhook, &event.body).await, 200);
    let message = world.message().await;
    assert_eq!(
        (&message["receipt"], &message["class"]),
        (&json!("failed"), &json!("invalid_recipient")),
        "{message:#}"
    );
}

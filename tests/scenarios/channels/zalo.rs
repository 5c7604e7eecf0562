//! Zalo ZNS, whose tokens are renewed on the way.

use cartwright_domain::time::Span;
use cartwright_engine::ports::{ChannelDone, ChannelTask, TemplateState};
use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_testkit::shopify::{self, ANA, CUPS};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Mutex;

use super::{Shipped, does, tells};

on_both_databases!(
    s44_the_token_is_renewed_before_the_first_notice_and_before_it_expires,
    a_receipt_that_is_signed_as_zalo_signs_moves_the_message_on,
    templates_are_listed_with_their_price,
    s23_a_phone_without_zalo_ends_the_message,
);

const OA_SECRET: &str = "hush-this-signs-events";

fn zalo(provider: &Provider) -> Shipped {
    let secrets =
        json!({ "access_token": "old", "refresh_token": "first", "app_secret": "app-hush", "oa_secret": OA_SECRET });
    Shipped {
        file: "zalo_zns",
        channel: "zalo",
        config: json!({ "app_id": "77", "endpoint": provider.url() }),
        secrets,
    }
}

/// Zalo: each refresh token is good for one use, and an access token for 25 hours.
async fn provider(answer: Value) -> Provider {
    let known = Mutex::new("first".to_owned());
    Provider::deciding(move |request: &Received| match request.path.as_str() {
        "/v4/oa/access_token" => {
            let body = String::from_utf8_lossy(&request.body);
            let used = body.rsplit('=').next().unwrap_or_default();
            let mut known = known.lock().unwrap();
            if *known != used {
                let why = json!({ "error": -14014, "error_description": "the refresh token was used" });
                return Answer::reply(200, why);
            }
            *known = format!("{used}x");
            let tokens =
                json!({ "access_token": format!("for-{used}"), "refresh_token": *known, "expires_in": "90000" });
            Answer::reply(200, tokens)
        }
        _ => Answer::reply(200, answer.clone()),
    })
    .await
}

/// What it was asked at an address.
fn at(provider: &Provider, path: &str) -> Vec<Received> {
    provider.received().into_iter().filter(|request| request.path == path).collect()
}

fn taken() -> Value {
    let quota = json!({ "dailyQuota": "500", "remainingQuota": "499" });
    json!({ "error": 0, "message": "Success", "data": { "msg_id": "a1b2", "sent_time": "1698266945000", "quota": quota } })
}

fn body() -> Value {
    json!({ "template_id": "12345", "data": { "name": "{{ user_name }}" } })
}

async fn s44_the_token_is_renewed_before_the_first_notice_and_before_it_expires(world: &World) {
    let provider = provider(taken()).await;
    zalo(&provider).reminds(world, body()).await;
    let renewals = |provider: &Provider| at(provider, "/v4/oa/access_token");
    let [renewed] = &renewals(&provider)[..] else { panic!("one renewal, for all of the day") };
    let [sent] = &at(&provider, "/message/template")[..] else { panic!("one notice") };
    assert_eq!(renewed.header("secret_key"), Some("app-hush"));
    assert_eq!(renewed.body, b"app_id=77&grant_type=refresh_token&refresh_token=first");
    assert_eq!((sent.path.as_str(), sent.header("access_token")), ("/message/template", Some("for-first")));
    let phone = ANA.phone.unwrap().trim_start_matches('+');
    let wanted = json!({ "phone": phone, "template_id": "12345", "template_data": { "name": "Ana" },
        "tracking_id": world.message().await["id"] });
    assert_eq!(sent.json(), wanted);
    // Another cart, four days later: the token is over, and so is the refresh token that made it.
    world.skip(Span::days(4)).await;
    let checkout = shopify::checkout("c8checkout", Some("another"), &ANA, &[CUPS], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("another", &[CUPS], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
    let last = renewals(&provider).len() - 1;
    assert!(last >= 3, "once a day");
    let newest = format!("for-first{}", "x".repeat(last));
    assert_eq!(at(&provider, "/message/template")[1].header("access_token"), Some(newest.as_str()));
    assert!(world.messages().await.iter().all(|message| message["state"] == "accepted"));
}

async fn a_receipt_that_is_signed_as_zalo_signs_moves_the_message_on(world: &World) {
    let provider = provider(taken()).await;
    let webhook = zalo(&provider).reminds(world, body()).await;
    let now = world.now().millis().to_string();
    let message = json!({ "msg_id": "a1b2", "tracking_id": world.message().await["id"], "delivery_time": now });
    let told = json!({ "event_name": "user_received_message", "app_id": "77", "timestamp": now, "message": message })
        .to_string();
    let hash = Sha256::digest(format!("77{told}{now}{OA_SECRET}").as_bytes());
    let signature = hash.iter().fold("mac=".to_owned(), |text, byte| format!("{text}{byte:02x}"));
    let headers = [("x-zevent-signature", signature.as_str())];
    assert_eq!(tells(world, &webhook, &headers, &told.replace("user_received", "user_receiveD")).await, 401);
    for _ in 0..2 {
        assert_eq!(tells(world, &webhook, &headers, &told).await, 200);
        assert_eq!(world.message().await["receipt"], "delivered");
    }
}

async fn templates_are_listed_with_their_price(world: &World) {
    let listed = json!([{ "templateId": 12345, "templateName": "cart", "status": "ENABLE" }]);
    let info = json!({ "price": "300", "templateTag": "CUSTOMER_CARE", "listParams": [{ "name": "name" }] });
    let provider = Provider::start(Answer::reply(200, json!({ "error": 0, "data": info }))).await;
    provider.then(Answer::reply(200, json!({ "error": 0, "data": listed })));
    let call = zalo(&provider).call(world, &provider).await;
    let ChannelDone::Templates(templates) = does(world, &call, ChannelTask::ListTemplates).await else {
        panic!("no list")
    };
    let [template] = &templates[..] else { panic!("{templates:?}") };
    assert_eq!((template.state, template.words.as_deref()), (TemplateState::Approved, Some("300 VND, CUSTOMER_CARE")));
    assert_eq!(template.content, json!({ "template_id": "12345", "data": { "name": "" } }));
    assert_eq!(provider.received()[1].path, "/template/info/v2?template_id=12345");
}

async fn s23_a_phone_without_zalo_ends_the_message(world: &World) {
    let provider = provider(json!({ "error": -118, "message": "Zalo account not existed" })).await;
    zalo(&provider).reminds(world, body()).await;
    world.skip(Span::days(1)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["class"]), (&json!("rejected"), &json!("not_on_channel")));
    assert_eq!(at(&provider, "/message/template").len(), 1);
}

//! SMS over Twilio.

use cartwright_domain::time::Span;
use cartwright_engine::ports::{ChannelDone, ChannelTask, Price};
use cartwright_testkit::database::Database;
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::ANA;
use cartwright_tests::{Client, Stoppable, World, node, on_both_databases};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::{Shipped, does, only, tells};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "hush-this-signs-callbacks";
const SID: &str = "SM00112233445566778899aabbccddeeff";
const PICTURE: &str = "https://img.acorn.example/teapot.jpg";

on_both_databases!(
    the_request_is_the_one_that_twilios_library_sends,
    the_request_fits_the_published_document,
    a_callback_that_twilios_library_signs_moves_the_message_on,
    s18_a_stop_that_twilio_understood_ends_consent,
    s22_a_callback_settles_what_was_uncertain,
    s23_a_number_that_stopped_is_not_written_to_again,
    a_price_is_fetched_once_it_is_known,
    what_a_message_cost_is_asked_for_until_it_is_known,
    a_price_that_is_never_known_is_asked_for_three_times,
    two_nodes_do_not_both_ask,
);

fn sms(provider: &Provider) -> Shipped {
    Shipped {
        file: "twilio",
        channel: "sms",
        config: json!({ "account_sid": ACCOUNT, "sender": "+15005550006", "endpoint": provider.url() }),
        secrets: json!({ "auth_token": TOKEN }),
    }
}

fn taken() -> Answer {
    Answer::reply(201, json!({ "sid": SID, "status": "queued", "error_code": null, "price": null }))
}

async fn left_cart(world: &World, answer: Answer) -> (Provider, String) {
    let provider = Provider::start(answer).await;
    let body = json!({ "text": "{{ user_name }}, your {{ product.title }} is waiting", "media": [PICTURE] });
    let webhook = sms(&provider).reminds(world, body).await;
    (provider, webhook)
}

/// Fields by name, each with all its values.
pub(super) fn fields(body: &str) -> BTreeMap<String, Vec<String>> {
    let mut fields = BTreeMap::<String, Vec<String>>::new();
    let address = reqwest::Url::parse(&format!("http://x/?{body}")).unwrap();
    for (name, value) in address.query_pairs() {
        fields.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    fields
}

fn form(fields: &Value) -> String {
    let mut address = reqwest::Url::parse("http://x/").unwrap();
    let pairs = fields.as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap()));
    address.query_pairs_mut().extend_pairs(pairs);
    address.query().unwrap().to_owned()
}

/// A callback as Twilio makes it.
async fn calls_back(world: &World, address: &str, fields: Value) -> Option<u16> {
    let signed = node::ask("twilio.mjs", &json!({ "token": TOKEN, "url": address, "fields": fields }))?;
    let headers = [("x-twilio-signature", signed["signature"].as_str().unwrap())];
    Some(tells(world, address, &headers, &form(&fields)).await)
}

async fn the_request_is_the_one_that_twilios_library_sends(world: &World) {
    let (provider, webhook) = left_cart(world, taken()).await;
    let ours = only(&provider);
    let text = "Ana, your Copper teapot is waiting";
    let callback = format!("{webhook}?message={}", world.message().await["id"].as_str().unwrap());
    let message = json!({
        "to": ANA.phone, "from": "+15005550006", "body": text, "mediaUrl": [PICTURE], "statusCallback": callback,
    });
    let Some(theirs) = node::ask("twilio.mjs", &json!({ "account": ACCOUNT, "token": TOKEN, "message": message }))
    else {
        return;
    };
    assert_eq!((ours.method.as_str(), ours.path.as_str()), ("POST", theirs["path"].as_str().unwrap()));
    assert_eq!(ours.header("authorization"), theirs["headers"]["authorization"].as_str());
    assert_eq!(ours.header("content-type"), theirs["headers"]["content-type"].as_str());
    assert_eq!(fields(std::str::from_utf8(&ours.body).unwrap()), fields(theirs["body"].as_str().unwrap()));
}

async fn the_request_fits_the_published_document(world: &World) {
    let (provider, _) = left_cart(world, taken()).await;
    let mut request = only(&provider);
    // The twin that always runs: the same checks on a document of our own.
    let own = present::workspace().join("tests/fixtures/twilio-messages.openapi.json");
    let published = present::provider_data("twilio/openapi_messages_patched.json");
    for document in [Some(own), published].into_iter().flatten() {
        let Some((_program, address)) = node::validator(&document) else { return };
        let validator = Client::new(address, "");
        assert_eq!(validator.repeat(&request).await, 201, "{}", document.display());
        let body = std::mem::replace(&mut request.body, b"From=%2B15005550006&Body=Hi".to_vec());
        assert_eq!(validator.repeat(&request).await, 422, "without To: {}", document.display());
        request.body = body;
    }
}

async fn a_callback_that_twilios_library_signs_moves_the_message_on(world: &World) {
    let (_provider, webhook) = left_cart(world, taken()).await;
    let address = format!("{webhook}?message={}", world.message().await["id"].as_str().unwrap());
    let told = |status: &str| {
        json!({ "MessageSid": SID, "SmsSid": SID, "AccountSid": ACCOUNT, "MessageStatus": status, "To": ANA.phone,
            "From": "+15005550006", "ApiVersion": "2010-04-01" })
    };
    for (status, known) in [("delivered", "delivered"), ("sent", "delivered"), ("delivered", "delivered")] {
        // Twilio names no time, so the same fact is told with another one.
        world.skip(Span::minutes(1)).await;
        let Some(answer) = calls_back(world, &address, told(status)).await else { return };
        assert_eq!(answer, 200);
        assert_eq!(world.message().await["receipt"], known, "after {status}");
    }
    assert_eq!(world.count("webhook_put_aside").await, 0);
    let signed = node::ask("twilio.mjs", &json!({ "token": TOKEN, "url": address, "fields": told("read") })).unwrap();
    let headers = [("x-twilio-signature", signed["signature"].as_str().unwrap())];
    let body = form(&told("read"));
    for (address, body) in [(&address, body.replace("read", "reae")), (&webhook, body.clone())] {
        assert_eq!(tells(world, address, &headers, &body).await, 401);
    }
    assert_eq!(world.message().await["receipt"], "delivered");
}

async fn s18_a_stop_that_twilio_understood_ends_consent(world: &World) {
    let (_provider, webhook) = left_cart(world, taken()).await;
    let stop = json!({ "MessageSid": "SM2", "From": ANA.phone, "To": "+15005550006", "Body": "Schluss", "NumMedia": "0",
        "OptOutType": "STOP" });
    let Some(answer) = calls_back(world, &webhook, stop).await else { return };
    assert_eq!(answer, 200);
    let customer = world.message().await["customer"].as_str().unwrap().to_owned();
    let customer = world.api.get(&format!("/v1/customers/{customer}")).await.ok();
    assert_eq!(customer["consent"]["state"], "unsubscribed", "{customer:#}");
}

async fn s22_a_callback_settles_what_was_uncertain(world: &World) {
    let (provider, webhook) = left_cart(world, Answer::Reset).await;
    assert_eq!(world.message().await["state"], "uncertain");
    let address = format!("{webhook}?message={}", world.message().await["id"].as_str().unwrap());
    let told = json!({ "MessageSid": SID, "MessageStatus": "delivered" });
    let Some(answer) = calls_back(world, &address, told).await else { return };
    assert_eq!(answer, 200);
    let message = world.message().await;
    assert_eq!((&message["state"], &message["receipt"]), (&json!("accepted"), &json!("delivered")));
    assert_eq!(provider.received().len(), 1);
}

async fn s23_a_number_that_stopped_is_not_written_to_again(world: &World) {
    let refusal = json!({ "code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400 });
    let (provider, _) = left_cart(world, Answer::reply(400, refusal)).await;
    world.skip(Span::days(1)).await;
    assert_eq!(provider.received().len(), 1);
    let message = world.message().await;
    assert_eq!((&message["state"], &message["class"]), (&json!("rejected"), &json!("opt_out")));
    assert_eq!(message["last_answer"]["code"], "21610");
}

async fn a_price_is_fetched_once_it_is_known(world: &World) {
    let unknown = json!({ "sid": SID, "price": null, "price_unit": "USD" });
    let provider = Provider::start(Answer::reply(200, unknown)).await;
    let call = sms(&provider).call(world, &provider).await;
    let price = ChannelTask::Price(SID.to_owned());
    assert_eq!(does(world, &call, price.clone()).await, ChannelDone::Priced(None));
    provider.then(Answer::reply(200, json!({ "sid": SID, "price": "-0.00790", "price_unit": "USD" })));
    let cost = Price { micros: 7_900, currency: "USD".parse().unwrap() };
    assert_eq!(does(world, &call, price).await, ChannelDone::Priced(Some(cost)));
    assert_eq!(provider.received()[0].path, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}.json"));
}

/// Twilio, which takes messages and tells what they cost; none while it does not know yet.
async fn telling(price: Arc<Mutex<Option<&'static str>>>) -> Provider {
    Provider::deciding(move |request| match request.method.as_str() {
        "POST" => taken(),
        _ => Answer::reply(200, json!({ "sid": SID, "price": *price.lock().unwrap(), "price_unit": "USD" })),
    })
    .await
}

/// How often it was asked what the message cost.
fn asked(provider: &Provider) -> usize {
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}.json");
    provider.received().iter().filter(|one| one.method == "GET" && one.path == path).count()
}

async fn reminded(world: &World, provider: &Provider) {
    sms(provider).reminds(world, json!({ "text": "Your cart is waiting" })).await;
    assert_eq!((&world.message().await["state"], asked(provider)), (&json!("accepted"), 0));
}

/// What all messages together cost, and those of the channel.
async fn costs(world: &World) -> (Value, Value) {
    let report = world.api.get("/v1/reports/messages?by=channel").await.ok();
    (report["total"]["costs"].clone(), report["lines"][0]["costs"].clone())
}

async fn what_a_message_cost_is_asked_for_until_it_is_known(world: &World) {
    let price = Arc::new(Mutex::new(None));
    let provider = telling(price.clone()).await;
    reminded(world, &provider).await;
    world.skip(Span::minutes(10)).await;
    assert_eq!((asked(&provider), &world.message().await["price"]), (1, &Value::Null));
    assert_eq!(costs(world).await, (Value::Null, Value::Null));
    *price.lock().unwrap() = Some("-0.00790");
    world.skip(Span::hours(1)).await;
    let told = json!({ "micros": 7_900, "currency": "USD" });
    assert_eq!((asked(&provider), &world.message().await["price"]), (2, &told));
    assert_eq!(costs(world).await, (json!([told]), json!([told])));
    world.skip(Span::days(3)).await;
    assert_eq!(asked(&provider), 2, "what is known is not asked again");
    world.assert_sound().await;
}

async fn a_price_that_is_never_known_is_asked_for_three_times(world: &World) {
    let provider = telling(Arc::default()).await;
    reminded(world, &provider).await;
    world.skip(Span::hours(8)).await;
    assert_eq!(asked(&provider), 3);
    world.skip(Span::days(7)).await;
    assert_eq!((asked(&provider), &world.message().await["price"]), (3, &Value::Null));
}

/// Of two nodes that look at the same moment one asks; what the other would have is refused.
async fn two_nodes_do_not_both_ask(world: &World) {
    let provider = telling(Arc::new(Mutex::new(Some("-0.00790")))).await;
    reminded(world, &provider).await;
    world.clock.advance(Span::minutes(10));
    let (one, other) = (world.another_node(), world.another_node());
    let (first, second) = tokio::join!(one.settle(), other.settle());
    first.unwrap();
    second.unwrap();
    assert_eq!(asked(&provider), 1);
    assert_eq!(costs(world).await.0, json!([{ "micros": 7_900, "currency": "USD" }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_while_it_asks_is_followed_by_one_that_asks_again_and_all_counts_once() {
    for (point, times) in [("prices.begun", 1), ("prices.answered", 2), ("prices.settled", 1)] {
        for database in [Database::sqlite().await, Database::postgres().await] {
            asked_after_a_crash(database, point, times).await;
        }
    }
}

async fn asked_after_a_crash(database: Database, point: &str, times: usize) {
    let url = database.url().to_owned();
    let world = World::open(database).await;
    let provider = telling(Arc::new(Mutex::new(Some("-0.00790")))).await;
    reminded(&world, &provider).await;
    let start = |failpoint| Stoppable::start(env!("CARGO_BIN_EXE_stoppable"), &url, world.now(), failpoint);
    let mut first = start(Some(point));
    assert!(!first.skip(Span::minutes(10)), "{point} was not reached");
    assert!(first.aborted());
    assert!(start(None).skip(Span::hours(1)));
    assert_eq!(asked(&provider), times, "after {point}");
    let told = json!({ "micros": 7_900, "currency": "USD" });
    assert_eq!(world.message().await["price"], told, "after {point}");
    assert_eq!(costs(&world).await.0, json!([told]), "after {point}");
    world.assert_sound().await;
}

#[test]
fn every_failpoint_of_a_price_is_crashed_at() {
    assert_eq!(["prices.begun", "prices.answered", "prices.settled"], cartwright_engine::failpoints::PRICE_POINTS);
}

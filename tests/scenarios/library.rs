//! The strategies of the library over the channels that merchants use: the webhooks of a Shopify shop come in, signed,
//! at their times, and servers in the providers' places get what leaves. The files are those that `simulate` plays.

use cartwright_domain::time::{Span, Timestamp};
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_tests::{World, on_both_databases};
use reqwest::Url;
use serde_json::{Value, json};

use crate::whatsapp;

on_both_databases!(
    the_add_to_cart_reminder_comes_over_whatsapp_with_picture_and_button,
    four_steps_bring_back_over_sms_and_mail_until_the_order,
    high_value_first_sends_a_picture_and_tells_the_shop,
);

/// Publishes a strategy of the library, and plays its log; then some time passes.
async fn play(world: &World, name: &str, then: Span) {
    world.publish_example(name).await;
    let file = present::workspace().join(format!("examples/{name}.events.jsonl"));
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["received_at"].as_str().unwrap().to_owned());
    for line in lines {
        let at: Timestamp = line["received_at"].as_str().unwrap().parse().unwrap();
        world.skip(Span::from_millis(at.millis() - world.now().millis())).await;
        let topic = line["headers"]["X-Shopify-Topic"].as_str().unwrap();
        assert_eq!(world.tell(topic, &line["body"]).await, 200, "{topic} at {at}");
    }
    world.settle().await;
    assert_eq!(world.count("webhook_put_aside").await, 0);
    world.skip(then).await;
}

/// What became of each message: when, of which step, to whom, and why not.
async fn came_of(world: &World) -> Vec<String> {
    let told = |message: &Value| {
        let word = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let end = if word("state") == "accepted" { message["to"]["value"].clone() } else { message["reason"].clone() };
        let at = if message["handed_over_at"].is_null() { word("created_at") } else { word("handed_over_at") };
        format!("{} {} {}", &at[..16], word("step"), end.as_str().unwrap_or("?"))
    };
    let mut all: Vec<String> = world.messages().await.iter().map(told).collect();
    all.sort();
    all
}

async fn sms(world: &World) -> Provider {
    let provider = Provider::start(Answer::reply(201, json!({ "sid": "SM1", "status": "queued" }))).await;
    world.install("twilio").await;
    let config = json!({ "account_sid": "AC0123456789abcdef0123456789abcdef", "sender": "+15005550006",
        "endpoint": provider.url() });
    world.connect("channels", "sms", "twilio", config, json!({ "auth_token": "hush" })).await;
    provider
}

/// The fields of the forms that Twilio was sent: whom, what, and the pictures.
fn texts(provider: &Provider) -> Vec<(String, String, usize)> {
    let form = |body: &[u8]| Url::parse(&format!("http://x/?{}", String::from_utf8_lossy(body))).unwrap();
    let read = |form: Url| {
        let field = |name: &str| {
            form.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        let pictures = form.query_pairs().filter(|(key, value)| key == "MediaUrl" && value.contains("/g/"));
        (field("To"), field("Body"), pictures.count())
    };
    // It is asked for prices too, later.
    let sent = provider.received().into_iter().filter(|request| request.method == "POST");
    sent.map(|request| read(form(&request.body))).collect()
}

fn text(to: &str, body: &str, pictures: usize) -> (String, String, usize) {
    (to.to_owned(), body.to_owned(), pictures)
}

async fn the_add_to_cart_reminder_comes_over_whatsapp_with_picture_and_button(world: &World) {
    let meta = Provider::start(Answer::wamid("wamid.1")).await;
    whatsapp::connect(world, &meta).await;
    play(world, "whatsapp-reminder", Span::days(1)).await;
    assert_eq!(
        came_of(world).await,
        [
            "2026-11-02T14:10 remind push_filter",
            "2026-11-02T14:30 remind +4915112345601",
            "2026-11-03T13:00 remind capped_by_shop",
            "2026-11-06T13:00 remind +4915112345601",
        ]
    );
    let requests = meta.received();
    assert_eq!(requests.len(), 2);
    let template = &requests[0].json()["template"];
    let parts = |kind: &str| {
        let all = template["components"].as_array().unwrap();
        all.iter().find(|part| part["type"] == kind).unwrap()["parameters"].clone()
    };
    assert_eq!(
        parts("header"),
        json!([{ "type": "image", "image": { "link": "https://cdn.acorn.example/teapot.jpg" } }])
    );
    assert_eq!(parts("body"), json!([{ "type": "text", "text": "Ana" }, { "type": "text", "text": "Copper teapot" }]));
    assert_eq!(parts("button"), json!([{ "type": "text", "text": "cart/49148385722661901:1,49148385722661902:1" }]));
}

async fn four_steps_bring_back_over_sms_and_mail_until_the_order(world: &World) {
    let twilio = sms(world).await;
    let sendgrid = Provider::start(Answer::Reply {
        status: 202,
        headers: vec![("x-message-id", "id-1".into())],
        body: Value::Null,
    })
    .await;
    world.install("email_sendgrid").await;
    let config = json!({ "from": { "name": "Acorn", "address": "shop@acorn.example" }, "endpoint": sendgrid.url() });
    let secrets = json!({ "api_key": "SG.key", "verification_key": "none" });
    world.connect("channels", "email", "email-sendgrid", config, secrets).await;
    play(world, "four-step-recovery", Span::days(14)).await;
    assert_eq!(
        came_of(world).await,
        [
            "2026-11-02T12:00 sms-after-hours +4915112345605",
            "2026-11-02T12:15 sms-after-hours no_address",
            "2026-11-03T08:00 sms-after-hours +4915112345604",
            "2026-11-04T12:00 mail-after-days emil@customers.example",
            "2026-11-04T12:15 mail-after-days fay@customers.example",
            "2026-11-05T08:00 mail-after-days dora@customers.example",
            "2026-11-09T12:15 sms-after-a-week no_address",
            "2026-11-10T08:00 sms-after-a-week +4915112345604",
            "2026-11-16T12:15 mail-after-two-weeks fay@customers.example",
            "2026-11-17T08:00 mail-after-two-weeks dora@customers.example",
        ]
    );
    let link = |checkout: &str| format!("https://acorn-and-oak.myshopify.com/checkouts/{checkout}/recover");
    assert_eq!(
        texts(&twilio),
        [
            text("+4915112345605", &format!("Hi Emil, your Copper teapot is still yours: {}", link("c1emil")), 0),
            text("+4915112345604", &format!("Hi Dora, your Copper teapot is still yours: {}", link("c1dora")), 0),
            text("+4915112345604", &format!("The last pieces of Copper teapot are going: {}", link("c1dora")), 0),
        ]
    );
    let mails = sendgrid.received();
    assert_eq!(mails.len(), 5);
    let mail = mails[2].json();
    assert_eq!(mail["personalizations"][0]["to"][0]["email"], "dora@customers.example");
    assert_eq!(
        mail["personalizations"][0]["subject"].as_str().or(mail["subject"].as_str()),
        Some("Dora, what you left")
    );
    let words = mail["content"][0]["value"].as_str().unwrap();
    assert!(words.contains("1 x Copper teapot\n1 x Set of six cups\n"), "{words}");
}

async fn high_value_first_sends_a_picture_and_tells_the_shop(world: &World) {
    world.install("high_value").await;
    let twilio = sms(world).await;
    let slack = Provider::start(Answer::reply(200, json!({ "ok": true, "channel": "C0123456789", "ts": "1.1" }))).await;
    world.install("slack").await;
    let secrets = json!({ "webhook_token": "unused", "bot_token": "xoxb-1" });
    world.connect("channels", "slack", "slack", json!({ "endpoint": slack.url() }), secrets).await;
    play(world, "high-value-mms", Span::days(2)).await;
    assert_eq!(
        came_of(world).await,
        [
            "2026-11-02T11:30 free-shipping +4915112345607",
            "2026-11-02T11:30 tell-the-shop C0123456789",
            "2026-11-02T11:45 five-percent +4915112345608",
            "2026-11-02T14:00 thanks +4915112345608",
            "2026-11-03T11:30 again +4915112345607",
        ]
    );
    let link = |checkout: &str| format!("https://acorn-and-oak.myshopify.com/checkouts/{checkout}/recover");
    let free = format!("Hi Gina, for one of our best customers: free shipping until tomorrow. {}", link("c1gina"));
    let five = format!("Hi Hugo, 5 % off your Copper teapot with WELCOME5: {}", link("c1hugo"));
    let again = format!("Reserved until tonight: Brass samovar. {}", link("c1gina"));
    assert_eq!(
        texts(&twilio),
        [
            text("+4915112345607", &free, 1),
            text("+4915112345608", &five, 0),
            text("+4915112345608", "Thank you, Hugo! We pack it today.", 0),
            text("+4915112345607", &again, 0),
        ]
    );
    let [told] = &slack.received()[..] else { panic!("one word to the shop") };
    assert!(String::from_utf8_lossy(&told.body).contains("1304.50"), "{}", String::from_utf8_lossy(&told.body));
}

//! Slack, for the shop's own people.

use cartwright_domain::time::Span;
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_tests::{Client, World, node, on_both_databases};
use serde_json::{Map, Value, json};

use super::{Shipped, left_cart, only};

on_both_databases!(
    a_notice_is_the_one_that_slacks_library_sends,
    a_bot_posts_where_the_step_says,
    the_request_of_a_bot_fits_the_published_document,
    s23_a_200_that_says_no_is_a_no,
    s23_a_webhook_that_is_gone_holds_the_channel,
    s23_a_limit_waits_as_long_as_it_says,
    s22_a_reset_is_uncertain_and_never_sent_again,
);

fn slack(provider: &Provider, config: Value) -> Shipped {
    let mut config = config;
    config["endpoint"] = json!(provider.url());
    let secrets = json!({ "webhook_token": "webhook-token", "bot_token": "xoxb-1" });
    Shipped { file: "slack", channel: "slack", config, secrets }
}

fn webhook() -> Value {
    json!({ "webhook": "T0123/B0456" })
}

/// The shop's people are told of a cart that was left four hours ago.
async fn notice(world: &World, answer: Answer, config: Value) -> Provider {
    let provider = Provider::start(answer).await;
    let channel = slack(&provider, config);
    channel.connect(world).await;
    let body = json!({ "text": "{{ user_name }} <left> a {{ product.title }}" });
    world.publish(&channel.notice("C0123", &body)).await;
    left_cart(world).await;
    provider
}

async fn a_notice_is_the_one_that_slacks_library_sends(world: &World) {
    let provider = notice(world, Answer::reply(200, json!("ok")), webhook()).await;
    let ours = only(&provider);
    assert_eq!(world.message().await["state"], "accepted");
    let message = json!({ "text": "Ana &lt;left&gt; a Copper teapot" });
    let asked = json!({ "path": "/services/T0123/B0456/webhook-token", "message": message });
    let Some(theirs) = node::ask("slack.mjs", &asked) else { return };
    assert_eq!((json!(ours.method), json!(ours.path)), (theirs["method"].clone(), theirs["path"].clone()));
    assert_eq!(ours.header("content-type"), theirs["headers"]["content-type"].as_str());
    assert_eq!(ours.json(), serde_json::from_str::<Value>(theirs["body"].as_str().unwrap()).unwrap());
}

async fn a_bot_posts_where_the_step_says(world: &World) {
    let taken = json!({ "ok": true, "channel": "C0123", "ts": "1503435956.000247" });
    let provider = notice(world, Answer::reply(200, taken), json!({})).await;
    let request = only(&provider);
    assert_eq!(
        (request.path.as_str(), request.header("authorization")),
        ("/api/chat.postMessage", Some("Bearer xoxb-1"))
    );
    let message = json!({ "channel": "C0123", "text": "Ana &lt;left&gt; a Copper teapot" });
    assert_eq!(fields(&request.body), message.as_object().unwrap().clone());
    assert_eq!(world.message().await["provider_id"], "C0123:1503435956.000247");
    let Some(theirs) = node::ask("slack.mjs", &json!({ "token": "xoxb-1", "message": message })) else { return };
    assert_eq!((json!(request.method), json!(request.path)), (theirs["method"].clone(), theirs["path"].clone()));
    for header in ["authorization", "content-type"] {
        assert_eq!(request.header(header), theirs["headers"][header].as_str(), "{header}");
    }
    assert_eq!(fields(&request.body), fields(theirs["body"].as_str().unwrap().as_bytes()));
}

/// The fields of a form, each once.
fn fields(body: &[u8]) -> Map<String, Value> {
    let address = reqwest::Url::parse(&format!("http://x/?{}", std::str::from_utf8(body).unwrap())).unwrap();
    address.query_pairs().map(|(name, value)| (name.into_owned(), json!(value))).collect()
}

async fn the_request_of_a_bot_fits_the_published_document(world: &World) {
    let taken = json!({ "ok": true, "channel": "C0123", "ts": "1503435956.000247" });
    let provider = notice(world, Answer::reply(200, taken), json!({})).await;
    let mut request = only(&provider);
    // The documents begin below `/api`. Slack's own, of 2021, wants the token in a header of its own besides.
    request.path = request.path.replacen("/api", "", 1);
    request.headers.push(("token".to_owned(), "xoxb-1".to_owned()));
    // The twin that always runs: the same checks on a document of our own.
    let own = present::workspace().join("tests/fixtures/slack-messages.openapi.json");
    let published = present::provider_data("openapi_slack_chat_postMessage.json");
    // Slack's example of an answer does not fit its own schema: the request is taken, and that is said.
    for (document, taken) in [(Some(own), 200), (published, 500)] {
        let Some(document) = document else { continue };
        let Some((_program, address)) = node::validator(&document) else { return };
        let validator = Client::new(address, "");
        assert_eq!(validator.repeat(&request).await, taken, "{}", document.display());
        let body = std::mem::replace(&mut request.body, b"text=Hi".to_vec());
        assert_eq!(validator.repeat(&request).await, 422, "without a channel: {}", document.display());
        request.body = body;
    }
}

async fn s23_a_200_that_says_no_is_a_no(world: &World) {
    let refusal = json!({ "ok": false, "error": "is_archived" });
    let provider = notice(world, Answer::reply(200, refusal), json!({})).await;
    world.skip(Span::hours(1)).await;
    assert_eq!(provider.received().len(), 1);
    let message = world.message().await;
    assert_eq!((&message["state"], &message["class"]), (&json!("rejected"), &json!("bad_request")));
    assert_eq!(message["last_answer"]["code"], "is_archived");
}

async fn s23_a_webhook_that_is_gone_holds_the_channel(world: &World) {
    let _provider = notice(world, Answer::reply(404, json!("no_service")), webhook()).await;
    assert_eq!(world.message().await["state"], "held");
    let channel = world.api.get("/v1/channels/slack").await.ok();
    assert_eq!(channel["held"]["reason"], "auth");
    assert!(channel["held"]["next_step"].as_str().is_some_and(|step| !step.is_empty()));
}

async fn s23_a_limit_waits_as_long_as_it_says(world: &World) {
    let provider = notice(world, Answer::too_many(30), webhook()).await;
    provider.then(Answer::reply(200, json!("ok")));
    world.skip(Span::seconds(29)).await;
    assert_eq!(provider.received().len(), 1);
    world.skip(Span::seconds(2)).await;
    assert_eq!((provider.received().len(), &world.message().await["state"]), (2, &json!("accepted")));
}

async fn s22_a_reset_is_uncertain_and_never_sent_again(world: &World) {
    let provider = notice(world, Answer::Reset, webhook()).await;
    world.skip(Span::days(3)).await;
    assert_eq!((provider.received().len(), &world.message().await["state"]), (1, &json!("uncertain")));
}

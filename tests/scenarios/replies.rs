//! Replies: what customers write is told to the shop's people once, and they answer it on the same channel.

use cartwright_domain::time::Span;
use cartwright_testkit::database::Database;
use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_testkit::whatsapp as meta;
use cartwright_tests::{Reply, Stoppable, World, node, on_both_databases};
use serde_json::{Value, json};

use crate::whatsapp;

on_both_databases!(
    a_reply_is_told_once_and_answered_while_the_window_is_open,
    s18_whoever_said_stop_last_is_not_answered,
    s45_what_somebody_wrote_goes_with_them,
    one_shop_sees_nothing_of_what_another_is_written,
    replies_are_told_only_where_a_channel_can_carry_them,
    a_notice_over_slack_is_posted_once_and_a_refused_one_is_shown,
    a_notice_over_a_webhook_is_signed_and_asked_again_under_the_same_id,
);

const REMINDER: &str = "wamid.reminder";
const QUESTION: &str = "wamid.question";

/// Ana was reminded over WhatsApp; the shop's people are told in the inbox of what she writes.
struct Shop<'a> {
    world: &'a World,
    provider: Provider,
    webhook: String,
}

impl<'a> Shop<'a> {
    async fn open(world: &'a World) -> Self {
        let provider = Provider::start(Answer::wamid(REMINDER)).await;
        let channel = whatsapp::connect(world, &provider).await;
        let webhook = channel["webhook"].as_str().unwrap().to_owned();
        world.publish(&whatsapp::reminder()).await;
        told_over(world, json!([{ "channel": "inbox", "to": "staff" }])).await;
        let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
        assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
        assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
        world.skip(Span::hours(4)).await;
        assert_eq!(provider.received().len(), 1, "the reminder");
        Self { world, provider, webhook }
    }

    /// Meta tells of a message of Ana's.
    async fn writes(&self, wamid: &str, text: &str) {
        let told = meta::delivery(&meta::reply(wamid, REMINDER, text, self.world.now()));
        self.deliver(&told).await;
    }

    async fn deliver(&self, told: &shopify::Delivery) {
        assert_eq!(self.world.api.deliver(&self.webhook, told).await, 200);
        self.world.settle().await;
    }

    async fn only_reply(&self) -> Value {
        let [reply] = <[Value; 1]>::try_from(self.world.api.list("/v1/replies").await).unwrap();
        reply
    }

    async fn answer(&self, reply: &Value, text: &str) -> Reply {
        let path = format!("/v1/replies/{}/answer", reply["id"].as_str().unwrap());
        let said = self.world.api.post(&path, &json!({ "text": text })).await;
        self.world.settle().await;
        said
    }
}

async fn told_over(world: &World, targets: Value) {
    let shop = format!("/v1/shops/{}", world.shop());
    world.operator.patch(&shop, &json!({ "replies": targets })).await.ok();
}

async fn a_reply_is_told_once_and_answered_while_the_window_is_open(world: &World) {
    let shop = Shop::open(world).await;
    let asked = meta::delivery(&meta::reply(QUESTION, REMINDER, "Is it red?", world.now()));
    shop.deliver(&asked).await;
    shop.deliver(&asked).await;
    let reply = shop.only_reply().await;
    assert_eq!((&reply["text"], &reply["channel"]), (&json!("Is it red?"), &json!("whatsapp")));
    assert_eq!((&reply["message"], &reply["waits"]), (&world.message().await["id"], &json!(true)));
    assert_eq!(reply["notices"][0]["state"], "accepted", "{reply:#}");
    let told = world.inbox().await;
    assert_eq!(told.len(), 1, "once: {told:#?}");
    let link = format!("/console/{}/replies?reply={}", world.shop(), reply["id"].as_str().unwrap());
    assert!(told[0].contains("wrote on whatsapp\nIs it red?\nhttp") && told[0].ends_with(&link), "{told:?}");

    shop.provider.then(Answer::wamid("wamid.answer"));
    let answer = shop.answer(&reply, " It is. ").await.ok();
    assert_eq!(answer["state"], "queued", "it is committed before it leaves");
    let again = shop.answer(&reply, "It is.").await.ok();
    assert_eq!(again["id"], answer["id"], "the same words are one answer");
    let received = shop.provider.received();
    assert_eq!(received.len(), 2, "one answer");
    let sent = received[1].json();
    assert_eq!(received[1].path, "/v23.0/105500000000001/messages");
    assert_eq!((&sent["type"], &sent["text"]["body"]), (&json!("text"), &json!("It is.")));
    assert_eq!((&sent["to"], &sent["biz_opaque_callback_data"]), (&json!(ANA.phone), &answer["id"]));

    let echo = answer["id"].as_str();
    for (told, known) in [("delivered", "delivered"), ("read", "read"), ("sent", "read")] {
        shop.deliver(&meta::delivery(&meta::status("wamid.answer", told, echo, world.now()))).await;
        let reply = shop.only_reply().await;
        assert_eq!(reply["answers"][0]["receipt"], known, "{reply:#}");
        assert_eq!((&reply["waits"], &reply["answers"][0]["state"]), (&json!(false), &json!("accepted")));
    }
    assert!(world.api.list("/v1/replies?unanswered=true").await.is_empty());
    world.skip(Span::hours(25)).await;
    let late = shop.answer(&reply, "It still is.").await;
    assert_eq!((late.status, late.problem()), (409, "window_closed"));
    let path = format!("/v1/replies/{}", reply["id"].as_str().unwrap());
    assert_eq!(world.api.get(&path).await.ok()["closed"]["code"], "window_closed");
    assert_eq!((shop.provider.received().len(), world.inbox().await.len()), (2, 1));
}

async fn s18_whoever_said_stop_last_is_not_answered(world: &World) {
    let shop = Shop::open(world).await;
    shop.writes(QUESTION, "Is it red?").await;
    let reply = shop.only_reply().await;
    world.skip(Span::minutes(1)).await;
    shop.writes("wamid.stop", "STOP").await;
    let refused = shop.answer(&reply, "It is.").await;
    assert_eq!((refused.status, refused.problem()), (409, "not_answerable"));
    assert_eq!(world.inbox().await.len(), 1, "nobody is told of a STOP");
    world.skip(Span::minutes(1)).await;
    shop.writes("wamid.again", "But is it red?").await;
    shop.answer(&reply, "It is.").await.ok();
    assert_eq!(shop.provider.received().len(), 2, "whoever writes again is answered");
    assert!(world.api.list("/v1/replies?unanswered=true").await.is_empty(), "all that came before is answered");
}

async fn s45_what_somebody_wrote_goes_with_them(world: &World) {
    let shop = Shop::open(world).await;
    shop.writes(QUESTION, "Is it red?").await;
    let reply = shop.only_reply().await;
    let customer = format!("/v1/customers/{}", reply["customer"].as_str().unwrap());
    assert!(world.api.delete(&customer).await.status < 300);
    assert!(world.api.list("/v1/replies").await.is_empty());
    assert!(world.inbox().await.is_empty(), "nor stands it where people were told");
    assert_eq!(shop.answer(&reply, "It is.").await.status, 404);
}

async fn one_shop_sees_nothing_of_what_another_is_written(world: &World) {
    let shop = Shop::open(world).await;
    shop.writes(QUESTION, "Is it red?").await;
    let reply = shop.only_reply().await;
    let birch = json!({ "name": "Birch", "currency": "EUR", "time_zone": "Europe/Berlin" });
    let birch = world.operator.post("/v1/shops", &birch).await.ok();
    let other = world.operator.of_shop(birch["id"].as_str().unwrap());
    assert!(other.list("/v1/replies").await.is_empty());
    let path = format!("/v1/replies/{}", reply["id"].as_str().unwrap());
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(other.post(&format!("{path}/answer"), &json!({ "text": "It is." })).await.status, 404);
    assert_eq!(shop.provider.received().len(), 1);
}

async fn replies_are_told_only_where_a_channel_can_carry_them(world: &World) {
    let provider = Provider::start(Answer::wamid(REMINDER)).await;
    whatsapp::connect(world, &provider).await;
    let shop = format!("/v1/shops/{}", world.shop());
    for (target, field) in [
        (json!({ "channel": "whatsapp", "to": "+4915112345678" }), "replies[0].channel"),
        (json!({ "channel": "nowhere", "to": "staff" }), "replies[0].channel"),
    ] {
        let refused = world.operator.patch(&shop, &json!({ "replies": [target] })).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!(field)));
    }
}

async fn a_notice_over_slack_is_posted_once_and_a_refused_one_is_shown(world: &World) {
    let shop = Shop::open(world).await;
    let slack = Provider::start(Answer::reply(200, json!({ "ok": true, "channel": "C1", "ts": "1.2" }))).await;
    world.install("slack").await;
    let config = json!({ "endpoint": slack.url() });
    world.connect("channels", "slack", "slack", config, json!({ "bot_token": "xoxb-1" })).await;
    told_over(world, json!([{ "channel": "slack", "to": "C1" }])).await;
    let asked = meta::delivery(&meta::reply(QUESTION, REMINDER, "Is it <red> & round?", world.now()));
    shop.deliver(&asked).await;
    shop.deliver(&asked).await;
    let reply = shop.only_reply().await;
    assert_eq!(reply["notices"][0]["state"], "accepted", "{reply:#}");
    let [request] = <[Received; 1]>::try_from(slack.received()).unwrap();
    assert_eq!(request.path, "/api/chat.postMessage");
    let address = format!("http://x/?{}", std::str::from_utf8(&request.body).unwrap());
    let form: Vec<_> = reqwest::Url::parse(&address).unwrap().query_pairs().into_owned().collect();
    let field = |name: &str| form.iter().find(|(known, _)| known == name).unwrap().1.as_str();
    let link = format!("/console/{}/replies?reply={}", world.shop(), reply["id"].as_str().unwrap());
    let text = field("text");
    assert!(text.contains("wrote on whatsapp\nIs it &lt;red&gt; &amp; round?\nhttp"), "{text}");
    assert!(text.contains(&link), "{text}");
    assert_eq!(field("channel"), "C1");

    slack.then(Answer::reply(200, json!({ "ok": false, "error": "channel_not_found" })));
    shop.writes("wamid.second", "Hello?").await;
    let replies = world.api.list("/v1/replies").await;
    let second = replies.iter().find(|reply| reply["text"] == "Hello?").unwrap();
    assert_eq!(second["notices"][0]["state"], "rejected", "{second:#}");
    world.skip(Span::hours(1)).await;
    assert_eq!(slack.received().len(), 2, "nobody posts there again");
}

async fn a_notice_over_a_webhook_is_signed_and_asked_again_under_the_same_id(world: &World) {
    let shop = Shop::open(world).await;
    let server = Provider::start(Answer::reply(503, json!({}))).await;
    world.install("webhook").await;
    let (config, key) = (json!({ "endpoint": server.url() }), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    world.connect("channels", "ours", "webhook", config, json!({ "signing_key": key })).await;
    told_over(world, json!([{ "channel": "ours", "to": "support" }])).await;
    let at = world.now();
    shop.writes(QUESTION, "Is it red?").await;
    server.then(Answer::reply(200, json!({})));
    world.skip(Span::minutes(5)).await;
    world.skip(Span::hours(1)).await;
    let reply = shop.only_reply().await;
    assert_eq!(reply["notices"][0]["state"], "accepted", "{reply:#}");
    let told = server.received();
    assert_eq!(told.len(), 2, "once refused, once taken");
    let ids: Vec<_> = told.iter().map(|request| request.header("webhook-id").unwrap()).collect();
    assert_eq!((ids[0], json!(ids[0])), (ids[1], reply["notices"][0]["id"].clone()));
    let said = told[1].json();
    assert_eq!((&said["type"], &said["timestamp"]), (&json!("reply.received"), &json!(at)));
    let data = &said["data"];
    assert_eq!((&data["reply"], &data["customer"]), (&reply["id"], &reply["customer"]));
    assert_eq!((&data["text"], told[0].json()["data"].clone()), (&json!("Is it red?"), data.clone()));
    assert!(data["headline"].as_str().unwrap().ends_with("wrote on whatsapp"), "{data:#}");
    assert!(data["link"].as_str().unwrap().ends_with(reply["id"].as_str().unwrap()), "{data:#}");
    let body = std::str::from_utf8(&told[1].body).unwrap();
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: Value = names.into_iter().map(|name| (name.to_owned(), json!(told[1].header(name)))).collect();
    let now: i64 = told[1].header("webhook-timestamp").unwrap().parse().unwrap();
    let asked = json!({ "secret": key, "now": now, "headers": headers, "body": body });
    let Some(taken) = node::ask("standard-webhook.mjs", &asked) else { return };
    assert_eq!(taken["refused"], Value::Null, "a public library refuses it");
}

/// A process dies while it answers; what another one finds.
async fn answered_once(database: impl AsyncFn() -> Database) {
    for point in cartwright_engine::failpoints::REPLY_POINTS {
        let database = database().await;
        let url = database.url().to_owned();
        let world = World::open(database).await;
        let shop = Shop::open(&world).await;
        told_over(&world, json!([])).await;
        shop.writes(QUESTION, "Is it red?").await;
        let reply = shop.only_reply().await;
        let path = format!("/v1/replies/{}/answer", reply["id"].as_str().unwrap());
        world.api.post(&path, &json!({ "text": "It is." })).await.ok();
        let start = |point| Stoppable::start(env!("CARGO_BIN_EXE_stoppable"), &url, world.now(), point);
        let mut first = start(Some(point));
        assert!(!first.skip(Span::minutes(1)), "{point} was not reached");
        assert!(first.aborted());
        assert!(start(None).skip(Span::hours(1)));
        let reply = shop.only_reply().await;
        assert_eq!(reply["answers"][0]["state"], "uncertain", "after {point}: {reply:#}");
        assert_eq!(shop.provider.received().len(), 1 + usize::from(*point == "reply.answered"), "after {point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_crash_on_sqlite_answers_at_most_once() {
    answered_once(Database::sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_crash_on_postgres_answers_at_most_once() {
    answered_once(Database::postgres).await;
}

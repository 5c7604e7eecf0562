//! Alerts: what only people can put right is told once over the shop's own channels, and so is that it is over.

use cartwright_domain::time::Span;
use cartwright_testkit::database::Database;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{Stoppable, World, on_both_databases};
use serde_json::{Value, json};

use crate::whatsapp;

on_both_databases!(
    s23_a_channel_without_credit_is_told_once_and_so_is_its_release,
    s08_a_silent_source_is_told_when_messages_wait_for_it_and_its_first_event_is_the_all_clear,
    s23_a_source_whose_credentials_fail_is_told_until_it_answers,
    s27_many_messages_that_are_too_late_are_told_until_the_day_is_over,
    s23_an_alert_waits_for_a_channel_that_is_held_itself,
    s23_alerts_go_only_where_a_channel_of_the_shop_can_reach,
    one_shop_is_not_told_of_another,
    s23_a_sample_shows_whether_alerts_arrive_where_they_go_and_is_none_itself,
);

/// Meta says that the account owes it money.
fn no_credit() -> Answer {
    Answer::reply(400, json!({ "error": { "code": 131042, "message": "Business eligibility payment issue" } }))
}

async fn told_over(world: &World, targets: Value) {
    let shop = format!("/v1/shops/{}", world.shop());
    world.operator.patch(&shop, &json!({ "alerts": targets })).await.ok();
}

async fn alerts(world: &World) -> Vec<Value> {
    world.api.list("/v1/alerts").await
}

async fn reminders_for_ana(world: &World) {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
}

/// A shop that reminds over WhatsApp and has no credit there; its people are told in the inbox.
async fn without_credit(world: &World) -> Provider {
    let provider = Provider::start(no_credit()).await;
    whatsapp::connect(world, &provider).await;
    world.publish(&whatsapp::reminder()).await;
    told_over(world, json!([{ "channel": "inbox", "to": "staff" }])).await;
    reminders_for_ana(world).await;
    provider
}

async fn s23_a_channel_without_credit_is_told_once_and_so_is_its_release(world: &World) {
    let _provider = without_credit(world).await;
    world.skip(Span::hours(3)).await;
    let inbox = world.inbox().await;
    assert_eq!(inbox.len(), 1, "{inbox:#?}");
    let text = "Acorn and Oak: The channel whatsapp is held\nBusiness eligibility payment issue (131042)\n\
                Top up the provider's account, then release the channel.";
    assert_eq!(inbox[0], text);
    let [alert] = &alerts(world).await[..] else { panic!("one incident") };
    assert_eq!((&alert["cause"], &alert["about"]), (&json!("channel_held"), &json!("whatsapp")));
    assert_eq!(alert["notices"][0]["state"], "accepted", "{alert:#}");
    assert!(alert["closed_at"].is_null());
    let metrics = world.operator.get("/v1/metrics").await;
    assert_eq!(metrics.status, 200);
    world.api.post("/v1/channels/whatsapp/release", &json!({})).await.ok();
    world.settle().await;
    let inbox = world.inbox().await;
    assert_eq!(inbox[0], "Acorn and Oak: All clear: The channel whatsapp is held\nThis is over.");
    assert_eq!(alerts(world).await[0]["closed_at"], json!(world.now()));
    // The account is as empty as before: another incident, told anew.
    world.skip(Span::minutes(2)).await;
    assert_eq!((world.inbox().await.len(), alerts(world).await.len()), (3, 2));
}

async fn s08_a_silent_source_is_told_when_messages_wait_for_it_and_its_first_event_is_the_all_clear(world: &World) {
    let mut source = world.api.get("/v1/sources/shopify").await.ok();
    let settings = json!({
        "plugin": source["plugin"].take(), "config": {}, "grants": source["grants"].take(), "stale_after": "2h",
    });
    world.api.put("/v1/sources/shopify", &settings).await.ok();
    world.publish_example("add-to-cart-reminder").await;
    told_over(world, json!([{ "channel": "inbox", "to": "staff" }])).await;
    reminders_for_ana(world).await;
    let [alert] = &alerts(world).await[..] else { panic!("one incident") };
    assert_eq!((&alert["cause"], &alert["about"]), (&json!("source_stale"), &json!("shopify")));
    assert_eq!(world.inbox().await.len(), 1, "nobody but the shop's people heard anything");
    world.skip(Span::hours(1)).await;
    assert_eq!(world.inbox().await.len(), 1, "once");
    let other = shopify::cart("other", &[TEAPOT], world.now());
    assert_eq!(world.tell("carts/update", &other).await, 200);
    world.skip(Span::minutes(2)).await;
    let inbox = world.inbox().await;
    assert!(inbox.iter().any(|text| text.contains("All clear")), "{inbox:#?}");
    assert_eq!(inbox.len(), 3, "the reminder went");
    assert!(!alerts(world).await[0]["closed_at"].is_null());
}

async fn s23_a_source_whose_credentials_fail_is_told_until_it_answers(world: &World) {
    let shop = Provider::start(Answer::reply(401, json!({ "error": "token" }))).await;
    let plugin = world.api.upload("/v1/plugins", cartwright_testkit::present::example("acme-shop")).await.ok();
    let mut grants = plugin["asks"].clone();
    grants["hosts"] = json!([{ "host": shop.host(), "methods": ["GET", "POST"], "path_prefix": "/api/" }]);
    let path = format!("/v1/plugins/{}/grants", plugin["digest"].as_str().unwrap());
    world.api.post(&path, &grants).await.ok();
    told_over(world, json!([{ "channel": "inbox", "to": "staff" }])).await;
    let settings = json!({
        "plugin": "acme-shop", "config": { "url": shop.url() }, "grants": grants,
        "secrets": { "api_token": "t0ken", "webhook_secret": "s3cret" },
    });
    world.api.put("/v1/sources/acme", &settings).await.ok();
    world.skip(Span::hours(2)).await;
    let open = alerts(world).await;
    let causes: Vec<&Value> = open.iter().map(|alert| &alert["cause"]).collect();
    assert_eq!(causes, [&json!("source_refused")], "{open:#?}");
    assert_eq!(world.inbox().await.len(), 1);
    world.api.delete("/v1/sources/acme").await;
    world.skip(Span::minutes(11)).await;
    assert!(!alerts(world).await[0]["closed_at"].is_null(), "a source that is gone needs nothing");
    assert_eq!(world.inbox().await.len(), 2);
}

async fn s27_many_messages_that_are_too_late_are_told_until_the_day_is_over(world: &World) {
    // The channel is held before anything of this is handed over: what was, counts on the day of that.
    let _provider = without_credit(world).await;
    for number in 0..12 {
        let (customer, cart) = (format!("c{number}"), format!("cart{number}"));
        let phone = format!("+49151123456{number:02}");
        let subject = json!({ "customer": customer, "cart": cart, "phone": phone });
        for (kind, body) in [
            ("customer.identified", json!({ "first_name": "Ana", "consent": { "state": "subscribed" } })),
            ("cart.updated", json!({ "lines": [{ "title": "Teapot", "sku": "T1", "quantity": 1 }] })),
        ] {
            let id = format!("{kind}-{number}");
            let event = json!({ "id": id, "type": kind, "occurred_at": world.now(), "subject": subject, "body": body });
            assert_eq!(world.report(event).await.ok()["status"], "accepted");
        }
    }
    world.skip(Span::hours(20)).await;
    let late = world.messages().await.into_iter().filter(|message| message["reason"] == "too_late").count();
    assert_eq!(late, 1 + 12);
    let told = |alerts: Vec<Value>| alerts.into_iter().find(|alert| alert["cause"] == "too_late");
    let alert = told(alerts(world).await).expect("an alert");
    assert!(alert["closed_at"].is_null(), "{alert:#}");
    assert_eq!(alert["words"], "12 messages were skipped today because they had become too late to send.");
    assert_eq!(
        alert["codes"],
        json!({ "words": "too_late_today", "next_step": "see_what_holds", "values": { "n": "12" } })
    );
    world.skip(Span::hours(24)).await;
    let alert = told(alerts(world).await).expect("it is known still");
    assert!(!alert["closed_at"].is_null(), "the next day has none");
    assert_eq!(world.inbox().await.len(), 3, "of the channel, of today, and that today is over");
}

async fn s23_an_alert_waits_for_a_channel_that_is_held_itself(world: &World) {
    let slack = Provider::start(Answer::reply(404, json!("no_service"))).await;
    world.install("slack").await;
    let config = json!({ "webhook": "T0123/B0456", "endpoint": slack.url() });
    world.connect("channels", "slack", "slack", config, json!({ "webhook_token": "t" })).await;
    told_over(world, json!([{ "channel": "slack", "to": "C1" }, { "channel": "inbox", "to": "staff" }])).await;
    let provider = Provider::start(no_credit()).await;
    whatsapp::connect(world, &provider).await;
    world.publish(&whatsapp::reminder()).await;
    reminders_for_ana(world).await;
    let notices = alerts(world).await[0]["notices"].clone();
    assert_eq!((&notices[0]["state"], &notices[1]["state"]), (&json!("queued"), &json!("accepted")), "{notices:#}");
    slack.then(Answer::reply(200, json!("ok")));
    world.skip(Span::minutes(2)).await;
    let notices = alerts(world).await[0]["notices"].clone();
    assert_eq!(notices[0]["state"], "accepted", "{notices:#}");
    let text = slack.received().last().unwrap().json()["text"].clone();
    assert!(text.as_str().unwrap().starts_with("Acorn and Oak: The channel whatsapp is held\n"), "{text}");
}

async fn s23_alerts_go_only_where_a_channel_of_the_shop_can_reach(world: &World) {
    let provider = Provider::start(no_credit()).await;
    whatsapp::connect(world, &provider).await;
    let shop = format!("/v1/shops/{}", world.shop());
    for (target, field) in [
        (json!({ "channel": "pigeon", "to": "roof" }), "alerts[0].channel"),
        (json!({ "channel": "whatsapp", "to": "+4915112345678" }), "alerts[0].channel"),
        (json!({ "channel": "inbox", "to": " " }), "alerts[0].to"),
    ] {
        let refused = world.operator.patch(&shop, &json!({ "alerts": [target] })).await;
        assert_eq!(refused.status, 422, "{:#}", refused.body);
        assert_eq!(refused.body["errors"][0]["field"], field, "{:#}", refused.body);
    }
}

async fn one_shop_is_not_told_of_another(world: &World) {
    let _provider = without_credit(world).await;
    let shop = json!({ "name": "Birch", "currency": "EUR", "time_zone": "Europe/Berlin" });
    let shop = world.operator.post("/v1/shops", &shop).await.ok();
    let other = world.operator.of_shop(shop["id"].as_str().unwrap());
    assert!(other.list("/v1/alerts").await.is_empty());
    assert_eq!(alerts(world).await.len(), 1);
    assert_eq!(other.list("/v1/inbox").await.len(), 0);
}

/// A process dies while it tells an incident; what another one finds.
async fn after_a_crash(database: Database, point: &str, over: &str) -> (World, Provider) {
    let url = database.url().to_owned();
    let world = World::open(database).await;
    let slack = Provider::start(Answer::reply(200, json!("ok"))).await;
    world.install("slack").await;
    let config = json!({ "webhook": "T0123/B0456", "endpoint": slack.url() });
    world.connect("channels", "slack", "slack", config, json!({ "webhook_token": "t" })).await;
    let provider = Provider::start(no_credit()).await;
    whatsapp::connect(&world, &provider).await;
    world.publish(&whatsapp::reminder()).await;
    told_over(&world, json!([{ "channel": over, "to": "C1" }])).await;
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    let start = |point| Stoppable::start(env!("CARGO_BIN_EXE_stoppable"), &url, world.now(), point);
    let mut first = start(Some(point));
    assert!(!first.skip(Span::hours(5)), "{point} was not reached");
    assert!(first.aborted());
    assert!(start(None).skip(Span::hours(6)));
    (world, slack)
}

async fn exactly_once(database: impl AsyncFn() -> Database) {
    for point in cartwright_engine::failpoints::ALERT_POINTS {
        let (world, slack) = after_a_crash(database().await, point, "slack").await;
        let [alert] = &alerts(&world).await[..] else { panic!("one incident after {point}") };
        assert_eq!(alert["notices"][0]["state"], "uncertain", "after {point}: {alert:#}");
        assert_eq!(slack.received().len(), usize::from(*point == "alert.answered"), "after {point}");
        let (world, _slack) = after_a_crash(database().await, point, "inbox").await;
        assert_eq!(world.inbox().await.len(), 1, "after {point}");
        assert_eq!(alerts(&world).await[0]["notices"][0]["state"], "accepted", "after {point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_crash_on_sqlite_tells_an_incident_at_most_once() {
    exactly_once(Database::sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_crash_on_postgres_tells_an_incident_at_most_once() {
    exactly_once(Database::postgres).await;
}

async fn s23_a_sample_shows_whether_alerts_arrive_where_they_go_and_is_none_itself(world: &World) {
    let provider = Provider::start(no_credit()).await;
    whatsapp::connect(world, &provider).await;
    let staff = json!({ "channel": "inbox", "to": "staff" });
    let refused = world.api.post("/v1/alerts/test", &staff).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("to")), "nobody is told there");
    told_over(world, json!([staff])).await;
    let sent = world.api.post("/v1/alerts/test", &staff).await.ok();
    assert_eq!((&sent["kind"], &sent["state"], &sent["by"]), (&json!("alert"), &json!("accepted"), &json!("tests")));
    let text =
        "[Test] Acorn and Oak: Alerts arrive here\nThis is a test: nothing is wrong, and nothing has to be done.";
    assert_eq!(world.inbox().await, [text]);
    assert!(alerts(world).await.is_empty() && world.messages().await.is_empty());
    let listed = world.api.list("/v1/test-sends").await;
    assert_eq!((listed.len(), &listed[0]["id"]), (1, &sent["id"]));
    for _ in 1..20 {
        world.api.post("/v1/alerts/test", &staff).await.ok();
    }
    assert_eq!(world.api.post("/v1/alerts/test", &staff).await.problem(), "too_many_tests");
    world.skip(Span::minutes(61)).await;
    assert_eq!(world.api.post("/v1/alerts/test", &staff).await.status, 200);
}

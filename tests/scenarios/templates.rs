//! Templates that a provider approves: messages wait for one that is not, and what the provider says of them is asked
//! for, heard of, shown, and told where it matters (S17).

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_testkit::whatsapp::{self, APP_SECRET, PHONE_NUMBER_ID};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

use crate::whatsapp::reminder;

on_both_databases!(
    s17_a_message_waits_for_its_template_and_goes_when_the_webhook_says_that_it_is_approved,
    s17_a_message_goes_when_the_provider_is_asked_again_and_has_approved_its_template,
    s17_a_provider_that_does_not_tell_its_templates_holds_nothing,
    s17_what_stands_on_a_later_page_is_known_as_well,
    of_very_many_templates_five_pages_are_read,
    a_decision_that_meta_did_not_sign_changes_nothing,
    what_a_provider_says_of_a_template_stands_where_a_content_names_it,
    s23_people_are_told_of_a_rejected_template_and_that_it_is_over,
    a_template_is_made_from_a_content_and_is_looked_at_first,
    with_a_channel_its_templates_are_gone,
);

const NAME: &str = "cart_reminder";

/// Meta, with one template in some state.
struct Meta {
    provider: Provider,
    status: Arc<Mutex<Value>>,
}

impl Meta {
    async fn knowing(status: &str, reason: &str) -> Self {
        let known = Arc::new(Mutex::new(listed(status, reason)));
        let told = known.clone();
        let provider = Provider::deciding(move |request: &Received| {
            let is_about_templates = request.path.contains("/message_templates");
            match (request.method.as_str(), is_about_templates) {
                ("GET", true) => Answer::reply(200, told.lock().unwrap().clone()),
                ("POST", true) => {
                    Answer::reply(200, json!({ "id": "2", "status": "PENDING", "category": "MARKETING" }))
                }
                _ => Answer::wamid("wamid.1"),
            }
        });
        Self { provider: provider.await, status: known }
    }

    fn decides(&self, status: &str, reason: &str) {
        *self.status.lock().unwrap() = listed(status, reason);
    }

    /// How often it was asked for its templates, and to send.
    fn asked(&self) -> (usize, usize) {
        let all = self.provider.received();
        let count = |method: &str, end: &str| {
            all.iter().filter(|one| one.method == method && one.path.split('?').next().unwrap().ends_with(end)).count()
        };
        (count("GET", "/message_templates"), count("POST", "/messages"))
    }
}

fn listed(status: &str, reason: &str) -> Value {
    let known = json!({ "id": "1", "name": NAME, "language": "en_US", "status": status, "category": "MARKETING",
        "rejected_reason": reason, "components": [] });
    json!({ "data": [known] })
}

/// A shop that writes over WhatsApp; the address of the channel's webhooks.
async fn connect(world: &World, meta: &Meta) -> String {
    world.install("whatsapp_cloud").await;
    let endpoint = meta.provider.url();
    let config = json!({ "phone_number_id": PHONE_NUMBER_ID, "business_account_id": "10229012", "endpoint": endpoint });
    let secrets = json!({ "access_token": "EAAtoken", "app_secret": APP_SECRET, "verify_token": "any" });
    let channel = world.connect("channels", "whatsapp", "whatsapp-cloud", config, secrets).await;
    world.settle().await;
    channel["webhook"].as_str().unwrap().to_owned()
}

/// A cart that was left four hours ago.
async fn left_cart(world: &World) {
    world.publish(&reminder()).await;
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
}

async fn templates(world: &World) -> Value {
    world.api.get("/v1/channels/whatsapp/templates").await.ok()
}

/// State and reason of the only message.
async fn stands(world: &World) -> (Value, Value) {
    let message = world.message().await;
    (message["state"].clone(), message["reason"].clone())
}

fn held() -> (Value, Value) {
    (json!("held"), json!("template_not_approved"))
}

async fn s17_a_message_waits_for_its_template_and_goes_when_the_webhook_says_that_it_is_approved(world: &World) {
    let meta = Meta::knowing("PENDING", "NONE").await;
    let webhook = connect(world, &meta).await;
    left_cart(world).await;
    assert_eq!(stands(world).await, held());
    assert_eq!(meta.asked(), (5, 0), "at once, and every hour");
    let trace = world.trace().await;
    let line = trace.iter().find(|line| line["state"] == "held").unwrap();
    let read = line["facts"].as_array().unwrap().iter().find(|read| read["fact"] == "template").unwrap();
    assert_eq!(read["value"], "cart_reminder (en-US) is pending");

    let approved = whatsapp::template_decided(NAME, "APPROVED", "NONE", world.now());
    assert_eq!(world.api.deliver(&webhook, &whatsapp::delivery(&approved)).await, 200);
    assert_eq!(templates(world).await["items"][0]["state"], "approved");
    meta.decides("APPROVED", "NONE");
    world.skip(Span::minutes(1)).await;
    assert_eq!(stands(world).await.0, "accepted");
    assert_eq!(meta.asked().1, 1);

    let late = whatsapp::template_decided(NAME, "REJECTED", "SCAM", world.now() - Span::days(1));
    assert_eq!(world.api.deliver(&webhook, &whatsapp::delivery(&late)).await, 200);
    assert_eq!(templates(world).await["items"][0]["state"], "approved", "what is older changes nothing");
}

async fn s17_a_message_goes_when_the_provider_is_asked_again_and_has_approved_its_template(world: &World) {
    let meta = Meta::knowing("PAUSED", "NONE").await;
    connect(world, &meta).await;
    left_cart(world).await;
    assert_eq!(stands(world).await, held());
    meta.decides("APPROVED", "NONE");
    let now_known = world.api.post("/v1/channels/whatsapp/templates/sync", &json!({})).await.ok();
    assert_eq!(now_known["items"][0]["state"], "approved");
    assert_eq!(now_known["listed_at"], json!(world.now()));
    world.skip(Span::minutes(1)).await;
    assert_eq!(stands(world).await.0, "accepted");
    let refused = world.api.post("/v1/channels/inbox/templates/sync", &json!({})).await;
    assert_eq!((refused.status, refused.body["errors"][0]["field"].clone()), (422, json!("plugin")));
    assert_eq!(world.api.post("/v1/channels/nowhere/templates/sync", &json!({})).await.status, 404);
}

async fn s17_a_provider_that_does_not_tell_its_templates_holds_nothing(world: &World) {
    let meta = Meta::knowing("APPROVED", "NONE").await;
    *meta.status.lock().unwrap() = json!({ "error": { "message": "No permission", "code": 200 } });
    connect(world, &meta).await;
    let known = templates(world).await;
    assert_eq!((&known["items"], &known["listed_at"]), (&json!([]), &Value::Null));
    assert!(known["trouble"].as_str().unwrap().contains("No permission"), "{known}");
    left_cart(world).await;
    assert_eq!(stands(world).await.0, "accepted");
}

/// Meta with so many pages; the template that is named stands on the last one, and is rejected.
async fn paging(pages: usize) -> Meta {
    let page = move |place: usize| {
        let known = |number: usize| {
            let is_ours = (place, number) == (pages, 0);
            let name = if is_ours { NAME.to_owned() } else { format!("other_{place}_{number}") };
            let (status, reason) = if is_ours { ("REJECTED", "PROMOTIONAL") } else { ("APPROVED", "NONE") };
            let body = json!({ "type": "BODY", "text": "a".repeat(1_000) });
            json!({ "id": "1", "name": name, "language": "en_US", "status": status, "category": "MARKETING",
                "rejected_reason": reason, "components": [body] })
        };
        let data: Vec<Value> = (0..250).map(known).collect();
        let mut paging = json!({ "cursors": { "before": "x", "after": format!("{place}=&") } });
        if place < pages {
            paging["next"] = json!("https://graph.facebook.com/next?access_token=EAAtoken");
        }
        json!({ "data": data, "paging": paging })
    };
    let provider = Provider::deciding(move |request: &Received| {
        let address = reqwest::Url::parse(&format!("http://x{}", request.path)).unwrap();
        let after = address.query_pairs().find(|(name, _)| name == "after").map(|(_, cursor)| cursor.into_owned());
        let place = after.map_or(1, |cursor| cursor.strip_suffix("=&").unwrap().parse::<usize>().unwrap() + 1);
        match request.path.contains("/message_templates") {
            true => Answer::reply(200, page(place)),
            false => Answer::wamid("wamid.1"),
        }
    });
    Meta { provider: provider.await, status: Arc::default() }
}

async fn s17_what_stands_on_a_later_page_is_known_as_well(world: &World) {
    let meta = paging(3).await;
    connect(world, &meta).await;
    assert_eq!(meta.asked(), (3, 0));
    let known = templates(world).await;
    let items = known["items"].as_array().unwrap();
    assert_eq!((items.len(), &known["trouble"]), (750, &Value::Null));
    let ours = items.iter().find(|item| item["name"] == NAME).unwrap();
    assert_eq!((&ours["state"], &ours["words"]), (&json!("rejected"), &json!("PROMOTIONAL")));
    left_cart(world).await;
    assert_eq!((stands(world).await, meta.asked().1), (held(), 0), "it would be refused");
}

async fn of_very_many_templates_five_pages_are_read(world: &World) {
    let meta = paging(9).await;
    connect(world, &meta).await;
    assert_eq!(meta.asked(), (5, 0));
    let known = templates(world).await;
    assert_eq!((known["items"].as_array().unwrap().len(), &known["trouble"]), (1_250, &Value::Null));
}

async fn a_decision_that_meta_did_not_sign_changes_nothing(world: &World) {
    let meta = Meta::knowing("PENDING", "NONE").await;
    let webhook = connect(world, &meta).await;
    let mut forged = whatsapp::delivery(&whatsapp::template_decided(NAME, "APPROVED", "NONE", world.now()));
    forged.body.push(b'\n');
    assert_eq!(world.api.deliver(&webhook, &forged).await, 401);
    assert_eq!(templates(world).await["items"][0]["state"], "pending");
}

async fn what_a_provider_says_of_a_template_stands_where_a_content_names_it(world: &World) {
    let meta = Meta::knowing("REJECTED", "PROMOTIONAL").await;
    connect(world, &meta).await;
    let variant =
        |template: &str| json!({ "channel": "whatsapp", "body": { "template": template, "language": "en_US" } });
    let content = |template: &str| json!({ "name": "reminder", "variants": [variant(template)] });
    let saved = async |template: &str| {
        let saved = world.api.put("/v1/contents/reminder", &content(template)).await.ok();
        let warnings = saved["warnings"].as_array().cloned().unwrap_or_default();
        warnings.iter().map(|one| format!("{}: {}", one["path"], one["message"])).collect::<Vec<_>>()
    };
    let [rejected] = &saved(NAME).await[..] else { panic!("one warning") };
    let wanted = r#""variants[0].body.template": "`whatsapp`: cart_reminder (en-US) is rejected: PROMOTIONAL. Change"#;
    assert!(rejected.starts_with(wanted), "{rejected}");
    let asked = json!({ "content": content(NAME), "channel": "whatsapp" });
    let shown = world.api.post("/v1/contents/preview", &asked).await.ok();
    let standing = &shown["templates"][0];
    assert_eq!((&standing["channel"], &standing["template"]["words"]), (&json!("whatsapp"), &json!("PROMOTIONAL")));
    let mut strategy = reminder();
    strategy.as_object_mut().unwrap().remove("contents");
    let published = world.publish(&strategy).await;
    assert_eq!(published["warnings"][0]["path"], "steps.remind.content", "{published}");
    let [missing] = &saved("another").await[..] else { panic!("one warning") };
    assert!(missing.contains("knows no template `another`"), "{missing}");
    meta.decides("APPROVED", "NONE");
    world.api.post("/v1/channels/whatsapp/templates/sync", &json!({})).await.ok();
    assert_eq!(saved(NAME).await, [""; 0]);
}

async fn s23_people_are_told_of_a_rejected_template_and_that_it_is_over(world: &World) {
    let meta = Meta::knowing("REJECTED", "PROMOTIONAL").await;
    let webhook = connect(world, &meta).await;
    left_cart(world).await;
    let alerts = async || world.api.list("/v1/alerts").await;
    let [alert] = &alerts().await[..] else { panic!("one incident") };
    assert_eq!((&alert["cause"], &alert["about"]), (&json!("content_held"), &json!("reminder on whatsapp")));
    assert!(alert["closed_at"].is_null(), "{alert:#}");
    world.skip(Span::hours(3)).await;
    assert!(alerts().await[0]["closed_at"].is_null(), "it stands");
    let approved = whatsapp::template_decided(NAME, "APPROVED", "NONE", world.now());
    assert_eq!(world.api.deliver(&webhook, &whatsapp::delivery(&approved)).await, 200);
    world.settle().await;
    assert_eq!(alerts().await[0]["closed_at"], json!(world.now()));
}

async fn a_template_is_made_from_a_content_and_is_looked_at_first(world: &World) {
    let meta = Meta::knowing("APPROVED", "NONE").await;
    connect(world, &meta).await;
    let definition = json!({ "category": "MARKETING", "components": [{ "type": "BODY", "text": "Hi" }] });
    let body = json!({ "template": "spring", "language": "en_US", "definition": definition });
    let content = json!({ "name": "spring", "variants": [{ "channel": "whatsapp", "body": body }] });
    world.api.put("/v1/contents/spring", &content).await.ok();
    let made = world.api.post("/v1/channels/whatsapp/templates", &json!({ "content": "spring" })).await.ok();
    assert_eq!((&made["name"], &made["state"]), (&json!("spring"), &json!("pending")));
    let asked = meta.provider.received().into_iter().find(|one| one.method == "POST").unwrap();
    let wanted = json!({ "name": "spring", "language": "en_US", "category": "MARKETING",
        "components": [{ "type": "BODY", "text": "Hi" }] });
    assert_eq!(asked.json(), wanted);
    let names: Vec<_> =
        templates(world).await["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, [NAME, "spring"]);
    let refused = async |wanted: Value| {
        let answer = world.api.post("/v1/channels/whatsapp/templates", &wanted).await;
        (answer.status, answer.body["errors"][0]["field"].clone())
    };
    assert_eq!(refused(json!({ "content": "nothing" })).await.0, 404);
    world
        .api
        .put(
            "/v1/contents/plain",
            &json!({ "name": "plain", "variants": [
        { "channel": "whatsapp", "body": { "template": "plain" } }] }),
        )
        .await
        .ok();
    assert_eq!(refused(json!({ "content": "plain" })).await, (422, json!("content")), "nothing to approve is said");
}

async fn with_a_channel_its_templates_are_gone(world: &World) {
    let meta = Meta::knowing("REJECTED", "SCAM").await;
    connect(world, &meta).await;
    assert_eq!(world.api.delete("/v1/channels/whatsapp").await.status, 204);
    assert_eq!(world.api.get("/v1/channels/whatsapp/templates").await.status, 404);
    let asked = meta.asked().0;
    world.skip(Span::hours(3)).await;
    assert_eq!(meta.asked().0, asked, "nobody is asked for them any more");
}

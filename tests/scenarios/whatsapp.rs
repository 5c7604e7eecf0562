//! WhatsApp: what leaves is what Meta takes, and what comes back moves the message on, never twice.

use cartwright_domain::time::Span;
use cartwright_engine::ports::{ChannelDone, ChannelTask, ConnectionCall, Template, TemplateState};
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_testkit::whatsapp::{self, APP_SECRET, PHONE_NUMBER_ID};
use cartwright_tests::{Client, World, node, on_both_databases};
use serde_json::{Value, json};

const WAMID: &str = "wamid.HBgNNDkxNTExMjM0NTY3OBUCABEYEg";
const PICTURE: &str = "https://img.acorn.example/teapot.jpg";

on_both_databases!(
    the_request_is_the_one_that_a_public_library_sends,
    the_request_fits_the_published_document,
    receipts_in_any_order_move_the_message_on,
    a_tap_on_a_quick_reply_is_a_click,
    s22_a_reset_after_the_request_is_uncertain_and_never_sent_again,
    s22_a_receipt_settles_what_was_uncertain,
    s23_a_429_waits_as_long_as_it_says,
    s23_a_bad_token_holds_the_channel_until_it_is_put_right,
    s23_a_number_that_is_not_on_whatsapp_ends_the_message,
    a_forged_receipt_changes_nothing,
    templates_are_listed_and_created_as_meta_documents_it,
    a_probe_says_whose_number_it_is,
);

/// A cart that was left four hours ago in a shop that reminds over WhatsApp.
async fn left_cart(world: &World, answer: Answer) -> (Provider, String) {
    let provider = Provider::start(answer).await;
    let channel = connect(world, &provider).await;
    world.publish(&reminder()).await;
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
    (provider, channel["webhook"].as_str().unwrap().to_owned())
}

/// A channel with the provider in Meta's place.
pub(crate) async fn connect(world: &World, provider: &Provider) -> Value {
    world.install("whatsapp_cloud").await;
    let config = json!({ "phone_number_id": PHONE_NUMBER_ID, "endpoint": provider.url() });
    let secrets = json!({ "access_token": "EAAtoken", "app_secret": APP_SECRET, "verify_token": "any" });
    world.connect("channels", "whatsapp", "whatsapp-cloud", config, secrets).await
}

pub(crate) fn reminder() -> Value {
    let body = json!({
        "template": "cart_reminder",
        "language": "en_US",
        "header": { "image": PICTURE },
        "body": ["{{ user_name }}", "{{ product.title }}"],
        "buttons": [{ "index": 0, "type": "quick_reply", "value": "show-me" }],
    });
    json!({
        "name": "WhatsApp reminder",
        "trigger": { "on": "cart", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "whatsapp", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "reminder", "variants": [{ "channel": "whatsapp", "body": body }] }],
    })
}

/// What the library whatsapp-api-js makes of the same message (`tests/npm/whatsapp-template.mjs`). It writes two
/// defaults out that Meta's document calls optional, and a button's place as a number where the document has a text.
pub(crate) fn as_the_library_writes(mut body: Value) -> Value {
    body["template"]["language"]["policy"] = json!("deterministic");
    for component in body["template"]["components"].as_array_mut().unwrap() {
        if let Some(index) = component["index"].as_str() {
            component["index"] = json!(index.parse::<u32>().unwrap());
        }
    }
    body
}

async fn the_request_is_the_one_that_a_public_library_sends(world: &World) {
    let (provider, _) = left_cart(world, Answer::wamid(WAMID)).await;
    let [request] = <[Received; 1]>::try_from(provider.received()).unwrap();
    let ours = request.json();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v23.0/105500000000001/messages"));
    assert_eq!(request.header("authorization"), Some("Bearer EAAtoken"));
    let asked = json!({
        "token": "EAAtoken", "version": "v23.0", "from": PHONE_NUMBER_ID, "to": ours["to"],
        "content": {
            "template": "cart_reminder", "language": "en_US", "header": { "image": PICTURE },
            "body": ["Ana", "Copper teapot"], "buttons": [{ "index": 0, "type": "quick_reply", "value": "show-me" }],
        },
        "echo": world.message().await["id"],
    });
    assert_eq!(ours["to"], json!(ANA.phone));
    let Some(theirs) = node::ask("whatsapp-template.mjs", &asked) else { return };
    assert_eq!(as_the_library_writes(ours), theirs["body"]);
    assert_eq!(theirs["url"], json!(format!("https://graph.facebook.com{}", request.path)));
    assert_eq!(theirs["headers"]["Authorization"].as_str(), request.header("authorization"));
}

async fn the_request_fits_the_published_document(world: &World) {
    let (provider, _) = left_cart(world, Answer::wamid(WAMID)).await;
    let [request] = <[Received; 1]>::try_from(provider.received()).unwrap();
    // The twin that always runs: the same checks on a document of our own.
    let own = present::workspace().join("tests/fixtures/whatsapp-messages.openapi.json");
    let published = present::provider_data("whatsapp/openapi_messages_templates_patched.json");
    for document in [Some(own), published].into_iter().flatten() {
        let Some((_program, address)) = node::validator(&document) else { return };
        let validator = Client::new(address, "EAAtoken");
        assert_eq!(validator.post(&request.path, &request.json()).await.status, 200, "{}", document.display());
        let mut wrong = request.json();
        wrong["template"]["language"] = json!("en_US");
        assert_eq!(validator.post(&request.path, &wrong).await.status, 422, "{}", document.display());
    }
}

async fn receipts_in_any_order_move_the_message_on(world: &World) {
    let (_provider, webhook) = left_cart(world, Answer::wamid(WAMID)).await;
    assert_eq!(
        (world.message().await["provider_id"].as_str(), world.message().await["receipt"].as_str()),
        (Some(WAMID), None)
    );
    for (told, known) in [("delivered", "delivered"), ("read", "read"), ("sent", "read"), ("delivered", "read")] {
        let receipt = whatsapp::delivery(&whatsapp::status(WAMID, told, None, world.now()));
        assert_eq!(world.api.deliver(&webhook, &receipt).await, 200);
        world.settle().await;
        assert_eq!(world.message().await["receipt"], known, "after {told}");
    }
    assert_eq!(world.message().await["state"], "accepted");
}

async fn a_tap_on_a_quick_reply_is_a_click(world: &World) {
    let (_provider, webhook) = left_cart(world, Answer::wamid(WAMID)).await;
    let tap = whatsapp::delivery(&whatsapp::quick_reply("wamid.theirs", WAMID, "show-me", world.now()));
    assert_eq!(world.api.deliver(&webhook, &tap).await, 200);
    world.settle().await;
    assert_eq!(world.message().await["receipt"], "clicked");
}

async fn s22_a_reset_after_the_request_is_uncertain_and_never_sent_again(world: &World) {
    let (provider, _) = left_cart(world, Answer::Reset).await;
    world.skip(Span::days(3)).await;
    assert_eq!(provider.received().len(), 1);
    assert_eq!(world.message().await["state"], "uncertain");
    assert_eq!(world.run().await["position"]["reason"], "completed");
}

async fn s22_a_receipt_settles_what_was_uncertain(world: &World) {
    let (provider, webhook) = left_cart(world, Answer::Reset).await;
    let message = world.message().await["id"].as_str().unwrap().to_owned();
    let receipt = whatsapp::status(WAMID, "delivered", Some(&message), world.now());
    assert_eq!(world.api.deliver(&webhook, &whatsapp::delivery(&receipt)).await, 200);
    world.settle().await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["receipt"]), (&json!("accepted"), &json!("delivered")));
    assert_eq!(provider.received().len(), 1);
}

async fn s23_a_429_waits_as_long_as_it_says(world: &World) {
    let (provider, _) = left_cart(world, Answer::too_many(90)).await;
    assert_eq!(provider.received().len(), 1);
    provider.then(Answer::wamid(WAMID));
    world.skip(Span::seconds(89)).await;
    assert_eq!(provider.received().len(), 1);
    world.skip(Span::seconds(2)).await;
    assert_eq!(provider.received().len(), 2);
    assert_eq!(world.message().await["state"], "accepted");
}

async fn s23_a_bad_token_holds_the_channel_until_it_is_put_right(world: &World) {
    let refusal = Answer::graph_error(401, 190, "Invalid OAuth access token");
    let (provider, _) = left_cart(world, refusal).await;
    world.skip(Span::hours(1)).await;
    assert_eq!(provider.received().len(), 1);
    assert_eq!(world.message().await["state"], "held");
    let channel = world.api.get("/v1/channels/whatsapp").await.ok();
    assert_eq!(channel["held"]["reason"], "auth");
    let line = async || world.api.list("/v1/strategies").await.remove(0);
    assert_eq!(line().await["held"], json!({ "whatsapp": "auth" }), "the list says why a live one says nothing");
    let state = format!("/v1/strategies/{}/state", line().await["id"].as_str().unwrap());
    world.api.post(&state, &json!({ "state": "paused" })).await.ok();
    assert_eq!(line().await["held"], json!({}), "a paused one says nothing anyway");
    world.api.post(&state, &json!({ "state": "live" })).await.ok();
    provider.then(Answer::wamid(WAMID));
    world.api.post("/v1/channels/whatsapp/release", &json!({})).await.ok();
    assert_eq!(line().await["held"], json!({}));
    world.skip(Span::minutes(2)).await;
    assert_eq!(world.message().await["state"], "accepted");
}

async fn s23_a_number_that_is_not_on_whatsapp_ends_the_message(world: &World) {
    let refusal = Answer::graph_error(400, 131_026, "Message undeliverable");
    let (provider, _) = left_cart(world, refusal).await;
    world.skip(Span::days(1)).await;
    assert_eq!(provider.received().len(), 1);
    let message = world.message().await;
    assert_eq!((&message["state"], &message["class"]), (&json!("rejected"), &json!("not_on_channel")));
    assert_eq!(message["last_answer"]["code"], "131026");
}

async fn a_forged_receipt_changes_nothing(world: &World) {
    let (_provider, webhook) = left_cart(world, Answer::wamid(WAMID)).await;
    let mut forged = whatsapp::delivery(&whatsapp::status(WAMID, "read", None, world.now()));
    forged.body.push(b'\n');
    assert_eq!(world.api.deliver(&webhook, &forged).await, 401);
    world.settle().await;
    assert_eq!(world.message().await["receipt"], Value::Null);
}

/// The channel for tasks that no message needs.
async fn at_meta(world: &World, provider: &Provider) -> ConnectionCall {
    let uploaded = world.api.upload("/v1/plugins", present::component("whatsapp_cloud")).await.ok();
    let config =
        json!({ "phone_number_id": PHONE_NUMBER_ID, "business_account_id": "10229012", "endpoint": provider.url() });
    world.call_of(&uploaded, provider, config, &[("access_token", "EAAtoken")])
}

async fn does(world: &World, call: &ConnectionCall, task: ChannelTask) -> ChannelDone {
    world.engine.tasks().run(call, &task, world.now() + Span::minutes(1)).await.unwrap()
}

async fn templates_are_listed_and_created_as_meta_documents_it(world: &World) {
    let body = json!({ "type": "BODY", "text": "Hi {{1}}", "example": { "body_text": [["Ana"]] } });
    let known = json!({ "id": "1", "name": "cart_reminder", "language": "en_US", "status": "REJECTED",
        "category": "MARKETING", "rejected_reason": "PROMOTIONAL", "components": [body] });
    let provider = Provider::start(Answer::reply(200, json!({ "data": [known] }))).await;
    let call = at_meta(world, &provider).await;
    let ChannelDone::Templates(templates) = does(world, &call, ChannelTask::ListTemplates).await else {
        panic!("no list")
    };
    assert_eq!((templates[0].state, templates[0].words.as_deref()), (TemplateState::Rejected, Some("PROMOTIONAL")));

    provider.then(Answer::reply(200, json!({ "id": "2", "status": "PENDING", "category": "MARKETING" })));
    let done = does(world, &call, ChannelTask::CreateTemplate(templates[0].clone())).await;
    let ChannelDone::Created(Template { name, state, .. }) = done else { panic!("{done:?}") };
    assert_eq!((name.as_str(), state), ("cart_reminder", TemplateState::Pending));

    let [listed, created] = <[Received; 2]>::try_from(provider.received()).unwrap();
    let fields = "name%2Clanguage%2Cstatus%2Ccategory%2Ccomponents%2Crejected_reason";
    assert_eq!(listed.path, format!("/v23.0/10229012/message_templates?fields={fields}&limit=250"));
    assert_eq!((created.method.as_str(), created.path.as_str()), ("POST", "/v23.0/10229012/message_templates"));
    assert_eq!(created.header("authorization"), Some("Bearer EAAtoken"));
    let wanted = json!({ "name": "cart_reminder", "language": "en_US", "category": "MARKETING", "components": [body] });
    assert_eq!(created.json(), wanted);
    let Some(published) = present::provider_data("whatsapp/openapi_messages_templates_patched.json") else { return };
    let Some((_program, address)) = node::validator(&published) else { return };
    let validator = Client::new(address, "EAAtoken");
    assert_eq!(validator.post(&created.path, &created.json()).await.status, 200);
}

async fn a_probe_says_whose_number_it_is(world: &World) {
    let number = json!({ "id": PHONE_NUMBER_ID, "display_phone_number": "+49 30 123456", "verified_name": "Acorn" });
    let provider = Provider::start(Answer::reply(200, number)).await;
    let call = at_meta(world, &provider).await;
    let done = does(world, &call, ChannelTask::Probe).await;
    assert_eq!(done, ChannelDone::Probed("Acorn, +49 30 123456".to_owned()));
    provider.then(Answer::graph_error(401, 190, "Invalid OAuth access token"));
    let ChannelDone::Failed(refused) = does(world, &call, ChannelTask::Probe).await else { panic!("not refused") };
    assert_eq!(refused.details.code.as_deref(), Some("190"));
}

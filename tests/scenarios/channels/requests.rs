//! What leaves is what the provider's own library sends, whatever a content or a connection may say: one request of
//! each kind beside the library's, and through the published documents.

use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::ids::Mint;
use cartwright_engine::ports::{ChannelTask, ConnectionCall, OutgoingMessage};
use cartwright_testkit::present;
use cartwright_testkit::provider::{Provider, Received};
use cartwright_testkit::whatsapp::PHONE_NUMBER_ID;
use cartwright_tests::{Client, World, node, on_both_databases};
use serde_json::{Value, json};

use super::does;
use super::played::{self, Played, TWILIO_ACCOUNT, TWILIO_TOKEN};
use super::twilio::fields;
use crate::whatsapp::as_the_library_writes;

on_both_databases!(
    every_kind_of_template_is_the_one_that_a_whatsapp_library_sends,
    every_kind_of_template_fits_the_published_document,
    every_way_to_sign_in_and_to_send_is_the_one_of_twilios_library,
    every_kind_of_answer_is_the_one_that_a_messenger_library_sends,
);

const PHONE: &str = "+4915112345678";
const MEDIA: &str = "https://img.acorn.example";

/// Contents with each kind of header, body and button.
fn templates() -> Vec<Value> {
    let with = |more: Value| {
        let mut content = json!({ "template": "cart_reminder", "language": "en_US" });
        content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        content
    };
    vec![
        with(json!({})),
        with(json!({ "header": { "image": format!("{MEDIA}/teapot.jpg") }, "body": ["Ana"] })),
        with(json!({ "header": { "video": format!("{MEDIA}/teapot.mp4") }, "body": ["Ana", "Copper teapot"] })),
        with(json!({ "header": { "document": format!("{MEDIA}/teapot.pdf") } })),
        with(json!({ "header": { "document": format!("{MEDIA}/1.pdf"), "filename": "Copper teapot.pdf" } })),
        with(json!({ "header": { "text": "20 % off" }, "body": ["Ana"] })),
        with(json!({ "header": { "text": "20 %", "name": "rebate" }, "body": { "goods": "Teapot", "name": "Ana" } })),
        with(json!({ "buttons": [{ "index": 0, "type": "url", "value": "cart/c/Z2Nw?key=1" }] })),
        with(json!({ "buttons": [{ "index": 0, "type": "copy_code", "value": "SPRING20" }] })),
        with(json!({ "body": ["Ana"], "buttons": [
            { "index": 0, "type": "quick_reply", "value": "show-me" }, { "index": 1, "type": "url", "value": "cart/1" },
            { "index": 2, "type": "copy_code", "value": "SPRING20" },
        ] })),
    ]
}

/// A server in the provider's place, and the channel to it.
async fn at(world: &World, mut played: Played) -> (Provider, ConnectionCall) {
    let provider = Provider::start((played.taken)(1)).await;
    played.channel.config["endpoint"] = json!(provider.url());
    let call = played.channel.call(world, &provider).await;
    (provider, call)
}

/// The request that sends a content, and the message's id.
async fn sent(world: &World, provider: &Provider, call: &ConnectionCall, content: Value) -> (Received, String) {
    sent_to((AddressKind::Phone, PHONE), world, provider, call, content).await
}

async fn sent_to(
    (kind, value): (AddressKind, &str),
    world: &World,
    provider: &Provider,
    call: &ConnectionCall,
    content: Value,
) -> (Received, String) {
    let seed = u8::try_from(provider.received().len()).unwrap();
    let id = Mint::new(world.now(), [seed; 32]).next();
    let to = Address { kind, value: value.to_owned() };
    let message = OutgoingMessage { id, to, locale: "en".to_owned(), content, created_at: world.now() };
    let id = message.id.to_string();
    does(world, call, ChannelTask::Send(message)).await;
    (provider.received().pop().unwrap(), id)
}

async fn every_kind_of_template_is_the_one_that_a_whatsapp_library_sends(world: &World) {
    let (provider, call) = at(world, played::whatsapp()).await;
    for content in templates() {
        let (request, id) = sent(world, &provider, &call, content.clone()).await;
        let asked = json!({ "token": "EAAtoken", "version": "v23.0", "from": PHONE_NUMBER_ID, "to": PHONE, "echo": id,
            "content": content });
        let Some(mut theirs) = node::ask("whatsapp-template.mjs", &asked) else { return };
        // The library leaves out what has nothing in it.
        let components = &mut theirs["body"]["template"]["components"];
        if components.is_null() {
            *components = json!([]);
        }
        assert_eq!(as_the_library_writes(request.json()), theirs["body"], "{content:#}");
    }
}

async fn every_kind_of_template_fits_the_published_document(world: &World) {
    let (provider, call) = at(world, played::whatsapp()).await;
    let mut requests = Vec::new();
    for content in templates() {
        requests.push(sent(world, &provider, &call, content).await.0);
    }
    // The twin that always runs: the same checks on a document of our own.
    let own = present::workspace().join("tests/fixtures/whatsapp-messages.openapi.json");
    let published = present::provider_data("whatsapp/openapi_messages_templates_patched.json");
    for document in [Some(own), published].into_iter().flatten() {
        let Some((_program, address)) = node::validator(&document) else { return };
        let validator = Client::new(address, "EAAtoken");
        for request in &requests {
            let status = validator.repeat(request).await;
            assert_eq!(status, 200, "{}: {:#}", document.display(), request.json());
        }
    }
}

async fn every_way_to_sign_in_and_to_send_is_the_one_of_twilios_library(world: &World) {
    const KEY: &str = "SK0123456789abcdef0123456789abcdef";
    const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";
    let pictures = json!([format!("{MEDIA}/1.jpg"), format!("{MEDIA}/2.jpg")]);
    for (key, sender, media) in [
        (None, "+15005550006", json!([])),
        (Some(KEY), "+15005550006", pictures.clone()),
        (None, SERVICE, pictures),
        (Some(KEY), SERVICE, json!([])),
    ] {
        let mut played = played::twilio();
        played.channel.config["sender"] = json!(sender);
        if let Some(key) = key {
            played.channel.config["api_key_sid"] = json!(key);
            played.channel.secrets["api_key_secret"] = json!("k3y-secret");
        }
        let (provider, call) = at(world, played).await;
        let content = json!({ "text": "Ana, your Copper teapot is waiting – still", "media": media });
        let (ours, id) = sent(world, &provider, &call, content.clone()).await;
        let callback = format!("{}?message={id}", call.address);
        let mut message = json!({ "to": PHONE, "body": content["text"], "statusCallback": callback });
        let field = if sender == SERVICE { "messagingServiceSid" } else { "from" };
        message[field] = json!(sender);
        if media != json!([]) {
            message["mediaUrl"] = media;
        }
        let asked = json!({ "account": TWILIO_ACCOUNT, "token": TWILIO_TOKEN, "key": key, "secret": "k3y-secret",
            "message": message });
        let Some(theirs) = node::ask("twilio.mjs", &asked) else { return };
        assert_eq!((ours.method.as_str(), ours.path.as_str()), ("POST", theirs["path"].as_str().unwrap()));
        for header in ["authorization", "content-type"] {
            assert_eq!(ours.header(header), theirs["headers"][header].as_str(), "{header} by {key:?}, {sender}");
        }
        assert_eq!(fields(std::str::from_utf8(&ours.body).unwrap()), fields(theirs["body"].as_str().unwrap()));
        let own = present::workspace().join("tests/fixtures/twilio-messages.openapi.json");
        let published = present::provider_data("twilio/openapi_messages_patched.json");
        for document in [Some(own), published].into_iter().flatten() {
            let Some((_program, address)) = node::validator(&document) else { return };
            let status = Client::new(address, "").repeat(&ours).await;
            assert_eq!(status, 201, "{} by {key:?}, {sender}", document.display());
        }
    }
}

/// The library is of before utility templates and marketing messages: what it knows is all that leaves within a day.
async fn every_kind_of_answer_is_the_one_that_a_messenger_library_sends(world: &World) {
    const PERSON: &str = "6612345678901234";
    let (text, picture) = ("Your <Copper> teapot – still yours", format!("{MEDIA}/teapot.jpg"));
    let buttons = json!([
        { "type": "url", "title": "Go on", "value": "https://acorn.example/cart?a=1&b=2" },
        { "type": "postback", "title": "No, thanks", "value": "stop-it" },
    ]);
    let (provider, call) = at(world, played::messenger()).await;
    for content in [
        json!({ "text": text }),
        json!({ "text": text, "buttons": [buttons[0]] }),
        json!({ "text": text, "buttons": buttons }),
        json!({ "text": text, "image": picture }),
        json!({ "text": text, "image": picture, "buttons": buttons }),
    ] {
        let (ours, _) = sent_to((AddressKind::Handle, PERSON), world, &provider, &call, content.clone()).await;
        let asked = json!({ "token": "EAAtoken", "version": "v23.0", "to": PERSON, "content": content });
        let Some(theirs) = node::ask("messenger.mjs", &asked) else { return };
        assert_eq!(json!(ours.method), theirs["method"]);
        // It calls the page `me`, and shows the token in the address, where logs would keep it.
        assert_eq!(theirs["path"], "/v23.0/me/messages?access_token=EAAtoken");
        assert_eq!(ours.path, "/v23.0/106540352242922/messages");
        assert_eq!(ours.header("authorization"), Some("Bearer EAAtoken"));
        let body: Value = serde_json::from_str(theirs["body"].as_str().unwrap()).unwrap();
        assert_eq!(ours.json(), body, "{content:#}");
    }
}

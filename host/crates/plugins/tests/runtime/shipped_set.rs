//! Everything we ship, through the runtime: each plugin is accepted, and each kind does its work end to end.

use crate::support::{built, host, now, shipped, subject};
use bytes::Bytes;
use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::event::{ReceiptKind, What};
use cartwright_domain::ids::Mint;
use cartwright_domain::message::Outcome;
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::{PluginKind, Problem};
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_domain::template::{TemplateFields, TemplateState};
use cartwright_engine::ports::{
    Action, ChannelDone, ChannelTask, Escape, OutgoingMessage, Parsed, Plugins, Response, Step, TemplatePart,
    Verification, Webhook,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

fn signed(body: &str, secret: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn webhook(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Webhook {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Webhook { method: method.into(), path: path.into(), headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn message(kind: AddressKind, to: &str, content: Value) -> ChannelTask {
    let to = Address { kind, value: to.to_owned() };
    let id = Mint::new(now(), [3; 32]).next();
    ChannelTask::Send(OutgoingMessage { id, to, locale: "en".to_owned(), content, created_at: now() })
}

#[tokio::test]
async fn every_plugin_we_ship_is_accepted() {
    let host = host();
    for (folder, file) in shipped() {
        let record = host.check(built(&file)).await.unwrap_or_else(|refusal| panic!("{file}: {refusal}"));
        let kind = match folder.as_str() {
            "conditions" => PluginKind::Condition,
            "selectors" => PluginKind::Selector,
            "channels" => PluginKind::Channel,
            "sources" => PluginKind::Source,
            "renderers" => PluginKind::Renderer,
            folder => panic!("{folder}: no kind of plugin"),
        };
        // One has another name than its crate, whose name is taken by the library it stands on.
        let name = if file == "liquid_renderer" { "liquid".to_owned() } else { file.replace('_', "-") };
        assert_eq!((record.name.as_str(), record.kind), (name.as_str(), kind));
        assert_eq!(record.licence.as_deref(), Some("Apache-2.0"), "{name}");
    }
}

/// What a schema says of its fields, below each other: those without a title or a description.
fn unexplained(path: &str, schema: &Value) -> Vec<String> {
    let fields = schema["properties"].as_object().into_iter().flatten();
    fields
        .flat_map(|(name, field)| {
            let path = format!("{path}/{name}");
            let is_said = |what: &str| field[what].as_str().is_some_and(|words| !words.trim().is_empty());
            let own = (!is_said("title") || !is_said("description")).then(|| path.clone());
            own.into_iter().chain(unexplained(&path, field)).collect::<Vec<_>>()
        })
        .collect()
}

#[tokio::test]
async fn every_field_of_a_configuration_has_a_title_and_a_description() {
    let host = host();
    for (_, file) in shipped() {
        let record = host.check(built(&file)).await.unwrap();
        let schema = serde_json::to_value(&record.descriptor.config_schema).unwrap();
        assert_eq!(unexplained("", &schema), Vec::<String>::new(), "{file}");
    }
}

/// The last column of a plugin's line in a table of `plugins/README.md`, in KiB.
fn shown_size(readme: &str, name: &str) -> Option<f64> {
    let lines = readme.lines().filter(|line| line.starts_with(&format!("| {name} |")));
    lines.filter_map(|line| line.trim_end_matches('|').rsplit('|').next()?.trim().parse().ok()).next()
}

#[test]
fn the_page_on_plugins_knows_the_size_of_each_to_a_tenth() {
    let readme = include_str!("../../../../../plugins/README.md");
    for (_, file) in shipped() {
        let name = file.replace('_', "-");
        let size = built(&file).len() as f64 / 1_024.0;
        let shown = shown_size(readme, &name).unwrap_or_else(|| panic!("{name} has no size in plugins/README.md"));
        assert!((shown / size - 1.0).abs() < 0.1, "{name}: {shown} KiB are shown, it has {size:.0}");
    }
}

#[tokio::test]
async fn a_shopify_cart_is_verified_and_read() {
    let host = host();
    let body = json!({"token": "c1", "updated_at": "2026-11-02T10:00:00Z", "line_items": [
        {"title": "Lamp", "quantity": 2, "variant_id": 9007199254740993_u64,
         "price_set": {"shop_money": {"amount": "19.99", "currency_code": "EUR"}}}]})
    .to_string();
    let call = host.connection(built("shopify"), json!({}), &[("client_secret", "s3cret")]);
    let signature = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signed(&body, "s3cret"));
    let headers = [("x-shopify-topic", "carts/update"), ("x-shopify-hmac-sha256", &signature)];
    let cart = webhook("POST", "/", &headers, &body);
    assert_eq!(host.runtime.verify(&call, &cart).await.unwrap(), Verification::Authentic);
    let other = host.connection(built("shopify"), json!({}), &[("client_secret", "other")]);
    assert!(matches!(host.runtime.verify(&other, &cart).await.unwrap(), Verification::Refused(_)));
    let Parsed::Events(events) = host.runtime.parse(&call, &cart).await.unwrap() else { panic!("unknown topic") };
    let What::CartUpdated(cart) = &events[0].what else { panic!("no cart") };
    assert_eq!(cart.lines[0].variant_id.as_deref(), Some("9007199254740993"));
}

#[tokio::test]
async fn events_of_our_own_are_verified_and_read() {
    let host = host();
    let body = json!({"id": "e1", "type": "shop.visited", "occurred_at": "2026-11-02T10:00:00Z"}).to_string();
    let call = host.connection(built("events"), json!({}), &[("signing_secret", "s3cret")]);
    let signature = hex::encode(signed(&body, "s3cret"));
    let visit = webhook("POST", "/", &[("x-cartwright-signature", &signature)], &body);
    assert_eq!(host.runtime.verify(&call, &visit).await.unwrap(), Verification::Authentic);
    let Parsed::Events(events) = host.runtime.parse(&call, &visit).await.unwrap() else { panic!("unknown topic") };
    assert_eq!(events[0].what.name(), "shop.visited");
}

#[tokio::test]
async fn a_whatsapp_template_goes_out_and_its_receipt_comes_in() {
    let host = host();
    let secrets = [("access_token", "t"), ("app_secret", "s3cret"), ("verify_token", "v")];
    let call = host.connection(built("whatsapp_cloud"), json!({"phone_number_id": "10655"}), &secrets);
    let task = message(AddressKind::Phone, "+4915112345678", json!({"template": "cart", "body": ["Ana"]}));
    let Step::Call { requests, state } = host.runtime.channel_begin(&call, &task).await.unwrap() else {
        panic!("no request");
    };
    let Action::Http(request) = &requests[0].action else { panic!("not HTTP") };
    assert_eq!(request.url, "https://graph.facebook.com/v23.0/10655/messages");
    let answer = Response::Http { status: 200, headers: vec![], body: br#"{"messages":[{"id":"wamid.1"}]}"#.to_vec() };
    let done = host.runtime.channel_resume(&call, ChannelTaskKind::Send, &state, &[answer]).await.unwrap();
    assert_eq!(
        done,
        Step::Done(ChannelDone::Sent(Outcome::Accepted { provider_id: "wamid.1".to_owned(), price: None }))
    );

    let hello = webhook("GET", "/?hub.mode=subscribe&hub.verify_token=v&hub.challenge=42", &[], "");
    assert!(matches!(host.runtime.verify(&call, &hello).await.unwrap(), Verification::Handshake { status: 200, .. }));
    let body = json!({"entry": [{"changes": [{"value": {"statuses": [
        {"id": "wamid.1", "status": "delivered", "timestamp": "1793613600"}]}}]}]})
    .to_string();
    let signature = format!("sha256={}", hex::encode(signed(&body, "s3cret")));
    let told = webhook("POST", "/", &[("x-hub-signature-256", &signature)], &body);
    assert_eq!(host.runtime.verify(&call, &told).await.unwrap(), Verification::Authentic);
    let receipts = host.runtime.receive(&call, &told).await.unwrap().receipts;
    assert_eq!(receipts[0].receipt.kind, ReceiptKind::Delivered);
    assert_eq!(receipts[0].receipt.provider_id.as_deref(), Some("wamid.1"));
}

#[tokio::test]
async fn s17_a_decision_on_a_template_comes_in_and_the_fields_that_name_one_are_known() {
    let host = host();
    let fields = async |file| host.check(built(file)).await.unwrap().descriptor.ability.unwrap().templates;
    let named = |name: &str, locale: Option<&str>| {
        Some(TemplateFields { name: name.to_owned(), locale: locale.map(str::to_owned) })
    };
    assert_eq!(fields("whatsapp_cloud").await, named("template", Some("language")));
    assert_eq!(fields("zalo_zns").await, named("template_id", None));
    assert_eq!(fields("twilio").await, None);

    let call = host.connection(built("whatsapp_cloud"), json!({"phone_number_id": "10655"}), &[]);
    let decision = json!({"event": "PAUSED", "message_template_name": "cart", "message_template_language": "en_US"});
    let change = json!({"field": "message_template_status_update", "value": decision});
    let body = json!({"entry": [{"time": 1_793_613_600, "changes": [change]}]}).to_string();
    let received = host.runtime.receive(&call, &webhook("POST", "/", &[], &body)).await.unwrap();
    assert_eq!(received.receipts, []);
    let [news] = &received.templates[..] else { panic!("{received:?}") };
    assert_eq!(
        (news.name.as_str(), news.locale.as_deref(), news.state),
        ("cart", Some("en-US"), TemplateState::Paused)
    );
    assert_eq!(news.at.millis(), 1_793_613_600_000);
    let broken = webhook("POST", "/", &[], "{\"entry\":");
    assert!(host.runtime.receive(&call, &broken).await.is_err(), "nothing of it counts");
}

#[tokio::test]
async fn a_mail_goes_out_under_the_same_id_each_time() {
    let host = host();
    let config = json!({"server": "smtps://mail.example.com:465", "from": {"address": "shop@example.com"}});
    let call = host.connection(built("email_smtp"), config, &[("username", "u"), ("password", "p")]);
    let task = message(AddressKind::Email, "ana@example.ro", json!({"subject": "Your cart", "text": "Hi"}));
    let first = host.runtime.channel_begin(&call, &task).await.unwrap();
    assert_eq!(first, host.runtime.channel_begin(&call, &task).await.unwrap());
    let Step::Call { requests, state } = first else { panic!("no request") };
    let Action::Mail(mail) = &requests[0].action else { panic!("no mail") };
    let (_, id) = mail.headers.iter().find(|(name, _)| name == "Message-ID").unwrap();
    let answer = Response::Mail { code: 250, enhanced: None, text: "queued".to_owned() };
    let done = host.runtime.channel_resume(&call, ChannelTaskKind::Send, &state, &[answer]).await.unwrap();
    assert_eq!(done, Step::Done(ChannelDone::Sent(Outcome::Accepted { provider_id: id.clone(), price: None })));
}

#[tokio::test]
async fn liquid_renders_each_recipient_alone() {
    let host = host();
    let call = host.call(built("liquid_renderer"), json!({}));
    let part =
        |name: &str, template: &str, escape| TemplatePart { name: name.into(), template: template.into(), escape };
    let parts =
        [part("/text", "Hi *|USER_NAME|*", Escape::None), part("/html", "<b>{{ user_name }}</b>", Escape::Html)];
    let report = host.runtime.check_templates(&call, &parts).await.unwrap();
    assert_eq!((report.variables, report.errors), (vec!["user_name".to_owned()], vec![]));
    let data = [json!({"user_name": "<Ana>"}), json!({}), json!({"user_name": "Bo"})];
    let texts = host.runtime.render(&call, &parts, &data).await;
    let text = |place: usize| texts[place].as_ref().unwrap().iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>();
    assert_eq!(text(0), ["Hi <Ana>", "<b>&lt;Ana&gt;</b>"]);
    assert_eq!(text(2), ["Hi Bo", "<b>Bo</b>"]);
    let failure = texts[1].as_ref().unwrap_err();
    assert_eq!((failure.problem, failure.message.as_str()), (Problem::MissingFact, "user_name"));
}

#[tokio::test]
async fn selectors_choose_among_the_candidates() {
    let host = host();
    let contents = [("plain", vec![]), ("spring", vec!["spring".to_owned()])];
    let contents = contents.map(|(name, labels)| Offered { name: name.to_owned(), labels });
    for (plugin, config, chosen) in [
        ("first", json!({}), 0),
        ("by_label", json!({"label": "spring"}), 1),
        ("by_label", json!({"customer": "country"}), 0),
    ] {
        let answers = host.runtime.select(&host.call(built(plugin), config), &contents, &[subject(1)]).await;
        assert_eq!(answers[0].result.as_ref().unwrap().candidate, chosen, "{plugin}");
    }
}

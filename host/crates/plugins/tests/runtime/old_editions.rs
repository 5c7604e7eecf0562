//! Plugins that were built for an older edition of the contract, and are not built again, keep doing their job.
//!

//! The components are checked in (`tests/fixtures/plugins`): nothing that changes here changes them.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use crate::support::{host, now, subject};
use bytes::Bytes;
use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::event::ReceiptKind;
use cartwright_domain::ids::Mint;
use cartwright_domain::message::Outcome;
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::{PluginKind, Problem};
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_engine::ports::{
    Action, ChannelDone, ChannelTask, Escape, OutgoingMessage, Parsed, Plugins, RequestEffect, Response, Step,
    TemplatePart, Verification, Webhook,
};
use flate2::read::GzDecoder;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const EDITION: &str = "cartwright:plugin@0.1.0";
const COMPONENTS: [(&str, PluginKind); 6] = [
    ("high_value", PluginKind::Condition),
    ("by_label", PluginKind::Selector),
    ("inbox", PluginKind::Channel),
    ("whatsapp_cloud", PluginKind::Channel),
    ("events", PluginKind::Source),
    ("liquid_renderer", PluginKind::Renderer),
];

fn folder() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/fixtures/plugins/v0.1").into()
}

fn checked_in(name: &str) -> Vec<u8> {
    let plain = folder().join(format!("{name}.wasm"));
    if let Ok(component) = std::fs::read(&plain) {
        return component;
    }
    let packed = std::fs::read(plain.with_extension("wasm.gz")).unwrap();
    let mut component = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut component).unwrap();
    component
}

fn signed(body: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn webhook(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Webhook {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Webhook { method: method.into(), path: path.into(), headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn message(kind: AddressKind, to: &str, content: Value) -> OutgoingMessage {
    let to = Address { kind, value: to.to_owned() };
    OutgoingMessage { id: Mint::new(now(), [3; 32]).next(), to, locale: "en".to_owned(), content, created_at: now() }
}

#[tokio::test]
async fn every_component_that_is_checked_in_is_accepted() {
    let host = host();
    for (name, kind) in COMPONENTS {
        let record = host.check(checked_in(name)).await.unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!((record.kind, record.built_for.as_str()), (kind, EDITION), "{name}");
    }
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> =
        files.filter_map(|file| file.split_once(".wasm").map(|(name, _)| name.to_owned())).collect();
    assert_eq!(found, COMPONENTS.map(|(name, _)| name.to_owned()).into(), "each file has its line in this test");
}

#[tokio::test]
async fn an_old_condition_gives_its_verdict() {
    let host = host();
    let config = json!({"min_orders": 2, "min_spent": {"amount": "250.00", "currency": "EUR"}});
    let call = host.call(checked_in("high_value"), config);
    let answers = host.runtime.evaluate(&call, &[subject(3), subject(1)]).await;
    let branches: Vec<_> = answers.iter().map(|answer| answer.result.as_ref().unwrap().branch.as_str()).collect();
    assert_eq!(branches, ["yes", "no"]);
}

#[tokio::test]
async fn an_old_selector_makes_its_choice() {
    let host = host();
    let contents = [("plain", vec![]), ("spring", vec!["spring".to_owned()])];
    let contents = contents.map(|(name, labels)| Offered { name: name.to_owned(), labels });
    let call = host.call(checked_in("by_label"), json!({"label": "spring"}));
    let answers = host.runtime.select(&call, &contents, &[subject(1)]).await;
    assert_eq!(answers[0].result.as_ref().unwrap().candidate, 1);
}

#[tokio::test]
async fn an_old_channel_takes_its_steps() {
    let host = host();
    let call = host.connection(checked_in("inbox"), json!({}), &[]);
    let message = message(AddressKind::Handle, "c-7", json!({"text": "Hello"}));
    let id = message.id.to_string();
    let step = host.runtime.channel_begin(&call, &ChannelTask::Send(message)).await.unwrap();
    let Step::Call { requests, state } = step else { panic!("no request") };
    assert_eq!(requests[0].effect, RequestEffect::Send);
    assert_eq!(requests[0].action, Action::Inbox { to: "c-7".to_owned(), document: json!({"text": "Hello"}) });
    let done = host.runtime.channel_resume(&call, ChannelTaskKind::Send, &state, &[Response::Inbox]).await.unwrap();
    assert_eq!(done, Step::Done(ChannelDone::Sent(Outcome::Accepted { provider_id: id, price: None })));
}

#[tokio::test]
async fn an_old_channel_sends_over_http_and_reads_its_webhooks() {
    let host = host();
    let secrets = [("access_token", "t"), ("app_secret", "s3cret"), ("verify_token", "v")];
    let call = host.connection(checked_in("whatsapp_cloud"), json!({"phone_number_id": "10655"}), &secrets);
    let message = message(AddressKind::Phone, "+4915112345678", json!({"template": "cart", "body": ["Ana"]}));
    let step = host.runtime.channel_begin(&call, &ChannelTask::Send(message)).await.unwrap();
    let Step::Call { requests, state } = step else { panic!("no request") };
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
    let status = json!({"id": "wamid.1", "status": "delivered", "timestamp": "1793613600"});
    let body = json!({"entry": [{"changes": [{"value": {"statuses": [status]}}]}]}).to_string();
    let signature = format!("sha256={}", signed(&body, "s3cret"));
    let told = webhook("POST", "/", &[("x-hub-signature-256", &signature)], &body);
    assert_eq!(host.runtime.verify(&call, &told).await.unwrap(), Verification::Authentic);
    let receipts = host.runtime.receive(&call, &told).await.unwrap().receipts;
    assert_eq!(receipts[0].receipt.kind, ReceiptKind::Delivered);
}

#[tokio::test]
async fn an_old_source_reads_what_is_signed() {
    let host = host();
    let body = json!({"id": "e1", "type": "shop.visited", "occurred_at": "2026-11-02T10:00:00Z"}).to_string();
    let call = host.connection(checked_in("events"), json!({}), &[("signing_secret", "s3cret")]);
    let visit = webhook("POST", "/", &[("x-cartwright-signature", &signed(&body, "s3cret"))], &body);
    assert_eq!(host.runtime.verify(&call, &visit).await.unwrap(), Verification::Authentic);
    let forged = webhook("POST", "/", &[("x-cartwright-signature", &signed(&body, "other"))], &body);
    assert!(matches!(host.runtime.verify(&call, &forged).await.unwrap(), Verification::Refused(_)));
    let Parsed::Events(events) = host.runtime.parse(&call, &visit).await.unwrap() else { panic!("unknown topic") };
    assert_eq!(events[0].what.name(), "shop.visited");
}

#[tokio::test]
async fn an_old_renderer_renders() {
    let host = host();
    let call = host.call(checked_in("liquid_renderer"), json!({}));
    let template = "<b>{{ user_name }}</b>".to_owned();
    let parts = [TemplatePart { name: "/html".to_owned(), template, escape: Escape::Html }];
    let report = host.runtime.check_templates(&call, &parts).await.unwrap();
    assert_eq!(report.variables, ["user_name"]);
    let texts = host.runtime.render(&call, &parts, &[json!({"user_name": "<Ana>"}), json!({})]).await;
    assert_eq!(*texts[0].as_ref().unwrap(), [("/html".to_owned(), "<b>&lt;Ana&gt;</b>".to_owned())]);
    assert_eq!(texts[1].as_ref().unwrap_err().problem, Problem::MissingFact);
}

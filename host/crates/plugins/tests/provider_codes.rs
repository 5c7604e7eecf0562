//! Every refusal of a provider that somebody listed lands in its class and so has its loss reason, and one that nobody
//! listed is `unknown`: `plugins/channels/error_codes.json`, played to the channels we ship.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::funnel::LossReason;
use cartwright_domain::ids::Mint;
use cartwright_domain::message::Outcome;
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_engine::ports::{ChannelDone, ChannelTask, ConnectionCall, OutgoingMessage, Plugins, Response, Step};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::{Host, built, host, now};

const TABLE: &str = include_str!("../../../../plugins/channels/error_codes.json");

#[derive(Deserialize)]
struct Table {
    providers: BTreeMap<String, Vec<Row>>,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    class: String,
}

/// A channel, and how its provider says no.
struct Channel {
    provider: &'static str,
    component: &'static str,
    config: Value,
    to: (AddressKind, &'static str),
    content: Value,
    /// The answer with a code.
    refuses: fn(&str) -> Response,
    /// A code that nobody listed.
    unlisted: &'static str,
}

fn http(status: u16, body: Value) -> Response {
    Response::Http { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}

fn number(code: &str) -> i64 {
    code.parse().unwrap()
}

fn mail(code: &str) -> Response {
    let (code, enhanced) = code.split_once(' ').map_or((code, None), |(code, enhanced)| (code, Some(enhanced)));
    Response::Mail { code: code.parse().unwrap(), enhanced: enhanced.map(str::to_owned), text: "no".to_owned() }
}

fn channels() -> Vec<Channel> {
    let phone = (AddressKind::Phone, "+4915112345678");
    vec![
        Channel {
            provider: "whatsapp_cloud",
            component: "whatsapp_cloud",
            config: json!({"phone_number_id": "10655"}),
            to: phone,
            content: json!({"template": "cart"}),
            refuses: |code| http(400, json!({"error": {"message": "no", "code": number(code)}})),
            unlisted: "999999",
        },
        Channel {
            provider: "twilio",
            component: "twilio",
            config: json!({"account_sid": format!("AC{}", "0".repeat(32)), "sender": "Acorn"}),
            to: phone,
            content: json!({"text": "Hi"}),
            refuses: |code| http(400, json!({"code": number(code), "message": "no", "status": 400})),
            unlisted: "99999",
        },
        Channel {
            provider: "smtp",
            component: "email_smtp",
            config: json!({"server": "smtps://mail.example.com:465", "from": {"address": "shop@example.com"}}),
            to: (AddressKind::Email, "ana@example.ro"),
            content: json!({"subject": "Your cart", "text": "Hi"}),
            refuses: mail,
            unlisted: "599",
        },
    ]
}

/// What a refused message is lost to: its class, and the word of its loss reason.
async fn lost(host: &Host, call: &ConnectionCall, channel: &Channel, code: &str) -> (String, String) {
    let to = Address { kind: channel.to.0, value: channel.to.1.to_owned() };
    let (id, content) = (Mint::new(now(), [3; 32]).next(), channel.content.clone());
    let task = ChannelTask::Send(OutgoingMessage { id, to, locale: "en".to_owned(), content, created_at: now() });
    let step = host.runtime.channel_begin(call, &task).await.unwrap();
    let Step::Call { state, .. } = step else { panic!("{}: no request", channel.provider) };
    let answer = (channel.refuses)(code);
    let done = host.runtime.channel_resume(call, ChannelTaskKind::Send, &state, &[answer]).await.unwrap();
    let Step::Done(ChannelDone::Sent(Outcome::Rejected(refusal))) = done else {
        panic!("{} {code}: {done:?}", channel.provider)
    };
    let reason = serde_json::to_value(LossReason::from(refusal.class)).unwrap();
    (refusal.class.name().to_owned(), reason.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn s23_every_listed_code_has_its_class_and_its_loss_reason() {
    let host = host();
    let table: Table = serde_json::from_str(TABLE).unwrap();
    let channels = channels();
    let mut known: Vec<&str> = channels.iter().map(|channel| channel.provider).collect();
    known.sort_unstable();
    assert_eq!(table.providers.keys().map(String::as_str).collect::<Vec<_>>(), known, "a provider without a channel");
    let mut astray = Vec::new();
    for channel in &channels {
        let call = host.connection(built(channel.component), channel.config.clone(), &[]);
        for row in &table.providers[channel.provider] {
            let (class, reason) = lost(&host, &call, channel, &row.code).await;
            if (class.as_str(), reason.as_str()) != (row.class.as_str(), row.class.as_str()) {
                astray.push(format!("{} {}: {class} ({reason}) instead of {}", channel.provider, row.code, row.class));
            }
        }
        let (class, _) = lost(&host, &call, channel, channel.unlisted).await;
        assert_eq!(class, "unknown", "{} {}", channel.provider, channel.unlisted);
    }
    assert!(astray.is_empty(), "{astray:#?}");
}

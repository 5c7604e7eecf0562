//! Every refusal of a provider that somebody listed lands in its class and so has its loss reason, and one that nobody

//! listed is `unknown`: `plugins/channels/error_codes.json`, played to the channels we ship.

use crate::support::{Host, built, host, now};
use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::funnel::LossReason;
use cartwright_domain::ids::Mint;
use cartwright_domain::message::Outcome;
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_engine::ports::{ChannelDone, ChannelTask, ConnectionCall, OutgoingMessage, Plugins, Response, Step};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TABLE: &str = include_str!("../../../../../plugins/channels/error_codes.json");

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
    /// A code that nobody listed; none where every answer has a status that says what it is.
    unlisted: Option<&'static str>,
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

/// SendGrid has no codes: a status, the field that is wrong, and words.
fn sendgrid(code: &str) -> Response {
    let mut parts = code.splitn(3, ' ');
    let status = parts.next().unwrap().parse().unwrap();
    let (field, words) = (parts.next().unwrap_or_default(), parts.next().unwrap_or("no"));
    http(status, json!({"errors": [{"field": field, "message": words}]}))
}

/// A code, and often a subcode.
fn messenger(code: &str) -> Response {
    let (code, subcode) = code.split_once('/').map_or((code, None), |(code, subcode)| (code, Some(number(subcode))));
    http(400, json!({"error": {"code": number(code), "error_subcode": subcode, "message": "no"}}))
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
            unlisted: Some("999999"),
        },
        Channel {
            provider: "twilio",
            component: "twilio",
            config: json!({"account_sid": format!("AC{}", "0".repeat(32)), "sender": "Acorn"}),
            to: phone,
            content: json!({"text": "Hi"}),
            refuses: |code| http(400, json!({"code": number(code), "message": "no", "status": 400})),
            unlisted: Some("99999"),
        },
        Channel {
            provider: "messenger",
            component: "messenger",
            config: json!({"page_id": "106"}),
            to: (AddressKind::Handle, "5010"),
            content: json!({"text": "Hi"}),
            refuses: messenger,
            unlisted: Some("999999"),
        },
        Channel {
            provider: "slack",
            component: "slack",
            config: json!({}),
            to: (AddressKind::Handle, "C0123"),
            content: json!({"text": "Hi"}),
            refuses: |word| http(200, json!({"ok": false, "error": word})),
            unlisted: Some("something_new"),
        },
        Channel {
            provider: "smsapi",
            component: "smsapi",
            config: json!({}),
            to: phone,
            content: json!({"text": "Hi"}),
            refuses: |code| http(200, json!({"error": number(code), "message": "no"})),
            unlisted: Some("9999"),
        },
        Channel {
            provider: "zalo_zns",
            component: "zalo_zns",
            config: json!({"app_id": "7"}),
            to: phone,
            content: json!({"template_id": "12345"}),
            refuses: |code| http(200, json!({"error": number(code), "message": "no"})),
            unlisted: Some("-9999"),
        },
        Channel {
            provider: "sendgrid",
            component: "email_sendgrid",
            config: json!({"from": {"address": "shop@example.com"}}),
            to: (AddressKind::Email, "ana@example.ro"),
            content: json!({"subject": "Your cart", "text": "Hi"}),
            refuses: sendgrid,
            unlisted: None,
        },
        Channel {
            provider: "smtp",
            component: "email_smtp",
            config: json!({"server": "smtps://mail.example.com:465", "from": {"address": "shop@example.com"}}),
            to: (AddressKind::Email, "ana@example.ro"),
            content: json!({"subject": "Your cart", "text": "Hi"}),
            refuses: mail,
            unlisted: Some("599"),
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
    let refusal = match done {
        Step::Done(ChannelDone::Sent(Outcome::Rejected(refusal))) => refusal,
        // What is refused because it went out before.
        Step::Done(ChannelDone::Sent(Outcome::Accepted { .. })) => {
            return ("accepted".to_owned(), "accepted".to_owned());
        }
        other => panic!("{} {code}: {other:?}", channel.provider),
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
        let call = host.connection(built(channel.component), channel.config.clone(), &[("callback_key", "k")]);
        for row in &table.providers[channel.provider] {
            let (class, reason) = lost(&host, &call, channel, &row.code).await;
            if (class.as_str(), reason.as_str()) != (row.class.as_str(), row.class.as_str()) {
                astray.push(format!("{} {}: {class} ({reason}) instead of {}", channel.provider, row.code, row.class));
            }
        }
        if let Some(code) = channel.unlisted {
            assert_eq!(lost(&host, &call, channel, code).await.0, "unknown", "{} {code}", channel.provider);
        }
    }
    assert!(astray.is_empty(), "{astray:#?}");
}

//! Whether a channel works is asked without sending anything: each one we ship, before a server in its provider's place
//! that knows the right credentials.

use std::collections::BTreeSet;

use cartwright_engine::Probing;
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_tests::node::Program;
use cartwright_tests::{World, on_both_databases};
use ring::hmac;
use serde_json::{Value, json};

use super::Shipped;
use super::played;

on_both_databases!(
    right_credentials_are_said_to_work_and_wrong_ones_not,
    every_channel_we_ship_is_asked_here,
    a_server_that_knows_no_ping_is_there_and_one_that_is_gone_is_not,
);

/// The key of a webhook's signatures, as base64.
const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A channel, what its provider says of whom it knows and of whom it does not, and which secret is wrong then.
struct Asked {
    channel: Shipped,
    is_known: fn(&Received) -> bool,
    known: Answer,
    words: &'static str,
    secret: &'static str,
    unknown: Answer,
    refusal: &'static str,
}

fn asked() -> Vec<Asked> {
    let mut bot = played::slack().channel;
    bot.config = json!({});
    vec![
        Asked {
            channel: played::whatsapp().channel,
            is_known: |request| is_bearer(request, "EAAtoken"),
            known: Answer::reply(200, json!({ "display_phone_number": "+49 30 123456", "verified_name": "Acorn" })),
            words: "Acorn, +49 30 123456",
            secret: "access_token",
            unknown: Answer::graph_error(401, 190, "Invalid OAuth access token"),
            refusal: "Invalid OAuth access token",
        },
        Asked {
            channel: played::messenger().channel,
            is_known: |request| is_bearer(request, "EAAtoken"),
            known: Answer::reply(200, json!({ "name": "Acorn", "id": "106540352242922" })),
            words: "Acorn",
            secret: "page_token",
            unknown: Answer::graph_error(400, 190, "Invalid OAuth access token"),
            refusal: "Invalid OAuth access token",
        },
        Asked {
            channel: played::twilio().channel,
            is_known: |request| request.header("authorization") == Some(&twilio_basic()),
            known: Answer::reply(200, json!({ "friendly_name": "Acorn", "status": "active" })),
            words: "Acorn (active)",
            secret: "auth_token",
            unknown: Answer::reply(401, json!({ "code": 20003, "message": "Authenticate", "status": 401 })),
            refusal: "Authenticate",
        },
        Asked {
            channel: played::smsapi().channel,
            is_known: |request| is_bearer(request, "t0ken"),
            known: Answer::reply(200, json!({ "name": "acorn", "points": 102.5 })),
            words: "acorn, 102.5 points left",
            secret: "token",
            unknown: Answer::reply(401, json!({ "error": 101, "message": "Authorization failed" })),
            refusal: "Authorization failed",
        },
        Asked {
            channel: played::sendgrid().channel,
            is_known: |request| is_bearer(request, "SG.key"),
            known: Answer::reply(200, json!({ "scopes": ["mail.send"] })),
            words: "the key may send mail",
            secret: "api_key",
            unknown: Answer::reply(401, json!({ "errors": [{ "message": "authorization required" }] })),
            refusal: "authorization required",
        },
        Asked {
            channel: played::zalo().channel,
            // Its token is renewed before.
            is_known: |request| match request.path.starts_with("/v4/") {
                true => request.body.ends_with(b"refresh_token=r"),
                false => request.header("access_token") == Some("a"),
            },
            known: Answer::reply(
                200,
                json!({
                    "access_token": "a", "refresh_token": "r", "expires_in": "90000",
                    "error": 0, "data": { "dailyQuota": "500", "remainingQuota": "499" },
                }),
            ),
            words: "499 of 500 notices left today",
            secret: "refresh_token",
            unknown: Answer::reply(200, json!({ "error": -216, "message": "Access token is invalid" })),
            refusal: "Access token is invalid",
        },
        Asked {
            channel: played::slack().channel,
            is_known: |request| request.path.ends_with("/webhook-token"),
            known: Answer::reply(400, json!("no_text")),
            words: "the webhook is there",
            secret: "webhook_token",
            unknown: Answer::reply(404, json!("no_service")),
            refusal: "no_service",
        },
        Asked {
            channel: bot,
            is_known: |request| is_bearer(request, "xoxb-1"),
            known: Answer::reply(200, json!({ "ok": true, "team": "Acorn", "user": "cart" })),
            words: "cart, Acorn",
            secret: "bot_token",
            unknown: Answer::reply(200, json!({ "ok": false, "error": "invalid_auth" })),
            refusal: "invalid_auth",
        },
        Asked {
            channel: webhook(),
            is_known: is_signed,
            known: Answer::reply(204, Value::Null),
            words: "the server is there and took a ping",
            secret: "signing_key",
            unknown: Answer::reply(401, json!({})),
            refusal: "the server answered 401",
        },
    ]
}

fn is_bearer(request: &Received, token: &str) -> bool {
    request.header("authorization").and_then(|header| header.strip_prefix("Bearer ")) == Some(token)
}

fn twilio_basic() -> String {
    let pair = format!("{}:{}", played::TWILIO_ACCOUNT, played::TWILIO_TOKEN);
    format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair))
}

fn webhook() -> Shipped {
    let secrets = json!({ "signing_key": format!("whsec_{KEY}") });
    Shipped { file: "webhook", channel: "webhook", config: json!({}), secrets }
}

/// As Standard Webhooks says: id, time and body.
fn is_signed(request: &Received) -> bool {
    use base64::Engine as _;
    let base64 = &base64::engine::general_purpose::STANDARD;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &base64.decode(KEY).unwrap());
    let header = |name| request.header(name).unwrap();
    let head = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp"));
    let signature = base64.decode(header("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
    hmac::verify(&key, &[head.as_bytes(), &request.body].concat(), &signature).is_ok()
}

/// Connects it anew, and asks.
async fn probe(world: &World, channel: &Shipped) -> Value {
    channel.connect(world).await;
    let shop = world.shop().parse().unwrap();
    let connections = world.engine.store.connections(shop).await.unwrap();
    let connection = connections.iter().find(|entry| entry.value.name == channel.channel).unwrap();
    let probing = world.engine.probing(shop, &connection.value).await.unwrap();
    assert_ne!(probing, Probing::Never, "{}: the doctor would not ask", channel.file);
    world.api.post(&format!("/v1/channels/{}/probe", channel.channel), &json!({})).await.ok()
}

async fn right_credentials_are_said_to_work_and_wrong_ones_not(world: &World) {
    for Asked { mut channel, is_known, known, words, secret, unknown, refusal } in asked() {
        let provider = Provider::deciding(move |request| match is_known(request) {
            true => known.clone(),
            false => unknown.clone(),
        })
        .await;
        channel.config["endpoint"] = json!(provider.url());
        assert_eq!(probe(world, &channel).await, json!({ "works": true, "words": words }), "{}", channel.file);
        let wrong = if secret == "signing_key" { "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" } else { "wrong" };
        channel.secrets[secret] = json!(wrong);
        let refused = probe(world, &channel).await;
        assert_eq!(refused["works"], false, "{}: {refused:#}", channel.file);
        let said = refused["words"].as_str().unwrap();
        assert!(said.contains(refusal) && !said.contains(wrong), "{}: {said}", channel.file);
        // None at all is said as well.
        let address = format!("/v1/channels/{}", channel.channel);
        assert_eq!(world.api.delete(&address).await.status, 204);
        channel.secrets.as_object_mut().unwrap().remove(secret);
        let without = probe(world, &channel).await;
        assert_eq!(without["works"], false, "{}: {without:#}", channel.file);
        assert_eq!(world.api.delete(&address).await.status, 204);
    }
    assert_eq!(world.messages().await.len(), 0);
}

/// A channel without a line above would be asked by nobody: there is no server in the place of a mailbox of the host,
/// and mail has its own test with a mail server.
async fn every_channel_we_ship_is_asked_here(world: &World) {
    let elsewhere = ["inbox", "email_smtp"];
    let asked = asked().into_iter().map(|asked| asked.channel.file).chain(elsewhere).map(|file| file.replace('_', "-"));
    let folders = std::fs::read_dir(present::workspace().join("plugins/channels")).unwrap().map(Result::unwrap);
    let shipped = folders.filter(|entry| entry.path().join("Cargo.toml").is_file());
    let shipped: BTreeSet<String> = shipped.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(asked.collect::<BTreeSet<String>>(), shipped);
    let inbox = world.api.post("/v1/channels/inbox/probe", &json!({})).await.ok();
    assert_eq!(inbox, json!({ "works": true, "words": "the shop's own inbox" }));
    let Some(mut server) = Program::start("smtp.mjs", &[]) else { return };
    let server = format!("smtp://127.0.0.1:{}", server.line());
    for (password, works) in [("hush", true), ("wrong", false)] {
        let mail = Shipped {
            file: "email_smtp",
            channel: "email",
            config: json!({ "server": server, "from": { "address": "shop@acorn.example" } }),
            secrets: json!({ "username": "shop", "password": password }),
        };
        assert_eq!(probe(world, &mail).await["works"], works);
    }
}

async fn a_server_that_knows_no_ping_is_there_and_one_that_is_gone_is_not(world: &World) {
    for (status, works) in [(422, true), (404, true), (410, false), (503, false), (302, false)] {
        let server = Provider::start(Answer::reply(status, json!({}))).await;
        let mut channel = webhook();
        channel.config["endpoint"] = json!(server.url());
        let said = probe(world, &channel).await;
        assert_eq!(said["works"], works, "{status}: {said:#}");
        assert!(said["words"].as_str().unwrap().contains(&status.to_string()), "{said:#}");
        let ping: Value = server.received()[0].json();
        assert_eq!((&ping["type"], &ping["data"]), (&json!("ping"), &json!({})));
    }
}

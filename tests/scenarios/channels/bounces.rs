//! Mails that come back: what the shop's mail server passes on of them moves the message that they return, and no other.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, Person, TEAPOT};
use cartwright_tests::node::Program;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

use super::{Shipped, tells};

on_both_databases!(
    s23_a_mail_that_comes_back_fails_and_marks_its_address,
    s02_a_bounce_that_is_told_again_changes_nothing,
    s23_what_another_receiver_says_holds_neither_channel_nor_content,
    a_bounce_without_the_key_or_of_another_mail_changes_nothing,
    s22_a_bounce_settles_what_was_uncertain,
    s18_a_complaint_ends_marketing_to_its_address,
);

/// A shop whose mail comes back to a mailbox of its own, the mail that it sent, and the address of its webhooks.
async fn sent(world: &World, person: &Person) -> Option<(Program, Value, String)> {
    let mut server = Program::start("smtp.mjs", &[])?;
    let mail = Shipped {
        file: "email_smtp",
        channel: "email",
        config: json!({
            "server": format!("smtp://127.0.0.1:{}", server.line()),
            "from": { "address": "shop@acorn.example" }, "bounces_to": "bounces@acorn.example",
        }),
        secrets: json!({ "username": "shop", "password": "hush", "bounce_key": "k3y" }),
    };
    let webhook = mail.connect(world).await;
    world.limit("email-smtp", &json!({ "request_s": 2 })).await;
    world.publish(&mail.reminder(json!({ "subject": "Your cart", "text": "Hi {{ user_name }}" }))).await;
    leaves_cart(world, "cart-1", person).await;
    let mail: Value = serde_json::from_str(&server.line()).unwrap();
    Some((server, mail, webhook))
}

async fn leaves_cart(world: &World, token: &str, person: &Person) {
    let checkout = shopify::checkout(&format!("{token}-checkout"), Some(token), person, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart(token, &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
}

/// A report on a mail, as Postfix hands it to a program: its kind, the part for machines, and the mail itself.
fn report(kind: &str, status: &str, source: &str) -> String {
    format!(
        "From MAILER-DAEMON  Mon Nov 23 15:00:00 2026\nReturn-Path: <>\nTo: bounces@acorn.example\n\
         Content-Type: multipart/report; report-type={kind}; boundary=\"=_b\"\n\n\
         --=_b\nContent-Type: text/plain\n\nI'm sorry to have to inform you.\n\n\
         --=_b\nContent-Type: message/{kind}\n\n{status}\n\n\
         --=_b\nContent-Type: message/rfc822\n\n{source}\n--=_b--\n"
    )
}

fn bounce(status: &str, words: &str, source: &str) -> String {
    let status = format!(
        "Reporting-MTA: dns; mail.acorn.example\n\nFinal-Recipient: rfc822; ana@acorn.example\nAction: failed\n\
         Status: {status}\nDiagnostic-Code: smtp; {words}"
    );
    report("delivery-status", &status, source)
}

fn unknown_mailbox(mail: &Value) -> String {
    bounce("5.1.1", "550 5.1.1 there is nobody of that name", mail["source"].as_str().unwrap())
}

/// The shop's mail server passes a mail on.
async fn passes_on(world: &World, webhook: &str, mail: &str) -> u16 {
    tells(world, webhook, &[("authorization", "Bearer k3y"), ("content-type", "message/rfc822")], mail).await
}

async fn s23_a_mail_that_comes_back_fails_and_marks_its_address(world: &World) {
    let Some((_server, mail, webhook)) = sent(world, &ANA).await else { return };
    assert_eq!((&world.message().await["state"], &mail["from"]), (&json!("accepted"), &json!("bounces@acorn.example")));
    assert_eq!(passes_on(world, &webhook, &unknown_mailbox(&mail)).await, 200);
    let message = world.message().await;
    assert_eq!((&message["state"], &message["receipt"]), (&json!("rejected"), &json!("failed")), "{message:#}");
    assert_eq!(message["class"], "invalid_recipient");
    assert_eq!(message["last_answer"]["code"], "550 5.1.1", "{message:#}");
    let total = world.api.get("/v1/reports/messages").await.ok()["total"].clone();
    assert_eq!((&total["accepted"], &total["rejected"]), (&json!(0), &json!(1)), "{total:#}");
    // Nobody writes there again.
    world.skip(Span::days(4)).await;
    leaves_cart(world, "cart-2", &ANA).await;
    let reasons: Vec<Value> = world.messages().await.iter().map(|message| message["reason"].clone()).collect();
    assert!(reasons.contains(&json!("invalid_address")), "{reasons:?}");
    world.assert_sound().await;
}

async fn s02_a_bounce_that_is_told_again_changes_nothing(world: &World) {
    let Some((_server, mail, webhook)) = sent(world, &ANA).await else { return };
    assert_eq!(passes_on(world, &webhook, &unknown_mailbox(&mail)).await, 200);
    let (message, trace) = (world.message().await, world.trace().await.len());
    world.skip(Span::hours(1)).await;
    assert_eq!(passes_on(world, &webhook, &unknown_mailbox(&mail)).await, 200);
    assert_eq!((world.message().await, world.trace().await.len()), (message, trace));
}

/// Whoever got the mail can write such a report, and would stop the shop with it.
async fn s23_what_another_receiver_says_holds_neither_channel_nor_content(world: &World) {
    let Some((_server, mail, webhook)) = sent(world, &ANA).await else { return };
    let refused = bounce("5.7.26", "550 5.7.26 DMARC", mail["source"].as_str().unwrap());
    assert_eq!(passes_on(world, &webhook, &refused).await, 200);
    let message = world.message().await;
    assert_eq!((&message["state"], &message["class"]), (&json!("rejected"), &json!("unknown")), "{message:#}");
    let ben = Person { id: 2, email: "ben@acorn.example", phone: None, ..ANA };
    leaves_cart(world, "cart-2", &ben).await;
    let states: Vec<Value> = world.messages().await.iter().map(|message| message["state"].clone()).collect();
    assert!(states.contains(&json!("accepted")), "{states:?}");
}

async fn a_bounce_without_the_key_or_of_another_mail_changes_nothing(world: &World) {
    let Some((_server, mail, webhook)) = sent(world, &ANA).await else { return };
    let before = world.message().await;
    let bounce = unknown_mailbox(&mail);
    for headers in [&[][..], &[("authorization", "Bearer guessed")], &[("authorization", "k3y")]] {
        assert_eq!(tells(world, &webhook, headers, &bounce).await, 401);
    }
    let id = before["id"].as_str().unwrap();
    let other = id.replace(|letter: char| letter.is_ascii_digit(), "0");
    for foreign in [
        bounce.replace(id, &other),
        bounce.replace(&format!("{id}@acorn.example"), &format!("{id}@badger.example")),
        bounce.replace("Action: failed", "Action: delayed"),
        bounce.replace("multipart/report", "text/plain"),
        "no mail at all".to_owned(),
    ] {
        assert_ne!(foreign, bounce);
        assert_eq!(passes_on(world, &webhook, &foreign).await, 200);
    }
    assert_eq!(world.message().await, before);
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

async fn s22_a_bounce_settles_what_was_uncertain(world: &World) {
    let silent = Person { email: "silent@acorn.example", ..ANA };
    let Some((_server, mail, webhook)) = sent(world, &silent).await else { return };
    world.skip(Span::days(2)).await;
    assert_eq!(world.message().await["state"], "uncertain");
    assert_eq!(passes_on(world, &webhook, &unknown_mailbox(&mail)).await, 200);
    let message = world.message().await;
    assert_eq!((&message["state"], &message["class"]), (&json!("rejected"), &json!("invalid_recipient")));
}

async fn s18_a_complaint_ends_marketing_to_its_address(world: &World) {
    let Some((_server, mail, webhook)) = sent(world, &ANA).await else { return };
    let complaint = report("feedback-report", "Feedback-Type: abuse\nVersion: 1", mail["source"].as_str().unwrap());
    assert_eq!(passes_on(world, &webhook, &complaint).await, 200);
    let customers = world.api.list("/v1/customers").await;
    let consents: Vec<&Value> = customers.iter().map(|customer| &customer["consent"]).collect();
    assert!(consents.iter().any(|consent| consent.to_string().contains("unsubscribed")), "{consents:?}");
    world.skip(Span::days(4)).await;
    leaves_cart(world, "cart-2", &ANA).await;
    assert_eq!(world.messages().await.iter().filter(|message| message["state"] == "accepted").count(), 1);
}

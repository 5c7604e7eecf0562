//! E-mail: taken by a real mail server.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, Person, TEAPOT};
use cartwright_tests::node::{self, Program};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    a_mail_server_takes_the_reminder,
    the_mail_is_the_one_that_a_public_library_writes,
    a_public_verifier_accepts_an_rsa_signature_and_nothing_changed,
    a_public_verifier_accepts_an_ed25519_signature_and_nothing_changed,
    a_mail_server_says_whether_it_knows_the_shop,
    s23_an_unknown_mailbox_ends_the_message,
    s23_a_grey_list_is_asked_again_and_lets_the_mail_in,
    the_mail_goes_over_tls_from_the_first_byte,
    the_mail_goes_over_tls_once_the_server_offers_it,
    a_server_with_the_certificate_of_a_stranger_gets_nothing,
    s22_a_server_that_never_says_it_has_the_mail_is_not_given_it_again,
);

/// A shop that reminds by mail, a server in the place of the shop's own, and a cart that was left four hours ago.
async fn left_cart(world: &World, person: &Person) -> Option<Program> {
    left_cart_with(world, person, json!({}), json!({})).await
}

/// The same at a server that speaks in a way of its own; what stands before its address.
async fn left_cart_at(world: &World, person: &Person, way: &str, scheme: &str) -> Option<Program> {
    let mut server = Program::start("smtp.mjs", &[way])?;
    let address = format!("{scheme}://127.0.0.1:{}", server.line());
    leave_cart(world, person, json!({ "server": address }), json!({})).await;
    Some(server)
}

/// The same with more in the configuration and among the secrets.
async fn left_cart_with(world: &World, person: &Person, more: Value, hidden: Value) -> Option<Program> {
    let mut server = Program::start("smtp.mjs", &[])?;
    let mut more = more;
    more["server"] = json!(format!("smtp://127.0.0.1:{}", server.line()));
    leave_cart(world, person, more, hidden).await;
    Some(server)
}

async fn leave_cart(world: &World, person: &Person, more: Value, hidden: Value) {
    world.install("email_smtp").await;
    let mut config = json!({ "from": { "name": "Acorn & Oak", "address": "shop@acorn.example" } });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut secrets = json!({ "username": "shop", "password": "hush" });
    secrets.as_object_mut().unwrap().extend(hidden.as_object().unwrap().clone());
    world.connect("channels", "mail", "email-smtp", config, secrets).await;
    if person.email.starts_with("silent@") {
        world.limit("email-smtp", &json!({ "request_s": 2 })).await;
    }
    world.publish(&reminder()).await;
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), person, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
}

fn reminder() -> Value {
    let body = json!({
        "subject": "{{ product.title }} – still yours",
        "text": "Hi {{ user_name }}, your {{ product.title }} is waiting.",
        "html": "<p>Hi {{ user_name }}, your <b>{{ product.title }}</b> is waiting.</p>",
        "unsubscribe_url": "https://acorn.example/unsubscribe",
    });
    json!({
        "name": "Mail reminder",
        "trigger": { "on": "cart", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "mail", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "reminder", "variants": [{ "channel": "email", "body": body }] }],
    })
}

async fn a_mail_server_takes_the_reminder(world: &World) {
    let Some(mut server) = left_cart(world, &ANA).await else { return };
    let message = world.message().await;
    assert_eq!(message["state"], "accepted", "{message:#}");
    let mail: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!((&mail["from"], &mail["to"]), (&json!("shop@acorn.example"), &json!([ANA.email])));
    assert_eq!(mail["user"], "shop");
    let source = mail["source"].as_str().unwrap();
    for part in [
        "Hi Ana, your Copper teapot is waiting.",
        "<b>Copper teapot</b>",
        "List-Unsubscribe: <https://acorn.example/unsubscribe>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        &format!("Message-ID: <{}@acorn.example>", message["id"].as_str().unwrap()),
    ] {
        assert!(source.contains(part), "{part} is not in\n{source}");
    }
}

async fn the_mail_is_the_one_that_a_public_library_writes(world: &World) {
    let more = json!({ "reply_to": "help@acorn.example" });
    let Some(mut server) = left_cart_with(world, &ANA, more, json!({})).await else { return };
    let message = world.message().await["id"].as_str().unwrap().to_owned();
    let mail: Value = serde_json::from_str(&server.line()).unwrap();
    let written = json!({
        "from": { "name": "Acorn & Oak", "address": "shop@acorn.example" }, "to": ANA.email,
        "replyTo": "help@acorn.example", "subject": "Copper teapot – still yours",
        "messageId": format!("<{message}@acorn.example>"),
        "text": "Hi Ana, your Copper teapot is waiting.",
        "html": "<p>Hi Ana, your <b>Copper teapot</b> is waiting.</p>",
        "headers": {
            "List-Unsubscribe": "<https://acorn.example/unsubscribe>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    });
    let asked = json!({ "message": written, "source": mail["source"] });
    let Some(read) = node::ask("mail.mjs", &asked) else { return };
    assert_eq!(read["ours"], read["theirs"]);
    assert_eq!(read["ours"]["type"], "multipart/alternative");
}

async fn a_mail_server_says_whether_it_knows_the_shop(world: &World) {
    let Some(mut server) = Program::start("smtp.mjs", &[]) else { return };
    let port = server.line();
    world.install("email_smtp").await;
    let config = json!({
        "server": format!("smtp://127.0.0.1:{port}"), "from": { "address": "shop@acorn.example" },
    });
    let probe = async |password: &str| {
        let secrets = json!({ "username": "shop", "password": password });
        world.connect("channels", "mail", "email-smtp", config.clone(), secrets).await;
        world.api.post("/v1/channels/mail/probe", &json!({})).await.ok()
    };
    let words = "the server takes mail from shop@acorn.example";
    assert_eq!(probe("hush").await, json!({ "works": true, "words": words }));
    let refused = probe("wrong").await;
    assert_eq!(refused["works"], false);
    assert!(refused["words"].as_str().unwrap().contains("nobody has that password"), "{refused:#}");
}

async fn s23_an_unknown_mailbox_ends_the_message(world: &World) {
    let nobody = Person { email: "nobody@acorn.example", ..ANA };
    let Some(_server) = left_cart(world, &nobody).await else { return };
    world.skip(Span::days(1)).await;
    let message = world.message().await;
    assert_eq!(
        (&message["state"], &message["class"]),
        (&json!("rejected"), &json!("invalid_recipient")),
        "{message:#}"
    );
    assert_eq!(message["attempts"], 1);
}

async fn s23_a_grey_list_is_asked_again_and_lets_the_mail_in(world: &World) {
    let later = Person { email: "later@acorn.example", ..ANA };
    let Some(mut server) = left_cart(world, &later).await else { return };
    let message = world.message().await;
    assert_eq!((&message["state"], &message["attempts"]), (&json!("queued"), &json!(1)), "{message:#}");
    assert_eq!(message["last_answer"]["code"], "451 4.7.1");
    world.skip(Span::hours(1)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["attempts"]), (&json!("accepted"), &json!(2)), "{message:#}");
    let mail: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!(mail["to"], json!([later.email]));
}

async fn is_taken_over_tls(world: &World, way: &str, scheme: &str) {
    let Some(mut server) = left_cart_at(world, &ANA, way, scheme).await else { return };
    let message = world.message().await;
    assert_eq!(message["state"], "accepted", "{message:#}");
    let mail: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!((&mail["secure"], &mail["user"]), (&json!(true), &json!("shop")));
}

async fn the_mail_goes_over_tls_from_the_first_byte(world: &World) {
    is_taken_over_tls(world, "tls", "smtps").await;
}

async fn the_mail_goes_over_tls_once_the_server_offers_it(world: &World) {
    is_taken_over_tls(world, "starttls", "smtp").await;
}

async fn a_server_with_the_certificate_of_a_stranger_gets_nothing(world: &World) {
    let Some(_server) = left_cart_at(world, &ANA, "stranger", "smtps").await else { return };
    let message = world.message().await;
    assert_eq!(message["state"], "queued", "nothing was sent, so it is tried again: {message:#}");
    let said = message["last_answer"]["text"].as_str().unwrap();
    assert!(said.contains("certificate"), "{said}");
    world.skip(Span::days(1)).await;
    assert_eq!(world.message().await["reason"], "too_late");
}

async fn s22_a_server_that_never_says_it_has_the_mail_is_not_given_it_again(world: &World) {
    let silent = Person { email: "silent@acorn.example", ..ANA };
    let Some(mut server) = left_cart(world, &silent).await else { return };
    world.skip(Span::days(2)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["attempts"]), (&json!("uncertain"), &json!(1)), "{message:#}");
    assert_eq!(world.run().await["position"]["reason"], "completed");
    let mail: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!(mail["to"], json!([silent.email]));
}

/// What the library mailauth says to a mail whose sender has this record in the DNS.
fn verified(record: &str, source: &str) -> Value {
    let records = json!({ "cart._domainkey.acorn.example": record });
    node::ask("dkim.mjs", &json!({ "source": source, "records": records })).unwrap()["results"].clone()
}

async fn a_public_verifier_accepts_an_rsa_signature_and_nothing_changed(world: &World) {
    is_signed(world, "rsa").await;
}

async fn a_public_verifier_accepts_an_ed25519_signature_and_nothing_changed(world: &World) {
    is_signed(world, "ed25519").await;
}

async fn is_signed(world: &World, kind: &str) {
    let Some(key) = node::ask("dkim.mjs", &json!({ "key": kind })) else { return };
    let (dkim, hidden) = (json!({ "dkim": { "selector": "cart" } }), json!({ "dkim_key": key["private"] }));
    let Some(mut server) = left_cart_with(world, &ANA, dkim, hidden).await else { return };
    let mail: Value = serde_json::from_str(&server.line()).unwrap();
    let (record, source) = (key["record"].as_str().unwrap(), mail["source"].as_str().unwrap());
    let results = verified(record, source);
    assert_eq!(results.as_array().unwrap().len(), 1);
    let (status, domain) = (&results[0]["status"], &results[0]["domain"]);
    assert_eq!((status, domain), (&json!("pass"), &json!("acorn.example")), "{kind}: {results:#}");
    let signed = results[0]["signed"].as_str().unwrap().to_lowercase();
    let signed: Vec<&str> = signed.split(':').map(str::trim).collect();
    for field in ["from", "to", "subject", "message-id", "list-unsubscribe", "list-unsubscribe-post"] {
        assert!(signed.contains(&field), "{field} is not among {signed:?}");
    }
    // What changes on the way and may: white space. What may not: everything else.
    let harmless = source.replacen("Subject: ", "Subject:   ", 1);
    assert_eq!(verified(record, &harmless)[0]["status"], "pass", "{kind}");
    for (known, changed) in [
        ("your Copper teapot", "your copper teapot"),
        ("acorn.example/unsubscribe", "badger.example/unsubscribe"),
        ("List-Unsubscribe=One-Click", "List-Unsubscribe=Two-Clicks"),
        ("Message-ID: <", "Message-ID: <0"),
        ("From: ", "From: Eve <eve@badger.example>\r\nFrom: "),
    ] {
        let forged = source.replacen(known, changed, 1);
        assert_ne!(forged, source, "{known}");
        // `neutral` is its word for another body, `fail` for another header.
        assert_ne!(verified(record, &forged)[0]["status"], "pass", "{kind}: {changed}");
    }
    let other = node::ask("dkim.mjs", &json!({ "key": kind })).unwrap();
    assert_eq!(verified(other["record"].as_str().unwrap(), source)[0]["status"], "fail", "{kind}");
}

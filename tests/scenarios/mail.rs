//! E-mail: taken by a real mail server.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, Person, TEAPOT};
use cartwright_tests::node::Program;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(a_mail_server_takes_the_reminder, s23_an_unknown_mailbox_ends_the_message);

/// A shop that reminds by mail, a server in the place of the shop's own, and a cart that was left four hours ago.
async fn left_cart(world: &World, person: &Person) -> Option<Program> {
    let mut server = Program::start("smtp.mjs", &[])?;
    let port = server.line();
    world.install("email_smtp").await;
    let config = json!({
        "server": format!("smtp://127.0.0.1:{port}"),
        "from": { "name": "Acorn & Oak", "address": "shop@acorn.example" },
    });
    let secrets = json!({ "username": "shop", "password": "hush" });
    world.connect("channels", "mail", "email-smtp", config, secrets).await;
    world.publish(&reminder()).await;
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), person, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
    Some(server)
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

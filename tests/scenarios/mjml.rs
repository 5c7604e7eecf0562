//! A mail that is written in MJML: made into HTML once, when it is saved, and filled in for each customer.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    a_mail_in_mjml_leaves_as_html_and_text_for_its_reader,
    a_mail_in_mjml_is_refused_with_the_line_that_is_wrong,
    a_mail_in_mjml_is_seen_before_it_is_saved,
);

const MAIL: &str = r#"<mjml>
  <mj-body>
    <mj-raw>{% for line in cart.lines %}</mj-raw>
    <mj-section><mj-column>
      <mj-text>Hi {{ user_name }}, your {{ line.title }} waits.</mj-text>
    </mj-column></mj-section>
    <mj-raw>{% endfor %}</mj-raw>
    <mj-section><mj-column><mj-button href="{{ recovery_link }}">Back to it</mj-button></mj-column></mj-section>
  </mj-body>
</mjml>"#;

fn content(body: Value) -> Value {
    json!({
        "name": "reminder", "defaults": { "recovery_link": "https://acorn.example/cart" },
        "variants": [{ "channel": "email", "body": body }],
    })
}

fn mail(source: &str) -> Value {
    content(json!({ "subject": "{{ product.title }}", "mjml": source }))
}

async fn connect(world: &World) -> Provider {
    let accepted = Answer::Reply { status: 202, headers: vec![("x-message-id", "m-1".to_owned())], body: json!("") };
    let provider = Provider::start(accepted).await;
    world.install("email_sendgrid").await;
    let config = json!({ "endpoint": provider.url(), "from": { "name": "Acorn", "address": "shop@acorn.example" } });
    let secrets = json!({ "api_key": "SG.key", "verification_key": "none" });
    world.connect("channels", "mail", "email-sendgrid", config, secrets).await;
    provider
}

async fn a_mail_in_mjml_leaves_as_html_and_text_for_its_reader(world: &World) {
    let provider = connect(world).await;
    let saved = world.api.put("/v1/contents/reminder", &mail(MAIL)).await.ok();
    let made = &saved["content"]["variants"][0]["made"];
    assert!(made["html"].as_str().unwrap().contains("{% for line in cart.lines %}"), "{saved:#}");
    let strategy = json!({
        "name": "Mail reminder",
        "trigger": { "on": "cart", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "mail", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
    });
    world.publish(&strategy).await;
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
    assert_eq!(world.message().await["state"], "accepted", "{:#}", world.message().await);
    let sent = provider.received()[0].json();
    assert_eq!(sent["subject"], "Copper teapot");
    let parts = sent["content"].as_array().unwrap();
    let part = |kind: &str| parts.iter().find(|part| part["type"] == kind).unwrap()["value"].as_str().unwrap();
    assert!(part("text/html").contains("Hi Ana, your Copper teapot waits."), "{sent:#}");
    assert!(part("text/plain").contains("Hi Ana, your Copper teapot waits."), "{sent:#}");
    assert!(!sent.to_string().contains("{%") && !sent.to_string().contains("<mj-"), "{sent:#}");
}

async fn a_mail_in_mjml_is_refused_with_the_line_that_is_wrong(world: &World) {
    connect(world).await;
    for (source, part) in [
        (MAIL.replace("</mj-text>", ""), "line 6: "),
        (MAIL.replace("{{ line.title }}", "{{ line.title"), "line"),
        (MAIL.replace("<mj-raw>{% endfor %}</mj-raw>", ""), "for"),
        (MAIL.replace("<mj-button", "<mj-include path=\"/etc/passwd\" /><mj-button"), "line 8: nothing is included"),
    ] {
        let refused = world.api.put("/v1/contents/reminder", &mail(&source)).await;
        assert_eq!((refused.status, refused.problem()), (422, "content_faults"), "{source}: {}", refused.body);
        let fault = &refused.body["errors"][0];
        assert_eq!(fault["field"], "variants[0].body.mjml", "{}", refused.body);
        assert!(fault["message"].as_str().unwrap().contains(part), "{}", refused.body);
    }
    let both = content(json!({ "subject": "x", "mjml": MAIL, "html": "<p>" }));
    assert_eq!(world.api.put("/v1/contents/reminder", &both).await.status, 422);
    assert!(world.api.list("/v1/contents").await.is_empty());
    let strategy = json!({
        "name": "Mail", "trigger": { "on": "cart", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "mail", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [mail("<mjml>")],
    });
    assert_eq!(world.api.post("/v1/strategies", &strategy).await.problem(), "strategy_faults");
}

async fn a_mail_in_mjml_is_seen_before_it_is_saved(world: &World) {
    connect(world).await;
    let ask = |source: &str| json!({ "content": mail(source), "channel": "email" });
    let seen = world.api.post("/v1/contents/preview", &ask(MAIL)).await.ok();
    let document = &seen["document"];
    assert!(document["html"].as_str().unwrap().contains("Hi Ana, your Copper teapot waits."), "{seen:#}");
    assert!(document["text"].as_str().unwrap().trim().starts_with("Hi Ana, your Copper teapot waits."), "{seen:#}");
    assert!(document.get("mjml").is_none());
    let refused = world.api.post("/v1/contents/preview", &ask("<mjml>")).await;
    assert_eq!((refused.status, refused.problem()), (422, "content_faults"));
    assert_eq!(refused.body["errors"][0]["field"], "content.variants[0].body.mjml");
}

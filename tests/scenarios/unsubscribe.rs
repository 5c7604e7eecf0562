//! A customer uses the link by which every marketing mail can be stopped: on its page, or by the one click of RFC 8058
//! (S18). Scanners that follow links change nothing.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, CUPS, Delivery, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    s18_one_click_withdraws_consent_and_the_page_gives_it_again,
    s18_a_look_at_the_page_changes_nothing,
    s18_a_forged_link_is_nobodys,
    s18_a_mail_server_is_given_both_headers,
    s15_the_page_speaks_the_customers_language,
    only_marketing_has_the_headers,
    s18_somebody_without_an_address_unsubscribes_too,
);

/// Customers reach the service there.
const PUBLIC: &str = "https://carts.example";

/// Four hours of a service that customers reach over TLS.
async fn wait(world: &World) {
    world.engine.clone().with_public_url(PUBLIC).skip(&*world.clock, Span::hours(4)).await.unwrap();
}

async fn leaves_a_cart(world: &World, cart: &str) {
    let checkout = shopify::checkout(&format!("checkout-{cart}"), Some(cart), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart(cart, &[TEAPOT], world.now())).await, 200);
    wait(world).await;
}

fn reminder(purpose: &str) -> Value {
    let body = json!({ "subject": "Hi", "text": "Hi {{ user_name }}. No more: {{ unsubscribe_url }}" });
    json!({
        "name": "Reminder",
        "trigger": { "on": "cart", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "email", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "reminder", "purpose": purpose, "variants": [{ "channel": "email", "body": body }] }],
    })
}

/// A shop that reminds over SendGrid, and of a cart right now.
async fn reminded(world: &World, purpose: &str) -> Provider {
    let headers = vec![("x-message-id", "id-1".to_owned())];
    let provider = Provider::start(Answer::Reply { status: 202, headers, body: Value::Null }).await;
    world.install("email_sendgrid").await;
    let from = json!({ "name": "Acorn", "address": "shop@acorn.example" });
    let config = json!({ "from": from, "endpoint": provider.url() });
    let secrets = json!({ "api_key": "SG.key", "verification_key": "none" });
    world.connect("channels", "email", "email-sendgrid", config, secrets).await;
    world.publish(&reminder(purpose)).await;
    leaves_a_cart(world, "c1").await;
    provider
}

/// The link in the last mail, as the customer's program finds it in the header.
fn link(provider: &Provider) -> String {
    let mail = provider.received().last().unwrap().json();
    assert_eq!(mail["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click", "{mail:#}");
    let header = mail["headers"]["List-Unsubscribe"].as_str().unwrap();
    let link = header.trim_matches(['<', '>']).to_owned();
    assert!(link.starts_with("https://carts.example/u/"), "{link}");
    let text = mail["content"][0]["value"].as_str().unwrap();
    assert!(text.ends_with(&format!("No more: {link}")), "{text}");
    link
}

/// Where the service of the test is under that address.
async fn here(world: &World, link: &str) -> String {
    let known = world.connect("channels", "inbox", "inbox", json!({}), json!({})).await;
    let webhook = known["webhook"].as_str().unwrap();
    link.replace(PUBLIC, &webhook[..webhook.find("/hooks/").unwrap()])
}

async fn posts(world: &World, link: &str, form: &str) -> u16 {
    let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    let delivery = Delivery { topic: String::new(), headers, body: form.as_bytes().to_vec() };
    let status = world.api.deliver(link, &delivery).await;
    world.settle().await;
    status
}

async fn consent(world: &World) -> Value {
    let customers = world.api.list("/v1/customers").await;
    let ana = customers.iter().find(|customer| customer["email"] == ANA.email).unwrap();
    world.api.get(&format!("/v1/customers/{}", ana["id"].as_str().unwrap())).await.ok()["consent"]["state"].clone()
}

async fn s18_one_click_withdraws_consent_and_the_page_gives_it_again(world: &World) {
    let provider = reminded(world, "marketing").await;
    let link = here(world, &link(&provider)).await;
    for _ in 0..2 {
        assert_eq!(posts(world, &link, "List-Unsubscribe=One-Click").await, 200);
        assert_eq!(consent(world).await, "unsubscribed");
    }
    leaves_a_cart(world, "c2").await;
    assert_eq!(provider.received().len(), 1, "nothing more goes out");
    let skipped = world.messages().await.into_iter().find(|message| message["state"] == "skipped").unwrap();
    assert_eq!(skipped["reason"], "unsubscribed", "{skipped:#}");
    assert_eq!(posts(world, &link, "subscribe=again").await, 200);
    assert_eq!(consent(world).await, "subscribed");
    // Past the frequency cap.
    world.skip(Span::days(4)).await;
    let cups = shopify::cart("c3", &[CUPS], world.now());
    let checkout = shopify::checkout("checkout-c3", Some("c3"), &ANA, &[CUPS], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &cups).await, 200);
    wait(world).await;
    assert_eq!(provider.received().len(), 2);
}

async fn s18_a_look_at_the_page_changes_nothing(world: &World) {
    let provider = reminded(world, "marketing").await;
    let link = here(world, &link(&provider)).await;
    let before = consent(world).await;
    let (status, page) = world.api.fetch(&link).await;
    world.settle().await;
    assert_eq!((status, consent(world).await), (200, before));
    assert!(page.contains("<button name=\"List-Unsubscribe\" value=\"One-Click\">Unsubscribe</button>"), "{page}");
    // Whoever was forwarded the mail learns nothing that is not in it.
    let (name, domain) = ANA.email.split_once('@').unwrap();
    assert!(page.contains(&format!("{}…@{domain}", &name[..1])) && !page.contains(ANA.email), "{page}");
    for known in [ANA.phone.unwrap(), ANA.first_name, world.shop()] {
        assert!(!page.contains(known), "{known} is on the page");
    }
    assert_eq!(posts(world, &link, "List-Unsubscribe=One-Click").await, 200);
    let (_, page) = world.api.fetch(&link).await;
    assert!(page.contains("<button name=\"subscribe\" value=\"again\">Subscribe again</button>"), "{page}");
}

async fn s18_a_forged_link_is_nobodys(world: &World) {
    let provider = reminded(world, "marketing").await;
    let link = here(world, &link(&provider)).await;
    let before = consent(world).await;
    let last = if link.ends_with('A') { 'B' } else { 'A' };
    let forged = format!("{}{last}", &link[..link.len() - 1]);
    for link in [forged.as_str(), &link[..link.len() - 1], &format!("{link}A")] {
        assert_eq!(world.api.fetch(link).await.0, 404, "{link}");
        assert_eq!(posts(world, link, "List-Unsubscribe=One-Click").await, 404, "{link}");
    }
    assert_eq!(consent(world).await, before);
}

async fn s18_a_mail_server_is_given_both_headers(world: &World) {
    let Some(mut server) = cartwright_tests::node::Program::start("smtp.mjs", &[]) else { return };
    let port = server.line();
    world.install("email_smtp").await;
    let config = json!({
        "server": format!("smtp://127.0.0.1:{port}"), "login": false, "from": { "address": "shop@acorn.example" },
    });
    world.connect("channels", "email", "email-smtp", config, json!({})).await;
    world.publish(&reminder("marketing")).await;
    leaves_a_cart(world, "c1").await;
    let mail: Value = serde_json::from_str(&server.line()).unwrap();
    let source = mail["source"].as_str().unwrap().replace("\r\n ", " ");
    let (_, link) = source.split_once("List-Unsubscribe: <").unwrap();
    let (link, _) = link.split_once('>').unwrap();
    assert!(source.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{source}");
    let link = here(world, link).await;
    assert_eq!(posts(world, &link, "List-Unsubscribe=One-Click").await, 200);
    assert_eq!(consent(world).await, "unsubscribed");
}

async fn s15_the_page_speaks_the_customers_language(world: &World) {
    let provider = reminded(world, "marketing").await;
    let link = here(world, &link(&provider)).await;
    let said = json!({
        "id": "e1", "type": "customer.updated", "occurred_at": world.now(), "subject": { "email": ANA.email },
        "body": { "language": "ar-EG" },
    });
    assert_eq!(world.report(said).await.ok()["status"], "accepted");
    world.settle().await;
    let (_, page) = world.api.fetch(&link).await;
    assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">") && page.contains("إلغاء الاشتراك"), "{page}");
}

/// A message about an order may say where to unsubscribe; mail programs are not told to offer it.
async fn only_marketing_has_the_headers(world: &World) {
    let provider = reminded(world, "transactional").await;
    let mail = provider.received().last().unwrap().json();
    assert_eq!(mail["headers"], Value::Null);
    assert!(mail["content"][0]["value"].as_str().unwrap().contains("No more: https://carts.example/u/"), "{mail:#}");
}

/// The shop knows them by its own number only; the channel needs no more.
async fn s18_somebody_without_an_address_unsubscribes_too(world: &World) {
    world.connect("channels", "inbox", "inbox", json!({}), json!({})).await;
    let mut strategy = reminder("marketing");
    strategy["steps"]["remind"]["channel"] = json!("inbox");
    strategy["contents"][0]["variants"] =
        json!([{ "channel": "inbox", "body": { "text": "No more: {{ unsubscribe_url }}" } }]);
    world.publish(&strategy).await;
    let fills_a_cart = async |id: &str, person: Value| {
        let line = json!({ "title": "Copper teapot", "quantity": 1 });
        let event = json!({
            "id": id, "type": "cart.updated", "occurred_at": world.now(), "subject": { "customer": "4711", "cart": id },
            "body": { "lines": [line], "customer": person },
        });
        assert_eq!(world.report(event).await.ok()["status"], "accepted");
        world.settle().await;
        wait(world).await;
    };
    fills_a_cart("c1", json!({ "consent": { "state": "subscribed" } })).await;
    let inbox = world.api.list("/v1/inbox").await;
    let text = inbox[0].to_string();
    let token = text.split_once(&format!("{PUBLIC}/u/")).unwrap().1.split('"').next().unwrap();
    let link = here(world, &format!("{PUBLIC}/u/{token}")).await;
    assert_eq!(posts(world, &link, "List-Unsubscribe=One-Click").await, 200);
    let (_, page) = world.api.fetch(&link).await;
    assert!(page.contains("Subscribe again"), "{page}");
    world.skip(Span::days(4)).await;
    fills_a_cart("c2", json!({})).await;
    assert_eq!(world.api.list("/v1/inbox").await.len(), 1, "nothing more is told");
    let skipped = world.messages().await.into_iter().find(|message| message["state"] == "skipped").unwrap();
    assert_eq!(skipped["reason"], "unsubscribed", "{skipped:#}");
}

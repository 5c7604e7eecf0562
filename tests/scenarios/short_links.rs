//! Short links in messages: they lead where the template says, a person who follows one has clicked, and what looks
//! ahead has not (S06, S30, S45).

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

on_both_databases!(
    s30_whoever_follows_a_link_gets_there_and_has_clicked,
    s30_two_visits_within_a_minute_are_one_click,
    machines_get_there_and_click_nothing,
    s06_a_click_on_a_named_link_ends_a_wait_for_it,
    a_message_that_is_sent_again_has_the_same_links,
    links_to_the_shop_say_where_somebody_came_from,
    s45_the_links_of_whoever_was_erased_lead_nowhere,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SALE: &str = "https://acorn.example/sale?of=tea#top";

fn reminder(channel: &str, body: &Value) -> Value {
    let follow_up = json!({ "text": "Thank you, {{ user_name }}" });
    json!({
        "name": "Reminder",
        "trigger": { "on": "cart", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": channel, "content": "reminder", "next": "wait" },
            "wait": { "kind": "wait", "for": { "bought": { "event": "click", "button": "buy", "next": "thank" } },
                      "timeout": "6h", "otherwise": "done" },
            "thank": { "kind": "message", "channel": "inbox", "content": "thanks", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [
            { "name": "reminder", "variants": [{ "channel": channel, "body": body }] },
            { "name": "thanks", "variants": [{ "channel": "inbox", "body": follow_up }] },
        ],
    })
}

async fn leaves_a_cart(world: &World) {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
}

/// Ana was reminded a minute ago; the links in what she was told.
async fn reminded(world: &World) -> Vec<String> {
    let text = format!("Look: {{{{ '{SALE}' | short_link }}}} or {{{{ recovery_link | short_link: 'buy' }}}}");
    world.publish(&reminder("inbox", &json!({ "text": text }))).await;
    leaves_a_cart(world).await;
    world.skip(Span::minutes(1)).await;
    let said = world.inbox().await.remove(0);
    let links: Vec<String> = said.split(' ').filter(|word| word.contains("/l/")).map(str::to_owned).collect();
    assert_eq!(links.len(), 2, "{said}");
    links
}

async fn asks(method: Method, link: &str, headers: &[(&str, &str)]) -> Response {
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request =
        headers.iter().fold(client.request(method, link), |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

/// Follows a link as a browser does; where it leads.
async fn follows(world: &World, link: &str) -> String {
    let answer = asks(Method::GET, link, &[("user-agent", FIREFOX)]).await;
    assert_eq!(
        (answer.status(), answer.headers()["cache-control"].to_str().unwrap()),
        (302.try_into().unwrap(), "no-store")
    );
    world.settle().await;
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// The reminder, as the API shows it.
async fn the_reminder(world: &World) -> Value {
    let reminder = world.messages().await.into_iter().find(|message| message["step"] == "remind").unwrap();
    world.api.get(&format!("/v1/messages/{}", reminder["id"].as_str().unwrap())).await.ok()
}

async fn clicks(world: &World) -> [Value; 2] {
    let reminder = the_reminder(world).await;
    [0, 1].map(|place| reminder["links"][place]["clicks"].clone())
}

async fn clicked(world: &World) -> Value {
    world.api.get("/v1/reports/messages").await.ok()["total"]["clicked"].clone()
}

async fn s30_whoever_follows_a_link_gets_there_and_has_clicked(world: &World) {
    let links = reminded(world).await;
    let token = links[0].rsplit('/').next().unwrap();
    assert!(token.len() == 12 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
    assert_eq!(clicked(world).await, Value::Null, "nothing is known of clicks yet");
    assert_eq!(follows(world, &links[0]).await, SALE);
    let link = the_reminder(world).await["links"][0].clone();
    let at = json!(world.now());
    assert_eq!(link, json!({ "url": SALE, "clicks": 1, "first_click_at": at, "last_click_at": at }));
    assert_eq!(the_reminder(world).await["receipt"], "clicked");
    assert_eq!(clicked(world).await, 1);
    // Another link of the same message, and the same once more, are clicks of the same person.
    follows(world, &links[1]).await;
    world.skip(Span::hours(1)).await;
    follows(world, &links[0]).await;
    assert_eq!((clicks(world).await, clicked(world).await), ([json!(2), json!(1)], json!(1)));
}

async fn s30_two_visits_within_a_minute_are_one_click(world: &World) {
    let links = reminded(world).await;
    follows(world, &links[0]).await;
    world.skip(Span::seconds(20)).await;
    follows(world, &links[0]).await;
    assert_eq!(clicks(world).await, [json!(1), json!(0)]);
}

async fn machines_get_there_and_click_nothing(world: &World) {
    let text = format!("{{{{ '{SALE}' | short_link }}}}");
    world.publish(&reminder("inbox", &json!({ "text": text }))).await;
    leaves_a_cart(world).await;
    let link = world.inbox().await.remove(0);
    assert_eq!(follows(world, &link).await, SALE, "sooner than anybody reads");
    world.skip(Span::minutes(1)).await;
    for (method, headers) in [
        (Method::HEAD, vec![("user-agent", FIREFOX)]),
        (Method::GET, vec![("user-agent", "WhatsApp/2.23.20.0 A")]),
        (Method::GET, vec![("user-agent", FIREFOX), ("sec-purpose", "prefetch")]),
        (Method::GET, vec![]),
    ] {
        let answer = asks(method, &link, &headers).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
            (302, SALE),
            "{headers:?}"
        );
        world.settle().await;
    }
    let reminder = the_reminder(world).await;
    assert_eq!((&reminder["links"][0]["clicks"], &reminder["receipt"]), (&json!(0), &Value::Null), "{reminder:#}");
    assert_eq!(asks(Method::GET, &format!("{link}x"), &[]).await.status(), 404);
    assert_eq!(asks(Method::POST, &link, &[]).await.status(), 405);
}

async fn s06_a_click_on_a_named_link_ends_a_wait_for_it(world: &World) {
    let links = reminded(world).await;
    follows(world, &links[0]).await;
    assert_eq!(world.inbox().await.len(), 1, "the other link has no name");
    follows(world, &links[1]).await;
    assert!(world.inbox().await.iter().any(|said| said.starts_with("Thank you")));
}

async fn a_message_that_is_sent_again_has_the_same_links(world: &World) {
    let headers = vec![("x-message-id", "id-1".to_owned())];
    let taken = Answer::Reply { status: 202, headers, body: Value::Null };
    let provider = Provider::start(taken).await;
    provider.then(Answer::too_many(60));
    world.install("email_sendgrid").await;
    let config = json!({ "from": { "address": "shop@acorn.example" }, "endpoint": provider.url() });
    let secrets = json!({ "api_key": "SG.key", "verification_key": "none" });
    world.connect("channels", "email", "email-sendgrid", config, secrets).await;
    let html = format!("<a href=\"{{{{ '{SALE}' | short_link: 'buy' }}}}\">Go on</a>");
    let body = json!({ "subject": "Hi", "text": format!("{{{{ '{SALE}' | short_link: 'buy' }}}}"), "html": html });
    world.publish(&reminder("email", &body)).await;
    leaves_a_cart(world).await;
    world.skip(Span::minutes(10)).await;
    let said: Vec<Value> = provider.received().iter().map(|mail| mail.json()["content"].clone()).collect();
    assert_eq!(said.len(), 2, "refused for the moment, then taken");
    assert_eq!(said[0], said[1]);
    let link = said[1][0]["value"].as_str().unwrap().trim().to_owned();
    assert!(said[1][1]["value"].as_str().unwrap().contains(&format!("href=\"{link}\"")), "{said:#?}");
    assert_eq!(follows(world, &link).await, SALE);
    let shown = the_reminder(world).await["links"].clone();
    assert_eq!((shown.as_array().unwrap().len(), &shown[0]["clicks"]), (1, &json!(1)), "{shown:#}");
}

async fn links_to_the_shop_say_where_somebody_came_from(world: &World) {
    let shop = format!("/v1/shops/{}", world.shop());
    let utm = json!({ "source": "cartwright", "medium": "inbox", "campaign": "carts" });
    let refused = world.api.patch(&shop, &json!({ "utm": utm })).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["field"]),
        (422, &json!("sites")),
        "it would be added to nothing"
    );
    world.api.patch(&shop, &json!({ "sites": ["acorn.example"], "utm": utm })).await.ok();
    let text = format!("{{{{ '{SALE}' | short_link }}}} {{{{ 'https://elsewhere.example/' | short_link }}}}");
    let mut strategy = reminder("inbox", &json!({ "text": text }));
    strategy["policies"] = json!({ "utm": { "campaign": "tea & cups" } });
    world.publish(&strategy).await;
    leaves_a_cart(world).await;
    let reminder = the_reminder(world).await;
    let tagged =
        "https://acorn.example/sale?of=tea&utm_source=cartwright&utm_medium=inbox&utm_campaign=tea+%26+cups#top";
    assert_eq!(reminder["links"][0]["url"], tagged);
    assert_eq!(reminder["links"][1]["url"], "https://elsewhere.example/", "others are not marked");
    world.skip(Span::minutes(1)).await;
    assert_eq!(follows(world, world.inbox().await[0].split(' ').next().unwrap()).await, tagged);
}

async fn s45_the_links_of_whoever_was_erased_lead_nowhere(world: &World) {
    let links = reminded(world).await;
    follows(world, &links[0]).await;
    let reminder = the_reminder(world).await;
    world.api.delete(&format!("/v1/customers/{}", reminder["customer"].as_str().unwrap())).await.ok();
    for link in &links {
        assert_eq!(asks(Method::GET, link, &[("user-agent", FIREFOX)]).await.status(), 404);
    }
    assert_eq!(the_reminder(world).await["links"], Value::Null);
    assert_eq!(clicked(world).await, 1, "what was counted stays");
}

//! What `cartwright doctor` says of a shop whose channel has a provider.

use cartwright_testkit::database::Database;
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_tests::Client;
use cartwright_tests::serving::{Node, Place};
use serde_json::{Value, json};

const NUMBER: &str = "105500000000000";

async fn with_whatsapp(place: &Place, provider: &Provider, node: &Node, secrets: Value) {
    let operator = Client::new(&node.base, place.ask(&["key", "add", "--database-url", node.database()]));
    let shop = operator.post("/v1/shops", &json!({ "name": "Acorn", "currency": "EUR" })).await.ok();
    let client = operator.of_shop(shop["id"].as_str().unwrap());
    let plugin = client.upload("/v1/plugins", present::component("whatsapp_cloud")).await.ok();
    let mut asks = plugin["asks"].clone();
    client.post(&format!("/v1/plugins/{}/grants", plugin["digest"].as_str().unwrap()), &asks).await.ok();
    asks["hosts"].as_array_mut().unwrap().push(json!({ "host": provider.host(), "methods": ["GET", "POST"] }));
    let channel = json!({
        "plugin": "whatsapp-cloud", "config": { "phone_number_id": NUMBER, "endpoint": provider.url() },
        "grants": asks, "secrets": secrets,
    });
    client.put("/v1/channels/whatsapp", &channel).await.ok();
}

fn number() -> Value {
    json!({ "id": NUMBER, "display_phone_number": "+49 30 123456", "verified_name": "Acorn" })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_asks_whether_credentials_work_and_nobody_where_that_is_said() {
    let provider = Provider::start(Answer::reply(200, number())).await;
    let place = Place::beside(provider.host());
    let database = Database::sqlite().await;
    let node = place.start(0, database.url());
    let secrets = json!({ "access_token": "token", "app_secret": "hush", "verify_token": "any" });
    with_whatsapp(&place, &provider, &node, secrets).await;

    let well = place.doctor(&node, &[]);
    assert!(well.contains("well   Acorn: channel whatsapp answers: Acorn, +49 30 123456\n"), "{well}");
    provider.then(Answer::graph_error(401, 190, "Invalid OAuth access token"));
    let refused = place.doctor(&node, &[]);
    let line = refused.lines().find(|line| line.contains("whatsapp answers")).unwrap();
    assert!(line.starts_with("WRONG  ") && line.contains("Invalid OAuth access token"), "{refused}");
    assert!(line.ends_with("put its credentials right, or see whether it can be reached from here"), "{line}");

    let asked = provider.received().len();
    let offline = place.doctor(&node, &["--offline"]);
    assert!(!offline.contains("answers") && offline.contains("connection whatsapp: not held"), "{offline}");
    assert_eq!(provider.received().len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_asks_as_well_where_a_secret_is_missing_and_the_plugin_says_if_it_cannot_do_without() {
    let provider = Provider::start(Answer::reply(200, number())).await;
    let place = Place::beside(provider.host());
    // What only its webhooks need is missing, or all.
    let known = [(json!({ "access_token": "token" }), "well   "), (json!({}), "WRONG  ")];
    for (number, (secrets, state)) in known.into_iter().enumerate() {
        let database = Database::sqlite().await;
        let node = place.start(number, database.url());
        with_whatsapp(&place, &provider, &node, secrets).await;
        let said = place.doctor(&node, &[]);
        let line = said.lines().find(|line| line.contains("whatsapp answers")).unwrap_or_else(|| panic!("{said}"));
        assert!(line.starts_with(state), "{line}");
        assert!(said.contains("no secret is set for"), "{said}");
        assert_eq!(line.contains("access_token"), state == "WRONG  ", "{line}");
    }
}

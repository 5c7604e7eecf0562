//! Customers come from a table: each is who they were before, the same table again changes nothing, and no list undoes
//! what somebody said (S02, S10, S18).

use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    s10_a_row_joins_whoever_has_its_address,
    s02_the_same_table_again_changes_nothing,
    s18_a_list_lifts_no_later_no,
    a_dry_run_says_the_same_and_takes_nothing,
    one_bad_row_refuses_no_other,
);

const LIST: &str = "E-mail;First Name;Tags;attributes.orders;consent;consent at;consent source\n\
                    ana@example.com;Anna;vip;3;;;\n\
                    ben@example.com;Ben;;;yes;2026-01-31;newsletter of 2026\n";

async fn imports(world: &World, query: &str, table: &str) -> Value {
    let reply = world.api.post_csv(&format!("/v1/customers/import{query}"), table).await;
    world.settle().await;
    reply.ok()
}

async fn customer(world: &World, email: &str) -> Option<Value> {
    let all = world.api.list("/v1/customers").await;
    let found: Vec<Value> = all.into_iter().filter(|customer| customer["email"] == email).collect();
    assert!(found.len() < 2, "{found:#?}");
    let id = found.first()?["id"].as_str()?.to_owned();
    Some(world.api.get(&format!("/v1/customers/{id}")).await.ok())
}

fn counts(imported: &Value) -> [u64; 4] {
    ["rows", "taken", "known", "refused"].map(|name| imported[name].as_u64().unwrap())
}

async fn s10_a_row_joins_whoever_has_its_address(world: &World) {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    world.settle().await;
    let before = customer(world, ANA.email).await.unwrap();
    let list = LIST.replace("ana@example.com", &ANA.email.to_uppercase());
    let imported = imports(world, "", &list).await;
    assert_eq!(counts(&imported), [2, 2, 0, 0], "{imported:#}");
    let fields: Vec<&Value> = imported["columns"].as_array().unwrap().iter().map(|column| &column["field"]).collect();
    let read = ["email", "first_name", "tags", "attributes.orders", "consent", "consent_at", "consent_source"];
    assert_eq!(fields, read.map(Value::from).iter().collect::<Vec<_>>());
    let ana = world.api.get(&format!("/v1/customers/{}", before["id"].as_str().unwrap())).await.ok();
    assert_eq!(
        (&ana["first_name"], &ana["tags"], &ana["attributes"]["orders"]),
        (&json!("Anna"), &json!(["vip"]), &json!(3))
    );
    assert_eq!(ana["consent"], before["consent"], "an empty cell says nothing of consent");
    let ben = customer(world, "ben@example.com").await.unwrap();
    let consent = &ben["consent"];
    assert_eq!((&consent["state"], &consent["source"]), (&json!("subscribed"), &json!("newsletter of 2026")));
    assert!(consent["at"].as_str().unwrap().starts_with("2026-01-31"), "{consent:#}");
}

async fn s02_the_same_table_again_changes_nothing(world: &World) {
    imports(world, "", LIST).await;
    let said = json!({ "email": "ben@example.com", "first_name": "Benedict" });
    world.api.post("/v1/identify", &said).await.ok();
    world.skip(cartwright_domain::time::Span::hours(1)).await;
    let again = imports(world, "", LIST).await;
    assert_eq!(counts(&again), [2, 0, 2, 0], "{again:#}");
    assert_eq!(customer(world, "ben@example.com").await.unwrap()["first_name"], "Benedict");
}

async fn s18_a_list_lifts_no_later_no(world: &World) {
    let said =
        json!({ "email": "ben@example.com", "consent": { "state": "unsubscribed", "at": "2026-02-01T00:00:00Z" } });
    world.api.post("/v1/identify", &said).await.ok();
    imports(world, "", LIST).await;
    assert_eq!(customer(world, "ben@example.com").await.unwrap()["consent"]["state"], "unsubscribed");
    imports(world, "", &LIST.replace("2026-01-31", "2026-02-02")).await;
    assert_eq!(customer(world, "ben@example.com").await.unwrap()["consent"]["state"], "subscribed", "a later yes does");
}

async fn a_dry_run_says_the_same_and_takes_nothing(world: &World) {
    let tried = imports(world, "?dry_run=true", LIST).await;
    assert_eq!(counts(&tried), [2, 2, 0, 0], "{tried:#}");
    assert!(customer(world, "ben@example.com").await.is_none());
}

async fn one_bad_row_refuses_no_other(world: &World) {
    let table = "Mail,Told,Wants\nana@example.com,x,yes\nnobody,x,no\nben@example.com,x,no\n";
    let imported = imports(world, "?map=Told=-,Wants=consent", table).await;
    assert_eq!(counts(&imported), [3, 1, 0, 2], "{imported:#}");
    let errors = imported["errors"].as_array().unwrap();
    assert_eq!((&errors[0]["line"], &errors[0]["field"]), (&json!(2), &json!("consent")), "a yes needs its day");
    assert_eq!((&errors[1]["line"], &errors[1]["field"]), (&json!(3), &json!("email")));
    assert_eq!(customer(world, "ben@example.com").await.unwrap()["consent"]["state"], "unsubscribed");
    let refused = world.api.post_csv("/v1/customers/import", "Name\nAna\n").await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid_request"));
}

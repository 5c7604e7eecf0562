//! The list of strategies, and how one leaves it.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    s27_whoever_stops_a_strategy_ends_its_runs_wherever_they_wait,
    a_strategy_is_deleted_once_it_is_over_and_what_it_did_stays,
    a_strategy_that_nobody_entered_is_deleted_unless_it_is_live,
    the_list_says_over_what_a_strategy_writes_and_how_many_are_under_way,
    messages_are_listed_by_the_version_that_made_them,
);

async fn ana_leaves_a_cart(world: &World) {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.settle().await;
}

fn path_of(strategy: &Value) -> String {
    format!("/v1/strategies/{}", strategy["id"].as_str().unwrap())
}

async fn set_state(world: &World, path: &str, state: &str) {
    world.api.post(&format!("{path}/state"), &json!({ "state": state })).await.ok();
}

/// Why it stays.
async fn stays(world: &World, path: &str) -> String {
    let refused = world.api.delete(path).await;
    assert_eq!((refused.status, refused.problem()), (409, "strategy_at_work"));
    refused.body["detail"].as_str().unwrap().to_owned()
}

async fn s27_whoever_stops_a_strategy_ends_its_runs_wherever_they_wait(world: &World) {
    let one = world.publish_example("add-to-cart-reminder").await;
    let mut other = world.api.get(&path_of(&one)).await.ok()["definition"].clone();
    other["name"] = json!("Another");
    world.publish(&other).await;
    ana_leaves_a_cart(world).await;
    set_state(world, &path_of(&one), "stopped").await;
    let runs = world.api.list("/v1/runs").await;
    let of_one = |run: &Value| run["strategy"] == one["id"];
    let places: Vec<(bool, &Value)> = runs.iter().map(|run| (of_one(run), &run["position"]["at"])).collect();
    assert_eq!(places.len(), 2, "{runs:#?}");
    assert!(places.contains(&(true, &json!("ended"))) && places.contains(&(false, &json!("settling"))), "{runs:#?}");
    world.skip(Span::hours(5)).await;
    assert_eq!(world.inbox().await.len(), 1, "the other goes on");
    world.assert_sound().await;
}

async fn a_strategy_is_deleted_once_it_is_over_and_what_it_did_stays(world: &World) {
    let strategy = world.publish_example("add-to-cart-reminder").await;
    let path = path_of(&strategy);
    ana_leaves_a_cart(world).await;
    assert!(stays(world, &path).await.contains("live; stop it first"));
    set_state(world, &path, "paused").await;
    assert!(stays(world, &path).await.contains("not stopped; stop it first"));
    set_state(world, &path, "stopped").await;
    assert_eq!(world.run().await["position"]["reason"], "stopped");
    assert_eq!(world.api.delete(&path).await.status, 204);

    assert!(world.api.list("/v1/strategies").await.is_empty());
    assert_eq!(world.api.get(&path).await.problem(), "not_found");
    assert_eq!(world.api.delete(&path).await.problem(), "not_found");
    assert_eq!(world.api.list(&format!("{path}/versions")).await.len(), 1);
    let runs = world.api.list(&format!("/v1/runs?strategy={}", strategy["id"].as_str().unwrap())).await;
    assert_eq!(runs.len(), 1);
    world.assert_sound().await;
    world.publish_example("add-to-cart-reminder").await;
    assert_eq!(world.api.list("/v1/strategies").await.len(), 1, "its name is free");
}

async fn a_strategy_that_nobody_entered_is_deleted_unless_it_is_live(world: &World) {
    let strategy = world.publish_example("add-to-cart-reminder").await;
    let path = path_of(&strategy);
    assert!(stays(world, &path).await.contains("live; stop it first"));
    set_state(world, &path, "paused").await;
    assert_eq!(world.api.delete(&path).await.status, 204);
    ana_leaves_a_cart(world).await;
    world.skip(Span::hours(5)).await;
    assert_eq!((world.inbox_size().await, world.messages().await.len()), (0, 0));
}

async fn the_list_says_over_what_a_strategy_writes_and_how_many_are_under_way(world: &World) {
    let made_at = world.now();
    let strategy = world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world).await;
    world.skip(Span::hours(1)).await;
    set_state(world, &path_of(&strategy), "closed").await;
    let line = async || world.api.list("/v1/strategies").await.remove(0);
    let listed = line().await;
    assert_eq!((&listed["channels"], &listed["running"]), (&json!(["inbox"]), &json!(1)));
    assert_eq!((&listed["created_at"], &listed["changed_at"]), (&json!(made_at), &json!(world.now())));
    world.skip(Span::hours(4)).await;
    assert_eq!(line().await["running"], 0);
}

async fn messages_are_listed_by_the_version_that_made_them(world: &World) {
    let strategy = world.publish_example("add-to-cart-reminder").await;
    let path = path_of(&strategy);
    ana_leaves_a_cart(world).await;
    world.skip(Span::hours(4)).await;
    world.api.put(&path, &strategy["definition"]).await.ok();
    let versions = world.api.list(&format!("{path}/versions")).await;
    let made = async |version: &Value| {
        let id = version["id"].as_str().unwrap();
        world.api.list(&format!("/v1/messages?version={id}")).await.len()
    };
    assert_eq!((made(&versions[1]).await, made(&versions[0]).await), (1, 0));
    assert_eq!(world.api.get("/v1/messages?version=2").await.problem(), "invalid_query");
}

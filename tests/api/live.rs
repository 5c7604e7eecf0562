//! Messages and runs are told of as they come and change: to whoever may see them, and to nobody else.

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, Person, TEAPOT};
use futures_util::StreamExt;
use tower::ServiceExt;

use crate::asking::Service;

/// What is being told, piece by piece.
struct Listening(BodyDataStream);

impl Listening {
    async fn to(service: &Service, list: &str, key: &str) -> Self {
        let request =
            Request::builder().uri(format!("/v1/{list}/stream")).header("authorization", format!("Bearer {key}"));
        let answer = service.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let mut listening = Self(answer.into_body().into_data_stream());
        assert_eq!(listening.next().await.as_deref(), Some("event: ready\ndata: {}\n\n"));
        listening
    }

    /// The next event; none once it is over.
    async fn next(&mut self) -> Option<String> {
        let piece = self.0.next().await?;
        Some(String::from_utf8(piece.unwrap().to_vec()).unwrap())
    }

    /// Everything until it is over, while time passes.
    async fn rest(mut self, service: &Service) -> String {
        let mut told = String::new();
        let listening = async {
            while let Some(event) = self.next().await {
                told.push_str(&event);
            }
        };
        let passing = async {
            loop {
                service.world.skip(Span::seconds(2)).await;
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { () = listening => {}, () = passing => {} }
        told
    }
}

#[tokio::test]
async fn messages_are_told_as_they_come_and_only_to_their_own_shop() {
    let service = Service::busy().await;
    let own = Listening::to(&service, "messages", &service.own).await;
    let foreign = Listening::to(&service, "messages", &service.foreign).await;
    let world = &service.world;
    let ben = Person { id: 72, first_name: "Ben", email: "ben@acorn.example", phone: None, ..ANA };
    let checkout = shopify::checkout("c8checkout", Some("hWN5cart"), &ben, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN5cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(5)).await;
    let told = own.rest(&service).await;
    assert_eq!(told.matches("event: message").count(), 1, "the one of before was known: {told}");
    assert!(told.contains("\"state\":\"accepted\""), "{told}");
    assert_eq!(foreign.rest(&service).await, "");
}

#[tokio::test]
async fn runs_are_told_as_they_begin_and_go_on_and_only_to_their_own_shop() {
    let service = Service::busy().await;
    let own = Listening::to(&service, "runs", &service.own).await;
    let foreign = Listening::to(&service, "runs", &service.foreign).await;
    let world = &service.world;
    let ben = Person { id: 72, first_name: "Ben", email: "ben@acorn.example", phone: None, ..ANA };
    let checkout = shopify::checkout("c8checkout", Some("hWN5cart"), &ben, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN5cart", &[TEAPOT], world.now())).await, 200);
    let told = own.rest(&service).await;
    assert_eq!(told.matches("event: run").count(), 1, "the one of before was known: {told}");
    assert!(told.contains("\"position\":"), "{told}");
    assert_eq!(foreign.rest(&service).await, "");
}

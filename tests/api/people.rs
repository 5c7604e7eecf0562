//! People who sign in: by a link that works once, with a role that goes as far as it goes, from our own page only.

use axum::body::Body;
use axum::http::Request;
use cartwright_domain::ids::ShopId;
use cartwright_domain::user::{Purpose, Role};
use serde_json::{Value, json};

use crate::asking::{Answer, Service, operations};

const PASSWORD: &str = "correct horse battery";

/// Somebody who is signed in.
struct Person {
    cookie: String,
    csrf: String,
    id: String,
}

impl Person {
    /// Who an answer signs in.
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text);
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let person = &answer.json()["person"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { cookie, csrf: text(&person["csrf"]), id: text(&person["id"]) }
    }

    /// Asks as the console does.
    async fn ask(&self, service: &Service, method: &str, path: &str, body: Option<&str>) -> Answer {
        self.ask_about(service, None, method, path, body).await
    }

    async fn ask_about(
        &self,
        service: &Service,
        shop: Option<&str>,
        method: &str,
        path: &str,
        body: Option<&str>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("cookie", &self.cookie);
        request = request.header("cartwright-csrf", &self.csrf).header("content-type", "application/json");
        if let Some(shop) = shop {
            request = request.header("cartwright-shop", shop);
        }
        service.send(request.body(Body::from(body.unwrap_or_default().to_owned())).unwrap()).await
    }

    async fn is_signed_in(&self, service: &Service) -> bool {
        let session = self.ask(service, "GET", "/v1/session", None).await.json();
        session["person"].is_object()
    }
}

async fn open(service: &Service, method: &str, path: &str, body: Value) -> Answer {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    service.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn sign_in(service: &Service, name: &str, password: &str) -> Answer {
    open(service, "POST", "/v1/session", json!({ "name": name, "password": password })).await
}

async fn redeem(service: &Service, link: &str, name: &str) -> Answer {
    open(service, "POST", "/v1/links/redeem", json!({ "link": link, "name": name, "password": PASSWORD })).await
}

/// Somebody new with a role in a shop.
async fn member(service: &Service, shop: &str, role: Role, name: &str) -> Person {
    let shop: ShopId = shop.parse().unwrap();
    let (_, link) = service.world.engine.make_link(Purpose::Join { shop, role }).await.unwrap();
    Person::of(&redeem(service, &link, name).await)
}

async fn other_shop(service: &Service) -> String {
    let shops = service.world.engine.store.shops().await.unwrap();
    shops.iter().map(|shop| shop.id.to_string()).find(|id| *id != service.shop).unwrap()
}

#[tokio::test]
async fn the_first_user_is_made_by_a_link_that_works_once() {
    let service = Service::quiet().await;
    let engine = &service.world.engine;
    let (first, second) = (engine.first_link().await.unwrap().unwrap(), engine.first_link().await.unwrap().unwrap());
    let look = open(&service, "POST", "/v1/links/look", json!({ "link": first })).await;
    assert_eq!(look.json()["purpose"], "first");
    let short = json!({ "link": first, "name": "ana", "password": "short" });
    let refused = open(&service, "POST", "/v1/links/redeem", short).await;
    assert_eq!(refused.json()["errors"][0]["field"], "password");
    let made = redeem(&service, &first, "Ana@Shop.Example").await;
    let cookie = made.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Secure"), "{cookie}");
    let ana = Person::of(&made);
    let person = ana.ask(&service, "GET", "/v1/session", None).await.json()["person"].clone();
    assert_eq!((&person["name"], &person["standing"]), (&json!("ana@shop.example"), &json!("operator")));
    assert_eq!(person["shops"].as_array().unwrap().len(), 2);
    for used in [&first, &second] {
        assert_eq!(redeem(&service, used, "ben").await.code(), "link_gone");
        assert_eq!(open(&service, "POST", "/v1/links/look", json!({ "link": used })).await.status, 410);
    }
    assert_eq!(engine.first_link().await.unwrap(), None);
}

#[tokio::test]
async fn somebody_signs_in_with_name_and_password_and_out_again() {
    let service = Service::quiet().await;
    member(&service, &service.shop, Role::Viewer, "ana").await;
    let ana = Person::of(&sign_in(&service, " ANA ", PASSWORD).await);
    assert!(ana.is_signed_in(&service).await);
    assert_eq!(ana.ask(&service, "GET", "/v1/runs", None).await.status, 200);
    let out = ana.ask(&service, "DELETE", "/v1/session", None).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
    assert!(!ana.is_signed_in(&service).await);
    assert_eq!(ana.ask(&service, "GET", "/v1/runs", None).await.code(), "unauthorized");
}

#[tokio::test]
async fn who_guesses_passwords_has_to_wait_and_learns_no_names() {
    let service = Service::quiet().await;
    member(&service, &service.shop, Role::Viewer, "ana").await;
    let (wrong, nobody) = (sign_in(&service, "ana", "wrong").await, sign_in(&service, "nobody", "wrong").await);
    assert_eq!((wrong.status, wrong.code().as_str()), (401, "wrong_password"));
    assert_eq!((nobody.code(), nobody.json()["detail"].clone()), (wrong.code(), wrong.json()["detail"].clone()));
    for _ in 0..4 {
        assert_eq!(sign_in(&service, "ana", "wrong").await.code(), "wrong_password");
    }
    assert_eq!(sign_in(&service, "ana", PASSWORD).await.code(), "too_many_attempts");
    service.world.skip(cartwright_domain::time::Span::minutes(6)).await;
    assert_eq!(sign_in(&service, "ana", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn another_site_cannot_make_a_browser_change_anything() {
    let service = Service::quiet().await;
    let ana = member(&service, &service.shop, Role::Owner, "ana").await;
    let change = |csrf: Option<String>, site: &'static str| {
        let mut request = Request::patch(format!("/v1/shops/{}", service.shop));
        request = request.header("cookie", &ana.cookie).header("content-type", "application/json");
        request = request.header("sec-fetch-site", site);
        if let Some(csrf) = csrf {
            request = request.header("cartwright-csrf", csrf);
        }
        service.send(request.body(Body::from(r#"{"name":"Changed"}"#)).unwrap())
    };
    assert_eq!(change(None, "same-origin").await.code(), "forged_request");
    assert_eq!(change(Some("guessed".into()), "same-origin").await.code(), "forged_request");
    assert_eq!(change(Some(ana.csrf.clone()), "cross-site").await.code(), "forged_request");
    assert_ne!(service.see(&format!("/v1/shops/{}", service.shop)).await["name"], "Changed");
    assert_eq!(change(Some(ana.csrf.clone()), "same-origin").await.status, 200);
}

/// Whether a role is enough, said once more and in other words than the service says it.
fn is_enough(role: Role, method: &str, path: &str) -> bool {
    let of = |parts: &[&str]| parts.iter().any(|part| path.starts_with(part));
    let tries = of(&["/v1/strategies/check", "/v1/strategies/preview", "/v1/contents/preview"]);
    let looks = method == "GET" || tries || path == "/v1/session";
    let of_owner = of(&["/v1/people", "/v1/shops/{shop}/keys", "/v1/audit"]);
    let of_operator = path.ends_with("/limits") || path == "/v1/metrics" || (method, path) == ("POST", "/v1/shops");
    match role {
        _ if of_operator => false,
        Role::Owner => true,
        _ if of_owner => false,
        _ if looks => true,
        Role::Viewer => false,
        // A template says something; asking which there are says nothing.
        _ if path == "/v1/channels/{name}/templates" => role == Role::Editor,
        Role::Editor => {
            let written = ["/v1/strategies", "/v1/contents", "/v1/test-addresses", "/v1/chat-links", "/v1/replies"];
            of(&written) || of(&["/v1/demo"])
        }
        Role::Integrator => {
            let told = ["/v1/events", "/v1/asides", "/v1/identify", "/v1/customers/import"];
            of(&["/v1/plugins", "/v1/channels", "/v1/sources"]) || of(&told)
        }
    }
}

#[tokio::test]
async fn a_role_goes_as_far_as_it_goes_at_every_operation() {
    let service = Service::busy().await;
    for role in Role::ALL {
        let person = member(&service, &service.shop, role, role.name()).await;
        for (method, path, public) in operations() {
            // The demo's operations exist only there; signing out is what `somebody_signs_in…` tells of.
            if public || path.starts_with("/v1/demo") || path == "/v1/session" {
                continue;
            }
            let parts = path.split('/').map(|part| match part {
                "{shop}" => service.shop.as_str(),
                part if part.starts_with('{') => "0192f3a0-0000-7000-8000-000000000001",
                part => part,
            });
            let own = parts.collect::<Vec<_>>().join("/");
            let answer = person.ask(&service, &method, &own, Some("[]")).await;
            let is_refused = answer.status == 403;
            assert_eq!(!is_refused, is_enough(role, &method, &path), "{role:?} {method} {path}: {}", answer.text);
            assert!(!is_refused || matches!(answer.code().as_str(), "role_too_small" | "operator_only"));
        }
    }
}

#[tokio::test]
async fn who_has_a_role_in_one_shop_sees_nothing_of_another() {
    let service = Service::busy().await;
    let other = other_shop(&service).await;
    let ben = member(&service, &other, Role::Owner, "ben").await;
    let shops = ben.ask(&service, "GET", "/v1/shops", None).await.json();
    assert_eq!(shops["items"].as_array().unwrap().len(), 1);
    assert_eq!(shops["items"][0]["id"], other.as_str());
    for (method, path, public) in operations() {
        if public || path.starts_with("/v1/demo") || path == "/v1/session" || path == "/v1/shops" {
            continue;
        }
        let parts = path.split('/').map(|part| match part {
            "{shop}" => service.shop.as_str(),
            part if part.starts_with('{') => "0192f3a0-0000-7000-8000-000000000001",
            part => part,
        });
        let address = parts.collect::<Vec<_>>().join("/");
        let answer = ben.ask_about(&service, Some(&service.shop), &method, &address, Some("{}")).await;
        let is_hidden = (answer.status, answer.code().as_str()) == (404, "not_found");
        let is_refused = (answer.status, answer.code().as_str()) == (403, "operator_only");
        assert!(is_hidden || is_refused, "{method} {path}: {} {}", answer.status, answer.text);
        assert!(!answer.text.contains("Ana") && !answer.text.contains("Acorn"), "{method} {path}");
    }
}

#[tokio::test]
async fn an_owner_invites_people_and_what_they_may_changes_at_once() {
    let service = Service::quiet().await;
    let ana = member(&service, &service.shop, Role::Owner, "ana").await;
    let link = ana.ask(&service, "POST", "/v1/people/invitations", Some(r#"{"role":"viewer"}"#)).await;
    let url = link.json()["url"].as_str().unwrap().to_owned();
    let text = url.strip_prefix("https://cartwright.example/console/welcome#").unwrap();
    let ben = Person::of(&redeem(&service, text, "ben").await);
    let people = ana.ask(&service, "GET", "/v1/people", None).await.json();
    let names: Vec<&str> =
        people["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ana", "ben"]);
    assert!(!people.to_string().contains("argon2"));
    let invite = |role: &str| format!(r#"{{"role":"{role}"}}"#);
    assert_eq!(ben.ask(&service, "GET", "/v1/people", None).await.code(), "role_too_small");
    let address = format!("/v1/people/{}", ben.id);
    assert_eq!(ana.ask(&service, "PUT", &address, Some(&invite("owner"))).await.status, 200);
    assert_eq!(ben.ask(&service, "GET", "/v1/people", None).await.status, 200);
    let foreign = member(&service, &other_shop(&service).await, Role::Owner, "cleo").await;
    assert_eq!(foreign.ask(&service, "PUT", &address, Some(&invite("viewer"))).await.code(), "not_found");
    assert_eq!(foreign.ask(&service, "DELETE", &address, None).await.code(), "not_found");
    assert_eq!(ana.ask(&service, "DELETE", &address, None).await.status, 204);
    assert_eq!(ben.ask(&service, "GET", "/v1/runs", None).await.code(), "shop_not_named");
    assert_eq!(ben.ask_about(&service, Some(&service.shop), "GET", "/v1/runs", None).await.code(), "not_found");
}

#[tokio::test]
async fn another_password_signs_out_everywhere() {
    let service = Service::quiet().await;
    let ana = member(&service, &service.shop, Role::Viewer, "ana").await;
    let user = ana.id.parse().unwrap();
    let (_, link) = service.world.engine.make_link(Purpose::NewPassword { user }).await.unwrap();
    let chosen = json!({ "link": link, "password": "another password" });
    let again = Person::of(&open(&service, "POST", "/v1/links/redeem", chosen).await);
    assert!(!ana.is_signed_in(&service).await && again.is_signed_in(&service).await);
    assert_eq!(sign_in(&service, "ana", PASSWORD).await.code(), "wrong_password");
    assert_eq!(sign_in(&service, "ana", "another password").await.status, 200);
}

//! People who sign in at an OpenID provider: only whom it proves, only with an account or a rule, only to our pages.

mod issuer;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use cartwright_api::ApiOptions;
use cartwright_domain::ids::ShopId;
use cartwright_domain::oidc::Admission;
use cartwright_domain::time::Span;
use cartwright_domain::user::{Role, Standing, User};
use cartwright_engine::{Engine, Oidc};
use cartwright_oidc::{Provider, ProviderSettings};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::asking::{Answer, Service};
use issuer::{CLIENT, Issuer, SECRET, Signer};

/// A service with a provider, and somebody at a browser.
struct Lobby {
    service: Service,
    issuer: Issuer,
    router: Router,
    engine: Engine,
}

/// What a browser has after it was sent away: its cookie, and where to.
struct Away {
    cookie: String,
    address: String,
}

impl Lobby {
    async fn open() -> Self {
        Self::with(|_| Admission::default()).await
    }

    /// With rules about who gets in, which may name the shop.
    async fn with(admission: impl FnOnce(&str) -> Admission) -> Self {
        let service = Service::quiet().await;
        let issuer = Issuer::start(service.world.now().millis() / 1_000).await;
        let admission = admission(&service.shop);
        let settings = ProviderSettings {
            issuer: issuer.base.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(SECRET.to_owned().into()),
            scopes: vec!["email".to_owned()],
            group_claim: (!admission.rules.is_empty()).then(|| "/realm/groups".to_owned()),
        };
        let provider = Arc::new(Provider::new(settings).unwrap());
        let engine = service.world.engine.clone().with_public_url("https://cartwright.example/");
        let engine = engine.with_oidc(Oidc { label: "Acme".to_owned(), admission, provider });
        let router = cartwright_api::router(engine.clone(), ApiOptions::new("https://cartwright.example/"));
        Self { service, issuer, router, engine }
    }

    /// Somebody with an account and a role in the shop.
    async fn add(&self, name: &str, role: Role) -> User {
        let now = self.engine.now();
        let id = self.engine.entropy.mint(now).next();
        let password = "no hash of any password".to_owned();
        let user = User { id, name: name.to_owned(), standing: Standing::Member, password, created_at: now };
        self.engine.store.add_user(&user).await.unwrap();
        self.engine.store.set_role(self.shop(), id, Some(role)).await.unwrap();
        user
    }

    fn shop(&self) -> ShopId {
        self.service.shop.parse().unwrap()
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let text = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// A browser is sent to the provider.
    async fn leave(&self, to: &str) -> Away {
        let answer = self.get(&format!("/v1/session/oidc?to={to}"), "").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        Away { cookie: cookie_of(&answer, "cartwright-oidc"), address: answer.header("location").to_owned() }
    }

    /// It comes back with what it was given there.
    async fn come_back(&self, cookie: &str, (state, code): &(String, String)) -> Answer {
        self.get(&format!("/v1/session/oidc/callback?state={state}&code={code}&session_state=x"), cookie).await
    }

    /// All of it, with claims that differ from the usual.
    async fn sign_in(&self, claims: Value) -> Answer {
        let away = self.leave("/").await;
        let brought = self.issuer.consent(&away.address, claims);
        self.come_back(&away.cookie, &brought).await
    }

    /// Who is signed in after an answer.
    async fn person(&self, answer: &Answer) -> Value {
        assert_eq!(answer.header("location"), "/console/", "{}", answer.text);
        self.get("/v1/session", &cookie_of(answer, "cartwright-session")).await.json()["person"].clone()
    }

    async fn people(&self) -> usize {
        self.engine.store.users().await.unwrap().len()
    }

    /// Time goes on, at the provider too.
    async fn wait(&self, span: Span) {
        self.service.world.skip(span).await;
        self.issuer.at(self.service.world.now().millis() / 1_000);
    }
}

fn set_cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
}

/// A cookie that an answer leaves, as a browser sends it.
fn cookie_of(answer: &Answer, name: &str) -> String {
    let of_name = |cookie: &&str| cookie.starts_with(&format!("{name}="));
    let cookie = set_cookies(answer).into_iter().find(of_name).unwrap_or_else(|| panic!("no {name}: {answer:?}"));
    cookie.split(';').next().unwrap().to_owned()
}

/// The reason by which nobody was signed in.
fn refusal(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    let cookies = set_cookies(answer);
    assert!(cookies.iter().all(|cookie| !cookie.starts_with("cartwright-session")), "{cookies:?}");
    let reason = answer.header("location").strip_prefix("/console/sign-in?refused=");
    reason.unwrap_or_else(|| panic!("{}", answer.header("location"))).to_owned()
}

#[tokio::test]
async fn who_has_an_account_signs_in_by_their_verified_address_and_by_nothing_but_themselves_ever_after() {
    let lobby = Lobby::open().await;
    let ana = lobby.add("ana@shop.example", Role::Owner).await;
    let first = lobby.sign_in(json!({ "email": "Ana@Shop.Example" })).await;
    let person = lobby.person(&first).await;
    assert_eq!((&person["id"], &person["shops"][0]["role"]), (&json!(ana.id), &json!("owner")));
    // The provider knows them by another address meanwhile, or says none.
    for claims in [json!({ "email": "ana@elsewhere.example" }), json!({ "email": null, "email_verified": null })] {
        let again = lobby.sign_in(claims).await;
        assert_eq!(lobby.person(&again).await["id"], json!(ana.id));
    }
    assert_eq!(lobby.people().await, 1);
}

#[tokio::test]
async fn a_session_by_a_provider_is_a_session_as_any_other_and_the_audit_names_its_person() {
    let lobby = Lobby::open().await;
    lobby.add("ana@shop.example", Role::Owner).await;
    let signed_in = lobby.sign_in(json!({})).await;
    let session = set_cookies(&signed_in).into_iter().find(|cookie| cookie.starts_with("cartwright-session=")).unwrap();
    assert!(session.contains("; HttpOnly; SameSite=Strict; Secure"), "{session}");
    let cookie = cookie_of(&signed_in, "cartwright-session");
    let csrf = lobby.person(&signed_in).await["csrf"].as_str().unwrap().to_owned();
    let path = format!("/v1/shops/{}", lobby.service.shop);
    let change = |csrf: &str| {
        let request = Request::patch(&path).header("cookie", &cookie).header("cartwright-csrf", csrf);
        let request = request.header("content-type", "application/json");
        lobby.send(request.body(Body::from(r#"{"name":"Changed"}"#)).unwrap())
    };
    assert_eq!(change("guessed").await.code(), "forged_request");
    assert_eq!(change(&csrf).await.status, 200);
    let audit = lobby.get("/v1/audit", &cookie).await.json();
    let lines = audit["items"].as_array().unwrap();
    let line = lines.iter().find(|line| line["operation"] == "PATCH /v1/shops/{shop}").expect("a line");
    assert_eq!((&line["by"], &line["with"]), (&json!("ana@shop.example"), &json!("person")), "{line}");
}

#[tokio::test]
async fn whoever_the_token_does_not_prove_is_not_signed_in() {
    let lobby = Lobby::open().await;
    lobby.add("ana@shop.example", Role::Viewer).await;
    let now = lobby.service.world.now().millis() / 1_000;
    let wrong = [
        ("another attempt", json!({ "nonce": "another" })),
        ("no attempt", json!({ "nonce": null })),
        ("another audience", json!({ "aud": "somebody else" })),
        ("no audience", json!({ "aud": null })),
        ("an audience beside us", json!({ "aud": [CLIENT, "somebody else"] })),
        ("given to another", json!({ "azp": "somebody else" })),
        ("another issuer", json!({ "iss": "https://id.example" })),
        ("expired", json!({ "exp": now - 61 })),
        ("never expires", json!({ "exp": null })),
        ("of the future", json!({ "iat": now + 120 })),
        ("not yet", json!({ "nbf": now + 120 })),
        ("nobody", json!({ "sub": null })),
        ("an empty subject", json!({ "sub": "" })),
    ];
    for (what, claims) in wrong {
        assert_eq!(refusal(&lobby.sign_in(claims).await), "unproved", "{what}");
    }
    let fine =
        [json!({ "aud": [CLIENT] }), json!({ "aud": [CLIENT, "api"], "azp": CLIENT }), json!({ "exp": now - 59 })];
    for claims in fine {
        assert_eq!(lobby.person(&lobby.sign_in(claims.clone()).await).await["name"], "ana@shop.example", "{claims}");
    }
}

#[tokio::test]
async fn a_token_that_no_key_of_the_provider_has_signed_proves_nothing() {
    let lobby = Lobby::open().await;
    lobby.add("ana@shop.example", Role::Viewer).await;
    assert_eq!(lobby.person(&lobby.sign_in(json!({})).await).await["name"], "ana@shop.example");
    for (what, header) in [("another type", json!({ "typ": "at+jwt" })), ("must understand", json!({ "crit": ["x"] }))]
    {
        lobby.issuer.heads(header);
        assert_eq!(refusal(&lobby.sign_in(json!({})).await), "unproved", "{what}");
    }
    lobby.issuer.heads(json!({}));
    // Each calls itself by the name of the published key.
    for (what, signer) in [
        ("another key", Signer::ecdsa()),
        ("nobody", Signer::Nobody),
        ("the secret", Signer::Secret),
        ("RSA", Signer::rsa()),
    ] {
        lobby.issuer.signs_with(signer, false);
        assert_eq!(refusal(&lobby.sign_in(json!({})).await), "unproved", "{what}");
    }
}

#[tokio::test]
async fn a_provider_may_change_its_keys_and_sign_with_rsa() {
    let lobby = Lobby::open().await;
    lobby.add("ana@shop.example", Role::Viewer).await;
    lobby.person(&lobby.sign_in(json!({})).await).await;
    assert_eq!(lobby.issuer.metadata_asked(), 1);
    lobby.issuer.signs_with(Signer::rsa(), true);
    // It was asked a moment ago: whoever signs with unknown keys does not make us ask again and again.
    assert_eq!(refusal(&lobby.sign_in(json!({})).await), "unproved");
    lobby.wait(Span::seconds(11)).await;
    assert_eq!(lobby.person(&lobby.sign_in(json!({})).await).await["name"], "ana@shop.example");
    assert_eq!(lobby.issuer.metadata_asked(), 2);
}

#[tokio::test]
async fn nobody_gets_in_without_an_account_nor_by_an_address_that_is_not_proved_to_be_theirs() {
    let lobby = Lobby::with(|_| Admission { domains: vec!["shop.example".to_owned()], rules: Vec::new() }).await;
    lobby.add("ana@shop.example", Role::Owner).await;
    lobby.add("ben@other.example", Role::Owner).await;
    for unverified in [json!({ "email_verified": false }), json!({ "email_verified": null }), json!({ "email": null })]
    {
        assert_eq!(refusal(&lobby.sign_in(unverified.clone()).await), "unverified", "{unverified}");
    }
    assert_eq!(refusal(&lobby.sign_in(json!({ "email": "eve@shop.example" })).await), "unknown");
    assert_eq!(refusal(&lobby.sign_in(json!({ "email": "ben@other.example" })).await), "elsewhere");
    assert_eq!(lobby.person(&lobby.sign_in(json!({})).await).await["name"], "ana@shop.example");
    // Somebody else was given the address since.
    assert_eq!(refusal(&lobby.sign_in(json!({ "sub": "eve-1" })).await), "another_account");
    assert_eq!(lobby.people().await, 2);
}

#[tokio::test]
async fn an_attempt_is_good_once_in_its_own_browser_and_for_ten_minutes() {
    let lobby = Lobby::open().await;
    lobby.add("ana@shop.example", Role::Viewer).await;
    let (away, other) = (lobby.leave("/").await, lobby.leave("/").await);
    let brought = lobby.issuer.consent(&away.address, json!({}));
    assert_eq!(refusal(&lobby.come_back("", &brought).await), "over", "no cookie");
    assert_eq!(refusal(&lobby.come_back(&other.cookie, &brought).await), "over", "another browser");
    let forged = (format!("{}x", brought.0), brought.1.clone());
    assert_eq!(refusal(&lobby.come_back(&away.cookie, &forged).await), "over", "another state");
    lobby.issuer.keeps_codes();
    let done = lobby.come_back(&away.cookie, &brought).await;
    lobby.person(&done).await;
    assert_eq!(cookie_of(&done, "cartwright-oidc"), "cartwright-oidc=", "the browser forgets it");
    // A provider that takes a code twice changes nothing: what it proved was used.
    assert_eq!(refusal(&lobby.come_back(&away.cookie, &brought).await), "over", "replayed");
    let late = lobby.issuer.consent(&other.address, json!({}));
    lobby.wait(Span::minutes(10)).await;
    assert_eq!(refusal(&lobby.come_back(&other.cookie, &late).await), "over", "too late");
}

#[tokio::test]
async fn a_code_of_another_attempt_is_not_taken() {
    let lobby = Lobby::open().await;
    lobby.add("ana@shop.example", Role::Viewer).await;
    let (away, evil) = (lobby.leave("/").await, lobby.leave("/").await);
    let (_, code) = lobby.issuer.consent(&evil.address, json!({}));
    let (state, _) = lobby.issuer.consent(&away.address, json!({}));
    assert_eq!(refusal(&lobby.come_back(&away.cookie, &(state, code)).await), "unproved");
}

#[tokio::test]
async fn a_browser_is_led_to_our_own_pages_only() {
    let lobby = Lobby::open().await;
    lobby.add("ana@shop.example", Role::Viewer).await;
    let led = async |to: &str| {
        let away = lobby.leave(to).await;
        let brought = lobby.issuer.consent(&away.address, json!({}));
        lobby.come_back(&away.cookie, &brought).await.header("location").to_owned()
    };
    assert_eq!(led("/0192/runs%3Fversion%3D3").await, "/console/0192/runs?version=3");
    for other in ["//evil.example", "https://evil.example", "/%5Cevil.example", "@evil.example", "/%0D%0Ax:y", ""] {
        assert_eq!(led(other).await, "/console/", "{other}");
    }
}

#[tokio::test]
async fn groups_make_people_and_say_each_time_what_they_are() {
    let rules = |shop: &str| {
        let rules = [format!("staff=editor@{shop}"), "root=operator".to_owned()];
        Admission { domains: Vec::new(), rules: rules.iter().map(|rule| rule.parse().unwrap()).collect() }
    };
    let lobby = Lobby::with(rules).await;
    let of = |groups: Value| json!({ "realm": { "groups": groups } });
    assert_eq!(refusal(&lobby.sign_in(of(json!(["others"]))).await), "unknown");
    let made = lobby.sign_in(of(json!(["staff", "others"]))).await;
    let person = lobby.person(&made).await;
    assert_eq!((&person["name"], &person["standing"]), (&json!("ana@shop.example"), &json!("member")));
    assert_eq!(
        person["shops"],
        json!([{
            "id": lobby.service.shop, "name": "Acorn and Oak", "time_zone": "Europe/Berlin", "currency": "EUR",
            "role": "editor"
        }])
    );
    let operator = lobby.person(&lobby.sign_in(of(json!("root"))).await).await;
    assert_eq!((&operator["id"], &operator["standing"]), (&person["id"], &json!("operator")));
    // Who is in none of the groups any more does not get in, whatever they were.
    assert_eq!(refusal(&lobby.sign_in(of(json!([]))).await), "unknown");
    // They have no password, and an empty one is not theirs.
    let body = json!({ "name": "ana@shop.example", "password": "" }).to_string();
    let by_password = Request::post("/v1/session").header("content-type", "application/json").body(Body::from(body));
    assert_eq!(lobby.send(by_password.unwrap()).await.code(), "wrong_password");
    // What people here were given stays theirs to give.
    let ben = lobby.add("ben@shop.example", Role::Viewer).await;
    let root = json!({ "sub": "ben-1", "email": "ben@shop.example", "realm": { "groups": ["root"] } });
    let linked = lobby.person(&lobby.sign_in(root).await).await;
    assert_eq!((&linked["id"], &linked["standing"]), (&json!(ben.id), &json!("member")));
}

#[tokio::test]
async fn what_the_token_leaves_out_is_asked_for_and_must_be_about_the_same_person() {
    let lobby = Lobby::open().await;
    lobby.add("ana@shop.example", Role::Viewer).await;
    let bare = json!({ "email": null, "email_verified": null });
    lobby.issuer.tells(json!({ "sub": "eve-1", "email": "ana@shop.example", "email_verified": true }));
    assert_eq!(refusal(&lobby.sign_in(bare.clone()).await), "unproved");
    lobby.issuer.tells(json!({ "sub": "ana-1", "email": "ana@shop.example", "email_verified": true }));
    // Half a statement from here and half from there would be one that nobody made.
    assert_eq!(refusal(&lobby.sign_in(json!({ "email_verified": null })).await), "unverified");
    assert_eq!(lobby.person(&lobby.sign_in(bare).await).await["name"], "ana@shop.example");
}

#[tokio::test]
async fn who_says_no_at_the_provider_or_finds_it_silent_is_told_so() {
    let lobby = Lobby::open().await;
    let denied = lobby.get("/v1/session/oidc/callback?error=access_denied&state=x", "").await;
    assert_eq!(refusal(&denied), "unproved");
    let settings = ProviderSettings {
        // A port at which nobody listens any more.
        issuer: format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()),
        client_id: CLIENT.to_owned(),
        client_secret: None,
        scopes: Vec::new(),
        group_claim: None,
    };
    let provider = Arc::new(Provider::new(settings).unwrap());
    let silent = Oidc { label: "Acme".to_owned(), admission: Admission::default(), provider };
    let router = cartwright_api::router(lobby.engine.clone().with_oidc(silent), ApiOptions::new("http://x"));
    let lobby = Lobby { router, ..lobby };
    assert_eq!(refusal(&lobby.get("/v1/session/oidc", "").await), "unreachable");
}

#[tokio::test]
async fn the_page_for_signing_in_is_told_of_the_provider_where_there_is_one() {
    let lobby = Lobby::open().await;
    assert_eq!(lobby.get("/v1/session", "").await.json(), json!({ "mode": "serve", "oidc": "Acme" }));
    let without = &lobby.service;
    let ask = async |path: &str| without.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(ask("/v1/session").await.json(), json!({ "mode": "serve" }));
    for path in ["/v1/session/oidc", "/v1/session/oidc/callback?state=x&code=y"] {
        let answer = ask(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
}

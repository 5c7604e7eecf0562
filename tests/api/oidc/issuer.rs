//! An OpenID provider on the loopback interface: it believes whatever a test says of somebody, and holds the service
//! to the protocol.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

pub(super) const CLIENT: &str = "carts & co";
pub(super) const SECRET: &str = "s3cret/+ of the client";
pub(super) const CALLBACK: &str = "https://cartwright.example/v1/session/oidc/callback";

/// With what a token is signed.
#[derive(Clone)]
pub(super) enum Signer {
    Ecdsa(Arc<EcdsaKeyPair>),
    Rsa(Arc<RsaKeyPair>),
    /// Nothing: `none`.
    Nobody,
    /// The client's secret, as HMAC.
    Secret,
}

impl Signer {
    pub(super) fn ecdsa() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self::Ecdsa(Arc::new(pair))
    }

    pub(super) fn rsa() -> Self {
        let document = include_bytes!("../../fixtures/oidc-rs256.der");
        Self::Rsa(Arc::new(RsaKeyPair::from_der(document).unwrap()))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ecdsa(_) => "ES256",
            Self::Rsa(_) => "RS256",
            Self::Nobody => "none",
            Self::Secret => "HS256",
        }
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ecdsa(pair) => pair.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::Nobody => Vec::new(),
            Self::Secret => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
                ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
        }
    }

    /// The public key as it is published.
    fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Ecdsa(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
                json!({ "kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "alg": "ES256", "x": x, "y": y })
            }
            Self::Rsa(pair) => {
                let public: ring::rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
                let (n, e) = (URL_SAFE_NO_PAD.encode(public.n), URL_SAFE_NO_PAD.encode(public.e));
                json!({ "kty": "RSA", "kid": id, "use": "sig", "n": n, "e": e })
            }
            Self::Nobody | Self::Secret => json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(SECRET) }),
        }
    }
}

/// Somebody who said yes at the provider.
struct Consent {
    challenge: String,
    nonce: String,
    /// What the token says beside the usual; `null` leaves out.
    claims: Value,
}

struct Told {
    signer: Signer,
    /// The name that tokens call the key by, and the keys that are published.
    key_id: String,
    keys: Vec<Value>,
    header: Value,
    consents: BTreeMap<String, Consent>,
    /// Whether a code may be redeemed again.
    codes_last: bool,
    user_info: Value,
    now: i64,
    metadata_asked: u32,
}

/// The provider.
pub(super) struct Issuer {
    pub(super) base: String,
    told: Arc<Mutex<Told>>,
}

type Shared = State<(String, Arc<Mutex<Told>>)>;

impl Issuer {
    /// Begins at a moment, in seconds since 1970.
    pub(super) async fn start(now: i64) -> Self {
        let signer = Signer::ecdsa();
        let told = Told {
            keys: vec![signer.jwk("first")],
            signer,
            key_id: "first".to_owned(),
            header: json!({}),
            consents: BTreeMap::new(),
            codes_last: false,
            user_info: json!({ "sub": "ana-1" }),
            now,
            metadata_asked: 0,
        };
        let told = Arc::new(Mutex::new(told));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/me", get(user_info))
            .with_state((base.clone(), told.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, told }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// Somebody says yes to what a browser was sent here with; `null` in the claims leaves out what is usual. What the
    /// browser brings back: state and code.
    pub(super) fn consent(&self, address: &str, claims: Value) -> (String, String) {
        let url = Url::parse(address).unwrap();
        assert!(address.starts_with(&format!("{}/authorize?", self.base)), "{address}");
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let expected = [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", CALLBACK),
            ("scope", "openid email"),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in expected {
            assert_eq!(asked[name], value, "{name}");
        }
        let mut told = self.told();
        let code = format!("code-{}", told.consents.len());
        let consent = Consent { challenge: asked["code_challenge"].clone(), nonce: asked["nonce"].clone(), claims };
        told.consents.insert(code.clone(), consent);
        (asked["state"].clone(), code)
    }

    /// Signs with another key from now on, and publishes it or not.
    pub(super) fn signs_with(&self, signer: Signer, published: bool) {
        let mut told = self.told();
        if published {
            told.key_id = "second".to_owned();
            told.keys = vec![signer.jwk("second")];
        }
        told.signer = signer;
    }

    /// Writes this into the header of its tokens.
    pub(super) fn heads(&self, header: Value) {
        self.told().header = header;
    }

    /// Lets codes be redeemed more than once.
    pub(super) fn keeps_codes(&self) {
        self.told().codes_last = true;
    }

    /// What it says to who asks with the token for it.
    pub(super) fn tells(&self, user_info: Value) {
        self.told().user_info = user_info;
    }

    /// How often it was asked what it is.
    pub(super) fn metadata_asked(&self) -> u32 {
        self.told().metadata_asked
    }

    /// Time has passed.
    pub(super) fn at(&self, now: i64) {
        self.told().now = now;
    }
}

async fn metadata(State((base, told)): Shared) -> Json<Value> {
    told.lock().unwrap().metadata_asked += 1;
    Json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "userinfo_endpoint": format!("{base}/me"),
        "jwks_uri": format!("{base}/jwks"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }))
}

async fn jwks(State((_, told)): Shared) -> Json<Value> {
    Json(json!({ "keys": told.lock().unwrap().keys }))
}

async fn user_info(State((_, told)): Shared, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let is_ours = headers.get("authorization").is_some_and(|value| value == "Bearer for-user-info");
    let status = if is_ours { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    (status, Json(told.lock().unwrap().user_info.clone()))
}

/// The client as it is written into the header: form-encoded first, as the protocol says.
fn basic() -> String {
    format!("Basic {}", STANDARD.encode("carts+%26+co:s3cret%2F%2B+of+the+client"))
}

async fn token(
    State((base, told)): Shared,
    headers: HeaderMap,
    Form(asked): Form<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let refuse = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": why })));
    if headers.get("authorization").is_none_or(|value| value != &basic()) {
        return refuse("invalid_client");
    }
    let mut told = told.lock().unwrap();
    let given = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let code = given("code");
    let known = told
        .consents
        .get(&code)
        .is_some_and(|consent| URL_SAFE_NO_PAD.encode(Sha256::digest(given("code_verifier"))) == consent.challenge);
    if !known || given("redirect_uri") != CALLBACK || given("grant_type") != "authorization_code" {
        return refuse("invalid_grant");
    }
    let mut claims = json!({
        "iss": base, "aud": CLIENT, "sub": "ana-1", "nonce": told.consents[&code].nonce,
        "iat": told.now, "exp": told.now + 300, "email": "ana@shop.example", "email_verified": true,
    });
    for (name, value) in told.consents[&code].claims.as_object().unwrap() {
        match value {
            Value::Null => _ = claims.as_object_mut().unwrap().remove(name),
            value => claims[name] = value.clone(),
        }
    }
    if !told.codes_last {
        told.consents.remove(&code);
    }
    let mut header = json!({ "alg": told.signer.algorithm(), "kid": told.key_id, "typ": "JWT" });
    for (name, value) in told.header.as_object().unwrap() {
        header[name] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(told.signer.sign(&signed));
    let answer = json!({
        "token_type": "Bearer", "access_token": "for-user-info", "id_token": format!("{signed}.{signature}"),
    });
    (StatusCode::OK, Json(answer))
}

#[test]
fn what_the_provider_signs_can_be_checked() {
    let Signer::Ecdsa(pair) = Signer::ecdsa() else { unreachable!() };
    let signature = Signer::Ecdsa(pair.clone()).sign("text");
    let key = UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
    key.verify(b"text", &signature).unwrap();
}

//! The provider that an installation is set to.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_domain::oidc::{Account, Proof};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{Attempt, OidcProvider, ProviderError};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::claims::{self, Claims};
use crate::metadata::Metadata;
use crate::token::{Expected, Fault, Proved, proved};
use crate::web;

/// How long it is believed what a provider says of itself.
const FRESH: Span = Span::hours(1);
/// How soon it is asked again when a key is not among its keys, or it did not answer.
const AGAIN: Span = Span::seconds(10);

/// What an operator has agreed with a provider.
#[derive(Clone)]
pub struct ProviderSettings {
    /// Its address, as it writes it.
    pub issuer: String,
    /// What it calls this installation.
    pub client_id: String,
    /// What this installation shows to it; none where it is a public client.
    pub client_secret: Option<Zeroizing<String>>,
    /// What it is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// By which claim roles are given, if they are: its name, or a JSON pointer to it.
    pub group_claim: Option<String>,
}

/// What a provider said of itself, or why it said nothing.
type Told = Result<Arc<Metadata>, ProviderError>;

/// An OpenID provider.
pub struct Provider {
    settings: ProviderSettings,
    http: Client,
    known: Mutex<Option<(Timestamp, Told)>>,
}

impl Provider {
    /// The provider of these settings; it is asked when somebody signs in. Or what is wrong with them.
    pub fn new(settings: ProviderSettings) -> Result<Self, String> {
        let issuer = web::address(&settings.issuer)?;
        if issuer.query().is_some() || issuer.fragment().is_some() {
            return Err(format!("`{}` is no provider: its address has neither `?` nor `#`", settings.issuer));
        }
        Ok(Self { settings, http: web::client()?, known: Mutex::default() })
    }

    /// What the provider says of itself, not longer ago than this.
    async fn metadata(&self, now: Timestamp, age: Span) -> Told {
        let mut known = self.known.lock().await;
        if let Some((at, told)) = &*known {
            // Many who wait for one that does not answer wait once.
            let age = if told.is_ok() { age } else { AGAIN };
            if *at <= now && now.since(*at) < age {
                return told.clone();
            }
        }
        let told = Metadata::fetch(&self.http, &self.settings.issuer).await.map(Arc::new);
        *known = Some((now, told.clone()));
        told
    }

    /// Gives the code back to the provider, for its answer.
    async fn redeem(&self, metadata: &Metadata, code: &str, attempt: &Attempt) -> Result<Value, ProviderError> {
        match web::json(self.redemption(metadata, code, attempt)).await? {
            (StatusCode::OK, answer) => Ok(answer),
            (status, answer) => {
                let why = answer["error"].as_str().unwrap_or("no reason");
                Err(ProviderError::Unproved(format!("it does not take the code ({status}, {why:.200})")))
            }
        }
    }

    fn redemption(&self, metadata: &Metadata, code: &str, attempt: &Attempt) -> RequestBuilder {
        let ProviderSettings { client_id, client_secret, .. } = &self.settings;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &attempt.callback)
            .append_pair("code_verifier", &attempt.verifier);
        let mut request = self.http.post(metadata.token.clone());
        match client_secret {
            Some(secret) if !metadata.secret_in_form => {
                // Both are written as in a form first (RFC 6749, 2.3.1).
                let written = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                request = request.basic_auth(written(client_id), Some(written(secret)));
            }
            Some(secret) => _ = form.append_pair("client_id", client_id).append_pair("client_secret", secret),
            None => _ = form.append_pair("client_id", client_id),
        }
        request.header("content-type", "application/x-www-form-urlencoded").body(form.finish())
    }

    /// What the token proves; where its key is not known, the provider may have newer ones.
    async fn proved(
        &self,
        token: &str,
        metadata: &Arc<Metadata>,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<Proved, ProviderError> {
        let look = |metadata: &Metadata| {
            let expected =
                Expected { issuer: &metadata.issuer, client_id: &self.settings.client_id, nonce: &attempt.nonce, now };
            proved(token, &metadata.keys, &expected)
        };
        let looked = match look(metadata) {
            Err(Fault::Key) => look(&*self.metadata(now, AGAIN).await?),
            looked => looked,
        };
        looked.map_err(|fault| {
            ProviderError::Unproved(match fault {
                Fault::Key => "the ID token is signed by none of its keys".to_owned(),
                Fault::Other(why) => why,
            })
        })
    }

    fn groups(&self, said: &Claims) -> Vec<String> {
        self.settings.group_claim.as_ref().map(|claim| claims::groups(said, claim)).unwrap_or_default()
    }

    /// Adds what the token leaves out and the provider tells who asks: the address, or the groups.
    async fn complete(&self, proved: &mut Proved, metadata: &Metadata, answer: &Value) -> Result<(), ProviderError> {
        let has_email = proved.claims.contains_key("email");
        let wants_groups = self.settings.group_claim.is_some() && self.groups(&proved.claims).is_empty();
        let (Some(at), Some(token)) = (&metadata.user_info, answer["access_token"].as_str()) else { return Ok(()) };
        if has_email && !wants_groups {
            return Ok(());
        }
        let told = web::json(self.http.get(at.clone()).bearer_auth(token)).await?;
        let (StatusCode::OK, Value::Object(told)) = told else { return Ok(()) };
        if told.get("sub").and_then(Value::as_str) != Some(&proved.subject) {
            return Err(ProviderError::Unproved("it tells of somebody else than it has proved".to_owned()));
        }
        // An address and whether it is theirs are one statement: half of each would be none that was made.
        for (name, value) in told {
            if !(has_email && name.starts_with("email")) {
                proved.claims.entry(name).or_insert(value);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl OidcProvider for Provider {
    async fn address(&self, attempt: &Attempt, now: Timestamp) -> Result<String, ProviderError> {
        let metadata = self.metadata(now, FRESH).await?;
        let mut scopes = vec!["openid"];
        scopes.extend(self.settings.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid"));
        let mut url: Url = metadata.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &attempt.callback)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", &attempt.state)
            .append_pair("nonce", &attempt.nonce)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(Sha256::digest(&attempt.verifier)))
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    async fn prove(&self, code: &str, attempt: &Attempt, now: Timestamp) -> Result<Proof, ProviderError> {
        let metadata = self.metadata(now, FRESH).await?;
        let answer = self.redeem(&metadata, code, attempt).await?;
        let token = answer["id_token"].as_str();
        let token = token.ok_or_else(|| ProviderError::Unproved("it gives no ID token".to_owned()))?;
        let mut proved = self.proved(token, &metadata, attempt, now).await?;
        self.complete(&mut proved, &metadata, &answer).await?;
        Ok(Proof {
            email: claims::verified_email(&proved.claims),
            groups: self.groups(&proved.claims),
            account: Account { issuer: metadata.issuer.clone(), subject: proved.subject },
            expires_at: proved.expires_at,
        })
    }
}

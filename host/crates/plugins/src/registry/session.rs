//! One conversation with a registry: whoever is asked for a login gives it once, and only where it belongs.

use std::sync::{Mutex, PoisonError};

use reqwest::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::{Reference, RegistryError};

/// Who asks.
#[derive(Clone)]
pub struct Login {
    /// Name.
    pub user: String,
    /// Password, or a token that the registry takes for one.
    pub password: Zeroizing<String>,
}

pub(super) struct Session {
    client: Client,
    registry: String,
    base: Url,
    login: Option<Login>,
    /// What we want to do, as token servers write it.
    scope: String,
    /// The header that the registry takes, once it is known.
    authorization: Mutex<Option<Zeroizing<String>>>,
}

/// How a registry wants to be told who asks.
#[derive(Debug, PartialEq, Eq)]
enum Challenge {
    Basic,
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

impl Session {
    pub(super) fn begin(of: &Reference, login: Option<Login>, actions: &str) -> Result<Self, RegistryError> {
        crate::egress::install_tls();
        let registry = of.registry.clone();
        let failed = |why: String| RegistryError::Unreachable { registry: of.registry.clone(), why };
        let base = format!("{}://{registry}/v2/{}/", of.scheme(), of.repository);
        let base = Url::parse(&base).map_err(|why| failed(why.to_string()))?;
        let mut client = Client::builder().user_agent(concat!("cartwright/", env!("CARGO_PKG_VERSION")));
        if of.scheme() == "http" {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|why| failed(super::super::egress::chain(&why)))?;
        let scope = format!("repository:{}:{actions}", of.repository);
        Ok(Self { client, registry, base, login, scope, authorization: Mutex::default() })
    }

    /// An address below the repository.
    pub(super) fn address(&self, path: &str) -> Result<Url, RegistryError> {
        self.base.join(&format!("./{path}")).map_err(|why| self.refused(0, path, &why.to_string()))
    }

    /// Makes a request, with a login if the registry wants one.
    pub(super) async fn ask(
        &self,
        what: &str,
        request: impl Fn(&Client) -> RequestBuilder,
        good: &[StatusCode],
    ) -> Result<Response, RegistryError> {
        let mut answer = self.send(&request).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.log_in(&answer).await?;
            answer = self.send(&request).await?;
        }
        let status = answer.status();
        if good.contains(&status) {
            return Ok(answer);
        }
        let words = words(&answer.text().await.unwrap_or_default());
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                RegistryError::Login { registry: self.registry.clone(), why: words }
            }
            StatusCode::NOT_FOUND => RegistryError::NotFound(format!("{what} of {}", self.base)),
            _ => self.refused(status.as_u16(), what, &words),
        })
    }

    async fn send(&self, request: &impl Fn(&Client) -> RequestBuilder) -> Result<Response, RegistryError> {
        let mut request = request(&self.client).build().map_err(|why| self.unreachable(&why))?;
        let known = self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // An upload may be sent elsewhere; who we are is nobody's business there.
        if let Some(header) = known.filter(|_| request.url().origin() == self.base.origin())
            && let Ok(mut header) = reqwest::header::HeaderValue::from_str(&header)
        {
            header.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, header);
        }
        self.client.execute(request).await.map_err(|why| self.unreachable(&why))
    }

    /// Finds out what the registry takes, from how it refused.
    async fn log_in(&self, refusal: &Response) -> Result<(), RegistryError> {
        let denied = |why: &str| RegistryError::Login { registry: self.registry.clone(), why: why.to_owned() };
        let header = refusal.headers().get(WWW_AUTHENTICATE).and_then(|header| header.to_str().ok());
        let challenge = header.and_then(challenge).ok_or_else(|| denied("it does not say how"))?;
        let header = match challenge {
            Challenge::Basic => basic(self.login.as_ref().ok_or_else(|| denied("none was given"))?),
            Challenge::Bearer { realm, service, scope } => {
                let mut address = Url::parse(&realm).map_err(|_| denied("its token server is no address"))?;
                if address.scheme() != "https" && self.base.scheme() == "https" {
                    return Err(denied("its token server has no TLS"));
                }
                let pairs = [("service", service), ("scope", Some(scope.unwrap_or_else(|| self.scope.clone())))];
                for (name, value) in pairs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
                    address.query_pairs_mut().append_pair(name, value);
                }
                self.token(address).await?
            }
        };
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(header);
        Ok(())
    }

    async fn token(&self, address: Url) -> Result<Zeroizing<String>, RegistryError> {
        #[derive(Deserialize)]
        struct Tokens {
            token: Option<String>,
            access_token: Option<String>,
        }
        let denied = |why: String| RegistryError::Login { registry: self.registry.clone(), why };
        let mut request = self.client.get(address);
        if let Some(login) = &self.login {
            request = request.header(AUTHORIZATION, basic(login).as_str());
        }
        let answer = request.send().await.map_err(|why| self.unreachable(&why))?;
        if !answer.status().is_success() {
            let status = answer.status();
            return Err(denied(format!("its token server answers {status}")));
        }
        let tokens: Option<Tokens> = answer.json().await.ok();
        let token = tokens.and_then(|tokens| tokens.token.or(tokens.access_token));
        let token = Zeroizing::new(token.ok_or_else(|| denied("its token server gives no token".to_owned()))?);
        Ok(Zeroizing::new(format!("Bearer {}", token.as_str())))
    }

    pub(super) fn refused(&self, status: u16, what: &str, words: &str) -> RegistryError {
        RegistryError::Refused { status, what: what.to_owned(), words: words.to_owned() }
    }

    pub(super) fn unreachable(&self, error: &reqwest::Error) -> RegistryError {
        RegistryError::Unreachable { registry: self.registry.clone(), why: super::super::egress::chain(error) }
    }
}

fn basic(login: &Login) -> Zeroizing<String> {
    use base64::Engine as _;
    let plain = Zeroizing::new(format!("{}:{}", login.user, login.password.as_str()));
    Zeroizing::new(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(plain.as_bytes())))
}

/// What a registry says it wants, such as `Bearer realm="https://auth.example.com/token",service="registry"`.
fn challenge(header: &str) -> Option<Challenge> {
    let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (mut realm, mut service, mut scope) = (None, None, None);
    let mut rest = rest.trim_start();
    while let Some((name, value)) = rest.split_once('=') {
        let (value, after) = match value.strip_prefix('"') {
            // A scope has commas in it, so the quotes are what ends a value.
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_once(',').map_or((value, ""), |(value, after)| (value, after)),
        };
        let field = match name.trim().to_ascii_lowercase().as_str() {
            "realm" => Some(&mut realm),
            "service" => Some(&mut service),
            "scope" => Some(&mut scope),
            _ => None,
        };
        if let Some(field) = field {
            *field = Some(value.to_owned());
        }
        rest = after.trim_start_matches([',', ' ']);
    }
    Some(Challenge::Bearer { realm: realm?, service, scope })
}

/// The registry's own words on why not: `{"errors": [{"code": "…", "message": "…"}]}`.
fn words(body: &str) -> String {
    let errors = serde_json::from_str::<serde_json::Value>(body).ok();
    let first = errors.as_ref().and_then(|body| body.pointer("/errors/0"));
    let text = |name: &str| first.and_then(|error| error.get(name)?.as_str()).unwrap_or_default();
    match (text("code"), text("message")) {
        ("", "") => "no reason given".to_owned(),
        (code, message) => format!("{code} {message}").trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_with_commas_inside_quotes() {
        let header = r#"Bearer realm="https://auth.example.com/token",service="r",scope="repository:a:pull,push""#;
        let read = Challenge::Bearer {
            realm: "https://auth.example.com/token".into(),
            service: Some("r".into()),
            scope: Some("repository:a:pull,push".into()),
        };
        assert_eq!(challenge(header), Some(read));
        assert_eq!(challenge("basic realm=\"x\""), Some(Challenge::Basic));
        assert_eq!(challenge("Negotiate"), None);
        assert_eq!(challenge("Bearer service=\"x\""), None);
        assert_eq!(challenge("Bearer realm=\"unended"), None);
    }

    #[test]
    fn a_registrys_own_words_are_told() {
        assert_eq!(words(r#"{"errors":[{"code":"DENIED","message":"not yours"}]}"#), "DENIED not yours");
        assert_eq!(words("<html>"), "no reason given");
    }
}

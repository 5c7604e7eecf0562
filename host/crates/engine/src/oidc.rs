//! Signing in at an OpenID provider: where the browser goes, who it is that comes back, and as whom they are let in.
//!
//! What goes on in between stands in a cookie of the browser alone: state, nonce and verifier are hashes of its text,
//! so any node can go on with it, and nobody can change a part of it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_domain::oidc::{Account, Admission, Entrance, Keeper, Proof};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::user::{Standing, User, sign_in_name};
use sha2::{Digest, Sha256};

use crate::Engine;
use crate::people::SignedIn;
use crate::ports::{Attempt, OidcProvider, ProviderError, StoreError};

/// How long somebody may take at the provider.
pub const ATTEMPT: Span = Span::minutes(10);
/// Where providers send browsers back to, below the address of the service.
pub const CALLBACK: &str = "/v1/session/oidc/callback";
/// Longer addresses are not gone back to.
const LONGEST: usize = 1_000;

/// Where people may sign in besides here, and who of them gets in.
#[derive(Clone)]
pub struct Oidc {
    /// What the button says.
    pub label: String,
    /// Who gets in.
    pub admission: Admission,
    /// The provider.
    pub provider: Arc<dyn OidcProvider>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// No provider is set.
    #[error("no OpenID provider is set")]
    Off,
    /// The browser did not begin here, or too long ago, or has been here with this before.
    #[error("the attempt to sign in is over, was used, or was begun by another browser")]
    Over,
    /// The provider does not answer.
    #[error("the OpenID provider does not answer: {0}")]
    Unreachable(String),
    /// The provider proves nothing, or somebody said no there.
    #[error("the OpenID provider proves nothing: {0}")]
    Unproved(String),
    /// The provider does not say whose address it is.
    #[error("the OpenID provider says no e-mail address that it has verified")]
    Unverified,
    /// They are known, and may not sign in.
    #[error("nobody with this address may sign in")]
    Elsewhere,
    /// Nobody here is they, and no rule lets them in.
    #[error("nobody here has this address, and no rule gives a role")]
    Unknown,
    /// Their name here is another account's.
    #[error("the user of this name signs in with another account of the provider")]
    AnotherAccount,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProviderError> for OidcError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Unreachable(why) => Self::Unreachable(why),
            ProviderError::Unproved(why) => Self::Unproved(why),
        }
    }
}

impl Engine {
    /// The same engine, at which people may sign in by a provider, too.
    pub fn with_oidc(self, oidc: Oidc) -> Self {
        Self { oidc: Some(Arc::new(oidc)), ..self }
    }

    /// What the button says that leads to the provider, if there is one.
    pub fn oidc_label(&self) -> Option<&str> {
        self.oidc.as_ref().map(|oidc| oidc.label.as_str())
    }

    /// Begins to sign somebody in who wants to be at `to` afterwards, an address below the console's: the text of the
    /// cookie, and where the browser goes.
    pub async fn begin_oidc(&self, to: &str) -> Result<(String, String), OidcError> {
        let oidc = self.oidc.as_ref().ok_or(OidcError::Off)?;
        let now = self.now();
        let secret = URL_SAFE_NO_PAD.encode(self.entropy.seed());
        let cookie = format!("{}.{secret}.{}", now.millis(), URL_SAFE_NO_PAD.encode(inside(to)));
        let address = oidc.provider.address(&self.attempt(&cookie), now).await?;
        Ok((cookie, address))
    }

    /// Goes on with what a browser brings back: who is signed in, the text for their cookie, and where they wanted to
    /// be.
    pub async fn end_oidc(
        &self,
        cookie: &str,
        state: &str,
        code: &str,
    ) -> Result<(SignedIn, String, String), OidcError> {
        let oidc = self.oidc.as_ref().ok_or(OidcError::Off)?;
        let now = self.now();
        let (begun_at, to) = read(cookie).ok_or(OidcError::Over)?;
        let attempt = self.attempt(cookie);
        // Hashes are compared, so that the time it takes says nothing about the state.
        let is_ours = Sha256::digest(state) == Sha256::digest(&attempt.state);
        if !is_ours || begun_at > now || now.since(begun_at) >= ATTEMPT {
            return Err(OidcError::Over);
        }
        let proof = oidc.provider.prove(code, &attempt, now).await?;
        let user = self.enter(&oidc.admission, &proof, &attempt).await?;
        let (signed_in, text) = self.begin_session(user).await?;
        Ok((signed_in, text, to))
    }

    /// As whom somebody is let in, if they are.
    async fn enter(&self, admission: &Admission, proof: &Proof, attempt: &Attempt) -> Result<User, OidcError> {
        if !admission.admits(proof.email.as_deref()) {
            return Err(if proof.email.is_some() { OidcError::Elsewhere } else { OidcError::Unverified });
        }
        let (user, entrance) = match self.store.account(&proof.account).await? {
            Some((user, Keeper::Here)) => (user, Entrance::Known),
            Some((user, Keeper::Provider)) => {
                let granted = admission.granted(&proof.groups).ok_or(OidcError::Unknown)?;
                let user = User { standing: granted.standing, ..user };
                (user.clone(), Entrance::Followed(user.id, granted))
            }
            None => self.newcomer(admission, proof).await?,
        };
        let nonce = Sha256::digest(&attempt.nonce).into();
        let entered = self.store.enter(&proof.account, &nonce, self.now(), proof.expires_at, &entrance).await;
        match entered {
            Ok(true) => {
                told(&proof.account, &user, &entrance);
                Ok(user)
            }
            Ok(false) => Err(OidcError::Over),
            Err(StoreError::Conflict | StoreError::Taken(_)) => Err(OidcError::AnotherAccount),
            Err(error) => Err(error.into()),
        }
    }

    /// Somebody who comes for the first time: the user whose name their address is, or a new one if a rule says so.
    async fn newcomer(&self, admission: &Admission, proof: &Proof) -> Result<(User, Entrance), OidcError> {
        let email = proof.email.as_deref().ok_or(OidcError::Unverified)?;
        let name = sign_in_name(email).map_err(|_| OidcError::Unverified)?;
        if let Some(user) = self.store.user_named(&name).await? {
            let entrance = Entrance::Linked(user.id);
            return Ok((user, entrance));
        }
        let granted = admission.granted(&proof.groups).ok_or(OidcError::Unknown)?;
        let now = self.now();
        let id = self.entropy.mint(now).next();
        // An empty text is the hash of no password: they sign in at the provider only.
        let user = User { id, name, standing: granted.standing, password: String::new(), created_at: now };
        Ok((user.clone(), Entrance::Made(user, granted.roles)))
    }

    /// What a cookie stands for.
    fn attempt(&self, cookie: &str) -> Attempt {
        let of = |what: &str| URL_SAFE_NO_PAD.encode(Sha256::digest(format!("oidc {what} {cookie}")));
        let callback = format!("{}{CALLBACK}", self.public_url);
        Attempt { state: of("state"), nonce: of("nonce"), verifier: of("verifier"), callback }
    }
}

/// What an operator may have to look up one day.
fn told(account: &Account, user: &User, entrance: &Entrance) {
    let how = match entrance {
        Entrance::Known | Entrance::Followed(..) => return,
        Entrance::Linked(_) => "linked to a user who was here before",
        Entrance::Made(..) => "made a user by its groups",
    };
    let operates = user.standing == Standing::Operator;
    tracing::info!(user = %user.id, operates, subject = account.subject, "an account of the OpenID provider was {how}");
}

/// When an attempt began, and where its browser wanted to be.
fn read(cookie: &str) -> Option<(Timestamp, String)> {
    let mut parts = cookie.split('.');
    let (begun_at, _, to, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let to = String::from_utf8(URL_SAFE_NO_PAD.decode(to).ok()?).ok()?;
    Some((Timestamp::from_millis(begun_at.parse().ok()?), inside(&to).to_owned()))
}

/// Only addresses below the console's are gone to: another site could have written the one in a link.
fn inside(to: &str) -> &str {
    let stays = to.starts_with('/') && !to.starts_with("//") && to.len() <= LONGEST;
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if stays && plain { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_console_are_gone_back_to() {
        for ours in ["/", "/0192/runs?version=3", "/0192/customers#why"] {
            assert_eq!(inside(ours), ours);
        }
        let long = format!("/{}", "x".repeat(1_000));
        for other in ["//evil.example", "https://evil.example", "/\\evil.example", "", "evil", "/a\r\nb", "/a b", &long]
        {
            assert_eq!(inside(other), "/", "{other}");
        }
    }

    #[test]
    fn a_cookie_says_when_it_began_and_leads_inside_whoever_wrote_it() {
        let cookie = |to: &str| format!("60000.secret.{}", URL_SAFE_NO_PAD.encode(to));
        assert_eq!(read(&cookie("/0192")), Some((Timestamp::from_millis(60_000), "/0192".to_owned())));
        assert_eq!(read(&cookie("//evil.example")).unwrap().1, "/");
        for other in ["", "60000.secret", "x.secret.Lw", "60000.secret.Lw.more", "60000.secret.%"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}

//! The ports to an OpenID provider, and to what storage knows of those who sign in there.

use async_trait::async_trait;
use cartwright_domain::oidc::{Account, Entrance, Keeper, Proof};
use cartwright_domain::time::Timestamp;
use cartwright_domain::user::User;

use super::StoreError;

/// One try to sign in: what goes with the browser to the provider and comes back.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What the browser brings back beside the code.
    pub state: String,
    /// What the proof has to bear.
    pub nonce: String,
    /// By what the code is fetched; the provider was shown its hash (PKCE).
    pub verifier: String,
    /// Where the provider sends the browser back to.
    pub callback: String,
}

/// Why a provider proved nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It does not answer, or not as an OpenID provider does. The text is for the log.
    #[error("{0}")]
    Unreachable(String),
    /// It answers, and what it says proves nothing. The text is for the log.
    #[error("{0}")]
    Unproved(String),
}

/// A provider at which people sign in by OpenID Connect.
#[async_trait]
pub trait OidcProvider: Send + Sync {
    /// Where a browser has to go.
    async fn address(&self, attempt: &Attempt, now: Timestamp) -> Result<String, ProviderError>;
    /// What the code proves that the browser brought back.
    async fn prove(&self, code: &str, attempt: &Attempt, now: Timestamp) -> Result<Proof, ProviderError>;
}

/// Accounts at providers. They stand above the shops, as people do.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// As whom an account is known, and who says what they may.
    async fn account(&self, account: &Account) -> Result<Option<(User, Keeper)>, StoreError>;
    /// Lets somebody in, in one transaction: the nonce of the proof is used up, and the entrance is done. Returns
    /// whether it was: a nonce is good once, until its proof ends. A conflict where the account or the user is
    /// another's meanwhile; a name may be taken.
    async fn enter(
        &self,
        account: &Account,
        nonce: &[u8; 32],
        now: Timestamp,
        until: Timestamp,
        entrance: &Entrance,
    ) -> Result<bool, StoreError>;
}

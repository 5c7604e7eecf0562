//! People who sign in: one-time links, passwords, and who is signed in. Texts of links and cookies are told once and
//! kept as hashes, as API keys are.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_domain::ids::ShopId;
use cartwright_domain::time::Span;
use cartwright_domain::user::{
    LINK, Link, Power, Purpose, Role, SESSION, Session, Standing, User, check_password, sign_in_name,
};
use sha2::{Digest, Sha256};

use crate::Engine;
use crate::ports::{Redemption, StoreError};

/// What the text of a link begins with.
const LINK_PREFIX: &str = "cwl_";
/// What the text of a cookie begins with.
const SESSION_PREFIX: &str = "cws_";

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Since when, and until when.
    pub session: Session,
    /// Who.
    pub user: User,
    /// What they are in which shop.
    pub roles: Vec<(ShopId, Role)>,
}

impl SignedIn {
    /// Whether they may do something in a shop.
    pub fn may(&self, shop: ShopId, power: Power) -> bool {
        let has = |(of, role): &(ShopId, Role)| *of == shop && role.has(power);
        self.user.standing == Standing::Operator || self.roles.iter().any(has)
    }
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no such name, or the password is another.
    #[error("the name or the password is wrong")]
    Wrong,
    /// It was wrong too often.
    #[error("the password of this name was wrong too often; try again in {0}")]
    Wait(Span),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a link did nothing.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// It is none, or was used, or its time is over.
    #[error("the link was used already, or its time is over; ask for another")]
    Gone,
    /// The name does not fit.
    #[error("{0}")]
    Name(String),
    /// The password does not fit.
    #[error("{0}")]
    Password(String),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Whether anybody can sign in at all.
    pub async fn has_users(&self) -> Result<bool, StoreError> {
        Ok(!self.store.users().await?.is_empty())
    }

    /// A link for the first user, as long as there is none.
    pub async fn first_link(&self) -> Result<Option<String>, StoreError> {
        match self.has_users().await? {
            true => Ok(None),
            false => self.make_link(Purpose::First).await.map(|(_, text)| Some(text)),
        }
    }

    /// Makes a link that works once; the text is told now and never again.
    pub async fn make_link(&self, purpose: Purpose) -> Result<(Link, String), StoreError> {
        let text = self.secret_text(LINK_PREFIX);
        let expires_at = self.now() + LINK;
        let link = Link { hash: hash(&text), purpose, expires_at };
        self.store.add_link(&link).await?;
        Ok((link, text))
    }

    /// The link of a text, if it is good.
    pub async fn link(&self, text: &str) -> Result<Option<Link>, StoreError> {
        let link = self.store.link(&hash(text), self.now()).await?;
        match &link {
            Some(Link { purpose: Purpose::First, .. }) if self.has_users().await? => Ok(None),
            _ => Ok(link),
        }
    }

    /// Does what a link is for: its holder chooses a password, and a name where there is none yet.
    pub async fn redeem(&self, text: &str, name: &str, password: &str) -> Result<User, RedeemError> {
        let link = self.link(text).await?.ok_or(RedeemError::Gone)?;
        let known = match &link.purpose {
            Purpose::NewPassword { user } => Some(self.store.user(*user).await?.ok_or(RedeemError::Gone)?),
            Purpose::First | Purpose::Operate | Purpose::Join { .. } => None,
        };
        let name = match &known {
            Some(user) => user.name.clone(),
            None => sign_in_name(name).map_err(RedeemError::Name)?,
        };
        check_password(password, &name).map_err(RedeemError::Password)?;
        let hashed = self.passwords.hash(password, self.entropy.seed()).await;
        let hashed = hashed.ok_or_else(|| StoreError::Failed("the password could not be hashed".to_owned()))?;
        let (user, redemption) = match known {
            Some(user) => {
                let redemption = Redemption::NewPassword(user.id, hashed.clone());
                (User { password: hashed, ..user }, redemption)
            }
            None => {
                let now = self.now();
                let id = self.entropy.mint(now).next();
                let user = User { id, name, standing: Standing::Operator, password: hashed, created_at: now };
                match link.purpose {
                    Purpose::First => (user.clone(), Redemption::First(user)),
                    Purpose::Join { shop, role } => {
                        let user = User { standing: Standing::Member, ..user };
                        (user.clone(), Redemption::Join(user, Some((shop, role))))
                    }
                    Purpose::Operate | Purpose::NewPassword { .. } => (user.clone(), Redemption::Join(user, None)),
                }
            }
        };
        match self.store.redeem(&link.hash, &redemption).await? {
            true => Ok(user),
            false => Err(RedeemError::Gone),
        }
    }

    /// Signs somebody in; the text is for the cookie.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<(SignedIn, String), SignInError> {
        let Ok(name) = sign_in_name(name) else { return Err(SignInError::Wrong) };
        if let Some(wait) = self.passwords.wait(&name, self.now()) {
            return Err(SignInError::Wait(wait));
        }
        let user = self.store.user_named(&name).await?;
        // Who has none, because a provider proves who they are, is as unknown here as somebody who does not exist.
        let hash = user.as_ref().map(|user| user.password.as_str()).filter(|hash| !hash.is_empty());
        let is_right = self.passwords.is_right(password, hash).await;
        match user {
            Some(user) if is_right => {
                self.passwords.forgive(&name);
                Ok(self.begin_session(user).await?)
            }
            _ => {
                self.passwords.missed(&name, self.now());
                Err(SignInError::Wrong)
            }
        }
    }

    /// Begins a session of somebody who has shown who they are.
    pub async fn begin_session(&self, user: User) -> Result<(SignedIn, String), StoreError> {
        let text = self.secret_text(SESSION_PREFIX);
        let now = self.now();
        let session = Session { hash: hash(&text), user: user.id, created_at: now, expires_at: now + SESSION };
        self.store.add_session(&session).await?;
        let roles = self.store.roles(user.id).await?;
        Ok((SignedIn { session, user, roles }, text))
    }

    /// Who is signed in with the text of a cookie.
    pub async fn signed_in(&self, text: &str) -> Result<Option<SignedIn>, StoreError> {
        if !text.starts_with(SESSION_PREFIX) {
            return Ok(None);
        }
        let found = self.store.session(&hash(text), self.now()).await?;
        Ok(found.map(|(session, user, roles)| SignedIn { session, user, roles }))
    }

    fn secret_text(&self, prefix: &str) -> String {
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(self.entropy.seed()))
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

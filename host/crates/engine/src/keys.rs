//! API keys: shown once, stored as a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_domain::ids::ShopId;
use sha2::{Digest, Sha256};

use crate::Engine;
use crate::ports::{ApiKey, StoreError};

/// What every key begins with, so that scanners for leaked secrets know one.
const PREFIX: &str = "cw_";

impl Engine {
    /// Makes a key for one shop, or the operator's for all; the text is told now and never again.
    pub async fn make_key(&self, shop: Option<ShopId>, label: &str) -> Result<(ApiKey, String), StoreError> {
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.entropy.seed()));
        let now = self.now();
        let key = ApiKey {
            id: self.entropy.mint(now).next(),
            shop,
            label: label.to_owned(),
            hash: hash(&text),
            created_at: now,
        };
        self.store.add_key(&key).await?;
        Ok((key, text))
    }

    /// The key of a text, if it is one. What is compared are hashes of 256 random bits: how long that takes tells
    /// nobody anything.
    pub async fn authenticate(&self, text: &str) -> Result<Option<ApiKey>, StoreError> {
        if !text.starts_with(PREFIX) {
            return Ok(None);
        }
        self.store.key(&hash(text)).await
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

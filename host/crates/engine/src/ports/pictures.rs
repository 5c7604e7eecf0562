//! The port to pictures that are somebody else's: fetched, looked at with suspicion, and put together.

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::time::Timestamp;

/// Several pictures as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// A JPEG, at most 1,200 by 1,200.
    pub jpeg: Bytes,
    /// How many tiles are empty although they have an address: too large, no picture, or not there at this moment.
    pub broken: usize,
}

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPicture {
    /// So many are being made that another one would wait too long.
    #[error("too many pictures are being made; ask again in a few seconds")]
    Busy,
    /// Nobody here makes any.
    #[error("this service makes no pictures")]
    NotMade,
}

/// Makes pictures of pictures, at a bounded cost whatever their addresses lead to.
#[async_trait]
pub trait Pictures: Send + Sync {
    /// One tile for each address, in order. An empty address is an empty tile, and so is whatever is no sound picture.
    /// What was made lately is not made again.
    async fn grid(&self, tiles: &[String], now: Timestamp) -> Result<Picture, NoPicture>;
}

/// Makes none: where nothing is served.
pub(crate) struct NoPictures;

#[async_trait]
impl Pictures for NoPictures {
    async fn grid(&self, _: &[String], _: Timestamp) -> Result<Picture, NoPicture> {
        Err(NoPicture::NotMade)
    }
}

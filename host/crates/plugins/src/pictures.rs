//! Pictures of goods, put together: fetched through egress, decoded within bounds, drawn, and kept for a while.
//!
//! What comes from an address is hostile until it is decoded, so one at a time is, off the threads that answer, and
//! only if its head promises a size that we can bear. Whatever is wrong with it, its tile is empty.

mod drawing;
mod kept;

use std::sync::Arc;

use async_trait::async_trait;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{NoPicture, Picture, Pictures};
use futures_util::{StreamExt, stream};
use tokio::sync::Semaphore;

use crate::runtime::Runtime;
use drawing::{Layout, Tile};
use kept::Kept;

/// Grids that are made at a time.
const MADE: usize = 4;
/// Grids that may wait for it beside them.
const WAITING: usize = 64;
/// Pictures of one grid that are fetched at a time: each may be some megabytes.
const FETCHED: usize = 3;

/// Those who make pictures, and what they have made.
pub(crate) struct Studio {
    queue: Semaphore,
    making: Semaphore,
    decoding: Semaphore,
    kept: Kept,
}

impl Default for Studio {
    fn default() -> Self {
        Self {
            queue: Semaphore::new(MADE + WAITING),
            making: Semaphore::new(MADE),
            decoding: Semaphore::new(1),
            kept: Kept::default(),
        }
    }
}

#[async_trait]
impl Pictures for Runtime {
    async fn grid(&self, tiles: &[String], now: Timestamp) -> Result<Picture, NoPicture> {
        if let Some(picture) = self.studio.kept.get(tiles, now) {
            return Ok(picture);
        }
        let _place = self.studio.queue.try_acquire().map_err(|_| NoPicture::Busy)?;
        let _turn = self.studio.making.acquire().await.map_err(|_| NoPicture::NotMade)?;
        // Whoever went before may have made the same one.
        if let Some(picture) = self.studio.kept.get(tiles, now) {
            return Ok(picture);
        }
        let layout = Layout::of(tiles.len());
        let fetching: Vec<_> = tiles.iter().map(|address| self.tile(address, layout)).collect();
        let drawn: Vec<Option<Tile>> = stream::iter(fetching).buffered(FETCHED).collect().await;
        let wanted = tiles.iter().filter(|address| !address.is_empty()).count();
        let broken = wanted - drawn.iter().flatten().count();
        let jpeg = tokio::task::spawn_blocking(move || layout.draw(&drawn)).await.ok().flatten();
        let picture = Picture { jpeg: jpeg.ok_or(NoPicture::NotMade)?.into(), broken };
        self.studio.kept.put(tiles, &picture, now);
        Ok(picture)
    }
}

impl Runtime {
    /// None where there is nothing to be shown.
    async fn tile(&self, address: &str, layout: Layout) -> Option<Tile> {
        if address.is_empty() {
            return None;
        }
        let made = match self.ways.picture(address).await {
            Ok(bytes) => self.decoded(bytes, layout).await,
            Err(why) => Err(why),
        };
        made.map_err(|why| tracing::debug!(%address, %why, "a tile of a cart's picture stays empty")).ok()
    }

    async fn decoded(&self, bytes: Vec<u8>, layout: Layout) -> Result<Tile, String> {
        let _turn = self.studio.decoding.acquire().await.map_err(|error| error.to_string())?;
        let bytes = Arc::<[u8]>::from(bytes);
        let decoding = tokio::task::spawn_blocking(move || layout.tile(&bytes));
        decoding.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }
}

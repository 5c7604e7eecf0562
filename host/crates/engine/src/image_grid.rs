//! The picture of a cart: its address when a message is rendered, and what is shown there.

use cartwright_domain::cart::Cart;
use cartwright_domain::facts::Subject;
use cartwright_domain::ids::ShopId;
use cartwright_domain::image_grid::ImageGrid;
use serde_json::Value;

use crate::Engine;
use crate::ports::{NoPicture, Picture, StoreError};

/// The variable of templates, within `cart`.
pub(crate) const IMAGE_GRID: &str = "image_grid";

/// Why a picture is not shown.
#[derive(Debug, thiserror::Error)]
pub enum GridError {
    /// None is made now.
    #[error(transparent)]
    Picture(#[from] NoPicture),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// What `cart.image_grid` is for a body that may show it: the address of the cart's picture, or an empty text,
    /// which channels leave out, where no line has a picture. None where the body does not name it.
    pub(crate) async fn image_grid_url(&self, body: &Value, subject: &Subject) -> Result<Option<String>, StoreError> {
        if !body.to_string().contains(IMAGE_GRID) {
            return Ok(None);
        }
        let shop = subject.shop.id;
        let grid = subject.cart.as_deref().and_then(|cart| grid_of(shop, cart));
        match grid {
            Some(grid) => {
                let key = self.link_key(shop).await?;
                Ok(Some(format!("{}/g/{}.jpg", self.public_url, grid.token(&key))))
            }
            None => Ok(Some(String::new())),
        }
    }

    /// The picture of a token; none if no shop has sealed it.
    pub async fn image_grid(&self, token: &str) -> Result<Option<Picture>, GridError> {
        let Some(shop) = ImageGrid::claimed(token) else { return Ok(None) };
        let Some(key) = self.store.link_key(shop).await? else { return Ok(None) };
        let Some(grid) = ImageGrid::opened(token, &key) else { return Ok(None) };
        Ok(Some(self.pictures.grid(&grid.tiles, self.now()).await?))
    }
}

/// The goods of somebody made up have no pictures, and yet whoever looks at a content sees where one stands.
fn grid_of(shop: ShopId, cart: &Cart) -> Option<ImageGrid> {
    if cart.id.0.is_nil() { Some(ImageGrid::sample(shop)) } else { ImageGrid::of(shop, cart.lines()) }
}

//! The picture of a cart: the pictures of its lines as tiles of one, under an address that only the shop's key makes.
//!
//! The address says everything: nothing is stored for it, a message that is rendered again has the same one, and it
//! shows what the message was about, whatever lies in the cart by then. It names goods and nobody who looked at them.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use url::Url;
use uuid::Uuid;

use crate::event::Line;
use crate::ids::ShopId;
use crate::seal::seal;

/// So many lines are shown; further ones are not.
pub const MOST: usize = 9;
/// The longest token, in letters: with the service's own address before it, providers take it (2,048 letters).
pub const LONGEST: usize = 1_600;
/// Of the shop, and of the seal.
const PART: usize = 16;
/// So that no seal of another kind of link, made by the same key, is one of these.
const KIND: &[u8] = b"image-grid\0";
/// What a sealed list unpacks to at most, in bytes.
const UNPACKED: u64 = 64 * 1024;

/// The tiles of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageGrid {
    /// Of which shop.
    pub shop: ShopId,
    /// Where the picture of each tile is, `https` or `http`; empty where a line has none. 1 to [`MOST`].
    pub tiles: Vec<String>,
}

impl ImageGrid {
    /// Of the first lines of a cart; none where no line has a picture.
    pub fn of(shop: ShopId, lines: &[Line]) -> Option<Self> {
        let tile = |line: &Line| line.image_url.as_deref().and_then(address).unwrap_or_default();
        let tiles: Vec<String> = lines.iter().take(MOST).map(tile).collect();
        tiles.iter().any(|tile| !tile.is_empty()).then_some(Self { shop, tiles })
    }

    /// One empty tile: where a content is only looked at.
    pub fn sample(shop: ShopId) -> Self {
        Self { shop, tiles: vec![String::new()] }
    }

    /// The last part of its address: letters, digits, `-` and `_`, at most [`LONGEST`]. What would make it longer
    /// loses its last tiles.
    pub fn token(&self, key: &[u8; 32]) -> String {
        let mut tiles = &self.tiles[..self.tiles.len().min(MOST)];
        loop {
            let packed = packed(tiles);
            let seal = sealing(self.shop, &packed, key).finalize().into_bytes();
            let token = URL_SAFE_NO_PAD.encode([self.shop.0.as_bytes(), &seal[..PART], &packed].concat());
            match tiles {
                [fewer @ .., _] if token.len() > LONGEST => tiles = fewer,
                _ => return token,
            }
        }
    }

    /// Whose picture a token says it is: nothing to believe before it was [opened](Self::opened) with the shop's key.
    pub fn claimed(token: &str) -> Option<ShopId> {
        parts(token).map(|(shop, _, _)| shop)
    }

    /// The tiles, if the key sealed them; nothing is unpacked that it did not.
    pub fn opened(token: &str, key: &[u8; 32]) -> Option<Self> {
        let (shop, seal, packed) = parts(token)?;
        sealing(shop, &packed, key).verify_truncated_left(&seal).ok()?;
        let mut text = String::new();
        DeflateDecoder::new(&*packed).take(UNPACKED).read_to_string(&mut text).ok()?;
        Some(Self { shop, tiles: text.split('\n').map(str::to_owned).collect() })
    }
}

/// A whole address of the web; one that leaves the scheme to the page means `https`.
fn address(written: &str) -> Option<String> {
    let written = written.trim();
    let whole = if written.starts_with("//") { format!("https:{written}") } else { written.to_owned() };
    let url = Url::parse(&whole).ok()?;
    // As the parser writes it, it has no line break.
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.into())
}

fn sealing(shop: ShopId, packed: &[u8], key: &[u8; 32]) -> Hmac<Sha256> {
    seal(key, &[KIND, shop.0.as_bytes(), packed])
}

/// Pictures of one shop have most of their addresses in common.
fn packed(tiles: &[String]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing into memory does not fail.
    let _ = encoder.write_all(tiles.join("\n").as_bytes());
    encoder.finish().unwrap_or_default()
}

fn parts(token: &str) -> Option<(ShopId, [u8; PART], Vec<u8>)> {
    if token.len() > LONGEST {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (shop, rest) = bytes.split_at_checked(PART)?;
    let (seal, packed) = rest.split_at_checked(PART)?;
    Some((ShopId(Uuid::from_slice(shop).ok()?), seal.try_into().ok()?, packed.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: ShopId = ShopId(Uuid::from_u128(7));

    fn lines(pictures: &[&str]) -> Vec<Line> {
        let line = |picture: &&str| Line { image_url: Some((*picture).to_owned()), ..Line::default() };
        pictures.iter().map(line).collect()
    }

    fn grid(count: usize) -> ImageGrid {
        let tile = |place| format!("https://cdn.shop.example/s/files/1/0788/1234/5678/files/{place}.jpg?v=1699999999");
        ImageGrid { shop: SHOP, tiles: (0..count).map(tile).collect() }
    }

    #[test]
    fn a_grid_opens_with_the_key_that_sealed_it_and_with_no_other() {
        let token = grid(4).token(&[1; 32]);
        assert_eq!(ImageGrid::claimed(&token), Some(SHOP));
        assert_eq!(ImageGrid::opened(&token, &[1; 32]), Some(grid(4)));
        assert_eq!(ImageGrid::opened(&token, &[2; 32]), None);
        assert_eq!(token, grid(4).token(&[1; 32]), "rendered again, a message has the same picture");
    }

    #[test]
    fn nobody_makes_an_address_of_one_that_the_shop_did_not_make() {
        let token = grid(2).token(&[1; 32]);
        for place in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(ImageGrid::opened(&forged, &[1; 32]), None, "{place}");
        }
        for short in ["", "AAAA", &token[..40], &"A".repeat(LONGEST + 1)] {
            assert_eq!(ImageGrid::opened(short, &[1; 32]), None, "{short}");
        }
    }

    #[test]
    fn pictures_of_one_shop_make_a_short_address_and_no_address_is_too_long() {
        assert!(grid(MOST).token(&[1; 32]).len() < 300, "{}", grid(MOST).token(&[1; 32]).len());
        // Nothing in common, and long.
        let noise = |place: u64| (0..20).fold(place, |seed, _| seed.wrapping_mul(6_364_136_223_846_793_005) + place);
        let tile = |place: u64| {
            let letters: String = (0..30).map(|letter| format!("{:016x}", noise(place * 31 + letter))).collect();
            format!("https://{place}.example/{letters}")
        };
        let long = ImageGrid { shop: SHOP, tiles: (1..=9).map(tile).collect() };
        let token = long.token(&[1; 32]);
        assert!(token.len() <= LONGEST, "{}", token.len());
        let opened = ImageGrid::opened(&token, &[1; 32]).unwrap();
        assert!((1..9).contains(&opened.tiles.len()) && long.tiles.starts_with(&opened.tiles), "{opened:?}");
    }

    #[test]
    fn only_pictures_of_the_web_are_tiles_and_a_line_without_one_keeps_its_place() {
        let all = ["https://a.example/1.png", "//a.example/2.png", "/3.png", "file:///etc/passwd", " ", "a\nb"];
        let tiles = ImageGrid::of(SHOP, &lines(&all)).unwrap().tiles;
        assert_eq!(tiles, ["https://a.example/1.png", "https://a.example/2.png", "", "", "", ""]);
        assert_eq!(ImageGrid::of(SHOP, &lines(&["", "javascript:alert(1)"])), None);
        assert_eq!(ImageGrid::of(SHOP, &[Line::default()]), None);
        assert_eq!(ImageGrid::of(SHOP, &lines(&["https://a.example/1.png"; 12])).unwrap().tiles.len(), MOST);
    }

    #[test]
    fn a_line_break_in_an_address_makes_no_second_tile() {
        let tiles = ImageGrid::of(SHOP, &lines(&["https://a.example/1\n2.png"])).unwrap();
        assert_eq!(ImageGrid::opened(&tiles.token(&[1; 32]), &[1; 32]), Some(tiles));
    }
}

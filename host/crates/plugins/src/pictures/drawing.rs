//! Decoding one picture within bounds, and drawing the tiles.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::error::{ImageFormatHint, LimitError, LimitErrorKind, UnsupportedError, UnsupportedErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgba, RgbaImage, imageops};

/// The longest side of a picture, in dots.
const LONGEST: u32 = 8_000;
/// Dots of a picture: a decoder may need several times as many bytes.
const MOST_DOTS: u64 = 25_000_000;
/// What a decoder may allocate, in bytes.
const ALLOCATED: u64 = 128 * 1024 * 1024;
/// Between tiles, in dots.
const GAP: u32 = 8;
const QUALITY: u8 = 82;
const PAPER: Rgba<u8> = Rgba([255, 255, 255, 255]);
const EMPTY: Rgba<u8> = Rgba([238, 240, 243, 255]);

/// One picture, as large as its tile has room for.
pub(super) struct Tile(RgbaImage);

/// How many tiles stand beside and below one another, and how large each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    count: u32,
    columns: u32,
    rows: u32,
    /// Of a tile, in dots.
    side: u32,
}

impl Layout {
    /// Of so many tiles: 1, 2, 2x2, 3x2 or 3x3.
    pub(super) fn of(count: usize) -> Self {
        let (columns, rows, side) = match count {
            0 | 1 => (1, 1, 800),
            2 => (2, 1, 500),
            3 | 4 => (2, 2, 500),
            5 | 6 => (3, 2, 400),
            _ => (3, 3, 400),
        };
        let count = (count as u32).clamp(1, columns * rows);
        Self { count, columns, rows, side }
    }

    /// A picture of which nothing is known but its bytes.
    pub(super) fn tile(self, bytes: &[u8]) -> Result<Tile, ImageError> {
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(ImageError::IoError)?;
        let known = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP];
        if !reader.format().is_some_and(|format| known.contains(&format)) {
            let hint = reader.format().map_or(ImageFormatHint::Unknown, ImageFormatHint::Exact);
            let kind = UnsupportedErrorKind::Format(hint.clone());
            return Err(ImageError::Unsupported(UnsupportedError::from_format_and_kind(hint, kind)));
        }
        let mut limits = Limits::no_limits();
        (limits.max_image_width, limits.max_image_height) = (Some(LONGEST), Some(LONGEST));
        limits.max_alloc = Some(ALLOCATED);
        reader.limits(limits);
        let mut decoder = reader.into_decoder()?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > MOST_DOTS || decoder.total_bytes() > ALLOCATED {
            return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)));
        }
        let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut picture = DynamicImage::from_decoder(decoder)?.thumbnail(self.side, self.side);
        picture.apply_orientation(turned);
        Ok(Tile(picture.into_rgba8()))
    }

    /// All tiles on white paper, as a JPEG; none if it cannot be written.
    pub(super) fn draw(self, tiles: &[Option<Tile>]) -> Option<Vec<u8>> {
        let edge = |count: u32| count * self.side + (count - 1) * GAP;
        let mut paper = RgbaImage::from_pixel(edge(self.columns), edge(self.rows), PAPER);
        for place in 0..self.count {
            let left = (place % self.columns) * (self.side + GAP);
            let top = (place / self.columns) * (self.side + GAP);
            match tiles.get(place as usize).and_then(Option::as_ref) {
                Some(Tile(picture)) => {
                    let middle = |side: u32| i64::from(self.side.saturating_sub(side) / 2);
                    let (x, y) = (middle(picture.width()), middle(picture.height()));
                    imageops::overlay(&mut paper, picture, i64::from(left) + x, i64::from(top) + y);
                }
                None => {
                    let empty = RgbaImage::from_pixel(self.side, self.side, EMPTY);
                    imageops::replace(&mut paper, &empty, left.into(), top.into());
                }
            }
        }
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
        DynamicImage::ImageRgba8(paper).into_rgb8().write_with_encoder(encoder).ok()?;
        Some(jpeg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgba<u8> = Rgba([200, 0, 0, 255]);
    const GLASS: Rgba<u8> = Rgba([0, 0, 0, 0]);

    fn written(width: u32, height: u32, colour: Rgba<u8>, format: ImageFormat) -> Vec<u8> {
        let picture = DynamicImage::ImageRgba8(RgbaImage::from_pixel(width, height, colour));
        let picture = if format == ImageFormat::Jpeg { picture.into_rgb8().into() } else { picture };
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// The drawn picture, read again.
    fn drawn(layout: Layout, tiles: &[Option<Tile>]) -> RgbaImage {
        image::load_from_memory(&layout.draw(tiles).unwrap()).unwrap().into_rgba8()
    }

    /// A JPEG keeps colours nearly.
    fn is_near(picture: &RgbaImage, x: u32, y: u32, wanted: Rgba<u8>) -> bool {
        picture.get_pixel(x, y).0.iter().zip(wanted.0).all(|(is, wanted)| is.abs_diff(wanted) < 12)
    }

    #[test]
    fn so_many_goods_so_many_tiles() {
        let sizes = [1, 2, 3, 4, 5, 6, 7, 9, 12].map(|count| {
            let picture = drawn(Layout::of(count), &[]);
            (picture.width(), picture.height())
        });
        let (two, six, nine) = ((1_008, 1_008), (1_216, 808), (1_216, 1_216));
        assert_eq!(sizes, [(800, 800), (1_008, 500), two, two, six, six, nine, nine, nine]);
    }

    #[test]
    fn pictures_of_each_kind_stand_in_the_middle_of_their_tiles() {
        let layout = Layout::of(4);
        let wide = |format| Some(layout.tile(&written(40, 20, RED, format)).unwrap());
        let tiles = [wide(ImageFormat::Jpeg), wide(ImageFormat::Png), wide(ImageFormat::WebP), None];
        let picture = drawn(layout, &tiles);
        for (x, y) in [(250, 250), (758, 250), (250, 758)] {
            assert!(is_near(&picture, x, y, RED), "{x} {y}: {:?}", picture.get_pixel(x, y));
            assert!(is_near(&picture, x, y - 200, PAPER), "above a wide picture is paper");
        }
        assert!(is_near(&picture, 758, 758, EMPTY), "what is no picture is an empty tile");
    }

    #[test]
    fn what_is_see_through_lies_on_white() {
        let layout = Layout::of(1);
        let picture = drawn(layout, &[Some(layout.tile(&written(10, 10, GLASS, ImageFormat::Png)).unwrap())]);
        assert!(is_near(&picture, 400, 400, PAPER));
    }

    #[test]
    fn a_picture_that_grows_when_it_is_decoded_is_refused_by_its_head() {
        // Twenty thousand dots each way, of one colour: some bytes that would be 1.6 GB.
        let mut bomb = written(8, 8, RED, ImageFormat::Png);
        bomb[16..20].copy_from_slice(&20_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&20_000_u32.to_be_bytes());
        let sum = crc32fast::hash(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        let refused = Layout::of(1).tile(&bomb).err().unwrap();
        assert!(matches!(refused, ImageError::Limits(_)), "{refused}");
        // Each side is within its bound, and all dots together are not.
        bomb[16..20].copy_from_slice(&7_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&7_000_u32.to_be_bytes());
        let sum = crc32fast::hash(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        let refused = Layout::of(1).tile(&bomb).err().unwrap();
        assert!(matches!(refused, ImageError::Limits(_)), "{refused}");
    }

    #[test]
    fn what_is_no_jpeg_png_or_webp_is_no_picture() {
        let whole = written(8, 8, RED, ImageFormat::Png);
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice();
        for bytes in
            [b"GIF89a\x01\0\x01\0\0\0\0;".as_slice(), b"%PDF-1.7", svg, b"", b"<html>", &whole[..whole.len() / 2]]
        {
            assert!(Layout::of(1).tile(bytes).is_err(), "{bytes:?}");
        }
    }
}

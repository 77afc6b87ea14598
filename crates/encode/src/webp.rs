//! Lossless WebP: one VP8L chunk.

use fic_core::{Error, PixelBuf, PixelLayout};
use image_webp::{ColorType, WebPEncoder};

use crate::{Sink, sides};

/// The container's canvas holds 2^14 columns and rows, but libwebp stops one short of that.
const MOST: u16 = 16_383;

pub(crate) fn write(pixels: &PixelBuf, sink: &mut Sink<'_>) -> Result<(), Error> {
    let (width, height) = sides(pixels, MOST)?;
    let colour = match pixels.layout() {
        PixelLayout::Gray => ColorType::L8,
        PixelLayout::GrayAlpha => ColorType::La8,
        PixelLayout::Rgb => ColorType::Rgb8,
        PixelLayout::Rgba | PixelLayout::Cmyk => ColorType::Rgba8,
    };
    let encoder = WebPEncoder::new(&mut *sink);
    encoder.encode(pixels.as_bytes(), width.into(), height.into(), colour).map_err(|err| sink.error(err))
}

/// The picture as RGBA, and the payload in a buffer that doubles as it grows.
pub(crate) fn scratch_bytes(pixels: u64) -> u64 {
    pixels.saturating_mul(4).saturating_add(64 << 10)
}

pub(crate) fn most_bytes(layout: PixelLayout, pixels: u64) -> u64 {
    pixels.saturating_mul(layout.channels() as u64).saturating_mul(3).saturating_add(4096)
}

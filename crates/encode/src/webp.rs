//! Lossless WebP: one VP8L chunk.

use fic_core::{Budget, Error, PixelBuf, PixelLayout, rows_bytes};
use image_webp::{ColorType, WebPEncoder};

use crate::{Sink, sides};

/// The container's canvas holds 2^14 columns and rows, but libwebp stops one short of that.
const MOST: u16 = 16_383;

pub(crate) fn write<'a>(pixels: &PixelBuf, budget: &'a Budget) -> Result<Sink<'a>, Error> {
    let (width, height) = sides(pixels, MOST)?;
    let colour = match pixels.layout() {
        PixelLayout::Gray => ColorType::L8,
        PixelLayout::GrayAlpha => ColorType::La8,
        PixelLayout::Rgb => ColorType::Rgb8,
        PixelLayout::Rgba | PixelLayout::Cmyk => ColorType::Rgba8,
    };
    let _scratch = budget.hold(scratch_bytes(pixels.layout(), pixels.width(), pixels.height()))?;
    let mut sink = Sink::new(budget);
    match WebPEncoder::new(&mut sink).encode(pixels.as_bytes(), width.into(), height.into(), colour) {
        Ok(()) => Ok(sink),
        Err(err) => Err(sink.error(err)),
    }
}

/// The picture as RGBA, and the payload in a buffer that doubles as it grows, old and new together for a
/// moment.
pub(crate) fn scratch_bytes(layout: PixelLayout, width: u32, height: u32) -> u64 {
    let payload = most_bytes(layout, width, height);
    let grown = payload.checked_next_power_of_two().unwrap_or(u64::MAX);
    rows_bytes(PixelLayout::Rgba, width, height).saturating_add(grown).saturating_add(grown / 2)
}

/// Codes of eight bits a sample always exist, so noise is no longer than it was; then come the code lengths
/// and the headers.
pub(crate) fn most_bytes(layout: PixelLayout, width: u32, height: u32) -> u64 {
    let raw = rows_bytes(layout, width, height);
    raw.saturating_add(raw / 50).saturating_add(1024)
}

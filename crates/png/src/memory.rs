//! How much heap the decoders take, from reading and measuring them.
//!
//! Each figure is an upper bound that `tests/memory_contract.rs` compares with what is allocated. A version
//! bump of a decoder has to pass there.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use crate::outline::{ColourType, Ihdr, Outline};

const KIB: u64 = 1 << 10;
/// Deflate looks back this far (RFC 1951, 2).
pub(crate) const WINDOW: u64 = 32 * KIB;

/// Bytes of a stretch of rows that a band aims at.
pub(crate) const BAND_BYTES: u64 = 64 * KIB;
/// Bytes of rows that are inflated ahead.
const AHEAD: u64 = 128 * KIB;
/// Rows that are unfiltered together, unless they are so long that fewer take this much.
const TOGETHER: u64 = 4;
const MOST_TOGETHER: u64 = 512 * KIB;

/// What the row-by-row decoder takes inside: its fixed tables, the window and rows, the row above, and rows
/// whose samples are not yet those of the picture.
pub(crate) fn row_decoder(ihdr: &Ihdr) -> u64 {
    /// 18 KiB of tables of the inflater, up to 4 KiB of its long codes, 1 KiB of palette, 4 KiB of gathered
    /// small chunks, the fields of both.
    const FIXED: u64 = 30 * KIB;
    let row = ihdr.row_bytes(ihdr.width.get());
    FIXED
        .saturating_add(window_and_rows(ihdr))
        .saturating_add(row)
        .saturating_add(row.saturating_mul(rows_together(row)))
}

/// The buffer that the inflater fills: never more than the whole picture.
pub(crate) fn window_and_rows(ihdr: &Ihdr) -> u64 {
    let row = ihdr.row_bytes(ihdr.width.get());
    let rows = AHEAD.max(row.saturating_mul(rows_together(row)));
    WINDOW.saturating_add(rows).min(ihdr.inflated_bytes())
}

fn rows_together(row: u64) -> u64 {
    MOST_TOGETHER.checked_div(row).unwrap_or(1).clamp(1, TOGETHER)
}

/// Rows of `stride` bytes, those of the whole width, that go through the scratch at once.
pub(crate) fn scratch_rows(stride: usize) -> usize {
    length(rows_together(count(stride)))
}

/// Rows of `stride` bytes, those of the whole width, that the inflater has ready at once.
pub(crate) fn batch_rows(stride: usize) -> usize {
    let row = count(stride);
    length(AHEAD.checked_div(row).unwrap_or(1).max(rows_together(row)))
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn length(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(1)
}

/// What the whole-frame decoder takes inside, its output not counted: the compressed bytes, gathered by a
/// buffer that doubles; the inflated ones, likewise; a frame at full depth for 16 bits or Adam7.
pub(crate) fn frame_decoder(outline: &Outline) -> u64 {
    const FIXED: u64 = 96 * KIB;
    let ihdr = &outline.ihdr;
    let (width, height) = (u64::from(ihdr.width.get()), u64::from(ihdr.height.get()));
    let gathered = match outline.image_data.chunks {
        0 | 1 => outline.image_data.bytes,
        _ => outline.image_data.bytes.saturating_mul(3),
    };
    let depth_bytes = if ihdr.depth == 16 { 2 } else { 1 };
    let samples = u64::from(ihdr.colour.samples());
    let hint =
        width.saturating_add(1).saturating_mul(height).saturating_mul(depth_bytes).saturating_mul(samples);
    let inflated = hint.max(ihdr.inflated_bytes()).saturating_mul(3).saturating_add(64 * KIB);
    let channels = ihdr.layout(outline.palette.transparency.is_some()).channels();
    let channels = u64::try_from(channels).unwrap_or(u64::MAX);
    let frame = width.saturating_mul(height).saturating_mul(channels).saturating_mul(depth_bytes);
    let frames = u64::from(ihdr.depth == 16).saturating_add(u64::from(ihdr.interlaced));
    let rows = ihdr.row_bytes(ihdr.width.get()).saturating_mul(if ihdr.colour == ColourType::Palette {
        4
    } else {
        2
    });
    FIXED
        .saturating_add(gathered)
        .saturating_add(inflated)
        .saturating_add(frame.saturating_mul(frames))
        .saturating_add(rows.saturating_mul(8))
}

/// Rows of a band: about as many as fit in [`BAND_BYTES`], and a multiple of those that are unfiltered together
/// where four rows are not much more than that; at least one, at most all.
pub(crate) fn band_rows(row_out_bytes: u64, height: u32) -> u32 {
    let fitting = BAND_BYTES.checked_div(row_out_bytes).unwrap_or(1);
    let rows = if fitting >= TOGETHER {
        fitting.saturating_sub(fitting % TOGETHER)
    } else if row_out_bytes.saturating_mul(TOGETHER) <= BAND_BYTES.saturating_mul(2) {
        TOGETHER
    } else {
        1
    };
    u32::try_from(rows).unwrap_or(u32::MAX).min(height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_have_a_multiple_of_four_rows_where_that_is_not_too_much() {
        let rows = |row_bytes: u64| band_rows(row_bytes, 1_000_000);
        assert_eq!([rows(6_912), rows(16_384), rows(20_000), rows(32_768)], [8, 4, 4, 4]);
        assert_eq!([rows(32_769), rows(65_536), rows(1 << 40)], [1, 1, 1]);
        assert_eq!([rows(1), band_rows(1, 7), band_rows(6_912, 3)], [65_536, 7, 3]);
    }
}

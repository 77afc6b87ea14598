//! How much heap the decoders underneath take, from reading and measuring them.
//!
//! Each figure is an upper bound that `tests/memory_contract.rs` compares with what is allocated. A version
//! bump of a decoder has to pass there.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use crate::outline::{ColourType, Ihdr, Outline};

const KIB: u64 = 1 << 10;
/// The inflater looks back this far, and the decoder keeps as much before it lets go of a row.
const WINDOW: u64 = 32 * KIB;
/// The decoder inflates this much at a time.
const STEP: u64 = 8 * KIB;

/// Bytes of a stretch of rows that a band aims at.
pub(crate) const BAND_BYTES: u64 = 64 * KIB;

/// What the row-by-row decoder takes inside: its fixed tables, its buffer of filtered rows, and two rows
/// aside for when data ends early.
pub(crate) fn row_decoder(ihdr: &Ihdr) -> u64 {
    /// 19 KiB of inflater and its tables, up to 4 KiB of long codes, the palette three times, 4 KiB of
    /// gathered small chunks, the canonical head, the reader itself.
    const FIXED: u64 = 34 * KIB;
    let row = ihdr.row_bytes(ihdr.width.get());
    FIXED.saturating_add(row_buffer(ihdr, row)).saturating_add(row.saturating_mul(2))
}

/// The buffer of filtered rows at its largest, while it moves from a smaller block to a larger one.
///
/// It starts with room for up to 128 rows and 128 KiB, asks for a step more than it has filled, lets go of
/// rows when four rows or 128 KiB are behind it, and grows by doubling.
fn row_buffer(ihdr: &Ihdr, row: u64) -> u64 {
    const MOST: u64 = 128 * KIB;
    let rows = u64::from(ihdr.height.get()).min(128);
    let first = row.saturating_mul(rows).checked_next_multiple_of(256).unwrap_or(u64::MAX).min(MOST);
    let behind = row.saturating_mul(4).checked_next_multiple_of(64).unwrap_or(u64::MAX).max(MOST);
    let within = behind.saturating_add(row.saturating_mul(2)).saturating_add(WINDOW).saturating_add(STEP);
    // The decoder counts a byte a row for empty passes of Adam7.
    let whole = ihdr.inflated_bytes().saturating_add(u64::from(ihdr.height.get()).saturating_mul(4));
    let wanted = within.min(whole).saturating_add(STEP);
    let (mut room, mut moving) = (first, first);
    while room < wanted {
        let next = room.saturating_mul(2).max(STEP);
        moving = room.saturating_add(next);
        room = next;
    }
    moving
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

/// Rows of a band: as many as fit in [`BAND_BYTES`], at least one, at most all.
pub(crate) fn band_rows(row_out_bytes: u64, height: u32) -> u32 {
    let rows = BAND_BYTES.checked_div(row_out_bytes).unwrap_or(1).max(1);
    u32::try_from(rows).unwrap_or(u32::MAX).min(height)
}

//! What image-webp 0.2.4 makes of a VP8L stream before its pixels: the bytes of its tables and small pictures, found as
//! [`Plan`](super::Plan) finds ours.
//!
//! In comes a stream of which a plan was made, so its codes are complete. Refused: what image-webp is known to read
//! otherwise than the reference decoder.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Format, Stage};

use super::cache::Cache;
use super::head::{Head, Keep};
use super::stream::Stream;
use crate::riff::offset_of;

/// Headers of the five trees of a group.
const GROUP_BYTES: u64 = 5 * 56;
/// Bits that a tree's table is looked up by, at most; longer codes are nodes of 16 bytes, two for each code.
const TABLE_BITS: u8 = 10;
const NODE_BYTES: u64 = 2 * 16;
/// What a tree of two symbols takes besides its table.
const PAIR_BYTES: u64 = 3 * 16;
/// The trees of the only group of a small picture, and its cache: nothing of it is left when the next one comes.
const SMALL_PICTURE: u64 = 140 << 10;
/// Chunks, the lengths of one code and their table, an unpacked palette.
const FIXED: u64 = 24 << 10;

/// Bytes that image-webp holds at most besides the pixels, for a picture of this size.
pub(crate) fn bytes(stream: &[u8], offset: u64, (width, height): (u32, u32)) -> Result<u64, Error> {
    let mut stream = Stream::new(stream, offset, Stage::Admit);
    let head = Head::read(&mut stream, width, height, Keep::Nothing)?;
    let (mut trees, mut groups) = (0u64, 0u64);
    head.read_codes(&mut stream, &mut |code| {
        trees = trees.saturating_add(tree_bytes(code.lengths));
        groups = groups.max(u64::from(head.named.declared));
        Ok(())
    })?;
    if let Some(what) = stream.otherwise {
        return Err(Error::unsupported(Stage::Admit, Format::WebP, what).at(offset));
    }
    // The list of groups doubles when it is full: the old one is there while it is copied.
    let list = groups.max(4).checked_next_power_of_two().unwrap_or(u64::MAX).saturating_mul(GROUP_BYTES);
    let groups = trees.saturating_add(list.saturating_mul(3) / 2);
    let small = if head.block_pixels > 0 { SMALL_PICTURE } else { 0 };
    // Four bytes of each small pixel, and two of those that name groups.
    Ok(head
        .block_pixels
        .saturating_mul(6)
        .saturating_add(groups.max(small))
        .saturating_add(Cache::bytes(head.cache_bits))
        .saturating_add(u64::from(width))
        .saturating_add(FIXED))
}

/// The table and nodes of one code.
fn tree_bytes(lengths: &[u8]) -> u64 {
    let longest = lengths.iter().copied().max().unwrap_or(0).min(TABLE_BITS);
    let beyond = lengths.iter().filter(|&&length| length > TABLE_BITS).count();
    let table = 4u64.wrapping_shl(longest.into());
    table.saturating_add(offset_of(beyond).saturating_mul(NODE_BYTES)).saturating_add(PAIR_BYTES)
}

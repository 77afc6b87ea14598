//! What decoding a VP8L stream will take, found by reading all that precedes its pixels.
//!
//! In comes the stream after its header; out comes a [`Plan`] that is exact: which groups are used, how large their
//! tables are, how far back copies can reach, and so how many rows of coded pixels must be kept. Nothing is allocated
//! for it. Refused: more codes than `max_work` allows to read, before they are; what the head and the codes refuse; tables over `max_table_bytes` and four bytes for each
//! pixel, as soon as they are, those of groups that no block names included.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Format, Limit, Limits, Stage, units};

use super::copy;
use super::group::Groups;
use super::head::{CodeRead, Head, Keep, Transform, Use};
use super::history::History;
use super::stream::{FIRST_CACHED, FIRST_COPY, Stream, alphabets};
use crate::riff::offset_of;

/// What the decoder will need for a stream besides the band.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Bytes held at once, at most.
    pub(crate) heap: u64,
    /// Bytes of all tables, of groups that are used and of those that are not.
    pub(crate) table_bytes: u64,
    /// Symbols of all codes: each has a length to be read or filled in.
    pub(crate) symbols: u64,
    /// Pixels of all the small pictures.
    pub(crate) block_pixels: u64,
    pub(super) places: usize,
    pub(super) groups: usize,
    pub(super) history: History,
}

/// Bytes of the decoder's own fields.
const FIXED: u64 = 1 << 10;

impl Plan {
    /// Reads `stream`, whose first byte is byte `offset` of the file, up to the pixels of a picture of this size;
    /// `work` is what was charged before.
    pub(crate) fn of(
        stream: &[u8],
        offset: u64,
        (width, height): (u32, u32),
        work: u64,
        limits: &Limits,
    ) -> Result<Plan, Error> {
        let mut stream = Stream::new(stream, offset, Stage::Admit);
        let head = Head::read(&mut stream, width, height, Keep::Nothing)?;
        let symbols = alphabets(head.cache_bits).into_iter().map(offset_of).fold(0, u64::saturating_add);
        let symbols = symbols.saturating_mul(head.named.declared.into());
        let work = work.saturating_add(walk(symbols, head.block_pixels));
        limits.check(Stage::Admit, Limit::MaxWork, work).map_err(|err| err.in_format(Format::WebP))?;
        let free_table_bytes = u64::from(width).saturating_mul(height.into()).saturating_mul(4);
        let mut codes = Codes::default();
        head.read_codes(&mut stream, &mut |code| {
            codes.see(code);
            let beyond = codes.table_bytes.saturating_sub(free_table_bytes);
            let check = limits.check(Stage::Admit, Limit::MaxTableBytes, beyond);
            check.map_err(|err| err.in_format(Format::WebP))
        })?;
        let coded_width = usize::try_from(head.coded_width).unwrap_or(usize::MAX);
        let coded = (coded_width, usize::try_from(height).unwrap_or(usize::MAX));
        let reach = codes.reach.map(|code| copy::reach(code, coded.0));
        let groups = usize::try_from(head.used_groups()).unwrap_or(usize::MAX);
        let history = History::of(coded, reach, codes.constant());
        let tables = offset_of(codes.places).saturating_mul(Groups::PLACE_BYTES);
        let heap = head
            .kept_bytes
            .saturating_add(offset_of(groups).saturating_mul(Groups::GROUP_BYTES))
            .saturating_add(tables)
            .saturating_add(history.bytes())
            .saturating_add(row_bytes(&head, width));
        Ok(Plan {
            heap: heap.max(head.peak_bytes).saturating_add(FIXED),
            table_bytes: codes.table_bytes,
            symbols,
            block_pixels: head.block_pixels,
            places: codes.places,
            groups,
            history,
        })
    }

    /// The work of reading up to the pixels once.
    pub(crate) fn walk(&self) -> u64 {
        walk(self.symbols, self.block_pixels)
    }
}

fn walk(symbols: u64, block_pixels: u64) -> u64 {
    let lengths = symbols.saturating_mul(units::VP8L_TABLE_BYTE);
    lengths.saturating_add(block_pixels.saturating_mul(units::VP8L_PIXEL))
}

/// The row on its way through the transforms, and the row above that a predictor keeps.
fn row_bytes(head: &Head, width: u32) -> u64 {
    let row = u64::from(width).saturating_mul(4);
    let predicts = head.transforms.iter().flatten().any(|t| matches!(t, Transform::Predictor { .. }));
    row.saturating_add(if predicts { row.saturating_add(4) } else { 0 })
}

/// What was learned from the codes so far.
#[derive(Default)]
struct Codes {
    places: usize,
    table_bytes: u64,
    /// The largest distance code, where there are copies.
    reach: Option<usize>,
    /// Whether any group has colours from the cache: what was never put there has no red, blue and alpha of its own.
    cached: bool,
    /// Whether the group at hand has copies.
    copies: bool,
    /// The only symbols of red, blue and alpha, as far as all groups have the same.
    only: [Only; 3],
}

/// The symbols of one code over all groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Only {
    #[default]
    None,
    One(u32),
    Several,
}

impl Codes {
    fn see(&mut self, code: CodeRead<'_>) {
        let CodeRead { used, slot, measure, lengths } = code;
        let group_bytes = if slot == 0 { Groups::GROUP_BYTES } else { 0 };
        let places = measure.places();
        let table_bytes = offset_of(places).saturating_mul(Groups::PLACE_BYTES).saturating_add(group_bytes);
        self.table_bytes = self.table_bytes.saturating_add(table_bytes);
        if used == Use::Nowhere {
            return;
        }
        self.places = self.places.saturating_add(places);
        match slot {
            0 => {
                let copies =
                    usize::try_from(FIRST_COPY).unwrap_or(0)..usize::try_from(FIRST_CACHED).unwrap_or(0);
                let any =
                    |lengths: Option<&[u8]>| lengths.is_some_and(|l| l.iter().any(|&length| length > 0));
                self.cached |= any(lengths.get(copies.end..));
                self.copies = any(lengths.get(copies));
            }
            4 if self.copies => {
                let largest =
                    (0..).zip(lengths).filter(|&(_, &length)| length > 0).map(|(symbol, _)| symbol).max();
                self.reach = self.reach.max(largest.map(copy::largest));
            }
            4 => {}
            _ => {
                if let Some(only) = slot.checked_sub(1).and_then(|slot| self.only.get_mut(slot)) {
                    let symbol = measure.only(lengths).map_or(Only::Several, Only::One);
                    *only = if *only == Only::None || *only == symbol { symbol } else { Only::Several };
                }
            }
        }
    }

    /// Red, blue and alpha, where no pixel has others.
    fn constant(&self) -> Option<u32> {
        match self.only {
            [Only::One(red), Only::One(blue), Only::One(alpha)] if !self.cached => {
                Some(alpha << 24 | red << 16 | blue)
            }
            _ => None,
        }
    }
}

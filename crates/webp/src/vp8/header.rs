//! The frame header (RFC 6386, sections 9.2 to 9.6 and 19.2): what it says about segments, filter and quantisers.
//!
//! In come the flags of the first partition, out come the fields up to the quantisers; the token probabilities
//! that follow are [`Probabilities`](super::tokens::Probabilities)' affair.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use super::bool_decoder::BoolDecoder;

/// The fields of a key frame's header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameHeader {
    /// Whether the colour space is the one that the format reserves.
    pub(crate) reserved_colour_space: bool,
    pub(crate) segments: Option<Segments>,
    pub(crate) filter: FilterHeader,
    /// The coefficient partitions are `1 << log2_partitions`.
    pub(crate) log2_partitions: u32,
    pub(crate) quantiser: QuantiserHeader,
}

/// Section 9.3: parts of the picture with a quantiser and a filter of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segments {
    /// The probabilities of each macroblock's segment; without them all are in the first.
    pub(crate) map: Option<[u8; 3]>,
    pub(crate) values: SegmentValues,
    pub(crate) quantisers: [i32; 4],
    pub(crate) filter_levels: [i32; 4],
}

/// What a segment's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SegmentValues {
    Absolute,
    /// To be added to the frame's.
    Differences,
}

/// Section 9.6, and 9.3 for what varies with the prediction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilterHeader {
    pub(crate) kind: FilterKind,
    /// 0 to 63; 0 turns the filter off in all segments.
    pub(crate) level: i32,
    /// 0 to 7.
    pub(crate) sharpness: i32,
    /// What is added for every macroblock of a key frame, and for those that are predicted in 4x4 blocks.
    pub(crate) adjustments: (i32, i32),
}

/// Section 15: which of the two filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilterKind {
    Normal,
    Simple,
}

/// Section 9.6: an index into the quantiser tables and what is added to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuantiserHeader {
    pub(crate) index: i32,
    pub(crate) y_dc: i32,
    pub(crate) y2_dc: i32,
    pub(crate) y2_ac: i32,
    pub(crate) uv_dc: i32,
    pub(crate) uv_ac: i32,
}

impl FrameHeader {
    /// Reads from the start of the first partition; `None` where it ends before the number of partitions. Where it
    /// ends behind that, no macroblock will be decoded.
    pub(super) fn read(bits: &mut BoolDecoder<'_>) -> Option<FrameHeader> {
        let reserved_colour_space = bits.flag();
        // Whether samples need clamping: they are clamped in any case, as the reference decoder does.
        let _clamping = bits.flag();
        let segments = bits.flag().then(|| Segments::read(bits));
        let filter = FilterHeader::read(bits);
        let log2_partitions = bits.literal(2);
        if bits.is_past_end() {
            return None;
        }
        let index = bits.literal(7).cast_signed();
        let mut difference = || bits.optional(4).unwrap_or(0);
        let (y_dc, y2_dc, y2_ac) = (difference(), difference(), difference());
        let (uv_dc, uv_ac) = (difference(), difference());
        let quantiser = QuantiserHeader { index, y_dc, y2_dc, y2_ac, uv_dc, uv_ac };
        Some(FrameHeader { reserved_colour_space, segments, filter, log2_partitions, quantiser })
    }
}

impl Segments {
    fn read(bits: &mut BoolDecoder<'_>) -> Segments {
        let (has_map, has_values) = (bits.flag(), bits.flag());
        let (mut values, mut quantisers, mut filter_levels) = (SegmentValues::Absolute, [0; 4], [0; 4]);
        if has_values {
            if !bits.flag() {
                values = SegmentValues::Differences;
            }
            quantisers = [(); 4].map(|()| bits.optional(7).unwrap_or(0));
            filter_levels = [(); 4].map(|()| bits.optional(6).unwrap_or(0));
        }
        let mut probability = || match bits.flag() {
            // Eight bits fit.
            true => u8::try_from(bits.literal(8)).unwrap_or(u8::MAX),
            false => u8::MAX,
        };
        let map = has_map.then(|| [(); 3].map(|()| probability()));
        Segments { map, values, quantisers, filter_levels }
    }
}

impl FilterHeader {
    fn read(bits: &mut BoolDecoder<'_>) -> FilterHeader {
        let kind = if bits.flag() { FilterKind::Simple } else { FilterKind::Normal };
        let level = bits.literal(6).cast_signed();
        let sharpness = bits.literal(3).cast_signed();
        let mut adjustments = (0, 0);
        if bits.flag() && bits.flag() {
            // Of four for kinds of references a key frame has the first, of four for modes only 4x4 blocks.
            let [key_frame, ..] = [(); 4].map(|()| bits.optional(6).unwrap_or(0));
            let [in_4x4, ..] = [(); 4].map(|()| bits.optional(6).unwrap_or(0));
            adjustments = (key_frame, in_4x4);
        }
        FilterHeader { kind, level, sharpness, adjustments }
    }
}

//! The loop filter (RFC 6386, section 15): how strong it is for each macroblock, and the order of edges.
//!
//! Macroblocks are filtered from left to right, a row at a time, after the row was predicted: prediction reads samples
//! from before the filter, so on a key frame the filter changes what is shown and nothing else.

mod edge;
mod lanes;
#[cfg(target_arch = "x86_64")]
mod v3;

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Level, Simd};

use self::edge::{Edge, Filters, Plain};
use self::lanes::{Edges, Kind};
#[cfg(target_arch = "x86_64")]
use self::v3::V3;
use super::filtering::Filtering;
use super::header::{FilterHeader, FilterKind, FrameHeader, SegmentValues};
use super::planes::Planes;

/// How the edges of one macroblock are filtered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strength {
    /// What a step across an inner edge may be (section 15.2); zero turns the filter off.
    limit: u8,
    /// What a step beside an edge may be.
    interior: u8,
    /// Above this a step beside an edge makes high variance.
    high_variance: u8,
    /// Whether the edges between its 4x4 blocks are filtered.
    pub(super) inner: bool,
}

/// A frame's filter.
#[derive(Clone, Debug)]
pub(super) struct LoopFilter {
    kind: FilterKind,
    /// By segment: of macroblocks that are predicted as a whole, and in 4x4 blocks.
    strengths: [[Strength; 2]; 4],
}

impl LoopFilter {
    /// The filter of a frame that has one, where it is run at all.
    pub(super) fn new(header: &FrameHeader, filtering: Filtering) -> Option<LoopFilter> {
        let FilterHeader { kind, level, .. } = header.filter;
        if level == 0 {
            return None;
        }
        let strengths = [0, 1, 2, 3].map(|segment| {
            [false, true].map(|in_4x4| match filtering.leaves_out(header, segment, in_4x4) {
                true => Strength::default(),
                false => Strength::new(&header.filter, filter_level(header, segment, in_4x4), in_4x4),
            })
        });
        let is_run = strengths.iter().flatten().any(|strength| strength.limit > 0);
        is_run.then_some(LoopFilter { kind, strengths })
    }

    /// The strength for a macroblock.
    #[inline(always)]
    pub(super) fn strength(&self, segment: usize, in_4x4: bool, has_coefficients: bool) -> Strength {
        let strength = self.strengths[segment][usize::from(in_4x4)];
        Strength { inner: in_4x4 || has_coefficients, ..strength }
    }

    /// Filters row `row` of macroblocks, and the rows above it that its upper edges reach.
    pub(super) fn row(&self, planes: &mut Planes, row: usize, strengths: &[Strength]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = Level::new().as_avx2() {
            token.vectorize(
                #[inline(always)]
                || self.row_with(V3(token), planes, row, strengths),
            );
            return;
        }
        self.row_with(Plain, planes, row, strengths);
    }

    #[inline(always)]
    fn row_with<F: Filters>(&self, f: F, planes: &mut Planes, row: usize, strengths: &[Strength]) {
        for (column, &strength) in strengths.iter().enumerate() {
            if strength.limit == 0 {
                continue;
            }
            let at = (row, column);
            match self.kind {
                FilterKind::Simple => {
                    lanes::luma(f, &mut planes.y, at, strength.edges(Kind::Simple, Kind::Simple));
                }
                FilterKind::Normal => {
                    let edges = strength.edges(Kind::Macroblock, Kind::Block);
                    lanes::luma(f, &mut planes.y, at, edges);
                    lanes::chroma(f, planes, at, edges);
                }
            }
        }
    }
}

/// Sections 9.3 and 9.6: the level of a segment's macroblocks.
pub(crate) fn filter_level(header: &FrameHeader, segment: usize, in_4x4: bool) -> i32 {
    let filter = &header.filter;
    let of_segment = match &header.segments {
        None => filter.level,
        Some(segments) => match segments.values {
            SegmentValues::Absolute => segments.filter_levels[segment],
            SegmentValues::Differences => filter.level + segments.filter_levels[segment],
        },
    };
    let (key_frame, blocks) = filter.adjustments;
    (of_segment + key_frame + if in_4x4 { blocks } else { 0 }).clamp(0, 63)
}

impl Strength {
    /// Section 15.2.
    fn new(filter: &FilterHeader, level: i32, in_4x4: bool) -> Strength {
        if level == 0 {
            return Strength::default();
        }
        let interior = match filter.sharpness {
            0 => level,
            sharpness => (level >> if sharpness > 4 { 2 } else { 1 }).min(9 - sharpness),
        }
        .max(1);
        let high_variance = match level {
            40.. => 2,
            15.. => 1,
            _ => 0,
        };
        // At most 3 * 63.
        Strength {
            limit: (2 * level + interior) as u8,
            interior: interior as u8,
            high_variance,
            inner: in_4x4,
        }
    }

    /// Across the edge to another macroblock a larger step may be.
    #[inline(always)]
    fn edges(self, outer: Kind, inner: Kind) -> Edges {
        let Strength { limit, interior, high_variance, .. } = self;
        let edge = |limit: u8| Edge { limit, interior, high_variance };
        Edges {
            outer: (outer, edge(limit + 4)),
            inner: if self.inner { Some((inner, edge(limit))) } else { None },
        }
    }
}

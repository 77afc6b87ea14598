//! Filter levels of segments outside of their range (RFC 6386, section 9.3).
//!
//! The reference decoder adds what varies with the prediction first and keeps the sum within 0 to 63; image-webp keeps
//! the segment's level within it before. No encoder writes such a level.

use super::header::{FrameHeader, SegmentValues};
use super::partitions::Vp8;

impl Vp8 {
    /// Whether any segment's level is out of its range before anything is added to it.
    pub(crate) fn has_levels_beyond(&self) -> bool {
        let FrameHeader { segments, filter, .. } = &self.header;
        segments.as_ref().is_some_and(|segments| {
            let base = match segments.values {
                SegmentValues::Absolute => 0,
                SegmentValues::Differences => filter.level,
            };
            segments.filter_levels.iter().any(|level| !(0..=63).contains(&(base + level)))
        })
    }
}

//! Where the loop filter is left out: a frame's quantisers and filter levels and how far the picture will be shrunk in,
//! which segments are filtered out.
//!
//! A key frame is predicted from samples before the filter (RFC 6386, section 15), so leaving it out changes what is shown
//! and nothing else. What it moves lies within three samples of an edge and adds up to nearly nothing across it; the
//! mean of many samples hardly knows. How much is left grows with the steps that the quantiser makes and with the
//! level up to which steps are taken for its work; it falls with the square of the shrink, and faster.

use fic_core::{Nearness, Request};

use super::header::FrameHeader;
use super::loop_filter::filter_level;
use super::quantiser::quantiser_index;

/// Where the loop filter is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filtering {
    AsCoded,
    /// Left out everywhere.
    LeftOut,
    /// Left out in segments whose [`weight`] is no more than this.
    LeftOutUpTo(u32),
}

impl Filtering {
    /// For a picture of that size that is decoded at one `side`th of it. A rough picture has no filter where it is
    /// shrunk while decoding; a close one has it where it would be seen at half the size that was asked for, which is
    /// the size at which it will be shown.
    pub(crate) fn of(request: &Request, stored: (u32, u32), side: u32) -> Filtering {
        let Some(at_least) = request.at_least else { return Filtering::AsCoded };
        match request.nearness {
            Nearness::Rough if side > 1 => Filtering::LeftOut,
            Nearness::Rough => Filtering::AsCoded,
            Nearness::Close => {
                let axis = |stored: u32, at_least: u32| {
                    let (stored, shown) = (u64::from(stored) * 2, u64::from(at_least.max(1)));
                    // Nothing was measured at less than a third.
                    if stored < 3 * shown { 0 } else { stored.saturating_pow(2) / shown.saturating_pow(2) }
                };
                match axis(stored.0, at_least.0).min(axis(stored.1, at_least.1)) {
                    0 => Filtering::AsCoded,
                    bound => Filtering::LeftOutUpTo(u32::try_from(bound).unwrap_or(u32::MAX)),
                }
            }
        }
    }

    /// Whether macroblocks of that segment are not filtered.
    pub(super) fn leaves_out(self, header: &FrameHeader, segment: usize, in_4x4: bool) -> bool {
        match self {
            Filtering::AsCoded => false,
            Filtering::LeftOut => true,
            Filtering::LeftOutUpTo(bound) => weight(header, segment, in_4x4) <= bound,
        }
    }
}

/// How much the filter may change in a segment: it is left out up to the number of stored pixels that a pixel of the small
/// picture stands for, where it moved the samples of that by a mean square of at most 0.07 in all that was measured,
/// which is 60 dB (`benches/record/webp-filter-2026-11-29.md`).
///
/// Six times the quantiser's index, the largest of those for the kinds of coefficients, and twice the level. Sharpness can
/// only make less of the level.
fn weight(header: &FrameHeader, segment: usize, in_4x4: bool) -> u32 {
    let quantiser = &header.quantiser;
    let differences = [0, quantiser.y_dc, quantiser.y2_dc, quantiser.y2_ac, quantiser.uv_dc, quantiser.uv_ac];
    let largest = differences.into_iter().fold(0, i32::max);
    let index = (quantiser_index(header, segment) + largest).clamp(0, 127);
    (6 * index + 2 * filter_level(header, segment, in_4x4)).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::super::bool_decoder::BoolDecoder;
    use super::*;

    fn close(stored: (u32, u32), at_least: (u32, u32)) -> Filtering {
        Filtering::of(&Request::full().with_at_least(at_least.0, at_least.1), stored, 1)
    }

    #[test]
    fn the_bound_follows_the_smaller_shrink_of_what_is_shown() {
        assert_eq!(close((2304, 1728), (512, 384)), Filtering::LeftOutUpTo(81));
        assert_eq!(close((2304, 1728), (512, 576)), Filtering::LeftOutUpTo(36));
        assert_eq!(close((3000, 3000), (2000, 2000)), Filtering::LeftOutUpTo(9));
        assert_eq!(close((2999, 3000), (2000, 2000)), Filtering::AsCoded);
        assert_eq!(close((u32::MAX, u32::MAX), (0, 1)), Filtering::LeftOutUpTo(u32::MAX));
        assert_eq!(Filtering::of(&Request::full(), (9, 9), 1), Filtering::AsCoded);
    }

    #[test]
    fn rough_pictures_have_no_filter_where_they_are_shrunk() {
        let rough = Request::full().with_at_least(100, 100).with_nearness(Nearness::Rough);
        assert_eq!(Filtering::of(&rough, (200, 200), 2), Filtering::LeftOut);
        assert_eq!(Filtering::of(&rough, (199, 199), 1), Filtering::AsCoded);
    }

    #[test]
    fn segments_are_weighed_by_their_own_quantiser_and_level_and_the_largest_difference() {
        // All flags are zero: no segments, level 0, one partition, index 0.
        let mut header = FrameHeader::read(&mut BoolDecoder::new(&[0; 64])).unwrap();
        assert_eq!(weight(&header, 0, false), 0);
        header.quantiser.index = 27;
        header.filter.level = 8;
        header.filter.adjustments = (0, 4);
        assert_eq!(weight(&header, 0, false), 6 * 27 + 2 * 8);
        assert_eq!(weight(&header, 0, true), 6 * 27 + 2 * 12);
        header.quantiser.uv_ac = 5;
        header.quantiser.y_dc = -15;
        assert_eq!(weight(&header, 3, false), 6 * 32 + 2 * 8);
        let bound = Filtering::LeftOutUpTo(6 * 32 + 2 * 8);
        assert!(bound.leaves_out(&header, 0, false) && !bound.leaves_out(&header, 0, true));
    }
}

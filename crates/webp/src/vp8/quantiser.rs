//! Dequantisation (RFC 6386, sections 9.6 and 14.1): from a frame's indices to the factors of each segment.

use super::header::{FrameHeader, SegmentValues};

/// The factors of one segment: of the first coefficient of a block and of the others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Factors {
    pub(super) y: [i32; 2],
    pub(super) y2: [i32; 2],
    pub(super) uv: [i32; 2],
}

impl Factors {
    /// Those of the four segments; without segments all are the first's.
    pub(super) fn of_segments(header: &FrameHeader) -> [Factors; 4] {
        [0, 1, 2, 3].map(|segment| Factors::new(header, quantiser_index(header, segment)))
    }

    fn new(header: &FrameHeader, index: i32) -> Factors {
        let quantiser = &header.quantiser;
        let dc = |difference: i32, max: i32| i32::from(DC[(index + difference).clamp(0, max) as usize]);
        let ac = |difference: i32| i32::from(AC[(index + difference).clamp(0, 127) as usize]);
        Factors {
            y: [dc(quantiser.y_dc, 127), ac(0)],
            y2: [dc(quantiser.y2_dc, 127) * 2, (ac(quantiser.y2_ac) * 155 / 100).max(8)],
            uv: [dc(quantiser.uv_dc, 117), ac(quantiser.uv_ac)],
        }
    }
}

/// The index of a segment, before anything is added for the kind of block.
pub(crate) fn quantiser_index(header: &FrameHeader, segment: usize) -> i32 {
    let of_frame = header.quantiser.index;
    match &header.segments {
        None => of_frame,
        Some(segments) => match segments.values {
            SegmentValues::Absolute => segments.quantisers[segment],
            SegmentValues::Differences => of_frame + segments.quantisers[segment],
        },
    }
}

const DC: [u16; 128] = [
    4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14, 15, 16, 17, 17, 18, 19, 20, 20, 21, 21, 22, 22, 23, 23, 24, 25,
    25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 46, 47, 48,
    49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74,
    75, 76, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 91, 93, 95, 96, 98, 100, 101, 102, 104,
    106, 108, 110, 112, 114, 116, 118, 122, 124, 126, 128, 130, 132, 134, 136, 138, 140, 143, 145, 148, 151,
    154, 157,
];

const AC: [u16; 128] = [
    4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57,
    58, 60, 62, 64, 66, 68, 70, 72, 74, 76, 78, 80, 82, 84, 86, 88, 90, 92, 94, 96, 98, 100, 102, 104, 106,
    108, 110, 112, 114, 116, 119, 122, 125, 128, 131, 134, 137, 140, 143, 146, 149, 152, 155, 158, 161, 164,
    167, 170, 173, 177, 181, 185, 189, 193, 197, 201, 205, 209, 213, 217, 221, 225, 229, 234, 239, 245, 249,
    254, 259, 264, 269, 274, 279, 284,
];

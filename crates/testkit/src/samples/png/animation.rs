//! P03 to P06, P21: APNG frames that lie about their size, place and number.

use fic_core::FindingKind::{Animation, ContradictoryHeader, SloppyLength};

use super::{CONTRADICTORY, blank, sample};
use crate::bytes::png::{FrameControl, GREY, PngBytes, deflate};
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    let huge = FrameControl { width: 30_000, height: 30_000, ..FrameControl::default() };
    vec![
        sample(
            "P03",
            "fctl_30000_square_before_idat",
            "IHDR says 8x8, the frame that holds the default image says 900 megapixels",
            CONTRADICTORY,
            move || start().actl(1, 0).fctl(huge).idat_stored(&blank(8, 8)).iend().into_vec(),
        ),
        sample(
            "P04",
            "fctl_30000_square_after_idat",
            "the second frame says 900 megapixels",
            Expect::Accept(&[Animation, ContradictoryHeader]),
            move || {
                let second = FrameControl { sequence: 1, ..huge };
                start()
                    .actl(2, 0)
                    .fctl(whole(0))
                    .idat_stored(&blank(8, 8))
                    .fctl(second)
                    .fdat(2, &deflate::zeros(1_000_000))
                    .iend()
                    .into_vec()
            },
        ),
        wild(
            "frame_outside_the_canvas",
            FrameControl { width: 8, height: 8, x: 5, ..FrameControl::default() },
        ),
        wild("frame_of_no_size", FrameControl::default()),
        wild(
            "frame_offset_overflows",
            FrameControl { width: 8, height: 8, x: u32::MAX, y: u32::MAX, ..FrameControl::default() },
        ),
        sample(
            "P06",
            "actl_of_2_to_the_31_frames",
            "acTL declares two billion frames and there is none",
            CONTRADICTORY,
            || start().actl(0x7fff_ffff, 0).idat_stored(&blank(8, 8)).iend().into_vec(),
        ),
        sample(
            "P06",
            "100000_frames",
            "a hundred thousand fcTL and fdAT pairs: only the default image is wanted",
            Expect::Accept(&[Animation]),
            hundred_thousand_frames,
        ),
        sample(
            "P06",
            "fdat_of_three_bytes",
            "fdAT chunks too short for their sequence number",
            Expect::Accept(&[SloppyLength]),
            || {
                let png = start().actl(1, 0).fctl(whole(0)).idat_stored(&blank(8, 8));
                png.chunk(b"fdAT", &[0, 0, 0]).chunk(b"fdAT", &[]).iend().into_vec()
            },
        ),
        sample(
            "P21",
            "actl_of_nine_bytes",
            "an acTL that is one byte too long",
            Expect::Accept(&[SloppyLength]),
            || {
                start()
                    .chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0, 0])
                    .idat_stored(&blank(8, 8))
                    .iend()
                    .into_vec()
            },
        ),
        sample(
            "P21",
            "actl_of_seven_bytes",
            "an acTL that is one byte too short",
            Expect::Accept(&[SloppyLength]),
            || start().chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0]).idat_stored(&blank(8, 8)).iend().into_vec(),
        ),
    ]
}

fn start() -> PngBytes {
    PngBytes::new(8, 8, GREY, 8)
}

fn whole(sequence: u32) -> FrameControl {
    FrameControl { sequence, width: 8, height: 8, x: 0, y: 0 }
}

fn wild(name: &str, frame: FrameControl) -> Sample {
    let what = "a second frame whose rectangle is empty or not on the canvas";
    sample("P05", name, what, Expect::Accept(&[Animation, ContradictoryHeader]), move || {
        start()
            .actl(2, 0)
            .fctl(whole(0))
            .idat_stored(&blank(8, 8))
            .fctl(FrameControl { sequence: 1, ..frame })
            .fdat(2, &deflate::stored(&blank(8, 8)))
            .iend()
            .into_vec()
    })
}

fn hundred_thousand_frames() -> Vec<u8> {
    let data = deflate::stored(&[0, 0]);
    let png = start().actl(100_001, 0).fctl(whole(0)).idat_stored(&blank(8, 8));
    (0..100_000)
        .fold(png, |png, frame| {
            let sequence = 2 * frame + 1;
            png.fctl(FrameControl { sequence, width: 1, height: 1, x: 0, y: 0 }).fdat(sequence + 1, &data)
        })
        .iend()
        .into_vec()
}

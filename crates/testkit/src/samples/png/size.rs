//! P01, P02, P15: sizes that the image data does not hold, and the smallest interlaced ones.

use fic_core::Limit;

use super::{ACCEPT, sample};
use crate::bytes::png::{GREY, PngBytes, RGBA, filtered_rows};
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    vec![
        sample(
            "P01",
            "16384_square_in_68_bytes",
            "IHDR claims 268 megapixels of 16-bit RGBA, IDAT has 8 bytes",
            Expect::Limit(Limit::MaxPixels),
            || PngBytes::new(16_384, 16_384, RGBA, 16).idat(&[0x78, 1, 0, 0, 0, 0, 0, 0]).into_vec(),
        ),
        sample(
            "P01",
            "9999_square_in_80_bytes",
            "99 megapixels are within the limits, but eight bytes cannot make them",
            Expect::Malformed,
            || PngBytes::new(9_999, 9_999, RGBA, 16).idat(&[0x78, 1, 0, 0, 0, 0, 0, 0]).iend().into_vec(),
        ),
        sample(
            "P02",
            "height_of_2_to_the_32",
            "a height that PNG does not allow, and a cut IDAT",
            Expect::Malformed,
            || cut_idat(8_000_000, u32::MAX),
        ),
        sample(
            "P02",
            "height_of_2_to_the_31",
            "the largest height that PNG allows: width times height leaves 32 bits",
            Expect::Limit(Limit::MaxPixels),
            || cut_idat(8_000_000, 0x7fff_ffff),
        ),
        sample(
            "P02",
            "one_pixel_wide",
            "an area within the limits, judged by its side",
            Expect::Limit(Limit::MaxHeight),
            || cut_idat(1, 90_000_000),
        ),
        adam7("adam7_1x1", 1, 1),
        adam7("adam7_1x9", 1, 9),
        adam7("adam7_9x1", 9, 1),
        adam7("adam7_5x5", 5, 5),
        sample(
            "P15",
            "adam7_rows_of_one_pixel",
            "an interlaced picture of 1 x 30,000: a pass row holds one pixel, or none",
            ACCEPT,
            || adam7_bytes(1, 30_000),
        ),
    ]
}

fn cut_idat(width: u32, height: u32) -> Vec<u8> {
    PngBytes::new(width, height, RGBA, 8).chunk_with_length(4_000, b"IDAT", &[0x78, 1, 0]).into_vec()
}

fn adam7(name: &str, width: u32, height: u32) -> Sample {
    let what = "an interlaced picture most of whose passes have no pixel or one";
    sample("P15", name, what, ACCEPT, move || adam7_bytes(width, height))
}

fn adam7_bytes(width: u32, height: u32) -> Vec<u8> {
    let rows = filtered_rows((width, height), (1, 8), true, |_| 0, |x, y, _| (x * 31 + y * 7) as u16 & 0xff);
    PngBytes::adam7(width, height, GREY, 8).idat_deflated(&rows).iend().into_vec()
}

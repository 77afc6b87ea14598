//! The hostile JPEG files, one function for each row of the list in THREATS.md.

use fic_core::{FindingKind, Limit};

use crate::bytes::jpeg::{DC, JpegBytes, Part};
use crate::samples::{Expect, Sample};

mod colour;
mod metadata;
mod structure;

const GREY: &[(u8, u8)] = &[(1, 0x11)];
const THREE: &[(u8, u8)] = &[(1, 0x11), (2, 0x11), (3, 0x11)];

/// All of them.
pub fn all() -> Vec<Sample> {
    let mut all = vec![];
    all.extend(sizes());
    all.extend(scan_bombs());
    all.extend(colour::all());
    all.extend(structure::all());
    all.extend(metadata::all());
    all.sort_by_key(|sample| sample.id);
    all
}

fn sample(
    id: &'static str,
    name: &'static str,
    what: &'static str,
    expect: Expect,
    build: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Sample {
    Sample::new(id, format!("{}_{name}", id.to_lowercase()), "jpg", what, expect, build)
}

/// A grey picture of `width` x `height` whose data holds `blocks` blocks.
fn grey(width: u16, height: u16, blocks: usize) -> Vec<u8> {
    JpegBytes::new()
        .jfif()
        .tables()
        .frame(0xC0, width, height, GREY)
        .scan(&[Part::new(1)])
        .zero_blocks(blocks, 2)
        .end()
}

/// A grey picture of 16 x 16, whole: a carrier for other things.
fn small() -> JpegBytes {
    small_after(JpegBytes::new().jfif())
}

/// The same behind other segments.
fn small_after(start: JpegBytes) -> JpegBytes {
    start.tables().frame(0xC0, 16, 16, GREY).scan(&[Part::new(1)]).zero_blocks(4, 2)
}

/// J01 to J03: sizes that the data cannot fill.
fn sizes() -> Vec<Sample> {
    vec![
        sample(
            "J01",
            "size_patched_to_fafa",
            "a valid small file whose frame header says 64250 x 64250",
            Expect::Limit(Limit::MaxPixels),
            || grey(0xFAFA, 0xFAFA, 4),
        ),
        sample(
            "J01",
            "width_patched_to_fafa",
            "a valid small file whose frame header says 64250 columns",
            Expect::Limit(Limit::MaxWidth),
            || grey(0xFAFA, 16, 4),
        ),
        sample(
            "J01",
            "size_patched_below_the_limits",
            "a valid small file whose frame header says 8000 x 8000: within the limits, but the data is too short",
            Expect::Malformed,
            || grey(8_000, 8_000, 4),
        ),
        sample("J02", "65535_by_1", "one row of 65535", Expect::Limit(Limit::MaxWidth), || {
            grey(65_535, 1, 8_192)
        }),
        sample("J02", "1_by_65535", "one column of 65535", Expect::Limit(Limit::MaxHeight), || {
            grey(1, 65_535, 8_192)
        }),
        sample("J02", "32768_by_1", "one row as long as is allowed", Expect::Accept(&[]), || {
            grey(32_768, 1, 4_096)
        }),
        sample(
            "J03",
            "huge_frame_two_entropy_bytes",
            "16384 x 16384 with two bytes of data: decoders invent 800 MB of pixels",
            Expect::Limit(Limit::MaxPixels),
            || two_bytes(16_384, 16_384),
        ),
        sample(
            "J03",
            "large_frame_two_entropy_bytes",
            "8192 x 8192, within the limits, with two bytes of data",
            Expect::Malformed,
            || two_bytes(8_192, 8_192),
        ),
        sample(
            "J03",
            "large_progressive_frame_two_entropy_bytes",
            "8192 x 8192 progressive, within the limits, with two bytes of data",
            Expect::Malformed,
            || {
                JpegBytes::new()
                    .tables()
                    .frame(0xC2, 8_192, 8_192, GREY)
                    .scan_of(&[Part::new(1)], DC)
                    .data(&[0, 0])
                    .end()
            },
        ),
    ]
}

fn two_bytes(width: u16, height: u16) -> Vec<u8> {
    JpegBytes::new().tables().frame(0xC0, width, height, GREY).scan(&[Part::new(1)]).data(&[0, 0]).end()
}

/// J04 and J05: scans that cost much and take few bytes.
fn scan_bombs() -> Vec<Sample> {
    vec![
        sample(
            "J04",
            "99_scans_of_end_of_band_runs",
            "8000 x 8000 progressive, one DC scan and 99 AC scans of a few bytes (LJT-01-003)",
            Expect::Limit(Limit::MaxScans),
            || progressive_bomb(8_000, (0..99).map(|_| (1, 63, 0))),
        ),
        sample(
            "J04",
            "1000_scans_of_end_of_band_runs",
            "the same with 1000 AC scans",
            Expect::Limit(Limit::MaxScans),
            || progressive_bomb(8_000, (0..1_000).map(|_| (1, 63, 0))),
        ),
        sample(
            "J04",
            "60_repeated_scans",
            "60 AC scans, within the limit, that all code the same band again",
            Expect::Malformed,
            || progressive_bomb(8_000, (0..60).map(|_| (1, 63, 0))),
        ),
        sample(
            "J04",
            "63_scans_of_one_coefficient_each",
            "63 AC scans, each of one band as the specification allows, of a million blocks: a thumbnail reads one of them",
            Expect::Accept(&[]),
            || progressive_bomb(9_000, (1..64).map(|k| (k, k, 0))),
        ),
        sample(
            "J04",
            "63_scans_of_one_coefficient_each_small",
            "the same for 512 x 512: odd, valid and cheap",
            Expect::Accept(&[]),
            || progressive_bomb(512, (1..64).map(|k| (k, k, 0))),
        ),
        sample(
            "J05",
            "200000_one_component_scans",
            "baseline with 200,000 scans of one component and two bytes of data each",
            Expect::Limit(Limit::MaxScans),
            || one_component_scans(200_000),
        ),
        sample(
            "J05",
            "60_one_component_scans",
            "baseline with 60 scans of one component, within the limit, that code it again and again",
            Expect::Malformed,
            || one_component_scans(60),
        ),
        sample(
            "J05",
            "one_component_again",
            "a whole baseline picture, each component in a scan of its own, then the first once more",
            Expect::Malformed,
            || {
                let start = JpegBytes::new().jfif().tables().frame(0xC0, 16, 16, THREE);
                let scan = |file: JpegBytes, id| file.scan(&[Part::new(id)]).zero_blocks(4, 2);
                [1, 2, 3, 1].into_iter().fold(start, scan).end()
            },
        ),
    ]
}

/// A grey progressive picture of `side` x `side`: a DC scan, then AC scans without a coefficient.
fn progressive_bomb(side: u16, bands: impl Iterator<Item = (u8, u8, u8)>) -> Vec<u8> {
    let blocks = usize::from(side).div_ceil(8).pow(2);
    let grey = [Part::new(1)];
    let start = JpegBytes::new()
        .jfif()
        .tables()
        .frame(0xC2, side, side, GREY)
        .scan_of(&grey, DC)
        .zero_blocks(blocks, 1);
    bands.fold(start, |file, band| file.scan_of(&grey, band).ends_of(blocks)).end()
}

fn one_component_scans(scans: usize) -> Vec<u8> {
    let start = JpegBytes::new().jfif().tables().frame(0xC0, 16, 16, THREE);
    let scan = JpegBytes::empty().scan(&[Part::new(1)]).data(&[0, 0]).finish();
    start.repeat(scans, &scan).end()
}

//! The same coefficients sent otherwise (progressive, refined, in scans of one component, with restarts) make the
//! same pixels, bit for bit, at every scale.

#![allow(clippy::expect_used, reason = "a test that cannot be set up must fail")]

use std::collections::BTreeMap;
use std::fs;

use fic_core::{Bands, Budget, Limits, Request};
use fic_testkit::valid;

/// Files below `corpus/valid/jpeg` and, behind each, what `jpegtran` made of it.
const FIRST: [(&str, &str); 13] = [
    ("410", "base_410_33x27"),
    ("411", "base_411_33x27"),
    ("420", "base_420_33x27"),
    ("422", "base_422_33x27"),
    ("440", "base_440_33x27"),
    ("444", "base_444_33x27"),
    ("cmyk", "base_cmyk_adobe_48x40"),
    ("grey", "base_grey_97x61"),
    ("rgb", "base_rgb_adobe_33x27"),
    ("s1x1_2x2_2x2", "base_s1x1_2x2_2x2_33x27"),
    ("s2x2_2x1_1x2", "base_s2x2_2x1_1x2_33x27"),
    ("s3x1_1x1_1x1", "base_s3x1_1x1_1x1_33x27"),
    ("ycck", "base_ycck_420_48x40"),
];

/// The bytes of all files with the coefficients of `first`, which comes first.
fn family(label: &str, first: &str) -> Vec<(String, Vec<u8>)> {
    let folder = valid::corpus().join("valid/jpeg");
    let size = first.rsplit('_').next().expect("a size");
    let made = ["base_same_{}_scan_each", "prog_same_{}", "prog_same_{}_refined"]
        .map(|name| format!("{}_{size}", name.replace("{}", label)));
    std::iter::once(first.to_owned())
        .chain(made.into_iter().filter(|name| label != "grey" || !name.starts_with("base")))
        .map(|name| (name.clone(), fs::read(folder.join(format!("{name}.jpg"))).expect(&name)))
        .collect()
}

fn decode(picture: &[u8], divisor: u32) -> ((u32, u32), Vec<u8>) {
    let limits = Limits::untrusted();
    let outline = fic_jpeg::outline(picture).expect("an outline");
    let [width, height] =
        [outline.header().width, outline.header().height].map(|side| side.get().div_ceil(divisor));
    let request = Request::full().with_at_least(width, height);
    let admitted = fic_jpeg::admit(picture, &outline, &request, &limits).expect("admission");
    let size = (admitted.width(), admitted.height());
    let mut decoder = fic_jpeg::open(admitted, &Budget::new(&limits)).expect("a decoder");
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band().expect("a band") {
        pixels.extend_from_slice(band.bytes);
    }
    (size, pixels)
}

#[test]
fn the_same_pixels_at_every_scale_however_the_coefficients_are_sent() {
    let mut compared = 0;
    for (label, first) in FIRST {
        let files = family(label, first);
        for divisor in [1, 2, 4, 8] {
            let expected = decode(&files[0].1, divisor);
            for (name, bytes) in &files[1..] {
                assert!(decode(bytes, divisor) == expected, "{name} at 1/{divisor} is not {first}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 4 * (3 * FIRST.len() - 1));
}

#[test]
fn the_families_hold_what_their_names_say() {
    let mut scans = BTreeMap::new();
    for (label, first) in FIRST {
        for (name, bytes) in family(label, first) {
            let outline = fic_jpeg::outline(&bytes).expect(&name);
            let progressive = outline.frame().process == fic_jpeg::Process::Progressive;
            assert_eq!(progressive, name.starts_with("prog"), "{name}");
            let refines = outline.scans(&bytes).any(|scan| scan.header.high > 0);
            assert_eq!(refines, progressive, "{name}");
            let restarts = outline.scans(&bytes).any(|scan| scan.data.restarts > 0);
            assert_eq!(restarts, name.contains("_refined_") || name.contains("_scan_each_"), "{name}");
            scans.insert(name, outline.header().scans);
        }
    }
    assert_eq!(scans["prog_same_ycck_refined_48x40"], 1 + 4 * 2 + 2 * (4 + 4 * 2));
    assert_eq!(scans["base_same_cmyk_scan_each_48x40"], 4);
}

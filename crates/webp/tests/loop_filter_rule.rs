//! Where the loop filter would not be seen it is left out, and run where it would be.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Limits, Nearness, Request};
use fic_testkit::bytes::webp::{BoolBytes, VP8_16X16, Vp8Header, WebpBytes, flags};

const SIDE: u16 = 64;

/// Noise behind a header with that quantiser index and filter level.
fn frame(index: u32, level: u32) -> Vec<u8> {
    // Colour space, clamping, no segments, normal filter; level; sharpness, no adjustments, one partition; index; no
    // differences.
    let header = BoolBytes::new().put(0, 4).put(level, 6).put(0, 6).put(index, 7).put(0, 5);
    let mut state = 7u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24).min(254) as u8
    });
    let mut first = header.finish();
    first.extend(noise.take(20_000));
    let len = first.len() as u32;
    first.extend_from_within(100..);
    Vp8Header::new(SIDE, SIDE, len).followed_by(&first)
}

fn still(index: u32, level: u32) -> Vec<u8> {
    WebpBytes::new().chunk(b"VP8 ", &frame(index, level)).finish()
}

/// Pixels, scale, and whether the filter is said to be left out.
fn decode(input: &[u8], request: &Request) -> (Vec<u8>, u32, bool) {
    let limits = Limits::untrusted();
    let outline = fic_webp::outline(input).unwrap();
    let admitted = fic_webp::admit(input, &outline, request, &limits).unwrap();
    let (scale, lacks) = (admitted.scale(), admitted.lacks_loop_filter());
    let mut decoder = fic_webp::open(admitted, &Budget::new(&limits)).unwrap();
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band().unwrap() {
        pixels.extend_from_slice(band.bytes);
    }
    (pixels, scale, lacks)
}

/// To be shown at 4 x 4, a sixteenth, so that a pixel stands for 256; decoded at an eighth.
const CLOSE: Request = Request::full().with_at_least(8, 8);
/// Decoded at an eighth too, and never filtered.
const ROUGH: Request = Request::full().with_at_least(4, 4).with_nearness(Nearness::Rough);

#[test]
fn the_filter_is_left_out_up_to_the_pixels_that_one_stands_for() {
    for (index, level) in [(40, 8), (22, 62), (0, 63)] {
        let file = still(index, level);
        assert_eq!(decode(&file, &CLOSE), decode(&file, &ROUGH), "{index}, {level}");
        assert_eq!(decode(&file, &CLOSE).1, 8);
        assert!(decode(&file, &CLOSE).2, "{index}, {level}");
    }
}

#[test]
fn the_filter_is_run_beyond_that() {
    for (index, level) in [(40, 9), (41, 8), (22, 63), (127, 1)] {
        let file = still(index, level);
        let (close, rough) = (decode(&file, &CLOSE), decode(&file, &ROUGH));
        assert_eq!((close.1, close.2, rough.1, rough.2), (8, false, 8, true), "{index}, {level}");
        assert_ne!(close.0, rough.0, "{index}, {level}");
    }
}

#[test]
fn a_full_decode_is_filtered_and_a_frame_without_a_filter_lacks_none() {
    assert!(!decode(&still(0, 63), &Request::full()).2);
    assert!(!decode(&still(40, 0), &CLOSE).2 && !decode(&still(40, 0), &ROUGH).2);
}

#[test]
fn a_picture_with_alpha_is_left_unfiltered_by_the_same_rule() {
    let with_alpha = |index| {
        let alpha = [vec![0], vec![200; usize::from(SIDE) * usize::from(SIDE)]].concat();
        let file = WebpBytes::new().vp8x(flags::ALPHA, SIDE.into(), SIDE.into()).chunk(b"ALPH", &alpha);
        file.chunk(b"VP8 ", &frame(index, 8)).finish()
    };
    let (below, beyond) = (with_alpha(40), with_alpha(41));
    assert_eq!(decode(&below, &CLOSE), decode(&below, &ROUGH));
    let (close, rough) = (decode(&beyond, &CLOSE), decode(&beyond, &ROUGH));
    assert_eq!((close.1, close.2, rough.1, rough.2), (8, false, 8, true));
    assert_ne!(close.0, rough.0);
}

#[test]
fn the_smaller_shrink_of_both_axes_counts() {
    let file = still(40, 8);
    let uneven = Request::full().with_at_least(8, 9);
    assert!(!decode(&file, &uneven).2);
    let tiny = WebpBytes::new().chunk(b"VP8 ", VP8_16X16).finish();
    assert!(!decode(&tiny, &Request::full().with_at_least(16, 16)).2);
}

//! Frames behind the first: the canvas as a player shows it, decoding and charging no more than it takes. That
//! blended pixels are those of the reference decoder is shown by `benches/conformance`.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Error, Kind, Limit, Limits, PixelLayout, Request, Truncated};
use fic_testkit::bytes::webp::{VP8_16X16, Vp8lBytes, WebpBytes, flags};
use fic_testkit::heap;
use proptest::prelude::*;

const NONE: [u8; 4] = [0; 4];
const RED: [u8; 4] = [250, 10, 20, 255];
const BLUE: [u8; 4] = [30, 40, 240, 255];
const CLEAR: u8 = 1;
const REPLACE: u8 = 2;

fn canvas(width: u32, height: u32) -> WebpBytes {
    WebpBytes::new().vp8x(flags::ANIMATION | flags::ALPHA, width, height).anim()
}

fn solid(width: u32, height: u32, colour: [u8; 4]) -> WebpBytes {
    WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid_rgba(width, height, colour))
}

/// The same, though its header says that it is opaque.
fn unmarked(width: u32, height: u32, [red, green, blue, alpha]: [u8; 4]) -> WebpBytes {
    let stream = Vp8lBytes::new(width, height).end_of_transforms().no_cache().one_group();
    let stream = stream.singles([green, red, blue, alpha, 0].map(u32::from)).finish();
    WebpBytes::new().chunk(b"VP8L", &stream)
}

/// The pixels of a frame; never more heap than predicted.
fn decode(bytes: &[u8], frame: u32, limits: &Limits) -> Result<Vec<u8>, Error> {
    let outline = fic_webp::outline(bytes)?;
    let admitted = fic_webp::admit(bytes, &outline, &Request::full().with_frame(frame), limits)?;
    let (cost, budget) = (admitted.cost(), Budget::new(limits));
    assert_eq!(admitted.layout(), PixelLayout::Rgba);
    let mut pixels = Vec::with_capacity(admitted.width() as usize * admitted.height() as usize * 4);
    let (decoded, peak) = heap::measure(|| {
        let mut decoder = fic_webp::open(admitted, &budget)?;
        while let Some(band) = decoder.next_band()? {
            pixels.extend_from_slice(band.bytes);
        }
        Ok::<_, Error>(())
    });
    assert!(peak <= cost.peak_heap, "{peak} bytes of heap, {} predicted", cost.peak_heap);
    assert!(budget.peak_bytes() <= cost.peak_heap && budget.held_bytes() == 0);
    decoded.map(|()| pixels)
}

fn frame(bytes: &[u8], frame: u32) -> Vec<u8> {
    decode(bytes, frame, &Limits::untrusted()).unwrap()
}

/// A red canvas of 4 x 1, then a column of `colour` at its left, then blue at its right.
fn three_frames(first: u8, second: u8, colour: [u8; 4]) -> Vec<u8> {
    canvas(4, 1)
        .frame_with(first, 0, 0, 4, 1, solid(4, 1, RED))
        .frame_with(second, 0, 0, 1, 1, solid(1, 1, colour))
        .frame(2, 0, 2, 1, solid(2, 1, BLUE))
        .finish()
}

#[test]
fn frames_are_kept_cleared_blended_and_put_in_place_of_what_was_there() {
    let half = [0, 0, 0, 128];
    let mixed = [124, 4, 9, 255];
    assert_eq!(frame(&three_frames(0, 0, half), 1), [mixed, RED, RED, RED].concat());
    assert_eq!(frame(&three_frames(0, 0, half), 2), [mixed, RED, BLUE, BLUE].concat());
    assert_eq!(frame(&three_frames(0, REPLACE, half), 2), [half, RED, BLUE, BLUE].concat());
    assert_eq!(frame(&three_frames(0, CLEAR, half), 2), [NONE, RED, BLUE, BLUE].concat());
    assert_eq!(frame(&three_frames(CLEAR, 0, half), 1), [half, NONE, NONE, NONE].concat());
    assert_eq!(frame(&three_frames(CLEAR, CLEAR, half), 2), [NONE, NONE, BLUE, BLUE].concat());
}

#[test]
fn the_alpha_of_lossless_frames_is_that_of_their_pixels_whatever_their_headers_say() {
    let half = [0, 0, 0, 128];
    let start = || canvas(4, 1).frame(0, 0, 4, 1, solid(4, 1, RED));
    let mixed = start().frame(0, 0, 2, 1, unmarked(2, 1, half)).finish();
    assert_eq!(frame(&mixed, 1), [[124, 4, 9, 255], [124, 4, 9, 255], RED, RED].concat());
    // By the hint a frame of the whole canvas hides what was there, so its pixels are put in place of that.
    let all = start().frame(0, 0, 4, 1, unmarked(4, 1, half)).finish();
    assert_eq!(frame(&all, 1), half.repeat(4));
    assert_eq!(frame(&canvas(4, 1).frame(0, 0, 4, 1, unmarked(4, 1, half)).finish(), 0), half.repeat(4));
}

#[test]
fn a_frame_that_is_not_there_is_the_callers_mistake() {
    let still = WebpBytes::new().chunk(b"VP8 ", VP8_16X16).finish();
    for (file, last) in [(three_frames(0, 0, RED), 2), (still, 0)] {
        let err = decode(&file, last + 1, &Limits::untrusted()).unwrap_err();
        assert_eq!(err.kind(), Kind::Misuse);
        let what = "the picture ends before the frame that was asked for";
        assert_eq!(err.to_string(), format!("{what} (found {}, allowed {last})", last + 1));
    }
}

#[test]
fn only_what_is_seen_is_decoded_counted_and_charged() {
    let broken = || WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::new(8, 8).put(1, 1).finish());
    let file = |flags: u8, last: u8, colour: [u8; 4]| {
        let start = canvas(8, 8).frame(0, 0, 8, 8, solid(8, 8, RED));
        let hidden = (0..58).fold(start, |file, _| file.frame_with(flags, 2, 2, 4, 4, broken()));
        hidden.frame_with(last, 0, 0, 8, 8, solid(8, 8, colour)).finish()
    };
    let limits = Limits::untrusted().with_max_frames(2);
    // Cleared frames are not decoded; what they leave is seen through the last.
    let pixels = decode(&file(CLEAR, 0, NONE), 59, &limits).unwrap();
    assert_eq!((&pixels[..4], &pixels[4 * 27..4 * 28]), (&RED[..], &NONE[..]));
    let err = decode(&file(0, 0, NONE), 59, &limits).unwrap_err();
    assert_eq!(err.kind(), Kind::Malformed, "{err}");
    let kept = (0..3).fold(canvas(8, 8), |file, _| file.frame(0, 0, 4, 4, solid(4, 4, BLUE))).finish();
    let err = decode(&kept, 2, &limits).unwrap_err();
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxFrames, allowed: 2, found: 3 }), "{err}");
    // A frame of the whole canvas in place of what was there hides all of it.
    let one = limits.with_max_frames(1);
    assert_eq!(decode(&file(0, REPLACE, NONE), 59, &one).unwrap(), NONE.repeat(64));
    let err = decode(&file(0, 0, NONE), 59, &one).unwrap_err();
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxFrames, .. } | Kind::Malformed), "{err}");
}

#[test]
fn frames_are_charged_by_their_pixels_and_what_they_clear() {
    let work = |frames: u32, flags: u8| {
        let start = canvas(400, 400).frame(0, 0, 400, 400, solid(400, 400, RED));
        let add = |file: WebpBytes, _| file.frame_with(flags, 0, 0, 398, 400, solid(398, 400, BLUE));
        let file = (0..frames).fold(start, add).finish();
        let outline = fic_webp::outline(&file).unwrap();
        let request = Request::full().with_frame(frames);
        fic_webp::admit(&file, &outline, &request, &Limits::trusted()).unwrap().cost().work
    };
    for flags in [0, CLEAR] {
        let grown = work(41, flags) - work(1, flags);
        assert!(grown >= 40 * 398 * 400, "{grown} for flags {flags}");
    }
}

/// A picture of 8 x 4 with 65,536 groups, of which the codes are missing.
fn many_groups() -> WebpBytes {
    let head = Vp8lBytes::new(8, 4).end_of_transforms().no_cache().groups(2).no_cache();
    WebpBytes::new().chunk(b"VP8L", &head.singles([255, 255, 0, 255, 0]).finish())
}

#[test]
fn codes_of_many_groups_are_charged_before_they_are_read() {
    let file = canvas(8, 4).frame(0, 0, 8, 4, many_groups()).finish();
    let refused = |limits: &Limits| decode(&file, 0, limits).unwrap_err().kind();
    let symbols = 65_536 * (256 * 4 + 24 + 40);
    let little = Limits::untrusted().with_max_work(symbols);
    assert!(matches!(refused(&little), Kind::Limit { limit: Limit::MaxWork, .. }), "{:?}", refused(&little));
    assert_eq!(refused(&Limits::untrusted()), Kind::Malformed);
}

#[test]
fn codes_that_are_read_once_more_for_a_composition_are_charged_once_more() {
    let groups = |many: u32| {
        let head = Vp8lBytes::new(8, 4).end_of_transforms().no_cache().groups(2).no_cache();
        let head = head.singles([many - 1, 0, 0, 255, 0]);
        let stream = (0..many).fold(head, |stream, _| stream.singles([1, 2, 3, 255, 0])).finish();
        let file = canvas(8, 4).frame(0, 0, 8, 4, WebpBytes::new().chunk(b"VP8L", &stream));
        let file = file.frame(0, 0, 4, 4, WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid(4, 4)));
        let file = file.finish();
        let outline = fic_webp::outline(&file).unwrap();
        [0, 1].map(|frame| {
            let request = Request::full().with_frame(frame);
            fic_webp::admit(&file, &outline, &request, &Limits::untrusted()).unwrap().cost().work
        })
    };
    let ([alone, composed], [more_alone, more_composed]) = (groups(1), groups(101));
    let symbols = 100 * (256 * 4 + 24 + 40);
    assert!(more_composed - composed >= more_alone - alone + symbols);
}

#[test]
fn the_last_of_a_hundred_thousand_frames_costs_what_is_seen_of_it_or_is_refused() {
    let many = |flags: u8, side: u32, (width, height): (u32, u32)| {
        let one = WebpBytes::new().frame_with(flags, 0, 0, width, height, solid(width, height, BLUE));
        let one = one.finish()[12..].to_vec();
        canvas(side, side).frame(0, 0, side, side, solid(side, side, RED)).raw(&one.repeat(99_999)).finish()
    };
    let refused = |file: &[u8]| match decode(file, 99_999, &Limits::untrusted()).unwrap_err().kind() {
        Kind::Limit { limit, .. } => limit,
        kind => panic!("{kind:?}"),
    };
    assert_eq!(refused(&many(0, 64, (2, 2))), Limit::MaxFrames);
    assert_eq!(decode(&many(CLEAR, 64, (2, 2)), 99_999, &Limits::untrusted()).unwrap().len(), 1 << 14);
    // Each of the whole canvas, in place of what was there or after it was cleared: one is decoded.
    for flags in [REPLACE, CLEAR] {
        let one_frame = Limits::untrusted().with_max_frames(2);
        assert_eq!(decode(&many(flags, 64, (64, 64)), 99_999, &one_frame).unwrap()[..4], BLUE);
    }
    // Clearing has its price: all but a row of the canvas each time.
    assert_eq!(refused(&many(CLEAR, 1_000, (1_000, 998))), Limit::MaxWork);
}

#[test]
fn a_canvas_is_predicted_and_refused_over_the_limit() {
    let file = canvas(2_000, 1_000)
        .frame(0, 0, 2_000, 1_000, solid(2_000, 1_000, RED))
        .frame(0, 0, 2, 2, solid(2, 2, BLUE))
        .finish();
    let outline = fic_webp::outline(&file).unwrap();
    let request = Request::full().with_frame(1);
    let cost = fic_webp::admit(&file, &outline, &request, &Limits::untrusted()).unwrap().cost();
    assert!(cost.peak_heap >= 8_000_000, "{cost:?}");
    let limits = Limits::untrusted().with_max_heap_bytes(cost.peak_heap - 1);
    let err = decode(&file, 1, &limits).unwrap_err();
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxHeapBytes, .. }), "{err}");
    assert_eq!(
        decode(&file, 1, &Limits::untrusted().with_max_heap_bytes(cost.peak_heap)).unwrap()[..4],
        BLUE
    );
}

#[derive(Clone, Debug)]
struct Any {
    flags: u8,
    place: (u32, u32),
    size: (u32, u32),
    colour: [u8; 4],
}

fn any_frame() -> impl Strategy<Value = Any> {
    let place = prop_oneof![
        Just(((0, 0), (12, 8))),
        (0u32..5, 0u32..3, 1u32..5, 1u32..5).prop_map(|(x, y, width, height)| (
            (2 * x, 2 * y),
            (width.min(12 - 2 * x), height.min(8 - 2 * y))
        )),
    ];
    let colour = (any::<[u8; 3]>(), any::<bool>());
    (0u8..4, place, colour).prop_map(|(flags, (place, size), ([r, g, b], opaque))| {
        let colour = if opaque { [r, g, b, 255] } else { NONE };
        Any { flags, place, size, colour }
    })
}

/// Every frame, composed from the first on with nothing left out; alpha is all or nothing.
fn composed_by_the_book(frames: &[Any]) -> Vec<Vec<[u8; 4]>> {
    let mut canvas = vec![NONE; 96];
    let mut shown = Vec::new();
    for Any { flags, place, size, colour } in frames {
        let points = || {
            (0..size.1).flat_map(|y| (0..size.0).map(move |x| ((place.1 + y) * 12 + place.0 + x) as usize))
        };
        if flags & REPLACE != 0 || colour[3] == 255 {
            points().for_each(|at| canvas[at] = *colour);
        }
        shown.push(canvas.clone());
        if flags & CLEAR != 0 {
            points().for_each(|at| canvas[at] = NONE);
        }
    }
    shown
}

proptest! {
    #[test]
    fn every_frame_is_what_laying_all_of_them_over_each_other_gives(
        frames in prop::collection::vec(any_frame(), 2..9),
    ) {
        let file = frames.iter().fold(canvas(12, 8), |file, Any { flags, place, size, colour }| {
            file.frame_with(*flags, place.0, place.1, size.0, size.1, solid(size.0, size.1, *colour))
        });
        let file = file.finish();
        for (number, expected) in composed_by_the_book(&frames).into_iter().enumerate() {
            prop_assert_eq!(frame(&file, number as u32), expected.concat(), "frame {}", number);
        }
    }
}

#[test]
fn a_later_frame_in_which_the_file_ends_gives_what_is_there_where_that_is_accepted() {
    // Noise on red; then one more frame, so that the file ends in the last but one.
    let stream = Vp8lBytes::new(4, 4).end_of_transforms().no_cache().one_group();
    let stream = stream.singles([7, 9, 11, 255, 0]).finish();
    let noisy = std::fs::read("../../corpus/valid/webp/lossless_noise_24x24.webp").unwrap();
    let whole = canvas(24, 26)
        .frame(0, 0, 24, 26, solid(24, 26, RED))
        .frame(0, 0, 24, 24, WebpBytes::new().raw(&noisy[12..]))
        .frame(0, 0, 4, 4, WebpBytes::new().chunk(b"VP8L", &stream))
        .finish();
    let behind = 24 + 8 + stream.len() + stream.len() % 2;
    let cut = &whole[..whole.len() - behind - noisy.len() / 3];
    assert_eq!(decode(cut, 1, &Limits::untrusted()).unwrap_err().kind(), Kind::Malformed);
    let limits = Limits::untrusted();
    let request = Request::full().with_frame(1).with_truncated(Truncated::Accept);
    let outline = fic_webp::outline(cut).unwrap();
    let admitted = fic_webp::admit(cut, &outline, &request, &limits).unwrap();
    let mut decoder = fic_webp::open(admitted, &Budget::new(&limits)).unwrap();
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band().unwrap() {
        pixels.extend_from_slice(band.bytes);
    }
    assert!(decoder.was_truncated());
    let complete = frame(&whole, 1);
    let there = pixels.iter().zip(&complete).take_while(|(a, b)| a == b).count();
    assert!((24 * 4..24 * 23 * 4).contains(&there), "{there}");
    // What is missing lets the frame before shine through.
    assert_eq!(pixels[24 * 23 * 4..], RED.repeat(24 * 3));
}

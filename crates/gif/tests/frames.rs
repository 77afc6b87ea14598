//! Frames behind the first: the canvas as a player shows it, decoding and charging no more than it takes.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Cancel, Error, Kind, Limit, Limits, PixelLayout, Request, Truncated};
use fic_testkit::bytes::gif::{GifBytes, Image};
use fic_testkit::heap;
use proptest::prelude::*;

const TABLE: [[u8; 3]; 4] = [[10, 20, 30], [40, 50, 60], [70, 80, 90], [100, 110, 120]];
const NONE: [u8; 4] = [0; 4];

fn colour(index: usize) -> [u8; 4] {
    let [r, g, b] = TABLE[index];
    [r, g, b, 255]
}

/// The pixels of a frame, and whether some were missing; never more heap than predicted.
fn decode(bytes: &[u8], request: Request, limits: &Limits) -> Result<(Vec<u8>, bool), Error> {
    let outline = fic_gif::outline(bytes)?;
    let admitted = fic_gif::admit(bytes, &outline, &request, limits)?;
    let (cost, layout) = (admitted.cost(), admitted.layout());
    let budget = Budget::new(limits);
    let mut pixels = Vec::with_capacity(admitted.width() as usize * admitted.height() as usize * 4);
    let (truncated, peak) = heap::measure(|| {
        let mut decoder = fic_gif::open(admitted, &budget)?;
        while let Some(band) = decoder.next_band()? {
            pixels.extend_from_slice(band.bytes);
        }
        Ok::<_, Error>(decoder.was_truncated())
    });
    assert!(peak <= cost.peak_heap, "{peak} bytes of heap, {} predicted", cost.peak_heap);
    assert!(request.frame == 0 || layout == PixelLayout::Rgba);
    Ok((pixels, truncated?))
}

fn frame(bytes: &[u8], frame: u32) -> Vec<u8> {
    decode(bytes, Request::full().with_frame(frame), &Limits::untrusted()).unwrap().0
}

/// One row of four pixels, the first frame all of colour 1, the second a dot of colour 2 at `left` with that disposal, the
/// third a dot of colour 3 at the right end.
fn three_frames(first_disposal: u8, disposal: u8, left: u16) -> Vec<u8> {
    GifBytes::new(4, 1)
        .global_table(&TABLE)
        .graphic_control(first_disposal, None)
        .image(Image::new(4, 1).pixels(&[1; 4]))
        .graphic_control(disposal, None)
        .image(Image::new(1, 1).at(left, 0).pixels(&[2]))
        .image(Image::new(1, 1).at(3, 0).pixels(&[3]))
        .trailer()
        .finish()
}

#[test]
fn each_disposal_leaves_what_it_says() {
    let (one, two, three) = (colour(1), colour(2), colour(3));
    for disposal in [0, 1, 5, 6, 7] {
        let file = three_frames(0, disposal, 1);
        assert_eq!(frame(&file, 1), [one, two, one, one].concat(), "disposal {disposal}");
        assert_eq!(frame(&file, 2), [one, two, one, three].concat(), "disposal {disposal}");
    }
    assert_eq!(frame(&three_frames(0, 2, 1), 2), [one, NONE, one, three].concat());
    for disposal in [3, 4] {
        assert_eq!(frame(&three_frames(0, disposal, 1), 2), [one, one, one, three].concat(), "{disposal}");
    }
    assert_eq!(frame(&three_frames(2, 3, 1), 1), [NONE, two, NONE, NONE].concat());
    assert_eq!(frame(&three_frames(2, 3, 1), 2), [NONE, NONE, NONE, three].concat());
    assert_eq!(frame(&three_frames(3, 1, 1), 2), [NONE, two, NONE, three].concat());
}

#[test]
fn the_transparent_index_shows_what_was_there() {
    let file = GifBytes::new(2, 1)
        .global_table(&TABLE)
        .image(Image::new(2, 1).pixels(&[1, 1]))
        .graphic_control(0, Some(0))
        .image(Image::new(2, 1).pixels(&[0, 2]))
        .trailer()
        .finish();
    assert_eq!(frame(&file, 1), [colour(1), colour(2)].concat());
}

#[test]
fn a_frame_reaches_no_further_than_the_canvas() {
    let file = GifBytes::new(2, 2)
        .global_table(&TABLE)
        .image(Image::new(2, 2).pixels(&[1; 4]))
        .graphic_control(2, None)
        .image(Image::new(3, 3).at(1, 1).pixels(&[2; 9]))
        .image(Image::new(1, 1).at(50_000, 60_000).pixels(&[3]))
        .trailer()
        .finish();
    assert_eq!(frame(&file, 1), [colour(1), colour(1), colour(1), colour(2)].concat());
    assert_eq!(frame(&file, 2), [colour(1), colour(1), colour(1), NONE].concat());
}

#[test]
fn a_frame_that_is_not_there_is_the_callers_mistake() {
    let err =
        decode(&three_frames(0, 0, 0), Request::full().with_frame(3), &Limits::untrusted()).unwrap_err();
    assert_eq!(err.kind(), Kind::Misuse);
    assert_eq!(err.to_string(), "the picture ends before the frame that was asked for (found 3, allowed 2)");
}

#[test]
fn only_what_is_seen_is_decoded_counted_and_charged() {
    // Each of the 60 frames is full of noise that is no LZW data but in the last two.
    let broken = || Image::new(50, 50).lzw(&[0xff; 4_000]);
    let whole = || Image::new(50, 50).pixels(&[1; 2_500]);
    let file = |disposal: u8| {
        let start = GifBytes::new(50, 50).global_table(&TABLE).image(whole());
        let hidden = (0..58).fold(start, |file, _| file.graphic_control(disposal, Some(0)).image(broken()));
        hidden.graphic_control(0, Some(0)).image(whole()).trailer().finish()
    };
    let limits = Limits::untrusted().with_max_frames(2);
    for disposal in [2, 3, 4] {
        let (pixels, _) = decode(&file(disposal), Request::full().with_frame(59), &limits).unwrap();
        assert_eq!(pixels, colour(1).repeat(2_500), "disposal {disposal}");
    }
    let err = decode(&file(1), Request::full().with_frame(59), &limits).unwrap_err();
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxFrames, allowed: 2, found: 3 }), "{err}");
    let err = decode(&file(1), Request::full().with_frame(59), &Limits::untrusted()).unwrap_err();
    assert_eq!(err.kind(), Kind::Malformed);
    // A frame of the whole canvas without a transparent pixel hides whatever came before.
    let mut hides_all = file(1);
    let last_control = hides_all.windows(3).rposition(|bytes| bytes == [b'!', 0xf9, 4]).unwrap();
    hides_all[last_control + 3] = 0;
    assert_eq!(
        decode(&hides_all, Request::full().with_frame(59), &limits.with_max_frames(1)).unwrap().0.len(),
        10_000
    );
}

#[test]
fn frames_are_charged_by_their_data_their_pixels_and_what_they_clear() {
    let work = |images: usize, disposal: u8| {
        let file = GifBytes::new(400, 400).global_table(&TABLE);
        let start = file.image(Image::new(400, 400).pixels(&[1; 160_000]));
        let one = Image::new(399, 400).pixels(&[2; 159_600]);
        let file = (0..images).fold(start, |file, _| file.graphic_control(disposal, None).image(one.clone()));
        let file = file.trailer().finish();
        let outline = fic_gif::outline(&file).unwrap();
        let request = Request::full().with_frame(u32::try_from(images).unwrap());
        fic_gif::admit(&file, &outline, &request, &Limits::trusted()).unwrap().cost().work
    };
    for disposal in [0, 2] {
        let grown = work(41, disposal) - work(1, disposal);
        assert!((40 * 159_600..60 * 159_600).contains(&grown), "{grown} for disposal {disposal}");
    }
}

#[test]
fn the_last_of_a_hundred_thousand_frames_costs_what_is_seen_of_it_or_is_refused() {
    let dot = || Image::new(1, 1).pixels(&[1]);
    let many = |side: u16, image: Image, disposal: u8| {
        let one = GifBytes::new(1, 1).graphic_control(disposal, None).image(image).finish()[13..].to_vec();
        let first = Image::new(side, side).pixels(&vec![1; usize::from(side) * usize::from(side)]);
        let file = GifBytes::new(side, side).global_table(&TABLE).image(first);
        file.raw(&one.repeat(99_999)).trailer().finish()
    };
    let last = Request::full().with_frame(99_999);
    let refused = |file: &[u8]| match decode(file, last, &Limits::untrusted()).unwrap_err().kind() {
        Kind::Limit { limit, .. } => limit,
        kind => panic!("{kind:?}"),
    };
    assert_eq!(refused(&many(64, dot(), 0)), Limit::MaxFrames);
    for disposal in [2, 3] {
        assert_eq!(decode(&many(64, dot(), disposal), last, &Limits::untrusted()).unwrap().0.len(), 1 << 14);
    }
    // Clearing has its price: all but a row of the canvas each time.
    let tall = || Image::new(1_000, 999).lzw(&[]);
    assert_eq!(refused(&many(1_000, tall(), 2)), Limit::MaxWork);
}

#[test]
fn what_is_cleared_beside_the_canvas_costs_no_more_than_being_found() {
    let work = |count: usize, image: Image, disposal: u8| {
        let one = GifBytes::new(1, 1).graphic_control(disposal, None).image(image).finish()[13..].to_vec();
        let file = GifBytes::new(2, 1).global_table(&TABLE).image(Image::new(2, 1).pixels(&[1, 1]));
        let file = file.raw(&one.repeat(count)).image(Image::new(1, 1).pixels(&[2])).trailer().finish();
        let last = Request::full().with_frame(count as u32 + 1);
        let outline = fic_gif::outline(&file).unwrap();
        let work = fic_gif::admit(&file, &outline, &last, &Limits::untrusted()).unwrap().cost().work;
        let pixels = decode(&file, last, &Limits::untrusted()).unwrap().0;
        assert_eq!(pixels, [colour(2), colour(1)].concat());
        work
    };
    let column = || Image::new(1, 65_535).lzw(&[]);
    let dot = || Image::new(1, 1).lzw(&[]);
    // A column of which a pixel is on the canvas, and one below it.
    assert_eq!(work(1_000, column(), 2), work(1_000, dot(), 2));
    assert!(work(1_000, column(), 2) > work(1_000, column().at(0, 1), 2));
    // Each image is charged, whatever becomes of it.
    for disposal in [2, 3] {
        assert!(work(100_000, column().at(0, 1), disposal) > work(1, column(), disposal) + 99_999 * 100);
    }
}

#[test]
fn a_cut_frame_is_refused_or_shown_as_far_as_it_goes() {
    let stripes: Vec<u8> = (0..80).map(|at| 2 + at / 3 % 2).collect();
    let file = GifBytes::new(2, 40).global_table(&TABLE).image(Image::new(2, 40).pixels(&[1; 80]));
    let mut bytes = file.image(Image::new(2, 40).pixels(&stripes)).trailer().finish();
    bytes.truncate(bytes.len() - 6);
    let request = Request::full().with_frame(1);
    let err = decode(&bytes, request, &Limits::untrusted()).unwrap_err();
    assert_eq!(err.kind(), Kind::Malformed);
    let (pixels, truncated) =
        decode(&bytes, request.with_truncated(Truncated::Accept), &Limits::untrusted()).unwrap();
    assert!(truncated);
    // The second frame hides the first one whole, so nothing of that is made.
    assert_eq!((&pixels[..4], &pixels[316..]), (&colour(2)[..], &NONE[..]));
}

#[test]
fn stops_between_frames_when_cancelled() {
    let file = three_frames(0, 0, 1);
    let limits = Limits::untrusted();
    let outline = fic_gif::outline(&file).unwrap();
    let admitted = fic_gif::admit(&file, &outline, &Request::full().with_frame(2), &limits).unwrap();
    let cancel = Cancel::new();
    let mut decoder = fic_gif::open(admitted, &Budget::with_cancel(&limits, cancel.clone())).unwrap();
    cancel.cancel();
    assert_eq!(decoder.next_band().unwrap_err().kind(), Kind::Cancelled);
    assert!(decoder.next_band().unwrap().is_none());
}

#[derive(Clone, Debug)]
struct Any {
    place: (u16, u16),
    size: (u16, u16),
    disposal: u8,
    transparent: Option<u8>,
    interlaced: bool,
    indices: Vec<u8>,
}

fn any_image() -> impl Strategy<Value = Any> {
    let place = prop_oneof![3 => Just((0, 0)), 2 => (0u16..6, 0u16..6)];
    let size = prop_oneof![3 => Just((6, 9)), 3 => (1u16..8, 1u16..12)];
    let transparent = prop_oneof![Just(None), (0u8..4).prop_map(Some)];
    let indices = prop::collection::vec(0u8..4, 100);
    (place, size, 0u8..4, transparent, any::<bool>(), indices).prop_map(
        |(place, size, disposal, transparent, interlaced, indices)| Any {
            place,
            size,
            disposal,
            transparent,
            interlaced,
            indices,
        },
    )
}

/// Every frame of a canvas of 6 x 9, composed from the first on with nothing left out.
fn composed_by_the_book(images: &[Any]) -> Vec<Vec<[u8; 4]>> {
    let mut canvas = vec![NONE; 54];
    let mut shown = Vec::new();
    for image in images {
        let before = canvas.clone();
        let passes: &[(u16, usize)] =
            if image.interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
        let rows = passes.iter().flat_map(|&(from, step)| (from..image.size.1).step_by(step));
        let points = rows.flat_map(|y| (0..image.size.0).map(move |x| (x, y)));
        let places: Vec<_> = points
            .map(|(x, y)| (usize::from(x + image.place.0), usize::from(y + image.place.1)))
            .map(|(x, y)| (x < 6 && y < 9).then_some(y * 6 + x))
            .collect();
        for (place, &index) in places.iter().zip(&image.indices) {
            if let Some(at) = place.filter(|_| image.transparent != Some(index)) {
                canvas[at] = colour(index.into());
            }
        }
        shown.push(canvas.clone());
        match image.disposal {
            2 => places.iter().flatten().for_each(|&at| canvas[at] = NONE),
            3 => canvas = before,
            _ => {}
        }
    }
    shown
}

proptest! {
    #[test]
    fn every_frame_is_what_laying_all_of_them_over_each_other_gives(
        mut images in prop::collection::vec(any_image(), 2..9),
    ) {
        // A first frame makes the canvas grow.
        (images[0].place, images[0].size.0) = ((0, 0), images[0].size.0.min(6));
        images[0].size.1 = images[0].size.1.min(9);
        let mut file = GifBytes::new(6, 9).global_table(&TABLE);
        for Any { place, size, disposal, transparent, interlaced, indices } in &images {
            let image = Image::new(size.0, size.1).at(place.0, place.1);
            let image = if *interlaced { image.interlaced() } else { image };
            let pixels = usize::from(size.0) * usize::from(size.1);
            file = file.graphic_control(*disposal, *transparent).image(image.pixels(&indices[..pixels]));
        }
        let file = file.trailer().finish();
        for (number, expected) in composed_by_the_book(&images).into_iter().enumerate().skip(1) {
            prop_assert_eq!(frame(&file, number as u32), expected.concat(), "frame {}", number);
        }
    }
}

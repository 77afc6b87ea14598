//! Backgrounds under and around pictures of every layout.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use fic_core::{Budget, Kind, Limits, PixelBuf, PixelLayout};
use fic_resize::{flatten, pad};

fn budget() -> Budget {
    Budget::new(&Limits::untrusted())
}

fn row(layout: PixelLayout, bytes: &[u8]) -> PixelBuf {
    PixelBuf::from_parts(layout, (bytes.len() / layout.channels()) as u32, 1, bytes.to_vec(), None).unwrap()
}

#[test]
fn flatten_mixes_straight_alpha_with_the_background() {
    let flat = flatten(
        row(PixelLayout::Rgba, &[255, 0, 10, 255, 255, 0, 10, 0, 255, 0, 10, 128]),
        [0, 255, 10],
        &budget(),
    );
    let flat = flat.unwrap();
    assert_eq!((flat.layout(), flat.width()), (PixelLayout::Rgb, 3));
    assert_eq!(flat.as_bytes(), [255, 0, 10, 0, 255, 10, 128, 127, 10]);
}

#[test]
fn grey_stays_grey_over_grey_and_becomes_rgb_over_a_colour() {
    let grey = || row(PixelLayout::GrayAlpha, &[200, 255, 200, 0]);
    let flat = flatten(grey(), [9, 9, 9], &budget()).unwrap();
    assert_eq!((flat.layout(), flat.as_bytes()), (PixelLayout::Gray, &[200, 9][..]));
    let flat = flatten(grey(), [9, 8, 7], &budget()).unwrap();
    assert_eq!((flat.layout(), flat.as_bytes()), (PixelLayout::Rgb, &[200, 200, 200, 9, 8, 7][..]));
}

#[test]
fn flatten_leaves_pixels_without_alpha_alone() {
    for layout in [PixelLayout::Gray, PixelLayout::Rgb, PixelLayout::Cmyk] {
        let flat = flatten(row(layout, &[7; 12]), [1, 2, 3], &budget()).unwrap();
        assert_eq!((flat.layout(), flat.as_bytes()), (layout, &[7; 12][..]));
    }
}

#[test]
fn flatten_keeps_the_receipt_so_that_the_budget_comes_out_even() {
    let budget = budget();
    let pixels = PixelBuf::zeroed(PixelLayout::Rgba, 10, 10, &budget).unwrap();
    let flat = flatten(pixels, [0; 3], &budget).unwrap();
    assert!(budget.held_bytes() >= 300);
    drop(flat);
    assert_eq!(budget.held_bytes(), 0);
}

#[test]
fn pad_places_the_picture_and_picks_the_smallest_layout_that_holds_it() {
    let padded = pad(&row(PixelLayout::Gray, &[5]), (2, 2), (1, 0), [1, 2, 3, 255], &budget()).unwrap();
    assert_eq!(padded.layout(), PixelLayout::Rgb);
    assert_eq!(padded.as_bytes(), [1, 2, 3, 5, 5, 5, 1, 2, 3, 1, 2, 3]);
    let padded = pad(&row(PixelLayout::Rgb, &[5, 6, 7]), (1, 2), (0, 1), [1, 2, 3, 4], &budget()).unwrap();
    assert_eq!(padded.layout(), PixelLayout::Rgba);
    assert_eq!(padded.as_bytes(), [1, 2, 3, 4, 5, 6, 7, 255]);
    let padded =
        pad(&row(PixelLayout::GrayAlpha, &[5, 6]), (2, 1), (0, 0), [1, 2, 3, 255], &budget()).unwrap();
    assert_eq!((padded.layout(), padded.as_bytes()), (PixelLayout::Rgba, &[5, 5, 5, 6, 1, 2, 3, 255][..]));
}

#[test]
fn pad_refuses_a_picture_that_sticks_out() {
    let picture = row(PixelLayout::Rgb, &[0; 6]);
    for (to, at) in
        [((1, 1), (0, 0)), ((2, 1), (1, 0)), ((2, 1), (0, 1)), ((3, 1), (u32::MAX, 0)), ((0, 0), (0, 0))]
    {
        let err = pad(&picture, to, at, [0; 4], &budget()).unwrap_err();
        assert_eq!(err.kind(), Kind::Misuse, "{to:?} {at:?}");
    }
    assert!(pad(&row(PixelLayout::Cmyk, &[0; 4]), (2, 2), (0, 0), [0; 4], &budget()).is_err());
}

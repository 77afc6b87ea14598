//! Decoding less than everything does not show.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use fastimagecache::{Fidelity, Policy, Recipe, Thumbnailer};
use fic_testkit::compare::difference;
use fic_testkit::valid;

fn psnr(recipe: Recipe) -> f64 {
    let upload = std::fs::read(valid::corpus().join("samples/garden.jpg")).unwrap();
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    let exact = thumbnailer.pixels(&upload, &recipe.with_fidelity(Fidelity::Exact)).unwrap();
    let made = thumbnailer.pixels(&upload, &recipe).unwrap();
    assert_eq!((made.buffer.width(), made.buffer.height()), (exact.buffer.width(), exact.buffer.height()));
    difference(made.buffer.as_bytes(), exact.buffer.as_bytes()).psnr
}

#[test]
fn standard_thumbnails_are_within_45_decibels_of_exact_ones() {
    // A meadow of sharp dots under noise: harder than a photograph, which is at 50 and more.
    for recipe in
        [Recipe::within(300, 300), Recipe::within(150, 150), Recipe::cover(100, 100), Recipe::fill(90, 200)]
    {
        let found = psnr(recipe);
        assert!(found >= 45.0, "{found:.1} dB for {recipe:?}");
    }
}

#[test]
fn fast_thumbnails_are_recognisable() {
    let found = psnr(Recipe::within(200, 200).with_fidelity(Fidelity::Fast));
    assert!((30.0..60.0).contains(&found), "{found:.1} dB");
}

#[test]
fn a_picture_that_is_not_made_smaller_is_decoded_in_full() {
    assert_eq!(psnr(Recipe::within(4000, 4000)), f64::INFINITY);
}

//! A lossy picture that is scaled down while it is decoded is near the means of the one that is not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Limits, Nearness, PixelLayout, Request};
use fic_testkit::heap::measure;
use fic_testkit::valid;

/// Pixels, width, height and scale; the heap is held against the prediction.
fn decode(input: &[u8], request: &Request) -> (Vec<u8>, usize, usize, u32) {
    let limits = Limits::untrusted();
    let outline = fic_webp::outline(input).unwrap();
    let admitted = fic_webp::admit(input, &outline, request, &limits).unwrap();
    let (width, height) = (admitted.width() as usize, admitted.height() as usize);
    let scale = admitted.scale();
    let (predicted, budget) = (admitted.cost().peak_heap, Budget::new(&limits));
    let mut pixels = Vec::with_capacity(width * height * 4);
    let ((), measured) = measure(|| {
        let mut decoder = fic_webp::open(admitted, &budget).unwrap();
        assert_eq!((decoder.width() as usize, decoder.height() as usize), (width, height));
        while let Some(band) = decoder.next_band().unwrap() {
            pixels.extend_from_slice(band.bytes);
        }
    });
    assert!(predicted >= measured, "predicted {predicted}, measured {measured}");
    (pixels, width, height, scale)
}

/// The means of squares of `side` pixels.
fn means(pixels: &[u8], (width, height): (usize, usize), side: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for top in (0..height).step_by(side) {
        for left in (0..width).step_by(side) {
            let rows = top..(top + side).min(height);
            let columns = left..(left + side).min(width);
            for sample in 0..3 {
                let square =
                    rows.clone().flat_map(|y| columns.clone().map(move |x| (y * width + x) * 3 + sample));
                let (sum, count) =
                    square.fold((0, 0), |(sum, count), at| (sum + u32::from(pixels[at]), count + 1));
                out.push(((sum + count / 2) / count) as u8);
            }
        }
    }
    out
}

/// Lossy files without alpha that are no animations.
fn files() -> impl Iterator<Item = (String, Vec<u8>)> {
    valid::files("webp").into_iter().filter_map(|file| {
        let input = file.bytes();
        let outline = fic_webp::outline(&input).unwrap();
        let is_opaque = !outline.header().has_alpha && outline.header().frames == 1;
        (is_opaque && outline.coding() == fic_webp::Coding::Lossy).then_some((file.path, input))
    })
}

#[test]
fn every_scale_is_near_the_means_of_the_full_picture() {
    let mut seen = 0;
    for (path, input) in files() {
        let (full, width, height, _) = decode(&input, &Request::full());
        for side in [2, 4, 6, 8, 12, 16] {
            if side > width || side > height {
                continue;
            }
            let request = Request::full().with_at_least((width / side) as u32, (height / side) as u32);
            let (small, w, h, scale) = decode(&input, &request);
            if scale as usize != side {
                // So many larger squares find room too.
                continue;
            }
            assert_eq!((w, h), (width.div_ceil(side), height.div_ceil(side)));
            let wanted = means(&full, (width, height), side);
            let square = |(a, b): (&u8, &u8)| f64::from(a.abs_diff(*b)).powi(2);
            let error = small.iter().zip(&wanted).map(square).sum::<f64>() / wanted.len() as f64;
            seen += 1;
            // What is beyond the darkest and the lightest colours is cut off before the means or behind them; these
            // small pictures are full of it.
            assert!(error < 40.0, "{path} at 1/{side}: mean square error {error}");
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn what_covers_nothing_smaller_is_decoded_in_full() {
    let (_, input) = files().next().unwrap();
    let (full, width, height, scale) = decode(&input, &Request::full());
    let request = Request::full().with_at_least(width as u32, 1).with_nearness(Nearness::Rough);
    assert_eq!(decode(&input, &request), (full, width, height, scale));
}

#[test]
fn pictures_with_alpha_keep_their_size() {
    for file in valid::files("webp") {
        let input = file.bytes();
        let outline = fic_webp::outline(&input).unwrap();
        if outline.header().has_alpha {
            let request = Request::full().with_at_least(1, 1);
            let admitted = fic_webp::admit(&input, &outline, &request, &Limits::untrusted()).unwrap();
            assert_eq!((admitted.width(), admitted.height()), (file.width, file.height), "{}", file.path);
            assert_eq!((admitted.scale(), admitted.layout()), (1, PixelLayout::Rgba), "{}", file.path);
        }
    }
}

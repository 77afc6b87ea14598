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

/// The means of squares of `side` pixels of four bytes, colours weighed by alpha.
fn means(pixels: &[[u8; 4]], (width, height): (usize, usize), side: usize) -> Vec<[u8; 4]> {
    let mut out = Vec::new();
    for top in (0..height).step_by(side) {
        for left in (0..width).step_by(side) {
            let columns = left..(left + side).min(width);
            let rows = (top..(top + side).min(height)).map(|row| &pixels[row * width..][..width]);
            let square: Vec<[u32; 4]> =
                rows.flat_map(|row| row[columns.clone()].iter().map(|pixel| pixel.map(u32::from))).collect();
            let alpha: u32 = square.iter().map(|pixel| pixel[3]).sum();
            let mean = |sum: u32, count: u32| ((sum + count / 2) / count.max(1)) as u8;
            let colour = |nth: usize| mean(square.iter().map(|pixel| pixel[nth] * pixel[3]).sum(), alpha);
            out.push([colour(0), colour(1), colour(2), mean(alpha, square.len() as u32)]);
        }
    }
    out
}

fn as_rgba(pixels: &[u8], layout: PixelLayout) -> Vec<[u8; 4]> {
    let channels = layout.channels();
    let one = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2], pixel.get(3).copied().unwrap_or(255)];
    pixels.chunks_exact(channels).map(one).collect()
}

/// Lossy files that are no animations.
fn files() -> impl Iterator<Item = (String, Vec<u8>)> {
    valid::files("webp").into_iter().filter_map(|file| {
        let input = file.bytes();
        let outline = fic_webp::outline(&input).unwrap();
        let is_lossy = outline.header().frames == 1 && outline.coding() == fic_webp::Coding::Lossy;
        is_lossy.then_some((file.path, input))
    })
}

/// How far every scale of a frame is from the means of the full picture; how many there are.
fn check_scales(path: &str, input: &[u8], request: &Request) -> usize {
    let (full, width, height, _) = decode(input, request);
    let layout = if full.len() == width * height * 4 { PixelLayout::Rgba } else { PixelLayout::Rgb };
    let full = as_rgba(&full, layout);
    let mut seen = 0;
    for side in [2, 4, 6, 8, 12, 16] {
        if side > width || side > height {
            continue;
        }
        let request = request.with_at_least((width / side) as u32, (height / side) as u32);
        let (small, w, h, scale) = decode(input, &request);
        if scale as usize != side {
            // So many larger squares find room too.
            continue;
        }
        assert_eq!((w, h), (width.div_ceil(side), height.div_ceil(side)));
        let (small, wanted) = (as_rgba(&small, layout), means(&full, (width, height), side));
        // As they are seen: nobody minds the colour of what is transparent.
        let square = |found: &[u8; 4], wanted: &[u8; 4], nth: usize| {
            let weight = f64::from(wanted[3]) / 255.0;
            (f64::from(found[nth].abs_diff(wanted[nth])) * weight).powi(2)
        };
        let pixels = small.iter().zip(&wanted);
        let sum: f64 = pixels.map(|(a, b)| (0..3).map(|nth| square(a, b, nth)).sum::<f64>()).sum();
        let error = sum / (wanted.len() * 3) as f64;
        // What is beyond the darkest and the lightest colours is cut off before the means or behind them; these
        // small pictures are full of it.
        assert!(error < 40.0, "{path} at 1/{side}: mean square error {error}");
        let alpha = |pixels: &[[u8; 4]]| pixels.iter().map(|pixel| pixel[3]).collect::<Vec<_>>();
        assert_eq!(alpha(&small), alpha(&wanted), "{path} at 1/{side}: alpha");
        seen += 1;
    }
    seen
}

#[test]
fn every_scale_is_near_the_means_of_the_full_picture_weighed_by_alpha() {
    let (mut opaque, mut translucent) = (0, 0);
    for (path, input) in files() {
        let seen = check_scales(&path, &input, &Request::full());
        match fic_webp::outline(&input).unwrap().header().has_alpha {
            true => translucent += seen,
            false => opaque += seen,
        }
    }
    assert!(opaque > 20 && translucent > 20, "{opaque}, {translucent}");
}

#[test]
fn frames_of_animations_are_near_the_means_of_the_full_ones_where_they_are_scaled() {
    let (mut scaled, mut composed) = (0, 0);
    for file in valid::files("webp") {
        let input = file.bytes();
        let outline = fic_webp::outline(&input).unwrap();
        let frames = u32::try_from(outline.header().frames).unwrap();
        if frames < 2 {
            continue;
        }
        for frame in 0..frames {
            match check_scales(&file.path, &input, &Request::full().with_frame(frame)) {
                0 => composed += 1,
                _ => scaled += 1,
            }
        }
    }
    assert!(scaled >= 3 && composed >= 3, "{scaled}, {composed}");
}

#[test]
fn what_is_transparent_does_not_colour_what_is_seen() {
    let mut seen = 0;
    for (path, input) in files() {
        let (full, width, height, _) = decode(&input, &Request::full());
        if full.len() != width * height * 4 || width < 4 || height < 4 {
            continue;
        }
        let request = Request::full().with_at_least((width / 2) as u32, (height / 2) as u32);
        let (small, w, _, scale) = decode(&input, &request);
        assert_eq!(scale, 2, "{path}");
        for (at, pixel) in as_rgba(&small, PixelLayout::Rgba).into_iter().enumerate() {
            let (row, column) = (at / w * 2, at % w * 2);
            let inside = |at: &(usize, usize)| at.0 < height && at.1 < width;
            let square = [(row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)];
            if square.iter().filter(|at| inside(at)).all(|&(y, x)| full[(y * width + x) * 4 + 3] == 0) {
                assert_eq!(pixel, [0; 4], "{path}");
                seen += 1;
            }
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
fn lossless_pictures_keep_their_size() {
    let mut seen = 0;
    for file in valid::files("webp") {
        let input = file.bytes();
        let outline = fic_webp::outline(&input).unwrap();
        if outline.coding() == fic_webp::Coding::Lossless {
            let request = Request::full().with_at_least(1, 1);
            let admitted = fic_webp::admit(&input, &outline, &request, &Limits::untrusted()).unwrap();
            assert_eq!((admitted.width(), admitted.height()), (file.width, file.height), "{}", file.path);
            assert_eq!(admitted.scale(), 1, "{}", file.path);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

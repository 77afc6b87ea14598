//! What admission predicts is never less than what is allocated, and not much more where pixels dominate.

#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "a test may panic, and print on request")]

use fic_core::{Bands, Budget, Error, Limits, Request};
use fic_png::{Backend, admit_with, open, outline};
use fic_testkit::bytes::png::{GREY, PALETTE, PngBytes, RGB, RGBA, filtered_rows};
use fic_testkit::heap::measure;

/// Predicted and measured bytes of heap.
fn heap(upload: &[u8], backend: Backend) -> (u64, u64) {
    let limits = Limits::untrusted();
    let outline = outline(upload).unwrap();
    let admitted = admit_with(upload, &outline, &Request::full(), &limits, backend).unwrap();
    let predicted = admitted.cost().peak_heap;
    let budget = Budget::new(&limits);
    let (done, measured) = measure(|| {
        let mut decoder = open(admitted, &budget)?;
        while decoder.next_band()?.is_some() {}
        Ok::<_, Error>(())
    });
    done.unwrap();
    assert!(budget.peak_bytes() >= measured, "the budget granted {} of {measured}", budget.peak_bytes());
    assert!(budget.peak_bytes() <= predicted, "the budget granted {} of {predicted}", budget.peak_bytes());
    (predicted, measured)
}

/// A picture that compresses a little, with rare values, so that the Huffman codes are long.
fn picture(width: u32, height: u32, colour: u8, depth: u8, interlaced: bool) -> Vec<u8> {
    let samples = match colour {
        RGB => 3,
        RGBA => 4,
        _ => 1,
    };
    let mut seed = 1_u64;
    let noise: Vec<u16> = (0..width * height * u32::from(samples))
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let wild = seed >> 60 == 0;
            (seed >> if wild { 40 } else { 60 }) as u16 & ((1_u32 << depth) - 1) as u16
        })
        .collect();
    let at = |x: u32, y: u32, channel: u8| {
        noise[((y * width + x) * u32::from(samples) + u32::from(channel)) as usize]
    };
    let rows = filtered_rows((width, height), (samples, depth), interlaced, |row| (row % 5) as u8, at);
    let png = if interlaced {
        PngBytes::adam7(width, height, colour, depth)
    } else {
        PngBytes::new(width, height, colour, depth)
    };
    let png = if colour == PALETTE { png.chunk(b"PLTE", &[9; 768]).chunk(b"tRNS", &[1; 256]) } else { png };
    png.idat_split(&miniz_oxide::deflate::compress_to_vec_zlib(&rows, 1), 8_192).iend().into_vec()
}

const SIZES: [(u32, u32); 9] =
    [(1, 1), (8, 8), (200, 40), (64, 1_000), (900, 5), (640, 480), (3_000, 200), (10_000, 30), (30_000, 8)];

#[test]
fn prediction_is_never_less_than_measurement() {
    for (width, height) in SIZES {
        for (colour, depth) in
            [(GREY, 1), (GREY, 8), (GREY, 16), (PALETTE, 8), (RGB, 8), (RGBA, 8), (RGBA, 16)]
        {
            for interlaced in [false, true] {
                let upload = picture(width, height, colour, depth, interlaced);
                for backend in [Backend::Png, Backend::Zune] {
                    let (predicted, measured) = heap(&upload, backend);
                    let name = format!("{width}x{height} {colour}/{depth} {interlaced} {backend:?}");
                    assert!(measured <= predicted, "{name}: {measured} over {predicted}");
                    let ratio = predicted as f64 / measured as f64;
                    if std::env::var_os("PRINT_HEAP").is_some() {
                        eprintln!("{ratio:5.2} {predicted:>9} {measured:>9} {name}");
                    }
                }
            }
        }
    }
}

#[test]
fn prediction_is_close_where_pixels_dominate() {
    for (colour, depth, interlaced) in [(RGB, 8, false), (RGBA, 8, false), (RGB, 8, true), (GREY, 8, true)] {
        let upload = picture(1_500, 1_000, colour, depth, interlaced);
        let (predicted, measured) = heap(&upload, Backend::Png);
        assert!(predicted * 2 <= measured * 3, "{colour} {interlaced}: {predicted} for {measured}");
    }
}

#[test]
fn a_tall_picture_takes_no_more_than_a_few_rows() {
    let (predicted, measured) = heap(&picture(500, 3_000, RGB, 8, false), Backend::Png);
    assert!(predicted < 1 << 20 && measured < 700 << 10, "{predicted} {measured}");
}

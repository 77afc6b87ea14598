//! The `png` crate as the second opinion, on pictures of many windows and batches of rows, whole and cut.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fic_core::{Bands, Budget, Limits, Request, Truncated};
use fic_png::{admit, open, outline};
use fic_testkit::bytes::png::{GREY, GREY_ALPHA, PALETTE, PngBytes, RGB, RGBA, filtered_rows};

/// Colour type, samples a pixel, depth.
const KINDS: [(u8, u8, u8); 9] = [
    (GREY, 1, 1),
    (GREY, 1, 8),
    (GREY, 1, 16),
    (PALETTE, 1, 8),
    (GREY_ALPHA, 2, 8),
    (RGB, 3, 8),
    (RGB, 3, 16),
    (RGBA, 4, 8),
    (RGBA, 4, 16),
];

/// Sides of a few hundred pixels: rows longer than a window, more rows than are inflated at once.
const SIZES: [(u32, u32); 3] = [(701, 403), (9_001, 40), (35, 5_003)];

/// Waves, edges and noise, and the same again far away, so that deflate looks back as far as it can.
fn sample(depth: u8) -> impl Fn(u32, u32, u8) -> u16 {
    move |x, y, channel| {
        let (x, y) = (x % 300, y % 90);
        let wave = (x * 3 + y * y / 4 + u32::from(channel) * 50) % 251;
        let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 28;
        let edge = if (x / 37 + y / 23).is_multiple_of(3) { 90 } else { 0 };
        let value = (wave + noise + edge) * if depth == 16 { 201 } else { 1 };
        (value & ((1 << depth) - 1)) as u16
    }
}

fn file(size: (u32, u32), (colour, samples, depth): (u8, u8, u8), interlaced: bool, level: u8) -> Vec<u8> {
    let filter = |row: u32| match level {
        9 => 4,
        6 => [4, 4, 4, 3, 1, 4, 2, 4, 0][row as usize % 9],
        _ => (row % 5) as u8,
    };
    let rows = filtered_rows(size, (samples, depth), interlaced, filter, sample(depth));
    let png = if interlaced {
        PngBytes::adam7(size.0, size.1, colour, depth)
    } else {
        PngBytes::new(size.0, size.1, colour, depth)
    };
    let entries: Vec<u8> = (0..=255_u8).flat_map(|entry| [entry, entry ^ 0x55, !entry]).collect();
    let png = if colour == PALETTE { png.chunk(b"PLTE", &entries).chunk(b"tRNS", &[3, 200]) } else { png };
    let data = miniz_oxide::deflate::compress_to_vec_zlib(&rows, level);
    png.idat_split(&data, 700 * (usize::from(level) + 1)).iend().into_vec()
}

fn by_png(upload: &[u8]) -> Vec<u8> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(upload));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

fn by_us(upload: &[u8], truncated: Truncated) -> (Vec<u8>, bool) {
    let limits = Limits::untrusted();
    let outline = outline(upload).unwrap();
    let request = Request::full().with_truncated(truncated);
    let admitted = admit(upload, &outline, &request, &limits).unwrap();
    let mut decoder = open(admitted, &Budget::new(&limits)).unwrap();
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band().unwrap() {
        pixels.extend_from_slice(band.bytes);
    }
    (pixels, decoder.was_truncated())
}

#[test]
fn pictures_of_many_windows_are_those_of_the_png_crate() {
    for kind in KINDS {
        for size in SIZES {
            for (interlaced, level) in [(false, 0), (false, 1), (false, 6), (false, 9), (true, 6)] {
                let upload = file(size, kind, interlaced, level);
                let (pixels, was_truncated) = by_us(&upload, Truncated::Reject);
                assert!(
                    !was_truncated && pixels == by_png(&upload),
                    "{kind:?} {size:?} {interlaced} {level}"
                );
            }
        }
    }
}

#[test]
fn a_cut_picture_has_the_rows_of_the_whole_one_and_then_nothing() {
    for kind in KINDS {
        // Stored blocks, so that the bytes say how many rows there are.
        let upload = file((701, 403), kind, false, 0);
        let whole = by_png(&upload);
        let stride = whole.len() / 403;
        for part in 1..8 {
            let cut = &upload[..upload.len() * part / 8];
            let (pixels, was_truncated) = by_us(cut, Truncated::Accept);
            let same = pixels.chunks(stride).zip(whole.chunks(stride)).take_while(|(a, b)| a == b).count();
            assert!(was_truncated && pixels.len() == whole.len());
            assert!(pixels[same * stride..].iter().all(|&byte| byte == 0), "{kind:?} cut at {part}/8");
            assert!((403 * part / 8).abs_diff(same) <= 3, "{kind:?} cut at {part}/8: {same} rows");
        }
    }
}

//! Every colour type, depth, filter and interlacing, against pixels that are computed here and not decoded.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fic_core::{Bands, Budget, Error, Kind, Limits, PixelLayout, Request, rows_bytes};
use fic_png::{Backend, admit_with, open, outline};
use fic_testkit::bytes::png::{GREY, GREY_ALPHA, PALETTE, PngBytes, RGB, RGBA, filtered_rows};

/// A colour type, its samples a pixel, its depths.
const KINDS: [(u8, u8, &[u8]); 5] = [
    (GREY, 1, &[1, 2, 4, 8, 16]),
    (RGB, 3, &[8, 16]),
    (PALETTE, 1, &[1, 2, 4, 8]),
    (GREY_ALPHA, 2, &[8, 16]),
    (RGBA, 4, &[8, 16]),
];

const SIZES: [(u32, u32); 8] = [(1, 1), (1, 7), (3, 2), (5, 9), (8, 8), (17, 3), (33, 31), (64, 70)];

/// A sample of `depth` bits that differs from its neighbours.
fn sample(depth: u8) -> impl Fn(u32, u32, u8) -> u16 {
    move |x, y, channel| {
        let mixed = x.wrapping_mul(2_654_435_761).rotate_left(7) ^ y.wrapping_mul(40_503) ^ (x * y);
        let mixed = mixed.wrapping_mul(u32::from(channel) * 2 + 7);
        ((mixed >> 5) & ((1 << depth) - 1)) as u16
    }
}

fn palette() -> Vec<u8> {
    (0..=255_u8).flat_map(|entry| [entry, entry.wrapping_mul(3), 255 - entry]).collect()
}

/// The tRNS chunk that makes some of the pixels transparent, with the value that it names.
fn transparency(colour: u8, depth: u8) -> Option<Vec<u8>> {
    let at = |channel| sample(depth)(0, 0, channel).to_be_bytes();
    match colour {
        GREY => Some(at(0).to_vec()),
        RGB => Some([at(0), at(1), at(2)].concat()),
        PALETTE => Some((0..1 << depth.min(7)).map(|entry: u16| (entry * 2) as u8).collect()),
        _ => None,
    }
}

fn file(
    size: (u32, u32),
    colour: u8,
    samples: u8,
    depth: u8,
    interlaced: bool,
    transparent: bool,
) -> Vec<u8> {
    let rows = filtered_rows(size, (samples, depth), interlaced, |row| (row % 5) as u8, sample(depth));
    let mut png = if interlaced {
        PngBytes::adam7(size.0, size.1, colour, depth)
    } else {
        PngBytes::new(size.0, size.1, colour, depth)
    };
    if colour == PALETTE {
        png = png.chunk(b"PLTE", &palette()[..3 << depth]);
    }
    if let Some(data) = transparency(colour, depth).filter(|_| transparent) {
        png = png.chunk(b"tRNS", &data);
    }
    png.idat_deflated(&rows).iend().into_vec()
}

fn expected(size: (u32, u32), colour: u8, samples: u8, depth: u8, transparent: bool) -> Vec<u8> {
    let at = sample(depth);
    let to_8_bits = |sample: u16| match depth {
        16 => (sample >> 8) as u8,
        _ => (u32::from(sample) * 255 / ((1 << depth) - 1)) as u8,
    };
    let named: Vec<u16> = (0..samples).map(|channel| at(0, 0, channel)).collect();
    let mut out = Vec::new();
    for (y, x) in (0..size.1).flat_map(|y| (0..size.0).map(move |x| (y, x))) {
        let pixel: Vec<u16> = (0..samples).map(|channel| at(x, y, channel)).collect();
        if colour == PALETTE {
            let entry = usize::from(pixel[0]);
            out.extend(&palette()[entry * 3..entry * 3 + 3]);
            let alpha = transparency(colour, depth).unwrap().get(entry).copied();
            out.extend(transparent.then_some(alpha.unwrap_or(255)));
        } else {
            out.extend(pixel.iter().map(|&sample| to_8_bits(sample)));
            let has_chunk = transparent && transparency(colour, depth).is_some();
            out.extend(has_chunk.then_some(if pixel == named { 0 } else { 255 }));
        }
    }
    out
}

fn decode(upload: &[u8], backend: Backend) -> Result<(PixelLayout, Vec<u8>), Error> {
    let limits = Limits::untrusted();
    let outline = outline(upload)?;
    let admitted = admit_with(upload, &outline, &Request::full(), &limits, backend)?;
    let mut decoder = open(admitted, &Budget::new(&limits))?;
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band()? {
        let before = rows_bytes(decoder_layout(&outline), outline.header().width.get(), band.first_row);
        assert_eq!(pixels.len() as u64, before, "bands come in order without a gap");
        pixels.extend_from_slice(band.bytes);
    }
    assert!(!decoder.was_truncated());
    Ok((decoder.layout(), pixels))
}

fn decoder_layout(outline: &fic_png::Outline) -> PixelLayout {
    let alpha = outline.header().has_alpha;
    match (outline.header().colour, alpha) {
        (fic_core::ColourModel::Gray, false) => PixelLayout::Gray,
        (fic_core::ColourModel::Gray, true) => PixelLayout::GrayAlpha,
        (_, false) => PixelLayout::Rgb,
        (_, true) => PixelLayout::Rgba,
    }
}

fn each(mut check: impl FnMut((u32, u32), u8, u8, u8, bool, bool)) {
    for (colour, samples, depths) in KINDS {
        for (&depth, size) in depths.iter().flat_map(|depth| SIZES.iter().map(move |size| (depth, *size))) {
            for (interlaced, transparent) in [(false, false), (false, true), (true, false), (true, true)] {
                check(size, colour, samples, depth, interlaced, transparent);
            }
        }
    }
}

#[test]
fn every_kind_of_png_decodes_to_the_pixels_that_were_encoded() {
    each(|size, colour, samples, depth, interlaced, transparent| {
        let upload = file(size, colour, samples, depth, interlaced, transparent);
        let (layout, pixels) = decode(&upload, Backend::Png).unwrap();
        let wanted = expected(size, colour, samples, depth, transparent);
        let name = format!("{size:?} colour {colour} depth {depth} {interlaced} {transparent}");
        assert_eq!(layout.channels() * (size.0 * size.1) as usize, wanted.len(), "{name}");
        assert!(pixels == wanted, "{name}");
    });
}

#[test]
fn the_second_decoder_agrees_or_says_that_it_cannot() {
    let (mut agreed, mut declined) = (0, 0);
    each(|size, colour, samples, depth, interlaced, transparent| {
        let upload = file(size, colour, samples, depth, interlaced, transparent);
        let name = format!("{size:?} colour {colour} depth {depth} {interlaced} {transparent}");
        match decode(&upload, Backend::Zune) {
            Ok((_, pixels)) => {
                assert!(pixels == expected(size, colour, samples, depth, transparent), "{name}");
                agreed += 1;
            }
            Err(err) => {
                assert_eq!(err.kind(), Kind::Unsupported, "{name}: {err}");
                declined += 1;
            }
        }
    });
    assert!(agreed > 10 * declined, "{agreed} {declined}");
}

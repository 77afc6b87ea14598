//! The box shrink against a naive one in floating point, for every layout, band height and odd edge.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use fic_core::{Band, Bands, Budget, Error, Kind, Limits, PixelBuf, PixelLayout};
use fic_resize::{Shrink, shrink, shrink_cost, shrink_factor};
use fic_testkit::heap;
use proptest::prelude::*;

const LAYOUTS: [PixelLayout; 5] =
    [PixelLayout::Cmyk, PixelLayout::Gray, PixelLayout::GrayAlpha, PixelLayout::Rgb, PixelLayout::Rgba];

/// A picture in memory as a source of bands of `rows` rows.
struct Memory<'a> {
    bytes: &'a [u8],
    size: (u32, u32),
    layout: PixelLayout,
    rows: u32,
    next: u32,
}

impl Bands for Memory<'_> {
    fn width(&self) -> u32 {
        self.size.0
    }

    fn height(&self) -> u32 {
        self.size.1
    }

    fn layout(&self) -> PixelLayout {
        self.layout
    }

    fn next_band(&mut self) -> Result<Option<Band<'_>>, Error> {
        let stride = self.size.0 as usize * self.layout.channels();
        let first_row = self.next;
        let rest = &self.bytes[first_row as usize * stride..];
        let band = &rest[..rest.len().min(self.rows as usize * stride)];
        self.next += (band.len() / stride) as u32;
        Ok((!band.is_empty()).then_some(Band { first_row, bytes: band }))
    }
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // A third of the samples at each end: opaque and transparent pixels, sums at their extremes.
        match state % 3 {
            0 => [0, 255][(state >> 32) as usize % 2],
            _ => (state >> 24) as u8,
        }
    };
    (0..len).map(|_| next()).collect()
}

fn shrunken(bytes: &[u8], size: (u32, u32), layout: PixelLayout, factor: (u32, u32), rows: u32) -> PixelBuf {
    let budget = Budget::new(&Limits::trusted());
    let mut source = Memory { bytes, size, layout, rows, next: 0 };
    shrink(&mut source, factor, &budget).unwrap()
}

/// Mean of each cell in `f64`; colours weighted by alpha.
fn naive(bytes: &[u8], size: (u32, u32), layout: PixelLayout, factor: (u32, u32)) -> Vec<u8> {
    let channels = layout.channels();
    let pixel = |x: u32, y: u32| &bytes[(y as usize * size.0 as usize + x as usize) * channels..][..channels];
    let mut out = Vec::new();
    for top in (0..size.1).step_by(factor.1 as usize) {
        for left in (0..size.0).step_by(factor.0 as usize) {
            let (mut sums, mut weights, mut count) = ([0f64; 4], 0f64, 0f64);
            for y in top..(top + factor.1).min(size.1) {
                for x in left..(left + factor.0).min(size.0) {
                    let pixel = pixel(x, y);
                    let weight = if layout.has_alpha() { f64::from(pixel[channels - 1]) } else { 1.0 };
                    for (sum, &sample) in sums.iter_mut().zip(pixel) {
                        *sum += f64::from(sample) * weight;
                    }
                    weights += weight;
                    count += 1.0;
                }
            }
            let colours = if layout.has_alpha() { channels - 1 } else { channels };
            for sum in &sums[..colours] {
                out.push(if weights == 0.0 { 0 } else { (sum / weights + 0.5).floor() as u8 });
            }
            if layout.has_alpha() {
                out.push((weights / count + 0.5).floor() as u8);
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn equals_the_naive_mean_for_every_size_factor_and_band(
        layout in prop::sample::select(LAYOUTS.as_slice()),
        size in (1u32..70, 1u32..50),
        factor in (1u32..12, 1u32..12),
        rows in 1u32..20,
        seed: u64,
    ) {
        let bytes = noise((size.0 * size.1) as usize * layout.channels(), seed);
        let small = shrunken(&bytes, size, layout, factor, rows);
        prop_assert_eq!((small.width(), small.height()), (size.0.div_ceil(factor.0), size.1.div_ceil(factor.1)));
        prop_assert_eq!(small.layout(), layout);
        let expected = if factor == (1, 1) { bytes } else { naive(&bytes, size, layout, factor) };
        prop_assert_eq!(small.into_bytes(), expected);
    }
}

#[test]
fn sums_do_not_overflow_in_the_highest_cells_of_white() {
    for layout in LAYOUTS {
        for (size, factor) in [
            ((3, 257), (3, 257)),
            ((3, 258), (3, 258)),
            ((2, 65_535), (2, 65_535)),
            ((65_535, 2), (65_535, 2)),
            ((1_100, 1_100), (1_100, 1_100)),
        ] {
            let bytes = vec![255; size.0 as usize * size.1 as usize * layout.channels()];
            let small = shrunken(&bytes, size, layout, factor, 7);
            assert_eq!(small.into_bytes(), vec![255; layout.channels()], "{layout:?} {size:?}");
        }
    }
}

#[test]
fn equals_the_naive_mean_past_the_rows_that_narrow_sums_hold() {
    for layout in LAYOUTS {
        let bytes = noise(5 * 600 * layout.channels(), 9);
        let small = shrunken(&bytes, (5, 600), layout, (2, 300), 16);
        assert_eq!(small.into_bytes(), naive(&bytes, (5, 600), layout, (2, 300)), "{layout:?}");
    }
}

#[test]
fn rows_that_stop_being_opaque_anywhere_in_a_cell_have_the_same_means() {
    for layout in [PixelLayout::GrayAlpha, PixelLayout::Rgba] {
        let (size, channels) = ((45, 24), layout.channels());
        let stride = size.0 as usize * channels;
        let mut opaque = noise(stride * 24, 5);
        opaque.chunks_exact_mut(channels).for_each(|pixel| pixel[channels - 1] = 255);
        for clear in [None, Some(0), Some(1), Some(45 * 6 + 44), Some(45 * 13 + 7), Some(45 * 24 - 1)] {
            for (factor, rows) in [((3, 8), 1), ((3, 8), 3), ((4, 5), 24), ((1, 2), 7), ((7, 24), 5)] {
                let mut bytes = opaque.clone();
                if let Some(pixel) = clear {
                    bytes[pixel * channels + channels - 1] = 90;
                }
                let small = shrunken(&bytes, size, layout, factor, rows);
                assert_eq!(small.into_bytes(), naive(&bytes, size, layout, factor), "{clear:?} {factor:?}");
            }
        }
    }
}

#[test]
fn a_transparent_cell_is_zero_and_does_not_bleed() {
    let bytes = [200, 0, 0, 0, 10, 20, 30, 255];
    let small = shrunken(&bytes, (2, 1), PixelLayout::Rgba, (2, 1), 1);
    assert_eq!(small.into_bytes(), [10, 20, 30, 128]);
    let small = shrunken(&[9, 9, 9, 0], (1, 1), PixelLayout::Rgba, (2, 2), 1);
    assert_eq!(small.into_bytes(), [0, 0, 0, 0]);
}

#[test]
fn factor_leaves_twice_the_target_in_each_direction() {
    assert_eq!(shrink_factor((4000, 3000), (256, 256)), (7, 5));
    assert_eq!(shrink_factor((512, 511), (256, 256)), (1, 1));
    assert_eq!(shrink_factor((1024, 1023), (256, 256)), (2, 1));
    assert_eq!(shrink_factor((65_535, 1), (1, 1)), (32_767, 1));
    assert_eq!(shrink_factor((u32::MAX, u32::MAX), (0, u32::MAX)), (65_535, 1));
    for source in 1..500 {
        for target in 1..60 {
            let (factor, _) = shrink_factor((source, 1), (target, 1));
            assert!(factor == 1 || source / factor >= 2 * target, "{source} {target}");
            assert!(source / (factor + 1) < 2 * target, "{source} {target}");
        }
    }
}

#[test]
fn bands_that_do_not_add_up_are_an_upstream_fault() {
    let budget = Budget::new(&Limits::untrusted());
    let band = |first_row, bytes| Band { first_row, bytes };
    let fresh = || Shrink::new(PixelLayout::Gray, (4, 2), (2, 2), &budget).unwrap();
    let upstream = |result: Result<(), Error>| assert_eq!(result.unwrap_err().kind(), Kind::Upstream);
    upstream(fresh().push(band(1, &[0; 4])));
    upstream(fresh().push(band(0, &[0; 5])));
    upstream(fresh().push(band(0, &[0; 12])));
    let mut short = fresh();
    short.push(band(0, &[0; 4])).unwrap();
    upstream(short.finish().map(drop));
}

#[test]
fn refuses_factors_that_it_cannot_sum() {
    let budget = Budget::new(&Limits::untrusted());
    for factor in [(0, 1), (1, 0), (65_536, 1), (1, 65_536)] {
        let err = Shrink::new(PixelLayout::Gray, (4, 2), factor, &budget).unwrap_err();
        assert_eq!(err.kind(), Kind::Misuse);
    }
}

#[test]
fn the_predicted_heap_is_what_is_measured() {
    let budget = Budget::new(&Limits::trusted());
    for layout in LAYOUTS {
        for (size, factor) in
            [((800, 300), (1, 1)), ((800, 300), (3, 4)), ((801, 700), (2, 300)), ((9, 9), (2, 2))]
        {
            let bytes = noise(size.0 as usize * size.1 as usize * layout.channels(), 3);
            let mut source = Memory { bytes: &bytes, size, layout, rows: 8, next: 0 };
            let cost = shrink_cost(layout, size.0, size.1, factor);
            let (small, measured) = heap::measure(|| shrink(&mut source, factor, &budget).unwrap());
            drop(small);
            assert_eq!(cost.peak_heap, measured, "{layout:?} {size:?} {factor:?}");
        }
    }
}

//! The resampler: known answers, crops, alpha, refusals, heap bytes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use fic_core::{Budget, Kind, Limit, Limits, PixelBuf, PixelLayout};
use fic_resize::{Crop, Filter, resample, resample_cost};
use fic_testkit::heap;
use proptest::prelude::*;

const LAYOUTS: [PixelLayout; 5] =
    [PixelLayout::Cmyk, PixelLayout::Gray, PixelLayout::GrayAlpha, PixelLayout::Rgb, PixelLayout::Rgba];
const FILTERS: [Filter; 4] = [Filter::Box, Filter::CatmullRom, Filter::Lanczos3, Filter::Mitchell];

fn budget() -> Budget {
    Budget::new(&Limits::trusted())
}

fn pixels(layout: PixelLayout, size: (u32, u32), bytes: Vec<u8>) -> PixelBuf {
    PixelBuf::from_parts(layout, size.0, size.1, bytes, None).unwrap()
}

fn ramp(layout: PixelLayout, size: (u32, u32)) -> PixelBuf {
    let len = size.0 as usize * size.1 as usize * layout.channels();
    pixels(layout, size, (0..len).map(|at| (at % 251) as u8).collect())
}

#[test]
fn flat_colours_stay_exactly_what_they_are() {
    for layout in LAYOUTS {
        let colour = &[10, 200, 77, 255][4 - layout.channels()..];
        let source = pixels(layout, (50, 40), colour.repeat(50 * 40));
        for filter in FILTERS {
            for to in [(7, 5), (50, 13), (120, 90)] {
                let out = resample(&source, Crop::whole((50, 40)), to, filter, &budget()).unwrap();
                assert_eq!(out.as_bytes(), colour.repeat((to.0 * to.1) as usize), "{layout:?} {filter:?}");
            }
        }
    }
}

#[test]
fn the_box_filter_by_a_whole_factor_is_the_mean() {
    let source = pixels(PixelLayout::Gray, (4, 2), vec![0, 10, 100, 200, 20, 30, 100, 200]);
    let out = resample(&source, Crop::whole((4, 2)), (2, 1), Filter::Box, &budget()).unwrap();
    assert_eq!(out.as_bytes(), [15, 150]);
}

#[test]
fn a_crop_of_the_wanted_size_is_copied_unfiltered() {
    for layout in LAYOUTS {
        let source = ramp(layout, (9, 7));
        let copy = resample(&source, Crop::whole((9, 7)), (9, 7), Filter::default(), &budget()).unwrap();
        assert_eq!(copy.as_bytes(), source.as_bytes());
        let crop = Crop { x: 2.0, y: 3.0, width: 4.0, height: 2.0 };
        let part = resample(&source, crop, (4, 2), Filter::default(), &budget()).unwrap();
        let channels = layout.channels();
        for (row, from) in part.rows().zip(source.rows().skip(3)) {
            assert_eq!(row, &from[2 * channels..6 * channels]);
        }
    }
}

#[test]
fn a_crop_shows_only_its_part() {
    let mut bytes = vec![0; 100 * 100];
    for row in bytes.chunks_mut(100).skip(40).take(20) {
        row[60..80].fill(255);
    }
    let source = pixels(PixelLayout::Gray, (100, 100), bytes);
    let crop = Crop { x: 60.0, y: 40.0, width: 20.0, height: 20.0 };
    let out = resample(&source, crop, (10, 10), Filter::Box, &budget()).unwrap();
    assert_eq!(out.as_bytes(), [255; 100]);
}

#[test]
fn transparent_pixels_lend_no_colour() {
    let bytes = [[255, 0, 0, 0], [0, 0, 255, 255]].concat().repeat(16);
    let source = pixels(PixelLayout::Rgba, (16, 2), bytes);
    let out = resample(&source, Crop::whole((16, 2)), (5, 1), Filter::Box, &budget()).unwrap();
    for pixel in out.as_bytes().as_chunks::<4>().0 {
        assert_eq!((pixel[0], pixel[1]), (0, 0), "{pixel:?}");
        assert!(pixel[2] >= 254 && (80..180).contains(&pixel[3]), "{pixel:?}");
    }
}

#[test]
fn ink_amounts_are_not_weighted_by_black() {
    let bytes = [[255, 0, 0, 0], [0, 0, 255, 255]].concat();
    let source = pixels(PixelLayout::Cmyk, (2, 1), bytes);
    let out = resample(&source, Crop::whole((2, 1)), (1, 1), Filter::Box, &budget()).unwrap();
    assert_eq!(out.as_bytes(), [128, 0, 128, 128]);
}

#[test]
fn refuses_what_makes_no_sense() {
    let source = ramp(PixelLayout::Rgb, (10, 10));
    let whole = Crop::whole((10, 10));
    for (crop, to) in [
        (whole, (0, 5)),
        (whole, (5, 0)),
        (Crop { x: -3.0, ..whole }, (10, 10)),
        (Crop { x: -3.0, width: 13.0, ..whole }, (13, 10)),
        (Crop { y: 0.5, ..whole }, (5, 5)),
        (Crop { width: f64::NAN, ..whole }, (5, 5)),
        (Crop { x: f64::NEG_INFINITY, width: f64::INFINITY, ..whole }, (5, 5)),
    ] {
        let err = resample(&source, crop, to, Filter::default(), &budget()).unwrap_err();
        assert_eq!(err.kind(), Kind::Misuse, "{crop:?} {to:?}");
    }
    let tight = Budget::new(&Limits::untrusted().with_max_heap_bytes(1000));
    let err = resample(&source, whole, (50, 50), Filter::default(), &tight).unwrap_err();
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxHeapBytes, .. }));
}

#[test]
fn survives_the_thinnest_and_the_most_stretched() {
    for (from, to) in
        [((65_535, 1), (1, 1)), ((1, 65_535), (256, 1)), ((1, 1), (3_000, 2)), ((2, 2), (1, 5_000))]
    {
        for filter in FILTERS {
            let source = ramp(PixelLayout::Rgba, from);
            let out = resample(&source, Crop::whole(from), to, filter, &budget()).unwrap();
            assert_eq!((out.width(), out.height()), to);
        }
    }
    let source = ramp(PixelLayout::Rgb, (100, 100));
    let sliver = Crop { x: 99.999_999_9, y: 0.0, width: 0.000_000_1, height: 1e-9 };
    assert!(resample(&source, sliver, (10, 10), Filter::Lanczos3, &budget()).is_ok());
}

proptest! {
    #[test]
    fn any_crop_inside_resamples_and_the_heap_is_never_above_the_prediction(
        layout in prop::sample::select(LAYOUTS.as_slice()),
        filter in prop::sample::select(FILTERS.as_slice()),
        from in (1u32..120, 1u32..120),
        to in (1u32..90, 1u32..90),
        corner in (0.0f64..1.0, 0.0f64..1.0),
        part in (0.0f64..1.0, 0.0f64..1.0),
    ) {
        let source = ramp(layout, from);
        let span = |side: u32, corner: f64, part: f64| {
            let start = f64::from(side) * corner;
            (start, ((f64::from(side) - start) * part).max(1e-3).min(f64::from(side) - start))
        };
        let ((x, width), (y, height)) = (span(from.0, corner.0, part.0), span(from.1, corner.1, part.1));
        let crop = Crop { x, y, width, height };
        let budget = budget();
        let (out, measured) = heap::measure(|| resample(&source, crop, to, filter, &budget).unwrap());
        prop_assert_eq!((out.width(), out.height()), to);
        let predicted = resample_cost(layout, from, to, filter).peak_heap;
        prop_assert!(predicted >= measured, "predicted {} measured {}", predicted, measured);
        prop_assert!(budget.peak_bytes() >= measured);
    }
}

#[test]
fn the_prediction_is_near_where_pixels_dominate() {
    for layout in LAYOUTS {
        for filter in FILTERS {
            for (from, to) in [
                ((571, 600), (256, 192)),
                ((1024, 768), (512, 384)),
                ((300, 200), (900, 600)),
                ((65_535, 1), (256, 1)),
            ] {
                let source = ramp(layout, from);
                let budget = budget();
                let whole = Crop::whole(from);
                let (_out, measured) =
                    heap::measure(|| resample(&source, whole, to, filter, &budget).unwrap());
                let predicted = resample_cost(layout, from, to, filter).peak_heap;
                let ratio = predicted as f64 / measured as f64;
                assert!((1.0..=1.5).contains(&ratio), "{layout:?} {filter:?} {from:?} {to:?}: {ratio:.3}");
            }
        }
    }
}

//! The predicted heap is never below what is measured, nor below what the budget was asked for.

use crate::pictures::{CONTENTS, Content, LAYOUTS, picture};
use fic_core::{Budget, Limits, PixelLayout};
use fic_encode::{Encoding, Subsampling, encode, encode_cost};
use fic_testkit::heap::measure;

fn encodings(layout: PixelLayout) -> Vec<Encoding> {
    let mut all = vec![Encoding::Png, Encoding::WebPLossless];
    if !layout.has_alpha() {
        for quality in [1, 40, 75, 80, 90, 97, 100] {
            for subsampling in [Subsampling::S420, Subsampling::S444] {
                all.push(Encoding::Jpeg { quality, subsampling });
            }
        }
    }
    all
}

#[test]
fn the_prediction_is_never_below_the_measurement() {
    for layout in LAYOUTS {
        for (width, height) in [(1, 1), (16, 16), (67, 61), (256, 256), (500, 330), (3000, 3), (3, 3000)] {
            for content in CONTENTS {
                let pixels = picture(content, layout, width, height);
                for encoding in encodings(layout) {
                    let budget = Budget::new(&Limits::trusted());
                    let (_file, measured) = measure(|| encode(&pixels, encoding, &budget).unwrap());
                    let predicted = encode_cost(encoding, layout, width, height).peak_heap;
                    let held = budget.peak_bytes();
                    assert!(
                        predicted >= measured.max(held),
                        "{content:?} {layout:?} {width}x{height} {encoding:?}: predicted {predicted}, \
                         measured {measured}, held {held}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_prediction_is_near_for_the_worst_content() {
    for layout in LAYOUTS {
        for encoding in encodings(layout) {
            let content = match encoding {
                Encoding::Jpeg { .. } => Content::FullSwing,
                _ => Content::Noise,
            };
            let pixels = picture(content, layout, 700, 500);
            let budget = Budget::new(&Limits::trusted());
            let (_file, measured) = measure(|| encode(&pixels, encoding, &budget).unwrap());
            let predicted = encode_cost(encoding, layout, 700, 500).peak_heap;
            let ratio = predicted as f64 / measured as f64;
            let quality_is_low = matches!(encoding, Encoding::Jpeg { quality: ..40, .. });
            assert!(ratio <= if quality_is_low { 3.0 } else { 1.5 }, "{layout:?} {encoding:?}: {ratio:.2}");
        }
    }
}

#[test]
fn the_budget_gets_everything_back_but_the_file() {
    for encoding in encodings(PixelLayout::Rgb) {
        let budget = Budget::new(&Limits::trusted());
        let file = encode(&picture(Content::Smooth, PixelLayout::Rgb, 90, 70), encoding, &budget).unwrap();
        assert_eq!(budget.held_bytes(), file.as_slice().len() as u64);
        drop(file);
        assert_eq!(budget.held_bytes(), 0);
    }
}

//! Pixels against the values of littlecms, and against a second engine.

use crate::build::{
    ADOBE_RGB, DISPLAY_P3, ProfileBytes, SRGB, bytes_table, curv, multi_table, press, scanner, srgb_curve,
    words_table, xyz,
};
use crate::pillow;
use fic_colour::{Conversion, to_srgb};
use fic_core::{Budget, Limits, PixelBuf, PixelLayout};
use proptest::prelude::*;

fn converted(layout: PixelLayout, bytes: &[u8], icc: Option<&[u8]>) -> (Vec<u8>, PixelLayout, Conversion) {
    let budget = Budget::new(&Limits::untrusted());
    let width = (bytes.len() / layout.channels()) as u32;
    let pixels = PixelBuf::from_parts(layout, width, 1, bytes.to_vec(), None).unwrap();
    let (pixels, conversion) = to_srgb(pixels, icc, &budget).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (width, 1));
    let layout = pixels.layout();
    (pixels.into_bytes(), layout, conversion)
}

/// Every colour within `levels` of the expected one.
fn check<const N: usize>(
    layout: PixelLayout,
    profile: &ProfileBytes,
    expected: &[([u8; N], [u8; 3])],
    levels: u8,
) {
    let icc = profile.finish();
    for (device, rgb) in expected {
        let (found, _, conversion) = converted(layout, device, Some(&icc));
        assert_eq!(conversion, Conversion::Converted);
        for (found, wanted) in found.iter().zip(rgb) {
            assert!(found.abs_diff(*wanted) <= levels, "{device:?}: {found} instead of {wanted} of {rgb:?}");
        }
    }
}

#[test]
fn primaries_and_curves_agree_with_littlecms() {
    check(PixelLayout::Rgb, &ProfileBytes::matrix(DISPLAY_P3, &srgb_curve()), &pillow::DISPLAY_P3, 1);
    check(PixelLayout::Rgb, &ProfileBytes::matrix(ADOBE_RGB, &curv(&[0x0233])), &pillow::ADOBE_RGB, 1);
}

#[test]
fn grey_curves_agree_with_littlecms() {
    let gamma = ProfileBytes::new(b"GRAY", b"XYZ ").tag(b"kTRC", curv(&[0x01cd]));
    check(PixelLayout::Gray, &gamma, &pillow::GRAY_GAMMA_1_8, 1);
    let lightness = ProfileBytes::new(b"GRAY", b"Lab ").tag(b"kTRC", curv(&[]));
    check(PixelLayout::Gray, &lightness, &pillow::GRAY_LSTAR, 1);
}

#[test]
fn tables_agree_with_littlecms() {
    let table = |space: &[u8; 4], pcs: &[u8; 4], data| ProfileBytes::new(space, pcs).tag(b"A2B0", data);
    let ink = table(b"CMYK", b"Lab ", words_table(4, 5, press)).v4();
    check(PixelLayout::Cmyk, &ink, &pillow::INK_TABLE, 2);
    let words = table(b"RGB ", b"Lab ", words_table(3, 9, scanner));
    check(PixelLayout::Rgb, &words, &pillow::RGB_TABLE, 2);
    let backwards = |device: &[f64]| {
        let [l, a, b] = scanner(device);
        [100.0 - l, a, b]
    };
    let bytes = table(b"RGB ", b"Lab ", bytes_table(3, 7, backwards));
    check(PixelLayout::Rgb, &bytes, &pillow::RGB_BYTE_TABLE, 2);
    let multi = table(b"RGB ", b"XYZ ", multi_table()).v4();
    check(PixelLayout::Rgb, &multi, &pillow::MULTI_TABLE, 2);
}

#[test]
fn the_black_of_a_press_becomes_black_and_its_paper_white() {
    let icc = ProfileBytes::new(b"CMYK", b"Lab ").tag(b"A2B0", words_table(4, 5, press)).finish();
    let (found, layout, _) = converted(PixelLayout::Cmyk, &[255, 255, 255, 255, 0, 0, 0, 0], Some(&icc));
    assert_eq!(layout, PixelLayout::Rgb);
    assert!(found[..3].iter().all(|sample| *sample <= 8), "{found:?}");
    assert!(found[3..].iter().all(|sample| *sample >= 254), "{found:?}");
}

#[test]
fn ink_without_a_profile_is_what_pillow_makes_of_it() {
    for (ink, rgb) in pillow::PILLOW_INK {
        let found = converted(PixelLayout::Cmyk, &ink, None);
        assert_eq!(found, (rgb.to_vec(), PixelLayout::Rgb, Conversion::Converted), "{ink:?}");
    }
}

#[test]
fn an_srgb_profile_is_known_by_its_values_and_changes_nothing() {
    let sampled: Vec<u16> = (0..1024)
        .map(|at| {
            let x = f64::from(at) / 1023.0;
            let light = if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) };
            (light * 65535.0).round() as u16
        })
        .collect();
    let bytes: Vec<u8> = (0..=255).collect();
    for curve in [srgb_curve(), curv(&sampled)] {
        let rgb = ProfileBytes::matrix(SRGB, &curve).finish();
        let (same, _, conversion) = converted(PixelLayout::Rgb, &bytes[..255], Some(&rgb));
        assert_eq!((&same[..], conversion), (&bytes[..255], Conversion::None));
        let gray = ProfileBytes::new(b"GRAY", b"XYZ ").tag(b"kTRC", curve).finish();
        assert_eq!(converted(PixelLayout::Gray, &bytes, Some(&gray)).2, Conversion::None);
    }
    // Gamma 2.2 is not the sRGB curve: its dark tones differ by up to ten levels.
    let gamma = ProfileBytes::matrix(SRGB, &curv(&[0x0233])).finish();
    assert_eq!(converted(PixelLayout::Rgb, &bytes[..255], Some(&gamma)).2, Conversion::Converted);
}

#[test]
fn alpha_is_not_touched() {
    let icc = ProfileBytes::matrix(DISPLAY_P3, &srgb_curve()).finish();
    let (plain, ..) = converted(PixelLayout::Rgb, &[200, 100, 50], Some(&icc));
    for alpha in [0, 1, 128, 255] {
        let (found, layout, _) = converted(PixelLayout::Rgba, &[200, 100, 50, alpha], Some(&icc));
        assert_eq!((&found[..3], found[3], layout), (&plain[..], alpha, PixelLayout::Rgba));
        let gray = ProfileBytes::new(b"GRAY", b"XYZ ").tag(b"kTRC", curv(&[0x01cd])).finish();
        let (found, layout, _) = converted(PixelLayout::GrayAlpha, &[100, alpha], Some(&gray));
        assert_eq!((found[1], layout), (alpha, PixelLayout::GrayAlpha));
        assert_ne!(found[0], 100);
    }
}

#[test]
fn pixels_without_a_profile_are_srgb() {
    for layout in [PixelLayout::Gray, PixelLayout::GrayAlpha, PixelLayout::Rgb, PixelLayout::Rgba] {
        let bytes: Vec<u8> = (0..24).collect();
        assert_eq!(converted(layout, &bytes, None), (bytes, layout, Conversion::None));
    }
}

proptest! {
    /// moxcms rounds its light to 4,096 steps before it encodes, hence three levels.
    #[test]
    fn agrees_with_a_second_engine_on_any_sane_profile(
        bend in prop::array::uniform9(-0x0a00i32..0x0a00),
        gamma in 0x0120u16..0x0280,
        device: [u8; 3],
    ) {
        let mut columns = SRGB;
        for (number, bend) in columns.as_flattened_mut().iter_mut().zip(bend) {
            *number += bend;
        }
        let icc = ProfileBytes::matrix(columns, &curv(&[gamma])).finish();
        let (found, _, conversion) = converted(PixelLayout::Rgb, &device, Some(&icc));
        prop_assert_eq!(conversion, Conversion::Converted);
        let source = moxcms::ColorProfile::new_from_slice(&icc).unwrap();
        let options = moxcms::TransformOptions {
            rendering_intent: moxcms::RenderingIntent::RelativeColorimetric,
            ..Default::default()
        };
        let (rgb, srgb) = (moxcms::Layout::Rgb, moxcms::ColorProfile::new_srgb());
        let engine = source.create_transform_8bit(rgb, &srgb, rgb, options).unwrap();
        let mut second = [0; 3];
        engine.transform(&device, &mut second).unwrap();
        for (found, second) in found.iter().zip(second) {
            prop_assert!(found.abs_diff(second) <= 3, "{:?} {:?} {:?}", device, found, second);
        }
    }
}

#[test]
fn the_colorimetric_table_serves_where_there_is_no_perceptual_one() {
    let with = |name| ProfileBytes::new(b"RGB ", b"Lab ").tag(name, words_table(3, 9, scanner)).finish();
    let device = [90, 180, 70];
    let first = converted(PixelLayout::Rgb, &device, Some(&with(b"A2B0")));
    assert_eq!(converted(PixelLayout::Rgb, &device, Some(&with(b"A2B1"))), first);
}

#[test]
fn primaries_go_before_tables() {
    let plain = ProfileBytes::matrix(DISPLAY_P3, &srgb_curve());
    let both = plain.clone().tag(b"A2B0", words_table(3, 9, scanner));
    let device = [90, 180, 70];
    let of = |profile: &ProfileBytes| converted(PixelLayout::Rgb, &device, Some(&profile.finish()));
    assert_eq!(of(&both), of(&plain));
    // The first tag of a name counts.
    let twice = plain.clone().tag(b"rXYZ", xyz([1, 1, 1]));
    assert_eq!(of(&twice), of(&plain));
}

//! Profiles that are no good: ignored with a reason, whatever their bytes, at a bounded cost.

use crate::build::{
    DISPLAY_P3, ProfileBytes, bytes_table, curv, multi_table, press, scanner, srgb_curve, words_table, xyz,
};
use fic_colour::{Conversion, colour_cost, to_srgb};
use fic_core::{Budget, Limits, PixelBuf, PixelLayout};
use fic_testkit::heap;
use proptest::prelude::*;

const LAYOUTS: [PixelLayout; 5] =
    [PixelLayout::Cmyk, PixelLayout::Gray, PixelLayout::GrayAlpha, PixelLayout::Rgb, PixelLayout::Rgba];

/// What is done with a few pixels; checks that the pixels stay whole and the heap within its prediction.
fn outcome(layout: PixelLayout, icc: &[u8]) -> Conversion {
    let budget = Budget::new(&Limits::untrusted());
    let bytes: Vec<u8> = (0..layout.channels() * 64).map(|at| (at * 37) as u8).collect();
    let pixels = PixelBuf::from_parts(layout, 16, 4, bytes.clone(), None).unwrap();
    let ((pixels, conversion), measured) = heap::measure(|| to_srgb(pixels, Some(icc), &budget).unwrap());
    let predicted = colour_cost(layout, 16, 4, icc.len() as u64).peak_heap;
    assert!(predicted >= measured, "predicted {predicted}, measured {measured}");
    assert_eq!((pixels.width(), pixels.height()), (16, 4));
    let wanted = if layout == PixelLayout::Cmyk { PixelLayout::Rgb } else { layout };
    assert_eq!(pixels.layout(), wanted);
    if layout != PixelLayout::Cmyk && conversion != Conversion::Converted {
        assert_eq!(pixels.as_bytes(), bytes);
    }
    conversion
}

fn good_profiles() -> Vec<(PixelLayout, Vec<u8>)> {
    let tables = |space: &[u8; 4], pcs: &[u8; 4], data| ProfileBytes::new(space, pcs).tag(b"A2B0", data);
    vec![
        (PixelLayout::Rgb, ProfileBytes::matrix(DISPLAY_P3, &srgb_curve()).finish()),
        (PixelLayout::Rgba, ProfileBytes::matrix(DISPLAY_P3, &curv(&[0, 100, 20_000, 65_535])).finish()),
        (PixelLayout::Gray, ProfileBytes::new(b"GRAY", b"XYZ ").tag(b"kTRC", curv(&[0x01cd])).finish()),
        (PixelLayout::Cmyk, tables(b"CMYK", b"Lab ", words_table(4, 3, press)).finish()),
        (PixelLayout::Rgb, tables(b"RGB ", b"Lab ", bytes_table(3, 3, scanner)).finish()),
        (PixelLayout::Rgb, tables(b"RGB ", b"XYZ ", multi_table()).v4().finish()),
    ]
}

fn ignored(layout: PixelLayout, icc: &[u8], reason: &str) {
    assert!(matches!(outcome(layout, icc), Conversion::Ignored(found) if found == reason), "{reason}");
}

#[test]
fn a_profile_for_other_pixels_is_ignored() {
    const OTHER: &str = "profile is for another colour space than the pixels";
    for (made_for, icc) in good_profiles() {
        for layout in LAYOUTS {
            let kin = |layout: PixelLayout| match layout {
                PixelLayout::GrayAlpha => PixelLayout::Gray,
                PixelLayout::Rgba => PixelLayout::Rgb,
                same => same,
            };
            if kin(made_for) == kin(layout) {
                assert_eq!(outcome(layout, &icc), Conversion::Converted);
            } else {
                ignored(layout, &icc, OTHER);
            }
        }
    }
    let strange = ProfileBytes::new(b"HSV ", b"XYZ ").finish();
    ignored(PixelLayout::Rgb, &strange, "profile is for a colour space that no pixels have");
}

#[test]
fn device_links_and_named_colours_are_ignored() {
    for class in [b"link", b"abst", b"nmcl", b"\0\0\0\0"] {
        let mut profile = ProfileBytes::matrix(DISPLAY_P3, &srgb_curve());
        profile.class = *class;
        ignored(PixelLayout::Rgb, &profile.finish(), "profile class has no device colours");
    }
}

#[test]
fn a_profile_that_says_too_little_is_ignored() {
    ignored(PixelLayout::Rgb, b"", "profile is shorter than its header");
    ignored(PixelLayout::Rgb, &[0; 200], "profile has no profile signature");
    let empty = ProfileBytes::new(b"RGB ", b"XYZ ").finish();
    ignored(PixelLayout::Rgb, &empty, "profile has neither primaries nor a table");
    let gray = ProfileBytes::new(b"GRAY", b"XYZ ").finish();
    ignored(PixelLayout::Gray, &gray, "profile lacks a curve");
    let mut profile = ProfileBytes::matrix(DISPLAY_P3, &srgb_curve());
    profile.pcs = *b"Luv ";
    ignored(PixelLayout::Rgb, &profile.finish(), "profile connection space is unknown");
}

#[test]
fn a_tag_outside_the_profile_is_never_followed() {
    let mut icc = ProfileBytes::matrix(DISPLAY_P3, &srgb_curve()).finish();
    icc[136..140].copy_from_slice(&0xffff_fff0_u32.to_be_bytes());
    assert!(matches!(outcome(PixelLayout::Rgb, &icc), Conversion::Ignored(_)));
    icc[136..144].copy_from_slice(&[0, 0, 0, 132, 0xff, 0xff, 0xff, 0xff]);
    assert!(matches!(outcome(PixelLayout::Rgb, &icc), Conversion::Ignored(_)));
}

#[test]
fn a_tag_table_of_hundreds_of_thousands_is_not_read() {
    let mut icc = ProfileBytes::matrix(DISPLAY_P3, &srgb_curve()).finish();
    icc[128..132].copy_from_slice(&300_000_u32.to_be_bytes());
    icc.resize(4 << 20, 0);
    ignored(PixelLayout::Rgb, &icc, "profile has more tags than any real one");
}

#[test]
fn sizes_that_no_real_profile_has_are_ignored() {
    let table = |data| ProfileBytes::new(b"CMYK", b"Lab ").tag(b"A2B0", data).finish();
    let mut wide = words_table(4, 3, press);
    for side in [0, 1, 66, 255] {
        wide[10] = side;
        const POINTS: &str = "profile has a table with more or fewer points than any real one";
        ignored(PixelLayout::Cmyk, &table(wide.clone()), POINTS);
    }
    let mut short = words_table(4, 3, press);
    short[10] = 65;
    ignored(PixelLayout::Cmyk, &table(short), "profile has a broken table");
    for count in [[0, 0], [0, 1], [0xff, 0xff]] {
        let mut entries = words_table(4, 3, press);
        entries[48..50].copy_from_slice(&count);
        const LENGTH: &str = "profile has a table with a curve of an impossible length";
        ignored(PixelLayout::Cmyk, &table(entries), LENGTH);
    }
    let mut channels = words_table(4, 3, press);
    channels[8] = 15;
    ignored(PixelLayout::Cmyk, &table(channels), "profile has a table for another number of channels");
    let endless = ProfileBytes::new(b"GRAY", b"XYZ ").tag(b"kTRC", curv(&[7; 5000])).finish();
    ignored(PixelLayout::Gray, &endless, "profile has a broken curve or one longer than any real one");
    let stub = ProfileBytes::matrix(DISPLAY_P3, &srgb_curve());
    let stub =
        ProfileBytes { tags: [vec![(*b"rXYZ", xyz([1, 2, 3])[..16].to_vec())], stub.tags].concat(), ..stub };
    ignored(PixelLayout::Rgb, &stub.finish(), "profile has a broken primary");
}

#[test]
fn ink_with_a_useless_profile_is_converted_as_without_one() {
    let budget = Budget::new(&Limits::untrusted());
    let ink = || PixelBuf::from_parts(PixelLayout::Cmyk, 1, 1, vec![30, 200, 90, 20], None).unwrap();
    let (plain, _) = to_srgb(ink(), None, &budget).unwrap();
    let (found, conversion) = to_srgb(ink(), Some(b"nonsense"), &budget).unwrap();
    assert!(matches!(conversion, Conversion::Ignored(_)));
    assert_eq!((found.layout(), found.as_bytes()), (PixelLayout::Rgb, plain.as_bytes()));
}

#[test]
fn every_truncation_is_survived() {
    for (layout, icc) in good_profiles() {
        for len in 0..icc.len() {
            outcome(layout, &icc[..len]);
        }
    }
}

#[test]
fn every_byte_at_its_extremes_is_survived() {
    for (layout, icc) in good_profiles() {
        for at in (0..icc.len().min(700)).chain(icc.len().saturating_sub(100)..icc.len()) {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bent = icc.clone();
                bent[at] = value;
                outcome(layout, &bent);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_handful_of_changed_bytes_is_survived(
        which in 0usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
        is_cut: bool,
    ) {
        let (layout, mut icc) = good_profiles().swap_remove(which);
        // Mostly where the structure is.
        let len = icc.len();
        for (place, value) in &changes {
            let reach = if *value % 2 == 0 { len } else { len.min(420) };
            icc[place.index(reach)] = *value;
        }
        if is_cut {
            icc.truncate(cut.index(len));
        }
        outcome(layout, &icc);
    }
}

#[test]
fn the_heap_does_not_grow_with_the_profile() {
    let table = |side| ProfileBytes::new(b"CMYK", b"Lab ").tag(b"A2B0", words_table(4, side, press)).finish();
    let measured = |icc: &[u8]| {
        let budget = Budget::new(&Limits::untrusted());
        let pixels = PixelBuf::zeroed(PixelLayout::Cmyk, 200, 100, &budget).unwrap();
        heap::measure(|| to_srgb(pixels, Some(icc), &budget).unwrap()).1
    };
    assert_eq!(measured(&table(3)), measured(&table(13)));
}

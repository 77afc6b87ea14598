//! Every valid file decodes to the reference pixels, within the memory that was predicted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, FindingKind, Limits, Request};
use fic_testkit::compare::difference;
use fic_testkit::heap::measure;
use fic_testkit::valid;

/// All pixels, the predicted and the measured heap.
fn decode(input: &[u8]) -> (Vec<u8>, &'static str, u64, u64) {
    let limits = Limits::untrusted();
    let outline = fic_webp::outline(input).unwrap();
    let admitted = fic_webp::admit(input, &outline, &Request::full(), &limits).unwrap();
    let (predicted, layout) = (admitted.cost().peak_heap, admitted.layout().name());
    let bytes = admitted.width() as usize * admitted.height() as usize * admitted.layout().channels();
    let mut pixels = Vec::with_capacity(bytes);
    let budget = Budget::new(&limits);
    let ((), measured) = measure(|| {
        let mut decoder = fic_webp::open(admitted, &budget).unwrap();
        while let Some(band) = decoder.next_band().unwrap() {
            pixels.extend_from_slice(band.bytes);
        }
    });
    assert!(budget.peak_bytes() <= predicted, "held {} of {predicted}", budget.peak_bytes());
    (pixels, layout, predicted, measured)
}

#[test]
fn every_file_has_the_reference_pixels_and_header() {
    for file in valid::files("webp") {
        let input = file.bytes();
        let outline = fic_webp::outline(&input).unwrap_or_else(|err| panic!("{}: {err}", file.path));
        let header = outline.header();
        assert_eq!((header.width.get(), header.height.get()), (file.width, file.height), "{}", file.path);
        assert_eq!(header.frames, file.frames, "{}", file.path);
        assert_eq!(header.orientation.exif(), file.orientation, "{}", file.path);
        assert_eq!(header.icc_bytes > 0, file.icc != "none", "{}", file.path);
        for name in &file.findings {
            let kind = FindingKind::ALL.iter().find(|kind| kind.name() == name).unwrap();
            assert!(header.findings.has(*kind), "{}: {name}", file.path);
        }
        let (pixels, layout, predicted, measured) = decode(&input);
        assert_eq!(layout, file.layout, "{}", file.path);
        let difference = difference(&pixels, &file.pixels());
        assert!(difference.max <= file.max_diff, "{}: {difference:?}", file.path);
        assert!(predicted >= measured, "{}: predicted {predicted}, measured {measured}", file.path);
    }
}

#[test]
fn a_profile_is_copied_out_and_refused_over_its_limit() {
    let with_profile = valid::files("webp").into_iter().filter(|file| file.icc != "none");
    for file in with_profile {
        let input = file.bytes();
        let outline = fic_webp::outline(&input).unwrap();
        let limits = Limits::untrusted();
        let profile = outline.icc(&input, &limits, &Budget::new(&limits)).unwrap().unwrap();
        assert_eq!(profile.as_slice().len() as u64, outline.header().icc_bytes);
        assert_eq!(&profile.as_slice()[36..40], b"acsp", "{}", file.path);
        assert!(
            outline.icc(&input, &limits.with_max_icc_bytes(100), &Budget::new(&Limits::untrusted())).is_err()
        );
    }
}

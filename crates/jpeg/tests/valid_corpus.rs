//! The valid corpus: every pixel, the header's facts, the memory contract.

use fic_core::{Bands, Budget, Limits, Request};
use fic_testkit::{compare, heap, valid};

#[test]
fn every_valid_file_decodes_to_its_reference_within_the_predicted_heap() {
    let limits = Limits::untrusted();
    for file in valid::files("jpeg") {
        let bytes = file.bytes();
        let outline = fic_jpeg::outline(&bytes).expect(&file.path);
        let header = outline.header();
        assert_eq!((header.width.get(), header.height.get()), (file.width, file.height), "{}", file.path);
        assert_eq!(header.orientation.exif(), file.orientation, "{}", file.path);
        assert_eq!(header.frames, file.frames, "{}", file.path);
        for name in &file.findings {
            assert!(
                header.findings.iter().any(|finding| finding.kind.name() == name),
                "{} {name}",
                file.path
            );
        }
        let admitted = fic_jpeg::admit(&bytes, &outline, &Request::full(), &limits).expect(&file.path);
        assert_eq!(admitted.layout().name(), file.layout, "{}", file.path);
        let cost = admitted.cost();
        let budget = Budget::new(&limits);
        let mut pixels = Vec::with_capacity(file.pixels().len());
        let room = pixels.capacity() as u64;
        let ((), peak) = heap::measure(|| {
            let mut decoder = fic_jpeg::open(admitted, &budget).expect(&file.path);
            while let Some(band) = decoder.next_band().expect(&file.path) {
                pixels.extend_from_slice(band.bytes);
            }
            assert!(!decoder.was_truncated());
        });
        assert_eq!(pixels.capacity() as u64, room);
        // To the bit: the corpus allows more, for decoders that do not follow libjpeg.
        let difference = compare::difference(&pixels, &file.pixels());
        assert_eq!(difference.max, 0, "{} {difference:?}", file.path);
        assert!(cost.peak_heap >= peak, "{} predicted {} measured {peak}", file.path, cost.peak_heap);
        assert!(cost.peak_heap * 2 <= peak * 3, "{} predicted {} measured {peak}", file.path, cost.peak_heap);
        assert!(budget.peak_bytes() >= peak && budget.held_bytes() == 0, "{}", file.path);
    }
}

#[test]
fn a_profile_comes_out_whole_and_only_where_one_is() {
    let limits = Limits::untrusted();
    for file in valid::files("jpeg") {
        let bytes = file.bytes();
        let outline = fic_jpeg::outline(&bytes).expect(&file.path);
        let budget = Budget::new(&limits);
        let profile = outline.icc(&bytes, &limits, &budget).expect(&file.path);
        assert_eq!(profile.is_some(), file.icc != "none", "{}", file.path);
        if let Some(profile) = profile {
            let profile = profile.as_slice();
            assert_eq!(profile.len() as u64, outline.header().icc_bytes, "{}", file.path);
            // ICC.1, 7.2: the length in front and the signature behind it are whole and in their place.
            let stated = profile.first_chunk().map(|length| u32::from_be_bytes(*length));
            assert_eq!(stated, u32::try_from(profile.len()).ok(), "{}", file.path);
            assert_eq!(profile.get(36..40), Some(&b"acsp"[..]), "{}", file.path);
        }
    }
}

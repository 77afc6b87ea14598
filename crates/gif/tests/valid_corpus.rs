//! The valid corpus: every pixel, the header's facts, the memory contract.

use fic_core::{Bands, Budget, FindingKind, Limits, Request};
use fic_testkit::{compare, heap, valid};

#[test]
fn every_valid_file_decodes_to_its_reference_within_the_predicted_heap() {
    let limits = Limits::untrusted();
    for file in valid::files("gif") {
        let bytes = file.bytes();
        let outline = fic_gif::outline(&bytes).expect(&file.path);
        let header = outline.header();
        assert_eq!((header.width.get(), header.height.get()), (file.width, file.height), "{}", file.path);
        assert_eq!(header.orientation.exif(), file.orientation, "{}", file.path);
        assert_eq!(header.frames, file.frames, "{}", file.path);
        assert_eq!(header.findings.has(FindingKind::Animation), file.frames > 1, "{}", file.path);
        for name in &file.findings {
            assert!(
                header.findings.iter().any(|finding| finding.kind.name() == name),
                "{} {name}",
                file.path
            );
        }
        let admitted = fic_gif::admit(&bytes, &outline, &Request::full(), &limits).expect(&file.path);
        assert_eq!(admitted.layout().name(), file.layout, "{}", file.path);
        let cost = admitted.cost();
        let budget = Budget::new(&limits);
        let mut pixels = Vec::with_capacity(file.pixels().len());
        let room = pixels.capacity() as u64;
        let ((), peak) = heap::measure(|| {
            let mut decoder = fic_gif::open(admitted, &budget).expect(&file.path);
            while let Some(band) = decoder.next_band().expect(&file.path) {
                pixels.extend_from_slice(band.bytes);
            }
            assert!(!decoder.was_truncated());
        });
        assert_eq!(pixels.capacity() as u64, room);
        let difference = compare::difference(&pixels, &file.pixels());
        assert!(difference.max <= file.max_diff, "{} {difference:?}", file.path);
        assert!(cost.peak_heap >= peak, "{} predicted {} measured {peak}", file.path, cost.peak_heap);
        assert!(cost.peak_heap * 2 <= peak * 3, "{} predicted {} measured {peak}", file.path, cost.peak_heap);
        assert!(budget.peak_bytes() >= peak && budget.held_bytes() == 0, "{}", file.path);
    }
}

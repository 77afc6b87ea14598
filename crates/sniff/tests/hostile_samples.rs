//! The foreign files and polyglots of the test kit: what the sniffer says about each.

use fic_core::{FindingKind, Kind};
use fic_sniff::{polyglot_marks, sniff};
use fic_testkit::samples::{self, Expect};

#[test]
fn every_foreign_file_is_refused_by_name_and_every_polyglot_has_a_mark() {
    let samples = samples::sniff::all();
    for row in 1..=10 {
        let id = format!("S{row:02}");
        assert!(samples.iter().any(|sample| sample.id == id), "no sample for {id}");
    }
    for sample in &samples {
        let bytes = sample.bytes();
        let verdict = sniff(&bytes).require_picture();
        match (sample.expect, verdict) {
            (Expect::Refused, Err(err)) => assert_eq!(err.kind(), Kind::Refused, "{sample:?}"),
            (Expect::Unsupported, Err(err)) => assert_eq!(err.kind(), Kind::Unsupported, "{sample:?}"),
            // Cut within its signature here, or behind it by the outline.
            (Expect::Malformed, Err(err)) => assert_eq!(err.kind(), Kind::Malformed, "{sample:?}"),
            (Expect::Malformed | Expect::Limit(_), Ok(_)) => {}
            (Expect::Accept(findings), Ok(format)) => {
                let marked = !polyglot_marks(format, &bytes, bytes.len()).is_empty();
                assert_eq!(marked, findings.contains(&FindingKind::Polyglot), "{sample:?}");
            }
            (expect, verdict) => panic!("{sample:?} should get {expect:?}, got {verdict:?}"),
        }
    }
}

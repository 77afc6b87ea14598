//! Every hostile JPEG gets its verdict, in little memory.

#![allow(clippy::panic, reason = "a wrong verdict must fail")]

use fic_core::{Bands, Budget, Error, FindingKind, Findings, Kind, Limits, Request};
use fic_testkit::heap;
use fic_testkit::samples::{Expect, Sample, jpeg};

/// What one file may hold at its peak.
const MOST_HEAP: u64 = 32 << 20;

/// What a thumbnail of 256 x 256 asks for.
const THUMBNAIL: Request = Request::full().with_at_least(512, 512);

fn decode(bytes: &[u8], limits: &Limits) -> Result<(Findings, u64), Error> {
    let (outline, outlined) = heap::measure(|| fic_jpeg::outline(bytes));
    assert!(outlined <= 512, "the outline held {outlined} bytes");
    let outline = outline?;
    let admitted = fic_jpeg::admit(bytes, &outline, &THUMBNAIL, limits)?;
    let predicted = admitted.cost().peak_heap;
    let size = (admitted.width(), admitted.height());
    let budget = Budget::new(limits);
    let (done, peak) = heap::measure(|| {
        let mut decoder = fic_jpeg::open(admitted, &budget)?;
        let mut rows = 0;
        while let Some(band) = decoder.next_band()? {
            assert_eq!(band.first_row, rows);
            rows += (band.bytes.len() / decoder.layout().channels()) as u32 / size.0;
        }
        assert_eq!(rows, size.1);
        Ok(())
    });
    assert!(predicted >= peak, "predicted {predicted}, measured {peak}");
    assert!(peak <= MOST_HEAP, "held {peak} bytes");
    assert_eq!(budget.held_bytes(), 0);
    done.map(|()| {
        let mut findings = outline.header().findings.clone();
        // As the caller does.
        if outline.icc(bytes, limits, &budget).is_err() {
            findings.note(FindingKind::IccIgnored, 0);
        }
        (findings, peak)
    })
}

fn judge(sample: &Sample) {
    let bytes = sample.bytes();
    match (sample.expect, decode(&bytes, &Limits::untrusted())) {
        (Expect::Accept(findings), Ok((found, _))) => {
            for &kind in findings {
                assert!(found.has(kind), "{sample:?} has no finding {}", kind.name());
            }
        }
        (Expect::Limit(limit), Err(err)) => {
            assert!(
                matches!(err.kind(), Kind::Limit { limit: over, .. } if over == limit),
                "{sample:?} {err}"
            );
        }
        (Expect::Malformed, Err(err)) => assert_eq!(err.kind(), Kind::Malformed, "{sample:?} {err}"),
        (Expect::Unsupported, Err(err)) => assert_eq!(err.kind(), Kind::Unsupported, "{sample:?} {err}"),
        (expect, verdict) => panic!("{sample:?} should get {expect:?}, got {verdict:?}"),
    }
}

#[test]
fn every_sample_gets_its_verdict_within_the_predicted_heap() {
    let samples = jpeg::all();
    for row in 1..=24 {
        let id = format!("J{row:02}");
        assert!(samples.iter().any(|sample| sample.id == id), "no sample for {id}");
    }
    for sample in &samples {
        judge(sample);
    }
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = jpeg::all().into_iter().map(|sample| sample.name).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

//! Every hostile GIF gets its verdict, in little memory.

#![allow(clippy::panic, reason = "a wrong verdict must fail")]

use fic_core::{Bands, Budget, Error, Findings, Kind, Limit, Limits, Request, Stage};
use fic_testkit::heap;
use fic_testkit::samples::{Expect, Sample, gif};

/// What one file may hold at its peak.
const MOST_HEAP: u64 = 32 << 20;

fn decode(bytes: &[u8], limits: &Limits) -> Result<(Findings, u64), Error> {
    // The facade's check, before anything is read.
    limits.check(Stage::Sniff, Limit::MaxInputBytes, bytes.len() as u64)?;
    let outline = fic_gif::outline(bytes)?;
    let admitted = fic_gif::admit(bytes, &outline, &Request::full(), limits)?;
    let predicted = admitted.cost().peak_heap;
    let size = (admitted.width(), admitted.height());
    let budget = Budget::new(limits);
    let (done, peak) = heap::measure(|| {
        let mut decoder = fic_gif::open(admitted, &budget)?;
        let mut rows = 0;
        while let Some(band) = decoder.next_band()? {
            assert_eq!(band.first_row, rows);
            rows += (band.bytes.len() / decoder.layout().channels()) as u32 / size.0;
        }
        assert_eq!(rows, size.1);
        Ok(())
    });
    assert!(predicted >= peak, "predicted {predicted}, measured {peak}");
    done.map(|()| (outline.header().findings.clone(), peak))
}

fn judge(sample: &Sample) {
    let bytes = sample.bytes();
    let verdict = decode(&bytes, &Limits::untrusted());
    match (sample.expect, verdict) {
        (Expect::Accept(findings), Ok((found, peak))) => {
            assert!(peak <= MOST_HEAP, "{sample:?} held {peak} bytes");
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
        (expect, verdict) => panic!("{sample:?} should get {expect:?}, got {verdict:?}"),
    }
}

#[test]
fn every_sample_gets_its_verdict_within_the_predicted_heap() {
    let samples = gif::all();
    for row in 1..=11 {
        let id = format!("G{row:02}");
        assert!(samples.iter().any(|sample| sample.id == id), "no sample for {id}");
    }
    for sample in &samples {
        judge(sample);
    }
}

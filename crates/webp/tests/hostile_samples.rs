//! Every hostile WebP gets its verdict, within its heap, and the prediction holds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Error, Findings, Kind, Limits, Request};
use fic_testkit::heap::measure;
use fic_testkit::samples::{Expect, Sample, webp};

const MAX_HEAP: u64 = 32 << 20;

/// The findings of an accepted file, its heap held against limit and prediction.
fn judge(sample: &Sample, input: &[u8]) -> Result<Findings, Error> {
    let limits = Limits::untrusted();
    let budget = Budget::new(&limits);
    let (outline, heap) = measure(|| fic_webp::outline(input));
    assert!(heap < 1024, "{sample:?}: {heap} bytes of heap for the outline");
    let outline = outline?;
    let (admitted, heap) = measure(|| fic_webp::admit(input, &outline, &Request::full(), &limits));
    assert!(heap < 1024, "{sample:?}: {heap} bytes of heap for admission");
    let admitted = admitted?;
    let predicted = admitted.cost().peak_heap;
    let (decoded, heap) = measure(|| {
        let mut decoder = fic_webp::open(admitted, &budget)?;
        while decoder.next_band()?.is_some() {}
        Ok::<_, Error>(())
    });
    assert!(heap <= predicted, "{sample:?}: {heap} bytes of heap, predicted {predicted}");
    assert!(heap <= MAX_HEAP, "{sample:?}: {heap} bytes of heap");
    assert_eq!(budget.held_bytes(), 0, "{sample:?}");
    let _ = outline.icc(input, &limits, &budget);
    decoded.map(|()| outline.header().findings.clone())
}

#[test]
fn every_hostile_file_gets_its_verdict_within_its_heap() {
    let samples = webp::all();
    for row in 1..=18 {
        let id = format!("W{row:02}");
        assert!(samples.iter().any(|sample| sample.id == id), "no sample of row {id}");
    }
    let mut wrong = Vec::new();
    for sample in &samples {
        let verdict = judge(sample, &sample.bytes());
        let fits = match (&verdict, sample.expect) {
            (Ok(findings), Expect::Accept(wanted)) => wanted.iter().all(|&kind| findings.has(kind)),
            (Err(err), Expect::Limit(wanted)) => {
                matches!(err.kind(), Kind::Limit { limit, .. } if limit == wanted)
            }
            (Err(err), Expect::Malformed) => err.kind() == Kind::Malformed,
            (Err(err), Expect::Unsupported) => err.kind() == Kind::Unsupported,
            _ => false,
        };
        if !fits {
            wrong.push(format!("{sample:?}: wanted {:?}, got {verdict:?}", sample.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_unique_and_bytes_the_same_each_time() {
    let mut names: Vec<_> = webp::all().into_iter().map(|sample| sample.name).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

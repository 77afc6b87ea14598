//! Every hostile PNG gets its verdict, within its heap, and the prediction holds.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use fic_core::{Bands, Budget, Error, FindingKind, Findings, Kind, Limits, Request, Stage};
use fic_png::{admit, open, outline};
use fic_testkit::heap::measure;
use fic_testkit::samples::{Expect, Sample, png};

const MAX_HEAP: u64 = 32 << 20;

/// The findings of an accepted file, the profile looked at too.
fn judge(sample: &Sample, upload: &[u8]) -> Result<Findings, Error> {
    let limits = Limits::untrusted();
    let (outlined, heap) = measure(|| outline(upload));
    assert_eq!(heap, if outlined.is_ok() { 0 } else { heap }, "{sample:?}: the outline allocates nothing");
    let outline = outlined?;
    let mut findings = outline.header().findings.clone();
    let admitted = admit(upload, &outline, &Request::full(), &limits)?;
    let cost = admitted.cost();
    let budget = Budget::new(&limits);
    let (decoded, heap) = measure(|| {
        let mut decoder = open(admitted, &budget)?;
        while decoder.next_band()?.is_some() {}
        Ok::<_, Error>(())
    });
    assert!(heap <= cost.peak_heap, "{sample:?}: {heap} bytes of heap, predicted {}", cost.peak_heap);
    assert!(heap <= MAX_HEAP, "{sample:?}: {heap} bytes of heap");
    assert_eq!(budget.held_bytes(), 0, "{sample:?}");
    decoded?;
    let (profile, heap) = measure(|| outline.icc(upload, &limits, &budget).map(drop));
    assert!(heap <= MAX_HEAP, "{sample:?}: {heap} bytes of heap for the profile");
    // An error is a small block of its own, file or no file.
    assert!(
        budget.peak_bytes() + 1024 >= heap,
        "{sample:?}: {heap} bytes for the profile that nobody paid for"
    );
    if profile.is_err() {
        findings.note(FindingKind::IccIgnored, 0);
    }
    Ok(findings)
}

#[test]
fn every_hostile_file_gets_its_verdict_within_its_heap() {
    let samples = png::all();
    let ids: Vec<_> = samples.iter().map(|sample| sample.id).collect();
    for row in 1..=23 {
        assert!(ids.contains(&&*format!("P{row:02}")), "no sample of row {row}");
    }
    let mut wrong = Vec::new();
    for sample in &samples {
        let upload = sample.bytes();
        let verdict = judge(sample, &upload);
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
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_are_unique_and_bytes_the_same_each_time() {
    let samples = png::all();
    let mut names: Vec<_> = samples.iter().map(|sample| sample.name.clone()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), samples.len());
    for sample in samples.iter().filter(|sample| !sample.name.contains("500_mb")) {
        assert!(sample.bytes() == sample.bytes(), "{sample:?}");
    }
}

#[test]
fn a_palette_picture_without_its_palette_is_refused_before_any_decoder_sees_it() {
    for sample in png::all().iter().filter(|sample| sample.id == "P16" && sample.expect == Expect::Malformed)
    {
        assert_eq!(outline(&sample.bytes()).unwrap_err().stage(), Stage::Outline, "{sample:?}");
    }
}

/// Times every sample: `cargo test --release --test hostile_samples -- --ignored --nocapture`.
#[test]
#[ignore = "prints times; meant for a release build"]
#[allow(clippy::print_stdout, reason = "it prints")]
fn times() {
    for sample in png::all() {
        let upload = sample.bytes();
        let start = std::time::Instant::now();
        let verdict = judge(&sample, &upload).map(|_| ()).map_err(|err| err.to_string());
        println!(
            "{:8.2} ms {:>9} B {sample:?} {verdict:?}",
            start.elapsed().as_secs_f64() * 1e3,
            upload.len()
        );
    }
}

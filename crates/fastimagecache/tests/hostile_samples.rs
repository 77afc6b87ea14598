//! Every hostile sample gets the verdict that is stated beside it, cheaply, and nothing panics.

use fastimagecache::{Kind, Policy, Recipe, Report, Scratch, Thumbnailer};
use fic_testkit::heap::measure;
use fic_testkit::samples::{self, Expect, Sample};

/// No hostile sample may take more than this, whatever the verdict.
const MOST_HEAP: u64 = 32 << 20;

fn verdict(sample: &Sample, outcome: &Result<Report, fastimagecache::Error>) -> Result<(), String> {
    match (sample.expect, outcome) {
        (Expect::Accept(findings), Ok(report)) => {
            let missing: Vec<_> = findings.iter().filter(|kind| !report.findings.has(**kind)).collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("lacks {missing:?}")) }
        }
        (Expect::Limit(expected), Err(e)) => match e.kind() {
            Kind::Limit { limit, .. } if limit == expected => Ok(()),
            _ => Err(format!("expected {expected}, got {:?}: {e}", e.kind())),
        },
        (Expect::Malformed, Err(e)) if e.kind() == Kind::Malformed => Ok(()),
        (Expect::Refused, Err(e)) if e.kind() == Kind::Refused => Ok(()),
        (Expect::Unsupported, Err(e)) if e.kind() == Kind::Unsupported => Ok(()),
        (expected, Ok(_)) => Err(format!("expected {expected:?}, got a picture")),
        (expected, Err(e)) => Err(format!("expected {expected:?}, got {:?}: {e}", e.kind())),
    }
}

#[test]
fn every_sample_gets_its_verdict_within_32_mib() {
    let thumbnailer = Thumbnailer::new(Policy::untrusted()).with_scratch(Scratch::new(0));
    let all = samples::all();
    assert!(all.len() >= 60, "only {} samples", all.len());
    let mut wrong = Vec::new();
    for sample in &all {
        let upload = sample.bytes();
        let (outcome, peak) =
            measure(|| thumbnailer.thumbnail(&upload, &Recipe::within(256, 256)).map(|thumb| thumb.report));
        if let Err(why) = verdict(sample, &outcome) {
            wrong.push(format!("{sample:?}: {why}"));
        }
        if peak > MOST_HEAP {
            wrong.push(format!("{sample:?}: {peak} bytes of heap"));
        }
        if let Ok(report) = &outcome
            && peak > report.predicted.peak_heap
        {
            wrong
                .push(format!("{sample:?}: {peak} bytes measured, {} predicted", report.predicted.peak_heap));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn names_of_samples_are_unique_and_every_row_of_the_list_has_one() {
    let all = samples::all();
    let mut names: Vec<_> = all.iter().map(|sample| sample.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len());
    for (letter, rows) in [("J", 24), ("P", 23), ("W", 18), ("G", 11), ("S", 10)] {
        for row in 1..=rows {
            let id = format!("{letter}{row:02}");
            assert!(all.iter().any(|sample| sample.id == id), "no sample for {id}");
        }
    }
}

#[test]
fn inspecting_a_sample_never_fails_in_a_way_that_is_not_stated() {
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    for sample in samples::all() {
        let upload = sample.bytes();
        let (refusal, peak) = measure(|| thumbnailer.inspect(&upload).err().map(|e| e.kind()));
        assert!(!matches!(refusal, Some(Kind::Upstream | Kind::Io | Kind::Misuse)), "{sample:?}");
        assert!(peak <= MOST_HEAP, "{sample:?}: {peak} bytes");
    }
}

//! Writes the hostile corpus and `corpus/manifest.toml`: `cargo run -p fic-testkit --bin corpus`.
//!
//! A second run changes nothing. Verdicts are those stated beside the samples, never those that were seen:
//! whether they hold is for `tests/walker.rs` to say. Only the heap figures are measured.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a tool for developers")]

use std::collections::{BTreeSet, HashMap};
use std::fs;

use fastimagecache::{Error, Policy, Recipe, Report, Thumbnailer};
use fic_testkit::corpus::verdict::Verdict;
use fic_testkit::corpus::{self, Line, place};
use fic_testkit::heap::measure;
use fic_testkit::samples::{self, Sample};
use fic_testkit::valid::{self, ValidFile};

/// A measured peak is rounded up to one of these.
const HEAP_STEPS: [u64; 7] = [16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 32 << 20];

/// Milliseconds, for most files the first.
const TIME_STEPS: [u64; 4] = [100, 250, 1_000, 4_000];

/// All hostile files together.
const LARGEST_CORPUS: usize = 8 << 20;

fn main() {
    let known: HashMap<String, Line> =
        corpus::lines().into_iter().map(|line| (line.path.clone(), line)).collect();
    let mut lines = Vec::new();
    let (mut kept, mut bytes_on_disk) = (BTreeSet::new(), 0);
    for sample in samples::all() {
        let bytes = sample.bytes();
        let line = of_sample(&sample, &bytes);
        if !line.built {
            bytes_on_disk += bytes.len();
            write(&line.path, &bytes);
            kept.insert(line.path.clone());
        }
        lines.push(line);
    }
    assert!(bytes_on_disk < LARGEST_CORPUS, "{bytes_on_disk} bytes of hostile files");
    remove_all_but(&kept);
    lines.extend(corpus::files_below("regressions").into_iter().map(|path| of_regression(&known, path)));
    lines.extend(valid::files("").iter().map(of_valid));
    println!("{} hostile files, {bytes_on_disk} bytes; {} lines", kept.len(), lines.len());
    write("manifest.toml", corpus::to_toml(lines).as_bytes());
}

fn of_sample(sample: &Sample, bytes: &[u8]) -> Line {
    let built = bytes.len() > place::LARGEST_ON_DISK;
    let line = line(place::path(sample), sample.id, sample.what, sample.expect.into(), bytes);
    Line { built, reference: place::reference(sample).into(), ..line }
}

/// The verdict on a regression stays as it was; a new one gets today's, for a person to look at.
fn of_regression(known: &HashMap<String, Line>, path: String) -> Line {
    let bytes = fs::read(valid::corpus().join(&path)).expect("a regression file");
    let what = "found by a fuzzer; the fuzz target in its name broke a promise on it";
    match known.get(&path) {
        Some(before) => {
            let again = line(path, "regression", &before.what, before.into(), &bytes);
            Line { reference: before.reference.clone(), ..again }
        }
        None => {
            let seen = Verdict::seen(thumbnail(&bytes).0.as_ref().map(|report| &report.findings));
            line(path, "regression", what, seen, &bytes)
        }
    }
}

/// A valid file must be accepted, with the findings of `valid.toml`, unless it is of a kind that is not
/// decoded.
fn of_valid(file: &ValidFile) -> Line {
    let bytes = file.bytes();
    let seen = Verdict::seen(thumbnail(&bytes).0.as_ref().map(|report| &report.findings));
    let verdict = if seen.word == "unsupported" {
        seen
    } else {
        Verdict { word: "accept".into(), limit: None, findings: file.findings.clone() }
    };
    line(file.path.clone(), "valid", &file.what, verdict, &bytes)
}

fn line(path: String, id: &str, what: &str, verdict: Verdict, bytes: &[u8]) -> Line {
    let (outcome, peak) = thumbnail(bytes);
    let work = outcome.map_or_else(|_| work_before_refusal(bytes), |report| report.predicted.work);
    Line {
        path,
        built: false,
        id: id.into(),
        what: what.into(),
        reference: id.into(),
        verdict: verdict.word,
        limit: verdict.limit,
        findings: verdict.findings,
        max_ms: step(&TIME_STEPS, with_room(work).div_ceil(1_000_000)),
        max_heap: step(&HEAP_STEPS, with_room(peak)),
    }
}

fn thumbnail(bytes: &[u8]) -> (Result<Report, Error>, u64) {
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    measure(|| thumbnailer.thumbnail(bytes, &Recipe::within(256, 256)).map(|thumb| thumb.report))
}

/// An eighth more, so that a figure just below a step is not over it tomorrow.
fn with_room(value: u64) -> u64 {
    value + value / 8
}

/// The predicted work of a file that is admitted and then refused by the decoder; nothing for the others.
fn work_before_refusal(bytes: &[u8]) -> u64 {
    let inspection = Thumbnailer::new(Policy::untrusted()).inspect(bytes);
    inspection.ok().and_then(|inspection| inspection.predicted).map_or(0, |cost| cost.work)
}

fn step(steps: &[u64], value: u64) -> u64 {
    *steps.iter().find(|step| value <= **step).expect("no file of the corpus takes more than the last step")
}

fn write(path: &str, bytes: &[u8]) {
    let place = valid::corpus().join(path);
    if fs::read(&place).is_ok_and(|there| there == bytes) {
        return;
    }
    fs::create_dir_all(place.parent().expect("a file in a folder")).expect("the folder");
    fs::write(place, bytes).expect("the file");
}

/// Removes the files of samples that are gone or have another name now.
fn remove_all_but(kept: &BTreeSet<String>) {
    for path in place::FOLDERS.into_iter().flat_map(corpus::files_below) {
        if !kept.contains(&path) {
            fs::remove_file(valid::corpus().join(path)).expect("an old file");
        }
    }
}

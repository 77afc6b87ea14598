//! The same calls in confined workers: the same pictures, reports and refusals.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use std::time::Duration;

use fastimagecache::isolate::{Guard, Isolated, Posture};
use fastimagecache::{
    Cancel, Error, Incident, Isolation, Kind, Limits, Output, Policy, Recipe, Report, Thumbnailer, Upload,
};
use fic_testkit::{corpus, valid};

fn isolated(policy: Policy) -> Isolated {
    Isolated::builder()
        .policy(policy)
        .workers(2)
        .program(env!("CARGO_BIN_EXE_fastimagecache-worker"))
        // An older kernel or a container without Landlock still has all else.
        .require(Posture::full().without(Guard::Landlock))
        .build()
        .unwrap()
}

fn always() -> Policy {
    Policy::untrusted().with_isolation(Isolation::Always)
}

/// All that a refusal says.
fn told(error: &Error) -> String {
    format!("{:?} {:?} {:?} {error}", error.kind(), error.stage(), error.format())
}

fn learnt(report: &Report) -> String {
    format!("{report:?}")
}

#[test]
fn the_corpus_gets_the_same_pictures_and_verdicts_from_workers() {
    let (here, there) = (Thumbnailer::new(Policy::untrusted()), isolated(always()));
    let recipe = Recipe::within(256, 256);
    let (mut same, mut wrong) = (0, Vec::new());
    for line in corpus::lines() {
        let upload = line.bytes();
        let upload = Upload::new(&upload).with_file_name(&line.path);
        match (here.thumbnail(upload.clone(), &recipe), there.thumbnail(upload, &recipe)) {
            (Ok(a), Ok(b)) if a.bytes == b.bytes && learnt(&a.report) == learnt(&b.report) => same += 1,
            (Err(a), Err(b)) if told(&a) == told(&b) => same += 1,
            (a, b) => wrong.push(format!(
                "{}: {:?} here, {:?} there",
                line.path,
                a.map(|thumb| learnt(&thumb.report)).map_err(|e| told(&e)),
                b.map(|thumb| learnt(&thumb.report)).map_err(|e| told(&e)),
            )),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), wrong.len() + same, wrong.join("\n"));
    assert!(same > 500, "{same}");
    assert_eq!(there.counts().unwrap().incidents, 0);
}

#[test]
fn inspections_come_over_whole() {
    let (here, there) = (Thumbnailer::new(Policy::untrusted()), isolated(always()));
    for line in corpus::lines().iter().step_by(3) {
        let upload = line.bytes();
        let (a, b) = (here.inspect(&upload), there.inspect(&upload));
        match (a, b) {
            (Ok(a), Ok(b)) => {
                assert_eq!(format!("{:?}", a.header), format!("{:?}", b.header), "{}", line.path);
                assert_eq!((a.findings, a.polyglot_marks), (b.findings, b.polyglot_marks), "{}", line.path);
                assert_eq!(a.predicted, b.predicted, "{}", line.path);
                assert_eq!(a.refusal.as_ref().map(told), b.refusal.as_ref().map(told), "{}", line.path);
            }
            (a, b) => assert_eq!(told(&a.unwrap_err()), told(&b.unwrap_err()), "{}", line.path),
        }
    }
}

#[test]
fn pixels_of_every_layout_and_files_of_every_form_come_over() {
    let (here, there) = (Thumbnailer::new(Policy::untrusted()), isolated(always()));
    for layout in ["gray", "gray-alpha", "rgb", "rgba"] {
        let file = valid::files("").into_iter().find(|file| file.layout == layout).unwrap().bytes();
        let recipe = Recipe::pad(40, 30, [1, 2, 3, 200]);
        for recipe in [Recipe::within(20, 20), recipe, Recipe::fill(33, 7), Recipe::cover(9, 9)] {
            let (a, b) = (here.pixels(&file, &recipe).unwrap(), there.pixels(&file, &recipe).unwrap());
            assert_eq!(a.buffer.as_bytes(), b.buffer.as_bytes(), "{layout} {recipe:?}");
            for output in [Output::Jpeg, Output::Png, Output::WebP, Output::Auto] {
                let recipe = recipe.with_output(output);
                let (a, b) =
                    (here.thumbnail(&file, &recipe).unwrap(), there.thumbnail(&file, &recipe).unwrap());
                assert_eq!((a.bytes, a.format), (b.bytes, b.format), "{layout} {recipe:?}");
            }
        }
    }
}

#[test]
fn only_what_is_suspicious_goes_to_a_worker_where_the_policy_says_so() {
    let there = isolated(Policy::untrusted().with_isolation(Isolation::WhenSuspicious));
    let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
    let recipe = Recipe::within(32, 32);
    there.thumbnail(&garden, &recipe).unwrap();
    assert_eq!(there.counts().unwrap().answered, 0);
    let odd = [garden.as_slice(), b"<script>alert(1)</script>"].concat();
    let thumb = there.thumbnail(&odd, &recipe).unwrap();
    assert!(!thumb.report.findings.is_empty());
    assert_eq!(there.counts().unwrap().answered, 1);
    there.thumbnail(Upload::new(&garden).with_file_name("garden.png"), &recipe).unwrap();
    assert_eq!(there.counts().unwrap().answered, 2);
}

#[test]
fn a_policy_that_asks_for_workers_is_not_met_without_them() {
    let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
    let unavailable = Kind::Isolation { incident: Incident::Unavailable };
    let thumbnailer = Thumbnailer::new(always());
    assert_eq!(thumbnailer.thumbnail(&garden, &Recipe::within(8, 8)).unwrap_err().kind(), unavailable);
    assert_eq!(thumbnailer.inspect(&garden).unwrap_err().kind(), unavailable);
    let never = Isolated::builder().policy(Policy::untrusted()).build();
    assert_eq!(never.unwrap_err().kind(), Kind::Misuse);
    let nothing = Isolated::builder().program("/nonexistent").build();
    assert_eq!(nothing.unwrap_err().kind(), unavailable);
    let too_much = Isolated::builder()
        .program(env!("CARGO_BIN_EXE_fastimagecache-worker"))
        .require(Posture::full().with_landlock_abi(1_000))
        .build();
    assert_eq!(too_much.unwrap_err().kind(), Kind::Isolation { incident: Incident::Unconfined });
}

#[test]
fn limits_recipes_and_switches_mean_the_same() {
    let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
    let limits = Limits::untrusted().with_max_input_bytes(1_000);
    let small = isolated(always().with_limits(limits));
    let refusal = small.thumbnail(&garden, &Recipe::within(8, 8)).unwrap_err();
    assert_eq!(refusal.kind().name(), "limit");
    let there = isolated(always());
    let nothing = there.thumbnail(&garden, &Recipe::within(0, 8)).unwrap_err();
    assert_eq!(nothing.kind(), Kind::Misuse);
    let cancel = Cancel::new();
    cancel.cancel();
    let upload = Upload::new(&garden).with_cancel(cancel);
    assert_eq!(there.thumbnail(upload, &Recipe::within(8, 8)).unwrap_err().kind(), Kind::Cancelled);
    let hasty = isolated(always().with_limits(Limits::untrusted().with_max_wall(Duration::ZERO)));
    let late = hasty.thumbnail(&garden, &Recipe::within(8, 8)).unwrap_err().kind();
    // The worker may notice by itself, or be killed first.
    assert!(matches!(late, Kind::Deadline | Kind::Isolation { incident: Incident::Deadline }), "{late:?}");
}

#[cfg(feature = "cache")]
#[test]
fn a_cache_stands_before_workers_as_before_anything() {
    use fastimagecache::cache::{Cache, Config, Origin};
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("cache"), Config::new(1 << 20)).unwrap();
    let there = isolated(always());
    let cached = there.thumbnailer().clone().with_cache(cache.clone());
    let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
    let recipe = Recipe::within(16, 16);
    assert_eq!(cached.thumbnail_of(&garden, &recipe).unwrap().origin, Origin::Made);
    // Where it was made is not part of what it is found by.
    let here = Thumbnailer::new(Policy::untrusted()).with_cache(cache);
    assert_eq!(here.thumbnail_of(&garden, &recipe).unwrap().origin, Origin::Resident);
    assert_eq!(there.counts().unwrap().answered, 1);
}

#[cfg(feature = "mmap")]
#[test]
fn an_upload_that_was_received_into_sealed_memory_is_the_same_upload() {
    use fastimagecache::isolate::Staged;
    let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
    let there = isolated(always());
    let staged = Staged::read(garden.as_slice(), &Limits::untrusted()).unwrap();
    let recipe = Recipe::within(64, 64);
    let (a, b) = (there.thumbnail(&staged, &recipe).unwrap(), there.thumbnail(&garden, &recipe).unwrap());
    assert_eq!(a.bytes, b.bytes);
    let nothing = Staged::read(std::io::empty(), &Limits::untrusted()).unwrap();
    let here = Thumbnailer::default().thumbnail(&nothing, &recipe).unwrap_err();
    assert_eq!(told(&there.thumbnail(&nothing, &recipe).unwrap_err()), told(&here));
}

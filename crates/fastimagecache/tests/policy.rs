//! What the policy decides beside the limits.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must fail")]

use std::time::Duration;

use fastimagecache::{
    Cancel, FindingKind, Format, Kind, Limits, Policy, Recipe, Thumbnailer, Truncated, Upload,
};
use fic_testkit::samples::{self, Expect};

fn garden() -> Vec<u8> {
    std::fs::read(fic_testkit::valid::corpus().join("samples/garden.jpg")).unwrap()
}

fn refusal(policy: Policy, upload: Upload<'_>) -> Kind {
    Thumbnailer::new(policy).thumbnail(upload, &Recipe::within(32, 32)).unwrap_err().kind()
}

#[test]
fn can_be_shared_by_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Thumbnailer>();
    shared::<fastimagecache::Thumbnail>();
    shared::<fastimagecache::Pixels>();
    shared::<fastimagecache::Error>();
}

#[test]
fn a_polyglot_is_reported_by_default_and_refused_for_avatars() {
    let polyglots: Vec<_> = samples::all()
        .into_iter()
        .filter(|s| matches!(s.expect, Expect::Accept(f) if f.contains(&FindingKind::Polyglot)))
        .collect();
    assert!(polyglots.len() >= 4, "{polyglots:?}");
    for sample in polyglots {
        let bytes = sample.bytes();
        let thumbnailer = Thumbnailer::new(Policy::untrusted());
        let thumb = thumbnailer.thumbnail(&bytes, &Recipe::within(32, 32)).unwrap();
        assert!(thumb.report.findings.has(FindingKind::Polyglot), "{sample:?}");
        let again = thumbnailer.inspect(&thumb.bytes).unwrap();
        assert!(again.polyglot_marks.is_empty(), "{sample:?} survived the re-encoding");
        assert_eq!(refusal(Policy::strict_avatar(), Upload::new(&bytes)), Kind::Refused, "{sample:?}");
    }
}

#[test]
fn a_wrong_label_is_reported_by_default_and_refused_for_avatars() {
    let bytes = garden();
    let labelled = || Upload::new(&bytes).with_media_type("image/png").with_file_name("garden.gif");
    let thumb = Thumbnailer::new(Policy::untrusted()).thumbnail(labelled(), &Recipe::within(32, 32)).unwrap();
    assert!(thumb.report.findings.has(FindingKind::ContentTypeMismatch));
    assert!(thumb.report.findings.has(FindingKind::ExtensionMismatch));
    assert_eq!(refusal(Policy::strict_avatar(), labelled()), Kind::Refused);
    let right = Upload::new(&bytes).with_media_type("image/jpeg; q=1").with_file_name("garden.JPG");
    Thumbnailer::new(Policy::strict_avatar()).thumbnail(right, &Recipe::within(32, 32)).unwrap();
}

#[test]
fn a_format_that_is_not_on_the_list_is_refused() {
    let policy = Policy::untrusted().with_formats([Format::Png, Format::WebP]);
    assert_eq!(refusal(policy, Upload::new(&garden())), Kind::Refused);
}

#[test]
fn a_truncated_picture_is_an_error_or_a_finding() {
    let whole = garden();
    let cut = &whole[..whole.len() / 2];
    assert_eq!(refusal(Policy::untrusted(), Upload::new(cut)), Kind::Malformed);
    let lenient = Thumbnailer::new(Policy::untrusted().with_truncated(Truncated::Accept));
    let thumb = lenient.thumbnail(cut, &Recipe::within(64, 64)).unwrap();
    assert!(thumb.report.findings.has(FindingKind::TruncatedPixels));
    let thumb = lenient.thumbnail(&whole, &Recipe::within(64, 64)).unwrap();
    assert!(!thumb.report.findings.has(FindingKind::TruncatedPixels));
}

#[test]
fn a_webp_that_lost_its_end_is_an_error_or_a_finding() {
    for name in ["lossy_q75_97x61", "lossless_photo_97x61", "lossy_alpha_raw_45x31"] {
        let whole = std::fs::read(format!("../../corpus/valid/webp/{name}.webp")).unwrap();
        let cut = &whole[..whole.len() - whole.len() / 8];
        assert_eq!(refusal(Policy::untrusted(), Upload::new(cut)), Kind::Malformed, "{name}");
        let lenient = Thumbnailer::new(Policy::untrusted().with_truncated(Truncated::Accept));
        let findings = lenient.thumbnail(cut, &Recipe::within(30, 30)).unwrap().report.findings;
        assert!(
            findings.has(FindingKind::TruncatedPixels) && findings.has(FindingKind::MissingEnd),
            "{name}"
        );
    }
}

#[test]
fn the_caller_and_the_clock_can_stop_the_work() {
    let bytes = garden();
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(refusal(Policy::untrusted(), Upload::new(&bytes).with_cancel(cancel)), Kind::Cancelled);
    let limits = Limits::untrusted().with_max_wall(Duration::ZERO);
    assert_eq!(refusal(Policy::untrusted().with_limits(limits), Upload::new(&bytes)), Kind::Deadline);
}

#[test]
fn each_limit_that_a_photo_can_pass_refuses_it_by_name() {
    let bytes = garden();
    let untrusted = Limits::untrusted;
    for (limits, name) in [
        (untrusted().with_max_input_bytes(1000), "max_input_bytes"),
        (untrusted().with_max_width(1599), "max_width"),
        (untrusted().with_max_height(1199), "max_height"),
        (untrusted().with_max_pixels(1_919_999), "max_pixels"),
        (untrusted().with_max_scans(0), "max_scans"),
        (untrusted().with_max_table_bytes(100), "max_table_bytes"),
        (untrusted().with_max_metadata_bytes(100), "max_metadata_bytes"),
        (untrusted().with_max_heap_bytes(100_000), "max_heap_bytes"),
        (untrusted().with_max_work(100_000), "max_work"),
        (untrusted().with_max_output_pixels(100), "max_output_pixels"),
    ] {
        let thumbnailer = Thumbnailer::new(Policy::untrusted().with_limits(limits));
        let err = thumbnailer.thumbnail(&bytes, &Recipe::within(32, 32)).unwrap_err();
        match err.kind() {
            Kind::Limit { limit, allowed, found } => {
                assert_eq!(limit.name(), name);
                assert!(found > allowed, "{name}");
            }
            other => panic!("{name}: {other:?}: {err}"),
        }
    }
}

#[test]
fn the_work_predicted_is_the_same_every_time() {
    let bytes = garden();
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    let cost = || thumbnailer.thumbnail(&bytes, &Recipe::within(64, 64)).unwrap().report.predicted;
    assert_eq!(cost(), cost());
    assert!(cost().work > 1_000_000);
}

#[test]
fn a_recipe_that_no_picture_can_meet_is_the_callers_mistake() {
    let bytes = garden();
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    for recipe in [Recipe::within(0, 10), Recipe::cover(10, 0), Recipe::within(9, 9).with_quality(0)] {
        assert_eq!(thumbnailer.thumbnail(&bytes, &recipe).unwrap_err().kind(), Kind::Misuse);
    }
    let huge = Recipe::pad(60_000, 60_000, [0; 4]);
    assert!(matches!(thumbnailer.thumbnail(&bytes, &huge).unwrap_err().kind(), Kind::Limit { .. }));
}

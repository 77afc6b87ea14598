//! Thumbnails through the cache are those without it, made once.

#![cfg(all(feature = "cache", unix))]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::fs;

use fastimagecache::cache::{Cache, Config, Content, Form, Origin, SourceId, Tending};
use fastimagecache::{
    CachedThumbnailer, Cancel, Error, FindingKind, Format, Kind, Limits, Output, Policy, Recipe, Response,
    Stage, Thumbnailer, Upload,
};
use tempfile::TempDir;

fn garden() -> Vec<u8> {
    fs::read("../../corpus/samples/garden.jpg").unwrap()
}

fn open(folder: &TempDir, policy: Policy) -> CachedThumbnailer {
    let config = Config::new(64 << 20).with_min_free_bytes(0).with_tending(Tending::Inline);
    Thumbnailer::new(policy).with_cache(Cache::open(&folder.path().join("cache"), config).unwrap())
}

#[test]
fn the_same_bytes_come_made_from_memory_and_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (upload, recipe) = (garden(), Recipe::cover(48, 32).with_output(Output::WebP));
    let plain = Thumbnailer::default().thumbnail(&upload, &recipe).unwrap();
    let cached = open(&folder, Policy::untrusted());
    let made = cached.thumbnail_of(&upload, &recipe).unwrap();
    assert_eq!((made.origin, made.entry.payload()), (Origin::Made, &plain.bytes[..]));
    assert_eq!(made.entry.content(), Content::Encoded(Format::WebP));
    assert_eq!(made.report.unwrap().format, Format::Jpeg);
    let resident = cached.thumbnail_of(&upload, &recipe).unwrap();
    assert_eq!((resident.origin, resident.entry.payload()), (Origin::Resident, &plain.bytes[..]));
    assert!(resident.report.is_none());
    let disk = open(&folder, Policy::untrusted()).thumbnail_of(&upload, &recipe).unwrap();
    assert_eq!((disk.origin, disk.entry.payload()), (Origin::Disk, &plain.bytes[..]));
}

#[test]
fn pixels_are_kept_as_rows_and_beside_the_encoded_form() {
    let folder = tempfile::tempdir().unwrap();
    let cached = open(&folder, Policy::untrusted());
    let (upload, recipe, source) = (garden(), Recipe::cover(33, 21), SourceId::named("test", "garden"));
    let plain = Thumbnailer::default().pixels(&upload, &recipe).unwrap().buffer;
    cached.thumbnail(source, &recipe, |making| making.upload(&upload)).unwrap();
    for origin in [Origin::Made, Origin::Resident] {
        let pixels = cached.pixels(source, &recipe, |making| making.upload(&upload)).unwrap();
        assert_eq!((pixels.origin, pixels.entry.content()), (origin, Content::Pixels(plain.layout())));
        assert!(pixels.entry.rows().eq(plain.rows()));
    }
    assert_eq!(cached.cache().remove_source(source).unwrap(), 2);
}

#[test]
fn a_hit_does_not_read_the_source_and_a_failed_read_is_the_callers() {
    let folder = tempfile::tempdir().unwrap();
    let cached = open(&folder, Policy::untrusted());
    let (source, recipe) = (SourceId::named("test", "garden"), Recipe::within(20, 20));
    let unreadable = || {
        cached.thumbnail(source, &recipe, |_| Err(Error::new(Kind::Io, Stage::Sniff, "the storage is down")))
    };
    assert_eq!(unreadable().unwrap_err().kind(), Kind::Io);
    cached.thumbnail(source, &recipe, |making| making.upload(&garden())).unwrap();
    assert_eq!(unreadable().unwrap().origin, Origin::Resident);
}

#[test]
fn what_a_strict_policy_refuses_is_not_served_because_a_lenient_one_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let (upload, recipe) = (garden(), Recipe::within(20, 20));
    open(&folder, Policy::untrusted()).thumbnail_of(&upload, &recipe).unwrap();
    let strict = open(&folder, Policy::untrusted().with_formats([Format::Png]));
    assert_eq!(strict.thumbnail_of(&upload, &recipe).unwrap_err().kind(), Kind::Refused);
}

#[test]
fn a_hostile_upload_is_refused_once_and_remembered_and_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cached = open(&folder, Policy::untrusted());
    let broken = &garden()[..300];
    let recipe = Recipe::within(20, 20);
    let first = cached.thumbnail_of(broken, &recipe).unwrap_err();
    let second = cached.thumbnail_of(broken, &recipe).unwrap_err();
    assert_eq!((first.to_string(), first.kind()), (second.to_string(), second.kind()));
    let stats = cached.cache().stats();
    assert_eq!((stats.failed, stats.remembered_failures, stats.disk_entries), (1, 1, 0));
    assert!(cached.cache().get(&cached.key(Form::Encoded, SourceId::of_bytes(broken), &recipe)).is_none());
}

#[test]
fn a_recipe_that_cannot_be_met_is_misuse_before_the_cache_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let cached = open(&folder, Policy::untrusted());
    let refused = cached.thumbnail_of(Upload::new(&garden()), &Recipe::within(0, 20));
    assert_eq!(refused.unwrap_err().kind(), Kind::Misuse);
    assert_eq!(cached.cache().stats().misses, 0);
}

#[test]
fn a_wrong_label_is_refused_to_its_own_request_and_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let cached = open(&folder, Policy::untrusted().with_mismatches(Response::Refuse));
    let (upload, recipe) = (garden(), Recipe::within(20, 20));
    let mislabelled = || Upload::new(&upload).with_media_type("image/png");
    let honest = || Upload::new(&upload).with_media_type("image/jpeg").with_file_name("garden.jpg");
    let refused = |error: Error| assert_eq!((error.kind(), error.stage()), (Kind::Refused, Stage::Sniff));

    refused(cached.thumbnail_of(mislabelled(), &recipe).unwrap_err());
    assert_eq!(cached.thumbnail_of(honest(), &recipe).unwrap().origin, Origin::Made);
    // Nor does it get what others had made.
    refused(cached.thumbnail_of(mislabelled(), &recipe).unwrap_err());
    refused(cached.thumbnail_of(Upload::new(&upload).with_file_name("garden.gif"), &recipe).unwrap_err());
    assert_eq!(cached.thumbnail_of(honest(), &recipe).unwrap().origin, Origin::Resident);

    // The same where the source has a name.
    let source = SourceId::named("test", "garden");
    refused(cached.thumbnail(source, &recipe, |making| making.upload(mislabelled())).unwrap_err());
    refused(cached.pixels(source, &recipe, |making| making.upload(mislabelled())).unwrap_err());
    let made = cached.thumbnail(source, &recipe, |making| making.upload(honest())).unwrap();
    assert_eq!(made.origin, Origin::Made);
    assert_eq!(cached.cache().stats().remembered_failures, 0);
    refused(cached.thumbnailer().check_labels(mislabelled()).unwrap_err());
    cached.thumbnailer().check_labels(honest()).unwrap();
}

#[test]
fn labels_do_not_choose_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cached = open(&folder, Policy::untrusted());
    let (upload, recipe) = (garden(), Recipe::within(20, 20));
    let poisoned = Upload::new(&upload).with_media_type("image/png").with_file_name("garden.gif");
    let first = cached.thumbnail_of(poisoned, &recipe).unwrap();
    assert!(first.report.unwrap().findings.has(FindingKind::ContentTypeMismatch));
    let plain = Thumbnailer::default().thumbnail(&upload, &recipe).unwrap();
    let second = cached.thumbnail_of(&upload, &recipe).unwrap();
    assert_eq!((second.origin, second.entry.payload()), (Origin::Resident, &plain.bytes[..]));
    // What is no picture is refused for its bytes, whatever it is called.
    let script = Upload::new(b"#!/bin/sh\n").with_media_type("image/png");
    cached.thumbnailer().check_labels(script.clone()).unwrap();
    let by_bytes = cached.thumbnail_of(script, &recipe).unwrap_err();
    assert_eq!(cached.thumbnail_of(b"#!/bin/sh\n", &recipe).unwrap_err().to_string(), by_bytes.to_string());
    assert_eq!(cached.cache().stats().remembered_failures, 1);
}

#[test]
fn an_upload_that_is_called_off_does_not_wait_for_another_that_makes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let cached = open(&folder, Policy::untrusted());
    let (upload, recipe, cancel) = (garden(), Recipe::within(20, 20), Cancel::new());
    let source = SourceId::of_bytes(&upload);
    let (cached, cancel) = (&cached, &cancel);
    let made = cached.thumbnail(source, &recipe, |making| {
        let waited = std::thread::scope(|scope| {
            let upload = Upload::new(&upload).with_cancel(cancel.clone());
            let waiting = scope.spawn(move || cached.thumbnail_of(upload, &recipe));
            let named = cached.clone().with_cancel(cancel.clone());
            let also = scope.spawn(move || named.thumbnail(source, &recipe, |_| unreachable!("it waits")));
            cancel.cancel();
            [waiting.join().unwrap().unwrap_err(), also.join().unwrap().unwrap_err()]
        });
        assert!(waited.iter().all(|error| error.kind() == Kind::Cancelled), "{waited:?}");
        making.upload(&upload)
    });
    assert_eq!(made.unwrap().origin, Origin::Made);
}

#[test]
fn limits_beyond_the_numbers_of_toml_are_policies_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let (source, recipe) = (SourceId::named("test", "garden"), Recipe::within(20, 20));
    let huge = |max_pixels, max_heap_bytes| {
        let limits = Limits::untrusted().with_max_pixels(max_pixels).with_max_heap_bytes(max_heap_bytes);
        Policy::untrusted().with_limits(limits)
    };
    let policies = [
        Policy::untrusted(),
        huge(u64::MAX, 1 << 30),
        huge(u64::MAX, 2 << 30),
        huge(u64::MAX - 1, 2 << 30),
        huge(1 << 63, 2 << 30),
    ];
    for (at, policy) in policies.iter().enumerate() {
        let key = |policy: &Policy| open(&folder, policy.clone()).key(Form::Encoded, source, &recipe);
        assert!(policies[..at].iter().all(|other| key(other) != key(policy)), "{policy:?}");
    }
}

#[test]
fn an_upload_over_its_limit_is_refused_before_it_is_digested_or_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let upload = garden();
    let mut policy = Policy::untrusted();
    policy.limits = Limits::untrusted().with_max_input_bytes(upload.len() as u64 - 1);
    let cached = open(&folder, policy);
    let error = cached.thumbnail_of(&upload, &Recipe::within(20, 20)).unwrap_err();
    assert_eq!(error.kind().event_id(), "refusal.limit.max_input_bytes");
    let stats = cached.cache().stats();
    assert_eq!((stats.misses, stats.failed), (0, 0));
}

//! Threads change neither the picture nor what is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::num::NonZeroU8;

use fastimagecache::{Limits, Policy, Recipe, Thumbnailer};
use fic_testkit::valid;

const SEVEN: NonZeroU8 = NonZeroU8::new(7).unwrap();

fn garden() -> Vec<u8> {
    std::fs::read(valid::corpus().join("samples/garden.jpg")).unwrap()
}

#[test]
fn any_number_of_threads_makes_the_same_thumbnail() {
    let (thumbnailer, upload) = (Thumbnailer::new(Policy::untrusted()), garden());
    for size in [64, 100, 200, 700] {
        let recipe = Recipe::within(size, size);
        let one = thumbnailer.thumbnail(&upload, &recipe).unwrap();
        let seven = thumbnailer.thumbnail(&upload, &recipe.with_threads(SEVEN)).unwrap();
        assert!(one.bytes == seven.bytes, "{size}");
    }
}

#[test]
fn threads_are_charged_and_never_a_reason_to_refuse() {
    let upload = garden();
    let recipe = Recipe::within(64, 64);
    let cost = |policy: Policy, recipe: &Recipe| {
        Thumbnailer::new(policy).thumbnail(&upload, recipe).unwrap().report.predicted
    };
    let one = cost(Policy::untrusted(), &recipe);
    let seven = cost(Policy::untrusted(), &recipe.with_threads(SEVEN));
    assert!(seven.work > one.work && seven.peak_heap > one.peak_heap);
    let limits = Limits::untrusted().with_max_work(one.work).with_max_heap_bytes(one.peak_heap);
    let tight = cost(Policy::untrusted().with_limits(limits), &recipe.with_threads(SEVEN));
    assert_eq!(tight, one);
}

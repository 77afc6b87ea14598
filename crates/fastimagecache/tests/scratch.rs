//! Buffers that are used again: never more than was said, and never anything of the picture before.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use fastimagecache::{Policy, Recipe, Scratch, Thumbnailer};

fn photograph() -> Vec<u8> {
    std::fs::read("../../corpus/samples/garden.jpg").unwrap()
}

fn screenshot() -> Vec<u8> {
    let path = std::fs::read_dir("../../corpus/valid/png").unwrap().map(|entry| entry.unwrap().path());
    std::fs::read(path.max_by_key(|path| path.metadata().unwrap().len()).unwrap()).unwrap()
}

#[test]
fn pictures_are_the_same_whatever_the_buffers_held_before() {
    let recipe = Recipe::within(200, 200);
    let (first, second) = (photograph(), screenshot());
    let nothing_kept = |bytes: &[u8]| {
        let thumbnailer = Thumbnailer::new(Policy::untrusted()).with_scratch(Scratch::new(0));
        thumbnailer.pixels(bytes, &recipe).unwrap().buffer.as_bytes().to_vec()
    };
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    for _ in 0..3 {
        for bytes in [&first, &second] {
            let again = thumbnailer.pixels(bytes, &recipe).unwrap().buffer.as_bytes().to_vec();
            assert_eq!(again, nothing_kept(bytes));
        }
    }
}

#[test]
fn what_is_kept_stays_within_the_bound_and_can_be_given_back() {
    let scratch = Scratch::new(300_000);
    let thumbnailer = Thumbnailer::new(Policy::untrusted()).with_scratch(scratch.clone());
    let mut most = 0;
    for side in [64, 256, 100, 400] {
        thumbnailer.thumbnail(&photograph(), &Recipe::within(side, side)).unwrap();
        assert!(scratch.kept_bytes() <= 300_000);
        most = scratch.kept_bytes().max(most);
    }
    assert!(most > 0);
    scratch.clear();
    assert_eq!(scratch.kept_bytes(), 0);
}

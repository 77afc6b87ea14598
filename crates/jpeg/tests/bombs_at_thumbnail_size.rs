//! What a thumbnail of a hostile file may cost: a bound in work units and bytes, the same on every machine.

#![allow(clippy::expect_used, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Cost, Error, Kind, Limit, Limits, Request};
use fic_testkit::bytes::jpeg::{DC, JpegBytes, Part};
use fic_testkit::heap::measure;
use fic_testkit::samples::jpeg;

/// For a thumbnail within 256 x 256.
const THUMBNAIL: Request = Request::full().with_at_least(512, 512);

/// Admits and decodes; the cost as predicted.
fn thumbnail(bytes: &[u8], limits: &Limits) -> Result<Cost, Error> {
    let outline = fic_jpeg::outline(bytes)?;
    let admitted = fic_jpeg::admit(bytes, &outline, &THUMBNAIL, limits)?;
    let cost = admitted.cost();
    let budget = Budget::new(limits);
    let (done, peak) = measure(|| {
        let mut decoder = fic_jpeg::open(admitted, &budget)?;
        while decoder.next_band()?.is_some() {}
        Ok(())
    });
    assert!(peak <= cost.peak_heap, "{peak} bytes held, {} predicted", cost.peak_heap);
    done.map(|()| cost)
}

#[test]
fn no_hostile_sample_costs_much() {
    let mut decoded = 0;
    for sample in jpeg::all() {
        if let Ok(cost) = thumbnail(&sample.bytes(), &Limits::untrusted()) {
            assert!(cost.work <= 250_000_000, "{sample:?} takes {} units", cost.work);
            assert!(cost.peak_heap <= 4 << 20, "{sample:?} takes {} bytes", cost.peak_heap);
            decoded += 1;
        }
    }
    assert!(decoded > 40, "{decoded} samples are decoded");
}

/// `side` x `side` in three components, `scans` scans: DC, then each coefficient of each component in five steps.
/// All as T.81 allows, and no coefficient but zero.
fn scan_bomb(side: u16, scans: usize) -> Vec<u8> {
    let blocks = usize::from(side).div_ceil(8).pow(2);
    let start = JpegBytes::new()
        .jfif()
        .tables()
        .frame(0xC2, side, side, &[(1, 0x11), (2, 0x11), (3, 0x11)])
        .scan_of(&[Part::new(1), Part::new(2), Part::new(3)], DC)
        .zero_blocks(3 * blocks, 1);
    let steps = [0x04, 0x43, 0x32, 0x21, 0x10];
    let bands = (1..=3).flat_map(|id| (1..64).flat_map(move |k| steps.map(|step| (id, (k, k, step)))));
    bands
        .take(scans - 1)
        .fold(start, |file, (id, band)| file.scan_of(&[Part::new(id)], band).ends_of(blocks))
        .end()
}

#[test]
fn a_bomb_of_900_scans_is_refused_from_strangers() {
    let refused = thumbnail(&scan_bomb(4_000, 900), &Limits::untrusted()).expect_err("900 scans");
    assert!(matches!(refused.kind(), Kind::Limit { limit: Limit::MaxScans, .. }), "{refused}");
}

#[test]
fn a_bomb_of_900_scans_from_a_friend_costs_less_than_a_second_and_16_megabytes() {
    // The largest that are decoded whole, at a half and at a quarter; and a large one at an eighth.
    for (side, most_work) in [(1_022, 950), (2_044, 950), (4_088, 800), (9_000, 250)] {
        let cost = thumbnail(&scan_bomb(side, 900), &Limits::trusted()).expect("a picture");
        assert!(cost.work <= most_work * 1_000_000, "{side}: {} units", cost.work);
        assert!(cost.peak_heap <= 16 << 20, "{side}: {} bytes", cost.peak_heap);
    }
}

#[test]
fn at_an_eighth_the_other_899_scans_are_not_read() {
    let work = |scans| thumbnail(&scan_bomb(9_000, scans), &Limits::trusted()).expect("a picture").work;
    assert_eq!(work(900), work(1));
}

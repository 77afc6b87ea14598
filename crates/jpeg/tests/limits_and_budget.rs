//! Limits are kept before anything is decoded, the budget while it is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use std::time::Duration;

use fic_core::{Bands, Budget, Cancel, Error, Kind, Limit, Limits, Request};
use fic_testkit::bytes::jpeg::{DC, JpegBytes, Part};

fn admit<'a>(bytes: &'a [u8], limits: &Limits) -> Result<fic_jpeg::Admitted<'a>, Error> {
    fic_jpeg::admit(bytes, &fic_jpeg::outline(bytes)?, &Request::full(), limits)
}

fn progressive(side: u16) -> Vec<u8> {
    let blocks = usize::from(side).div_ceil(8).pow(2);
    let start = JpegBytes::new().tables().frame(0xC2, side, side, &[(1, 0x11)]);
    start.scan_of(&[Part::new(1)], DC).zero_blocks(blocks, 1).end()
}

fn baseline(side: u16) -> Vec<u8> {
    let blocks = usize::from(side).div_ceil(8).pow(2);
    let start = JpegBytes::new().tables().frame(0xC0, side, side, &[(1, 0x11)]);
    start.scan(&[Part::new(1)]).zero_blocks(blocks, 2).end()
}

#[test]
fn a_progressive_file_is_charged_for_its_coefficients_and_a_baseline_file_for_a_row() {
    let limits = Limits::untrusted();
    let (one, all) = (baseline(4_000), progressive(4_000));
    assert!(admit(&one, &limits).unwrap().cost().peak_heap < 300_000);
    let cost = admit(&all, &limits).unwrap().cost();
    assert!((32_000_000..33_000_000).contains(&cost.peak_heap), "{}", cost.peak_heap);
    let err = admit(&all, &limits.with_max_heap_bytes(30_000_000)).unwrap_err();
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxHeapBytes, .. }), "{err}");
}

#[test]
fn work_is_the_same_every_time_and_bounded() {
    let bytes = progressive(1_000);
    let limits = Limits::untrusted();
    let work = admit(&bytes, &limits).unwrap().cost().work;
    assert_eq!(admit(&bytes, &limits).unwrap().cost().work, work);
    admit(&bytes, &limits.clone().with_max_work(work)).unwrap();
    let err = admit(&bytes, &limits.with_max_work(work - 1)).unwrap_err();
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxWork, found, .. } if found == work));
}

#[test]
fn a_budget_that_is_used_up_is_a_limit_and_gives_everything_back() {
    let limits = Limits::untrusted();
    let bytes = baseline(1_000);
    let budget = Budget::new(&limits.clone().with_max_heap_bytes(20_000));
    let Err(err) = fic_jpeg::open(admit(&bytes, &limits).unwrap(), &budget) else { panic!("opened") };
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxHeapBytes, .. }), "{err}");
    assert_eq!(budget.held_bytes(), 0);
}

#[test]
fn the_clock_and_the_switch_stop_it_between_bands() {
    let limits = Limits::untrusted();
    let bytes = baseline(1_000);
    let cancel = Cancel::new();
    let budget = Budget::with_cancel(&limits, cancel.clone());
    let mut decoder = fic_jpeg::open(admit(&bytes, &limits).unwrap(), &budget).unwrap();
    decoder.next_band().unwrap().unwrap();
    cancel.cancel();
    assert_eq!(decoder.next_band().unwrap_err().kind(), Kind::Cancelled);

    let bytes = progressive(1_000);
    let budget = Budget::new(&limits.clone().with_max_wall(Duration::ZERO));
    let mut decoder = fic_jpeg::open(admit(&bytes, &limits).unwrap(), &budget).unwrap();
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(decoder.next_band().unwrap_err().kind(), Kind::Deadline);
}

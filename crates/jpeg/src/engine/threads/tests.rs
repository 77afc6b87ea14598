//! Small files: the parts of these tests are a few dozen bytes long, so that all of it happens in them.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::num::NonZeroU8;

use fic_core::{Bands, Budget, Limits, Request, Truncated};
use fic_testkit::valid;

use super::ahead::Ahead;
use crate::engine::blueprint::Blueprint;
use crate::engine::decoder::starts;
use crate::engine::scan::{OnFault, ScanWalk};
use crate::engine::sequential::BlocksOfMcu;
use crate::engine::tables;

/// Pixels up to the error, whether the data ended early, and the error.
type Outcome = (Vec<u8>, bool, Option<String>);

fn request(size: (u32, u32), divisor: u32, threads: u8, truncated: Truncated) -> Request {
    Request::full()
        .with_at_least(size.0.div_ceil(divisor), size.1.div_ceil(divisor))
        .with_threads(NonZeroU8::new(threads).unwrap())
        .with_truncated(truncated)
}

fn decode(bytes: &[u8], divisor: u32, threads: u8, truncated: Truncated) -> Outcome {
    let limits = Limits::untrusted();
    let mut pixels = Vec::new();
    let mut run = || {
        let outline = crate::outline(bytes)?;
        let size = (outline.frame().width.get(), outline.frame().height.get());
        let request = request(size, divisor, threads, truncated);
        let admitted = crate::admit(bytes, &outline, &request, &limits)?;
        let mut decoder = crate::open(admitted, &Budget::new(&limits))?;
        while let Some(band) = decoder.next_band()? {
            pixels.extend_from_slice(band.bytes);
        }
        Ok::<_, fic_core::Error>(decoder.was_truncated())
    };
    match run() {
        Ok(was_truncated) => (pixels, was_truncated, None),
        Err(error) => (pixels, false, Some(error.to_string())),
    }
}

fn is_the_same_on_any_number_of_threads(what: &str, bytes: &[u8], divisors: &[u32], threads: &[u8]) {
    for &divisor in divisors {
        for truncated in [Truncated::Accept, Truncated::Reject] {
            let one = decode(bytes, divisor, 1, truncated);
            for &threads in threads {
                let more = decode(bytes, divisor, threads, truncated);
                assert_eq!((&more.1, &more.2), (&one.1, &one.2), "{what} 1/{divisor} on {threads} threads");
                assert!(more.0 == one.0, "{what} 1/{divisor} on {threads} threads");
            }
        }
    }
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(valid::corpus().join("valid/jpeg").join(name)).unwrap()
}

/// One scan, with restart markers and without, in one colour and in several, upsampled and not.
const ONE_SCAN: [&str; 6] = [
    "base_420_17x9.jpg",
    "base_grey_97x61.jpg",
    "base_restart_1mcu_420_48x40.jpg",
    "base_restart_3mcu_422_48x40.jpg",
    "base_s3x2_1x1_1x1_33x27.jpg",
    "base_ycck_444_48x40.jpg",
];

#[test]
fn every_valid_file_is_the_same_on_any_number_of_threads() {
    for file in valid::files("jpeg") {
        is_the_same_on_any_number_of_threads(&file.path, &file.bytes(), &[1, 2, 4, 8], &[2, 3, 7]);
    }
}

#[test]
fn a_file_cut_anywhere_gives_the_same_error_and_the_same_rows() {
    for name in ONE_SCAN {
        let whole = file(name);
        for len in (whole.len() / 8..whole.len()).step_by(2) {
            is_the_same_on_any_number_of_threads(name, &whole[..len], &[8], &[3]);
            let ended = [&whole[..len], &[0xff, 0xd9]].concat();
            is_the_same_on_any_number_of_threads(name, &ended, &[4], &[2]);
        }
    }
}

#[test]
fn a_changed_byte_gives_the_same_error_and_the_same_rows() {
    for name in ONE_SCAN {
        let whole = file(name);
        for at in (600.min(whole.len() / 2)..whole.len()).step_by(2) {
            for change in [0x04, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                is_the_same_on_any_number_of_threads(name, &bytes, &[8], &[3]);
            }
        }
    }
}

#[test]
fn restart_markers_lost_doubled_and_out_of_turn_are_judged_the_same() {
    for name in ["base_restart_1mcu_420_48x40.jpg", "base_restart_3mcu_422_48x40.jpg"] {
        let whole = file(name);
        let marks: Vec<usize> =
            (0..whole.len() - 1).filter(|&at| whole[at] == 0xff && whole[at + 1] & 0xf8 == 0xd0).collect();
        assert!(marks.len() >= 4);
        for &at in &marks {
            let lost = [&whole[..at], &whole[at + 2..]].concat();
            let doubled = [&whole[..at], &whole[at..at + 2], &whole[at..]].concat();
            let mut turned = whole.clone();
            turned[at + 1] ^= 3;
            for bytes in [lost, doubled, turned] {
                is_the_same_on_any_number_of_threads(name, &bytes, &[8, 4], &[2, 3, 7]);
            }
        }
    }
}

/// How many of a file's rows end inside what a part has decoded.
fn rows_taken(bytes: &[u8], divisor: u32, threads: u8) -> (usize, usize) {
    let outline = crate::outline(bytes).unwrap();
    let size = (outline.frame().width.get(), outline.frame().height.get());
    let blueprint = Blueprint::new(bytes, &outline, &request(size, divisor, threads, Truncated::Reject));
    let (geometry, layouts) = (&blueprint.geometry, &blueprint.layouts);
    let scan = outline.one_pass().unwrap();
    let data = scan.data.span.of(bytes);
    let tables = tables::sequential(bytes, &scan, true).unwrap();
    let blocks = BlocksOfMcu::new(&scan, &tables, geometry, layouts, starts(geometry, layouts)).unwrap();
    let budget = Budget::new(&Limits::untrusted());
    let mut ahead =
        Ahead::decode(data, &scan, &blocks, geometry, blueprint.threads.as_ref().unwrap(), &budget);
    let mut walk = ScanWalk::new(data, scan.tables.restart_interval, OnFault::Stop);
    let mut taken = 0;
    for _ in 0..geometry.mcus.1 {
        let mut row = vec![0; blueprint.row_of_mcus()];
        ahead.read_row(&mut walk, &blocks, geometry, layouts, &mut row).unwrap();
        taken += usize::from(ahead.is_taking());
    }
    (taken, geometry.mcus.1)
}

#[test]
fn nearly_all_rows_of_a_photograph_are_read_ahead() {
    let photo = std::fs::read(valid::corpus().join("samples/garden.jpg")).unwrap();
    for (divisor, threads) in [(4, 2), (4, 3), (8, 7)] {
        let (taken, rows) = rows_taken(&photo, divisor, threads);
        assert!(taken * 10 >= rows * 8, "{taken} of {rows} rows on {threads} threads");
    }
}

#[test]
fn a_file_with_restart_markers_is_read_ahead() {
    // The second part is met in the middle row and stops at the picture's end.
    let (taken, rows) = rows_taken(&file("base_restart_1mcu_420_48x40.jpg"), 8, 2);
    assert_eq!((taken, rows), (1, 3));
}

//! Several threads make the pixels, the errors and the findings of one, within the predicted memory.
//!
//! These files are long enough to be cut into parts; short ones are tried with shorter parts inside the crate.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::num::NonZeroU8;

use fic_core::{Bands, Budget, Cancel, Error, Kind, Limits, Request, Truncated};
use fic_testkit::bytes::jpeg::{JpegBytes, Part};
use fic_testkit::heap::measure;
use fic_testkit::valid;

/// Pixels up to the error, whether the data ended early, and the error.
type Outcome = (Vec<u8>, bool, Option<String>);

fn photo() -> Vec<u8> {
    std::fs::read(valid::corpus().join("samples/garden.jpg")).unwrap()
}

fn admit<'a>(
    bytes: &'a [u8],
    divisor: u32,
    threads: u8,
    truncated: Truncated,
    limits: &Limits,
) -> Result<fic_jpeg::Admitted<'a>, Error> {
    let outline = fic_jpeg::outline(bytes)?;
    let (width, height) = (outline.frame().width.get(), outline.frame().height.get());
    let request = Request::full()
        .with_at_least(width.div_ceil(divisor), height.div_ceil(divisor))
        .with_threads(NonZeroU8::new(threads).unwrap())
        .with_truncated(truncated);
    fic_jpeg::admit(bytes, &outline, &request, limits)
}

fn decode(bytes: &[u8], divisor: u32, threads: u8, truncated: Truncated) -> Outcome {
    let limits = Limits::untrusted();
    let mut pixels = Vec::new();
    let mut run = || {
        let admitted = admit(bytes, divisor, threads, truncated, &limits)?;
        let mut decoder = fic_jpeg::open(admitted, &Budget::new(&limits))?;
        while let Some(band) = decoder.next_band()? {
            pixels.extend_from_slice(band.bytes);
        }
        Ok::<_, Error>(decoder.was_truncated())
    };
    match run() {
        Ok(was_truncated) => (pixels, was_truncated, None),
        Err(error) => (pixels, false, Some(error.to_string())),
    }
}

/// Whether `threads` make a difference to what is predicted: whether there is anything to compare.
fn is_cut(bytes: &[u8], divisor: u32, threads: u8) -> bool {
    let limits = Limits::untrusted();
    let work = |threads| admit(bytes, divisor, threads, Truncated::Accept, &limits).unwrap().cost().work;
    work(threads) > work(1)
}

fn is_the_same_on_any_number_of_threads(what: &str, bytes: &[u8]) {
    for divisor in [4, 8] {
        assert!(is_cut(bytes, divisor, 2), "{what}");
        for truncated in [Truncated::Accept, Truncated::Reject] {
            let one = decode(bytes, divisor, 1, truncated);
            for threads in [2, 3, 7] {
                let more = decode(bytes, divisor, threads, truncated);
                assert_eq!((&more.1, &more.2), (&one.1, &one.2), "{what} 1/{divisor} on {threads} threads");
                assert!(more.0 == one.0, "{what} 1/{divisor} on {threads} threads");
            }
        }
    }
}

/// Bits, with zeros stuffed behind bytes of ones.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    byte: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, bits: u32, count: u32) {
        for at in (0..count).rev() {
            self.byte = self.byte << 1 | (bits >> at & 1);
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.byte as u8);
                if self.byte == 0xff {
                    self.bytes.push(0);
                }
                (self.byte, self.count) = (0, 0);
            }
        }
    }

    fn fill_byte(&mut self) {
        while self.count > 0 {
            self.put(1, 1);
        }
    }
}

/// A picture of flat blocks that go up and down by one or stay, all components with the same codes: nothing in the data
/// tells luma from chroma, nor one block of an MCU from the next.
fn steps(across: u16, down: u16, blocks_of_mcu: u32, interval: u16, changes: bool) -> Vec<u8> {
    let mut bits = Bits::default();
    let mut random = 1u32;
    let mcus = u32::from(across) * u32::from(down);
    for mcu in 0..mcus {
        if interval > 0 && mcu > 0 && mcu % u32::from(interval) == 0 {
            bits.fill_byte();
            bits.bytes.extend([0xff, 0xd0 | ((mcu / u32::from(interval) - 1) & 7) as u8]);
        }
        for _ in 0..blocks_of_mcu {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match random >> 29 {
                0..=2 if changes => bits.put(0b1000 | (random >> 20 & 2), 4),
                _ => bits.put(0, 2),
            }
        }
    }
    bits.fill_byte();
    let (side, luma) = if blocks_of_mcu == 6 { (16, 0x22) } else { (8, 0x11) };
    let parts = if blocks_of_mcu == 1 { 1 } else { 3 };
    let components: Vec<(u8, u8)> = (1..=parts).map(|id| (id, if id == 1 { luma } else { 0x11 })).collect();
    let scan: Vec<Part> = (1..=parts).map(Part::new).collect();
    let start = JpegBytes::new().tables();
    let start = if interval > 0 { start.segment(0xdd, &interval.to_be_bytes()) } else { start };
    start.frame(0xc0, across * side, down * side, &components).scan(&scan).raw(&bits.bytes).end()
}

#[test]
fn a_photograph_is_the_same_on_any_number_of_threads() {
    is_the_same_on_any_number_of_threads("garden", &photo());
}

#[test]
fn a_photograph_cut_or_damaged_anywhere_gives_the_same_error_and_the_same_rows() {
    let photo = photo();
    for nth in 1..12 {
        let at = photo.len() * nth / 12;
        if nth > 5 {
            is_the_same_on_any_number_of_threads("cut", &photo[..at]);
        }
        for change in [0x10, 0xff] {
            let mut changed = photo.clone();
            changed[at] ^= change;
            is_the_same_on_any_number_of_threads("changed", &changed);
        }
    }
}

#[test]
fn data_that_never_brings_a_reader_into_step_is_read_right() {
    for (across, down, blocks_of_mcu) in [(250, 250, 6), (401, 390, 3), (24, 2_040, 6), (600, 1_000, 1)] {
        for changes in [false, true] {
            let bytes = steps(across, down, blocks_of_mcu, 0, changes);
            is_the_same_on_any_number_of_threads("steps", &bytes);
        }
    }
}

#[test]
fn restart_intervals_of_any_length_are_read_right() {
    for interval in [1, 7, 250, 3_001, 20_000] {
        is_the_same_on_any_number_of_threads("restarts", &steps(250, 260, 6, interval, true));
    }
}

#[test]
fn damage_in_a_restart_interval_loses_the_same_interval() {
    let whole = steps(250, 260, 6, 999, true);
    let mut lost = 0;
    for nth in 1..24 {
        let mut bytes = whole.clone();
        // For AC this is the code of a symbol that no sequential scan has.
        let at = whole.len() * nth / 24;
        if bytes[at - 1..at + 3].contains(&0xff) {
            continue;
        }
        bytes[at..at + 2].copy_from_slice(&[0b1010_1010, 0b1010_1010]);
        is_the_same_on_any_number_of_threads("damaged", &bytes);
        lost += usize::from(decode(&bytes, 8, 3, Truncated::Accept).1);
    }
    assert!(lost > 10);
}

#[test]
fn no_number_of_threads_takes_more_memory_than_predicted_or_much_less() {
    let limits = Limits::untrusted();
    for picture in [photo(), steps(250, 260, 6, 250, true), steps(250, 250, 6, 0, true)] {
        for divisor in [4, 8] {
            for threads in [2, 3, 7] {
                let budget = Budget::new(&limits);
                let admitted = admit(&picture, divisor, threads, Truncated::Reject, &limits).unwrap();
                let predicted = admitted.cost().peak_heap;
                // Threads allocate nothing of their own: all that they fill is made before they start.
                let ((), measured) = measure(|| {
                    let mut decoder = fic_jpeg::open(admitted, &budget).unwrap();
                    while decoder.next_band().unwrap().is_some() {}
                });
                assert!(measured <= predicted, "{measured} over {predicted} on {threads} threads");
                assert!(predicted <= measured * 3 / 2, "{measured} under {predicted} on {threads} threads");
            }
        }
    }
}

#[test]
fn what_one_thread_may_decode_is_decoded_whatever_was_asked_for() {
    let photo = photo();
    let one = admit(&photo, 8, 1, Truncated::Reject, &Limits::untrusted()).unwrap().cost();
    for limits in
        [Limits::untrusted().with_max_work(one.work), Limits::untrusted().with_max_heap_bytes(one.peak_heap)]
    {
        let admitted = admit(&photo, 8, 7, Truncated::Reject, &limits).unwrap();
        assert_eq!(admitted.cost(), one);
    }
    // The same where the budget has less left than admission was told.
    let admitted = admit(&photo, 8, 7, Truncated::Reject, &Limits::untrusted()).unwrap();
    let budget = Budget::new(&Limits::untrusted().with_max_heap_bytes(one.peak_heap));
    let mut decoder = fic_jpeg::open(admitted, &budget).unwrap();
    assert!(decoder.next_band().unwrap().is_some());
    assert_eq!(budget.peak_bytes(), one.peak_heap);
}

#[test]
fn the_switch_stops_all_threads() {
    let limits = Limits::untrusted();
    let photo = photo();
    let cancel = Cancel::new();
    let budget = Budget::with_cancel(&limits, cancel.clone());
    let admitted = admit(&photo, 8, 3, Truncated::Reject, &limits).unwrap();
    let mut decoder = fic_jpeg::open(admitted, &budget).unwrap();
    cancel.cancel();
    assert_eq!(decoder.next_band().unwrap_err().kind(), Kind::Cancelled);
}

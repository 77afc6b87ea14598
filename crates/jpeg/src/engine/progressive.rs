//! One block of a progressive scan (T.81 G.1.2, G.2): spectral selection and successive approximation.

use super::bits::Bits;
use super::coefficients::Block;
use super::huffman::{END, Values};
use super::sequential::Damage;

/// The band of an AC scan and its bit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Band {
    /// First and last zigzag index, 1 to 63.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The bit position that the scan sends.
    pub(crate) low: u32,
}

impl Band {
    fn mask(self, from: u32) -> u64 {
        (u64::MAX << from) & (u64::MAX >> (63 - self.end))
    }
}

/// First scan of an AC band (G.1.2.2). `history` gets a bit for each coefficient that is not zero.
#[inline(always)]
pub(crate) fn ac_first(
    bits: &mut Bits<'_>,
    ac: &Values,
    band: Band,
    end_of_band_run: &mut u32,
    mut block: Block<'_>,
    history: &mut u64,
) -> Result<(), Damage> {
    if *end_of_band_run > 0 {
        *end_of_band_run -= 1;
        return Ok(());
    }
    let mut k = band.start as usize;
    while k <= band.end as usize {
        bits.refill();
        let entry = ac.probe(bits)?;
        bits.consume_entry(entry.bits());
        if entry.advance() == END {
            let exponent = entry.value() as u32;
            *end_of_band_run = (1 << exponent) - 1 + bits.take(exponent);
            return Ok(());
        }
        k += entry.advance();
        // Sixteen zeros leave what is there.
        if entry.value() != 0 && k <= band.end as usize + 1 {
            block.put(k - 1, (entry.value() << band.low) as i16);
            *history |= 1 << (k - 1);
        }
    }
    // A run of sixteen zeros may end with the band, not past it; no value may.
    if k > band.end as usize + 1 { Err(Damage::RunPastEnd) } else { Ok(()) }
}

/// A later scan of an AC band (G.1.2.3): new coefficients, and one more bit for those that are not zero.
#[inline(always)]
#[allow(
    clippy::too_many_arguments,
    reason = "inlined into the walk over the blocks, which holds each of them apart"
)]
pub(crate) fn ac_refine(
    bits: &mut Bits<'_>,
    ac: &Values,
    band: Band,
    end_of_band_run: &mut u32,
    mut block: Block<'_>,
    needed: u64,
    history: &mut u64,
) -> Result<(), Damage> {
    let mut k = band.start;
    if *end_of_band_run == 0 {
        // Those that are not zero get a correction bit each when they are passed; zeros are places for new ones.
        let old = *history & band.mask(k);
        let (mut zeros, mut new) = (!old & band.mask(k), 0);
        let outcome = loop {
            if k > band.end {
                break Ok(());
            }
            bits.refill();
            let entry = match ac.probe(bits) {
                Ok(entry) => entry,
                Err(undefined) => break Err(undefined.into()),
            };
            bits.consume_entry(entry.bits());
            if entry.advance() == END {
                let exponent = entry.value() as u32;
                *end_of_band_run = (1 << exponent) + bits.take(exponent);
                break Ok(());
            }
            if !matches!(entry.value(), -1..=1) {
                break Err(Damage::UndefinedSymbol);
            }
            let run = entry.advance() as u32 - 1;
            zeros = without_lowest(zeros, run);
            if zeros == 0 {
                // No place is left: sixteen zeros may end with the band, a coefficient may not be past it.
                let passed = old & band.mask(k);
                correct(bits, passed, passed.count_ones(), band.low, &mut block, needed);
                k = band.end + 1;
                break if entry.value() == 0 { Ok(()) } else { Err(Damage::RunPastEnd) };
            }
            let place = zeros.trailing_zeros();
            let passed = old & band.mask(k) & ((1 << place) - 1);
            // Of the places from `k` on, `run` were zeros.
            correct(bits, passed, place - k - run, band.low, &mut block, needed);
            block.put_new(place as usize, (entry.value() << band.low) as i16);
            new |= u64::from(entry.value() != 0) << place;
            zeros &= zeros - 1;
            k = place + 1;
        };
        *history |= new;
        outcome?;
    }
    if *end_of_band_run > 0 {
        if k <= band.end {
            bits.refill();
            let passed = *history & band.mask(k);
            correct(bits, passed, passed.count_ones(), band.low, &mut block, needed);
        }
        *end_of_band_run -= 1;
    }
    Ok(())
}

/// `set` without its lowest `count` bits. Most counts are small, and a loop of them is not foretold.
#[inline(always)]
fn without_lowest(set: u64, count: u32) -> u64 {
    let without = |set: u64| set & set.wrapping_sub(1);
    let (mut set, mut count) = (set, count);
    while count > 3 {
        set = without(without(without(without(set))));
        count -= 4;
    }
    let one = without(set);
    let two = without(one);
    let (even, odd) = if count & 2 == 0 { (set, one) } else { (two, without(two)) };
    if count & 1 == 0 { even } else { odd }
}

/// One correction bit for each of the `count` coefficients in `which`, in zigzag order; those not needed are passed over.
#[inline(always)]
fn correct(bits: &mut Bits<'_>, which: u64, count: u32, low: u32, block: &mut Block<'_>, needed: u64) {
    // A code and its sign, at most 17 bits, may have been taken from 56.
    if count > 32 {
        *bits = corrected_many(*bits, which, low, block, needed);
        return;
    }
    let mut left = which & needed;
    while left != 0 {
        // The first of `count` bits is that of the lowest coefficient.
        let before = (which & (left & left.wrapping_neg()).wrapping_sub(1)).count_ones();
        correct_one(block, left.trailing_zeros() as usize, bits.peek_at(before), low);
        left &= left - 1;
    }
    bits.consume(count);
}

/// The same where the bits may be more than are buffered.
#[cold]
#[inline(never)]
fn corrected_many<'a>(
    mut bits: Bits<'a>,
    which: u64,
    low: u32,
    block: &mut Block<'_>,
    needed: u64,
) -> Bits<'a> {
    let mut left = which;
    while left != 0 {
        bits.refill();
        let bit = bits.take(1) as u16;
        let k = left.trailing_zeros();
        if needed >> k & 1 != 0 {
            correct_one(block, k as usize, bit, low);
        }
        left &= left - 1;
    }
    bits
}

/// Moves a coefficient that is not zero away from zero where `bit` is set, unless it has that bit already.
#[inline(always)]
fn correct_one(block: &mut Block<'_>, k: usize, bit: u16, low: u32) {
    if let Some(coefficient) = block.at(k) {
        let step = (bit << low).cast_signed();
        let sign = *coefficient >> 15 | 1;
        let is_new = i16::from(*coefficient & step == 0);
        *coefficient = coefficient.wrapping_add(sign.wrapping_mul(step) * is_new);
    }
}

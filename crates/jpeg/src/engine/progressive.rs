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
        while k <= band.end {
            bits.refill();
            let entry = ac.probe(bits)?;
            bits.consume_entry(entry.bits());
            if entry.advance() == END {
                let exponent = entry.value() as u32;
                *end_of_band_run = (1 << exponent) + bits.take(exponent);
                break;
            }
            let (run, new) = (entry.advance() - 1, entry.value() << band.low);
            if !matches!(entry.value(), -1..=1) {
                return Err(Damage::UndefinedSymbol);
            }
            // The place behind `run` coefficients that are still zero; those passed on the way get a bit each.
            let mut zeros = !*history & band.mask(k);
            for _ in 0..run {
                zeros &= zeros.wrapping_sub(1);
            }
            let place = zeros.trailing_zeros();
            let passed = *history & band.mask(k) & if place < 64 { (1 << place) - 1 } else { u64::MAX };
            correct(bits, passed, band.low, &mut block, needed);
            if place == 64 {
                if new != 0 {
                    return Err(Damage::RunPastEnd);
                }
                return Ok(());
            }
            if new != 0 {
                block.put(place as usize, new as i16);
                *history |= 1 << place;
            }
            k = place + 1;
        }
    }
    if *end_of_band_run > 0 {
        if k <= band.end {
            correct(bits, *history & band.mask(k), band.low, &mut block, needed);
        }
        *end_of_band_run -= 1;
    }
    Ok(())
}

/// One correction bit for each coefficient in `which`, in zigzag order; those not needed are passed over.
#[inline(always)]
fn correct(bits: &mut Bits<'_>, which: u64, low: u32, block: &mut Block<'_>, needed: u64) {
    if which & needed == 0 {
        if which != 0 {
            bits.skip(which.count_ones());
        }
        return;
    }
    let mut left = which;
    while left != 0 {
        bits.refill();
        for _ in 0..48 {
            if left == 0 {
                break;
            }
            let k = left.trailing_zeros();
            left &= left - 1;
            if bits.take(1) == 1
                && let Some(coefficient) = block.at(k as usize)
            {
                let step = 1i16 << low;
                if *coefficient & step == 0 {
                    let away = if *coefficient >= 0 { step } else { step.wrapping_neg() };
                    *coefficient = coefficient.wrapping_add(away);
                }
            }
        }
    }
}

//! One block of a sequential scan (T.81 F.2.2): the DC difference, then runs and values.
//!
//! Only the coefficients that the scale needs are stored; the symbols of the rest are passed over, several at
//! a probe.

use super::bits::Bits;
use super::coefficients::Offsets;
use super::huffman::{Skips, UndefinedCode, Values};

/// Why a block could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// A run that leads past the last coefficient of the block or the band.
    RunPastEnd,
    /// Bits that are no code of the table.
    UndefinedCode,
    /// A symbol that the scan's kind does not have.
    UndefinedSymbol,
}

impl From<UndefinedCode> for Damage {
    fn from(_: UndefinedCode) -> Damage {
        Damage::UndefinedCode
    }
}

/// The AC table of a component, both ways.
#[derive(Clone, Debug)]
pub(crate) struct AcTable {
    pub(crate) values: Values,
    /// Where the scale leaves something to skip.
    pub(crate) skips: Option<Skips>,
}

/// The DC difference (F.2.2.1).
#[inline(always)]
pub(crate) fn dc_difference(bits: &mut Bits<'_>, dc: &Values) -> Result<i32, Damage> {
    bits.refill();
    let entry = dc.probe(bits)?;
    bits.consume(entry.length());
    Ok(if entry.size() > 0 { bits.take_extended(entry.size()) } else { entry.value() })
}

/// Decodes one block into `block`, whose coefficient `k` of the zigzag order lies at `offsets[k]`.
///
/// `last` is the last place in the zigzag order that the scale needs; `dc` is the predictor.
#[inline(always)]
pub(crate) fn block(
    bits: &mut Bits<'_>,
    tables: (&Values, &AcTable),
    predictor: &mut i32,
    block: &mut [i16],
    offsets: &Offsets,
    last: usize,
) -> Result<(), Damage> {
    *predictor = predictor.wrapping_add(dc_difference(bits, tables.0)?);
    if let Some(dc) = block.first_mut() {
        *dc = *predictor as i16;
    }
    let ac = tables.1;
    let mut k = 1;
    while k <= last {
        bits.refill();
        let entry = ac.values.probe(bits)?;
        bits.consume(entry.length());
        if entry.is_end() {
            return Ok(());
        }
        k += entry.run();
        let value = if entry.size() > 0 { bits.take_extended(entry.size()) } else { entry.value() };
        if let Some(coefficient) = block.get_mut(offsets.at(k)) {
            *coefficient = value as i16;
        }
        k += 1;
    }
    // A run may have led past the end of the block, but not by more than the table of offsets allows.
    if k > 64 {
        return Err(Damage::RunPastEnd);
    }
    match &ac.skips {
        Some(skips) => skip(bits, &ac.values, skips, k),
        None => skip_one_by_one(bits, &ac.values, k),
    }
}

/// Passes over the rest of a block from coefficient `k` on.
#[inline(always)]
fn skip(bits: &mut Bits<'_>, ac: &Values, skips: &Skips, mut k: usize) -> Result<(), Damage> {
    while k < 64 {
        bits.refill();
        // Four probes of 12 bits a refill.
        for _ in 0..4 {
            let skip = skips.probe(bits);
            let next = k + skip.coefficients();
            let leads_on = next < 64 || next == 64 && !skip.is_end() || !skip.is_many() && next <= 64;
            if skip.bits() == 0 || !leads_on {
                k = one_symbol(bits, ac, k)?;
                break;
            }
            bits.consume(skip.bits());
            if skip.is_end() {
                return Ok(());
            }
            k = next;
            if k >= 64 {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The same with one symbol a probe.
fn skip_one_by_one(bits: &mut Bits<'_>, ac: &Values, mut k: usize) -> Result<(), Damage> {
    while k < 64 {
        k = one_symbol(bits, ac, k)?;
    }
    Ok(())
}

/// Passes over one symbol and its extra bits; the next coefficient, 64 after the last.
#[inline(never)]
fn one_symbol(bits: &mut Bits<'_>, ac: &Values, k: usize) -> Result<usize, Damage> {
    bits.refill();
    let entry = ac.probe(bits)?;
    bits.consume(entry.length() + entry.size());
    if entry.is_end() {
        return Ok(64);
    }
    let next = k + entry.run() + 1;
    if next > 64 { Err(Damage::RunPastEnd) } else { Ok(next) }
}

//! Blocks of coefficients out of bits: sequential (T.81, F.2.2) and progressive (G.1.2, G.2).
//!
//! The procedures follow the specification step by step, so that a page of it can be laid beside them.

use crate::bits::Bits;
use crate::huffman::{Damage, Decoding, extend};

/// The coefficients of a block, row by row from the top left.
pub(crate) type Block = [i16; 64];

/// From zigzag order to rows (T.81, figure 5).
pub(crate) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

#[inline]
fn at(block: &mut Block, k: usize) -> &mut i16 {
    &mut block[usize::from(ZIGZAG[k & 63] & 63)]
}

/// DECODE of a DC difference (F.2.2.1), added to the component's prediction.
#[inline]
fn predict(bits: &mut Bits<'_>, table: &Decoding, prediction: &mut i32) -> Result<i32, Damage> {
    bits.refill();
    let size = u32::from(table.decode(bits)?);
    if size > 15 {
        return Err(Damage::BadCode);
    }
    let difference = extend(bits.take(size), size);
    *prediction = prediction.wrapping_add(difference);
    Ok(*prediction)
}

#[inline]
fn ended(bits: &Bits<'_>) -> Result<(), Damage> {
    if bits.overran() { Err(Damage::Ended) } else { Ok(()) }
}

/// A block of a sequential scan (F.2.2.1 and F.2.2.2); `block` is all zero before.
pub(crate) fn sequential(
    bits: &mut Bits<'_>,
    dc: &Decoding,
    ac: &Decoding,
    prediction: &mut i32,
    block: &mut Block,
) -> Result<(), Damage> {
    block[0] = predict(bits, dc, prediction)? as i16;
    let mut k = 1;
    while k < 64 {
        bits.refill();
        if let Some((value, run, taken)) = ac.whole(bits) {
            k += run;
            if k > 63 {
                return Err(Damage::RunPastBlock);
            }
            bits.consume(taken);
            *at(block, k) = value;
            k += 1;
            continue;
        }
        let code = ac.decode(bits)?;
        let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
        if size == 0 {
            if run != 15 {
                break;
            }
            k += 16;
            continue;
        }
        k += run;
        if k > 63 {
            return Err(Damage::RunPastBlock);
        }
        *at(block, k) = extend(bits.take(size), size) as i16;
        k += 1;
    }
    ended(bits)
}

/// The first scan of a block's DC coefficient (G.1.2.1).
pub(crate) fn dc_first(
    bits: &mut Bits<'_>,
    dc: &Decoding,
    low: u32,
    prediction: &mut i32,
    block: &mut Block,
) -> Result<(), Damage> {
    block[0] = (predict(bits, dc, prediction)? << low) as i16;
    ended(bits)
}

/// A later scan of a block's DC coefficient: one bit (G.1.2.1).
pub(crate) fn dc_refine(bits: &mut Bits<'_>, low: u32, block: &mut Block) -> Result<(), Damage> {
    if bits.bit() {
        block[0] |= 1 << low;
    }
    ended(bits)
}

/// The band of an AC scan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Band {
    /// First coefficient (Ss).
    pub(crate) first: usize,
    /// Last coefficient (Se).
    pub(crate) last: usize,
    /// Bit position (Al).
    pub(crate) low: u32,
}

/// The first scan of a band of AC coefficients (G.1.2.2); `run_of_ends` is EOBRUN.
pub(crate) fn ac_first(
    bits: &mut Bits<'_>,
    ac: &Decoding,
    band: Band,
    run_of_ends: &mut u32,
    block: &mut Block,
) -> Result<(), Damage> {
    if *run_of_ends > 0 {
        *run_of_ends -= 1;
        return Ok(());
    }
    let mut k = band.first;
    while k <= band.last {
        bits.refill();
        if let Some((value, run, taken)) = ac.whole(bits) {
            k += run;
            if k > 63 {
                return Err(Damage::RunPastBlock);
            }
            bits.consume(taken);
            *at(block, k) = value << band.low;
            k += 1;
            continue;
        }
        let code = ac.decode(bits)?;
        let (run, size) = (u32::from(code >> 4), u32::from(code & 15));
        if size == 0 {
            if run != 15 {
                *run_of_ends = (1 << run) + bits.take(run) - 1;
                break;
            }
            k += 16;
            continue;
        }
        k += run as usize;
        if k > 63 {
            return Err(Damage::RunPastBlock);
        }
        *at(block, k) = (extend(bits.take(size), size) << band.low) as i16;
        k += 1;
    }
    ended(bits)
}

/// A later scan of a band of AC coefficients (G.1.2.3): a bit for each coefficient that is not zero yet
/// has one, and new ones of size one come in between.
pub(crate) fn ac_refine(
    bits: &mut Bits<'_>,
    ac: &Decoding,
    band: Band,
    run_of_ends: &mut u32,
    block: &mut Block,
) -> Result<(), Damage> {
    let (plus, minus) = (1i16 << band.low, -1i16 << band.low);
    let mut k = band.first;
    if *run_of_ends == 0 {
        while k <= band.last {
            bits.refill();
            let code = ac.decode(bits)?;
            let (mut run, size) = (u32::from(code >> 4), code & 15);
            let mut new = 0;
            if size == 0 {
                if run != 15 {
                    *run_of_ends = (1 << run) + bits.take(run);
                    break;
                }
            } else {
                // libjpeg takes any size for one and warns; no encoder writes another.
                if size != 1 {
                    return Err(Damage::BadCode);
                }
                new = if bits.bit() { plus } else { minus };
            }
            while k <= band.last {
                let coefficient = at(block, k);
                if *coefficient != 0 {
                    correct(bits, plus, coefficient);
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                k += 1;
            }
            if new != 0 {
                if k > band.last {
                    return Err(Damage::RunPastBlock);
                }
                *at(block, k) = new;
            }
            k += 1;
        }
    }
    if *run_of_ends > 0 {
        while k <= band.last {
            let coefficient = at(block, k);
            if *coefficient != 0 {
                correct(bits, plus, coefficient);
            }
            k += 1;
        }
        *run_of_ends -= 1;
    }
    ended(bits)
}

/// A correction bit (G.1.2.3): the coefficient grows away from zero where it is set.
#[inline]
fn correct(bits: &mut Bits<'_>, plus: i16, coefficient: &mut i16) {
    if bits.bit() && *coefficient & plus == 0 {
        *coefficient =
            if *coefficient > 0 { coefficient.wrapping_add(plus) } else { coefficient.wrapping_sub(plus) };
    }
}

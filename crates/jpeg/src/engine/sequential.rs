//! One block of a sequential scan (T.81 F.2.2): the DC difference, then runs and values.
//!
//! Only the coefficients that the scale needs are stored; the symbols of the rest are passed over, several at
//! a probe.

use super::bits::Bits;
use super::coefficients::{Block, Layout, Offsets};
use super::geometry::Geometry;
use super::huffman::{Differences, END, Skips, UndefinedCode, Values};
use super::scan::{Carry, Fault, ScanWalk};
use super::tables::SequentialTables;
use crate::scan::Scan;

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

/// The most blocks that an MCU has: four components, each with factors of up to four.
pub(crate) const MOST_BLOCKS: usize = 64;

/// What one block of an MCU needs to be decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockOfMcu<'a> {
    tables: (&'a Differences, &'a AcTable),
    offsets: &'a Offsets,
    /// The component, counted in the scan.
    nth: usize,
    /// Where its coefficients are in the first MCU, and how far it is from MCU to MCU.
    start: usize,
    stride: usize,
}

impl BlockOfMcu<'_> {
    /// Decodes the block of MCU `mcu` into a row of them.
    #[inline(always)]
    pub(crate) fn decode(
        &self,
        bits: &mut Bits<'_>,
        carry: &mut Carry,
        coefficients: &mut [i16],
        mcu: usize,
    ) -> Result<(), Damage> {
        let place = Block::new(coefficients, self.start + mcu * self.stride, self.offsets);
        block(bits, self.tables, &mut carry.predictors[self.nth & 3], place)
    }
}

/// The blocks of an MCU in the order of the scan (A.2.3).
#[derive(Debug)]
pub(crate) struct BlocksOfMcu<'a> {
    /// The first again behind the last, so that a masked number is always a block.
    blocks: [BlockOfMcu<'a>; MOST_BLOCKS],
    pub(crate) count: usize,
}

impl<'a> BlocksOfMcu<'a> {
    /// `starts` says where the first block row of each component begins. `None` where the scan has no block.
    pub(crate) fn new(
        scan: &Scan,
        tables: &'a SequentialTables,
        geometry: &Geometry,
        layouts: &'a [Layout],
        starts: [usize; 4],
    ) -> Option<BlocksOfMcu<'a>> {
        let mut list = scan.header.components().iter().enumerate().flat_map(|(nth, part)| {
            let parts = geometry.components().get(part.index).zip(layouts.get(part.index));
            let parts = parts.zip(tables.of(part).ok()).zip(starts.get(part.index));
            parts.into_iter().flat_map(move |(((component, layout), tables), &start)| {
                let places = (0..component.v).flat_map(|v| (0..component.h).map(move |h| (v, h)));
                places.map(move |(v, h)| BlockOfMcu {
                    tables,
                    offsets: &layout.offsets,
                    nth,
                    start: start + v * layout.row_len() + layout.start(h),
                    stride: layout.start(component.h),
                })
            })
        });
        let mut blocks = [list.next()?; MOST_BLOCKS];
        let mut count = 1;
        for (slot, block) in blocks.iter_mut().skip(1).zip(list) {
            *slot = block;
            count += 1;
        }
        Some(BlocksOfMcu { blocks, count })
    }

    /// Reads `count` MCUs of a row from MCU `first` on.
    #[inline(never)]
    pub(crate) fn read(
        &self,
        walk: &mut ScanWalk<'_>,
        row: &mut [i16],
        first: usize,
        count: usize,
    ) -> Result<(), Fault> {
        walk.run(count, self.count, |bits, carry, nth, mcu| {
            self.get(nth).decode(bits, carry, row, first + mcu)
        })
    }

    /// Block `nth` of an MCU.
    #[inline(always)]
    pub(crate) fn get(&self, nth: usize) -> &BlockOfMcu<'a> {
        &self.blocks[nth & (MOST_BLOCKS - 1)]
    }
}

/// Decodes one block: what the scale needs of it. `predictor` is the DC of the block before.
#[inline(always)]
pub(crate) fn block(
    bits: &mut Bits<'_>,
    (dc, ac): (&Differences, &AcTable),
    predictor: &mut i32,
    mut block: Block<'_>,
) -> Result<(), Damage> {
    *predictor = predictor.wrapping_add(dc.read(bits)?);
    block.put(0, *predictor as i16);
    let mut k = 1;
    if block.offsets.last() == 4 {
        // Four symbols are enough for coefficients 1 to 4. Not to ask after each whether it was the last one costs half
        // a symbol more, and saves a branch that is not foretold.
        for _ in 0..4 {
            if k > 63 {
                break;
            }
            coefficient(bits, &ac.values, &mut k, &mut block)?;
        }
    } else {
        while k <= block.offsets.last() {
            coefficient(bits, &ac.values, &mut k, &mut block)?;
        }
    }
    match &ac.skips {
        _ if is_end(k) => Ok(()),
        _ if k > 63 => Err(Damage::RunPastEnd),
        Some(skips) => skip(bits, &ac.values, skips, k),
        None => skip_one_by_one(bits, &ac.values, k),
    }
}

/// Decodes one symbol and puts its value where it belongs.
#[inline(always)]
fn coefficient(bits: &mut Bits<'_>, ac: &Values, k: &mut usize, block: &mut Block<'_>) -> Result<(), Damage> {
    bits.refill();
    let entry = ac.probe(bits)?;
    bits.consume_entry(entry.bits());
    *k += entry.advance();
    block.put(*k - 1, entry.value() as i16);
    Ok(())
}

/// Whether a block may end before coefficient `k`: behind coefficient 63, or with an end-of-block code before that.
#[inline(always)]
fn is_end(k: usize) -> bool {
    k == 64 || (k & !63) == END
}

/// Passes over the rest of a block from coefficient `k` on.
#[inline(always)]
fn skip(bits: &mut Bits<'_>, ac: &Values, skips: &Skips, mut k: usize) -> Result<(), Damage> {
    loop {
        bits.refill();
        // Four probes of 13 bits a refill.
        for _ in 0..4 {
            let before = *bits;
            let skip = skips.probe(bits);
            bits.consume_entry(skip.bits());
            let next = k + skip.coefficients();
            if next > 63 {
                if is_end(next) {
                    return Ok(());
                }
                // Symbols behind the block's last coefficient, or one that is longer than a probe: once more, with care.
                *bits = before;
                k = one_symbol(bits, ac, k)?;
                if k == 64 {
                    return Ok(());
                }
                break;
            }
            k = next;
        }
    }
}

/// The same with one symbol a probe.
fn skip_one_by_one(bits: &mut Bits<'_>, ac: &Values, mut k: usize) -> Result<(), Damage> {
    while k < 64 {
        k = one_symbol(bits, ac, k)?;
    }
    Ok(())
}

/// Passes over one symbol and its extra bits; the next coefficient, 64 after the last.
#[inline(always)]
fn one_symbol(bits: &mut Bits<'_>, ac: &Values, k: usize) -> Result<usize, Damage> {
    bits.refill();
    let entry = ac.probe(bits)?;
    bits.consume_entry(entry.bits());
    match k + entry.advance() {
        next if next <= 64 => Ok(next),
        next if is_end(next) => Ok(64),
        _ => Err(Damage::RunPastEnd),
    }
}

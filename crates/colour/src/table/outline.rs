//! Reads a table: the bytes of one tag come in, an [`Outline`] leaves whose every size was checked.
//!
//! The three types that profiles have become one shape: curves, a grid, curves, a matrix, curves. Refused
//! are other numbers of channels than the pixels', grids with fewer than two or more than 65 points to a
//! side, and data that ends early. Section numbers are those of ICC.1:2022.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Reader;

use super::grid::{Grid, Numbers};
use crate::curve::{Curve, MOST_ENTRIES};
use crate::profile::{Reason, s15_fixed16};

/// Where the black of a table lies; it is made black.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Black {
    /// Where the darkest device value lies, as long as that is not lighter than L* 50.
    Darkest,
    /// Where version 4 puts the black of all perceptual tables.
    Reference,
}

/// The parts of a table, checked, in the order in which they apply.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    pub(super) inputs: usize,
    /// On device values; the fourth is unused with three inputs.
    pub(super) first: [Curve<'a>; 4],
    pub(super) grid: Option<Grid<'a>>,
    pub(super) middle: [Curve<'a>; 3],
    pub(super) matrix: Option<([[f32; 3]; 3], [f32; 3])>,
    pub(super) last: [Curve<'a>; 3],
    /// Lab in the 16-bit encoding of version 2 (10.10): 100 % lies a little under the largest number.
    pub(super) legacy: bool,
    pub(super) black: Black,
}

/// Bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Bytes,
    Words,
}

/// More points to a side than any real table has.
const MOST_SIDE: u8 = 65;
const BROKEN: Reason = "profile has a broken table";
const IDENTITY: Curve<'static> = Curve::Gamma(1.0);

impl<'a> Outline<'a> {
    /// Reads a table from `inputs` (3 or 4) device values.
    pub(crate) fn read(data: &'a [u8], inputs: u8, black: Black) -> Result<Outline<'a>, Reason> {
        let mut reader = Reader::new(data);
        let kind = reader.array::<4>().ok_or(BROKEN)?;
        reader.skip(4);
        if reader.array() != Some(&[inputs, 3]) {
            return Err("profile has a table for another number of channels");
        }
        let inputs = usize::from(inputs);
        match kind {
            b"mft1" => Outline::read_lut(data, inputs, black, Width::Bytes),
            b"mft2" => Outline::read_lut(data, inputs, black, Width::Words),
            b"mAB " => Outline::read_multi(data, inputs, black),
            _ => Err("profile has a table of an unknown type"),
        }
    }

    /// 10.10 and 10.11: the side of the grid, a matrix, curves of 256 bytes or of so many words, the grid,
    /// curves. The matrix is for connection space on the device side only, so it does not apply.
    fn read_lut(data: &'a [u8], inputs: usize, black: Black, width: Width) -> Result<Outline<'a>, Reason> {
        let side = *data.get(10).ok_or(BROKEN)?;
        let mut reader = Reader::at(data, 48);
        let (from, to) = match width {
            Width::Bytes => (256, 256),
            Width::Words => (entries(&mut reader)?, entries(&mut reader)?),
        };
        let mut first = [IDENTITY; 4];
        for curve in first.iter_mut().take(inputs) {
            *curve = samples(&mut reader, from, width)?;
        }
        let grid = Some(read_points(&mut reader, [side; 4], inputs, width)?);
        let mut last = [IDENTITY; 3];
        for curve in &mut last {
            *curve = samples(&mut reader, to, width)?;
        }
        let legacy = width == Width::Words;
        Ok(Outline { inputs, first, grid, middle: [IDENTITY; 3], matrix: None, last, legacy, black })
    }

    /// 10.12: offsets of the B curves, the matrix, the M curves, the grid and the A curves, zero for none.
    fn read_multi(data: &'a [u8], inputs: usize, black: Black) -> Result<Outline<'a>, Reason> {
        let mut offsets = Reader::at(data, 12);
        let mut part = || {
            let offset = usize::try_from(offsets.u32_be().ok_or(BROKEN)?).map_err(|_| BROKEN)?;
            Ok((offset != 0).then(|| Reader::at(data, offset)))
        };
        let (b, matrix, m, grid, a) = (part()?, part()?, part()?, part()?, part()?);
        let grid = match grid {
            Some(mut reader) => Some(read_grid(&mut reader, inputs)?),
            None if inputs == 3 => None,
            None => return Err(BROKEN),
        };
        let matrix = match matrix {
            Some(mut reader) => Some(read_matrix(&mut reader).ok_or(BROKEN)?),
            None => None,
        };
        let mut first = [IDENTITY; 4];
        // Without a grid the A curves are not used.
        if let (Some(mut reader), true) = (a, grid.is_some()) {
            read_curves(&mut reader, first.iter_mut().take(inputs))?;
        }
        let [mut middle, mut last] = [[IDENTITY; 3]; 2];
        if let Some(mut reader) = m {
            read_curves(&mut reader, middle.iter_mut())?;
        }
        read_curves(&mut b.ok_or(BROKEN)?, last.iter_mut())?;
        Ok(Outline { inputs, first, grid, middle, matrix, last, legacy: false, black })
    }
}

fn entries(reader: &mut Reader<'_>) -> Result<usize, Reason> {
    match reader.u16_be() {
        Some(count) if (2..=MOST_ENTRIES).contains(&count.into()) => Ok(count.into()),
        _ => Err("profile has a table with a curve of an impossible length"),
    }
}

fn samples<'a>(reader: &mut Reader<'a>, count: usize, width: Width) -> Result<Curve<'a>, Reason> {
    Ok(match width {
        Width::Bytes => Curve::Bytes(reader.take(count).ok_or(BROKEN)?),
        Width::Words => Curve::Words(words(reader, count).ok_or(BROKEN)?),
    })
}

fn words<'a>(reader: &mut Reader<'a>, count: usize) -> Option<&'a [[u8; 2]]> {
    Some(reader.take(count.checked_mul(2)?)?.as_chunks().0)
}

/// 10.12.5: sixteen sides, the bytes of a number, three bytes of padding, the numbers.
fn read_grid<'a>(reader: &mut Reader<'a>, inputs: usize) -> Result<Grid<'a>, Reason> {
    let [a, b, c, d, ..] = *reader.array::<16>().ok_or(BROKEN)?;
    let width = match reader.array::<4>() {
        Some([1, ..]) => Width::Bytes,
        Some([2, ..]) => Width::Words,
        _ => return Err(BROKEN),
    };
    read_points(reader, [a, b, c, d], inputs, width)
}

/// Three numbers for each point of a grid with these sides.
fn read_points<'a>(
    reader: &mut Reader<'a>,
    sides: [u8; 4],
    inputs: usize,
    width: Width,
) -> Result<Grid<'a>, Reason> {
    if !sides.iter().take(inputs).all(|side| (2..=MOST_SIDE).contains(side)) {
        return Err("profile has a table with more or fewer points than any real one");
    }
    let [a, b, c, d] = sides.map(usize::from);
    let sides = if inputs == 3 { [1, a, b, c] } else { [a, b, c, d] };
    let count = sides.iter().try_fold(3usize, |count, side| count.checked_mul(*side)).ok_or(BROKEN)?;
    let numbers = match width {
        Width::Bytes => Numbers::Bytes(reader.take(count).ok_or(BROKEN)?.as_chunks().0),
        Width::Words => Numbers::Words(words(reader, count).ok_or(BROKEN)?.as_chunks().0),
    };
    Ok(Grid { sides, numbers })
}

/// 10.12.3: three rows of three numbers, then three offsets.
fn read_matrix(reader: &mut Reader<'_>) -> Option<([[f32; 3]; 3], [f32; 3])> {
    let mut numbers = [[0.0; 3]; 4];
    for number in numbers.as_flattened_mut() {
        *number = s15_fixed16(reader)?;
    }
    let [x, y, z, offsets] = numbers;
    Some(([x, y, z], offsets))
}

/// 10.12.2: one after the other, each starting at a multiple of four.
fn read_curves<'a, 'c>(
    reader: &mut Reader<'a>,
    curves: impl Iterator<Item = &'c mut Curve<'a>>,
) -> Result<(), Reason>
where
    'a: 'c,
{
    for curve in curves {
        let start = reader.position();
        *curve = Curve::read(reader)?;
        let len = reader.position().saturating_sub(start);
        reader.skip(len.wrapping_neg() % 4);
    }
    Ok(())
}

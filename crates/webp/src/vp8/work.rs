//! The macroblock that is being made: its samples and the borders that it is predicted from, in a few hundred bytes
//! that stay in the nearest cache.

use super::transform::{Rows, Wide};

/// From one row of samples to the next.
pub(super) const STRIDE: usize = 32;
/// Samples of a 4x4 block with the row above it and the column on its left, from the corner on.
pub(super) const AROUND: usize = 4 * STRIDE + 5;

/// Samples of two 4x4 blocks side by side, from the first to the last.
pub(super) const PAIR: usize = 3 * STRIDE + 8;

/// What stands above the first row of the picture.
pub(super) const ABOVE: u8 = 127;
/// What stands on the left of the first column.
const LEFT: u8 = 129;
/// The column of the first sample; the one on its left is border.
const FIRST: usize = 8;
/// The column of the second chroma plane's first sample.
const SECOND: usize = 24;

/// Samples with their borders: a row above, a column on the left, for luma four more samples above on the right.
#[derive(Clone, Debug)]
pub(super) struct Work {
    luma: [u8; 17 * STRIDE],
    /// Both planes side by side.
    chroma: [u8; 9 * STRIDE],
}

/// The last rows of the macroblocks above, before any filter.
#[derive(Clone, Debug)]
pub(super) struct Above {
    pub(super) y: Vec<u8>,
    pub(super) u: Vec<u8>,
    pub(super) v: Vec<u8>,
}

impl Above {
    /// What stands above the first row.
    pub(super) fn new(columns: usize) -> Above {
        Above { y: vec![ABOVE; columns * 16], u: vec![ABOVE; columns * 8], v: vec![ABOVE; columns * 8] }
    }
}

impl Work {
    pub(super) fn new() -> Work {
        Work { luma: [ABOVE; 17 * STRIDE], chroma: [ABOVE; 9 * STRIDE] }
    }

    /// Sets the left border of a row of macroblocks (RFC 6386, section 12.2).
    pub(super) fn start_row(&mut self, is_first: bool) {
        let corner = if is_first { ABOVE } else { LEFT };
        for (nth, row) in self.luma.chunks_exact_mut(STRIDE).enumerate() {
            row[FIRST - 1] = if nth == 0 { corner } else { LEFT };
        }
        for (nth, row) in self.chroma.chunks_exact_mut(STRIDE).enumerate() {
            let value = if nth == 0 { corner } else { LEFT };
            (row[FIRST - 1], row[SECOND - 1]) = (value, value);
        }
    }

    /// Makes the last column of the macroblock that was made the border of the next.
    #[inline(always)]
    pub(super) fn step(&mut self) {
        for row in self.luma.chunks_exact_mut(STRIDE) {
            row[FIRST - 1] = row[FIRST + 15];
        }
        for row in self.chroma.chunks_exact_mut(STRIDE) {
            (row[FIRST - 1], row[SECOND - 1]) = (row[FIRST + 7], row[SECOND + 7]);
        }
    }

    /// Fetches the border above macroblock `column`.
    #[inline(always)]
    pub(super) fn fetch_above(&mut self, above: &Above, column: usize) {
        self.luma[FIRST..][..16].copy_from_slice(&above.y[column * 16..][..16]);
        self.chroma[FIRST..][..8].copy_from_slice(&above.u[column * 8..][..8]);
        self.chroma[SECOND..][..8].copy_from_slice(&above.v[column * 8..][..8]);
    }

    /// Fetches the four samples above on the right, which the blocks of all four rows share; the last column repeats
    /// what is above it.
    #[inline(always)]
    pub(super) fn fetch_above_right(&mut self, above: &Above, column: usize) {
        let samples: [u8; 4] = match above.y[column * 16 + 15..] {
            [_, a, b, c, d, ..] => [a, b, c, d],
            [last, ..] => [last; 4],
            [] => [ABOVE; 4],
        };
        for row in [0, 4, 8, 12] {
            self.luma[row * STRIDE + FIRST + 16..][..4].copy_from_slice(&samples);
        }
    }

    /// Leaves the last rows as the border of the macroblock below.
    #[inline(always)]
    pub(super) fn leave_below(&self, above: &mut Above, column: usize) {
        above.y[column * 16..][..16].copy_from_slice(&self.luma[16 * STRIDE + FIRST..][..16]);
        above.u[column * 8..][..8].copy_from_slice(&self.chroma[8 * STRIDE + FIRST..][..8]);
        above.v[column * 8..][..8].copy_from_slice(&self.chroma[8 * STRIDE + SECOND..][..8]);
    }

    /// The samples of luma and their borders, from the corner on.
    #[inline(always)]
    pub(super) fn luma(&mut self) -> &mut [u8; 16 * STRIDE + 17] {
        part(&mut self.luma, FIRST - 1)
    }

    /// Luma block `nth` of 16 and its borders.
    #[inline(always)]
    pub(super) fn luma_block(&mut self, nth: usize) -> &mut [u8; AROUND] {
        part(&mut self.luma, (nth / 4 * STRIDE + nth % 4) * 4 + FIRST - 1)
    }

    /// One chroma plane, from the corner on.
    #[inline(always)]
    pub(super) fn chroma(&mut self, plane: usize) -> &mut [u8; 8 * STRIDE + 9] {
        part(&mut self.chroma, plane * (SECOND - FIRST) + FIRST - 1)
    }

    /// Luma blocks `2 * pair` and the one on its right, without their borders.
    #[inline(always)]
    pub(super) fn luma_pair(&mut self, pair: usize) -> &mut [u8; PAIR] {
        part(&mut self.luma, (pair / 2 * 4 + 1) * STRIDE + pair % 2 * 8 + FIRST)
    }

    /// Upper and lower blocks of the first chroma plane, and of the second, without their borders.
    #[inline(always)]
    pub(super) fn chroma_pair(&mut self, pair: usize) -> &mut [u8; PAIR] {
        part(&mut self.chroma, (pair % 2 * 4 + 1) * STRIDE + pair / 2 * (SECOND - FIRST) + FIRST)
    }

    /// The rows of luma.
    #[inline(always)]
    pub(super) fn luma_rows(&self) -> impl Iterator<Item = &[u8; 16]> {
        self.luma.as_chunks::<STRIDE>().0.iter().skip(1).map(|row| within(row, FIRST))
    }

    /// The rows of both chroma planes.
    #[inline(always)]
    pub(super) fn chroma_rows(&self) -> impl Iterator<Item = (&[u8; 8], &[u8; 8])> {
        self.chroma
            .as_chunks::<STRIDE>()
            .0
            .iter()
            .skip(1)
            .map(|row| (within(row, FIRST), within(row, SECOND)))
    }
}

/// Writes the samples of a block that begins behind the corner of its borders.
#[inline(always)]
pub(super) fn set_block(around: &mut [u8; AROUND], rows: Rows) {
    for (row, samples) in rows.into_iter().enumerate() {
        around[(row + 1) * STRIDE + 1..][..4].copy_from_slice(&samples.to_le_bytes());
    }
}

/// The samples of two blocks.
#[inline(always)]
pub(super) fn wide(samples: &[u8; PAIR]) -> Wide {
    let mut rows = [0; 4];
    for (row, two) in rows.iter_mut().enumerate() {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&samples[row * STRIDE..][..8]);
        *two = u64::from_le_bytes(bytes);
    }
    rows
}

/// Writes the samples of two blocks.
#[inline(always)]
pub(super) fn set_wide(samples: &mut [u8; PAIR], rows: Wide) {
    for (row, two) in rows.into_iter().enumerate() {
        samples[row * STRIDE..][..8].copy_from_slice(&two.to_le_bytes());
    }
}

/// `N` samples of a row from `start` on.
#[inline(always)]
fn within<const N: usize>(row: &[u8; STRIDE], start: usize) -> &[u8; N] {
    #[expect(clippy::expect_used, reason = "both planes' last columns are within the stride")]
    row[start..].first_chunk().expect("a row holds both planes")
}

/// `N` samples from `start` on, which are there for every start in this file.
#[inline(always)]
fn part<const N: usize>(samples: &mut [u8], start: usize) -> &mut [u8; N] {
    #[expect(clippy::expect_used, reason = "the last block of each plane ends with the plane")]
    samples[start..].first_chunk_mut().expect("the planes hold every block")
}

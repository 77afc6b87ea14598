//! The last two rows of macroblocks as planes: the one that is being made and the one above it, which its filter
//! still changes.

use super::work::Work;

/// One plane's rows, the newest over the oldest.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    samples: Vec<u8>,
    stride: usize,
    /// Rows that are kept, less one: a power of two less one.
    mask: usize,
}

/// The three planes of a frame.
#[derive(Clone, Debug)]
pub(crate) struct Planes {
    pub(crate) y: Plane,
    pub(crate) u: Plane,
    pub(crate) v: Plane,
}

impl Plane {
    /// Room for `rows` rows, a power of two.
    fn new(stride: usize, rows: usize) -> Plane {
        Plane { samples: vec![0; stride * rows], stride, mask: rows - 1 }
    }

    /// Row `row` of the picture, which must be one of the last.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> &[u8] {
        &self.samples[(row & self.mask) * self.stride..][..self.stride]
    }

    /// From one row to the next.
    #[inline(always)]
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// `ROWS` rows from `row` on, a multiple of them, so that they follow each other.
    #[inline(always)]
    pub(super) fn rows_mut<const ROWS: usize>(&mut self, row: usize) -> &mut [u8] {
        &mut self.samples[(row & self.mask) * self.stride..][..ROWS * self.stride]
    }

    /// The `ROWS` rows from `row` on, a multiple of them, and the four rows above, where they are kept: twice `ROWS`
    /// rows are.
    #[inline(always)]
    pub(super) fn band_mut<const ROWS: usize>(&mut self, row: usize) -> (&mut [u8], &mut [u8]) {
        let (even, odd) = self.samples.split_at_mut(ROWS * self.stride);
        let (above, own) = if (row / ROWS).is_multiple_of(2) { (odd, even) } else { (even, odd) };
        (&mut above[(ROWS - 4) * self.stride..], own)
    }

    /// The same to be written.
    #[inline(always)]
    pub(super) fn row_mut(&mut self, row: usize) -> &mut [u8] {
        &mut self.samples[(row & self.mask) * self.stride..][..self.stride]
    }
}

/// What stands where nothing was decoded.
const GREY: u8 = 128;

impl Planes {
    /// Bytes for a frame of so many macroblocks a row.
    pub(super) fn bytes(columns: u64) -> u64 {
        columns.saturating_mul(2 * 16 * 16 + 2 * 2 * 8 * 8)
    }

    /// Makes row `row` of macroblocks grey from `column` on.
    pub(super) fn fill(&mut self, row: usize, column: usize) {
        for (plane, side) in [(&mut self.y, 16), (&mut self.u, 8), (&mut self.v, 8)] {
            for nth in 0..side {
                plane.row_mut(row * side + nth)[column * side..].fill(GREY);
            }
        }
    }

    /// All rows of a frame of so many macroblocks a row.
    #[cfg(feature = "image-webp")]
    pub(crate) fn whole(columns: usize, [y, u, v]: [Vec<u8>; 3]) -> Planes {
        let plane = |samples, stride| Plane { samples, stride, mask: usize::MAX };
        Planes { y: plane(y, columns * 16), u: plane(u, columns * 8), v: plane(v, columns * 8) }
    }

    /// Puts a macroblock in its place.
    #[inline(always)]
    pub(super) fn put(&mut self, work: &Work, row: usize, column: usize) {
        let (stride, left) = (self.y.stride, column * 16);
        let rows = self.y.rows_mut::<16>(row * 16).chunks_exact_mut(stride);
        for (row, samples) in rows.zip(work.luma_rows()) {
            row[left..left + 16].copy_from_slice(samples);
        }
        let (stride, left) = (self.u.stride, column * 8);
        let (u, v) = (self.u.rows_mut::<8>(row * 8), self.v.rows_mut::<8>(row * 8));
        for ((u, v), samples) in
            u.chunks_exact_mut(stride).zip(v.chunks_exact_mut(stride)).zip(work.chroma_rows())
        {
            u[left..left + 8].copy_from_slice(samples.0);
            v[left..left + 8].copy_from_slice(samples.1);
        }
    }

    /// Planes of so many macroblocks a row; the caller has paid for [`Planes::bytes`].
    pub(super) fn new(columns: usize) -> Planes {
        let chroma = || Plane::new(columns * 8, 16);
        Planes { y: Plane::new(columns * 16, 32), u: chroma(), v: chroma() }
    }
}

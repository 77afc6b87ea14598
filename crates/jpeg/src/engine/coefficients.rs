//! Where coefficients lie in memory: only those that the scale needs, in the order that its inverse DCT reads.

/// Natural place (row * 8 + column) of each zigzag index (T.81 figure 5).
pub(crate) const NATURAL: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// An offset outside every block: the coefficient is not needed.
const NOWHERE: u32 = u32::MAX >> 1;

/// For each zigzag index where in the block it lies; past the last one, and for those that are not needed, outside
/// of everything.
#[derive(Clone, Debug)]
pub(crate) struct Offsets {
    places: [u32; 256],
    last: usize,
}

impl Offsets {
    #[inline(always)]
    pub(crate) fn at(&self, k: usize) -> usize {
        self.places[k & 255] as usize
    }

    /// The last zigzag index that is needed.
    #[inline(always)]
    pub(crate) fn last(&self) -> usize {
        self.last
    }
}

/// The needed coefficients of one block, among those of others.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    /// Its last element is no coefficient: what nobody needs goes there, so that no branch depends on what is needed.
    coefficients: &'a mut [i16],
    start: usize,
    pub(crate) offsets: &'a Offsets,
}

impl<'a> Block<'a> {
    #[inline(always)]
    pub(crate) fn new(coefficients: &'a mut [i16], start: usize, offsets: &'a Offsets) -> Block<'a> {
        Block { coefficients, start, offsets }
    }

    /// Puts the coefficient of zigzag index `k`, any number, where it belongs.
    #[inline(always)]
    pub(crate) fn put(&mut self, k: usize, value: i16) {
        if let Some(coefficient) = self.at(k) {
            *coefficient = value;
        }
    }

    /// The same for a coefficient that is zero and may stay so.
    #[inline(always)]
    pub(crate) fn put_new(&mut self, k: usize, value: i16) {
        if let Some(coefficient) = self.at(k) {
            *coefficient |= value;
        }
    }

    /// The coefficient of zigzag index `k`, or one that nobody needs.
    #[inline(always)]
    pub(crate) fn at(&mut self, k: usize) -> Option<&mut i16> {
        let nowhere = self.coefficients.len().wrapping_sub(1);
        self.coefficients.get_mut((self.start + self.offsets.at(k)).min(nowhere))
    }
}

/// How the coefficients of one component lie in a row of blocks.
///
/// At full scale each block is 64 neighbours in natural order. At a smaller scale each *place* is a run over
/// the blocks of the row ("slot-major"), so that the inverse DCT works on many blocks at once.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Samples a side that a block becomes.
    pub(crate) side: usize,
    /// Blocks in a row.
    pub(crate) blocks: usize,
    pub(crate) offsets: Offsets,
    /// From one block to the next.
    block_stride: usize,
}

impl Layout {
    pub(crate) fn new(side: usize, blocks: usize) -> Layout {
        let mut offsets = Offsets { places: [NOWHERE; 256], last: 0 };
        for (k, &natural) in NATURAL.iter().enumerate() {
            let (row, column) = (usize::from(natural / 8), usize::from(natural % 8));
            if row < side && column < side {
                let slot = row * side + column;
                let stride = if side == 8 { 1 } else { blocks };
                offsets.places[k] = (slot * stride) as u32;
                offsets.last = k;
            }
        }
        Layout { side, blocks, offsets, block_stride: if side == 8 { 64 } else { 1 } }
    }

    /// Whether the scale leaves coefficients to skip.
    pub(crate) fn skips(&self) -> bool {
        self.offsets.last < 63
    }

    /// Coefficients of one row of blocks.
    pub(crate) fn row_len(&self) -> usize {
        self.side * self.side * self.blocks
    }

    /// Where block `block` of a row starts.
    #[inline(always)]
    pub(crate) fn start(&self, block: usize) -> usize {
        block * self.block_stride
    }

    /// The zigzag indices that are needed, as bits.
    pub(crate) fn needed(&self) -> u64 {
        (0..64).filter(|&k| self.offsets.at(k) != NOWHERE as usize).fold(0, |mask, k| mask | 1 << k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_index_of_each_scale_is_what_its_corner_needs() {
        assert_eq!([1, 2, 4, 8].map(|side| Layout::new(side, 3).offsets.last()), [0, 4, 24, 63]);
        assert_eq!(Layout::new(2, 3).needed(), 0b10111);
        assert_eq!(Layout::new(8, 3).needed(), u64::MAX);
    }

    #[test]
    fn slots_are_runs_over_the_blocks() {
        let layout = Layout::new(2, 10);
        assert_eq!([0, 1, 2, 4].map(|k| layout.offsets.at(k)), [0, 10, 20, 30]);
        assert!(layout.offsets.at(3) > layout.row_len());
        assert!(layout.offsets.at(64 + 15) > layout.row_len());
        assert!(layout.offsets.at(255) > layout.row_len());
    }
}

//! The palette (RFC 9649, section 3.5.4): an index, or several, in the green of a coded pixel; a colour for each.

/// The colours, looked up for all indices of a coded pixel at once.
pub(super) struct Palette {
    pack_bits: u32,
    /// For each of 256 greens the colours of its `1 << pack_bits` indices. An index past the last colour is
    /// transparent black.
    table: Vec<u32>,
    width: usize,
}

impl Palette {
    /// Bytes of the table.
    pub(super) fn bytes(pack_bits: u32) -> u64 {
        (256 * 4) << pack_bits.min(3)
    }

    pub(super) fn new(pack_bits: u32, colours: &[u32], width: usize) -> Palette {
        let bits = 8 >> pack_bits;
        let mask = (1usize << bits) - 1;
        let mut table = vec![0; 256 << pack_bits];
        for (green, places) in table.chunks_exact_mut(1 << pack_bits).enumerate() {
            for (at, place) in places.iter_mut().enumerate() {
                let index = green >> (at * bits) & mask;
                *place = colours.get(index).copied().unwrap_or(0);
            }
        }
        Palette { pack_bits, table, width }
    }

    /// The width of a row of packed indices.
    pub(super) fn packed_width(&self) -> usize {
        self.width.div_ceil(1 << self.pack_bits)
    }

    /// Unpacks the indices at the start of `row` and looks them up.
    pub(super) fn undo(&self, row: &mut [u32]) {
        let row = &mut row[..self.width];
        match self.pack_bits {
            0 => unpack::<1>(&self.table, row),
            1 => unpack::<2>(&self.table, row),
            2 => unpack::<4>(&self.table, row),
            _ => unpack::<8>(&self.table, row),
        }
    }
}

/// From the last to the first: a pixel never lies before the index that it is made of.
fn unpack<const N: usize>(table: &[u32], row: &mut [u32]) {
    let (table, _) = table.as_chunks::<N>();
    let green = |pixel: u32| usize::from((pixel >> 8) as u8);
    let (whole, cut) = (row.len() / N, row.len() % N);
    if cut > 0 {
        let colours = table[green(row[whole])];
        row[whole * N..].copy_from_slice(&colours[..cut]);
    }
    for packed in (0..whole).rev() {
        let colours = table[green(row[packed])];
        row[packed * N..][..N].copy_from_slice(&colours);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_unpacked_from_the_lowest_bits_up() {
        let palette = Palette::new(3, &[10, 11], 11);
        let mut row = [0xff00_6500, 0xff00_0300, 7, 7, 7, 7, 7, 7, 7, 7, 7];
        palette.undo(&mut row);
        assert_eq!((palette.packed_width(), row), (2, [11, 10, 11, 10, 10, 11, 11, 10, 11, 11, 10]));
        let palette = Palette::new(1, &[10, 11, 12, 13, 14], 4);
        let mut row = [0x4300, 0xf000, 7, 7];
        palette.undo(&mut row);
        assert_eq!(row, [13, 14, 10, 0]);
        let mut row = [0x0100, 0x0200, 0xff00];
        Palette::new(0, &[10, 11], 3).undo(&mut row);
        assert_eq!(row, [11, 0, 0]);
    }
}

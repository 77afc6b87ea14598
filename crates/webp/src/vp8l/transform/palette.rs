//! The palette (RFC 9649, section 3.5.4): an index, or several, in the green of a coded pixel; a colour for each.

/// The colours, and how indices are packed.
pub(super) struct Palette {
    pack_bits: u32,
    /// An index past the last is transparent black.
    colours: Vec<u32>,
    width: usize,
}

impl Palette {
    pub(super) fn new(pack_bits: u32, colours: Vec<u32>, width: usize) -> Palette {
        Palette { pack_bits, colours, width }
    }

    /// The width of a row of packed indices.
    pub(super) fn packed_width(&self) -> usize {
        self.width.div_ceil(1 << self.pack_bits)
    }

    /// Unpacks the indices at the start of `row` and looks them up, from the last to the first: a pixel never lies
    /// before the index that it is made of.
    pub(super) fn undo(&self, row: &mut [u32]) {
        let row = &mut row[..self.width];
        let bits = 8 >> self.pack_bits;
        let mask = (1 << bits) - 1;
        let per_pixel = 1 << self.pack_bits;
        for packed in (0..self.packed_width()).rev() {
            let mut indices = row[packed] >> 8 & 0xff;
            let first = packed * per_pixel;
            let end = (first + per_pixel).min(row.len());
            for pixel in &mut row[first..end] {
                *pixel = self.colours.get((indices & mask) as usize).copied().unwrap_or(0);
                indices >>= bits;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_unpacked_from_the_lowest_bits_up() {
        let palette = Palette::new(3, vec![10, 11], 11);
        let mut row = [0xff00_6500, 0xff00_0300, 7, 7, 7, 7, 7, 7, 7, 7, 7];
        palette.undo(&mut row);
        assert_eq!((palette.packed_width(), row), (2, [11, 10, 11, 10, 10, 11, 11, 10, 11, 11, 10]));
        let palette = Palette::new(1, vec![10, 11, 12, 13, 14], 4);
        let mut row = [0x4300, 0xf000, 7, 7];
        palette.undo(&mut row);
        assert_eq!(row, [13, 14, 10, 0]);
    }
}

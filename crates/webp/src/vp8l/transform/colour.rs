//! The two transforms between the channels of a pixel: subtract green (RFC 9649, section 3.5.3) and colour
//! (section 3.5.2).

use super::super::head::Blocks;

/// Adds green to red and blue.
#[inline(always)]
pub(super) fn add_green(row: &mut [u32]) {
    for pixel in row {
        let green = *pixel >> 8 & 0xff;
        let red_blue = (*pixel & 0x00ff_00ff).wrapping_add(green << 16 | green) & 0x00ff_00ff;
        *pixel = *pixel & 0xff00_ff00 | red_blue;
    }
}

/// The colour transform, with factors for each block.
pub(super) struct Colour {
    blocks: Blocks,
    factors: Vec<u32>,
    width: usize,
}

impl Colour {
    pub(super) fn new(blocks: Blocks, factors: Vec<u32>, width: usize) -> Colour {
        Colour { blocks, factors, width }
    }

    /// Undoes it for row number `y`.
    #[inline(always)]
    pub(super) fn undo(&self, y: usize, row: &mut [u32]) {
        let Blocks { bits, columns, .. } = self.blocks;
        let factors = &self.factors[(y >> bits) * columns..][..columns];
        for (pixels, &factors) in row[..self.width].chunks_mut(1 << bits).zip(factors) {
            let [green_to_red, green_to_blue, red_to_blue, _] = factors.to_le_bytes().map(i32_of);
            for pixel in pixels {
                let green = i32_of((*pixel >> 8) as u8);
                let red = (*pixel >> 16).wrapping_add(product(green_to_red, green)) & 0xff;
                let blue = (*pixel)
                    .wrapping_add(product(green_to_blue, green))
                    .wrapping_add(product(red_to_blue, i32_of(red as u8)));
                *pixel = *pixel & 0xff00_ff00 | red << 16 | blue & 0xff;
            }
        }
    }
}

#[inline(always)]
fn i32_of(byte: u8) -> i32 {
    i32::from(byte.cast_signed())
}

/// Both are signed bytes; the factor counts in thirty-seconds.
#[inline(always)]
fn product(factor: i32, channel: i32) -> u32 {
    ((factor * channel) >> 5).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn green_is_added_to_red_and_blue_alone() {
        let mut row = [0x0102_0304, 0xff80_80ff];
        add_green(&mut row);
        assert_eq!(row, [0x0105_0307, 0xff00_807f]);
    }

    #[test]
    fn the_factors_of_a_block_are_signed_and_red_is_the_new_one() {
        let blocks = Blocks { bits: 2, columns: 2, rows: 1 };
        // Red gains green, blue loses half of green and gains twice the new red; then nothing.
        let factors = vec![0x0040_f020, 0];
        let mut row = [0xff0a_0805, 0, 0, 0, 0xff0a_0805, 0xff0a_f805];
        Colour::new(blocks, factors, 6).undo(3, &mut row);
        assert_eq!(row, [0xff12_0825, 0, 0, 0, 0xff0a_0805, 0xff0a_f805]);
    }
}

//! The inverse transforms (RFC 6386, sections 14.2 to 14.4): coefficients in, residue added to the prediction.

use super::tokens::Block;
use super::work::{AROUND, STRIDE};

/// How much of a block's transform is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing is added.
    #[default]
    Empty,
    /// The first coefficient alone: one value is added to all samples.
    Dc,
    Whole,
}

impl Content {
    /// What a block has whose last token is before position `end`.
    pub(super) fn new(end: usize, block: &Block) -> Content {
        match end {
            0 | 1 if block[0] == 0 => Content::Empty,
            0 | 1 => Content::Dc,
            _ => Content::Whole,
        }
    }
}

/// Section 14.3: from the block of first coefficients to the first coefficients of 16 blocks.
pub(super) fn walsh_hadamard(block: &Block) -> Block {
    let input = block.map(i32::from);
    let mut between = [0; 16];
    for at in 0..4 {
        let (a, b) = (input[at] + input[12 + at], input[4 + at] + input[8 + at]);
        let (c, d) = (input[4 + at] - input[8 + at], input[at] - input[12 + at]);
        between[at] = a + b;
        between[4 + at] = c + d;
        between[8 + at] = a - b;
        between[12 + at] = d - c;
    }
    let mut out = [0; 16];
    for (out, row) in out.chunks_exact_mut(4).zip(between.chunks_exact(4)) {
        let (a, b) = (row[0] + row[3] + 3, row[1] + row[2]);
        let (c, d) = (row[1] - row[2], row[0] - row[3] + 3);
        for (out, sum) in out.iter_mut().zip([a + b, c + d, a - b, d - c]) {
            *out = (sum >> 3) as i16;
        }
    }
    out
}

/// Adds what `block` says to the 4x4 samples within `around`, and leaves the block all zeros.
#[inline(always)]
pub(super) fn add(content: Content, block: &mut Block, around: &mut [u8; AROUND]) {
    match content {
        Content::Empty => return,
        Content::Dc => add_dc(block[0], around),
        Content::Whole => add_whole(block, around),
    }
    *block = [0; 16];
}

#[inline(always)]
fn add_dc(dc: i16, around: &mut [u8; AROUND]) {
    let residue = (i32::from(dc) + 4) >> 3;
    for row in 1..5 {
        for sample in &mut around[row * STRIDE + 1..][..4] {
            *sample = (i32::from(*sample) + residue).clamp(0, 255) as u8;
        }
    }
}

/// Section 14.4. Sums that no encoder's coefficients reach wrap around.
#[inline(always)]
fn add_whole(block: &Block, around: &mut [u8; AROUND]) {
    let mut rows = [[0; 4]; 4];
    for (row, coefficients) in rows.iter_mut().zip(block.as_chunks::<4>().0) {
        for (value, &coefficient) in row.iter_mut().zip(coefficients) {
            *value = i32::from(coefficient);
        }
    }
    let mut down = transposed(pass(rows));
    for dc in &mut down[0] {
        *dc = dc.wrapping_add(4);
    }
    let residue = transposed(pass(down));
    for (row, residue) in residue.iter().enumerate() {
        for (sample, residue) in around[(row + 1) * STRIDE + 1..][..4].iter_mut().zip(residue) {
            *sample = (i32::from(*sample) + (residue >> 3)).clamp(0, 255) as u8;
        }
    }
}

/// One dimension of the transform, of four columns at once.
#[inline(always)]
fn pass([first, second, third, fourth]: [[i32; 4]; 4]) -> [[i32; 4]; 4] {
    let mut out = [[0i32; 4]; 4];
    for at in 0..4 {
        let a = first[at].wrapping_add(third[at]);
        let b = first[at].wrapping_sub(third[at]);
        let c = by_sine(second[at]).wrapping_sub(by_cosine(fourth[at]));
        let d = by_cosine(second[at]).wrapping_add(by_sine(fourth[at]));
        out[0][at] = a.wrapping_add(d);
        out[1][at] = b.wrapping_add(c);
        out[2][at] = b.wrapping_sub(c);
        out[3][at] = a.wrapping_sub(d);
    }
    out
}

#[inline(always)]
fn transposed(rows: [[i32; 4]; 4]) -> [[i32; 4]; 4] {
    let mut out = [[0; 4]; 4];
    for row in 0..4 {
        for column in 0..4 {
            out[column][row] = rows[row][column];
        }
    }
    out
}

/// Times the root of two times the cosine of an eighth of a turn's half, in 16 bits of fraction.
#[inline(always)]
fn by_cosine(value: i32) -> i32 {
    value.wrapping_add(value.wrapping_mul(20_091) >> 16)
}

/// The same with its sine.
#[inline(always)]
fn by_sine(value: i32) -> i32 {
    value.wrapping_mul(35_468) >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_alone_is_what_the_whole_transform_makes_of_it() {
        for dc in [-32_768, -2_000, -5, -4, -1, 0, 1, 3, 4, 700, 32_767] {
            let mut block = [0; 16];
            block[0] = dc;
            let (mut whole, mut alone) = ([100; AROUND], [100; AROUND]);
            add_whole(&block, &mut whole);
            add_dc(dc, &mut alone);
            assert_eq!(whole, alone, "{dc}");
        }
    }

    #[test]
    fn the_first_coefficients_alone_are_spread_evenly() {
        let mut block = [0; 16];
        block[0] = 85;
        assert_eq!(walsh_hadamard(&block), [11; 16]);
    }
}

//! The inverse transforms (RFC 6386, sections 14.2 to 14.4): coefficients in, residue added to the prediction.

#[cfg(target_arch = "x86_64")]
mod v3;

#[cfg(target_arch = "x86_64")]
pub(super) use self::v3::V3;
use super::tokens::Block;

/// Four rows of a block's samples, the first of each lowest.
pub(super) type Rows = [u32; 4];

/// Four rows of two blocks' samples side by side.
pub(super) type Wide = [u64; 4];

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

/// Section 14.4 in whatever lanes there are: what blocks say added to predicted samples.
pub(super) trait Transforms: Copy {
    fn one(self, block: &Block, rows: Rows) -> Rows;
    fn two(self, blocks: &[Block; 2], rows: Wide) -> Wide;
}

/// For any processor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain;

impl Transforms for Plain {
    /// Sums that no encoder's coefficients reach wrap around.
    #[inline(always)]
    fn one(self, block: &Block, rows: Rows) -> Rows {
        let mut coefficients = [[0; 4]; 4];
        for (row, coded) in coefficients.iter_mut().zip(block.as_chunks::<4>().0) {
            for (value, &coefficient) in row.iter_mut().zip(coded) {
                *value = i32::from(coefficient);
            }
        }
        let mut down = transposed(pass(coefficients));
        for dc in &mut down[0] {
            *dc = dc.wrapping_add(4);
        }
        let residue = transposed(pass(down));
        std::array::from_fn(|row| {
            let samples = rows[row].to_le_bytes();
            let sum = |at: usize| (i32::from(samples[at]) + (residue[row][at] >> 3)).clamp(0, 255) as u8;
            u32::from_le_bytes(std::array::from_fn(sum))
        })
    }

    #[inline(always)]
    fn two(self, [left, right]: &[Block; 2], rows: Wide) -> Wide {
        let left = self.one(left, rows.map(|row| row as u32));
        let right = self.one(right, rows.map(|row| (row >> 32) as u32));
        std::array::from_fn(|row| u64::from(right[row]) << 32 | u64::from(left[row]))
    }
}

/// Adds what a block says whose first coefficient stands alone.
#[inline(always)]
pub(super) fn add_dc(dc: i16, rows: Rows) -> Rows {
    let residue = (i32::from(dc) + 4) >> 3;
    let mut out = [0; 4];
    for (out, row) in out.iter_mut().zip(rows) {
        let mut samples = row.to_le_bytes();
        for sample in &mut samples {
            *sample = (i32::from(*sample) + residue).clamp(0, 255) as u8;
        }
        *out = u32::from_le_bytes(samples);
    }
    out
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
            let rows = [0x6400_ff80; 4];
            assert_eq!(Plain.one(&block, rows), add_dc(dc, rows), "{dc}");
        }
    }

    #[test]
    fn the_first_coefficients_alone_are_spread_evenly() {
        let mut block = [0; 16];
        block[0] = 85;
        assert_eq!(walsh_hadamard(&block), [11; 16]);
    }
}

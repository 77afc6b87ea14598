//! The inverse DCT: libjpeg's accurate integer one (`jidctint.c`, Loeffler, Ligtenberg and Moschytz), so
//! that samples come out the same as from the C library.

use std::num::Wrapping;

/// Coefficients in rows.
pub(crate) type Block = [i16; 64];

type W = Wrapping<i32>;

const BITS: usize = 13;
const PASS1: usize = 2;

const fn fix(value: i32) -> W {
    Wrapping(value)
}

const FIX_0_298631336: W = fix(2446);
const FIX_0_390180644: W = fix(3196);
const FIX_0_541196100: W = fix(4433);
const FIX_0_765366865: W = fix(6270);
const FIX_0_899976223: W = fix(7373);
const FIX_1_175875602: W = fix(9633);
const FIX_1_501321110: W = fix(12299);
const FIX_1_847759065: W = fix(15137);
const FIX_1_961570560: W = fix(16069);
const FIX_2_053119869: W = fix(16819);
const FIX_2_562915447: W = fix(20995);
const FIX_3_072711026: W = fix(25172);

/// Puts the 8x8 samples of `block` into `out`, whose rows are `stride` apart.
///
/// Most blocks of a photograph have nothing outside their top left quarter; knowing that saves half the
/// work and changes no sample. Hostile coefficients may pass 32 bits: the arithmetic wraps, as the C
/// library's does in effect, and the samples are clamped.
#[inline(always)]
pub(crate) fn inverse(block: &Block, quantiser: &[u16; 64], out: &mut [u8], stride: usize) {
    match extent(block) {
        1 => flat(block, quantiser, out, stride),
        4 => both_passes::<4>(block, quantiser, out, stride),
        _ => both_passes::<8>(block, quantiser, out, stride),
    }
}

/// The side of the square at the top left, 1, 4 or 8, outside of which all coefficients are zero.
#[inline(always)]
fn extent(block: &Block) -> usize {
    let (upper, lower) = block.split_at(32);
    let lower = lower.iter().fold(0, |any, &coefficient| any | coefficient);
    let mut columns = [0; 8];
    for row in upper.chunks_exact(8) {
        for (any, &coefficient) in columns.iter_mut().zip(row) {
            *any |= coefficient;
        }
    }
    let right = columns[4..].iter().fold(lower, |any, &column| any | column);
    if right != 0 {
        return 8;
    }
    let left = columns[1..4].iter().fold(block[8] | block[16] | block[24], |any, &column| any | column);
    if left == 0 { 1 } else { 4 }
}

/// The samples of a lone DC coefficient: shifted up by PASS1, then down with rounding.
#[inline(always)]
fn flat(block: &Block, quantiser: &[u16; 64], out: &mut [u8], stride: usize) {
    let dc = Wrapping(i32::from(block[0])) * Wrapping(i32::from(quantiser[0]));
    let sample = sample((dc << PASS1) + Wrapping(1 << (PASS1 + 2)), PASS1 + 3);
    for row in out.chunks_mut(stride).take(8) {
        row[..8].fill(sample);
    }
}

/// Columns, then rows; coefficients outside a square of `SIDE` are known to be zero.
#[inline(always)]
fn both_passes<const SIDE: usize>(block: &Block, quantiser: &[u16; 64], out: &mut [u8], stride: usize) {
    let mut work = [[Wrapping(0i32); 8]; 8];
    let round = Wrapping(1 << (BITS - PASS1 - 1));
    for column in 0..SIDE {
        let mut input = [Wrapping(0); 8];
        for (row, value) in input.iter_mut().enumerate().take(SIDE) {
            let at = row * 8 + column;
            *value = Wrapping(i32::from(block[at])) * Wrapping(i32::from(quantiser[at]));
        }
        let output = one_dimension::<SIDE>(input).map(|v| (v + round) >> (BITS - PASS1));
        for (row, value) in work.iter_mut().zip(output) {
            row[column] = value;
        }
    }
    let round = Wrapping(1 << (BITS + PASS1 + 2));
    for (row, out) in work.into_iter().zip(out.chunks_mut(stride)) {
        let samples = one_dimension::<SIDE>(row).map(|v| sample(v + round, BITS + PASS1 + 3));
        out[..8].copy_from_slice(&samples);
    }
}

#[inline(always)]
fn sample(value: W, shift: usize) -> u8 {
    ((value >> shift).0.saturating_add(128)).clamp(0, 255) as u8
}

/// Eight outputs, scaled up by 2^BITS, of inputs that are zero from `USED` on.
#[inline(always)]
fn one_dimension<const USED: usize>(mut v: [W; 8]) -> [W; 8] {
    // Written again so that the compiler sees the zeros and drops what they make.
    v[USED..].fill(Wrapping(0));
    // Even part.
    let z1 = (v[2] + v[6]) * FIX_0_541196100;
    let even2 = z1 - v[6] * FIX_1_847759065;
    let even3 = z1 + v[2] * FIX_0_765366865;
    let even0 = (v[0] + v[4]) << BITS;
    let even1 = (v[0] - v[4]) << BITS;
    let (t10, t13) = (even0 + even3, even0 - even3);
    let (t11, t12) = (even1 + even2, even1 - even2);
    // Odd part.
    let (o0, o1, o2, o3) = (v[7], v[5], v[3], v[1]);
    let (z1, z2, z3, z4) = (o0 + o3, o1 + o2, o0 + o2, o1 + o3);
    let z5 = (z3 + z4) * FIX_1_175875602;
    let z1 = -z1 * FIX_0_899976223;
    let z2 = -z2 * FIX_2_562915447;
    let z3 = z5 - z3 * FIX_1_961570560;
    let z4 = z5 - z4 * FIX_0_390180644;
    let o0 = o0 * FIX_0_298631336 + z1 + z3;
    let o1 = o1 * FIX_2_053119869 + z2 + z4;
    let o2 = o2 * FIX_3_072711026 + z2 + z3;
    let o3 = o3 * FIX_1_501321110 + z1 + z4;
    [t10 + o3, t11 + o2, t12 + o1, t13 + o0, t13 - o0, t12 - o1, t11 - o2, t10 - o3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_dc_comes_out_the_same_by_either_way() {
        for dc in [-2000i16, -900, -37, -4, 0, 3, 4, 5, 100, 900, 2000, i16::MIN, i16::MAX] {
            let mut block = [0; 64];
            block[0] = dc;
            let (mut short, mut full) = ([0u8; 64], [0u8; 64]);
            flat(&block, &[1; 64], &mut short, 8);
            both_passes::<8>(&block, &[1; 64], &mut full, 8);
            assert_eq!(short, full, "dc {dc}");
        }
    }

    #[test]
    fn a_quarter_of_coefficients_comes_out_the_same_by_either_way() {
        let mut block = [0i16; 64];
        for (index, value) in [(0, 300), (1, -160), (3, 77), (8, 33), (9, 21), (18, -14), (27, 99)] {
            block[index] = value;
        }
        assert_eq!(extent(&block), 4);
        let (mut short, mut full) = ([0u8; 64], [0u8; 64]);
        both_passes::<4>(&block, &[3; 64], &mut short, 8);
        both_passes::<8>(&block, &[3; 64], &mut full, 8);
        assert_eq!(short, full);
        for index in [4, 7, 32, 63] {
            let mut block = block;
            block[index] = 1;
            assert_eq!(extent(&block), 8, "{index}");
        }
    }

    #[test]
    fn the_largest_coefficients_neither_panic_nor_leave_the_range() {
        let mut out = [0; 64];
        inverse(&[i16::MIN; 64], &[u16::MAX; 64], &mut out, 8);
        inverse(&[i16::MAX; 64], &[u16::MAX; 64], &mut out, 8);
    }

    #[test]
    fn agrees_with_the_definition_within_one() {
        let mut block = [0i16; 64];
        for (index, value) in [(0, 120), (1, -60), (8, 33), (9, 21), (18, -14), (40, 9), (63, 5)] {
            block[index] = value;
        }
        let mut out = [0; 64];
        inverse(&block, &[4; 64], &mut out, 8);
        for (place, &got) in out.iter().enumerate() {
            let (y, x) = (place / 8, place % 8);
            let mut sum = 0f64;
            for (index, &value) in block.iter().enumerate() {
                let c = |k: usize| if k == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
                let wave =
                    |n: usize, k: usize| ((2 * n + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0).cos();
                let (v, u) = (index / 8, index % 8);
                sum += c(u) * c(v) / 4.0 * f64::from(value * 4) * wave(x, u) * wave(y, v);
            }
            let wanted = (sum + 128.0).clamp(0.0, 255.0);
            assert!((wanted - f64::from(got)).abs() <= 1.0, "({x}, {y}): {wanted} and {got}");
        }
    }
}

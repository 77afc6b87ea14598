//! The inverse DCT: libjpeg's accurate integer one (`jidctint.c`, Loeffler, Ligtenberg and Moschytz), so
//! that samples come out the same as from the C library.

#[cfg(target_arch = "x86_64")]
mod v3;

#[cfg(target_arch = "x86_64")]
use fearless_simd::Level;

/// Coefficients in rows.
pub(crate) type Block = [i16; 64];

const BITS: u32 = 13;
const PASS1: u32 = 2;

const FIX_0_298631336: i32 = 2446;
const FIX_0_390180644: i32 = 3196;
const FIX_0_541196100: i32 = 4433;
const FIX_0_765366865: i32 = 6270;
const FIX_0_899976223: i32 = 7373;
const FIX_1_175875602: i32 = 9633;
const FIX_1_501321110: i32 = 12299;
const FIX_1_847759065: i32 = 15137;
const FIX_1_961570560: i32 = 16069;
const FIX_2_053119869: i32 = 16819;
const FIX_2_562915447: i32 = 20995;
const FIX_3_072711026: i32 = 25172;

/// Turns the blocks of a row, one behind the other, into eight rows of samples.
pub(crate) fn row(coefficients: &[i16], quantiser: &[i32; 64], out: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Level::new().as_avx2() {
        v3::row(token, coefficients, quantiser, out, stride);
        return;
    }
    for (nth, block) in coefficients.as_chunks::<64>().0.iter().enumerate() {
        inverse(block, quantiser, out.get_mut(nth * 8..).unwrap_or_default(), stride);
    }
}

/// Puts the 8x8 samples of `block` into `out`, whose rows are `stride` apart.
///
/// Most blocks of a photograph have nothing outside their top left quarter; knowing that saves half the
/// work and changes no sample. Hostile coefficients may pass 32 bits: the arithmetic wraps, as the C
/// library's does in effect, and the samples are clamped.
fn inverse(block: &Block, quantiser: &[i32; 64], out: &mut [u8], stride: usize) {
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
fn flat(block: &Block, quantiser: &[i32; 64], out: &mut [u8], stride: usize) {
    let dc = i32::from(block[0]).wrapping_mul(quantiser[0]);
    let sample = sample((dc << PASS1).wrapping_add(1 << (PASS1 + 2)) >> (PASS1 + 3));
    for row in out.chunks_mut(stride).take(8) {
        row[..8].fill(sample);
    }
}

/// Columns, then rows; coefficients outside a square of `SIDE` are known to be zero.
fn both_passes<const SIDE: usize>(block: &Block, quantiser: &[i32; 64], out: &mut [u8], stride: usize) {
    let mut work = [[0i32; 8]; 8];
    for column in 0..SIDE {
        let mut input = [0; 8];
        for (row, value) in input.iter_mut().enumerate().take(SIDE) {
            let at = row * 8 + column;
            *value = i32::from(block[at]).wrapping_mul(quantiser[at]);
        }
        for (row, value) in work.iter_mut().zip(one_dimension::<i32, SIDE>(input)) {
            row[column] = value.wrapping_add(ROUND_COLUMNS) >> SHIFT_COLUMNS;
        }
    }
    for (row, out) in work.into_iter().zip(out.chunks_mut(stride)) {
        let samples = one_dimension::<i32, SIDE>(row);
        out[..8].copy_from_slice(&samples.map(|v| sample(v.wrapping_add(ROUND_ROWS) >> SHIFT_ROWS)));
    }
}

const SHIFT_COLUMNS: u32 = BITS - PASS1;
const ROUND_COLUMNS: i32 = 1 << (SHIFT_COLUMNS - 1);
const SHIFT_ROWS: u32 = BITS + PASS1 + 3;
const ROUND_ROWS: i32 = 1 << (SHIFT_ROWS - 1);

#[inline]
fn sample(value: i32) -> u8 {
    value.saturating_add(128).clamp(0, 255) as u8
}

/// What the transform computes with: one number or several at once, 32 bits that wrap.
trait Number: Copy {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, factor: i32) -> Self;
}

impl Number for i32 {
    #[inline(always)]
    fn plus(self, other: i32) -> i32 {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn minus(self, other: i32) -> i32 {
        self.wrapping_sub(other)
    }

    #[inline(always)]
    fn times(self, factor: i32) -> i32 {
        self.wrapping_mul(factor)
    }
}

/// Eight outputs, scaled up by 2^BITS, of inputs that are zero from `USED` on.
#[inline(always)]
fn one_dimension<N: Number, const USED: usize>(mut v: [N; 8]) -> [N; 8] {
    // Written again so that the compiler sees the zeros and drops what they make.
    let zero = v[0].minus(v[0]);
    v[USED..].fill(zero);
    // Even part.
    let z1 = v[2].plus(v[6]).times(FIX_0_541196100);
    let even2 = z1.minus(v[6].times(FIX_1_847759065));
    let even3 = z1.plus(v[2].times(FIX_0_765366865));
    let even0 = v[0].plus(v[4]).times(1 << BITS);
    let even1 = v[0].minus(v[4]).times(1 << BITS);
    let (t10, t13) = (even0.plus(even3), even0.minus(even3));
    let (t11, t12) = (even1.plus(even2), even1.minus(even2));
    // Odd part.
    let (o0, o1, o2, o3) = (v[7], v[5], v[3], v[1]);
    let (z1, z2, z3, z4) = (o0.plus(o3), o1.plus(o2), o0.plus(o2), o1.plus(o3));
    let z5 = z3.plus(z4).times(FIX_1_175875602);
    let z1 = z1.times(-FIX_0_899976223);
    let z2 = z2.times(-FIX_2_562915447);
    let z3 = z5.minus(z3.times(FIX_1_961570560));
    let z4 = z5.minus(z4.times(FIX_0_390180644));
    let o0 = o0.times(FIX_0_298631336).plus(z1).plus(z3);
    let o1 = o1.times(FIX_2_053119869).plus(z2).plus(z4);
    let o2 = o2.times(FIX_3_072711026).plus(z2).plus(z3);
    let o3 = o3.times(FIX_1_501321110).plus(z1).plus(z4);
    [
        t10.plus(o3),
        t11.plus(o2),
        t12.plus(o1),
        t13.plus(o0),
        t13.minus(o0),
        t12.minus(o1),
        t11.minus(o2),
        t10.minus(o3),
    ]
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
        for coefficient in [i16::MIN, i16::MAX] {
            inverse(&[coefficient; 64], &[u16::MAX.into(); 64], &mut out, 8);
            row(&[coefficient; 64], &[u16::MAX.into(); 64], &mut out, 8);
        }
    }

    #[test]
    fn a_row_of_blocks_comes_out_the_same_with_vectors_and_without_whatever_is_in_it() {
        let mut seed = 1u32;
        let mut random = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 8
        };
        for round in 0..3_000u32 {
            let largest = [4, 60, 2047, 65_535][round as usize % 4];
            let used = [1, 4, 8][round as usize / 4 % 3];
            let quantiser: [i32; 64] = std::array::from_fn(|_| (random() % (1 + largest)).cast_signed());
            let mut blocks = [0i16; 5 * 64];
            for (at, coefficient) in blocks.iter_mut().enumerate() {
                if at % 8 < used && at / 8 % 8 < used {
                    *coefficient = (random() % (2 * largest + 1)).wrapping_sub(largest) as i16;
                }
            }
            let (mut whole, mut single) = ([0; 40 * 8], [0; 40 * 8]);
            row(&blocks, &quantiser, &mut whole, 40);
            for (nth, block) in blocks.as_chunks::<64>().0.iter().enumerate() {
                inverse(block, &quantiser, &mut single[nth * 8..], 40);
            }
            assert_eq!(whole, single, "round {round}");
        }
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

//! The same with AVX2: eight columns at a time, then eight rows, in the same arithmetic.

use std::arch::x86_64::{
    __m256i, _mm256_adds_epi16, _mm256_packs_epi32, _mm256_packus_epi16, _mm256_permute2x128_si256,
    _mm256_set1_epi16, _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64,
    _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, i32x8, u8x32};

use super::{
    Block, Number, ROUND_COLUMNS, ROUND_ROWS, SHIFT_COLUMNS, SHIFT_ROWS, extent, flat, one_dimension,
};

/// Turns the blocks of a row into eight rows of samples.
pub(super) fn row(v3: Avx2, coefficients: &[i16], quantiser: &[i32; 64], out: &mut [u8], stride: usize) {
    v3.vectorize(
        #[inline(always)]
        || {
            for (nth, block) in coefficients.as_chunks::<64>().0.iter().enumerate() {
                let out = out.get_mut(nth * 8..).unwrap_or_default();
                match extent(block) {
                    1 => flat(block, quantiser, out, stride),
                    4 => both_passes::<4>(v3, block, quantiser, out, stride),
                    _ => both_passes::<8>(v3, block, quantiser, out, stride),
                }
            }
        },
    );
}

impl Number for i32x8<Avx2> {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self - other
    }

    #[inline(always)]
    fn times(self, factor: i32) -> Self {
        self * factor
    }
}

#[inline(always)]
fn both_passes<const SIDE: usize>(
    v3: Avx2,
    block: &Block,
    quantiser: &[i32; 64],
    out: &mut [u8],
    stride: usize,
) {
    let (rows, steps) = (block.as_chunks::<8>().0, quantiser.as_chunks::<8>().0);
    let row = |row: usize| dequantised(v3, &rows[row], &steps[row]);
    let input = [row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)];
    let columns = settled::<SHIFT_COLUMNS>(one_dimension::<_, SIDE>(input), ROUND_COLUMNS);
    let [a, b, c, d, e, f, g, h] = transposed(v3, columns);
    let lanes = |lanes: __m256i| -> i32x8<Avx2> { lanes.simd_into(v3) };
    let across = [lanes(a), lanes(b), lanes(c), lanes(d), lanes(e), lanes(f), lanes(g), lanes(h)];
    let samples = settled::<SHIFT_ROWS>(one_dimension::<_, SIDE>(across), ROUND_ROWS);
    for (half, samples) in sample_rows(v3, samples).into_iter().enumerate() {
        // In each half of the vector, two rows: y and y + 1, and four further down.
        let samples: u8x32<Avx2> = samples.simd_into(v3);
        let bytes: [u8; 32] = samples.into();
        for (row, samples) in bytes.as_chunks::<8>().0.iter().enumerate() {
            let y = half * 2 + row % 2 + row / 2 * 4;
            if let Some(place) = out.get_mut(y * stride..y * stride + 8) {
                place.copy_from_slice(samples);
            }
        }
    }
}

// Arrays are written out, not mapped: what maps them is not always inlined, and then lacks the processor's features.

#[inline(always)]
fn dequantised(v3: Avx2, coefficients: &[i16; 8], steps: &[i32; 8]) -> i32x8<Avx2> {
    let mut wide = [0; 8];
    for (wide, &coefficient) in wide.iter_mut().zip(coefficients) {
        *wide = i32::from(coefficient);
    }
    let wide: i32x8<Avx2> = wide.simd_into(v3);
    let steps: i32x8<Avx2> = (*steps).simd_into(v3);
    wide * steps
}

/// Rounded and shifted down.
#[inline(always)]
fn settled<const SHIFT: u32>(v: [i32x8<Avx2>; 8], round: i32) -> [__m256i; 8] {
    [
        ((v[0] + round) >> SHIFT).into(),
        ((v[1] + round) >> SHIFT).into(),
        ((v[2] + round) >> SHIFT).into(),
        ((v[3] + round) >> SHIFT).into(),
        ((v[4] + round) >> SHIFT).into(),
        ((v[5] + round) >> SHIFT).into(),
        ((v[6] + round) >> SHIFT).into(),
        ((v[7] + round) >> SHIFT).into(),
    ]
}

fearless_simd::kernel!(
    /// Columns of eight rows as rows.
    #[inline(always)]
    fn transposed(_v3: Avx2, rows: [__m256i; 8]) -> [__m256i; 8] {
        let [a, b, c, d, e, f, g, h] = rows;
        // Pairs of rows interleaved, then pairs of pairs, within each half; then the halves.
        let pairs = [
            _mm256_unpacklo_epi32(a, b),
            _mm256_unpackhi_epi32(a, b),
            _mm256_unpacklo_epi32(c, d),
            _mm256_unpackhi_epi32(c, d),
            _mm256_unpacklo_epi32(e, f),
            _mm256_unpackhi_epi32(e, f),
            _mm256_unpacklo_epi32(g, h),
            _mm256_unpackhi_epi32(g, h),
        ];
        let upper = [
            _mm256_unpacklo_epi64(pairs[0], pairs[2]),
            _mm256_unpackhi_epi64(pairs[0], pairs[2]),
            _mm256_unpacklo_epi64(pairs[1], pairs[3]),
            _mm256_unpackhi_epi64(pairs[1], pairs[3]),
        ];
        let lower = [
            _mm256_unpacklo_epi64(pairs[4], pairs[6]),
            _mm256_unpackhi_epi64(pairs[4], pairs[6]),
            _mm256_unpacklo_epi64(pairs[5], pairs[7]),
            _mm256_unpackhi_epi64(pairs[5], pairs[7]),
        ];
        [
            _mm256_permute2x128_si256::<0x20>(upper[0], lower[0]),
            _mm256_permute2x128_si256::<0x20>(upper[1], lower[1]),
            _mm256_permute2x128_si256::<0x20>(upper[2], lower[2]),
            _mm256_permute2x128_si256::<0x20>(upper[3], lower[3]),
            _mm256_permute2x128_si256::<0x31>(upper[0], lower[0]),
            _mm256_permute2x128_si256::<0x31>(upper[1], lower[1]),
            _mm256_permute2x128_si256::<0x31>(upper[2], lower[2]),
            _mm256_permute2x128_si256::<0x31>(upper[3], lower[3]),
        ]
    }
);

fearless_simd::kernel!(
    /// Level-shifted samples of eight columns, eight rows each: rows 0 and 1, 4 and 5, then 2 and 3, 6 and 7.
    #[inline(always)]
    fn sample_rows(_v3: Avx2, columns: [__m256i; 8]) -> [__m256i; 2] {
        let level = _mm256_set1_epi16(128);
        let [a, b, c, d, e, f, g, h] = columns;
        let pair = |a, b| _mm256_adds_epi16(_mm256_packs_epi32(a, b), level);
        let left = _mm256_packus_epi16(pair(a, b), pair(c, d));
        let right = _mm256_packus_epi16(pair(e, f), pair(g, h));
        // Four columns of four rows in each half: four rows of four columns.
        let turn = _mm256_setr_epi8(
            0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3,
            7, 11, 15,
        );
        let (left, right) = (_mm256_shuffle_epi8(left, turn), _mm256_shuffle_epi8(right, turn));
        [_mm256_unpacklo_epi32(left, right), _mm256_unpackhi_epi32(left, right)]
    }
);

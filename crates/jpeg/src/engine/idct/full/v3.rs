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
    let input: [i32x8<Avx2>; 8] = std::array::from_fn(|row| {
        let row_of = |row: usize| -> [i32; 8] { rows[row].map(i32::from) };
        let coefficients: i32x8<Avx2> = row_of(row).simd_into(v3);
        let steps: i32x8<Avx2> = steps[row].simd_into(v3);
        coefficients * steps
    });
    let columns = one_dimension::<_, SIDE>(input).map(|v| (v + ROUND_COLUMNS) >> SHIFT_COLUMNS);
    let across = transposed(v3, columns.map(Into::into)).map(|v: __m256i| -> i32x8<Avx2> { v.simd_into(v3) });
    let samples = one_dimension::<_, SIDE>(across).map(|v| (v + ROUND_ROWS) >> SHIFT_ROWS);
    for (half, samples) in sample_rows(v3, samples.map(Into::into)).into_iter().enumerate() {
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

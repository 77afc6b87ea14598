//! The inverse transform with AVX2, in lanes of 16 bits: to the same sums as [`Plain`], which does what is too large
//! for them.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi16, _mm_cvtepu8_epi16, _mm_extract_epi32, _mm_extract_epi64,
    _mm_mulhi_epi16, _mm_or_si128, _mm_packus_epi16, _mm_set_epi32, _mm_set_epi64x, _mm_set1_epi16,
    _mm_setr_epi16, _mm_shuffle_epi32, _mm_srai_epi16, _mm_srli_si128, _mm_sub_epi16, _mm_testz_si128,
    _mm_unpackhi_epi32, _mm_unpackhi_epi64, _mm_unpacklo_epi16, _mm_unpacklo_epi32, _mm256_add_epi16,
    _mm256_castsi256_si128, _mm256_cvtepu8_epi16, _mm256_extracti128_si256, _mm256_mulhi_epi16,
    _mm256_or_si256, _mm256_packus_epi16, _mm256_permute2x128_si256, _mm256_set1_epi16, _mm256_setr_epi16,
    _mm256_srai_epi16, _mm256_srli_si256, _mm256_sub_epi16, _mm256_testz_si256, _mm256_unpackhi_epi32,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi16, _mm256_unpacklo_epi32,
};

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, i16x8, i16x16};

use super::{Block, Plain, Rows, Transforms, Wide};

/// Leave to use AVX2.
#[derive(Clone, Copy, Debug)]
pub(in crate::vp8) struct V3(pub(in crate::vp8) Avx2);

impl Transforms for V3 {
    #[inline(always)]
    fn one(self, block: &Block, rows: Rows) -> Rows {
        let (upper, lower) = (self.load(block, 0), self.load(block, 8));
        if fits(self.0, upper, lower) { one(self.0, upper, lower, rows) } else { Plain.one(block, rows) }
    }

    #[inline(always)]
    fn two(self, blocks: &[Block; 2], rows: Wide) -> Wide {
        let [left, right] = *blocks;
        let (left, right): (i16x16<Avx2>, i16x16<Avx2>) = (left.simd_into(self.0), right.simd_into(self.0));
        let (left, right) = (left.into(), right.into());
        if fits_two(self.0, left, right) { two(self.0, left, right, rows) } else { Plain.two(blocks, rows) }
    }
}

impl V3 {
    #[inline(always)]
    fn load(self, block: &Block, from: usize) -> __m128i {
        let mut half = [0; 8];
        half.copy_from_slice(&block[from..from + 8]);
        let half: i16x8<Avx2> = half.simd_into(self.0);
        half.into()
    }
}

// Coefficients of at most 2,047 leave sums below 32,768 in both passes, each of which makes 3.85 times as much of
// them. An encoder's are that small, but for what rounding adds at the coarsest quantisers.

fearless_simd::kernel!(
    #[inline(always)]
    fn fits(_v3: Avx2, upper: __m128i, lower: __m128i) -> bool {
        let middle = _mm_set1_epi16(2_047);
        let raised = _mm_or_si128(_mm_add_epi16(upper, middle), _mm_add_epi16(lower, middle));
        _mm_testz_si128(raised, _mm_set1_epi16(!0xfff)) == 1
    }
);

fearless_simd::kernel!(
    #[inline(always)]
    fn fits_two(_v3: Avx2, left: __m256i, right: __m256i) -> bool {
        let middle = _mm256_set1_epi16(2_047);
        let raised = _mm256_or_si256(_mm256_add_epi16(left, middle), _mm256_add_epi16(right, middle));
        _mm256_testz_si256(raised, _mm256_set1_epi16(!0xfff)) == 1
    }
);

fearless_simd::kernel!(
    /// One dimension of a block, of which rows 0 and 1, and 2 and 3 are side by side; then rows are columns.
    #[inline(always)]
    fn pass(_v3: Avx2, upper: __m128i, lower: __m128i) -> (__m128i, __m128i) {
        let (a, b) = (_mm_add_epi16(upper, lower), _mm_sub_epi16(upper, lower));
        let odd = _mm_unpackhi_epi64(upper, lower);
        // The factor is more than the half, so it is less one here and the value added.
        let sine = _mm_add_epi16(_mm_mulhi_epi16(odd, _mm_set1_epi16(SINE)), odd);
        let cosine = _mm_add_epi16(_mm_mulhi_epi16(odd, _mm_set1_epi16(COSINE)), odd);
        let c = _mm_sub_epi16(sine, _mm_srli_si128::<8>(cosine));
        let d = _mm_add_epi16(cosine, _mm_srli_si128::<8>(sine));
        let first = _mm_unpacklo_epi16(_mm_add_epi16(a, d), _mm_add_epi16(b, c));
        let last = _mm_unpacklo_epi16(_mm_sub_epi16(b, c), _mm_sub_epi16(a, d));
        (_mm_unpacklo_epi32(first, last), _mm_unpackhi_epi32(first, last))
    }
);

fearless_simd::kernel!(
    #[inline(always)]
    fn one(v3: Avx2, upper: __m128i, lower: __m128i, rows: [u32; 4]) -> [u32; 4] {
        let (upper, lower) = pass(v3, upper, lower);
        let upper = _mm_add_epi16(upper, _mm_setr_epi16(4, 4, 4, 4, 0, 0, 0, 0));
        let (upper, lower) = pass(v3, upper, lower);
        let [a, b, c, d] = rows.map(u32::cast_signed);
        let samples = _mm_set_epi32(d, c, b, a);
        let upper = _mm_add_epi16(_mm_srai_epi16::<3>(upper), _mm_cvtepu8_epi16(samples));
        let lower =
            _mm_add_epi16(_mm_srai_epi16::<3>(lower), _mm_cvtepu8_epi16(_mm_srli_si128::<8>(samples)));
        let samples = _mm_packus_epi16(upper, lower);
        [
            _mm_extract_epi32::<0>(samples),
            _mm_extract_epi32::<1>(samples),
            _mm_extract_epi32::<2>(samples),
            _mm_extract_epi32::<3>(samples),
        ]
        .map(i32::cast_unsigned)
    }
);

fearless_simd::kernel!(
    /// The same of two blocks, one in each half.
    #[inline(always)]
    fn pass_two(_v3: Avx2, upper: __m256i, lower: __m256i) -> (__m256i, __m256i) {
        let (a, b) = (_mm256_add_epi16(upper, lower), _mm256_sub_epi16(upper, lower));
        let odd = _mm256_unpackhi_epi64(upper, lower);
        let sine = _mm256_add_epi16(_mm256_mulhi_epi16(odd, _mm256_set1_epi16(SINE)), odd);
        let cosine = _mm256_add_epi16(_mm256_mulhi_epi16(odd, _mm256_set1_epi16(COSINE)), odd);
        let c = _mm256_sub_epi16(sine, _mm256_srli_si256::<8>(cosine));
        let d = _mm256_add_epi16(cosine, _mm256_srli_si256::<8>(sine));
        let first = _mm256_unpacklo_epi16(_mm256_add_epi16(a, d), _mm256_add_epi16(b, c));
        let last = _mm256_unpacklo_epi16(_mm256_sub_epi16(b, c), _mm256_sub_epi16(a, d));
        (_mm256_unpacklo_epi32(first, last), _mm256_unpackhi_epi32(first, last))
    }
);

fearless_simd::kernel!(
    #[inline(always)]
    fn two(v3: Avx2, left: __m256i, right: __m256i, rows: [u64; 4]) -> [u64; 4] {
        let upper = _mm256_permute2x128_si256::<0x20>(left, right);
        let lower = _mm256_permute2x128_si256::<0x31>(left, right);
        let (upper, lower) = pass_two(v3, upper, lower);
        let half = _mm256_setr_epi16(4, 4, 4, 4, 0, 0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0);
        let (upper, lower) = pass_two(v3, _mm256_add_epi16(upper, half), lower);
        let [a, b, c, d] = rows.map(u64::cast_signed);
        // Two rows of the left block, then two of the right one.
        let first = _mm_shuffle_epi32::<0b11_01_10_00>(_mm_set_epi64x(b, a));
        let last = _mm_shuffle_epi32::<0b11_01_10_00>(_mm_set_epi64x(d, c));
        let upper = _mm256_add_epi16(_mm256_srai_epi16::<3>(upper), _mm256_cvtepu8_epi16(first));
        let lower = _mm256_add_epi16(_mm256_srai_epi16::<3>(lower), _mm256_cvtepu8_epi16(last));
        let samples = _mm256_packus_epi16(upper, lower);
        let (left, right) = (_mm256_castsi256_si128(samples), _mm256_extracti128_si256::<1>(samples));
        let (first, last) = (_mm_unpacklo_epi32(left, right), _mm_unpackhi_epi32(left, right));
        [
            _mm_extract_epi64::<0>(first),
            _mm_extract_epi64::<1>(first),
            _mm_extract_epi64::<0>(last),
            _mm_extract_epi64::<1>(last),
        ]
        .map(i64::cast_unsigned)
    }
);

/// The root of two times the sine of an eighth of a turn's half, in 16 bits of fraction, less one.
const SINE: i16 = (35_468 - 65_536) as i16;
/// The same with its cosine, which is more than one.
const COSINE: i16 = 20_091;

#[cfg(test)]
mod tests {
    use fearless_simd::Level;

    use super::*;

    #[test]
    fn every_sum_is_that_of_the_plain_transform() {
        let Some(token) = Level::new().as_avx2() else { return };
        let v3 = V3(token);
        let mut state = 1u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as u16
        };
        for round in 0..50_000 {
            // From tiny to all of 16 bits, and often the largest that fit.
            let kind = round % 18;
            let mut coefficient = || match kind {
                16 => [-2_048, -2_047, 2_047, 2_048][usize::from(noise() % 4)],
                17 => [-2_047, 2_047][usize::from(noise() % 2)],
                bits => noise().cast_signed() >> bits,
            };
            let blocks = [[(); 16].map(|()| coefficient()), [(); 16].map(|()| coefficient())];
            let wide = [(); 4].map(|()| (0..4).fold(0, |row, _| row << 16 | u64::from(noise())));
            let rows = wide.map(|row| row as u32);
            assert_eq!(v3.one(&blocks[0], rows), Plain.one(&blocks[0], rows), "{blocks:?}");
            assert_eq!(v3.two(&blocks, wide), Plain.two(&blocks, wide), "{blocks:?}");
        }
    }
}

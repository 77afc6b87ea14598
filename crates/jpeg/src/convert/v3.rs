//! YCbCr to interleaved RGB with AVX2, sixteen pixels at a time: the same sums in 16 bits.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_or_si128, _mm_setr_epi8, _mm_shuffle_epi8, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_castsi256_si128, _mm256_cvtepu8_epi16, _mm256_extracti128_si256, _mm256_madd_epi16,
    _mm256_mulhi_epi16, _mm256_mullo_epi16, _mm256_packs_epi32, _mm256_packus_epi16,
    _mm256_permute4x64_epi64, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_srai_epi32, _mm256_srli_epi16,
    _mm256_sub_epi16, _mm256_unpackhi_epi16, _mm256_unpacklo_epi16,
};

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, u8x16};

use super::{BLUE_CB, GREEN_CB, GREEN_CR, HALF, RED_CR};

/// Pixels at a time.
const RUN: usize = 16;

/// Writes as many whole runs as there are, and says how many pixels that is.
pub(super) fn ycbcr(v3: Avx2, [y, cb, cr]: [&[u8]; 3], out: &mut [u8]) -> usize {
    v3.vectorize(
        #[inline(always)]
        || {
            let samples =
                y.as_chunks::<RUN>().0.iter().zip(cb.as_chunks::<RUN>().0).zip(cr.as_chunks::<RUN>().0);
            let mut done = 0;
            for (((y, cb), cr), out) in samples.zip(out.as_chunks_mut::<{ RUN * 3 }>().0) {
                let load = |samples: &[u8; RUN]| -> __m128i {
                    let samples: u8x16<Avx2> = (*samples).simd_into(v3);
                    samples.into()
                };
                let [red, green, blue] = rgb(v3, load(y), load(cb), load(cr));
                let pixels = interleaved(v3, red, green, blue);
                for (out, pixels) in out.as_chunks_mut::<RUN>().0.iter_mut().zip(pixels) {
                    let pixels: u8x16<Avx2> = pixels.simd_into(v3);
                    *out = pixels.into();
                }
                done += RUN;
            }
            done
        },
    )
}

fearless_simd::kernel!(
    /// Red, green and blue of sixteen pixels.
    #[inline(always)]
    fn rgb(_v3: Avx2, y: __m128i, cb: __m128i, cr: __m128i) -> [__m128i; 3] {
        let centre = _mm256_set1_epi16(128);
        let y = _mm256_cvtepu8_epi16(y);
        let cb = _mm256_sub_epi16(_mm256_cvtepu8_epi16(cb), centre);
        let cr = _mm256_sub_epi16(_mm256_cvtepu8_epi16(cr), centre);
        // The upper half of a product, rounded by the highest bit of the lower one.
        let part = |samples: __m256i, factor: i16| {
            let factor = _mm256_set1_epi16(factor);
            let lower = _mm256_mullo_epi16(samples, factor);
            _mm256_add_epi16(_mm256_mulhi_epi16(samples, factor), _mm256_srli_epi16::<15>(lower))
        };
        let red = _mm256_add_epi16(_mm256_add_epi16(y, cr), part(cr, RED_CR));
        let blue = _mm256_add_epi16(_mm256_add_epi16(y, _mm256_add_epi16(cb, cb)), part(cb, BLUE_CB));
        // Two products are rounded together: each pair of samples with its pair of factors, in 32 bits.
        let factors = _mm256_set1_epi32((GREEN_CR as i32 & 0xffff) | (GREEN_CB as i32) << 16);
        let sum = |pairs| {
            let sum = _mm256_add_epi32(_mm256_madd_epi16(pairs, factors), _mm256_set1_epi32(HALF));
            _mm256_srai_epi32::<16>(sum)
        };
        let sums = _mm256_packs_epi32(sum(_mm256_unpacklo_epi16(cr, cb)), sum(_mm256_unpackhi_epi16(cr, cb)));
        let green = _mm256_add_epi16(_mm256_sub_epi16(y, cr), sums);
        // Packing clamps, and works in halves: the middle quarters change places.
        let two = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(red, green));
        let one = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(blue, blue));
        [_mm256_castsi256_si128(two), _mm256_extracti128_si256::<1>(two), _mm256_castsi256_si128(one)]
    }
);

fearless_simd::kernel!(
    /// Sixteen pixels of three bytes each.
    #[inline(always)]
    fn interleaved(_v3: Avx2, red: __m128i, green: __m128i, blue: __m128i) -> [__m128i; 3] {
        // For each third of the output where its bytes come from; a negative place gives zero.
        let red = [
            _mm_shuffle_epi8(red, _mm_setr_epi8(0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1, 5)),
            _mm_shuffle_epi8(red, _mm_setr_epi8(-1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10, -1)),
            _mm_shuffle_epi8(
                red,
                _mm_setr_epi8(-1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1, -1),
            ),
        ];
        let green = [
            _mm_shuffle_epi8(green, _mm_setr_epi8(-1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1)),
            _mm_shuffle_epi8(green, _mm_setr_epi8(5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10)),
            _mm_shuffle_epi8(
                green,
                _mm_setr_epi8(-1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1),
            ),
        ];
        let blue = [
            _mm_shuffle_epi8(blue, _mm_setr_epi8(-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1)),
            _mm_shuffle_epi8(blue, _mm_setr_epi8(-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1)),
            _mm_shuffle_epi8(
                blue,
                _mm_setr_epi8(10, -1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15),
            ),
        ];
        [
            _mm_or_si128(_mm_or_si128(red[0], green[0]), blue[0]),
            _mm_or_si128(_mm_or_si128(red[1], green[1]), blue[1]),
            _mm_or_si128(_mm_or_si128(red[2], green[2]), blue[2]),
        ]
    }
);

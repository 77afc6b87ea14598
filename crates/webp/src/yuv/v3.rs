//! Luma and chroma to interleaved RGB with AVX2, sixteen pixels at a time: the same sums in 16 bits.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_or_si128, _mm_setr_epi8, _mm_shuffle_epi8, _mm256_add_epi16, _mm256_adds_epu16,
    _mm256_castsi256_si128, _mm256_cvtepu8_epi16, _mm256_extracti128_si256, _mm256_mulhi_epu16,
    _mm256_packus_epi16, _mm256_permute4x64_epi64, _mm256_set1_epi16, _mm256_slli_epi16, _mm256_srai_epi16,
    _mm256_srli_epi16, _mm256_sub_epi16, _mm256_subs_epu16,
};

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, u8x16, u16x16};

/// Pixels at a time.
const RUN: usize = 16;

/// Writes as many whole runs as there are, and says how many pixels that is.
#[inline(always)]
pub(super) fn convert(v3: Avx2, [y, u, v]: [&[u8]; 3], out: &mut [u8]) -> usize {
    let samples = y.as_chunks::<RUN>().0.iter().zip(u.as_chunks::<RUN>().0).zip(v.as_chunks::<RUN>().0);
    let mut done = 0;
    for (((y, u), v), out) in samples.zip(out.as_chunks_mut::<{ RUN * 3 }>().0) {
        let raised = |samples| raised(v3, load(v3, samples));
        set(v3, rgb(v3, raised(y), raised(u), raised(v)), out);
        done += RUN;
    }
    done
}

/// The same for samples that are 16 times as fine.
#[inline(always)]
pub(super) fn convert_finer(v3: Avx2, [y, u, v]: [&[u16]; 3], out: &mut [u8]) -> usize {
    let samples = y.as_chunks::<RUN>().0.iter().zip(u.as_chunks::<RUN>().0).zip(v.as_chunks::<RUN>().0);
    let mut done = 0;
    for (((y, u), v), out) in samples.zip(out.as_chunks_mut::<{ RUN * 3 }>().0) {
        let raised = |samples: &[u16; RUN]| {
            let samples: u16x16<Avx2> = (*samples).simd_into(v3);
            raised_finer(v3, samples.into())
        };
        set(v3, rgb(v3, raised(y), raised(u), raised(v)), out);
        done += RUN;
    }
    done
}

#[inline(always)]
fn set(v3: Avx2, [red, green, blue]: [__m128i; 3], out: &mut [u8; RUN * 3]) {
    let pixels = interleaved(v3, red, green, blue);
    for (out, pixels) in out.as_chunks_mut::<RUN>().0.iter_mut().zip(pixels) {
        let pixels: u8x16<Avx2> = pixels.simd_into(v3);
        *out = pixels.into();
    }
}

#[inline(always)]
fn load(v3: Avx2, samples: &[u8; RUN]) -> __m128i {
    let samples: u8x16<Avx2> = (*samples).simd_into(v3);
    samples.into()
}

fearless_simd::kernel!(
    /// Samples in the upper halves of 16 bits: the upper half of a product is then a 256th of it.
    #[inline(always)]
    fn raised(_v3: Avx2, samples: __m128i) -> __m256i {
        _mm256_slli_epi16::<8>(_mm256_cvtepu8_epi16(samples))
    }
);

fearless_simd::kernel!(
    /// The same of samples that have four bits more.
    #[inline(always)]
    fn raised_finer(_v3: Avx2, samples: __m256i) -> __m256i {
        _mm256_slli_epi16::<4>(samples)
    }
);

fearless_simd::kernel!(
    #[inline(always)]
    fn times(_v3: Avx2, raised: __m256i, factor: u16) -> __m256i {
        _mm256_mulhi_epu16(raised, _mm256_set1_epi16(factor.cast_signed()))
    }
);

fearless_simd::kernel!(
    /// Red, green and blue of sixteen pixels, of raised samples.
    #[inline(always)]
    fn rgb(v3: Avx2, y: __m256i, u: __m256i, v: __m256i) -> [__m128i; 3] {
        let y = times(v3, y, 19_077);
        let red = _mm256_sub_epi16(_mm256_add_epi16(y, times(v3, v, 26_149)), _mm256_set1_epi16(14_234));
        let green = _mm256_add_epi16(_mm256_sub_epi16(y, times(v3, u, 6_419)), _mm256_set1_epi16(8_708));
        let green = _mm256_sub_epi16(green, times(v3, v, 13_320));
        // Up to 51,924 before 17,685 are taken away, without a sign: below zero is zero.
        let blue = _mm256_subs_epu16(_mm256_adds_epu16(y, times(v3, u, 33_050)), _mm256_set1_epi16(17_685));
        let (red, green, blue) =
            (_mm256_srai_epi16::<6>(red), _mm256_srai_epi16::<6>(green), _mm256_srli_epi16::<6>(blue));
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

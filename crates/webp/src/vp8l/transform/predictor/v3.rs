//! The predictors that wait for the pixel to the left, with AVX2: all four channels of a pixel at once in the low bytes of a
//! vector register, so that the next pixel waits for half as many steps.

use std::arch::x86_64::{
    _mm_add_epi8, _mm_add_epi16, _mm_and_si128, _mm_avg_epu8, _mm_cmpgt_epi32, _mm_cvtsi32_si128,
    _mm_cvtsi128_si32, _mm_packus_epi16, _mm_sad_epu8, _mm_set1_epi8, _mm_setzero_si128, _mm_srai_epi16,
    _mm_sub_epi8, _mm_sub_epi16, _mm_unpacklo_epi8, _mm_xor_si128,
};

/// Whether a predictor is one of them.
#[inline(always)]
pub(super) fn waits_for_left(mode: u8) -> bool {
    matches!(mode, 1 | 5..=7 | 10..=13)
}

/// Each pixel of `$row` becomes itself and `$guess`, which is made of the finished pixel to the left and of those above: to
/// the left, in the middle and to the right.
macro_rules! each {
    ($row:ident, $above:ident, |$left:ident, $top_left:ident, $top:ident, $top_right:ident| $guess:expr) => {{
        let (first, rest) = $row.split_at_mut(1);
        let mut left = _mm_cvtsi32_si128(first[0].cast_signed());
        for (pixel, above) in rest.iter_mut().zip($above.windows(3)) {
            let $left = left;
            let $top_left = _mm_cvtsi32_si128(above[0].cast_signed());
            let $top = _mm_cvtsi32_si128(above[1].cast_signed());
            let $top_right = _mm_cvtsi32_si128(above[2].cast_signed());
            let guess = $guess;
            left = _mm_add_epi8(_mm_cvtsi32_si128(pixel.cast_signed()), guess);
            *pixel = _mm_cvtsi128_si32(left).cast_unsigned();
        }
    }};
}

fearless_simd::kernel!(
    /// Undoes one predictor for all pixels of `row` but the first, which is finished; `above` begins above that one and goes
    /// one pixel further.
    #[inline(always)]
    pub(super) fn predict(_v3: Avx2, mode: u8, row: &mut [u32], above: &[u32]) {
        // The processor's own mean is rounded up.
        let average = |a, b| {
            let odd = _mm_and_si128(_mm_xor_si128(a, b), _mm_set1_epi8(1));
            _mm_sub_epi8(_mm_avg_epu8(a, b), odd)
        };
        let wide = |channels| _mm_unpacklo_epi8(channels, _mm_setzero_si128());
        // Kept within a byte.
        let narrow = |channels| _mm_packus_epi16(channels, _mm_setzero_si128());
        match mode {
            1 => each!(row, above, |left, _tl, _t, _tr| left),
            5 => each!(row, above, |left, _tl, t, tr| average(average(left, tr), t)),
            6 => each!(row, above, |left, tl, _t, _tr| average(left, tl)),
            7 => each!(row, above, |left, _tl, t, _tr| average(left, t)),
            10 => each!(row, above, |left, tl, t, tr| average(average(left, tl), average(t, tr))),
            // Left or top, whichever is nearer to left + top - top left in the sum over all channels; top where both are
            // as near.
            11 => each!(row, above, |left, tl, t, _tr| {
                let is_left = _mm_cmpgt_epi32(_mm_sad_epu8(left, tl), _mm_sad_epu8(t, tl));
                _mm_xor_si128(t, _mm_and_si128(_mm_xor_si128(left, t), is_left))
            }),
            12 => each!(row, above, |left, tl, t, _tr| {
                let slope = _mm_sub_epi16(wide(t), wide(tl));
                narrow(_mm_add_epi16(wide(left), slope))
            }),
            13 => each!(row, above, |left, tl, t, _tr| {
                let mean = wide(average(left, t));
                let slope = _mm_sub_epi16(mean, wide(tl));
                // Rounded towards zero: a negative one is one more before it is halved.
                let half = _mm_srai_epi16::<1>(_mm_sub_epi16(slope, _mm_srai_epi16::<15>(slope)));
                narrow(_mm_add_epi16(mean, half))
            }),
            _ => {}
        }
    }
);

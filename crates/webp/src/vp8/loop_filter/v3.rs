//! The filters with AVX2: sixteen samples at a time in saturating bytes, to the same sums as [`Plain`](super::edge::Plain).

use std::arch::x86_64::{
    __m128i, _mm_add_epi8, _mm_add_epi16, _mm_adds_epi8, _mm_adds_epu8, _mm_and_si128, _mm_andnot_si128,
    _mm_avg_epu8, _mm_cmpeq_epi8, _mm_max_epu8, _mm_mulhi_epi16, _mm_or_si128, _mm_packs_epi16,
    _mm_set1_epi8, _mm_set1_epi16, _mm_setzero_si128, _mm_srai_epi16, _mm_srli_epi16, _mm_sub_epi8,
    _mm_subs_epi8, _mm_subs_epu8, _mm_unpackhi_epi8, _mm_unpackhi_epi16, _mm_unpackhi_epi32,
    _mm_unpackhi_epi64, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_unpacklo_epi32, _mm_unpacklo_epi64,
    _mm_xor_si128,
};

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, u8x16};

use super::edge::{Edge, Filters};

/// Leave to use AVX2.
#[derive(Clone, Copy, Debug)]
pub(super) struct V3(pub(super) Avx2);

type Eight = [__m128i; 8];

impl Filters for V3 {
    type Lane = __m128i;

    #[inline(always)]
    fn load(self, samples: &[u8; 16]) -> __m128i {
        let samples: u8x16<Avx2> = (*samples).simd_into(self.0);
        samples.into()
    }

    #[inline(always)]
    fn store(self, lane: __m128i) -> [u8; 16] {
        let samples: u8x16<Avx2> = lane.simd_into(self.0);
        samples.into()
    }

    #[inline(always)]
    fn first_halves(self, a: __m128i, b: __m128i) -> __m128i {
        first_halves(self.0, a, b)
    }

    #[inline(always)]
    fn last_halves(self, a: __m128i, b: __m128i) -> __m128i {
        last_halves(self.0, a, b)
    }

    #[inline(always)]
    fn turned(self, lanes: Eight) -> Eight {
        columns(self.0, lanes)
    }

    #[inline(always)]
    fn simple(self, lanes: Eight, edge: Edge) -> Eight {
        simple(self.0, lanes, edge)
    }

    #[inline(always)]
    fn macroblock(self, lanes: Eight, edge: Edge) -> Eight {
        macroblock(self.0, lanes, edge)
    }

    #[inline(always)]
    fn block(self, lanes: Eight, edge: Edge) -> Eight {
        block(self.0, lanes, edge)
    }
}

fearless_simd::kernel!(
    #[inline(always)]
    fn first_halves(_v3: Avx2, a: __m128i, b: __m128i) -> __m128i {
        _mm_unpacklo_epi64(a, b)
    }
);

fearless_simd::kernel!(
    #[inline(always)]
    fn last_halves(_v3: Avx2, a: __m128i, b: __m128i) -> __m128i {
        _mm_unpackhi_epi64(a, b)
    }
);

fearless_simd::kernel!(
    /// Rows as columns, in each half by itself.
    #[inline(always)]
    fn columns(_v3: Avx2, rows: Eight) -> Eight {
        let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
        // Rows 0 and 1 of the first halves, and so on, byte by byte; then those of the last.
        let (a01, b01) = (_mm_unpacklo_epi8(r0, r1), _mm_unpackhi_epi8(r0, r1));
        let (a23, b23) = (_mm_unpacklo_epi8(r2, r3), _mm_unpackhi_epi8(r2, r3));
        let (a45, b45) = (_mm_unpacklo_epi8(r4, r5), _mm_unpackhi_epi8(r4, r5));
        let (a67, b67) = (_mm_unpacklo_epi8(r6, r7), _mm_unpackhi_epi8(r6, r7));
        // Four rows of four columns.
        let (a03, c03) = (_mm_unpacklo_epi16(a01, a23), _mm_unpackhi_epi16(a01, a23));
        let (a47, c47) = (_mm_unpacklo_epi16(a45, a67), _mm_unpackhi_epi16(a45, a67));
        let (b03, d03) = (_mm_unpacklo_epi16(b01, b23), _mm_unpackhi_epi16(b01, b23));
        let (b47, d47) = (_mm_unpacklo_epi16(b45, b67), _mm_unpackhi_epi16(b45, b67));
        // Eight rows of two columns.
        let (a0, a2) = (_mm_unpacklo_epi32(a03, a47), _mm_unpackhi_epi32(a03, a47));
        let (a4, a6) = (_mm_unpacklo_epi32(c03, c47), _mm_unpackhi_epi32(c03, c47));
        let (b0, b2) = (_mm_unpacklo_epi32(b03, b47), _mm_unpackhi_epi32(b03, b47));
        let (b4, b6) = (_mm_unpacklo_epi32(d03, d47), _mm_unpackhi_epi32(d03, d47));
        [
            _mm_unpacklo_epi64(a0, b0),
            _mm_unpackhi_epi64(a0, b0),
            _mm_unpacklo_epi64(a2, b2),
            _mm_unpackhi_epi64(a2, b2),
            _mm_unpacklo_epi64(a4, b4),
            _mm_unpackhi_epi64(a4, b4),
            _mm_unpacklo_epi64(a6, b6),
            _mm_unpackhi_epi64(a6, b6),
        ]
    }
);

fearless_simd::kernel!(
    #[inline(always)]
    fn difference(_v3: Avx2, a: __m128i, b: __m128i) -> __m128i {
        _mm_or_si128(_mm_subs_epu8(a, b), _mm_subs_epu8(b, a))
    }
);

fearless_simd::kernel!(
    /// All ones where a byte is at most the threshold.
    #[inline(always)]
    fn at_most(_v3: Avx2, bytes: __m128i, threshold: u8) -> __m128i {
        let over = _mm_subs_epu8(bytes, _mm_set1_epi8(threshold.cast_signed()));
        _mm_cmpeq_epi8(over, _mm_setzero_si128())
    }
);

fearless_simd::kernel!(
    /// Whether the step across the edge is small: twice the step and half of that of the outer samples.
    #[inline(always)]
    fn is_on(v3: Avx2, lanes: Eight, edge: Edge) -> __m128i {
        let [_, _, p1, p0, q0, q1, _, _] = lanes;
        let (near, outer) = (difference(v3, p0, q0), difference(v3, p1, q1));
        let half = _mm_and_si128(_mm_srli_epi16::<1>(outer), _mm_set1_epi8(0x7f));
        at_most(v3, _mm_adds_epu8(_mm_adds_epu8(near, near), half), edge.limit)
    }
);

fearless_simd::kernel!(
    /// Whether the steps on either side are small; and not whether those next to the edge are large.
    #[inline(always)]
    fn is_smooth(v3: Avx2, lanes: Eight, edge: Edge) -> (__m128i, __m128i) {
        let [p3, p2, p1, p0, q0, q1, q2, q3] = lanes;
        let next = _mm_max_epu8(difference(v3, p1, p0), difference(v3, q1, q0));
        let far = _mm_max_epu8(
            _mm_max_epu8(difference(v3, p3, p2), difference(v3, p2, p1)),
            _mm_max_epu8(difference(v3, q3, q2), difference(v3, q2, q1)),
        );
        (at_most(v3, _mm_max_epu8(next, far), edge.interior), at_most(v3, next, edge.high_variance))
    }
);

fearless_simd::kernel!(
    /// Between unsigned bytes and signed ones around their middle.
    #[inline(always)]
    fn turned(_v3: Avx2, bytes: __m128i) -> __m128i {
        _mm_xor_si128(bytes, _mm_set1_epi8(i8::MIN))
    }
);

fearless_simd::kernel!(
    /// `a` and three times the step from `p0` to `q0`, all of them signed.
    #[inline(always)]
    fn with_step(_v3: Avx2, a: __m128i, p0: __m128i, q0: __m128i) -> __m128i {
        let step = _mm_subs_epi8(q0, p0);
        _mm_adds_epi8(_mm_adds_epi8(_mm_adds_epi8(a, step), step), step)
    }
);

fearless_simd::kernel!(
    /// An eighth of each signed byte, rounded down.
    #[inline(always)]
    fn eighth(_v3: Avx2, bytes: __m128i) -> __m128i {
        let zero = _mm_setzero_si128();
        let low = _mm_srai_epi16::<11>(_mm_unpacklo_epi8(zero, bytes));
        let high = _mm_srai_epi16::<11>(_mm_unpackhi_epi8(zero, bytes));
        _mm_packs_epi16(low, high)
    }
);

fearless_simd::kernel!(
    /// What is added before the edge, and what is taken away behind it.
    #[inline(always)]
    fn halves(v3: Avx2, a: __m128i) -> (__m128i, __m128i) {
        let before = eighth(v3, _mm_adds_epi8(a, _mm_set1_epi8(3)));
        (before, eighth(v3, _mm_adds_epi8(a, _mm_set1_epi8(4))))
    }
);

fearless_simd::kernel!(
    #[inline(always)]
    fn simple(v3: Avx2, lanes: Eight, edge: Edge) -> Eight {
        let [p3, p2, p1, p0, q0, q1, q2, q3] = lanes;
        let on = is_on(v3, lanes, edge);
        let (sp0, sq0) = (turned(v3, p0), turned(v3, q0));
        let a = with_step(v3, _mm_subs_epi8(turned(v3, p1), turned(v3, q1)), sp0, sq0);
        let (before, behind) = halves(v3, _mm_and_si128(a, on));
        let (sp0, sq0) = (_mm_adds_epi8(sp0, before), _mm_subs_epi8(sq0, behind));
        [p3, p2, p1, turned(v3, sp0), turned(v3, sq0), q1, q2, q3]
    }
);

fearless_simd::kernel!(
    #[inline(always)]
    fn macroblock(v3: Avx2, lanes: Eight, edge: Edge) -> Eight {
        let [p3, p2, p1, p0, q0, q1, q2, q3] = lanes;
        let (smooth, low) = is_smooth(v3, lanes, edge);
        let on = _mm_and_si128(is_on(v3, lanes, edge), smooth);
        let (sp2, sp1, sp0) = (turned(v3, p2), turned(v3, p1), turned(v3, p0));
        let (sq0, sq1, sq2) = (turned(v3, q0), turned(v3, q1), turned(v3, q2));
        let a = _mm_and_si128(with_step(v3, _mm_subs_epi8(sp1, sq1), sp0, sq0), on);
        let (before, behind) = halves(v3, _mm_andnot_si128(low, a));
        let (sp0, sq0) = (_mm_adds_epi8(sp0, before), _mm_subs_epi8(sq0, behind));
        // Nine, 18 and 27 times, and 63, in 128ths: the bytes are in the upper halves, so the product is.
        let wide = _mm_and_si128(a, low);
        let zero = _mm_setzero_si128();
        let nine = _mm_set1_epi16(9 << 8);
        let low = _mm_mulhi_epi16(_mm_unpacklo_epi8(zero, wide), nine);
        let high = _mm_mulhi_epi16(_mm_unpackhi_epi8(zero, wide), nine);
        let half = _mm_set1_epi16(63);
        let (far_low, far_high) = (_mm_add_epi16(low, half), _mm_add_epi16(high, half));
        let (middle_low, middle_high) = (_mm_add_epi16(far_low, low), _mm_add_epi16(far_high, high));
        let (near_low, near_high) = (_mm_add_epi16(middle_low, low), _mm_add_epi16(middle_high, high));
        let far = _mm_packs_epi16(_mm_srai_epi16::<7>(far_low), _mm_srai_epi16::<7>(far_high));
        let middle = _mm_packs_epi16(_mm_srai_epi16::<7>(middle_low), _mm_srai_epi16::<7>(middle_high));
        let near = _mm_packs_epi16(_mm_srai_epi16::<7>(near_low), _mm_srai_epi16::<7>(near_high));
        [
            p3,
            turned(v3, _mm_adds_epi8(sp2, far)),
            turned(v3, _mm_adds_epi8(sp1, middle)),
            turned(v3, _mm_adds_epi8(sp0, near)),
            turned(v3, _mm_subs_epi8(sq0, near)),
            turned(v3, _mm_subs_epi8(sq1, middle)),
            turned(v3, _mm_subs_epi8(sq2, far)),
            q3,
        ]
    }
);

fearless_simd::kernel!(
    #[inline(always)]
    fn block(v3: Avx2, lanes: Eight, edge: Edge) -> Eight {
        let [p3, p2, p1, p0, q0, q1, q2, q3] = lanes;
        let (smooth, low) = is_smooth(v3, lanes, edge);
        let on = _mm_and_si128(is_on(v3, lanes, edge), smooth);
        let (sp1, sp0, sq0, sq1) = (turned(v3, p1), turned(v3, p0), turned(v3, q0), turned(v3, q1));
        let outer = _mm_andnot_si128(low, _mm_subs_epi8(sp1, sq1));
        let a = _mm_and_si128(with_step(v3, outer, sp0, sq0), on);
        let (before, behind) = halves(v3, a);
        // Half of what is taken away, rounded up: it is from -16 to 15.
        let raised = _mm_add_epi8(behind, _mm_set1_epi8(64));
        let half = _mm_sub_epi8(_mm_avg_epu8(raised, _mm_setzero_si128()), _mm_set1_epi8(32));
        let half = _mm_and_si128(half, low);
        [
            p3,
            p2,
            turned(v3, _mm_adds_epi8(sp1, half)),
            turned(v3, _mm_adds_epi8(sp0, before)),
            turned(v3, _mm_subs_epi8(sq0, behind)),
            turned(v3, _mm_subs_epi8(sq1, half)),
            q2,
            q3,
        ]
    }
);

#[cfg(test)]
mod tests {
    use fearless_simd::Level;

    use super::super::edge::{Across, Plain};
    use super::*;

    #[test]
    fn every_filter_does_what_the_plain_one_does() {
        let Some(token) = Level::new().as_avx2() else { return };
        let v3 = V3(token);
        let mut state = 1u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for round in 0..20_000 {
            // From flat to wild, around any level.
            let (spread, level) = (1 << (round % 9), noise());
            let lanes: Across =
                [(); 8].map(|()| [(); 16].map(|()| level.wrapping_add((u16::from(noise()) % spread) as u8)));
            let edge = Edge { limit: noise() % 194, interior: 1 + noise() % 63, high_variance: noise() % 3 };
            let loaded = || lanes.map(|lane| v3.load(&lane));
            let out = |lanes: Eight| lanes.map(|lane| v3.store(lane));
            assert_eq!(out(v3.turned(loaded())), Plain.turned(lanes));
            assert_eq!(out(v3.simple(loaded(), edge)), Plain.simple(lanes, edge));
            assert_eq!(out(v3.macroblock(loaded(), edge)), Plain.macroblock(lanes, edge));
            assert_eq!(out(v3.block(loaded(), edge)), Plain.block(lanes, edge));
            let [a, b, ..] = lanes;
            let [c, d, ..] = loaded();
            assert_eq!(v3.store(v3.first_halves(c, d)), Plain.first_halves(a, b));
            assert_eq!(v3.store(v3.last_halves(c, d)), Plain.last_halves(a, b));
        }
    }
}

//! Hot loops compiled twice: for any x86-64, and for those with AVX2, BMI and `popcnt` (x86-64-v3), which every
//! server of the last ten years has. The code is the same, so are the results; the compiler makes more of it.

/// Runs an expression compiled for x86-64-v3 where the processor is one, or as it is.
///
/// What it calls must be `#[inline(always)]` to be compiled so too. The expression is written out twice, because a
/// closure called from two places need not be inlined into either.
macro_rules! widest {
    ($work:expr) => {{
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        {
            use fearless_simd::Simd;
            match fearless_simd::Level::new().as_avx2() {
                Some(v3) => v3.vectorize(
                    #[inline(always)]
                    || $work,
                ),
                None => $work,
            }
        }
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
        {
            $work
        }
    }};
}

pub(crate) use widest;

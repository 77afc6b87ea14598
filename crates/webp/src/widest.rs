//! Hot loops compiled twice: for any processor, and for x86-64 with AVX2 and BMI (x86-64-v3). The code is the same, and so
//! are the results; the compiler makes more of it.

/// Runs an expression compiled for x86-64-v3 where the processor is one, or as it is.
///
/// What it calls must be `#[inline(always)]` to be compiled so too.
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

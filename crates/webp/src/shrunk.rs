//! Lossy pictures that are scaled down while they are decoded: rows of planes in, rows of pixels out, each of which
//! stands for a square of the picture.
//!
//! A pixel's luma and chroma are the means of what the square has in the full picture, in which chroma is upsampled
//! with weights 9, 3, 3, 1: that is done on the sums, where it costs next to nothing. Colours are made of the means
//! alone. Means keep four bits beyond a sample's eight. At the right and lower ends a square may be smaller. Where there
//! is alpha, samples count as much as their pixels are opaque.

mod opaque;
mod translucent;

pub(crate) use self::opaque::Opaque;
pub(crate) use self::translucent::Translucent;

/// The largest square, beyond which a sum of a column would not be read at once.
const MAX_SIDE: u32 = 16;
/// Sums count every pixel so often, and means are so many times finer than samples.
const FINER: u32 = 16;

/// The even side, in pixels, of the largest squares of which so many find room; 1 where none do.
pub(crate) fn side((width, height): (u32, u32), at_least: (u32, u32)) -> u32 {
    let covers = |side: &u32| width / side >= at_least.0 && height / side >= at_least.1;
    (2..=MAX_SIDE).rev().step_by(2).find(covers).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_squares_that_leave_enough() {
        assert_eq!(side((2304, 1728), (512, 384)), 4);
        assert_eq!(side((3072, 3072), (512, 512)), 6);
        assert_eq!(side((511, 511), (512, 512)), 1);
        assert_eq!(side((511, 511), (256, 256)), 1);
        assert_eq!(side((513, 700), (256, 256)), 2);
        assert_eq!(side((16_383, 16_383), (1, 1)), 16);
    }
}

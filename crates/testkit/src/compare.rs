//! How far two pictures are apart.

/// The largest and the mean absolute difference of two equally long runs of samples, and the PSNR.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The largest absolute difference of two samples.
    pub max: u8,
    /// The mean absolute difference.
    pub mean: f64,
    /// Peak signal-to-noise ratio in decibels; infinite for equal pictures.
    pub psnr: f64,
}

/// Compares two pictures of the same size and layout.
///
/// # Panics
/// Where they are not equally long: a test would otherwise compare a part and pass.
pub fn difference(left: &[u8], right: &[u8]) -> Difference {
    assert_eq!(left.len(), right.len(), "pictures of different sizes");
    let (mut max, mut sum, mut squares) = (0u8, 0u64, 0u64);
    for (&l, &r) in left.iter().zip(right) {
        let d = l.abs_diff(r);
        max = max.max(d);
        sum += u64::from(d);
        squares += u64::from(d) * u64::from(d);
    }
    let count = (left.len().max(1)) as f64;
    let psnr =
        if squares == 0 { f64::INFINITY } else { 10.0 * (255.0 * 255.0 * count / squares as f64).log10() };
    Difference { max, mean: sum as f64 / count, psnr }
}

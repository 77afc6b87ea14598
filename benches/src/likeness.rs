//! How far two pictures are apart.

/// Peak signal-to-noise ratio of two equally long runs of samples, in decibels; infinite for equal ones.
///
/// # Panics
/// Where they are not equally long: a benchmark would otherwise check a part and pass.
pub fn psnr(left: &[u8], right: &[u8]) -> f64 {
    assert_eq!(left.len(), right.len(), "pictures of different sizes");
    let squares: u64 = left.iter().zip(right).map(|(&l, &r)| u64::from(l.abs_diff(r)).pow(2)).sum();
    if squares == 0 {
        return f64::INFINITY;
    }
    10.0 * (255.0 * 255.0 * left.len() as f64 / squares as f64).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_everywhere_is_48_decibels_and_no_difference_is_infinite() {
        assert!((psnr(&[10, 20, 30], &[11, 19, 31]) - 48.13).abs() < 0.01);
        assert_eq!(psnr(&[1, 2], &[1, 2]), f64::INFINITY);
    }
}

//! How many heap bytes a piece of work held at once, on this thread.

/// Runs `work` and says how many bytes its allocations on this thread held at their peak, above what was
/// held before.
///
/// A growing buffer counts twice while it moves, so the figure is never too small.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let mut result = None;
    let info = allocation_counter::measure(|| result = Some(work()));
    (result.expect("the closure ran"), info.bytes_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_the_peak_not_the_sum() {
        let ((), peak) = measure(|| {
            for _ in 0..10 {
                std::hint::black_box(vec![1u8; 1000]);
            }
        });
        assert_eq!(peak, 1000);
    }
}

//! The horizontal half: neighbouring columns of sums become one pixel, the mean of its cell.

/// Division by the number of pixels in a cell, to nearest, by one multiplication.
#[derive(Clone, Copy)]
struct Mean {
    half: u64,
    count: u64,
    reciprocal: u64,
}

impl Mean {
    /// With `reciprocal = floor(2^48 / n) + 1` the quotient of `x` is exact while `x * n < 2^48`; `x` is at
    /// most `255.5 * n`.
    const EXACT_BELOW: u64 = 1 << 20;

    fn new(count: u64) -> Mean {
        let count = count.max(1);
        Mean { half: count / 2, count, reciprocal: (1 << 48) / count + 1 }
    }

    #[inline(always)]
    fn of(self, sum: u64) -> u8 {
        let sum = sum + self.half;
        if self.count < Mean::EXACT_BELOW {
            ((sum * self.reciprocal) >> 48) as u8
        } else {
            (sum / self.count) as u8
        }
    }
}

/// Means of `u16` sums; the widths of a cell that photographs meet have code of their own.
pub(super) fn plain_u16(sums: &[u16], target: &mut [u8], channels: usize, fx: usize, rows: u32) {
    match channels {
        1 => plain_u16_of::<1>(sums, target, fx, rows),
        2 => plain_u16_of::<2>(sums, target, fx, rows),
        3 => plain_u16_of::<3>(sums, target, fx, rows),
        _ => plain_u16_of::<4>(sums, target, fx, rows),
    }
}

fn plain_u16_of<const C: usize>(sums: &[u16], target: &mut [u8], fx: usize, rows: u32) {
    match fx {
        1 => fixed::<C, 1>(sums, target, rows),
        2 => fixed::<C, 2>(sums, target, rows),
        3 => fixed::<C, 3>(sums, target, rows),
        4 => fixed::<C, 4>(sums, target, rows),
        _ => any::<C, u16>(sums, target, fx, rows),
    }
}

/// Means of `u32` sums.
pub(super) fn plain_u32(sums: &[u32], target: &mut [u8], channels: usize, fx: usize, rows: u32) {
    match channels {
        1 => any::<1, u32>(sums, target, fx, rows),
        3 => any::<3, u32>(sums, target, fx, rows),
        _ => any::<4, u32>(sums, target, fx, rows),
    }
}

fn fixed<const C: usize, const FX: usize>(sums: &[u16], target: &mut [u8], rows: u32) {
    let mean = Mean::new(FX as u64 * u64::from(rows));
    let pixels = sums.as_chunks::<C>().0;
    let (cells, cut) = pixels.as_chunks::<FX>();
    let targets = target.as_chunks_mut::<C>().0;
    for (to, cell) in targets.iter_mut().zip(cells) {
        for (channel, to) in to.iter_mut().enumerate() {
            let mut sum = 0;
            for pixel in cell {
                sum += u32::from(pixel[channel]);
            }
            *to = mean.of(sum.into());
        }
    }
    if !cut.is_empty() {
        any::<C, u16>(cut.as_flattened(), &mut target[cells.len() * C..], FX, rows);
    }
}

fn any<const C: usize, T: Copy + Into<u64>>(sums: &[T], target: &mut [u8], fx: usize, rows: u32) {
    let whole = Mean::new(fx as u64 * u64::from(rows));
    for (to, cell) in target.as_chunks_mut::<C>().0.iter_mut().zip(sums.as_chunks::<C>().0.chunks(fx)) {
        let mean = if cell.len() == fx { whole } else { Mean::new(cell.len() as u64 * u64::from(rows)) };
        let mut total = [0u64; C];
        for pixel in cell {
            for (total, &sum) in total.iter_mut().zip(pixel) {
                *total += sum.into();
            }
        }
        *to = total.map(|sum| mean.of(sum));
    }
}

/// Means of sums weighted by alpha: colours divided by the sum of alpha, alpha by the number of pixels.
pub(super) fn weighted<const C: usize>(sums: &[u32], target: &mut [u8], fx: usize, rows: u32) {
    for (to, cell) in target.as_chunks_mut::<C>().0.iter_mut().zip(sums.as_chunks::<C>().0.chunks(fx)) {
        let mut total = [0u64; C];
        for pixel in cell {
            for (total, &sum) in total.iter_mut().zip(pixel) {
                *total += u64::from(sum);
            }
        }
        let mut by = [total[C - 1]; C];
        by[C - 1] = cell.len() as u64 * u64::from(rows);
        for channel in 0..C {
            to[channel] = quotient(total[channel], by[channel]);
        }
    }
}

/// `sum / by` to nearest, zero for `0 / 0`.
///
/// Divided as `f64`, which is twice as fast as integers here and as exact: both numbers are below 2^49, and
/// a quotient that is not whole misses the next whole number by at least `1 / by`, far more than rounding.
#[inline(always)]
fn quotient(sum: u64, by: u64) -> u8 {
    // `0 / 0` is NaN, and NaN becomes 0.
    ((sum + by / 2) as f64 / by as f64) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_as_floats_is_exact_at_every_edge() {
        for by in (1..=600u64).chain([255 * 65_535, 255 * 65_535 * 65_535 - 1, 255 * 65_535 * 65_535]) {
            for level in 0..=255 {
                let middle = by * level;
                for sum in [middle.saturating_sub(by / 2 + 1), middle.saturating_sub(by / 2), middle] {
                    assert_eq!(u64::from(quotient(sum, by)), (sum + by / 2) / by, "{sum} / {by}");
                }
            }
        }
        assert_eq!(quotient(0, 0), 0);
    }

    #[test]
    fn the_reciprocal_divides_exactly_at_every_edge() {
        for count in (1..=2000).chain([65_535, 65_536, (1 << 20) - 1, 1 << 20, 65_535 * 65_535]) {
            let mean = Mean::new(count);
            for level in 0..=255 {
                let middle = count * level;
                for sum in [middle.saturating_sub(count / 2 + 1), middle.saturating_sub(count / 2), middle] {
                    assert_eq!(u64::from(mean.of(sum)), (sum + count / 2) / count, "{sum} / {count}");
                }
            }
        }
    }
}

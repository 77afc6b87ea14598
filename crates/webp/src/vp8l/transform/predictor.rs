//! The predictors (RFC 9649, section 3.5.1): each pixel is stored as what it differs from a guess, which is made of
//! its neighbours to the left and above.

#[cfg(target_arch = "x86_64")]
mod v3;

use super::super::head::Blocks;

/// What stands left of and above the picture.
const BLACK: u32 = 0xff00_0000;

/// The predictor transform, with a predictor for each block.
pub(super) struct Predictor {
    blocks: Blocks,
    modes: Vec<u8>,
    /// The row above and, right of its end, the first pixel of the row at hand.
    above: Vec<u32>,
}

impl Predictor {
    pub(super) fn new(blocks: Blocks, modes: Vec<u8>, width: usize) -> Predictor {
        Predictor { blocks, modes, above: vec![0; width + 1] }
    }

    /// Undoes it for row number `y`, which comes after the one before it.
    #[inline(always)]
    pub(super) fn undo(&mut self, y: usize, row: &mut [u32]) {
        let width = self.above.len() - 1;
        let row = &mut row[..width];
        if y == 0 {
            row[0] = add(row[0], BLACK);
            run(row, &self.above, 1, width, |left, _| left);
        } else {
            row[0] = add(row[0], self.above[0]);
            self.above[width] = row[0];
            let Blocks { bits, columns, .. } = self.blocks;
            let modes = &self.modes[(y >> bits) * columns..][..columns];
            #[cfg(target_arch = "x86_64")]
            let v3 = fearless_simd::Level::new().as_avx2();
            for (block, &mode) in modes.iter().enumerate() {
                let (first, end) = ((block << bits).max(1), ((block + 1) << bits).min(width));
                #[cfg(target_arch = "x86_64")]
                if let Some(v3) = v3.filter(|_| v3::waits_for_left(mode) && first < end) {
                    v3::predict(v3, mode, &mut row[first - 1..end], &self.above[first - 1..=end]);
                    continue;
                }
                predict(mode, row, &self.above, first, end);
            }
        }
        self.above[..width].copy_from_slice(row);
    }
}

/// Undoes one predictor for the columns from `first`, which is not 0, up to `end`.
#[inline(always)]
fn predict(mode: u8, row: &mut [u32], above: &[u32], first: usize, end: usize) {
    match mode {
        0 | 14.. => run(row, above, first, end, |_, _| BLACK),
        1 => run(row, above, first, end, |left, _| left),
        2 => run(row, above, first, end, |_, [_, top, _]| top),
        3 => run(row, above, first, end, |_, [_, _, top_right]| top_right),
        4 => run(row, above, first, end, |_, [top_left, _, _]| top_left),
        5 => run(row, above, first, end, |left, [_, top, top_right]| average(average(left, top_right), top)),
        6 => run(row, above, first, end, |left, [top_left, _, _]| average(left, top_left)),
        7 => run(row, above, first, end, |left, [_, top, _]| average(left, top)),
        8 => run(row, above, first, end, |_, [top_left, top, _]| average(top_left, top)),
        9 => run(row, above, first, end, |_, [_, top, top_right]| average(top, top_right)),
        10 => run(row, above, first, end, |left, [top_left, top, top_right]| {
            average(average(left, top_left), average(top, top_right))
        }),
        11 => run(row, above, first, end, |left, [top_left, top, _]| select(left, top, top_left)),
        12 => run(row, above, first, end, |left, [top_left, top, _]| full(left, top, top_left)),
        13 => run(row, above, first, end, |left, [top_left, top, _]| half(average(left, top), top_left)),
    }
}

/// Adds a guess to each pixel from `first` up to `end`, made of the pixel to the left and of those above: to the
/// left, in the middle and to the right.
#[inline(always)]
fn run(row: &mut [u32], above: &[u32], first: usize, end: usize, guess: impl Fn(u32, [u32; 3]) -> u32) {
    if first >= end {
        return;
    }
    let mut left = row[first - 1];
    let above = above[first - 1..=end].windows(3);
    for (pixel, above) in row[first..end].iter_mut().zip(above) {
        left = add(*pixel, guess(left, [above[0], above[1], above[2]]));
        *pixel = left;
    }
}

/// The sum of each channel for itself.
#[inline(always)]
fn add(a: u32, b: u32) -> u32 {
    const ODD: u32 = 0x00ff_00ff;
    ((a & !ODD).wrapping_add(b & !ODD) & !ODD) | ((a & ODD).wrapping_add(b & ODD) & ODD)
}

/// The mean of each channel, rounded down.
#[inline(always)]
fn average(a: u32, b: u32) -> u32 {
    (((a ^ b) & 0xfefe_fefe) >> 1) + (a & b)
}

/// Left or top, whichever is nearer to left + top - top left in the sum over all channels; top where both are as
/// near.
#[inline(always)]
fn select(left: u32, top: u32, top_left: u32) -> u32 {
    let (l, t, tl) = (left.to_le_bytes(), top.to_le_bytes(), top_left.to_le_bytes());
    let (mut to_left, mut to_top) = (0, 0);
    for channel in 0..4 {
        to_left += u32::from(t[channel].abs_diff(tl[channel]));
        to_top += u32::from(l[channel].abs_diff(tl[channel]));
    }
    if to_left < to_top { left } else { top }
}

/// Left + top - top left, kept within a byte.
#[inline(always)]
fn full(left: u32, top: u32, top_left: u32) -> u32 {
    let (l, t, tl) = (left.to_le_bytes(), top.to_le_bytes(), top_left.to_le_bytes());
    let guess = |channel: usize| {
        (i16::from(l[channel]) + i16::from(t[channel]) - i16::from(tl[channel])).clamp(0, 255) as u8
    };
    u32::from_le_bytes([guess(0), guess(1), guess(2), guess(3)])
}

/// A mean and half of what it differs from top left, kept within a byte.
#[inline(always)]
fn half(mean: u32, top_left: u32) -> u32 {
    let (m, tl) = (mean.to_le_bytes(), top_left.to_le_bytes());
    let guess = |channel: usize| {
        let (m, tl) = (i16::from(m[channel]), i16::from(tl[channel]));
        (m + (m - tl) / 2).clamp(0, 255) as u8
    };
    u32::from_le_bytes([guess(0), guess(1), guess(2), guess(3)])
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Channels that are close to each other and to the ends of their range as often as not.
    fn pixel() -> impl Strategy<Value = u32> {
        let channel = prop_oneof![any::<u8>(), 0..4u8, 252..=255u8, 126..130u8];
        prop::array::uniform4(channel).prop_map(u32::from_le_bytes)
    }

    proptest! {
        #[test]
        fn vectors_guess_what_the_plain_predictors_guess(
            row in prop::collection::vec(pixel(), 40),
            above in prop::collection::vec(pixel(), 41),
            first in 1usize..40,
            length in 0usize..40,
        ) {
            let Some(v3) = fearless_simd::Level::new().as_avx2() else { return Ok(()) };
            let end = (first + length).min(40);
            for mode in (0..14).filter(|&mode| v3::waits_for_left(mode) && first < end) {
                let (mut plain, mut vectors) = (row.clone(), row.clone());
                predict(mode, &mut plain, &above, first, end);
                v3::predict(v3, mode, &mut vectors[first - 1..end], &above[first - 1..=end]);
                prop_assert_eq!(plain, vectors, "predictor {}", mode);
            }
        }
    }
}

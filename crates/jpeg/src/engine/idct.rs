//! From coefficients to samples (T.81 A.3.3), at 8, 4, 2 or 1 samples a side.
//!
//! Full size is [`full`], whose samples are those of libjpeg. The smaller transforms take the low-frequency corner of the block and give the picture that it describes
//! with fewer samples: for N samples, f(x) = F0/sqrt(8) + 1/2 sum Fu cos((2x+1)u pi/2N), on both axes. They run
//! over many blocks at once. 32-bit floats carry every intermediate value with more than enough precision, and
//! all of it is plain arrays that the compiler turns into vectors.

mod full;

/// Blocks that the small transforms take at once.
const LANES: usize = 8;
type Lanes = [f32; LANES];

/// A quantisation table for one scale.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    /// In rows, for full size.
    whole: [i32; 64],
    /// In the order of the needed coefficients, with the constant factors put in, for smaller sizes.
    scaled: [f32; 16],
}

impl Steps {
    /// `table` in zigzag order.
    pub(crate) fn new(table: &[u16; 64], side: usize) -> Steps {
        let mut steps = Steps { whole: [1; 64], scaled: [0.0; 16] };
        for (&natural, &step) in super::coefficients::NATURAL.iter().zip(table) {
            let (row, column) = (usize::from(natural / 8), usize::from(natural % 8));
            steps.whole[usize::from(natural)] = step.into();
            if side < 8 && row < side && column < side {
                steps.scaled[row * side + column] = f32::from(step) * term(row) * term(column);
            }
        }
        steps
    }
}

/// 1/sqrt(8) for the constant term, 1/2 for the others.
fn term(index: usize) -> f32 {
    if index == 0 { 0.353_553_39 } else { 0.5 }
}

/// Adds the level shift and rounds: the sample ends up in the low byte of the float's bits.
#[inline(always)]
fn sample_bits(value: f32) -> u32 {
    // 1.5 * 2^23: adding it leaves no bits for a fraction.
    const ROUND: f32 = 12_582_912.0;
    ((value + 128.0).clamp(0.0, 255.0) + ROUND).to_bits() & 0xff
}

/// Turns a row of blocks into `side` rows of samples in `out`, which has rows of `stride` bytes.
#[inline(always)]
pub(crate) fn row(
    side: usize,
    coefficients: &[i16],
    blocks: usize,
    steps: &Steps,
    out: &mut [u8],
    stride: usize,
) {
    match side {
        1 => eighth(coefficients, steps.scaled[0], out),
        2 => quarter(coefficients, blocks, steps, out, stride),
        4 => half(coefficients, blocks, steps, out, stride),
        _ => full::row(coefficients, &steps.whole, out, stride),
    }
}

#[inline(always)]
fn eighth(coefficients: &[i16], step: f32, out: &mut [u8]) {
    for (sample, &dc) in out.iter_mut().zip(coefficients) {
        *sample = sample_bits(f32::from(dc) * step) as u8;
    }
}

/// `N` lanes of slot `slot`, beginning at block `from`; zeros where the row ends before.
#[inline(always)]
fn lanes(coefficients: &[i16], blocks: usize, slot: usize, from: usize, step: f32) -> Lanes {
    let start = slot * blocks + from;
    let mut lanes = [0.0; LANES];
    let left = (blocks - from).min(LANES);
    if let Some(run) = coefficients.get(start..start + left) {
        if let Some(run) = run.first_chunk::<LANES>() {
            for (lane, &value) in lanes.iter_mut().zip(run) {
                *lane = f32::from(value) * step;
            }
        } else {
            for (lane, &value) in lanes.iter_mut().zip(run) {
                *lane = f32::from(value) * step;
            }
        }
    }
    lanes
}

#[inline(always)]
fn quarter(coefficients: &[i16], blocks: usize, steps: &Steps, out: &mut [u8], stride: usize) {
    let (top, bottom) = out.split_at_mut(stride.min(out.len()));
    // cos(pi/4): what the odd terms of two points are multiplied with.
    const C: f32 = std::f32::consts::FRAC_1_SQRT_2;
    for from in (0..blocks).step_by(LANES) {
        let slot =
            |slot: usize, factor: f32| lanes(coefficients, blocks, slot, from, steps.scaled[slot] * factor);
        let (dc, across, down, both) = (slot(0, 1.0), slot(1, C), slot(2, C), slot(3, C * C));
        let (mut upper, mut lower) = ([0u16; LANES], [0u16; LANES]);
        for lane in 0..LANES {
            let (even, odd) = (dc[lane] + down[lane], across[lane] + both[lane]);
            upper[lane] = (sample_bits(even + odd) | sample_bits(even - odd) << 8) as u16;
            let (even, odd) = (dc[lane] - down[lane], across[lane] - both[lane]);
            lower[lane] = (sample_bits(even + odd) | sample_bits(even - odd) << 8) as u16;
        }
        for (row, words) in [(&mut *top, upper), (&mut *bottom, lower)] {
            let place = row.get_mut(from * 2..).unwrap_or_default();
            for (pair, word) in place.chunks_exact_mut(2).zip(words) {
                pair.copy_from_slice(&word.to_le_bytes());
            }
        }
    }
}

/// Four points from four coefficients, lane by lane.
#[inline(always)]
fn four_points(f: [Lanes; 4]) -> [Lanes; 4] {
    // cos(pi/8), cos(2 pi/8), cos(3 pi/8).
    const C1: f32 = 0.923_879_5;
    const C2: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const C3: f32 = 0.382_683_43;
    let mut out = [[0.0; LANES]; 4];
    for lane in 0..LANES {
        let (even, twice) = (f[0][lane], f[2][lane] * C2);
        let (sum, difference) = (even + twice, even - twice);
        let outer = f[1][lane] * C1 + f[3][lane] * C3;
        let inner = f[1][lane] * C3 - f[3][lane] * C1;
        out[0][lane] = sum + outer;
        out[1][lane] = difference + inner;
        out[2][lane] = difference - inner;
        out[3][lane] = sum - outer;
    }
    out
}

#[inline(always)]
fn half(coefficients: &[i16], blocks: usize, steps: &Steps, out: &mut [u8], stride: usize) {
    for from in (0..blocks).step_by(LANES) {
        // Down each of the four columns, then across each row.
        let mut columns = [[[0.0; LANES]; 4]; 4];
        for (u, column) in columns.iter_mut().enumerate() {
            let mut down = [[0.0; LANES]; 4];
            for (v, lane) in down.iter_mut().enumerate() {
                let slot = v * 4 + u;
                *lane = lanes(coefficients, blocks, slot, from, steps.scaled[slot]);
            }
            *column = four_points(down);
        }
        for (y, row) in out.chunks_mut(stride.max(1)).take(4).enumerate() {
            let across = four_points([columns[0][y], columns[1][y], columns[2][y], columns[3][y]]);
            let mut words = [0u32; LANES];
            for lane in 0..LANES {
                words[lane] = sample_bits(across[0][lane])
                    | sample_bits(across[1][lane]) << 8
                    | sample_bits(across[2][lane]) << 16
                    | sample_bits(across[3][lane]) << 24;
            }
            let place = row.get_mut(from * 4..).unwrap_or_default();
            for (quad, word) in place.chunks_exact_mut(4).zip(words) {
                quad.copy_from_slice(&word.to_le_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::coefficients::{Layout, NATURAL};

    /// The formula itself, in double precision.
    fn reference(coefficients: &[f64; 64], side: usize) -> Vec<u8> {
        let scale = |k: usize| if k == 0 { (1.0f64 / 8.0).sqrt() } else { 0.5 };
        let angle = |x: usize, k: usize| {
            ((2 * x + 1) as f64 * k as f64 * std::f64::consts::PI / (2 * side) as f64).cos()
        };
        let mut out = Vec::new();
        for y in 0..side {
            for x in 0..side {
                let mut sum = 0.0;
                for v in 0..side {
                    for u in 0..side {
                        sum += scale(u) * scale(v) * coefficients[v * 8 + u] * angle(x, u) * angle(y, v);
                    }
                }
                out.push((sum + 128.0).round_ties_even().clamp(0.0, 255.0) as u8);
            }
        }
        out
    }

    #[test]
    fn every_scale_agrees_with_the_formula() {
        let mut seed = 12_345u32;
        let mut random = move |range: i32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8).cast_signed() % range - range / 2
        };
        let table: [u16; 64] = std::array::from_fn(|k| 3 + k as u16);
        for side in [1, 2, 4, 8] {
            const BLOCKS: usize = 21;
            let layout = Layout::new(side, BLOCKS);
            let mut stored = vec![0i16; layout.row_len()];
            let mut plain = [[0.0; 64]; BLOCKS];
            for (block, plain) in plain.iter_mut().enumerate() {
                for k in 0..64 {
                    let value = random(if k == 0 { 400 } else { 1 + 60 / (i32::try_from(k).unwrap() + 1) });
                    plain[usize::from(NATURAL[k])] = f64::from(value) * f64::from(table[k]);
                    let start = layout.start(block);
                    if let Some(slot) = stored[start..].get_mut(layout.offsets.at(k)) {
                        *slot = value as i16;
                    }
                }
            }
            let stride = BLOCKS * side;
            let mut out = vec![0; stride * side];
            row(side, &stored, BLOCKS, &Steps::new(&table, side), &mut out, stride);
            for (block, plain) in plain.iter().enumerate() {
                let expected = reference(plain, side);
                for y in 0..side {
                    for x in 0..side {
                        let found = out[y * stride + block * side + x];
                        let wanted = expected[y * side + x];
                        assert!(
                            found.abs_diff(wanted) <= 1,
                            "{side}: block {block} at {x},{y}: {found} {wanted}"
                        );
                    }
                }
            }
        }
    }
}

//! Intra prediction (RFC 6386, section 12): from the borders of a macroblock or a block to its samples.

use super::modes::{Mode, Mode4};
use super::work::{AROUND, STRIDE};

/// Which borders lie within the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Borders {
    pub(super) above: bool,
    pub(super) left: bool,
}

/// Predicts a plane of `SIDE` x `SIDE` samples, which begins behind the corner of its borders (sections 12.2 and
/// 12.3).
#[inline(always)]
pub(super) fn whole<const SIDE: usize, const LEN: usize>(
    mode: Mode,
    borders: Borders,
    samples: &mut [u8; LEN],
) {
    let mut above = [0; SIDE];
    above.copy_from_slice(&samples[1..=SIDE]);
    let corner = i16::from(samples[0]);
    let rows = || (1..=SIDE).map(|row| row * STRIDE);
    match mode {
        Mode::Dc => {
            let value = mean::<SIDE, LEN>(borders, samples);
            rows().for_each(|row| samples[row + 1..][..SIDE].fill(value));
        }
        Mode::Vertical => rows().for_each(|row| samples[row + 1..][..SIDE].copy_from_slice(&above)),
        Mode::Horizontal => rows().for_each(|row| {
            let left = samples[row];
            samples[row + 1..][..SIDE].fill(left);
        }),
        Mode::TrueMotion => rows().for_each(|row| {
            let slope = i16::from(samples[row]) - corner;
            for (sample, &above) in samples[row + 1..][..SIDE].iter_mut().zip(&above) {
                *sample = (i16::from(above) + slope).clamp(0, 255) as u8;
            }
        }),
    }
}

/// The mean of the borders that there are.
#[inline(always)]
fn mean<const SIDE: usize, const LEN: usize>(borders: Borders, samples: &[u8; LEN]) -> u8 {
    let above = || samples[1..=SIDE].iter().map(|&sample| u32::from(sample)).sum::<u32>();
    let left = || (1..=SIDE).map(|row| u32::from(samples[row * STRIDE])).sum::<u32>();
    let side = SIDE as u32;
    let mean = match borders {
        Borders { above: true, left: true } => (above() + left() + side) / (2 * side),
        Borders { above: true, left: false } => (above() + side / 2) / side,
        Borders { above: false, left: true } => (left() + side / 2) / side,
        Borders { above: false, left: false } => 128,
    };
    mean as u8
}

/// Predicts one block of 4x4 samples (section 12.3).
#[inline(always)]
pub(super) fn block(mode: Mode4, around: &mut [u8; AROUND]) {
    let rows = match mode {
        Mode4::Dc => {
            let above = around[1..5].iter().map(|&sample| u32::from(sample)).sum::<u32>();
            let left = (1..5).map(|row| u32::from(around[row * STRIDE])).sum::<u32>();
            [[((above + left + 4) >> 3) as u8; 4]; 4]
        }
        Mode4::TrueMotion => [1, 2, 3, 4].map(|row| {
            let slope = i16::from(around[row * STRIDE]) - i16::from(around[0]);
            [1, 2, 3, 4].map(|at| (i16::from(around[at]) + slope).clamp(0, 255) as u8)
        }),
        _ => directed(mode, &Edge::new(around)),
    };
    for (row, samples) in rows.iter().enumerate() {
        around[(row + 1) * STRIDE + 1..][..4].copy_from_slice(samples);
    }
}

/// The border from below on the left over the corner to above on the right, smoothed.
struct Edge {
    /// The lowest sample on the left.
    lowest: u8,
    /// Means of two neighbours: the border's samples 0 and 1, 1 and 2, and so on.
    twos: [u8; 16],
    /// Means of each sample of the border with both neighbours, itself counted twice. The ends are their own
    /// neighbours.
    threes: [u8; 16],
}

/// The corner among [`Edge::threes`].
const CORNER: usize = 4;

impl Edge {
    #[inline(always)]
    fn new(around: &[u8; AROUND]) -> Edge {
        let lowest = around[4 * STRIDE];
        // The first sample twice, the four on the left upwards, the corner, the eight above, the last twice.
        let mut edge = [lowest; 18];
        for row in 1..5 {
            edge[5 - row] = around[row * STRIDE];
        }
        edge[5..14].copy_from_slice(&around[..9]);
        let last = edge[13];
        edge[14..].fill(last);
        let (mut twos, mut threes) = ([0; 16], [0; 16]);
        for at in 0..16 {
            let [a, b, c] = [edge[at], edge[at + 1], edge[at + 2]].map(u16::from);
            twos[at] = ((b + c + 1) >> 1) as u8;
            threes[at] = ((a + 2 * b + c + 2) >> 2) as u8;
        }
        Edge { lowest, twos, threes }
    }
}

/// The modes that follow a direction: each sample is a mean of two or three of the border.
#[inline(always)]
fn directed(mode: Mode4, edge: &Edge) -> [[u8; 4]; 4] {
    let Edge { lowest, twos, threes } = edge;
    let run =
        |means: &[u8; 16], from: usize| [means[from], means[from + 1], means[from + 2], means[from + 3]];
    match mode {
        Mode4::Vertical => [run(threes, CORNER + 1); 4],
        Mode4::Horizontal => [3, 2, 1, 0].map(|left| [threes[left]; 4]),
        Mode4::LeftDown => [2, 3, 4, 5].map(|row| run(threes, CORNER + row)),
        Mode4::RightDown => [0, 1, 2, 3].map(|row| run(threes, CORNER - row)),
        Mode4::VerticalRight => [
            run(twos, 4),
            run(threes, 4),
            [threes[3], twos[4], twos[5], twos[6]],
            [threes[2], threes[4], threes[5], threes[6]],
        ],
        Mode4::VerticalLeft => [
            run(twos, 5),
            run(threes, 6),
            [twos[6], twos[7], twos[8], threes[10]],
            [threes[7], threes[8], threes[9], threes[11]],
        ],
        Mode4::HorizontalDown => [
            [twos[3], threes[4], threes[5], threes[6]],
            [twos[2], threes[3], twos[3], threes[4]],
            [twos[1], threes[2], twos[2], threes[3]],
            [twos[0], threes[1], twos[1], threes[2]],
        ],
        Mode4::HorizontalUp => [
            [twos[2], threes[2], twos[1], threes[1]],
            [twos[1], threes[1], twos[0], threes[0]],
            [twos[0], threes[0], *lowest, *lowest],
            [*lowest; 4],
        ],
        // Not directed: the caller has done them.
        Mode4::Dc | Mode4::TrueMotion => [[0; 4]; 4],
    }
}

//! Intra prediction (RFC 6386, section 12): from the borders of a macroblock or a block to its samples.

use super::modes::{Mode, Mode4};
use super::transform::Rows;
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
    let left = || {
        let rows = samples.chunks(STRIDE).skip(1);
        rows.take(SIDE).map(|row| u32::from(row[0])).sum::<u32>()
    };
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
pub(super) fn block(mode: Mode4, around: &[u8; AROUND]) -> Rows {
    match mode {
        Mode4::Dc => {
            let above = around[1..5].iter().map(|&sample| u32::from(sample)).sum::<u32>();
            let [a, b, c, d] = left(around);
            let left = [a, b, c, d].iter().map(|&sample| u32::from(sample)).sum::<u32>();
            [((above + left + 4) >> 3) * 0x0101_0101; 4]
        }
        Mode4::TrueMotion => {
            let mut rows = [0; 4];
            for (nth, row) in rows.iter_mut().enumerate() {
                let slope = i16::from(around[(nth + 1) * STRIDE]) - i16::from(around[0]);
                let mut samples = [0; 4];
                for (sample, &above) in samples.iter_mut().zip(&around[1..5]) {
                    *sample = (i16::from(above) + slope).clamp(0, 255) as u8;
                }
                *row = u32::from_le_bytes(samples);
            }
            rows
        }
        // Each with an edge of its own: the processor has one branch to foretell, not two.
        Mode4::Vertical => directed(Mode4::Vertical, &Edge::new(around)),
        Mode4::Horizontal => directed(Mode4::Horizontal, &Edge::new(around)),
        Mode4::LeftDown => directed(Mode4::LeftDown, &Edge::new(around)),
        Mode4::RightDown => directed(Mode4::RightDown, &Edge::new(around)),
        Mode4::VerticalRight => directed(Mode4::VerticalRight, &Edge::new(around)),
        Mode4::VerticalLeft => directed(Mode4::VerticalLeft, &Edge::new(around)),
        Mode4::HorizontalDown => directed(Mode4::HorizontalDown, &Edge::new(around)),
        Mode4::HorizontalUp => directed(Mode4::HorizontalUp, &Edge::new(around)),
    }
}

/// The border on the left, downwards.
#[inline(always)]
fn left(around: &[u8; AROUND]) -> [u8; 4] {
    [around[STRIDE], around[2 * STRIDE], around[3 * STRIDE], around[4 * STRIDE]]
}

/// The border from below on the left over the corner to above on the right, smoothed; the first of each lowest.
struct Edge {
    /// The lowest sample on the left.
    lowest: u8,
    /// Means of two neighbours: the border's samples 0 and 1, 1 and 2, and so on.
    twos: u128,
    /// Means of each sample of the border with both neighbours, itself counted twice; the fifth is the corner's. The
    /// ends are their own neighbours.
    threes: u128,
}

impl Edge {
    #[inline(always)]
    fn new(around: &[u8; AROUND]) -> Edge {
        // The four on the left upwards, the corner, the eight above, the last four times.
        let [a, b, c, d] = left(around);
        let left = u32::from_le_bytes([d, c, b, a]);
        // Four by four, as they were written: a load that spans two stores waits for both.
        let four = |at: usize| {
            let mut four = [0; 4];
            four.copy_from_slice(&around[at..at + 4]);
            u64::from(u32::from_le_bytes(four))
        };
        let above = four(1) | four(5) << 32;
        let edge = u128::from(left) | u128::from(around[0]) << 32 | u128::from(above) << 40;
        let last = u128::from(around[8]) * 0x01_0101;
        let edge = edge | last << 104;
        let lowest = around[4 * STRIDE];
        let before = (edge << 8 | u128::from(lowest)).to_le_bytes();
        let behind = (edge >> 8 | u128::from(around[8]) << 120).to_le_bytes();
        let edge = edge.to_le_bytes();
        let (mut twos, mut threes) = ([0; 16], [0; 16]);
        for at in 0..16 {
            let (a, b, c) = (u16::from(before[at]), u16::from(edge[at]), u16::from(behind[at]));
            twos[at] = ((b + c + 1) >> 1) as u8;
            threes[at] = ((a + 2 * b + c + 2) >> 2) as u8;
        }
        Edge { lowest, twos: u128::from_le_bytes(twos), threes: u128::from_le_bytes(threes) }
    }
}

/// The modes that follow a direction: each sample is a mean of two or three of the border.
#[inline(always)]
fn directed(mode: Mode4, edge: &Edge) -> Rows {
    let &Edge { lowest, twos, threes } = edge;
    let run = |means: u128, from: usize| (means >> (8 * from)) as u32;
    let one = |means: u128, at: usize| run(means, at) & 0xff;
    // The first sample and three more of a run.
    let then = |first: u32, run: u32| first | run << 8;
    match mode {
        Mode4::Vertical => [run(threes, 5); 4],
        Mode4::Horizontal => {
            let all = |left: usize| one(threes, left) * 0x0101_0101;
            [all(3), all(2), all(1), all(0)]
        }
        Mode4::LeftDown => [run(threes, 6), run(threes, 7), run(threes, 8), run(threes, 9)],
        Mode4::RightDown => [run(threes, 4), run(threes, 3), run(threes, 2), run(threes, 1)],
        Mode4::VerticalRight => [
            run(twos, 4),
            run(threes, 4),
            then(one(threes, 3), run(twos, 4)),
            then(one(threes, 2), run(threes, 4)),
        ],
        Mode4::VerticalLeft => [
            run(twos, 5),
            run(threes, 6),
            run(twos, 6) & 0xff_ffff | one(threes, 10) << 24,
            run(threes, 7) & 0xff_ffff | one(threes, 11) << 24,
        ],
        Mode4::HorizontalDown => [
            then(one(twos, 3), run(threes, 4)),
            pairs(run(twos, 2), run(threes, 3)),
            pairs(run(twos, 1), run(threes, 2)),
            pairs(run(twos, 0), run(threes, 1)),
        ],
        Mode4::HorizontalUp => {
            let lowest = u32::from(lowest) * 0x0101_0101;
            [
                one(twos, 2) | one(threes, 2) << 8 | one(twos, 1) << 16 | one(threes, 1) << 24,
                one(twos, 1) | one(threes, 1) << 8 | one(twos, 0) << 16 | one(threes, 0) << 24,
                one(twos, 0) | one(threes, 0) << 8 | lowest << 16,
                lowest,
            ]
        }
        // Not directed: the caller has done them.
        Mode4::Dc | Mode4::TrueMotion => [0; 4],
    }
}

/// The first two samples of both, in turn.
#[inline(always)]
fn pairs(a: u32, b: u32) -> u32 {
    a & 0xff | (b & 0xff) << 8 | (a & 0xff00) << 8 | (b & 0xff00) << 16
}

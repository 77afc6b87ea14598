//! The vertical half: one sum for each sample of a row, over the rows of a row of cells.

use fic_core::{Error, Limit, PixelLayout, Stage, rows_bytes};

use super::cells;

/// The sums of one row of cells, before neighbouring pixels are put together.
///
/// Layouts with alpha sum `colour * alpha` and `alpha`.
#[derive(Debug)]
pub(super) enum Columns {
    /// Up to 257 rows of plain samples: `257 * 255` is the largest `u16`. Half the memory traffic of `Wide`.
    Narrow { sums: Vec<u16>, channels: usize },
    /// More rows of plain samples.
    Wide { sums: Vec<u32>, channels: usize },
    /// Rows of pixels with alpha; `65_535 * 255 * 255` fits in `u32`.
    Weighted { sums: Vec<u32>, opaque: Opaque, channels: usize },
}

/// Plain sums of the rows of a row of cells while all of them are opaque.
///
/// Most pictures with alpha are opaque for long stretches, and there the means are the same to the bit: with
/// all weights 255 and `n` pixels, `(255 s + 255 n / 2) / (255 n)` is `(s + n / 2) / n`, both rounded down.
#[derive(Debug)]
pub(super) struct Opaque {
    /// None where a row of cells has more rows than they hold.
    sums: Vec<u16>,
    so_far: bool,
}

const NARROW_ROWS: u32 = 257;

impl Columns {
    /// Heap bytes for rows of `width` pixels, `fy` rows a cell; none for a width of zero.
    pub(super) fn bytes(layout: PixelLayout, width: u32, fy: u32) -> u64 {
        let each = match (layout.has_alpha(), fy > NARROW_ROWS) {
            (true, false) => 6,
            (_, true) => 4,
            (false, false) => 2,
        };
        rows_bytes(layout, width, 1).saturating_mul(each)
    }

    /// Sums of zero; the caller holds [`Columns::bytes`].
    pub(super) fn new(layout: PixelLayout, width: u32, fy: u32) -> Result<Columns, Error> {
        let samples = rows_bytes(layout, width, 1);
        let samples = usize::try_from(samples)
            .map_err(|_| Error::limit(Stage::Shrink, Limit::MaxHeapBytes, usize::MAX as u64, samples))?;
        let channels = layout.channels();
        Ok(if layout.has_alpha() {
            let plain = if fy > NARROW_ROWS { 0 } else { samples };
            let opaque = Opaque { sums: vec![0; plain], so_far: false };
            Columns::Weighted { sums: vec![0; samples], opaque, channels }
        } else if fy > NARROW_ROWS {
            Columns::Wide { sums: vec![0; samples], channels }
        } else {
            Columns::Narrow { sums: vec![0; samples], channels }
        })
    }

    /// Adds whole rows of `stride` bytes; `fresh` at the top of a row of cells.
    pub(super) fn add(&mut self, rows: &[u8], stride: usize, fresh: bool) {
        match self {
            Columns::Narrow { sums, .. } => add_narrow(sums, rows, stride, fresh),
            Columns::Wide { sums, .. } => {
                if fresh {
                    sums.fill(0);
                }
                for row in rows.chunks_exact(stride) {
                    for (sum, &sample) in sums.iter_mut().zip(row) {
                        *sum += u32::from(sample);
                    }
                }
            }
            Columns::Weighted { sums, opaque, channels } => match channels {
                4 => add_with_alpha::<4>(sums, opaque, rows, stride, fresh),
                _ => add_with_alpha::<2>(sums, opaque, rows, stride, fresh),
            },
        }
    }

    /// Puts `fx` neighbours together and writes one row of means over `rows` rows.
    pub(super) fn reduce(&self, target: &mut [u8], fx: usize, rows: u32) {
        match self {
            Columns::Narrow { sums, channels } => cells::plain_u16(sums, target, *channels, fx, rows),
            Columns::Wide { sums, channels } => cells::plain_u32(sums, target, *channels, fx, rows),
            Columns::Weighted { opaque, channels, .. } if opaque.so_far => {
                cells::plain_u16(&opaque.sums, target, *channels, fx, rows);
            }
            Columns::Weighted { sums, channels: 4, .. } => cells::weighted::<4>(sums, target, fx, rows),
            Columns::Weighted { sums, .. } => cells::weighted::<2>(sums, target, fx, rows),
        }
    }
}

/// Four rows at a time, so that the sums are read and written once for four source rows.
fn add_narrow(sums: &mut [u16], rows: &[u8], stride: usize, fresh: bool) {
    let mut fresh = fresh;
    let mut fours = rows.chunks_exact(stride * 4);
    for four in &mut fours {
        let (a, rest) = four.split_at(stride);
        let (b, rest) = rest.split_at(stride);
        let (c, d) = rest.split_at(stride);
        if fresh {
            add_four::<true>(sums, a, b, c, d)
        } else {
            add_four::<false>(sums, a, b, c, d)
        }
        fresh = false;
    }
    for row in fours.remainder().chunks_exact(stride) {
        if fresh {
            add_one::<true>(sums, row)
        } else {
            add_one::<false>(sums, row)
        }
        fresh = false;
    }
}

fn add_one<const FRESH: bool>(sums: &mut [u16], row: &[u8]) {
    for (sum, &sample) in sums.iter_mut().zip(row) {
        *sum = if FRESH { 0 } else { *sum } + u16::from(sample);
    }
}

fn add_four<const FRESH: bool>(sums: &mut [u16], a: &[u8], b: &[u8], c: &[u8], d: &[u8]) {
    let rows = a.iter().zip(b).zip(c).zip(d);
    for (sum, (((&a, &b), &c), &d)) in sums.iter_mut().zip(rows) {
        let four = u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d);
        *sum = if FRESH { 0 } else { *sum } + four;
    }
}

fn add_with_alpha<const C: usize>(
    sums: &mut [u32],
    opaque: &mut Opaque,
    rows: &[u8],
    stride: usize,
    fresh: bool,
) {
    let was_opaque = !opaque.sums.is_empty() && (fresh || opaque.so_far);
    opaque.so_far = was_opaque && is_opaque::<C>(rows);
    if opaque.so_far {
        return add_narrow(&mut opaque.sums, rows, stride, fresh);
    }
    if fresh {
        sums.fill(0);
    } else if was_opaque {
        let plain = opaque.sums.as_chunks::<C>().0;
        for (sum, plain) in sums.as_chunks_mut::<C>().0.iter_mut().zip(plain) {
            *sum = plain.map(|plain| 255 * u32::from(plain));
            sum[C - 1] = u32::from(plain[C - 1]);
        }
    }
    for row in rows.chunks_exact(stride) {
        add_weighted::<C>(sums, row);
    }
}

/// Whether the last sample of each pixel is 255: whole words are put together, so that it vectorises.
fn is_opaque<const C: usize>(rows: &[u8]) -> bool {
    let (words, rest) = rows.as_chunks::<8>();
    let all = words.iter().fold(u64::MAX, |all, word| all & u64::from_ne_bytes(*word));
    let are_opaque = |pixels: &[u8]| pixels.as_chunks::<C>().0.iter().all(|pixel| pixel[C - 1] == u8::MAX);
    are_opaque(&all.to_ne_bytes()) && are_opaque(rest)
}

fn add_weighted<const C: usize>(sums: &mut [u32], row: &[u8]) {
    let sums = sums.as_chunks_mut::<C>().0;
    for (sum, pixel) in sums.iter_mut().zip(row.as_chunks::<C>().0) {
        let alpha = u16::from(pixel[C - 1]);
        for channel in 0..C {
            let weight = if channel == C - 1 { 1 } else { alpha };
            // 255 * 255 fits in u16: a 16-bit multiplication, which every vector unit has.
            sum[channel] += u32::from(u16::from(pixel[channel]) * weight);
        }
    }
}

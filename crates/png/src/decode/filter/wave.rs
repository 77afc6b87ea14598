//! Four rows unfiltered at once, each two pixels behind the one above it.
//!
//! A pixel needs its left neighbour, so that a row by itself keeps a processor waiting: almost five nanoseconds
//! a pixel for Paeth (benches/record/png-2026-11-24.md). Four rows that run staggered are four such chains in
//! one vector, and two pixels of distance give the row above time to finish what the row below reads. One
//! formula serves all five filters: with the right arguments masked to zero the Paeth predictor is left (Sub),
//! above (Up) or zero (None).
//!
//! Lane `r` of a vector is the pixel of row `r`, four bytes wide whatever the pixel has.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x16, u32x4};

use super::Filter;

/// The largest pixel in bytes.
pub(super) const MAX_PIXEL: usize = 4;
/// Pixels by which each row is ahead of the last one. They have to be done before, and as many are left
/// over at the end of the others.
pub(super) const LEAD: [usize; 4] = [6, 4, 2, 0];
/// Rows shorter than this are not worth it.
pub(super) const MIN_PIXELS: usize = 16;
/// Pixels of a row that are loaded and stored together.
const BLOCK: usize = 4;

/// Pixels of each row that [`undo`] does where rows have `width`.
pub(super) const fn pixels(width: usize) -> usize {
    width.saturating_sub(LEAD[0]) / BLOCK * BLOCK
}

/// Unfilters [`pixels`] pixels of each row, from pixel `LEAD[r]` of row `r` on; those before must be there.
pub(super) fn undo<const C: usize>(
    level: Level,
    filters: [Filter; 4],
    filtered: [&[u8]; 4],
    above: &[u8],
    out: [&mut [u8]; 4],
) {
    let len = pixels(above.len() / C) * C;
    let start = Start::of::<C>(above, [&*out[0], &*out[1], &*out[2], &*out[3]]);
    let masks = Masks::of(filters);
    let from = LEAD.map(|lead| lead * C);
    let [x0, x1, x2, x3] = filtered;
    let filtered = [&x0[from[0]..], &x1[from[1]..], &x2[from[2]..], &x3[from[3]..]].map(|row| &row[..len]);
    let [y0, y1, y2, y3] = out;
    let out = [&mut y0[from[0]..], &mut y1[from[1]..], &mut y2[from[2]..], &mut y3[from[3]..]];
    let out = out.map(|row| &mut row[..len]);
    let above = &above[from[0]..][..len];
    let holds = |kind: Filter| filters.contains(&kind);
    match (holds(Filter::Average), holds(Filter::Paeth)) {
        (false, false) => {
            dispatch!(level, simd => run::<_, C, NEITHER>(simd, filtered, above, out, &masks, &start));
        }
        (false, true) => {
            dispatch!(level, simd => run::<_, C, PAETH>(simd, filtered, above, out, &masks, &start));
        }
        (true, _) => dispatch!(level, simd => run::<_, C, BOTH>(simd, filtered, above, out, &masks, &start)),
    }
}

/// Which of the two dear predictors four rows need.
const NEITHER: u8 = 0;
const PAETH: u8 = 1;
const BOTH: u8 = 2;

/// The bytes of the wave's last steps, before its first.
struct Start {
    left: [u8; 16],
    left_of_left: [u8; 16],
    corner: [u8; 16],
}

impl Start {
    fn of<const C: usize>(above: &[u8], out: [&[u8]; 4]) -> Start {
        let rows = [above, out[0], out[1], out[2], out[3]];
        let pixels = |first: usize, behind: usize| {
            let mut lanes = [0; 16];
            for (row, lead) in LEAD.into_iter().enumerate() {
                if let Some(at) = lead.checked_sub(behind) {
                    lanes[row * 4..][..C].copy_from_slice(&rows[first + row][at * C..][..C]);
                }
            }
            lanes
        };
        Start { left: pixels(1, 1), left_of_left: pixels(1, 2), corner: pixels(0, 1) }
    }
}

/// Which of its arguments each row's predictor sees.
struct Masks {
    left: [u8; 16],
    above: [u8; 16],
    corner: [u8; 16],
    average: [u8; 16],
}

impl Masks {
    fn of(filters: [Filter; 4]) -> Masks {
        let lanes = |wanted: &[Filter]| {
            let mut lanes = [0; 16];
            for (lanes, filter) in lanes.as_chunks_mut::<4>().0.iter_mut().zip(filters) {
                lanes.fill(if wanted.contains(&filter) { u8::MAX } else { 0 });
            }
            lanes
        };
        Masks {
            left: lanes(&[Filter::Sub, Filter::Average, Filter::Paeth]),
            above: lanes(&[Filter::Up, Filter::Average, Filter::Paeth]),
            corner: lanes(&[Filter::Paeth]),
            average: lanes(&[Filter::Average]),
        }
    }
}

#[inline(always)]
fn run<S: Simd, const C: usize, const KINDS: u8>(
    simd: S,
    filtered: [&[u8]; 4],
    above: &[u8],
    out: [&mut [u8]; 4],
    masks: &Masks,
    start: &Start,
) {
    let [x0, x1, x2, x3] = filtered.map(|row| row.as_chunks::<C>().0.as_chunks::<BLOCK>().0);
    let [y0, y1, y2, y3] = out.map(|row| row.as_chunks_mut::<C>().0.as_chunks_mut::<BLOCK>().0);
    let tops = above.as_chunks::<C>().0.as_chunks::<BLOCK>().0;
    let masks =
        [&masks.left, &masks.above, &masks.corner, &masks.average].map(|mask| u8x16::from_slice(simd, mask));
    let [mut left, mut left_of_left, mut corner] =
        [&start.left, &start.left_of_left, &start.corner].map(|lanes| u8x16::from_slice(simd, lanes));
    let filtered = x0.iter().zip(x1).zip(x2).zip(x3).zip(tops);
    let out = y0.iter_mut().zip(y1).zip(y2).zip(y3);
    for (((((x0, x1), x2), x3), top), (((y0, y1), y2), y3)) in filtered.zip(out) {
        let steps = transposed([load(simd, x0), load(simd, x1), load(simd, x2), load(simd, x3)]);
        let top = load(simd, top);
        let tops = [top.slide::<1>(top), top.slide::<2>(top), top.slide::<3>(top), top];
        let mut made = steps;
        for step in 0..BLOCK {
            // The pixel above row 0 in lane 0; above each other row what its upper neighbour made two steps ago.
            let above: u8x16<S> = tops[step].slide::<3>(left_of_left.bitcast::<u32x4<S>>()).bitcast();
            let predicted = predict::<S, KINDS>(left, above, corner, &masks);
            let pixels = predicted + steps[step].bitcast::<u8x16<S>>();
            made[step] = pixels.bitcast();
            (corner, left_of_left, left) = (above, left, pixels);
        }
        let [m0, m1, m2, m3] = transposed(made);
        store(simd, m0, y0);
        store(simd, m1, y1);
        store(simd, m2, y2);
        store(simd, m3, y3);
    }
}

/// The Paeth predictor (PNG 9.4) of masked arguments, in bytes.
///
/// With `low` and `high` of left and above, the estimate `low + high - corner` is nearest to `low` where
/// `2 (high - corner) <= corner - low`, to `high` where `2 (corner - low) <= high - corner`, and to the corner
/// otherwise. Saturation does the rest: a corner outside of the two leaves a zero on one side.
#[inline(always)]
fn predict<S: Simd, const KINDS: u8>(
    left: u8x16<S>,
    above: u8x16<S>,
    corner: u8x16<S>,
    [mask_left, mask_above, mask_corner, mask_average]: &[u8x16<S>; 4],
) -> u8x16<S> {
    let (left, above, corner) = (left & *mask_left, above & *mask_above, corner & *mask_corner);
    if KINDS == NEITHER {
        return left | above; // one of them is masked
    }
    let (low, high) = (left.min(above), left.max(above));
    let (over, under) = (high.saturating_sub(corner), corner.saturating_sub(low));
    let is_low = over.saturating_add(over).simd_le(under);
    let is_high = under.saturating_add(under).simd_le(over);
    let paeth = is_high.select(high, is_low.select(low, corner));
    if KINDS == BOTH {
        // Half the sum, rounded down, without a ninth bit.
        let average = (left & above) + ((left ^ above) >> 1);
        (average & *mask_average) | (paeth & !*mask_average)
    } else {
        paeth
    }
}

/// Four pixels, each in a lane of its own.
#[inline(always)]
fn load<S: Simd, const C: usize>(simd: S, block: &[[u8; C]; BLOCK]) -> u32x4<S> {
    let mut bytes = [0; 16];
    bytes[..C * BLOCK].copy_from_slice(block.as_flattened());
    let bytes = u8x16::from_slice(simd, &bytes);
    if C == MAX_PIXEL {
        return bytes.bitcast();
    }
    bytes.swizzle_dyn_within_blocks(u8x16::from_slice(simd, &const { spread::<C>() })).bitcast()
}

#[inline(always)]
fn store<S: Simd, const C: usize>(simd: S, lanes: u32x4<S>, block: &mut [[u8; C]; BLOCK]) {
    let lanes: u8x16<S> = lanes.bitcast();
    let packed = if C == MAX_PIXEL {
        lanes
    } else {
        lanes.swizzle_dyn_within_blocks(u8x16::from_slice(simd, &const { gather::<C>() }))
    };
    let mut bytes = [0; 16];
    packed.store_slice(&mut bytes);
    block.as_flattened_mut().copy_from_slice(&bytes[..C * BLOCK]);
}

/// Rows for columns.
#[inline(always)]
fn transposed<S: Simd>([a, b, c, d]: [u32x4<S>; 4]) -> [u32x4<S>; 4] {
    let (ac_low, ac_high) = (a.zip_low(c), a.zip_high(c));
    let (bd_low, bd_high) = (b.zip_low(d), b.zip_high(d));
    [ac_low.zip_low(bd_low), ac_low.zip_high(bd_low), ac_high.zip_low(bd_high), ac_high.zip_high(bd_high)]
}

/// Where each byte of the lanes comes from; the unused ones from the last, which packed pixels do not reach.
const fn spread<const C: usize>() -> [u8; 16] {
    let mut from = [15; 16];
    let mut at = 0;
    while at < 16 {
        if at % 4 < C {
            from[at] = (at / 4 * C + at % 4) as u8;
        }
        at += 1;
    }
    from
}

/// Where each byte of packed pixels comes from.
const fn gather<const C: usize>() -> [u8; 16] {
    let mut from = [15; 16];
    let mut at = 0;
    while at < 16 && at < C * BLOCK {
        from[at] = (at / C * 4 + at % C) as u8;
        at += 1;
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every three bytes, sixteen corners at a time, against the predictor that goes pixel by pixel.
    #[inline(always)]
    fn compare_all<S: Simd>(simd: S) {
        let masks = [u8x16::splat(simd, 0xff), u8x16::splat(simd, 0xff), u8x16::splat(simd, 0xff)];
        let [left_mask, above_mask, corner_mask] = masks;
        let masks = [left_mask, above_mask, corner_mask, u8x16::splat(simd, 0)];
        for first in (0..=240_u8).step_by(16) {
            let corners: [u8; 16] = std::array::from_fn(|at| first + at as u8);
            let corner = u8x16::from_slice(simd, &corners);
            for left in 0..=255_u8 {
                for above in 0..=255_u8 {
                    let (l, a) = (u8x16::splat(simd, left), u8x16::splat(simd, above));
                    let mut found = [0; 16];
                    predict::<S, PAETH>(l, a, corner, &masks).store_slice(&mut found);
                    let wanted = corners.map(|corner| super::super::paeth(left, above, corner));
                    assert_eq!(found, wanted, "{left} {above} {first}");
                }
            }
        }
    }

    #[test]
    fn the_wave_predicts_as_single_pixels_do_for_every_three_bytes() {
        let level = Level::new();
        dispatch!(level, simd => compare_all(simd));
    }
}

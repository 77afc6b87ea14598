//! From planes to the sixteen samples along each edge of a macroblock and back.
//!
//! A macroblock is read once, turned so that its columns are lanes, filtered from column to column, turned back,
//! filtered from row to row, and written once. "Across" goes over an edge that runs down, "down" over one that runs
//! across.

use super::edge::{Edge, Filters};
use crate::vp8::planes::{Plane, Planes};

/// What is done to the samples along an edge.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Block,
    Macroblock,
    Simple,
}

/// What is done to the edges of one macroblock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edges {
    /// Those to other macroblocks.
    pub(super) outer: (Kind, Edge),
    /// Those between its blocks, if they are filtered.
    pub(super) inner: Option<(Kind, Edge)>,
}

/// The luma of the macroblock in row `row` and column `column`.
#[inline(always)]
pub(super) fn luma<F: Filters>(f: F, plane: &mut Plane, (row, column): (usize, usize), edges: Edges) {
    let (stride, left) = (plane.stride(), column * 16);
    let (above, own) = plane.band_mut::<16>(row * 16);
    let Some(inner) = edges.inner else {
        if column > 0 {
            let mut before = f.turned(rows_of_half(f, own, left - 8, stride));
            let mut behind = f.turned(rows_of_half(f, own, left, stride));
            over(f, edges.outer, last_four(&mut before), first_four(&mut behind));
            set_half(f, own, left - 8, stride, f.turned(before));
            set_half(f, own, left, stride, f.turned(behind));
        }
        if row > 0 {
            let mut before = rows::<4, F>(f, above, left, stride);
            let mut behind = rows::<4, F>(f, own, left, stride);
            over(f, edges.outer, &mut before, &mut behind);
            set_rows(f, above, left, stride, before);
            set_rows(f, own, left, stride, behind);
        }
        return;
    };
    let (first, last) = halves(f, rows(f, own, left, stride), rows(f, &own[8 * stride..], left, stride));
    let (mut first, mut last) = (f.turned(first), f.turned(last));
    if column > 0 {
        let mut before = f.turned(rows_of_half(f, own, left - 8, stride));
        over(f, edges.outer, last_four(&mut before), first_four(&mut first));
        set_half(f, own, left - 8, stride, f.turned(before));
    }
    within(f, inner, &mut first);
    over(f, inner, last_four(&mut first), first_four(&mut last));
    within(f, inner, &mut last);
    let (mut upper, mut lower) = halves(f, f.turned(first), f.turned(last));
    if row > 0 {
        let mut before = rows::<4, F>(f, above, left, stride);
        over(f, edges.outer, &mut before, first_four(&mut upper));
        set_rows(f, above, left, stride, before);
    }
    within(f, inner, &mut upper);
    over(f, inner, last_four(&mut upper), first_four(&mut lower));
    within(f, inner, &mut lower);
    set_rows(f, own, left, stride, upper);
    set_rows(f, &mut own[8 * stride..], left, stride, lower);
}

/// Both planes of chroma of the same macroblock: the first is in the first halves of lanes, the second in the last.
#[inline(always)]
pub(super) fn chroma<F: Filters>(f: F, planes: &mut Planes, (row, column): (usize, usize), edges: Edges) {
    let (stride, left) = (planes.u.stride(), column * 8);
    let (u_above, u) = planes.u.band_mut::<8>(row * 8);
    let (v_above, v) = planes.v.band_mut::<8>(row * 8);
    let mut all = rows_of_both(f, u, v, left, stride);
    if column > 0 || edges.inner.is_some() {
        let mut columns = f.turned(all);
        if column > 0 {
            let mut before = f.turned(rows_of_both(f, u, v, left - 8, stride));
            over(f, edges.outer, last_four(&mut before), first_four(&mut columns));
            set_both(f, u, v, left - 8, stride, f.turned(before));
        }
        if let Some(inner) = edges.inner {
            within(f, inner, &mut columns);
        }
        all = f.turned(columns);
    }
    if row > 0 {
        let mut before: [F::Lane; 4] = rows_of_both(f, u_above, v_above, left, stride);
        over(f, edges.outer, &mut before, first_four(&mut all));
        set_both(f, u_above, v_above, left, stride, before);
    }
    if let Some(inner) = edges.inner {
        within(f, inner, &mut all);
    }
    set_both(f, u, v, left, stride, all);
}

/// Over the edge between two times four lanes.
#[inline(always)]
fn over<F: Filters>(f: F, (kind, edge): (Kind, Edge), before: &mut [F::Lane; 4], behind: &mut [F::Lane; 4]) {
    let ([p3, p2, p1, p0], [q0, q1, q2, q3]) = (*before, *behind);
    let lanes = kind.apply(f, [p3, p2, p1, p0, q0, q1, q2, q3], edge);
    let [p3, p2, p1, p0, q0, q1, q2, q3] = lanes;
    (*before, *behind) = ([p3, p2, p1, p0], [q0, q1, q2, q3]);
}

/// Over the edge in the middle of eight lanes.
#[inline(always)]
fn within<F: Filters>(f: F, (kind, edge): (Kind, Edge), lanes: &mut [F::Lane; 8]) {
    *lanes = kind.apply(f, *lanes, edge);
}

impl Kind {
    #[inline(always)]
    fn apply<F: Filters>(self, filters: F, lanes: [F::Lane; 8], edge: Edge) -> [F::Lane; 8] {
        match self {
            Kind::Block => filters.block(lanes, edge),
            Kind::Macroblock => filters.macroblock(lanes, edge),
            Kind::Simple => filters.simple(lanes, edge),
        }
    }
}

#[inline(always)]
fn first_four<T>(lanes: &mut [T; 8]) -> &mut [T; 4] {
    &mut lanes.as_chunks_mut::<4>().0[0]
}

#[inline(always)]
fn last_four<T>(lanes: &mut [T; 8]) -> &mut [T; 4] {
    &mut lanes.as_chunks_mut::<4>().0[1]
}

/// The first halves of each lane of one and of the other, and the last.
#[inline(always)]
fn halves<F: Filters>(f: F, a: [F::Lane; 8], b: [F::Lane; 8]) -> ([F::Lane; 8], [F::Lane; 8]) {
    let (mut first, mut last) = (a, b);
    for at in 0..8 {
        (first[at], last[at]) = (f.first_halves(a[at], b[at]), f.last_halves(a[at], b[at]));
    }
    (first, last)
}

/// Sixteen samples of each row from `left` on.
#[inline(always)]
fn rows<const ROWS: usize, F: Filters>(f: F, samples: &[u8], left: usize, stride: usize) -> [F::Lane; ROWS] {
    let mut lanes = [f.load(&[0; 16]); ROWS];
    for (row, lane) in lanes.iter_mut().enumerate() {
        *lane = f.load(run(samples, row * stride + left));
    }
    lanes
}

#[inline(always)]
fn set_rows<const ROWS: usize, F: Filters>(
    f: F,
    samples: &mut [u8],
    left: usize,
    stride: usize,
    lanes: [F::Lane; ROWS],
) {
    for (row, lane) in lanes.into_iter().enumerate() {
        *run_mut(samples, row * stride + left) = f.store(lane);
    }
}

/// Eight samples of each of sixteen rows; the last eight rows are in the last halves.
#[inline(always)]
fn rows_of_half<F: Filters>(f: F, samples: &[u8], left: usize, stride: usize) -> [F::Lane; 8] {
    let (upper, lower) = samples.split_at(8 * stride);
    rows_of_both(f, upper, lower, left, stride)
}

#[inline(always)]
fn set_half<F: Filters>(f: F, samples: &mut [u8], left: usize, stride: usize, lanes: [F::Lane; 8]) {
    let (upper, lower) = samples.split_at_mut(8 * stride);
    set_both(f, upper, lower, left, stride, lanes);
}

/// Eight samples of each row of one, and of the other.
#[inline(always)]
fn rows_of_both<const ROWS: usize, F: Filters>(
    f: F,
    first: &[u8],
    last: &[u8],
    left: usize,
    stride: usize,
) -> [F::Lane; ROWS] {
    let mut lanes = [f.load(&[0; 16]); ROWS];
    for (row, lane) in lanes.iter_mut().enumerate() {
        let mut both = [0; 16];
        both[..8].copy_from_slice(run::<8>(first, row * stride + left));
        both[8..].copy_from_slice(run::<8>(last, row * stride + left));
        *lane = f.load(&both);
    }
    lanes
}

#[inline(always)]
fn set_both<const ROWS: usize, F: Filters>(
    f: F,
    first: &mut [u8],
    last: &mut [u8],
    left: usize,
    stride: usize,
    lanes: [F::Lane; ROWS],
) {
    for (row, lane) in lanes.into_iter().enumerate() {
        let both = f.store(lane);
        let at = row * stride + left;
        run_mut::<8>(first, at).copy_from_slice(&both[..8]);
        run_mut::<8>(last, at).copy_from_slice(&both[8..]);
    }
}

#[inline(always)]
fn run<const N: usize>(samples: &[u8], start: usize) -> &[u8; N] {
    #[expect(clippy::expect_used, reason = "a macroblock is within its row, which the caller counts in them")]
    samples[start..].first_chunk().expect("planes are made of whole macroblocks")
}

#[inline(always)]
fn run_mut<const N: usize>(samples: &mut [u8], start: usize) -> &mut [u8; N] {
    #[expect(clippy::expect_used, reason = "a macroblock is within its row, which the caller counts in them")]
    samples[start..].first_chunk_mut().expect("planes are made of whole macroblocks")
}

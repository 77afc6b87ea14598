//! From planes to the sixteen samples along an edge and back.
//!
//! "Across" goes over an edge that runs down, "down" over one that runs across.

use super::edge::{Edge, Filters};
use crate::vp8::planes::Plane;

/// What is done to the samples along an edge.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Block,
    Macroblock,
    Simple,
}

impl Kind {
    #[inline(always)]
    fn apply<F: Filters>(self, filters: F, lanes: F::Lanes, edge: Edge) -> F::Lanes {
        match self {
            Kind::Block => filters.block(lanes, edge),
            Kind::Macroblock => filters.macroblock(lanes, edge),
            Kind::Simple => filters.simple(lanes, edge),
        }
    }
}

/// Over the edge on the left of sample `left`, in 16 rows from `top` on.
#[inline(always)]
pub(super) fn across<F: Filters>(
    f: F,
    kind: Kind,
    plane: &mut Plane,
    (top, left): (usize, usize),
    edge: Edge,
) {
    let mut rows = [[0; 8]; 16];
    let stride = plane.stride();
    let samples = plane.rows_mut::<16>(top);
    for (run, row) in rows.iter_mut().zip(samples.chunks_exact(stride)) {
        run.copy_from_slice(&row[left - 4..left + 4]);
    }
    let rows = f.rows(kind.apply(f, f.columns(&rows), edge));
    for (run, row) in rows.iter().zip(samples.chunks_exact_mut(stride)) {
        row[left - 4..left + 4].copy_from_slice(run);
    }
}

/// Over the edge on the left of sample `left` of two planes, in 8 rows from `top` on.
#[inline(always)]
pub(super) fn across_both<F: Filters>(
    f: F,
    kind: Kind,
    (u, v): (&mut Plane, &mut Plane),
    (top, left): (usize, usize),
    edge: Edge,
) {
    let mut rows = [[0; 8]; 16];
    let stride = u.stride();
    let (u, v) = (u.rows_mut::<8>(top), v.rows_mut::<8>(top));
    let samples = u.chunks_exact(stride).chain(v.chunks_exact(stride));
    for (run, row) in rows.iter_mut().zip(samples) {
        run.copy_from_slice(&row[left - 4..left + 4]);
    }
    let rows = f.rows(kind.apply(f, f.columns(&rows), edge));
    let samples = u.chunks_exact_mut(stride).chain(v.chunks_exact_mut(stride));
    for (run, row) in rows.iter().zip(samples) {
        row[left - 4..left + 4].copy_from_slice(run);
    }
}

/// Over the edge above row `top`, 16 samples from `left` on.
#[inline(always)]
pub(super) fn down<F: Filters>(f: F, kind: Kind, plane: &mut Plane, (top, left): (usize, usize), edge: Edge) {
    let mut lanes = [[0; 16]; 8];
    for (nth, lanes) in lanes.iter_mut().enumerate() {
        lanes.copy_from_slice(&plane.row((top + nth).wrapping_sub(4))[left..left + 16]);
    }
    let lanes = f.out(kind.apply(f, f.lanes(&lanes), edge));
    // No filter changes the outermost.
    for (nth, lanes) in lanes.iter().enumerate().take(7).skip(1) {
        plane.row_mut((top + nth).wrapping_sub(4))[left..left + 16].copy_from_slice(lanes);
    }
}

/// Over the edge above row `top` of two planes, 8 samples from `left` on.
#[inline(always)]
pub(super) fn down_both<F: Filters>(
    f: F,
    kind: Kind,
    (u, v): (&mut Plane, &mut Plane),
    (top, left): (usize, usize),
    edge: Edge,
) {
    let mut lanes = [[0; 16]; 8];
    for (nth, lanes) in lanes.iter_mut().enumerate() {
        let row = (top + nth).wrapping_sub(4);
        lanes[..8].copy_from_slice(&u.row(row)[left..left + 8]);
        lanes[8..].copy_from_slice(&v.row(row)[left..left + 8]);
    }
    let lanes = f.out(kind.apply(f, f.lanes(&lanes), edge));
    for (nth, lanes) in lanes.iter().enumerate().take(7).skip(1) {
        let row = (top + nth).wrapping_sub(4);
        u.row_mut(row)[left..left + 8].copy_from_slice(&lanes[..8]);
        v.row_mut(row)[left..left + 8].copy_from_slice(&lanes[8..]);
    }
}

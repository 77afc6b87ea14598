//! From planes to the sixteen samples along an edge and back.
//!
//! "Across" goes over an edge that runs down, "down" over one that runs across.

use super::edge::Across;
use crate::vp8::planes::Plane;

/// Over the edge on the left of sample `left`, in 16 rows from `top` on.
#[inline(always)]
pub(super) fn across(plane: &Plane, top: usize, left: usize) -> Across {
    let mut lanes = [[0; 16]; 8];
    for nth in 0..16 {
        fetch(&mut lanes, nth, plane.row(top + nth), left);
    }
    lanes
}

#[inline(always)]
pub(super) fn put_across(plane: &mut Plane, top: usize, left: usize, lanes: &Across) {
    for nth in 0..16 {
        put(lanes, nth, plane.row_mut(top + nth), left);
    }
}

/// Over the edge on the left of sample `left` of two planes, in 8 rows from `top` on.
#[inline(always)]
pub(super) fn across_both(u: &Plane, v: &Plane, top: usize, left: usize) -> Across {
    let mut lanes = [[0; 16]; 8];
    for nth in 0..8 {
        fetch(&mut lanes, nth, u.row(top + nth), left);
        fetch(&mut lanes, nth + 8, v.row(top + nth), left);
    }
    lanes
}

#[inline(always)]
pub(super) fn put_across_both(u: &mut Plane, v: &mut Plane, top: usize, left: usize, lanes: &Across) {
    for nth in 0..8 {
        put(lanes, nth, u.row_mut(top + nth), left);
        put(lanes, nth + 8, v.row_mut(top + nth), left);
    }
}

/// Over the edge above row `top`, 16 samples from `left` on.
#[inline(always)]
pub(super) fn down(plane: &Plane, top: usize, left: usize) -> Across {
    let mut lanes = [[0; 16]; 8];
    for (nth, lanes) in lanes.iter_mut().enumerate() {
        lanes.copy_from_slice(&plane.row((top + nth).wrapping_sub(4))[left..][..16]);
    }
    lanes
}

/// Puts back the six rows that a filter may have changed.
#[inline(always)]
pub(super) fn put_down(plane: &mut Plane, top: usize, left: usize, lanes: &Across) {
    for (nth, lanes) in lanes.iter().enumerate().take(7).skip(1) {
        plane.row_mut((top + nth).wrapping_sub(4))[left..][..16].copy_from_slice(lanes);
    }
}

/// Over the edge above row `top` of two planes, 8 samples from `left` on.
#[inline(always)]
pub(super) fn down_both(u: &Plane, v: &Plane, top: usize, left: usize) -> Across {
    let mut lanes = [[0; 16]; 8];
    for (nth, lanes) in lanes.iter_mut().enumerate() {
        let row = (top + nth).wrapping_sub(4);
        lanes[..8].copy_from_slice(&u.row(row)[left..][..8]);
        lanes[8..].copy_from_slice(&v.row(row)[left..][..8]);
    }
    lanes
}

#[inline(always)]
pub(super) fn put_down_both(u: &mut Plane, v: &mut Plane, top: usize, left: usize, lanes: &Across) {
    for (nth, lanes) in lanes.iter().enumerate().take(7).skip(1) {
        let row = (top + nth).wrapping_sub(4);
        u.row_mut(row)[left..][..8].copy_from_slice(&lanes[..8]);
        v.row_mut(row)[left..][..8].copy_from_slice(&lanes[8..]);
    }
}

#[inline(always)]
fn fetch(lanes: &mut Across, nth: usize, row: &[u8], left: usize) {
    for (lanes, &sample) in lanes.iter_mut().zip(&row[left - 4..][..8]) {
        lanes[nth] = sample;
    }
}

#[inline(always)]
fn put(lanes: &Across, nth: usize, row: &mut [u8], left: usize) {
    for (lanes, sample) in lanes.iter().zip(&mut row[left - 4..][..8]) {
        *sample = lanes[nth];
    }
}

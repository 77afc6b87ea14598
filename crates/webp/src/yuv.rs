//! From the planes of a lossy frame to rows of RGB, as the reference decoder does it: chroma is upsampled with
//! weights 9, 3, 3, 1 (its "fancy" upsampling), then BT.601 in limited range, in fixed point.

use crate::vp8::planes::{Plane, Planes};

/// The scratch rows of the upsampling of one frame.
pub(crate) struct Upsampled {
    width: usize,
    height: usize,
    /// Three times the nearer chroma row plus the farther one.
    u: Vec<u16>,
    v: Vec<u16>,
}

impl Upsampled {
    /// Bytes of the scratch rows for a frame of that width.
    pub(crate) fn scratch_bytes(width: u32) -> u64 {
        u64::from(width.div_ceil(2)) * 4
    }

    /// For a frame of that size; the caller has paid for [`Upsampled::scratch_bytes`].
    pub(crate) fn new(width: usize, height: usize) -> Upsampled {
        let sums = vec![0; width.div_ceil(2)];
        Upsampled { width, height, u: sums.clone(), v: sums }
    }

    /// Writes row `row`, which the planes have, as pixels of `BPP` bytes of which the first three are set.
    pub(crate) fn row<const BPP: usize>(&mut self, planes: &Planes, row: usize, out: &mut [u8]) {
        let (width, height) = (self.width, self.height);
        assert_eq!(out.len(), width * BPP);
        let (chroma_width, chroma_height) = (width.div_ceil(2), height.div_ceil(2));
        let near = row / 2;
        // An even row lies above the middle of its chroma row, an odd one below it.
        let far =
            if row.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(chroma_height - 1) };
        let chroma = |plane: &'_ Plane, sums: &mut [u16]| {
            let near = &plane.row(near)[..chroma_width];
            let far = &plane.row(far)[..chroma_width];
            for ((sum, &near), &far) in sums.iter_mut().zip(near).zip(far) {
                *sum = 3 * u16::from(near) + u16::from(far);
            }
        };
        chroma(&planes.u, &mut self.u);
        chroma(&planes.v, &mut self.v);
        convert::<BPP>(&planes.y.row(row)[..width], &self.u, &self.v, out);
    }
}

/// One row: the first pixel and, where the width is even, the last have one chroma column to draw on, all
/// others come in pairs between two columns.
fn convert<const BPP: usize>(luma: &[u8], u: &[u16], v: &[u16], out: &mut [u8]) {
    let edge = |sum: u16| (4 * sum + 8) >> 4;
    let between = |near: u16, far: u16| (3 * near + far + 8) >> 4;
    let Some((&first, luma)) = luma.split_first() else { return };
    let (first_out, out) = out.split_at_mut(BPP);
    set(first_out, first, edge(u[0]), edge(v[0]));
    let mut pairs = luma.chunks_exact(2);
    let mut pairs_out = out.chunks_exact_mut(2 * BPP);
    for (((luma, out), u), v) in (&mut pairs).zip(&mut pairs_out).zip(u.windows(2)).zip(v.windows(2)) {
        let (left, right) = out.split_at_mut(BPP);
        set(left, luma[0], between(u[0], u[1]), between(v[0], v[1]));
        set(right, luma[1], between(u[1], u[0]), between(v[1], v[0]));
    }
    if let [last] = pairs.remainder() {
        set(pairs_out.into_remainder(), *last, edge(u[u.len() - 1]), edge(v[v.len() - 1]));
    }
}

#[inline(always)]
fn set(pixel: &mut [u8], y: u8, u: u16, v: u16) {
    let scaled = |sample: i32, factor: i32| (sample * factor) >> 8;
    let clipped = |value: i32| (value >> 6).clamp(0, 255) as u8;
    let (y, u, v) = (scaled(y.into(), 19_077), i32::from(u), i32::from(v));
    pixel[0] = clipped(y + scaled(v, 26_149) - 14_234);
    pixel[1] = clipped(y - scaled(u, 6_419) - scaled(v, 13_320) + 8_708);
    pixel[2] = clipped(y + scaled(u, 33_050) - 17_685);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pixel_is_converted_as_the_reference_does() {
        let pixel = |y, u, v| {
            let mut out = [0; 3];
            set(&mut out, y, u, v);
            out
        };
        assert_eq!(pixel(203, 40, 42), [80, 255, 40]);
        assert_eq!(pixel(16, 128, 128), [0, 0, 0]);
    }
}

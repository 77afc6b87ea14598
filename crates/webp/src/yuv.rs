//! From the planes of a lossy frame to rows of RGB, as the reference decoder does it: chroma is upsampled with
//! weights 9, 3, 3, 1 (its "fancy" upsampling), then BT.601 in limited range, in fixed point.

#[cfg(target_arch = "x86_64")]
mod v3;

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Level, Simd};

use crate::vp8::planes::Planes;

/// The scratch rows of the upsampling of one frame.
pub(crate) struct Upsampled {
    width: usize,
    height: usize,
    /// Three times the nearer chroma row plus the farther one.
    sums: Vec<u16>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Upsampled {
    /// Bytes of the scratch rows for a frame of that width.
    pub(crate) fn scratch_bytes(width: u32) -> u64 {
        u64::from(width.div_ceil(2)) * 2 + u64::from(width) * 2
    }

    /// For a frame of that size; the caller has paid for [`Upsampled::scratch_bytes`].
    pub(crate) fn new(width: usize, height: usize) -> Upsampled {
        let row = || vec![0; width];
        Upsampled { width, height, sums: vec![0; width.div_ceil(2)], u: row(), v: row() }
    }

    /// Writes row `row`, which the planes have, as pixels of `BPP` bytes of which the first three are set.
    pub(crate) fn row<const BPP: usize>(&mut self, planes: &Planes, row: usize, out: &mut [u8]) {
        assert_eq!(out.len(), self.width * BPP);
        let luma = &planes.y.row(row)[..self.width];
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = Level::new().as_avx2() {
            let done = token.vectorize(
                #[inline(always)]
                || {
                    self.upsample(planes, row);
                    if BPP == 3 { v3::convert(token, [luma, &self.u, &self.v], out) } else { 0 }
                },
            );
            convert::<BPP>([&luma[done..], &self.u[done..], &self.v[done..]], &mut out[done * BPP..]);
            return;
        }
        self.upsample(planes, row);
        convert::<BPP>([luma, &self.u, &self.v], out);
    }

    /// Makes the chroma of a row.
    #[inline(always)]
    fn upsample(&mut self, planes: &Planes, row: usize) {
        let (near, far) = chroma_rows(row, self.height);
        // Inlined: a closure that is called would not be compiled for AVX2.
        for (plane, out) in [(&planes.u, &mut self.u), (&planes.v, &mut self.v)] {
            for ((sum, &near), &far) in self.sums.iter_mut().zip(plane.row(near)).zip(plane.row(far)) {
                *sum = 3 * u16::from(near) + u16::from(far);
            }
            spread(&self.sums, out);
        }
    }
}

/// The chroma row that a row of luma lies in, and the one that it lies next to: an even row lies above the middle of
/// its chroma row, an odd one below it.
#[inline(always)]
pub(crate) fn chroma_rows(row: usize, height: usize) -> (usize, usize) {
    let near = row / 2;
    let last = height.div_ceil(2) - 1;
    (near, if row.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(last) })
}

/// One row: the first sample and, where the width is even, the last have one chroma column to draw on, all others
/// come in pairs between two columns.
#[inline(always)]
fn spread(sums: &[u16], out: &mut [u8]) {
    let edge = |sum: u16| ((4 * sum + 8) >> 4) as u8;
    let (Some(&first), Some(&last)) = (sums.first(), sums.last()) else { return };
    let Some((first_out, out)) = out.split_first_mut() else { return };
    *first_out = edge(first);
    let (pairs, rest) = out.as_chunks_mut::<2>();
    for ((pair, &left), &right) in pairs.iter_mut().zip(sums).zip(&sums[1..]) {
        *pair = [((3 * left + right + 8) >> 4) as u8, ((3 * right + left + 8) >> 4) as u8];
    }
    rest.fill(edge(last));
}

/// Pixels of `BPP` bytes, of which the first three are set.
fn convert<const BPP: usize>([luma, u, v]: [&[u8]; 3], out: &mut [u8]) {
    for (((pixel, &y), &u), &v) in out.chunks_exact_mut(BPP).zip(luma).zip(u).zip(v) {
        set(pixel, y, u, v);
    }
}

#[inline(always)]
fn set(pixel: &mut [u8], y: u8, u: u8, v: u8) {
    let scaled = |sample: i32, factor: i32| (sample * factor) >> 8;
    let clipped = |value: i32| (value >> 6).clamp(0, 255) as u8;
    let (y, u, v) = (scaled(y.into(), 19_077), i32::from(u), i32::from(v));
    pixel[0] = clipped(y + scaled(v, 26_149) - 14_234);
    pixel[1] = clipped(y - scaled(u, 6_419) - scaled(v, 13_320) + 8_708);
    pixel[2] = clipped(y + scaled(u, 33_050) - 17_685);
}

/// A row of pixels of three bytes from samples that are 16 times as fine.
#[inline(always)]
pub(crate) fn set_row_finer([y, u, v]: [&[u16]; 3], out: &mut [u8]) {
    let mut done = 0;
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Level::new().as_avx2() {
        done = token.vectorize(
            #[inline(always)]
            || v3::convert_finer(token, [y, u, v], out),
        );
    }
    let pixels = out.as_chunks_mut::<3>().0.iter_mut().zip(y).zip(u).zip(v);
    for (((pixel, &y), &u), &v) in pixels.skip(done) {
        set_finer(pixel, y, u, v);
    }
}

/// The same for samples that are 16 times as fine; sets three bytes.
#[inline(always)]
pub(crate) fn set_finer(pixel: &mut [u8], y: u16, u: u16, v: u16) {
    let scaled = |sample: u16, factor: i32| (i32::from(sample) * factor) >> 12;
    let clipped = |value: i32| (value >> 6).clamp(0, 255) as u8;
    let luma = scaled(y, 19_077);
    pixel[0] = clipped(luma + scaled(v, 26_149) - 14_234);
    pixel[1] = clipped(luma - scaled(u, 6_419) - scaled(v, 13_320) + 8_708);
    pixel[2] = clipped(luma + scaled(u, 33_050) - 17_685);
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
        let mut out = [0; 3];
        set_finer(&mut out, 203 * 16, 40 * 16, 42 * 16);
        assert_eq!(out, [80, 255, 40]);
    }
    #[test]
    fn every_pixel_of_a_row_is_that_of_the_plain_equations() {
        // Every pair of chroma samples, in rows of every width up to three runs.
        let all = (0..=255u8).flat_map(|u| (0..=255u8).map(move |v| (u, v)));
        let (u, v): (Vec<u8>, Vec<u8>) = all.unzip();
        let y: Vec<u8> = (0..u.len()).map(|at| (at * 151 % 256) as u8).collect();
        let mut at = 0;
        for width in (0..50).cycle() {
            if at + width > u.len() {
                break;
            }
            let (y, u, v) = (&y[at..][..width], &u[at..][..width], &v[at..][..width]);
            let (mut plain, mut out) = (vec![0; width * 3], vec![0; width * 3]);
            convert::<3>([y, u, v], &mut plain);
            #[cfg(target_arch = "x86_64")]
            let done = Level::new().as_avx2().map_or(0, |token| v3::convert(token, [y, u, v], &mut out));
            #[cfg(not(target_arch = "x86_64"))]
            let done = 0;
            assert!(done <= width && width - done < 16 || done == 0);
            convert::<3>([&y[done..], &u[done..], &v[done..]], &mut out[done * 3..]);
            assert_eq!(out, plain);
            at += width;
        }
    }

    #[test]
    fn a_row_of_finer_samples_is_that_of_the_plain_equations() {
        for width in 0..50 {
            for seed in 0..200 {
                let samples = |factor: usize| {
                    (0..width).map(|at| ((at + seed * 50) * factor % 4_081) as u16).collect::<Vec<_>>()
                };
                let (y, u, v) = (samples(397), samples(1_013), samples(2_003));
                let (mut plain, mut out) = (vec![0; width * 3], vec![0; width * 3]);
                for (((pixel, &y), &u), &v) in plain.chunks_exact_mut(3).zip(&y).zip(&u).zip(&v) {
                    set_finer(pixel, y, u, v);
                }
                set_row_finer([&y, &u, &v], &mut out);
                assert_eq!(out, plain);
            }
        }
    }

    #[test]
    fn chroma_between_two_columns_is_three_quarters_of_the_nearer() {
        let sums = [4 * 10, 4 * 50, 4 * 90];
        let mut out = [0; 6];
        spread(&sums, &mut out);
        assert_eq!(out, [10, 20, 40, 60, 80, 90]);
        spread(&sums, &mut out[..5]);
        assert_eq!(out[..5], [10, 20, 40, 60, 80]);
        spread(&sums[..1], &mut out[..1]);
        assert_eq!(out[0], 10);
    }
}

//! Pictures without alpha: rows of samples are added up by columns, then columns by squares.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Level, Simd};

use super::FINER;
use crate::vp8::planes::Planes;
use crate::yuv;

/// The sums of the squares that are being read.
#[derive(Debug)]
pub(crate) struct Opaque {
    /// Pixels of a square's side.
    side: usize,
    width: usize,
    height: usize,
    /// One sum for each column of the plane: of up to 16 rows of luma, or of four times as many of chroma.
    y: Vec<u16>,
    u: Vec<u16>,
    v: Vec<u16>,
    /// The means of luma and of both kinds of chroma.
    means: [Vec<u16>; 3],
    /// Rows of luma that were read.
    taken: usize,
    /// The row of squares that is being read.
    row: usize,
}

impl Opaque {
    /// Heap bytes for a picture of that width.
    pub(crate) fn bytes(width: u32, side: u32) -> u64 {
        let sums = |width: u32| u64::from(width).saturating_mul(2);
        let means = u64::from(width.div_ceil(side)).saturating_mul(2 * 3);
        sums(width).saturating_add(sums(width.div_ceil(2)).saturating_mul(2)).saturating_add(means)
    }

    /// For a picture of that size and squares of an even side; the caller has paid for [`Opaque::bytes`].
    pub(crate) fn new((width, height): (usize, usize), side: usize) -> Opaque {
        let chroma = || vec![0; width.div_ceil(2)];
        let means = || vec![0; width.div_ceil(side)];
        Opaque {
            side,
            width,
            height,
            y: vec![0; width],
            u: chroma(),
            v: chroma(),
            means: [means(), means(), means()],
            taken: 0,
            row: 0,
        }
    }

    /// Reads rows of which the first `ready` are finished, with the chroma on both sides of them; whether a row of
    /// squares is complete.
    pub(crate) fn read(&mut self, planes: &Planes, ready: usize) -> bool {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = Level::new().as_avx2() {
            return token.vectorize(
                #[inline(always)]
                || self.read_rows(planes, ready),
            );
        }
        self.read_rows(planes, ready)
    }

    #[inline(always)]
    fn read_rows(&mut self, planes: &Planes, ready: usize) -> bool {
        let end = (self.row * self.side + self.side).min(self.height);
        for row in self.taken..ready.min(end) {
            for (sum, &sample) in self.y.iter_mut().zip(planes.y.row(row)) {
                *sum += u16::from(sample);
            }
            let (near, far) = yuv::chroma_rows(row, self.height);
            for (sums, plane) in [(&mut self.u, &planes.u), (&mut self.v, &planes.v)] {
                for ((sum, &near), &far) in sums.iter_mut().zip(plane.row(near)).zip(plane.row(far)) {
                    *sum += 3 * u16::from(near) + u16::from(far);
                }
            }
            self.taken = row + 1;
        }
        self.taken == end
    }

    /// Writes the complete row of squares as pixels of three bytes, or of four with full alpha, and starts on the next.
    pub(crate) fn finish<const CHANNELS: usize>(&mut self, out: &mut [u8]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = Level::new().as_avx2() {
            token.vectorize(
                #[inline(always)]
                || self.finish_row::<CHANNELS>(out),
            );
            return;
        }
        self.finish_row::<CHANNELS>(out);
    }

    #[inline(always)]
    fn finish_row<const CHANNELS: usize>(&mut self, out: &mut [u8]) {
        let rows = self.taken - self.row * self.side;
        let count = self.side * rows;
        if count.is_power_of_two() {
            let (half, shift) = (count as u32 / 2, count.trailing_zeros());
            self.make_means(
                #[inline(always)]
                |sum| ((sum + half) >> shift) as u16,
            );
        } else {
            let mean = Mean::of(count);
            self.make_means(
                #[inline(always)]
                |sum| mean.of_sum(sum),
            );
        }
        let [y, u, v] = &mut self.means;
        let rest = self.width % self.side;
        if rest > 0 {
            let (mean, start) = (Mean::of(rest * rows), self.width - rest);
            let last = |means: &mut [u16], sum: u32| means.last_mut().map(|last| *last = mean.of_sum(sum));
            last(y, FINER * total(&self.y[start..]));
            last(u, pixel_by_pixel(&self.u, start..self.width));
            last(v, pixel_by_pixel(&self.v, start..self.width));
        }
        assert_eq!(out.len(), y.len() * CHANNELS);
        if CHANNELS == 3 {
            yuv::set_row_finer([y, u, v], out);
        } else {
            for (((pixel, &y), &u), &v) in out.chunks_exact_mut(CHANNELS).zip(&*y).zip(&*u).zip(&*v) {
                yuv::set_finer(&mut pixel[..3], y, u, v);
                pixel[3..].fill(255);
            }
        }
        [&mut self.y, &mut self.u, &mut self.v].into_iter().for_each(|sums| sums.fill(0));
        self.row += 1;
    }

    /// The means of all whole squares.
    #[inline(always)]
    fn make_means(&mut self, mean: impl Fn(u32) -> u16 + Copy) {
        let [y, u, v] = &mut self.means;
        match self.side {
            2 => squares::<2, 1>(mean, [&self.y, &self.u, &self.v], [y, u, v]),
            4 => squares::<4, 2>(mean, [&self.y, &self.u, &self.v], [y, u, v]),
            8 => squares::<8, 4>(mean, [&self.y, &self.u, &self.v], [y, u, v]),
            16 => squares::<16, 8>(mean, [&self.y, &self.u, &self.v], [y, u, v]),
            side => {
                for (out, sums) in y.iter_mut().zip(self.y.chunks_exact(side)) {
                    *out = mean(FINER * total(sums));
                }
                for (means, sums) in [(&mut *u, &self.u), (&mut *v, &self.v)] {
                    for (nth, out) in means.iter_mut().enumerate().take(self.width / side) {
                        *out = mean(chroma(sums, nth * side / 2, side / 2));
                    }
                }
            }
        }
    }
}

/// The means of all whole squares of a side that the compiler knows, and half of it.
#[inline(always)]
fn squares<const SIDE: usize, const HALF: usize>(
    mean: impl Fn(u32) -> u16,
    [y, u, v]: [&[u16]; 3],
    [y_means, u_means, v_means]: [&mut [u16]; 3],
) {
    for (out, sums) in y_means.iter_mut().zip(y.as_chunks::<SIDE>().0) {
        *out = mean(FINER * total(sums));
    }
    for (means, sums) in [(u_means, u), (v_means, v)] {
        // As in `chroma`, with the columns on both sides at hand. No square waits for the one before.
        let of = |before: u16, own: &[u16; HALF], behind: u16| {
            let beside = u32::from(before) + u32::from(behind) + 8 * total(own);
            mean(beside - u32::from(own[0]) - u32::from(own[HALF - 1]))
        };
        let Some((first, rest)) = sums.split_first_chunk::<HALF>() else { continue };
        let Some((first_mean, inner)) = means.split_first_mut() else { continue };
        *first_mean = of(first[0], first, rest.first().copied().unwrap_or(first[HALF - 1]));
        let behind = rest.get(HALF..).unwrap_or_default().as_chunks::<HALF>().0;
        let columns = sums[HALF - 1..].as_chunks::<HALF>().0.iter().zip(rest.as_chunks::<HALF>().0);
        for (out, ((before, own), behind)) in inner.iter_mut().zip(columns.zip(behind)) {
            *out = of(before[0], own, behind[0]);
        }
        // Behind the last ones is less than a square, or nothing.
        let whole = sums.as_chunks::<HALF>().0;
        for nth in behind.len() + 1..whole.len() {
            let (before, own) = (whole[nth - 1][HALF - 1], &whole[nth]);
            means[nth] = of(before, own, sums.get((nth + 1) * HALF).copied().unwrap_or(own[HALF - 1]));
        }
    }
}

#[inline(always)]
fn total(sums: &[u16]) -> u32 {
    sums.iter().map(|&sum| u32::from(sum)).sum()
}

/// What the pixels beside columns `start` to `start + count` of chroma have of them and of the two columns next to
/// them: a pixel has three quarters of its column and a quarter of the next on its side.
#[inline(always)]
fn chroma(sums: &[u16], start: usize, count: usize) -> u32 {
    let last = start + count - 1;
    let at = |column: usize| u32::from(sums[column]);
    let before = at(start.saturating_sub(1));
    let behind = at((last + 1).min(sums.len() - 1));
    8 * total(&sums[start..=last]) + before + behind - at(start) - at(last)
}

/// The same for any pixels.
fn pixel_by_pixel(sums: &[u16], pixels: std::ops::Range<usize>) -> u32 {
    let at = |column: usize| u32::from(sums[column]);
    let of_pixel = |pixel: usize| {
        let near = pixel / 2;
        let far =
            if pixel.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(sums.len() - 1) };
        3 * at(near) + at(far)
    };
    pixels.map(of_pixel).sum()
}

/// From sums over a number of pixels to means that are as much finer.
#[derive(Clone, Copy, Debug)]
struct Mean {
    half: u32,
    /// One over the number, in 32 bits of fraction, rounded up: exact for sums below 2^24.
    reciprocal: u64,
}

impl Mean {
    /// Of at most 256 pixels.
    fn of(count: usize) -> Mean {
        let count = count.max(1) as u32;
        Mean { half: count / 2, reciprocal: (1u64 << 32).div_ceil(count.into()) }
    }

    #[inline(always)]
    fn of_sum(self, sum: u32) -> u16 {
        ((u64::from(sum + self.half) * self.reciprocal) >> 32) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_of_known_sides_are_those_of_any_side() {
        fn check<const SIDE: usize, const HALF: usize>() {
            for width in SIDE..SIDE * 19 {
                let luma: Vec<u16> = (0..width).map(|at| (at * at * 31 % 4_081) as u16).collect();
                let half = width.div_ceil(2);
                let plane =
                    |seed: usize| (0..half).map(|at| (at * at * seed % 16_321) as u16).collect::<Vec<_>>();
                let (u, v) = (plane(77), plane(1_001));
                let mean = Mean::of(SIDE * SIDE);
                let count = width.div_ceil(SIDE);
                let mut means = [vec![0; count], vec![0; count], vec![0; count]];
                let [y_means, u_means, v_means] = &mut means;
                squares::<SIDE, HALF>(|sum| mean.of_sum(sum), [&luma, &u, &v], [y_means, u_means, v_means]);
                for square in 0..width / SIDE {
                    let own = &luma[square * SIDE..][..SIDE];
                    assert_eq!(means[0][square], mean.of_sum(FINER * total(own)), "{SIDE} of {width}");
                    for (means, sums) in [(&means[1], &u), (&means[2], &v)] {
                        let plain = mean.of_sum(chroma(sums, square * HALF, HALF));
                        assert_eq!(means[square], plain, "{SIDE} of {width}, square {square}");
                    }
                }
            }
        }
        check::<2, 1>();
        check::<4, 2>();
        check::<8, 4>();
        check::<16, 8>();
    }

    #[test]
    fn means_are_exact_for_every_number_of_pixels() {
        for count in 1..=256 {
            for sum in [0, 1, count / 2, count - 1, count, 77 * count + 3, 255 * FINER * count] {
                assert_eq!(u32::from(Mean::of(count as usize).of_sum(sum)), (sum + count / 2) / count);
            }
        }
    }

    #[test]
    fn whole_squares_are_what_they_are_pixel_by_pixel() {
        let sums: Vec<u16> = (0..40).map(|at| at * at % 97).collect();
        for (start, count) in [(0, 1), (0, 4), (7, 3), (39, 1), (36, 4), (0, 40)] {
            let pixels = start * 2..(start + count) * 2;
            assert_eq!(chroma(&sums, start, count), pixel_by_pixel(&sums, pixels), "{start} {count}");
        }
    }
}

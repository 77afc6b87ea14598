//! Pictures with alpha: every sample counts as much as its pixel is opaque.
//!
//! What colour a square has is what shows of its pixels: those that are transparent have one too, which nobody is meant to
//! see. So luma and chroma are divided by the sum of alpha, not by the number of pixels. Chroma is upsampled as in the
//! full picture before it is weighed, two pixels of one chroma column at a time.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Level, Simd};

use fic_core::Error;

use super::FINER;
use crate::alpha_rows::AlphaRows;
use crate::vp8::planes::Planes;
use crate::yuv;

/// The sums of the squares that are being read.
pub(crate) struct Translucent<'a> {
    alpha: AlphaRows<'a>,
    /// Pixels of a square's side.
    side: usize,
    width: usize,
    height: usize,
    sums: Sums,
    /// One row of chroma between two of its plane, four times as fine, with one more sample at both ends.
    between: Vec<u16>,
    /// Rows of luma that were read.
    taken: usize,
    /// The row of squares that is being read.
    row: usize,
}

/// One sum for each column of the plane, of up to 16 rows.
#[derive(Debug)]
struct Sums {
    alpha: Vec<u16>,
    /// Luma times alpha.
    y: Vec<u32>,
    /// What the two pixels of the column have of chroma, 16 times as fine, times their alpha.
    u: Vec<u32>,
    v: Vec<u32>,
}

impl<'a> Translucent<'a> {
    /// Heap bytes for a picture of that width.
    pub(crate) fn bytes(width: u32) -> u64 {
        let (width, chroma) = (u64::from(width), u64::from(width.div_ceil(2)));
        width.saturating_mul(6).saturating_add(chroma.saturating_mul(10)).saturating_add(4)
    }

    /// For a picture of that size and squares of an even side; the caller has paid for [`Translucent::bytes`].
    pub(crate) fn new(alpha: AlphaRows<'a>, (width, height): (usize, usize), side: usize) -> Translucent<'a> {
        let chroma = width.div_ceil(2);
        let sums = Sums { alpha: vec![0; width], y: vec![0; width], u: vec![0; chroma], v: vec![0; chroma] };
        Translucent { alpha, side, width, height, sums, between: vec![0; chroma + 2], taken: 0, row: 0 }
    }

    /// Reads rows of which the first `ready` are finished, with the chroma on both sides of them, and their alpha;
    /// whether a row of squares is complete.
    ///
    /// # Errors
    /// `Malformed` where the alpha is broken.
    pub(crate) fn read(&mut self, planes: &Planes, ready: usize) -> Result<bool, Error> {
        let end = (self.row * self.side + self.side).min(self.height);
        while self.taken < ready.min(end) {
            self.add(planes)?;
            self.taken += 1;
        }
        Ok(self.taken == end)
    }

    /// Whether rows of alpha were missing.
    pub(crate) fn was_truncated(&self) -> bool {
        self.alpha.was_truncated()
    }

    /// Adds the next row.
    fn add(&mut self, planes: &Planes) -> Result<(), Error> {
        let alpha = self.alpha.next_row()?;
        let (near, far) = yuv::chroma_rows(self.taken, self.height);
        let y = planes.y.row(self.taken);
        let chroma = [&planes.u, &planes.v].map(|plane| [plane.row(near), plane.row(far)]);
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = Level::new().as_avx2() {
            token.vectorize(
                #[inline(always)]
                || self.sums.add(&mut self.between, alpha, y, chroma),
            );
            return Ok(());
        }
        self.sums.add(&mut self.between, alpha, y, chroma);
        Ok(())
    }
    /// Writes the complete row of squares as pixels of four bytes, and starts on the next.
    pub(crate) fn finish(&mut self, out: &mut [u8]) {
        let rows = self.taken - self.row * self.side;
        let Sums { alpha, y, u, v } = &mut self.sums;
        assert_eq!(out.len(), self.width.div_ceil(self.side) * 4);
        let luma = alpha.chunks(self.side).zip(y.chunks(self.side));
        let chroma = u.chunks(self.side / 2).zip(v.chunks(self.side / 2));
        for ((pixel, (alpha, y)), (u, v)) in out.as_chunks_mut::<4>().0.iter_mut().zip(luma).zip(chroma) {
            let opacity: u32 = alpha.iter().map(|&sum| u32::from(sum)).sum();
            if opacity == 0 {
                *pixel = [0; 4];
                continue;
            }
            let mean = |sum: u32| ((sum + opacity / 2) / opacity) as u16;
            let (y, u, v) = (FINER * y.iter().sum::<u32>(), u.iter().sum(), v.iter().sum());
            yuv::set_finer(&mut pixel[..3], mean(y), mean(u), mean(v));
            let pixels = (alpha.len() * rows) as u32;
            pixel[3] = ((opacity + pixels / 2) / pixels) as u8;
        }
        alpha.fill(0);
        [y, u, v].into_iter().for_each(|sums| sums.fill(0));
        self.row += 1;
    }
}

impl Sums {
    /// Adds a row of alpha, of luma, and those of chroma on both sides of it.
    #[inline(always)]
    fn add(&mut self, between: &mut [u16], alpha: &[u8], y: &[u8], [u, v]: [[&[u8]; 2]; 2]) {
        for (sum, &alpha) in self.alpha.iter_mut().zip(alpha) {
            *sum += u16::from(alpha);
        }
        for ((sum, &sample), &alpha) in self.y.iter_mut().zip(y).zip(alpha) {
            *sum += u32::from(u16::from(sample) * u16::from(alpha));
        }
        add_chroma(&mut self.u, between, alpha, u);
        add_chroma(&mut self.v, between, alpha, v);
    }
}

/// `between` has one sample more at both ends than `sums`: those at the ends have themselves for neighbours.
#[inline(always)]
fn add_chroma(sums: &mut [u32], between: &mut [u16], alpha: &[u8], [near, far]: [&[u8]; 2]) {
    let last = sums.len();
    assert_eq!(between.len(), last + 2);
    for ((between, &near), &far) in between[1..=last].iter_mut().zip(near).zip(far) {
        *between = 3 * u16::from(near) + u16::from(far);
    }
    (between[0], between[last + 1]) = (between[1], between[last]);
    let (pairs, rest) = alpha.as_chunks::<2>();
    let columns = between.iter().zip(&between[1..]).zip(&between[2..]);
    for ((sum, ((&before, &own), &behind)), &pair) in sums.iter_mut().zip(columns).zip(pairs) {
        *sum += weighed([before, own, behind], pair);
    }
    if let &[left] = rest {
        sums[last - 1] += weighed([between[last - 1], between[last], between[last + 1]], [left, 0]);
    }
}

/// What two pixels have of their chroma column and of those on both sides: three quarters and a quarter, with one
/// vertical weight less: 4 times as fine each. At most 3 * 1,020 * 510 + 2 * 1,020 * 255, so that the sums of a square of
/// 256 pixels fit.
#[inline(always)]
fn weighed([before, own, behind]: [u16; 3], [left, right]: [u8; 2]) -> u32 {
    let (left, right) = (u32::from(left), u32::from(right));
    3 * u32::from(own) * (left + right) + u32::from(before) * left + u32::from(behind) * right
}

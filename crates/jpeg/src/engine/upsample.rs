//! Upsampling of reduced components, the way libjpeg does by default ("fancy": a triangle filter where
//! the ratio is two, repetition for other whole ratios), so that pixels come out the same.

use super::geometry::Component;

/// How one component is brought to full size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upsampling {
    /// Columns out of one.
    pub(crate) across: usize,
    /// Rows out of one.
    pub(crate) down: usize,
    /// Samples in a row that make the picture.
    width: usize,
    /// Whether neighbouring columns mix.
    smooth_across: bool,
    /// Whether neighbouring rows mix.
    pub(crate) smooth_down: bool,
}

impl Upsampling {
    /// For one component; `None` where it has the size of the picture.
    pub(crate) fn of(component: &Component) -> Option<Upsampling> {
        let (across, down) = component.ratio;
        let width = component.own_samples.0;
        // libjpeg mixes nothing at an eighth, and no columns where there are but one or two.
        let smooth = component.side > 1;
        let (smooth_across, smooth_down) = match (across, down) {
            (1, 1) => return None,
            (2, 1) => (smooth && width > 2, false),
            (1, 2) => (false, smooth),
            (2, 2) => (smooth && width > 2, smooth && width > 2),
            _ => (false, false),
        };
        Some(Upsampling { across, down, width, smooth_across, smooth_down })
    }

    /// Samples in a row that comes out.
    pub(crate) fn width_out(&self) -> usize {
        self.width * self.across
    }

    /// One row: `near` is the row that it lies in, `far` the neighbour that it lies next to (`near` itself
    /// at the edge of the picture), `upper` whether that is the one above.
    #[inline(always)]
    pub(crate) fn row(&self, near: &[u8], far: &[u8], upper: bool, sums: &mut [u16], out: &mut [u8]) {
        let (near, far) = (&near[..self.width], &far[..self.width]);
        match (self.smooth_across, self.smooth_down) {
            (false, false) if self.across == 1 => out[..self.width].copy_from_slice(near),
            (false, false) => repeat(near, self.across, out),
            (false, true) => mix_rows(near, far, if upper { 1 } else { 2 }, out),
            (true, false) => mix_columns(near, out),
            (true, true) => {
                let sums = &mut sums[..self.width];
                for ((sum, &n), &f) in sums.iter_mut().zip(near).zip(far) {
                    *sum = 3 * u16::from(n) + u16::from(f);
                }
                mix_sums(sums, out);
            }
        }
    }
}

/// `int_upsample`.
#[inline(always)]
fn repeat(near: &[u8], across: usize, out: &mut [u8]) {
    for (group, &sample) in out.chunks_exact_mut(across).zip(near) {
        group.fill(sample);
    }
}

/// `h1v2_fancy_upsample`.
#[inline(always)]
fn mix_rows(near: &[u8], far: &[u8], bias: u16, out: &mut [u8]) {
    for ((out, &n), &f) in out.iter_mut().zip(near).zip(far) {
        *out = ((3 * u16::from(n) + u16::from(f) + bias) >> 2) as u8;
    }
}

/// `h2v1_fancy_upsample`.
#[inline(always)]
fn mix_columns(near: &[u8], out: &mut [u8]) {
    let out = &mut out[..near.len() * 2];
    let (Some(&first), Some(&last)) = (near.first(), near.last()) else { return };
    for (pair, three) in out[2..].chunks_exact_mut(2).zip(near.windows(3)) {
        let middle = 3 * u16::from(three[1]);
        pair[0] = ((middle + u16::from(three[0]) + 1) >> 2) as u8;
        pair[1] = ((middle + u16::from(three[2]) + 2) >> 2) as u8;
    }
    out[0] = first;
    out[1] = ((3 * u16::from(first) + u16::from(near[1]) + 2) >> 2) as u8;
    let end = out.len();
    out[end - 2] = ((3 * u16::from(last) + u16::from(near[near.len() - 2]) + 1) >> 2) as u8;
    out[end - 1] = last;
}

/// `h2v2_fancy_upsample`, after the rows were summed.
#[inline(always)]
fn mix_sums(sums: &[u16], out: &mut [u8]) {
    let out = &mut out[..sums.len() * 2];
    let (Some(&first), Some(&last)) = (sums.first(), sums.last()) else { return };
    for (pair, three) in out[2..].chunks_exact_mut(2).zip(sums.windows(3)) {
        let middle = 3 * three[1];
        pair[0] = ((middle + three[0] + 8) >> 4) as u8;
        pair[1] = ((middle + three[2] + 7) >> 4) as u8;
    }
    out[0] = ((4 * first + 8) >> 4) as u8;
    out[1] = ((3 * first + sums[1] + 7) >> 4) as u8;
    let end = out.len();
    out[end - 2] = ((3 * last + sums[sums.len() - 2] + 8) >> 4) as u8;
    out[end - 1] = ((4 * last + 7) >> 4) as u8;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_rows_stay_flat_and_edges_are_kept() {
        let mut out = [0; 8];
        mix_columns(&[10, 10, 50, 50], &mut out);
        assert_eq!(out, [10, 10, 10, 20, 40, 50, 50, 50]);
        mix_sums(&[40, 40, 200, 200], &mut out);
        assert_eq!(out, [10, 10, 10, 20, 40, 50, 50, 50]);
        repeat(&[1, 2], 4, &mut out);
        assert_eq!(out, [1, 1, 1, 1, 2, 2, 2, 2]);
    }
}

//! The coded pixels that copies may still reach, in a ring of whole rows.
//!
//! Without copies one row will do. Where no code has more than one red, blue and alpha, a pixel is its green: a byte.

/// How many rows are kept, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct History {
    pub(super) width: usize,
    pub(super) rows: usize,
    /// Red, blue and alpha of all pixels, where they have the same.
    pub(super) constant: Option<u32>,
}

impl History {
    /// For a picture of `coded` pixels, whose copies go back `reach` pixels at most.
    pub(super) fn of(coded: (usize, usize), reach: Option<usize>, constant: Option<u32>) -> History {
        let (width, height) = coded;
        let rows = reach.map_or(1, |reach| reach / width.max(1) + 1).min(height);
        History { width, rows, constant }
    }

    /// Pixels in the ring.
    pub(super) fn pixels(&self) -> usize {
        self.width.saturating_mul(self.rows)
    }

    pub(super) fn bytes(&self) -> u64 {
        (self.pixels() as u64).saturating_mul(if self.constant.is_some() { 1 } else { 4 })
    }
}

/// What the ring holds of a pixel.
pub(super) trait Pixel: Copy + Default + PartialEq {
    fn of(argb: u32) -> Self;
    fn argb(self, constant: u32) -> u32;
}

impl Pixel for u8 {
    #[inline(always)]
    fn of(argb: u32) -> u8 {
        (argb >> 8) as u8
    }

    #[inline(always)]
    fn argb(self, constant: u32) -> u32 {
        u32::from(self) << 8 | constant
    }
}

impl Pixel for u32 {
    #[inline(always)]
    fn of(argb: u32) -> u32 {
        argb
    }

    #[inline(always)]
    fn argb(self, _: u32) -> u32 {
        self
    }
}

/// Copies `length` pixels to `to` from `back` pixels before, which may lie behind the ring's end; the target does not.
/// Where the source reaches into the target, what was just written is copied on.
#[inline]
pub(super) fn repeat<P: Pixel>(ring: &mut [P], to: usize, back: usize, length: usize) {
    match to.checked_sub(back) {
        Some(from) => forward(ring, from, to, length),
        None => {
            let from = to + ring.len() - back;
            let first = length.min(ring.len() - from);
            ring.copy_within(from..from + first, to);
            if first < length {
                forward(ring, 0, to + first, length - first);
            }
        }
    }
}

#[inline]
fn forward<P: Pixel>(ring: &mut [P], from: usize, to: usize, length: usize) {
    let (before, target) = ring.split_at_mut(to);
    let source = &before[from..];
    let target = &mut target[..length];
    let period = source.len();
    if period >= length {
        target.copy_from_slice(&source[..length]);
    } else if period == 1 {
        target.fill(source[0]);
    } else {
        let (first, _) = target.split_at_mut(period);
        first.copy_from_slice(source);
        let mut done = period;
        while done < length {
            let (source, rest) = target.split_at_mut(done);
            let now = done.min(rest.len());
            rest[..now].copy_from_slice(&source[..now]);
            done += now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_that_copies_reach_are_kept() {
        let rows = |reach| History::of((100, 50), reach, None).rows;
        let reaches = [None, Some(1), Some(99), Some(100), Some(199), Some(200), Some(1 << 20)];
        assert_eq!(reaches.map(rows), [1, 1, 1, 2, 2, 3, 50]);
        assert_eq!(History::of((100, 50), None, Some(0)).bytes(), 100);
        assert_eq!(History::of((100, 50), Some(100), None).bytes(), 800);
    }

    #[test]
    fn copies_are_those_of_one_pixel_after_the_other() {
        for len in [1usize, 2, 7, 16, 40] {
            for to in 0..len {
                for back in 1..=len {
                    for length in 0..=len - to {
                        let mut ring: Vec<u8> = (0..len as u8).collect();
                        let mut wanted = ring.clone();
                        for at in to..to + length {
                            wanted[at] = wanted[(at + len - back) % len];
                        }
                        repeat(&mut ring, to, back, length);
                        assert_eq!(ring, wanted, "{len} {to} {back} {length}");
                    }
                }
            }
        }
    }
}

//! One edge of sixteen samples (RFC 6386, sections 15.2 and 15.3): four rows of samples on each side in, the same
//! changed out.
//!
//! Written for all sixteen at once and without branches, so that the compiler can use vectors.

/// Sixteen samples along the edge, in four rows before and four behind it.
pub(super) type Across = [[u8; 16]; 8];

/// The thresholds of an edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) limit: u8,
    pub(super) interior: u8,
    pub(super) high_variance: u8,
}

/// The filters on whatever holds sixteen samples.
pub(super) trait Filters: Copy {
    /// Sixteen samples.
    type Lane: Copy;
    fn load(self, samples: &[u8; 16]) -> Self::Lane;
    fn store(self, lane: Self::Lane) -> [u8; 16];
    /// The first eight samples of both.
    fn first_halves(self, a: Self::Lane, b: Self::Lane) -> Self::Lane;
    /// The last eight samples of both.
    fn last_halves(self, a: Self::Lane, b: Self::Lane) -> Self::Lane;
    /// Rows as columns, in each half by itself.
    fn turned(self, lanes: [Self::Lane; 8]) -> [Self::Lane; 8];
    /// The simple filter: one sample changes on either side.
    fn simple(self, lanes: [Self::Lane; 8], edge: Edge) -> [Self::Lane; 8];
    /// The normal filter between macroblocks: up to three samples change on either side.
    fn macroblock(self, lanes: [Self::Lane; 8], edge: Edge) -> [Self::Lane; 8];
    /// The normal filter between the blocks of a macroblock: up to two samples change on either side.
    fn block(self, lanes: [Self::Lane; 8], edge: Edge) -> [Self::Lane; 8];
}

/// For any processor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain;

impl Filters for Plain {
    type Lane = [u8; 16];

    #[inline(always)]
    fn load(self, samples: &[u8; 16]) -> [u8; 16] {
        *samples
    }

    #[inline(always)]
    fn store(self, lane: [u8; 16]) -> [u8; 16] {
        lane
    }

    #[inline(always)]
    fn first_halves(self, a: [u8; 16], b: [u8; 16]) -> [u8; 16] {
        std::array::from_fn(|at| if at < 8 { a[at] } else { b[at - 8] })
    }

    #[inline(always)]
    fn last_halves(self, a: [u8; 16], b: [u8; 16]) -> [u8; 16] {
        std::array::from_fn(|at| if at < 8 { a[at + 8] } else { b[at] })
    }

    #[inline(always)]
    fn turned(self, lanes: Across) -> Across {
        std::array::from_fn(|nth| std::array::from_fn(|at| lanes[at % 8][at / 8 * 8 + nth]))
    }

    #[inline(always)]
    fn simple(self, mut lanes: Across, edge: Edge) -> Across {
        for at in 0..16 {
            let [_, _, p1, p0, q0, q1, _, _] = samples(&lanes, at);
            let on = edge.is_on(p1, p0, q0, q1);
            let a = clamped(clamped(p1 - q1) + 3 * (q0 - p0));
            let (before, behind) = halves(a, on);
            lanes[3][at] = sample(p0 + before);
            lanes[4][at] = sample(q0 - behind);
        }
        lanes
    }

    #[inline(always)]
    fn macroblock(self, mut lanes: Across, edge: Edge) -> Across {
        for at in 0..16 {
            let all @ [_, p2, p1, p0, q0, q1, q2, _] = samples(&lanes, at);
            let on = edge.is_on(p1, p0, q0, q1) & edge.is_smooth(all);
            let high = edge.is_high_variance(p1, p0, q0, q1);
            let a = clamped(clamped(p1 - q1) + 3 * (q0 - p0));
            let (before, behind) = halves(a, on & high);
            let wide = if on & !high { a } else { 0 };
            let part = |weight: i16| (weight * wide + 63) >> 7;
            let (near, middle, far) = (part(27), part(18), part(9));
            lanes[1][at] = sample(p2 + far);
            lanes[2][at] = sample(p1 + middle);
            lanes[3][at] = sample(p0 + near + before);
            lanes[4][at] = sample(q0 - near - behind);
            lanes[5][at] = sample(q1 - middle);
            lanes[6][at] = sample(q2 - far);
        }
        lanes
    }

    #[inline(always)]
    fn block(self, mut lanes: Across, edge: Edge) -> Across {
        for at in 0..16 {
            let all @ [_, _, p1, p0, q0, q1, _, _] = samples(&lanes, at);
            let on = edge.is_on(p1, p0, q0, q1) & edge.is_smooth(all);
            let high = edge.is_high_variance(p1, p0, q0, q1);
            let outer = if high { clamped(p1 - q1) } else { 0 };
            let a = clamped(outer + 3 * (q0 - p0));
            let (before, behind) = halves(a, on);
            let half = if high { 0 } else { (behind + 1) >> 1 };
            lanes[2][at] = sample(p1 + half);
            lanes[3][at] = sample(p0 + before);
            lanes[4][at] = sample(q0 - behind);
            lanes[5][at] = sample(q1 - half);
        }
        lanes
    }
}

impl Edge {
    /// Whether the step across the edge is small enough to be an artefact.
    #[inline(always)]
    fn is_on(self, p1: i16, p0: i16, q0: i16, q1: i16) -> bool {
        4 * (p0 - q0).abs() + (p1 - q1).abs() <= 2 * i16::from(self.limit) + 1
    }

    /// Whether the steps on either side are small.
    #[inline(always)]
    fn is_smooth(self, [p3, p2, p1, p0, q0, q1, q2, q3]: [i16; 8]) -> bool {
        let is_small = |a: i16, b: i16| (a - b).abs() <= i16::from(self.interior);
        is_small(p3, p2)
            & is_small(p2, p1)
            & is_small(p1, p0)
            & is_small(q1, q0)
            & is_small(q2, q1)
            & is_small(q3, q2)
    }

    #[inline(always)]
    fn is_high_variance(self, p1: i16, p0: i16, q0: i16, q1: i16) -> bool {
        let threshold = i16::from(self.high_variance);
        ((p1 - p0).abs() > threshold) | ((q1 - q0).abs() > threshold)
    }
}

#[inline(always)]
fn samples(lanes: &Across, at: usize) -> [i16; 8] {
    let of = |row: usize| i16::from(lanes[row][at]);
    [of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7)]
}

/// What is added before the edge and taken away behind it, together about a quarter of `a`; nothing unless `on`.
#[inline(always)]
fn halves(a: i16, on: bool) -> (i16, i16) {
    let mask = -i16::from(on);
    (((a + 3).min(127) >> 3) & mask, ((a + 4).min(127) >> 3) & mask)
}

/// In the range of a signed byte.
#[inline(always)]
fn clamped(value: i16) -> i16 {
    value.clamp(-128, 127)
}

#[inline(always)]
fn sample(value: i16) -> u8 {
    value.clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_columns_and_back() {
        let lanes: Across = std::array::from_fn(|row| std::array::from_fn(|at| (row * 16 + at) as u8));
        let turned = Plain.turned(lanes);
        assert_eq!((turned[3][5], turned[3][13]), (83, 91));
        assert_eq!(Plain.turned(turned), lanes);
    }

    #[test]
    fn a_small_step_is_smoothed_and_a_large_one_kept() {
        let edge = Edge { limit: 20, interior: 4, high_variance: 1 };
        let step =
            |step: u8| [100, 100, 100, 100, 100 + step, 100 + step, 100 + step, 100 + step].map(|s| [s; 16]);
        let smoothed = Plain.macroblock(step(8), edge).map(|lane| lane[0]);
        assert_eq!(smoothed, [100, 101, 102, 103, 105, 106, 107, 108]);
        assert_eq!(Plain.macroblock(step(9), edge), step(9));
        let smoothed = Plain.block(step(8), edge).map(|lane| lane[0]);
        assert_eq!(smoothed, [100, 100, 102, 103, 105, 106, 108, 108]);
    }
}

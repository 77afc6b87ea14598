//! One edge of sixteen samples (RFC 6386, sections 15.2 and 15.3): eight rows of samples on both sides in, the same
//! changed out.
//!
//! Written for all sixteen at once and without branches, so that the compiler can use vectors.

/// Sixteen samples along the edge.
pub(super) type Lanes = [u8; 16];
/// Four rows before the edge and four behind it.
pub(super) type Across = [Lanes; 8];

/// The thresholds of an edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) limit: i16,
    pub(super) interior: i16,
    pub(super) high_variance: i16,
}

impl Edge {
    /// The simple filter.
    #[inline(always)]
    pub(super) fn simple(self, lanes: &mut Across) {
        for at in 0..16 {
            let [_, _, p1, p0, q0, q1, _, _] = samples(lanes, at);
            let on = self.is_on(p1, p0, q0, q1);
            let a = clamped(clamped(p1 - q1) + 3 * (q0 - p0));
            let (before, behind) = halves(a, on);
            lanes[3][at] = sample(p0 + before);
            lanes[4][at] = sample(q0 - behind);
        }
    }

    /// The normal filter between macroblocks: up to three samples change on either side.
    #[inline(always)]
    pub(super) fn macroblock(self, lanes: &mut Across) {
        for at in 0..16 {
            let all @ [_, p2, p1, p0, q0, q1, q2, _] = samples(lanes, at);
            let on = self.is_on(p1, p0, q0, q1) & self.is_smooth(all);
            let high = self.is_high_variance(p1, p0, q0, q1);
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
    }

    /// The normal filter between the blocks of a macroblock: up to two samples change on either side.
    #[inline(always)]
    pub(super) fn block(self, lanes: &mut Across) {
        for at in 0..16 {
            let all @ [_, _, p1, p0, q0, q1, _, _] = samples(lanes, at);
            let on = self.is_on(p1, p0, q0, q1) & self.is_smooth(all);
            let high = self.is_high_variance(p1, p0, q0, q1);
            let outer = if high { clamped(p1 - q1) } else { 0 };
            let a = clamped(outer + 3 * (q0 - p0));
            let (before, behind) = halves(a, on);
            let half = if high { 0 } else { (behind + 1) >> 1 };
            lanes[2][at] = sample(p1 + half);
            lanes[3][at] = sample(p0 + before);
            lanes[4][at] = sample(q0 - behind);
            lanes[5][at] = sample(q1 - half);
        }
    }

    /// Whether the step across the edge is small enough to be an artefact.
    #[inline(always)]
    fn is_on(self, p1: i16, p0: i16, q0: i16, q1: i16) -> bool {
        4 * (p0 - q0).abs() + (p1 - q1).abs() <= 2 * self.limit + 1
    }

    /// Whether the steps on either side are small.
    #[inline(always)]
    fn is_smooth(self, [p3, p2, p1, p0, q0, q1, q2, q3]: [i16; 8]) -> bool {
        let is_small = |a: i16, b: i16| (a - b).abs() <= self.interior;
        is_small(p3, p2)
            & is_small(p2, p1)
            & is_small(p1, p0)
            & is_small(q1, q0)
            & is_small(q2, q1)
            & is_small(q3, q2)
    }

    #[inline(always)]
    fn is_high_variance(self, p1: i16, p0: i16, q0: i16, q1: i16) -> bool {
        ((p1 - p0).abs() > self.high_variance) | ((q1 - q0).abs() > self.high_variance)
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

//! The grid of a table: three or four device values come in, the numbers between the points around them leave.

/// A grid over three or four device values, three numbers at each point, the last device value fastest.
#[derive(Debug)]
pub(super) struct Grid<'a> {
    /// Points to a side; the first is 1 with three inputs.
    pub(super) sides: [usize; 4],
    /// As many as the sides multiply to.
    pub(super) numbers: Numbers<'a>,
}

/// Three numbers at each point.
#[derive(Debug)]
pub(super) enum Numbers<'a> {
    Bytes(&'a [[u8; 3]]),
    Words(&'a [[[u8; 2]; 3]]),
}

impl Grid<'_> {
    /// The numbers at a point, as they stand in the profile.
    #[inline(always)]
    fn point(&self, at: usize) -> [f32; 3] {
        match self.numbers {
            Numbers::Bytes(points) => points[at].map(f32::from),
            Numbers::Words(points) => points[at].map(|number| f32::from(u16::from_be_bytes(number))),
        }
    }

    /// Between the points around `place`: a straight line along the first of four device values, a
    /// tetrahedron in the other three, as the colour engines of the trade do. From 0 to 1.
    #[inline(always)]
    pub(super) fn at(&self, place: [f32; 4]) -> [f32; 3] {
        let [first, x, y, z] = [0, 1, 2, 3].map(|axis| {
            let last = self.sides[axis] - 1;
            let place = place[axis] * last as f32;
            let low = (place as usize).min(last.saturating_sub(1));
            (low, place - low as f32)
        });
        let [_, ny, nz, nw] = self.sides;
        let steps = [ny * nz * nw, nz * nw, nw, 1];
        let base = first.0 * steps[0] + x.0 * steps[1] + y.0 * steps[2] + z.0;
        let axes = [(x.1, steps[1]), (y.1, steps[2]), (z.1, steps[3])];
        let largest = if matches!(self.numbers, Numbers::Bytes(_)) { 255.0 } else { 65535.0 };
        let low = self.tetrahedron(base, axes);
        if first.1 == 0.0 {
            return low.map(|number| number * (1.0 / largest));
        }
        let high = self.tetrahedron(base + steps[0], axes);
        mixed(low, (1.0 - first.1) / largest, high, first.1 / largest)
    }

    /// From the corner `base` along the three axes, the longest way first: four points.
    #[inline(always)]
    fn tetrahedron(&self, base: usize, mut axes: [(f32, usize); 3]) -> [f32; 3] {
        for (a, b) in [(0, 1), (1, 2), (0, 1)] {
            if axes[a].0 < axes[b].0 {
                axes.swap(a, b);
            }
        }
        let [(p, i), (q, j), (r, k)] = axes;
        let near = mixed(self.point(base), 1.0 - p, self.point(base + i), p - q);
        let far = mixed(self.point(base + i + j), q - r, self.point(base + i + j + k), r);
        [near[0] + far[0], near[1] + far[1], near[2] + far[2]]
    }
}

#[inline(always)]
fn mixed(a: [f32; 3], by: f32, b: [f32; 3], rest: f32) -> [f32; 3] {
    [a[0] * by + b[0] * rest, a[1] * by + b[1] * rest, a[2] * by + b[2] * rest]
}

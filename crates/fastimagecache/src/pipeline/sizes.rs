//! From the recipe's plan in upright source pixels to the numbers that each stage needs.

use fic_core::{Orientation, PixelBuf};
use fic_resize::Crop;
use fic_resize::geometry::Plan;

/// The sizes of one run. "Stored" is the order of the file's rows, "upright" is after orientation.
pub(crate) struct Sizes {
    /// What the recipe makes of this picture, in upright full-size pixels.
    pub(crate) plan: Plan,
    /// The integer box shrink, on stored axes.
    pub(crate) factor: (u32, u32),
    /// Stored pixels that an upright shrunken one is the mean of.
    pub(crate) cells: (u32, u32),
    orientation: Orientation,
    /// Upright full size.
    upright: (u32, u32),
    /// Upright full-size pixels that one shrunken pixel stands for.
    step: (f64, f64),
}

/// How a decoded picture lies in the stored one, on both axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scaling {
    /// Stored pixels from one decoded pixel to the next.
    pub(crate) step: u32,
    /// Stored pixels that a decoded one is the mean of.
    pub(crate) cell: u32,
}

impl Sizes {
    /// `stored` is the file's size, `decoded` what the decoder gives (smaller where it scales).
    pub(crate) fn new(
        plan: Plan,
        orientation: Orientation,
        stored: (u32, u32),
        decoded: (u32, u32),
        scaling: Scaling,
    ) -> Sizes {
        let upright = orientation.upright_size(stored.0, stored.1);
        let (wanted_width, wanted_height) = stored_target(&plan, orientation, stored);
        let factor = fic_resize::shrink_factor(
            (decoded.0, decoded.1),
            (scaled_to(wanted_width, decoded.0, stored.0), scaled_to(wanted_height, decoded.1, stored.1)),
        );
        let step = |factor: u32| f64::from(factor) * f64::from(scaling.step);
        let (x, y) = (step(factor.0), step(factor.1));
        let step = if orientation.swaps_sides() { (y, x) } else { (x, y) };
        let cells = (factor.0.saturating_mul(scaling.cell), factor.1.saturating_mul(scaling.cell));
        let cells = orientation.upright_size(cells.0, cells.1);
        Sizes { plan, factor, cells, orientation, upright, step }
    }

    /// The plan's crop in the pixels of the upright shrunken picture of that size.
    ///
    /// The last cell of a shrink may stand for fewer pixels than the others; where the orientation turns an
    /// axis round, that short cell comes first, and the whole grid is off by what it lacks.
    pub(crate) fn crop_of(&self, width: u32, height: u32) -> Crop {
        let crop = self.plan.crop;
        let (flips_x, flips_y) = flips(self.orientation);
        let axis = |start: f64, length: f64, full: u32, step: f64, cells: u32, flips: bool| {
            let lacking = f64::from(cells) - f64::from(full) / step;
            let shift = if flips { lacking.max(0.0) } else { 0.0 };
            let start = (start / step + shift).min(f64::from(cells));
            (start, (length / step).min(f64::from(cells) - start))
        };
        let (x, w) = axis(crop.x, crop.width, self.upright.0, self.step.0, width, flips_x);
        let (y, h) = axis(crop.y, crop.height, self.upright.1, self.step.1, height, flips_y);
        Crop { x, y, width: w, height: h }
    }

    /// Whether `pixels` already are what the plan wants before any canvas.
    pub(crate) fn is_untouched(&self, pixels: &PixelBuf) -> bool {
        let size = (pixels.width(), pixels.height());
        let crop = self.plan.crop;
        let is_whole = crop.x == 0.0
            && crop.y == 0.0
            && crop.width == f64::from(self.upright.0)
            && crop.height == f64::from(self.upright.1);
        is_whole && size == self.plan.scaled && size == self.upright
    }
}

/// The size, on stored axes, that the whole picture has at the scale of the plan: what a decoder must cover.
pub(crate) fn stored_target(plan: &Plan, orientation: Orientation, stored: (u32, u32)) -> (u32, u32) {
    let upright = orientation.upright_size(stored.0, stored.1);
    let whole = |scaled: u32, crop: f64, full: u32| {
        let size = f64::from(scaled) * f64::from(full) / crop.max(1.0);
        // Rounded up and within the picture: a float in 1..=u32::MAX.
        size.ceil().clamp(1.0, f64::from(full)) as u32
    };
    let width = whole(plan.scaled.0, plan.crop.width, upright.0);
    let height = whole(plan.scaled.1, plan.crop.height, upright.1);
    orientation.upright_size(width, height)
}

fn scaled_to(wanted: u32, decoded: u32, stored: u32) -> u32 {
    if decoded == stored { wanted } else { wanted.min(decoded) }
}

/// Whether the upright x and y axes run against the stored axis that they lie on.
fn flips(orientation: Orientation) -> (bool, bool) {
    match orientation {
        Orientation::Upright | Orientation::Transpose => (false, false),
        Orientation::MirrorHorizontal | Orientation::Rotate90 => (true, false),
        Orientation::Rotate180 | Orientation::Transverse => (true, true),
        Orientation::MirrorVertical | Orientation::Rotate270 => (false, true),
    }
}

#[cfg(test)]
mod tests {
    use fic_resize::geometry::{Enlarge, Fit, plan};

    use super::*;

    #[test]
    fn the_short_last_cell_comes_first_on_a_turned_axis() {
        let whole = plan((100, 50), (25, 13), Fit::Contain, Enlarge::Never).unwrap();
        let sizes =
            Sizes { factor: (3, 3), step: (3.0, 3.0), ..sizes(whole, Orientation::Rotate180, (100, 50)) };
        let crop = sizes.crop_of(34, 17);
        assert!((crop.x - (34.0 - 100.0 / 3.0)).abs() < 1e-9);
        assert!((crop.x + crop.width - 34.0).abs() < 1e-9);
        let sizes = Sizes { orientation: Orientation::Upright, ..sizes };
        assert_eq!(sizes.crop_of(34, 17).x, 0.0);
    }

    #[test]
    fn a_cover_asks_the_decoder_for_the_whole_picture_at_the_crop_scale() {
        let cover = Recipe::cover();
        assert_eq!(stored_target(&cover, Orientation::Upright, (400, 200)), (100, 50));
        assert_eq!(stored_target(&cover, Orientation::Rotate90, (200, 400)), (50, 100));
    }

    struct Recipe;
    impl Recipe {
        fn cover() -> Plan {
            let fit = Fit::Cover { gravity: fic_resize::geometry::Gravity::Centre };
            plan((400, 200), (50, 50), fit, Enlarge::Never).unwrap()
        }
    }

    fn sizes(plan: Plan, orientation: Orientation, stored: (u32, u32)) -> Sizes {
        Sizes::new(plan, orientation, stored, stored, Scaling { step: 1, cell: 1 })
    }
}

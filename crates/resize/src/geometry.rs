//! Which part of a picture goes where: sizes in, a [`Plan`] out, no pixel touched.

use fic_core::{Error, Stage};

use crate::Crop;

/// How a picture is fitted to the target size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Keeps all of the picture and its aspect ratio; the result fits inside the target.
    #[default]
    Contain,
    /// Keeps the aspect ratio of the *target*: what sticks out is cropped away.
    Cover {
        /// Which part is kept.
        gravity: Gravity,
    },
    /// Exactly the target; the aspect ratio is not kept. Who asks for an exact size gets it, so this one
    /// enlarges whatever [`Enlarge`] says.
    Fill,
    /// As [`Fit::Contain`], then a canvas of exactly the target around it.
    Pad {
        /// Red, green, blue, alpha of the canvas.
        background: [u8; 4],
        /// Where on the canvas the picture lies.
        gravity: Gravity,
    },
}

/// One of nine positions, by compass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the points of the compass; north is the top")]
pub enum Gravity {
    #[default]
    Centre,
    East,
    North,
    NorthEast,
    NorthWest,
    South,
    SouthEast,
    SouthWest,
    West,
}

impl Gravity {
    /// Every position.
    pub const ALL: [Gravity; 9] = [
        Gravity::Centre,
        Gravity::East,
        Gravity::North,
        Gravity::NorthEast,
        Gravity::NorthWest,
        Gravity::South,
        Gravity::SouthEast,
        Gravity::SouthWest,
        Gravity::West,
    ];

    /// The lower-case name for recipes and the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Gravity::Centre => "centre",
            Gravity::East => "east",
            Gravity::North => "north",
            Gravity::NorthEast => "north-east",
            Gravity::NorthWest => "north-west",
            Gravity::South => "south",
            Gravity::SouthEast => "south-east",
            Gravity::SouthWest => "south-west",
            Gravity::West => "west",
        }
    }

    /// How much of the spare room lies left of and above the picture, in halves.
    const fn halves(self) -> (u32, u32) {
        match self {
            Gravity::NorthWest => (0, 0),
            Gravity::North => (1, 0),
            Gravity::NorthEast => (2, 0),
            Gravity::West => (0, 1),
            Gravity::Centre => (1, 1),
            Gravity::East => (2, 1),
            Gravity::SouthWest => (0, 2),
            Gravity::South => (1, 2),
            Gravity::SouthEast => (2, 2),
        }
    }
}

/// Whether a picture smaller than the target is scaled up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Enlarge {
    /// Scales up to the target.
    Allow,
    /// Leaves it at its own size.
    #[default]
    Never,
}

/// What to do to a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The part that is kept, in upright source pixels.
    pub crop: Crop,
    /// Width and height that the crop is resampled to; neither is zero.
    pub scaled: (u32, u32),
    /// Size of the canvas and, on it, the place of the left top corner of the picture.
    pub canvas: Option<((u32, u32), (u32, u32))>,
}

impl Plan {
    /// Width and height of the picture that is made.
    pub fn output(&self) -> (u32, u32) {
        self.canvas.map_or(self.scaled, |(size, _)| size)
    }
}

/// Plans how a `source` (width, height, upright) is fitted to a `target` (width, height).
///
/// Sides that follow from an aspect ratio are rounded to the nearest pixel, halves up, and are at least one
/// pixel. `Contain` and `Pad` with [`Enlarge::Never`] leave a picture that fits as it is. `Cover` with
/// [`Enlarge::Never`] makes the largest crop of the target's aspect ratio that fits in a source which is
/// too small to fill the target, cut along whole pixels and not resampled.
///
/// # Errors
/// `Misuse` where a side of the source or the target is zero.
pub fn plan(source: (u32, u32), target: (u32, u32), fit: Fit, enlarge: Enlarge) -> Result<Plan, Error> {
    if source.0 == 0 || source.1 == 0 {
        return Err(Error::misuse(Stage::Resample, "source has no pixels"));
    }
    if target.0 == 0 || target.1 == 0 {
        return Err(Error::misuse(Stage::Resample, "target has no pixels"));
    }
    let whole = Plan { crop: Crop::whole(source), scaled: target, canvas: None };
    Ok(match fit {
        Fit::Contain => Plan { scaled: contained(source, target, enlarge), ..whole },
        Fit::Cover { gravity } => covered(source, target, gravity, enlarge),
        Fit::Fill => whole,
        Fit::Pad { gravity, .. } => {
            let scaled = contained(source, target, enlarge);
            let spare = (target.0 - scaled.0, target.1 - scaled.1);
            Plan { scaled, canvas: Some((target, placed(spare, gravity))), ..whole }
        }
    })
}

/// The largest size of the source's aspect ratio inside the target.
fn contained(source: (u32, u32), target: (u32, u32), enlarge: Enlarge) -> (u32, u32) {
    if enlarge == Enlarge::Never && source.0 <= target.0 && source.1 <= target.1 {
        return source;
    }
    if is_wider(source, target) {
        (target.0, ratio(source.1, target.0, source.0).min(target.1))
    } else {
        (ratio(source.0, target.1, source.1).min(target.0), target.1)
    }
}

fn covered(source: (u32, u32), target: (u32, u32), gravity: Gravity, enlarge: Enlarge) -> Plan {
    let too_small = source.0 < target.0 || source.1 < target.1;
    if enlarge == Enlarge::Never && too_small {
        let size = if is_wider(source, target) {
            (ratio(target.0, source.1, target.1).min(source.0), source.1)
        } else {
            (source.0, ratio(target.1, source.0, target.0).min(source.1))
        };
        let (x, y) = placed((source.0 - size.0, source.1 - size.1), gravity);
        return Plan {
            crop: Crop { x: f64::from(x), y: f64::from(y), ..Crop::whole(size) },
            scaled: size,
            canvas: None,
        };
    }
    let (sides, aims) =
        ((f64::from(source.0), f64::from(source.1)), (f64::from(target.0), f64::from(target.1)));
    let (width, height) = if is_wider(source, target) {
        (sides.1 * aims.0 / aims.1, sides.1)
    } else {
        (sides.0, sides.0 * aims.1 / aims.0)
    };
    let (across, down) = gravity.halves();
    let x = (sides.0 - width) * f64::from(across) / 2.0;
    let y = (sides.1 - height) * f64::from(down) / 2.0;
    Plan { crop: Crop { x, y, width, height }, scaled: target, canvas: None }
}

/// Whether the aspect ratio of `source` is at least as wide as that of `target`; exact.
fn is_wider(source: (u32, u32), target: (u32, u32)) -> bool {
    u64::from(source.0) * u64::from(target.1) >= u64::from(source.1) * u64::from(target.0)
}

/// `side * to / from` to the nearest whole number, halves up, at least one.
fn ratio(side: u32, to: u32, from: u32) -> u32 {
    // At most (2^32 - 1)^2 + 2^31, which a u64 holds.
    let rounded = (u64::from(side) * u64::from(to) + u64::from(from) / 2) / u64::from(from);
    u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
}

/// The left top corner in `spare` room.
fn placed(spare: (u32, u32), gravity: Gravity) -> (u32, u32) {
    let (across, down) = gravity.halves();
    let part = |spare: u32, halves: u32| match halves {
        0 => 0,
        1 => spare / 2,
        _ => spare,
    };
    (part(spare.0, across), part(spare.1, down))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(source: (u32, u32), target: (u32, u32), fit: Fit, enlarge: Enlarge) -> (u32, u32) {
        plan(source, target, fit, enlarge).unwrap().scaled
    }

    const COVER: Fit = Fit::Cover { gravity: Gravity::Centre };

    #[test]
    fn contain_rounds_the_shorter_side_to_nearest_and_keeps_one_pixel() {
        let contain = |source, target| scaled(source, target, Fit::Contain, Enlarge::Never);
        assert_eq!(contain((4000, 3000), (256, 256)), (256, 192));
        assert_eq!(contain((3000, 4000), (256, 256)), (192, 256));
        assert_eq!(contain((1000, 667), (100, 100)), (100, 67));
        assert_eq!(contain((1000, 665), (100, 100)), (100, 67));
        assert_eq!(contain((1000, 664), (100, 100)), (100, 66));
        assert_eq!(contain((65_535, 1), (256, 256)), (256, 1));
        assert_eq!(contain((1, 65_535), (256, 256)), (1, 256));
        assert_eq!(contain((u32::MAX, u32::MAX - 1), (u32::MAX - 1, u32::MAX)), (u32::MAX - 1, u32::MAX - 2));
    }

    #[test]
    fn nothing_is_enlarged_unless_allowed() {
        assert_eq!(scaled((30, 20), (256, 256), Fit::Contain, Enlarge::Never), (30, 20));
        assert_eq!(scaled((30, 20), (256, 256), Fit::Contain, Enlarge::Allow), (256, 171));
        assert_eq!(scaled((30, 20), (256, 256), COVER, Enlarge::Never), (20, 20));
        assert_eq!(scaled((30, 20), (256, 256), COVER, Enlarge::Allow), (256, 256));
        // Wide enough but not high enough: still the largest crop of the aspect ratio.
        assert_eq!(scaled((1000, 20), (256, 128), COVER, Enlarge::Never), (40, 20));
    }

    #[test]
    fn cover_crops_what_sticks_out_on_the_side_that_gravity_turns_away_from() {
        let x = |gravity| {
            let plan = plan((400, 200), (100, 100), Fit::Cover { gravity }, Enlarge::Never).unwrap();
            assert_eq!((plan.crop.y, plan.crop.width, plan.crop.height), (0.0, 200.0, 200.0));
            assert_eq!(plan.scaled, (100, 100));
            plan.crop.x
        };
        assert_eq!([Gravity::West, Gravity::Centre, Gravity::East].map(x), [0.0, 100.0, 200.0]);
    }

    #[test]
    fn pad_centres_the_contained_picture_on_exactly_the_target() {
        let fit = Fit::Pad { background: [255; 4], gravity: Gravity::Centre };
        let plan = plan((400, 200), (101, 101), fit, Enlarge::Never).unwrap();
        assert_eq!((plan.scaled, plan.canvas), ((101, 51), Some(((101, 101), (0, 25)))));
        assert_eq!(plan.output(), (101, 101));
    }

    #[test]
    fn fill_takes_the_target_as_it_is() {
        assert_eq!(scaled((10, 20), (30, 30), Fit::Fill, Enlarge::Never), (30, 30));
    }

    #[test]
    fn refuses_sides_of_zero() {
        for (source, target) in [((0, 1), (1, 1)), ((1, 0), (1, 1)), ((1, 1), (0, 1)), ((1, 1), (1, 0))] {
            let err = plan(source, target, Fit::Contain, Enlarge::Never).unwrap_err();
            assert_eq!(err.kind(), fic_core::Kind::Misuse);
        }
    }
}

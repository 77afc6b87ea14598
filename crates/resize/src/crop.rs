//! A rectangle of source pixels, with fractions.

use fic_core::{Error, Stage};

/// A rectangle in source pixels: `x` and `y` are its left and top edge, counted from the left and top edge
/// of the picture, so `(0, 0)` is the corner of the first pixel, not its centre. Fractions are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width; more than zero.
    pub width: f64,
    /// Height; more than zero.
    pub height: f64,
}

impl Crop {
    /// All of a picture of `size` (width, height) pixels.
    pub fn whole(size: (u32, u32)) -> Crop {
        Crop { x: 0.0, y: 0.0, width: f64::from(size.0), height: f64::from(size.1) }
    }

    /// The same part of the picture after a box shrink by whole factors (`fx` across, `fy` down): every edge
    /// divided by its factor. A factor of zero counts as one.
    #[must_use]
    pub fn scaled_by(self, fx: u32, fy: u32) -> Crop {
        let (fx, fy) = (f64::from(fx.max(1)), f64::from(fy.max(1)));
        Crop { x: self.x / fx, y: self.y / fy, width: self.width / fx, height: self.height / fy }
    }

    /// This rectangle with the dust of floating-point division brushed off its edges, wholly inside a
    /// picture of `size`.
    ///
    /// The resampler trusts the rectangle that it is given, also where it is negative or not a number, so
    /// nothing reaches it that has not been through here.
    pub(crate) fn inside(self, size: (u32, u32)) -> Result<Crop, Error> {
        let (x, width) = span_inside(self.x, self.width, size.0)?;
        let (y, height) = span_inside(self.y, self.height, size.1)?;
        Ok(Crop { x, y, width, height })
    }
}

/// How far outside the picture an edge may lie before it is the caller's mistake, in pixels.
const DUST: f64 = 1e-6;

fn span_inside(start: f64, length: f64, side: u32) -> Result<(f64, f64), Error> {
    let (side, end) = (f64::from(side), start + length);
    // Written so that a NaN fails.
    let holds = start >= -DUST && length > 0.0 && end <= side + DUST;
    if !holds {
        return Err(Error::misuse(Stage::Resample, "crop is empty or not inside the picture"));
    }
    let start = settle(start.max(0.0));
    let end = settle(end.min(side));
    if start < end { Ok((start, end - start)) } else { Ok((start.min(side - DUST).max(0.0), DUST)) }
}

/// An edge that is a whole number but for dust becomes one: whole edges are copied, not filtered.
fn settle(edge: f64) -> f64 {
    if (edge - edge.round()).abs() < DUST { edge.round() } else { edge }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_that_went_through_a_division_still_ends_at_the_edge() {
        let crop = Crop { x: 0.0, y: 0.0, width: 300.0 / 7.0, height: 100.000_000_01 };
        let inside = crop.inside((43, 100)).unwrap();
        assert_eq!((inside.x, inside.y, inside.height), (0.0, 0.0, 100.0));
        assert!((inside.width - 300.0 / 7.0).abs() < 1e-9);
    }

    #[test]
    fn refuses_what_is_not_inside() {
        let whole = Crop::whole((10, 10));
        for crop in [
            Crop { x: -1.0, ..whole },
            Crop { x: 1.0, ..whole },
            Crop { y: f64::NAN, ..whole },
            Crop { height: f64::NAN, ..whole },
            Crop { width: 0.0, ..whole },
            Crop { width: f64::INFINITY, ..whole },
        ] {
            assert!(crop.inside((10, 10)).is_err(), "{crop:?}");
        }
    }

    #[test]
    fn divides_every_edge_by_its_factor() {
        let crop = Crop { x: 10.0, y: 9.0, width: 20.0, height: 30.0 }.scaled_by(4, 3);
        assert_eq!(crop, Crop { x: 2.5, y: 3.0, width: 5.0, height: 10.0 });
    }
}

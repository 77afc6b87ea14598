//! Any colour to sRGB: ICC profiles and ink amounts.
//!
//! Pixels and, perhaps, the bytes of an ICC profile come in; sRGB pixels leave. A profile is advice from a
//! stranger: one that is broken, absurd or made for other pixels is ignored with a reason, and never fails
//! the picture. What bounds the work is said in [`to_srgb`].

mod canonical;
mod curve;
mod ink;
mod transform;

use fic_core::{Budget, Cost, Error, PixelBuf, PixelLayout, Stage, units};

use canonical::Profile;
use transform::Transform;

/// What was done about the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// The samples were converted: by the profile, or from ink amounts that have none.
    Converted,
    /// The profile could not be used, for this reason; the samples were taken as sRGB, or ink amounts
    /// converted as if they had no profile.
    Ignored(&'static str),
    /// The samples were sRGB already, by the profile's word or for the lack of one.
    None,
}

/// What [`to_srgb`] will cost beside the pixels that it is given, for a profile of `icc_bytes` (zero for
/// none).
pub fn colour_cost(layout: PixelLayout, width: u32, height: u32, icc_bytes: u64) -> Cost {
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    let converts = icc_bytes > 0 || layout == PixelLayout::Cmyk;
    let profile = if icc_bytes > 0 { transform::profile_cost(layout, icc_bytes) } else { Cost::default() };
    let work = if converts { pixels.saturating_mul(units::COLOUR_PIXEL) } else { 0 };
    Cost { work: profile.work.saturating_add(work), peak_heap: profile.peak_heap }
}

/// Converts `pixels` to sRGB, in place.
///
/// `Gray` and `GrayAlpha` stay grey (with the sRGB curve), `Rgb` and `Rgba` stay, `Cmyk` becomes `Rgb`.
/// Alpha is not touched. Matrix profiles are read relative colorimetric, profiles that hold only tables by
/// their perceptual table. An sRGB profile is recognised by its values and costs nothing. Ink amounts
/// without a usable profile become `255 - k - c * (255 - k) / 255` and so on.
///
/// # Bounds
/// From the profile only the header's four kinds and the tags that make colours are read, the first of each
/// name, from a table of at most 128 tags; a tag may take 2 MiB, a curve 4,096 entries, a table 65 points
/// to a side. Everything else is never looked at.
///
/// # Errors
/// Never for the profile's sake. `Limit` naming `max_heap_bytes`; `Deadline` or `Cancelled`.
pub fn to_srgb(
    pixels: PixelBuf,
    icc: Option<&[u8]>,
    budget: &Budget,
) -> Result<(PixelBuf, Conversion), Error> {
    budget.check(Stage::Colour)?;
    let ignored = match icc.map(|icc| by_profile(icc, pixels.layout(), budget)).transpose()? {
        None => None,
        Some(Found::Srgb) => return Ok((pixels, Conversion::None)),
        Some(Found::Transform(transform)) => {
            return Ok((transform.apply(pixels, budget)?, Conversion::Converted));
        }
        Some(Found::Unusable(reason)) => Some(Conversion::Ignored(reason)),
    };
    if pixels.layout() == PixelLayout::Cmyk {
        return Ok((ink::to_rgb(pixels, budget)?, ignored.unwrap_or(Conversion::Converted)));
    }
    Ok((pixels, ignored.unwrap_or(Conversion::None)))
}

/// What a profile turned out to be.
enum Found {
    Srgb,
    Transform(Transform),
    Unusable(&'static str),
}

fn by_profile(icc: &[u8], layout: PixelLayout, budget: &Budget) -> Result<Found, Error> {
    let profile = match Profile::read(icc, layout) {
        Ok(profile) => profile,
        Err(reason) => return Ok(Found::Unusable(reason)),
    };
    if profile.is_srgb() {
        return Ok(Found::Srgb);
    }
    Ok(match Transform::make(&profile, layout, budget)? {
        Some(transform) => Found::Transform(transform),
        None => Found::Unusable("profile cannot be turned into a conversion"),
    })
}

//! Any colour to sRGB: ICC profiles and ink amounts.
//!
//! Pixels and, perhaps, the bytes of an ICC profile come in; sRGB pixels leave. A profile is advice from a
//! stranger: one that is broken, absurd or made for other pixels is ignored with a reason, and never fails
//! the picture. What bounds the work is said in [`to_srgb`].
//!
//! The arithmetic is our own: three curves and a matrix take a page, so do the tables. Against the crate
//! that was here before (moxcms 0.9.2, now the second opinion in the tests) a Display P3 thumbnail saves
//! 0.4 ms of tables built for each picture, dark tones come out right to the level, there is no `unsafe`,
//! the bytes are the same on every processor, and nothing is allocated that a profile sizes.

mod curve;
mod ink;
mod light;
mod matrix;
mod profile;
mod table;

use fic_core::{Budget, Cost, Error, PixelBuf, PixelLayout, Stage, units};

use matrix::Matrix;
use profile::{Colours, Profile};
use table::Table;

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

/// What [`to_srgb`] will cost beside the pixels that it is given, for a profile of `icc_bytes` bytes (zero
/// for none).
pub fn colour_cost(layout: PixelLayout, width: u32, height: u32, icc_bytes: u64) -> Cost {
    if icc_bytes == 0 && layout != PixelLayout::Cmyk {
        return Cost::default();
    }
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    let curves = if icc_bytes == 0 { Cost::default() } else { Table::MOST };
    Cost { work: pixels.saturating_mul(units::COLOUR_PIXEL), peak_heap: 0 }.with(curves)
}

/// Converts `pixels` to sRGB, in place.
///
/// `Gray` and `GrayAlpha` stay grey (with the sRGB curve), `Rgb` and `Rgba` stay, `Cmyk` becomes `Rgb`.
/// Alpha is not touched. Profiles of three primaries are read relative colorimetric; profiles that hold only
/// tables by their perceptual one, black made black. An sRGB profile is recognised by its values, and its
/// pixels stay as they are. Ink amounts without a usable profile become `(255 - ink) * (255 - black) / 255`.
///
/// # Bounds
/// Of the profile only the header and the tags that make colours are read, the first of each name, from a
/// table of at most 128 tags; a curve has at most 4,096 entries, a table 65 points to a side. Nothing else
/// is looked at, and no memory depends on the profile's size.
///
/// # Errors
/// Never for the profile's sake. `Limit` naming `max_heap_bytes`; `Deadline` or `Cancelled`.
pub fn to_srgb(
    pixels: PixelBuf,
    icc: Option<&[u8]>,
    budget: &Budget,
) -> Result<(PixelBuf, Conversion), Error> {
    budget.check(Stage::Colour)?;
    let without = |pixels: PixelBuf, conversion| match pixels.layout() {
        PixelLayout::Cmyk => Ok((ink::to_rgb(pixels, budget)?, conversion)),
        _ => Ok((pixels, conversion)),
    };
    let Some(icc) = icc else {
        let is_ink = pixels.layout() == PixelLayout::Cmyk;
        return without(pixels, if is_ink { Conversion::Converted } else { Conversion::None });
    };
    match Profile::read(icc, pixels.layout()) {
        Ok(profile) if profile.is_srgb() => Ok((pixels, Conversion::None)),
        Ok(profile) => Ok((by_profile(pixels, &profile, budget)?, Conversion::Converted)),
        Err(reason) => without(pixels, Conversion::Ignored(reason)),
    }
}

fn by_profile(mut pixels: PixelBuf, profile: &Profile<'_>, budget: &Budget) -> Result<PixelBuf, Error> {
    match &profile.colours {
        Colours::Gray(curve) => {
            let levels = light::grey_levels(curve, profile.pcs);
            let channels = pixels.layout().channels();
            for run in pixels.as_bytes_mut().chunks_mut(RUN * channels) {
                budget.check(Stage::Colour)?;
                for luma in run.iter_mut().step_by(channels) {
                    *luma = levels[usize::from(*luma)];
                }
            }
            Ok(pixels)
        }
        Colours::Matrix { columns, curves } => {
            let matrix = Matrix::new(columns, curves);
            convert(pixels, budget, |device| matrix.light(device))
        }
        Colours::Table(outline) => {
            let table = Table::new(outline, profile.pcs, budget)?;
            convert(pixels, budget, |device| table.light(device))
        }
    }
}

/// Pixels between two looks at the clock.
const RUN: usize = 4096;

/// Gives each pixel the linear light that `light` finds for its device samples (the fourth is black ink or
/// alpha), in the same buffer.
fn convert(
    mut pixels: PixelBuf,
    budget: &Budget,
    light: impl Fn([u8; 4]) -> [f32; 3],
) -> Result<PixelBuf, Error> {
    let encode = light::Encode::get();
    match pixels.layout() {
        PixelLayout::Cmyk => return ink::in_place(pixels, budget, |ink| encode.samples(light(ink))),
        PixelLayout::Rgba => {
            for run in pixels.as_bytes_mut().as_chunks_mut::<4>().0.chunks_mut(RUN) {
                budget.check(Stage::Colour)?;
                for pixel in run {
                    let [red, green, blue] = encode.samples(light(*pixel));
                    *pixel = [red, green, blue, pixel[3]];
                }
            }
        }
        _ => {
            for run in pixels.as_bytes_mut().as_chunks_mut::<3>().0.chunks_mut(RUN) {
                budget.check(Stage::Colour)?;
                for pixel in run {
                    let [red, green, blue] = *pixel;
                    *pixel = encode.samples(light([red, green, blue, 0]));
                }
            }
        }
    }
    Ok(pixels)
}

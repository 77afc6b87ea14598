//! The last step to the exact size: a separable convolution with a good filter.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use fic_core::{Budget, Cost, Error, Kind, PixelBuf, PixelLayout, Stage, rows_bytes, units};

use crate::{Crop, means};

/// The filter of the resampler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The mean of the pixels under an output pixel.
    Box,
    /// Bicubic, interpolating (B = 0, C = 0.5); slightly sharp.
    CatmullRom,
    /// Windowed sinc, three lobes; the sharpest.
    #[default]
    Lanczos3,
    /// Bicubic with B = C = 1/3; soft, without ringing.
    Mitchell,
}

impl Filter {
    /// How far the filter reaches to each side, in source pixels at scale 1.
    const fn support(self) -> f64 {
        match self {
            Filter::Box => 0.5,
            Filter::CatmullRom | Filter::Mitchell => 2.0,
            Filter::Lanczos3 => 3.0,
        }
    }

    /// For pixels that are means of `cells` stored ones, of which `scale` become one output pixel.
    fn upstream(self, cells: (u32, u32), scale: (f64, f64)) -> FilterType {
        match self {
            Filter::Box => FilterType::Box,
            Filter::CatmullRom => FilterType::CatmullRom,
            Filter::Lanczos3 => means::lanczos3(cells, scale),
            Filter::Mitchell => FilterType::Mitchell,
        }
    }
}

/// What [`resample`] will cost for a source of size `from` and an output of size `to`, the output included,
/// the source not.
pub fn resample_cost(layout: PixelLayout, from: (u32, u32), to: (u32, u32), filter: Filter) -> Cost {
    let samples = |width, height| rows_bytes(layout, width, height);
    let output = samples(to.0, to.1);
    // The vertical pass goes first, so the picture between the passes is as wide as the source.
    let touched = samples(from.0, from.1).saturating_add(samples(from.0, to.1)).saturating_add(output);
    let weights = weights(from.0, to.0, filter).saturating_add(weights(from.1, to.1, filter));
    let work = touched
        .saturating_mul(units::RESAMPLE_SAMPLE)
        .saturating_add(weights.saturating_mul(units::RESAMPLE_WEIGHT));
    Cost { work, peak_heap: output.saturating_add(scratch_bytes(layout, from, to, filter)) }
}

/// Resamples the part `crop` of `pixels` to exactly `to` (width, height).
///
/// The layout stays. Alpha is straight in and out and weighs the colours on the way; the inks of CMYK are
/// filtered like any other sample. A crop along whole pixels that already has the size `to` is copied
/// without filtering.
///
/// # Errors
/// `Misuse` where `to` has a side of zero or `crop` is not inside the picture; `Limit` naming
/// `max_heap_bytes`; `Deadline` or `Cancelled`.
pub fn resample(
    pixels: &PixelBuf,
    crop: Crop,
    to: (u32, u32),
    filter: Filter,
    budget: &Budget,
) -> Result<PixelBuf, Error> {
    resample_means(pixels, (1, 1), crop, to, filter, budget)
}

/// The same for pixels that were averaged on the way: each is the mean of `cells` (across, down) pixels of the picture as it
/// was stored. [`Filter::Lanczos3`] gives back the sharpness that this took; the other filters do not.
///
/// # Errors
/// As [`resample`].
pub fn resample_means(
    pixels: &PixelBuf,
    cells: (u32, u32),
    crop: Crop,
    to: (u32, u32),
    filter: Filter,
    budget: &Budget,
) -> Result<PixelBuf, Error> {
    budget.check(Stage::Resample)?;
    let from = (pixels.width(), pixels.height());
    if to.0 == 0 || to.1 == 0 {
        return Err(Error::misuse(Stage::Resample, "target has no pixels"));
    }
    let crop = crop.inside(from)?;
    let layout = pixels.layout();
    let mut output = PixelBuf::zeroed(layout, to.0, to.1, budget)?;
    let _scratch = budget.hold(scratch_bytes(layout, from, to, filter))?;
    let kind = pixel_type(layout);
    let source = ImageRef::new(from.0, from.1, pixels.as_bytes(), kind).map_err(refused)?;
    let mut target = Image::from_slice_u8(to.0, to.1, output.as_bytes_mut(), kind).map_err(refused)?;
    let scale = (crop.width / f64::from(to.0), crop.height / f64::from(to.1));
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter.upstream(cells, scale)))
        .crop(crop.x, crop.y, crop.width, crop.height)
        .use_alpha(layout.has_alpha());
    Resizer::new().resize(&source, &mut target, &options).map_err(refused)?;
    budget.check(Stage::Resample)?;
    Ok(output)
}

const fn pixel_type(layout: PixelLayout) -> PixelType {
    match layout {
        PixelLayout::Gray => PixelType::U8,
        PixelLayout::GrayAlpha => PixelType::U8x2,
        PixelLayout::Rgb => PixelType::U8x3,
        PixelLayout::Cmyk | PixelLayout::Rgba => PixelType::U8x4,
    }
}

/// Sizes, crop and layout were checked before, so a refusal from below is a contradiction.
fn refused(err: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Kind::Upstream, Stage::Resample, "the resampler refused a checked picture").with_source(err)
}

/// What the resampler allocates: a premultiplied copy of the source, the picture between the two passes
/// (source width by output height), and for each direction its weights.
fn scratch_bytes(layout: PixelLayout, from: (u32, u32), to: (u32, u32), filter: Filter) -> u64 {
    let pixel = layout.channels() as u64;
    let premultiplied = if layout.has_alpha() { rows_bytes(layout, from.0, from.1) + pixel } else { 0 };
    let between = rows_bytes(layout, from.0, to.1).saturating_add(pixel);
    premultiplied
        .saturating_add(between)
        .saturating_add(weight_bytes(from.0, to.0, filter))
        .saturating_add(weight_bytes(from.1, to.1, filter))
}

/// The weights of one direction: for each output pixel a window of `f64`, the same as `i16`, and the
/// bounds of both.
fn weight_bytes(from: u32, to: u32, filter: Filter) -> u64 {
    weights(from, to, filter).saturating_mul(8 + 2).saturating_add(u64::from(to) * (8 + 32))
}

/// How many weights one direction has: a window for each output pixel.
fn weights(from: u32, to: u32, filter: Filter) -> u64 {
    let scale = (f64::from(from) / f64::from(to.max(1))).max(1.0);
    // A crop only makes the scale smaller. Float to integer saturates.
    let window = (filter.support() * scale).ceil() as u64 * 2 + 1;
    u64::from(to).saturating_mul(window)
}

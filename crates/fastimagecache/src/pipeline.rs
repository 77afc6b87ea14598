//! The one flow, stage after stage: sniff, outline, admit, decode and shrink, orient, colour, resample, encode.

mod admission;
mod formats;
mod sizes;

use fic_colour::Conversion;
use fic_core::{Budget, FindingKind, Format, HeldBytes, PixelBuf, PixelLayout, Scratch, Stage};
use fic_encode::Encoding;
use fic_resize::geometry::Fit;
use fic_trail::{Task, observed};

use crate::pipeline::admission::{Admission, Made, Works};
use crate::report::{Pixels, Report, Thumbnail};
use crate::{Error, Policy, Recipe, Upload};

#[cfg(feature = "cache")]
pub(crate) use admission::judge_length;
pub(crate) use admission::{cost_of, examine, judge_labels};
#[cfg(all(feature = "isolate", target_os = "linux"))]
pub(crate) use formats::AnyOutline;

/// From the upload to upright sRGB pixels of the size that the recipe asks for.
pub(crate) fn pixels(
    policy: &Policy,
    scratch: &Scratch,
    upload: &Upload<'_>,
    recipe: &Recipe,
) -> Result<Pixels, Error> {
    let budget = Budget::with_scratch(&policy.limits, upload.cancel.clone(), scratch.clone());
    to_pixels(policy, upload, recipe, Made::Pixels, &budget).map(|(pixels, _)| pixels)
}

/// The same, then encoded.
pub(crate) fn thumbnail(
    policy: &Policy,
    scratch: &Scratch,
    upload: &Upload<'_>,
    recipe: &Recipe,
) -> Result<Thumbnail, Error> {
    let budget = Budget::with_scratch(&policy.limits, upload.cancel.clone(), scratch.clone());
    let (Pixels { buffer, mut report }, works) = to_pixels(policy, upload, recipe, Made::Encoded, &budget)?;
    let (width, height) = (buffer.width(), buffer.height());
    let task = Task::of(Stage::Encode).format(report.format).size(width, height).work(works.encode);
    let (bytes, format) = observed(task, Some(&budget), || encoded(buffer, recipe, &budget))?;
    report.peak_held_bytes = budget.peak_bytes();
    Ok(Thumbnail { bytes: bytes.into_vec(), format, width, height, report })
}

fn to_pixels(
    policy: &Policy,
    upload: &Upload<'_>,
    recipe: &Recipe,
    made: Made,
    budget: &Budget,
) -> Result<(Pixels, Works), Error> {
    recipe.check(&policy.limits)?;
    let examined = examine(policy, upload)?;
    let header = examined.outline.header();
    let mut findings = header.findings.clone();
    findings.merge(&examined.findings);
    let task = |stage| Task::of(stage).format(header.format);

    let admitting = task(Stage::Admit).size(header.width.get(), header.height.get());
    let Admission { admitted, sizes, icc, icc_problem, predicted, works } =
        observed(admitting, Some(budget), || {
            admission::admit(policy, upload, &examined.outline, recipe, made, budget)
        })?;
    if let Some(at) = icc_problem {
        findings.note(FindingKind::IccIgnored, at);
    }
    let decoding = task(Stage::Decode).size(admitted.size().0, admitted.size().1).work(works.decode);
    let small = observed(decoding, Some(budget), || {
        budget.check(Stage::Decode)?;
        let mut decoder = formats::open(admitted, budget)?;
        let small = fic_resize::shrink(decoder.as_mut(), sizes.factor, budget)?;
        if decoder.was_truncated() {
            findings.note(FindingKind::TruncatedPixels, 0);
        }
        Ok(small)
    })?;
    let small_task = |stage| task(stage).size(small.width(), small.height());
    let (orienting, colouring) = (small_task(Stage::Orient), small_task(Stage::Colour).work(works.colour));
    let upright = observed(orienting, Some(budget), || {
        budget.check(Stage::Orient)?;
        fic_resize::orient(small, header.orientation, budget)
    })?;
    let profile = icc.as_ref().map(HeldBytes::as_slice);
    let (coloured, conversion) =
        observed(colouring, Some(budget), || fic_colour::to_srgb(upright, profile, budget))?;
    if matches!(conversion, Conversion::Ignored(_)) {
        findings.note(FindingKind::IccIgnored, 0);
    }
    let resampling = task(Stage::Resample).size(coloured.width(), coloured.height()).work(works.resample);
    let buffer = observed(resampling, Some(budget), || {
        budget.check(Stage::Resample)?;
        resampled(coloured, &sizes, recipe, budget)
    })?;
    let report = Report {
        format: header.format,
        stored_size: (header.width.get(), header.height.get()),
        orientation: header.orientation,
        frames: header.frames,
        findings,
        predicted,
        peak_held_bytes: budget.peak_bytes(),
    };
    Ok((Pixels { buffer, report }, works))
}

/// The file, and its format; a JPEG has no alpha, so the background lies under it.
fn encoded(buffer: PixelBuf, recipe: &Recipe, budget: &Budget) -> Result<(HeldBytes, Format), Error> {
    budget.check(Stage::Encode)?;
    let encoding = recipe.encoding(is_transparent(&buffer));
    let buffer = match encoding {
        Encoding::Jpeg { .. } if buffer.layout().has_alpha() => {
            fic_resize::flatten(buffer, recipe.background, budget)?
        }
        _ => buffer,
    };
    Ok((fic_encode::encode(&buffer, encoding, budget)?, format_of(encoding)))
}

fn resampled(
    pixels: PixelBuf,
    sizes: &sizes::Sizes,
    recipe: &Recipe,
    budget: &Budget,
) -> Result<PixelBuf, Error> {
    let scaled = if sizes.is_untouched(&pixels) {
        pixels
    } else {
        let crop = sizes.crop_of(pixels.width(), pixels.height());
        fic_resize::resample_means(&pixels, sizes.cells, crop, sizes.plan.scaled, recipe.filter, budget)?
    };
    match (sizes.plan.canvas, recipe.fit) {
        (Some((canvas, at)), Fit::Pad { background, .. }) => {
            fic_resize::pad(&scaled, canvas, at, background, budget)
        }
        _ => Ok(scaled),
    }
}

/// Whether any pixel lets something shine through.
fn is_transparent(pixels: &PixelBuf) -> bool {
    let alpha = |samples: &[u8]| samples.last().is_some_and(|&alpha| alpha < 255);
    match pixels.layout() {
        PixelLayout::GrayAlpha => pixels.as_bytes().chunks_exact(2).any(alpha),
        PixelLayout::Rgba => pixels.as_bytes().chunks_exact(4).any(alpha),
        PixelLayout::Cmyk | PixelLayout::Gray | PixelLayout::Rgb => false,
    }
}

fn format_of(encoding: Encoding) -> Format {
    match encoding {
        Encoding::Jpeg { .. } => Format::Jpeg,
        Encoding::Png => Format::Png,
        Encoding::WebPLossless => Format::WebP,
    }
}

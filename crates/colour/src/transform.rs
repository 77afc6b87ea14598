//! A checked profile becomes a transform to sRGB, and the transform runs over pixels.

use std::sync::Arc;

use fic_core::{Budget, Cost, Error, Hold, PixelBuf, PixelLayout, Stage};
use moxcms::{
    ColorProfile, Layout, ParsingOptions, RenderingIntent, Transform8BitExecutor, TransformOptions,
};

use crate::canonical::{MOST_BYTES, Profile};

/// From device samples to sRGB.
pub(crate) enum Transform {
    /// One grey sample: all 256 answers.
    Gray(Box<[u8; 256]>),
    /// Three or four samples; the receipt is for the engine's tables.
    Colour(Arc<Transform8BitExecutor>, Hold),
}

/// Pixels that go through the engine at once: a few microseconds, a buffer that fits in the cache.
const RUN: usize = 4096;

impl Transform {
    /// Has the engine read the canonical profile and make its tables; `None` where it cannot.
    pub(crate) fn make(
        profile: &Profile<'_>,
        layout: PixelLayout,
        budget: &Budget,
    ) -> Result<Option<Transform>, Error> {
        let canonical = profile.write(budget)?;
        let tables = if profile.is_table() {
            table_bytes(layout, canonical.as_slice().len() as u64)
        } else {
            MATRIX_BYTES
        };
        let hold = budget.hold(tables)?;
        let engine = engine(canonical.as_slice(), layout, profile.is_table());
        budget.check(Stage::Colour)?;
        if matches!(layout, PixelLayout::Gray | PixelLayout::GrayAlpha) {
            let levels = engine.and_then(|engine| grey_levels(engine.as_ref()));
            return Ok(levels.map(|levels| Transform::Gray(Box::new(levels))));
        }
        Ok(engine.map(|engine| Transform::Colour(engine, hold)))
    }

    /// Converts every pixel, in place.
    pub(crate) fn apply(self, mut pixels: PixelBuf, budget: &Budget) -> Result<PixelBuf, Error> {
        match self {
            Transform::Gray(levels) => {
                let channels = pixels.layout().channels();
                for run in pixels.as_bytes_mut().chunks_mut(RUN * channels) {
                    budget.check(Stage::Colour)?;
                    for luma in run.iter_mut().step_by(channels) {
                        *luma = levels[usize::from(*luma)];
                    }
                }
                Ok(pixels)
            }
            Transform::Colour(engine, _hold) => convert(engine.as_ref(), pixels, budget),
        }
    }
}

fn convert(engine: &Transform8BitExecutor, pixels: PixelBuf, budget: &Budget) -> Result<PixelBuf, Error> {
    let (layout, width, height) = (pixels.layout(), pixels.width(), pixels.height());
    let to_layout = if layout == PixelLayout::Cmyk { PixelLayout::Rgb } else { layout };
    let (from, to) = (layout.channels(), to_layout.channels());
    let _held = budget.hold((RUN * to) as u64)?;
    let mut converted = vec![0; RUN * to];
    let (mut data, hold) = pixels.into_parts();
    let count = data.len() / from;
    for start in (0..count).step_by(RUN) {
        budget.check(Stage::Colour)?;
        let run = RUN.min(count - start);
        let source = &data[start * from..][..run * from];
        let target = &mut converted[..run * to];
        engine.transform(source, target).map_err(|err| {
            Error::new(fic_core::Kind::Upstream, Stage::Colour, "the colour engine refused whole pixels")
                .with_source(err)
        })?;
        // Never longer than the source, so no pixel is overwritten before it is read.
        data[start * to..][..run * to].copy_from_slice(target);
    }
    data.truncate(count * to);
    PixelBuf::from_parts(to_layout, width, height, data, hold)
}

fn engine(canonical: &[u8], layout: PixelLayout, table: bool) -> Option<Arc<Transform8BitExecutor>> {
    let options = ParsingOptions {
        max_profile_size: canonical.len() + 1,
        max_allowed_clut_size: MOST_BYTES,
        max_allowed_trc_size: 4096,
    };
    let source = ColorProfile::new_from_slice_with_options(canonical, options).ok()?;
    let (from, to) = match layout {
        PixelLayout::Gray | PixelLayout::GrayAlpha => (Layout::Gray, Layout::Rgb),
        PixelLayout::Rgb => (Layout::Rgb, Layout::Rgb),
        PixelLayout::Rgba => (Layout::Rgba, Layout::Rgba),
        PixelLayout::Cmyk => (Layout::Rgba, Layout::Rgb),
    };
    let rendering_intent =
        if table { RenderingIntent::Perceptual } else { RenderingIntent::RelativeColorimetric };
    let options = TransformOptions { rendering_intent, ..TransformOptions::default() };
    source.create_transform_8bit(from, &ColorProfile::new_srgb(), to, options).ok()
}

fn grey_levels(engine: &Transform8BitExecutor) -> Option<[u8; 256]> {
    let mut samples = [0; 256];
    for (sample, level) in samples.iter_mut().zip(0..=255u8) {
        *sample = level;
    }
    let mut colours = [0; 256 * 3];
    engine.transform(&samples, &mut colours).ok()?;
    for (sample, colour) in samples.iter_mut().zip(colours.as_chunks::<3>().0) {
        *sample = colour[0];
    }
    Some(samples)
}

/// What the engine allocates for a matrix profile, measured.
const MATRIX_BYTES: u64 = 2 << 20;

/// What the engine allocates for a table profile: its own grid, and the file's table as floats.
fn table_bytes(layout: PixelLayout, canonical: u64) -> u64 {
    let _ = layout;
    (8 << 20) + canonical * 8
}

/// Work and memory of reading a profile of `icc_bytes` and making the engine's tables.
pub(crate) fn profile_cost(layout: PixelLayout, icc_bytes: u64) -> Cost {
    let icc_bytes = icc_bytes.min(2 << 20);
    Cost { work: 2_000_000, peak_heap: table_bytes(layout, icc_bytes) + icc_bytes }
}

//! The front door: a recipe from the first bytes, an upload from the rest.

use fastimagecache::{
    Enlarge, Filter, Fit, Gravity, Output, Policy, Recipe, Scratch, Subsampling, Thumbnailer, Truncated,
};
use fic_core::Kind;

/// Bytes that choose the recipe.
const RECIPE: usize = 8;

fn recipe(choice: &[u8; RECIPE]) -> Recipe {
    let [width, height, fit, gravity, filter, output, quality, flags] = *choice;
    let gravity = Gravity::ALL[usize::from(gravity) % Gravity::ALL.len()];
    let fit = match fit % 4 {
        0 => Fit::Contain,
        1 => Fit::Cover { gravity },
        2 => Fit::Fill,
        _ => Fit::Pad { background: [width, height, fit, quality], gravity },
    };
    Recipe::within(width.into(), u32::from(height) * if flags & 4 == 0 { 1 } else { 16 })
        .with_fit(fit)
        .with_enlarge(if flags & 1 == 0 { Enlarge::Never } else { Enlarge::Allow })
        .with_filter(
            [Filter::Box, Filter::CatmullRom, Filter::Lanczos3, Filter::Mitchell][usize::from(filter) % 4],
        )
        .with_output([Output::Auto, Output::Jpeg, Output::Png, Output::WebP][usize::from(output) % 4])
        .with_quality(quality)
        .with_subsampling(if flags & 2 == 0 { Subsampling::S420 } else { Subsampling::S444 })
}

/// Under the default policy, keeping truncated pictures.
pub fn thumbnail(data: &[u8]) {
    check(data, Policy::untrusted().with_limits(super::limits()).with_truncated(Truncated::Accept));
}

/// Under the policy for avatars.
pub fn strict(data: &[u8]) {
    check(data, Policy::strict_avatar());
}

fn check(data: &[u8], policy: Policy) {
    let Some((choice, upload)) = data.split_first_chunk::<RECIPE>() else { return };
    let thumbnailer = Thumbnailer::new(policy).with_scratch(Scratch::new(0));
    let recipe = recipe(choice);
    let (outcome, peak) = crate::heap::measure(|| thumbnailer.thumbnail(upload, &recipe));
    let thumb = match outcome {
        Ok(thumb) => thumb,
        Err(error) => {
            assert!(error.kind() != Kind::Upstream && error.kind() != Kind::Io, "{error}");
            return;
        }
    };
    let predicted = thumb.report.predicted.peak_heap;
    assert!(peak <= predicted, "{peak} bytes of heap, {predicted} predicted");
    let again = thumbnailer.inspect(&thumb.bytes).expect("our own output has an outline");
    assert_eq!((again.header.width.get(), again.header.height.get()), (thumb.width, thumb.height));
    assert!(again.findings.is_empty() && again.polyglot_marks.is_empty(), "our own output is not clean");
}

//! A recipe as 64 bytes in which each value has its place: what the cache's keys are made from.
//!
//! What does not change the result is left out (the quality of a PNG, the background of a picture that gets none),
//! so that it does not multiply the entries. Two recipes of one form make the same picture.

use fic_cache::{Form, RECIPE_BYTES};
use fic_encode::Subsampling;
use fic_resize::Filter;
use fic_resize::geometry::{Enlarge, Fit, Gravity};

use crate::{Fidelity, Output, Recipe};

/// The version of this form, its first byte.
const VERSION: u8 = 1;

/// What picture the decoders, the resampler and the encoders make of a source and a recipe; raised whenever that
/// changes, so that no entry of an earlier release is served as one of this.
pub(crate) const EPOCH: u32 = 5;

/// The form of `recipe` for pictures of `kind`, under the policy that `policy` is a digest of.
pub(crate) fn canonical(recipe: &Recipe, kind: Form, policy: &[u8; 16]) -> [u8; RECIPE_BYTES] {
    let mut bytes = [0; RECIPE_BYTES];
    // The frame stands at the end, so that the form of a picture's first frame is what it was before there were others.
    let (form, frame) = bytes.split_at_mut(RECIPE_BYTES - size_of::<u32>());
    frame.copy_from_slice(&recipe.frame.to_le_bytes());
    let mut places = form.iter_mut();
    let mut put = |values: &[u8]| places.by_ref().zip(values).for_each(|(place, value)| *place = *value);
    put(&[VERSION]);
    put(policy);
    put(&recipe.width.to_le_bytes());
    put(&recipe.height.to_le_bytes());
    put(&fit(recipe.fit));
    put(&[enlarge(recipe), filter(recipe.filter), fidelity(recipe.fidelity)]);
    if kind == Form::Encoded {
        put(&output(recipe));
    }
    bytes
}

/// Kind, gravity, background.
fn fit(fit: Fit) -> [u8; 6] {
    match fit {
        Fit::Contain => [1, 0, 0, 0, 0, 0],
        Fit::Cover { gravity } => [2, point(gravity), 0, 0, 0, 0],
        Fit::Fill => [3, 0, 0, 0, 0, 0],
        Fit::Pad { background: [red, green, blue, alpha], gravity } => {
            [4, point(gravity), red, green, blue, alpha]
        }
    }
}

fn point(gravity: Gravity) -> u8 {
    match gravity {
        Gravity::Centre => 1,
        Gravity::East => 2,
        Gravity::North => 3,
        Gravity::NorthEast => 4,
        Gravity::NorthWest => 5,
        Gravity::South => 6,
        Gravity::SouthEast => 7,
        Gravity::SouthWest => 8,
        Gravity::West => 9,
    }
}

/// `Fill` enlarges whatever the recipe says.
fn enlarge(recipe: &Recipe) -> u8 {
    match (recipe.fit, recipe.enlarge) {
        (Fit::Fill, _) => 0,
        (_, Enlarge::Never) => 1,
        (_, Enlarge::Allow) => 2,
    }
}

fn filter(filter: Filter) -> u8 {
    match filter {
        Filter::Box => 1,
        Filter::CatmullRom => 2,
        Filter::Lanczos3 => 3,
        Filter::Mitchell => 4,
    }
}

fn fidelity(fidelity: Fidelity) -> u8 {
    match fidelity {
        Fidelity::Exact => 1,
        Fidelity::Fast => 2,
        Fidelity::Standard => 3,
    }
}

/// Format; what only a JPEG has where it can be one.
fn output(recipe: &Recipe) -> [u8; 6] {
    let [red, green, blue] = recipe.background;
    let subsampling = match recipe.subsampling {
        Subsampling::S420 => 1,
        Subsampling::S444 => 2,
    };
    match recipe.output {
        Output::Auto => [1, recipe.quality, subsampling, red, green, blue],
        Output::Jpeg => [2, recipe.quality, subsampling, red, green, blue],
        Output::Png => [3, 0, 0, 0, 0, 0],
        Output::WebP => [4, 0, 0, 0, 0, 0],
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use fic_cache::SourceId;

    use super::*;
    use crate::Thumbnailer;

    /// The pixels that this epoch stands for: of a source and a recipe each, the start of a digest. By a filter
    /// whose weights are polynomials, so that every machine has the same.
    const PIXELS: [(&str, Recipe, u64); 5] = [
        ("samples/garden.jpg", Recipe::within(96, 96), 0xb5b9_066c_7ff3_0fd5),
        ("valid/png/orient_6_40x24.png", Recipe::cover(12, 16), 0x1624_eadd_beba_793f),
        ("valid/webp/lossy_q0_97x61.webp", Recipe::fill(31, 23), 0x0b73_cc2b_b83d_1d4a),
        ("valid/webp/lossy_q0_97x61.webp", Recipe::fill(12, 8), 0x38c1_c9bd_6374_1352),
        // Without its loop filter.
        ("valid/webp/lossy_q75_97x61.webp", Recipe::fill(4, 3), 0xde75_2221_c137_e574),
    ];

    fn form(recipe: &Recipe) -> [u8; RECIPE_BYTES] {
        canonical(recipe, Form::Encoded, &[9; 16])
    }

    #[test]
    fn whatever_changes_the_picture_changes_the_form() {
        let base = Recipe::within(1, 23).with_output(Output::Jpeg);
        let others = [
            Recipe::within(12, 3).with_output(Output::Jpeg),
            Recipe::within(23, 1).with_output(Output::Jpeg),
            base.with_fit(Fit::Fill),
            base.with_fit(Fit::Cover { gravity: Gravity::North }),
            base.with_fit(Fit::Cover { gravity: Gravity::South }),
            base.with_fit(Fit::Pad { background: [0; 4], gravity: Gravity::North }),
            base.with_fit(Fit::Pad { background: [0, 0, 0, 1], gravity: Gravity::North }),
            base.with_enlarge(Enlarge::Allow),
            base.with_filter(Filter::Box),
            base.with_fidelity(Fidelity::Exact),
            base.with_output(Output::Auto),
            base.with_output(Output::Png),
            base.with_quality(81),
            base.with_subsampling(Subsampling::S444),
            base.with_background([255, 255, 254]),
            base.with_frame(1),
            base.with_frame(1 << 24),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(form(other), form(&base), "{other:?}");
            assert!(others[..at].iter().all(|earlier| form(earlier) != form(other)), "{other:?}");
        }
        assert_ne!(canonical(&base, Form::Encoded, &[8; 16]), form(&base), "another policy");
    }

    #[test]
    fn what_does_not_change_the_picture_is_left_out() {
        let png = Recipe::fill(10, 10).with_output(Output::Png);
        let same = png.with_quality(3).with_background([1, 2, 3]).with_enlarge(Enlarge::Allow);
        assert_eq!(form(&png), form(&same));
        assert_eq!(form(&png), form(&png.with_threads(NonZeroU8::MAX)));
        let jpeg = png.with_output(Output::Jpeg);
        let pixels = |recipe| canonical(recipe, Form::Pixels, &[9; 16]);
        assert_eq!(pixels(&png), pixels(&jpeg));
    }

    #[test]
    fn whoever_changes_the_pixels_of_thumbnails_raises_the_epoch() {
        for (name, recipe, digest) in PIXELS {
            let upload = std::fs::read(format!("../../corpus/{name}")).unwrap();
            let picture =
                Thumbnailer::default().pixels(&upload, &recipe.with_filter(Filter::Mitchell)).unwrap();
            let found = SourceId::of_bytes(picture.buffer.as_bytes());
            let found = u64::from_be_bytes(*found.as_bytes().first_chunk().unwrap());
            assert_eq!(found, digest, "{name} of epoch {EPOCH}: raise it, then put the new digests here");
        }
    }
}

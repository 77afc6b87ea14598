//! Which colours the components are, by libjpeg's rules (`jdapimin.c`, `default_decompress_parms`):
//!
//! - one component is grey;
//! - three are YCbCr with a JFIF segment; else by Adobe's transform (0 RGB, others YCbCr); else RGB where
//!   the components are called `R`, `G`, `B`, and YCbCr where not;
//! - four are by Adobe's transform (0 CMYK, others YCCK), and CMYK without it.
//!
//! Four-component samples are taken as complements of ink amounts, as Adobe writes them and as every
//! common reader takes them, with or without Adobe's segment.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{ColourModel, PixelLayout};

use crate::frame::Frame;

/// The colour model, and whether the headers contradict each other about it.
pub(crate) fn decide(frame: &Frame, jfif: bool, adobe: Option<u8>) -> (ColourModel, bool) {
    match (frame.components(), adobe) {
        ([_, _, _], Some(0)) if jfif => (ColourModel::YCbCr, true),
        ([_, _, _], _) if jfif => (ColourModel::YCbCr, adobe.is_some_and(|transform| transform > 1)),
        ([_, _, _], Some(0)) => (ColourModel::Rgb, false),
        ([_, _, _], Some(transform)) => (ColourModel::YCbCr, transform != 1),
        ([r, g, b], None) if [r.id, g.id, b.id] == *b"RGB" => (ColourModel::Rgb, false),
        ([_, _, _], None) => (ColourModel::YCbCr, false),
        ([_, _, _, _], Some(0) | None) => (ColourModel::Cmyk, false),
        ([_, _, _, _], Some(transform)) => (ColourModel::Ycck, transform != 2),
        _ => (ColourModel::Gray, false),
    }
}

/// The samples that come out of the decoder.
pub(crate) const fn layout(colour: ColourModel) -> PixelLayout {
    match colour {
        ColourModel::Cmyk | ColourModel::Ycck => PixelLayout::Cmyk,
        ColourModel::Rgb | ColourModel::YCbCr | ColourModel::Palette => PixelLayout::Rgb,
        ColourModel::Gray => PixelLayout::Gray,
    }
}

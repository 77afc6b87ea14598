//! The transforms, undone on one row after the other (RFC 9649, section 3.5).
//!
//! In comes a row of coded pixels, out comes the same row of the picture, in the same buffer. What a row needs of the
//! one above is kept here: the predictor's last row.

mod colour;
mod palette;
mod predictor;

use super::head::{Head, Transform};
use crate::widest::widest;

use self::colour::Colour;
use self::palette::Palette;
use self::predictor::Predictor;

/// Bytes of what a palette is looked up in.
pub(super) fn palette_bytes(pack_bits: u32) -> u64 {
    Palette::bytes(pack_bits)
}

/// The transforms of a picture in the order in which they are undone.
pub(super) struct Transforms {
    stages: [Option<Stage>; 4],
}

enum Stage {
    Colour(Colour),
    Palette(Palette),
    Predictor(Predictor),
    SubtractGreen,
}

impl Transforms {
    /// Takes the transforms out of `head`, of a picture of that width.
    pub(super) fn take(head: &mut Head, width: usize) -> Transforms {
        let mut stages = [const { None }; 4];
        // Each sees rows of the width that the ones before it in the stream have left.
        let mut width = width;
        for (stage, transform) in stages.iter_mut().rev().zip(head.transforms.iter_mut().map(Option::take)) {
            let Some(transform) = transform else { continue };
            *stage = Some(match transform {
                Transform::Predictor { blocks, modes } => {
                    Stage::Predictor(Predictor::new(blocks, modes, width))
                }
                Transform::Colour { blocks, factors } => Stage::Colour(Colour::new(blocks, factors, width)),
                Transform::SubtractGreen => Stage::SubtractGreen,
                Transform::Palette { pack_bits, colours } => {
                    let palette = Palette::new(pack_bits, &colours, width);
                    width = palette.packed_width();
                    Stage::Palette(palette)
                }
            });
        }
        Transforms { stages }
    }

    /// Makes the coded pixels at the start of `row` into pixels of row number `y`.
    pub(super) fn undo(&mut self, y: usize, row: &mut [u32]) {
        widest!(self.undo_each(y, row));
    }

    #[inline(always)]
    fn undo_each(&mut self, y: usize, row: &mut [u32]) {
        for stage in self.stages.iter_mut().flatten() {
            match stage {
                Stage::Colour(colour) => colour.undo(y, row),
                Stage::Palette(palette) => palette.undo(row),
                Stage::Predictor(predictor) => predictor.undo(y, row),
                Stage::SubtractGreen => colour::add_green(row),
            }
        }
    }
}

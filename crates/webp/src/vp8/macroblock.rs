//! One macroblock: its modes and its coefficients are read, its samples predicted and the residue added (RFC 6386,
//! sections 11 to 14).
//!
//! All of that goes on block by block. Both partitions are long chains of small steps, each of which waits for the one
//! before: side by side with each other and with the sums of the block before, they leave the processor less idle.

use super::bool_decoder::BoolDecoder;
use super::frame::Part;
use super::modes::{self, ModeReader};
use super::predict::{self, Borders};
use super::quantiser::Factors;
use super::residue::{Column, Residue};
use super::tokens::{Kind, Probabilities};
use super::transform::{self, Content, Transforms};
use super::work::{self, Above, Work};

/// A row of macroblocks, being made from left to right.
pub(super) struct Making<'r, 'a, T> {
    pub(super) transforms: T,
    pub(super) mode_reader: ModeReader,
    pub(super) modes: BoolDecoder<'a>,
    pub(super) tokens: BoolDecoder<'a>,
    pub(super) probabilities: &'r Probabilities,
    /// Of each segment.
    pub(super) factors: &'r [Factors; 4],
    /// What the macroblock on the left leaves.
    pub(super) left: Column,
    pub(super) work: &'r mut Work,
    pub(super) above: &'r mut Above,
    pub(super) row: usize,
}

/// What the loop filter needs to know.
pub(super) struct Made {
    pub(super) segment: usize,
    pub(super) in_4x4: bool,
    /// Whether nothing was added to the prediction.
    pub(super) is_empty: bool,
}

impl<T: Transforms> Making<'_, '_, T> {
    /// The partition that ended before what was made last.
    #[inline(always)]
    pub(super) fn cut(&self) -> Option<Part> {
        match (self.modes.is_past_end(), self.tokens.is_past_end()) {
            (true, _) => Some(Part::Modes),
            (false, true) => Some(Part::Coefficients),
            (false, false) => None,
        }
    }

    /// Makes the samples of the next macroblock, in `work`; `column` is what the one above it left.
    #[inline(always)]
    pub(super) fn macroblock(&mut self, context: &mut Column, column: usize) -> Made {
        let Making { transforms, modes, left, work, above, .. } = self;
        let opening = self.mode_reader.opening(modes, &mut context.modes, &mut left.modes);
        let borders = Borders { above: self.row > 0, left: column > 0 };
        if borders.left {
            work.step();
        }
        work.fetch_above(above, column);
        let (mut above_modes, mut left_modes) = (context.modes, left.modes);
        let mut residue = Residue {
            bits: &mut self.tokens,
            probabilities: self.probabilities,
            factors: &self.factors[opening.segment],
            above: context,
            left,
            is_skipped: opening.is_skipped,
            is_empty: true,
        };
        residue.start(opening.whole.is_some());
        if let Some(mode) = opening.whole {
            let firsts = residue.y2();
            predict::whole::<16, _>(mode, borders, work.luma());
            for (pair, firsts) in firsts.as_chunks::<2>().0.iter().enumerate() {
                let mut blocks = [[0; 16]; 2];
                (blocks[0][0], blocks[1][0]) = (firsts[0], firsts[1]);
                let first = residue.luma(Kind::YAfterY2, 2 * pair, &mut blocks[0]);
                let second = residue.luma(Kind::YAfterY2, 2 * pair + 1, &mut blocks[1]);
                if (first, second) != (Content::Empty, Content::Empty) {
                    let samples = work.luma_pair(pair);
                    work::set_wide(samples, transforms.two(&blocks, work::wide(samples)));
                }
            }
        } else {
            work.fetch_above_right(above, column);
            for nth in 0..16 {
                let mode = modes::block(modes, &mut above_modes[nth % 4], &mut left_modes[nth / 4]);
                let around = work.luma_block(nth);
                let rows = predict::block(mode, around);
                let mut block = [0; 16];
                let rows = match residue.luma(Kind::YWhole, nth, &mut block) {
                    Content::Empty => rows,
                    Content::Dc => transform::add_dc(block[0], rows),
                    Content::Whole => transforms.one(&block, rows),
                };
                work::set_block(around, rows);
            }
            (residue.above.modes, residue.left.modes) = (above_modes, left_modes);
        }
        let mode = modes::chroma(modes);
        for plane in 0..2 {
            predict::whole::<8, _>(mode, borders, work.chroma(plane));
        }
        for pair in 0..4 {
            let mut blocks = [[0; 16]; 2];
            let first = residue.chroma(2 * pair, &mut blocks[0]);
            let second = residue.chroma(2 * pair + 1, &mut blocks[1]);
            if (first, second) != (Content::Empty, Content::Empty) {
                let samples = work.chroma_pair(pair);
                work::set_wide(samples, transforms.two(&blocks, work::wide(samples)));
            }
        }
        let is_empty = residue.is_empty;
        work.leave_below(above, column);
        Made { segment: opening.segment, in_4x4: opening.whole.is_none(), is_empty }
    }
}

//! The coefficients of a macroblock (RFC 6386, section 13): flags of its partition in, one dequantised block after the
//! other out, and what each leaves to its neighbours.

use super::bool_decoder::BoolDecoder;
use super::modes::Mode4;
use super::quantiser::Factors;
use super::tokens::{self, Block, Kind, Probabilities};
use super::transform::{self, Content};

/// What a macroblock leaves to its neighbours below and on the right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) modes: [Mode4; 4],
    /// Whether the blocks along its edge have coefficients.
    luma: [bool; 4],
    chroma: [[bool; 2]; 2],
    y2: bool,
}

impl Column {
    /// Where there is no neighbour.
    pub(super) const NONE: Column =
        Column { modes: [Mode4::Dc; 4], luma: [false; 4], chroma: [[false; 2]; 2], y2: false };

    /// A macroblock without coefficients leaves none; the context of its Y2 block stays if it has none.
    fn skip(&mut self, has_y2: bool) {
        *self = Column { y2: self.y2 && !has_y2, modes: self.modes, ..Column::NONE };
    }
}

/// Reads the blocks of one macroblock in their order: that of first coefficients if it has one, 16 of luma, 8 of chroma.
pub(super) struct Residue<'r, 'a> {
    pub(super) bits: &'r mut BoolDecoder<'a>,
    pub(super) probabilities: &'r Probabilities,
    pub(super) factors: &'r Factors,
    pub(super) above: &'r mut Column,
    pub(super) left: &'r mut Column,
    /// Whether no block is coded.
    pub(super) is_skipped: bool,
    /// Whether nothing was read that changes a sample.
    pub(super) is_empty: bool,
}

impl Residue<'_, '_> {
    /// For a macroblock without any: whether it would have a block of first coefficients.
    #[inline(always)]
    pub(super) fn start(&mut self, has_y2: bool) {
        if self.is_skipped {
            self.above.skip(has_y2);
            self.left.skip(has_y2);
        }
    }

    /// The first coefficients of 16 blocks of luma that is predicted as a whole.
    #[inline(always)]
    pub(super) fn y2(&mut self) -> Block {
        let mut y2 = [0; 16];
        if self.is_skipped {
            return y2;
        }
        let nodes = self.probabilities.of(Kind::Y2);
        let end =
            read(self.bits, nodes, self.factors.y2, 0, &mut y2, [&mut self.above.y2, &mut self.left.y2]);
        if end > 0 { transform::walsh_hadamard(&y2) } else { y2 }
    }

    /// Luma block `nth` of 16, of which `block` may hold the first coefficient.
    #[inline(always)]
    pub(super) fn luma(&mut self, kind: Kind, nth: usize, block: &mut Block) -> Content {
        if self.is_skipped {
            return Content::Empty;
        }
        let nodes = self.probabilities.of(kind);
        let neighbours = [&mut self.above.luma[nth % 4], &mut self.left.luma[nth / 4]];
        let first = match kind {
            Kind::YAfterY2 => 1,
            Kind::Y2 | Kind::Chroma | Kind::YWhole => 0,
        };
        let end = read(self.bits, nodes, self.factors.y, first, block, neighbours);
        self.found(Content::new(end, block))
    }

    /// Chroma block `nth` of 8.
    #[inline(always)]
    pub(super) fn chroma(&mut self, nth: usize, block: &mut Block) -> Content {
        if self.is_skipped {
            return Content::Empty;
        }
        let (plane, nth) = (nth / 4, nth % 4);
        let nodes = self.probabilities.of(Kind::Chroma);
        let neighbours = [&mut self.above.chroma[plane][nth % 2], &mut self.left.chroma[plane][nth / 2]];
        let end = read(self.bits, nodes, self.factors.uv, 0, block, neighbours);
        self.found(Content::new(end, block))
    }

    #[inline(always)]
    fn found(&mut self, content: Content) -> Content {
        self.is_empty &= content == Content::Empty;
        content
    }
}

/// Reads a block; returns the position behind its last token.
#[inline(always)]
fn read(
    bits: &mut BoolDecoder<'_>,
    nodes: &tokens::OfPositions,
    factors: [i32; 2],
    first: usize,
    block: &mut Block,
    [above, left]: [&mut bool; 2],
) -> usize {
    let context = usize::from(*above) + usize::from(*left);
    let end = tokens::block(bits, nodes, context, factors, first, block);
    (*above, *left) = (end > first, end > first);
    end
}

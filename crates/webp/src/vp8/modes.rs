//! Prediction modes and segments of macroblocks (RFC 6386, sections 8, 10 and 11): flags of the first partition in,
//! one [`Macroblock`] after the other out.

use super::bool_decoder::BoolDecoder;
use super::header::FrameHeader;
use super::mode_probabilities::MODES_4X4;

/// How a whole plane of a macroblock is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// One value, the mean of the border.
    Dc,
    /// The row above, repeated.
    Vertical,
    /// The column on the left, repeated.
    Horizontal,
    /// The border's slopes added up.
    TrueMotion,
}

/// How a block of 4x4 is predicted; in the order of section 11.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode4 {
    Dc,
    TrueMotion,
    Vertical,
    Horizontal,
    LeftDown,
    RightDown,
    VerticalRight,
    VerticalLeft,
    HorizontalDown,
    HorizontalUp,
}

/// How the luma of a macroblock is predicted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Luma {
    /// In 16 blocks, row by row.
    Blocks([Mode4; 16]),
    Whole(Mode),
}

/// What the first partition says about one macroblock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Macroblock {
    pub(super) segment: usize,
    /// Whether it has no coefficients.
    pub(super) is_skipped: bool,
    pub(super) luma: Luma,
    pub(super) chroma: Mode,
}

/// What the frame header says about reading modes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModeReader {
    segment_map: Option<[u8; 3]>,
    /// The chance that a macroblock has coefficients, where they may be skipped.
    has_coefficients: Option<u8>,
}

impl ModeReader {
    /// Reads what is left of the frame header behind the token probabilities (section 9.11).
    pub(super) fn read(bits: &mut BoolDecoder<'_>, header: &FrameHeader) -> ModeReader {
        let has_coefficients = bits.flag().then(|| bits.literal(8) as u8);
        ModeReader { segment_map: header.segments.and_then(|segments| segments.map), has_coefficients }
    }

    /// Reads one macroblock; `above` and `left` are the modes of the neighbouring 4x4 blocks, and become its own.
    #[inline(always)]
    pub(super) fn macroblock(
        &self,
        bits: &mut BoolDecoder<'_>,
        above: &mut [Mode4; 4],
        left: &mut [Mode4; 4],
    ) -> Macroblock {
        let segment = match self.segment_map {
            None => 0,
            Some([first, low, high]) => match bits.bit(first) {
                false => usize::from(bits.bit(low)),
                true => 2 + usize::from(bits.bit(high)),
            },
        };
        let is_skipped = self.has_coefficients.is_some_and(|probability| bits.bit(probability));
        let luma = if bits.bit(145) {
            let mode = match bits.bit(156) {
                false if bits.bit(163) => Mode::Vertical,
                false => Mode::Dc,
                true if bits.bit(128) => Mode::TrueMotion,
                true => Mode::Horizontal,
            };
            (*above, *left) = ([mode.in_4x4(); 4], [mode.in_4x4(); 4]);
            Luma::Whole(mode)
        } else {
            Luma::Blocks(blocks(bits, above, left))
        };
        let chroma = match bits.bit(142) {
            false => Mode::Dc,
            true if !bits.bit(114) => Mode::Vertical,
            true if !bits.bit(183) => Mode::Horizontal,
            true => Mode::TrueMotion,
        };
        Macroblock { segment, is_skipped, luma, chroma }
    }
}

impl Mode {
    /// What the mode counts as, where neighbours are predicted in 4x4 blocks.
    fn in_4x4(self) -> Mode4 {
        match self {
            Mode::Dc => Mode4::Dc,
            Mode::Vertical => Mode4::Vertical,
            Mode::Horizontal => Mode4::Horizontal,
            Mode::TrueMotion => Mode4::TrueMotion,
        }
    }
}

/// The modes of 16 blocks, each coded by those above and on the left (section 11.3).
#[inline(always)]
fn blocks(bits: &mut BoolDecoder<'_>, above: &mut [Mode4; 4], left: &mut [Mode4; 4]) -> [Mode4; 16] {
    let mut modes = [Mode4::Dc; 16];
    for (row, left) in modes.chunks_exact_mut(4).zip(left) {
        for (mode, above) in row.iter_mut().zip(above.iter_mut()) {
            *mode = block(bits, &MODES_4X4[*above as usize][*left as usize]);
            (*above, *left) = (*mode, *mode);
        }
    }
    modes
}

/// The tree of section 11.2.
#[inline(always)]
fn block(bits: &mut BoolDecoder<'_>, nodes: &[u8; 9]) -> Mode4 {
    if !bits.bit(nodes[0]) {
        Mode4::Dc
    } else if !bits.bit(nodes[1]) {
        Mode4::TrueMotion
    } else if !bits.bit(nodes[2]) {
        Mode4::Vertical
    } else if !bits.bit(nodes[3]) {
        if !bits.bit(nodes[4]) {
            Mode4::Horizontal
        } else if !bits.bit(nodes[5]) {
            Mode4::RightDown
        } else {
            Mode4::VerticalRight
        }
    } else if !bits.bit(nodes[6]) {
        Mode4::LeftDown
    } else if !bits.bit(nodes[7]) {
        Mode4::VerticalLeft
    } else if !bits.bit(nodes[8]) {
        Mode4::HorizontalDown
    } else {
        Mode4::HorizontalUp
    }
}

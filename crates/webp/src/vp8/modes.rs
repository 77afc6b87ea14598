//! Prediction modes and segments of macroblocks (RFC 6386, sections 8, 10 and 11): flags of the first partition in; out
//! come the [`Opening`] of a macroblock, the modes of its blocks one after the other if it has them, its chroma's mode.

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

/// What the first partition says about a macroblock before anything else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) segment: usize,
    /// Whether it has no coefficients.
    pub(super) is_skipped: bool,
    /// How its luma is predicted: as a whole, or in 16 blocks, whose modes follow.
    pub(super) whole: Option<Mode>,
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

    /// Reads what comes first of a macroblock; `above` and `left` are the modes of the neighbouring 4x4 blocks, and become
    /// its own if it is predicted as a whole.
    #[inline(always)]
    pub(super) fn opening(
        &self,
        bits: &mut BoolDecoder<'_>,
        above: &mut [Mode4; 4],
        left: &mut [Mode4; 4],
    ) -> Opening {
        let segment = match self.segment_map {
            None => 0,
            Some([first, low, high]) => match bits.bit(first) {
                false => usize::from(bits.bit(low)),
                true => 2 + usize::from(bits.bit(high)),
            },
        };
        let is_skipped = self.has_coefficients.is_some_and(|probability| bits.bit(probability));
        let whole = bits.bit(145).then(|| match bits.bit(156) {
            false if bits.bit(163) => Mode::Vertical,
            false => Mode::Dc,
            true if bits.bit(128) => Mode::TrueMotion,
            true => Mode::Horizontal,
        });
        if let Some(mode) = whole {
            (*above, *left) = ([mode.in_4x4(); 4], [mode.in_4x4(); 4]);
        }
        Opening { segment, is_skipped, whole }
    }
}

/// Reads how both chroma planes of a macroblock are predicted, which comes last.
#[inline(always)]
pub(super) fn chroma(bits: &mut BoolDecoder<'_>) -> Mode {
    match bits.bit(142) {
        false => Mode::Dc,
        true if !bits.bit(114) => Mode::Vertical,
        true if !bits.bit(183) => Mode::Horizontal,
        true => Mode::TrueMotion,
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

/// Reads the mode of a 4x4 block, which is coded by those above and on the left and takes their place (sections 11.2 and
/// 11.3).
#[inline(always)]
pub(super) fn block(bits: &mut BoolDecoder<'_>, above: &mut Mode4, left: &mut Mode4) -> Mode4 {
    let mode = read(bits, &MODES_4X4[*above as usize][*left as usize]);
    (*above, *left) = (mode, mode);
    mode
}

/// The tree of section 11.2.
#[inline(always)]
fn read(bits: &mut BoolDecoder<'_>, nodes: &[u8; 9]) -> Mode4 {
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

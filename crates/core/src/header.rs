//! What every outline can say, whatever the format.

use std::num::NonZeroU32;
use std::ops::Range;

use crate::{Findings, Format, Orientation};

/// A range of bytes of the upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The bytes of `input` in this span; empty where it lies outside.
    pub fn of(self, input: &[u8]) -> &[u8] {
        input.get(self.start..self.end).unwrap_or_default()
    }

    /// Its length in bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds no byte.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Span {
        Span { start: range.start, end: range.end }
    }
}

/// How the file stores colour, before any conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the field's standard names")]
pub enum ColourModel {
    Cmyk,
    Gray,
    Palette,
    Rgb,
    YCbCr,
    Ycck,
}

impl ColourModel {
    /// The name for reports.
    pub const fn name(self) -> &'static str {
        match self {
            ColourModel::Cmyk => "cmyk",
            ColourModel::Gray => "gray",
            ColourModel::Palette => "palette",
            ColourModel::Rgb => "rgb",
            ColourModel::YCbCr => "ycbcr",
            ColourModel::Ycck => "ycck",
        }
    }
}

/// What the outline of any format says: no pixel was decoded to learn it.
#[derive(Clone, Debug)]
pub struct Header {
    /// The format.
    pub format: Format,
    /// Width in pixels; of the canvas for an animation.
    pub width: NonZeroU32,
    /// Height in pixels; of the canvas for an animation.
    pub height: NonZeroU32,
    /// How colour is stored.
    pub colour: ColourModel,
    /// Bits a sample (for a palette: bits an index).
    pub bit_depth: u8,
    /// Whether the decoded picture can have transparent pixels.
    pub has_alpha: bool,
    /// Frames in the file; 1 for a still.
    pub frames: u64,
    /// Scans of a JPEG, passes of an interlaced PNG or GIF; 1 otherwise.
    pub scans: u64,
    /// How to turn the decoded picture upright.
    pub orientation: Orientation,
    /// Bytes of ICC profile as stored in the file (compressed for PNG); 0 for none.
    pub icc_bytes: u64,
    /// Bytes of text, EXIF, XMP, comments and unknown chunks.
    pub metadata_bytes: u64,
    /// Bytes after the end of the picture.
    pub trailing_bytes: u64,
    /// What was noticed and forgiven.
    pub findings: Findings,
}

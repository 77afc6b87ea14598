//! What was learnt and spent on the way to a picture.

use fic_core::{Cost, Findings, Format, Orientation};
use fic_trail::Summary;

/// What was learnt and spent on the way to a picture.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The format of the upload.
    pub format: Format,
    /// Width and height of the upload in pixels, as stored.
    pub stored_size: (u32, u32),
    /// How the upload had to be turned.
    pub orientation: Orientation,
    /// Frames in the upload; one of them is shown.
    pub frames: u64,
    /// What was noticed and forgiven.
    pub findings: Findings,
    /// What admission predicted for the whole way.
    pub predicted: Cost,
    /// The most heap bytes that the budget had granted at once.
    pub peak_held_bytes: u64,
}

impl Report {
    /// What whoever watches is told.
    pub(crate) fn summary(&self) -> Summary<'_> {
        Summary {
            format: self.format,
            size: self.stored_size,
            predicted: Some(self.predicted),
            held_bytes: Some(self.peak_held_bytes),
            findings: &self.findings,
        }
    }
}

/// A ready thumbnail: encoded, clean, small.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Thumbnail {
    /// The encoded picture: pixels only, nothing of the upload's bytes.
    pub bytes: Vec<u8>,
    /// Its format.
    pub format: Format,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// How it came about.
    pub report: Report,
}

/// Ready pixels in sRGB, upright: packed rows of 8-bit samples, straight alpha.
#[derive(Debug)]
#[non_exhaustive]
pub struct Pixels {
    /// The picture.
    pub buffer: fic_core::PixelBuf,
    /// How it came about.
    pub report: Report,
}

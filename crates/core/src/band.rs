//! Pixels on the way: a few rows at a time, pulled from the top down.

use crate::{Error, PixelLayout};

/// Some whole rows of a picture, packed, borrowed from the decoder until the next pull.
#[derive(Clone, Copy, Debug)]
pub struct Band<'a> {
    /// The number of the first row, from 0 at the top.
    pub first_row: u32,
    /// `rows * width * channels` bytes.
    pub bytes: &'a [u8],
}

/// A source of bands: what a decoder is to the rest of the flow.
///
/// Bands come in order, without gap or overlap, and add up to exactly `height` rows, or the source ends
/// with an error.
pub trait Bands {
    /// Width of each row in pixels; not zero.
    fn width(&self) -> u32;
    /// Rows that all bands together will have; not zero.
    fn height(&self) -> u32;
    /// The samples of a pixel.
    fn layout(&self) -> PixelLayout;
    /// The next rows, or `None` after the last.
    ///
    /// # Errors
    /// `Malformed`, `Limit`, `Deadline`, `Cancelled` or `Upstream`; the source is then spent.
    fn next_band(&mut self) -> Result<Option<Band<'_>>, Error>;
    /// Whether rows had to be filled in because the data ended early. Final once the last band was pulled.
    fn was_truncated(&self) -> bool {
        false
    }
}

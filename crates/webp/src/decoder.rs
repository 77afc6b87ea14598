//! Decoding: in comes what was admitted, out come bands of rows.
//!
//! Rows are decoded as they are asked for. A stream that ends early gives the rows that are there, where that is
//! accepted; a broken one gives an error where it is broken.

mod lossless;
mod lossy;

use std::fmt;

use fic_core::{Band, Bands, Budget, Error, Format, Hold, PixelLayout, Stage, rows_bytes};

use self::lossless::Lossless;
pub(crate) use self::lossless::LosslessRows;
use self::lossy::Lossy;
use crate::admit::{Admitted, BAND_ROWS, Content};
#[cfg(feature = "image-webp")]
use crate::backend::{Backend, whole::Whole};
use crate::composed::Composed;
use crate::frame::Picture;
use crate::vp8x::FrameArea;

/// The rows of one picture, or of an animation's canvas at one of its frames.
pub struct Decoder<'a> {
    frame: FrameRows<'a>,
    area: FrameArea,
    width: u32,
    height: u32,
    layout: PixelLayout,
    band: Vec<u8>,
    next_row: u32,
    budget: Budget,
    _held: Hold,
}

impl fmt::Debug for Decoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height, row) = (self.width, self.height, self.next_row);
        f.debug_struct("Decoder")
            .field("size", &(width, height))
            .field("next_row", &row)
            .finish_non_exhaustive()
    }
}

/// Decodes the frame that was admitted.
///
/// # Errors
/// `Malformed` for a broken or truncated stream, `Limit` where the budget has no room, `Deadline`, `Cancelled`.
pub fn open<'a>(admitted: Admitted<'a>, budget: &Budget) -> Result<Decoder<'a>, Error> {
    budget.check(Stage::Decode)?;
    let held = budget.hold(admitted.memory.band)?;
    let frame = match &admitted.content {
        Content::Composed(animation) => FrameRows::Composed(Composed::open(animation, budget)?),
        #[cfg(feature = "image-webp")]
        Content::One(picture) if admitted.backend == Backend::ImageWebP => {
            FrameRows::Whole(Whole::open(picture, &admitted, budget)?)
        }
        &Content::One(Picture::Lossless { data, .. }) => {
            FrameRows::Lossless(Box::new(Lossless::open(data, &admitted, budget)?))
        }
        &Content::One(Picture::Lossy { ref header, data, alpha }) => {
            FrameRows::Lossy(Box::new(Lossy::open(header, data, alpha, &admitted, budget)?))
        }
    };
    budget.check(Stage::Decode)?;
    let band_rows = admitted.height.min(BAND_ROWS);
    let band = vec![0; to_len(rows_bytes(admitted.layout, admitted.width, band_rows))?];
    Ok(Decoder {
        frame,
        area: admitted.area,
        width: admitted.width,
        height: admitted.height,
        layout: admitted.layout,
        band,
        next_row: 0,
        budget: budget.clone(),
        _held: held,
    })
}

/// The decoded frame, a row at a time from the top.
enum FrameRows<'a> {
    Composed(Composed),
    Lossless(Box<Lossless<'a>>),
    Lossy(Box<Lossy<'a>>),
    #[cfg(feature = "image-webp")]
    Whole(Whole<'a>),
}

/// Bytes of the box of a lossy frame, and of an error's.
pub(crate) const LOSSY_BYTES: u64 = size_of::<Lossy<'_>>() as u64 + 256;

impl FrameRows<'_> {
    /// Makes the frame's next row.
    fn next_row(&mut self, layout: PixelLayout, out: &mut [u8]) -> Result<(), Error> {
        match self {
            FrameRows::Composed(composed) => {
                composed.next_row(out);
                Ok(())
            }
            FrameRows::Lossless(lossless) => lossless.next_row(layout, out),
            FrameRows::Lossy(lossy) => lossy.next_row(layout, out),
            #[cfg(feature = "image-webp")]
            FrameRows::Whole(whole) => whole.next_row(layout, out),
        }
    }

    /// Whether rows had to be filled in.
    fn was_truncated(&self) -> bool {
        match self {
            FrameRows::Composed(composed) => composed.was_truncated(),
            FrameRows::Lossless(lossless) => lossless.was_truncated(),
            FrameRows::Lossy(lossy) => lossy.was_truncated(),
            #[cfg(feature = "image-webp")]
            FrameRows::Whole(_) => false,
        }
    }
}

impl Decoder<'_> {
    /// Makes one row of the canvas: transparent black outside the frame.
    fn canvas_row(&mut self, row: u32, band_row: usize) -> Result<(), Error> {
        let channels = self.layout.channels();
        let stride = self.width as usize * channels;
        let out = &mut self.band[band_row * stride..][..stride];
        let FrameArea { x, y, width, height } = self.area;
        if (width, height) != (self.width, self.height) {
            out.fill(0);
        }
        if row.checked_sub(y).is_some_and(|row| row < height) {
            let inside = &mut out[x as usize * channels..][..width as usize * channels];
            self.frame.next_row(self.layout, inside)?;
        }
        Ok(())
    }
}

impl Bands for Decoder<'_> {
    fn width(&self) -> u32 {
        self.width
    }

    fn height(&self) -> u32 {
        self.height
    }

    fn layout(&self) -> PixelLayout {
        self.layout
    }

    fn next_band(&mut self) -> Result<Option<Band<'_>>, Error> {
        self.budget.check(Stage::Decode)?;
        let first_row = self.next_row;
        let rows = BAND_ROWS.min(self.height - first_row);
        if rows == 0 {
            return Ok(None);
        }
        for row in 0..rows {
            self.canvas_row(first_row + row, row as usize)?;
        }
        self.next_row += rows;
        let len = self.width as usize * self.layout.channels() * rows as usize;
        Ok(Some(Band { first_row, bytes: &self.band[..len] }))
    }

    fn was_truncated(&self) -> bool {
        self.frame.was_truncated()
    }
}

pub(crate) fn to_len(bytes: u64) -> Result<usize, Error> {
    usize::try_from(bytes).map_err(|_| Error::upstream(Format::WebP, "band larger than the address space"))
}

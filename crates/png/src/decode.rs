//! Rows out of an admitted PNG: the bands, and which decoder makes them.
//!
//! In comes an [`Admitted`]; out come packed 8-bit rows. Samples of 16 bits keep their high byte, grey of 1,
//! 2 and 4 bits is scaled to the full range, a palette becomes RGB or RGBA; an index without an entry is
//! opaque black. Missing rows are refused, or filled with zeros (black, or transparent where there is alpha)
//! when the request accepts truncated files.
//!
//! Adler-32 is not compared: the CRC of every chunk was, and files with a wrong one are common.

mod filter;
mod frame;
mod inflate;
mod rows;
mod samples;
mod zune;

use fic_core::{Band, Bands, Budget, Error, Format, PixelBuf, PixelLayout, Stage};

use crate::admit::{Admitted, Backend};
use crate::memory;
use crate::outline::ImageData;
use rows::Rows;

/// The decoder of one admitted PNG.
pub struct Decoder<'a> {
    width: u32,
    height: u32,
    layout: PixelLayout,
    budget: Budget,
    source: Source<'a>,
    next_row: u32,
    was_truncated: bool,
}

enum Source<'a> {
    /// Row by row, straight into bands.
    Rows(Box<Rows<'a>>, PixelBuf),
    /// A whole frame that is still to be decoded.
    Undecoded(Box<Admitted<'a>>),
    /// A whole frame.
    Frame(PixelBuf),
}

/// Prepares to decode `admitted`, paying for the decoder and its output from `budget`.
///
/// # Errors
/// `Limit` where the budget has too little left, `Malformed`, `Deadline`, `Cancelled` or `Upstream`.
pub fn open<'a>(admitted: Admitted<'a>, budget: &Budget) -> Result<Decoder<'a>, Error> {
    budget.check(Stage::Decode)?;
    let (width, height, layout) = (admitted.width(), admitted.height(), admitted.layout());
    let source = if admitted.outline.is_interlaced() || admitted.backend == Backend::Zune {
        Source::Undecoded(Box::new(admitted))
    } else {
        let rows = memory::band_rows(fic_core::rows_bytes(layout, width, 1), height);
        let reader = Rows::open(&admitted, budget)?;
        Source::Rows(Box::new(reader), PixelBuf::zeroed(layout, width, rows, budget)?)
    };
    Ok(Decoder { width, height, layout, budget: budget.clone(), source, next_row: 0, was_truncated: false })
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
        let first_row = self.next_row;
        let left = self.height.saturating_sub(first_row);
        if left == 0 {
            return Ok(None);
        }
        self.budget.check(Stage::Decode)?;
        if let Source::Undecoded(admitted) = &self.source {
            let (frame, was_truncated) = match admitted.backend {
                Backend::Png => frame::decode(admitted, &self.budget)?,
                Backend::Zune => (zune::decode(admitted, &self.budget)?, false),
            };
            self.was_truncated = was_truncated;
            self.source = Source::Frame(frame);
        }
        let bytes = match &mut self.source {
            Source::Rows(rows, band) => {
                let count = band.height().min(left);
                let stride = band.stride_bytes();
                let wanted = stride.saturating_mul(count as usize);
                let bytes = band.as_bytes_mut().get_mut(..wanted).unwrap_or_default();
                let made = rows.next_into(bytes, self.width)?;
                bytes[made * stride..].fill(0);
                self.was_truncated = rows.was_truncated();
                self.next_row = first_row.saturating_add(count);
                &*bytes
            }
            Source::Frame(frame) => {
                let stride = frame.stride_bytes();
                let count = memory::band_rows(stride as u64, left);
                let start = stride.saturating_mul(first_row as usize);
                let end = start.saturating_add(stride.saturating_mul(count as usize));
                self.next_row = first_row.saturating_add(count);
                frame.as_bytes().get(start..end).unwrap_or_default()
            }
            Source::Undecoded(_) => return Err(Error::upstream(Format::Png, "a frame was not decoded")),
        };
        self.budget.check(Stage::Decode)?;
        Ok(Some(Band { first_row, bytes }))
    }

    fn was_truncated(&self) -> bool {
        self.was_truncated
    }
}

/// Why there is no next row.
pub(crate) enum Failure {
    /// The image data ends before the last row.
    Short,
    /// Anything else.
    Other(Error),
}

impl From<Error> for Failure {
    fn from(err: Error) -> Failure {
        Failure::Other(err)
    }
}

impl Failure {
    fn into_error(self, image_data: &ImageData) -> Error {
        match self {
            Failure::Other(err) => err,
            Failure::Short if image_data.is_interleaved => Error::malformed(
                Stage::Decode,
                Format::Png,
                "IDAT chunks are not consecutive and the first run is short",
            ),
            Failure::Short => {
                Error::malformed(Stage::Decode, Format::Png, "the image data ends before the last row")
            }
        }
    }
}

//! `png`, row by row: memory of a few rows, whatever the height.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fic_core::{Budget, Error, Format, Hold, Truncated, rows_bytes};

use super::Failure;
use crate::admit::{Admitted, yield_slack};
use crate::canonical::{Canonical, Tail, Watch};
use crate::memory;
use crate::outline::{Ihdr, ImageData};

/// The rows of one picture, in the order in which the file holds them.
pub(super) struct Rows<'a> {
    reader: png::Reader<Canonical<'a>>,
    made: Arc<AtomicU64>,
    ihdr: Ihdr,
    image_data: ImageData,
    truncated: Truncated,
    ended_early: bool,
    _hold: Hold,
}

impl<'a> Rows<'a> {
    /// Pays for the decoder and reads up to the first row.
    pub(super) fn open(admitted: &Admitted<'a>, budget: &Budget) -> Result<Rows<'a>, Error> {
        let outline = &admitted.outline;
        let (ihdr, image_data) = (outline.ihdr, outline.image_data);
        let predicted = memory::row_decoder(&ihdr);
        let hold = budget.hold(predicted)?;
        let made = Arc::new(AtomicU64::new(0));
        let watch = Watch {
            budget: budget.clone(),
            made: Arc::clone(&made),
            slack: yield_slack(outline),
            next_look: 0,
        };
        let stream = Canonical::new(admitted.input, outline, Tail::Drain, Some(watch));
        let mut options = png::DecodeOptions::default();
        options.set_ignore_checksums(true); // the outline has compared every CRC
        let mut decoder = png::Decoder::new_with_options(stream, options);
        decoder.set_limits(png::Limits { bytes: usize::try_from(predicted).unwrap_or(usize::MAX) });
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let reader = decoder.read_info().map_err(|err| Failure::of(err).into_error(&image_data))?;
        check(&reader, admitted)?;
        let truncated = admitted.truncated;
        Ok(Rows { reader, made, ihdr, image_data, truncated, ended_early: false, _hold: hold })
    }

    /// The next row, of `columns` pixels, into exactly its bytes; `None` once the data ended early and that is
    /// accepted. For Adam7 the rows are those of the passes.
    pub(super) fn next_into(
        &mut self,
        row: &mut [u8],
        columns: u32,
    ) -> Result<Option<png::InterlaceInfo>, Error> {
        if self.ended_early {
            return Ok(None);
        }
        match self.reader.read_row(row) {
            Ok(Some(interlace)) => {
                self.made.fetch_add(self.ihdr.row_bytes(columns), Ordering::Relaxed);
                Ok(Some(interlace))
            }
            Ok(None) => Err(Error::upstream(Format::Png, "the decoder ended before the last row")),
            Err(err) => match Failure::of(err) {
                Failure::Short if self.truncated == Truncated::Accept => {
                    self.ended_early = true;
                    Ok(None)
                }
                failure => Err(failure.into_error(&self.image_data)),
            },
        }
    }

    /// Whether rows are missing.
    pub(super) fn was_truncated(&self) -> bool {
        self.ended_early
    }
}

/// The decoder must have read what the outline read.
fn check(reader: &png::Reader<Canonical<'_>>, admitted: &Admitted<'_>) -> Result<(), Error> {
    let row_bytes = rows_bytes(admitted.layout(), admitted.width(), 1);
    let agrees = reader.info().size() == (admitted.width(), admitted.height())
        && reader.info().interlaced == admitted.outline.is_interlaced()
        && reader.output_line_size(admitted.width()).and_then(|len| u64::try_from(len).ok())
            == Some(row_bytes);
    if agrees { Ok(()) } else { Err(Error::upstream(Format::Png, "the decoder contradicts the outline")) }
}

//! Row by row: memory of a few rows, whatever the height.
//!
//! In come the filtered rows of [`Inflated`]; out go packed 8-bit pixels. Rows that are missing end the
//! picture, or are an error, as the request has it.

use fearless_simd::Level;
use fic_core::{Budget, Error, Hold, Truncated};

use super::inflate::{Inflated, corrupt};
use super::samples::{Samples, high_bytes};
use super::{Failure, filter};
use crate::admit::Admitted;
use crate::memory;
use crate::outline::{Ihdr, ImageData};

/// The rows of one picture, in the order in which the file holds them.
pub(super) struct Rows<'a> {
    inflated: Inflated<'a>,
    samples: Samples,
    level: Level,
    /// The last row, as the filters left it.
    above: Vec<u8>,
    /// Rows on the way from the filters to their pixels, or from 16 bits to the filters.
    scratch: Vec<u8>,
    ihdr: Ihdr,
    channels: usize,
    image_data: ImageData,
    truncated: Truncated,
    ended_early: bool,
    _hold: Hold,
}

impl<'a> Rows<'a> {
    /// Pays for the decoder.
    pub(super) fn open(admitted: &Admitted<'a>, budget: &Budget) -> Result<Rows<'a>, Error> {
        let ihdr = admitted.outline.ihdr;
        let samples = Samples::of(admitted);
        let hold = budget.hold(memory::row_decoder(&ihdr))?;
        // What was admitted fits in memory.
        let row = usize::try_from(ihdr.row_bytes(ihdr.width.get())).unwrap_or(0);
        let scratch = if samples.needs_scratch() { row.saturating_mul(memory::scratch_rows(row)) } else { 0 };
        Ok(Rows {
            inflated: Inflated::new(admitted, budget),
            samples,
            level: Level::new(),
            above: vec![0; row],
            scratch: vec![0; scratch],
            ihdr,
            channels: admitted.layout().channels(),
            image_data: admitted.outline.image_data,
            truncated: admitted.truncated,
            ended_early: false,
            _hold: hold,
        })
    }

    /// Forgets the last row: the next is the first of a pass of Adam7.
    pub(super) fn start_pass(&mut self) {
        self.above.fill(0);
    }

    /// The next rows, of `columns` pixels, as many as fit in `out`; the number of those that were there, fewer
    /// only where the data ended early and that is accepted.
    pub(super) fn next_into(&mut self, out: &mut [u8], columns: u32) -> Result<usize, Error> {
        let width = (columns as usize).saturating_mul(self.channels).max(1);
        let wanted = out.len() / width;
        let mut made = 0;
        while made < wanted && !self.ended_early {
            match self.some_into(&mut out[made * width..], columns, width) {
                Ok(rows) => made += rows,
                Err(Failure::Short) if self.truncated == Truncated::Accept => self.ended_early = true,
                Err(failure) => return Err(failure.into_error(&self.image_data)),
            }
        }
        Ok(made)
    }

    /// At least one row of `width` bytes.
    fn some_into(&mut self, out: &mut [u8], columns: u32, width: usize) -> Result<usize, Failure> {
        let stride = usize::try_from(self.ihdr.row_bytes(columns)).unwrap_or(usize::MAX);
        let at_once = match self.samples.needs_scratch() {
            true => memory::scratch_rows(stride),
            false => memory::batch_rows(stride),
        };
        let filtered = self.inflated.rows(stride, at_once.min(out.len() / width))?;
        let rows = filtered.len() / stride;
        let out = &mut out[..rows * width];
        let row = self.samples.filtered_bytes(stride - 1);
        let above = &mut self.above[..row];
        let last = match self.samples {
            Samples::AsStored => {
                undo(self.level, filtered, above, out, self.ihdr.filter_bytes())?;
                &*out
            }
            Samples::HighBytes => {
                let high = &mut self.scratch[..rows * (row + 1)];
                high_bytes(filtered, stride, high);
                undo(self.level, high, above, out, self.ihdr.filter_bytes() / 2)?;
                &*out
            }
            _ => {
                let plain = &mut self.scratch[..rows * row];
                undo(self.level, filtered, above, plain, self.ihdr.filter_bytes())?;
                for (row, pixels) in plain.chunks_exact(row).zip(out.chunks_exact_mut(width)) {
                    self.samples.put(row, pixels);
                }
                &*plain
            }
        };
        above.copy_from_slice(&last[last.len() - row..]);
        Ok(rows)
    }

    /// Whether rows are missing.
    pub(super) fn was_truncated(&self) -> bool {
        self.ended_early
    }
}

fn undo(level: Level, filtered: &[u8], above: &[u8], out: &mut [u8], pixel: usize) -> Result<(), Failure> {
    filter::undo(level, filtered, above, out, pixel).map_err(|_| Failure::Other(corrupt()))
}

//! Integer box shrink while the decoder streams: bands in, a small picture out.
//!
//! Memory is one row of sums and the output, whatever the height of the source. Each output pixel is the
//! exact mean of its cell of `fx` by `fy` source pixels, to nearest; a cell that the right or bottom edge
//! cuts is averaged over the pixels that it has.

mod cells;
mod columns;

use fic_core::{
    Band, Bands, Budget, Cost, Error, Hold, Kind, PixelBuf, PixelLayout, Stage, rows_bytes, units,
};

use columns::Columns;

/// The largest whole factors (across, down) by which a box shrink may go ahead of the resampler and still
/// leave it twice the target in each direction.
///
/// Twice the target is what a good filter needs to decide alone how the result looks. 1 is no shrink. A
/// target of zero counts as one.
pub fn shrink_factor(source: (u32, u32), target: (u32, u32)) -> (u32, u32) {
    let factor =
        |source: u32, target: u32| (source / target.max(1).saturating_mul(2)).clamp(1, Shrink::MAX_FACTOR);
    (factor(source.0, target.0), factor(source.1, target.1))
}

/// What [`shrink`] will cost for a source of this size: the output and the sums, not what the decoder holds.
pub fn shrink_cost(layout: PixelLayout, width: u32, height: u32, factor: (u32, u32)) -> Cost {
    let (to_width, to_height) = shrunken_size((width, height), factor);
    let output = rows_bytes(layout, to_width, to_height);
    Cost {
        work: rows_bytes(layout, width, height).saturating_mul(units::SHRINK_SAMPLE),
        peak_heap: output.saturating_add(Columns::bytes(layout, summed_width(width, factor), factor.1)),
    }
}

/// Pulls every band out of `source` and shrinks them by `factor` (across, down).
///
/// The output has `ceil(width / fx)` by `ceil(height / fy)` pixels of the same layout. Colours are weighted
/// by alpha and come out straight; a cell that is wholly transparent comes out as zeros. Factor (1, 1)
/// collects the bands unchanged.
///
/// # Errors
/// What the source ends with; `Misuse` where a factor is zero or over [`Shrink::MAX_FACTOR`]; `Upstream`
/// where the bands do not add up to the rows that the source announced; `Limit` naming `max_heap_bytes`;
/// `Deadline` or `Cancelled`.
pub fn shrink(source: &mut dyn Bands, factor: (u32, u32), budget: &Budget) -> Result<PixelBuf, Error> {
    let mut shrink = Shrink::new(source.layout(), (source.width(), source.height()), factor, budget)?;
    while let Some(band) = source.next_band()? {
        shrink.push(band)?;
        budget.check(Stage::Shrink)?;
    }
    shrink.finish()
}

/// A box shrink that is fed band by band, for callers that pull the bands themselves.
#[derive(Debug)]
pub struct Shrink {
    output: PixelBuf,
    source: (u32, u32),
    factor: (u32, u32),
    columns: Columns,
    _hold: Hold,
    /// Source rows taken so far.
    rows: u32,
}

impl Shrink {
    /// The largest factor in either direction: with it, the sum of a column of cells still fits in 32 bits.
    pub const MAX_FACTOR: u32 = 65_535;

    /// Room for the output and the sums of a source of `size` (width, height).
    ///
    /// # Errors
    /// `Misuse` where a factor is zero or over [`Shrink::MAX_FACTOR`]; `Limit` naming `max_heap_bytes`.
    pub fn new(
        layout: PixelLayout,
        size: (u32, u32),
        factor: (u32, u32),
        budget: &Budget,
    ) -> Result<Shrink, Error> {
        let allowed = 1..=Shrink::MAX_FACTOR;
        if !allowed.contains(&factor.0) || !allowed.contains(&factor.1) {
            return Err(Error::misuse(Stage::Shrink, "shrink factor is zero or too large"));
        }
        let (width, height) = shrunken_size(size, factor);
        let output = PixelBuf::zeroed(layout, width, height, budget)?;
        let summed = summed_width(size.0, factor);
        let hold = budget.hold(Columns::bytes(layout, summed, factor.1))?;
        let columns = Columns::new(layout, summed, factor.1)?;
        Ok(Shrink { output, source: size, factor, columns, _hold: hold, rows: 0 })
    }

    /// Takes the next rows.
    ///
    /// # Errors
    /// `Upstream` where they are not the rows that follow, or not whole rows.
    pub fn push(&mut self, band: Band<'_>) -> Result<(), Error> {
        let stride = (self.source.0 as usize).saturating_mul(self.output.layout().channels());
        let rows = band.bytes.len().checked_div(stride).unwrap_or(0) as u64;
        let fits = u64::from(self.rows).saturating_add(rows) <= u64::from(self.source.1);
        if band.first_row != self.rows || band.bytes.len() as u64 != rows * stride as u64 || !fits {
            return Err(Error::new(Kind::Upstream, Stage::Shrink, "band is not the rows that follow"));
        }
        if self.factor == (1, 1) {
            let start = self.rows as usize * stride;
            self.output.as_bytes_mut()[start..][..band.bytes.len()].copy_from_slice(band.bytes);
            self.rows += rows as u32;
            return Ok(());
        }
        let mut left = band.bytes;
        while !left.is_empty() {
            left = self.push_into_cell(left, stride);
        }
        Ok(())
    }

    /// Takes as many rows as the current row of cells still wants; the rest is given back.
    fn push_into_cell<'a>(&mut self, bytes: &'a [u8], stride: usize) -> &'a [u8] {
        let (fx, fy) = self.factor;
        let within = self.rows % fy;
        let cell_rows = fy.min(self.source.1 - (self.rows - within));
        let wanted = (cell_rows - within) as usize;
        let (now, later) = bytes.split_at(bytes.len().min(wanted * stride));
        self.columns.add(now, stride, within == 0);
        let row = (self.rows / fy) as usize;
        self.rows += (now.len() / stride) as u32;
        if now.len() == wanted * stride {
            let width = self.output.stride_bytes();
            let target = &mut self.output.as_bytes_mut()[row * width..][..width];
            self.columns.reduce(target, fx as usize, cell_rows);
        }
        later
    }

    /// The shrunken picture.
    ///
    /// # Errors
    /// `Upstream` where rows are missing.
    pub fn finish(self) -> Result<PixelBuf, Error> {
        if self.rows != self.source.1 {
            return Err(Error::new(Kind::Upstream, Stage::Shrink, "bands end before the last row")
                .found(self.rows.into())
                .allowed(self.source.1.into()));
        }
        Ok(self.output)
    }
}

/// Pixels of a row that need sums: none where the bands are only collected.
fn summed_width(width: u32, factor: (u32, u32)) -> u32 {
    if factor == (1, 1) { 0 } else { width }
}

fn shrunken_size(source: (u32, u32), factor: (u32, u32)) -> (u32, u32) {
    (source.0.div_ceil(factor.0.max(1)), source.1.div_ceil(factor.1.max(1)))
}

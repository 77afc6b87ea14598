//! The decoder: one frame on its canvas, in bands of rows.
//!
//! For the first frame a canvas is never held. Rows outside the frame are made as they are pulled, rows of the frame are decoded
//! as they are pulled; an interlaced frame is held as indices, one byte a pixel, and read in the order of
//! its passes.

use fic_core::{Band, Bands, Budget, Error, Format, Hold, PixelBuf, PixelLayout, Stage, Truncated};

use crate::admit::{Admitted, Plan, Shown};
use crate::compose::Palette;
use crate::composed::Composed;
use crate::frame::Frame;
use crate::interlace;
use crate::lzw::{Indices, STATE_BYTES};

/// The pixels of an admitted file, top row first.
pub struct Decoder<'a> {
    rows: Rows<'a>,
    plan: Plan,
}

#[allow(clippy::large_enum_variant, reason = "there is one at a time, and its callers box it")]
enum Rows<'a> {
    Composed(Composed<'a>),
    First(First<'a>),
}

/// The first frame, whose rows are made as they are pulled.
struct First<'a> {
    frame: Frame,
    plan: Plan,
    truncated: Truncated,
    budget: Budget,
    palette: Palette,
    indices: Indices<'a>,
    /// The indices of `plan.index_rows` rows, in the order of the data.
    held: PixelBuf,
    /// Indices of the frame that were decoded before those in `held`.
    before_held: u64,
    /// Indices of the frame that were decoded in all.
    decoded: u64,
    data_ended: bool,
    band: PixelBuf,
    next_row: u32,
    _state: Hold,
}

/// Takes what the decoder needs from `budget`; the first pull decodes.
///
/// # Errors
/// `Limit` naming `max_heap_bytes`.
pub fn open<'a>(admitted: Admitted<'a>, budget: &Budget) -> Result<Decoder<'a>, Error> {
    let Admitted { input, shown, plan, truncated, .. } = admitted;
    let rows = match shown {
        Shown::First(frame) => Rows::First(First::new(input, frame, plan, truncated, budget)?),
        Shown::Later(animation) => Rows::Composed(Composed::new(animation, plan, truncated, budget)?),
    };
    Ok(Decoder { rows, plan })
}

impl Bands for Decoder<'_> {
    fn width(&self) -> u32 {
        self.plan.width
    }

    fn height(&self) -> u32 {
        self.plan.height
    }

    fn layout(&self) -> PixelLayout {
        self.plan.layout
    }

    fn next_band(&mut self) -> Result<Option<Band<'_>>, Error> {
        match &mut self.rows {
            Rows::Composed(composed) => composed.next_band(),
            Rows::First(first) => first.next_band(),
        }
    }

    fn was_truncated(&self) -> bool {
        match &self.rows {
            Rows::Composed(composed) => composed.was_truncated(),
            Rows::First(first) => first.data_ended,
        }
    }
}

impl<'a> First<'a> {
    fn new(
        input: &'a [u8],
        frame: Frame,
        plan: Plan,
        truncated: Truncated,
        budget: &Budget,
    ) -> Result<First<'a>, Error> {
        let state = budget.hold(STATE_BYTES)?;
        Ok(First {
            frame,
            plan,
            truncated,
            budget: budget.clone(),
            palette: Palette::new(frame.colours.of(input), frame.transparent),
            indices: Indices::new(frame.min_code_size, frame.data.of(input)),
            held: PixelBuf::zeroed(PixelLayout::Gray, frame.width.into(), plan.index_rows, budget)?,
            before_held: 0,
            decoded: 0,
            data_ended: false,
            band: PixelBuf::zeroed(plan.layout, plan.width, plan.band_rows, budget)?,
            next_row: 0,
            _state: state,
        })
    }

    fn next_band(&mut self) -> Result<Option<Band<'_>>, Error> {
        let first_row = self.next_row;
        let rows = self.plan.band_rows.min(self.plan.height - first_row);
        if rows == 0 {
            return Ok(None);
        }
        // Spent from here on, unless all goes well.
        self.next_row = self.plan.height;
        self.budget.check(Stage::Decode)?;
        self.make_rows(first_row, rows)?;
        self.budget.check(Stage::Decode)?;
        self.next_row = first_row + rows;
        let len = rows as usize * self.band.stride_bytes();
        Ok(Some(Band { first_row, bytes: &self.band.as_bytes()[..len] }))
    }

    /// Rows `first_row..first_row + rows` of the canvas, into the front of the band.
    fn make_rows(&mut self, first_row: u32, rows: u32) -> Result<(), Error> {
        let top = u32::from(self.frame.top);
        let bottom = top + u32::from(self.frame.height);
        let first = first_row.clamp(top, bottom) - top;
        let last = (first_row + rows).clamp(top, bottom) - top;
        self.decode_to(first, last)?;
        // Black where no pixel comes; transparent where the layout can say so.
        self.band.as_bytes_mut().fill(0);
        for row in first..last {
            self.paint(row, row + top - first_row);
        }
        Ok(())
    }

    /// Puts row `row` of the frame into row `band_row` of the band.
    fn paint(&mut self, row: u32, band_row: u32) {
        let position =
            if self.frame.interlaced { interlace::position(row, self.frame.height.into()) } else { row };
        let width = u64::from(self.frame.width);
        let start = u64::from(position) * width;
        let there = self.decoded.saturating_sub(start).min(width) as usize;
        let from = (start - self.before_held) as usize;
        let indices = &self.held.as_bytes()[from..from + there];
        let left = usize::from(self.frame.left) * self.plan.layout.channels();
        let to = band_row as usize * self.band.stride_bytes() + left;
        self.palette.expand(indices, self.plan.layout, &mut self.band.as_bytes_mut()[to..]);
    }

    /// Decodes so that rows `first..last` of the frame are held.
    fn decode_to(&mut self, first: u32, last: u32) -> Result<(), Error> {
        let rows = if self.frame.interlaced {
            if last == 0 || self.decoded > 0 || self.data_ended {
                return Ok(());
            }
            u32::from(self.frame.height)
        } else {
            self.before_held = u64::from(first) * u64::from(self.frame.width);
            last - first
        };
        let len = rows as usize * usize::from(self.frame.width);
        // A piece of a megabyte takes a few milliseconds: a fine place to look at the clock.
        for piece in self.held.as_bytes_mut()[..len].chunks_mut(1 << 20) {
            if self.data_ended {
                break;
            }
            let filled = self.indices.fill(piece)?;
            self.decoded += filled as u64;
            self.data_ended = filled < piece.len();
            self.budget.check(Stage::Decode)?;
        }
        if self.data_ended && self.truncated == Truncated::Reject {
            return Err(ended_early(self.decoded, &self.frame));
        }
        Ok(())
    }
}

/// The data of `frame` ends after so many indices.
pub(crate) fn ended_early(decoded: u64, frame: &Frame) -> Error {
    let what = "the LZW data ends before the last pixel";
    Error::malformed(Stage::Decode, Format::Gif, what).found(decoded).allowed(frame.pixels())
}

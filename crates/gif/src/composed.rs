//! The canvas of a frame behind the first: images laid over each other, then handed out in bands.
//!
//! The first pull makes the canvas. One row of indices is held beside it, also of an interlaced image: rows are put
//! where they belong as they come. Images reach as far as the canvas does; a cut image leaves the
//! canvas as it was where its data ends.

use fic_core::{Band, Budget, Error, Hold, PixelBuf, PixelLayout, Reader, Span, Stage, Truncated};

use crate::admit::Plan;
use crate::compose::Palette;
use crate::decode::ended_early;
use crate::frame::{self, Frame};
use crate::images::Image;
use crate::interlace;
use crate::lzw::{Indices, STATE_BYTES};
use crate::sequence::{Sequence, Step};

/// The images that were admitted.
#[derive(Clone, Debug)]
pub(crate) struct Animation<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) global_colours: Option<Span>,
    pub(crate) sequence: Sequence<'a>,
    /// Width of the widest.
    pub(crate) widest: u32,
}

impl Animation<'_> {
    /// Reads an image of the sequence in full.
    ///
    /// # Errors
    /// `Malformed` as for a first frame.
    pub(crate) fn frame(&self, image: &Image) -> Result<Frame, Error> {
        let mut r = Reader::at(self.input, image.start);
        frame::read(&mut r, self.global_colours, image.control.transparent)
    }
}

/// The canvas and what is to be laid on it.
pub(crate) struct Composed<'a> {
    animation: Animation<'a>,
    plan: Plan,
    truncated: Truncated,
    budget: Budget,
    canvas: PixelBuf,
    row: PixelBuf,
    made: bool,
    data_ended: bool,
    next_row: u32,
    _state: Hold,
}

impl<'a> Composed<'a> {
    pub(crate) fn new(
        animation: Animation<'a>,
        plan: Plan,
        truncated: Truncated,
        budget: &Budget,
    ) -> Result<Composed<'a>, Error> {
        Ok(Composed {
            plan,
            truncated,
            budget: budget.clone(),
            canvas: PixelBuf::zeroed(PixelLayout::Rgba, plan.width, plan.height, budget)?,
            row: PixelBuf::zeroed(PixelLayout::Gray, animation.widest, 1, budget)?,
            made: false,
            data_ended: false,
            next_row: 0,
            _state: budget.hold(STATE_BYTES)?,
            animation,
        })
    }

    pub(crate) fn next_band(&mut self) -> Result<Option<Band<'_>>, Error> {
        let first_row = self.next_row;
        let rows = self.plan.band_rows.min(self.plan.height - first_row);
        if rows == 0 {
            return Ok(None);
        }
        // Spent from here on, unless all goes well.
        self.next_row = self.plan.height;
        self.budget.check(Stage::Decode)?;
        if !self.made {
            self.make()?;
            self.made = true;
        }
        self.next_row = first_row + rows;
        let stride = self.canvas.stride_bytes();
        let bytes = &self.canvas.as_bytes()[first_row as usize * stride..][..rows as usize * stride];
        Ok(Some(Band { first_row, bytes }))
    }

    pub(crate) fn was_truncated(&self) -> bool {
        self.data_ended
    }

    fn make(&mut self) -> Result<(), Error> {
        for step in self.animation.sequence.steps() {
            match step {
                Step::Clear(image) => self.clear(&image),
                Step::Draw(image) => self.draw(&self.animation.frame(&image)?)?,
            }
            self.budget.check(Stage::Decode)?;
        }
        Ok(())
    }

    fn clear(&mut self, image: &Image) {
        let place = image.descriptor;
        let (_, rows) = image.on_canvas(self.canvas.width(), self.canvas.height());
        for row in 0..rows {
            part_of_row(&mut self.canvas, u32::from(place.top) + row, place.left, place.width).fill(0);
        }
    }

    fn draw(&mut self, frame: &Frame) -> Result<(), Error> {
        let input = self.animation.input;
        let palette = Palette::new(frame.colours.of(input), frame.transparent);
        let mut indices = Indices::new(frame.min_code_size, frame.data.of(input));
        let row_indices = &mut self.row.as_bytes_mut()[..usize::from(frame.width)];
        let mut decoded = 0;
        for row in interlace::rows(frame.height.into(), frame.interlaced) {
            let filled = indices.fill(row_indices)?;
            decoded += filled as u64;
            let out = part_of_row(&mut self.canvas, u32::from(frame.top) + row, frame.left, frame.width);
            palette.lay_over(&row_indices[..filled], out);
            if filled < row_indices.len() {
                self.data_ended = true;
                break;
            }
            self.budget.check(Stage::Decode)?;
        }
        match self.truncated {
            Truncated::Reject if decoded < frame.pixels() => Err(ended_early(decoded, frame)),
            _ => Ok(()),
        }
    }
}

/// The part of an image's row that lies on the canvas; nothing of one below or beside it.
fn part_of_row(canvas: &mut PixelBuf, row: u32, left: u16, width: u16) -> &mut [u8] {
    if row >= canvas.height() {
        return &mut [];
    }
    let (stride, channels) = (canvas.stride_bytes(), canvas.layout().channels());
    let left = (usize::from(left) * channels).min(stride);
    let right = (left + usize::from(width) * channels).min(stride);
    &mut canvas.as_bytes_mut()[row as usize * stride..][left..right]
}

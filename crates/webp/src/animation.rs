//! Which frames make the canvas of a frame behind the first, and what they cost (RFC 9649, section 2.7.1.1).
//!
//! In come the frames' chunks and the number of the one that is shown; out comes leave to lay them over each other. A frame
//! that is cleared away before the next one comes leaves nothing of its own and is not decoded; nor is what came before
//! the canvas was cleared, or before a frame of the whole canvas that hides it. Nothing is held for a frame: the
//! walk over them is made again wherever they are needed.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{
    Cost, Error, Findings, Limit, Limits, PixelLayout, Request, Span, Truncated, rows_bytes, units,
};

use crate::admit::{Admitted, check};
use crate::backend::Backend;
use crate::frame::{self, Cut, Picture};
use crate::malformed;
use crate::outline::Outline;
use crate::riff::{Chunk, Chunks, offset_of};
use crate::vp8l::Plan;
use crate::vp8x::{Anmf, Blend, Dispose, FrameArea};

/// The frames from the last one that owes nothing to those before, up to the one that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Animation<'a> {
    input: &'a [u8],
    chunks: Chunks<'a>,
    len: usize,
    canvas: (u32, u32),
    limits: Limits,
    truncated: Truncated,
    backend: Backend,
    pub(crate) cost: Cost,
}

/// What a frame does to the canvas.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Its place becomes transparent black.
    Clear(FrameArea),
    /// Its pixels are laid on the canvas.
    Draw(Chunk, Blend),
}

/// The chunks from the first frame that counts on, and how many frames count; none is looked into but for its first bytes.
fn find<'a>(
    input: &'a [u8],
    frames: Span,
    shown: u32,
    canvas: (u32, u32),
) -> Result<(Chunks<'a>, usize), Error> {
    let mut walk = Chunks::new(input, frames);
    let mut found = (walk.clone(), 0usize);
    // Whether the canvas holds nothing when the next frame comes.
    let mut blank = true;
    let mut number = 0u32;
    loop {
        let here = walk.clone();
        let Some(chunk) = walk.next() else {
            return Err(malformed("fewer frames than were counted", offset_of(frames.end)));
        };
        if &chunk.fourcc != b"ANMF" {
            continue;
        }
        let payload = chunk.payload;
        let Anmf { area, blend, dispose } = Anmf::read(payload.of(input), offset_of(payload.start))?;
        let is_all = area.is_all_of(canvas.0, canvas.1);
        let hides_all = is_all && (blend == Blend::Replace || !frame::may_be_transparent(input, payload));
        if blank || hides_all {
            found = (here, 0);
        }
        found.1 = found.1.saturating_add(1);
        if number == shown {
            return Ok(found);
        }
        number = number.saturating_add(1);
        blank = dispose == Dispose::Clear && (blank || is_all);
    }
}

impl<'a> Animation<'a> {
    /// Finds what makes the canvas at frame `request.frame`, which the file has.
    ///
    /// # Errors
    /// `Malformed` for a frame before it that cannot be placed.
    pub(crate) fn find(
        input: &'a [u8],
        outline: &Outline,
        request: &Request,
        limits: &Limits,
        backend: Backend,
    ) -> Result<Animation<'a>, Error> {
        let header = outline.header();
        let canvas = (header.width.get(), header.height.get());
        let (chunks, len) = find(input, outline.frames(), request.frame, canvas)?;
        let limits = limits.clone();
        let truncated = backend.truncated(request.truncated);
        Ok(Animation { input, chunks, len, canvas, limits, truncated, backend, cost: Cost::default() })
    }

    /// The one picture that is seen, where it is one and takes the whole canvas: then it is no more than a picture.
    ///
    /// # Errors
    /// Those of its outline.
    pub(crate) fn alone(&self) -> Result<Option<Picture>, Error> {
        let mut steps = self.steps();
        let (Some(Step::Draw(chunk, _)), None) = (steps.next(), steps.next()) else { return Ok(None) };
        let is_all = self.area(chunk)?.is_all_of(self.canvas.0, self.canvas.1);
        if is_all { self.picture(chunk).map(Some) } else { Ok(None) }
    }

    /// Weighs what laying the frames over each other will cost.
    ///
    /// # Errors
    /// As [`admit`](crate::admit()).
    pub(crate) fn weighed(mut self) -> Result<Animation<'a>, Error> {
        let canvas_bytes = rows_bytes(PixelLayout::Rgba, self.canvas.0, self.canvas.1);
        let (mut frames, mut dearest) = (0u64, 0u64);
        let mut work = units::PICTURE.saturating_add(canvas_bytes);
        for step in self.steps() {
            work = match step {
                Step::Clear(area) => {
                    let bytes = rows_bytes(PixelLayout::Rgba, area.width, area.height);
                    work.saturating_add(bytes.min(canvas_bytes))
                }
                Step::Draw(chunk, _) => {
                    frames = frames.saturating_add(1);
                    check(&self.limits, Limit::MaxFrames, frames)?;
                    let frame = self.frame(chunk)?;
                    let cost = frame.cost();
                    dearest = dearest.max(cost.peak_heap);
                    // The frame is weighed again when its turn comes.
                    let again = frame.plan.as_ref().map_or(0, Plan::walk);
                    work.saturating_add(cost.work).saturating_add(again)
                }
            };
            check(&self.limits, Limit::MaxWork, work)?;
        }
        self.cost = Cost { work, peak_heap: canvas_bytes.saturating_add(dearest) };
        Ok(self)
    }

    /// What is done to an empty canvas, in order: one step for each frame.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step> + 'a {
        let (input, last) = (self.input, self.len.saturating_sub(1));
        let frames = self.chunks.clone().filter(|chunk| &chunk.fourcc == b"ANMF").take(self.len);
        frames.enumerate().filter_map(move |(at, chunk)| {
            let Anmf { area, blend, dispose } = Anmf::read(chunk.payload.of(input), chunk.offset()).ok()?;
            match dispose {
                Dispose::Clear if at != last => Some(Step::Clear(area)),
                _ => Some(Step::Draw(chunk, blend)),
            }
        })
    }

    pub(crate) fn canvas(&self) -> (u32, u32) {
        self.canvas
    }

    /// Leave to decode one of the frames, as a picture of its own.
    pub(crate) fn frame(&self, chunk: Chunk) -> Result<Admitted<'a>, Error> {
        let picture = self.picture(chunk)?;
        let mut admitted = Admitted::of_picture(self.input, picture, &self.limits, self.backend)?;
        admitted.truncated = self.truncated;
        Ok(admitted)
    }

    fn picture(&self, chunk: Chunk) -> Result<Picture, Error> {
        let frame = frame::of_animation(self.input, chunk, self.canvas, &mut Findings::new())?;
        Cut::judge(frame.cut, self.truncated)?;
        Ok(frame.picture)
    }

    /// Where a frame lies on the canvas.
    pub(crate) fn area(&self, chunk: Chunk) -> Result<FrameArea, Error> {
        Anmf::read(chunk.payload.of(self.input), chunk.offset()).map(|anmf| anmf.area)
    }
}

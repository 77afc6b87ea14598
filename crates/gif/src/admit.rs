//! Admission: what decoding a frame will cost, with those that it is laid over, and whether the limits grant it.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{
    Cost, Error, Format, Limit, Limits, PixelLayout, Request, Stage, Truncated, rows_bytes, units,
};

use crate::composed::Animation;
use crate::frame::Frame;
use crate::images::Images;
use crate::lzw::STATE_BYTES;
use crate::outline::Outline;
use crate::sequence::{Sequence, Step};

/// A file of which a frame may be decoded: made by [`admit`] and nowhere else.
#[derive(Clone, Debug)]
pub struct Admitted<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) shown: Shown<'a>,
    pub(crate) plan: Plan,
    pub(crate) truncated: Truncated,
    cost: Cost,
}

/// Which frame is decoded.
#[derive(Clone, Debug)]
pub(crate) enum Shown<'a> {
    First(Frame),
    Later(Animation<'a>),
}

/// The canvas and how many of its rows are made at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) layout: PixelLayout,
    pub(crate) band_rows: u32,
    /// Rows of the frame whose indices are held at once: all of them where they are interlaced.
    pub(crate) index_rows: u32,
}

impl Admitted<'_> {
    /// What decoding will cost.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Width in pixels of what will be decoded: the canvas.
    pub fn width(&self) -> u32 {
        self.plan.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.plan.height
    }

    /// `Rgba` where a pixel can be transparent, because of its index or because the frame does not reach
    /// it, and for every frame but the first; `Rgb` otherwise.
    pub fn layout(&self) -> PixelLayout {
        self.plan.layout
    }
}

/// Judges the frame that is asked for, in the file that `outline` was made from.
///
/// # Errors
/// `Limit` for a canvas, metadata, frames, work or memory over the limits; `Malformed` for fewer LZW bytes than the
/// pixels can be made from, so that a few bytes never cost a large picture, and for a broken image that the
/// frame is laid over; `Misuse` for a frame that the file does not have.
pub fn admit<'a>(
    input: &'a [u8],
    outline: &Outline,
    request: &Request,
    limits: &Limits,
) -> Result<Admitted<'a>, Error> {
    let header = outline.header();
    // A first frame lies within the canvas, so this bounds both.
    limits.check_size(Stage::Admit, header.width.get(), header.height.get())?;
    limits.check(Stage::Admit, Limit::MaxMetadataBytes, header.metadata_bytes)?;
    request.check_frame(header.frames).map_err(|err| err.in_format(Format::Gif))?;
    let (shown, plan, cost) = match request.frame {
        0 => first(outline, limits)?,
        frame => later(input, outline, frame, limits)?,
    };
    limits.check(Stage::Admit, Limit::MaxWork, cost.work)?;
    limits.check(Stage::Admit, Limit::MaxHeapBytes, cost.peak_heap)?;
    Ok(Admitted { input, shown, plan, truncated: request.truncated, cost })
}

fn first<'a>(outline: &Outline, limits: &Limits) -> Result<(Shown<'a>, Plan, Cost), Error> {
    let (header, frame) = (outline.header(), *outline.first_frame());
    let (width, height) = (header.width.get(), header.height.get());
    limits.check(Stage::Admit, Limit::MaxFrames, 1)?;
    let reachable = check_floor(&frame)?;
    check_canvas(u64::from(width).saturating_mul(height.into()), reachable)?;
    let layout = if header.has_alpha { PixelLayout::Rgba } else { PixelLayout::Rgb };
    let plan = Plan::new(width, height, layout, &frame);
    let cost = cost(&plan, &frame);
    Ok((Shown::First(frame), plan, cost))
}

/// Every image that makes the canvas is read to the end of its data, and charged.
fn later<'a>(
    input: &'a [u8],
    outline: &Outline,
    frame: u32,
    limits: &Limits,
) -> Result<(Shown<'a>, Plan, Cost), Error> {
    let header = outline.header();
    let (width, height) = (header.width.get(), header.height.get());
    let canvas_pixels = u64::from(width).saturating_mul(height.into());
    let sequence = Sequence::find(Images::new(input, outline.blocks()), frame, (width, height))?;
    let global_colours = outline.global_colours();
    let mut animation = Animation { input, global_colours, sequence, widest: 1 };
    let (mut frames, mut reachable) = (0u64, 0u64);
    let mut work = units::PICTURE
        .saturating_add(units::GIF_PIXEL.saturating_mul(canvas_pixels))
        .saturating_add(units::GIF_IMAGE.saturating_mul(frame.into()));
    limits.check(Stage::Admit, Limit::MaxWork, work)?;
    for step in animation.sequence.clone().steps() {
        let (pixels, rows) = match step {
            Step::Clear(image) => {
                let (columns, rows) = image.on_canvas(width, height);
                (u64::from(columns).saturating_mul(rows.into()), rows)
            }
            Step::Draw(image) => {
                frames = frames.saturating_add(1);
                limits.check(Stage::Admit, Limit::MaxFrames, frames)?;
                let frame = animation.frame(&image)?;
                limits.check_size(Stage::Admit, frame.width.into(), frame.height.into())?;
                reachable = reachable.saturating_add(check_floor(&frame)?);
                animation.widest = animation.widest.max(frame.width.into());
                work = work
                    .saturating_add(units::GIF_FRAME)
                    .saturating_add(units::GIF_LZW_BYTE.saturating_mul(frame.data_bytes));
                (frame.pixels(), frame.height.into())
            }
        };
        work = work
            .saturating_add(units::GIF_PIXEL.saturating_mul(pixels))
            .saturating_add(units::GIF_ROW.saturating_mul(rows.into()));
        limits.check(Stage::Admit, Limit::MaxWork, work)?;
    }
    check_canvas(canvas_pixels, reachable)?;
    let plan = Plan::of_canvas(width, height);
    let peak_heap = STATE_BYTES
        .saturating_add(ERROR_BYTES)
        .saturating_add(rows_bytes(PixelLayout::Rgba, width, height))
        .saturating_add(animation.widest.into());
    Ok((Shown::Later(animation), plan, Cost { work, peak_heap }))
}

/// Fewer bytes than the claimed pixels can possibly need.
///
/// The n-th code after a clear code makes at most n pixels, and there are at most 4,096 entries: n codes
/// make at most n (n + 1) / 2 pixels, and at most 4,096 each.
///
/// The pixels that the data can make at most are the answer.
fn check_floor(frame: &Frame) -> Result<u64, Error> {
    let code_bits = u64::from(frame.min_code_size).saturating_add(1);
    let codes = frame.data_bytes.saturating_mul(8).checked_div(code_bits).unwrap_or(0);
    let square = codes.saturating_mul(codes.saturating_add(1)).checked_div(2).unwrap_or(0);
    let reachable = square.min(codes.saturating_mul(4096));
    if frame.pixels() > reachable {
        return Err(short("more pixels than the LZW data can make", frame.pixels(), reachable));
    }
    Ok(reachable)
}

/// Optimised animations do start with a frame of one pixel on a large canvas, so an empty canvas is fine up to
/// a size that costs nothing.
fn check_canvas(pixels: u64, reachable: u64) -> Result<(), Error> {
    if pixels > reachable.max(EMPTY_CANVAS_PIXELS) {
        return Err(short("more canvas than the LZW data can account for", pixels, reachable));
    }
    Ok(())
}

fn short(what: &'static str, pixels: u64, reachable: u64) -> Error {
    Error::malformed(Stage::Admit, Format::Gif, what).found(pixels).allowed(reachable)
}

/// 4096 x 4096.
const EMPTY_CANVAS_PIXELS: u64 = 1 << 24;

impl Plan {
    fn new(width: u32, height: u32, layout: PixelLayout, frame: &Frame) -> Plan {
        let band_rows = band_rows(layout, width, height);
        let frame_height = u32::from(frame.height);
        let index_rows = if frame.interlaced { frame_height } else { band_rows.min(frame_height) };
        Plan { width, height, layout, band_rows, index_rows }
    }

    /// For a canvas that is held as a whole.
    fn of_canvas(width: u32, height: u32) -> Plan {
        let layout = PixelLayout::Rgba;
        Plan { width, height, layout, band_rows: band_rows(layout, width, height), index_rows: 1 }
    }

    pub(crate) fn band_bytes(&self) -> u64 {
        rows_bytes(self.layout, self.width, self.band_rows)
    }
}

fn band_rows(layout: PixelLayout, width: u32, height: u32) -> u32 {
    const BAND_BYTES: u64 = 64 << 10;
    let rows = BAND_BYTES.checked_div(rows_bytes(layout, width, 1)).unwrap_or(1);
    u32::try_from(rows).unwrap_or(u32::MAX).clamp(1, height)
}

/// What an error takes, should there be one while all else is held.
const ERROR_BYTES: u64 = 256;

fn cost(plan: &Plan, frame: &Frame) -> Cost {
    let canvas_pixels = u64::from(plan.width).saturating_mul(plan.height.into());
    let pixels = canvas_pixels.saturating_add(frame.pixels());
    let index_bytes = rows_bytes(PixelLayout::Gray, frame.width.into(), plan.index_rows);
    Cost {
        work: units::PICTURE
            .saturating_add(units::GIF_LZW_BYTE.saturating_mul(frame.data_bytes))
            .saturating_add(units::GIF_PIXEL.saturating_mul(pixels)),
        peak_heap: STATE_BYTES
            .saturating_add(ERROR_BYTES)
            .saturating_add(plan.band_bytes())
            .saturating_add(index_bytes),
    }
}

//! Admission: what decoding the first frame will cost, and whether the limits grant it.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{
    Cost, Error, Format, Limit, Limits, PixelLayout, Request, Stage, Truncated, rows_bytes, units,
};

use crate::frame::Frame;
use crate::lzw::STATE_BYTES;
use crate::outline::Outline;

/// A file whose first frame may be decoded: made by [`admit`] and nowhere else.
#[derive(Clone, Debug)]
pub struct Admitted<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) frame: Frame,
    pub(crate) plan: Plan,
    pub(crate) truncated: Truncated,
    cost: Cost,
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
    /// it; `Rgb` otherwise.
    pub fn layout(&self) -> PixelLayout {
        self.plan.layout
    }
}

/// Judges the first frame of the file that `outline` was made from.
///
/// # Errors
/// `Limit` for a canvas, metadata, work or memory over the limits; `Malformed` for fewer LZW bytes than the
/// pixels can be made from, so that a few bytes never cost a large picture.
pub fn admit<'a>(
    input: &'a [u8],
    outline: &Outline,
    request: &Request,
    limits: &Limits,
) -> Result<Admitted<'a>, Error> {
    let (header, frame) = (outline.header(), *outline.first_frame());
    let (width, height) = (header.width.get(), header.height.get());
    // The frame lies within the canvas, so this bounds both.
    limits.check_size(Stage::Admit, width, height)?;
    limits.check(Stage::Admit, Limit::MaxFrames, 1)?;
    limits.check(Stage::Admit, Limit::MaxMetadataBytes, header.metadata_bytes)?;
    check_floors(&frame, u64::from(width).saturating_mul(height.into()))?;
    let layout = if header.has_alpha { PixelLayout::Rgba } else { PixelLayout::Rgb };
    let plan = Plan::new(width, height, layout, &frame);
    let cost = cost(&plan, &frame);
    limits.check(Stage::Admit, Limit::MaxWork, cost.work)?;
    limits.check(Stage::Admit, Limit::MaxHeapBytes, cost.peak_heap)?;
    Ok(Admitted { input, frame, plan, truncated: request.truncated, cost })
}

/// Fewer bytes than the claimed pixels can possibly need.
///
/// The n-th code after a clear code makes at most n pixels, and there are at most 4,096 entries: n codes
/// make at most n (n + 1) / 2 pixels, and at most 4,096 each.
fn check_floors(frame: &Frame, canvas_pixels: u64) -> Result<(), Error> {
    let code_bits = u64::from(frame.min_code_size).saturating_add(1);
    let codes = frame.data_bytes.saturating_mul(8).checked_div(code_bits).unwrap_or(0);
    let square = codes.saturating_mul(codes.saturating_add(1)).checked_div(2).unwrap_or(0);
    let reachable = square.min(codes.saturating_mul(4096));
    let short = |what, pixels: u64| {
        Err(Error::malformed(Stage::Admit, Format::Gif, what).found(pixels).allowed(reachable))
    };
    if frame.pixels() > reachable {
        return short("more pixels than the LZW data can make", frame.pixels());
    }
    // Optimised animations do start with a frame of one pixel on a large canvas, so an empty canvas is
    // fine up to a size that costs nothing.
    if canvas_pixels > reachable.max(EMPTY_CANVAS_PIXELS) {
        return short("more canvas than the LZW data can account for", canvas_pixels);
    }
    Ok(())
}

/// 4096 x 4096.
const EMPTY_CANVAS_PIXELS: u64 = 1 << 24;

impl Plan {
    fn new(width: u32, height: u32, layout: PixelLayout, frame: &Frame) -> Plan {
        const BAND_BYTES: u64 = 64 << 10;
        let rows = BAND_BYTES.checked_div(rows_bytes(layout, width, 1)).unwrap_or(1);
        let band_rows = u32::try_from(rows).unwrap_or(u32::MAX).clamp(1, height);
        let frame_height = u32::from(frame.height);
        let index_rows = if frame.interlaced { frame_height } else { band_rows.min(frame_height) };
        Plan { width, height, layout, band_rows, index_rows }
    }

    pub(crate) fn band_bytes(&self) -> u64 {
        rows_bytes(self.layout, self.width, self.band_rows)
    }
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

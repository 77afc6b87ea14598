//! Admission: in come an outline and the limits, out comes leave to decode, with what that will cost.
//!
//! Refused: whatever is over a limit, and lossless streams whose codes are broken. The bytes are known from the
//! decoders' own allocations, so the prediction is exact but for rounding up.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{
    Cost, Error, Format, Limit, Limits, Nearness, PixelLayout, Request, Stage, Truncated, rows_bytes, units,
};

use crate::alph::Compression;
use crate::animation::Animation;
use crate::backend::Backend;
#[cfg(feature = "image-webp")]
use crate::backend::whole;
use crate::decoder::LOSSY_BYTES;
use crate::frame::{Cut, Picture};
use crate::outline::Outline;
use crate::riff::offset_of;
use crate::shrunk::{self, Opaque, Translucent};
use crate::vp8::Vp8;
use crate::vp8::filtering::Filtering;
use crate::vp8::frame::Frame;
use crate::vp8l::Plan;
use crate::vp8x::FrameArea;
use crate::yuv::Upsampled;

/// Rows in a band.
pub(crate) const BAND_ROWS: u32 = 16;
/// More bytes than a macroblock can have: 400 coefficients of less than 96 bits each, whatever the probabilities.
const MACROBLOCK_BYTES: u64 = 4_800;

/// Leave to decode one picture, or the canvas of an animation: made by [`admit`] alone.
#[derive(Debug)]
pub struct Admitted<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) content: Content<'a>,
    pub(crate) area: FrameArea,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) layout: PixelLayout,
    pub(crate) truncated: Truncated,
    /// Pixels a side of what one decoded pixel is the mean of.
    pub(crate) scale: u32,
    pub(crate) filtering: Filtering,
    pub(crate) memory: Memory,
    /// How the lossless stream, of the picture or of its alpha, will be decoded.
    pub(crate) plan: Option<Plan>,
    pub(crate) backend: Backend,
    pub(crate) work: u64,
}

/// What is decoded.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// Frames laid over each other.
    Composed(Animation<'a>),
    /// One picture, on a canvas that may be larger.
    One(Picture),
}

impl Admitted<'_> {
    /// What decoding will cost.
    pub fn cost(&self) -> Cost {
        let own = Cost { work: self.work, peak_heap: self.memory.peak() };
        match &self.content {
            Content::Composed(animation) => own.with(animation.cost),
            Content::One(_) => own,
        }
    }

    /// Width of what will be decoded, in pixels: of the canvas for an animation.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height of what will be decoded, in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Stored pixels a side of the square that a decoded pixel is the mean of; 1 for a picture that is decoded in full.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// Whether the loop filter of a lossy picture is left out, everywhere or in some of its segments, because the picture
    /// will be shrunk so far that it would not be seen.
    pub fn lacks_loop_filter(&self) -> bool {
        match &self.content {
            Content::One(Picture::Lossy { header, .. }) => header.lacks_filter(self.filtering),
            Content::One(Picture::Lossless { .. }) | Content::Composed(_) => false,
        }
    }

    /// The samples of a pixel.
    pub fn layout(&self) -> PixelLayout {
        self.layout
    }
}

/// The bytes of each part; which parts are there together is [`Memory::peak`]'s business.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// The decoder of a lossless picture, or of an alpha plane.
    pub(crate) lossless: u64,
    /// The lossy decoder's own.
    pub(crate) lossy: u64,
    /// The band, and rows on their way to it.
    pub(crate) band: u64,
}

impl Memory {
    /// All of it at once.
    fn peak(&self) -> u64 {
        let parts = [self.band, self.lossless, self.lossy];
        parts.iter().fold(0, |sum: u64, &part| sum.saturating_add(part))
    }
}

/// Weighs what decoding the picture, or the frame that is asked for, will cost our own decoder.
///
/// # Errors
/// `Limit` where it is over one; `Malformed` for a picture in which the file ends, unless that is accepted, for a lossless stream whose header or prefix codes are broken, and for a
/// broken frame that the one that is asked for is laid over; `Misuse` for a frame that the file does not have.
pub fn admit<'a>(
    input: &'a [u8],
    outline: &Outline,
    request: &Request,
    limits: &Limits,
) -> Result<Admitted<'a>, Error> {
    admit_with(input, outline, request, limits, Backend::Own)
}

/// Weighs what decoding will cost the decoder that `backend` names.
///
/// # Errors
/// As [`admit`], and `Unsupported` for a picture that the decoder would get wrong.
pub fn admit_with<'a>(
    input: &'a [u8],
    outline: &Outline,
    request: &Request,
    limits: &Limits,
    backend: Backend,
) -> Result<Admitted<'a>, Error> {
    let header = outline.header();
    let (width, height) = (header.width.get(), header.height.get());
    limits.check_size(Stage::Admit, width, height).map_err(in_webp)?;
    check(limits, Limit::MaxMetadataBytes, header.metadata_bytes)?;
    request.check_frame(header.frames).map_err(in_webp)?;
    check(limits, Limit::MaxFrames, 1)?;
    let truncated = backend.truncated(request.truncated);
    let (picture, area, layout) = if request.frame > 0 {
        let area = FrameArea { x: 0, y: 0, width, height };
        let animation = Animation::find(input, outline, request, limits, backend)?;
        let Some(picture) = animation.alone()? else {
            let content = Content::Composed(animation.weighed()?);
            let admitted = Admitted::new(input, content, area, (width, height), PixelLayout::Rgba);
            admitted.judge(limits)?;
            return Ok(admitted);
        };
        (picture, area, PixelLayout::Rgba)
    } else {
        Cut::judge(outline.cut(), truncated)?;
        let layout = if header.has_alpha { PixelLayout::Rgba } else { PixelLayout::Rgb };
        (*outline.picture(), outline.first_frame(), layout)
    };
    let content = Content::One(picture);
    let mut admitted = Admitted::new(input, content, area, (width, height), layout);
    admitted.truncated = truncated;
    admitted.backend = backend;
    if backend.is_by_rows() {
        if let Some(at_least) = request.at_least {
            admitted.scale_down(&picture, at_least, request.nearness);
        }
        admitted.filtering = Filtering::of(request, (width, height), admitted.scale);
    }
    admitted.charge(&picture, limits)?;
    Ok(admitted)
}

impl<'a> Admitted<'a> {
    fn new(
        input: &'a [u8],
        content: Content<'a>,
        area: FrameArea,
        (width, height): (u32, u32),
        layout: PixelLayout,
    ) -> Admitted<'a> {
        let memory = Memory { band: band_bytes(layout, width, height, area.width), ..Memory::default() };
        let work = units::PICTURE.saturating_add(rows_bytes(PixelLayout::Gray, width, height));
        Admitted {
            input,
            content,
            area,
            width,
            height,
            layout,
            scale: 1,
            filtering: Filtering::AsCoded,
            truncated: Truncated::Reject,
            memory,
            plan: None,
            backend: Backend::Own,
            work,
        }
    }

    /// Weighs a picture that is no more than itself: a frame, with its own size for a canvas. The pixels of a lossless
    /// one count, not the header's hint that they are opaque: the reference decoder blends them by their own alpha.
    pub(crate) fn of_picture(
        input: &'a [u8],
        picture: Picture,
        limits: &Limits,
        backend: Backend,
    ) -> Result<Admitted<'a>, Error> {
        let (width, height) = picture.size();
        let area = FrameArea { x: 0, y: 0, width, height };
        let layout = match picture {
            Picture::Lossy { alpha: None, .. } => PixelLayout::Rgb,
            Picture::Lossy { .. } | Picture::Lossless { .. } => PixelLayout::Rgba,
        };
        let mut admitted = Admitted::new(input, Content::One(picture), area, (width, height), layout);
        admitted.backend = backend;
        admitted.charge(&picture, limits)?;
        Ok(admitted)
    }
}

impl Admitted<'_> {
    /// Takes a smaller scale, where the picture has one that leaves it large enough.
    fn scale_down(&mut self, picture: &Picture, at_least: (u32, u32), nearness: Nearness) {
        let stored = (self.width, self.height);
        let Picture::Lossy { alpha, .. } = picture else { return };
        if (self.area.width, self.area.height) != stored {
            return;
        }
        let twice = (at_least.0.saturating_mul(2), at_least.1.saturating_mul(2));
        let side = match (shrunk::side(stored, twice), nearness) {
            // Smaller squares cost next to nothing, so rough pictures have them too: they save the filter.
            (side @ 2.., Nearness::Rough) => side,
            _ => shrunk::side(stored, at_least),
        };
        if side == 1 {
            return;
        }
        self.scale = side;
        (self.width, self.height) = (stored.0.div_ceil(side), stored.1.div_ceil(side));
        self.area = FrameArea { x: 0, y: 0, width: self.width, height: self.height };
        let sums = match alpha {
            None => Opaque::bytes(stored.0, side),
            // And its row of alpha.
            Some(_) => Translucent::bytes(stored.0).saturating_add(stored.0.into()),
        };
        self.memory.band =
            rows_bytes(self.layout, self.width, self.height.min(BAND_ROWS)).saturating_add(sums);
    }

    /// What is known without looking into lossless streams is judged before that look is paid for.
    fn charge(&mut self, picture: &Picture, limits: &Limits) -> Result<(), Error> {
        self.charge_pixels(picture, limits)?;
        self.charge_tables(picture, limits)?;
        match self.backend {
            Backend::Own => Ok(()),
            #[cfg(feature = "image-webp")]
            Backend::ImageWebP => {
                whole::charge(self, picture)?;
                self.judge(limits)
            }
        }
    }

    /// Charges what follows from sizes alone.
    fn charge_pixels(&mut self, picture: &Picture, limits: &Limits) -> Result<(), Error> {
        let (width, height) = picture.size();
        let pixels = u64::from(width).saturating_mul(height.into());
        let memory = &mut self.memory;
        match picture {
            Picture::Lossless { .. } => {
                self.work = self.work.saturating_add(pixels.saturating_mul(units::VP8L_PIXEL));
            }
            Picture::Lossy { header, data, alpha } => {
                let macroblocks = macroblocks(header);
                memory.lossy = Frame::bytes(header).saturating_add(LOSSY_BYTES);
                let coded = macroblocks.saturating_mul(256).saturating_mul(units::VP8_PIXEL);
                // Not every byte that is there is read.
                let bytes = offset_of(data.len()).min(macroblocks.saturating_mul(MACROBLOCK_BYTES));
                let bytes = bytes.saturating_mul(units::VP8_BYTE);
                self.work = self.work.saturating_add(coded).saturating_add(bytes);
                if alpha.is_some_and(|alpha| alpha.compression == Compression::Lossless) {
                    self.work = self.work.saturating_add(pixels.saturating_mul(units::VP8L_PIXEL));
                }
            }
        }
        self.judge(limits)
    }

    /// Walks the lossless stream, if there is one, and charges what it needs besides pixels.
    fn charge_tables(&mut self, picture: &Picture, limits: &Limits) -> Result<(), Error> {
        let Some(stream) = picture.lossless_stream() else { return Ok(()) };
        let plan =
            Plan::of(stream.of(self.input), offset_of(stream.start), picture.size(), self.work, limits)?;
        self.memory.lossless = plan.heap;
        self.work = self
            .work
            .saturating_add(plan.table_bytes.saturating_mul(units::VP8L_TABLE_BYTE))
            .saturating_add(plan.walk());
        self.plan = Some(plan);
        self.judge(limits)
    }

    fn judge(&self, limits: &Limits) -> Result<(), Error> {
        let cost = self.cost();
        check(limits, Limit::MaxWork, cost.work)?;
        check(limits, Limit::MaxHeapBytes, cost.peak_heap)
    }
}

/// Macroblocks of 16 x 16 pixels that cover the frame.
fn macroblocks(header: &Vp8) -> u64 {
    u64::from(header.width.div_ceil(16)).saturating_mul(header.height.div_ceil(16).into())
}

/// The band of rows, a row of alpha and the scratch rows of the upsampling.
fn band_bytes(layout: PixelLayout, width: u32, height: u32, frame_width: u32) -> u64 {
    rows_bytes(layout, width, height.min(BAND_ROWS))
        .saturating_add(frame_width.into())
        .saturating_add(Upsampled::scratch_bytes(frame_width))
}

pub(crate) fn check(limits: &Limits, limit: Limit, found: u64) -> Result<(), Error> {
    limits.check(Stage::Admit, limit, found).map_err(in_webp)
}

fn in_webp(err: Error) -> Error {
    err.in_format(Format::WebP)
}

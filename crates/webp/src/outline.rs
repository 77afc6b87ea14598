//! The outline of a WebP file (RFC 9649): in comes the upload, out comes what it says about itself.
//!
//! One pass over the chunks, no pixel decoded, no limit applied. Refused: what makes pixels is missing, cut short
//! by anything but the end of the file, or contradicts the container. Forgiven with a finding: everything else, for no other chunk makes pixels.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use std::num::NonZeroU32;

use fic_core::{
    Budget, ColourModel, Error, FindingKind, Findings, Format, Header, HeldBytes, Limit, Limits, Orientation,
    Span, Stage, exif,
};

use crate::frame::{self, Coding, Cut, FrameChunks, Picture};
use crate::malformed;
use crate::riff::{self, Chunk, Chunks, offset_of};
use crate::vp8x::{FrameArea, Vp8x};

/// What a WebP file says about itself, and where its frames lie in it.
#[derive(Clone, Debug)]
pub struct Outline {
    header: Header,
    picture: Picture,
    cut: Option<Cut>,
    area: FrameArea,
    animated: bool,
    /// The chunks of an animation from its first frame on.
    frames: Span,
    icc: Option<Chunk>,
}

impl Outline {
    /// The format-independent part.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How the picture, or the first frame, is coded.
    pub fn coding(&self) -> Coding {
        self.picture.coding()
    }

    /// Whether the file is an animation.
    pub fn is_animated(&self) -> bool {
        self.animated
    }

    /// Where the first frame lies on the canvas; all of it for a still picture.
    pub fn first_frame(&self) -> FrameArea {
        self.area
    }

    pub(crate) fn frames(&self) -> Span {
        self.frames
    }

    pub(crate) fn picture(&self) -> &Picture {
        &self.picture
    }

    /// What the picture, or the first frame, lacks where the file ends in it.
    pub(crate) fn cut(&self) -> Option<Cut> {
        self.cut
    }

    /// A copy of the ICC profile; `None` where the file has none.
    ///
    /// # Errors
    /// `Malformed` where it is cut short, `Limit` naming `max_icc_bytes` or `max_heap_bytes`.
    pub fn icc(&self, input: &[u8], limits: &Limits, budget: &Budget) -> Result<Option<HeldBytes>, Error> {
        let Some(chunk) = self.icc else { return Ok(None) };
        if !chunk.is_whole() {
            return Err(malformed("ICCP chunk cut short", chunk.offset()));
        }
        let profile = chunk.payload.of(input);
        limits
            .check(Stage::Colour, Limit::MaxIccBytes, offset_of(profile.len()))
            .map_err(|err| err.in_format(Format::WebP))?;
        let mut held = HeldBytes::with_capacity(profile.len(), budget)?;
        held.push(profile)?;
        Ok(Some(held))
    }
}

/// Reads the outline of `input`.
///
/// # Errors
/// `Malformed` where the pixels of the picture, or of the first frame, are in doubt, or missing by more than that the file
/// ends in them;
/// `Unsupported` for a VP8 colour space that the format reserves.
pub fn outline(input: &[u8]) -> Result<Outline, Error> {
    let mut findings = Findings::new();
    let body = riff::body(input, &mut findings)?;
    let mut parts = Parts { findings, ..Parts::default() };
    let mut chunks = Chunks::new(input, body);
    let first = chunks.next().ok_or_else(|| malformed("no chunk", offset_of(body.start)))?;
    parts.first(input, first)?;
    for chunk in chunks.by_ref() {
        parts.take(chunk)?;
    }
    if chunks.remaining() > 0 {
        parts.findings.note(FindingKind::SloppyLength, chunks.offset());
    }
    let trailing = input.len().saturating_sub(body.end);
    if trailing > 0 {
        parts.findings.note(FindingKind::TrailingBytes, offset_of(body.end));
    }
    parts.finish(input, body, offset_of(trailing))
}

/// What was gathered from the chunks so far.
#[derive(Default)]
struct Parts {
    vp8x: Option<Vp8x>,
    still: FrameChunks,
    first_frame: Option<Chunk>,
    has_anim: bool,
    frames: u64,
    icc: Option<Chunk>,
    exif: Option<Chunk>,
    metadata_bytes: u64,
    findings: Findings,
}

impl Parts {
    /// Section 2.4: the first chunk says which of the three kinds of file this is.
    fn first(&mut self, input: &[u8], chunk: Chunk) -> Result<(), Error> {
        match &chunk.fourcc {
            b"VP8X" => {
                self.vp8x = Some(Vp8x::read(chunk.payload.of(input), offset_of(chunk.payload.start))?);
                Ok(())
            }
            b"VP8 " | b"VP8L" => {
                self.still.picture(chunk, &mut self.findings);
                Ok(())
            }
            _ => Err(malformed("first chunk is none of VP8X, VP8 and VP8L", chunk.offset())),
        }
    }

    fn take(&mut self, chunk: Chunk) -> Result<(), Error> {
        match &chunk.fourcc {
            b"VP8X" => return Err(malformed("VP8X chunk that is not the first", chunk.offset())),
            b"VP8 " | b"VP8L" => self.still.picture(chunk, &mut self.findings),
            b"ALPH" => self.still.alpha(chunk, &mut self.findings)?,
            b"ANIM" => self.has_anim = true,
            b"ANMF" => {
                self.frames = self.frames.saturating_add(1);
                self.first_frame.get_or_insert(chunk);
            }
            b"ICCP" => self.profile(chunk),
            b"EXIF" => self.exif(chunk),
            b"XMP " => self.metadata(chunk, FindingKind::Metadata, self.vp8x.is_some_and(|x| x.has_xmp())),
            _ => self.metadata(chunk, FindingKind::UnknownChunk, true),
        }
        Ok(())
    }

    /// The reference decoder uses a profile only where `VP8X` announces it; so do we, to look the same.
    fn profile(&mut self, chunk: Chunk) {
        if self.icc.is_none() && self.vp8x.is_some_and(|x| x.has_icc()) {
            self.icc = Some(chunk);
        } else {
            self.metadata(chunk, FindingKind::ContradictoryHeader, true);
        }
    }

    /// The same for EXIF.
    fn exif(&mut self, chunk: Chunk) {
        let announced = self.vp8x.is_some_and(|x| x.has_exif());
        self.metadata(chunk, FindingKind::Metadata, announced);
        if announced {
            self.exif.get_or_insert(chunk);
        }
    }

    fn metadata(&mut self, chunk: Chunk, kind: FindingKind, announced: bool) {
        self.metadata_bytes = self.metadata_bytes.saturating_add(chunk.bytes());
        self.findings.note(kind, chunk.offset());
        if !announced {
            self.findings.note(FindingKind::ContradictoryHeader, chunk.offset());
        }
    }

    fn finish(mut self, input: &[u8], body: Span, trailing_bytes: u64) -> Result<Outline, Error> {
        let animated = self.vp8x.is_some_and(|x| x.is_animated());
        let (picture, cut, area) =
            if animated { self.first_of_animation(input)? } else { self.still(input)? };
        let orientation = self.orientation(input);
        let canvas = self.vp8x.map_or(picture.size(), |x| (x.width, x.height));
        let has_alpha = animated || picture.has_alpha();
        if self.vp8x.is_some_and(|x| !animated && x.has_alpha() != has_alpha) {
            self.findings.note(FindingKind::ContradictoryHeader, 20);
        }
        let colour = match picture.coding() {
            Coding::Lossless => ColourModel::Rgb,
            Coding::Lossy => ColourModel::YCbCr,
        };
        let header = Header {
            format: Format::WebP,
            width: side(canvas.0)?,
            height: side(canvas.1)?,
            colour,
            bit_depth: 8,
            has_alpha,
            frames: if animated { self.frames } else { 1 },
            scans: 1,
            orientation,
            icc_bytes: self.icc.map_or(0, |chunk| offset_of(chunk.payload.len())),
            metadata_bytes: self.metadata_bytes,
            trailing_bytes,
            findings: self.findings,
        };
        let first = self.first_frame.map_or(body.end, |chunk| chunk.start());
        let frames = Span { start: first, end: body.end };
        Ok(Outline { header, picture, cut, area, animated, frames, icc: self.icc })
    }

    fn still(&mut self, input: &[u8]) -> Result<(Picture, Option<Cut>, FrameArea), Error> {
        let canvas = self.vp8x.map(|x| (x.width, x.height));
        let (picture, cut) = self.still.resolve(input, canvas, &mut self.findings)?;
        if self.frames > 0 || self.has_anim {
            self.findings.note(FindingKind::ContradictoryHeader, 20);
        }
        let (width, height) = picture.size();
        Ok((picture, cut, FrameArea { x: 0, y: 0, width, height }))
    }

    fn first_of_animation(&mut self, input: &[u8]) -> Result<(Picture, Option<Cut>, FrameArea), Error> {
        let chunk = self.first_frame.ok_or_else(|| malformed("animation without a frame", 12))?;
        let canvas = self.vp8x.map_or((0, 0), |x| (x.width, x.height));
        let frame = frame::of_animation(input, chunk, canvas, &mut self.findings)?;
        self.metadata_bytes = self.metadata_bytes.saturating_add(frame.unknown_bytes);
        if self.still.has_picture() || !self.has_anim {
            self.findings.note(FindingKind::ContradictoryHeader, 20);
        }
        if self.frames > 1 {
            self.findings.note_many(FindingKind::Animation, chunk.offset(), self.frames);
        }
        Ok((frame.picture, frame.cut, frame.area))
    }

    fn orientation(&mut self, input: &[u8]) -> Orientation {
        let Some(chunk) = self.exif else { return Orientation::Upright };
        exif::orientation(chunk.payload.of(input)).unwrap_or_else(|_| {
            self.findings.note(FindingKind::ExifIgnored, chunk.offset());
            Orientation::Upright
        })
    }
}

/// Sides are never zero: `VP8X` and `VP8L` store them less one, and a VP8 frame without pixels was refused.
fn side(pixels: u32) -> Result<NonZeroU32, Error> {
    NonZeroU32::new(pixels).ok_or_else(|| malformed("picture without pixels", 12))
}

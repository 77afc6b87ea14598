//! The outline: one pass over all blocks, no pixel decoded, nothing allocated.
//!
//! In comes the whole file; out goes the header, the first frame and the places of what is needed later. A
//! file is refused where the first frame cannot be made from it; whatever is wrong behind a complete first
//! frame is a finding.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use std::num::NonZeroU32;

use fic_core::{
    Budget, ColourModel, Error, FindingKind, Findings, Format, Header, HeldBytes, Limit, Limits, Orientation,
    Reader, Span, Stage,
};

use crate::extension::{self, Content};
use crate::frame::{self, Frame};
use crate::screen::{self, Screen};
use crate::sub_blocks::SubBlocks;

/// What a GIF file holds.
#[derive(Clone, Debug)]
pub struct Outline {
    header: Header,
    screen: Screen,
    frame: Frame,
    /// The byte behind the global colour table, where the blocks begin.
    blocks: usize,
    loops: Option<u16>,
    icc: Option<Span>,
    end: usize,
}

impl Outline {
    /// The part that every format has.
    ///
    /// The size is that of the canvas: the logical screen, grown to hold the first frame where it does not,
    /// as browsers do it.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Width and height of the logical screen, as stated; either may be zero.
    pub fn screen(&self) -> (u16, u16) {
        (self.screen.width, self.screen.height)
    }

    /// The first frame, the one that is decoded where no other is asked for.
    pub fn first_frame(&self) -> &Frame {
        &self.frame
    }

    pub(crate) fn global_colours(&self) -> Option<Span> {
        self.screen.colours
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// How often the animation is shown, 0 for ever; `None` where the file does not say.
    pub fn loops(&self) -> Option<u16> {
        self.loops
    }

    /// The byte after the trailer, or after the last whole block where there is none.
    pub fn end(&self) -> usize {
        self.end
    }

    /// The ICC profile, put together from its sub-blocks; `None` where there is none.
    ///
    /// # Errors
    /// `Limit` naming `max_icc_bytes` or `max_heap_bytes`.
    pub fn icc(&self, input: &[u8], limits: &Limits, budget: &Budget) -> Result<Option<HeldBytes>, Error> {
        let Some(span) = self.icc else { return Ok(None) };
        limits.check(Stage::Colour, Limit::MaxIccBytes, self.header.icc_bytes)?;
        let len = usize::try_from(self.header.icc_bytes).unwrap_or(usize::MAX);
        let mut profile = HeldBytes::with_capacity(len, budget)?;
        for block in SubBlocks::new(span.of(input)) {
            profile.push(block)?;
        }
        Ok(Some(profile))
    }
}

fn covers(frame: &Frame, width: NonZeroU32, height: NonZeroU32) -> bool {
    u32::from(frame.width) == width.get() && u32::from(frame.height) == height.get()
}

/// Walks over all blocks of a GIF file.
///
/// # Errors
/// `Malformed` where the first frame cannot be made: no signature, no image, an image without pixels or
/// without colours, a file that ends before its data, an LZW minimum code size outside 2 to 8.
pub fn outline(input: &[u8]) -> Result<Outline, Error> {
    let mut r = Reader::new(input);
    let screen = screen::read(&mut r)?;
    let mut walk = Walk::new(screen, r.position());
    let end = walk.blocks(&mut r, input)?;
    walk.finish(input, end)
}

/// What was seen so far.
struct Walk {
    screen: Screen,
    blocks: usize,
    transparent: Option<u8>,
    frame: Option<Frame>,
    frames: u64,
    loops: Option<u16>,
    icc: Option<(Span, u64)>,
    metadata_bytes: u64,
    findings: Findings,
}

impl Walk {
    fn new(screen: Screen, blocks: usize) -> Walk {
        Walk {
            screen,
            blocks,
            transparent: None,
            frame: None,
            frames: 0,
            loops: None,
            icc: None,
            metadata_bytes: 0,
            findings: Findings::new(),
        }
    }

    /// Every block up to the trailer; the byte after the last one that is whole.
    fn blocks(&mut self, r: &mut Reader<'_>, input: &[u8]) -> Result<usize, Error> {
        loop {
            let start = r.position();
            let at = r.offset();
            let whole = match r.u8() {
                Some(b',') => self.image(r)?,
                Some(b'!') => self.extension(r, input, at),
                Some(b';') => return Ok(r.position()),
                // Padding: encoders that write one terminator too many.
                Some(0) => {
                    self.findings.note(FindingKind::JunkBetweenChunks, at);
                    true
                }
                Some(_) | None => {
                    self.findings.note(FindingKind::MissingEnd, at);
                    return Ok(start);
                }
            };
            if !whole {
                self.findings.note(FindingKind::MissingEnd, at);
                return Ok(r.position());
            }
        }
    }

    /// An image; whether it is all there. What makes the first one's pixels must be.
    fn image(&mut self, r: &mut Reader<'_>) -> Result<bool, Error> {
        let transparent = self.transparent.take();
        self.frames = self.frames.saturating_add(1);
        if self.frame.is_some() {
            return Ok(frame::skip(r).is_some_and(|skipped| skipped.terminated));
        }
        let at = r.offset();
        let frame = frame::read(r, self.screen.colours, transparent)?;
        let (right, bottom) = reach(&frame);
        let outside = right > self.screen.width.into() || bottom > self.screen.height.into();
        if outside || frame.colours.is_empty() {
            self.findings.note(FindingKind::ContradictoryHeader, at);
        }
        let terminated = frame.terminated;
        self.frame = Some(frame);
        Ok(terminated)
    }

    /// An extension; whether it is all there.
    fn extension(&mut self, r: &mut Reader<'_>, input: &[u8], at: u64) -> bool {
        let Some(extension) = extension::read(r, input) else { return false };
        match extension.content {
            Content::Control { control, sloppy } => {
                self.transparent = control.transparent;
                if sloppy {
                    self.findings.note(FindingKind::SloppyLength, at);
                }
                self.metadata_bytes = self.metadata_bytes.saturating_add(extension.payload.saturating_sub(4));
            }
            Content::BrokenControl => self.findings.note(FindingKind::SloppyLength, at),
            Content::Loop(loops) => self.loops = self.loops.or(Some(loops)),
            Content::Icc(span) if self.icc.is_none() => {
                self.icc = Some((span, extension.payload.saturating_sub(11)));
            }
            Content::Icc(_) | Content::Metadata => {
                self.metadata(FindingKind::Metadata, at, extension.payload)
            }
            Content::Unknown => self.metadata(FindingKind::UnknownChunk, at, extension.payload),
        }
        extension.terminated
    }

    fn metadata(&mut self, kind: FindingKind, at: u64, bytes: u64) {
        self.findings.note(kind, at);
        self.metadata_bytes = self.metadata_bytes.saturating_add(bytes);
    }

    fn finish(mut self, input: &[u8], end: usize) -> Result<Outline, Error> {
        let len = Reader::at(input, usize::MAX).offset();
        let end_offset = Reader::at(input, end).offset();
        let no_image =
            || Error::malformed(Stage::Outline, Format::Gif, "no image in the file").at(end_offset);
        let frame = self.frame.ok_or_else(no_image)?;
        let (right, bottom) = reach(&frame);
        let side =
            |screen: u16, reach: u32| NonZeroU32::new(u32::from(screen).max(reach)).ok_or_else(no_image);
        let (width, height) = (side(self.screen.width, right)?, side(self.screen.height, bottom)?);
        let trailing_bytes = len.saturating_sub(end_offset);
        if trailing_bytes > 0 {
            self.findings.note(FindingKind::TrailingBytes, end_offset);
        }
        if self.frames > 1 {
            let first_end = Reader::at(input, frame.data.end).offset();
            self.findings.note_many(FindingKind::Animation, first_end, self.frames.saturating_sub(1));
        }
        let header = Header {
            format: Format::Gif,
            width,
            height,
            colour: ColourModel::Palette,
            bit_depth: bits_an_index(&frame),
            has_alpha: frame.transparent.is_some() || !covers(&frame, width, height),
            frames: self.frames,
            scans: if frame.interlaced { 4 } else { 1 },
            orientation: Orientation::Upright,
            icc_bytes: self.icc.map_or(0, |(_, bytes)| bytes),
            metadata_bytes: self.metadata_bytes,
            trailing_bytes,
            findings: self.findings,
        };
        let icc = self.icc.map(|(span, _)| span);
        Ok(Outline { header, screen: self.screen, frame, blocks: self.blocks, loops: self.loops, icc, end })
    }
}

/// The column after the frame's last and the row after its last.
fn reach(frame: &Frame) -> (u32, u32) {
    let end = |start: u16, len: u16| u32::from(start).saturating_add(len.into());
    (end(frame.left, frame.width), end(frame.top, frame.height))
}

/// A table has 2 to 256 colours, always a power of two; without a table the codes say it.
fn bits_an_index(frame: &Frame) -> u8 {
    let bits = frame.colours().checked_ilog2().and_then(|bits| u8::try_from(bits).ok());
    bits.unwrap_or(frame.min_code_size)
}

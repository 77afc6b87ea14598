//! A frame that is decoded: its alpha and picture chunks, checked against the size that the container
//! states for it.
//!
//! In come chunks in file order, of the file or of an `ANMF`; out comes a [`Picture`]. Refused: no picture, a
//! picture cut short by anything but the end of the file, two alpha chunks for one picture, a size that is not the container's.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, FindingKind, Findings, Span, Truncated};

use crate::alph::{Alph, Compression};
use crate::malformed;
use crate::riff::{Chunk, Chunks, offset_of};
use crate::vp8::Vp8;
use crate::vp8l::{self, Vp8l};
use crate::vp8x::{Anmf, FrameArea};

/// How the pixels of the frame are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// VP8L.
    Lossless,
    /// VP8, with or without an alpha chunk.
    Lossy,
}

/// The pixels of one frame, as the outline found them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Picture {
    Lossless { header: Vp8l, data: Span },
    Lossy { header: Vp8, data: Span, alpha: Option<Alph> },
}

impl Picture {
    pub(crate) fn size(&self) -> (u32, u32) {
        match self {
            Picture::Lossless { header, .. } => (header.width, header.height),
            Picture::Lossy { header, .. } => (header.width, header.height),
        }
    }

    /// The lossless stream of the picture or of its alpha, behind its header.
    pub(crate) fn lossless_stream(&self) -> Option<Span> {
        match *self {
            Picture::Lossless { data, .. } => {
                Some(Span { start: data.start.saturating_add(vp8l::HEADER), end: data.end })
            }
            Picture::Lossy { alpha: Some(Alph { compression: Compression::Lossless, data, .. }), .. } => {
                Some(data)
            }
            Picture::Lossy { .. } => None,
        }
    }

    pub(crate) fn has_alpha(&self) -> bool {
        match self {
            Picture::Lossless { header, .. } => header.has_alpha,
            Picture::Lossy { alpha, .. } => alpha.is_some(),
        }
    }

    pub(crate) fn coding(&self) -> Coding {
        match self {
            Picture::Lossless { .. } => Coding::Lossless,
            Picture::Lossy { .. } => Coding::Lossy,
        }
    }
}

/// A frame of an animation.
pub(crate) struct Animated {
    pub(crate) picture: Picture,
    pub(crate) cut: Option<Cut>,
    pub(crate) area: FrameArea,
    /// Bytes of chunks that nobody knows.
    pub(crate) unknown_bytes: u64,
}

/// Section 2.7.1.1: the place and the own chunks of the frame that `chunk` is, on a canvas of that size.
pub(crate) fn of_animation(
    input: &[u8],
    chunk: Chunk,
    canvas: (u32, u32),
    findings: &mut Findings,
) -> Result<Animated, Error> {
    let payload = chunk.payload;
    let Anmf { area, .. } = Anmf::read(payload.of(input), offset_of(payload.start))?;
    if !area.is_inside(canvas.0, canvas.1) {
        return Err(malformed("frame reaches past the canvas", chunk.offset()));
    }
    let (mut frame, mut unknown_bytes) = (FrameChunks::default(), 0u64);
    for chunk in inside(input, payload) {
        match &chunk.fourcc {
            b"ALPH" => frame.alpha(chunk, findings)?,
            b"VP8 " | b"VP8L" => frame.picture(chunk, findings),
            b"ANIM" | b"ANMF" | b"ICCP" | b"VP8X" => {
                return Err(malformed("container chunk inside a frame", chunk.offset()));
            }
            _ => {
                findings.note(FindingKind::UnknownChunk, chunk.offset());
                unknown_bytes = unknown_bytes.saturating_add(chunk.bytes());
            }
        }
    }
    let (picture, cut) = frame.resolve(input, Some((area.width, area.height)), findings)?;
    Ok(Animated { picture, cut, area, unknown_bytes })
}

/// Whether the picture in an `ANMF` payload can have transparent pixels, told from its first few bytes; also where
/// it cannot be decoded.
pub(crate) fn may_be_transparent(input: &[u8], payload: Span) -> bool {
    let first = inside(input, payload).find(|chunk| matches!(&chunk.fourcc, b"ALPH" | b"VP8 " | b"VP8L"));
    match first {
        Some(chunk) if &chunk.fourcc == b"VP8L" => {
            Vp8l::read(chunk.payload.of(input), 0).is_ok_and(|header| header.has_alpha)
        }
        Some(chunk) => &chunk.fourcc == b"ALPH",
        None => false,
    }
}

/// The chunks of an `ANMF` payload.
fn inside(input: &[u8], payload: Span) -> Chunks<'_> {
    Chunks::new(input, Span { start: payload.start.saturating_add(Anmf::HEADER), end: payload.end })
}

/// The alpha and picture chunks seen so far; the first picture is the one that counts.
#[derive(Default)]
pub(crate) struct FrameChunks {
    alpha: Option<Chunk>,
    picture: Option<Chunk>,
}

impl FrameChunks {
    /// Takes an `ALPH` chunk: it belongs to the picture that follows it.
    pub(crate) fn alpha(&mut self, chunk: Chunk, findings: &mut Findings) -> Result<(), Error> {
        if self.picture.is_some() {
            findings.note(FindingKind::ContradictoryHeader, chunk.offset());
        } else if self.alpha.is_some() {
            return Err(malformed("two ALPH chunks for one picture", chunk.offset()));
        } else {
            self.alpha = Some(whole(chunk)?);
        }
        Ok(())
    }

    /// Takes a `VP8 ` or `VP8L` chunk.
    pub(crate) fn picture(&mut self, chunk: Chunk, findings: &mut Findings) {
        if self.picture.is_some() {
            findings.note(FindingKind::EmbeddedPicture, chunk.offset());
        } else {
            self.picture = Some(chunk);
        }
    }

    /// Whether a picture was seen.
    pub(crate) fn has_picture(&self) -> bool {
        self.picture.is_some()
    }

    /// The picture, and what it lacks where the file ends in it; `stated` is the size that the container gives for it,
    /// if it gives one.
    pub(crate) fn resolve(
        &self,
        input: &[u8],
        stated: Option<(u32, u32)>,
        findings: &mut Findings,
    ) -> Result<(Picture, Option<Cut>), Error> {
        let chunk = self.picture.ok_or_else(|| malformed("no picture in the file or in a frame", 0))?;
        let cut = Cut::of(chunk);
        match cut {
            Some(cut) if chunk.payload.end < input.len() => return Err(cut.refused()),
            Some(_) => findings.note(FindingKind::MissingEnd, chunk.offset()),
            None => {}
        }
        let (data, offset) = (chunk.payload, offset_of(chunk.payload.start));
        let picture = if &chunk.fourcc == b"VP8L" {
            if let Some(alpha) = self.alpha {
                // A VP8L stream has its own alpha; the chunk is not used.
                findings.note(FindingKind::ContradictoryHeader, alpha.offset());
            }
            Picture::Lossless { header: Vp8l::read(data.of(input), offset)?, data }
        } else {
            let header = Vp8::read(data.of(input), offset)?;
            let pixels = u64::from(header.width).saturating_mul(header.height.into());
            let alpha = self.alpha.map(|chunk| Alph::read(input, chunk.payload, pixels)).transpose()?;
            Picture::Lossy { header, data, alpha }
        };
        match stated {
            Some(size) if size != picture.size() => {
                Err(malformed("picture of another size than its container states", offset)
                    .found(area(picture.size()))
                    .allowed(area(size)))
            }
            _ => Ok((picture, cut)),
        }
    }
}

/// A chunk of which the end is missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    offset: u64,
    stated: u64,
    there: u64,
}

impl Cut {
    fn of(chunk: Chunk) -> Option<Cut> {
        let there = offset_of(chunk.payload.len());
        (!chunk.is_whole()).then(|| Cut { offset: chunk.offset(), stated: chunk.stated.into(), there })
    }

    /// The error, where nothing may be missing.
    pub(crate) fn refused(self) -> Error {
        malformed("picture chunk that reaches past the end", self.offset)
            .found(self.stated)
            .allowed(self.there)
    }

    /// Refuses a picture that lacks its end, unless that is accepted.
    pub(crate) fn judge(cut: Option<Cut>, truncated: Truncated) -> Result<(), Error> {
        match (cut, truncated) {
            (Some(cut), Truncated::Reject) => Err(cut.refused()),
            _ => Ok(()),
        }
    }
}

/// A chunk of alpha must be there in full: the picture follows it.
fn whole(chunk: Chunk) -> Result<Chunk, Error> {
    Cut::of(chunk).map_or(Ok(chunk), |cut| Err(cut.refused()))
}

fn area((width, height): (u32, u32)) -> u64 {
    u64::from(width).saturating_mul(height.into())
}

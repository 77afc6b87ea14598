//! An image (GIF89a sections 20 to 22): descriptor, local colour table, LZW data.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Format, Reader, Span, Stage};

use crate::screen::colour_table;
use crate::sub_blocks;

/// A frame of a file, as its descriptor and its data blocks state it.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub(crate) left: u16,
    pub(crate) top: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) interlaced: bool,
    pub(crate) colours: Span,
    pub(crate) transparent: Option<u8>,
    pub(crate) min_code_size: u8,
    /// The sub-blocks that the decoder is given.
    pub(crate) data: Span,
    /// Bytes of LZW data in them.
    pub(crate) data_bytes: u64,
    pub(crate) lzw_bytes: u64,
    pub(crate) terminated: bool,
}

impl Frame {
    /// Columns between the canvas's left edge and the frame.
    pub fn left(&self) -> u16 {
        self.left
    }

    /// Rows above the frame.
    pub fn top(&self) -> u16 {
        self.top
    }

    /// Width in pixels; not zero.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Height in pixels; not zero.
    pub fn height(&self) -> u16 {
        self.height
    }

    /// Whether the rows come in four passes.
    pub fn is_interlaced(&self) -> bool {
        self.interlaced
    }

    /// Colours in the table that colours it, its own or the global one: 2 to 256, or 0 where there is none
    /// and only the transparent index has a meaning.
    pub fn colours(&self) -> usize {
        self.colours.len().checked_div(3).unwrap_or(0)
    }

    /// The index whose pixels are transparent.
    pub fn transparent(&self) -> Option<u8> {
        self.transparent
    }

    /// Bits of the first LZW code, less one.
    pub fn min_code_size(&self) -> u8 {
        self.min_code_size
    }

    /// Bytes of LZW data, all that the file has for it.
    pub fn lzw_bytes(&self) -> u64 {
        self.lzw_bytes
    }

    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.width).saturating_mul(u64::from(self.height))
    }
}

/// Reads an image, from the byte after its separator to the end of its data.
pub(crate) fn read(
    r: &mut Reader<'_>,
    global: Option<Span>,
    transparent: Option<u8>,
) -> Result<Frame, Error> {
    let start = r.offset();
    let broken = |what| Error::malformed(Stage::Outline, Format::Gif, what).at(start);
    let cut = "the file ends within an image descriptor";
    let descriptor = descriptor(r).ok_or_else(|| broken(cut))?;
    let local = colour_table(r, descriptor.flags)?;
    // The one-pixel spacer of the web has no table: its only index is the transparent one.
    let colours = local.or(global).or(transparent.map(|_| Span::default()));
    let colours = colours.ok_or_else(|| broken("no colour table for an image"))?;
    if descriptor.width == 0 || descriptor.height == 0 {
        return Err(broken("an image has no pixels"));
    }
    let min_code_size = r.u8().ok_or_else(|| broken(cut))?;
    // Section 22 and appendix F. With 1, decoders disagree on when the codes widen; from 9 on, codes stand
    // for indices that no table has.
    if !matches!(min_code_size, 2..=8) {
        return Err(broken("LZW minimum code size outside 2 to 8").found(min_code_size.into()));
    }
    let pixels = u64::from(descriptor.width).saturating_mul(descriptor.height.into());
    let start = r.position();
    let enough = enough_lzw_bytes(pixels);
    let (chain, kept) = sub_blocks::walk_until(r, usize::try_from(enough).unwrap_or(usize::MAX));
    let data = Span::from(start..start.saturating_add(kept));
    Ok(Frame {
        left: descriptor.left,
        top: descriptor.top,
        width: descriptor.width,
        height: descriptor.height,
        interlaced: descriptor.flags & 0x40 != 0,
        colours,
        transparent,
        min_code_size,
        data,
        data_bytes: chain.payload.min(enough.saturating_add(254)),
        lzw_bytes: chain.payload,
        terminated: chain.terminated,
    })
}

/// The LZW bytes after which no honest picture goes on.
///
/// A code has at most 12 bits and makes at least one pixel: 1.5 bytes. An encoder that avoids compression
/// by a clear code before every pixel needs 2.25 of 9 bits. Four bytes a pixel and 64 KiB are generous; a
/// file with megabytes of clear codes costs no more than that, and what lies behind is never looked at.
fn enough_lzw_bytes(pixels: u64) -> u64 {
    pixels.saturating_mul(4).saturating_add(64 << 10)
}

/// An image that was walked over.
pub(crate) struct Skipped {
    pub(crate) descriptor: Descriptor,
    /// Whether its data has an end.
    pub(crate) terminated: bool,
}

/// Walks over an image; `None` where the file ends before its data.
pub(crate) fn skip(r: &mut Reader<'_>) -> Option<Skipped> {
    let descriptor = descriptor(r)?;
    colour_table(r, descriptor.flags).ok()?;
    r.u8()?;
    Some(Skipped { descriptor, terminated: sub_blocks::walk(r).terminated })
}

/// Section 20: where an image lies on the screen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Descriptor {
    pub(crate) left: u16,
    pub(crate) top: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
    flags: u8,
}

fn descriptor(r: &mut Reader<'_>) -> Option<Descriptor> {
    Some(Descriptor {
        left: r.u16_le()?,
        top: r.u16_le()?,
        width: r.u16_le()?,
        height: r.u16_le()?,
        flags: r.u8()?,
    })
}

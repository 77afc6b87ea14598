//! The extended header (RFC 9649, section 2.7.1) and the animation frame header (section 2.7.1.1).
//!
//! In come the payloads of `VP8X` and `ANMF`; out come flags, the canvas, a rectangle on it and what is done there.
//! Refused: a short payload, a canvas of more than 2^32 - 1 pixels.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Reader};

use crate::malformed;

const ICC: u8 = 0x20;
const ALPHA: u8 = 0x10;
const EXIF: u8 = 0x08;
const XMP: u8 = 0x04;
const ANIMATION: u8 = 0x02;

/// What `VP8X` states.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vp8x {
    flags: u8,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Vp8x {
    /// Reads the payload that starts at byte `offset` of the file.
    pub(crate) fn read(payload: &[u8], offset: u64) -> Result<Vp8x, Error> {
        let mut r = Reader::new(payload);
        let fields = (r.u8(), r.u24_le(), r.u24_le(), r.u24_le());
        let (Some(flags), Some(_reserved), Some(width), Some(height)) = fields else {
            return Err(malformed("VP8X chunk too short", offset));
        };
        // 24-bit numbers, stored less one.
        let (width, height) = (width.saturating_add(1), height.saturating_add(1));
        if width.checked_mul(height).is_none() {
            let area = u64::from(width).saturating_mul(height.into());
            return Err(malformed("canvas of more than 2^32 - 1 pixels", offset).found(area));
        }
        Ok(Vp8x { flags, width, height })
    }

    pub(crate) fn has_icc(&self) -> bool {
        self.flags & ICC != 0
    }

    pub(crate) fn has_alpha(&self) -> bool {
        self.flags & ALPHA != 0
    }

    pub(crate) fn has_exif(&self) -> bool {
        self.flags & EXIF != 0
    }

    pub(crate) fn has_xmp(&self) -> bool {
        self.flags & XMP != 0
    }

    pub(crate) fn is_animated(&self) -> bool {
        self.flags & ANIMATION != 0
    }
}

/// Where a frame lies on the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameArea {
    /// Columns of canvas to the left of the frame.
    pub x: u32,
    /// Rows of canvas above the frame.
    pub y: u32,
    /// Width of the frame in pixels.
    pub width: u32,
    /// Height of the frame in pixels.
    pub height: u32,
}

/// What an `ANMF` payload states before the frame's own chunks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anmf {
    pub(crate) area: FrameArea,
    pub(crate) blend: Blend,
    pub(crate) dispose: Dispose,
}

/// How a frame is laid on the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blend {
    /// By its alpha, over what is there.
    Over,
    /// In place of what is there.
    Replace,
}

/// What is done with a frame's place before the next frame comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dispose {
    /// It becomes transparent black; the background colour is used by nobody.
    Clear,
    Keep,
}

impl Anmf {
    /// Its bytes.
    pub(crate) const HEADER: usize = 16;
    const DO_NOT_BLEND: u8 = 2;
    const DISPOSE: u8 = 1;

    /// Reads the start of the payload that starts at byte `offset` of the file.
    pub(crate) fn read(payload: &[u8], offset: u64) -> Result<Anmf, Error> {
        let mut r = Reader::new(payload.get(..Self::HEADER).unwrap_or_default());
        let fields = (r.u24_le(), r.u24_le(), r.u24_le(), r.u24_le(), r.u24_le(), r.u8());
        let (Some(x), Some(y), Some(width), Some(height), Some(_duration), Some(flags)) = fields else {
            return Err(malformed("ANMF chunk too short", offset));
        };
        // 24-bit numbers: offsets stored halved, sides less one.
        let area = FrameArea {
            x: x.saturating_mul(2),
            y: y.saturating_mul(2),
            width: width.saturating_add(1),
            height: height.saturating_add(1),
        };
        let blend = if flags & Self::DO_NOT_BLEND == 0 { Blend::Over } else { Blend::Replace };
        let dispose = if flags & Self::DISPOSE == 0 { Dispose::Keep } else { Dispose::Clear };
        Ok(Anmf { area, blend, dispose })
    }
}

impl FrameArea {
    /// Whether it is the whole of a canvas of that size.
    pub(crate) fn is_all_of(&self, width: u32, height: u32) -> bool {
        *self == FrameArea { x: 0, y: 0, width, height }
    }

    /// Whether the whole frame lies on a canvas of that size.
    pub(crate) fn is_inside(&self, width: u32, height: u32) -> bool {
        self.x.saturating_add(self.width) <= width && self.y.saturating_add(self.height) <= height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canvas_of_two_to_the_32_pixels_is_refused_and_one_row_less_is_not() {
        let vp8x = |w: u32, h: u32| {
            let mut payload = vec![ANIMATION, 0, 0, 0];
            payload.extend(&(w - 1).to_le_bytes()[..3]);
            payload.extend(&(h - 1).to_le_bytes()[..3]);
            Vp8x::read(&payload, 20)
        };
        assert!(vp8x(65_536, 65_536).is_err());
        let read = vp8x(65_536, 65_535).unwrap();
        assert_eq!(
            (read.width, read.height, read.is_animated(), read.has_alpha()),
            (65_536, 65_535, true, false)
        );
    }

    #[test]
    fn an_offset_at_its_largest_does_not_wrap() {
        let mut payload = vec![0xff; 12];
        payload.extend([0; 4]);
        let Anmf { area, .. } = Anmf::read(&payload, 0).unwrap();
        assert_eq!((area.x, area.width), (0x1ff_fffe, 0x100_0000));
        assert!(!area.is_inside(0x100_0000, 0x100_0000));
    }
}

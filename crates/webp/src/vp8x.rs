//! The extended header (RFC 9649, section 2.7.1) and the animation frame header (section 2.7.1.1).
//!
//! In come the payloads of `VP8X` and `ANMF`; out come flags, the canvas and a rectangle on it. Refused: a
//! short payload, a canvas of more than 2^32 - 1 pixels.

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

impl FrameArea {
    /// Bytes of an `ANMF` payload before the frame's own chunks.
    pub(crate) const ANMF_HEADER: usize = 16;

    /// Reads the start of an `ANMF` payload; duration, blending and disposal do not touch a first frame.
    pub(crate) fn read(payload: &[u8], offset: u64) -> Result<FrameArea, Error> {
        let mut r = Reader::new(payload.get(..Self::ANMF_HEADER).unwrap_or_default());
        let fields = (r.u24_le(), r.u24_le(), r.u24_le(), r.u24_le());
        let (Some(x), Some(y), Some(width), Some(height)) = fields else {
            return Err(malformed("ANMF chunk too short", offset));
        };
        // 24-bit numbers: offsets stored halved, sides less one.
        Ok(FrameArea {
            x: x.saturating_mul(2),
            y: y.saturating_mul(2),
            width: width.saturating_add(1),
            height: height.saturating_add(1),
        })
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
        let area = FrameArea::read(&payload, 0).unwrap();
        assert_eq!((area.x, area.width), (0x1ff_fffe, 0x100_0000));
        assert!(!area.is_inside(0x100_0000, 0x100_0000));
    }
}

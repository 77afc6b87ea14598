//! The header of a lossless picture (RFC 9649, section 3.4) and the walk through all that precedes its pixels.
//!
//! In comes the payload of a `VP8L` chunk; out come size and alpha bit. Refused: a wrong signature or version.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

mod bits;
mod prefix_code;
mod walk;

use fic_core::{Error, Reader};

pub(crate) use self::walk::{Shape, walk};
use crate::malformed;

/// Bytes of signature, size, alpha bit and version.
pub(crate) const HEADER: usize = 5;
pub(crate) const SIGNATURE: u8 = 0x2f;
const SIDE_BITS: u32 = 14;
const SIDE_MASK: u32 = 0x3fff;

/// What the header states.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vp8l {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Whether the alpha values are to be used; without it the picture is opaque.
    pub(crate) has_alpha: bool,
}

impl Vp8l {
    /// Reads the payload that starts at byte `offset` of the file.
    pub(crate) fn read(payload: &[u8], offset: u64) -> Result<Vp8l, Error> {
        let mut r = Reader::new(payload);
        let (Some(signature), Some(fields)) = (r.u8(), r.u32_le()) else {
            return Err(malformed("VP8L header cut short", offset));
        };
        if signature != SIGNATURE {
            return Err(malformed("no VP8L signature", offset).found(signature.into()));
        }
        let version = fields >> 29;
        if version != 0 {
            return Err(malformed("VP8L version", offset.saturating_add(4)).found(version.into()).allowed(0));
        }
        let side = |field: u32| (field & SIDE_MASK).saturating_add(1);
        Ok(Vp8l {
            width: side(fields),
            height: side(fields.wrapping_shr(SIDE_BITS)),
            has_alpha: (fields >> 28) & 1 != 0,
        })
    }

    /// The header of a picture with alpha and these sides, which are at most 16384.
    pub(crate) fn header(width: u32, height: u32) -> [u8; HEADER] {
        let side = |side: u32| side.saturating_sub(1) & SIDE_MASK;
        let fields = side(width) | side(height).wrapping_shl(SIDE_BITS) | (1 << 28);
        let [a, b, c, d] = fields.to_le_bytes();
        [SIGNATURE, a, b, c, d]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_the_largest_and_the_smallest_header() {
        for (width, height) in [(1, 1), (16_384, 16_384), (3, 16_384)] {
            let read = Vp8l::read(&Vp8l::header(width, height), 0).unwrap();
            assert_eq!((read.width, read.height, read.has_alpha), (width, height, true));
        }
    }
}

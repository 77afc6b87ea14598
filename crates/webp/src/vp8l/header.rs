//! The header of a lossless picture (RFC 9649, section 3.4).
//!
//! In comes the payload of a `VP8L` chunk; out come size and alpha bit. Refused: a wrong signature or version.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Reader};

use crate::malformed;

/// Bytes of signature, size, alpha bit and version.
pub(crate) const HEADER: usize = 5;
const SIGNATURE: u8 = 0x2f;
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
}

#[cfg(test)]
mod tests {
    use fic_testkit::bytes::webp::Vp8lBytes;

    use super::*;

    #[test]
    fn reads_the_largest_and_the_smallest_size() {
        for (width, height) in [(1, 1), (16_384, 16_384), (3, 16_384)] {
            let read = Vp8l::read(&Vp8lBytes::new(width, height).finish(), 0).unwrap();
            assert_eq!((read.width, read.height, read.has_alpha), (width, height, false));
        }
    }
}

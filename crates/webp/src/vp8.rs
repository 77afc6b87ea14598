//! The header of a lossy frame (RFC 6386, sections 9.1 to 9.5): in comes the payload of a `VP8 ` chunk, out
//! come the size and the bounds of every partition.
//!
//! Refused: anything but a shown key frame, a side of zero, partitions that reach past the chunk.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

mod bool_decoder;

use fic_core::{Error, Format, Reader, Stage};

use self::bool_decoder::BoolDecoder;
use crate::malformed;
use crate::riff::offset_of;

/// Bytes of frame tag, start code and size.
const FRAME_HEADER: usize = 10;
const SIZE_MASK: u16 = 0x3fff;
const MAX_VERSION: u32 = 3;

/// What the header states; all partitions are inside the payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vp8 {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Bytes of the first partition: headers and prediction modes.
    pub(crate) first_partition: usize,
    /// Bytes of the coefficient partitions, the last included.
    pub(crate) partitions: usize,
    /// Bytes of the largest of them but the last.
    pub(crate) largest_partition: usize,
    /// Bytes of the last partition, which takes what is left.
    pub(crate) last_partition: usize,
    /// Whether its last byte is zero, as encoders leave it; if not, it may have been cut short.
    pub(crate) ends_in_zero: bool,
}

impl Vp8 {
    /// Reads the payload that starts at byte `offset` of the file.
    pub(crate) fn read(payload: &[u8], offset: u64) -> Result<Vp8, Error> {
        let mut r = Reader::new(payload);
        let fields = (r.u24_le(), r.array::<3>(), r.u16_le(), r.u16_le());
        let (Some(tag), Some(start_code), Some(width), Some(height)) = fields else {
            return Err(malformed("VP8 frame header cut short", offset));
        };
        check_tag(tag, *start_code, offset)?;
        let (width, height) = (width & SIZE_MASK, height & SIZE_MASK);
        if width == 0 || height == 0 {
            return Err(malformed("VP8 frame without pixels", offset.saturating_add(6)));
        }
        // 19 bits: fits every usize that Rust's std runs on.
        let first_partition = usize::try_from(tag >> 5).unwrap_or(usize::MAX);
        let first = r.take(first_partition).ok_or_else(|| {
            malformed("first VP8 partition reaches past its chunk", offset)
                .found(offset_of(first_partition))
                .allowed(offset_of(payload.len().saturating_sub(FRAME_HEADER)))
        })?;
        let count = partition_count(first, offset)?;
        let coefficients = Partitions::read(&mut r, count, offset)?;
        let ends_in_zero = payload.last() == Some(&0);
        Ok(Vp8 {
            width: width.into(),
            height: height.into(),
            first_partition,
            partitions: coefficients.all,
            largest_partition: coefficients.largest,
            last_partition: coefficients.last,
            ends_in_zero,
        })
    }
}

/// Section 9.1: key frame bit, version, show bit; the start code.
fn check_tag(tag: u32, start_code: [u8; 3], offset: u64) -> Result<(), Error> {
    if tag & 1 != 0 {
        return Err(malformed("VP8 frame that is no key frame", offset));
    }
    let version = (tag >> 1) & 7;
    if version > MAX_VERSION {
        return Err(malformed("VP8 version", offset).found(version.into()).allowed(MAX_VERSION.into()));
    }
    if (tag >> 4) & 1 == 0 {
        return Err(malformed("VP8 frame that is not to be shown", offset));
    }
    if start_code != [0x9d, 0x01, 0x2a] {
        return Err(malformed("no VP8 start code", offset.saturating_add(3)));
    }
    Ok(())
}

/// Sections 9.2 to 9.5: the fields before the number of coefficient partitions, and that number.
fn partition_count(first: &[u8], offset: u64) -> Result<u32, Error> {
    let mut bits = BoolDecoder::new(first);
    let colour_space = bits.flag();
    let _clamping = bits.flag();
    if bits.flag() {
        skip_segmentation(&mut bits);
    }
    let _filter_type_level_sharpness = bits.literal(10);
    if bits.flag() && bits.flag() {
        for _ in 0..8 {
            skip_optional(&mut bits, 6);
        }
    }
    let log2 = bits.literal(2);
    if bits.is_past_end() {
        return Err(malformed("first VP8 partition cut short", offset));
    }
    if colour_space {
        let what = "VP8 colour space that the format reserves";
        return Err(Error::unsupported(Stage::Outline, Format::WebP, what).at(offset));
    }
    Ok(1u32.wrapping_shl(log2))
}

/// Section 9.3.
fn skip_segmentation(bits: &mut BoolDecoder<'_>) {
    let (update_map, update_data) = (bits.flag(), bits.flag());
    if update_data {
        let _absolute = bits.flag();
        for _ in 0..4 {
            skip_optional(bits, 7);
        }
        for _ in 0..4 {
            skip_optional(bits, 6);
        }
    }
    if update_map {
        for _ in 0..3 {
            if bits.flag() {
                bits.literal(8);
            }
        }
    }
}

/// A flag and, where it is set, a magnitude of `width` bits and a sign.
fn skip_optional(bits: &mut BoolDecoder<'_>, width: u32) {
    if bits.flag() {
        bits.literal(width);
        bits.flag();
    }
}

/// The bytes of the coefficient partitions.
struct Partitions {
    all: usize,
    /// The largest but the last.
    largest: usize,
    last: usize,
}

impl Partitions {
    /// Section 9.5: sizes of all but the last, which takes what is left.
    fn read(r: &mut Reader<'_>, count: u32, offset: u64) -> Result<Partitions, Error> {
        let cut = || malformed("VP8 partitions reach past their chunk", offset);
        let (mut stated, mut largest) = (0usize, 0usize);
        for _ in 1..count {
            let size = r.u24_le().and_then(|size| usize::try_from(size).ok()).ok_or_else(cut)?;
            stated = stated.saturating_add(size);
            largest = largest.max(size);
        }
        let all = r.remaining();
        let last = all.checked_sub(stated);
        let last = last.ok_or_else(|| cut().found(offset_of(stated)).allowed(offset_of(all)))?;
        // The reference decoder waits for more data here: not one byte of coefficients is there.
        if last == 0 {
            return Err(malformed("last VP8 partition is empty", offset));
        }
        Ok(Partitions { all, largest, last })
    }
}

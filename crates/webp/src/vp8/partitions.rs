//! Frame tag, size and partitions (RFC 6386, sections 9.1 and 9.5): in comes the payload of a `VP8 ` chunk, out come
//! its header and the bounds of every partition.
//!
//! Refused: anything but a shown key frame, a side of zero, partitions that reach past the chunk or that no coder
//! wrote.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Format, Reader, Stage};

use super::bool_decoder::{BoolDecoder, NO_CODE};
use super::filtering::Filtering;
use super::header::FrameHeader;
use super::loop_filter::filter_level;
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
    first_partition: usize,
    pub(super) header: FrameHeader,
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
        let header = frame_header(first, offset)?;
        check_partitions(&mut r, 1u32.wrapping_shl(header.log2_partitions), offset)?;
        Ok(Vp8 { width: width.into(), height: height.into(), first_partition, header })
    }

    /// Whether the loop filter is left out anywhere where the frame has one.
    pub(crate) fn lacks_filter(&self, filtering: Filtering) -> bool {
        let is_left_out = |segment| {
            [false, true].into_iter().any(|in_4x4| {
                filter_level(&self.header, segment, in_4x4) > 0
                    && filtering.leaves_out(&self.header, segment, in_4x4)
            })
        };
        let segments = if self.header.segments.is_some() { 4 } else { 1 };
        self.header.filter.level > 0 && (0..segments).any(is_left_out)
    }

    /// The first partition, and those of coefficients, of the payload that this was read from.
    pub(super) fn partitions<'a>(&self, payload: &'a [u8]) -> (&'a [u8], Vec<BoolDecoder<'a>>) {
        let behind_tag = payload.get(FRAME_HEADER..).unwrap_or_default();
        let (first, rest) = behind_tag.split_at_checked(self.first_partition).unwrap_or_default();
        let count = 1usize.wrapping_shl(self.header.log2_partitions);
        let (sizes, mut rest) =
            rest.split_at_checked(count.saturating_sub(1).saturating_mul(3)).unwrap_or_default();
        let mut partitions = Vec::with_capacity(count);
        for &[low, middle, high] in sizes.as_chunks().0 {
            let size = u32::from_le_bytes([low, middle, high, 0]);
            let (partition, behind) = usize::try_from(size)
                .ok()
                .and_then(|size| rest.split_at_checked(size))
                .unwrap_or((rest, &[]));
            partitions.push(BoolDecoder::new(partition));
            rest = behind;
        }
        partitions.push(BoolDecoder::new(rest));
        (first, partitions)
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

/// Sections 9.2 to 9.6.
fn frame_header(first: &[u8], offset: u64) -> Result<FrameHeader, Error> {
    check_code(first, offset)?;
    let mut bits = BoolDecoder::new(first);
    let header =
        FrameHeader::read(&mut bits).ok_or_else(|| malformed("first VP8 partition cut short", offset))?;
    if header.reserved_colour_space {
        let what = "VP8 colour space that the format reserves";
        return Err(Error::unsupported(Stage::Outline, Format::WebP, what).at(offset));
    }
    Ok(header)
}

/// Section 9.5: sizes of all but the last, which takes what is left.
fn check_partitions(r: &mut Reader<'_>, count: u32, offset: u64) -> Result<(), Error> {
    let cut = || malformed("VP8 partitions reach past their chunk", offset);
    let mut sizes = [0usize; 8];
    let sizes = sizes.get_mut(1..usize::try_from(count).unwrap_or(1)).unwrap_or_default();
    for size in sizes.iter_mut() {
        *size = r.u24_le().and_then(|size| usize::try_from(size).ok()).ok_or_else(cut)?;
    }
    let (stated, all) = (sizes.iter().fold(0usize, |sum, &size| sum.saturating_add(size)), r.remaining());
    for &size in sizes.iter() {
        let partition = r.take(size).ok_or_else(|| cut().found(offset_of(stated)).allowed(offset_of(all)))?;
        check_code(partition, offset)?;
    }
    let last = r.take(r.remaining()).unwrap_or_default();
    // The reference decoder waits for more data here: not one byte of coefficients is there.
    if last.is_empty() {
        return Err(malformed("last VP8 partition is empty", offset));
    }
    check_code(last, offset)
}

fn check_code(partition: &[u8], offset: u64) -> Result<(), Error> {
    if partition.first() == Some(&NO_CODE) {
        return Err(malformed("VP8 partition that starts with a byte that no coder writes", offset));
    }
    Ok(())
}

//! The first page of an entry's file: written once, checked whole before any of it is believed.
//!
//! All numbers are little-endian:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | magic |
//! | 8 | 2, 2, 4 | format version, header length, flags (none yet) |
//! | 16 | 32 | key, which must equal the file's name |
//! | 48 | 4, 4, 4 | width, height, stride |
//! | 60 | 2, 1, 1 | content, orientation (always 1, upright), row alignment |
//! | 64 | 8, 8, 8 | payload offset, payload length, file length |
//! | 88 | 8, 8 | created, expires (ms since 1970; 0: never) |
//! | 112 | 32 | source |
//! | 144 | 16 | XXH3-128 of the payload |
//! | 4080 | 16 | XXH3-128 of the 4,080 bytes before, seeded with the cache's id |
//!
//! The checksums catch accidents. Whoever may write to the folder can forge them.

use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::shape::ROW_ALIGNMENT;
use crate::{Damage, Shape, SourceId};

/// The length of a header, which is where the payload starts.
pub(crate) const HEADER_BYTES: usize = 4096;
/// Files end at a multiple of this.
pub(crate) const PAGE_BYTES: u64 = 4096;
/// The version of this format; part of every key.
pub(crate) const VERSION: u16 = 1;
/// The part of a header that says something, before the checksum.
const FIELDS_BYTES: usize = 160;
const MAGIC: [u8; 8] = *b"\x89FICent\n";
const CHECKED: usize = HEADER_BYTES - 16;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) digest: [u8; 32],
    pub(crate) source: SourceId,
    pub(crate) shape: Shape,
    pub(crate) created_ms: u64,
    /// 0: never.
    pub(crate) expires_ms: u64,
    pub(crate) payload_checksum: u128,
}

impl Header {
    /// The length of the whole file: header, payload, zeros to the end of the page. `None` beyond all counting.
    pub(crate) fn file_bytes(shape: &Shape) -> Option<u64> {
        shape.payload_bytes().checked_add(HEADER_BYTES as u64)?.checked_next_multiple_of(PAGE_BYTES)
    }

    /// The page, for the cache whose id begins with `seed`.
    pub(crate) fn to_page(self, seed: u64) -> Box<[u8; HEADER_BYTES]> {
        let mut page = Box::new([0; HEADER_BYTES]);
        let (fields, checksum) = page.split_at_mut(CHECKED);
        if let Some(place) = fields.first_chunk_mut() {
            *place = self.to_fields();
        }
        checksum.copy_from_slice(&xxh3_128_with_seed(fields, seed).to_le_bytes());
        page
    }

    /// Reads a page back.
    pub(crate) fn from_page(page: &[u8; HEADER_BYTES], seed: u64) -> Result<Header, Damage> {
        let (checked, checksum) = page.split_at(CHECKED);
        let fields = checked.first_chunk().ok_or(Damage::TooShort)?;
        Header::check_kind(fields)?;
        if xxh3_128_with_seed(checked, seed).to_le_bytes() != checksum {
            return Err(Damage::HeaderChecksum);
        }
        Header::from_fields(fields)
    }

    /// The part that says something.
    pub(crate) fn to_fields(self) -> [u8; FIELDS_BYTES] {
        let shape = &self.shape;
        let mut to = Fields { bytes: [0; FIELDS_BYTES], at: 0 };
        to.put(&MAGIC);
        to.put(&VERSION.to_le_bytes());
        to.put(&(HEADER_BYTES as u16).to_le_bytes());
        to.put(&0_u32.to_le_bytes());
        to.put(&self.digest);
        to.put(&shape.width().to_le_bytes());
        to.put(&shape.height().to_le_bytes());
        to.put(&shape.stride_bytes().to_le_bytes());
        to.put(&shape.content_code().to_le_bytes());
        to.put(&[1, ROW_ALIGNMENT as u8]);
        to.put(&(HEADER_BYTES as u64).to_le_bytes());
        to.put(&shape.payload_bytes().to_le_bytes());
        to.put(&Header::file_bytes(shape).unwrap_or(u64::MAX).to_le_bytes());
        to.put(&self.created_ms.to_le_bytes());
        to.put(&self.expires_ms.to_le_bytes());
        to.put(&[0; 8]);
        to.put(self.source.as_bytes());
        to.put(&self.payload_checksum.to_le_bytes());
        to.bytes
    }

    /// Whether these are an entry's fields at all, of the version that is read here.
    pub(crate) fn check_kind(fields: &[u8; FIELDS_BYTES]) -> Result<(), Damage> {
        let Some((start, rest)) = fields.split_first_chunk::<8>() else { return Err(Damage::TooShort) };
        match (*start == MAGIC, rest.first_chunk().map(|version| u16::from_le_bytes(*version))) {
            (false, _) => Err(Damage::Magic),
            (true, Some(VERSION)) => Ok(()),
            (true, _) => Err(Damage::WrongVersion),
        }
    }

    /// Reads fields whose checksum is right; they must say what [`Header::to_fields`] would say.
    pub(crate) fn from_fields(fields: &[u8; FIELDS_BYTES]) -> Result<Header, Damage> {
        let read = || {
            let mut r = fic_core::Reader::at(fields, 16);
            let digest = *r.array()?;
            let (width, height, stride) = (r.u32_le()?, r.u32_le()?, r.u32_le()?);
            let code = r.u16_le()?;
            r.skip(10);
            let payload = u64::from_le_bytes(*r.array()?);
            r.skip(8);
            let created_ms = u64::from_le_bytes(*r.array()?);
            let expires_ms = u64::from_le_bytes(*r.array()?);
            r.skip(8);
            let source = SourceId::from_digest(*r.array()?);
            let payload_checksum = u128::from_le_bytes(*r.array()?);
            let shape = Shape::from_header(width, height, code, stride, payload)?;
            Some(Header { digest, source, shape, created_ms, expires_ms, payload_checksum })
        };
        // Whatever else the fields hold (offsets, lengths, flags) follows from what was read.
        read().filter(|header| header.to_fields() == *fields).ok_or(Damage::Geometry)
    }

    /// Whether the entry is past its time.
    pub(crate) const fn is_expired(&self, now_ms: u64) -> bool {
        self.expires_ms != 0 && self.expires_ms <= now_ms
    }
}

/// Bytes filled from the front.
struct Fields {
    bytes: [u8; FIELDS_BYTES],
    at: usize,
}

impl Fields {
    fn put(&mut self, value: &[u8]) {
        let end = self.at.saturating_add(value.len());
        if let Some(place) = self.bytes.get_mut(self.at..end) {
            place.copy_from_slice(value);
        }
        self.at = end;
    }
}

#[cfg(test)]
mod tests {
    use fic_core::PixelLayout;

    use super::*;

    fn header() -> Header {
        Header {
            digest: [7; 32],
            source: SourceId::named("a", "b"),
            shape: Shape::pixels(33, 5, PixelLayout::Rgba).unwrap(),
            created_ms: 1_700_000_000_000,
            expires_ms: 0,
            payload_checksum: 0x0123_4567_89ab_cdef_u128,
        }
    }

    #[test]
    fn comes_back_as_it_was_written() {
        let page = header().to_page(42);
        assert_eq!(Header::from_page(&page, 42), Ok(header()));
        assert_eq!(page[64..72], 4096_u64.to_le_bytes());
        assert_eq!(page[80..88], 8192_u64.to_le_bytes());
        assert_eq!(page[112..144], *SourceId::named("a", "b").as_bytes());
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let page = header().to_page(42);
        for bit in 0..HEADER_BYTES * 8 {
            let mut flipped = page.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let damage = Header::from_page(&flipped, 42).unwrap_err();
            let expected = match bit / 8 {
                0..8 => Damage::Magic,
                8..10 => Damage::WrongVersion,
                _ => Damage::HeaderChecksum,
            };
            assert_eq!(damage, expected, "bit {bit}");
        }
    }

    #[test]
    fn an_entry_of_another_cache_is_not_ours() {
        assert_eq!(Header::from_page(&header().to_page(42), 43), Err(Damage::HeaderChecksum));
    }

    #[test]
    fn numbers_that_do_not_belong_together_are_refused_whatever_the_checksum_says() {
        for (offset, value) in [(64, 0_u64), (64, u64::MAX), (72, u64::MAX), (80, 4096), (104, 1)] {
            let mut fields = header().to_fields();
            fields[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
            assert_eq!(Header::from_fields(&fields), Err(Damage::Geometry), "{value} at {offset}");
        }
    }
}

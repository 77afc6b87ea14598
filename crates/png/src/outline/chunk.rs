//! One chunk after the other: length, type, data and CRC (PNG 5.3).
//!
//! In comes the upload behind a cursor; out goes the next chunk with its CRC compared, or what keeps it from
//! being one: an end, a cut, a length of 2^31 or more, a type that is not four letters.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Format, Reader, Span, Stage};

/// The largest number that PNG allows in four bytes (PNG 7.1).
pub(crate) const MAX_U31: u32 = 0x7fff_ffff;

/// The four letters of a chunk type.
pub(super) type Kind = [u8; 4];

/// A chunk that is wholly there.
#[derive(Debug)]
pub(super) struct Chunk<'a> {
    /// Its type.
    pub(super) kind: Kind,
    /// Its data.
    pub(super) data: &'a [u8],
    /// Where its data lies in the upload.
    pub(super) span: Span,
    /// Where its length field starts.
    pub(super) start: usize,
    /// Where the next chunk starts.
    pub(super) end: usize,
    /// Whether its CRC is right.
    pub(super) crc_matches: bool,
}

/// Why there is no next chunk.
#[derive(Debug)]
pub(super) enum Stop {
    /// The upload ends exactly here.
    End,
    /// The upload ends within this chunk: its type, where its length field starts, and the data that is
    /// there.
    Cut {
        /// Its type; `None` where even that is missing.
        kind: Option<Kind>,
        /// Where its length field starts.
        start: usize,
        /// The data that is there.
        span: Span,
    },
    /// What stands here is no chunk: where, why, and the number that says so.
    NoChunk {
        /// Where it starts.
        start: usize,
        /// Why.
        what: &'static str,
        /// The length or the type, as a number.
        found: u32,
    },
}

impl<'a> Chunk<'a> {
    /// Reads the next chunk; the cursor moves only past a whole one.
    pub(super) fn read(r: &mut Reader<'a>) -> Result<Chunk<'a>, Stop> {
        if r.is_at_end() {
            return Err(Stop::End);
        }
        let start = r.position();
        let mut ahead = r.clone();
        let cut = |kind, from: usize, len: usize| Stop::Cut {
            kind,
            start,
            span: Span { start: from, end: from.saturating_add(len) },
        };
        let (Some(length), Some(kind)) = (ahead.u32_be(), ahead.array::<4>()) else {
            return Err(cut(None, start, 0));
        };
        if length > MAX_U31 {
            return Err(Stop::NoChunk { start, what: "chunk length is 2^31 or more", found: length });
        }
        if !kind.iter().all(u8::is_ascii_alphabetic) {
            let found = u32::from_be_bytes(*kind);
            return Err(Stop::NoChunk { start, what: "chunk type is not four letters", found });
        }
        let from = ahead.position();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(data) = ahead.take(length) else {
            return Err(cut(Some(*kind), from, ahead.remaining()));
        };
        let span = Span { start: from, end: ahead.position() };
        let Some(crc) = ahead.u32_be() else {
            return Err(cut(Some(*kind), from, length));
        };
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(kind);
        hasher.update(data);
        let end = ahead.position();
        *r = ahead;
        Ok(Chunk { kind: *kind, data, span, start, end, crc_matches: hasher.finalize() == crc })
    }

    /// Whether a decoder may not pass over this chunk (PNG 5.4, bit 5 of the first letter).
    pub(super) fn is_critical(&self) -> bool {
        self.kind.first().is_some_and(u8::is_ascii_uppercase)
    }

    /// Where its length field starts, as findings and errors carry it.
    pub(super) fn offset(&self) -> u64 {
        offset(self.start)
    }

    /// The bytes that it takes in the upload.
    pub(super) fn stored_bytes(&self) -> u64 {
        offset(self.end).saturating_sub(self.offset())
    }

    /// An error about this chunk.
    pub(super) fn malformed(&self, what: &'static str) -> Error {
        malformed(what, self.start)
    }
}

impl Stop {
    /// The error that it is while pixels are still to come.
    pub(super) fn into_error(self, end: usize) -> Error {
        match self {
            Stop::End => malformed("the file ends before its image data", end),
            Stop::Cut { start, .. } => malformed("a chunk runs past the end of the file", start),
            Stop::NoChunk { start, what, found } => malformed(what, start).found(found.into()),
        }
    }
}

pub(super) fn malformed(what: &'static str, at: usize) -> Error {
    Error::malformed(Stage::Outline, Format::Png, what).at(offset(at))
}

/// A position in the upload as findings and errors carry it.
pub(super) fn offset(position: usize) -> u64 {
    u64::try_from(position).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::*;

    const IEND: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

    #[test]
    fn reads_a_chunk_and_compares_its_crc() {
        let mut r = Reader::new(IEND);
        let chunk = Chunk::read(&mut r).unwrap();
        assert_eq!((&chunk.kind, chunk.data, chunk.crc_matches, chunk.end), (b"IEND", &b""[..], true, 12));
        assert!(matches!(Chunk::read(&mut r), Err(Stop::End)));
        let mut bent = IEND.to_vec();
        bent[11] ^= 1;
        assert!(!Chunk::read(&mut Reader::new(&bent)).unwrap().crc_matches);
    }

    #[test]
    fn a_cut_at_any_byte_is_named_and_does_not_move_the_cursor() {
        for len in 1..IEND.len() {
            let mut r = Reader::new(&IEND[..len]);
            assert!(matches!(Chunk::read(&mut r), Err(Stop::Cut { .. })), "{len}");
            assert_eq!(r.position(), 0);
        }
    }

    #[test]
    fn a_length_of_two_to_the_31_and_a_type_of_digits_are_no_chunk() {
        for bytes in [&b"\x80\0\0\0IDAT"[..], b"\0\0\0\0ID4T"] {
            assert!(matches!(Chunk::read(&mut Reader::new(bytes)), Err(Stop::NoChunk { start: 0, .. })));
        }
    }
}

//! The RIFF container (RFC 9649, section 2.3): in comes the upload, out come its chunks one by one.
//!
//! Refused: no `RIFF`/`WEBP` signature, a RIFF size that cannot hold one chunk. Forgiven with a finding: a RIFF
//! size larger than the file, a missing last padding byte, bytes after the end.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, FindingKind, Findings, Reader, Span};

use crate::malformed;

/// Bytes of a chunk's header: the four characters and the size.
pub(crate) const CHUNK_HEADER: usize = 8;
/// Bytes before the first chunk: `RIFF`, its size, `WEBP`.
const FILE_HEADER: usize = 12;
/// What the RIFF size counts at least: `WEBP` and one chunk header.
const SMALLEST_RIFF: u32 = 12;

/// The part of the file that the RIFF size covers, after `WEBP`; what lies behind it is trailing.
pub(crate) fn body(input: &[u8], findings: &mut Findings) -> Result<Span, Error> {
    let mut r = Reader::new(input);
    let signature = r.array() == Some(b"RIFF");
    let size = r.u32_le();
    if !signature || r.array() != Some(b"WEBP") {
        return Err(malformed("no RIFF signature of a WebP file", 0));
    }
    let size = size.unwrap_or(0);
    if size < SMALLEST_RIFF {
        return Err(malformed("RIFF size that cannot hold a chunk", 4).found(size.into()));
    }
    let stated = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(CHUNK_HEADER);
    match stated.checked_sub(input.len()) {
        None | Some(0) => {}
        Some(1) => findings.note(FindingKind::SloppyLength, 4),
        Some(_) => findings.note(FindingKind::MissingEnd, 4),
    }
    Ok(Span { start: FILE_HEADER, end: stated.min(input.len()) })
}

/// One chunk, as its header states it and as far as its bytes are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    pub(crate) fourcc: [u8; 4],
    /// The payload, cut off at the end of the surrounding chunk or file.
    pub(crate) payload: Span,
    /// The payload's length as the header states it.
    pub(crate) stated: u32,
}

impl Chunk {
    /// Whether the whole payload is there.
    pub(crate) fn is_whole(&self) -> bool {
        usize::try_from(self.stated).is_ok_and(|stated| stated == self.payload.len())
    }

    /// The first byte of the chunk's header.
    pub(crate) fn start(&self) -> usize {
        self.payload.start.saturating_sub(CHUNK_HEADER)
    }

    /// The same, as findings and errors carry it.
    pub(crate) fn offset(&self) -> u64 {
        offset_of(self.start())
    }

    /// The bytes of header and payload, for the account of metadata.
    pub(crate) fn bytes(&self) -> u64 {
        offset_of(self.payload.len().saturating_add(CHUNK_HEADER))
    }
}

/// The chunks of a span, front to back; padding bytes are passed over.
#[derive(Clone, Debug)]
pub(crate) struct Chunks<'a> {
    reader: Reader<'a>,
}

impl<'a> Chunks<'a> {
    pub(crate) fn new(input: &'a [u8], span: Span) -> Chunks<'a> {
        let inside = input.get(..span.end).unwrap_or(input);
        Chunks { reader: Reader::at(inside, span.start) }
    }

    /// Bytes that are left; too few for a chunk header once `next` has said `None`.
    pub(crate) fn remaining(&self) -> usize {
        self.reader.remaining()
    }

    /// The offset of the next byte.
    pub(crate) fn offset(&self) -> u64 {
        self.reader.offset()
    }
}

impl Iterator for Chunks<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let mut header = Reader::new(self.reader.rest());
        let (fourcc, stated) = (*header.array()?, header.u32_le()?);
        self.reader.skip(CHUNK_HEADER);
        let start = self.reader.position();
        self.reader.skip(usize::try_from(stated).unwrap_or(usize::MAX));
        let payload = Span { start, end: self.reader.position() };
        if stated % 2 == 1 {
            self.reader.skip(1);
        }
        Some(Chunk { fourcc, payload, stated })
    }
}

/// An offset as findings and errors carry it.
pub(crate) fn offset_of(position: usize) -> u64 {
    u64::try_from(position).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_over_odd_chunks_and_cuts_the_last_at_the_end() {
        let bytes = b"ABCD\x01\0\0\0x\0EFGH\xff\xff\xff\xffyz";
        let mut chunks = Chunks::new(bytes, Span { start: 0, end: bytes.len() });
        let first = chunks.next().unwrap();
        assert_eq!((&first.fourcc, first.payload.of(bytes), first.is_whole()), (b"ABCD", &b"x"[..], true));
        let second = chunks.next().unwrap();
        assert_eq!((second.payload.of(bytes), second.is_whole(), second.offset()), (&b"yz"[..], false, 10));
        assert!(chunks.next().is_none());
    }

    #[test]
    fn a_riff_size_past_the_file_is_noted_and_one_of_zero_refused() {
        let mut findings = Findings::new();
        let span = body(b"RIFF\xff\xff\xff\xffWEBPVP8 ", &mut findings).unwrap();
        assert_eq!((span.start, span.end), (12, 16));
        assert!(findings.has(FindingKind::MissingEnd));
        assert!(body(b"RIFF\0\0\0\0WEBPVP8 ", &mut findings).is_err());
        assert!(body(b"RIFX\x0c\0\0\0WEBPVP8 ", &mut findings).is_err());
    }
}

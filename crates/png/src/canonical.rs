//! The minimal PNG that a decoder reads instead of the upload: signature, IHDR, PLTE, tRNS, IDAT.
//!
//! The few bytes before IDAT are written anew. The IDAT chunks of the run are lent out as they stand in the
//! upload, a slice at a time and without a copy: the outline has checked their framing and CRCs, so a
//! decoder is told not to check them again. Nothing else of the upload is in it.
//!
//! While it is read, the deadline is looked at, and so is the yield: a stream that swallows compressed bytes
//! without rows coming out (a million empty deflate blocks) is stopped.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fic_core::{Budget, Error, Format, Stage};

use crate::outline::{ColourType, Ihdr, Outline, SIGNATURE};

/// Signature, IHDR, PLTE and tRNS at their longest: 8 + 25 + 780 + 268.
pub(crate) const MAX_HEAD: usize = 1081;
/// What one `fill_buf` lends out at most, so that the watch looks often enough.
const SLICE: usize = 32 << 10;

/// How the stream ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tail {
    /// Empty IDAT chunks, then end of file. They make a streaming decoder hand out what it still has
    /// inside; the end of file then tells it, and us, that there is no more. With IEND it would drop the
    /// rows in its look-back window when data is missing.
    Drain,
    /// IEND, for a decoder that wants every chunk before the first pixel.
    Iend,
}

const IEND: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
/// A decoder makes 8 KiB a step, and eight bytes left in its bit buffer are at most 8 KiB and a bit more.
const DRAIN: &[u8] = b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IDAT\x35\xaf\x06\x1e\
                       \0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IDAT\x35\xaf\x06\x1e";

/// The stream, from one borrowed upload.
#[derive(Debug)]
pub(crate) struct Canonical<'a> {
    /// What is written anew before IDAT.
    head: Vec<u8>,
    /// The whole IDAT chunks.
    run: &'a [u8],
    /// Length and type of the chunk that was cut, with the length that is there.
    cut_start: [u8; 8],
    /// The data of that chunk.
    cut: &'a [u8],
    tail: &'static [u8],
    position: u64,
    watch: Option<Watch>,
}

/// Looks at the deadline and at the yield while the stream is read.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) budget: Budget,
    /// Bytes of rows, before compression, that came out so far.
    pub(crate) made: Arc<AtomicU64>,
    /// Compressed bytes that may go in before a row must have come out.
    pub(crate) slack: u64,
    /// The position of the next look.
    pub(crate) next_look: u64,
}

impl<'a> Canonical<'a> {
    /// The stream for the default image of `outline`, which must be of `input`.
    pub(crate) fn new(input: &'a [u8], outline: &Outline, tail: Tail, watch: Option<Watch>) -> Canonical<'a> {
        let cut = outline.image_data.cut.map_or(&[][..], |span| span.of(input));
        Canonical {
            head: head(input, outline),
            run: outline.image_data.run.of(input),
            cut_start: chunk_start(cut.len(), *b"IDAT"),
            cut,
            tail: match tail {
                Tail::Drain => DRAIN,
                Tail::Iend => IEND,
            },
            position: 0,
            watch,
        }
    }

    /// The parts, in order. A part that is cut ends with a CRC that nobody compares.
    fn parts(&self) -> [&[u8]; 6] {
        let is_cut = !self.cut.is_empty();
        let (start, crc): (&[u8], &[u8]) = if is_cut { (&self.cut_start, &[0; 4]) } else { (&[], &[]) };
        [&self.head, self.run, start, self.cut, crc, self.tail]
    }

    fn len(&self) -> u64 {
        self.parts().iter().fold(0, |sum: u64, part| sum.saturating_add(length(part)))
    }

    /// The bytes from the position to the end of its part.
    fn rest_of_part(&self) -> &[u8] {
        let mut before = 0_u64;
        for part in self.parts() {
            let end = before.saturating_add(length(part));
            if self.position < end {
                let within = usize::try_from(self.position.saturating_sub(before)).unwrap_or(usize::MAX);
                return part.get(within..).unwrap_or_default();
            }
            before = end;
        }
        &[]
    }
}

impl Watch {
    fn look(&mut self, position: u64) -> Result<(), Error> {
        if position < self.next_look {
            return Ok(());
        }
        self.next_look = position.saturating_add(length(&[0; SLICE]));
        self.budget.check(Stage::Decode)?;
        let allowed = self.made.load(Ordering::Relaxed).saturating_mul(2).saturating_add(self.slack);
        if position > allowed {
            return Err(Error::malformed(Stage::Decode, Format::Png, "the image data makes next to no rows")
                .found(position)
                .allowed(allowed));
        }
        Ok(())
    }
}

impl BufRead for Canonical<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let position = self.position;
        if let Some(watch) = &mut self.watch {
            watch.look(position).map_err(io::Error::other)?;
        }
        let rest = self.rest_of_part();
        Ok(rest.get(..SLICE).unwrap_or(rest))
    }

    fn consume(&mut self, amount: usize) {
        self.position = self.position.saturating_add(u64::try_from(amount).unwrap_or(u64::MAX));
    }
}

impl Read for Canonical<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let rest = self.fill_buf()?;
        let len = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(from);
        }
        self.consume(len);
        Ok(len)
    }
}

impl Seek for Canonical<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// The bytes before IDAT.
fn head(input: &[u8], outline: &Outline) -> Vec<u8> {
    let mut head = Vec::with_capacity(MAX_HEAD);
    head.extend_from_slice(SIGNATURE);
    push_chunk(&mut head, *b"IHDR", &outline.ihdr.to_bytes());
    if let Some(entries) = outline.palette.entries {
        push_chunk(&mut head, *b"PLTE", entries.of(input));
    }
    if let Some(transparency) = outline.palette.transparency {
        push_transparency(&mut head, &outline.ihdr, transparency.of(input));
    }
    head
}

/// tRNS with only the bits that the depth has (PNG 11.3.1.1): decoders disagree about the others.
fn push_transparency(head: &mut Vec<u8>, ihdr: &Ihdr, stored: &[u8]) {
    if ihdr.colour == ColourType::Palette || ihdr.depth == 16 {
        return push_chunk(head, *b"tRNS", stored);
    }
    let mask = 1_u16.checked_shl(ihdr.depth.into()).unwrap_or(0).wrapping_sub(1);
    let mut masked = [0; 6];
    for (to, from) in masked.chunks_exact_mut(2).zip(stored.chunks_exact(2)) {
        let sample = from.first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes));
        to.copy_from_slice(&(sample & mask).to_be_bytes());
    }
    push_chunk(head, *b"tRNS", masked.get(..stored.len()).unwrap_or_default());
}

fn push_chunk(to: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    to.extend_from_slice(&chunk_start(data.len(), kind));
    to.extend_from_slice(data);
    let mut crc = crc32fast::Hasher::new();
    crc.update(&kind);
    crc.update(data);
    to.extend_from_slice(&crc.finalize().to_be_bytes());
}

fn chunk_start(len: usize, [e, f, g, h]: [u8; 4]) -> [u8; 8] {
    // Only data of a chunk whose length is below 2^31 comes here.
    let [a, b, c, d] = u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
    [a, b, c, d, e, f, g, h]
}

fn length(part: &[u8]) -> u64 {
    u64::try_from(part.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use fic_testkit::bytes::png::PngBytes;

    use super::*;

    fn canonical(upload: &[u8], tail: Tail) -> Vec<u8> {
        let outline = crate::outline(upload).unwrap();
        let mut stream = Canonical::new(upload, &outline, tail, None);
        let mut out = Vec::new();
        stream.read_to_end(&mut out).unwrap();
        assert_eq!(stream.seek(SeekFrom::End(0)).unwrap(), out.len() as u64);
        assert!(head(upload, &outline).len() <= MAX_HEAD);
        out
    }

    #[test]
    fn holds_pixels_and_nothing_else_of_the_upload() {
        let minimal = PngBytes::new(1, 1, 3, 8)
            .chunk(b"PLTE", &[1, 2, 3])
            .chunk(b"tRNS", &[9])
            .idat_stored(&[0, 0])
            .iend();
        let upload = PngBytes::new(1, 1, 3, 8)
            .chunk(b"tEXt", b"k\0secret")
            .chunk(b"PLTE", &[1, 2, 3])
            .chunk(b"tRNS", &[9])
            .chunk(b"zTXt", b"k\0\0rubbish")
            .idat_stored(&[0, 0])
            .chunk(b"tEXt", b"k\0secret")
            .iend()
            .raw(b"PK\x03\x04");
        assert_eq!(canonical(upload.as_slice(), Tail::Iend), minimal.as_slice());
    }

    #[test]
    fn a_cut_chunk_is_framed_anew_and_the_drain_is_made_of_whole_chunks() {
        let whole = PngBytes::new(1, 1, 0, 8).idat_stored(&[0, 7]).into_vec();
        let out = canonical(&whole[..whole.len() - 6], Tail::Drain);
        let again = crate::outline(&out).unwrap_err();
        assert_eq!(again.what(), "wrong CRC in IDAT"); // the one that nobody compares
        let out = canonical(&PngBytes::new(1, 1, 0, 8).idat_stored(&[0, 7]).iend().into_vec(), Tail::Drain);
        let again = crate::outline(&out).unwrap();
        assert_eq!(again.image_data_chunks(), 5);
    }

    #[test]
    fn transparency_keeps_only_the_bits_of_the_depth() {
        let upload = PngBytes::new(1, 1, 0, 2).chunk(b"tRNS", &[0xff, 0xfe]).idat_stored(&[0, 0]).iend();
        let out = canonical(upload.as_slice(), Tail::Iend);
        let outline = crate::outline(&out).unwrap();
        assert_eq!(outline.palette.transparency.unwrap().of(&out), [0, 2]);
    }
}

//! The minimal PNG that a decoder reads instead of the upload: signature, IHDR, PLTE, tRNS, IDAT.
//!
//! The few bytes before IDAT are written anew, and IDAT is one chunk, whose data is lent out from the upload
//! a slice at a time. The outline has compared the CRCs of the upload, so the CRC of that one chunk is left
//! zero and a decoder is told not to compare it. Nothing else of the upload is in the stream.
//!
//! While it is read, the deadline is looked at, and so is the yield: a stream that swallows compressed bytes
//! without rows coming out (a million empty deflate blocks) is stopped.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

mod image_data;

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fic_core::{Budget, Error, Format, Stage};

use crate::outline::{ColourType, Ihdr, Outline, SIGNATURE};
use image_data::Pieces;

/// Signature, IHDR, PLTE, tRNS and the start of IDAT at their longest: 8 + 25 + 780 + 268 + 8.
const MAX_HEAD: usize = 1089;
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

/// Of the one IDAT chunk; nobody compares it.
const CRC: &[u8] = &[0; 4];

/// The stream, from one borrowed upload.
#[derive(Debug)]
pub(crate) struct Canonical<'a> {
    /// What is written anew, up to the length and type of IDAT.
    head: Vec<u8>,
    pieces: Pieces<'a>,
    data_bytes: u64,
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
        Canonical {
            head: head(input, outline),
            pieces: pieces(input, outline),
            data_bytes: outline.image_data.bytes,
            tail: match tail {
                Tail::Drain => DRAIN,
                Tail::Iend => IEND,
            },
            position: 0,
            watch,
        }
    }

    /// Where the data of IDAT starts.
    fn data_start(&self) -> u64 {
        length(&self.head)
    }

    /// Where the data of IDAT ends.
    fn data_end(&self) -> u64 {
        self.data_start().saturating_add(self.data_bytes)
    }

    fn len(&self) -> u64 {
        self.data_end().saturating_add(length(CRC)).saturating_add(length(self.tail))
    }

    /// The next bytes, without a look at the watch.
    fn fill(&mut self) -> &[u8] {
        let (start, end) = (self.data_start(), self.data_end());
        if self.position < start {
            return from(&self.head, self.position);
        }
        if self.position < end {
            let bytes = self.pieces.fill();
            return bytes.get(..SLICE).unwrap_or(bytes);
        }
        let behind = self.position.saturating_sub(end);
        match behind.checked_sub(length(CRC)) {
            None => from(CRC, behind),
            Some(behind) => from(self.tail, behind),
        }
    }
}

/// One byte of the compressed pixels.
pub(crate) fn byte_of_image_data(input: &[u8], outline: &Outline, at: u64) -> Option<u8> {
    let mut pieces = pieces(input, outline);
    pieces.restart_at(at);
    pieces.fill().first().copied()
}

fn pieces<'a>(input: &'a [u8], outline: &Outline) -> Pieces<'a> {
    let data = &outline.image_data;
    Pieces::new(data.run.of(input), data.cut.map_or(&[][..], |span| span.of(input)))
}

/// The bytes of `part` from `position` on.
fn from(part: &[u8], position: u64) -> &[u8] {
    usize::try_from(position).ok().and_then(|position| part.get(position..)).unwrap_or_default()
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
        if let Some(watch) = &mut self.watch {
            watch.look(self.position).map_err(io::Error::other)?;
        }
        Ok(self.fill())
    }

    fn consume(&mut self, amount: usize) {
        if (self.data_start()..self.data_end()).contains(&self.position) {
            self.pieces.consume(amount);
        }
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
        if self.position >= self.data_end() {
            self.pieces.go_to_end();
        } else {
            self.pieces.restart_at(self.position.saturating_sub(self.data_start()));
        }
        Ok(self.position)
    }
}

/// The bytes before the data of IDAT.
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
    head.extend_from_slice(&chunk_start(outline.image_data.bytes, *b"IDAT"));
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
    to.extend_from_slice(&chunk_start(length(data), kind));
    to.extend_from_slice(data);
    let mut crc = crc32fast::Hasher::new();
    crc.update(&kind);
    crc.update(data);
    to.extend_from_slice(&crc.finalize().to_be_bytes());
}

fn chunk_start(len: u64, [e, f, g, h]: [u8; 4]) -> [u8; 8] {
    // Admission refuses image data of 2^31 bytes or more, so that IDAT is one chunk.
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
    use fic_testkit::bytes::png::{PngBytes, deflate};

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

    /// `minimal` with the CRC that nobody compares.
    fn without_idat_crc(minimal: &PngBytes) -> Vec<u8> {
        let mut bytes = minimal.as_slice().to_vec();
        let end = bytes.len() - IEND.len();
        bytes[end - 4..end].fill(0);
        bytes
    }

    #[test]
    fn holds_pixels_and_nothing_else_of_the_upload() {
        let start = || PngBytes::new(1, 1, 3, 8);
        let (plte, trns, stream) = ([1, 2, 3], [9], deflate::stored(&[0, 0]));
        let minimal = start().chunk(b"PLTE", &plte).chunk(b"tRNS", &trns).idat(&stream).iend();
        let upload = start()
            .chunk(b"tEXt", b"k\0secret")
            .chunk(b"PLTE", &plte)
            .chunk(b"tRNS", &trns)
            .chunk(b"zTXt", b"k\0\0rubbish")
            .idat(&[])
            .idat_split(&stream, 3)
            .chunk(b"tEXt", b"k\0secret")
            .iend()
            .raw(b"PK\x03\x04");
        assert_eq!(canonical(upload.as_slice(), Tail::Iend), without_idat_crc(&minimal));
    }

    #[test]
    fn the_data_of_a_cut_chunk_is_in_and_the_drain_is_made_of_whole_chunks() {
        let whole = PngBytes::new(1, 1, 0, 8).idat_stored(&[0, 7]);
        let cut = &whole.as_slice()[..whole.as_slice().len() - 4];
        let out = canonical(cut, Tail::Drain);
        assert_eq!(out[..cut.len()], *cut);
        let mut drain = PngBytes::signature();
        for _ in 0..4 {
            drain = drain.idat(&[]);
        }
        assert_eq!(out[cut.len() + 4..], drain.as_slice()[8..]);
    }

    #[test]
    fn transparency_keeps_only_the_bits_of_the_depth() {
        let start = || PngBytes::new(1, 1, 0, 2);
        let upload = start().chunk(b"tRNS", &[0xff, 0xfe]).idat_stored(&[0, 0]).iend();
        let minimal = start().chunk(b"tRNS", &[0, 2]).idat_stored(&[0, 0]).iend();
        assert_eq!(canonical(upload.as_slice(), Tail::Iend), without_idat_crc(&minimal));
    }

    #[test]
    fn reads_the_same_after_any_seek() {
        let upload =
            PngBytes::new(1, 1, 0, 8).idat_split(&deflate::stored(&[0; 3_000]), 700).iend().into_vec();
        let all = canonical(&upload, Tail::Iend);
        let outline = crate::outline(&upload).unwrap();
        let mut stream = Canonical::new(&upload, &outline, Tail::Iend, None);
        for at in (0..=all.len()).step_by(97).chain([all.len(), 2_000, 0, 41]) {
            stream.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            assert!(rest == all[at..], "{at}");
        }
    }
}

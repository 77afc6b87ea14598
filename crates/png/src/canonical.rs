//! The minimal PNG that a decoder reads instead of the upload: signature, IHDR, PLTE, tRNS, IDAT.
//!
//! The few bytes before IDAT are written anew, and IDAT is one chunk, whose data is lent out from the upload
//! a slice at a time. The outline has compared the CRCs of the upload, so the CRC of that one chunk is left
//! zero and a decoder is told not to compare it. Nothing else of the upload is in the stream.
//!
//! The row decoder inflates the [`Pieces`] of the image data itself and needs no stream.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

mod image_data;

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use crate::outline::{ColourType, Ihdr, Outline, SIGNATURE};
pub(crate) use image_data::Pieces;

/// Signature, IHDR, PLTE, tRNS and the start of IDAT at their longest: 8 + 25 + 780 + 268 + 8.
const MAX_HEAD: usize = 1089;

const IEND: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
/// Of the one IDAT chunk; nobody compares it.
const CRC: &[u8] = &[0; 4];

/// The stream, from one borrowed upload.
#[derive(Debug)]
pub(crate) struct Canonical<'a> {
    /// What is written anew, up to the length and type of IDAT.
    head: Vec<u8>,
    pieces: Pieces<'a>,
    data_bytes: u64,
    position: u64,
}

impl<'a> Canonical<'a> {
    /// The stream for the default image of `outline`, which must be of `input`.
    pub(crate) fn new(input: &'a [u8], outline: &Outline) -> Canonical<'a> {
        Canonical {
            head: head(input, outline),
            pieces: pieces(input, outline),
            data_bytes: outline.image_data.bytes,
            position: 0,
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
        self.data_end().saturating_add(length(CRC)).saturating_add(length(IEND))
    }

    /// The next bytes.
    fn fill(&mut self) -> &[u8] {
        let (start, end) = (self.data_start(), self.data_end());
        if self.position < start {
            return from(&self.head, self.position);
        }
        if self.position < end {
            return self.pieces.fill();
        }
        let behind = self.position.saturating_sub(end);
        match behind.checked_sub(length(CRC)) {
            None => from(CRC, behind),
            Some(behind) => from(IEND, behind),
        }
    }
}

/// One byte of the compressed pixels.
pub(crate) fn byte_of_image_data(input: &[u8], outline: &Outline, at: u64) -> Option<u8> {
    let mut pieces = pieces(input, outline);
    pieces.restart_at(at);
    pieces.fill().first().copied()
}

/// The compressed pixels of `input`, chunk after chunk.
pub(crate) fn pieces<'a>(input: &'a [u8], outline: &Outline) -> Pieces<'a> {
    let data = &outline.image_data;
    Pieces::new(data.run.of(input), data.cut.map_or(&[][..], |span| span.of(input)))
}

/// The bytes of `part` from `position` on.
fn from(part: &[u8], position: u64) -> &[u8] {
    usize::try_from(position).ok().and_then(|position| part.get(position..)).unwrap_or_default()
}

impl BufRead for Canonical<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
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

    fn canonical(upload: &[u8]) -> Vec<u8> {
        let outline = crate::outline(upload).unwrap();
        let mut stream = Canonical::new(upload, &outline);
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
        assert_eq!(canonical(upload.as_slice()), without_idat_crc(&minimal));
    }

    #[test]
    fn the_data_of_a_cut_chunk_is_in() {
        let whole = PngBytes::new(1, 1, 0, 8).idat_stored(&[0, 7]);
        let cut = &whole.as_slice()[..whole.as_slice().len() - 4];
        assert_eq!(canonical(cut)[..cut.len()], *cut);
    }

    #[test]
    fn transparency_keeps_only_the_bits_of_the_depth() {
        let start = || PngBytes::new(1, 1, 0, 2);
        let upload = start().chunk(b"tRNS", &[0xff, 0xfe]).idat_stored(&[0, 0]).iend();
        let minimal = start().chunk(b"tRNS", &[0, 2]).idat_stored(&[0, 0]).iend();
        assert_eq!(canonical(upload.as_slice()), without_idat_crc(&minimal));
    }

    #[test]
    fn reads_the_same_after_any_seek() {
        let upload =
            PngBytes::new(1, 1, 0, 8).idat_split(&deflate::stored(&[0; 3_000]), 700).iend().into_vec();
        let all = canonical(&upload);
        let outline = crate::outline(&upload).unwrap();
        let mut stream = Canonical::new(&upload, &outline);
        for at in (0..=all.len()).step_by(97).chain([all.len(), 2_000, 0, 41]) {
            stream.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            assert!(rest == all[at..], "{at}");
        }
    }
}

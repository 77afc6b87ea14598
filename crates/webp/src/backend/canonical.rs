//! The file that image-webp sees: a container of our own around one VP8L stream of the upload.
//!
//! The upload is not copied. The few bytes before the stream are made here and lie in an array; the reader goes on in
//! the upload where they end. `VP8X` stands in front because image-webp takes sides of 16384 for zero without it.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use fic_core::{Error, Limit, Stage};

use crate::vp8l::HEADER;

const VP8X_ALPHA: u32 = 0x10;
/// RIFF header, `VP8X` chunk, `VP8L` chunk header.
const CONTAINER: usize = 12 + 18 + 8;
const SIDE_MASK: u32 = 0x3fff;

/// A head of our own and a body of the upload, read as one.
pub(super) struct Canonical<'a> {
    head: [u8; CONTAINER + HEADER],
    body: &'a [u8],
    position: u64,
}

impl<'a> Canonical<'a> {
    /// Around the VP8L stream that follows its header, for a picture of these sides, which are at most 16384.
    pub(super) fn new(body: &'a [u8], width: u32, height: u32) -> Result<Canonical<'a>, Error> {
        let (stream, riff) = (body.len() + HEADER, body.len() + HEADER + CONTAINER - 8);
        let (Ok(stream), Ok(riff)) = (u32::try_from(stream), u32::try_from(riff)) else {
            return Err(Error::limit(Stage::Decode, Limit::MaxInputBytes, u32::MAX.into(), riff as u64));
        };
        let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
        let fields = right & SIDE_MASK | (bottom & SIDE_MASK) << 14 | 1 << 28;
        let parts: [&[u8]; 11] = [
            b"RIFF",
            &riff.to_le_bytes(),
            b"WEBPVP8X",
            &10u32.to_le_bytes(),
            &VP8X_ALPHA.to_le_bytes(),
            &right.to_le_bytes()[..3],
            &bottom.to_le_bytes()[..3],
            b"VP8L",
            &stream.to_le_bytes(),
            b"\x2f",
            &fields.to_le_bytes(),
        ];
        let mut head = [0; CONTAINER + HEADER];
        head.iter_mut().zip(parts.into_iter().flatten()).for_each(|(place, &byte)| *place = byte);
        Ok(Canonical { head, body, position: 0 })
    }
}

impl BufRead for Canonical<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let position = usize::try_from(self.position).unwrap_or(usize::MAX);
        Ok(match self.head.get(position..) {
            Some(rest @ [_, ..]) => rest,
            _ => self.body.get(position - self.head.len()..).unwrap_or_default(),
        })
    }

    fn consume(&mut self, amount: usize) {
        self.position = self.position.saturating_add(amount as u64);
    }
}

impl Read for Canonical<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl Seek for Canonical<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = (self.head.len() + self.body.len()) as u64;
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => end.checked_add_signed(by),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_one_file_across_the_seam_and_back() {
        let mut all = Vec::new();
        let mut canonical = Canonical::new(&[7, 8, 9], 16_384, 2).unwrap();
        canonical.read_to_end(&mut all).unwrap();
        assert_eq!(all.len(), CONTAINER + HEADER + 3);
        assert_eq!(all[4..8], (all.len() as u32 - 8).to_le_bytes());
        assert_eq!(&all[24..30], [0xff, 0x3f, 0, 1, 0, 0]);
        assert_eq!(all[34..38], 8u32.to_le_bytes());
        assert_eq!(&all[38..], [0x2f, 0xff, 0x7f, 0, 0x10, 7, 8, 9]);
        let mut two = [0; 2];
        canonical.seek(SeekFrom::Start(42)).unwrap();
        canonical.read_exact(&mut two).unwrap();
        assert_eq!(two, [all[42], 7]);
        canonical.seek(SeekFrom::Current(1 << 40)).unwrap();
        assert!(canonical.fill_buf().unwrap().is_empty());
    }
}

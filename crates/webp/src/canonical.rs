//! The stream that the lossless decoder sees: a container of our own around one VP8L stream of the upload.
//!
//! The upload is not copied. The few bytes before the stream are made here and lie in an array; the reader
//! goes on in the upload where they end. `VP8X` stands in front because the decoder takes sides of 16384 for
//! zero without it.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use fic_core::{Error, Limit, Stage};

use crate::vp8l::{HEADER, Vp8l};

const VP8X_ALPHA: u32 = 0x10;
/// RIFF header, `VP8X` chunk, `VP8L` chunk header.
const CONTAINER: usize = 12 + 18 + 8;

/// A head of our own and a body of the upload, read as one.
pub(crate) struct Canonical<'a> {
    head: [u8; CONTAINER + HEADER],
    head_len: usize,
    body: &'a [u8],
    position: u64,
}

impl<'a> Canonical<'a> {
    /// A whole `VP8L` payload, for a picture of that size.
    pub(crate) fn picture(payload: &'a [u8], width: u32, height: u32) -> Result<Canonical<'a>, Error> {
        Canonical::new(payload, None, width, height)
    }

    /// The stream of an alpha chunk, which has no header: it gets one.
    pub(crate) fn alpha(stream: &'a [u8], width: u32, height: u32) -> Result<Canonical<'a>, Error> {
        Canonical::new(stream, Some(Vp8l::header(width, height)), width, height)
    }

    fn new(
        body: &'a [u8],
        header: Option<[u8; HEADER]>,
        width: u32,
        height: u32,
    ) -> Result<Canonical<'a>, Error> {
        let stream = body.len() + header.map_or(0, |header| header.len());
        let riff = stream + CONTAINER - 8;
        let (Ok(stream), Ok(riff)) = (u32::try_from(stream), u32::try_from(riff)) else {
            let allowed = u64::from(u32::MAX);
            return Err(Error::limit(Stage::Decode, Limit::MaxInputBytes, allowed, riff as u64));
        };
        let mut head = Vec::with_capacity(CONTAINER + HEADER);
        head.extend(b"RIFF");
        head.extend(riff.to_le_bytes());
        head.extend(b"WEBPVP8X");
        head.extend(10u32.to_le_bytes());
        head.extend(VP8X_ALPHA.to_le_bytes());
        head.extend(&(width - 1).to_le_bytes()[..3]);
        head.extend(&(height - 1).to_le_bytes()[..3]);
        head.extend(b"VP8L");
        head.extend(stream.to_le_bytes());
        head.extend(header.into_iter().flatten());
        let mut array = [0; CONTAINER + HEADER];
        array[..head.len()].copy_from_slice(&head);
        Ok(Canonical { head: array, head_len: head.len(), body, position: 0 })
    }
}

impl BufRead for Canonical<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let position = usize::try_from(self.position).unwrap_or(usize::MAX);
        Ok(match position.checked_sub(self.head_len) {
            None => &self.head[position..self.head_len],
            Some(position) => self.body.get(position..).unwrap_or_default(),
        })
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount as u64;
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
        let end = (self.head_len + self.body.len()) as u64;
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
        let mut canonical = Canonical::alpha(&[7, 8, 9], 16_384, 2).unwrap();
        canonical.read_to_end(&mut all).unwrap();
        assert_eq!(all.len(), CONTAINER + HEADER + 3);
        assert_eq!(&all[..4], b"RIFF");
        assert_eq!(all[4..8], (all.len() as u32 - 8).to_le_bytes());
        assert_eq!(&all[24..30], [0xff, 0x3f, 0, 1, 0, 0]);
        assert_eq!(all[34..38], 8u32.to_le_bytes());
        assert_eq!(&all[43..], [7, 8, 9]);
        let mut two = [0; 2];
        canonical.seek(SeekFrom::Start(42)).unwrap();
        canonical.read_exact(&mut two).unwrap();
        assert_eq!(two, [all[42], 7]);
        canonical.seek(SeekFrom::Current(1 << 40)).unwrap();
        assert!(canonical.fill_buf().unwrap().is_empty());
    }
}

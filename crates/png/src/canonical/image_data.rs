//! The compressed pixels of an upload, chunk after chunk, without their framing.
//!
//! The chunks are walked a second time, lazily; the outline has checked each of them. Empty ones vanish, and
//! small ones are gathered, so that a file in a million pieces costs no more than their bytes.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Reader;

/// Pieces shorter than this are gathered.
const SMALL: usize = 512;
/// As many bytes are gathered at most.
pub(super) const GATHERED: usize = 4 << 10;
/// Bytes of a chunk type and of a CRC.
const TYPE: usize = 4;
const CRC: usize = 4;

/// The data of a run of IDAT chunks, and of one more that the end of the file cut.
#[derive(Debug)]
pub(crate) struct Pieces<'a> {
    run: &'a [u8],
    cut: &'a [u8],
    chunks: Reader<'a>,
    cut_is_left: bool,
    piece: &'a [u8],
    gathered: [u8; GATHERED],
    gathered_from: usize,
    gathered_to: usize,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(run: &'a [u8], cut: &'a [u8]) -> Pieces<'a> {
        Pieces {
            run,
            cut,
            chunks: Reader::new(run),
            cut_is_left: true,
            piece: &[],
            gathered: [0; GATHERED],
            gathered_from: 0,
            gathered_to: 0,
        }
    }

    /// The next bytes; none at the end only.
    pub(crate) fn fill(&mut self) -> &[u8] {
        if self.gathered_from == self.gathered_to {
            self.next_piece();
            if (1..SMALL).contains(&self.piece.len()) {
                self.gather();
            }
        }
        let gathered = self.gathered.get(self.gathered_from..self.gathered_to).unwrap_or_default();
        if gathered.is_empty() { self.piece } else { gathered }
    }

    /// Passes over `amount` of the bytes that `fill` gave.
    pub(crate) fn consume(&mut self, amount: usize) {
        if self.gathered_from < self.gathered_to {
            self.gathered_from = self.gathered_from.saturating_add(amount).min(self.gathered_to);
        } else {
            self.piece = self.piece.get(amount..).unwrap_or_default();
        }
    }

    /// Starts anew, and passes over `bytes`.
    pub(super) fn restart_at(&mut self, mut bytes: u64) {
        *self = Pieces::new(self.run, self.cut);
        while bytes > 0 {
            let have = self.fill().len();
            let amount = usize::try_from(bytes).unwrap_or(usize::MAX).min(have);
            if amount == 0 {
                return;
            }
            self.consume(amount);
            bytes = bytes.saturating_sub(u64::try_from(amount).unwrap_or(u64::MAX));
        }
    }

    /// Passes over everything.
    pub(super) fn go_to_end(&mut self) {
        self.restart_at(0);
        self.chunks.skip(self.run.len());
        self.cut_is_left = false;
    }

    /// Makes `piece` the rest of the present chunk, or the data of the next one that has any.
    fn next_piece(&mut self) {
        while self.piece.is_empty() {
            if let Some(length) = self.chunks.u32_be() {
                self.chunks.skip(TYPE);
                self.piece =
                    usize::try_from(length).ok().and_then(|len| self.chunks.take(len)).unwrap_or_default();
                self.chunks.skip(CRC);
            } else if self.cut_is_left {
                self.cut_is_left = false;
                self.piece = self.cut;
            } else {
                return;
            }
        }
    }

    fn gather(&mut self) {
        (self.gathered_from, self.gathered_to) = (0, 0);
        while let Some(room) = self.gathered.get_mut(self.gathered_to..).filter(|room| !room.is_empty()) {
            let len = room.len().min(self.piece.len());
            if let (Some(to), Some((from, rest))) = (room.get_mut(..len), self.piece.split_at_checked(len)) {
                to.copy_from_slice(from);
                self.piece = rest;
            }
            self.gathered_to = self.gathered_to.saturating_add(len);
            self.next_piece();
            if self.piece.is_empty() {
                return;
            }
        }
    }
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

    fn all(pieces: &mut Pieces<'_>, step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            let bytes = pieces.fill();
            if bytes.is_empty() {
                return out;
            }
            let len = bytes.len().min(step);
            out.extend_from_slice(&bytes[..len]);
            pieces.consume(len);
        }
    }

    #[test]
    fn the_pieces_are_the_data_whatever_their_size() {
        let data: Vec<u8> = (0..20_000_u32).map(|at| (at % 253) as u8).collect();
        for size in [1, 7, 511, 512, 513, 4_096, 5_000, 20_000] {
            let png = PngBytes::signature().idat(&[]).idat_split(&data[..19_000], size).idat(&[]);
            let run = &png.as_slice()[8..];
            for step in [1, 1_000, usize::MAX] {
                assert!(all(&mut Pieces::new(run, &data[19_000..]), step) == data, "{size} {step}");
            }
            let mut pieces = Pieces::new(run, &data[19_000..]);
            pieces.fill();
            pieces.restart_at(12_345);
            assert!(all(&mut pieces, usize::MAX) == data[12_345..], "{size}");
        }
    }
}

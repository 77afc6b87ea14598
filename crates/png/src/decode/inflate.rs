//! The inflated rows of an upload, a few at a time, still filtered (PNG 10).
//!
//! In come the pieces of the image data; out go whole rows, each behind its filter type byte. Bytes behind the
//! last row are never inflated. Refused: data that is no zlib stream, and a stream that swallows compressed
//! bytes without rows coming out (a million empty deflate blocks).

use fdeflate::Decompressor;
use fic_core::{Budget, Error, Format, Stage};

use super::Failure;
use crate::admit::{Admitted, yield_slack};
use crate::canonical::{self, Pieces};
use crate::memory::{self, WINDOW};

/// Compressed bytes that are inflated at most between two looks at the clock and the yield.
const SLICE: usize = 32 << 10;

/// A window over the inflated bytes of one picture.
pub(super) struct Inflated<'a> {
    pieces: Pieces<'a>,
    inflater: Decompressor,
    /// Up to `start` bytes that are only looked back at, from there to `end` rows that nobody had yet.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes of rows that are still to be inflated.
    left: u64,
    watch: Watch,
}

/// Looks at the deadline and at the yield while compressed bytes are read.
struct Watch {
    budget: Budget,
    taken: u64,
    made: u64,
    /// Compressed bytes that may go in before a row must have come out.
    slack: u64,
}

impl<'a> Inflated<'a> {
    /// The caller holds [`memory::row_decoder`].
    pub(super) fn new(admitted: &Admitted<'a>, budget: &Budget) -> Inflated<'a> {
        let outline = &admitted.outline;
        let mut inflater = Decompressor::new();
        inflater.ignore_adler32(); // the outline has compared every CRC
        // What was admitted fits in memory.
        let room = usize::try_from(memory::window_and_rows(&outline.ihdr)).unwrap_or(0);
        Inflated {
            pieces: canonical::pieces(admitted.input, outline),
            inflater,
            buffer: vec![0; room],
            start: 0,
            end: 0,
            left: outline.inflated_bytes(),
            watch: Watch { budget: budget.clone(), taken: 0, made: 0, slack: yield_slack(outline) },
        }
    }

    /// The next rows of `stride` bytes each: at least one, at most `most`, no more than
    /// [`memory::batch_rows`].
    pub(super) fn rows(&mut self, stride: usize, most: usize) -> Result<&[u8], Failure> {
        let wanted = stride.saturating_mul(most);
        if self.end - self.start < wanted {
            self.refill(wanted)?;
        }
        let rows = most.min((self.end - self.start) / stride);
        if rows == 0 {
            return Err(Failure::Short);
        }
        let from = self.start;
        self.start += rows * stride;
        Ok(&self.buffer[from..self.start])
    }

    /// Inflates until the buffer is full, every row is there or the data ends.
    fn refill(&mut self, wanted: usize) -> Result<(), Failure> {
        if self.buffer.len() - self.start < wanted {
            self.slide();
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let limit = self.buffer.len().min(self.end.saturating_add(left));
        while self.end < limit && !self.inflater.is_done() {
            self.watch.look()?;
            let piece = self.pieces.fill();
            let piece = piece.get(..SLICE).unwrap_or(piece);
            let at_end = piece.is_empty();
            let (taken, made) = self
                .inflater
                .read(piece, &mut self.buffer[..limit], self.end, false)
                .map_err(|err| corrupt().with_source(Broken(err)))?;
            self.pieces.consume(taken);
            self.end += made;
            self.left -= made as u64;
            self.watch.taken += taken as u64;
            self.watch.made += made as u64;
            if at_end && made == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Moves the last window, and what nobody had yet, to the front.
    fn slide(&mut self) {
        let kept = self.start.min(self.end.saturating_sub(WINDOW as usize));
        self.buffer.copy_within(kept..self.end, 0);
        self.start -= kept;
        self.end -= kept;
    }
}

impl Watch {
    fn look(&self) -> Result<(), Error> {
        self.budget.check(Stage::Decode)?;
        let allowed = self.made.saturating_mul(2).saturating_add(self.slack);
        if self.taken > allowed {
            return Err(Error::malformed(Stage::Decode, Format::Png, "the image data makes next to no rows")
                .found(self.taken)
                .allowed(allowed));
        }
        Ok(())
    }
}

/// The error for image data that is there and wrong.
pub(super) fn corrupt() -> Error {
    Error::malformed(Stage::Decode, Format::Png, "the image data is corrupt")
}

/// What the inflater says, which has no words of its own.
#[derive(Debug)]
struct Broken(fdeflate::DecompressionError);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "deflate: {:?}", self.0)
    }
}

impl std::error::Error for Broken {}

//! IDAT: one run of chunks without another chunk in between (PNG 11.2.3).
//!
//! The first run makes the picture. IDAT after another chunk is passed over with a finding, as libpng does:
//! if the first run was whole, every pixel is there; if not, decoding ends early and says so.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, FindingKind, Findings, Span};

use super::chunk::{Chunk, offset};

/// Where the compressed pixels are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ImageData {
    /// The whole chunks of the run as they stand in the upload, lengths, types and CRCs included.
    pub(crate) run: Span,
    /// The data of one more chunk, which runs past the end of the upload.
    pub(crate) cut: Option<Span>,
    /// Bytes of compressed pixels.
    pub(crate) bytes: u64,
    /// Chunks of the run.
    pub(crate) chunks: u64,
    /// Whether IDAT came again after another chunk.
    pub(crate) is_interleaved: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Before,
    Within,
    After,
}

impl ImageData {
    /// Whether no IDAT was seen yet.
    pub(super) fn is_before(&self) -> bool {
        self.state == State::Before
    }

    /// Adds a whole IDAT chunk.
    pub(super) fn chunk(&mut self, chunk: &Chunk<'_>, findings: &mut Findings) -> Result<(), Error> {
        if self.state == State::After {
            self.is_interleaved = true;
            findings.note(FindingKind::JunkBetweenChunks, chunk.offset());
            return Ok(());
        }
        if !chunk.crc_matches {
            return Err(chunk.malformed("wrong CRC in IDAT"));
        }
        if self.state == State::Before {
            self.run.start = chunk.start;
            self.state = State::Within;
        }
        self.run.end = chunk.end;
        self.count(chunk.data.len());
        Ok(())
    }

    /// Notes a chunk of another type.
    pub(super) fn other_chunk(&mut self) {
        if self.state == State::Within {
            self.state = State::After;
        }
    }

    /// Adds the data of an IDAT chunk that runs past the end of the upload.
    pub(super) fn cut(&mut self, data: Span) {
        if self.state != State::After {
            self.state = State::Within;
            self.cut = Some(data);
            self.count(data.len());
        }
    }

    fn count(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(offset(bytes));
        self.chunks = self.chunks.saturating_add(1);
    }
}

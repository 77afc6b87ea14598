//! Where the encoders write: a list of chunks, each paid for before it is allocated.

use std::io::{self, Write};
use std::mem;

use fic_core::{Budget, Error, HeldBytes, Kind, Stage};

/// Bytes of one chunk: a usual thumbnail fits in one, and the list stays short for large files.
pub(crate) const CHUNK: usize = 32 << 10;

/// The most heap bytes held at once for a file of `file` bytes by an encoder that needs `scratch` bytes
/// beside it: the chunks, and with them first the encoder and then, when that is gone, the finished file.
pub(crate) fn peak_bytes(scratch: u64, file: u64) -> u64 {
    let chunks = file.div_ceil(CHUNK as u64).max(1);
    // The list of chunks doubles when it grows, old and new together for a moment.
    let list = chunks.saturating_add(4).saturating_mul(3 * size_of::<HeldBytes>() as u64);
    chunks.saturating_mul(CHUNK as u64).saturating_add(list).saturating_add(scratch.max(file))
}

/// Takes the bytes of one file. A `Vec` that doubles would hold three times the file at its worst moment
/// and leave it with room that nobody asked for; this holds twice the file and leaves it exact.
pub(crate) struct Sink<'a> {
    budget: &'a Budget,
    full: Vec<HeldBytes>,
    last: Option<HeldBytes>,
    failed: Option<Error>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(budget: &'a Budget) -> Sink<'a> {
        Sink { budget, full: Vec::new(), last: None, failed: None }
    }

    /// Bytes written so far.
    pub(crate) fn len(&self) -> usize {
        let last = self.last.as_ref().map_or(0, |chunk| chunk.as_slice().len());
        self.full.len() * CHUNK + last
    }

    /// The error behind an encoder's complaint: what stopped this sink, or else the encoder itself.
    pub(crate) fn error(&mut self, err: impl std::error::Error + Send + Sync + 'static) -> Error {
        self.failed.take().unwrap_or_else(|| {
            Error::new(Kind::Upstream, Stage::Encode, "the encoder refused a checked picture")
                .with_source(err)
        })
    }

    /// All bytes in one piece.
    pub(crate) fn finish(self) -> Result<HeldBytes, Error> {
        let chunks = || self.full.iter().chain(&self.last).map(HeldBytes::as_slice);
        let mut file = HeldBytes::with_capacity(chunks().map(<[u8]>::len).sum(), self.budget)?;
        for chunk in chunks() {
            file.push(chunk)?;
        }
        Ok(file)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut left = bytes;
        while !left.is_empty() {
            let chunk = match &mut self.last {
                Some(chunk) if chunk.as_slice().len() < CHUNK => chunk,
                last => {
                    // The clock is read once a chunk.
                    self.budget.check(Stage::Encode)?;
                    let fresh = HeldBytes::with_capacity(CHUNK, self.budget)?;
                    self.full.extend(mem::take(last));
                    last.insert(fresh)
                }
            };
            let room = CHUNK - chunk.as_slice().len();
            let (now, later) = left.split_at(left.len().min(room));
            chunk.push(now)?;
            left = later;
        }
        Ok(())
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.push(bytes).map_err(|err| {
            self.failed = Some(err);
            io::Error::other("the budget is spent")
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use fic_core::{Limit, Limits};

    use super::*;

    #[test]
    fn joins_what_was_written_across_chunks() {
        let budget = Budget::new(&Limits::untrusted());
        let mut sink = Sink::new(&budget);
        let bytes: Vec<u8> = (0..CHUNK * 2 + 77).map(|at| (at % 251) as u8).collect();
        for part in bytes.chunks(10_007) {
            sink.write_all(part).unwrap();
        }
        assert_eq!(sink.finish().unwrap().as_slice(), bytes);
        assert_eq!(budget.held_bytes(), 0);
        assert!(budget.peak_bytes() <= peak_bytes(0, bytes.len() as u64));
    }

    #[test]
    fn stops_with_the_limit_that_was_hit() {
        let budget = Budget::new(&Limits::untrusted().with_max_heap_bytes(CHUNK as u64 + 1));
        let mut sink = Sink::new(&budget);
        let err = sink.write_all(&[0; CHUNK + 1]).unwrap_err();
        let err = sink.error(err);
        assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxHeapBytes, .. }));
    }
}

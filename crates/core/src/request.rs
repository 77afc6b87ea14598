//! What the caller wants decoded: only that is charged.

use std::num::NonZeroU8;

/// What to do with a picture whose data ends early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Truncated {
    /// Keep the rows that are there, fill the rest, and say so in a finding.
    Accept,
    /// Refuse it as malformed.
    #[default]
    Reject,
}

/// What admission is asked for: the first frame, at no less than a given size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// What to do with a picture whose data ends early.
    pub truncated: Truncated,
    /// The decoded picture may be scaled down while decoding, to no less than this width and height in
    /// *stored* (not yet upright) pixels. `None` asks for full size.
    pub at_least: Option<(u32, u32)>,
    /// Threads that may decode the picture at once. The result is that of one; a decoder may use fewer.
    pub threads: NonZeroU8,
}

impl Request {
    /// The first frame, in full, refusing truncated files.
    pub const fn full() -> Request {
        Request { truncated: Truncated::Reject, at_least: None, threads: NonZeroU8::MIN }
    }

    /// The same with another answer to truncated files.
    #[must_use]
    pub const fn with_truncated(mut self, truncated: Truncated) -> Request {
        self.truncated = truncated;
        self
    }

    /// The same, decoded by up to `threads` threads.
    #[must_use]
    pub const fn with_threads(mut self, threads: NonZeroU8) -> Request {
        self.threads = threads;
        self
    }

    /// The same, allowed to decode at a smaller scale that still covers this size in stored pixels.
    #[must_use]
    pub const fn with_at_least(mut self, width: u32, height: u32) -> Request {
        self.at_least = Some((width, height));
        self
    }
}

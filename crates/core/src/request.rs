//! What the caller wants decoded: only that is charged.

use std::num::NonZeroU8;

use crate::{Error, Stage};

/// What to do with a picture whose data ends early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Truncated {
    /// Keep the rows that are there, fill the rest, and say so in a finding.
    Accept,
    /// Refuse it as malformed.
    #[default]
    Reject,
}

/// How near a picture that is scaled down while it is decoded must come to one that is scaled down afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Nearness {
    /// What is left out cannot be seen in a picture of half the size that was asked for.
    #[default]
    Close,
    /// What is left out is hard to see.
    Rough,
}

/// What admission is asked for: one frame, at no less than a given size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// What to do with a picture whose data ends early.
    pub truncated: Truncated,
    /// The decoded picture may be scaled down while decoding, to no less than this width and height in
    /// *stored* (not yet upright) pixels. `None` asks for full size.
    pub at_least: Option<(u32, u32)>,
    /// What may be left out where the picture is scaled down.
    pub nearness: Nearness,
    /// Which frame of an animation, counted from 0: the canvas as a player shows it at that frame.
    pub frame: u32,
    /// Threads that may decode the picture at once. The result is that of one; a decoder may use fewer.
    pub threads: NonZeroU8,
}

impl Request {
    /// The first frame, in full, refusing truncated files.
    pub const fn full() -> Request {
        Request {
            truncated: Truncated::Reject,
            at_least: None,
            nearness: Nearness::Close,
            frame: 0,
            threads: NonZeroU8::MIN,
        }
    }

    /// The same with another answer to truncated files.
    #[must_use]
    pub const fn with_truncated(mut self, truncated: Truncated) -> Request {
        self.truncated = truncated;
        self
    }

    /// The same with another wish for nearness.
    #[must_use]
    pub const fn with_nearness(mut self, nearness: Nearness) -> Request {
        self.nearness = nearness;
        self
    }

    /// The same for another frame, counted from 0.
    #[must_use]
    pub const fn with_frame(mut self, frame: u32) -> Request {
        self.frame = frame;
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

    /// Refuses a frame that a picture of so many frames does not have.
    ///
    /// # Errors
    /// `Misuse`, with the last frame there is and the one that was asked for.
    pub fn check_frame(&self, frames: u64) -> Result<(), Error> {
        let last = frames.saturating_sub(1);
        if u64::from(self.frame) <= last {
            return Ok(());
        }
        let what = "the picture ends before the frame that was asked for";
        Err(Error::misuse(Stage::Admit, what).found(self.frame.into()).allowed(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn a_frame_past_the_last_is_the_callers_mistake_and_both_are_named() {
        let request = Request::full().with_frame(3);
        request.check_frame(4).unwrap();
        let err = request.check_frame(3).unwrap_err();
        assert_eq!(err.kind(), Kind::Misuse);
        assert_eq!(
            err.to_string(),
            "the picture ends before the frame that was asked for (found 3, allowed 2)"
        );
        Request::full().check_frame(0).unwrap();
    }
}

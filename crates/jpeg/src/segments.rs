//! The marker segments of a stream, one after the other.
//!
//! In come the bytes of a file from SOI on; out go spans: marker, payload, and for a scan the
//! entropy-coded data behind it. Nothing is copied or allocated, and nothing is refused here: a segment
//! that runs past the end is handed out as cut.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Reader, Span};

use crate::marker;
use crate::scandata::ScanData;

/// One marker segment (T.81, B.1.1.3 and B.1.1.4).
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// The byte after 0xFF.
    pub marker: u8,
    /// Where the marker's last 0xFF stands.
    pub at: usize,
    /// The bytes between the last segment and the marker.
    pub before: Before,
    /// What follows the length field; empty for a marker that stands alone.
    pub payload: Span,
    /// The entropy-coded data, for SOS.
    pub data: Option<ScanData>,
    /// Whether the segment's length runs past the end of the input, or is less than 2.
    pub broken: bool,
}

/// The bytes between two segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Fill bytes: 0xFF repeated, allowed before any marker (B.1.1.2).
    pub fill: usize,
    /// Other bytes: they belong to nothing.
    pub junk: usize,
}

/// The segments after SOI, up to and with EOI.
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    input: &'a [u8],
    position: usize,
    ended: bool,
}

impl<'a> Segments<'a> {
    /// The segments of `input`, which starts with SOI.
    pub const fn new(input: &'a [u8]) -> Segments<'a> {
        Segments { input, position: 2, ended: false }
    }

    /// The byte after the last segment handed out.
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Moves to the next marker; its code, its place and what stood before it.
    fn next_marker(&mut self) -> Option<(u8, usize, Before)> {
        let start = self.position;
        let mut from = start;
        loop {
            // Runs of stuffing come here two bytes at a time: a search would cost more than a look.
            let first = match self.input.get(from)? {
                0xFF => from,
                _ => from.checked_add(memchr::memchr(0xFF, self.input.get(from..)?)?)?,
            };
            let mut after = first.checked_add(1)?;
            while *self.input.get(after)? == 0xFF {
                after = after.checked_add(1)?;
            }
            self.position = after.checked_add(1)?;
            let code = *self.input.get(after)?;
            if code != 0 {
                let at = after.saturating_sub(1);
                let before = Before { fill: at.saturating_sub(first), junk: first.saturating_sub(start) };
                return Some((code, at, before));
            }
            // 0xFF00 is stuffing, not a marker: more junk.
            from = self.position;
        }
    }
}

impl Iterator for Segments<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        if self.ended {
            return None;
        }
        let Some((code, at, before)) = self.next_marker() else {
            self.ended = true;
            return None;
        };
        let mut segment = Segment {
            marker: code,
            at,
            before,
            payload: Span { start: self.position, end: self.position },
            data: None,
            broken: false,
        };
        if code == marker::EOI {
            self.ended = true;
        }
        if marker::stands_alone(code) {
            return Some(segment);
        }
        let mut r = Reader::at(self.input, self.position);
        let payload = r.u16_be().and_then(|length| {
            let start = r.position();
            r.take(usize::from(length).checked_sub(2)?).map(|_| Span { start, end: r.position() })
        });
        let Some(payload) = payload else {
            self.ended = true;
            segment.broken = true;
            return Some(segment);
        };
        segment.payload = payload;
        self.position = payload.end;
        if code == marker::SOS {
            let data = ScanData::find(self.input, payload.end);
            self.position = data.span.end;
            segment.data = Some(data);
        }
        Some(segment)
    }
}

//! Entropy-coded data (T.81, B.1.1.5): where it ends, and the restart intervals in it.
//!
//! In comes the byte after a scan header; out goes the span up to the next marker that is no restart
//! marker, with counts. The data itself is not decoded.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Span;
use memchr::memchr;

use crate::marker;

/// The entropy-coded data of one scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanData {
    /// From the byte after the scan header to the 0xFF of the marker that ends it, or to the end of input.
    pub span: Span,
    /// Restart markers with data behind them: one fewer than the intervals.
    pub restarts: u64,
    /// Where a restart marker does not carry the number that is due, modulo 8.
    pub out_of_order: Option<usize>,
    /// Restart markers at the very end, with no data behind them: passed over.
    pub trailing_restarts: u64,
    /// Bytes that code nothing: stuffing and the restart markers.
    pub overhead: u64,
}

impl ScanData {
    /// The data that starts at `start`.
    pub fn find(input: &[u8], start: usize) -> ScanData {
        let rest = input.get(start..).unwrap_or_default();
        let mut data = ScanData {
            span: Span { start, end: input.len() },
            restarts: 0,
            out_of_order: None,
            trailing_restarts: 0,
            overhead: 0,
        };
        let mut marks = Marks::new(rest);
        let mut due = 0u8;
        // The end of the run of restart markers that is being looked at, and its length.
        let (mut run_end, mut run) = (usize::MAX, 0u64);
        for Restart { at, number } in &mut marks {
            data.overhead = data.overhead.saturating_add(2);
            if number != due && data.out_of_order.is_none() {
                data.out_of_order = Some(start.saturating_add(at));
            }
            due = number.wrapping_add(1) & 7;
            data.restarts = data.restarts.saturating_add(1);
            run = if at == run_end { run.saturating_add(1) } else { 1 };
            run_end = at.saturating_add(2);
        }
        data.overhead = data.overhead.saturating_add(marks.stuffed);
        let len = marks.end;
        data.span.end = start.saturating_add(len);
        if run_end == len {
            data.trailing_restarts = run;
            data.restarts = data.restarts.saturating_sub(run);
        }
        data
    }

    /// Bits of code in the data, at most.
    pub fn code_bits(&self) -> u64 {
        u64::try_from(self.span.len()).unwrap_or(u64::MAX).saturating_sub(self.overhead).saturating_mul(8)
    }
}

/// The restart intervals of a scan's data: what lies between the restart markers.
#[derive(Clone, Debug)]
pub struct Intervals<'a> {
    data: &'a [u8],
    marks: Marks<'a>,
    from: usize,
    done: bool,
}

impl<'a> Intervals<'a> {
    /// The intervals of `data`, the bytes of a [`ScanData`]'s span.
    pub fn new(data: &'a [u8]) -> Intervals<'a> {
        Intervals { data, marks: Marks::new(data), from: 0, done: false }
    }
}

impl<'a> Iterator for Intervals<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.done {
            return None;
        }
        if let Some(Restart { at, .. }) = self.marks.next() {
            let interval = self.data.get(self.from..at);
            self.from = at.saturating_add(2);
            return interval;
        }
        self.done = true;
        self.data.get(self.from..)
    }
}

/// RST0 to RST7; `at` is where its 0xFF stands.
#[derive(Clone, Copy, Debug)]
struct Restart {
    at: usize,
    number: u8,
}

/// Finds each restart marker in entropy-coded data; ends at the first marker that is none.
#[derive(Clone, Debug)]
struct Marks<'a> {
    data: &'a [u8],
    /// The next byte that is not yet judged.
    from: usize,
    /// Stuffed zeros passed so far.
    stuffed: u64,
    /// Where the data ends, once the iterator has.
    end: usize,
}

/// Bytes that are looked at at once.
const RUN: usize = 64;

impl<'a> Marks<'a> {
    fn new(data: &'a [u8]) -> Marks<'a> {
        Marks { data, from: 0, stuffed: 0, end: data.len() }
    }

    fn rest(&self) -> &'a [u8] {
        self.data.get(self.from..).unwrap_or_default()
    }

    /// Passes over whole runs whose every 0xFF is followed by a stuffed zero.
    fn pass_plain_runs(&mut self) {
        while let Some([run @ .., _]) = self.rest().first_chunk::<{ RUN + 1 }>()
            && let Some(followers) = self.rest().get(1..).and_then(|rest| rest.first_chunk::<RUN>())
        {
            let (mut ffs, mut marks) = (0u8, 0u8);
            for (&byte, &follower) in run.iter().zip(followers) {
                let is_ff = byte == 0xff;
                ffs = ffs.wrapping_add(is_ff.into());
                marks |= if is_ff { follower } else { 0 };
            }
            if marks != 0 {
                return;
            }
            self.stuffed = self.stuffed.saturating_add(ffs.into());
            self.from = self.from.saturating_add(RUN);
        }
    }
}

impl Iterator for Marks<'_> {
    type Item = Restart;

    fn next(&mut self) -> Option<Restart> {
        loop {
            self.pass_plain_runs();
            let Some(first) = memchr(0xff, self.rest()).map(|at| self.from.saturating_add(at)) else {
                self.from = self.data.len();
                return None;
            };
            // 0xFF may be repeated as fill before a marker; libjpeg takes it so before stuffing too.
            let run = self.data.get(first..).unwrap_or_default();
            let Some(repeated) = run.iter().position(|&byte| byte != 0xff) else {
                // Nothing but 0xFF up to the end of the input.
                self.end = first;
                return None;
            };
            let code = run.get(repeated).copied().unwrap_or(0);
            let after = first.saturating_add(repeated);
            self.from = after.saturating_add(1);
            if code == 0 {
                self.stuffed = self.stuffed.saturating_add(1);
            } else if marker::is_restart(code) {
                return Some(Restart { at: after.saturating_sub(1), number: code & 7 });
            } else {
                self.end = first;
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_over_stuffing_and_restarts_and_stops_at_the_next_marker() {
        let bytes = b"ab\xFF\x00c\xFF\xD0d\xFF\xD1e\xFF\xFF\xC4rest";
        let data = ScanData::find(bytes, 1);
        assert_eq!(data.span, Span { start: 1, end: 11 });
        assert_eq!((data.restarts, data.trailing_restarts, data.overhead), (2, 0, 5));
        assert_eq!(data.out_of_order, None);
        let intervals: Vec<_> = Intervals::new(data.span.of(bytes)).collect();
        assert_eq!(intervals, [&b"b\xFF\x00c"[..], b"d", b"e"]);
    }

    #[test]
    fn counts_restarts_at_the_end_apart_and_names_a_wrong_number() {
        let data = ScanData::find(b"a\xFF\xD0b\xFF\xD2\xFF\xD3\xFF\xD9", 0);
        assert_eq!((data.restarts, data.trailing_restarts, data.out_of_order), (1, 2, Some(4)));
        let data = ScanData::find(b"a\xFF\xFF", 0);
        assert_eq!(data.span.end, 1);
    }
}

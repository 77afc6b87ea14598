//! Entropy-coded data (T.81, B.1.1.5): where it ends, and the restart intervals in it.
//!
//! In comes the byte after a scan header; out goes the span up to the next marker that is no restart
//! marker, with counts. The data itself is not decoded.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Span;
use memchr::Memchr;

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
        for mark in &mut marks {
            let Mark::Restart { at, number } = mark else {
                data.overhead = data.overhead.saturating_add(1);
                continue;
            };
            data.overhead = data.overhead.saturating_add(2);
            if number != due && data.out_of_order.is_none() {
                data.out_of_order = Some(start.saturating_add(at));
            }
            due = number.wrapping_add(1) & 7;
            data.restarts = data.restarts.saturating_add(1);
            run = if at == run_end { run.saturating_add(1) } else { 1 };
            run_end = at.saturating_add(2);
        }
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
        for mark in &mut self.marks {
            if let Mark::Restart { at, .. } = mark {
                let interval = self.data.get(self.from..at);
                self.from = at.saturating_add(2);
                return interval;
            }
        }
        self.done = true;
        self.data.get(self.from..)
    }
}

/// What a 0xFF in entropy-coded data turns out to be.
#[derive(Clone, Copy, Debug)]
enum Mark {
    /// 0xFF00: one byte of data.
    Stuffing,
    /// RST0 to RST7; `at` is where its 0xFF stands.
    Restart { at: usize, number: u8 },
}

/// Finds each 0xFF in entropy-coded data; ends at the first marker that is no restart marker.
#[derive(Clone, Debug)]
struct Marks<'a> {
    data: &'a [u8],
    ffs: Memchr<'a>,
    /// The next byte that is not yet judged.
    from: usize,
    /// Where the data ends, once the iterator has.
    end: usize,
}

impl<'a> Marks<'a> {
    fn new(data: &'a [u8]) -> Marks<'a> {
        Marks { data, ffs: memchr::memchr_iter(0xFF, data), from: 0, end: data.len() }
    }
}

impl Iterator for Marks<'_> {
    type Item = Mark;

    fn next(&mut self) -> Option<Mark> {
        for first in &mut self.ffs {
            if first < self.from {
                // Part of a run of 0xFF that is already judged.
                continue;
            }
            // 0xFF may be repeated as fill before a marker; libjpeg takes it so before stuffing too.
            let run = self.data.get(first..).unwrap_or_default();
            let Some(repeated) = run.iter().position(|&byte| byte != 0xFF) else {
                // Nothing but 0xFF up to the end of the input.
                self.end = first;
                return None;
            };
            let code = run.get(repeated).copied().unwrap_or(0);
            let after = first.saturating_add(repeated);
            self.from = after;
            if code == 0 {
                return Some(Mark::Stuffing);
            }
            if marker::is_restart(code) {
                return Some(Mark::Restart { at: after.saturating_sub(1), number: code & 7 });
            }
            self.end = first;
            return None;
        }
        None
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

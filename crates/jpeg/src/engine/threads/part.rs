//! One part of a scan, decoded ahead by a thread of its own.

use std::iter::Enumerate;
use std::slice::ChunksExactMut;
use std::sync::{Mutex, PoisonError};

use fic_core::{Budget, Stage};

use super::cuts::{Cut, Known, plain_len};
use super::{LEAD_BYTES, Threads};
use crate::engine::scan::{Fault, OnFault, Place, ScanWalk};
use crate::engine::sequential::BlocksOfMcu;

/// Rows that no part has taken.
pub(super) type Pool<'r> = Mutex<Enumerate<ChunksExactMut<'r, i16>>>;

/// What all parts are decoded with.
#[derive(Clone, Copy)]
pub(super) struct Means<'w> {
    pub(super) blocks: &'w BlocksOfMcu<'w>,
    /// MCUs in a row.
    pub(super) across: usize,
    pub(super) pool: &'w Pool<'w>,
    pub(super) budget: &'w Budget,
}

/// A part: before its thread has run, and after.
pub(super) struct Part<'a> {
    known: Known,
    end: End,
    /// Bytes of the scan from its first on.
    to_end: usize,
    /// Its bytes up to where the next part begins.
    bytes: &'a [u8],
    /// Where the decoding is.
    pub(super) walk: ScanWalk<'a>,
    /// Whether it stopped between two MCUs and without a fault, so that another can go on from there.
    pub(super) goes_on: bool,
    /// MCUs that were decoded.
    pub(super) mcus: u64,
    /// The rows that they are in.
    pub(super) rows: Vec<u32>,
    /// Where each of its first MCUs begins, in plain bits from its first byte.
    marks: Vec<u32>,
    max_marks: usize,
    /// How many of its bytes are plain, once that was counted.
    pub(super) plain_bytes: Option<u64>,
    /// How many plain bytes are before it, where it guesses.
    pub(super) plain_before: u64,
    /// A row for what is decoded to get into step.
    scratch: Vec<i16>,
}

/// Where a part ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// At the first end of a row that has no more than so many bytes behind it.
    Unread(usize),
    /// At the restart marker that has so many bytes behind it.
    Restart(usize),
}

/// How a walk stands to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// It is where the part's MCU of that number begins.
    At(u64),
    /// It is past all places where it could have met the part.
    Never,
    /// It has not come there.
    NotYet,
}

impl<'a> Part<'a> {
    /// The part from `cut` to `next`, the beginning of the one behind; the caller has paid for its segment and lists.
    pub(super) fn new(
        data: &'a [u8],
        interval: u16,
        cut: Cut,
        next: Option<Cut>,
        threads: &Threads,
    ) -> Part<'a> {
        let from = data.get(cut.at..).unwrap_or_default();
        let behind = next.map_or(0, |next| data.len().saturating_sub(next.at));
        let guesses = cut.known == Known::Nothing;
        let max_marks = if guesses { threads.marks } else { 1 };
        Part {
            known: cut.known,
            end: match next.map(|next| next.known) {
                Some(Known::Restart(_)) => End::Restart(behind),
                // The next part needs some bytes to get into step, and perhaps a few more.
                _ => End::Unread(behind.saturating_sub(LEAD_BYTES + LEAD_BYTES / 4)),
            },
            to_end: from.len(),
            bytes: from.get(..from.len() - behind).unwrap_or_default(),
            walk: match cut.known {
                Known::Restart(due) => ScanWalk::behind_restart(from, interval, due),
                Known::Nothing | Known::Start => ScanWalk::new(from, interval, OnFault::Stop),
            },
            goes_on: false,
            mcus: 0,
            rows: Vec::with_capacity(threads.rows),
            marks: Vec::with_capacity(max_marks),
            max_marks,
            plain_bytes: None,
            plain_before: 0,
            scratch: vec![0; if guesses { threads.row_len } else { 0 }],
        }
    }

    /// Heap bytes of its lists.
    pub(super) fn list_bytes(rows: usize, marks: usize, row_len: usize) -> u64 {
        (rows + marks) as u64 * 4 + row_len as u64 * 2
    }

    /// Decodes it.
    pub(super) fn decode(&mut self, means: Means<'_>) {
        if !matches!(self.known, Known::Restart(_)) {
            self.plain_bytes = Some(plain_len(self.bytes));
        }
        if self.known == Known::Nothing && !self.gets_into_step(means) {
            return;
        }
        self.goes_on = true;
        while !self.is_done() && means.budget.check(Stage::Decode).is_ok() {
            let row = means.pool.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((number, row)) = row else { return };
            self.rows.push(number as u32);
            let outcome = self.decode_row(means, row);
            self.mcus = self.walk.done();
            self.goes_on = outcome.is_ok();
            if !self.goes_on {
                return;
            }
        }
    }

    /// Reads from the first byte to the cut, from wherever an MCU might begin; whether it came there.
    fn gets_into_step(&mut self, means: Means<'_>) -> bool {
        while self.walk.segment().used_bits() < LEAD_BYTES as u64 * 8 {
            if means.blocks.read(&mut self.walk, &mut self.scratch, 0, 1).is_err() {
                if self.walk.segment().is_at_end() {
                    return false;
                }
                self.walk.guess();
            }
        }
        self.walk.begin_here();
        true
    }

    fn decode_row(&mut self, means: Means<'_>, row: &mut [i16]) -> Result<(), Fault> {
        let is_marked = self.marks.len() < self.max_marks;
        let mut mcu = 0;
        while mcu < means.across && !(mcu > 0 && self.is_at_restart()) {
            let mut count = self.walk.to_restart().min(means.across - mcu);
            if is_marked && (self.known == Known::Nothing || mcu == 0) {
                self.marks.push(u32::try_from(self.walk.segment().used_bits()).unwrap_or(u32::MAX));
                count = 1;
            }
            means.blocks.read(&mut self.walk, row, mcu, count)?;
            mcu += count;
        }
        Ok(())
    }

    fn is_at_restart(&self) -> bool {
        matches!(self.end, End::Restart(behind) if self.walk.is_before_restart(behind))
    }

    fn is_done(&self) -> bool {
        match self.end {
            End::Unread(left) => self.walk.segment().unread() <= left,
            End::Restart(behind) => self.is_at_restart() || self.walk.segment().to_end() <= behind,
        }
    }

    /// How a walk that is at `place` between two MCUs stands to it.
    pub(super) fn meeting(&self, place: Place) -> Meeting {
        if let Known::Restart(due) = self.known {
            let start = Place { to_end: self.to_end, bits: 0, next_restart: due };
            return match place {
                place if place == start => Meeting::At(0),
                Place { to_end, .. } if to_end > self.to_end => Meeting::NotYet,
                _ => Meeting::Never,
            };
        }
        let Some(bits) = place.bits.checked_sub(self.plain_before * 8) else { return Meeting::NotYet };
        match self.marks.binary_search_by(|&mark| u64::from(mark).cmp(&bits)) {
            Ok(nth) => Meeting::At(nth as u64),
            Err(nth) if nth == self.marks.len() => Meeting::Never,
            Err(_) => Meeting::NotYet,
        }
    }

    /// How many plain bytes before its own a walk has read that goes on from it, where that is to be added.
    pub(super) fn entered(&self) -> Option<u64> {
        (self.known == Known::Nothing).then_some(self.plain_before)
    }
}

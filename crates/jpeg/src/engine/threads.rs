//! One sequential scan on several threads, with the result of one thread to the bit.
//!
//! The scan's data is cut into parts ([`cuts`]), and each thread decodes one ahead ([`part`]) into rows of coefficients.
//! What one thread would have read is then put together from them ([`ahead`]) by the same walk that would have read
//! it: the walk decodes on until it is at a place where a part has found an MCU to begin, takes the part's MCUs
//! from there, and goes on where the part stopped.
//!
//! *Behind a restart marker* a part knows that an MCU begins. *Elsewhere* it guesses: from its cut on it reads as if an
//! MCU began there. Huffman codes bring a reader that began in the wrong place into step, on photographs within a
//! kilobyte or two, and it writes down where its MCUs begin. Nothing depends on luck: the walk compares its own
//! place with those, and at the same bit between two MCUs the same tables read the same. Only the number of the
//! MCU and a constant in each component's DC are unknown to the part, and the walk knows both. A part
//! that the walk does not meet, or that met damage, is dropped; then the walk reads what it stands for, damage and
//! all: slower, never wrong. No part is read more than twice.
//!
//! At full and at half size a file stays on one thread: the coefficients of all rows would take 3 and 1.5 bytes for each
//! stored pixel (4:2:0), and at a half two threads were only 8% faster than one.

pub(crate) mod ahead;
mod cuts;
mod part;
#[cfg(test)]
mod tests;

use std::num::NonZeroU8;

use fic_core::Cost;

use super::geometry::{Geometry, Scale};
use super::segment::SEGMENT_BYTES;
use crate::scan::Scan;
use part::Part;

/// A part has at least as many bytes: starting a thread takes as long as decoding a tenth of it.
const LEAST_BYTES: usize = if cfg!(test) { 160 } else { 32 << 10 };
/// Bytes before its cut from which on a part that guesses reads, to be in step when it comes there; and how far
/// behind the next part's cut a part stops, so that the next one has begun there.
const LEAD_BYTES: usize = if cfg!(test) { 40 } else { 4 << 10 };
/// At least so many MCUs of a part that guesses are noted, and at least two rows.
const LEAST_MARKS: usize = 1_024;
/// What a thread takes on the heap for itself: its handle, its name, its closure.
const THREAD_BYTES: u64 = 4 << 10;

/// On how many threads a scan is read, and what that takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threads {
    /// One for each thread.
    parts: usize,
    /// Rows of MCUs in all parts.
    rows: usize,
    /// Coefficients of such a row.
    row_len: usize,
    /// MCUs of which a part that guesses notes where they begin.
    marks: usize,
    cost: Cost,
}

impl Threads {
    /// `None` where one thread does as well: for `wanted`, the scan or the scale. `row_len` are the coefficients of a
    /// row of MCUs, `scan_work` is what the scan costs on one thread.
    pub(crate) fn new(
        scan: &Scan,
        geometry: &Geometry,
        scale: Scale,
        wanted: NonZeroU8,
        row_len: usize,
        scan_work: u64,
    ) -> Option<Threads> {
        let data = &scan.data;
        let parts = usize::from(wanted.get()).min(data.span.len() / LEAST_BYTES);
        let has_restarts = scan.tables.restart_interval > 0;
        let is_cuttable = if has_restarts {
            data.restarts >= parts as u64
        } else {
            data.restarts + data.trailing_restarts == 0
        };
        if parts < 2 || scale < Scale::Quarter || !is_cuttable {
            return None;
        }
        let (across, down) = geometry.mcus;
        // Each part ends with a row that is not full, and decodes over the next one's beginning.
        let rows = down + parts * (2 + LEAST_MARKS / across);
        let marks = LEAST_MARKS.max(2 * across).next_multiple_of(across);
        let lists = parts as u64 * Part::list_bytes(rows, marks, row_len);
        let threads = parts as u64 * (THREAD_BYTES + SEGMENT_BYTES + size_of::<Part<'_>>() as u64);
        let peak_heap = (rows * row_len) as u64 * 2 + lists + threads;
        Some(Threads { parts, rows, row_len, marks, cost: Cost { work: scan_work, peak_heap } })
    }

    /// What is to be added to the cost of one thread: at worst everything is read twice.
    pub(crate) fn cost(&self) -> Cost {
        self.cost
    }
}

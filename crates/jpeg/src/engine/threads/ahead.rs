//! What threads have decoded ahead, and the walk that takes it up.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

use fic_core::Budget;

use super::Threads;
use super::cuts::cuts;
use super::part::{Means, Meeting, Part};
use crate::engine::coefficients::Layout;
use crate::engine::decoder::starts;
use crate::engine::geometry::Geometry;
use crate::engine::scan::{Fault, ScanWalk};
use crate::engine::sequential::BlocksOfMcu;
use crate::scan::Scan;

/// Bytes of stack of a thread: the list of an MCU's blocks is the largest thing on it.
const STACK_BYTES: usize = 256 << 10;

/// The parts of a scan, decoded.
pub(crate) struct Ahead<'a> {
    /// Rows of MCUs, which of which part's only the part knows.
    rows: Vec<i16>,
    row_len: usize,
    /// Those that the walk is not past.
    parts: VecDeque<Part<'a>>,
    /// What is being taken from the first of them.
    run: Option<Run>,
    /// The components in the order of the scan.
    order: [usize; 4],
    /// MCUs of the whole scan.
    total: u64,
}

/// MCUs of a part that are right.
#[derive(Clone, Copy, Debug)]
struct Run {
    next: u64,
    end: u64,
    /// How many of them were taken.
    taken: u64,
    /// What is to be added to DC, by place of the component in the scan.
    bases: [i32; 4],
}

impl<'a> Ahead<'a> {
    /// Decodes the parts of `scan`, and comes back when all threads have.
    pub(crate) fn decode(
        data: &'a [u8],
        scan: &Scan,
        blocks: &BlocksOfMcu<'_>,
        geometry: &Geometry,
        threads: &Threads,
        budget: &Budget,
    ) -> Ahead<'a> {
        let interval = scan.tables.restart_interval;
        let mut begins = cuts(data, interval, threads.parts).peekable();
        let mut parts = VecDeque::with_capacity(threads.parts);
        while let Some(cut) = begins.next() {
            parts.push_back(Part::new(data, interval, cut, begins.peek().copied(), threads));
        }
        let mut rows = vec![0; threads.rows * threads.row_len];
        let pool = Mutex::new(rows.chunks_exact_mut(threads.row_len).enumerate());
        run_all(&mut parts, Means { blocks, across: geometry.mcus.0, pool: &pool, budget });
        place_all(&mut parts);
        let mut order = [0; 4];
        for (slot, part) in order.iter_mut().zip(scan.header.components()) {
            *slot = part.index;
        }
        let total = geometry.mcus.0 as u64 * geometry.mcus.1 as u64;
        Ahead { rows, row_len: threads.row_len, parts, run: None, order, total }
    }

    /// The next row of MCUs, as `walk` alone would have read it into `row`, which is all zeros.
    pub(crate) fn read_row(
        &mut self,
        walk: &mut ScanWalk<'a>,
        blocks: &BlocksOfMcu<'_>,
        geometry: &Geometry,
        layouts: &[Layout],
        row: &mut [i16],
    ) -> Result<(), Fault> {
        let across = geometry.mcus.0;
        let mut next = 0;
        while next < across {
            if let Some(run) = self.run {
                let count = (run.end - run.next).min((across - next) as u64);
                self.take(run, count as usize, (geometry, layouts), (row, next));
                next += count as usize;
                self.pass(walk, count);
                continue;
            }
            let Some(part) = self.parts.front() else {
                return blocks.read(walk, row, next, across - next);
            };
            walk.meet_restart()?;
            match walk.place().map_or(Meeting::NotYet, |place| part.meeting(place)) {
                Meeting::At(nth) if self.begin(walk, nth, (geometry, layouts)) => {}
                Meeting::At(_) | Meeting::Never => drop(self.parts.pop_front()),
                Meeting::NotYet => {
                    blocks.read(walk, row, next, 1)?;
                    next += 1;
                }
            }
        }
        Ok(())
    }

    /// Begins to take MCUs of the first part from number `nth` on; whether it is of use.
    fn begin(&mut self, walk: &ScanWalk<'_>, nth: u64, of: (&Geometry, &[Layout])) -> bool {
        let Some(part) = self.parts.front() else { return false };
        let left = self.total.saturating_sub(walk.done());
        let found = part.mcus.saturating_sub(nth);
        if found == 0 || !part.goes_on && found < left {
            return false;
        }
        let mut bases = walk.predictors();
        for (base, &index) in bases.iter_mut().zip(&self.order) {
            *base = base.wrapping_sub(self.dc_before(part, nth, index, of).into());
        }
        self.run = Some(Run { next: nth, end: nth + found.min(left), taken: 0, bases });
        true
    }

    /// The DC that a part has come to before its MCU `nth`, for one component.
    fn dc_before(
        &self,
        part: &Part<'_>,
        nth: u64,
        index: usize,
        (geometry, layouts): (&Geometry, &[Layout]),
    ) -> i16 {
        let across = geometry.mcus.0;
        let (Some(before), Some(component), Some(layout)) =
            (nth.checked_sub(1), geometry.components().get(index), layouts.get(index))
        else {
            return 0;
        };
        let (row, mcu) = (before as usize / across, before as usize % across);
        let last = layout.start((mcu + 1) * component.h - 1) + (component.v - 1) * layout.row_len();
        let start = starts(geometry, layouts)[index & 3] + last + layout.offsets.at(0);
        self.row_of(part, row).get(start).copied().unwrap_or(0)
    }

    fn row_of(&self, part: &Part<'_>, row: usize) -> &[i16] {
        let number = part.rows.get(row).map_or(0, |&number| number as usize);
        self.rows.get(number * self.row_len..).and_then(|rows| rows.get(..self.row_len)).unwrap_or_default()
    }

    /// Copies `count` MCUs of a run to `row`, from its MCU `to` on.
    fn take(
        &self,
        run: Run,
        count: usize,
        (geometry, layouts): (&Geometry, &[Layout]),
        (row, mut to): (&mut [i16], usize),
    ) {
        let Some(part) = self.parts.front() else { return };
        let across = geometry.mcus.0;
        let (mut next, end) = (run.next as usize, run.next as usize + count);
        while next < end {
            let (from, from_mcu) = (self.row_of(part, next / across), next % across);
            let count = (end - next).min(across - from_mcu);
            for (nth, &index) in self.order.iter().enumerate().take(layouts.len()) {
                let (component, layout) = (&geometry.components()[index], &layouts[index]);
                let start = starts(geometry, layouts)[index & 3];
                for v in 0..component.v {
                    let block_row = start + v * layout.row_len()..start + (v + 1) * layout.row_len();
                    let places = (from_mcu * component.h, to * component.h, count * component.h);
                    copy(
                        layout,
                        &from[block_row.clone()],
                        &mut row[block_row],
                        places,
                        run.bases[nth] as i16,
                    );
                }
            }
            next += count;
            to += count;
        }
    }

    /// Counts MCUs of the run as taken. At its end the walk goes on from there.
    fn pass(&mut self, walk: &mut ScanWalk<'a>, count: u64) {
        let Some(run) = &mut self.run else { return };
        run.next += count;
        run.taken += count;
        if run.next < run.end {
            return;
        }
        let (taken, bases) = (run.taken, run.bases);
        self.run = None;
        if let Some(part) = self.parts.pop_front()
            && part.goes_on
        {
            let entered = part.entered();
            walk.go_on_from(part.walk, taken, bases, entered);
        }
    }
}

/// Decodes each part on a thread of its own, the first on this one. What no thread can be had for is left undone.
fn run_all<'a>(parts: &mut VecDeque<Part<'a>>, means: Means<'_>) {
    thread::scope(|scope| {
        let mut parts = parts.iter_mut();
        let first = parts.next();
        for part in parts {
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            // The walk does what is left undone.
            let _ = builder.spawn_scoped(scope, move || part.decode(means));
        }
        if let Some(first) = first {
            first.decode(means);
        }
    });
}

/// Tells each part how many plain bytes are before it; drops those of which that is not known.
fn place_all(parts: &mut VecDeque<Part<'_>>) {
    let mut before = Some(0);
    parts.retain_mut(|part| {
        part.plain_before = before.unwrap_or(0);
        let is_placed = before.is_some() || part.entered().is_none();
        before = before.zip(part.plain_bytes).map(|(before, own)| before + own);
        is_placed
    });
}

/// Copies blocks of one row to another, `base` added to DC.
fn copy(
    layout: &Layout,
    from: &[i16],
    to: &mut [i16],
    (from_block, to_block, count): (usize, usize, usize),
    base: i16,
) {
    let unit = layout.start(1);
    let run = layout.blocks * unit;
    let (from_at, to_at, len) = (from_block * unit, to_block * unit, count * unit);
    for (from, to) in from.chunks_exact(run).zip(to.chunks_exact_mut(run)) {
        to[to_at..to_at + len].copy_from_slice(&from[from_at..from_at + len]);
    }
    if base != 0 {
        let dc = layout.offsets.at(0);
        for dc in to[dc + to_at..].iter_mut().step_by(unit).take(count) {
            *dc = dc.wrapping_add(base);
        }
    }
}

#[cfg(test)]
impl Ahead<'_> {
    /// Whether the next MCU is one that a part has decoded.
    pub(super) fn is_taking(&self) -> bool {
        self.run.is_some()
    }
}

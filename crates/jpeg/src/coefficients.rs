//! The decoder of files in several scans, progressive or not: all coefficients in memory.
//!
//! In come the scans of an outlined file; out come all coefficients, and stripes of samples from them. It
//! knows to the bit whether the data of a scan ended early.

use fic_core::{Budget, Error, Stage, Truncated};

use crate::admit::Admitted;
use crate::bits::Bits;
use crate::blocks::{self, Band, Block};
use crate::frame::{Frame, MAX_COMPONENTS, Process};
use crate::huffman::Damage;
use crate::idct;
use crate::outline::Outline;
use crate::ready::{self, Quantisers, ReadyTables};
use crate::scan::{Scan, ScanComponent};
use crate::scandata::Intervals;
use crate::stripe::Stripe;
use crate::walk::Walk;

/// All coefficients of a picture.
pub(crate) struct Coefficients {
    frame: Frame,
    planes: [Plane; MAX_COMPONENTS],
    quantisers: Quantisers,
    truncated: bool,
}

/// The coefficients of one component.
#[derive(Default)]
struct Plane {
    blocks: Vec<Block>,
    /// Blocks a row.
    across: usize,
}

/// Bytes that decoding all coefficients of a picture takes.
pub(crate) fn heap_bytes(outline: &Outline) -> u64 {
    let frame = outline.frame();
    let blocks: u64 = (0..frame.components().len()).map(|index| frame.padded_blocks(index).area()).sum();
    blocks * size_of::<Block>() as u64
        + ready::heap_bytes(outline)
        + size_of::<Coefficients>() as u64
        + size_of::<Admitted<'_>>() as u64
}

impl Coefficients {
    /// Decodes every scan. The caller has paid for [`heap_bytes`].
    pub(crate) fn decode(
        input: &[u8],
        outline: &Outline,
        truncated: Truncated,
        budget: &Budget,
    ) -> Result<Coefficients, Error> {
        let frame = *outline.frame();
        let mut this = Coefficients {
            frame,
            planes: std::array::from_fn(|index| Plane::zeroed(&frame, index)),
            quantisers: ready::quantisers(input, outline),
            truncated: !outline.is_complete() && outline.ending() != crate::Ending::Eoi,
        };
        let mut tables = ReadyTables::default();
        for scan in outline.scans(input) {
            budget.check(Stage::Decode)?;
            tables.prepare(&scan, input);
            match this.decode_scan(&scan, &tables, input, truncated, budget)? {
                None => {}
                Some(_) if truncated == Truncated::Accept => this.truncated = true,
                Some(damage) => return Err(ready::refusal(damage, &scan)),
            }
        }
        Ok(this)
    }

    /// Whether data was missing or damaged.
    pub(crate) fn was_truncated(&self) -> bool {
        self.truncated
    }

    /// Decodes one scan; the first damage in it, where there is any.
    fn decode_scan(
        &mut self,
        scan: &Scan,
        tables: &ReadyTables,
        input: &[u8],
        truncated: Truncated,
        budget: &Budget,
    ) -> Result<Option<Damage>, Error> {
        let mut walk = Walk::new(&self.frame, scan);
        let interval = match u64::from(scan.tables.restart_interval) {
            0 => u64::MAX,
            mcus => mcus,
        };
        let mut intervals = Intervals::new(scan.data.span.of(input));
        let mut first_damage = None;
        while walk.left > 0 {
            let due = interval.min(walk.left);
            let end = walk.left - due;
            let damage = match intervals.next() {
                Some(data) => self.decode_interval(scan, tables, data, &mut walk, end, budget)?,
                None => Some(Damage::Ended),
            };
            if damage.is_some() {
                first_damage = first_damage.or(damage);
                if truncated == Truncated::Reject {
                    break;
                }
                // What is left of the interval is lost; the next one starts at a known place.
                walk.skip_to(end);
            }
        }
        Ok(first_damage)
    }

    /// Decodes MCUs until `end` are left in the scan.
    fn decode_interval(
        &mut self,
        scan: &Scan,
        tables: &ReadyTables,
        data: &[u8],
        walk: &mut Walk,
        end: u64,
        budget: &Budget,
    ) -> Result<Option<Damage>, Error> {
        let mut bits = Bits::new(data);
        let mut state = State::default();
        let coding = Coding::of(&self.frame, scan);
        while walk.left > end {
            if walk.left.is_multiple_of(MCUS_BETWEEN_CHECKS) {
                budget.check(Stage::Decode)?;
            }
            for number in 0..walk.count {
                let component = walk.component(number);
                let (h, v) = component.per_mcu;
                for row in 0..v {
                    for column in 0..h {
                        let plane = &mut self.planes[component.part.index];
                        let at = (walk.y * v + row) * plane.across + walk.x * h + column;
                        let Some(block) = plane.blocks.get_mut(at) else { continue };
                        let done = coding.decode(&mut bits, tables, &component.part, &mut state, block);
                        if let Err(damage) = done {
                            return Ok(Some(damage));
                        }
                    }
                }
            }
            walk.step();
        }
        Ok(None)
    }

    /// Puts the samples of stripe `number`, a row of MCUs, into `stripe`.
    pub(crate) fn render(&self, number: usize, stripe: &mut Stripe) {
        for (index, plane) in self.planes.iter().enumerate().take(self.frame.components().len()) {
            let v = self.frame.sampling(index).1 as usize;
            let (samples, stride) = stripe.plane_mut(index);
            let rows = plane.blocks.chunks_exact(plane.across).skip(number * v).take(v);
            for (blocks, samples) in rows.zip(samples.chunks_exact_mut(stride * 8)) {
                for (column, block) in blocks.iter().enumerate() {
                    idct::inverse(block, &self.quantisers[index], &mut samples[column * 8..], stride);
                }
            }
        }
    }
}

/// The clock is looked at this often; a power of two, so that the test costs nothing.
const MCUS_BETWEEN_CHECKS: u64 = 1 << 14;

impl Plane {
    fn zeroed(frame: &Frame, index: usize) -> Plane {
        if index >= frame.components().len() {
            return Plane::default();
        }
        let grid = frame.padded_blocks(index);
        Plane {
            blocks: vec![[0; 64]; grid.across as usize * grid.down as usize],
            across: grid.across as usize,
        }
    }
}

/// What carries over from block to block within a restart interval.
#[derive(Default)]
struct State {
    predictions: [i32; MAX_COMPONENTS],
    run_of_ends: u32,
}

/// Which of the procedures a scan takes.
#[derive(Clone, Copy)]
enum Coding {
    Sequential,
    DcFirst(u32),
    DcRefine(u32),
    AcFirst(Band),
    AcRefine(Band),
}

impl Coding {
    fn of(frame: &Frame, scan: &Scan) -> Coding {
        let header = &scan.header;
        let low = u32::from(header.low);
        let band = Band { first: header.first.into(), last: usize::from(header.last.min(63)), low };
        match (frame.process, header.first, header.high) {
            (Process::Progressive, 0, 0) => Coding::DcFirst(low),
            (Process::Progressive, 0, _) => Coding::DcRefine(low),
            (Process::Progressive, _, 0) => Coding::AcFirst(band),
            (Process::Progressive, _, _) => Coding::AcRefine(band),
            _ => Coding::Sequential,
        }
    }

    #[inline]
    fn decode(
        self,
        bits: &mut Bits<'_>,
        tables: &ReadyTables,
        part: &ScanComponent,
        state: &mut State,
        block: &mut Block,
    ) -> Result<(), Damage> {
        let prediction = &mut state.predictions[part.index];
        match self {
            Coding::Sequential => {
                let (dc, ac) = (tables.dc(part.dc)?, tables.ac(part.ac)?);
                blocks::sequential(bits, dc, ac, prediction, block)
            }
            Coding::DcFirst(low) => blocks::dc_first(bits, tables.dc(part.dc)?, low, prediction, block),
            Coding::DcRefine(low) => blocks::dc_refine(bits, low, block),
            Coding::AcFirst(band) => {
                blocks::ac_first(bits, tables.ac(part.ac)?, band, &mut state.run_of_ends, block)
            }
            Coding::AcRefine(band) => {
                blocks::ac_refine(bits, tables.ac(part.ac)?, band, &mut state.run_of_ends, block)
            }
        }
    }
}

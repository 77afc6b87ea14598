//! A picture being decoded: rows of MCUs in, bands of pixels out.
//!
//! A file with one sequential scan is streamed: memory is one row of MCUs. Any other file has its needed
//! coefficients read into memory first ([`Store`]).

use fic_core::{Band, Bands, Budget, Error, Format, Hold, PixelLayout, Stage, Truncated};

use super::blueprint::Blueprint;
use super::coefficients::Layout;
use super::geometry::{Component, Geometry};
use super::idct::{self, Steps};
use super::rows::Rows;
use super::scan::{Fault, OnFault, ScanWalk};
use super::sequential::BlocksOfMcu;
use super::store::Store;
use super::stripe::Stripe;
use super::tables::{self, SequentialTables};
use super::threads::ahead::Ahead;
use super::v3::widest;
use crate::admit::Admitted;
use crate::colour;
use crate::outline::{Ending, Outline};
use crate::scan::Scan;

/// A picture being decoded.
pub struct Decoder<'a> {
    input: &'a [u8],
    outline: Outline,
    blueprint: Blueprint,
    source: Source<'a>,
    steps: [Option<Steps>; 4],
    rows: Rows,
    budget: Budget,
    truncated: Truncated,
    was_truncated: bool,
    /// Stripes that were filled.
    filled: usize,
    /// The next band.
    next: usize,
    _hold: Hold,
}

enum Source<'a> {
    /// Nothing was read.
    Unread,
    /// All coefficients were.
    Stored(Store),
    /// One scan is.
    Stream(Box<Stream<'a>>),
}

/// The one scan of a file, and the coefficients of one row of its MCUs.
struct Stream<'a> {
    scan: Scan,
    walk: ScanWalk<'a>,
    tables: SequentialTables,
    /// What threads have read of it already.
    ahead: Option<Ahead<'a>>,
    /// One row of MCUs: a run for each component, and one element for what nobody needs.
    coefficients: Vec<i16>,
}

/// The box of the stream.
pub(super) const STREAM_BYTES: u64 = size_of::<Stream<'_>>() as u64;

/// Opens an admitted file for decoding.
///
/// # Errors
/// `Limit` naming `max_heap_bytes` where the budget does not grant what admission predicted.
pub fn open<'a>(admitted: Admitted<'a>, budget: &Budget) -> Result<Decoder<'a>, Error> {
    let Admitted { input, outline, mut blueprint, truncated } = admitted;
    let hold = match budget.hold(blueprint.cost().peak_heap) {
        Err(_) if blueprint.threads.is_some() => {
            blueprint = blueprint.on_one_thread();
            budget.hold(blueprint.cost().peak_heap)?
        }
        granted => granted?,
    };
    let steps = std::array::from_fn(|index| {
        let component = blueprint.geometry.components().get(index)?;
        let table = outline.used().quantisers[index].map_or([1; 64], |spec| spec.values(input));
        Some(Steps::new(&table, component.side))
    });
    Ok(Decoder {
        input,
        steps,
        rows: Rows::new(&blueprint.geometry, outline.header().colour),
        // Scans that the file's end has cut off altogether.
        was_truncated: blueprint.plan.is_some() && !outline.is_complete() && outline.ending() != Ending::Eoi,
        outline,
        blueprint,
        source: Source::Unread,
        budget: budget.clone(),
        truncated,
        filled: 0,
        next: 0,
        _hold: hold,
    })
}

impl<'a> Decoder<'a> {
    /// Starts the stream, or reads all coefficients.
    fn start(&mut self) -> Result<(), Error> {
        let (input, blueprint) = (self.input, &self.blueprint);
        let on_fault = match self.truncated {
            Truncated::Accept => OnFault::GoOn,
            Truncated::Reject => OnFault::Stop,
        };
        let Some(plan) = &blueprint.plan else {
            let scan = self.outline.one_pass().ok_or_else(|| tables::malformed("file without a scan", 0))?;
            self.source =
                Source::Stream(Box::new(Stream::new(input, scan, blueprint, on_fault, &self.budget)?));
            return Ok(());
        };
        let mut store = Store::new(&blueprint.geometry, &blueprint.layouts, plan, &self.budget);
        let scans = self.outline.scans(input);
        let (geometry, progressive) = (&blueprint.geometry, blueprint.progressive);
        let fault = store.read(input, scans, geometry, plan, progressive, on_fault, &self.budget)?;
        self.source = Source::Stored(store);
        match fault {
            Some((fault, at)) => self.judge(fault, at),
            None => Ok(()),
        }
    }

    /// A fault is an error, or a finding where the caller accepts pictures that end early.
    fn judge(&mut self, fault: Fault, at: usize) -> Result<(), Error> {
        if self.truncated == Truncated::Accept {
            self.was_truncated = true;
            return Ok(());
        }
        let what = fault.cause.what();
        Err(Error::malformed(Stage::Decode, Format::Jpeg, what).found(fault.mcu).at(at as u64))
    }

    /// Fills the next stripe.
    fn fill(&mut self) -> Result<(), Error> {
        let number = self.filled;
        if number == 0 {
            self.start()?;
        }
        let geometry = &self.blueprint.geometry;
        let stripe = self.rows.next_stripe();
        let mut fault = None;
        match &mut self.source {
            Source::Unread => {}
            Source::Stored(store) => {
                for (index, (component, steps)) in geometry.components().iter().zip(&self.steps).enumerate() {
                    for v in 0..component.v {
                        transform(
                            component,
                            store.row(index, number * component.v + v),
                            steps,
                            stripe,
                            (index, v),
                        );
                    }
                }
            }
            Source::Stream(stream) => {
                let outcome = stream.read_row(geometry, &self.blueprint.layouts);
                fault = outcome.err().or(stream.walk.first_fault()).map(|fault| (fault, stream.scan.at));
                let mut rest = stream.coefficients.as_slice();
                let parts = geometry.components().iter().zip(&self.steps).zip(&self.blueprint.layouts);
                for (index, ((component, steps), layout)) in parts.enumerate() {
                    for v in 0..component.v {
                        let (row, behind) = rest.split_at_checked(layout.row_len()).unwrap_or_default();
                        transform(component, row, steps, stripe, (index, v));
                        rest = behind;
                    }
                }
            }
        }
        self.filled += 1;
        if let Some((fault, at)) = fault {
            self.judge(fault, at)?;
        }
        self.budget.check(Stage::Decode)
    }
}

/// Turns one row of blocks of a component, row `v` of the stripe's, into samples.
fn transform(
    component: &Component,
    row: &[i16],
    steps: &Option<Steps>,
    stripe: &mut Stripe,
    (index, v): (usize, usize),
) {
    let Some(steps) = steps else { return };
    let (plane, stride) = stripe.plane_mut(index);
    let place = plane.get_mut(v * component.side * stride..).unwrap_or_default();
    widest!(idct::row(component.side, row, component.blocks.0, steps, place, stride));
}

impl<'a> Stream<'a> {
    fn new(
        input: &'a [u8],
        scan: Scan,
        blueprint: &Blueprint,
        on_fault: OnFault,
        budget: &Budget,
    ) -> Result<Stream<'a>, Error> {
        let Blueprint { layouts, geometry, .. } = blueprint;
        let skips = layouts.iter().any(Layout::skips);
        let data = scan.data.span.of(input);
        let tables = tables::sequential(input, &scan, skips)?;
        let starts = starts(geometry, layouts);
        let blocks = BlocksOfMcu::new(&scan, &tables, geometry, layouts, starts);
        let ahead = blueprint
            .threads
            .as_ref()
            .zip(blocks)
            .map(|(threads, blocks)| Ahead::decode(data, &scan, &blocks, geometry, threads, budget));
        Ok(Stream {
            walk: ScanWalk::new(data, scan.tables.restart_interval, on_fault),
            tables,
            ahead,
            coefficients: vec![0; blueprint.row_of_mcus()],
            scan,
        })
    }

    /// The coefficients of the next row of MCUs; zeros where data is lost.
    fn read_row(&mut self, geometry: &Geometry, layouts: &[Layout]) -> Result<(), Fault> {
        self.coefficients.fill(0);
        let starts = starts(geometry, layouts);
        let Some(blocks) = BlocksOfMcu::new(&self.scan, &self.tables, geometry, layouts, starts) else {
            return Ok(());
        };
        let coefficients = &mut self.coefficients;
        if let Some(ahead) = &mut self.ahead {
            return ahead.read_row(&mut self.walk, &blocks, geometry, layouts, coefficients);
        }
        self.walk.run(geometry.mcus.0, blocks.count, |bits, carry, nth, mcu| {
            blocks.get(nth).decode(bits, carry, coefficients, mcu)
        })
    }
}

/// Where in a row of MCUs each component begins.
pub(super) fn starts(geometry: &Geometry, layouts: &[Layout]) -> [usize; 4] {
    let mut starts = [0; 4];
    let mut start = 0;
    for ((slot, component), layout) in starts.iter_mut().zip(geometry.components()).zip(layouts) {
        *slot = start;
        start += component.v * layout.row_len();
    }
    starts
}

impl Bands for Decoder<'_> {
    fn width(&self) -> u32 {
        self.blueprint.size().0
    }

    fn height(&self) -> u32 {
        self.blueprint.size().1
    }

    fn layout(&self) -> PixelLayout {
        colour::layout(self.outline.header().colour)
    }

    fn next_band(&mut self) -> Result<Option<Band<'_>>, Error> {
        let (number, stripes) = (self.next, self.blueprint.geometry.mcus.1);
        if number >= stripes {
            return Ok(None);
        }
        self.budget.check(Stage::Decode)?;
        if number == 0 || !self.rows.looks_ahead() {
            self.fill()?;
        }
        self.rows.advance(&self.blueprint.geometry);
        if self.rows.looks_ahead() && self.filled < stripes {
            self.fill()?;
        }
        self.next += 1;
        let (first_row, bytes) = self.rows.band(&self.blueprint.geometry, number);
        Ok(Some(Band { first_row: first_row as u32, bytes }))
    }

    fn was_truncated(&self) -> bool {
        self.was_truncated
    }
}

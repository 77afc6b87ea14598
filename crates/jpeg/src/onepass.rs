//! The decoder of one sequential scan that holds all components: a row of MCUs in memory.
//!
//! In come the scan's data and tables; out come stripes of samples, each block transformed as soon as its
//! coefficients are read. It knows to the bit whether the data ended early.

use fic_core::{Error, Truncated};

use crate::bits::Bits;
use crate::blocks;
use crate::frame::MAX_COMPONENTS;
use crate::huffman::Damage;
use crate::idct;
use crate::outline::Outline;
use crate::ready::{self, Quantisers, ReadyTables};
use crate::scan::Scan;
use crate::scandata::Intervals;
use crate::stripe::Stripe;
use crate::walk::Walk;

/// The state between two rows of MCUs.
pub(crate) struct OnePass<'a> {
    scan: Scan,
    tables: ReadyTables,
    quantisers: Quantisers,
    walk: Walk,
    intervals: Intervals<'a>,
    bits: Bits<'a>,
    predictions: [i32; MAX_COMPONENTS],
    /// MCUs that will be left in the scan when the present restart interval ends.
    interval_end: u64,
    truncated: Truncated,
    was_truncated: bool,
}

/// Bytes that the decoder holds.
pub(crate) fn heap_bytes(outline: &Outline) -> u64 {
    ready::heap_bytes(outline) + size_of::<OnePass<'_>>() as u64
}

impl<'a> OnePass<'a> {
    /// Starts at the first MCU of `scan`.
    pub(crate) fn new(input: &'a [u8], outline: &Outline, scan: Scan, truncated: Truncated) -> OnePass<'a> {
        let frame = outline.frame();
        let mut tables = ReadyTables::default();
        tables.prepare(&scan, input);
        let walk = Walk::new(frame, &scan);
        OnePass {
            tables,
            quantisers: ready::quantisers(input, outline),
            interval_end: walk.left,
            walk,
            intervals: Intervals::new(scan.data.span.of(input)),
            bits: Bits::new(&[]),
            predictions: [0; MAX_COMPONENTS],
            truncated,
            was_truncated: false,
            scan,
        }
    }

    /// Whether data was missing or damaged.
    pub(crate) fn was_truncated(&self) -> bool {
        self.was_truncated
    }

    /// The next row of MCUs.
    pub(crate) fn next_stripe(&mut self, stripe: &mut Stripe) -> Result<(), Error> {
        if self.truncated == Truncated::Accept {
            stripe.fill_grey();
        }
        let row = self.walk.y;
        while self.walk.left > 0 && self.walk.y == row {
            if self.walk.left == self.interval_end {
                self.start_interval();
            }
            if let Err(damage) = self.decode_mcu(stripe) {
                if self.truncated == Truncated::Reject {
                    return Err(ready::refusal(damage, &self.scan));
                }
                self.was_truncated = true;
                // The rest of the interval is lost. With no bit left every further block of it fails at once,
                // and stays grey.
                self.bits = Bits::new(&[]);
            }
            self.walk.step();
        }
        Ok(())
    }

    fn start_interval(&mut self) {
        let mcus = match u64::from(self.scan.tables.restart_interval) {
            0 => self.walk.left,
            interval => interval,
        };
        self.interval_end = self.walk.left.saturating_sub(mcus);
        self.bits = Bits::new(self.intervals.next().unwrap_or_default());
        self.predictions = [0; MAX_COMPONENTS];
    }

    #[inline]
    fn decode_mcu(&mut self, stripe: &mut Stripe) -> Result<(), Damage> {
        let Walk { x, .. } = self.walk;
        for number in 0..self.walk.count {
            let component = self.walk.component(number);
            let part = component.part;
            let (dc, ac) = (self.tables.dc(part.dc)?, self.tables.ac(part.ac)?);
            let quantiser = &self.quantisers[part.index];
            let (h, v) = component.per_mcu;
            let (samples, stride) = stripe.plane_mut(part.index);
            for block_row in 0..v {
                for column in 0..h {
                    let mut block = [0; 64];
                    let prediction = &mut self.predictions[part.index];
                    blocks::sequential(&mut self.bits, dc, ac, prediction, &mut block)?;
                    let at = block_row * 8 * stride + (x * h + column) * 8;
                    idct::inverse(&block, quantiser, &mut samples[at..], stride);
                }
            }
        }
        Ok(())
    }
}

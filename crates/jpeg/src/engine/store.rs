//! The coefficients of a whole picture, for files that send them in several scans (T.81 G.1).
//!
//! Only what the scale needs is kept. The scans are planned backwards: a scan is read if it carries a needed
//! coefficient, or if a later scan that is read cannot be followed without it; all others are passed over
//! unread. That is also the end of the scan bomb.

use fic_core::{Budget, Error, Reused, Stage};

use super::coefficients::{Block, Layout};
use super::geometry::Geometry;
use super::huffman::Values;
use super::progressive::{self, Band};
use super::scan::{Fault, OnFault, ScanWalk};
use super::sequential;
use super::tables;
use crate::scan::{Scan, ScanHeader};

/// The needed coefficients of each component.
#[derive(Debug)]
pub(crate) struct Store {
    planes: Vec<Plane>,
}

#[derive(Debug)]
struct Plane {
    layout: Layout,
    coefficients: Reused<i16>,
    /// For each block the zigzag indices that are not zero; empty where no scan refines.
    history: Reused<u64>,
    /// The zigzag indices that the scale needs.
    needed: u64,
}

/// Which scans are read. A few hundred at the most are admitted by any sensible limit; a byte for each.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    read: Vec<bool>,
    /// Whether each component's history is needed.
    history: [bool; 4],
}

impl Plan {
    /// Plans the scans of `headers` for what `layouts` need.
    pub(crate) fn new(headers: &[ScanHeader], layouts: &[Layout], progressive: bool) -> Plan {
        let mut wanted = [0u64; 4];
        for (wanted, layout) in wanted.iter_mut().zip(layouts) {
            *wanted = layout.needed();
        }
        let mut plan = Plan { read: vec![true; headers.len()], history: [false; 4] };
        if !progressive {
            return plan;
        }
        for (header, read) in headers.iter().zip(&mut plan.read).rev() {
            let (first, last) = (u32::from(header.first).min(63), u32::from(header.last).min(63));
            let band = (u64::MAX << first) & (u64::MAX >> (63 - last));
            let parts = header.components();
            *read = parts.iter().any(|part| wanted.get(part.index).is_some_and(|wanted| wanted & band != 0));
            if *read && first > 0 && header.high > 0 {
                for part in parts {
                    if let (Some(wanted), Some(history)) =
                        (wanted.get_mut(part.index), plan.history.get_mut(part.index))
                    {
                        *wanted |= band;
                        *history = true;
                    }
                }
            }
        }
        plan
    }

    /// Whether scan `nth` is read.
    pub(crate) fn reads(&self, nth: usize) -> bool {
        self.read.get(nth).copied().unwrap_or(true)
    }

    /// Heap bytes of this plan and of a [`Store`] after it.
    pub(crate) fn store_bytes(&self, geometry: &Geometry, layouts: &[Layout]) -> u64 {
        let planes = geometry.components().iter().zip(layouts).zip(self.history);
        let lists = (self.read.len() + layouts.len() * size_of::<Plane>()) as u64;
        let blocks = planes
            .map(|((component, layout), history)| {
                let blocks = (component.blocks.0 * component.blocks.1) as u64;
                let coefficients = (layout.row_len() * component.blocks.1) as u64 * 2 + 2;
                coefficients + if history { blocks * 8 } else { 0 }
            })
            .sum::<u64>();
        lists + blocks
    }
}

impl Store {
    /// Zeros, for which the caller has paid [`Plan::store_bytes`].
    pub(crate) fn new(geometry: &Geometry, layouts: &[Layout], plan: &Plan, budget: &Budget) -> Store {
        let planes = geometry.components().iter().zip(layouts).zip(plan.history);
        Store {
            planes: planes
                .map(|((component, layout), history)| Plane {
                    layout: layout.clone(),
                    coefficients: budget.zeros(layout.row_len() * component.blocks.1 + 1),
                    history: budget.zeros(if history { component.blocks.0 * component.blocks.1 } else { 0 }),
                    needed: layout.needed(),
                })
                .collect(),
        }
    }

    /// The coefficients of block row `row` of component `index`.
    pub(crate) fn row(&self, index: usize, row: usize) -> &[i16] {
        let Some(plane) = self.planes.get(index) else { return &[] };
        let len = plane.layout.row_len();
        plane.coefficients.get(row * len..(row + 1) * len).unwrap_or_default()
    }

    /// Reads every planned scan.
    ///
    /// `Ok(Some(fault))` with the scan's place where one could not be read to its end; what was read stays.
    #[allow(clippy::too_many_arguments, reason = "one call, and each is a thing of its own")]
    pub(crate) fn read(
        &mut self,
        input: &[u8],
        scans: impl Iterator<Item = Scan>,
        geometry: &Geometry,
        plan: &Plan,
        progressive: bool,
        on_fault: OnFault,
        budget: &Budget,
    ) -> Result<Option<(Fault, usize)>, Error> {
        let mut first_fault = None;
        for (scan, &read) in scans.zip(&plan.read) {
            if !read {
                continue;
            }
            budget.check(Stage::Decode)?;
            let mut walk = ScanWalk::new(scan.data.span.of(input), scan.tables.restart_interval, on_fault);
            let outcome = if progressive {
                self.read_progressive(input, &scan, &mut walk, geometry, budget)?
            } else {
                self.read_sequential(input, &scan, &mut walk, geometry, budget)?
            };
            if let Some(fault) = outcome.err().or(walk.first_fault()) {
                first_fault = first_fault.or(Some((fault, scan.at)));
                if on_fault == OnFault::Stop {
                    break;
                }
            }
        }
        Ok(first_fault)
    }

    fn read_sequential(
        &mut self,
        input: &[u8],
        scan: &Scan,
        walk: &mut ScanWalk<'_>,
        geometry: &Geometry,
        budget: &Budget,
    ) -> Result<Result<(), Fault>, Error> {
        let parts = scan.header.components();
        let skips =
            parts.iter().any(|part| self.planes.get(part.index).is_some_and(|plane| plane.layout.skips()));
        let tables = tables::sequential(input, scan, skips)?;
        let mut decoding = [None; 4];
        for (slot, part) in decoding.iter_mut().zip(parts) {
            *slot = Some(tables.of(part)?);
        }
        if let [part] = parts {
            let Some((component, plane)) =
                geometry.components().get(part.index).zip(self.planes.get_mut(part.index))
            else {
                return Ok(Ok(()));
            };
            let Some(ready) = decoding[0] else { return Ok(Ok(())) };
            let layout = &plane.layout;
            for row in 0..component.own_blocks.1 {
                let start = row * layout.row_len();
                budget.check(Stage::Decode)?;
                let outcome = walk.run(component.own_blocks.0, 1, |bits, carry, _, block| {
                    let block =
                        Block::new(&mut plane.coefficients, start + layout.start(block), &layout.offsets);
                    sequential::block(bits, ready, &mut carry.predictors[0], block)
                });
                if outcome.is_err() {
                    return Ok(outcome);
                }
            }
            return Ok(Ok(()));
        }
        for mcu_row in 0..geometry.mcus.1 {
            budget.check(Stage::Decode)?;
            let outcome = walk.run(geometry.mcus.0, 1, |bits, carry, _, mcu| {
                for (nth, part) in parts.iter().enumerate() {
                    let Some(ready) = decoding[nth] else { continue };
                    let (component, plane) =
                        (&geometry.components()[part.index], &mut self.planes[part.index]);
                    let len = plane.layout.row_len();
                    for v in 0..component.v {
                        let start = (mcu_row * component.v + v) * len;
                        for h in 0..component.h {
                            let place = start + plane.layout.start(mcu * component.h + h);
                            let block = Block::new(&mut plane.coefficients, place, &plane.layout.offsets);
                            sequential::block(bits, ready, &mut carry.predictors[nth], block)?;
                        }
                    }
                }
                Ok(())
            });
            if outcome.is_err() {
                return Ok(outcome);
            }
        }
        Ok(Ok(()))
    }

    fn read_progressive(
        &mut self,
        input: &[u8],
        scan: &Scan,
        walk: &mut ScanWalk<'_>,
        geometry: &Geometry,
        budget: &Budget,
    ) -> Result<Result<(), Fault>, Error> {
        match (scan.header.first, scan.header.components()) {
            (0, _) => self.read_dc(input, scan, walk, geometry, budget),
            (_, [part]) => {
                let ac = tables::progressive_ac(input, scan, part)?;
                self.read_ac(scan, part.index, &ac, walk, geometry, budget)
            }
            _ => Err(tables::malformed("a progressive AC scan has several components", scan.at)),
        }
    }

    fn read_dc(
        &mut self,
        input: &[u8],
        scan: &Scan,
        walk: &mut ScanWalk<'_>,
        geometry: &Geometry,
        budget: &Budget,
    ) -> Result<Result<(), Fault>, Error> {
        let low = u32::from(scan.header.low & 15);
        let parts = scan.header.components();
        let mut tables = [const { None }; 4];
        if scan.header.high == 0 {
            for (slot, part) in tables.iter_mut().zip(parts) {
                *slot = Some(tables::dc(input, scan, part)?);
            }
        }
        let alone = parts.len() == 1;
        let rows = match parts {
            [part] => geometry.components().get(part.index).map_or(0, |component| component.own_blocks.1),
            _ => geometry.mcus.1,
        };
        for row in 0..rows {
            budget.check(Stage::Decode)?;
            let count = match parts {
                [part] => geometry.components()[part.index].own_blocks.0,
                _ => geometry.mcus.0,
            };
            let outcome = walk.run(count, 1, |bits, carry, _, mcu| {
                for (nth, (part, table)) in parts.iter().zip(&tables).enumerate() {
                    let (component, plane) =
                        (&geometry.components()[part.index], &mut self.planes[part.index]);
                    let (across, down) = if alone { (1, 1) } else { (component.h, component.v) };
                    for v in 0..down {
                        let start = (row * down + v) * plane.layout.row_len();
                        for h in 0..across {
                            let place = start + plane.layout.start(mcu * across + h);
                            let value = match table {
                                Some(table) => {
                                    let difference = table.read(bits)?;
                                    let predictor = &mut carry.predictors[nth];
                                    *predictor = predictor.wrapping_add(difference);
                                    predictor.wrapping_shl(low) as i16
                                }
                                None => {
                                    bits.refill();
                                    (bits.take(1) << low) as i16
                                }
                            };
                            if let Some(dc) = plane.coefficients.get_mut(place) {
                                *dc |= value;
                            }
                        }
                    }
                }
                Ok(())
            });
            if outcome.is_err() {
                return Ok(outcome);
            }
        }
        Ok(Ok(()))
    }

    fn read_ac(
        &mut self,
        scan: &Scan,
        index: usize,
        ac: &Values,
        walk: &mut ScanWalk<'_>,
        geometry: &Geometry,
        budget: &Budget,
    ) -> Result<Result<(), Fault>, Error> {
        let Some((component, plane)) = geometry.components().get(index).zip(self.planes.get_mut(index))
        else {
            return Ok(Ok(()));
        };
        let header = &scan.header;
        let band = Band {
            start: header.first.into(),
            end: header.last.min(63).into(),
            low: (header.low & 15).into(),
        };
        let layout = &plane.layout;
        let (len, needed) = (layout.row_len(), plane.needed);
        for row in 0..component.own_blocks.1 {
            budget.check(Stage::Decode)?;
            let from = row * component.blocks.0;
            let mut nobody = [0u64; 1];
            let history = match plane.history.get_mut(from..from + component.blocks.0) {
                Some(history) => history,
                None => &mut nobody[..],
            };
            let has_history = history.len() > 1 || component.blocks.0 == 1;
            let outcome = walk.run(component.own_blocks.0, 1, |bits, carry, _, block| {
                let place =
                    Block::new(&mut plane.coefficients, row * len + layout.start(block), &layout.offsets);
                let mut unused = 0;
                let history = match history.get_mut(block) {
                    Some(history) if has_history => history,
                    _ => &mut unused,
                };
                let run = &mut carry.end_of_band_run;
                if header.high == 0 {
                    progressive::ac_first(bits, ac, band, run, place, history)
                } else {
                    progressive::ac_refine(bits, ac, band, run, place, needed, history)
                }
            });
            if outcome.is_err() {
                return Ok(outcome);
            }
        }
        Ok(Ok(()))
    }
}

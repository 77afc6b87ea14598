//! What will be decoded, and at which cost: made at admission, followed by [`Decoder`](super::decoder::Decoder).

use std::num::NonZeroU8;

use fic_core::{Cost, Request, units};

use super::coefficients::Layout;
use super::geometry::{Geometry, Scale};
use super::rows::Rows;
use super::store::Plan;
use super::threads::Threads;
use super::{segment, tables};
use crate::frame::{Frame, Process};
use crate::outline::Outline;
use crate::scan::ScanHeader;

/// What will be decoded.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    pub(crate) geometry: Geometry,
    pub(crate) scale: Scale,
    /// One for each component.
    pub(crate) layouts: Vec<Layout>,
    /// Which scans are read; `None` where one sequential scan holds everything.
    pub(crate) plan: Option<Plan>,
    pub(crate) progressive: bool,
    /// Where the one scan is read by more than one thread.
    pub(crate) threads: Option<Threads>,
    cost: Cost,
}

impl Blueprint {
    /// The whole picture, at the smallest scale that `request` leaves room for.
    pub(crate) fn new(input: &[u8], outline: &Outline, request: &Request) -> Blueprint {
        let frame = outline.frame();
        let stored = (frame.width.get(), frame.height.get());
        let scale = request.at_least.map_or(Scale::Full, |at_least| Scale::covering(stored, at_least));
        Blueprint::at(input, outline, scale).on_threads(outline, scale, request.threads)
    }

    /// The whole picture at `scale`.
    pub(crate) fn at(input: &[u8], outline: &Outline, scale: Scale) -> Blueprint {
        let frame = outline.frame();
        let geometry = geometry(frame, scale);
        let layouts: Vec<Layout> = geometry
            .components()
            .iter()
            .map(|component| Layout::new(component.side, component.blocks.0))
            .collect();
        let progressive = frame.process == Process::Progressive;
        let plan = outline.one_pass().is_none().then(|| {
            let headers: Vec<ScanHeader> = outline.scans(input).map(|scan| scan.header).collect();
            Plan::new(&headers, &layouts, progressive)
        });
        let mut blueprint =
            Blueprint { geometry, scale, layouts, plan, progressive, threads: None, cost: Cost::default() };
        blueprint.cost = blueprint.predict(input, outline);
        blueprint
    }

    /// The same on up to so many threads.
    fn on_threads(mut self, outline: &Outline, scale: Scale, wanted: NonZeroU8) -> Blueprint {
        if let Some(scan) = outline.one_pass() {
            let blocks = scan.header.blocks(outline.frame());
            let work = scan_work(blocks, scan.data.span.len() as u64);
            self.threads = Threads::new(&scan, &self.geometry, scale, wanted, self.row_of_mcus(), work);
        }
        self
    }

    /// The same on one thread: the pixels are those of more, the cost is the least.
    pub(crate) fn on_one_thread(self) -> Blueprint {
        Blueprint { threads: None, ..self }
    }

    /// Width and height of the decoded picture.
    pub(crate) fn size(&self) -> (u32, u32) {
        // Both are at most the 16-bit sides of the frame.
        (self.geometry.size.0 as u32, self.geometry.size.1 as u32)
    }

    /// What decoding costs, from opening to the last band.
    pub(crate) fn cost(&self) -> Cost {
        self.threads.map_or(self.cost, |threads| self.cost.with(threads.cost()))
    }

    fn predict(&self, input: &[u8], outline: &Outline) -> Cost {
        let (mut work, mut scan_heap) = (units::PICTURE.saturating_add(outline.table_bytes()), 0);
        for (nth, scan) in outline.scans(input).enumerate() {
            if self.plan.as_ref().is_some_and(|plan| !plan.reads(nth)) {
                continue;
            }
            let heap = tables::heap_bytes(&scan, self.progressive) + segment::SEGMENT_BYTES;
            let decoding = scan_work(scan.header.blocks(outline.frame()), scan.data.span.len() as u64);
            work = work.saturating_add(units::JPEG_SCAN).saturating_add(decoding);
            scan_heap = heap.max(scan_heap);
        }
        let samples = self.geometry.samples();
        work = work.saturating_add(samples.saturating_mul(units::JPEG_SAMPLE));
        let coefficients = match &self.plan {
            Some(plan) => plan.store_bytes(&self.geometry, &self.layouts),
            None => self.row_of_mcus() as u64 * 2 + super::decoder::STREAM_BYTES,
        };
        let rows = Rows::bytes(&self.geometry, outline.header().colour);
        let lists = (self.layouts.len() * size_of::<Layout>()) as u64;
        Cost { work, peak_heap: coefficients + rows + scan_heap + lists }
    }

    /// Coefficients of one row of MCUs, and the one that nobody needs.
    pub(crate) fn row_of_mcus(&self) -> usize {
        let rows = self.geometry.components().iter().zip(&self.layouts);
        rows.map(|(component, layout)| layout.row_len() * component.v).sum::<usize>() + 1
    }
}

/// Work units of the entropy decoding of a scan.
fn scan_work(blocks: u64, bytes: u64) -> u64 {
    let blocks = blocks.saturating_mul(units::JPEG_BLOCK_SCAN);
    blocks.saturating_add(bytes.saturating_mul(units::JPEG_DATA_BYTE))
}

/// Whether every component's samples stand for a whole number of the picture's, as upsampling needs.
pub(crate) fn has_whole_ratios(frame: &Frame) -> bool {
    let (h_max, v_max) = frame.max_sampling();
    (0..frame.components().len()).all(|index| {
        let (h, v) = frame.sampling(index);
        h_max % h.max(1) == 0 && v_max % v.max(1) == 0
    })
}

fn geometry(frame: &Frame, scale: Scale) -> Geometry {
    let mut sampling = [(1, 1); 4];
    let count = frame.components().len().min(4);
    for (index, slot) in sampling.iter_mut().enumerate().take(count) {
        *slot = frame.sampling(index);
    }
    Geometry::new((frame.width.get(), frame.height.get()), &sampling[..count], scale)
}

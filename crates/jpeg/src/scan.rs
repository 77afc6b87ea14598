//! Scan headers (T.81, B.2.3), and the scans of a file with the tables that are in force for each.
//!
//! In comes the payload of an SOS segment; out goes a [`ScanHeader`] whose components and table slots
//! exist in the frame. Wrong lengths, unknown or repeated components and slots past 3 are refused.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Reader;

use crate::frame::{Frame, MAX_COMPONENTS};
use crate::marker;
use crate::scandata::ScanData;
use crate::segments::Segments;
use crate::tables::Tables;

/// A component's part in a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanComponent {
    /// Its place in the frame.
    pub index: usize,
    /// The slot of its DC table (Td).
    pub dc: u8,
    /// The slot of its AC table (Ta).
    pub ac: u8,
}

/// A scan header.
#[derive(Clone, Copy, Debug)]
pub struct ScanHeader {
    components: [ScanComponent; MAX_COMPONENTS],
    count: u8,
    /// First coefficient of the band (Ss), in zigzag order.
    pub first: u8,
    /// Last coefficient of the band (Se).
    pub last: u8,
    /// Bit position of the scan that this one refines (Ah); 0 for a first scan.
    pub high: u8,
    /// Bit position that is coded (Al).
    pub low: u8,
}

impl ScanHeader {
    pub(crate) fn read(payload: &[u8], frame: &Frame) -> Result<ScanHeader, &'static str> {
        let mut r = Reader::new(payload);
        let count = r.u8().filter(|count| (1..=4).contains(count));
        let count = count.ok_or("scan does not have one to four components")?;
        if r.remaining() != usize::from(count).saturating_mul(2).saturating_add(3) {
            return Err("scan header length does not fit its components");
        }
        let mut components = [ScanComponent::default(); MAX_COMPONENTS];
        let mut seen = [false; MAX_COMPONENTS];
        for slot in components.iter_mut().take(usize::from(count)) {
            let &[id, tables] = r.array::<2>().ok_or("scan header is cut short")?;
            let index = frame.index_of(id).ok_or("scan names a component that the frame does not have")?;
            let seen = seen.get_mut(index).ok_or("scan names a component that the frame does not have")?;
            if std::mem::replace(seen, true) {
                return Err("scan names a component twice");
            }
            *slot = ScanComponent { index, dc: tables >> 4, ac: tables & 15 };
            if slot.dc > 3 || slot.ac > 3 {
                return Err("scan names a Huffman table slot that is not 0 to 3");
            }
        }
        let &[first, last, bits] = r.array::<3>().ok_or("scan header is cut short")?;
        Ok(ScanHeader { components, count, first, last, high: bits >> 4, low: bits & 15 })
    }

    /// The components, in the order in which their blocks come.
    pub fn components(&self) -> &[ScanComponent] {
        self.components.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// The blocks of one MCU (A.2.3).
    pub fn blocks_per_mcu(&self, frame: &Frame) -> u64 {
        match self.components() {
            [_] => 1,
            several => several.iter().fold(0, |sum, component| {
                let (h, v) = frame.sampling(component.index);
                sum.saturating_add(u64::from(h).saturating_mul(v.into()))
            }),
        }
    }

    /// The MCUs of the scan (A.2).
    pub fn mcus(&self, frame: &Frame) -> u64 {
        match self.components() {
            [only] => frame.blocks(only.index).area(),
            _ => frame.mcus().area(),
        }
    }

    /// The blocks of the scan.
    pub fn blocks(&self, frame: &Frame) -> u64 {
        self.mcus(frame).saturating_mul(self.blocks_per_mcu(frame))
    }
}

/// One scan of a file.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// Its header.
    pub header: ScanHeader,
    /// The tables in force.
    pub tables: Tables,
    /// Where its data lies.
    pub data: ScanData,
    /// Where its marker stands.
    pub at: usize,
}

/// The scans of a file whose outline was accepted, in order. Nothing is allocated.
#[derive(Clone, Debug)]
pub struct Scans<'a> {
    input: &'a [u8],
    frame: Frame,
    segments: Segments<'a>,
    tables: Tables,
}

impl<'a> Scans<'a> {
    pub(crate) fn new(input: &'a [u8], frame: Frame) -> Scans<'a> {
        Scans { input, frame, segments: Segments::new(input), tables: Tables::default() }
    }
}

impl Iterator for Scans<'_> {
    type Item = Scan;

    fn next(&mut self) -> Option<Scan> {
        loop {
            let segment = self.segments.next()?;
            if segment.broken {
                return None;
            }
            // The outline refused what `define` and `read` refuse, so neither fails here.
            self.tables.define(self.input, &segment).ok()?;
            if segment.marker == marker::SOS {
                let header = ScanHeader::read(segment.payload.of(self.input), &self.frame).ok()?;
                return Some(Scan { header, tables: self.tables, data: segment.data?, at: segment.at });
            }
        }
    }
}

//! The order in which the MCUs and blocks of a scan come (T.81, A.2).

use crate::frame::{Frame, MAX_COMPONENTS};
use crate::scan::{Scan, ScanComponent};

/// Where in a scan a decoder stands: MCUs in rows.
pub(crate) struct Walk {
    parts: [WalkComponent; MAX_COMPONENTS],
    /// Components in the scan.
    pub(crate) count: usize,
    across: usize,
    /// Column of the MCU.
    pub(crate) x: usize,
    /// Row of the MCU.
    pub(crate) y: usize,
    /// MCUs left, the present one included.
    pub(crate) left: u64,
}

/// A component of the scan.
#[derive(Clone, Copy, Default)]
pub(crate) struct WalkComponent {
    /// Its place in the frame and its tables.
    pub(crate) part: ScanComponent,
    /// Blocks of this component in an MCU, across and down.
    pub(crate) per_mcu: (usize, usize),
}

impl Walk {
    pub(crate) fn new(frame: &Frame, scan: &Scan) -> Walk {
        let header = &scan.header;
        let mut parts = [WalkComponent::default(); MAX_COMPONENTS];
        let alone = header.components().len() == 1;
        for (walk, &part) in parts.iter_mut().zip(header.components()) {
            let (h, v) = if alone { (1, 1) } else { frame.sampling(part.index) };
            *walk = WalkComponent { part, per_mcu: (h as usize, v as usize) };
        }
        let grid = if alone { frame.blocks(parts[0].part.index) } else { frame.mcus() };
        let count = header.components().len();
        Walk { parts, count, across: grid.across as usize, x: 0, y: 0, left: grid.area() }
    }

    /// Component `number` of the scan, in the order in which the blocks come.
    #[inline]
    pub(crate) fn component(&self, number: usize) -> WalkComponent {
        self.parts[number & (MAX_COMPONENTS - 1)]
    }

    #[inline]
    pub(crate) fn step(&mut self) {
        self.left -= 1;
        self.x += 1;
        if self.x == self.across {
            self.x = 0;
            self.y += 1;
        }
    }

    pub(crate) fn skip_to(&mut self, left: u64) {
        while self.left > left {
            self.step();
        }
    }
}

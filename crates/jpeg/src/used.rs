//! Which tables the scans of a file use: what a decoder has to hold.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use crate::frame::{Frame, MAX_COMPONENTS};
use crate::scan::ScanHeader;
use crate::tables::{QuantiserSpec, Tables};

/// The tables that the scans use.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// The quantisation table of each component: the one in its slot when its first scan starts, as libjpeg
    /// takes it.
    pub(crate) quantisers: [Option<QuantiserSpec>; MAX_COMPONENTS],
}

impl Used {
    pub(crate) fn take(&mut self, frame: &Frame, header: &ScanHeader, tables: &Tables) {
        for part in header.components() {
            let slot = frame.components().get(part.index).map_or(0, |component| component.quantiser);
            if let Some(entry @ None) = self.quantisers.get_mut(part.index) {
                *entry = tables.quantiser(slot);
            }
        }
    }
}

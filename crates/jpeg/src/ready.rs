//! Tables made ready for decoding, kept from scan to scan where the definition stays the same.

use fic_core::{Error, Format, Stage};

use crate::blocks::ZIGZAG;
use crate::frame::MAX_COMPONENTS;
use crate::huffman::{Damage, Decoding};
use crate::outline::Outline;
use crate::scan::Scan;
use crate::tables::{Class, HuffmanSpec};

/// A quantisation table for each component, in rows.
pub(crate) type Quantisers = [[u16; 64]; MAX_COMPONENTS];

/// Bytes that the tables of a file take.
pub(crate) fn heap_bytes(outline: &Outline) -> u64 {
    outline.used().huffman_tables() * size_of::<Decoding>() as u64
}

type Slot = Option<(HuffmanSpec, Box<Decoding>)>;

/// The Huffman tables of a scan.
#[derive(Default)]
pub(crate) struct ReadyTables {
    dc: [Slot; 4],
    ac: [Slot; 4],
}

impl ReadyTables {
    /// Makes the tables that `scan` uses ready.
    pub(crate) fn prepare(&mut self, scan: &Scan, input: &[u8]) {
        for part in scan.header.components() {
            for (class, slots, slot) in
                [(Class::Dc, &mut self.dc, part.dc), (Class::Ac, &mut self.ac, part.ac)]
            {
                let Some(spec) = scan.tables.huffman(class, slot) else { continue };
                let Some(ready) = slots.get_mut(usize::from(slot)) else { continue };
                if !ready.as_ref().is_some_and(|(present, _)| *present == spec) {
                    // Given back first, so that no more than eight are held at once.
                    *ready = None;
                    *ready = Some((spec, Decoding::new(spec, input)));
                }
            }
        }
    }

    #[inline]
    pub(crate) fn dc(&self, slot: u8) -> Result<&Decoding, Damage> {
        find(&self.dc, slot)
    }

    #[inline]
    pub(crate) fn ac(&self, slot: u8) -> Result<&Decoding, Damage> {
        find(&self.ac, slot)
    }
}

#[inline]
fn find(slots: &[Slot; 4], slot: u8) -> Result<&Decoding, Damage> {
    // The outline saw to it that each table a scan uses is defined.
    slots.get(usize::from(slot)).and_then(Option::as_ref).map(|(_, table)| &**table).ok_or(Damage::BadCode)
}

/// The quantisation tables of the components.
pub(crate) fn quantisers(input: &[u8], outline: &Outline) -> Quantisers {
    outline.used().quantisers.map(|spec| spec.map_or([1; 64], |spec| in_rows(spec.values(input))))
}

fn in_rows(zigzag: [u16; 64]) -> [u16; 64] {
    let mut rows = [0; 64];
    for (value, &place) in zigzag.into_iter().zip(&ZIGZAG) {
        rows[usize::from(place)] = value;
    }
    rows
}

/// The error that `damage` in `scan` is.
pub(crate) fn refusal(damage: Damage, scan: &Scan) -> Error {
    let what = match damage {
        Damage::BadCode => "a scan's data holds bits that are no Huffman code",
        Damage::Ended => "a scan's data ends before its last block",
        Damage::RunPastBlock => "a scan's data holds a run past the end of a block",
    };
    Error::malformed(Stage::Decode, Format::Jpeg, what).at(scan.at as u64)
}

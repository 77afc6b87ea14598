//! The decoding tables of one scan, made when the scan is read and dropped behind it.

use fic_core::{Error, Format, Stage};

use super::huffman::{Codes, DIFFERENCES_BYTES, Differences, Skips, Symbols, VALUES_BYTES, Values};
use super::sequential::AcTable;
use crate::scan::{Scan, ScanComponent};
use crate::tables::Class;

/// Tables by slot, those that a sequential scan uses. Each is one piece of memory: the bit reader waits for every
/// pointer on the way to an entry.
#[derive(Debug, Default)]
pub(crate) struct SequentialTables {
    dc: [Option<Box<Differences>>; 4],
    ac: [Option<Box<AcTable>>; 4],
    at: usize,
}

impl SequentialTables {
    /// The DC and AC table of a component.
    pub(crate) fn of(&self, part: &ScanComponent) -> Result<(&Differences, &AcTable), Error> {
        let dc = self.dc.get(usize::from(part.dc)).and_then(Option::as_deref);
        let ac = self.ac.get(usize::from(part.ac)).and_then(Option::as_deref);
        dc.zip(ac).ok_or_else(|| undefined(self.at))
    }
}

/// The tables of a sequential scan; with those for skipping where `skips` says that there is something to skip.
pub(crate) fn sequential(input: &[u8], scan: &Scan, skips: bool) -> Result<SequentialTables, Error> {
    let mut tables = SequentialTables { at: scan.at, ..SequentialTables::default() };
    for part in scan.header.components() {
        if let Some(slot @ None) = tables.dc.get_mut(usize::from(part.dc)) {
            *slot = Some(Box::new(dc(input, scan, part)?));
        }
        if let Some(slot @ None) = tables.ac.get_mut(usize::from(part.ac)) {
            let codes = codes(input, scan, Class::Ac, part.ac)?;
            let skips = skips.then(|| Skips::new(&codes));
            *slot = Some(Box::new(AcTable { skips, values: Values::new(codes, Symbols::Ac) }));
        }
    }
    Ok(tables)
}

/// The DC table of a component in a progressive scan.
pub(crate) fn dc(input: &[u8], scan: &Scan, part: &ScanComponent) -> Result<Differences, Error> {
    Ok(Differences::new(codes(input, scan, Class::Dc, part.dc)?))
}

/// The AC table of the component of a progressive scan.
pub(crate) fn progressive_ac(input: &[u8], scan: &Scan, part: &ScanComponent) -> Result<Values, Error> {
    Ok(Values::new(codes(input, scan, Class::Ac, part.ac)?, Symbols::ProgressiveAc))
}

/// Heap bytes of the tables of one scan, at most.
pub(crate) fn heap_bytes(scan: &Scan, progressive: bool) -> u64 {
    let parts = scan.header.components();
    if progressive {
        return if scan.header.first > 0 { VALUES_BYTES } else { parts.len() as u64 * DIFFERENCES_BYTES };
    }
    let slots = |slot: fn(&ScanComponent) -> u8| {
        (0..4).filter(|number| parts.iter().any(|part| slot(part) == *number)).count() as u64
    };
    let (dc, ac) = (slots(|part| part.dc), slots(|part| part.ac));
    dc * DIFFERENCES_BYTES + ac * size_of::<AcTable>() as u64
}

fn codes(input: &[u8], scan: &Scan, class: Class, slot: u8) -> Result<Codes, Error> {
    let parts = scan.tables.huffman(class, slot).and_then(|spec| spec.parts(input));
    parts.and_then(|(counts, values)| Codes::new(counts, values)).ok_or_else(|| undefined(scan.at))
}

fn undefined(at: usize) -> Error {
    malformed("scan uses a Huffman table that is not defined", at)
}

/// The scan at byte `at` breaks a rule.
pub(crate) fn malformed(what: &'static str, at: usize) -> Error {
    Error::malformed(Stage::Decode, Format::Jpeg, what).at(at as u64)
}

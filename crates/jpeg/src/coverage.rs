//! Which coefficients the scans have brought so far, and whether the next scan may follow
//! (T.81, G.1.1.1 and F.1.2).
//!
//! In come scan headers; refused are bands and bit positions that no encoder may choose, scans that repeat
//! or skip a step, and AC before DC.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use crate::frame::{Frame, MAX_COMPONENTS, Process};
use crate::scan::ScanHeader;
use crate::tables::{Class, Tables};

/// For each component and coefficient the bit position that was coded last.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    low: [[u8; 64]; MAX_COMPONENTS],
}

const UNSEEN: u8 = u8::MAX;

impl Coverage {
    pub(crate) const fn new() -> Coverage {
        Coverage { low: [[UNSEEN; 64]; MAX_COMPONENTS] }
    }

    /// Takes in a scan, or says why it must not come here.
    pub(crate) fn take(
        &mut self,
        frame: &Frame,
        scan: &ScanHeader,
        tables: &Tables,
    ) -> Result<(), &'static str> {
        if scan.blocks_per_mcu(frame) > 10 {
            return Err("more than ten blocks in an interleaved unit");
        }
        check_tables(frame, scan, tables)?;
        if frame.process == Process::Progressive {
            check_band(scan)?;
            self.take_progressive(scan)
        } else {
            self.take_sequential(scan)
        }
    }

    fn take_sequential(&mut self, scan: &ScanHeader) -> Result<(), &'static str> {
        for component in scan.components() {
            let Some(low) = self.low.get_mut(component.index) else { continue };
            if low.first() != Some(&UNSEEN) {
                return Err("a sequential frame codes a component twice");
            }
            *low = [0; 64];
        }
        Ok(())
    }

    fn take_progressive(&mut self, scan: &ScanHeader) -> Result<(), &'static str> {
        let band = usize::from(scan.first)..=usize::from(scan.last);
        for component in scan.components() {
            let Some(low) = self.low.get_mut(component.index) else { continue };
            if scan.first > 0 && low.first() == Some(&UNSEEN) {
                return Err("AC coefficients come before DC");
            }
            for bit in low.get_mut(band.clone()).unwrap_or_default() {
                let due = if scan.high == 0 { UNSEEN } else { scan.high };
                if *bit != due {
                    return Err("a scan repeats or skips a step of the progression");
                }
                *bit = scan.low;
            }
        }
        Ok(())
    }

    /// Whether each component of the frame has had a scan with its DC coefficients.
    pub(crate) fn has_every_component(&self, frame: &Frame) -> bool {
        self.low.iter().take(frame.components().len()).all(|low| low.first() != Some(&UNSEEN))
    }

    /// Whether nothing is left that a further scan could bring.
    pub(crate) fn is_complete(&self, frame: &Frame) -> bool {
        self.low.iter().take(frame.components().len()).flatten().all(|&bit| bit == 0)
    }
}

/// T.81, G.1.1.1.1 and G.1.1.1.2; the same conditions as libjpeg's.
fn check_band(scan: &ScanHeader) -> Result<(), &'static str> {
    if scan.first == 0 {
        if scan.last != 0 {
            return Err("a progressive scan holds both DC and AC coefficients");
        }
    } else if scan.first > scan.last || scan.last > 63 {
        return Err("a scan's band of coefficients is not in 1 to 63");
    } else if scan.components().len() != 1 {
        return Err("an AC scan has more than one component");
    }
    if scan.low > 13 || (scan.high != 0 && Some(scan.low) != scan.high.checked_sub(1)) {
        return Err("a scan's bit positions do not follow each other");
    }
    Ok(())
}

fn check_tables(frame: &Frame, scan: &ScanHeader, tables: &Tables) -> Result<(), &'static str> {
    let progressive = frame.process == Process::Progressive;
    let needs_dc = !progressive || (scan.first == 0 && scan.high == 0);
    let needs_ac = !progressive || scan.first > 0;
    for component in scan.components() {
        let quantiser = frame.components().get(component.index).map_or(0, |c| c.quantiser);
        if tables.quantiser(quantiser).is_none() {
            return Err("a component's quantisation table is not defined");
        }
        let lacks = |class, slot| tables.huffman(class, slot).is_none();
        if (needs_dc && lacks(Class::Dc, component.dc)) || (needs_ac && lacks(Class::Ac, component.ac)) {
            return Err("a scan's Huffman table is not defined");
        }
    }
    Ok(())
}

//! A minimal stream with the same pixels, for a decoder that is not ours.
//!
//! In comes a file whose outline was admitted; out go SOI, DQT, SOF, and for each scan the tables that it
//! uses, DRI, SOS and its data, then EOI. Nothing else is copied: no application segment, no comment, no
//! fill, no junk, no table that is not used, nothing behind the end. Components are numbered from 1 and no
//! Adobe segment is written, so nothing makes a decoder convert colours on its own account.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Budget, Error, HeldBytes};

use crate::admit::Admitted;
use crate::frame::{Frame, Process};
use crate::marker;
use crate::scan::Scan;
use crate::tables::{Class, HuffmanSpec, QuantiserSpec};

/// The minimal stream of an admitted file, paid for from `budget`.
///
/// # Errors
/// `Limit` naming `max_heap_bytes`.
pub fn canonical(admitted: &Admitted<'_>, budget: &Budget) -> Result<HeldBytes, Error> {
    let (input, outline) = (admitted.input, &admitted.outline);
    // The tables, headers and data of a scan stand in the file too, each with no fewer bytes. Only a table
    // that several scans use may be written again.
    let scans = usize::try_from(outline.header().scans).unwrap_or(usize::MAX);
    let room = input.len().saturating_add(HEADERS).saturating_add(scans.saturating_mul(SCAN_HEADERS));
    let mut out = HeldBytes::with_capacity(room, budget)?;
    let frame = outline.frame();
    out.push(&[0xFF, marker::SOI])?;
    for (number, spec) in (0u8..).zip(outline.used().quantisers.iter().flatten()) {
        push_quantiser(&mut out, number, *spec, input)?;
    }
    push_frame(&mut out, frame)?;
    let mut written = Written::default();
    for scan in outline.scans(input) {
        written.push_tables(&mut out, &scan, input)?;
        push_scan(&mut out, frame, &scan)?;
        out.push(scan.data.span.of(input))?;
    }
    out.push(&[0xFF, marker::EOI])?;
    Ok(out)
}

/// SOI, four quantisation tables, SOF, EOI.
const HEADERS: usize = 2 + 4 * (5 + 128) + 22 + 2;

/// Eight Huffman tables, DRI, SOS.
const SCAN_HEADERS: usize = 8 * (5 + 16 + 256) + 6 + 16;

/// What the stream has defined so far.
#[derive(Default)]
struct Written {
    huffman: [[Option<HuffmanSpec>; 4]; 2],
    restart_interval: u16,
}

impl Written {
    fn push_tables(&mut self, out: &mut HeldBytes, scan: &Scan, input: &[u8]) -> Result<(), Error> {
        for (slots, (class, number)) in self.huffman.iter_mut().zip([(Class::Dc, 0u8), (Class::Ac, 0x10)]) {
            for (slot, present) in (0u8..).zip(slots) {
                let used = scan.header.components().iter().any(|part| match class {
                    Class::Dc => part.dc == slot,
                    Class::Ac => part.ac == slot,
                });
                let spec = scan.tables.huffman(class, slot).filter(|_| used);
                if let Some(spec) = spec
                    && *present != Some(spec)
                {
                    *present = Some(spec);
                    push_huffman(out, number | slot, spec, input)?;
                }
            }
        }
        if self.restart_interval != scan.tables.restart_interval {
            self.restart_interval = scan.tables.restart_interval;
            out.push(&[0xFF, marker::DRI, 0, 4])?;
            out.push(&self.restart_interval.to_be_bytes())?;
        }
        Ok(())
    }
}

fn push_huffman(out: &mut HeldBytes, selector: u8, spec: HuffmanSpec, input: &[u8]) -> Result<(), Error> {
    let length = u16::try_from(spec.span.len().saturating_add(3)).unwrap_or(u16::MAX);
    out.push(&[0xFF, marker::DHT])?;
    out.push(&length.to_be_bytes())?;
    out.push(&[selector])?;
    out.push(spec.span.of(input))
}

fn push_quantiser(out: &mut HeldBytes, slot: u8, spec: QuantiserSpec, input: &[u8]) -> Result<(), Error> {
    let (selector, length) = if spec.wide { (0x10 | slot, 131u16) } else { (slot, 67) };
    out.push(&[0xFF, marker::DQT])?;
    out.push(&length.to_be_bytes())?;
    out.push(&[selector])?;
    out.push(spec.span.of(input))
}

fn push_frame(out: &mut HeldBytes, frame: &Frame) -> Result<(), Error> {
    let code = match frame.process {
        Process::Progressive => 0xC2,
        Process::Extended => 0xC1,
        _ => 0xC0,
    };
    let count = u8::try_from(frame.components().len()).unwrap_or(4);
    out.push(&[0xFF, code, 0, count.saturating_mul(3).saturating_add(8), 8])?;
    for side in [frame.height, frame.width] {
        out.push(&u16::try_from(side.get()).unwrap_or(u16::MAX).to_be_bytes())?;
    }
    out.push(&[count])?;
    for (number, index) in (0u8..count).zip(0..) {
        let (h, v) = frame.sampling(index);
        let factors = u8::try_from((h << 4) | v).unwrap_or(0x11);
        out.push(&[number.saturating_add(1), factors, number])?;
    }
    Ok(())
}

fn push_scan(out: &mut HeldBytes, frame: &Frame, scan: &Scan) -> Result<(), Error> {
    let header = &scan.header;
    let count = u8::try_from(header.components().len()).unwrap_or(4);
    out.push(&[0xFF, marker::SOS, 0, count.saturating_mul(2).saturating_add(6), count])?;
    for part in header.components() {
        let id = u8::try_from(part.index).unwrap_or(3).saturating_add(1);
        out.push(&[id, (part.dc << 4) | part.ac])?;
    }
    match frame.process {
        Process::Progressive => out.push(&[header.first, header.last, (header.high << 4) | header.low]),
        // The numbers mean nothing in a sequential scan; some files state others.
        _ => out.push(&[0, 63, 0]),
    }
}

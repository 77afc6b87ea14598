//! Decoding tables: DHT (T.81, B.2.4.2), DQT (B.2.4.1) and the restart interval (B.2.4.4).
//!
//! In come the payloads of table segments; what stays is the span of each slot's present definition.
//! Refused are lengths that do not fit, slots past 3, a precision other than 0 and 1, and Huffman codes
//! that no prefix code can have.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Reader, Span};

use crate::marker;
use crate::segments::Segment;

/// Which of the two kinds of Huffman table (Tc).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Codes of DC differences.
    Dc,
    /// Codes of AC runs and sizes.
    Ac,
}

/// A Huffman table as it stands in the file: 16 counts, then the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HuffmanSpec {
    /// The counts and the values.
    pub span: Span,
}

/// A quantisation table as it stands in the file: 64 values in zigzag order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantiserSpec {
    /// The values.
    pub span: Span,
    /// Whether each takes two bytes.
    pub wide: bool,
}

/// The tables that are in force at some place of the stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tables {
    dc: [Option<HuffmanSpec>; 4],
    ac: [Option<HuffmanSpec>; 4],
    quantisers: [Option<QuantiserSpec>; 4],
    /// MCUs between restart markers; 0 for none.
    pub restart_interval: u16,
}

impl Tables {
    /// The Huffman table in `slot`, where one is defined.
    pub fn huffman(&self, class: Class, slot: u8) -> Option<HuffmanSpec> {
        let slots = match class {
            Class::Dc => &self.dc,
            Class::Ac => &self.ac,
        };
        slots.get(usize::from(slot)).copied().flatten()
    }

    /// Whether any Huffman table is defined.
    pub fn has_huffman(&self) -> bool {
        self.dc.iter().chain(&self.ac).any(Option::is_some)
    }

    /// The quantisation table in `slot`, where one is defined.
    pub fn quantiser(&self, slot: u8) -> Option<QuantiserSpec> {
        self.quantisers.get(usize::from(slot)).copied().flatten()
    }

    /// Takes in the definitions of `segment`, where it is one of tables.
    pub(crate) fn define(&mut self, input: &[u8], segment: &Segment) -> Result<(), &'static str> {
        match segment.marker {
            marker::DHT => self.define_huffman(input, segment.payload),
            marker::DQT => self.define_quantisers(input, segment.payload),
            marker::DRI => self.define_restarts(segment.payload.of(input)),
            _ => Ok(()),
        }
    }

    fn define_huffman(&mut self, input: &[u8], payload: Span) -> Result<(), &'static str> {
        let mut r = Reader::new(payload.of(input));
        while let Some(selector) = r.u8() {
            let start = payload.start.saturating_add(r.position());
            let counts = r.array::<16>().ok_or("Huffman table is cut short")?;
            let values = check_code(counts)?;
            r.take(values).ok_or("Huffman table is cut short")?;
            let slots = match selector >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err("Huffman table class is neither 0 nor 1"),
            };
            let slot = slots.get_mut(usize::from(selector & 15)).ok_or("Huffman table slot is not 0 to 3")?;
            let end = payload.start.saturating_add(r.position());
            *slot = Some(HuffmanSpec { span: Span { start, end } });
        }
        Ok(())
    }

    fn define_quantisers(&mut self, input: &[u8], payload: Span) -> Result<(), &'static str> {
        let mut r = Reader::new(payload.of(input));
        while let Some(selector) = r.u8() {
            let start = payload.start.saturating_add(r.position());
            let wide = match selector >> 4 {
                0 => false,
                1 => true,
                _ => return Err("quantisation table precision is neither 0 nor 1"),
            };
            r.take(if wide { 128 } else { 64 }).ok_or("quantisation table is cut short")?;
            let slot = self
                .quantisers
                .get_mut(usize::from(selector & 15))
                .ok_or("quantisation table slot is not 0 to 3")?;
            let end = payload.start.saturating_add(r.position());
            *slot = Some(QuantiserSpec { span: Span { start, end }, wide });
        }
        Ok(())
    }

    fn define_restarts(&mut self, payload: &[u8]) -> Result<(), &'static str> {
        let &[high, low] = payload else { return Err("restart interval segment is not four bytes long") };
        self.restart_interval = u16::from_be_bytes([high, low]);
        Ok(())
    }
}

/// Whether `counts` of codes of 1 to 16 bits are those of a prefix code in which no code is all ones
/// (T.81, annex C); how many codes there are.
fn check_code(counts: &[u8; 16]) -> Result<usize, &'static str> {
    // Codes of this length that are still free; the code of all ones is never given out.
    let mut free = 1u32;
    let mut total = 0usize;
    for &count in counts {
        free = free.saturating_mul(2);
        total = total.saturating_add(usize::from(count));
        if count > 0 && u32::from(count) >= free {
            return Err("Huffman table has more codes than fit");
        }
        free = free.saturating_sub(count.into());
    }
    if total > 256 { Err("Huffman table has more than 256 codes") } else { Ok(total) }
}

impl HuffmanSpec {
    /// The sixteen counts and the values.
    pub(crate) fn parts(self, input: &[u8]) -> Option<(&[u8; 16], &[u8])> {
        self.span.of(input).split_first_chunk::<16>()
    }
}

impl QuantiserSpec {
    /// The values, in zigzag order.
    pub(crate) fn values(self, input: &[u8]) -> [u16; 64] {
        let mut r = Reader::new(self.span.of(input));
        let mut values = [1; 64];
        for value in &mut values {
            let read = if self.wide { r.u16_be() } else { r.u8().map(u16::from) };
            *value = read.unwrap_or(1);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(start: &[u8]) -> [u8; 16] {
        std::array::from_fn(|index| start.get(index).copied().unwrap_or(0))
    }

    #[test]
    fn refuses_codes_that_do_not_fit_and_the_code_of_all_ones() {
        assert_eq!(check_code(&counts(&[1])), Ok(1));
        assert!(check_code(&counts(&[2])).is_err(), "the second code would be all ones");
        assert!(check_code(&counts(&[1, 2])).is_err());
        assert_eq!(check_code(&counts(&[1, 1, 1])), Ok(3));
        assert!(check_code(&counts(&[0, 0, 0, 0, 0, 0, 0, 0, 255, 255])).is_err(), "over 256");
        assert_eq!(check_code(&counts(&[])), Ok(0));
    }
}

//! Huffman tables made ready for decoding (T.81, annex C and F.2.2.3).

use crate::bits::Bits;
use crate::tables::HuffmanSpec;

/// Why entropy-coded data cannot be decoded further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// Bits that are no code of the table.
    BadCode,
    /// The data ends before the last block.
    Ended,
    /// A run of zeros goes past the last coefficient.
    RunPastBlock,
}

/// Codes up to this length are found by one look.
const LOOK: u32 = 9;

/// A table to decode with.
pub(crate) struct Decoding {
    /// By the next 9 bits: the code's length and value, or 0 for a longer code.
    short: [u16; 1 << LOOK],
    /// By the next 9 bits, where they hold the code of an AC coefficient and its value: value, run and the
    /// bits taken by both; 0 where not.
    whole: [i16; 1 << LOOK],
    /// For each length the first code that is too large, moved up to 16 bits.
    limits: [u32; 17],
    /// For each length what to add to a code to get its place among the values.
    places: [i32; 17],
    values: [u8; 256],
}

impl Decoding {
    /// The table of `spec`, whose code the outline found to be one.
    pub(crate) fn new(spec: HuffmanSpec, input: &[u8]) -> Box<Decoding> {
        let mut table = Box::new(Decoding {
            short: [0; 1 << LOOK],
            whole: [0; 1 << LOOK],
            limits: [0; 17],
            places: [0; 17],
            values: [0; 256],
        });
        let Some((counts, values)) = spec.parts(input) else { return table };
        for (to, from) in table.values.iter_mut().zip(values) {
            *to = *from;
        }
        table.set_codes(counts);
        table.set_whole();
        table
    }

    fn set_codes(&mut self, counts: &[u8; 16]) {
        let (mut code, mut place) = (0u32, 0u32);
        for (length, &count) in (1u32..).zip(counts) {
            self.places[length as usize] = place.cast_signed() - code.cast_signed();
            for _ in 0..count {
                if length <= LOOK {
                    let entry = (length as u16) << 8 | u16::from(self.values[place as usize & 255]);
                    let from = (code << (LOOK - length)) as usize;
                    let to = from + (1 << (LOOK - length));
                    if let Some(entries) = self.short.get_mut(from..to) {
                        entries.fill(entry);
                    }
                }
                code += 1;
                place += 1;
            }
            self.limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
    }

    fn set_whole(&mut self) {
        for (look, (entry, whole)) in self.short.iter().zip(&mut self.whole).enumerate() {
            let (length, run, size) = (u32::from(entry >> 8), entry >> 4 & 15, u32::from(entry & 15));
            if length == 0 || size == 0 || length + size > LOOK {
                continue;
            }
            let bits = (look as u32 >> (LOOK - length - size)) & ((1 << size) - 1);
            let value = extend(bits, size);
            if (-128..128).contains(&value) {
                *whole = ((value << 8) as i16) | (run << 4 | (length + size) as u16).cast_signed();
            }
        }
    }

    /// The next value; the caller has refilled.
    #[inline]
    pub(crate) fn decode(&self, bits: &mut Bits<'_>) -> Result<u8, Damage> {
        let entry = self.short[bits.peek(LOOK) as usize];
        if entry != 0 {
            bits.consume(u32::from(entry >> 8));
            return Ok(entry as u8);
        }
        self.decode_long(bits)
    }

    #[cold]
    fn decode_long(&self, bits: &mut Bits<'_>) -> Result<u8, Damage> {
        let look = bits.peek(16);
        for length in LOOK + 1..=16 {
            if look < self.limits[length as usize] {
                bits.consume(length);
                let place = (look >> (16 - length)).cast_signed() + self.places[length as usize];
                return Ok(self.values[(place & 255) as usize]);
            }
        }
        Err(if bits.overran() { Damage::Ended } else { Damage::BadCode })
    }

    /// A coefficient whose code and value lie in the next 9 bits: value, run and bits.
    #[inline]
    pub(crate) fn whole(&self, bits: &Bits<'_>) -> Option<(i16, usize, u32)> {
        match self.whole[bits.peek(LOOK) as usize] {
            0 => None,
            entry => Some((entry >> 8, (entry >> 4 & 15) as usize, (entry & 15) as u32)),
        }
    }
}

/// EXTEND (T.81, figure F.12): the value that `bits`, `size` of them, stand for.
#[inline]
pub(crate) const fn extend(bits: u32, size: u32) -> i32 {
    let value = bits.cast_signed();
    if size > 0 && value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
}

#[cfg(test)]
mod tests {
    use fic_core::Span;

    use super::*;

    #[test]
    fn decodes_short_and_long_codes_and_refuses_all_ones() {
        let mut bytes = vec![0; 16];
        bytes[0] = 1; // '0'
        bytes[15] = 1; // '1000000000000000'
        bytes.extend([7, 9]);
        let table = Decoding::new(HuffmanSpec { span: Span { start: 0, end: 18 } }, &bytes);
        let mut bits = Bits::new(&[0b0100_0000, 0b0000_0000, 0b0011_1111, 0xFF, 0, 0xFF, 0]);
        bits.refill();
        assert_eq!(table.decode(&mut bits), Ok(7));
        assert_eq!(table.decode(&mut bits), Ok(9));
        assert_eq!(table.decode(&mut bits), Ok(7));
        assert_eq!(table.decode(&mut bits), Err(Damage::BadCode));
    }

    #[test]
    fn extends_as_the_specification_does() {
        assert_eq!([extend(0, 1), extend(1, 1)], [-1, 1]);
        assert_eq!([extend(0, 3), extend(3, 3), extend(4, 3), extend(7, 3)], [-7, -4, 4, 7]);
        assert_eq!(extend(0, 0), 0);
    }
}

//! Huffman tables made ready for decoding (T.81 Annex C, F.2.2.3).
//!
//! In comes a DHT definition, `counts` of codes by length and their `values`; out go
//! - [`Codes`]: which symbol a code of up to 16 bits stands for;
//! - [`Differences`]: for the next bits the DC difference;
//! - [`Values`]: for the next bits how far an AC symbol moves on, and the coefficient itself;
//! - [`Skips`]: for the next bits how far all whole symbols in them move on: for coefficients that nobody
//!   needs.

mod differences;
mod skips;
mod values;

pub(crate) use differences::{DIFFERENCES_BYTES, Differences};
pub(crate) use skips::Skips;
pub(crate) use values::{VALUES_BYTES, Values};

/// What the end of a block moves on: past any coefficient, so that loops need no test of their own.
pub(crate) const END: usize = 128;

/// A code that the table does not define, or whose symbol the scan's kind does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UndefinedCode;

/// Which symbols a table may have (T.81 tables F.1, F.2 and G.1). No 8-bit picture has values of more bits than
/// these: what claims to is damaged, and every decoder makes other pixels of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbols {
    /// AC of a sequential scan: a run and a value of 1 to 10 bits, the end of the block, sixteen zeros.
    Ac,
    /// DC differences of 0 to 11 bits.
    Dc,
    /// AC of a progressive scan: the same, and runs of blocks whose band has ended.
    ProgressiveAc,
}

impl Symbols {
    fn has(self, symbol: u8) -> bool {
        let value = (1..=10).contains(&(symbol & 15));
        match self {
            Symbols::Ac => value || matches!(symbol, 0x00 | 0xf0),
            Symbols::Dc => symbol <= 11,
            Symbols::ProgressiveAc => value || symbol & 15 == 0,
        }
    }
}

/// The codes of one table in canonical order.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    /// For each length the first 16-bit prefix that no code of that length or shorter has; saturated.
    limits: [u32; 17],
    /// For each length what to add to a code to get its place in `symbols`.
    offsets: [i32; 17],
    symbols: [u8; 256],
}

impl Codes {
    /// Annex C: codes are counted up through the lengths.
    ///
    /// `None` where the counts do not match the values, or the codes of a length are used up.
    pub(crate) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Codes> {
        let mut codes = Codes { limits: [0; 17], offsets: [0; 17], symbols: [0; 256] };
        codes.symbols.get_mut(..values.len())?.copy_from_slice(values);
        let (mut code, mut place) = (0u32, 0u32);
        for (length, &count) in (1u32..).zip(counts) {
            let end = code.checked_add(count.into())?;
            if end > 1 << length {
                return None;
            }
            *codes.offsets.get_mut(length as usize)? = place.cast_signed() - code.cast_signed();
            *codes.limits.get_mut(length as usize)? = end << (16 - length);
            place += u32::from(count);
            code = end << 1;
        }
        (place as usize == values.len()).then_some(codes)
    }

    /// For each pattern of the first bits (as many as `N` patterns have) the symbol whose code it begins with,
    /// and the code's length; zero length where the code is longer, or the symbol is none of `symbols`.
    fn first_symbols<const N: usize>(&self, symbols: Symbols) -> [(u8, u8); N] {
        let bits = N.ilog2();
        let mut table = [(0, 0); N];
        let mut patterns = table.iter_mut();
        let mut places = self.symbols.iter();
        for length in 1..=bits {
            let (from, to) = (self.limits[length as usize - 1], self.limits[length as usize]);
            for _ in 0..(to - from) >> (16 - length) {
                let Some(&symbol) = places.next() else { break };
                for pattern in patterns.by_ref().take(1 << (bits - length)) {
                    if symbols.has(symbol) {
                        *pattern = (symbol, length as u8);
                    }
                }
            }
        }
        table
    }

    /// The symbol and the length of the code at the front of 16 bits, which is longer than `shorter` bits.
    fn find(&self, bits: u32, shorter: u32, symbols: Symbols) -> Result<(u8, u32), UndefinedCode> {
        if bits < self.limits[shorter as usize] {
            // A shorter code, of a symbol that is none of `symbols`.
            return Err(UndefinedCode);
        }
        for length in shorter + 1..=16u32 {
            if bits < self.limits[length as usize] {
                let place = (bits >> (16 - length)).cast_signed() + self.offsets[length as usize];
                let symbol = self.symbols.get(place.cast_unsigned() as usize).ok_or(UndefinedCode)?;
                return if symbols.has(*symbol) { Ok((*symbol, length)) } else { Err(UndefinedCode) };
            }
        }
        Err(UndefinedCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::bits::tests::window;
    use crate::engine::bits::{Bits, Position, Window};

    /// Codes 00 -> end, 01 -> (0,1), 100 -> (1,2), 101 -> (15,0), 1100 -> (0,9).
    fn codes() -> Codes {
        let mut counts = [0; 16];
        counts[1] = 2;
        counts[2] = 2;
        counts[3] = 1;
        Codes::new(&counts, &[0x00, 0x01, 0x12, 0xf0, 0x09]).unwrap()
    }

    fn bits(window: &Window) -> Bits<'_> {
        let mut bits = Bits::new(window, 8, Position::default());
        bits.refill();
        bits
    }

    /// One code of one bit.
    fn lone_code(symbol: u8) -> Codes {
        let mut counts = [0; 16];
        counts[0] = 1;
        Codes::new(&counts, &[symbol]).unwrap()
    }

    #[test]
    fn finds_codes_of_every_length_and_refuses_the_undefined() {
        let codes = codes();
        assert_eq!(codes.find(0b0000_0000_0000_0000, 0, Symbols::Ac), Ok((0x00, 2)));
        assert_eq!(codes.find(0b0100_0000_0000_0000, 0, Symbols::Ac), Ok((0x01, 2)));
        assert_eq!(codes.find(0b1001_1111_1111_1111, 2, Symbols::Ac), Ok((0x12, 3)));
        assert_eq!(codes.find(0b1100_0000_0000_0000, 3, Symbols::Ac), Ok((0x09, 4)));
        assert_eq!(codes.find(0b1101_0000_0000_0000, 3, Symbols::Ac), Err(UndefinedCode));
        // A shorter code that is looked for among the longer ones is one that the table was not to have.
        assert_eq!(codes.find(0b0100_0000_0000_0000, 2, Symbols::Ac), Err(UndefinedCode));
    }

    #[test]
    fn refuses_tables_with_more_codes_than_bits_or_values() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Codes::new(&counts, &[1, 2, 3]).is_none());
        counts[0] = 1;
        assert!(Codes::new(&counts, &[1, 2]).is_none());
        assert!(Codes::new(&counts, &[]).is_none());
    }

    #[test]
    fn values_of_more_bits_than_8_bit_pictures_have_are_undefined() {
        let window = window(&[]);
        for (symbols, symbol, is_defined) in [
            (Symbols::Ac, 0x0a, true),
            (Symbols::Ac, 0x0b, false),
            (Symbols::Ac, 0x30, false),
            (Symbols::ProgressiveAc, 0x30, true),
            (Symbols::ProgressiveAc, 0x0b, false),
        ] {
            let values = Values::new(lone_code(symbol), symbols);
            assert_eq!(values.probe(&bits(&window)).is_ok(), is_defined, "{symbols:?} {symbol:#x}");
        }
        for (symbol, is_defined) in [(0x0b, true), (0x0c, false), (0x11, false)] {
            let read = Differences::new(lone_code(symbol)).read(&mut bits(&window));
            assert_eq!(read.is_ok(), is_defined, "{symbol:#x}");
        }
    }

    #[test]
    fn one_probe_gives_an_ac_symbol_and_its_value_whether_they_fit_or_not() {
        let values = Values::new(codes(), Symbols::Ac);
        for (data, taken, advance, value) in [
            ([0b1001_0000, 0], 5, 2, 2),
            ([0b0000_0000, 0], 2, END, 0),
            ([0b1010_0000, 0], 3, 16, 0),
            ([0b1100_1000, 0b0000_0000], 13, 1, 256),
            ([0b1100_0111, 0b1111_1000], 13, 1, -256),
        ] {
            let window = window(&data);
            let entry = values.probe(&bits(&window)).unwrap();
            assert_eq!((entry.bits() & 63, entry.advance(), entry.value()), (taken, advance, value));
        }
    }

    #[test]
    fn a_difference_is_read_whether_a_probe_holds_it_or_not() {
        for (size, data, expected) in [
            (0, [0b0111_1111, 0xff], 0),
            (3, [0b0101_0000, 0], 5),
            (3, [0b0010_0000, 0], -5),
            (11, [0b0100_0000, 0b0001_0000], 1025),
            (11, [0b0000_0000, 0b0000_0000], -2047),
        ] {
            let window = window(&data);
            let mut bits = bits(&window);
            assert_eq!(Differences::new(lone_code(size)).read(&mut bits), Ok(expected));
            assert_eq!(bits.used_bytes(), usize::from(1 + size).div_ceil(8));
        }
    }

    #[test]
    fn one_probe_skips_several_symbols() {
        let skips = Skips::new(&codes());
        for (data, taken, coefficients) in [
            // (0,1)+1 bit, (15,0), (1,2)+2 bits, and half a symbol.
            ([0b0111_0110, 0b0111_0000], 11, 1 + 16 + 2),
            ([0b0110_0000, 0], 5, 1 + END),
            // A symbol of 13 bits.
            ([0b1100_1000, 0], 13, 1),
        ] {
            let window = window(&data);
            let skip = skips.probe(&bits(&window));
            assert_eq!((skip.bits() & 63, skip.coefficients()), (taken, coefficients));
        }
    }
}

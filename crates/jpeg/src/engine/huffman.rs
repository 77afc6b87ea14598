//! Huffman tables made ready for decoding (T.81 Annex C, F.2.2.3).
//!
//! In comes a DHT definition, `counts` of codes by length and their `values`; out go
//! - [`Codes`]: which symbol a code of up to 16 bits stands for;
//! - [`Values`]: for the next 10 bits the code's length, run and, where its extra bits are among them, the
//!   coefficient itself;
//! - [`Skips`]: for the next 12 bits how far all whole symbols in them move on: for coefficients that nobody
//!   needs.

/// Bits that [`Values`] looks at.
const VALUE_BITS: u32 = 10;
/// Bits that [`Skips`] looks at.
const SKIP_BITS: u32 = 12;

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

    /// The symbol and the length of the code at the front of 16 bits.
    #[inline]
    pub(crate) fn find(&self, bits: usize) -> Result<(u8, u32), UndefinedCode> {
        let bits = bits as u32;
        for length in 1..=16u32 {
            if bits < self.limits[length as usize] {
                let place = (bits >> (16 - length)).cast_signed() + self.offsets[length as usize];
                let symbol = self.symbols.get(place.cast_unsigned() as usize).ok_or(UndefinedCode)?;
                return Ok((*symbol, length));
            }
        }
        Err(UndefinedCode)
    }
}

/// What the next bits begin with, packed: length (5 bits), run (4), bits still to read (4), the end mark, and
/// the value in the upper half. Zero where the code is longer than the table looks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry(u32);

impl Entry {
    const END: u32 = 1 << 13;

    fn new(length: u32, run: u32, size: u32, value: i32) -> Entry {
        Entry(length | run << 5 | size << 9 | (value.cast_unsigned() & 0xffff) << 16)
    }

    /// From a run/size symbol whose code took `length` bits; `rest` are the bits behind it, `have` of them.
    fn of_symbol(symbol: u8, length: u32, rest: u32, have: u32) -> Entry {
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if symbol == 0 {
            return Entry(length | Entry::END);
        }
        if size > 0 && size <= have {
            let bits = rest >> (have - size);
            return Entry::new(length + size, run, 0, super::bits::extend(bits, size));
        }
        Entry::new(length, run, size, 0)
    }

    /// Bits that the code, and the value where it is known, take; zero for "look further".
    #[inline(always)]
    pub(crate) fn length(self) -> u32 {
        self.0 & 31
    }

    /// Zero coefficients before the value.
    #[inline(always)]
    pub(crate) fn run(self) -> usize {
        (self.0 >> 5 & 15) as usize
    }

    /// Extra bits that still have to be read for the value.
    #[inline(always)]
    pub(crate) fn size(self) -> u32 {
        self.0 >> 9 & 15
    }

    /// Whether this is the end-of-block symbol (symbol 0: for DC tables, a difference of zero).
    #[inline(always)]
    pub(crate) fn is_end(self) -> bool {
        self.0 & Entry::END != 0
    }

    /// The value, where no bits have to be read for it.
    #[inline(always)]
    pub(crate) fn value(self) -> i32 {
        self.0.cast_signed() >> 16
    }
}

/// One probe for a code, its run and its value.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    entries: Box<[Entry; 1 << VALUE_BITS]>,
    codes: Codes,
    symbols: Symbols,
}

impl Values {
    pub(crate) fn new(codes: Codes, symbols: Symbols) -> Values {
        let mut entries = Box::new([Entry::default(); 1 << VALUE_BITS]);
        let first = codes.first_symbols::<{ 1 << VALUE_BITS }>(symbols);
        for ((bits, entry), (symbol, length)) in (0u32..).zip(entries.iter_mut()).zip(first) {
            if length > 0 {
                let have = VALUE_BITS - u32::from(length);
                *entry = Entry::of_symbol(symbol, length.into(), bits & ((1 << have) - 1), have);
            }
        }
        Values { entries, codes, symbols }
    }

    /// What the buffered bits begin with.
    #[inline(always)]
    pub(crate) fn probe(&self, bits: &super::bits::Bits<'_>) -> Result<Entry, UndefinedCode> {
        let entry = self.entries[bits.peek::<VALUE_BITS>()];
        if entry.length() == 0 { self.long(bits.peek::<16>()) } else { Ok(entry) }
    }

    /// A code of more than ten bits: its value is never known yet.
    #[cold]
    #[inline(never)]
    fn long(&self, bits: usize) -> Result<Entry, UndefinedCode> {
        let (symbol, length) = self.codes.find(bits)?;
        if self.symbols.has(symbol) { Ok(Entry::of_symbol(symbol, length, 0, 0)) } else { Err(UndefinedCode) }
    }

    /// The plain symbol at the front of the buffered bits, and the length of its code.
    #[inline(always)]
    pub(crate) fn symbol(&self, bits: &super::bits::Bits<'_>) -> Result<(u8, u32), UndefinedCode> {
        self.codes.find(bits.peek::<16>())
    }
}

/// How far the whole symbols in the next 12 bits move on, packed: bits (4), coefficients (7), whether the last
/// one ends the block, and whether there is more than one. Zero bits where not even one symbol is whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Skip(u16);

impl Skip {
    #[inline(always)]
    pub(crate) fn bits(self) -> u32 {
        u32::from(self.0 & 15)
    }

    #[inline(always)]
    pub(crate) fn coefficients(self) -> usize {
        usize::from(self.0 >> 4 & 127)
    }

    #[inline(always)]
    pub(crate) fn is_end(self) -> bool {
        self.0 & 1 << 11 != 0
    }

    #[inline(always)]
    pub(crate) fn is_many(self) -> bool {
        self.0 & 1 << 12 != 0
    }
}

/// One probe for several AC symbols whose values nobody needs.
#[derive(Clone, Debug)]
pub(crate) struct Skips(Box<[Skip; 1 << SKIP_BITS]>);

impl Skips {
    pub(crate) fn new(codes: &Codes) -> Skips {
        // The first symbol of each pattern once; then they are strung together.
        let first = codes.first_symbols(Symbols::Ac);
        let mut skips = Box::new([Skip::default(); 1 << SKIP_BITS]);
        for (bits, slot) in (0usize..).zip(skips.iter_mut()) {
            *slot = Skips::string(&first, bits);
        }
        Skips(skips)
    }

    fn string(first: &[(u8, u8); 1 << SKIP_BITS], bits: usize) -> Skip {
        let (mut used, mut coefficients, mut symbols) = (0u32, 0u16, 0u16);
        loop {
            let left = SKIP_BITS - used;
            let (symbol, length) = first[bits << used & ((1 << SKIP_BITS) - 1)];
            let whole = u32::from(length) + u32::from(symbol & 15);
            if length == 0 || whole > left {
                return Skip(used as u16 | coefficients << 4 | u16::from(symbols > 1) << 12);
            }
            used += whole;
            symbols += 1;
            if symbol == 0 {
                return Skip(used as u16 | coefficients << 4 | 1 << 11 | u16::from(symbols > 1) << 12);
            }
            coefficients += u16::from(symbol >> 4) + 1;
            if used == SKIP_BITS {
                return Skip(used as u16 | coefficients << 4 | u16::from(symbols > 1) << 12);
            }
        }
    }

    #[inline(always)]
    pub(crate) fn probe(&self, bits: &super::bits::Bits<'_>) -> Skip {
        self.0[bits.peek::<SKIP_BITS>()]
    }
}

/// Heap bytes of a [`Values`].
pub(crate) const VALUES_BYTES: u64 = 4 << VALUE_BITS;
/// Heap bytes of a [`Skips`].
pub(crate) const SKIPS_BYTES: u64 = 2 << SKIP_BITS;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::bits::{Bits, Position};

    /// Codes 00 -> end, 01 -> (0,1), 100 -> (1,2), 101 -> (15,0), 1100 -> (0,9).
    fn codes() -> Codes {
        let mut counts = [0; 16];
        counts[1] = 2;
        counts[2] = 2;
        counts[3] = 1;
        Codes::new(&counts, &[0x00, 0x01, 0x12, 0xf0, 0x09]).unwrap()
    }

    #[test]
    fn finds_codes_of_every_length_and_refuses_the_undefined() {
        let codes = codes();
        assert_eq!(codes.find(0b0000_0000_0000_0000), Ok((0x00, 2)));
        assert_eq!(codes.find(0b0100_0000_0000_0000), Ok((0x01, 2)));
        assert_eq!(codes.find(0b1001_1111_1111_1111), Ok((0x12, 3)));
        assert_eq!(codes.find(0b1100_0000_0000_0000), Ok((0x09, 4)));
        assert_eq!(codes.find(0b1101_0000_0000_0000), Err(UndefinedCode));
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
        let mut counts = [0; 16];
        counts[0] = 1;
        for (symbols, symbol, is_defined) in [
            (Symbols::Ac, 0x0a, true),
            (Symbols::Ac, 0x0b, false),
            (Symbols::Ac, 0x30, false),
            (Symbols::Dc, 0x0b, true),
            (Symbols::Dc, 0x0c, false),
            (Symbols::Dc, 0x11, false),
            (Symbols::ProgressiveAc, 0x30, true),
            (Symbols::ProgressiveAc, 0x0b, false),
        ] {
            let values = Values::new(Codes::new(&counts, &[symbol]).unwrap(), symbols);
            let mut bits = Bits::new(&[0; 8], Position::default());
            bits.refill();
            assert_eq!(values.probe(&bits).is_ok(), is_defined, "{symbols:?} {symbol:#x}");
        }
    }

    #[test]
    fn one_probe_gives_the_value_where_its_bits_are_there() {
        let values = Values::new(codes(), Symbols::Ac);
        let window = [0b1001_0000, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut bits = Bits::new(&window, Position::default());
        bits.refill();
        let entry = values.probe(&bits).unwrap();
        assert_eq!((entry.length(), entry.run(), entry.size(), entry.value()), (5, 1, 0, 2));
        let window = [0b1100_1000, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut bits = Bits::new(&window, Position::default());
        bits.refill();
        let entry = values.probe(&bits).unwrap();
        assert_eq!((entry.length(), entry.run(), entry.size()), (4, 0, 9));
    }

    #[test]
    fn one_probe_skips_several_symbols() {
        let skips = Skips::new(&codes());
        // (0,1)+1 bit, (15,0), (1,2)+2 bits, and a half symbol.
        let window = [0b0111_0110, 0b0111_0000, 0, 0, 0, 0, 0, 0];
        let mut bits = Bits::new(&window, Position::default());
        bits.refill();
        let skip = skips.probe(&bits);
        assert_eq!((skip.bits(), skip.coefficients()), (11, 1 + 16 + 2));
        assert!(skip.is_many() && !skip.is_end());
        let window = [0b0110_0000, 0, 0, 0, 0, 0, 0, 0];
        let mut bits = Bits::new(&window, Position::default());
        bits.refill();
        let skip = skips.probe(&bits);
        assert_eq!((skip.bits(), skip.coefficients(), skip.is_end()), (5, 1, true));
    }
}

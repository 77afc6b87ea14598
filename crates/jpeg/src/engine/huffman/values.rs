//! One probe for an AC symbol: how far it moves on, and the coefficient itself (T.81 F.2.2.2, G.1.2.2).

use super::super::bits::{Bits, extend};
use super::{Codes, END, Symbols, UndefinedCode};

/// Bits that a probe looks at.
const BITS: u32 = 10;

/// What the next bits begin with, packed: the bits that code and value take (6 bits), how many coefficients the
/// symbol moves on (8 bits above), and the value in the upper half. Nothing taken: look further.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry(u32);

impl Entry {
    /// From a run/size symbol whose code took `length` bits and whose extra bits are `bits`.
    fn new(symbol: u8, length: u32, bits: u32) -> Entry {
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        // Without a value, a run of fifteen is sixteen zeros, and any other ends the block, or 2^run of them.
        let (advance, value) = match (size, run) {
            (0, 15) => (16, 0),
            (0, run) => (END as u32, run),
            _ => (run + 1, extend(bits, size).cast_unsigned()),
        };
        Entry((length + size) | advance << 6 | value << 16)
    }

    /// A symbol whose code is known, but not its value: nothing taken.
    fn code(symbol: u8, length: u32) -> Entry {
        Entry(length << 6 | u32::from(symbol) << 16)
    }

    /// The symbol and the length of its code; a length of zero where that too is not known.
    fn known_code(self) -> (u8, u32) {
        ((self.0 >> 16) as u8, self.0 >> 6 & 31)
    }

    #[inline(always)]
    fn is_known(self) -> bool {
        self.0 & 63 != 0
    }

    /// For [`Bits::consume_entry`]: the bits that code and value take.
    #[inline(always)]
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    /// Coefficients that it moves on, its own counted; [`END`] where it ends the block.
    #[inline(always)]
    pub(crate) fn advance(self) -> usize {
        (self.0 >> 6 & 0xff) as usize
    }

    /// The coefficient, zero where sixteen zeros are meant. Where it ends the block: the exponent of how many
    /// blocks it ends, zero in a sequential scan.
    #[inline(always)]
    pub(crate) fn value(self) -> i32 {
        self.0.cast_signed() >> 16
    }
}

/// For each pattern of the next bits the symbol that it begins with.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    entries: [Entry; 1 << BITS],
    codes: Codes,
    symbols: Symbols,
}

/// Heap bytes of a [`Values`], which is kept in a box.
pub(crate) const VALUES_BYTES: u64 = size_of::<Values>() as u64;

impl Values {
    pub(crate) fn new(codes: Codes, symbols: Symbols) -> Values {
        let mut entries = [Entry::default(); 1 << BITS];
        let first = codes.first_symbols::<{ 1 << BITS }>(symbols);
        for ((bits, entry), (symbol, length)) in (0u32..).zip(entries.iter_mut()).zip(first) {
            let taken = u32::from(length) + u32::from(symbol & 15);
            if length > 0 && taken <= BITS {
                let extra = bits >> (BITS - taken) & ((1 << (symbol & 15)) - 1);
                *entry = Entry::new(symbol, length.into(), extra);
            } else {
                *entry = Entry::code(symbol, length.into());
            }
        }
        Values { entries, codes, symbols }
    }

    /// The symbol that the buffered bits begin with.
    #[inline(always)]
    pub(crate) fn probe(&self, bits: &Bits<'_>) -> Result<Entry, UndefinedCode> {
        let entry = self.entries[bits.peek::<BITS>()];
        if entry.is_known() { Ok(entry) } else { self.long(entry, bits.peek::<32>() as u32) }
    }

    /// A code and value of more bits.
    #[inline(never)]
    fn long(&self, entry: Entry, bits: u32) -> Result<Entry, UndefinedCode> {
        let (symbol, length) = match entry.known_code() {
            (_, 0) => self.codes.find(bits >> 16, BITS, self.symbols)?,
            known => known,
        };
        let extra = (u64::from(bits << length) >> (32 - u32::from(symbol & 15))) as u32;
        Ok(Entry::new(symbol, length, extra))
    }
}

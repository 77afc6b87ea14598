//! One probe for several AC symbols whose values nobody needs.

use super::super::bits::Bits;
use super::{Codes, END, Symbols};

/// Bits that a probe looks at.
const BITS: u32 = 13;

/// How far the whole symbols in the next bits move on, packed: bits (6, as many as a shift of 64 bits looks at),
/// and coefficients above.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Skip(u16);

impl Skip {
    /// Not even one symbol is whole: past any block's end, and nothing taken.
    const UNKNOWN: Skip = Skip(0x3ff << 6);

    /// For [`Bits::consume_entry`].
    #[inline(always)]
    pub(crate) fn bits(self) -> u32 {
        u32::from(self.0)
    }

    /// Coefficients; [`END`] is added where the last symbol ends the block.
    #[inline(always)]
    pub(crate) fn coefficients(self) -> usize {
        usize::from(self.0 >> 6)
    }
}

/// For each pattern of the next bits all the whole symbols in it.
#[derive(Clone, Debug)]
pub(crate) struct Skips([Skip; 1 << BITS]);

impl Skips {
    pub(crate) fn new(codes: &Codes) -> Skips {
        // The first symbol of each pattern once; then they are strung together.
        let first = codes.first_symbols(Symbols::Ac);
        let mut skips = [Skip::UNKNOWN; 1 << BITS];
        for (bits, slot) in (0usize..).zip(skips.iter_mut()) {
            let (used, coefficients) = whole_symbols(&first, bits);
            if used > 0 {
                *slot = Skip((used | coefficients << 6) as u16);
            }
        }
        Skips(skips)
    }

    #[inline(always)]
    pub(crate) fn probe(&self, bits: &Bits<'_>) -> Skip {
        self.0[bits.peek::<BITS>()]
    }
}

/// The bits and coefficients of the whole symbols in a pattern, of which `first` has the first symbols.
///
/// At most 63 coefficients, so that a block's end behind them is told from coefficients past the end.
fn whole_symbols(first: &[(u8, u8); 1 << BITS], bits: usize) -> (u32, u32) {
    let (mut used, mut coefficients) = (0, 0);
    loop {
        let (symbol, length) = first[bits << used & ((1 << BITS) - 1)];
        let whole = u32::from(length) + u32::from(symbol & 15);
        let next = coefficients + u32::from(symbol >> 4) + 1;
        if length == 0 || used + whole > BITS || symbol != 0 && next > 63 {
            return (used, coefficients);
        }
        used += whole;
        if symbol == 0 {
            return (used, coefficients + END as u32);
        }
        coefficients = next;
    }
}

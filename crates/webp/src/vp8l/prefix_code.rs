//! Prefix codes (RFC 9649, section 3.7.2): code lengths in, a decoder for symbols out.
//!
//! Refused: lengths that are no complete code (over-subscribed, incomplete, none at all), repeats that run past
//! the alphabet, symbols outside it. A decoder that trusts such lengths writes past its tables or reads
//! symbols that were never coded.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use std::cmp::Ordering;

use super::bits::Bits;

/// Symbols of the largest alphabet: 256 literals, 24 lengths, a colour cache of 11 bits.
pub(super) const MAX_ALPHABET: usize = 256 + 24 + (1 << MAX_CACHE_BITS);
/// The largest colour cache.
pub(super) const MAX_CACHE_BITS: u32 = 11;
/// The longest code.
const MAX_LENGTH: usize = 15;
/// Codes up to this length are found by one look into a table.
const LOOKUP_BITS: u32 = 8;
const LOOKUP: usize = 1 << LOOKUP_BITS;
const CODE_LENGTH_CODES: usize = 19;
const CODE_LENGTH_ORDER: [usize; CODE_LENGTH_CODES] =
    [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Why a code was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The stream ended.
    Cut,
    /// Not a complete prefix code.
    Incomplete,
    /// A repeat or a symbol past the end of the alphabet.
    OutsideAlphabet,
    /// Two symbols in falling order: valid, but the decoder underneath gives their codes the wrong way round.
    Swapped,
}

/// The code length of each symbol of an alphabet; reused from code to code.
pub(super) struct CodeLengths {
    lengths: [u8; MAX_ALPHABET],
    alphabet: usize,
}

impl CodeLengths {
    pub(super) fn new() -> CodeLengths {
        CodeLengths { lengths: [0; MAX_ALPHABET], alphabet: 0 }
    }

    fn lengths(&self) -> &[u8] {
        self.lengths.get(..self.alphabet).unwrap_or_default()
    }

    fn lengths_mut(&mut self) -> &mut [u8] {
        self.lengths.get_mut(..self.alphabet).unwrap_or_default()
    }

    /// Reads the lengths of one code for an alphabet of at most [`MAX_ALPHABET`] symbols.
    pub(super) fn read(&mut self, bits: &mut Bits<'_>, alphabet: usize) -> Result<Measure, Broken> {
        self.alphabet = alphabet.min(MAX_ALPHABET);
        self.lengths_mut().fill(0);
        let simple = bits.flag().ok_or(Broken::Cut)?;
        if simple {
            return self.read_simple(bits);
        }
        self.read_normal(bits)?;
        Measure::of(self.lengths()).ok_or(Broken::Incomplete)
    }

    /// One or two symbols, spelled out.
    fn read_simple(&mut self, bits: &mut Bits<'_>) -> Result<Measure, Broken> {
        let two = bits.flag().ok_or(Broken::Cut)?;
        let first_bits = if bits.flag().ok_or(Broken::Cut)? { 8 } else { 1 };
        let first = bits.read(first_bits).ok_or(Broken::Cut)?;
        self.set(first, 1)?;
        if !two {
            return Ok(Measure::SINGLE);
        }
        let second = bits.read(8).ok_or(Broken::Cut)?;
        match second.cmp(&first) {
            Ordering::Less => return Err(Broken::Swapped),
            Ordering::Equal => return Err(Broken::Incomplete),
            Ordering::Greater => self.set(second, 1)?,
        }
        Ok(Measure::PAIR)
    }

    fn set(&mut self, symbol: u32, length: u8) -> Result<(), Broken> {
        let symbol = usize::try_from(symbol).map_err(|_| Broken::OutsideAlphabet)?;
        *self.lengths_mut().get_mut(symbol).ok_or(Broken::OutsideAlphabet)? = length;
        Ok(())
    }

    /// Lengths that are themselves prefix-coded, with repeats.
    fn read_normal(&mut self, bits: &mut Bits<'_>) -> Result<(), Broken> {
        let code = read_code_length_code(bits)?;
        let mut left = self.read_count(bits)?;
        let (mut symbol, mut previous) = (0usize, 8u8);
        while symbol < self.alphabet && left > 0 {
            left = left.saturating_sub(1);
            let (length, times) = match code.read(bits).ok_or(Broken::Cut)? {
                16 => (previous, 3u32.saturating_add(bits.read(2).ok_or(Broken::Cut)?)),
                17 => (0, 3u32.saturating_add(bits.read(3).ok_or(Broken::Cut)?)),
                18 => (0, 11u32.saturating_add(bits.read(7).ok_or(Broken::Cut)?)),
                length => (u8::try_from(length).unwrap_or(0), 1),
            };
            let end = symbol.saturating_add(usize::try_from(times).unwrap_or(usize::MAX));
            self.lengths_mut().get_mut(symbol..end).ok_or(Broken::OutsideAlphabet)?.fill(length);
            symbol = end;
            if length != 0 {
                previous = length;
            }
        }
        Ok(())
    }

    /// How many code length symbols follow.
    fn read_count(&self, bits: &mut Bits<'_>) -> Result<usize, Broken> {
        if !bits.flag().ok_or(Broken::Cut)? {
            return Ok(self.alphabet);
        }
        let width = bits.read(3).ok_or(Broken::Cut)?.saturating_mul(2).saturating_add(2);
        let count = bits.read(width).ok_or(Broken::Cut)?.saturating_add(2);
        let count = usize::try_from(count).map_err(|_| Broken::OutsideAlphabet)?;
        if count > self.alphabet { Err(Broken::OutsideAlphabet) } else { Ok(count) }
    }

    /// The decoder for the code that was read last.
    pub(super) fn code(&self) -> PrefixCode {
        PrefixCode::new(self.lengths())
    }
}

/// The code that the code lengths are written in.
fn read_code_length_code(bits: &mut Bits<'_>) -> Result<PrefixCode<CODE_LENGTH_CODES>, Broken> {
    let mut lengths = [0u8; CODE_LENGTH_CODES];
    let count = bits.read(4).ok_or(Broken::Cut)?.saturating_add(4);
    let count = usize::try_from(count).unwrap_or(CODE_LENGTH_CODES);
    for &symbol in CODE_LENGTH_ORDER.iter().take(count) {
        let length = bits.read(3).ok_or(Broken::Cut)?;
        if let Some(slot) = lengths.get_mut(symbol) {
            *slot = u8::try_from(length).unwrap_or(0);
        }
    }
    Measure::of(&lengths).ok_or(Broken::Incomplete)?;
    Ok(PrefixCode::new(&lengths))
}

/// How large a complete code is; made only of lengths that are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    /// The longest code; 0 where one symbol takes no bits at all.
    longest: u32,
    /// Nodes for symbols that the decoder does not find in its first table.
    nodes: u64,
}

impl Measure {
    /// One symbol, which takes no bits.
    const SINGLE: Measure = Measure { longest: 0, nodes: 0 };
    /// Two symbols spelled out: the decoder makes a tree of three nodes besides the table.
    const PAIR: Measure = Measure { longest: 1, nodes: 3 };
    /// Codes up to this length are in the decoder's first table (image-webp 0.2.4).
    const TABLE_BITS: u32 = 10;

    fn of(lengths: &[u8]) -> Option<Measure> {
        let (mut symbols, mut space, mut longest, mut nodes) = (0u32, 0u32, 0u32, 0u64);
        for &length in lengths.iter().filter(|&&length| length > 0) {
            let length = u32::from(length);
            symbols = symbols.saturating_add(1);
            space = space.saturating_add(1u32.checked_shl(15u32.checked_sub(length)?)?);
            longest = longest.max(length);
            nodes = nodes.saturating_add(if length > Self::TABLE_BITS { 2 } else { 0 });
        }
        match symbols {
            0 => None,
            1 => Some(Measure::SINGLE),
            _ if space == 1 << 15 => Some(Measure { longest, nodes }),
            _ => None,
        }
    }

    /// The bytes that the decoder's tables for this code take: entries of 4 bytes, nodes of 16.
    pub(super) fn table_bytes(self) -> u64 {
        if self.longest == 0 {
            return 0;
        }
        let entries = 1u64.wrapping_shl(self.longest.min(Self::TABLE_BITS));
        entries.saturating_mul(4).saturating_add(self.nodes.saturating_mul(16))
    }
}

/// A canonical prefix code of an alphabet of at most `N` symbols.
pub(super) struct PrefixCode<const N: usize = MAX_ALPHABET> {
    /// Where all codes have no bits: the symbol.
    single: Option<u16>,
    /// For each value of the next bits, `length << 12 | symbol`; 0 for a longer code.
    lookup: [u16; LOOKUP],
    /// Symbols of each length.
    count: [u16; MAX_LENGTH + 1],
    /// Symbols by length, then by value.
    symbols: [u16; N],
}

impl<const N: usize> PrefixCode<N> {
    /// The code with these lengths, which [`Measure::of`] found complete.
    fn new(lengths: &[u8]) -> PrefixCode<N> {
        let mut code =
            PrefixCode { single: None, lookup: [0; LOOKUP], count: [0; MAX_LENGTH + 1], symbols: [0; N] };
        let mut slot = 0usize;
        let mut next = 0u32;
        for length in 1..=MAX_LENGTH {
            next = next.wrapping_shl(1);
            let of_length = lengths.iter().zip(0u16..).filter(|&(&l, _)| usize::from(l) == length);
            for (_, symbol) in of_length {
                if let (Some(place), Some(count)) = (code.symbols.get_mut(slot), code.count.get_mut(length)) {
                    *place = symbol;
                    *count = count.saturating_add(1);
                }
                code.fill_lookup(next, length, symbol);
                next = next.wrapping_add(1);
                slot = slot.saturating_add(1);
            }
        }
        if slot == 1 {
            code.single = code.symbols.first().copied();
        }
        code
    }

    /// Enters a short code, bits reversed, at each place that starts with it.
    fn fill_lookup(&mut self, code: u32, length: usize, symbol: u16) {
        let Ok(bits) = u32::try_from(length) else { return };
        if bits > LOOKUP_BITS {
            return;
        }
        let reversed = code.reverse_bits().wrapping_shr(32u32.saturating_sub(bits));
        let first = usize::try_from(reversed).unwrap_or(LOOKUP);
        let entry = u16::try_from(bits).unwrap_or(0).wrapping_shl(12) | symbol;
        for place in self.lookup.iter_mut().skip(first).step_by(1usize.wrapping_shl(bits)) {
            *place = entry;
        }
    }

    /// The symbol where it takes no bits.
    pub(super) fn single(&self) -> Option<u16> {
        self.single
    }

    /// The next symbol; `None` where the stream ends.
    pub(super) fn read(&self, bits: &mut Bits<'_>) -> Option<u16> {
        if let Some(symbol) = self.single {
            return Some(symbol);
        }
        let ahead = usize::try_from(bits.peek(LOOKUP_BITS)).ok()?;
        let entry = *self.lookup.get(ahead)?;
        if entry != 0 {
            bits.consume(u32::from(entry >> 12))?;
            return Some(entry & 0x0fff);
        }
        self.read_long(bits)
    }

    /// Bit by bit: `code - first` counts the codes of this length that come before.
    fn read_long(&self, bits: &mut Bits<'_>) -> Option<u16> {
        let (mut code, mut first, mut slot) = (0u32, 0u32, 0u32);
        for &count in self.count.iter().skip(1) {
            code = code.wrapping_shl(1) | bits.read(1)?;
            first = first.wrapping_shl(1);
            let before = code.checked_sub(first)?;
            if before < u32::from(count) {
                return self.symbols.get(usize::try_from(slot.saturating_add(before)).ok()?).copied();
            }
            slot = slot.saturating_add(count.into());
            first = first.saturating_add(count.into());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The symbols of as many codes as `bits` holds.
    fn symbols(lengths: &[u8], bits: &[u8]) -> Vec<u16> {
        let code = PrefixCode::<32>::new(lengths);
        let mut bits = Bits::new(bits);
        std::iter::from_fn(|| code.read(&mut bits)).collect()
    }

    #[test]
    fn codes_are_handed_out_by_length_then_by_symbol() {
        // Symbol 1: 0, symbol 2: 10, symbols 0 and 3: 110 and 111; the first bit of a code is the lowest.
        assert_eq!(symbols(&[3, 1, 2, 3], &[0b1110_1101, 0b0000_0011]), [2, 0, 3, 0, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn long_codes_are_read_bit_by_bit_and_never_past_the_end() {
        let lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15];
        assert_eq!(symbols(&lengths, &[0xff, 0x7f, 0xff, 0xbf]), [15, 0, 14]);
        assert_eq!(symbols(&lengths, &[0xff, 0x3f, 0xff]), [14, 0]);
    }

    #[test]
    fn only_complete_codes_have_a_measure() {
        assert_eq!(Measure::of(&[0, 0]), None);
        assert_eq!(Measure::of(&[1, 2]), None);
        assert_eq!(Measure::of(&[1, 1, 1]), None);
        assert_eq!(Measure::of(&[1, 1, 1, 1]), None);
        assert_eq!(Measure::of(&[0, 9]).map(Measure::table_bytes), Some(0));
        assert_eq!(Measure::of(&[1, 1]).map(Measure::table_bytes), Some(8));
        let long = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11];
        assert_eq!(Measure::of(&long).map(Measure::table_bytes), Some(4 * 1024 + 4 * 16));
    }
}

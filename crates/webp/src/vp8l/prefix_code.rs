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
            return Ok(Measure { longest: 0, past_table: 0 });
        }
        let second = bits.read(8).ok_or(Broken::Cut)?;
        match second.cmp(&first) {
            Ordering::Less => return Err(Broken::Swapped),
            Ordering::Equal => return Err(Broken::Incomplete),
            Ordering::Greater => self.set(second, 1)?,
        }
        Ok(Measure { longest: 1, past_table: 0 })
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
fn read_code_length_code(bits: &mut Bits<'_>) -> Result<PrefixCode, Broken> {
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
    /// Symbols whose code is longer than the decoder's first table.
    past_table: u64,
}

impl Measure {
    /// Codes up to this length are in the decoder's first table (image-webp 0.2.4).
    const TABLE_BITS: u32 = 10;

    fn of(lengths: &[u8]) -> Option<Measure> {
        let (mut symbols, mut space, mut longest, mut past_table) = (0u32, 0u32, 0u32, 0u64);
        for &length in lengths.iter().filter(|&&length| length > 0) {
            let length = u32::from(length);
            symbols = symbols.saturating_add(1);
            space = space.saturating_add(1u32.checked_shl(15u32.checked_sub(length)?)?);
            longest = longest.max(length);
            past_table = past_table.saturating_add(u64::from(length > Self::TABLE_BITS));
        }
        match symbols {
            0 => None,
            1 => Some(Measure { longest: 0, past_table: 0 }),
            _ if space == 1 << 15 => Some(Measure { longest, past_table }),
            _ => None,
        }
    }

    /// The bytes that the decoder's tables for this code take: entries of 4 bytes, then for the longer codes
    /// two nodes of 16 bytes a symbol. The shortcut for two symbols takes three nodes and two entries.
    pub(super) fn table_bytes(self) -> u64 {
        match self.longest {
            0 => 0,
            1 => 56,
            longest => {
                let entries = 1u64.wrapping_shl(longest.min(Self::TABLE_BITS));
                entries.saturating_mul(4).saturating_add(self.past_table.saturating_mul(32))
            }
        }
    }
}

/// A canonical prefix code.
pub(super) struct PrefixCode {
    /// Where all codes have no bits: the symbol.
    single: Option<u16>,
    /// For each value of the next bits, `length << 12 | symbol`; 0 for a longer code.
    lookup: [u16; LOOKUP],
    /// Symbols of each length.
    count: [u16; MAX_LENGTH + 1],
    /// Symbols by length, then by value.
    symbols: [u16; MAX_ALPHABET],
}

impl PrefixCode {
    /// The code with these lengths, which [`Measure::of`] found complete.
    fn new(lengths: &[u8]) -> PrefixCode {
        let mut code = PrefixCode {
            single: None,
            lookup: [0; LOOKUP],
            count: [0; MAX_LENGTH + 1],
            symbols: [0; MAX_ALPHABET],
        };
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

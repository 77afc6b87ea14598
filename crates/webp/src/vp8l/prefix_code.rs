//! Prefix codes as they are written (RFC 9649, section 3.7.2.1): bits in, the length of each symbol's code out.
//!
//! Refused: lengths that are no complete code (over-subscribed, incomplete, none at all), repeats that run past
//! the alphabet. A decoder that trusts such lengths writes past its tables or reads
//! symbols that were never coded.
//!
//! Of two symbols spelled out the lower one has the code 0, in whichever order they stand; two that are the same are
//! one symbol, which takes no bits; one outside the alphabet is none. The specification does not say so; the reference decoder does it.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use super::bits::Bits;
use super::table::{MAX_LENGTH, Measure, Tables};

/// The largest colour cache.
pub(super) const MAX_CACHE_BITS: u32 = 11;
/// Symbols of the largest alphabet: 256 literals, 24 lengths, a colour cache of 11 bits.
pub(super) const MAX_ALPHABET: usize = 256 + 24 + (1 << MAX_CACHE_BITS);
const CODE_LENGTH_CODES: usize = 19;
const CODE_LENGTH_ORDER: [usize; CODE_LENGTH_CODES] =
    [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Code length codes are at most seven bits long.
const CODE_LENGTH_PLACES: usize = 1 << 7;

/// Why a code was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The stream ended.
    Cut,
    /// Not a complete prefix code.
    Incomplete,
    /// A repeat past the end of the alphabet.
    OutsideAlphabet,
}

/// The code length of each symbol of an alphabet; reused from code to code.
pub(super) struct CodeLengths {
    lengths: [u8; MAX_ALPHABET],
    alphabet: usize,
    /// Whether a code was spelled out in two symbols of which the second is not the larger.
    #[cfg(feature = "image-webp")]
    pub(super) falls: bool,
}

impl CodeLengths {
    pub(super) fn new() -> CodeLengths {
        CodeLengths {
            lengths: [0; MAX_ALPHABET],
            alphabet: 0,
            #[cfg(feature = "image-webp")]
            falls: false,
        }
    }

    /// The lengths that were read last.
    pub(super) fn as_slice(&self) -> &[u8] {
        self.lengths.get(..self.alphabet).unwrap_or_default()
    }

    fn as_mut_slice(&mut self) -> &mut [u8] {
        self.lengths.get_mut(..self.alphabet).unwrap_or_default()
    }

    /// Reads the lengths of one code for an alphabet of at most [`MAX_ALPHABET`] symbols.
    pub(super) fn read(&mut self, bits: &mut Bits<'_>, alphabet: usize) -> Result<Measure, Broken> {
        self.alphabet = alphabet.min(MAX_ALPHABET);
        self.as_mut_slice().fill(0);
        if bits.flag().ok_or(Broken::Cut)? {
            let symbols = self.read_simple(bits)?;
            return Measure::of_counts(symbols).ok_or(Broken::Incomplete);
        }
        // Most symbols of most codes have none: counting on the way is half of the time saved.
        let count = self.read_normal(bits)?;
        Measure::of_counts(count).ok_or(Broken::Incomplete)
    }

    /// Section 3.7.2.1.1: one or two symbols, spelled out. How many there are is the count of the codes of one bit.
    fn read_simple(&mut self, bits: &mut Bits<'_>) -> Result<[u16; MAX_LENGTH + 1], Broken> {
        let mut count = [0u16; MAX_LENGTH + 1];
        let [_, ones, ..] = &mut count;
        let two = bits.flag().ok_or(Broken::Cut)?;
        let first_bits = if bits.flag().ok_or(Broken::Cut)? { 8 } else { 1 };
        let first = bits.read(first_bits).ok_or(Broken::Cut)?;
        *ones = ones.saturating_add(self.set(first));
        if two {
            let second = bits.read(8).ok_or(Broken::Cut)?;
            *ones = ones.saturating_add(self.set(second));
            #[cfg(feature = "image-webp")]
            {
                self.falls |= second <= first;
            }
        }
        Ok(count)
    }

    /// Gives a symbol a code of one bit. How many that makes: none where it has it already or is outside.
    fn set(&mut self, symbol: u32) -> u16 {
        let length = usize::try_from(symbol).ok().and_then(|symbol| self.as_mut_slice().get_mut(symbol));
        length.map_or(0, |length| u16::from(std::mem::replace(length, 1) == 0))
    }

    /// Section 3.7.2.1.2: lengths that are themselves prefix-coded, with repeats.
    fn read_normal(&mut self, bits: &mut Bits<'_>) -> Result<[u16; MAX_LENGTH + 1], Broken> {
        let mut count = [0u16; MAX_LENGTH + 1];
        let mut places = [0u16; CODE_LENGTH_PLACES];
        let lengths = read_code_length_code(bits)?;
        let measure = Measure::of(&lengths).ok_or(Broken::Incomplete)?;
        let code = Tables::new(&mut places).build(&lengths, &measure).ok_or(Broken::Incomplete)?;
        let mut left = self.read_count(bits)?;
        let (mut symbol, mut previous) = (0usize, 8u8);
        while symbol < self.alphabet && left > 0 {
            left = left.saturating_sub(1);
            bits.refill();
            let (length, times) = match code.read(&places, bits) {
                16 => (previous, bits.take(2).saturating_add(3)),
                17 => (0, bits.take(3).saturating_add(3)),
                18 => (0, bits.take(7).saturating_add(11)),
                length => (u8::try_from(length).unwrap_or(0), 1),
            };
            if bits.overran() {
                return Err(Broken::Cut);
            }
            let end = symbol.saturating_add(usize::try_from(times).unwrap_or(usize::MAX));
            let run = self.as_mut_slice().get_mut(symbol..end).ok_or(Broken::OutsideAlphabet)?;
            symbol = end;
            if length != 0 {
                run.fill(length);
                previous = length;
                if let Some(count) = count.get_mut(usize::from(length)) {
                    *count = count.saturating_add(u16::try_from(times).unwrap_or(u16::MAX));
                }
            }
        }
        Ok(count)
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
}

/// The lengths of the code that the code lengths are written in.
fn read_code_length_code(bits: &mut Bits<'_>) -> Result<[u8; CODE_LENGTH_CODES], Broken> {
    let mut lengths = [0u8; CODE_LENGTH_CODES];
    let count = bits.read(4).ok_or(Broken::Cut)?.saturating_add(4);
    let count = usize::try_from(count).unwrap_or(CODE_LENGTH_CODES);
    for &symbol in CODE_LENGTH_ORDER.iter().take(count) {
        let length = bits.read(3).ok_or(Broken::Cut)?;
        if let Some(slot) = lengths.get_mut(symbol) {
            *slot = u8::try_from(length).unwrap_or(0);
        }
    }
    Ok(lengths)
}

#[cfg(test)]
mod tests {
    use fic_testkit::bytes::webp::Vp8lBytes;

    use super::*;

    fn read(stream: Vp8lBytes, alphabet: usize) -> Result<Vec<u8>, Broken> {
        let mut lengths = CodeLengths::new();
        let bytes = stream.finish();
        lengths.read(&mut Bits::new(&bytes), alphabet).map(|_| lengths.as_slice().to_vec())
    }

    #[test]
    fn two_symbols_in_any_order_are_a_code_and_twice_the_same_is_one() {
        assert_eq!(read(Vp8lBytes::headerless().pair(3, 1), 5), Ok(vec![0, 1, 0, 1, 0]));
        assert_eq!(read(Vp8lBytes::headerless().pair(1, 3), 5), Ok(vec![0, 1, 0, 1, 0]));
        assert_eq!(read(Vp8lBytes::headerless().pair(2, 2), 5), Ok(vec![0, 0, 1, 0, 0]));
    }

    #[test]
    fn a_symbol_outside_the_alphabet_is_none() {
        assert_eq!(read(Vp8lBytes::headerless().pair(2, 5), 5), Ok(vec![0, 0, 1, 0, 0]));
        assert_eq!(read(Vp8lBytes::headerless().pair(5, 2), 5), Ok(vec![0, 0, 1, 0, 0]));
        assert_eq!(read(Vp8lBytes::headerless().pair(5, 6), 5), Err(Broken::Incomplete));
        assert_eq!(read(Vp8lBytes::headerless().single(5), 5), Err(Broken::Incomplete));
    }

    #[test]
    fn lengths_that_are_spelled_out_come_back() {
        assert_eq!(read(Vp8lBytes::headerless().code(&[2, 1, 0, 2]), 6), Ok(vec![2, 1, 0, 2, 0, 0]));
        assert_eq!(read(Vp8lBytes::headerless().code(&[2, 1, 0, 3]), 6), Err(Broken::Incomplete));
        assert_eq!(read(Vp8lBytes::headerless().code(&[2, 1, 0, 2]), 3), Err(Broken::OutsideAlphabet));
    }
}

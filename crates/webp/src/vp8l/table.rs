//! Lookup tables for prefix codes (RFC 9649, section 3.7.2): code lengths in, a symbol for the bits ahead out.
//!
//! A table has a place for each value of the next bits, up to eight; codes that are longer go on in a second
//! table behind it. A place is two bytes: in the low twelve bits a symbol, in the high four how many bits it takes; or
//! where the second table starts and, in the high four, eight and how many bits that is looked up by. A code of one
//! symbol takes no bits and one place. What a table takes is known from the lengths before it is built.

use super::bits::Bits;

/// The longest code.
pub(super) const MAX_LENGTH: usize = 15;
/// Bits that the first table is looked up by, at most.
const ROOT_BITS: u32 = 8;
const SYMBOL_BITS: u32 = 12;
const SYMBOL: u16 = (1 << SYMBOL_BITS) - 1;

/// How many codes there are of each length: of a complete code, nothing else has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    count: [u16; MAX_LENGTH + 1],
    /// The longest code; 0 where the only symbol takes no bits.
    longest: u32,
}

impl Measure {
    /// `None` where the lengths are no complete code.
    pub(super) fn of(lengths: &[u8]) -> Option<Measure> {
        let mut count = [0u16; MAX_LENGTH + 1];
        for &length in lengths {
            *count.get_mut(usize::from(length))? += 1;
        }
        Measure::of_counts(count)
    }

    /// The same from the number of codes of each length.
    pub(super) fn of_counts(mut count: [u16; MAX_LENGTH + 1]) -> Option<Measure> {
        count[0] = 0;
        let symbols: u32 = count.iter().map(|&count| u32::from(count)).sum();
        let space: u32 =
            count.iter().zip(0..).map(|(&count, length)| u32::from(count) << (15 - length)).sum();
        let longest = (0..).zip(count).filter(|&(_, count)| count > 0).map(|(length, _)| length).max()?;
        match symbols {
            0 => None,
            1 => Some(Measure { count, longest: 0 }),
            _ => (space == 1 << 15).then_some(Measure { count, longest }),
        }
    }

    /// The only symbol, where there is no other.
    pub(super) fn only(&self, lengths: &[u8]) -> Option<u32> {
        let symbol = || lengths.iter().position(|&length| length > 0);
        if self.longest > 0 { None } else { symbol().and_then(|symbol| u32::try_from(symbol).ok()) }
    }

    /// Places of the tables.
    pub(super) fn places(&self) -> usize {
        let mut places = 1usize << self.longest.min(ROOT_BITS);
        // Codes in order of length, counted in units of the length at hand; `done` first bytes are full.
        let (mut end, mut done) = (0u32, 0u32);
        for length in 1..=self.longest {
            end = (end << 1) + u32::from(self.count[length as usize]);
            if let Some(beyond) = length.checked_sub(ROOT_BITS) {
                let full = end >> beyond;
                if beyond > 0 {
                    places += ((full - done) as usize) << beyond;
                }
                done = full;
            }
        }
        places
    }
}

/// Where a code's table lies among others, and what it is looked up by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Code {
    start: u32,
    mask: u32,
}

/// Tables of many codes, one after the other, filled from the front.
pub(super) struct Tables<'t> {
    places: &'t mut [u16],
    used: usize,
}

impl<'t> Tables<'t> {
    pub(super) fn new(places: &'t mut [u16]) -> Tables<'t> {
        Tables { places, used: 0 }
    }

    /// Builds the table for the code with these lengths, of which `measure` was made; `None` where it does not
    /// fit any more.
    pub(super) fn build(&mut self, lengths: &[u8], measure: &Measure) -> Option<Code> {
        let start = self.used;
        let end = start.checked_add(measure.places())?;
        let table = self.places.get_mut(start..end)?;
        let code =
            Code { start: u32::try_from(start).ok()?, mask: (1 << measure.longest.min(ROOT_BITS)) - 1 };
        if measure.longest == 0 {
            let symbol = lengths.iter().position(|&length| length > 0)?;
            table[0] = u16::try_from(symbol).ok()?;
        } else {
            fill(table, lengths, measure);
        }
        self.used = end;
        Some(code)
    }
}

/// Hands out codes by length, then by symbol, and enters each, its bits reversed, wherever it is the start of what
/// comes next.
fn fill(table: &mut [u16], lengths: &[u8], measure: &Measure) {
    let root_bits = measure.longest.min(ROOT_BITS);
    let root_len = 1usize << root_bits;
    enter_seconds(table, measure);
    let mut next = [0u32; MAX_LENGTH + 1];
    for length in 1..=MAX_LENGTH {
        next[length] = (next[length - 1] + u32::from(measure.count[length - 1])) << 1;
    }
    for (&length, symbol) in lengths.iter().zip(0u16..) {
        if length == 0 {
            continue;
        }
        let code = next[usize::from(length)];
        next[usize::from(length)] += 1;
        let length = u32::from(length);
        if length <= root_bits {
            enter(&mut table[..root_len], code, length, length, symbol);
            continue;
        }
        let beyond = length - ROOT_BITS;
        let first_byte = (code >> beyond).reverse_bits() >> (32 - ROOT_BITS);
        let entry = table[first_byte as usize];
        let second = &mut table[usize::from(entry & SYMBOL)..][..1 << ((entry >> SYMBOL_BITS) - 8)];
        enter(second, code & ((1 << beyond) - 1), beyond, beyond, symbol);
    }
}

/// Enters where the second tables start: for each first byte that longer codes have in common, in order, as many
/// places as the longest of them needs.
fn enter_seconds(table: &mut [u16], measure: &Measure) {
    let (mut end, mut done, mut start) = (0u32, 0u32, 1usize << ROOT_BITS);
    for length in 1..=measure.longest {
        end = (end << 1) + u32::from(measure.count[length as usize]);
        if length < ROOT_BITS {
            continue;
        }
        let beyond = length - ROOT_BITS;
        let full = end >> beyond;
        if beyond > 0 {
            for first_byte in done..full {
                enter(&mut table[..1 << ROOT_BITS], first_byte, ROOT_BITS, ROOT_BITS + beyond, start as u16);
                start += 1 << beyond;
            }
        }
        done = full;
    }
}

fn enter(table: &mut [u16], code: u32, length: u32, high: u32, low: u16) {
    let reversed = code.reverse_bits() >> (32 - length);
    let entry = (high as u16) << SYMBOL_BITS | low;
    for place in table.iter_mut().skip(reversed as usize).step_by(1 << length) {
        *place = entry;
    }
}

impl Code {
    /// The next symbol, of at most 15 bits, which must be held.
    #[inline(always)]
    pub(super) fn read(self, places: &[u16], bits: &mut Bits<'_>) -> u32 {
        let start = self.start as usize;
        let entry = places[start + (bits.ahead() as usize & self.mask as usize)];
        let length = u32::from(entry) >> SYMBOL_BITS;
        if length <= ROOT_BITS {
            bits.pass(length);
            return (entry & SYMBOL).into();
        }
        bits.pass(ROOT_BITS);
        let mask = (1usize << (length - ROOT_BITS)) - 1;
        let entry = places[start + usize::from(entry & SYMBOL) + (bits.ahead() as usize & mask)];
        bits.pass(u32::from(entry) >> SYMBOL_BITS);
        (entry & SYMBOL).into()
    }

    /// The symbol where it is the only one.
    pub(super) fn single(self, places: &[u16]) -> Option<u32> {
        if self.mask > 0 { None } else { places.get(self.start as usize).map(|&symbol| symbol.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many symbols as `bits` holds, and the places used.
    fn symbols(lengths: &[u8], bytes: &[u8]) -> (Vec<u32>, usize) {
        let measure = Measure::of(lengths).unwrap();
        let mut places = vec![0; measure.places() + 1];
        let mut tables = Tables::new(&mut places);
        let code = tables.build(lengths, &measure).unwrap();
        let used = tables.used;
        assert_eq!(used, measure.places());
        let mut bits = Bits::new(bytes);
        let symbols = std::iter::from_fn(|| {
            bits.refill();
            let symbol = code.read(&places, &mut bits);
            (!bits.overran()).then_some(symbol)
        });
        (symbols.collect(), used)
    }

    #[test]
    fn codes_are_handed_out_by_length_then_by_symbol() {
        // Symbol 1: 0, symbol 2: 10, symbols 0 and 3: 110 and 111; the first bit of a code is the lowest.
        assert_eq!(symbols(&[3, 1, 2, 3], &[0b1110_1101, 0b0000_0011]), (vec![2, 0, 3, 0, 1, 1, 1, 1, 1], 8));
    }

    #[test]
    fn long_codes_go_on_in_a_second_table() {
        let lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15];
        assert_eq!(symbols(&lengths, &[0xff, 0x7f, 0xff, 0xbf]), (vec![15, 0, 14], 256 + 128));
        assert_eq!(symbols(&lengths, &[0xff, 0x3f, 0xff]).0, [14, 0]);
        // 255 codes of eight bits and two of nine: the smallest second table.
        let mut lengths = [8; 257];
        (lengths[255], lengths[256]) = (9, 9);
        assert_eq!(symbols(&lengths, &[0x00, 0xff, 0x01]), (vec![0, 256], 256 + 2));
    }

    #[test]
    fn every_code_of_many_shapes_is_read_back_by_its_own_bits() {
        for seed in 1..200u32 {
            // Split a random leaf until there are enough.
            let (mut lengths, mut state) = (vec![1u8, 1], seed.wrapping_mul(2_654_435_761));
            for _ in 0..seed * 5 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % lengths.len();
                if lengths[at] < 15 {
                    lengths[at] += 1;
                    lengths.insert(at, lengths[at]);
                }
            }
            let mut ordered: Vec<_> = (0..lengths.len()).collect();
            ordered.sort_by_key(|&symbol| lengths[symbol]);
            let measure = Measure::of(&lengths).unwrap();
            let mut places = vec![0; measure.places()];
            let table = Tables::new(&mut places).build(&lengths, &measure).unwrap();
            let (mut code, mut length) = (0u32, 1u8);
            for symbol in ordered {
                code <<= lengths[symbol] - length;
                length = lengths[symbol];
                let reversed = (code.reverse_bits() >> (32 - u32::from(length))).to_le_bytes();
                let mut bits = Bits::new(&reversed);
                bits.refill();
                assert_eq!(table.read(&places, &mut bits), symbol as u32, "seed {seed}");
                code += 1;
            }
        }
    }

    #[test]
    fn only_complete_codes_have_a_measure() {
        assert_eq!(Measure::of(&[0, 0]), None);
        assert_eq!(Measure::of(&[1, 2]), None);
        assert_eq!(Measure::of(&[1, 1, 1]), None);
        assert_eq!(Measure::of(&[1, 1, 1, 1]), None);
        assert_eq!(Measure::of(&[0, 9]).map(|measure| (measure.places(), measure.longest)), Some((1, 0)));
        assert_eq!(Measure::of(&[1, 1]).map(|measure| measure.places()), Some(2));
    }
}

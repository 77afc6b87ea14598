//! The boolean entropy decoder (RFC 6386, section 7): bytes of a partition in, flags of stated probability out.
//!
//! Past the end it reads zeros and remembers that it did: what is decoded from then on is invention.

/// No coder writes this byte first: the code would lie beyond the range that it starts with, and readers do not
/// agree on what follows.
pub(super) const NO_CODE: u8 = 0xff;

/// A window on a partition.
///
/// It is `Copy`, so that a loop can work on one of its own, which stays in registers, and put it back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoolDecoder<'a> {
    /// What is not decoded yet; its bits from `spare` on, eight of them, are compared with the split.
    window: u64,
    /// Bits of the window below those eight. Below zero a byte is missing.
    spare: i32,
    /// One less than the range: 127 to 254 between two flags.
    range: u32,
    /// What is not in the window yet.
    bytes: &'a [u8],
    past_end: bool,
}

impl<'a> BoolDecoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> BoolDecoder<'a> {
        BoolDecoder { window: 0, spare: -8, range: 254, bytes, past_end: false }
    }

    /// Whether a byte was needed that is not there: the rule by which libwebp calls a partition cut short.
    pub(crate) fn is_past_end(&self) -> bool {
        self.past_end
    }

    /// A flag whose chance of being unset is `probability` in 256.
    ///
    /// Both ways go on to the next flag on their own, so that the processor foretells a branch instead of waiting for
    /// the comparison: each flag needs the range that the one before leaves, and that is the longest chain there is.
    #[inline(always)]
    pub(crate) fn bit(&mut self, probability: u8) -> bool {
        if self.spare < 0 {
            self.refill();
        }
        // One less than what section 7.3 calls by that name.
        let split = (self.range * u32::from(probability)) >> 8;
        if (self.window >> self.spare) as u32 > split {
            self.window -= u64::from(split + 1) << self.spare;
            self.leave(self.range - split);
            true
        } else {
            self.leave(split + 1);
            false
        }
    }

    /// Brings a range back to at least 128: it is not zero and below 256.
    #[inline(always)]
    fn leave(&mut self, range: u32) {
        let shift = range.leading_zeros() ^ 24;
        self.range = (range << shift) - 1;
        self.spare -= shift.cast_signed();
    }

    /// `value` with its sign, which is a flag of even chance: no branch, for nobody can foretell it.
    ///
    /// It always shifts by one. That is right below a range of 255, which no flag leaves behind.
    #[inline(always)]
    pub(super) fn signed(&mut self, value: i32) -> i32 {
        if self.spare < 0 {
            self.refill();
        }
        let split = self.range >> 1;
        // All ones where the window is above the split.
        let mask = (split.cast_signed() - (self.window >> self.spare) as i32) >> 31;
        self.window -= u64::from((split + 1) & mask.cast_unsigned()) << self.spare;
        // Twice the half that is left: the range was even or it changes by one.
        self.range = self.range.wrapping_add(mask.cast_unsigned()) | 1;
        self.spare -= 1;
        (value ^ mask) - mask
    }

    /// A flag of even chance.
    pub(crate) fn flag(&mut self) -> bool {
        self.bit(128)
    }

    /// `width` bits of even chance, the most significant first.
    pub(crate) fn literal(&mut self, width: u32) -> u32 {
        (0..width).fold(0, |value: u32, _| value << 1 | u32::from(self.flag()))
    }

    /// A magnitude of `width` bits and a sign.
    pub(super) fn signed_literal(&mut self, width: u32) -> i32 {
        let magnitude = self.literal(width).cast_signed();
        if self.flag() { -magnitude } else { magnitude }
    }

    /// A flag and, where it is set, a magnitude and a sign.
    pub(super) fn optional(&mut self, width: u32) -> Option<i32> {
        self.flag().then(|| self.signed_literal(width))
    }

    /// Fills the window, of which one to seven bits are left, or none at the start.
    #[inline(always)]
    fn refill(&mut self) {
        match self.bytes.split_first_chunk::<8>() {
            Some((&word, _)) => {
                self.window = self.window << 56 | u64::from_be_bytes(word) >> 8;
                self.bytes = &self.bytes[7..];
                self.spare += 56;
            }
            None => *self = self.refilled_at_the_end(),
        }
    }

    /// With the last bytes, and then with zeros for ever.
    ///
    /// By value and apart, so that what a flag needs stays in registers.
    #[cold]
    #[inline(never)]
    fn refilled_at_the_end(mut self) -> BoolDecoder<'a> {
        if self.bytes.is_empty() {
            self.window <<= 56;
            self.spare += 56;
            self.past_end = true;
        }
        for &byte in self.bytes {
            self.window = self.window << 8 | u64::from(byte);
            self.spare += 8;
        }
        self.bytes = &[];
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_a_byte_only_when_a_flag_needs_it() {
        let mut empty = BoolDecoder::new(&[]);
        assert!(!empty.flag() && empty.is_past_end());
        // Eight bits are compared at a time, so the first shift needs the second byte.
        let mut one = BoolDecoder::new(&[0]);
        assert_eq!((one.literal(2), one.is_past_end()), (0, false));
        assert_eq!((one.flag(), one.is_past_end()), (false, true));
        assert_eq!(BoolDecoder::new(&[0xfe, 0xff]).literal(4), 15);
    }

    /// The decoder of section 7.3, a bit at a time.
    struct Plain<'a> {
        bytes: &'a [u8],
        value: u32,
        range: u32,
        shifts: usize,
    }

    impl<'a> Plain<'a> {
        fn new(bytes: &'a [u8]) -> Plain<'a> {
            let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
            Plain { bytes, value: byte(0) << 8 | byte(1), range: 255, shifts: 0 }
        }

        fn bit(&mut self, probability: u8) -> bool {
            let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
            let bit = self.value >= split << 8;
            if bit {
                self.range -= split;
                self.value -= split << 8;
            } else {
                self.range = split;
            }
            while self.range < 128 {
                self.range <<= 1;
                self.shifts += 1;
                let at = self.shifts + 15;
                let next = self.bytes.get(at / 8).copied().unwrap_or(0);
                self.value = self.value << 1 | u32::from(next >> (7 - at % 8) & 1);
            }
            bit
        }
    }

    #[test]
    fn every_flag_is_that_of_the_plain_decoder() {
        let mut state = 1u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for len in 0..60 {
            let mut bytes: Vec<u8> = (0..len).map(|_| noise()).collect();
            bytes.iter_mut().take(1).for_each(|first| *first = (*first).min(NO_CODE - 1));
            let (mut plain, mut wide) = (Plain::new(&bytes), BoolDecoder::new(&bytes));
            for nth in 0..len * 12 {
                let probability = noise();
                let is_past_end = plain.shifts + 8 > len * 8;
                assert_eq!(plain.bit(probability), wide.bit(probability), "{len} bytes, flag {nth}");
                assert_eq!(wide.is_past_end(), is_past_end, "{len} bytes, flag {nth}");
                let value = if plain.bit(128) { -5 } else { 5 };
                assert_eq!(wide.signed(5), value, "{len} bytes, flag {nth}");
            }
        }
    }
}

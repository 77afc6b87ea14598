//! The boolean entropy decoder (RFC 6386, section 7), for the few header fields that the outline needs.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

/// Reads flags and literals at even probability; past the end it reads zeros and remembers.
pub(super) struct BoolDecoder<'a> {
    bytes: &'a [u8],
    next: usize,
    value: u32,
    range: u32,
    /// How many bits of the input were shifted in beyond the eight that are compared with the split.
    spare: u32,
    /// Shifts that are still to be done; a byte is only asked for when the next flag needs it.
    owed: u32,
    past_end: bool,
}

impl<'a> BoolDecoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> BoolDecoder<'a> {
        let mut decoder =
            BoolDecoder { bytes, next: 0, value: 0, range: 255, spare: 0, owed: 0, past_end: false };
        decoder.value = decoder.byte();
        decoder
    }

    /// Whether a byte was needed that is not there.
    pub(super) fn is_past_end(&self) -> bool {
        self.past_end
    }

    /// A bit whose chance of being zero is one half (probability 128).
    pub(super) fn flag(&mut self) -> bool {
        self.settle();
        let split = self.range.saturating_sub(1).saturating_mul(128).wrapping_shr(8).saturating_add(1);
        let wide = split.wrapping_shl(self.spare);
        let bit = self.value >= wide;
        if bit {
            self.range = self.range.saturating_sub(split);
            self.value = self.value.saturating_sub(wide);
        } else {
            self.range = split;
        }
        // Bring the range back to at least 128: it is not zero, and below 256.
        self.owed = self.range.leading_zeros().saturating_sub(24);
        self.range = self.range.wrapping_shl(self.owed);
        bit
    }

    /// `width` bits, the most significant first.
    pub(super) fn literal(&mut self, width: u32) -> u32 {
        (0..width).fold(0, |value: u32, _| value.wrapping_shl(1) | u32::from(self.flag()))
    }

    /// Does the shifts of the last flag; at most seven, so one byte is enough.
    fn settle(&mut self) {
        if self.owed > self.spare {
            self.value = self.value.wrapping_shl(8) | self.byte();
            self.spare = self.spare.saturating_add(8);
        }
        self.spare = self.spare.saturating_sub(self.owed);
        self.owed = 0;
    }

    fn byte(&mut self) -> u32 {
        let byte = self.bytes.get(self.next).copied();
        self.next = self.next.saturating_add(1);
        self.past_end |= byte.is_none();
        byte.unwrap_or(0).into()
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
        assert_eq!(BoolDecoder::new(&[0xff, 0xff]).literal(4), 15);
    }
}

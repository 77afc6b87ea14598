//! The bits of a VP8L stream (RFC 9649, section 3.2): least significant first, never past the end.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

/// A cursor over bits.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte to go into the window.
    next: usize,
    /// Bits that were read ahead, the next one lowest; zeros above.
    window: u64,
    held: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits { bytes, next: 0, window: 0, held: 0 }
    }

    /// The byte that the next bit lies in, counted from the start.
    pub(super) fn position(&self) -> usize {
        self.next.saturating_sub(usize::try_from(self.held.div_ceil(8)).unwrap_or(0))
    }

    /// The next `count` bits, at most 32, as a number; `None` where fewer are left.
    pub(super) fn read(&mut self, count: u32) -> Option<u32> {
        let value = self.peek(count);
        self.consume(count)?;
        Some(value)
    }

    /// The next bit, as a yes or no.
    pub(super) fn flag(&mut self) -> Option<bool> {
        self.read(1).map(|bit| bit == 1)
    }

    /// The next `count` bits, at most 32, without moving; zeros past the end.
    pub(super) fn peek(&mut self, count: u32) -> u32 {
        if self.held < count {
            self.refill();
        }
        let mask = 1u64.wrapping_shl(count).wrapping_sub(1);
        u32::try_from(self.window & mask).unwrap_or(u32::MAX)
    }

    /// Moves over `count` bits; `None` where fewer are left.
    pub(super) fn consume(&mut self, count: u32) -> Option<()> {
        if self.held < count {
            self.refill();
        }
        self.held = self.held.checked_sub(count)?;
        self.window = self.window.wrapping_shr(count);
        Some(())
    }

    fn refill(&mut self) {
        while self.held <= 56 {
            let Some(&byte) = self.bytes.get(self.next) else { break };
            self.window |= u64::from(byte).wrapping_shl(self.held);
            self.held = self.held.saturating_add(8);
            self.next = self.next.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_low_bits_first_and_stops_at_the_last() {
        let mut bits = Bits::new(&[0x9c, 0x41, 0xe1]);
        assert_eq!([bits.read(3), bits.read(2), bits.read(6), bits.read(10)], [4, 3, 12, 40].map(Some));
        assert_eq!((bits.position(), bits.read(4), bits.read(3)), (2, None, Some(7)));
        assert_eq!((bits.peek(8), bits.consume(1)), (0, None));
    }
}

//! The bits of a VP8L stream (RFC 9649, section 3.2): least significant first.
//!
//! Past the end come zeros, and [`Bits::overran`] says so: who reads pixels asks once a pixel, who reads a header is
//! told at each read.

/// A cursor over bits; a copy of it is a bookmark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte to go into the window; past the end where zeros were read.
    next: usize,
    /// Bits that were read ahead, the next one lowest. What is above `held` is zero or the bits that follow.
    window: u64,
    held: u32,
}

impl<'a> Bits<'a> {
    /// Bits that are in the window after [`refill`](Bits::refill).
    pub(super) const REFILLED: u32 = 56;

    pub(super) fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits { bytes, next: 0, window: 0, held: 0 }
    }

    /// The byte that the next bit lies in, counted from the start.
    pub(super) fn position(&self) -> usize {
        self.next.saturating_sub(self.held.div_ceil(8) as usize).min(self.bytes.len())
    }

    /// The next `count` bits, at most 32, as a number; `None` where fewer are left.
    pub(super) fn read(&mut self, count: u32) -> Option<u32> {
        self.refill();
        let value = self.take(count);
        if self.overran() { None } else { Some(value) }
    }

    /// The next bit, as a yes or no.
    pub(super) fn flag(&mut self) -> Option<bool> {
        self.read(1).map(|bit| bit == 1)
    }

    /// Whether bits were taken that are not there.
    #[inline(always)]
    pub(super) fn overran(&self) -> bool {
        self.next > self.bytes.len() && self.zeros_taken()
    }

    #[cold]
    fn zeros_taken(&self) -> bool {
        let zeros = (self.next - self.bytes.len()) as u64 * 8;
        u64::from(self.held) < zeros
    }

    /// Reads ahead: at least [`REFILLED`](Bits::REFILLED) bits can be taken then.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        match self.bytes.get(self.next..).and_then(<[u8]>::first_chunk) {
            // Bits that are there already are written once more, the same.
            Some(&word) => {
                self.window |= u64::from_le_bytes(word) << self.held;
                self.next += ((63 - self.held) >> 3) as usize;
                self.held |= Bits::REFILLED;
            }
            None => self.refill_at_the_end(),
        }
    }

    #[cold]
    fn refill_at_the_end(&mut self) {
        while self.held <= Bits::REFILLED {
            let byte = self.bytes.get(self.next).copied().unwrap_or(0);
            self.window |= u64::from(byte) << self.held;
            self.held += 8;
            self.next += 1;
        }
        // A full window has nothing above it, and the next refill must not shift by 64.
        if self.held > 63 {
            self.held -= 8;
            self.next -= 1;
        }
    }

    /// The bits that come next, as many as are held.
    #[inline(always)]
    pub(super) fn ahead(&self) -> u64 {
        self.window
    }

    /// Passes over `count` bits, no more than are held.
    #[inline(always)]
    pub(super) fn pass(&mut self, count: u32) {
        self.window >>= count & 63;
        self.held = self.held.wrapping_sub(count);
    }

    /// The next `count` bits, at most 32 and no more than are held.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let value = (self.window & ((1 << count) - 1)) as u32;
        self.pass(count);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_low_bits_first_and_stops_at_the_last() {
        let mut bits = Bits::new(&[0x9c, 0x41, 0xe1]);
        assert_eq!([bits.read(3), bits.read(2), bits.read(6), bits.read(10)], [4, 3, 12, 40].map(Some));
        assert_eq!((bits.position(), bits.read(3), bits.read(1)), (2, Some(7), None));
    }

    #[test]
    fn any_mix_of_widths_gives_the_bits_that_a_plain_reader_gives() {
        let bytes: Vec<u8> = (0..97u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let bit = |at: usize| u32::from(bytes[at / 8] >> (at % 8)) & 1;
        for step in 1..=32 {
            let (mut bits, mut at) = (Bits::new(&bytes), 0);
            for width in (0..).map(|n| n * step % 33) {
                let end = at + width as usize;
                if end > bytes.len() * 8 {
                    assert_eq!(bits.read(width), None);
                    break;
                }
                let wanted = (at..end).rev().fold(0, |value, at| value << 1 | bit(at));
                assert_eq!(bits.read(width), Some(wanted), "{width} bits at {at}");
                assert_eq!(bits.position(), end / 8, "at {end}");
                at = end;
            }
        }
    }
}

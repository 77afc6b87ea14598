//! The bits of one entropy-coded segment (T.81 F.2.2.5), read from the front.
//!
//! In come the bytes of a window that [`Segment`](super::segment::Segment) has already freed of stuffed zeros; past their end the
//! reader gives zeros for ever and knows that it does ([`Bits::overran`]). 64 bits are buffered, the next one
//! on top, so that a code and its extra bits (31 bits at most) need one refill.

/// A position in a window of un-stuffed bytes. Copied into locals in hot loops, and stored between them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position {
    /// The next byte of the window to load.
    next: usize,
    /// Loaded bits, the next one on top.
    buffer: u64,
    /// How many of them count; the rest are the first bits of byte `next` already.
    available: u32,
}

/// A bit reader over a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits<'a> {
    window: &'a [u8],
    at: Position,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(window: &'a [u8], at: Position) -> Bits<'a> {
        Bits { window, at }
    }

    pub(crate) fn position(&self) -> Position {
        self.at
    }

    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(crate) fn refill(&mut self) {
        match self.window.get(self.at.next..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(chunk) => {
                self.at.buffer |= u64::from_be_bytes(*chunk) >> self.at.available;
                let bytes = (63 - self.at.available) >> 3;
                self.at.next += bytes as usize;
                self.at.available += bytes * 8;
            }
            None => *self = self.refilled_at_the_end(),
        }
    }

    /// The same where fewer than eight bytes are left: byte by byte, zeros past the end.
    #[cold]
    #[inline(never)]
    fn refilled_at_the_end(mut self) -> Bits<'a> {
        while self.at.available <= 56 {
            let byte = self.window.get(self.at.next).copied().unwrap_or(0);
            self.at.buffer |= u64::from(byte) << (56 - self.at.available);
            self.at.next += 1;
            self.at.available += 8;
        }
        self
    }

    /// The next `N` bits, 1 to 32, without moving; available bits are the caller's care.
    #[inline(always)]
    pub(crate) fn peek<const N: u32>(&self) -> usize {
        (self.at.buffer >> (64 - N)) as usize
    }

    /// Moves over `count` bits, at most as many as are available.
    #[inline(always)]
    pub(crate) fn consume(&mut self, count: u32) {
        self.at.buffer <<= count;
        self.at.available = self.at.available.wrapping_sub(count);
    }

    /// The next `count` bits, 0 to 16, as a number.
    #[inline(always)]
    pub(crate) fn take(&mut self, count: u32) -> u32 {
        // Two shifts, so that a count of zero gives zero.
        let value = (self.at.buffer >> 1 >> (63 - count)) as u32;
        self.consume(count);
        value
    }

    /// The next `size` bits, 1 to 15, as the signed value that EXTEND makes of them (T.81 F.2.2.1).
    #[inline(always)]
    pub(crate) fn take_extended(&mut self, size: u32) -> i32 {
        extend(self.take(size), size)
    }

    /// Moves over `count` bits, however many.
    pub(crate) fn skip(&mut self, mut count: u32) {
        while count > 0 {
            self.refill();
            let step = count.min(48);
            self.consume(step);
            count -= step;
        }
    }

    /// Bytes of the window that were begun.
    #[inline(always)]
    pub(crate) fn used_bytes(&self) -> usize {
        self.at.next.saturating_sub((self.at.available >> 3) as usize)
    }

    /// Whether bits were taken that the window does not have.
    #[inline(always)]
    pub(crate) fn overran(&self) -> bool {
        self.used_bytes() > self.window.len()
    }
}

impl Position {
    /// The same position in a window that starts `bytes` later.
    pub(crate) fn moved_back(self, bytes: usize) -> Position {
        Position { next: self.next.saturating_sub(bytes), ..self }
    }

    /// Bytes of the window that were begun.
    pub(crate) fn used_bytes(self) -> usize {
        self.next.saturating_sub((self.available >> 3) as usize)
    }

    /// Drops what was loaded but not used: the window behind is about to grow.
    pub(crate) fn unloaded(self) -> Position {
        // Whole unused bytes go back; up to seven bits of a begun byte stay.
        let whole = self.available >> 3;
        let kept = self.available & 7;
        let buffer = if kept == 0 { 0 } else { self.buffer & (u64::MAX << (64 - kept)) };
        Position { next: self.next.saturating_sub(whole as usize), buffer, available: kept }
    }
}

/// EXTEND of T.81 F.2.2.1: `size` bits, the first of them 0 for negative values.
#[inline(always)]
pub(crate) fn extend(bits: u32, size: u32) -> i32 {
    let value = bits.cast_signed();
    let half = 1i32 << (size - 1);
    if value < half { value - 2 * half + 1 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_across_refills_and_knows_when_it_invents() {
        let window: Vec<u8> = (0..40u32).map(|byte| (byte * 37 % 251) as u8).collect();
        let mut bits = Bits::new(&window, Position::default());
        let mut expected = window.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        for _ in 0..40 * 8 / 5 {
            bits.refill();
            let wanted = (0..5).fold(0, |value, _| value << 1 | u32::from(expected.next().unwrap()));
            assert_eq!(bits.take(5), wanted);
            assert!(!bits.overran());
        }
        bits.refill();
        assert_eq!(bits.take(9), 0);
        assert!(bits.overran());
    }

    #[test]
    fn a_position_survives_unloading() {
        let window: Vec<u8> = (0..32).collect();
        let mut bits = Bits::new(&window, Position::default());
        bits.refill();
        bits.consume(19);
        let at = bits.position().unloaded();
        let mut again = Bits::new(&window, at);
        again.refill();
        bits.refill();
        assert_eq!(again.peek::<32>(), bits.peek::<32>());
    }

    #[test]
    fn extends_as_table_f_1_says() {
        assert_eq!([0, 1].map(|bits| extend(bits, 1)), [-1, 1]);
        assert_eq!([0, 3, 4, 7].map(|bits| extend(bits, 3)), [-7, -4, 4, 7]);
    }
}

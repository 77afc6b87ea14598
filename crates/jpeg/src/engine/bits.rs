//! The bits of one entropy-coded segment (T.81 F.2.2.5), read from the front.
//!
//! In comes a [`Window`] of bytes that [`Segment`](super::segment::Segment) has already freed of stuffed zeros; past its
//! content there are zeros, and the reader knows when it reads them ([`Bits::overran`]). 64 bits are buffered, the
//! next one on top, so that a code and its extra bits (27 bits at most) need one refill.
//!
//! The window's size is a power of two (and eight bytes, so that a load that begins in it ends in it): a
//! masked place is inside whatever the data says, and a refill has no branch. Copied by value into the cold paths, the reader
//! stays in registers in the hot ones.

/// Bytes of a window that a place can begin at: a power of two.
pub(crate) const WINDOW: usize = 32 << 10;
/// Un-stuffed bytes, as many as are there, then zeros.
pub(crate) type Window = [u8; WINDOW + 8];

/// A position in a window of un-stuffed bytes. Copied into locals in hot loops, and stored between them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position {
    /// The next byte of the window to load.
    next: usize,
    /// Loaded bits, the next one on top.
    buffer: u64,
    /// How many of them count, in the lowest six bits; the rest are the first bits of byte `next` already.
    available: u32,
}

/// A bit reader over a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits<'a> {
    window: &'a Window,
    /// Bytes of the window that are data.
    len: usize,
    at: Position,
    /// The eight bytes from `at.next` on. Loaded as soon as that place is known, they are there when they are needed:
    /// where a block ends, which no processor foretells, the load would be waited for.
    ahead: u64,
}

impl<'a> Bits<'a> {
    #[inline(always)]
    pub(crate) fn new(window: &'a Window, len: usize, at: Position) -> Bits<'a> {
        let mut bits = Bits { window, len, at, ahead: 0 };
        bits.look_ahead();
        bits
    }

    /// Bytes of the window that are data.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn position(&self) -> Position {
        self.at
    }

    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(crate) fn refill(&mut self) {
        let available = self.at.available & 63;
        self.at.buffer |= self.ahead >> available;
        self.at.next += ((63 - available) >> 3) as usize;
        self.at.available = available | 56;
        self.look_ahead();
    }

    #[inline(always)]
    fn look_ahead(&mut self) {
        let at = self.at.next & (WINDOW - 1);
        // Always there; the compiler knows.
        if let Some(chunk) = self.window.get(at..at + 8).and_then(|eight| eight.first_chunk::<8>()) {
            self.ahead = u64::from_be_bytes(*chunk);
        }
    }

    /// The next `N` bits, 1 to 32, without moving; available bits are the caller's care.
    #[inline(always)]
    pub(crate) fn peek<const N: u32>(&self) -> usize {
        (self.at.buffer >> (64 - N)) as usize
    }

    /// The bit behind the next `before` ones, without moving; 63 at most.
    #[inline(always)]
    pub(crate) fn peek_at(&self, before: u32) -> u16 {
        (self.at.buffer << before >> 63) as u16
    }

    /// Moves over `count` bits, at most as many as are available.
    #[inline(always)]
    pub(crate) fn consume(&mut self, count: u32) {
        self.at.buffer <<= count;
        self.at.available = self.at.available.wrapping_sub(count);
    }

    /// Moves over as many bits as the lowest six bits of `entry` say, at most as many as are available.
    ///
    /// The other bits of an entry may be anything: not having to mask them makes the way from one probe to the next
    /// shorter.
    #[inline(always)]
    pub(crate) fn consume_entry(&mut self, entry: u32) {
        self.at.buffer <<= entry & 63;
        self.at.available = self.at.available.wrapping_sub(entry);
    }

    /// The next `count` bits, 0 to 16, as a number.
    #[inline(always)]
    pub(crate) fn take(&mut self, count: u32) -> u32 {
        // Two shifts, so that a count of zero gives zero.
        let value = (self.at.buffer >> 1 >> (63 - count)) as u32;
        self.consume(count);
        value
    }

    /// Bytes of the window that were begun.
    #[inline(always)]
    pub(crate) fn used_bytes(&self) -> usize {
        self.at.used_bytes()
    }

    /// Whether bits were taken that the window does not have.
    #[inline(always)]
    pub(crate) fn overran(&self) -> bool {
        self.used_bytes() > self.len
    }
}

impl Position {
    /// The same position in a window that starts `bytes` later.
    pub(crate) fn moved_back(self, bytes: usize) -> Position {
        Position { next: self.next.saturating_sub(bytes), ..self }
    }

    /// Bytes of the window that were begun.
    #[inline(always)]
    pub(crate) fn used_bytes(self) -> usize {
        self.next.saturating_sub((self.available >> 3 & 7) as usize)
    }

    /// Bits of the window that were taken.
    pub(crate) fn used_bits(self) -> usize {
        (self.next * 8).saturating_sub((self.available & 63) as usize)
    }

    /// The beginning of byte `byte`.
    pub(crate) fn at_byte(byte: usize) -> Position {
        Position { next: byte, ..Position::default() }
    }

    /// Drops what was loaded but not used: the window behind is about to grow.
    pub(crate) fn unloaded(self) -> Position {
        // Whole unused bytes go back; up to seven bits of a begun byte stay.
        let whole = self.available >> 3 & 7;
        let kept = self.available & 7;
        let buffer = if kept == 0 { 0 } else { self.buffer & (u64::MAX << (64 - kept)) };
        Position { next: self.next.saturating_sub(whole as usize), buffer, available: kept }
    }
}

/// EXTEND of T.81 F.2.2.1: `size` bits, the first of them 0 for negative values; of none: zero.
#[inline(always)]
pub(crate) fn extend(bits: u32, size: u32) -> i32 {
    let value = bits.cast_signed();
    let half = (1i32 << size) >> 1;
    if value < half { value - 2 * half + 1 } else { value }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A window that holds `data`.
    pub(crate) fn window(data: &[u8]) -> Box<Window> {
        let mut window = Box::new([0; WINDOW + 8]);
        window[..data.len()].copy_from_slice(data);
        window
    }

    #[test]
    fn reads_across_refills_and_knows_when_it_invents() {
        let data: Vec<u8> = (0..40u32).map(|byte| (byte * 37 % 251) as u8).collect();
        let window = window(&data);
        let mut bits = Bits::new(&window, data.len(), Position::default());
        let mut expected = data.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
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
        let data: Vec<u8> = (0..32).collect();
        let window = window(&data);
        let mut bits = Bits::new(&window, 32, Position::default());
        bits.refill();
        bits.consume(19);
        let at = bits.position().unloaded();
        let mut again = Bits::new(&window, 32, at);
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

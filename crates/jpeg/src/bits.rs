//! Bits of entropy-coded data, stuffing taken out (T.81, F.2.2.5).
//!
//! In come the bytes of one restart interval; out come bits. Past the end it gives zeros and knows how many
//! of them were used, so that the caller can tell data that ended early from data that did not.

/// A reader of bits, the most significant first.
#[derive(Clone, Debug)]
pub(crate) struct Bits<'a> {
    rest: &'a [u8],
    /// The next bits, from the top; what lies below `have` bits is a part of the byte that comes next.
    window: u64,
    have: u32,
    /// How many of the bits that were ever in the window stand for no data.
    padded: u32,
}

impl<'a> Bits<'a> {
    pub(crate) const fn new(interval: &'a [u8]) -> Bits<'a> {
        Bits { rest: interval, window: 0, have: 0, padded: 0 }
    }

    /// Makes at least 48 bits ready: enough for a code and its value, and another code.
    #[inline]
    pub(crate) fn refill(&mut self) {
        if self.have >= 48 {
            return;
        }
        match self.rest.first_chunk::<8>() {
            Some(chunk) if !has_ff(u64::from_be_bytes(*chunk)) => {
                self.window |= u64::from_be_bytes(*chunk) >> self.have;
                let bytes = (63 - self.have) >> 3;
                self.rest = &self.rest[bytes as usize..];
                self.have += bytes * 8;
            }
            _ => self.refill_slowly(),
        }
    }

    #[cold]
    #[inline(never)]
    fn refill_slowly(&mut self) {
        while self.have <= 56 {
            let Some(byte) = self.next_byte() else {
                self.padded = self.padded.saturating_add(64 - self.have);
                self.have = 64;
                return;
            };
            self.window |= u64::from(byte) << (56 - self.have);
            self.have += 8;
        }
    }

    /// The next byte of data: 0xFF00 stands for 0xFF, and so does 0xFF 0xFF .. 0x00.
    fn next_byte(&mut self) -> Option<u8> {
        let (&first, mut rest) = self.rest.split_first()?;
        if first == 0xFF {
            loop {
                let (&code, behind) = rest.split_first()?;
                rest = behind;
                match code {
                    0xFF => {}
                    0 => break,
                    // The interval was cut out before any marker.
                    _ => return None,
                }
            }
        }
        self.rest = rest;
        Some(first)
    }

    /// The next `count` bits, 1 to 16, without moving.
    #[inline]
    pub(crate) const fn peek(&self, count: u32) -> u32 {
        (self.window >> (64 - count)) as u32
    }

    /// Moves over `count` bits that [`refill`](Bits::refill) made ready.
    #[inline]
    pub(crate) const fn consume(&mut self, count: u32) {
        self.window <<= count;
        self.have = self.have.saturating_sub(count);
    }

    /// The next `count` bits, 0 to 16.
    #[inline]
    pub(crate) const fn take(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        let value = self.peek(count);
        self.consume(count);
        value
    }

    /// One bit, refilled for where needed.
    #[inline]
    pub(crate) fn bit(&mut self) -> bool {
        if self.have == 0 {
            self.refill();
        }
        self.take(1) == 1
    }

    /// Whether bits were used that are not in the data.
    #[inline]
    pub(crate) const fn overran(&self) -> bool {
        self.have < self.padded
    }
}

/// Whether a byte of `word` is 0xFF ("Bit Twiddling Hacks", zero byte of the complement).
const fn has_ff(word: u64) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let inverse = !word;
    inverse.wrapping_sub(LOW) & word & HIGH != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_stuffing_out_and_tells_the_exact_end() {
        let mut bits = Bits::new(&[0xAB, 0xFF, 0x00, 0xCD]);
        bits.refill();
        assert_eq!(bits.take(8), 0xAB);
        assert_eq!(bits.take(16), 0xFFCD);
        assert!(!bits.overran());
        bits.take(1);
        assert!(bits.overran());
        for _ in 0..100 {
            bits.bit();
        }
        assert!(bits.overran());
    }

    #[test]
    fn long_runs_come_out_the_same_by_either_refill() {
        let bytes: Vec<u8> = (0..200u8).map(|n| n.wrapping_mul(37)).filter(|&b| b != 0xFF).collect();
        let mut bits = Bits::new(&bytes);
        for (index, &byte) in bytes.iter().enumerate() {
            bits.refill();
            let high = bits.take(3);
            bits.refill();
            assert_eq!(high << 5 | bits.take(5), u32::from(byte), "byte {index}");
        }
        assert!(!bits.overran());
    }

    #[test]
    fn sees_ff_in_any_place_and_no_other_byte() {
        for shift in 0..8 {
            assert!(has_ff(0xFF << (shift * 8)));
            assert!(!has_ff(0xFE << (shift * 8)) && !has_ff(0x7F << (shift * 8)));
        }
        assert!(!has_ff(0x8080_8080_8080_8080) && !has_ff(0));
    }
}

//! A cursor over untrusted bytes: every read is checked and says `None` past the end.

/// Reads big- and little-endian numbers and slices, front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at the first of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, position: 0 }
    }

    /// A cursor over the same bytes, from byte `position` on; at the end if that lies past it.
    pub fn at(bytes: &'a [u8], position: usize) -> Reader<'a> {
        Reader { bytes, position: position.min(bytes.len()) }
    }

    /// The offset of the next byte from the start.
    pub const fn position(&self) -> usize {
        self.position
    }

    /// The offset of the next byte, as findings and errors carry it.
    pub const fn offset(&self) -> u64 {
        self.position as u64
    }

    /// Bytes left.
    pub const fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.position)
    }

    /// Whether no byte is left.
    pub const fn is_at_end(&self) -> bool {
        self.remaining() == 0
    }

    /// The rest, without moving.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// The next `len` bytes; `None`, without moving, where fewer are left.
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.position.checked_add(len)?;
        let slice = self.bytes.get(self.position..end)?;
        self.position = end;
        Some(slice)
    }

    /// Moves over `len` bytes, or over all that are left; the number moved over.
    pub fn skip(&mut self, len: usize) -> usize {
        let moved = len.min(self.remaining());
        self.position = self.position.saturating_add(moved);
        moved
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        self.take(N)?.first_chunk()
    }

    /// The next byte, without moving.
    pub fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// The next byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| *byte)
    }

    /// Two bytes, most significant first.
    pub fn u16_be(&mut self) -> Option<u16> {
        self.array().map(|bytes| u16::from_be_bytes(*bytes))
    }

    /// Two bytes, least significant first.
    pub fn u16_le(&mut self) -> Option<u16> {
        self.array().map(|bytes| u16::from_le_bytes(*bytes))
    }

    /// Three bytes, least significant first.
    pub fn u24_le(&mut self) -> Option<u32> {
        self.array().map(|&[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    /// Four bytes, most significant first.
    pub fn u32_be(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// Four bytes, least significant first.
    pub fn u32_le(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_both_orders_and_stops_at_the_end_without_moving() {
        let mut r = Reader::new(&[1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(r.u16_be(), Some(0x0102));
        assert_eq!(r.u24_le(), Some(0x05_04_03));
        assert_eq!(r.u32_be(), None);
        assert_eq!((r.position(), r.remaining()), (5, 2));
        assert_eq!(r.take(usize::MAX), None);
        assert_eq!(r.skip(usize::MAX), 2);
        assert!(r.is_at_end());
    }
}

//! One probe for a DC difference, its code and its value (T.81 F.2.2.1).

use super::super::bits::{Bits, extend};
use super::{Codes, Symbols, UndefinedCode};

/// Bits that a probe looks at: what most differences of photographs take, code and value.
const BITS: u32 = 11;

/// For each pattern of the next bits the difference that it begins with.
#[derive(Clone, Debug)]
pub(crate) struct Differences {
    /// The bits that code and value take (6 bits), and the value above. Where they are more than the pattern has:
    /// none taken, and what is known of the code, its length in 4 bits and the size of the value in 4 more.
    entries: [i16; 1 << BITS],
    codes: Codes,
}

/// Heap bytes of a [`Differences`], which is kept in a box.
pub(crate) const DIFFERENCES_BYTES: u64 = size_of::<Differences>() as u64;

impl Differences {
    pub(crate) fn new(codes: Codes) -> Differences {
        let mut entries = [0; 1 << BITS];
        let first = codes.first_symbols::<{ 1 << BITS }>(Symbols::Dc);
        for ((bits, entry), (size, length)) in (0u32..).zip(entries.iter_mut()).zip(first) {
            let taken = u32::from(length) + u32::from(size);
            if length > 0 && taken <= BITS {
                let value = bits >> (BITS - taken) & ((1 << size) - 1);
                *entry = (extend(value, size.into()) << 6) as i16 | taken as i16;
            } else {
                *entry = i16::from(length) << 6 | i16::from(size) << 10;
            }
        }
        Differences { entries, codes }
    }

    /// Reads a difference.
    #[inline(always)]
    pub(crate) fn read(&self, bits: &mut Bits<'_>) -> Result<i32, UndefinedCode> {
        bits.refill();
        let entry = self.entries[bits.peek::<BITS>()];
        if entry & 63 == 0 {
            let (length, value) = self.long(entry, bits.peek::<32>() as u32)?;
            bits.consume(length);
            return Ok(value);
        }
        bits.consume_entry(entry as u32);
        Ok(i32::from(entry >> 6))
    }

    /// One of more bits: how many, and the value.
    #[inline(never)]
    fn long(&self, entry: i16, bits: u32) -> Result<(u32, i32), UndefinedCode> {
        let (size, length) = match ((entry >> 10) as u8, (entry >> 6 & 15) as u32) {
            (_, 0) => self.codes.find(bits >> 16, BITS, Symbols::Dc)?,
            known => known,
        };
        let size = u32::from(size);
        let value = (u64::from(bits << length) >> (32 - size)) as u32;
        Ok((length + size, extend(value, size)))
    }
}

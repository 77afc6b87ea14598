//! zlib streams that no encoder would write: bombs at the highest ratio, and blocks that hold nothing.

/// A zlib stream that stores `bytes` uncompressed.
pub fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    let mut blocks = bytes.chunks(0xffff).peekable();
    if blocks.peek().is_none() {
        push_stored_block(&mut out, true, &[]);
    }
    while let Some(block) = blocks.next() {
        push_stored_block(&mut out, blocks.peek().is_none(), block);
    }
    out.extend(adler32(bytes).to_be_bytes());
    out
}

/// `blocks` empty stored blocks, five bytes each, then `bytes` stored.
pub fn empty_stored_blocks(blocks: usize, bytes: &[u8]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    for _ in 0..blocks {
        push_stored_block(&mut out, false, &[]);
    }
    out.extend(&stored(bytes)[HEADER.len()..]);
    out
}

/// `blocks` empty blocks with Huffman tables of their own, about eleven bytes each: a decoder builds its
/// tables for each. Then `bytes` stored.
pub fn empty_dynamic_blocks(blocks: usize, bytes: &[u8]) -> Vec<u8> {
    let mut bits = Bits::new(HEADER.to_vec());
    for _ in 0..blocks {
        bits.push(0b100, 3); // not the last block, dynamic tables
        push_smallest_tables(&mut bits);
        bits.push(0b1, 1); // end of block
    }
    let mut out = bits.finish_with_stored_block();
    out.extend(&stored(bytes)[HEADER.len()..]);
    out
}

/// A stream of a zero and then `matches` times 258 zeros more, at a quarter of a byte each: the highest ratio
/// that deflate has. Its Adler-32 is right for zeros.
pub fn zeros(matches: usize) -> Vec<u8> {
    zeros_after(&[], matches)
}

/// The same behind `first`, which is stored.
pub fn zeros_after(first: &[u8], matches: usize) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    if !first.is_empty() {
        push_stored_block(&mut out, false, first);
    }
    let mut bits = Bits::new(out);
    bits.push(0b101, 3); // the last block, dynamic tables
    push_tables_for_zeros(&mut bits);
    bits.push(ZERO.0, ZERO.1);
    for _ in 0..matches {
        bits.push(0b0, 1); // length 258
        bits.push(0b0, 1); // distance 1
    }
    bits.push(END.0, END.1);
    let mut out = bits.finish();
    out.extend(adler32_then_zeros(first, 1 + 258 * matches as u64).to_be_bytes());
    out
}

/// Adler-32 of `bytes` (RFC 1950).
pub fn adler32(bytes: &[u8]) -> u32 {
    adler32_then_zeros(bytes, 0)
}

fn adler32_then_zeros(bytes: &[u8], zeros: u64) -> u32 {
    const MOD: u64 = 65_521;
    let (mut a, mut b) = (1_u64, 0_u64);
    for &byte in bytes {
        a = (a + u64::from(byte)) % MOD;
        b = (b + a) % MOD;
    }
    b = (b + (zeros % MOD) * a) % MOD;
    (b << 16 | a) as u32
}

/// Method 8, window 32 KiB, no preset dictionary.
const HEADER: &[u8] = &[0x78, 0x01];

fn push_stored_block(out: &mut Vec<u8>, last: bool, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).expect("a stored block of at most 65,535 bytes");
    out.push(last.into());
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(bytes);
}

/// Codes of `push_tables_for_zeros`, already in the order in which the bits are written.
const ZERO: (u32, u32) = (0b01, 2);
const END: (u32, u32) = (0b11, 2);

/// Tables in which 285 (length 258) has one bit, 0 and 256 (end of block) two bits, and distance 0 one bit.
fn push_tables_for_zeros(bits: &mut Bits) {
    bits.push(286 - 257, 5); // literal and length codes
    bits.push(0, 5); // one distance code
    // Code lengths in the order 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1.
    bits.push(18 - 4, 4);
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
        let length = match symbol {
            18 => 1,
            1 | 2 => 2,
            _ => 0,
        };
        bits.push(length, 3);
    }
    // Canonical codes, written most significant bit first: 18 is 0, 1 is 10, 2 is 11.
    let (zeros, one, two) = ((0b0, 1), (0b01, 2), (0b11, 2));
    bits.push(two.0, two.1); // 0
    for run in [138, 117] {
        bits.push(zeros.0, zeros.1); // 1..=255
        bits.push(run - 11, 7);
    }
    bits.push(two.0, two.1); // 256
    bits.push(zeros.0, zeros.1); // 257..=284
    bits.push(28 - 11, 7);
    bits.push(one.0, one.1); // 285
    bits.push(one.0, one.1); // distance 0
}

/// Tables in which 0, 256 (end of block) and distance 0 have one bit.
fn push_smallest_tables(bits: &mut Bits) {
    bits.push(0, 5); // 257 literal and length codes
    bits.push(0, 5);
    bits.push(18 - 4, 4);
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
        bits.push(if matches!(symbol, 1 | 18) { 1 } else { 0 }, 3);
    }
    let (one, zeros) = (0b0, 0b1);
    bits.push(one, 1); // 0
    for run in [138, 117] {
        bits.push(zeros, 1); // 1..=255
        bits.push(run - 11, 7);
    }
    bits.push(one, 1); // 256
    bits.push(one, 1); // distance 0
}

/// Bits, least significant first.
struct Bits {
    out: Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits {
    fn new(out: Vec<u8>) -> Bits {
        Bits { out, held: 0, count: 0 }
    }

    fn push(&mut self, value: u32, count: u32) {
        self.held |= u64::from(value) << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.out.push(self.held as u8);
        }
        self.out
    }

    /// Ends on a byte by means of an empty stored block.
    fn finish_with_stored_block(mut self) -> Vec<u8> {
        self.push(0, 3);
        let mut out = self.finish();
        out.extend([0, 0, 0xff, 0xff]);
        out
    }
}

#[cfg(test)]
mod tests {
    use miniz_oxide::inflate::decompress_to_vec_zlib;

    use super::*;

    #[test]
    fn every_stream_inflates_to_what_it_says() {
        let long: Vec<u8> = (0..150_000_u32).map(|at| (at % 251) as u8).collect();
        assert_eq!(decompress_to_vec_zlib(&stored(&long)).unwrap(), long);
        assert!(decompress_to_vec_zlib(&stored(&[])).unwrap().is_empty());
        assert_eq!(decompress_to_vec_zlib(&zeros(1000)).unwrap(), vec![0; 258_001]);
        assert_eq!(decompress_to_vec_zlib(&zeros_after(b"ab", 1)).unwrap()[..4], *b"ab\0\0");
        assert_eq!(decompress_to_vec_zlib(&empty_stored_blocks(9, b"xyz")).unwrap(), b"xyz");
        assert_eq!(decompress_to_vec_zlib(&empty_dynamic_blocks(9, b"xyz")).unwrap(), b"xyz");
    }

    #[test]
    fn the_bomb_has_the_highest_ratio_there_is() {
        let stream = zeros(1 << 20);
        assert!((258 << 20) / stream.len() >= 1030, "{}", stream.len());
    }
}

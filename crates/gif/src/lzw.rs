//! LZW data of one frame (GIF89a appendix F) to palette indices, in the order of the data.
//!
//! In come the sub-blocks of the frame and nothing else of the file; out go at most as many indices as are
//! asked for. Refused: a code that was never defined. What follows the last index that is asked for is never
//! read, so extra codes and a missing end code are nobody's concern. No clear code at the start and a table
//! that is full and stays are fine, as everywhere.

use fic_core::{Error, Format, Stage};

use crate::sub_blocks::SubBlocks;

/// Codes have at most 12 bits.
const ENTRIES: usize = 4096;
/// The longest string, and room for the last chunk to be written whole.
const TAIL_BYTES: usize = ENTRIES + CHUNK;
/// Indices that are copied at once.
const CHUNK: usize = 8;

/// Heap bytes of [`Indices`].
pub(crate) const STATE_BYTES: u64 = (ENTRIES * size_of::<Entry>() + TAIL_BYTES) as u64;

/// A frame's indices, pulled from front to back.
pub(crate) struct Indices<'a> {
    codes: Codes<'a>,
    table: Table,
    tail: Tail,
    ended: bool,
}

impl<'a> Indices<'a> {
    /// `min_code_size` is 2 to 8, as the outline has seen to.
    pub(crate) fn new(min_code_size: u8, sub_blocks: &'a [u8]) -> Indices<'a> {
        Indices {
            codes: Codes { blocks: SubBlocks::new(sub_blocks), block: &[], bits: 0, count: 0 },
            table: Table::new(min_code_size.clamp(2, 8)),
            tail: Tail { bytes: vec![0; TAIL_BYTES], start: 0, end: 0 },
            ended: false,
        }
    }

    /// Fills `out` from the front; fewer than all only where the data ends.
    ///
    /// # Errors
    /// `Malformed` for a code that was never defined.
    pub(crate) fn fill(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let mut filled = self.tail.drain(out);
        while filled < out.len() && !self.ended {
            let Some(code) = self.codes.next(self.table.width) else {
                self.ended = true;
                break;
            };
            let Some(len) = self.table.len(code) else {
                match self.table.special(code) {
                    Some(Special::Clear) => self.table.reset(),
                    Some(Special::End) => self.ended = true,
                    None => return Err(Error::malformed(Stage::Decode, Format::Gif, "undefined LZW code")),
                }
                continue;
            };
            let room = &mut out[filled..];
            if room.len() >= len + CHUNK {
                self.table.string(code, len, room);
                filled += len;
            } else {
                self.table.string(code, len, &mut self.tail.bytes);
                (self.tail.start, self.tail.end) = (0, len);
                filled += self.tail.drain(room);
            }
        }
        Ok(filled)
    }
}

/// The end of a string that did not fit into the last band.
struct Tail {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Tail {
    /// Moves what fits to the front of `out`; how many those were.
    fn drain(&mut self, out: &mut [u8]) -> usize {
        let len = (self.end - self.start).min(out.len());
        out[..len].copy_from_slice(&self.bytes[self.start..self.start + len]);
        self.start += len;
        len
    }
}

/// The last one to eight indices of a string, and the string before them.
///
/// A string is written back to front in chunks of eight: most are one chunk, and none takes a step for
/// each index.
#[derive(Clone, Copy, Default)]
struct Entry {
    /// The first of them in the lowest byte. A number, so that it is changed in a register: storing one byte
    /// and reading eight at once stalls.
    chunk: u64,
    /// The code of the string before the chunk, where there is one.
    before: u16,
    /// Length of the whole string, less one: its low three bits say how full the chunk is.
    last: u16,
}

struct Table {
    entries: Box<[Entry; ENTRIES]>,
    min_code_size: u8,
    clear: u16,
    /// Bits of the next code.
    width: u32,
    /// The entry that the next code defines. The first code after a clear code defines the end code's,
    /// which no one looks up: that saves a test for each code.
    next: u16,
    /// The code before.
    previous: u16,
}

enum Special {
    Clear,
    End,
}

impl Table {
    fn new(min_code_size: u8) -> Table {
        let entries: Box<[Entry]> = vec![Entry::default(); ENTRIES].into_boxed_slice();
        let mut table = Table {
            entries: entries.try_into().unwrap_or_else(|_| Box::new([Entry::default(); ENTRIES])),
            min_code_size,
            clear: 1 << min_code_size,
            width: 0,
            next: 0,
            previous: 0,
        };
        for (index, entry) in (0..).zip(table.entries.iter_mut().take(1 << min_code_size)) {
            entry.chunk = index;
        }
        table.reset();
        table
    }

    fn reset(&mut self) {
        self.width = u32::from(self.min_code_size) + 1;
        self.next = self.clear + 1;
        self.previous = 0;
    }

    #[inline(always)]
    fn entry(&self, code: u16) -> &Entry {
        &self.entries[usize::from(code) % ENTRIES]
    }

    fn special(&self, code: u16) -> Option<Special> {
        match code.checked_sub(self.clear) {
            Some(0) => Some(Special::Clear),
            Some(1) => Some(Special::End),
            _ => None,
        }
    }

    /// The length of the string that `code` stands for; `None` for the clear code, the end code and codes
    /// that are not defined.
    #[inline(always)]
    fn len(&self, code: u16) -> Option<usize> {
        // The clear code is an even number and the end code the one behind it.
        let is_special = code | 1 == self.clear + 1;
        if code < self.next && !is_special {
            Some(usize::from(self.entry(code).last) + 1)
        } else if code == self.next && !is_special {
            // About to be defined: the string before with its own first index behind it.
            Some(usize::from(self.entry(self.previous).last) + 2)
        } else {
            None
        }
    }

    /// Writes the string of `len` indices that `code` stands for to the front of `out`, which has a chunk
    /// more than that, and defines the next entry.
    #[inline(always)]
    fn string(&mut self, code: u16, len: usize, out: &mut [u8]) {
        let first = if code == self.next {
            let first = self.write(self.previous, len - 1, out);
            out[len - 1] = first;
            first
        } else {
            self.write(code, len, out)
        };
        self.define(first);
        self.previous = code;
    }

    /// The string's first index.
    #[inline(always)]
    fn write(&self, code: u16, len: usize, out: &mut [u8]) -> u8 {
        let mut at = (len - 1) / CHUNK * CHUNK;
        let mut entry = self.entry(code);
        loop {
            out[at..at + CHUNK].copy_from_slice(&entry.chunk.to_le_bytes());
            if at == 0 {
                return entry.chunk as u8;
            }
            at -= CHUNK;
            entry = self.entry(entry.before);
        }
    }

    /// The next entry: the string before, and `first` behind it.
    #[inline(always)]
    fn define(&mut self, first: u8) {
        if usize::from(self.next) >= ENTRIES {
            return;
        }
        let before = *self.entry(self.previous);
        let last = before.last + 1;
        let place = usize::from(last) % CHUNK;
        let longer =
            Entry { chunk: before.chunk | u64::from(first) << (place * 8), before: before.before, last };
        let fresh = Entry { chunk: first.into(), before: self.previous, last };
        self.entries[usize::from(self.next) % ENTRIES] = if place == 0 { fresh } else { longer };
        self.next += 1;
        if usize::from(self.next) < ENTRIES && self.next >> self.width != 0 {
            self.width += 1;
        }
    }
}

/// Codes out of sub-blocks, least significant bit first.
struct Codes<'a> {
    blocks: SubBlocks<'a>,
    block: &'a [u8],
    /// The next `count` bits; what lies above them is also in `block` still.
    bits: u64,
    count: u32,
}

impl Codes<'_> {
    /// The next code of `width` bits, at most 12; `None` where the data ends.
    #[inline]
    fn next(&mut self, width: u32) -> Option<u16> {
        if self.count < width {
            self.refill();
            if self.count < width {
                return None;
            }
        }
        let code = self.bits & ((1 << width) - 1);
        self.bits >>= width;
        self.count -= width;
        Some(code as u16)
    }

    fn refill(&mut self) {
        if let Some(eight) = self.block.first_chunk() {
            self.bits |= u64::from_le_bytes(*eight) << self.count;
            let bytes = (63 - self.count) / 8;
            self.count += bytes * 8;
            self.block = &self.block[bytes as usize..];
            return;
        }
        while self.count <= 56 {
            match self.block.split_first() {
                Some((&byte, rest)) => {
                    self.bits |= u64::from(byte) << self.count;
                    self.count += 8;
                    self.block = rest;
                }
                None => match self.blocks.next() {
                    Some(block) => self.block = block,
                    None => return,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fic_testkit::bytes::gif::lzw;
    use proptest::prelude::*;
    use weezl::{BitOrder, LzwStatus, decode::Configuration};

    use super::*;

    /// What the `weezl` crate makes of the same payload: the indices up to the end or the first bad code,
    /// and whether that was a bad code.
    fn second_opinion(min_code_size: u8, payload: &[u8], len: usize) -> (Vec<u8>, bool) {
        let mut decoder =
            Configuration::new(BitOrder::Lsb, min_code_size).with_yield_on_full_buffer(true).build();
        let (mut out, mut filled, mut rest) = (vec![0; len], 0, payload);
        while filled < len {
            let step = decoder.decode_bytes(rest, &mut out[filled..]);
            rest = &rest[step.consumed_in..];
            filled += step.consumed_out;
            match step.status {
                Ok(LzwStatus::Ok) => {}
                Ok(LzwStatus::Done | LzwStatus::NoProgress) => break,
                Err(_) => {
                    out.truncate(filled);
                    return (out, true);
                }
            }
        }
        out.truncate(filled);
        (out, false)
    }

    fn sub_blocks(payload: &[u8], block_len: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for block in payload.chunks(block_len) {
            out.push(block.len() as u8);
            out.extend(block);
        }
        out.push(0);
        out
    }

    /// In pieces, so that strings are cut at every place.
    fn decode(min_code_size: u8, chain: &[u8], len: usize, piece: usize) -> (Vec<u8>, bool) {
        let mut indices = Indices::new(min_code_size, chain);
        let (mut out, mut buffer) = (Vec::new(), vec![0; piece]);
        while out.len() < len {
            let wanted = piece.min(len - out.len());
            match indices.fill(&mut buffer[..wanted]) {
                Ok(filled) => out.extend(&buffer[..filled]),
                Err(_) => return (out, true),
            }
            if out.len() % piece != 0 && out.len() < len {
                break;
            }
            if indices.ended && out.len() < len && indices.tail.start == indices.tail.end {
                break;
            }
        }
        (out, false)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn agrees_with_a_second_decoder_on_good_and_on_damaged_data(
            min_code_size in 2u8..=8,
            runs in prop::collection::vec((any::<u8>(), 1usize..300), 1..120),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
            block_len in 1usize..=255,
            piece in 1usize..3000,
        ) {
            let mask = ((1u16 << min_code_size) - 1) as u8;
            let pixels: Vec<u8> = runs.iter().flat_map(|&(index, len)| vec![index & mask; len]).collect();
            let mut payload = lzw(min_code_size, &pixels);
            for (at, byte) in &damage {
                let at = at.index(payload.len());
                payload[at] = *byte;
            }
            let (expected, expected_bad) = second_opinion(min_code_size, &payload, pixels.len());
            let (found, bad) = decode(min_code_size, &sub_blocks(&payload, block_len), pixels.len(), piece);
            prop_assert_eq!(bad, expected_bad);
            // Where a bad code comes, the last piece is lost with it.
            prop_assert!(expected.starts_with(&found));
            if !bad {
                prop_assert_eq!(&found, &expected);
            }
            if damage.is_empty() {
                prop_assert_eq!(found, pixels);
            }
        }

        #[test]
        fn agrees_with_a_second_decoder_on_noise(
            min_code_size in 2u8..=8,
            payload in prop::collection::vec(any::<u8>(), 0..3000),
            block_len in 1usize..=255,
        ) {
            let (expected, expected_bad) = second_opinion(min_code_size, &payload, 4000);
            let (found, bad) = decode(min_code_size, &sub_blocks(&payload, block_len), 4000, 1);
            prop_assert_eq!(bad, expected_bad);
            prop_assert_eq!(found, expected);
        }
    }
}

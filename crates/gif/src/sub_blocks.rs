//! Sub-blocks (GIF89a section 15): a length byte and that many bytes, until a length of zero.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Reader, Span};

/// A chain of sub-blocks that was walked over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    /// From the first length byte to the byte after the terminator, or to the end of the file.
    pub(crate) span: Span,
    /// Bytes in the sub-blocks, without their length bytes.
    pub(crate) payload: u64,
    /// Whether the terminator was there.
    pub(crate) terminated: bool,
}

/// Walks to the end of the chain that starts at the cursor.
pub(crate) fn walk(r: &mut Reader<'_>) -> Chain {
    walk_until(r, u64::MAX).0
}

/// The same; also the length in bytes of the part of the chain in which `enough` payload was reached: whole
/// sub-blocks only.
pub(crate) fn walk_until(r: &mut Reader<'_>, enough: u64) -> (Chain, usize) {
    let start = r.position();
    let (mut payload, mut kept_end) = (0u64, None);
    let terminated = loop {
        if payload >= enough && kept_end.is_none() {
            kept_end = Some(r.position());
        }
        match r.u8() {
            None => break false,
            Some(0) => break true,
            Some(len) => {
                let wanted = usize::from(len);
                let moved = r.skip(wanted);
                payload = payload.saturating_add(u64::from(len.min(u8::try_from(moved).unwrap_or(len))));
                if moved < wanted {
                    break false;
                }
            }
        }
    };
    let chain = Chain { span: Span::from(start..r.position()), payload, terminated };
    (chain, kept_end.unwrap_or(r.position()).saturating_sub(start))
}

/// The payloads of a chain, in order; one that the end of the bytes cuts short comes out short.
#[derive(Clone, Debug)]
pub(crate) struct SubBlocks<'a>(Reader<'a>);

impl<'a> SubBlocks<'a> {
    pub(crate) fn new(chain: &'a [u8]) -> SubBlocks<'a> {
        SubBlocks(Reader::new(chain))
    }
}

impl<'a> Iterator for SubBlocks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let len = self.0.u8().filter(|&len| len > 0)?;
        let len = usize::from(len).min(self.0.remaining());
        self.0.take(len).filter(|block| !block.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_ends_at_its_terminator_or_at_the_end_of_the_file() {
        let mut r = Reader::new(b"\x02ab\x01c\0rest");
        let chain = walk(&mut r);
        assert_eq!((chain.span.end, chain.payload, chain.terminated), (6, 3, true));
        let mut r = Reader::new(b"\x02ab\x05c");
        let chain = walk(&mut r);
        assert_eq!((chain.span.end, chain.payload, chain.terminated), (5, 3, false));
    }

    #[test]
    fn keeps_whole_sub_blocks_until_there_is_enough() {
        let (chain, kept) = walk_until(&mut Reader::new(b"\x02ab\x01c\x01d\0"), 3);
        assert_eq!((chain.payload, kept), (4, 5));
        let (_, kept) = walk_until(&mut Reader::new(b"\x02ab\0"), 100);
        assert_eq!(kept, 4);
    }

    #[test]
    fn a_block_that_is_cut_short_comes_out_short() {
        let blocks: Vec<_> = SubBlocks::new(b"\x02ab\x05c").collect();
        assert_eq!(blocks, [&b"ab"[..], b"c"]);
        assert_eq!(SubBlocks::new(b"\x05").count(), 0);
    }
}

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
    walk_until(r, usize::MAX).0
}

/// The same; also the length in bytes of the part of the chain in which `enough` payload was reached: whole
/// sub-blocks only.
pub(crate) fn walk_until(r: &mut Reader<'_>, enough: usize) -> (Chain, usize) {
    let (start, bytes) = (r.position(), r.rest());
    // A chain of the whole upload in blocks of one byte is 32 million turns: two numbers and no more.
    let (mut at, mut blocks) = (0usize, 0usize);
    let mut kept = None;
    let terminated = loop {
        if at.saturating_sub(blocks) >= enough && kept.is_none() {
            kept = Some(at);
        }
        match bytes.get(at) {
            None => break false,
            Some(0) => break true,
            Some(&len) => {
                blocks = blocks.saturating_add(1);
                at = at.saturating_add(1).saturating_add(len.into());
            }
        }
    };
    let end = at.min(bytes.len());
    let payload = u64::try_from(end.saturating_sub(blocks)).unwrap_or(u64::MAX);
    let end = end.saturating_add(terminated.into());
    r.skip(end);
    let chain = Chain { span: Span::from(start..start.saturating_add(end)), payload, terminated };
    (chain, kept.unwrap_or(end))
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

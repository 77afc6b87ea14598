//! LZW data of one frame (GIF89a appendix F) to palette indices, in the order of the data.
//!
//! In come the sub-blocks of the frame and nothing else of the file; out go at most as many indices as are
//! asked for. The decoder underneath is told to stop at a full buffer, so what follows the last pixel is
//! never read: extra codes and a missing end code are nobody's concern.

use fic_core::{Error, Format, Stage};
use weezl::decode::Configuration;
use weezl::{BitOrder, LzwStatus};

use crate::sub_blocks::SubBlocks;

/// Heap bytes of the decoder's tables: 4,096 links of four bytes, as many depths of two, as many bytes of
/// buffer, and its own fields, rounded up.
pub(crate) const STATE_BYTES: u64 = 29 << 10;

/// A frame's indices, pulled from front to back.
pub(crate) struct Indices<'a> {
    decoder: weezl::decode::Decoder,
    blocks: SubBlocks<'a>,
    block: &'a [u8],
    ended: bool,
}

impl<'a> Indices<'a> {
    /// `min_code_size` is at most 8, as the outline has seen to.
    pub(crate) fn new(min_code_size: u8, sub_blocks: &'a [u8]) -> Indices<'a> {
        let decoder =
            Configuration::new(BitOrder::Lsb, min_code_size.min(8)).with_yield_on_full_buffer(true).build();
        Indices { decoder, blocks: SubBlocks::new(sub_blocks), block: &[], ended: false }
    }

    /// Fills `out` from the front; fewer than all only where the data ends.
    ///
    /// # Errors
    /// `Malformed` for a code that was never defined.
    pub(crate) fn fill(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let mut filled = 0;
        while filled < out.len() && !self.ended {
            if self.block.is_empty() {
                self.block = self.blocks.next().unwrap_or_default();
            }
            let was_last = self.block.is_empty();
            let step = self.decoder.decode_bytes(self.block, &mut out[filled..]);
            self.block = self.block.get(step.consumed_in..).unwrap_or_default();
            filled += step.consumed_out;
            match step.status {
                Ok(LzwStatus::Done) => self.ended = true,
                Ok(LzwStatus::Ok | LzwStatus::NoProgress) => {
                    let stuck = step.consumed_in == 0 && step.consumed_out == 0;
                    self.ended = stuck && (was_last || !self.block.is_empty());
                }
                Err(source) => {
                    return Err(Error::malformed(Stage::Decode, Format::Gif, "undefined LZW code")
                        .with_source(source));
                }
            }
        }
        Ok(filled)
    }
}

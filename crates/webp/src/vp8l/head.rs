//! What stands before the pixels (RFC 9649, sections 3.5 and 3.7.2.2): the transforms, the colour cache, and which
//! group of prefix codes is used where.
//!
//! It is read twice: at admission, when nothing is kept and what keeping it would take is added up, and again by the
//! decoder. Refused: a transform twice. Predictors are numbered by four bits of their block's green; the specification has
//! fourteen, and the last two numbers are black to the reference decoder, as the first is.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Error;

use super::cache::Cache;
use super::stream::{Stream, alphabets};
use super::table::Measure;
use super::transform::palette_bytes;
use crate::riff::offset_of;

/// What a reading of the head is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// To know what it will take; nothing is allocated.
    Nothing,
    /// To decode.
    All,
}

/// The last predictor of the specification.
const LAST_PREDICTOR: u32 = 13;

/// Squares of `1 << bits` pixels, each of which has a value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) bits: u32,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Blocks {
    fn pixels(self) -> usize {
        self.columns.saturating_mul(self.rows)
    }
}

/// A transform, in the order of the numbers that stand for them.
#[derive(Debug)]
pub(super) enum Transform {
    /// Section 3.5.1: the predictor of each block.
    Predictor { blocks: Blocks, modes: Vec<u8> },
    /// Section 3.5.2: the factors of each block.
    Colour { blocks: Blocks, factors: Vec<u32> },
    /// Section 3.5.3.
    SubtractGreen,
    /// Section 3.5.4: the colours, and how many indices share a pixel, as a power of two.
    Palette { pack_bits: u32, colours: Vec<u32> },
}

/// Which groups the picture's blocks name.
pub(super) struct Named {
    words: [u64; 1 << 10],
    /// One more than the largest: as many groups follow.
    pub(super) declared: u32,
}

impl Named {
    fn none() -> Named {
        Named { words: [0; 1 << 10], declared: 1 }
    }

    fn add(&mut self, group: u32) {
        let group = group & 0xffff;
        if let Some(word) = usize::try_from(group >> 6).ok().and_then(|word| self.words.get_mut(word)) {
            *word |= 1 << (group & 63);
        }
        self.declared = self.declared.max(group.saturating_add(1));
    }

    fn has(&self, group: u32) -> bool {
        let word = usize::try_from(group >> 6).ok().and_then(|word| self.words.get(word));
        word.is_some_and(|word| word >> (group & 63) & 1 == 1)
    }

    /// How many there are.
    fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).fold(0, u32::saturating_add)
    }

    /// The blocks' groups, counted without those that no block names.
    fn ranks(&self, blocks: &[u32]) -> Vec<u16> {
        let mut before = [0u32; 1 << 10];
        let mut sum = 0u32;
        for (before, word) in before.iter_mut().zip(self.words) {
            *before = sum;
            sum = sum.saturating_add(word.count_ones());
        }
        let rank = |group: u32| {
            let word = usize::try_from(group >> 6).unwrap_or(0);
            let lower = self.words.get(word).map_or(0, |word| word & !(u64::MAX << (group & 63)));
            before.get(word).map_or(0, |before| before.saturating_add(lower.count_ones()))
        };
        blocks.iter().map(|&argb| u16::try_from(rank(group_of(argb))).unwrap_or(0)).collect()
    }
}

/// The number of a group is in the red and green of its block.
fn group_of(argb: u32) -> u32 {
    argb >> 8 & 0xffff
}

/// All that stands before the groups' codes.
pub(super) struct Head {
    /// In the order of the stream; the last is undone first.
    pub(super) transforms: [Option<Transform>; 4],
    /// The width of the picture that is coded: less than the picture's where indices share a pixel.
    pub(super) coded_width: u32,
    pub(super) cache_bits: Option<u32>,
    /// Where there is more than one group: their blocks, and the group of each, counted among those named.
    pub(super) blocks: Option<(Blocks, Vec<u16>)>,
    pub(super) named: Named,
    /// Bytes that are kept, if all is, and the most that are there at once.
    pub(super) kept_bytes: u64,
    pub(super) peak_bytes: u64,
    /// Pixels of all the small pictures.
    pub(super) block_pixels: u64,
}

impl Head {
    /// Reads the head of a picture of this size.
    pub(super) fn read(stream: &mut Stream<'_>, width: u32, height: u32, keep: Keep) -> Result<Head, Error> {
        let mut head = Head {
            transforms: [const { None }; 4],
            coded_width: width,
            cache_bits: None,
            blocks: None,
            named: Named::none(),
            kept_bytes: 0,
            peak_bytes: 0,
            block_pixels: 0,
        };
        head.read_transforms(stream, height, keep)?;
        head.cache_bits = stream.colour_cache()?;
        head.keep(Cache::bytes(head.cache_bits));
        if stream.flag()? {
            head.read_blocks(stream, height, keep)?;
        } else {
            head.named.add(0);
        }
        Ok(head)
    }

    /// Section 3.5.
    fn read_transforms(&mut self, stream: &mut Stream<'_>, height: u32, keep: Keep) -> Result<(), Error> {
        let mut seen = [false; 4];
        let mut next = 0usize;
        while stream.flag()? {
            let kind = stream.read(2)?;
            let slot = usize::try_from(kind).ok().and_then(|kind| seen.get_mut(kind));
            if slot.is_none_or(|seen| std::mem::replace(seen, true)) {
                return Err(stream.malformed("VP8L transform that comes twice").found(kind.into()));
            }
            let transform = match kind {
                0 => self.predictor(stream, height, keep)?,
                1 => {
                    let blocks = self.blocks(stream, height)?;
                    let factors = self.block_image(stream, blocks, keep, 4, &mut |_| ())?;
                    Transform::Colour { blocks, factors }
                }
                2 => Transform::SubtractGreen,
                _ => self.palette(stream, keep)?,
            };
            if let Some(slot) = self.transforms.get_mut(next) {
                *slot = Some(transform);
            }
            next = next.saturating_add(1);
        }
        Ok(())
    }

    /// Section 3.5.1.
    fn predictor(&mut self, stream: &mut Stream<'_>, height: u32, keep: Keep) -> Result<Transform, Error> {
        let blocks = self.blocks(stream, height)?;
        let mut is_past_last = false;
        let see = &mut |argb: u32| is_past_last |= argb >> 8 & 0xff > LAST_PREDICTOR;
        let image = self.block_image(stream, blocks, keep, 1, see)?;
        #[cfg(feature = "image-webp")]
        if is_past_last {
            stream.otherwise = Some("VP8L predictor past the last");
        }
        let modes = image.iter().map(|&argb| u8::try_from(argb >> 8 & 0xf).unwrap_or(0)).collect();
        Ok(Transform::Predictor { blocks, modes })
    }

    /// Section 3.5.4: the colours, each given by what it differs from the one before; the width once several indices
    /// share a pixel.
    fn palette(&mut self, stream: &mut Stream<'_>, keep: Keep) -> Result<Transform, Error> {
        let count = stream.read(8)?.saturating_add(1);
        let pack_bits = match count {
            0..=2 => 3,
            3..=4 => 2,
            5..=16 => 1,
            _ => 0,
        };
        let columns = usize::try_from(count).unwrap_or(256);
        let blocks = Blocks { bits: 0, columns, rows: 1 };
        let mut colours = self.block_image(stream, blocks, keep, 4, &mut |_| ())?;
        let mut previous = [0u8; 4];
        for colour in &mut colours {
            for (previous, difference) in previous.iter_mut().zip(colour.to_le_bytes()) {
                *previous = previous.wrapping_add(difference);
            }
            *colour = u32::from_le_bytes(previous);
        }
        self.keep(palette_bytes(pack_bits));
        self.coded_width = self.coded_width.div_ceil(1u32.wrapping_shl(pack_bits));
        Ok(Transform::Palette { pack_bits, colours })
    }

    /// Section 3.7.2.2: the group of each block.
    fn read_blocks(&mut self, stream: &mut Stream<'_>, height: u32, keep: Keep) -> Result<(), Error> {
        let blocks = self.blocks(stream, height)?;
        let mut named = Named::none();
        let image = self.block_image(stream, blocks, keep, 2, &mut |argb| named.add(group_of(argb)))?;
        self.blocks = Some((blocks, named.ranks(&image)));
        self.named = named;
        Ok(())
    }

    /// Size bits, and the columns and rows of the blocks that they make.
    fn blocks(&mut self, stream: &mut Stream<'_>, height: u32) -> Result<Blocks, Error> {
        let bits = stream.read(3)?.saturating_add(2);
        let across =
            |side: u32| usize::try_from(side.div_ceil(1u32.wrapping_shl(bits))).unwrap_or(usize::MAX);
        Ok(Blocks { bits, columns: across(self.coded_width), rows: across(height) })
    }

    /// A picture with a pixel for each block, of each of which `kept_bytes` are kept in the end.
    fn block_image(
        &mut self,
        stream: &mut Stream<'_>,
        blocks: Blocks,
        keep: Keep,
        kept_bytes: u64,
        see: &mut dyn FnMut(u32),
    ) -> Result<Vec<u32>, Error> {
        let pixels = blocks.pixels();
        self.block_pixels = self.block_pixels.saturating_add(offset_of(pixels));
        // Four bytes a pixel and a cache while it is decoded, then what is kept beside it.
        let decoding = offset_of(pixels).saturating_mul(4).saturating_add(Cache::bytes(Some(11)));
        let kept = offset_of(pixels).saturating_mul(kept_bytes);
        self.peak_bytes = self.peak_bytes.max(self.kept_bytes.saturating_add(decoding).saturating_add(kept));
        self.keep(kept);
        let mut image = Vec::new();
        match keep {
            Keep::Nothing => stream.sub_image(blocks.columns, blocks.rows, None, see)?,
            Keep::All => {
                image.reserve_exact(pixels);
                stream.sub_image(blocks.columns, blocks.rows, Some(&mut image), see)?;
            }
        }
        Ok(image)
    }

    fn keep(&mut self, bytes: u64) {
        self.kept_bytes = self.kept_bytes.saturating_add(bytes);
        self.peak_bytes = self.peak_bytes.max(self.kept_bytes);
    }

    /// How many groups are used.
    pub(super) fn used_groups(&self) -> u32 {
        self.named.count()
    }

    /// Reads the codes of all groups, and shows each to `each`.
    pub(super) fn read_codes(
        &self,
        stream: &mut Stream<'_>,
        each: &mut dyn FnMut(CodeRead<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for group in 0..self.named.declared {
            let used = if self.named.has(group) { Use::Named } else { Use::Nowhere };
            for (slot, symbols) in alphabets(self.cache_bits).into_iter().enumerate() {
                let (measure, lengths) = stream.code_lengths(symbols)?;
                each(CodeRead { used, slot, measure, lengths })?;
            }
        }
        Ok(())
    }
}

/// One of the codes of a group.
pub(super) struct CodeRead<'l> {
    pub(super) used: Use,
    /// Which of the five: green, red, blue, alpha, distance.
    pub(super) slot: usize,
    pub(super) measure: Measure,
    pub(super) lengths: &'l [u8],
}

/// Whether any block names a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Named,
    Nowhere,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted_without_those_that_no_block_names() {
        let mut named = Named::none();
        let blocks = [3, 70, 3, 65_535, 64].map(|group| 0xff00_0000 | group << 8);
        blocks.iter().for_each(|&argb| named.add(group_of(argb)));
        assert_eq!((named.declared, named.count()), (65_536, 4));
        assert_eq!(named.ranks(&blocks), [0, 2, 0, 3, 1]);
        assert!(named.has(64) && !named.has(0));
    }
}

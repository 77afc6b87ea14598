//! The walk through a VP8L stream up to its pixels (RFC 9649, sections 3.5 and 3.7).
//!
//! In comes the stream after the header; out comes what the decoder will allocate for it: transform data and
//! the tables of every prefix code group. Which groups there are stands in the entropy image, so the walk
//! decodes that in full, storing none of its pixels: a copy or a colour cache hit only repeats a value that
//! was read before, so the largest value is the largest literal.
//!
//! Refused: a colour cache over 11 bits, a transform twice, codes that are not complete, predictors that do not
//! exist, a stream that ends before its pixels; tables over `max_table_bytes` and what the picture itself takes, as
//! soon as they are.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Format, Limit, Limits, Stage};

use super::bits::Bits;
use super::prefix_code::{Broken, CodeLengths, MAX_CACHE_BITS, Measure, PrefixCode};
use crate::riff::offset_of;

/// Alphabet of each of the five codes of a group, in stream order; the first grows by the colour cache.
const ALPHABETS: [usize; 5] = [256 + 24, 256, 256, 256, 40];
const FIRST_COPY: u16 = 256;
const FIRST_CACHED: u16 = 256 + 24;
const LAST_PREDICTOR: u16 = 13;
/// Bytes of a group's five tree headers in the decoder.
const GROUP_BYTES: u64 = 5 * 56;

/// What the decoder will need for a stream besides its output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Bytes of the main picture's prefix code tables.
    pub(crate) table_bytes: u64,
    /// Symbols of all codes, used or not: each has a code length to be read or filled in.
    pub(crate) symbols: u64,
    /// Pixels of predictor, colour and entropy images.
    pub(crate) block_pixels: u64,
    /// Bytes held at once for all of these and for colour caches, at most.
    pub(crate) heap: u64,
}

/// Walks `stream`, whose first byte is byte `offset` of the file, up to the pixels of a picture of this size.
pub(crate) fn walk(
    stream: &[u8],
    offset: u64,
    width: u32,
    height: u32,
    limits: &Limits,
) -> Result<Shape, Error> {
    let mut walk = Walk {
        bits: Bits::new(stream),
        offset,
        limits,
        lengths: CodeLengths::new(),
        free_table_bytes: u64::from(width).saturating_mul(height.into()).saturating_mul(4),
        shape: Shape::default(),
    };
    let width = walk.transforms(width, height)?;
    walk.picture(width, height)?;
    Ok(walk.shape)
}

struct Walk<'a> {
    bits: Bits<'a>,
    offset: u64,
    limits: &'a Limits,
    lengths: CodeLengths,
    free_table_bytes: u64,
    shape: Shape,
}

/// The largest values among the literals of a sub-image.
#[derive(Clone, Copy, Default)]
struct Largest {
    green: u16,
    red_green: u16,
}

impl Walk<'_> {
    /// Section 3.5: the transforms; the width of the picture that remains to be coded.
    fn transforms(&mut self, width: u32, height: u32) -> Result<u32, Error> {
        let (mut width, mut seen) = (width, [false; 4]);
        while self.flag()? {
            let kind = self.read(2)?;
            let slot = usize::try_from(kind).ok().and_then(|kind| seen.get_mut(kind));
            if slot.is_none_or(|seen| std::mem::replace(seen, true)) {
                return Err(self.malformed("VP8L transform that comes twice").found(kind.into()));
            }
            match kind {
                0 => self.predictors(width, height)?,
                1 => {
                    let (columns, rows) = self.blocks(width, height)?;
                    self.block_image(columns, rows, 4)?;
                }
                2 => {}
                _ => width = self.palette(width)?,
            }
        }
        Ok(width)
    }

    /// Section 3.5.1.
    fn predictors(&mut self, width: u32, height: u32) -> Result<(), Error> {
        let (columns, rows) = self.blocks(width, height)?;
        let largest = self.block_image(columns, rows, 4)?;
        if largest.green > LAST_PREDICTOR {
            let found = u64::from(largest.green);
            return Err(self
                .malformed("VP8L predictor that does not exist")
                .found(found)
                .allowed(LAST_PREDICTOR.into()));
        }
        Ok(())
    }

    /// Section 3.5.4: the palette, and the width once several indices share a pixel.
    fn palette(&mut self, width: u32) -> Result<u32, Error> {
        let colours = self.read(8)?.saturating_add(1);
        self.sub_image(colours, 1)?;
        // The palette, then the table of unpacked indices (256 entries of up to 32 bytes) and a packed row.
        self.hold(u64::from(colours).saturating_mul(4).saturating_add(256 * 32).saturating_add(width.into()));
        let bits = match colours {
            0..=2 => 3,
            3..=4 => 2,
            5..=16 => 1,
            _ => 0,
        };
        Ok(blocks_of(width, bits))
    }

    /// Size bits, and the columns and rows of the blocks that they make.
    fn blocks(&mut self, width: u32, height: u32) -> Result<(u32, u32), Error> {
        let bits = self.read(3)?.saturating_add(2);
        Ok((blocks_of(width, bits), blocks_of(height, bits)))
    }

    /// A sub-image with a pixel for each block, of which the decoder keeps this many bytes a pixel.
    fn block_image(&mut self, columns: u32, rows: u32, pixel_bytes: u64) -> Result<Largest, Error> {
        let pixels = u64::from(columns).saturating_mul(rows.into());
        self.shape.block_pixels = self.shape.block_pixels.saturating_add(pixels);
        self.hold(pixels.saturating_mul(pixel_bytes));
        self.sub_image(columns, rows)
    }

    /// Section 3.7.3: the main picture's cache, entropy image and prefix code groups.
    fn picture(&mut self, width: u32, height: u32) -> Result<(), Error> {
        let cache = self.colour_cache()?;
        let mut groups = 1u32;
        if self.flag()? {
            let (columns, rows) = self.blocks(width, height)?;
            // The sub-image at four bytes, and two for each group number.
            let largest = self.block_image(columns, rows, 6)?;
            groups = u32::from(largest.red_green).saturating_add(1);
        }
        for _ in 0..groups {
            self.charge_table(GROUP_BYTES)?;
            for symbols in alphabets(cache) {
                let measure = self.code_lengths(symbols)?;
                self.charge_table(measure.table_bytes())?;
            }
        }
        // The list of groups doubles when it is full: old and new list are there while it moves.
        let list = u64::from(groups.max(4).next_power_of_two()).saturating_mul(GROUP_BYTES);
        self.hold(self.shape.table_bytes.saturating_add(list.saturating_mul(3) / 2));
        Ok(())
    }

    /// Section 3.7: an entropy-coded image with one group; its pixels are passed over.
    fn sub_image(&mut self, columns: u32, rows: u32) -> Result<Largest, Error> {
        let cache = self.colour_cache()?;
        let [green, red, blue, alpha, distance] = self.group(cache)?;
        let pixels = u64::from(columns).saturating_mul(rows.into());
        let mut largest = Largest::default();
        let single = (green.single(), red.single(), blue.single(), alpha.single());
        if let (Some(g @ ..FIRST_COPY), Some(r), Some(_), Some(_)) = single {
            largest.see(g, r);
            return Ok(largest); // one colour: no pixel takes a bit
        }
        let mut done = 0u64;
        while done < pixels {
            match self.symbol(&green)? {
                g @ ..FIRST_COPY => {
                    largest.see(g, self.symbol(&red)?);
                    self.symbol(&blue)?;
                    self.symbol(&alpha)?;
                    done = done.saturating_add(1);
                }
                copy @ FIRST_COPY..FIRST_CACHED => {
                    let length = self.copy_value(copy.saturating_sub(FIRST_COPY))?;
                    let code = self.symbol(&distance)?;
                    self.copy_value(code)?;
                    if done == 0 || length > pixels.saturating_sub(done) {
                        return Err(self.malformed("VP8L copy from before or past the picture"));
                    }
                    done = done.saturating_add(length);
                }
                _ => done = done.saturating_add(1),
            }
        }
        Ok(largest)
    }

    /// The five codes of a sub-image's only group.
    fn group(&mut self, cache: Option<u32>) -> Result<[PrefixCode; 5], Error> {
        let mut tables = GROUP_BYTES.saturating_mul(6);
        let mut code = |symbols| {
            let measure = self.code_lengths(symbols)?;
            tables = tables.saturating_add(measure.table_bytes());
            Ok::<_, Error>(self.lengths.code())
        };
        let [green, red, blue, alpha, distance] = alphabets(cache);
        let codes = [code(green)?, code(red)?, code(blue)?, code(alpha)?, code(distance)?];
        self.hold(tables);
        Ok(codes)
    }

    /// Section 3.7.3: the bits of the colour cache.
    fn colour_cache(&mut self) -> Result<Option<u32>, Error> {
        if !self.flag()? {
            return Ok(None);
        }
        let bits = self.read(4)?;
        if !(1..=MAX_CACHE_BITS).contains(&bits) {
            return Err(self
                .malformed("VP8L colour cache bits")
                .found(bits.into())
                .allowed(MAX_CACHE_BITS.into()));
        }
        self.hold(4u64.wrapping_shl(bits));
        Ok(Some(bits))
    }

    fn code_lengths(&mut self, symbols: usize) -> Result<Measure, Error> {
        self.shape.symbols = self.shape.symbols.saturating_add(offset_of(symbols));
        self.lengths.read(&mut self.bits, symbols).map_err(|broken| match broken {
            Broken::Cut => self.cut(),
            Broken::Incomplete => self.malformed("VP8L code lengths that are no prefix code"),
            Broken::OutsideAlphabet => self.malformed("VP8L code lengths past the alphabet"),
            Broken::Swapped => {
                let what = "VP8L prefix code of two symbols in falling order";
                Error::unsupported(Stage::Admit, Format::WebP, what).at(self.position())
            }
        })
    }

    /// Section 3.6.2: a length or distance from its prefix code and extra bits.
    fn copy_value(&mut self, symbol: u16) -> Result<u64, Error> {
        let symbol = u32::from(symbol);
        if symbol < 4 {
            return Ok(u64::from(symbol).saturating_add(1));
        }
        let extra = symbol.saturating_sub(2) / 2;
        let offset = u64::from(2 | (symbol & 1)).wrapping_shl(extra);
        Ok(offset.saturating_add(self.read(extra)?.into()).saturating_add(1))
    }

    fn symbol(&mut self, code: &PrefixCode) -> Result<u16, Error> {
        code.read(&mut self.bits).ok_or_else(|| self.cut())
    }

    fn read(&mut self, count: u32) -> Result<u32, Error> {
        self.bits.read(count).ok_or_else(|| self.cut())
    }

    fn flag(&mut self) -> Result<bool, Error> {
        self.read(1).map(|bit| bit == 1)
    }

    fn hold(&mut self, bytes: u64) {
        self.shape.heap = self.shape.heap.saturating_add(bytes);
    }

    /// Tables may take as much as the picture itself; what is beyond that is judged.
    fn charge_table(&mut self, bytes: u64) -> Result<(), Error> {
        self.shape.table_bytes = self.shape.table_bytes.saturating_add(bytes);
        let beyond = self.shape.table_bytes.saturating_sub(self.free_table_bytes);
        let check = self.limits.check(Stage::Admit, Limit::MaxTableBytes, beyond);
        check.map_err(|err| err.in_format(Format::WebP))
    }

    fn cut(&self) -> Error {
        self.malformed("VP8L stream ends before its pixels")
    }

    fn malformed(&self, what: &'static str) -> Error {
        Error::malformed(Stage::Admit, Format::WebP, what).at(self.position())
    }

    fn position(&self) -> u64 {
        self.offset.saturating_add(offset_of(self.bits.position()))
    }
}

impl Largest {
    fn see(&mut self, green: u16, red: u16) {
        self.green = self.green.max(green);
        self.red_green = self.red_green.max(red.wrapping_shl(8) | green);
    }
}

/// The alphabets of a group whose picture has a colour cache of that many bits.
fn alphabets(cache: Option<u32>) -> [usize; 5] {
    let mut alphabets = ALPHABETS;
    if let (Some(bits), Some(green)) = (cache, alphabets.first_mut()) {
        *green = green.saturating_add(1usize.wrapping_shl(bits));
    }
    alphabets
}

/// How many blocks of `1 << bits` pixels cover a side.
fn blocks_of(side: u32, bits: u32) -> u32 {
    side.div_ceil(1u32.wrapping_shl(bits))
}

//! A VP8L stream as it is read before its pixels: fields, prefix codes, and the small pictures that say something
//! of the large one (RFC 9649, sections 3.6 and 3.7).
//!
//! Refused: a colour cache over 11 bits, codes that are not complete, copies from before or past the picture, a stream
//! that ends.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Format, Stage};

use super::bits::Bits;
use super::cache::Cache;
use super::copy;
use super::prefix_code::{Broken, CodeLengths, MAX_CACHE_BITS};
use super::table::{Code, Measure, Tables};
use crate::riff::offset_of;

/// Alphabet of each of the five codes of a group, in stream order: green, red, blue, alpha, distance. The first grows
/// by the colour cache.
const ALPHABETS: [usize; 5] = [256 + 24, 256, 256, 256, 40];
/// The first green symbol that is the length of a copy.
pub(super) const FIRST_COPY: u32 = 256;
/// The first green symbol that is a place in the colour cache.
pub(super) const FIRST_CACHED: u32 = 256 + 24;
/// Places of the largest tables of a group, by the count that the reference decoder works with too.
const GROUP_PLACES: usize = 2704 + 3 * 630 + 410;

/// A cursor over a stream; its errors say where in the file.
pub(super) struct Stream<'a> {
    pub(super) bits: Bits<'a>,
    offset: u64,
    stage: Stage,
    lengths: CodeLengths,
    /// What was seen that image-webp reads otherwise than the reference decoder.
    #[cfg(feature = "image-webp")]
    pub(super) otherwise: Option<&'static str>,
}

impl<'a> Stream<'a> {
    /// The stream in `bytes`, of which the first is byte `offset` of the file, read for `stage`.
    pub(super) fn new(bytes: &'a [u8], offset: u64, stage: Stage) -> Stream<'a> {
        Stream {
            bits: Bits::new(bytes),
            offset,
            stage,
            lengths: CodeLengths::new(),
            #[cfg(feature = "image-webp")]
            otherwise: None,
        }
    }

    pub(super) fn flag(&mut self) -> Result<bool, Error> {
        self.read(1).map(|bit| bit == 1)
    }

    pub(super) fn read(&mut self, count: u32) -> Result<u32, Error> {
        self.bits.read(count).ok_or_else(|| self.cut())
    }

    /// Section 3.6.2.3: the bits of the colour cache.
    pub(super) fn colour_cache(&mut self) -> Result<Option<u32>, Error> {
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
        Ok(Some(bits))
    }

    /// The lengths of the next code, for so many symbols.
    pub(super) fn code_lengths(&mut self, symbols: usize) -> Result<(Measure, &[u8]), Error> {
        let read = self.lengths.read(&mut self.bits, symbols);
        #[cfg(feature = "image-webp")]
        if self.lengths.falls {
            self.otherwise = Some("VP8L prefix code of two symbols that do not rise");
        }
        match read {
            Ok(measure) => Ok((measure, self.lengths.as_slice())),
            Err(Broken::Cut) => Err(self.cut()),
            Err(Broken::Incomplete) => Err(self.malformed("VP8L code lengths that are no prefix code")),
            Err(Broken::OutsideAlphabet) => Err(self.malformed("VP8L code lengths past the alphabet")),
        }
    }

    /// An entropy-coded picture with one group of codes. All its pixels go to `kept`, where they are wanted; it has
    /// room for them. Its literals are shown to `see`: what a copy or the cache gives was one before, or 0 from a place
    /// in the cache where nothing was put yet. Whether anything was is not known where nothing is kept, so 0 is shown
    /// for each of those, and what is seen is the same both times.
    pub(super) fn sub_image(
        &mut self,
        columns: usize,
        rows: usize,
        mut kept: Option<&mut Vec<u32>>,
        see: &mut dyn FnMut(u32),
    ) -> Result<(), Error> {
        let cache_bits = self.colour_cache()?;
        let mut places = [0u16; GROUP_PLACES];
        let [green, red, blue, alpha, distance] = self.group(cache_bits, &mut places)?;
        let mut cache = Cache::new(cache_bits.filter(|_| kept.is_some()));
        let pixels = columns.saturating_mul(rows);
        let singles = [green, red, blue, alpha].map(|code| code.single(&places));
        if let [Some(green @ ..FIRST_COPY), Some(red), Some(blue), Some(alpha)] = singles {
            let argb = alpha << 24 | red << 16 | green << 8 | blue;
            see(argb);
            if let Some(kept) = kept {
                kept.resize(pixels, argb);
            }
            return Ok(()); // one colour: no pixel takes a bit
        }
        let mut done = 0usize;
        while done < pixels {
            let bits = &mut self.bits;
            bits.refill();
            let symbol = green.read(&places, bits);
            let (argb, length) = if symbol < FIRST_COPY {
                let argb = red.read(&places, bits) << 16 | symbol << 8 | blue.read(&places, bits);
                bits.refill();
                let argb = argb | alpha.read(&places, bits) << 24;
                see(argb);
                (argb, 1)
            } else if symbol < FIRST_CACHED {
                let length = copy::value(symbol.saturating_sub(FIRST_COPY), bits);
                bits.refill();
                let code = copy::value(distance.read(&places, bits), bits);
                let back = copy::distance(code, columns);
                if back > done || length > pixels.saturating_sub(done) {
                    return Err(self.malformed("VP8L copy from before or past the picture"));
                }
                if let Some(kept) = &mut kept {
                    for from in (done.saturating_sub(back)..).take(length) {
                        let argb = kept.get(from).copied().unwrap_or(0);
                        kept.push(argb);
                        if cache.is_used() {
                            cache.insert(argb);
                        }
                    }
                }
                done = done.saturating_add(length);
                continue;
            } else {
                let place = symbol.saturating_sub(FIRST_CACHED);
                see(0);
                (if kept.is_some() { cache.at(place) } else { 0 }, 1)
            };
            if self.bits.overran() {
                return Err(self.cut());
            }
            if let Some(kept) = &mut kept {
                kept.push(argb);
                if cache.is_used() {
                    cache.insert(argb);
                }
            }
            done = done.saturating_add(length);
        }
        if self.bits.overran() { Err(self.cut()) } else { Ok(()) }
    }

    /// The five codes of a small picture's only group.
    fn group(&mut self, cache_bits: Option<u32>, places: &mut [u16]) -> Result<[Code; 5], Error> {
        let mut tables = Tables::new(places);
        let mut codes = [Code::default(); 5];
        for (code, symbols) in codes.iter_mut().zip(alphabets(cache_bits)) {
            let (measure, lengths) = self.code_lengths(symbols)?;
            *code = tables.build(lengths, &measure).ok_or_else(|| {
                Error::upstream(Format::WebP, "VP8L tables larger than the largest that there are")
            })?;
        }
        Ok(codes)
    }

    pub(super) fn cut(&self) -> Error {
        self.malformed("VP8L stream ends before its pixels")
    }

    pub(super) fn malformed(&self, what: &'static str) -> Error {
        Error::malformed(self.stage, Format::WebP, what).at(self.position())
    }

    /// The byte of the file that is read next.
    pub(super) fn position(&self) -> u64 {
        self.offset.saturating_add(offset_of(self.bits.position()))
    }
}

/// The alphabets of a group whose picture has a colour cache of that many bits.
pub(super) fn alphabets(cache_bits: Option<u32>) -> [usize; 5] {
    let mut alphabets = ALPHABETS;
    if let (Some(bits), Some(green)) = (cache_bits, alphabets.first_mut()) {
        *green = green.saturating_add(1usize.wrapping_shl(bits));
    }
    alphabets
}

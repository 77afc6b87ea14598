//! IHDR: size, colour type, bit depth, interlace (PNG 11.2.1), and the sizes that follow from them.
//!
//! In come the 13 bytes; out goes a header whose every field is legal. Zero or 2^31 pixels a side and an
//! illegal pair of colour type and depth are malformed; an unknown compression, filter or interlace method
//! is unsupported.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use std::num::NonZeroU32;

use fic_core::{Error, Format, PixelLayout, Reader, Stage};

use super::chunk::MAX_U31;

/// The colour type of IHDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the specification's names")]
pub enum ColourType {
    Greyscale,
    GreyscaleAlpha,
    Palette,
    Truecolour,
    TruecolourAlpha,
}

impl ColourType {
    /// Samples a pixel in the file: 1 for a palette index.
    pub const fn samples(self) -> u8 {
        match self {
            ColourType::Greyscale | ColourType::Palette => 1,
            ColourType::GreyscaleAlpha => 2,
            ColourType::Truecolour => 3,
            ColourType::TruecolourAlpha => 4,
        }
    }

    const fn code(self) -> u8 {
        match self {
            ColourType::Greyscale => 0,
            ColourType::Truecolour => 2,
            ColourType::Palette => 3,
            ColourType::GreyscaleAlpha => 4,
            ColourType::TruecolourAlpha => 6,
        }
    }

    fn from_code(code: u8) -> Option<ColourType> {
        Some(match code {
            0 => ColourType::Greyscale,
            2 => ColourType::Truecolour,
            3 => ColourType::Palette,
            4 => ColourType::GreyscaleAlpha,
            6 => ColourType::TruecolourAlpha,
            _ => return None,
        })
    }

    /// Table 12 of the specification: which depths go with which colour type.
    fn allows(self, depth: u8) -> bool {
        match self {
            ColourType::Greyscale => matches!(depth, 1 | 2 | 4 | 8 | 16),
            ColourType::Palette => matches!(depth, 1 | 2 | 4 | 8),
            ColourType::GreyscaleAlpha | ColourType::Truecolour | ColourType::TruecolourAlpha => {
                matches!(depth, 8 | 16)
            }
        }
    }
}

/// A legal IHDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ihdr {
    pub(crate) width: NonZeroU32,
    pub(crate) height: NonZeroU32,
    pub(crate) depth: u8,
    pub(crate) colour: ColourType,
    pub(crate) interlaced: bool,
}

impl Ihdr {
    /// Reads the data of an IHDR chunk.
    pub(super) fn parse(data: &[u8]) -> Result<Ihdr, Error> {
        let malformed = |what| Err(Error::malformed(Stage::Outline, Format::Png, what));
        let unsupported =
            |what, found: u8| Err(Error::unsupported(Stage::Outline, Format::Png, what).found(found.into()));
        let mut r = Reader::new(data);
        let (Some(width), Some(height)) = (r.u32_be(), r.u32_be()) else {
            return malformed("IHDR is too short");
        };
        let Some(&[depth, colour, compression, filter, interlace]) = r.array::<5>() else {
            return malformed("IHDR is too short");
        };
        if !r.is_at_end() {
            return malformed("IHDR is too long");
        }
        if width.max(height) > MAX_U31 {
            return malformed("IHDR width or height is 2^31 or more");
        }
        let (Some(width), Some(height)) = (NonZeroU32::new(width), NonZeroU32::new(height)) else {
            return malformed("IHDR width or height is zero");
        };
        let Some(colour) = ColourType::from_code(colour).filter(|colour| colour.allows(depth)) else {
            return malformed("IHDR colour type and bit depth do not go together");
        };
        match (compression, filter, interlace) {
            (0, 0, 0 | 1) => Ok(Ihdr { width, height, depth, colour, interlaced: interlace == 1 }),
            (0, 0, _) => unsupported("unknown interlace method", interlace),
            (0, _, _) => unsupported("unknown filter method", filter),
            (_, _, _) => unsupported("unknown compression method", compression),
        }
    }

    /// The 13 bytes again.
    pub(crate) fn to_bytes(self) -> [u8; 13] {
        let ([a, b, c, d], [e, f, g, h]) = (self.width.get().to_be_bytes(), self.height.get().to_be_bytes());
        [a, b, c, d, e, f, g, h, self.depth, self.colour.code(), 0, 0, u8::from(self.interlaced)]
    }

    /// Bytes of a row of `width` pixels before compression, its filter type byte included.
    pub(crate) fn row_bytes(&self, width: u32) -> u64 {
        let bits = u64::from(self.colour.samples()).saturating_mul(self.depth.into());
        u64::from(width).saturating_mul(bits).div_ceil(8).saturating_add(1)
    }

    /// Bytes by which a filter looks to the left: those of a pixel, one where that is less (PNG 9.2).
    pub(crate) fn filter_bytes(&self) -> usize {
        let bits = self.colour.samples().saturating_mul(self.depth);
        usize::from(bits / 8).max(1)
    }

    /// The passes that hold a pixel, in the order of the file; one for a picture that is not interlaced
    /// (PNG 8.1).
    pub(crate) fn passes(&self) -> impl Iterator<Item = Pass> + use<> {
        let (width, height) = (self.width.get(), self.height.get());
        let lattices = if self.interlaced { ADAM7 } else { WHOLE };
        lattices
            .iter()
            .map(move |&(x, y)| Pass { columns: x.count(width), rows: y.count(height), x, y })
            .filter(|pass| pass.columns > 0 && pass.rows > 0)
    }

    /// Bytes of the whole picture before compression, exactly: every row of every pass (PNG 7.2).
    pub(crate) fn inflated_bytes(&self) -> u64 {
        self.passes().fold(0, |sum: u64, pass| {
            sum.saturating_add(self.row_bytes(pass.columns).saturating_mul(pass.rows.into()))
        })
    }

    /// The samples that the decoder makes of it, 8 bits each.
    pub(crate) fn layout(&self, transparent: bool) -> PixelLayout {
        match (self.colour, transparent) {
            (ColourType::Greyscale, false) => PixelLayout::Gray,
            (ColourType::Greyscale, true) | (ColourType::GreyscaleAlpha, _) => PixelLayout::GrayAlpha,
            (ColourType::Palette | ColourType::Truecolour, false) => PixelLayout::Rgb,
            (ColourType::Palette | ColourType::Truecolour, true) | (ColourType::TruecolourAlpha, _) => {
                PixelLayout::Rgba
            }
        }
    }
}

/// One pass over a picture: how many columns and rows it holds, and which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) x: Lattice,
    pub(crate) y: Lattice,
}

/// Which columns or rows a pass holds: the first, and then every so many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lattice {
    pub(crate) first: u32,
    pub(crate) step: u32,
}

impl Lattice {
    fn count(self, side: u32) -> u32 {
        side.saturating_sub(self.first).div_ceil(self.step)
    }

    /// Columns or rows from one that this pass holds to the next that this or an earlier pass does.
    pub(crate) const fn gap(self) -> u32 {
        if self.first == 0 { self.step } else { self.first }
    }
}

const fn pass(x: u32, y: u32, x_step: u32, y_step: u32) -> (Lattice, Lattice) {
    (Lattice { first: x, step: x_step }, Lattice { first: y, step: y_step })
}

/// The one pass of a picture that is not interlaced.
const WHOLE: &[(Lattice, Lattice)] = &[pass(0, 0, 1, 1)];

/// The seven passes of Adam7 (PNG 8.1).
const ADAM7: &[(Lattice, Lattice)] = &[
    pass(0, 0, 8, 8),
    pass(4, 0, 8, 8),
    pass(0, 4, 4, 8),
    pass(2, 0, 4, 4),
    pass(0, 2, 2, 4),
    pass(1, 0, 2, 2),
    pass(0, 1, 1, 2),
];

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::*;

    fn ihdr(width: u32, height: u32, depth: u8, colour: u8, interlace: u8) -> Result<Ihdr, Error> {
        let mut data = [width.to_be_bytes(), height.to_be_bytes()].concat();
        data.extend([depth, colour, 0, 0, interlace]);
        Ihdr::parse(&data)
    }

    #[test]
    fn fifteen_pairs_of_colour_and_depth_are_legal_and_come_back_as_the_same_bytes() {
        let mut legal = 0;
        for (colour, depth) in (0..=255).flat_map(|colour| (0..=255).map(move |depth| (colour, depth))) {
            if let Ok(header) = ihdr(7, 9, depth, colour, 1) {
                legal += 1;
                assert_eq!(Ihdr::parse(&header.to_bytes()).unwrap(), header);
            }
        }
        assert_eq!(legal, 15);
    }

    #[test]
    fn adam7_counts_every_pixel_once_and_no_filter_byte_of_an_empty_pass() {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (5, 5), (8, 8), (13, 17)] {
            let header = ihdr(width, height, 8, 0, 1).unwrap();
            let (pixels, filters) = header
                .passes()
                .fold((0, 0), |(pixels, rows), pass| (pixels + pass.columns * pass.rows, rows + pass.rows));
            assert_eq!(pixels, width * height);
            assert_eq!(header.inflated_bytes(), u64::from(pixels + filters));
        }
    }

    #[test]
    fn sizes_at_the_edge_of_the_format_do_not_overflow() {
        let header = ihdr(MAX_U31, MAX_U31, 16, 6, 0).unwrap();
        assert_eq!(header.inflated_bytes(), u64::MAX);
        assert!(ihdr(MAX_U31 + 1, 1, 8, 0, 0).is_err());
        assert!(ihdr(0, 1, 8, 0, 0).is_err());
    }
}

//! Reads an ICC profile: bytes of a stranger come in, a [`Profile`] leaves whose every size was checked.
//!
//! Only the tags that make colours are looked at: no description, no second tag of a name, no table for
//! another direction. Refused are device links and named colours, a colour space that is not the pixels',
//! tags outside the profile, and sizes that no real profile has. Section numbers are those of ICC.1:2022.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{PixelLayout, Reader};

use crate::curve::Curve;
use crate::light::Pcs;
use crate::table;

/// What of a profile makes colours.
#[derive(Debug)]
pub(crate) struct Profile<'a> {
    pub(crate) pcs: Pcs,
    pub(crate) colours: Colours<'a>,
}

/// How device values become colours (8.3 to 8.5), in the order of preference.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one lives on the stack for one call")]
pub(crate) enum Colours<'a> {
    /// One curve.
    Gray(Curve<'a>),
    /// Three primaries in D50 XYZ and three curves, in the order red, green, blue.
    Matrix { columns: [[f32; 3]; 3], curves: [Curve<'a>; 3] },
    /// Tables from device values to the connection space.
    Table(table::Outline<'a>),
}

/// Why a profile is ignored.
pub(crate) type Reason = &'static str;

/// More tags than any real profile has; they are searched one by one.
const MOST_TAGS: u32 = 128;
/// The bytes of the header (7.2).
const HEADER: usize = 128;

impl<'a> Profile<'a> {
    /// What `icc` says about pixels of `layout`, or why it cannot be used.
    pub(crate) fn read(icc: &'a [u8], layout: PixelLayout) -> Result<Profile<'a>, Reason> {
        const SHORT: Reason = "profile is shorter than its header";
        let header = icc.get(..HEADER).ok_or(SHORT)?;
        let field = |offset| Reader::at(header, offset).array::<4>().ok_or(SHORT);
        if field(36)? != b"acsp" {
            return Err("profile has no profile signature");
        }
        if !matches!(field(12)?, b"scnr" | b"mntr" | b"prtr" | b"spac") {
            return Err("profile class has no device colours");
        }
        let pcs = match field(20)? {
            b"Lab " => Pcs::Lab,
            b"XYZ " => Pcs::Xyz,
            _ => return Err("profile connection space is unknown"),
        };
        check_space(field(16)?, layout)?;
        let is_v4 = field(8)?.first().is_some_and(|major| *major >= 4);
        let tags = Tags::read(icc)?;
        let colours = match layout {
            PixelLayout::Gray | PixelLayout::GrayAlpha => Colours::Gray(tags.curve(b"kTRC")?),
            PixelLayout::Rgb | PixelLayout::Rgba if pcs == Pcs::Xyz && tags.has_matrix() => tags.matrix()?,
            PixelLayout::Rgb | PixelLayout::Rgba => Colours::Table(tags.table(3, is_v4)?),
            PixelLayout::Cmyk => Colours::Table(tags.table(4, is_v4)?),
        };
        Ok(Profile { pcs, colours })
    }

    /// Whether these are the colours of sRGB, so that nothing is to be done.
    pub(crate) fn is_srgb(&self) -> bool {
        match &self.colours {
            Colours::Gray(curve) => self.pcs == Pcs::Xyz && curve.is_srgb(),
            Colours::Matrix { columns, curves } => {
                let pairs = columns.as_flattened().iter().zip(SRGB_COLUMNS.as_flattened());
                // What the sRGB profiles in the wild differ by from each other; less than a level.
                pairs.into_iter().all(|(found, wanted)| (found - wanted).abs() <= 0.0015)
                    && curves.iter().all(Curve::is_srgb)
            }
            Colours::Table(_) => false,
        }
    }
}

fn check_space(name: &[u8; 4], layout: PixelLayout) -> Result<(), Reason> {
    match (name, layout) {
        (b"CMYK", PixelLayout::Cmyk)
        | (b"GRAY", PixelLayout::Gray | PixelLayout::GrayAlpha)
        | (b"RGB ", PixelLayout::Rgb | PixelLayout::Rgba) => Ok(()),
        (b"CMYK" | b"GRAY" | b"RGB ", _) => Err("profile is for another colour space than the pixels"),
        _ => Err("profile is for a colour space that no pixels have"),
    }
}

/// The tag table (7.3).
struct Tags<'a> {
    icc: &'a [u8],
    table: &'a [u8],
}

impl<'a> Tags<'a> {
    fn read(icc: &'a [u8]) -> Result<Tags<'a>, Reason> {
        let mut reader = Reader::at(icc, HEADER);
        let count = reader.u32_be().ok_or("profile has no tag table")?;
        if count > MOST_TAGS {
            return Err("profile has more tags than any real one");
        }
        let len = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(12);
        let table = reader.take(len).ok_or("profile ends in its tag table")?;
        Ok(Tags { icc, table })
    }

    /// The data of the first tag of that name; `None` where there is none.
    fn find(&self, name: &[u8; 4]) -> Result<Option<&'a [u8]>, Reason> {
        for entry in self.table.chunks_exact(12) {
            let mut entry = Reader::new(entry);
            if entry.array() != Some(name) {
                continue;
            }
            let data = entry.u32_be().zip(entry.u32_be()).and_then(|(offset, len)| {
                let (offset, len) = (usize::try_from(offset).ok()?, usize::try_from(len).ok()?);
                self.icc.get(offset..offset.checked_add(len)?)
            });
            return data.map(Some).ok_or("profile has a tag outside itself");
        }
        Ok(None)
    }

    fn curve(&self, name: &[u8; 4]) -> Result<Curve<'a>, Reason> {
        Curve::read(&mut Reader::new(self.find(name)?.ok_or("profile lacks a curve")?))
    }

    fn has_matrix(&self) -> bool {
        [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"]
            .iter()
            .all(|name| self.find(name).is_ok_and(|tag| tag.is_some()))
    }

    fn matrix(&self) -> Result<Colours<'a>, Reason> {
        Ok(Colours::Matrix {
            columns: [self.column(b"rXYZ")?, self.column(b"gXYZ")?, self.column(b"bXYZ")?],
            curves: [self.curve(b"rTRC")?, self.curve(b"gTRC")?, self.curve(b"bTRC")?],
        })
    }

    /// 10.31: the type, four reserved bytes, three fixed-point numbers.
    fn column(&self, name: &[u8; 4]) -> Result<[f32; 3], Reason> {
        const BROKEN: Reason = "profile has a broken primary";
        let mut reader = Reader::new(self.find(name)?.ok_or(BROKEN)?);
        if reader.array() != Some(b"XYZ ") || reader.skip(4) != 4 {
            return Err(BROKEN);
        }
        let mut column = [0.0; 3];
        for number in &mut column {
            *number = s15_fixed16(&mut reader).ok_or(BROKEN)?;
        }
        Ok(column)
    }

    /// The perceptual table, or else the colorimetric one, from `inputs` device values.
    fn table(&self, inputs: u8, is_v4: bool) -> Result<table::Outline<'a>, Reason> {
        if let Some(data) = self.find(b"A2B0")? {
            // 6.3.3: the perceptual black of version 4 is the same for all profiles.
            let black = if is_v4 { table::Black::Reference } else { table::Black::Darkest };
            return table::Outline::read(data, inputs, black);
        }
        let data = self.find(b"A2B1")?.ok_or("profile has neither primaries nor a table")?;
        table::Outline::read(data, inputs, table::Black::Darkest)
    }
}

/// A signed number with 16 bits of fraction (4.6).
pub(crate) fn s15_fixed16(reader: &mut Reader<'_>) -> Option<f32> {
    let [a, b, c, d] = *reader.array()?;
    // Exact: an f32 holds the 16 bits of each half.
    Some(f32::from(i16::from_be_bytes([a, b])) + f32::from(u16::from_be_bytes([c, d])) / 65536.0)
}

/// The primaries of sRGB adapted to D50: IEC 61966-2-1 with the Bradford transform.
const SRGB_COLUMNS: [[f32; 3]; 3] =
    [[0.43604, 0.22249, 0.01392], [0.38512, 0.71690, 0.09706], [0.14305, 0.06061, 0.71391]];

//! Reads an ICC profile just far enough to write a small one: bytes of a stranger come in, a [`Profile`]
//! leaves that holds only tags whose sizes were checked.
//!
//! The colour engine never sees the stranger's bytes, only what [`Profile::write`] makes of them: no
//! description, no second tag of a name, no table that nobody asked for, no date. Refused are device links
//! and named colours, a colour space that is not the pixels', tags outside the profile, and sizes that no
//! real profile has. Section numbers are those of ICC.1:2022.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Budget, Error, HeldBytes, PixelLayout, Reader};

use crate::curve::Curve;

/// The tags of a profile that make colours, checked.
#[derive(Debug)]
pub(crate) struct Profile<'a> {
    version: [u8; 4],
    space: Space,
    pcs: [u8; 4],
    colours: Colours<'a>,
}

/// The colour space of the device side (7.2.6), as far as pixels have it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Space {
    Cmyk,
    Gray,
    Rgb,
}

/// How device values become colours (8.3 to 8.5), in the order of preference.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one lives on the stack for one call")]
enum Colours<'a> {
    /// One curve.
    Gray(Curve<'a>),
    /// Three primaries and three curves.
    Matrix { columns: [Tag<'a>; 3], curves: [Curve<'a>; 3] },
    /// A table from device values to the connection space.
    Table(Tag<'a>),
}

/// The data of one tag, with its type signature.
#[derive(Clone, Copy, Debug)]
struct Tag<'a> {
    name: [u8; 4],
    data: &'a [u8],
}

/// More tags than any real profile has; they are searched one by one.
const MOST_TAGS: u32 = 128;
/// More bytes than any real profile has in the tags that are kept.
pub(crate) const MOST_BYTES: usize = 2 << 20;
/// More points to a side than any real table has.
const MOST_SIDE: u8 = 65;
/// A header (7.2) and the number of tags.
const HEADER: usize = 128;

type Reason = &'static str;

impl<'a> Profile<'a> {
    /// The tags of `icc` that convert pixels of `layout`, or why it has none.
    pub(crate) fn read(icc: &'a [u8], layout: PixelLayout) -> Result<Profile<'a>, Reason> {
        const SHORT: Reason = "profile is shorter than its header";
        let header = icc.get(..HEADER).ok_or(SHORT)?;
        let field = |offset| Reader::at(header, offset).array::<4>().copied().ok_or(SHORT);
        if field(36)? != *b"acsp" {
            return Err("profile has no profile signature");
        }
        if !matches!(&field(12)?, b"scnr" | b"mntr" | b"prtr" | b"spac") {
            return Err("profile class has no device colours");
        }
        let pcs = field(20)?;
        if !matches!(&pcs, b"XYZ " | b"Lab ") {
            return Err("profile connection space is unknown");
        }
        let space = space_of(field(16)?, layout)?;
        let tags = Tags::read(icc)?;
        let colours = match space {
            Space::Gray => Colours::Gray(tags.curve(b"kTRC")?),
            Space::Rgb if tags.has_matrix() && pcs == *b"XYZ " => tags.matrix()?,
            Space::Rgb => Colours::Table(tags.table(3)?),
            Space::Cmyk => Colours::Table(tags.table(4)?),
        };
        Ok(Profile { version: field(8)?, space, pcs, colours })
    }

    /// Whether these are the colours of sRGB, so that nothing is to be done.
    pub(crate) fn is_srgb(&self) -> bool {
        match &self.colours {
            Colours::Gray(curve) => curve.is_srgb(),
            Colours::Table(_) => false,
            Colours::Matrix { columns, curves } => {
                columns.iter().zip(SRGB_COLUMNS).all(|(tag, wanted)| is_close(tag, wanted))
                    && curves.iter().all(Curve::is_srgb)
            }
        }
    }

    /// Whether the colours come from a table.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.colours, Colours::Table(_))
    }

    /// The canonical profile.
    pub(crate) fn write(&self, budget: &Budget) -> Result<HeldBytes, Error> {
        let mut tags = [None; 6];
        match &self.colours {
            Colours::Gray(curve) => fill(&mut tags, [Tag { name: *b"kTRC", data: curve.data() }]),
            Colours::Matrix { columns, curves } => {
                let names = [*b"rTRC", *b"gTRC", *b"bTRC"].into_iter().zip(curves);
                let curves = names.map(|(name, curve)| Tag { name, data: curve.data() });
                fill(&mut tags, columns.iter().copied().chain(curves));
            }
            Colours::Table(table) => fill(&mut tags, [Tag { name: *b"A2B0", ..*table }]),
        }
        self.write_tags(tags.into_iter().flatten(), budget)
    }

    fn write_tags(
        &self,
        tags: impl Iterator<Item = Tag<'a>> + Clone,
        budget: &Budget,
    ) -> Result<HeldBytes, Error> {
        let start = HEADER.saturating_add(4).saturating_add(tags.clone().count().saturating_mul(12));
        let size = tags.clone().fold(start, |end, tag| end.saturating_add(padded(tag.data.len())));
        let mut out = HeldBytes::with_capacity(size, budget)?;
        self.write_header(size, &mut out)?;
        out.push(&number(tags.clone().count()))?;
        let mut offset = start;
        for tag in tags.clone() {
            out.push(&tag.name)?;
            out.push(&number(offset))?;
            out.push(&number(tag.data.len()))?;
            offset = offset.saturating_add(padded(tag.data.len()));
        }
        for tag in tags {
            out.push(tag.data)?;
            let padding = padded(tag.data.len()).saturating_sub(tag.data.len());
            out.push([0; 3].get(..padding).unwrap_or_default())?;
        }
        Ok(out)
    }

    /// 7.2: size, version, class, space and connection space; a valid date; the D50 illuminant.
    fn write_header(&self, size: usize, out: &mut HeldBytes) -> Result<(), Error> {
        let space = match self.space {
            Space::Cmyk => b"CMYK",
            Space::Gray => b"GRAY",
            Space::Rgb => b"RGB ",
        };
        out.push(&number(size))?;
        out.push(&[0; 4])?;
        out.push(&self.version)?;
        out.push(b"mntr")?;
        out.push(space)?;
        out.push(&self.pcs)?;
        out.push(&[0x07, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])?;
        out.push(b"acsp")?;
        out.push(&[0; 28])?;
        out.push(&[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d])?;
        out.push(&[0; 48])
    }
}

/// The space that the header names, if the pixels are of that space.
fn space_of(name: [u8; 4], layout: PixelLayout) -> Result<Space, Reason> {
    match (&name, layout) {
        (b"CMYK", PixelLayout::Cmyk) => Ok(Space::Cmyk),
        (b"GRAY", PixelLayout::Gray | PixelLayout::GrayAlpha) => Ok(Space::Gray),
        (b"RGB ", PixelLayout::Rgb | PixelLayout::Rgba) => Ok(Space::Rgb),
        (b"CMYK" | b"GRAY" | b"RGB ", _) => Err("profile is for another colour space than the pixels"),
        _ => Err("profile is for a colour space that no pixels have"),
    }
}

fn fill<'a>(slots: &mut [Option<Tag<'a>>], tags: impl IntoIterator<Item = Tag<'a>>) {
    for (slot, tag) in slots.iter_mut().zip(tags) {
        *slot = Some(tag);
    }
}

/// Tags start at multiples of four (7.3.1).
fn padded(len: usize) -> usize {
    len.checked_next_multiple_of(4).unwrap_or(len)
}

/// Sizes were checked against [`MOST_BYTES`], so they fit.
fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
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

    /// The first tag of that name; `None` where there is none.
    fn find(&self, name: &[u8; 4]) -> Result<Option<Tag<'a>>, Reason> {
        for entry in self.table.chunks_exact(12) {
            let mut entry = Reader::new(entry);
            if entry.array() != Some(name) {
                continue;
            }
            let span = entry.u32_be().zip(entry.u32_be());
            let data = span.and_then(|(offset, len)| {
                let offset = usize::try_from(offset).ok().filter(|offset| *offset <= self.icc.len())?;
                Reader::at(self.icc, offset).take(usize::try_from(len).ok()?)
            });
            let data = data.ok_or("profile has a tag outside itself")?;
            if data.len() > MOST_BYTES {
                return Err("profile has a table larger than any real one");
            }
            return Ok(Some(Tag { name: *name, data }));
        }
        Ok(None)
    }

    fn curve(&self, name: &[u8; 4]) -> Result<Curve<'a>, Reason> {
        Curve::read(self.find(name)?.ok_or("profile lacks a curve")?.data)
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
    fn column(&self, name: &[u8; 4]) -> Result<Tag<'a>, Reason> {
        const BROKEN: Reason = "profile has a broken primary";
        let tag = self.find(name)?.ok_or(BROKEN)?;
        let data = tag.data.get(..20).filter(|data| data.starts_with(b"XYZ ")).ok_or(BROKEN)?;
        Ok(Tag { data, ..tag })
    }

    /// The perceptual table, or else the colorimetric one, from `inputs` device values.
    fn table(&self, inputs: u8) -> Result<Tag<'a>, Reason> {
        let found = match self.find(b"A2B0")? {
            Some(tag) => Some(tag),
            None => self.find(b"A2B1")?,
        };
        let tag = found.ok_or("profile has neither primaries nor a table")?;
        check_table(tag.data, inputs)?;
        Ok(tag)
    }
}

const BROKEN_TABLE: Reason = "profile has a broken table";

/// 10.10 to 10.12: the numbers from which the size of a table follows. The engine checks that the data is
/// there; this checks that there is not more of it than a real profile has.
fn check_table(data: &[u8], inputs: u8) -> Result<(), Reason> {
    let mut reader = Reader::new(data);
    let kind = reader.array::<4>().ok_or(BROKEN_TABLE)?;
    reader.skip(4);
    let (from, to) = reader.u8().zip(reader.u8()).ok_or(BROKEN_TABLE)?;
    if (from, to) != (inputs, 3) {
        return Err("profile has a table for another number of channels");
    }
    match kind {
        b"mft1" => check_side(reader.u8()),
        b"mft2" => {
            check_side(reader.u8())?;
            let mut reader = Reader::at(data, 48);
            check_entries(reader.u16_be())?;
            check_entries(reader.u16_be())
        }
        b"mAB " => check_multi(data, inputs),
        _ => Err("profile has a table of an unknown type"),
    }
}

/// 10.12: offsets of the B curves, the matrix, the M curves, the grid and the A curves, zero for none.
fn check_multi(data: &[u8], inputs: u8) -> Result<(), Reason> {
    let mut reader = Reader::at(data, 12);
    let mut offset = || reader.u32_be().and_then(|at| usize::try_from(at).ok()).ok_or(BROKEN_TABLE);
    let (b, _matrix, m, grid, a) = (offset()?, offset()?, offset()?, offset()?, offset()?);
    if grid != 0 {
        let mut sides = Reader::at(data, grid);
        for _ in 0..inputs {
            check_side(sides.u8())?;
        }
    } else if inputs != 3 {
        return Err(BROKEN_TABLE);
    }
    for (curves, count) in [(b, 3), (m, 3), (a, inputs)] {
        if curves != 0 {
            check_curves(data, curves, count)?;
        }
    }
    Ok(())
}

fn check_curves(data: &[u8], start: usize, count: u8) -> Result<(), Reason> {
    let mut at = start;
    for _ in 0..count {
        let rest = data.get(at..).ok_or(BROKEN_TABLE)?;
        at = at.saturating_add(padded(Curve::read(rest)?.data().len()));
    }
    Ok(())
}

fn check_side(side: Option<u8>) -> Result<(), Reason> {
    match side {
        Some(side) if (2..=MOST_SIDE).contains(&side) => Ok(()),
        _ => Err("profile has a table with more or fewer points than any real one"),
    }
}

fn check_entries(entries: Option<u16>) -> Result<(), Reason> {
    match entries {
        Some(entries) if (2..=4096).contains(&entries) => Ok(()),
        _ => Err("profile has a table with a curve of an impossible length"),
    }
}

/// The primaries of sRGB adapted to D50, as s15.16 numbers: IEC 61966-2-1 with the Bradford transform.
const SRGB_COLUMNS: [[i32; 3]; 3] =
    [[0x6fa0, 0x38f5, 0x0390], [0x6297, 0xb787, 0x18d9], [0x249f, 0x0f84, 0xb6c3]];

/// Within 0.0015: what the sRGB profiles in the wild differ by from each other, and less than a level.
fn is_close(tag: &Tag<'_>, wanted: [i32; 3]) -> bool {
    let mut reader = Reader::at(tag.data, 8);
    wanted.iter().all(|wanted| {
        let value = reader.array().map(|bytes| i32::from_be_bytes(*bytes));
        value.is_some_and(|value| value.abs_diff(*wanted) <= 98)
    })
}

//! One pass over the chunks of an upload: what the file says it is, before any pixel is decoded.
//!
//! In comes the whole upload; out goes an [`Outline`], or an error where the default image cannot be made
//! or is in doubt. Every CRC is compared. A wrong one is malformed where the chunk makes pixels (IHDR, the
//! PLTE of a palette image, IDAT) and a finding elsewhere, the chunk then being ignored.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

mod ancillary;
mod animation;
mod chunk;
mod idat;
mod ihdr;
mod palette;

use fic_core::{
    Budget, ColourModel, Error, FindingKind, Findings, Format, Header, HeldBytes, Limits, Orientation,
    Reader, Span, Stage, exif,
};

pub use animation::Animation;
pub(crate) use chunk::MAX_U31;
pub(crate) use idat::ImageData;
pub use ihdr::ColourType;
pub(crate) use ihdr::{Ihdr, Pass};
pub(crate) use palette::Palette;

use ancillary::Role;
use chunk::{Chunk, Stop, malformed, offset};

/// The eight bytes that every PNG starts with (PNG 5.2).
pub(crate) const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// What one pass over a PNG found.
#[derive(Clone, Debug)]
pub struct Outline {
    header: Header,
    pub(crate) ihdr: Ihdr,
    pub(crate) palette: Palette,
    pub(crate) image_data: ImageData,
    animation: Animation,
    icc: Option<Span>,
    exif: Option<Span>,
    hints: Hints,
    input_len: usize,
}

/// Which of the colour hints are there.
#[derive(Clone, Copy, Debug, Default)]
struct Hints {
    gamma: Option<u32>,
    chromaticities: bool,
    srgb_intent: Option<u8>,
    cicp: bool,
}

/// Reads the outline of `input`: one pass, no pixel decoded, no limit applied, no allocation.
///
/// # Errors
/// `Malformed` where pixels are missing or in doubt, `Unsupported` for an unknown critical chunk or method.
pub fn outline(input: &[u8]) -> Result<Outline, Error> {
    let mut walk = Walk::start(input)?;
    loop {
        match Chunk::read(&mut walk.reader) {
            Ok(chunk) if chunk.kind == *b"IEND" => {
                walk.iend(&chunk)?;
                break;
            }
            Ok(chunk) => walk.chunk(&chunk)?,
            Err(stop) => {
                walk.stop(stop)?;
                break;
            }
        }
    }
    Ok(walk.finish())
}

impl Outline {
    /// The part that every format has, findings included.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The colour type of IHDR.
    pub fn colour_type(&self) -> ColourType {
        self.ihdr.colour
    }

    /// Whether the rows come in the seven passes of Adam7.
    pub fn is_interlaced(&self) -> bool {
        self.ihdr.interlaced
    }

    /// Entries of the palette that the indices can name; 0 for other than a palette image.
    pub fn palette_entries(&self) -> usize {
        self.palette.entries.map_or(0, Span::len).checked_div(3).unwrap_or(0)
    }

    /// Whether a usable tRNS chunk makes pixels transparent.
    pub fn has_transparency_chunk(&self) -> bool {
        self.palette.transparency.is_some()
    }

    /// IDAT chunks that make the picture: those up to the first other chunk.
    pub fn image_data_chunks(&self) -> u64 {
        self.image_data.chunks
    }

    /// Bytes of compressed pixels in those chunks.
    pub fn image_data_bytes(&self) -> u64 {
        self.image_data.bytes
    }

    /// Bytes of the picture before compression, exactly: rows of every pass with their filter type bytes.
    pub fn inflated_bytes(&self) -> u64 {
        self.ihdr.inflated_bytes()
    }

    /// What the chunks of an APNG say.
    pub fn animation(&self) -> Animation {
        self.animation
    }

    /// The value of gAMA, 100,000 times gamma. It changes no pixel.
    pub fn gamma(&self) -> Option<u32> {
        self.hints.gamma
    }

    /// Whether there is a cHRM chunk. It changes no pixel.
    pub fn has_chromaticities(&self) -> bool {
        self.hints.chromaticities
    }

    /// The rendering intent of an sRGB chunk.
    pub fn srgb_intent(&self) -> Option<u8> {
        self.hints.srgb_intent
    }

    /// Whether there is a cICP chunk. It changes no pixel.
    pub fn has_cicp(&self) -> bool {
        self.hints.cicp
    }

    /// Where the data of the first eXIf chunk lies.
    pub fn exif(&self) -> Option<Span> {
        self.exif
    }

    /// The ICC profile of the iCCP chunk, inflated; `None` where there is none.
    ///
    /// # Errors
    /// `Malformed` where the chunk or its compression is broken, `Limit` where the profile is over
    /// `max_icc_bytes` or the budget.
    pub fn icc(&self, input: &[u8], limits: &Limits, budget: &Budget) -> Result<Option<HeldBytes>, Error> {
        self.icc.map(|span| crate::icc::inflate(span.of(input), limits, budget)).transpose()
    }

    /// Whether `input` is as long as the upload that was outlined.
    pub(crate) fn is_of(&self, input: &[u8]) -> bool {
        self.input_len == input.len()
    }
}

/// The pass itself: where it is and what it has seen.
struct Walk<'a> {
    reader: Reader<'a>,
    input_len: usize,
    ihdr: Ihdr,
    palette: Palette,
    image_data: ImageData,
    animation: Animation,
    icc: Option<Span>,
    exif: Option<Span>,
    orientation: Orientation,
    hints: Hints,
    metadata_bytes: u64,
    trailing_bytes: u64,
    findings: Findings,
}

impl<'a> Walk<'a> {
    /// Checks the signature and reads IHDR, which must come first (PNG 5.6).
    fn start(input: &'a [u8]) -> Result<Walk<'a>, Error> {
        let mut reader = Reader::new(input);
        if reader.array() != Some(SIGNATURE) {
            return Err(malformed("no PNG signature", 0));
        }
        let first = Chunk::read(&mut reader).map_err(|stop| stop.into_error(input.len()))?;
        match &first.kind {
            b"IHDR" => {}
            b"CgBI" => {
                return Err(Error::unsupported(
                    Stage::Outline,
                    Format::Png,
                    "the CgBI variant of an iOS build",
                ));
            }
            _ => return Err(first.malformed("the first chunk is not IHDR")),
        }
        if !first.crc_matches {
            return Err(first.malformed("wrong CRC in IHDR"));
        }
        let ihdr = Ihdr::parse(first.data).map_err(|err| err.at(offset(first.span.start)))?;
        Ok(Walk {
            reader,
            input_len: input.len(),
            ihdr,
            palette: Palette::default(),
            image_data: ImageData::default(),
            animation: Animation::default(),
            icc: None,
            exif: None,
            orientation: Orientation::Upright,
            hints: Hints::default(),
            metadata_bytes: 0,
            trailing_bytes: 0,
            findings: Findings::new(),
        })
    }

    fn chunk(&mut self, chunk: &Chunk<'_>) -> Result<(), Error> {
        if chunk.kind == *b"IDAT" {
            self.check_palette(chunk.start)?;
            return self.image_data.chunk(chunk, &mut self.findings);
        }
        self.image_data.other_chunk();
        match &chunk.kind {
            b"IHDR" => Err(chunk.malformed("more than one IHDR")),
            b"PLTE" => self.palette.plte(chunk, &self.ihdr, self.image_data.is_before(), &mut self.findings),
            _ if chunk.is_critical() => {
                let found = u32::from_be_bytes(chunk.kind);
                Err(Error::unsupported(Stage::Outline, Format::Png, "an unknown critical chunk")
                    .found(found.into())
                    .at(chunk.offset()))
            }
            _ => {
                self.ancillary(chunk);
                Ok(())
            }
        }
    }

    /// The indices of a palette image need a PLTE before them (PNG 5.6).
    fn check_palette(&self, at: usize) -> Result<(), Error> {
        if self.ihdr.colour == ColourType::Palette && self.palette.entries.is_none() {
            return Err(malformed("no PLTE before IDAT", at));
        }
        Ok(())
    }

    fn ancillary(&mut self, chunk: &Chunk<'_>) {
        if !chunk.crc_matches {
            self.findings.note(FindingKind::AncillaryCrc, chunk.offset());
            self.metadata_bytes = self.metadata_bytes.saturating_add(chunk.stored_bytes());
            return;
        }
        let before_idat = self.image_data.is_before();
        match &chunk.kind {
            b"tRNS" => self.palette.trns(chunk, &self.ihdr, before_idat, &mut self.findings),
            b"acTL" => self.animation.actl(chunk, before_idat, &mut self.findings),
            b"fcTL" => self.animation.fctl(chunk, &self.ihdr, before_idat, &mut self.findings),
            b"fdAT" => self.animation.fdat(chunk, &mut self.findings),
            b"iCCP" => self.iccp(chunk, before_idat),
            kind => self.aside(chunk, ancillary::role(kind)),
        }
    }

    /// iCCP belongs before IDAT, once (PNG 11.3.2.3).
    fn iccp(&mut self, chunk: &Chunk<'_>, before_idat: bool) {
        if before_idat && self.icc.is_none() {
            self.icc = Some(chunk.span);
        } else {
            self.findings.note(FindingKind::IccIgnored, chunk.offset());
            self.metadata_bytes = self.metadata_bytes.saturating_add(chunk.stored_bytes());
        }
    }

    fn aside(&mut self, chunk: &Chunk<'_>, role: Role) {
        match role {
            Role::Hint(lengths) if lengths.contains(&chunk.data.len()) => return self.hint(chunk),
            Role::Hint(_) => self.findings.note(FindingKind::SloppyLength, chunk.offset()),
            Role::Metadata => self.findings.note(FindingKind::Metadata, chunk.offset()),
            Role::Unknown => self.findings.note(FindingKind::UnknownChunk, chunk.offset()),
        }
        self.metadata_bytes = self.metadata_bytes.saturating_add(chunk.stored_bytes());
        if chunk.kind == *b"eXIf" {
            self.exif(chunk);
        }
    }

    /// eXIf may stand anywhere, once (PNG 11.3.4.5).
    fn exif(&mut self, chunk: &Chunk<'_>) {
        if self.exif.is_some() {
            self.findings.note(FindingKind::ExifIgnored, chunk.offset());
            return;
        }
        self.exif = Some(chunk.span);
        match exif::orientation(chunk.data) {
            Ok(orientation) => self.orientation = orientation,
            Err(_) => self.findings.note(FindingKind::ExifIgnored, chunk.offset()),
        }
    }

    fn hint(&mut self, chunk: &Chunk<'_>) {
        match &chunk.kind {
            b"gAMA" => self.hints.gamma = Reader::new(chunk.data).u32_be(),
            b"cHRM" => self.hints.chromaticities = true,
            b"sRGB" => self.hints.srgb_intent = chunk.data.first().copied(),
            b"cICP" => self.hints.cicp = true,
            _ => {}
        }
    }

    /// IEND makes no pixel: its CRC and length are findings.
    fn iend(&mut self, chunk: &Chunk<'_>) -> Result<(), Error> {
        if self.image_data.is_before() {
            return Err(chunk.malformed("no IDAT before IEND"));
        }
        if !chunk.crc_matches {
            self.findings.note(FindingKind::AncillaryCrc, chunk.offset());
        }
        if !chunk.data.is_empty() {
            self.findings.note(FindingKind::SloppyLength, chunk.offset());
        }
        self.trailing_bytes = offset(self.reader.remaining());
        if self.trailing_bytes > 0 {
            self.findings.note(FindingKind::TrailingBytes, self.reader.offset());
        }
        Ok(())
    }

    /// The chunks end without IEND. Once image data was seen that is forgiven: whether every row is there
    /// shows when it is decoded.
    fn stop(&mut self, stop: Stop) -> Result<(), Error> {
        if let Stop::Cut { kind: Some(kind), span, .. } = &stop
            && kind == b"IDAT"
        {
            self.check_palette(self.reader.position())?;
            self.image_data.cut(*span);
        }
        if self.image_data.is_before() {
            return Err(stop.into_error(self.input_len));
        }
        self.findings.note(FindingKind::MissingEnd, self.reader.offset());
        if let Stop::NoChunk { start, .. } = stop {
            self.trailing_bytes = offset(self.reader.remaining());
            self.findings.note(FindingKind::TrailingBytes, offset(start));
        }
        Ok(())
    }

    fn finish(mut self) -> Outline {
        if self.animation.is_contradictory() {
            self.findings.note(FindingKind::ContradictoryHeader, 0);
        }
        if self.animation.has_other_frames() {
            self.findings.note(FindingKind::Animation, 0);
        }
        let header = Header {
            format: Format::Png,
            width: self.ihdr.width,
            height: self.ihdr.height,
            colour: match self.ihdr.colour {
                ColourType::Greyscale | ColourType::GreyscaleAlpha => ColourModel::Gray,
                ColourType::Palette => ColourModel::Palette,
                ColourType::Truecolour | ColourType::TruecolourAlpha => ColourModel::Rgb,
            },
            bit_depth: self.ihdr.depth,
            has_alpha: self.ihdr.layout(self.palette.transparency.is_some()).has_alpha(),
            frames: self.animation.frames(),
            scans: if self.ihdr.interlaced { 7 } else { 1 },
            orientation: self.orientation,
            icc_bytes: self.icc.map_or(0, |span| offset(span.len())),
            metadata_bytes: self.metadata_bytes,
            trailing_bytes: self.trailing_bytes,
            findings: self.findings,
        };
        Outline {
            header,
            ihdr: self.ihdr,
            palette: self.palette,
            image_data: self.image_data,
            animation: self.animation,
            icc: self.icc,
            exif: self.exif,
            hints: self.hints,
            input_len: self.input_len,
        }
    }
}

//! PLTE and tRNS: which of them make pixels, and which are out of place (PNG 11.2.2, 11.3.1.1).
//!
//! For a palette image PLTE must be there once, before IDAT, with 1 to 256 whole entries; more than the bit
//! depth can name are cut off. Elsewhere it is a hint and ignored. A tRNS that is out of place, repeated or
//! of a wrong length is ignored with a finding, as libpng and the browsers do: the picture is then opaque.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, FindingKind, Findings, Span};

use super::chunk::Chunk;
use super::ihdr::{ColourType, Ihdr};

const MAX_ENTRIES: usize = 256;
const ENTRY_BYTES: usize = 3;

/// What was found of the two chunks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Palette {
    /// The entries of a palette image that its indices can name.
    pub(crate) entries: Option<Span>,
    /// The transparency, of exactly the length that the colour type wants.
    pub(crate) transparency: Option<Span>,
    stored_entries: usize,
}

impl Palette {
    /// Judges a PLTE chunk.
    pub(super) fn plte(
        &mut self,
        chunk: &Chunk<'_>,
        ihdr: &Ihdr,
        before_idat: bool,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        if ihdr.colour != ColourType::Palette {
            let makes_sense = matches!(ihdr.colour, ColourType::Truecolour | ColourType::TruecolourAlpha);
            if !chunk.crc_matches {
                findings.note(FindingKind::AncillaryCrc, chunk.offset());
            } else if !makes_sense || !before_idat || !is_whole(chunk.data.len()) {
                findings.note(FindingKind::ContradictoryHeader, chunk.offset());
            }
            return Ok(());
        }
        if !chunk.crc_matches {
            return Err(chunk.malformed("wrong CRC in PLTE"));
        }
        if self.entries.is_some() {
            return Err(chunk.malformed("more than one PLTE"));
        }
        if !is_whole(chunk.data.len()) {
            let found = super::chunk::offset(chunk.data.len());
            return Err(chunk.malformed("PLTE is not 1 to 256 whole entries").found(found));
        }
        self.stored_entries = chunk.data.len().checked_div(ENTRY_BYTES).unwrap_or(0);
        let nameable = nameable_entries(ihdr.depth);
        if self.stored_entries > nameable {
            findings.note(FindingKind::SloppyLength, chunk.offset());
        }
        let used = self.stored_entries.min(nameable).saturating_mul(ENTRY_BYTES);
        self.entries = Some(first_bytes(chunk.span, used));
        Ok(())
    }

    /// Judges a tRNS chunk with a right CRC.
    pub(super) fn trns(
        &mut self,
        chunk: &Chunk<'_>,
        ihdr: &Ihdr,
        before_idat: bool,
        findings: &mut Findings,
    ) {
        let len = chunk.data.len();
        let fits = match ihdr.colour {
            ColourType::Greyscale => len == 2,
            ColourType::Truecolour => len == 6,
            ColourType::Palette => (1..=self.stored_entries).contains(&len),
            ColourType::GreyscaleAlpha | ColourType::TruecolourAlpha => false,
        };
        if !fits || !before_idat || self.transparency.is_some() {
            findings.note(FindingKind::ContradictoryHeader, chunk.offset());
            return;
        }
        let used =
            if ihdr.colour == ColourType::Palette { len.min(nameable_entries(ihdr.depth)) } else { len };
        self.transparency = Some(first_bytes(chunk.span, used));
    }
}

fn is_whole(len: usize) -> bool {
    len.is_multiple_of(ENTRY_BYTES) && (1..=MAX_ENTRIES).contains(&len.div_ceil(ENTRY_BYTES))
}

/// The entries that an index of `depth` bits can name.
fn nameable_entries(depth: u8) -> usize {
    1_usize.checked_shl(depth.into()).unwrap_or(MAX_ENTRIES).min(MAX_ENTRIES)
}

fn first_bytes(span: Span, len: usize) -> Span {
    Span { start: span.start, end: span.end.min(span.start.saturating_add(len)) }
}

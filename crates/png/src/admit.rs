//! Admission: outline, request and limits in; [`Admitted`], or an error that names the limit, out.
//!
//! The default image alone is charged. Refused too: image data that cannot make the rows that IHDR claims,
//! since deflate makes at most 1032 bytes of one.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{
    Cost, Error, Format, Limit, Limits, PixelLayout, Request, Stage, Truncated, rows_bytes, units,
};

use crate::outline::{ColourType, MAX_U31, Outline};
use crate::{canonical, icc, memory};

/// The most bytes that deflate makes of one: 258 bytes from two bits (RFC 1951, 3.2.5).
const MAX_EXPANSION: u64 = 1032;

/// The decoder underneath.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// Our own, over the inflater of `png`: row by row, memory of a few rows; every kind of PNG.
    #[default]
    Png,
    /// `zune-png`: the whole picture at once, as a second opinion. Not for 16-bit pictures with tRNS, whose
    /// transparency it gets wrong, and it never fills in missing rows.
    Zune,
}

/// A PNG that may be decoded; only [`admit`] makes one.
#[derive(Debug)]
pub struct Admitted<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) outline: Outline,
    pub(crate) truncated: Truncated,
    pub(crate) backend: Backend,
    cost: Cost,
}

/// Admits `input` for decoding its default image with [`Backend::Png`].
///
/// # Errors
/// `Limit` for what costs too much, `Malformed` where pixels must be missing, `Misuse` where `outline` is
/// not of `input`.
pub fn admit<'a>(
    input: &'a [u8],
    outline: &Outline,
    request: &Request,
    limits: &Limits,
) -> Result<Admitted<'a>, Error> {
    admit_with(input, outline, request, limits, Backend::Png)
}

/// Admits `input` for decoding its default image with `backend`.
///
/// # Errors
/// As [`admit`]; `Unsupported` for what `backend` cannot do.
pub fn admit_with<'a>(
    input: &'a [u8],
    outline: &Outline,
    request: &Request,
    limits: &Limits,
    backend: Backend,
) -> Result<Admitted<'a>, Error> {
    if !outline.is_of(input) {
        return Err(Error::misuse(Stage::Admit, "the outline is of another file").in_format(Format::Png));
    }
    in_format(limits.check_size(Stage::Admit, outline.ihdr.width.get(), outline.ihdr.height.get()))?;
    in_format(limits.check(Stage::Admit, Limit::MaxMetadataBytes, outline.header().metadata_bytes))?;
    check_frame(request, outline)?;
    check_plausible(outline)?;
    check_no_dictionary(input, outline)?;
    if backend == Backend::Zune {
        check_zune(outline)?;
    }
    let cost = cost(outline, backend);
    in_format(limits.check(Stage::Admit, Limit::MaxWork, cost.work))?;
    in_format(limits.check(Stage::Admit, Limit::MaxHeapBytes, cost.peak_heap))?;
    Ok(Admitted { input, outline: outline.clone(), truncated: request.truncated, backend, cost })
}

impl Admitted<'_> {
    /// What decoding will cost at most.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Width in pixels of what will be decoded.
    pub fn width(&self) -> u32 {
        self.outline.ihdr.width.get()
    }

    /// Height in pixels of what will be decoded.
    pub fn height(&self) -> u32 {
        self.outline.ihdr.height.get()
    }

    /// The samples of what will be decoded.
    pub fn layout(&self) -> PixelLayout {
        layout(&self.outline)
    }
}

fn layout(outline: &Outline) -> PixelLayout {
    outline.ihdr.layout(outline.palette.transparency.is_some())
}

/// The default image is frame 0; the frames of an APNG are passed over.
fn check_frame(request: &Request, outline: &Outline) -> Result<(), Error> {
    in_format(request.check_frame(outline.header().frames))?;
    if request.frame > 0 {
        return Err(Error::unsupported(Stage::Admit, Format::Png, "a frame of an animated PNG"));
    }
    Ok(())
}

/// Image data that cannot possibly make all rows, or that does not fit in one chunk.
fn check_plausible(outline: &Outline) -> Result<(), Error> {
    let (inflated, compressed) = (outline.inflated_bytes(), outline.image_data_bytes());
    if compressed > MAX_U31.into() {
        return Err(Error::unsupported(Stage::Admit, Format::Png, "2^31 bytes of image data or more")
            .found(compressed));
    }
    if inflated <= compressed.saturating_mul(MAX_EXPANSION) {
        return Ok(());
    }
    Err(Error::malformed(Stage::Admit, Format::Png, "fewer bytes of image data than its rows can need")
        .found(compressed)
        .allowed(inflated.div_ceil(MAX_EXPANSION)))
}

/// A zlib stream with a preset dictionary (RFC 1950, FDICT) cannot be read in a PNG (PNG 10.1), and decoders
/// disagree about what to do with one.
fn check_no_dictionary(input: &[u8], outline: &Outline) -> Result<(), Error> {
    const FDICT: u8 = 0x20;
    match canonical::byte_of_image_data(input, outline, 1) {
        Some(flags) if flags & FDICT != 0 => {
            Err(Error::malformed(Stage::Admit, Format::Png, "the image data wants a preset dictionary"))
        }
        _ => Ok(()),
    }
}

/// What zune-png 0.5.2 gets wrong.
fn check_zune(outline: &Outline) -> Result<(), Error> {
    if outline.ihdr.depth == 16 && outline.palette.transparency.is_some() {
        return Err(Error::unsupported(
            Stage::Admit,
            Format::Png,
            "16-bit transparency is not for the second decoder",
        ));
    }
    Ok(())
}

fn cost(outline: &Outline, backend: Backend) -> Cost {
    let inflated = outline.inflated_bytes();
    let data = &outline.image_data;
    let compressed = data.bytes.min(compressed_allowance(outline));
    let work = units::PICTURE
        .saturating_add(inflated.saturating_mul(units::PNG_BYTE))
        .saturating_add(compressed.saturating_mul(units::PNG_IDAT_BYTE))
        .saturating_add(data.chunks.saturating_mul(units::PNG_IDAT_CHUNK))
        .saturating_add(placed_samples(outline).saturating_mul(units::PNG_SAMPLE));
    let (width, height) = (outline.ihdr.width.get(), outline.ihdr.height.get());
    let layout = layout(outline);
    let frame = rows_bytes(layout, width, height);
    let row = rows_bytes(layout, width, 1);
    let band = row.saturating_mul(memory::band_rows(row, height).into());
    let peak_heap = match backend {
        Backend::Png if outline.ihdr.interlaced => {
            memory::row_decoder(&outline.ihdr).saturating_add(row).saturating_add(frame)
        }
        Backend::Png => memory::row_decoder(&outline.ihdr).saturating_add(band),
        Backend::Zune => memory::frame_decoder(outline).saturating_add(frame),
    };
    let profile = if outline.header().icc_bytes > 0 { icc::inflater_bytes() } else { 0 };
    Cost { work, peak_heap: peak_heap.max(profile) }
}

/// Output samples that cost more than the inflated bytes they come from: those unpacked from fewer than eight
/// bits, looked up in a palette, or put in their place from a pass.
fn placed_samples(outline: &Outline) -> u64 {
    let ihdr = &outline.ihdr;
    if ihdr.depth >= 8 && ihdr.colour != ColourType::Palette && !ihdr.interlaced {
        return 0;
    }
    rows_bytes(layout(outline), ihdr.width.get(), ihdr.height.get())
}

/// Compressed bytes that are ever read: an honest encoder adds a few bytes a row at worst, so a stream that
/// needs more than twice its rows is stopped on the way.
fn compressed_allowance(outline: &Outline) -> u64 {
    outline.inflated_bytes().saturating_mul(2).saturating_add(yield_slack(outline))
}

/// Compressed bytes that may be read before rows must come out of them: what the decoder holds back (two
/// rows and its window) and a few bytes a row for an encoder that flushes after each.
pub(crate) fn yield_slack(outline: &Outline) -> u64 {
    const HELD_BACK: u64 = 192 << 10;
    let ihdr = &outline.ihdr;
    HELD_BACK
        .saturating_add(ihdr.row_bytes(ihdr.width.get()).saturating_mul(4))
        .saturating_add(u64::from(ihdr.height.get()).saturating_mul(8))
}

fn in_format<T>(result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|err| err.in_format(Format::Png))
}

//! Header and logical screen (GIF89a sections 17 to 19): signature, screen size, global colour table.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Format, Reader, Span, Stage};

/// The logical screen as the file states it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// The global colour table.
    pub(crate) colours: Option<Span>,
}

/// Reads from the first byte to the end of the global colour table.
pub(crate) fn read(r: &mut Reader<'_>) -> Result<Screen, Error> {
    if !matches!(r.array::<6>(), Some(b"GIF87a" | b"GIF89a")) {
        return Err(Error::malformed(Stage::Outline, Format::Gif, "no GIF signature").at(0));
    }
    let cut = |r: &Reader<'_>| {
        Error::malformed(Stage::Outline, Format::Gif, "the file ends within the logical screen")
            .at(r.offset())
    };
    let (Some(width), Some(height), Some(flags)) = (r.u16_le(), r.u16_le(), r.u8()) else {
        return Err(cut(r));
    };
    // The background colour and the aspect ratio are read by nobody.
    r.take(2).ok_or_else(|| cut(r))?;
    let colours = colour_table(r, flags)?;
    Ok(Screen { width, height, colours })
}

/// The colour table that `flags` (of the screen or of an image) announce.
pub(crate) fn colour_table(r: &mut Reader<'_>, flags: u8) -> Result<Option<Span>, Error> {
    if flags & 0x80 == 0 {
        return Ok(None);
    }
    let colours = 2usize << (flags & 7);
    let (start, len) = (r.position(), colours.saturating_mul(3));
    match r.take(len) {
        Some(_) => Ok(Some(Span::from(start..r.position()))),
        None => Err(Error::malformed(Stage::Outline, Format::Gif, "the file ends within a colour table")
            .at(r.offset())),
    }
}

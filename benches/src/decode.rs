//! From the bytes of a picture in any format to its bands: outline, admit, open.

use fic_core::{Band, Bands, Budget, Error, Format, Header, Limits, PixelLayout, Request};
use fic_sniff::sniff;

/// A decoded picture: packed rows of 8-bit samples.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Samples a pixel.
    pub channels: usize,
    /// All rows, top first.
    pub bytes: Vec<u8>,
}

/// The outline's facts about a picture of any format.
///
/// # Errors
/// As the outline of the format.
pub fn outline(file: &[u8]) -> Result<Header, Error> {
    Ok(match sniff(file).require_picture()? {
        Format::Gif => fic_gif::outline(file)?.header().clone(),
        Format::Jpeg => fic_jpeg::outline(file)?.header().clone(),
        Format::Png => fic_png::outline(file)?.header().clone(),
        Format::WebP => fic_webp::outline(file)?.header().clone(),
    })
}

/// The size that makes a decoder which can go down to one `denominator`th do so and no less.
pub fn at_least(width: u32, height: u32, denominator: u32) -> Request {
    match denominator {
        1 => Request::full(),
        _ => Request::full().with_at_least(width / denominator, height / denominator),
    }
}

/// Decodes into `picture`, whose bytes are used again.
///
/// # Errors
/// As the decoder of the format.
pub fn decode(file: &[u8], request: &Request, limits: &Limits, picture: &mut Decoded) -> Result<(), Error> {
    let mut filled = 0;
    let Decoded { bytes, .. } = picture;
    let (width, height, layout) = for_each_band(file, request, limits, |band| {
        let end = filled + band.bytes.len();
        match bytes.get_mut(filled..end) {
            Some(room) => room.copy_from_slice(band.bytes),
            // Only the first time, or after a smaller picture.
            None => {
                bytes.truncate(filled);
                bytes.extend_from_slice(band.bytes);
            }
        }
        filled = end;
    })?;
    bytes.truncate(filled);
    (picture.width, picture.height, picture.channels) = (width, height, layout.channels());
    Ok(())
}

/// Decodes and shows every band; the picture is never stored.
///
/// # Errors
/// As the decoder of the format.
pub fn for_each_band(
    file: &[u8],
    request: &Request,
    limits: &Limits,
    mut show: impl FnMut(Band<'_>),
) -> Result<(u32, u32, PixelLayout), Error> {
    let budget = Budget::new(limits);
    let mut decoder = open(file, request, limits, &budget)?;
    while let Some(band) = decoder.next_band()? {
        show(band);
    }
    Ok((decoder.width(), decoder.height(), decoder.layout()))
}

fn open<'a>(
    file: &'a [u8],
    request: &Request,
    limits: &Limits,
    budget: &Budget,
) -> Result<Box<dyn Bands + 'a>, Error> {
    Ok(match sniff(file).require_picture()? {
        Format::Gif => {
            Box::new(fic_gif::open(fic_gif::admit(file, &fic_gif::outline(file)?, request, limits)?, budget)?)
        }
        Format::Jpeg => Box::new(fic_jpeg::open(
            fic_jpeg::admit(file, &fic_jpeg::outline(file)?, request, limits)?,
            budget,
        )?),
        Format::Png => {
            Box::new(fic_png::open(fic_png::admit(file, &fic_png::outline(file)?, request, limits)?, budget)?)
        }
        Format::WebP => Box::new(fic_webp::open(
            fic_webp::admit(file, &fic_webp::outline(file)?, request, limits)?,
            budget,
        )?),
    })
}

//! Lossless frames, and alpha that is coded as one: in comes a VP8L stream, out come rows of four bytes a pixel.

use fic_core::{Budget, Error, Format, PixelBuf, PixelLayout, Span, Stage};
use image_webp::{DecodingError, WebPDecoder};

use crate::admit::Admitted;
use crate::alph::{Alph, Compression};
use crate::alpha_rows::{AlphaRows, Values};
use crate::canonical::Canonical;
use crate::vp8x::FrameArea;

/// A decoded lossless picture, handed out row by row.
pub(super) struct Lossless {
    pixels: PixelBuf,
    next: usize,
}

impl Lossless {
    /// Decodes the `VP8L` payload at `data`.
    pub(super) fn open(data: Span, admitted: &Admitted<'_>, budget: &Budget) -> Result<Lossless, Error> {
        let pixels = lossless(Canonical::picture, data.of(admitted.input), admitted, budget)?;
        Ok(Lossless { pixels, next: 0 })
    }

    /// Makes the next row.
    pub(super) fn next_row(&mut self, layout: PixelLayout, out: &mut [u8]) -> Result<(), Error> {
        let stride = self.pixels.width() as usize * 4;
        let row = &self.pixels.as_bytes()[self.next * stride..][..stride];
        self.next += 1;
        if layout == PixelLayout::Rgba {
            out.copy_from_slice(row);
        } else {
            for (out, pixel) in out.chunks_exact_mut(3).zip(row.chunks_exact(4)) {
                out.copy_from_slice(&pixel[..3]);
            }
        }
        Ok(())
    }
}

/// Decodes a lossless stream to four bytes a pixel.
fn lossless<'a>(
    canonical: impl FnOnce(&'a [u8], u32, u32) -> Result<Canonical<'a>, Error>,
    stream: &'a [u8],
    admitted: &Admitted<'a>,
    budget: &Budget,
) -> Result<PixelBuf, Error> {
    let FrameArea { width, height, .. } = admitted.area;
    let _own = budget.hold(admitted.memory.lossless)?;
    let mut pixels = PixelBuf::zeroed(PixelLayout::Rgba, width, height, budget)?;
    let mut decoder = WebPDecoder::new(canonical(stream, width, height)?).map_err(broken)?;
    if decoder.dimensions() != (width, height) || !decoder.has_alpha() || decoder.is_animated() {
        return Err(Error::upstream(Format::WebP, "lossless decoder sees another picture than the outline"));
    }
    decoder.read_image(pixels.as_bytes_mut()).map_err(broken)?;
    budget.check(Stage::Decode)?;
    Ok(pixels)
}

/// The alpha of a lossy frame; a compressed plane is the green of a lossless picture.
pub(super) fn alpha_rows<'a>(
    alpha: Alph,
    admitted: &Admitted<'a>,
    budget: &Budget,
) -> Result<AlphaRows<'a>, Error> {
    let FrameArea { width, height, .. } = admitted.area;
    let stored = alpha.data.of(admitted.input);
    let values = match alpha.compression {
        Compression::Raw => Values::Raw(stored),
        Compression::Lossless => {
            let pixels = lossless(Canonical::alpha, stored, admitted, budget)?;
            let mut plane = PixelBuf::zeroed(PixelLayout::Gray, width, height, budget)?;
            for (value, pixel) in plane.as_bytes_mut().iter_mut().zip(pixels.as_bytes().chunks_exact(4)) {
                *value = pixel[1];
            }
            Values::Decoded(plane)
        }
    };
    Ok(AlphaRows::new(values, alpha.filter, width as usize))
}

/// The outline left nothing to go wrong but the entropy-coded data.
pub(super) fn broken(err: DecodingError) -> Error {
    Error::malformed(Stage::Decode, Format::WebP, "broken or truncated picture data").with_source(err)
}

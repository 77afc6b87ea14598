//! `zune-png`, the whole picture at once: a second opinion, never a silent one.

use fic_core::{Budget, Error, Format, PixelBuf, PixelLayout, Stage};
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_png::PngDecoder;

use crate::admit::Admitted;
use crate::canonical::Canonical;
use crate::memory;

/// Decodes the whole picture.
pub(super) fn decode(admitted: &Admitted<'_>, budget: &Budget) -> Result<PixelBuf, Error> {
    let _hold = budget.hold(memory::frame_decoder(&admitted.outline))?;
    let (width, height, layout) = (admitted.width(), admitted.height(), admitted.layout());
    let options = DecoderOptions::new_safe()
        .set_max_width(width as usize)
        .set_max_height(height as usize)
        .inflate_set_confirm_adler(false)
        .png_set_confirm_crc(false) // the outline has compared every CRC
        .png_set_strip_to_8bit(true);
    let stream = Canonical::new(admitted.input, &admitted.outline);
    let mut decoder = PngDecoder::new_with_options(stream, options);
    decoder.decode_headers().map_err(malformed)?;
    let size = Some((width as usize, height as usize));
    if decoder.dimensions() != size || decoder.colorspace() != Some(colour_space(layout)) {
        return Err(Error::upstream(Format::Png, "the decoder contradicts the outline"));
    }
    let mut frame = PixelBuf::zeroed(layout, width, height, budget)?;
    if decoder.output_buffer_size() != Some(frame.as_bytes().len()) {
        return Err(Error::upstream(Format::Png, "the decoder contradicts the outline"));
    }
    decoder.decode_into(frame.as_bytes_mut()).map_err(malformed)?;
    budget.check(Stage::Decode)?;
    Ok(frame)
}

fn colour_space(layout: PixelLayout) -> ColorSpace {
    match layout {
        PixelLayout::Cmyk => ColorSpace::CMYK,
        PixelLayout::Gray => ColorSpace::Luma,
        PixelLayout::GrayAlpha => ColorSpace::LumaA,
        PixelLayout::Rgb => ColorSpace::RGB,
        PixelLayout::Rgba => ColorSpace::RGBA,
    }
}

fn malformed(err: zune_png::error::PngDecodeErrors) -> Error {
    Error::malformed(Stage::Decode, Format::Png, "the image data is corrupt or short").with_source(err)
}

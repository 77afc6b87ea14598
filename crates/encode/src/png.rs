//! PNG: IHDR, IDAT, IEND.

use std::io::Write;

use fic_core::{Error, PixelBuf, PixelLayout, rows_bytes};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use crate::Sink;

pub(crate) fn write(pixels: &PixelBuf, sink: &mut Sink<'_>) -> Result<(), Error> {
    let written = write_stream(pixels, sink);
    written.map_err(|err| sink.error(err))
}

/// Row by row into IDAT chunks: the other way of this encoder keeps the compressed picture beside the file.
fn write_stream(pixels: &PixelBuf, sink: &mut Sink<'_>) -> Result<(), png::EncodingError> {
    let mut encoder = Encoder::new(&mut *sink, pixels.width(), pixels.height());
    encoder.set_color(match pixels.layout() {
        PixelLayout::Gray => ColorType::Grayscale,
        PixelLayout::GrayAlpha => ColorType::GrayscaleAlpha,
        PixelLayout::Rgba | PixelLayout::Cmyk => ColorType::Rgba,
        PixelLayout::Rgb => ColorType::Rgb,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    encoder.set_filter(Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer_with_size(IDAT)?;
    stream.write_all(pixels.as_bytes())?;
    stream.finish()?;
    writer.finish()
}

/// Bytes of an IDAT chunk.
const IDAT: usize = 32 << 10;

/// The compressor's window and tables, and a few rows.
pub(crate) fn scratch_bytes(layout: PixelLayout, width: u32) -> u64 {
    rows_bytes(layout, width, 1).saturating_mul(4).saturating_add(512 << 10)
}

/// Deflate stores what it cannot compress: the rows with their filter bytes, and a little for each block.
pub(crate) fn most_bytes(raw: u64, height: u32) -> u64 {
    let filtered = raw.saturating_add(height.into());
    filtered.saturating_add(filtered / 1000).saturating_add(1024)
}

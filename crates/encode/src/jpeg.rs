//! Baseline JPEG.
//!
//! Standard Huffman tables: tables made for the picture save 3 to 6 % but make this encoder write one scan
//! for each component, which some decoders get wrong at 4:2:0, and keep every coefficient in memory.

use fic_core::{Error, PixelBuf, PixelLayout, Stage};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use crate::{Sink, Subsampling, sides};

pub(crate) fn write(
    pixels: &PixelBuf,
    quality: u8,
    subsampling: Subsampling,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    if !(1..=100).contains(&quality) {
        return Err(Error::misuse(Stage::Encode, "quality is not 1 to 100").found(quality.into()));
    }
    let colour = match pixels.layout() {
        PixelLayout::Gray => ColorType::Luma,
        PixelLayout::Rgb => ColorType::Rgb,
        _ => return Err(Error::misuse(Stage::Encode, "alpha must be flattened before a JPEG is made")),
    };
    let (width, height) = sides(pixels, u16::MAX)?;
    let mut encoder = Encoder::new(&mut *sink, quality);
    encoder.set_sampling_factor(match subsampling {
        Subsampling::S420 => SamplingFactor::F_2_2,
        Subsampling::S444 => SamplingFactor::F_1_1,
    });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.encode(pixels.as_bytes(), width, height, colour).map_err(|err| sink.error(err))
}

/// One row of MCUs in three planes of samples, and the tables.
pub(crate) fn scratch_bytes(width: u32) -> u64 {
    u64::from(width).next_multiple_of(16).saturating_mul(16 * 3).saturating_add(16 << 10)
}

/// The most bytes that the file can take.
pub(crate) fn most_bytes(
    layout: PixelLayout,
    width: u32,
    height: u32,
    quality: u8,
    subsampling: Subsampling,
) -> u64 {
    let padded = u64::from(width).next_multiple_of(16).saturating_mul(u64::from(height).next_multiple_of(16));
    let samples = match (layout.channels() <= 2, subsampling) {
        (true, _) => padded,
        (false, Subsampling::S420) => padded.saturating_mul(3) / 2,
        (false, Subsampling::S444) => padded.saturating_mul(3),
    };
    let _ = quality;
    samples.saturating_mul(5).div_ceil(2).saturating_add(1024)
}

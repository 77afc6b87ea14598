//! Baseline JPEG.
//!
//! Standard Huffman tables: tables made for the picture save 3 to 4 % of a 256 x 256 photograph for 60 % more
//! time, and make this encoder write one scan for each component, which some decoders get wrong at 4:2:0,
//! and keep every coefficient in memory. The encoder's vector code is left out: it saves a fifth of the time
//! (0.44 ms instead of 0.35 ms), is unsafe, and makes other bytes on machines that lack it.

use fic_core::{Budget, Error, PixelBuf, PixelLayout, Stage};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use crate::{Sink, Subsampling, sides};

pub(crate) fn write<'a>(
    pixels: &PixelBuf,
    quality: u8,
    subsampling: Subsampling,
    budget: &'a Budget,
) -> Result<Sink<'a>, Error> {
    if !(1..=100).contains(&quality) {
        return Err(Error::misuse(Stage::Encode, "quality is not 1 to 100").found(quality.into()));
    }
    let colour = match pixels.layout() {
        PixelLayout::Gray => ColorType::Luma,
        PixelLayout::Rgb => ColorType::Rgb,
        _ => return Err(Error::misuse(Stage::Encode, "alpha must be flattened before a JPEG is made")),
    };
    let (width, height) = sides(pixels, u16::MAX)?;
    let _scratch = budget.hold(Planes::new(pixels.layout(), pixels.width(), subsampling).scratch_bytes())?;
    let mut sink = Sink::new(budget);
    let mut encoder = Encoder::new(&mut sink, quality);
    encoder.set_sampling_factor(match subsampling {
        Subsampling::S420 => SamplingFactor::F_2_2,
        Subsampling::S444 => SamplingFactor::F_1_1,
    });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    match encoder.encode(pixels.as_bytes(), width, height, colour) {
        Ok(()) => Ok(sink),
        Err(err) => Err(sink.error(err)),
    }
}

/// How the samples of a picture lie in MCUs, as far as memory depends on it.
pub(crate) struct Planes {
    padded_width: u64,
    /// Side of an MCU in pixels.
    mcu: u64,
    is_colour: bool,
}

impl Planes {
    pub(crate) fn new(layout: PixelLayout, width: u32, subsampling: Subsampling) -> Planes {
        let is_colour = layout.channels() >= 3;
        let mcu = if is_colour && subsampling == Subsampling::S420 { 16 } else { 8 };
        Planes { padded_width: u64::from(width).next_multiple_of(mcu), mcu, is_colour }
    }

    /// One row of MCUs at full resolution in each plane, and the list of components.
    pub(crate) fn scratch_bytes(&self) -> u64 {
        let planes = if self.is_colour { 3 } else { 1 };
        self.padded_width.saturating_mul(self.mcu * planes).saturating_add(1024)
    }

    /// The most bytes that the file takes: the worst content, which is noise, and the headers.
    pub(crate) fn most_bytes(&self, height: u32, quality: u8) -> u64 {
        let luma = self.padded_width.saturating_mul(u64::from(height).next_multiple_of(self.mcu));
        // Colour planes: as large as the luma plane, or half of that together; never all three at full
        // swing at once, so a colour sample takes at most 85 % of a grey one.
        let samples = match (self.is_colour, self.mcu) {
            (false, _) => luma,
            (true, 16) => luma.saturating_mul(15 * 85).div_ceil(1000),
            (true, _) => luma.saturating_mul(3 * 85).div_ceil(100),
        };
        samples.saturating_mul(worst_percent(quality)).div_ceil(100).saturating_add(1024)
    }
}

/// Bytes for a hundred samples of the worst content, which is noise of full swing in the luma plane.
fn worst_percent(quality: u8) -> u64 {
    const KNOTS: [(u64, u64); 9] =
        [(10, 31), (25, 43), (50, 57), (75, 73), (85, 88), (90, 101), (95, 128), (98, 163), (100, 198)];
    let quality = u64::from(quality.min(100));
    let mut low = (0, 31);
    for knot in KNOTS {
        if quality <= knot.0 {
            return low.1 + ((knot.1 - low.1) * (quality - low.0)).div_ceil(knot.0 - low.0);
        }
        low = knot;
    }
    low.1
}

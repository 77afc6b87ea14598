//! Pixels to the bytes of a file: JPEG, PNG or lossless WebP.
//!
//! A [`PixelBuf`] comes in, a file comes out that holds pixels and what their format needs to be read, and
//! nothing else: no metadata, no comment, no profile, no byte of any input file. Every byte of the output is
//! paid for from the [`Budget`] before it is allocated. What an encoding cannot hold (ink amounts, alpha in
//! a JPEG, sides past the format's limit) is refused as `Misuse`.
//!
//! ```
//! use fic_core::{Budget, Limits, PixelBuf, PixelLayout};
//! use fic_encode::{Encoding, encode};
//!
//! let budget = Budget::new(&Limits::untrusted());
//! let picture = PixelBuf::zeroed(PixelLayout::Rgb, 32, 32, &budget)?;
//! let file = encode(&picture, Encoding::Png, &budget)?;
//! assert!(file.as_slice().starts_with(b"\x89PNG\r\n\x1a\n"));
//! # Ok::<(), fic_core::Error>(())
//! ```

mod jpeg;
mod png;
mod sink;
mod webp;

use fic_core::{Budget, Cost, Error, HeldBytes, PixelBuf, PixelLayout, Stage, rows_bytes, units};

use sink::Sink;

/// What file is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Baseline JPEG: one interleaved scan, JFIF header, sides up to 65,535 pixels, no alpha.
    Jpeg {
        /// 1 (smallest) to 100 (best), on the scale that all JPEG libraries share.
        quality: u8,
        /// Resolution of the colour planes.
        subsampling: Subsampling,
    },
    /// PNG, 8 bits a sample, not interlaced.
    Png,
    /// Lossless WebP, sides up to 16,383 pixels.
    WebPLossless,
}

/// Resolution of the colour planes of a JPEG.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subsampling {
    /// One colour sample for two by two pixels: what photographs want.
    #[default]
    S420,
    /// One colour sample for each pixel: text, line art, saturated edges.
    S444,
}

/// What [`encode`] will cost for a picture of this size, its output included and its pixels not.
///
/// The memory is that of the worst content, which is noise; photographs take a fraction of it.
pub fn encode_cost(encoding: Encoding, layout: PixelLayout, width: u32, height: u32) -> Cost {
    let (scratch, file) = match encoding {
        Encoding::Jpeg { quality, subsampling } => {
            let planes = jpeg::Planes::new(layout, width, subsampling);
            (planes.scratch_bytes(), planes.most_bytes(height, quality))
        }
        Encoding::Png => (png::scratch_bytes(layout, width), png::most_bytes(layout, width, height)),
        Encoding::WebPLossless => {
            (webp::scratch_bytes(layout, width, height), webp::most_bytes(layout, width, height))
        }
    };
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    let counted = if encoding == Encoding::Png { rows_bytes(layout, width, height) } else { pixels };
    Cost {
        work: counted.saturating_mul(units::ENCODE_PIXEL).saturating_add(units::PICTURE),
        peak_heap: sink::peak_bytes(scratch, file),
    }
}

/// Encodes `pixels`.
///
/// Grey pixels make a grey file. Alpha is kept exactly by PNG and WebP.
///
/// # Errors
/// `Misuse` for ink amounts, for alpha in a JPEG, for a quality outside 1 to 100, for a side that is zero
/// or past the format's limit; `Limit` naming `max_heap_bytes`; `Deadline` or `Cancelled`; `Upstream` where
/// the encoder fails on a picture that was checked.
pub fn encode(pixels: &PixelBuf, encoding: Encoding, budget: &Budget) -> Result<HeldBytes, Error> {
    budget.check(Stage::Encode)?;
    check_pixels(pixels)?;
    let sink = match encoding {
        Encoding::Jpeg { quality, subsampling } => jpeg::write(pixels, quality, subsampling, budget)?,
        Encoding::Png => png::write(pixels, budget)?,
        Encoding::WebPLossless => webp::write(pixels, budget)?,
    };
    let file = sink.finish()?;
    budget.check(Stage::Encode)?;
    Ok(file)
}

fn check_pixels(pixels: &PixelBuf) -> Result<(), Error> {
    if pixels.width() == 0 || pixels.height() == 0 {
        return Err(Error::misuse(Stage::Encode, "picture has no pixels"));
    }
    if pixels.layout() == PixelLayout::Cmyk {
        return Err(Error::misuse(Stage::Encode, "ink amounts must be converted before encoding"));
    }
    Ok(())
}

/// Both sides of `pixels`, at most `most` each.
fn sides(pixels: &PixelBuf, most: u16) -> Result<(u16, u16), Error> {
    let side = |side: u32| {
        u16::try_from(side).ok().filter(|side| *side <= most).ok_or_else(|| {
            Error::misuse(Stage::Encode, "picture has more rows or columns than the encoding can hold")
                .found(side.into())
                .allowed(most.into())
        })
    };
    Ok((side(pixels.width())?, side(pixels.height())?))
}

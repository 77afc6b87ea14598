//! To and from the buffers of the `image` crate (feature `image`).

use fic_core::{Kind, Limits, PixelBuf, PixelLayout, Stage};
use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};

use crate::{Error, Pixels};

/// The pixels as a `DynamicImage` of the same layout, without a copy.
///
/// ```
/// use fastimagecache::{Policy, Recipe, Thumbnailer};
///
/// let upload = std::fs::read("../../corpus/samples/garden.jpg")?;
/// let pixels = Thumbnailer::new(Policy::untrusted()).pixels(&upload, &Recipe::within(64, 64))?;
/// let image = image::DynamicImage::try_from(pixels)?;
/// assert!(image.width() <= 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl TryFrom<Pixels> for DynamicImage {
    type Error = Error;

    /// # Errors
    /// None for pixels that this crate made; the signature leaves room for a layout that `image` lacks.
    fn try_from(pixels: Pixels) -> Result<DynamicImage, Error> {
        let (width, height) = (pixels.buffer.width(), pixels.buffer.height());
        let layout = pixels.buffer.layout();
        let bytes = pixels.buffer.into_bytes();
        let image = match layout {
            PixelLayout::Gray => GrayImage::from_raw(width, height, bytes).map(DynamicImage::ImageLuma8),
            PixelLayout::GrayAlpha => {
                GrayAlphaImage::from_raw(width, height, bytes).map(DynamicImage::ImageLumaA8)
            }
            PixelLayout::Rgb => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
            PixelLayout::Rgba => RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
            PixelLayout::Cmyk => None,
        };
        image.ok_or_else(|| Error::misuse(Stage::Encode, "the image crate has no such pixel layout"))
    }
}

/// Takes a picture of the `image` crate as a [`PixelBuf`], within `max_pixels` of `limits`.
///
/// Layouts other than 8-bit grey, grey with alpha, RGB and RGBA are converted to RGBA first.
///
/// # Errors
/// `Limit` naming `max_pixels`, `max_width` or `max_height`.
pub fn from_image(image: DynamicImage, limits: &Limits) -> Result<PixelBuf, Error> {
    let (width, height) = (image.width(), image.height());
    limits.check_size(Stage::Admit, width, height)?;
    let (layout, bytes) = match image {
        DynamicImage::ImageLuma8(image) => (PixelLayout::Gray, image.into_raw()),
        DynamicImage::ImageLumaA8(image) => (PixelLayout::GrayAlpha, image.into_raw()),
        DynamicImage::ImageRgb8(image) => (PixelLayout::Rgb, image.into_raw()),
        DynamicImage::ImageRgba8(image) => (PixelLayout::Rgba, image.into_raw()),
        other => (PixelLayout::Rgba, other.into_rgba8().into_raw()),
    };
    PixelBuf::from_parts(layout, width, height, bytes, None)
        .map_err(|e| Error::new(Kind::Misuse, Stage::Admit, "not a packed picture").with_source(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sixteen_bit_picture_comes_in_as_rgba() {
        let image = DynamicImage::new_rgb16(3, 2);
        let pixels = from_image(image, &Limits::untrusted()).unwrap();
        assert_eq!((pixels.layout(), pixels.as_bytes().len()), (PixelLayout::Rgba, 24));
    }
}

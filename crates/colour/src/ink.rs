//! Ink amounts: four samples a pixel become three, and the conversion where there is no profile.

use fic_core::{Budget, Error, PixelBuf, PixelLayout, Stage};

/// `Cmyk` to `Rgb` as viewers and Pillow do it without a profile.
pub(crate) fn to_rgb(pixels: PixelBuf, budget: &Budget) -> Result<PixelBuf, Error> {
    in_place(pixels, budget, |[c, m, y, k]| [left(c, k), left(m, k), left(y, k)])
}

/// What one ink and black leave of white, rounded as Pillow rounds.
fn left(ink: u8, black: u8) -> u8 {
    let white = u32::from(255 - black);
    let taken = u32::from(ink) * white + 128;
    // The quotient by 255 to nearest; at most `white`.
    (white - ((taken + (taken >> 8)) >> 8)) as u8
}

/// `Cmyk` to `Rgb` in the same buffer: no pixel is written before it is read, because the written ones are
/// shorter.
pub(crate) fn in_place(
    pixels: PixelBuf,
    budget: &Budget,
    convert: impl Fn([u8; 4]) -> [u8; 3],
) -> Result<PixelBuf, Error> {
    let (width, height) = (pixels.width(), pixels.height());
    let (mut data, hold) = pixels.into_parts();
    let count = data.len() / 4;
    for at in 0..count {
        if at % crate::RUN == 0 {
            budget.check(Stage::Colour)?;
        }
        let ink = [0, 1, 2, 3].map(|channel| data[at * 4 + channel]);
        data[at * 3..][..3].copy_from_slice(&convert(ink));
    }
    data.truncate(count * 3);
    PixelBuf::from_parts(PixelLayout::Rgb, width, height, data, hold)
}

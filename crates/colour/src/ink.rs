//! Ink amounts without a profile: the conversion that viewers and Pillow do.

use fic_core::{Budget, Error, PixelBuf, PixelLayout, Stage};

/// `Cmyk` to `Rgb` in the same buffer.
pub(crate) fn to_rgb(pixels: PixelBuf, budget: &Budget) -> Result<PixelBuf, Error> {
    let (width, height) = (pixels.width(), pixels.height());
    let (mut data, hold) = pixels.into_parts();
    let count = data.len() / 4;
    for at in 0..count {
        if at % (1 << 16) == 0 {
            budget.check(Stage::Colour)?;
        }
        let [c, m, y, k] = [0, 1, 2, 3].map(|channel| data[at * 4 + channel]);
        data[at * 3..][..3].copy_from_slice(&[c, m, y].map(|ink| light(ink, k)));
    }
    data.truncate(count * 3);
    PixelBuf::from_parts(PixelLayout::Rgb, width, height, data, hold)
}

/// What one ink and black leave of white, rounded as Pillow rounds.
fn light(ink: u8, black: u8) -> u8 {
    let white = u32::from(255 - black);
    let taken = u32::from(ink) * white + 128;
    // The quotient by 255 to nearest; at most `white`.
    (white - ((taken + (taken >> 8)) >> 8)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_pillow() {
        // Image.new("CMYK", (1, 1), (c, m, y, k)).convert("RGB") of Pillow 13.0.
        for ([c, m, y, k], rgb) in PILLOW {
            assert_eq!([c, m, y].map(|ink| light(ink, k)), rgb, "{c} {m} {y} {k}");
        }
    }

    const PILLOW: [([u8; 4], [u8; 3]); 1] = [([0, 0, 0, 0], [255, 255, 255])];
}

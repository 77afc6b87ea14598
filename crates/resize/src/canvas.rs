//! Backgrounds: under transparent pixels, and around a picture.

use fic_core::{Budget, Error, PixelBuf, PixelLayout, Stage};

/// Lays pixels with alpha over an opaque background (red, green, blue), in stored sample values as every
/// browser does, rounded to nearest.
///
/// `Rgba` becomes `Rgb`, in place. `GrayAlpha` becomes `Gray` over a grey background and `Rgb` over a
/// coloured one. Pixels without alpha come back as they are.
///
/// # Errors
/// `Limit` naming `max_heap_bytes`; `Deadline` or `Cancelled`.
pub fn flatten(pixels: PixelBuf, background: [u8; 3], budget: &Budget) -> Result<PixelBuf, Error> {
    budget.check(Stage::Resample)?;
    match pixels.layout() {
        PixelLayout::Cmyk | PixelLayout::Gray | PixelLayout::Rgb => Ok(pixels),
        PixelLayout::Rgba => flatten_in_place::<4, 3>(pixels, PixelLayout::Rgb, background),
        PixelLayout::GrayAlpha => {
            let [red, green, blue] = background;
            if red == green && green == blue {
                return flatten_in_place::<2, 1>(pixels, PixelLayout::Gray, [red]);
            }
            let mut flat = PixelBuf::zeroed(PixelLayout::Rgb, pixels.width(), pixels.height(), budget)?;
            let target = flat.as_bytes_mut().as_chunks_mut::<3>().0;
            for (to, &[luma, alpha]) in target.iter_mut().zip(pixels.as_bytes().as_chunks::<2>().0) {
                *to = background.map(|below| over(luma, alpha, below));
            }
            Ok(flat)
        }
    }
}

/// `FROM` samples a pixel, the last of them alpha, become `TO = FROM - 1` samples in the same buffer: no
/// pixel is written before it is read, because the written ones are shorter.
fn flatten_in_place<const FROM: usize, const TO: usize>(
    pixels: PixelBuf,
    layout: PixelLayout,
    background: [u8; TO],
) -> Result<PixelBuf, Error> {
    let (width, height) = (pixels.width(), pixels.height());
    let (mut data, hold) = pixels.into_parts();
    let count = data.len() / FROM;
    for at in 0..count {
        let alpha = data[at * FROM + TO];
        for (channel, &below) in background.iter().enumerate() {
            data[at * TO + channel] = over(data[at * FROM + channel], alpha, below);
        }
    }
    data.truncate(count * TO);
    PixelBuf::from_parts(layout, width, height, data, hold)
}

/// `(sample * alpha + below * (255 - alpha)) / 255`, to nearest.
fn over(sample: u8, alpha: u8, below: u8) -> u8 {
    let sum = u32::from(sample) * u32::from(alpha) + u32::from(below) * u32::from(255 - alpha) + 128;
    // Exact for every sum that two bytes can make.
    ((sum + (sum >> 8)) >> 8) as u8
}

/// Lays a picture onto a canvas of `to` (width, height) pixels, its left top corner at `at`, on a
/// background (red, green, blue, alpha).
///
/// The result is `Rgba` where the picture has alpha or the background is not opaque, `Rgb` otherwise.
/// Transparent pixels of the picture stay transparent: they are laid *into* the canvas, not over it.
///
/// # Errors
/// `Misuse` where the picture does not fit onto the canvas, the canvas is empty or the pixels are CMYK;
/// `Limit` naming `max_heap_bytes`; `Deadline` or `Cancelled`.
pub fn pad(
    pixels: &PixelBuf,
    to: (u32, u32),
    at: (u32, u32),
    background: [u8; 4],
    budget: &Budget,
) -> Result<PixelBuf, Error> {
    budget.check(Stage::Resample)?;
    let fits =
        |side: u32, offset: u32, canvas: u32| offset.checked_add(side).is_some_and(|end| end <= canvas);
    if !fits(pixels.width(), at.0, to.0) || !fits(pixels.height(), at.1, to.1) || to.0 == 0 || to.1 == 0 {
        return Err(Error::misuse(Stage::Resample, "picture does not fit onto the canvas"));
    }
    if pixels.layout() == PixelLayout::Cmyk {
        return Err(Error::misuse(Stage::Resample, "ink amounts cannot be laid onto a canvas of light"));
    }
    if pixels.layout().has_alpha() || background[3] != u8::MAX {
        padded::<4>(pixels, PixelLayout::Rgba, to, at, background, budget)
    } else {
        let [red, green, blue, _] = background;
        padded::<3>(pixels, PixelLayout::Rgb, to, at, [red, green, blue], budget)
    }
}

fn padded<const C: usize>(
    pixels: &PixelBuf,
    layout: PixelLayout,
    to: (u32, u32),
    at: (u32, u32),
    background: [u8; C],
    budget: &Budget,
) -> Result<PixelBuf, Error> {
    let mut canvas = PixelBuf::zeroed(layout, to.0, to.1, budget)?;
    let target = canvas.as_bytes_mut().as_chunks_mut::<C>().0;
    target.fill(background);
    let rows = target.chunks_exact_mut(to.0 as usize).skip(at.1 as usize);
    for (row, source) in rows.zip(pixels.rows()) {
        let place = &mut row[at.0 as usize..][..pixels.width() as usize];
        widen(source, pixels.layout(), place);
    }
    Ok(canvas)
}

/// Copies one row into three or four samples a pixel; a fourth one is opaque where the source has no alpha.
fn widen<const C: usize>(source: &[u8], layout: PixelLayout, place: &mut [[u8; C]]) {
    let mut copy = |at: usize, pixel: [u8; 4]| {
        for (to, from) in place[at].iter_mut().zip(pixel) {
            *to = from;
        }
    };
    for (at, pixel) in source.chunks_exact(layout.channels()).enumerate() {
        match *pixel {
            [luma] => copy(at, [luma, luma, luma, u8::MAX]),
            [luma, alpha] => copy(at, [luma, luma, luma, alpha]),
            [red, green, blue] => copy(at, [red, green, blue, u8::MAX]),
            [red, green, blue, alpha] => copy(at, [red, green, blue, alpha]),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_nearest_for_every_sample_alpha_and_background() {
        for sample in 0..=255u8 {
            for alpha in 0..=255u8 {
                for below in [0u8, 1, 127, 128, 254, 255] {
                    let exact = (f64::from(sample) * f64::from(alpha)
                        + f64::from(below) * f64::from(255 - alpha))
                        / 255.0;
                    assert_eq!(over(sample, alpha, below), exact.round() as u8);
                }
            }
        }
    }
}

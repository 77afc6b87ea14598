//! From a row of each component to a row of pixels: libjpeg's fixed-point equations (`jdcolor.c`).

use fic_core::ColourModel;

/// The rows of the components, full size, `width` samples each.
pub(crate) type Rows<'a> = [&'a [u8]; 4];

/// Writes one row of pixels.
pub(crate) fn row(colour: ColourModel, rows: Rows<'_>, width: usize, out: &mut [u8]) {
    let rows = rows.map(|row| row.get(..width).unwrap_or_default());
    match colour {
        ColourModel::Gray | ColourModel::Palette => out.copy_from_slice(rows[0]),
        ColourModel::Rgb => interleave(rows, out),
        ColourModel::YCbCr => ycbcr(rows, out),
        ColourModel::Cmyk => ink(rows, out),
        ColourModel::Ycck => ycck(rows, out),
    }
}

fn interleave([r, g, b, _]: Rows<'_>, out: &mut [u8]) {
    for (((pixel, &r), &g), &b) in out.chunks_exact_mut(3).zip(r).zip(g).zip(b) {
        pixel.copy_from_slice(&[r, g, b]);
    }
}

fn ycbcr([y, cb, cr, _]: Rows<'_>, out: &mut [u8]) {
    for (((pixel, &y), &cb), &cr) in out.chunks_exact_mut(3).zip(y).zip(cb).zip(cr) {
        pixel.copy_from_slice(&rgb(y, cb, cr));
    }
}

/// Samples are complements of ink amounts.
fn ink([c, m, y, k]: Rows<'_>, out: &mut [u8]) {
    for ((((pixel, &c), &m), &y), &k) in out.chunks_exact_mut(4).zip(c).zip(m).zip(y).zip(k) {
        pixel.copy_from_slice(&[255 - c, 255 - m, 255 - y, 255 - k]);
    }
}

/// YCbCr codes the inks' complements' complements: what comes out as red is the amount of cyan.
fn ycck([y, cb, cr, k]: Rows<'_>, out: &mut [u8]) {
    for ((((pixel, &y), &cb), &cr), &k) in out.chunks_exact_mut(4).zip(y).zip(cb).zip(cr).zip(k) {
        let [c, m, y] = rgb(y, cb, cr);
        pixel.copy_from_slice(&[c, m, y, 255 - k]);
    }
}

/// ITU-T T.871, section 7, in 16 bits of fraction.
#[inline]
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let red = y + ((91_881 * cr + HALF) >> 16);
    let green = y + ((-22_554 * cb - 46_802 * cr + HALF) >> 16);
    let blue = y + ((116_130 * cb + HALF) >> 16);
    [red, green, blue].map(|sample| sample.clamp(0, 255) as u8)
}

const HALF: i32 = 1 << 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_the_colour_cube() {
        assert_eq!(rgb(0, 128, 128), [0, 0, 0]);
        assert_eq!(rgb(255, 128, 128), [255, 255, 255]);
        assert_eq!(rgb(76, 85, 255), [254, 0, 0]);
        assert_eq!(rgb(29, 255, 107), [0, 0, 254]);
    }
}

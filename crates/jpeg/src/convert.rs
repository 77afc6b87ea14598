//! From a row of each component to a row of pixels: libjpeg's fixed-point equations (`jdcolor.c`).

use fic_core::ColourModel;

/// The rows of the components, full size, `width` samples each.
pub(crate) type Rows<'a> = [&'a [u8]; 4];

/// Writes one row of pixels.
#[inline(always)]
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

#[inline(always)]
fn interleave([r, g, b, _]: Rows<'_>, out: &mut [u8]) {
    for (((pixel, &r), &g), &b) in out.chunks_exact_mut(3).zip(r).zip(g).zip(b) {
        pixel.copy_from_slice(&[r, g, b]);
    }
}

/// Pixels in a run: three short arrays, so that the arithmetic is done on many at once.
const RUN: usize = 32;

#[inline(always)]
fn ycbcr([y, cb, cr, _]: Rows<'_>, out: &mut [u8]) {
    let runs = y.chunks_exact(RUN).zip(cb.chunks_exact(RUN)).zip(cr.chunks_exact(RUN));
    for (((y, cb), cr), out) in runs.zip(out.chunks_exact_mut(RUN * 3)) {
        let mut run = [[0u8; RUN]; 3];
        let [reds, greens, blues] = &mut run;
        for at in 0..RUN {
            [reds[at], greens[at], blues[at]] = rgb(y[at], cb[at], cr[at]);
        }
        for (at, pixel) in out.chunks_exact_mut(3).enumerate() {
            pixel.copy_from_slice(&[run[0][at], run[1][at], run[2][at]]);
        }
    }
    let done = y.len() / RUN * RUN;
    let rest = out[done * 3..].chunks_exact_mut(3).zip(&y[done..]).zip(&cb[done..]).zip(&cr[done..]);
    for (((pixel, &y), &cb), &cr) in rest {
        pixel.copy_from_slice(&rgb(y, cb, cr));
    }
}

/// Samples are complements of ink amounts.
#[inline(always)]
fn ink([c, m, y, k]: Rows<'_>, out: &mut [u8]) {
    for ((((pixel, &c), &m), &y), &k) in out.chunks_exact_mut(4).zip(c).zip(m).zip(y).zip(k) {
        pixel.copy_from_slice(&[255 - c, 255 - m, 255 - y, 255 - k]);
    }
}

/// YCbCr codes the inks' complements' complements: what comes out as red is the amount of cyan.
#[inline(always)]
fn ycck([y, cb, cr, k]: Rows<'_>, out: &mut [u8]) {
    for ((((pixel, &y), &cb), &cr), &k) in out.chunks_exact_mut(4).zip(y).zip(cb).zip(cr).zip(k) {
        let [c, m, y] = rgb(y, cb, cr);
        pixel.copy_from_slice(&[c, m, y, 255 - k]);
    }
}

/// ITU-T T.871, section 7, in 16 bits of fraction: 1.402, 0.344136, 0.714136 and 1.772, with whole numbers taken
/// out so that each product is one of 16 bits, which processors have many at once of.
#[inline(always)]
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i16::from(y), i16::from(cb) - 128, i16::from(cr) - 128);
    let part = |sum: i32| ((sum + HALF) >> 16) as i16;
    let red = y + cr + part(26_345 * i32::from(cr));
    let green = y - cr + part(18_734 * i32::from(cr) - 22_554 * i32::from(cb));
    let blue = y + 2 * cb + part(-14_942 * i32::from(cb));
    [red, green, blue].map(|sample| sample.clamp(0, 255) as u8)
}

const HALF: i32 = 1 << 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sum_is_that_of_the_plain_equations() {
        for (cb, cr) in (0..=255u8).flat_map(|cb| (0..=255u8).map(move |cr| (cb, cr))) {
            for y in [0, 77, 128, 255] {
                let (b, r) = (i32::from(cb) - 128, i32::from(cr) - 128);
                let plain = [91_881 * r, -22_554 * b - 46_802 * r, 116_130 * b]
                    .map(|sum| (i32::from(y) + ((sum + HALF) >> 16)).clamp(0, 255) as u8);
                assert_eq!(rgb(y, cb, cr), plain);
            }
        }
    }

    #[test]
    fn the_corners_of_the_colour_cube() {
        assert_eq!(rgb(0, 128, 128), [0, 0, 0]);
        assert_eq!(rgb(255, 128, 128), [255, 255, 255]);
        assert_eq!(rgb(76, 85, 255), [254, 0, 0]);
        assert_eq!(rgb(29, 255, 107), [0, 0, 254]);
    }
}

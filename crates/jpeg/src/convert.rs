//! From a row of each component to a row of pixels: libjpeg's fixed-point equations (`jdcolor.c`).

#[cfg(target_arch = "x86_64")]
mod v3;

#[cfg(target_arch = "x86_64")]
use fearless_simd::Level;
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

fn ycbcr([y, cb, cr, _]: Rows<'_>, out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    let done = match Level::new().as_avx2() {
        Some(token) => v3::ycbcr(token, [y, cb, cr], out),
        None => 0,
    };
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    let (y, cb, cr, out) = (&y[done..], &cb[done..], &cr[done..], &mut out[done * 3..]);
    let done = ycbcr_runs([y, cb, cr], out);
    let rest = out[done * 3..].chunks_exact_mut(3).zip(&y[done..]).zip(&cb[done..]).zip(&cr[done..]);
    for (((pixel, &y), &cb), &cr) in rest {
        pixel.copy_from_slice(&rgb(y, cb, cr));
    }
}

/// Pixels in a run: three short arrays, so that the arithmetic is done on many at once.
const RUN: usize = 32;

/// Writes as many whole runs as there are, and says how many pixels that is.
fn ycbcr_runs([y, cb, cr]: [&[u8]; 3], out: &mut [u8]) -> usize {
    let runs = y.as_chunks::<RUN>().0.iter().zip(cb.as_chunks::<RUN>().0).zip(cr.as_chunks::<RUN>().0);
    let mut done = 0;
    for (((y, cb), cr), out) in runs.zip(out.as_chunks_mut::<{ RUN * 3 }>().0) {
        let mut run = [[0u8; RUN]; 3];
        let [reds, greens, blues] = &mut run;
        for at in 0..RUN {
            [reds[at], greens[at], blues[at]] = rgb(y[at], cb[at], cr[at]);
        }
        for (at, pixel) in out.chunks_exact_mut(3).enumerate() {
            pixel.copy_from_slice(&[run[0][at], run[1][at], run[2][at]]);
        }
        done += RUN;
    }
    done
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
    let times = |sample: i16, factor: i16| i32::from(sample) * i32::from(factor);
    let red = y + cr + part(times(cr, RED_CR));
    let green = y - cr + part(times(cr, GREEN_CR) + times(cb, GREEN_CB));
    let blue = y + 2 * cb + part(times(cb, BLUE_CB));
    [red, green, blue].map(|sample| sample.clamp(0, 255) as u8)
}

const HALF: i32 = 1 << 15;
const RED_CR: i16 = 26_345;
const GREEN_CR: i16 = 18_734;
const GREEN_CB: i16 = -22_554;
const BLUE_CB: i16 = -14_942;

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
    fn a_row_is_its_pixels_whatever_its_width() {
        // Every pair of chroma samples, in rows of every width up to three runs.
        let chroma = (0..=255u8).flat_map(|cb| (0..=255u8).map(move |cr| (cb, cr)));
        let (cb, cr): (Vec<u8>, Vec<u8>) = chroma.unzip();
        let y: Vec<u8> = (0..cb.len()).map(|at| (at * 151 % 256) as u8).collect();
        let mut at = 0;
        for width in (0..50).cycle() {
            if at + width > cb.len() {
                break;
            }
            let rows = [&y[at..], &cb[at..], &cr[at..], &[]];
            let mut out = vec![0; width * 3];
            row(ColourModel::YCbCr, rows, width, &mut out);
            for (nth, pixel) in out.chunks_exact(3).enumerate() {
                assert_eq!(pixel, rgb(y[at + nth], cb[at + nth], cr[at + nth]));
            }
            at += width;
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

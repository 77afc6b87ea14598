//! Pixels of any size: a photograph, repeated as mirrored tiles with grain, and something like a screenshot.

use std::sync::OnceLock;

/// Packed rows of red, green and blue.
#[derive(Clone, Debug)]
pub struct Raster {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

/// Corners are read between the pixels of the source in steps of this fraction.
const STEP: u32 = 256;

/// A photograph of that size. The camera's picture is enlarged by a half, so that its own grain and the
/// traces of its JPEG are smoothed away, and gets a new grain of `grain` levels to each side, and of a third
/// of it in each colour.
pub fn photo(width: u32, height: u32, grain: u8) -> Raster {
    let source = garden();
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let pixel = between(source, x * (STEP * 2 / 3), y * (STEP * 2 / 3));
            let noise = |salt, most: u8| i16::from(hash(x, y, salt) % (2 * most + 1)) - i16::from(most);
            let luma = noise(0, grain);
            for (sample, salt) in pixel.into_iter().zip(2..) {
                rgb.push((i16::from(sample) + luma + noise(salt, grain / 3)).clamp(0, 255) as u8);
            }
        }
    }
    Raster { width, height, rgb }
}

/// Flat areas, edges and small marks like letters.
pub fn screen(width: u32, height: u32) -> Raster {
    let paint = |x: u32, y: u32| {
        let is_ink = y % 20 > 6 && hash(x / 2, y / 2, 1).is_multiple_of(5) && x % 300 > 40;
        match (x / 320 + y / 240) % 4 {
            _ if is_ink => [40, 44, 52],
            0 => [250, 250, 248],
            1 => [230, 238, 246],
            _ => [244, 244, 240],
        }
    };
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| paint(x, y))).collect();
    Raster { width, height, rgb }
}

/// The photograph of the repository, decoded by a decoder that is not ours.
fn garden() -> &'static Raster {
    static GARDEN: OnceLock<Raster> = OnceLock::new();
    GARDEN.get_or_init(|| {
        let file: &[u8] = include_bytes!("../../corpus/samples/garden.jpg");
        let mut decoder = jpeg_decoder::Decoder::new(file);
        let rgb = decoder.decode().expect("the sample is a JPEG");
        let info = decoder.info().expect("it was decoded");
        Raster { width: info.width.into(), height: info.height.into(), rgb }
    })
}

/// The bilinear mean around a point given in steps, on mirrored tiles.
fn between(source: &Raster, x: u32, y: u32) -> [u8; 3] {
    let (across, down) = (x % STEP, y % STEP);
    let columns = [mirrored(x / STEP, source.width), mirrored(x / STEP + 1, source.width)];
    let rows = [mirrored(y / STEP, source.height), mirrored(y / STEP + 1, source.height)];
    let sample = |row: u32, column: u32, channel: usize| {
        u32::from(source.rgb[(row as usize * source.width as usize + column as usize) * 3 + channel])
    };
    [0, 1, 2].map(|channel| {
        let [top, bottom] = rows.map(|row| {
            sample(row, columns[0], channel) * (STEP - across) + sample(row, columns[1], channel) * across
        });
        ((top * (STEP - down) + bottom * down) / (STEP * STEP)) as u8
    })
}

fn mirrored(at: u32, side: u32) -> u32 {
    let within = at % (2 * side);
    within.min(2 * side - 1 - within)
}

/// A byte that depends on all of its arguments.
fn hash(x: u32, y: u32, salt: u32) -> u8 {
    let mixed = (x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ salt.wrapping_mul(0xC2B2_AE3D))
        .wrapping_mul(0x27D4_EB2F);
    ((mixed ^ mixed >> 15).wrapping_mul(0x1656_67B1) >> 24) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_mirrored_so_that_they_meet_without_an_edge() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(|at| mirrored(at, 3)), [0, 1, 2, 2, 1, 0, 0, 1]);
    }

    #[test]
    fn a_photo_is_the_same_every_time() {
        assert_eq!(photo(64, 48, 4).rgb, photo(64, 48, 4).rgb);
    }
}

//! The pictures of the calibration: the valid corpus, and larger ones made by our own encoders.

use fic_core::{Budget, Limits, PixelBuf, PixelLayout};
use fic_encode::{Encoding, Subsampling, encode};
use fic_testkit::bytes::gif::{GifBytes, Image};
use fic_testkit::valid;

/// Sides of a larger picture.
const SIDES: (u16, u16) = (1_280, 960);

/// Red, green and blue of the pixel in that column and row.
type Content = fn(u32, u32) -> [u8; 3];

/// Names and bytes: always the same ones, in the same order.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = valid::files("").iter().map(|file| (file.path.clone(), file.bytes())).collect();
    let contents: [(&str, Content); 3] = [("photo", photo), ("screen", screen), ("noise", noise)];
    for (name, content) in contents {
        let pixels = painted(content);
        for (extension, encoding) in [
            ("420.jpg", Encoding::Jpeg { quality: 85, subsampling: Subsampling::S420 }),
            ("444.jpg", Encoding::Jpeg { quality: 95, subsampling: Subsampling::S444 }),
            ("png", Encoding::Png),
            ("webp", Encoding::WebPLossless),
        ] {
            all.push((format!("built/{name}.{extension}"), encoded(&pixels, encoding)));
        }
        all.push((format!("built/{name}.gif"), gif(&pixels)));
    }
    all
}

fn painted(content: Content) -> Vec<u8> {
    let (width, height) = (u32::from(SIDES.0), u32::from(SIDES.1));
    (0..height).flat_map(|y| (0..width).flat_map(move |x| content(x, y))).collect()
}

fn encoded(pixels: &[u8], encoding: Encoding) -> Vec<u8> {
    let budget = Budget::new(&Limits::trusted());
    let mut buffer =
        PixelBuf::zeroed(PixelLayout::Rgb, SIDES.0.into(), SIDES.1.into(), &budget).expect("small enough");
    buffer.as_bytes_mut().copy_from_slice(pixels);
    encode(&buffer, encoding, &budget).expect("an encodable picture").into_vec()
}

/// Six levels of red and blue, seven of green.
fn gif(pixels: &[u8]) -> Vec<u8> {
    let level = |value: u8, levels: u16| u16::from(value) * (levels - 1) / 255;
    let table: Vec<[u8; 3]> =
        (0..252u16).map(|i| [i / 42 * 51, i / 6 % 7 * 42, i % 6 * 51].map(|v| v.min(255) as u8)).collect();
    let indices: Vec<u8> = pixels
        .chunks_exact(3)
        .map(|p| (level(p[0], 6) * 42 + level(p[1], 7) * 6 + level(p[2], 6)) as u8)
        .collect();
    GifBytes::new(SIDES.0, SIDES.1)
        .global_table(&table)
        .image(Image::new(SIDES.0, SIDES.1).pixels(&indices))
        .trailer()
        .finish()
}

/// Soft shapes with a grain of a few levels.
fn photo(x: u32, y: u32) -> [u8; 3] {
    let (across, down) = (x as f32 / 97.0, y as f32 / 71.0);
    let grain = f32::from(hash(x, y, 0) % 9) - 4.0;
    let wave = |phase: f32| {
        (across + phase).sin() * (down - phase).cos() * 70.0 + (across * 7.3 + down * 5.1).sin() * 12.0
    };
    [0.0, 0.7, 1.9].map(|phase| (128.0 + wave(phase) + grain).clamp(0.0, 255.0) as u8)
}

/// Flat areas, edges and small marks like letters.
fn screen(x: u32, y: u32) -> [u8; 3] {
    let is_ink = y % 20 > 6 && hash(x / 2, y / 2, 1).is_multiple_of(5) && x % 300 > 40;
    match (x / 320 + y / 240) % 4 {
        _ if is_ink => [40, 44, 52],
        0 => [250, 250, 248],
        1 => [230, 238, 246],
        _ => [244, 244, 240],
    }
}

/// Nothing that a compressor could use.
fn noise(x: u32, y: u32) -> [u8; 3] {
    [2, 3, 4].map(|salt| hash(x, y, salt))
}

/// A byte that depends on all of its arguments.
fn hash(x: u32, y: u32, salt: u32) -> u8 {
    let mixed = (x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ salt.wrapping_mul(0xC2B2_AE3D))
        .wrapping_mul(0x27D4_EB2F);
    ((mixed ^ mixed >> 15).wrapping_mul(0x1656_67B1) >> 24) as u8
}

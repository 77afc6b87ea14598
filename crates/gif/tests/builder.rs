//! The byte builder of the test kit writes what this crate and the `gif` crate read alike.

use fic_core::{Bands, Budget, Limits, Request};
use fic_testkit::bytes::gif::{GifBytes, Image};

/// All pixels as the crate under test gives them.
pub fn decode(bytes: &[u8]) -> Result<Vec<u8>, fic_core::Error> {
    let limits = Limits::untrusted();
    let outline = fic_gif::outline(bytes)?;
    let admitted = fic_gif::admit(bytes, &outline, &Request::full(), &limits)?;
    let mut decoder = fic_gif::open(admitted, &Budget::new(&limits))?;
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band()? {
        pixels.extend_from_slice(band.bytes);
    }
    Ok(pixels)
}

#[test]
fn what_the_builder_encodes_decodes_to_the_same_indices() {
    let mut state = 1u32;
    for bits in 2..=8u8 {
        for (width, height) in [(1u16, 1u16), (7, 5), (100, 100), (233, 97)] {
            let colours: Vec<[u8; 3]> =
                (0..1u16 << bits).map(|i| [i as u8, (i * 3) as u8, 255 - i as u8]).collect();
            let indices: Vec<u8> = (0..usize::from(width) * usize::from(height))
                .map(|at| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    // Noise in one half, runs in the other.
                    if at % 2000 < 1000 { (state >> 24) as u8 & ((1u16 << bits) - 1) as u8 } else { 0 }
                })
                .collect();
            let image = Image::new(width, height).min_code_size(bits).pixels(&indices);
            let bytes = GifBytes::new(width, height).global_table(&colours).image(image).trailer().finish();
            let expected: Vec<u8> = indices.iter().flat_map(|&i| colours[usize::from(i)]).collect();
            assert!(decode(&bytes).unwrap() == expected, "{bits} bits, {width}x{height}");
            let mut other = gif::DecodeOptions::new().read_info(&bytes[..]).unwrap();
            assert!(
                other.read_next_frame().unwrap().unwrap().buffer == indices,
                "{bits} bits, {width}x{height}"
            );
        }
    }
}

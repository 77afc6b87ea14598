//! Every orientation of every layout, against the definition; heap bytes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use fic_core::{Budget, Limits, Orientation, PixelBuf, PixelLayout};
use fic_resize::orient;
use fic_testkit::heap;
use proptest::prelude::*;

const LAYOUTS: [PixelLayout; 5] =
    [PixelLayout::Cmyk, PixelLayout::Gray, PixelLayout::GrayAlpha, PixelLayout::Rgb, PixelLayout::Rgba];

/// Which stored pixel is seen at (x, y) of the upright picture.
fn stored(orientation: u16, (width, height): (u32, u32), x: u32, y: u32) -> (u32, u32) {
    match orientation {
        1 => (x, y),
        2 => (width - 1 - x, y),
        3 => (width - 1 - x, height - 1 - y),
        4 => (x, height - 1 - y),
        5 => (y, x),
        6 => (y, height - 1 - x),
        7 => (width - 1 - y, height - 1 - x),
        _ => (width - 1 - y, x),
    }
}

proptest! {
    #[test]
    fn each_pixel_lands_where_the_exif_table_says(
        layout in prop::sample::select(LAYOUTS.as_slice()),
        size in (1u32..80, 1u32..80),
        orientation in 1u16..=8,
    ) {
        let channels = layout.channels();
        let bytes: Vec<u8> = (0..(size.0 * size.1) as usize * channels).map(|at| (at % 253) as u8).collect();
        let budget = Budget::new(&Limits::untrusted());
        let pixels = PixelBuf::from_parts(layout, size.0, size.1, bytes.clone(), None).unwrap();
        let turn = Orientation::from_exif(orientation).unwrap();
        let turned = orient(pixels, turn, &budget).unwrap();
        prop_assert_eq!((turned.width(), turned.height()), turn.upright_size(size.0, size.1));
        for (y, row) in turned.rows().enumerate() {
            for (x, pixel) in row.chunks(channels).enumerate() {
                let (from_x, from_y) = stored(orientation, size, x as u32, y as u32);
                let from = (from_y * size.0 + from_x) as usize * channels;
                prop_assert_eq!(pixel, &bytes[from..][..channels]);
            }
        }
    }
}

#[test]
fn the_first_four_need_no_second_picture() {
    let budget = Budget::new(&Limits::untrusted());
    for value in 1..=8 {
        let pixels = PixelBuf::zeroed(PixelLayout::Rgb, 300, 200, &budget).unwrap();
        let orientation = Orientation::from_exif(value).unwrap();
        let (_turned, measured) = heap::measure(|| orient(pixels, orientation, &budget).unwrap());
        assert_eq!(measured, if value <= 4 { 0 } else { 300 * 200 * 3 });
    }
}

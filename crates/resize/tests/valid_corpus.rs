//! Every oriented file of the valid corpus: its stored pixels turned upright are the reference.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use fic_core::{Budget, Limits, Orientation, PixelBuf, PixelLayout};
use fic_resize::orient;
use fic_testkit::valid;

#[test]
fn stored_pixels_turn_into_the_upright_reference() {
    let budget = Budget::new(&Limits::untrusted());
    let mut seen = [false; 9];
    for file in valid::files("") {
        let Some(upright) = file.upright_pixels() else { continue };
        let layout = match file.layout.as_str() {
            "cmyk" => PixelLayout::Cmyk,
            "gray" => PixelLayout::Gray,
            "gray-alpha" => PixelLayout::GrayAlpha,
            "rgb" => PixelLayout::Rgb,
            _ => PixelLayout::Rgba,
        };
        let stored = PixelBuf::from_parts(layout, file.width, file.height, file.pixels(), None).unwrap();
        let orientation = Orientation::from_exif(file.orientation).unwrap();
        let turned = orient(stored, orientation, &budget).unwrap();
        assert_eq!((turned.width(), turned.height()), orientation.upright_size(file.width, file.height));
        assert!(turned.as_bytes() == upright, "{}", file.path);
        seen[usize::from(file.orientation)] = true;
    }
    assert!(seen[2..].iter().all(|seen| *seen), "a file for each orientation: {seen:?}");
}

//! Every valid file through the whole way: right pixels, upright, in sRGB, within the predicted memory.

use fastimagecache::{Format, PixelLayout, Policy, Recipe, Scratch, Thumbnailer};
use fic_testkit::compare::difference;
use fic_testkit::valid::{self, ValidFile};

fn thumbnailer() -> Thumbnailer {
    // The memory contract is about a call; what is kept for the next one is beside it.
    Thumbnailer::new(Policy::untrusted()).with_scratch(Scratch::new(0))
}

fn upright_size(file: &ValidFile) -> (u32, u32) {
    if file.orientation >= 5 { (file.height, file.width) } else { (file.width, file.height) }
}

/// The pixels that a person should see, where the corpus has them, and how far off they may be.
fn expected(file: &ValidFile) -> Option<(Vec<u8>, u8)> {
    // Littlecms and this stack round differently along a transform.
    const TRANSFORM: u8 = 3;
    if let Some(pixels) = file.srgb_pixels() {
        return (file.orientation == 1).then_some((pixels, file.max_diff.saturating_add(TRANSFORM)));
    }
    if file.icc != "none" && file.icc != "srgb" {
        return None;
    }
    let tolerance = file.max_diff;
    match file.upright_pixels() {
        Some(pixels) => Some((pixels, tolerance)),
        None if file.orientation == 1 && file.layout != "cmyk" => Some((file.pixels(), tolerance)),
        None => None,
    }
}

#[test]
fn full_size_pixels_are_those_of_the_c_libraries() {
    let mut compared = 0;
    for file in valid::files("") {
        let (width, height) = upright_size(&file);
        let made = match thumbnailer().pixels(&file.bytes(), &Recipe::within(width, height)) {
            Ok(made) => made,
            Err(e) if e.kind() == fastimagecache::Kind::Unsupported => continue,
            Err(e) => panic!("{}: {e}", file.path),
        };
        assert_eq!((made.buffer.width(), made.buffer.height()), (width, height), "{}", file.path);
        assert_ne!(made.buffer.layout(), PixelLayout::Cmyk, "{}", file.path);
        if let Some((pixels, tolerance)) = expected(&file) {
            let found = difference(made.buffer.as_bytes(), &pixels);
            assert!(found.max <= tolerance, "{}: {found:?} is over {tolerance}", file.path);
            compared += 1;
        }
    }
    assert!(compared >= 300, "only {compared} compared");
}

#[test]
fn no_valid_file_takes_more_memory_than_predicted() {
    for file in valid::files("") {
        let upload = file.bytes();
        for recipe in [Recipe::within(32, 32), Recipe::cover(20, 20), Recipe::pad(48, 48, [1, 2, 3, 128])] {
            let thumbnailer = thumbnailer();
            let (made, peak) = fic_testkit::heap::measure(|| thumbnailer.thumbnail(&upload, &recipe));
            let Ok(made) = made else { continue };
            let predicted = made.report.predicted.peak_heap;
            let held = made.report.peak_held_bytes;
            assert!(
                peak <= predicted,
                "{}: {peak} bytes measured, {predicted} predicted, {recipe:?}",
                file.path
            );
            assert!(held <= predicted, "{}: {held} bytes held, {predicted} predicted, {recipe:?}", file.path);
        }
    }
}

#[test]
fn every_thumbnail_is_a_clean_picture_of_the_size_that_was_asked_for() {
    let thumbnailer = thumbnailer();
    let mut made = 0;
    for file in valid::files("") {
        let upload = file.bytes();
        let Ok(thumb) = thumbnailer.thumbnail(&upload, &Recipe::within(24, 24)) else { continue };
        let inspection = thumbnailer.inspect(&thumb.bytes).expect(&file.path);
        let header = &inspection.header;
        assert_eq!(header.format, thumb.format, "{}", file.path);
        assert_eq!((header.width.get(), header.height.get()), (thumb.width, thumb.height), "{}", file.path);
        assert!(thumb.width <= 24 && thumb.height <= 24, "{}", file.path);
        assert_eq!(
            (header.metadata_bytes, header.icc_bytes, header.trailing_bytes),
            (0, 0, 0),
            "{}",
            file.path
        );
        assert!(inspection.findings.is_empty(), "{}: {:?}", file.path, inspection.findings);
        assert!(matches!(thumb.format, Format::Jpeg | Format::Png), "{}", file.path);
        made += 1;
    }
    assert!(made >= 400, "only {made} thumbnails");
}

#[test]
fn only_a_known_few_valid_files_are_not_decoded_yet() {
    let refused: Vec<_> = valid::files("")
        .into_iter()
        .filter(|file| thumbnailer().thumbnail(&file.bytes(), &Recipe::within(16, 16)).is_err())
        .map(|file| file.path)
        .collect();
    // JPEGs that the decoder underneath gets wrong; the own engine will take them.
    assert!(refused.iter().all(|path| path.starts_with("valid/jpeg/")), "{refused:?}");
    assert!(refused.len() <= 30, "{} refused: {refused:?}", refused.len());
}

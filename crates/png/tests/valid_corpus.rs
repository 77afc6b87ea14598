//! Every valid PNG of the corpus, against the pixels that libpng makes of it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use fic_core::{Bands, Budget, ColourModel, Error, Kind, Limits, Request, rows_bytes};
use fic_png::{Backend, Outline, admit_with, open, outline};
use fic_testkit::compare::difference;
use fic_testkit::heap::measure;
use fic_testkit::valid::{ValidFile, files};

/// The layout's name and the pixels of all bands.
fn decode(
    file: &ValidFile,
    upload: &[u8],
    outline: &Outline,
    backend: Backend,
) -> Result<(String, Vec<u8>), Error> {
    let limits = Limits::untrusted();
    let admitted = admit_with(upload, outline, &Request::full(), &limits, backend)?;
    let (width, height, layout) = (admitted.width(), admitted.height(), admitted.layout());
    assert_eq!((width, height), (file.width, file.height), "{}", file.path);
    let mut pixels = Vec::with_capacity(rows_bytes(layout, width, height) as usize);
    let predicted = admitted.cost().peak_heap;
    let budget = Budget::new(&limits);
    let (done, heap) = measure(|| {
        let mut decoder = open(admitted, &budget)?;
        while let Some(band) = decoder.next_band()? {
            pixels.extend_from_slice(band.bytes);
        }
        Ok::<_, Error>(decoder.was_truncated())
    });
    assert!(!done?, "{}", file.path);
    assert!(heap <= predicted, "{}: {heap} bytes of heap, predicted {predicted}", file.path);
    Ok((layout.name().to_owned(), pixels))
}

#[test]
fn pixels_are_those_of_libpng() {
    for file in files("png") {
        let upload = file.bytes();
        let outline = outline(&upload).unwrap_or_else(|err| panic!("{}: {err}", file.path));
        let (layout, pixels) = decode(&file, &upload, &outline, Backend::Png)
            .unwrap_or_else(|err| panic!("{}: {err}", file.path));
        assert_eq!(layout, file.layout, "{}", file.path);
        let apart = difference(&pixels, &file.pixels());
        assert!(apart.max <= file.max_diff && apart.mean <= file.mean_diff, "{}: {apart:?}", file.path);
    }
}

#[test]
fn the_second_decoder_has_the_same_pixels_or_says_that_it_cannot() {
    for file in files("png") {
        let upload = file.bytes();
        let outline = outline(&upload).unwrap();
        match decode(&file, &upload, &outline, Backend::Zune) {
            Ok((_, pixels)) => {
                let apart = difference(&pixels, &file.pixels());
                assert!(apart.max <= file.max_diff, "{}: {apart:?}", file.path);
            }
            Err(err) => assert_eq!(err.kind(), Kind::Unsupported, "{}: {err}", file.path),
        }
    }
}

#[test]
fn the_outline_says_what_the_manifest_says() {
    for file in files("png") {
        let outline = outline(&file.bytes()).unwrap();
        let header = outline.header();
        assert_eq!((header.width.get(), header.height.get()), (file.width, file.height), "{}", file.path);
        assert_eq!(header.orientation.exif(), file.orientation, "{}", file.path);
        assert_eq!(header.frames, file.frames, "{}", file.path);
        let alpha = matches!(file.layout.as_str(), "gray-alpha" | "rgba");
        assert_eq!(header.has_alpha, alpha, "{}", file.path);
        assert_eq!(header.colour == ColourModel::Gray, file.layout.starts_with("gray"), "{}", file.path);
        let found: Vec<_> = header.findings.iter().map(|finding| finding.kind.name()).collect();
        for wanted in &file.findings {
            assert!(found.contains(&wanted.as_str()), "{}: {found:?} lacks {wanted}", file.path);
        }
    }
}

#[test]
fn profiles_are_there_where_the_manifest_has_them() {
    for file in files("png") {
        let upload = file.bytes();
        let limits = Limits::untrusted();
        let profile = outline(&upload).unwrap().icc(&upload, &limits, &Budget::new(&limits)).unwrap();
        assert_eq!(profile.is_some(), file.icc != "none", "{}", file.path);
        if let Some(profile) = profile {
            assert_eq!(profile.as_slice().get(36..40), Some(&b"acsp"[..]), "{}", file.path);
        }
    }
}

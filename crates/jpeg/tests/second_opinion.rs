//! Two other decoders, given the canonical stream, agree about the valid corpus.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use std::fs;

use fic_core::{Bands, Budget, ColourModel, Limits, Request};
use fic_testkit::{compare, valid};
use jpeg_decoder::ColorTransform;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

/// Our pixels before ink is turned round, the canonical stream, and the colour model.
fn ours(bytes: &[u8]) -> (Vec<u8>, Vec<u8>, ColourModel) {
    let limits = Limits::untrusted();
    let budget = Budget::new(&limits);
    let outline = fic_jpeg::outline(bytes).unwrap();
    let admitted = fic_jpeg::admit(bytes, &outline, &Request::full(), &limits).unwrap();
    let canonical = fic_jpeg::canonical(&admitted, &budget).unwrap().into_vec();
    let mut decoder = fic_jpeg::open(admitted, &budget).unwrap();
    let mut pixels = vec![];
    while let Some(band) = decoder.next_band().unwrap() {
        pixels.extend_from_slice(band.bytes);
    }
    (pixels, canonical, outline.header().colour)
}

#[test]
fn the_canonical_stream_holds_the_same_pixels_and_no_metadata() {
    for file in valid::files("jpeg") {
        let (pixels, canonical, colour) = ours(&file.bytes());
        let outline = fic_jpeg::outline(&canonical).unwrap();
        let header = outline.header();
        assert_eq!(
            (header.metadata_bytes, header.icc_bytes, header.trailing_bytes),
            (0, 0, 0),
            "{}",
            file.path
        );
        assert!(header.findings.is_empty(), "{} {:?}", file.path, header.findings);
        // RGB and YCCK need Adobe's segment, which the stream leaves out.
        if matches!(colour, ColourModel::Gray | ColourModel::YCbCr | ColourModel::Cmyk) {
            assert_eq!(ours(&canonical).0, pixels, "{}", file.path);
        }
        assert_eq!(ours(&canonical).1, canonical, "{}", file.path);
    }
}

#[test]
fn jpeg_decoder_agrees() {
    let mut compared = 0;
    for file in valid::files("jpeg") {
        // libjpeg repeats chroma rows of one or two samples, others smooth them: no agreement to be had.
        if file.width < 5 {
            continue;
        }
        // It takes the samples of a component of its own scan for those of whole units.
        if ["s4x1_2x1", "s4x2_2x1"].iter().any(|name| file.path.contains(name)) {
            continue;
        }
        let (pixels, canonical, colour) = ours(&file.bytes());
        let mut other = jpeg_decoder::Decoder::new(&canonical[..]);
        other.set_color_transform(match colour {
            ColourModel::Gray => ColorTransform::Grayscale,
            ColourModel::YCbCr => ColorTransform::YCbCr,
            ColourModel::Cmyk => ColorTransform::CMYK, // turned round to ink
            _ => ColorTransform::RGB,
        });
        if colour == ColourModel::Ycck {
            continue;
        }
        let theirs = other.decode().unwrap_or_else(|err| panic!("{} {err}", file.path));
        let difference = compare::difference(&pixels, &theirs);
        assert!(difference.mean <= 2.0 && difference.max <= 64, "{} {difference:?}", file.path);
        compared += 1;
    }
    assert!(compared > 120, "{compared}");
}

#[test]
fn zune_jpeg_agrees_on_files_in_one_scan() {
    let mut compared = 0;
    for file in valid::files("jpeg") {
        let (pixels, canonical, colour) = ours(&file.bytes());
        let outline = fic_jpeg::outline(&canonical).unwrap();
        let thirds =
            (0..outline.frame().components().len()).any(|index| outline.frame().sampling(index).0 == 3);
        // Wrong on sequential files in several scans with restarts or partly interleaved; refuses 3:1.
        let sequential = outline.frame().process != fic_jpeg::Process::Progressive;
        if file.width < 5
            || thirds
            || (sequential && outline.header().scans > 1)
            || colour == ColourModel::Ycck
        {
            continue;
        }
        let space = match colour {
            ColourModel::Gray => ColorSpace::Luma,
            ColourModel::Cmyk => ColorSpace::CMYK,
            ColourModel::Rgb => ColorSpace::YCbCr, // as stored
            _ => ColorSpace::RGB,
        };
        let options = DecoderOptions::new_safe().set_strict_mode(true).jpeg_set_out_colorspace(space);
        let mut other = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(&canonical[..]), options);
        let mut theirs = other.decode().unwrap_or_else(|err| panic!("{} {err:?}", file.path));
        if colour == ColourModel::Cmyk {
            theirs.iter_mut().for_each(|sample| *sample = 255 - *sample);
        }
        let difference = compare::difference(&pixels, &theirs);
        assert!(difference.mean <= 2.0 && difference.max <= 64, "{} {difference:?}", file.path);
        compared += 1;
    }
    assert!(compared > 110, "{compared}");
}

#[test]
fn the_corpus_has_every_colour_model() {
    let mut seen: Vec<_> = valid::files("jpeg")
        .iter()
        .map(|file| fic_jpeg::outline(&fs::read(valid::corpus().join(&file.path)).unwrap()).unwrap())
        .map(|outline| outline.header().colour.name())
        .collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen, ["cmyk", "gray", "rgb", "ycbcr", "ycck"]);
}

//! Known things are named, whatever the sender called them.

use fic_core::{Format, Kind, Stage};
use fic_sniff::{Foreign, Sniffed, sniff};

const KNOWN: &[(&[u8], Sniffed)] = &[
    (b"\xff\xd8\xff\xe0\0\x10JFIF\0", Sniffed::Picture(Format::Jpeg)),
    (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", Sniffed::Picture(Format::Png)),
    (b"GIF87a\x01\0\x01\0", Sniffed::Picture(Format::Gif)),
    (b"GIF89a\x01\0\x01\0", Sniffed::Picture(Format::Gif)),
    (b"RIFF\x1a\0\0\0WEBPVP8L", Sniffed::Picture(Format::WebP)),
    (b"RIFF\x24\0\0\0WAVEfmt ", Sniffed::Foreign(Foreign::RiffOther)),
    (b"RIFF\x24\0\0\0AVI LIST", Sniffed::Foreign(Foreign::RiffOther)),
    (b"II*\0\x08\0\0\0\0\0\0\0", Sniffed::Foreign(Foreign::Tiff)),
    (b"MM\0*\0\0\0\x08\0\0\0\0", Sniffed::Foreign(Foreign::Tiff)),
    (b"II+\0\x08\0\0\0\x10\0\0\0", Sniffed::Foreign(Foreign::Tiff)),
    (b"MM\0+\0\x08\0\0\0\0\0\0", Sniffed::Foreign(Foreign::Tiff)),
    (b"8BPS\0\x01\0\0\0\0\0\0", Sniffed::Foreign(Foreign::Psd)),
    (b"%PDF-1.7\n%\xe2\xe3\xcf", Sniffed::Foreign(Foreign::Pdf)),
    (b"%!PS-Adobe-3.0 EPSF-3.0", Sniffed::Foreign(Foreign::Eps)),
    (b"\xc5\xd0\xd3\xc6\x20\0\0\0\0\x01\0\0", Sniffed::Foreign(Foreign::Eps)),
    (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", Sniffed::Foreign(Foreign::Bmp)),
    (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0", Sniffed::Foreign(Foreign::Ico)),
    (b"\0\0\x02\0\x01\0\x10\x10\0\0\x01\0", Sniffed::Foreign(Foreign::Ico)),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Sniffed::Foreign(Foreign::Heic)),
    (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", Sniffed::Foreign(Foreign::Avif)),
    (b"\0\0\0\x1cftypavis\0\0\0\0avisavifmsf1", Sniffed::Foreign(Foreign::Avif)),
    (b"\0\0\0\x18ftypisom\0\0\x02\0isommp41", Sniffed::Foreign(Foreign::IsoMedia)),
    (b"\xff\x0a\xfa\x7f\x01\x90\x08\x06\x01\0\0\0", Sniffed::Foreign(Foreign::Jxl)),
    (b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ", Sniffed::Foreign(Foreign::Jxl)),
    (b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", Sniffed::Foreign(Foreign::Jpeg2000)),
    (b"\xff\x4f\xff\x51\0\x2f\0\0\0\0\0\0", Sniffed::Foreign(Foreign::Jpeg2000)),
    (b"MATLAB 5.0 MAT-file, Platform", Sniffed::Foreign(Foreign::Mat)),
    (b"MATLAB 7.3 MAT-file, Platform", Sniffed::Foreign(Foreign::Mat)),
    (b"\x89HDF\r\n\x1a\n\0\0\0\0", Sniffed::Foreign(Foreign::Hdf5)),
    (b"PK\x03\x04\x14\0\0\0\x08\0\0\0", Sniffed::Foreign(Foreign::Zip)),
    (b"PK\x05\x06\0\0\0\0\0\0\0\0", Sniffed::Foreign(Foreign::Zip)),
    (b"\x1f\x8b\x08\0\0\0\0\0\0\x03\0\0", Sniffed::Foreign(Foreign::SvgCompressed)),
    (b"#!/bin/sh\necho x", Sniffed::Foreign(Foreign::Script)),
    (b"<?php echo 1; ?>", Sniffed::Foreign(Foreign::Script)),
    (b"<!DOCTYPE html><p>", Sniffed::Foreign(Foreign::Html)),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Sniffed::Foreign(Foreign::Svg)),
    (b"P6\n1 1\n255\nabc", Sniffed::Foreign(Foreign::Netpbm)),
    (b"\x76\x2f\x31\x01\x02\0\0\0\0\0\0\0", Sniffed::Foreign(Foreign::Exr)),
    (b"qoif\0\0\0\x01\0\0\0\x01", Sniffed::Foreign(Foreign::Qoi)),
    (b"gimp xcf file\0\0\0", Sniffed::Foreign(Foreign::Xcf)),
];

#[test]
fn every_known_thing_is_named() {
    for &(bytes, expected) in KNOWN {
        assert_eq!(sniff(bytes), expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn every_prefix_of_a_magic_asks_for_more_or_already_names_it() {
    for &(bytes, expected) in KNOWN {
        for len in 0..=12.min(bytes.len()) {
            let prefix = &bytes[..len];
            match sniff(prefix) {
                Sniffed::NeedMore { at_least } => assert!(at_least > len, "{}", prefix.escape_ascii()),
                // A brand list that is not there yet leaves the major brand to decide.
                Sniffed::Foreign(Foreign::Heic) if expected == Sniffed::Foreign(Foreign::Avif) => {}
                other => assert_eq!(other, expected, "{}", prefix.escape_ascii()),
            }
        }
    }
}

#[test]
fn svg_is_found_in_every_encoding_of_unicode() {
    let text =
        "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<!-- x -->\n<svg xmlns=\"http://www.w3.org/2000/svg\">";
    let utf16_le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16_be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf32_le: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let utf32_be: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
    let variants = [
        text.as_bytes().to_vec(),
        marked(b"\xef\xbb\xbf", text.as_bytes()),
        marked(b" \r\n\t ", text.as_bytes()),
        marked(b"\xff\xfe", &utf16_le),
        marked(b"\xfe\xff", &utf16_be),
        marked(b"\xff\xfe\0\0", &utf32_le),
        marked(b"\0\0\xfe\xff", &utf32_be),
        utf16_le,
        utf16_be,
        utf32_le,
        utf32_be,
    ];
    for bytes in variants {
        assert_eq!(sniff(&bytes), Sniffed::Foreign(Foreign::Svg), "{}", bytes[..40].escape_ascii());
    }
}

#[test]
fn a_start_of_image_before_a_png_signature_is_unknown() {
    assert_eq!(sniff(b"\xff\xd8\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"), Sniffed::Unknown);
}

#[test]
fn a_pdf_header_within_the_first_kilobyte_is_named_when_nothing_else_matches() {
    let mut bytes = vec![b'x'; 900];
    bytes.extend(b"%PDF-1.4\n");
    assert_eq!(sniff(&bytes), Sniffed::Foreign(Foreign::Pdf));
    bytes.splice(..6, *b"GIF89a");
    assert_eq!(sniff(&bytes), Sniffed::Picture(Format::Gif));
}

#[test]
fn the_kind_of_the_error_tells_pictures_from_other_things() {
    let kind = |bytes: &[u8]| {
        let err = sniff(bytes).require_picture().unwrap_err();
        assert_eq!(err.stage(), Stage::Sniff);
        err.kind()
    };
    assert_eq!(kind(b"II*\0\x08\0\0\0"), Kind::Unsupported);
    assert_eq!(kind(b"<svg/>"), Kind::Refused);
    assert_eq!(kind(b"%PDF-1.7"), Kind::Refused);
    assert_eq!(kind(b"hello, world, this is text"), Kind::Unsupported);
    assert_eq!(kind(b"\x89PN"), Kind::Malformed);
    assert_eq!(kind(b""), Kind::Malformed);
}

#[test]
fn every_foreign_thing_has_its_own_name_and_phrase() {
    let mut names: Vec<_> = Foreign::ALL.iter().map(|foreign| foreign.name()).collect();
    let sorted = names.clone();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, sorted, "in alphabetical order, each once");
}

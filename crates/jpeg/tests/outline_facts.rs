//! What the outline tells, and what it refuses to tell.

use fic_core::{Budget, ColourModel, FindingKind, Kind, Limit, Limits, Orientation, Request, Stage};
use fic_jpeg::{Ending, Process, admit, outline};
use fic_testkit::bytes::jpeg::{JpegBytes, Part};

const GREY: &[(u8, u8)] = &[(1, 0x11)];

fn grey_after(start: JpegBytes) -> JpegBytes {
    start.tables().frame(0xC0, 16, 16, GREY).scan(&[Part::new(1)]).zero_blocks(4, 2)
}

fn three(start: JpegBytes, ids: [u8; 3]) -> Vec<u8> {
    let components = ids.map(|id| (id, 0x11));
    start.tables().frame(0xC0, 8, 8, &components).scan(&ids.map(Part::new)).zero_blocks(3, 2).end()
}

#[test]
fn tells_the_frame_the_scans_and_the_tables_without_decoding() {
    let bytes = JpegBytes::new()
        .jfif()
        .tables()
        .segment(0xDD, &[0, 2])
        .frame(0xC0, 33, 17, &[(1, 0x22), (2, 0x11), (3, 0x11)])
        .scan(&[Part::new(1), Part::new(2), Part::new(3)])
        .zero_blocks(12, 2)
        .restart(0)
        .zero_blocks(12, 2)
        .restart(1)
        .zero_blocks(12, 2)
        .end();
    let outline = outline(&bytes).unwrap();
    let frame = outline.frame();
    assert_eq!((frame.process, frame.precision, frame.process.name()), (Process::Baseline, 8, "baseline"));
    assert_eq!((frame.width.get(), frame.height.get(), frame.components().len()), (33, 17, 3));
    assert_eq!((outline.restart_markers(), outline.block_scans(), outline.table_bytes()), (2, 36, 103));
    assert_eq!((outline.ending(), outline.problem(), outline.has_jfif()), (Ending::Eoi, None, true));
    let scans: Vec<_> = outline.scans(&bytes).collect();
    assert_eq!(scans.len(), 1);
    assert_eq!((scans[0].header.components().len(), scans[0].header.last), (3, 63));
    assert_eq!((scans[0].tables.restart_interval, scans[0].data.restarts), (2, 2));
    assert!(outline.header().findings.is_empty());
}

#[test]
fn goes_by_libjpegs_rules_for_colour() {
    let colour = |bytes: &[u8]| outline(bytes).unwrap().header().colour;
    let new = JpegBytes::new;
    assert_eq!(colour(&three(new(), [1, 2, 3])), ColourModel::YCbCr);
    assert_eq!(colour(&three(new(), *b"RGB")), ColourModel::Rgb);
    assert_eq!(colour(&three(new().jfif(), *b"RGB")), ColourModel::YCbCr);
    assert_eq!(colour(&three(new().adobe(0), [1, 2, 3])), ColourModel::Rgb);
    assert_eq!(colour(&three(new().adobe(1), *b"RGB")), ColourModel::YCbCr);
    assert_eq!(colour(&three(new(), [0, 7, 99])), ColourModel::YCbCr);
    let both = three(new().jfif().adobe(0), [1, 2, 3]);
    assert_eq!(colour(&both), ColourModel::YCbCr);
    assert!(outline(&both).unwrap().header().findings.has(FindingKind::ContradictoryHeader));
}

#[test]
fn tells_a_file_that_will_not_be_decoded_all_the_same() {
    let bytes = JpegBytes::new().frame_of_precision(0xC3, 12, 640, 480, GREY).scan(&[Part::new(1)]).end();
    let told = outline(&bytes).unwrap();
    assert_eq!((told.header().width.get(), told.header().bit_depth), (640, 12));
    assert_eq!(told.frame().process.name(), "lossless");
    let err = admit(&bytes, &told, &Request::full(), &Limits::untrusted()).unwrap_err();
    assert_eq!((err.kind(), err.stage()), (Kind::Unsupported, Stage::Admit));
    assert_eq!(err.to_string(), "lossless coding (SOF3) is not decoded");
}

#[test]
fn reads_the_first_exif_segment_only() {
    let tiff =
        |value: u8| [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[value, 0, 0]].concat();
    let bytes = grey_after(JpegBytes::new().exif(&tiff(6)).exif(&tiff(3))).end();
    let outline = outline(&bytes).unwrap();
    assert_eq!(outline.header().orientation, Orientation::Rotate90);
    assert!(outline.header().findings.has(FindingKind::Metadata));
    assert_eq!(outline.exif().unwrap().of(&bytes), tiff(6));
}

#[test]
fn refuses_what_is_no_jpeg_behind_its_first_bytes() {
    for bytes in [
        &b""[..],
        b"\xFF",
        b"\xFF\xD8",
        b"\xFF\xD8\x89PNG\r\n\x1A\n\0\0\0\rIHDR",
        b"\xFF\xD8<html>",
        b"\xFF\xD8\xFF",
        b"\xFF\xD8\xFF\xD9",
        b"\xFF\xD8\xFF\xD8\xFF\xD8",
    ] {
        let err = outline(bytes).unwrap_err();
        assert_eq!((err.kind(), err.stage()), (Kind::Malformed, Stage::Outline), "{bytes:?}");
    }
}

#[test]
fn says_where_it_stumbled() {
    let bytes = grey_after(JpegBytes::new().huffman(0x11, &[3], &[0, 1, 2])).end();
    let err = outline(&bytes).unwrap_err();
    assert_eq!(err.to_string(), "Huffman table has more codes than fit at byte 2");
}

#[test]
fn forgives_junk_between_segments_an_unknown_segment_and_a_missing_end() {
    let junk = grey_after(JpegBytes::new().jfif().raw(b"junk")).end();
    let unknown = grey_after(JpegBytes::new().segment(0xF7, b"extension")).end();
    let no_end = grey_after(JpegBytes::new()).finish();
    let padded = [grey_after(JpegBytes::new()).end(), vec![0; 9]].concat();
    for (bytes, kind) in [
        (&junk, FindingKind::JunkBetweenChunks),
        (&unknown, FindingKind::UnknownChunk),
        (&no_end, FindingKind::MissingEnd),
        (&padded, FindingKind::TrailingBytes),
    ] {
        let told = outline(bytes).unwrap();
        assert!(told.header().findings.has(kind), "{kind:?}");
        admit(bytes, &told, &Request::full(), &Limits::untrusted()).unwrap();
    }
    assert_eq!(outline(&padded).unwrap().header().trailing_bytes, 9);
    assert_eq!(outline(&junk).unwrap().header().metadata_bytes, 4);
}

#[test]
fn a_profile_over_its_limit_is_an_error_of_that_name() {
    let bytes = grey_after(JpegBytes::new().icc(2, 2, b"ile").icc(1, 2, b"prof")).end();
    let told = outline(&bytes).unwrap();
    let limits = Limits::untrusted();
    let budget = Budget::new(&limits);
    let profile = told.icc(&bytes, &limits, &budget).unwrap().unwrap();
    assert_eq!((profile.as_slice(), told.icc_segments()), (&b"profile"[..], 2));
    let err = told.icc(&bytes, &limits.with_max_icc_bytes(6), &budget).unwrap_err();
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxIccBytes, allowed: 6, found: 7 }));
}

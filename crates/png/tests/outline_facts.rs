//! What the outline tells about a file that is in order.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fic_core::{ColourModel, FindingKind, Format, Orientation};
use fic_png::{Animation, ColourType, outline};
use fic_testkit::bytes::png::{FrameControl, GREY, PALETTE, PngBytes, RGB};

const EXIF_ROTATE_90: &[u8] = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

#[test]
fn a_plain_picture_has_no_findings() {
    let file = PngBytes::new(30, 20, RGB, 16)
        .chunk(b"gAMA", &45_455_u32.to_be_bytes())
        .chunk(b"cHRM", &[1; 32])
        .chunk(b"sRGB", &[0])
        .chunk(b"pHYs", &[1; 9])
        .chunk(b"bKGD", &[0; 6])
        .idat_split(&[7; 100], 30)
        .iend();
    let outline = outline(file.as_slice()).unwrap();
    let header = outline.header();
    assert_eq!((header.format, header.colour, header.bit_depth), (Format::Png, ColourModel::Rgb, 16));
    assert_eq!((header.width.get(), header.height.get(), header.frames, header.scans), (30, 20, 1, 1));
    assert!(header.findings.is_empty() && header.metadata_bytes == 0 && !header.has_alpha);
    assert_eq!((outline.image_data_chunks(), outline.image_data_bytes()), (4, 100));
    assert_eq!(outline.inflated_bytes(), 20 * (1 + 30 * 6));
    assert_eq!((outline.gamma(), outline.srgb_intent()), (Some(45_455), Some(0)));
    assert!(outline.has_chromaticities() && !outline.has_cicp());
}

#[test]
fn a_palette_and_its_transparency_are_counted_and_cut_to_what_the_depth_can_name() {
    let file = PngBytes::adam7(5, 5, PALETTE, 2)
        .chunk(b"PLTE", &[0; 30])
        .chunk(b"tRNS", &[0; 9])
        .idat(&[1, 2, 3])
        .iend();
    let outline = outline(file.as_slice()).unwrap();
    assert_eq!((outline.colour_type(), outline.palette_entries()), (ColourType::Palette, 4));
    assert!(outline.has_transparency_chunk() && outline.is_interlaced());
    assert!(outline.header().has_alpha && outline.header().scans == 7);
    assert!(outline.header().findings.has(FindingKind::SloppyLength));
}

#[test]
fn orientation_comes_from_the_first_exif_wherever_it_stands() {
    let start = || PngBytes::new(1, 1, GREY, 8);
    let before = start().chunk(b"eXIf", EXIF_ROTATE_90).idat(&[0]).iend();
    let behind = start().idat(&[0]).chunk(b"eXIf", EXIF_ROTATE_90).iend();
    let twice = start().chunk(b"eXIf", EXIF_ROTATE_90).idat(&[0]).chunk(b"eXIf", b"II*\0").iend();
    for file in [before, behind, twice] {
        let outline = outline(file.as_slice()).unwrap();
        assert_eq!(outline.header().orientation, Orientation::Rotate90);
        assert!(outline.header().findings.has(FindingKind::Metadata));
    }
}

#[test]
fn an_animation_is_counted_and_a_default_image_apart_is_not() {
    let frame = FrameControl { width: 4, height: 4, ..FrameControl::default() };
    let within =
        PngBytes::new(4, 4, GREY, 8).actl(2, 7).fctl(frame).idat(&[0]).fctl(frame).fdat(2, &[0]).iend();
    let outlined = outline(within.as_slice()).unwrap();
    let wanted = Animation {
        declared_frames: Some(2),
        plays: 7,
        frame_controls: 2,
        frame_data_chunks: 1,
        starts_with_default_image: true,
        wild_frames: 0,
    };
    assert_eq!((outlined.animation(), outlined.header().frames), (wanted, 2));
    assert!(outlined.header().findings.has(FindingKind::Animation));

    let apart = PngBytes::new(4, 4, GREY, 8).actl(1, 0).idat(&[0]).fctl(frame).fdat(1, &[0]).iend();
    let outlined = outline(apart.as_slice()).unwrap();
    assert!(!outlined.animation().starts_with_default_image && outlined.header().frames == 1);
    assert!(outlined.header().findings.has(FindingKind::Animation), "there is a frame that is not decoded");
}

#[test]
fn carriers_are_counted_with_their_framing() {
    let file = PngBytes::new(1, 1, GREY, 8)
        .chunk(b"tEXt", &[b'k'; 10])
        .chunk(b"prVt", &[0; 100])
        .chunk(b"sRGB", &[0; 50])
        .idat(&[0])
        .iend()
        .raw(&[0; 9]);
    let outline = outline(file.as_slice()).unwrap();
    assert_eq!(outline.header().metadata_bytes, 3 * 12 + 10 + 100 + 50);
    assert_eq!(outline.header().trailing_bytes, 9);
    let kinds: Vec<_> = outline.header().findings.iter().map(|finding| finding.kind).collect();
    let wanted = [
        FindingKind::Metadata,
        FindingKind::SloppyLength,
        FindingKind::TrailingBytes,
        FindingKind::UnknownChunk,
    ];
    assert_eq!(kinds, wanted);
}

#[test]
fn errors_say_what_and_where() {
    let file = PngBytes::new(1, 1, PALETTE, 8).chunk(b"PLTE", &[0; 7]).idat(&[0]).iend();
    let err = outline(file.as_slice()).unwrap_err();
    assert_eq!(err.to_string(), "PLTE is not 1 to 256 whole entries (found 7) at byte 33");
    assert_eq!(outline(b"GIF89a").unwrap_err().to_string(), "no PNG signature at byte 0");
}

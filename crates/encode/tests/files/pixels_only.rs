//! The files hold pixels and nothing else.

use crate::pictures::{CONTENTS, Content, LAYOUTS, picture};
use fic_core::{Budget, Limits, PixelLayout, Reader};
use fic_encode::{Encoding, Subsampling, encode};

fn file(encoding: Encoding, layout: PixelLayout, content: Content) -> Vec<u8> {
    let budget = Budget::new(&Limits::untrusted());
    encode(&picture(content, layout, 61, 43), encoding, &budget).unwrap().into_vec()
}

/// The markers up to the end, entropy-coded data skipped.
fn jpeg_markers(file: &[u8]) -> Vec<u8> {
    let mut reader = Reader::new(file);
    let mut markers = Vec::new();
    while let Some(byte) = reader.u8() {
        assert_eq!(byte, 0xff, "a marker at {}", reader.position());
        let marker = reader.u8().unwrap();
        markers.push(marker);
        match marker {
            0xd8 => {}
            0xd9 => break,
            _ => {
                let len = usize::from(reader.u16_be().unwrap()) - 2;
                assert_eq!(reader.skip(len), len);
            }
        }
        if marker == 0xda {
            while !matches!(reader.rest(), [0xff, next, ..] if *next != 0) {
                reader.skip(1);
            }
        }
    }
    assert!(reader.is_at_end(), "nothing after the end");
    markers
}

#[test]
fn a_jpeg_has_a_jfif_header_tables_a_frame_and_one_scan() {
    for layout in [PixelLayout::Gray, PixelLayout::Rgb] {
        for subsampling in [Subsampling::S420, Subsampling::S444] {
            let file = file(Encoding::Jpeg { quality: 80, subsampling }, layout, Content::Noise);
            let mut markers = jpeg_markers(&file);
            assert_eq!((markers.first(), markers.last()), (Some(&0xd8), Some(&0xd9)));
            assert_eq!(&file[6..11], b"JFIF\0");
            let count = |marker| markers.iter().filter(|m| **m == marker).count();
            assert_eq!((count(0xe0), count(0xc0), count(0xda)), (1, 1, 1));
            markers.retain(|marker| !matches!(marker, 0xd8 | 0xe0 | 0xdb | 0xc4 | 0xc0 | 0xda | 0xd9));
            assert!(markers.is_empty(), "{layout:?}: {markers:?}");
        }
    }
}

#[test]
fn a_png_has_no_ancillary_chunk() {
    for layout in LAYOUTS {
        for content in CONTENTS {
            let file = file(Encoding::Png, layout, content);
            let mut reader = Reader::at(&file, 8);
            let mut names = Vec::new();
            while let Some(len) = reader.u32_be() {
                names.push(*reader.array::<4>().unwrap());
                reader.skip(len as usize + 4);
            }
            names.dedup();
            assert_eq!(names, [*b"IHDR", *b"IDAT", *b"IEND"], "{layout:?} {content:?}");
        }
    }
}

#[test]
fn a_webp_is_one_vp8l_chunk() {
    for layout in LAYOUTS {
        for content in CONTENTS {
            let file = file(Encoding::WebPLossless, layout, content);
            let mut reader = Reader::new(&file);
            assert_eq!(reader.array(), Some(b"RIFF"));
            assert_eq!(reader.u32_le(), Some(file.len() as u32 - 8));
            assert_eq!((reader.array(), reader.array()), (Some(b"WEBP"), Some(b"VP8L")));
            assert_eq!(reader.u32_le().map(|len| len.next_multiple_of(2)), Some(file.len() as u32 - 20));
        }
    }
}

#[test]
fn the_same_pixels_make_the_same_bytes() {
    for encoding in [
        Encoding::Jpeg { quality: 80, subsampling: Subsampling::S420 },
        Encoding::Png,
        Encoding::WebPLossless,
    ] {
        let make = || file(encoding, PixelLayout::Rgb, Content::Smooth);
        assert_eq!(make(), make());
    }
}

//! What was encoded decodes to what it was: exactly for PNG and WebP, closely for JPEG.

use std::io::Cursor;

use crate::pictures::{CONTENTS, Content, LAYOUTS, picture};
use fic_core::{Budget, Kind, Limit, Limits, PixelBuf, PixelLayout};
use fic_encode::{Encoding, Subsampling, encode};
use fic_testkit::compare::difference;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

const SIZES: [(u32, u32); 6] = [(1, 1), (3, 2), (16, 16), (61, 43), (300, 5), (1, 257)];
const JPEG: Encoding = Encoding::Jpeg { quality: 90, subsampling: Subsampling::S444 };

fn encoded(pixels: &PixelBuf, encoding: Encoding) -> Vec<u8> {
    encode(pixels, encoding, &Budget::new(&Limits::trusted())).unwrap().into_vec()
}

fn each_picture(mut check: impl FnMut(Content, PixelLayout, &PixelBuf)) {
    for layout in LAYOUTS {
        for (width, height) in SIZES {
            for content in CONTENTS {
                check(content, layout, &picture(content, layout, width, height));
            }
        }
    }
}

#[test]
fn png_is_exact_for_every_layout() {
    each_picture(|content, layout, pixels| {
        let file = encoded(pixels, Encoding::Png);
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
        let mut out = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut out).unwrap();
        let color = match layout {
            PixelLayout::Gray => png::ColorType::Grayscale,
            PixelLayout::GrayAlpha => png::ColorType::GrayscaleAlpha,
            PixelLayout::Rgba => png::ColorType::Rgba,
            _ => png::ColorType::Rgb,
        };
        assert_eq!((info.width, info.height, info.color_type), (pixels.width(), pixels.height(), color));
        assert!(out == pixels.as_bytes(), "{content:?} {layout:?}");
    });
}

#[test]
fn webp_is_exact_for_every_layout() {
    each_picture(|content, layout, pixels| {
        let file = encoded(pixels, Encoding::WebPLossless);
        let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).unwrap();
        assert_eq!(decoder.dimensions(), (pixels.width(), pixels.height()));
        assert_eq!(decoder.has_alpha(), layout.has_alpha());
        let mut out = vec![0; decoder.output_buffer_size().unwrap()];
        decoder.read_image(&mut out).unwrap();
        let expected: Vec<u8> = match layout {
            PixelLayout::Gray => pixels.as_bytes().iter().flat_map(|&luma| [luma; 3]).collect(),
            PixelLayout::GrayAlpha => pixels
                .as_bytes()
                .as_chunks()
                .0
                .iter()
                .flat_map(|&[luma, alpha]| [luma, luma, luma, alpha])
                .collect(),
            _ => pixels.as_bytes().to_vec(),
        };
        assert!(out == expected, "{content:?} {layout:?}");
    });
}

#[test]
fn jpeg_is_close_and_keeps_grey_grey() {
    for (width, height) in SIZES {
        for (layout, space, channels) in
            [(PixelLayout::Gray, ColorSpace::Luma, 1), (PixelLayout::Rgb, ColorSpace::RGB, 3)]
        {
            let pixels = picture(Content::Smooth, layout, width, height);
            let options = DecoderOptions::default().jpeg_set_out_colorspace(space);
            let file = Cursor::new(encoded(&pixels, JPEG));
            let mut decoder = zune_jpeg::JpegDecoder::new_with_options(file, options);
            let out = decoder.decode().unwrap();
            let info = decoder.info().unwrap();
            let found = (u32::from(info.width), u32::from(info.height), info.components);
            assert_eq!(found, (width, height, channels));
            let found = difference(&out, pixels.as_bytes());
            assert!(found.psnr > 40.0, "{layout:?} {width}x{height}: {found:?}");
        }
    }
}

#[test]
fn a_lower_quality_makes_a_smaller_file() {
    let pixels = picture(Content::Smooth, PixelLayout::Rgb, 200, 150);
    let len = |quality, subsampling| encoded(&pixels, Encoding::Jpeg { quality, subsampling }).len();
    let lens: Vec<_> = [1, 30, 60, 80, 95, 100].map(|quality| len(quality, Subsampling::S444)).to_vec();
    assert!(lens.is_sorted(), "{lens:?}");
    assert!(len(80, Subsampling::S420) < len(80, Subsampling::S444));
}

#[test]
fn png_does_not_let_a_drawing_grow_or_noise_expand() {
    let drawn = picture(Content::Drawn, PixelLayout::Rgb, 256, 256);
    assert!(encoded(&drawn, Encoding::Png).len() < drawn.as_bytes().len() / 40);
    let noise = picture(Content::Noise, PixelLayout::Rgb, 256, 256);
    assert!(encoded(&noise, Encoding::Png).len() < noise.as_bytes().len() + 1000);
}

#[test]
fn refuses_what_the_encoding_cannot_hold() {
    let budget = Budget::new(&Limits::trusted());
    let misuse = |layout, size: (u32, u32), encoding| {
        let pixels = PixelBuf::zeroed(layout, size.0, size.1, &budget).unwrap();
        let err = encode(&pixels, encoding, &budget).unwrap_err();
        assert_eq!(err.kind(), Kind::Misuse, "{layout:?} {size:?} {encoding:?}: {err}");
    };
    misuse(PixelLayout::Rgba, (4, 4), JPEG);
    misuse(PixelLayout::GrayAlpha, (4, 4), JPEG);
    misuse(PixelLayout::Rgb, (65_536, 1), JPEG);
    misuse(PixelLayout::Rgb, (1, 65_536), JPEG);
    misuse(PixelLayout::Rgb, (4, 4), Encoding::Jpeg { quality: 0, subsampling: Subsampling::S420 });
    misuse(PixelLayout::Rgb, (4, 4), Encoding::Jpeg { quality: 101, subsampling: Subsampling::S420 });
    misuse(PixelLayout::Rgb, (16_384, 1), Encoding::WebPLossless);
    misuse(PixelLayout::Rgb, (1, 16_384), Encoding::WebPLossless);
    for encoding in [JPEG, Encoding::Png, Encoding::WebPLossless] {
        misuse(PixelLayout::Cmyk, (4, 4), encoding);
        misuse(PixelLayout::Rgb, (0, 4), encoding);
        misuse(PixelLayout::Rgb, (4, 0), encoding);
    }
}

#[test]
fn the_widest_that_each_encoding_holds_is_encoded() {
    for (size, encoding) in [
        ((65_535, 1), JPEG),
        ((1, 65_535), JPEG),
        ((16_383, 1), Encoding::WebPLossless),
        ((1, 16_383), Encoding::WebPLossless),
        ((100_000, 1), Encoding::Png),
    ] {
        let budget = Budget::new(&Limits::trusted());
        let pixels = PixelBuf::zeroed(PixelLayout::Gray, size.0, size.1, &budget).unwrap();
        encode(&pixels, encoding, &budget).unwrap();
    }
}

#[test]
fn a_budget_too_small_is_the_limit_that_it_names() {
    let pixels = picture(Content::Noise, PixelLayout::Rgb, 300, 300);
    for encoding in [JPEG, Encoding::Png, Encoding::WebPLossless] {
        for bytes in [100, 50_000, 150_000] {
            let budget = Budget::new(&Limits::untrusted().with_max_heap_bytes(bytes));
            let err = encode(&pixels, encoding, &budget).unwrap_err();
            let found = err.kind();
            assert!(matches!(found, Kind::Limit { limit: Limit::MaxHeapBytes, .. }), "{encoding:?}: {err:?}");
            assert_eq!(budget.held_bytes(), 0);
        }
    }
}

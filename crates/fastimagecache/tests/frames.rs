//! A recipe may ask for a later frame of an animation: the same in both formats that have them, and a mistake elsewhere.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use fastimagecache::{Kind, Recipe, Thumbnailer};
use fic_testkit::bytes::gif::{GifBytes, Image};
use fic_testkit::bytes::webp::{Vp8lBytes, WebpBytes, flags};
use fic_testkit::valid;

const COLOURS: [[u8; 3]; 4] = [[250, 10, 20], [30, 240, 40], [50, 60, 230], [0; 3]];

/// A red picture of 8 x 8; a green square on it, cleared away before a blue one elsewhere.
fn gif() -> Vec<u8> {
    let square = |index: u8| Image::new(4, 4).pixels(&[index; 16]);
    GifBytes::new(8, 8)
        .global_table(&COLOURS)
        .image(Image::new(8, 8).pixels(&[0; 64]))
        .graphic_control(2, None)
        .image(square(1))
        .image(square(2).at(4, 4))
        .trailer()
        .finish()
}

fn webp() -> Vec<u8> {
    let solid = |side: u32, index: usize| {
        let [r, g, b] = COLOURS[index];
        WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid_rgba(side, side, [r, g, b, 255]))
    };
    WebpBytes::new()
        .vp8x(flags::ANIMATION | flags::ALPHA, 8, 8)
        .anim()
        .frame(0, 0, 8, 8, solid(8, 0))
        .frame_with(1, 0, 0, 4, 4, solid(4, 1))
        .frame(4, 4, 4, 4, solid(4, 2))
        .finish()
}

#[test]
fn a_frame_looks_the_same_in_both_formats_and_at_the_output() {
    let thumbnailer = Thumbnailer::default();
    for number in 0..3 {
        let recipe = Recipe::within(8, 8).with_frame(number);
        let alpha = |bytes: &[u8], channels| bytes.chunks(channels).filter(|p| p.get(3) == Some(&0)).count();
        let colours = [gif(), webp()].map(|file| {
            let buffer = thumbnailer.pixels(&file, &recipe).unwrap().buffer;
            let channels = buffer.layout().channels();
            assert_eq!(alpha(buffer.as_bytes(), channels), if number == 2 { 16 } else { 0 });
            let colours = buffer.as_bytes().chunks(channels).map(|pixel| pixel[..3].to_vec());
            colours.collect::<Vec<_>>()
        });
        assert_eq!(colours[0], colours[1], "frame {number}");
        let shown = if number == 2 { COLOURS[2] } else { COLOURS[0] };
        assert_eq!(colours[0][63], shown, "frame {number}");
    }
}

#[test]
fn a_picture_without_that_frame_is_refused_as_the_callers_mistake() {
    let thumbnailer = Thumbnailer::default();
    let one_frame = ["samples/garden.jpg", "valid/webp/lossy_3x3.webp"]
        .map(|name| std::fs::read(valid::corpus().join(name)).unwrap());
    let png = valid::files("png").into_iter().find(|file| file.frames == 1).unwrap().bytes();
    for (file, last) in
        one_frame.into_iter().chain([png]).map(|file| (file, 0)).chain([(gif(), 2), (webp(), 2)])
    {
        let err = thumbnailer.thumbnail(&file, &Recipe::within(8, 8).with_frame(last + 1)).unwrap_err();
        assert_eq!(err.kind(), Kind::Misuse, "{err}");
        assert!(err.to_string().ends_with(&format!("(found {}, allowed {last})", last + 1)), "{err}");
        thumbnailer.thumbnail(&file, &Recipe::within(8, 8).with_frame(last)).unwrap();
    }
    let animated_png = valid::files("png").into_iter().find(|file| file.frames > 1).unwrap().bytes();
    let err = thumbnailer.thumbnail(&animated_png, &Recipe::within(8, 8).with_frame(1)).unwrap_err();
    assert_eq!(err.kind(), Kind::Unsupported, "{err}");
}

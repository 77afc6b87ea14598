//! Pixels, band by band, the picture not kept: full size of every picture, and the scales of JPEG.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use fic_bench::{Decoded, Picture, Side, at_least, decode, for_each_band, psnr, second_opinion};
use fic_core::{Budget, Format, Limits, PixelBuf, PixelLayout, Request};

const LIMITS: Limits = Limits::trusted();

#[divan::bench(args = Picture::ALL, max_time = 2)]
fn full(bencher: Bencher<'_, '_>, picture: Picture) {
    let ours = decoded(picture, &Request::full());
    let theirs = second_opinion(picture.file(), picture.format());
    assert_eq!((ours.width, ours.height), picture.size());
    match picture.format() {
        // Their inverse transform and their upsampling round differently.
        Format::Jpeg => assert!(psnr(&ours.bytes, &theirs) > 40.0),
        // Their upsampling of a lossy WebP is not ours.
        Format::WebP => assert!(psnr(&ours.bytes, &theirs) > 30.0),
        Format::Gif | Format::Png => assert_eq!(ours.bytes, theirs),
    }
    bench(bencher, picture, Request::full());
}

#[divan::bench(args = [1, 2, 4, 8], max_time = 2)]
fn baseline_12mp_scaled_down_by(bencher: Bencher<'_, '_>, denominator: u32) {
    scaled(bencher, Picture::Jpeg(Side::TwelveMegapixels), denominator);
}

#[divan::bench(args = [1, 2, 4, 8], max_time = 2)]
fn progressive_12mp_scaled_down_by(bencher: Bencher<'_, '_>, denominator: u32) {
    scaled(bencher, Picture::JpegProgressive(Side::TwelveMegapixels), denominator);
}

fn scaled(bencher: Bencher<'_, '_>, picture: Picture, denominator: u32) {
    let (width, height) = picture.size();
    let request = at_least(width, height, denominator);
    let small = decoded(picture, &request);
    assert_eq!((small.width, small.height), (width / denominator, height / denominator));
    let whole = decoded(picture, &Request::full());
    assert!(psnr(&small.bytes, &averaged(whole, denominator)) > 30.0);
    bench(bencher, picture, request);
}

fn bench(bencher: Bencher<'_, '_>, picture: Picture, request: Request) {
    let file = picture.file();
    bencher.counter(BytesCount::new(file.len())).counter(ItemsCount::new(picture.pixels())).bench(|| {
        for_each_band(black_box(file), &request, &LIMITS, |band| {
            black_box(band.bytes);
        })
    });
}

fn decoded(picture: Picture, request: &Request) -> Decoded {
    let mut pixels = Decoded::default();
    decode(picture.file(), request, &LIMITS, &mut pixels).expect("a picture");
    pixels
}

/// The mean of each square of `side` by `side` pixels.
fn averaged(picture: Decoded, side: u32) -> Vec<u8> {
    let Decoded { width, height, channels, bytes } = picture;
    assert_eq!(channels, PixelLayout::Rgb.channels());
    let budget = Budget::new(&LIMITS);
    let pixels = PixelBuf::from_parts(PixelLayout::Rgb, width, height, bytes, None).expect("whole rows");
    let mut shrink =
        fic_resize::Shrink::new(PixelLayout::Rgb, (width, height), (side, side), &budget).expect("a factor");
    shrink.push(fic_core::Band { first_row: 0, bytes: pixels.as_bytes() }).expect("all rows");
    shrink.finish().expect("all rows").into_bytes()
}

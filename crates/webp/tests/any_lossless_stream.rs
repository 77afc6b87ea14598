//! Lossless streams that encoders seldom make, held against a decoder by others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use std::io::Cursor;

use fic_core::{Bands, Budget, Error, Limits, Request};
use fic_testkit::bytes::vp8l::{Pairs, any_picture, any_picture_of_cached_groups};
use fic_testkit::bytes::webp::{Vp8lBytes, WebpBytes};
use fic_testkit::heap::measure;

fn ours(input: &[u8]) -> Result<Vec<u8>, Error> {
    let limits = Limits::untrusted();
    let outline = fic_webp::outline(input)?;
    let admitted = fic_webp::admit(input, &outline, &Request::full(), &limits)?;
    let predicted = admitted.cost().peak_heap;
    let mut pixels = Vec::with_capacity(1 << 16);
    let (decoded, heap) = measure(|| {
        let mut decoder = fic_webp::open(admitted, &Budget::new(&limits))?;
        while let Some(band) = decoder.next_band()? {
            if pixels.len() + band.bytes.len() <= pixels.capacity() {
                pixels.extend_from_slice(band.bytes);
            }
        }
        Ok(())
    });
    assert!(heap <= predicted, "{heap} bytes of heap, predicted {predicted}");
    decoded.map(|()| pixels)
}

fn theirs(input: &[u8]) -> Vec<u8> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(input)).unwrap();
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut pixels).unwrap();
    pixels
}

/// A picture by its number; from 600 on with pairs of symbols in any order.
fn file(number: u64) -> Vec<u8> {
    let (width, height) = size(number);
    let pairs = if number < 600 { Pairs::Rising } else { Pairs::AnyOrder };
    WebpBytes::new().chunk(b"VP8L", &any_picture(number, width, height, pairs)).finish()
}

/// Sizes up to 70 by 50, of every parity.
fn size(number: u64) -> (u32, u32) {
    (1 + (number * 31 % 70) as u32, 1 + (number * 17 % 50) as u32)
}

/// Those of which image-webp 0.2.4 makes other pixels than libwebp.
#[rustfmt::skip]
const OTHERWISE: [u64; 32] = [
    54, 84, 87, 92, 144, 161, 175, 180, 188, 223, 267, 279, 284, 285, 287, 293, 299, 318, 321, 330, 335, 346, 352,
    356, 395, 449, 468, 511, 517, 527, 536, 590,
];

#[test]
fn another_decoder_makes_the_same_pixels_but_where_it_differs_from_libwebp_too() {
    let mut otherwise = Vec::new();
    for number in 0..600 {
        let file = file(number);
        if ours(&file).unwrap_or_else(|err| panic!("picture {number}: {err}")) != theirs(&file) {
            otherwise.push(number);
        }
    }
    assert_eq!(otherwise, OTHERWISE);
}

/// The CRC-32 of the pixels that libwebp 1.2.4 (`dwebp -pam`) makes of all 1,500, one after the other.
const LIBWEBP: u32 = 0x6b30_3f06;

#[test]
fn fifteen_hundred_streams_have_the_pixels_of_libwebp() {
    let mut crc = crc32fast::Hasher::new();
    for number in 0..1_500 {
        crc.update(&ours(&file(number)).unwrap_or_else(|err| panic!("picture {number}: {err}")));
    }
    assert_eq!(crc.finalize(), LIBWEBP);
}

/// The CRC-32 of the pixels that libwebp 1.2.4 makes of all 600.
const LIBWEBP_CACHED_GROUPS: u32 = 0x255e_70dc;

#[test]
fn blocks_whose_groups_come_from_the_cache_have_the_pixels_of_libwebp() {
    let mut crc = crc32fast::Hasher::new();
    for number in 0..600 {
        let (width, height) = size(number);
        let picture = any_picture_of_cached_groups(number, width, height);
        let file = WebpBytes::new().chunk(b"VP8L", &picture).finish();
        crc.update(&ours(&file).unwrap_or_else(|err| panic!("picture {number}: {err}")));
    }
    assert_eq!(crc.finalize(), LIBWEBP_CACHED_GROUPS);
}

#[test]
fn a_place_of_the_cache_where_nothing_was_put_names_group_0() {
    let groups = [[20, 10, 30, 255, 0], [120, 110, 130, 255, 0]];
    // A picture of two blocks: the green code of their own picture, then their two symbols.
    let file = |green: &[u8], symbols: u32, groups: &[[u32; 5]]| {
        let blocks = Vp8lBytes::new(8, 4).end_of_transforms().no_cache().groups(2).cache(1).code(green);
        let blocks = [0, 0, 255, 0].into_iter().fold(blocks, Vp8lBytes::single).put(symbols, 2);
        let picture = groups.iter().fold(blocks, |blocks, group| blocks.singles(*group)).finish();
        WebpBytes::new().chunk(b"VP8L", &picture).finish()
    };
    let (low, high) = ([10, 20, 30].repeat(4), [110, 120, 130].repeat(4));
    let mut green = [0; 282];
    // Nothing but the cache: both blocks have group 0, and no bit is read for them.
    green[280] = 1;
    green[281] = 1;
    assert_eq!(ours(&file(&green, 0b10, &groups[..1])).unwrap(), low.repeat(8));
    // Place 0, then the literal 1, which comes first in the code.
    (green[1], green[281]) = (1, 0);
    assert_eq!(ours(&file(&green, 0b01, &groups)).unwrap(), [low, high].concat().repeat(4));
}

#[test]
fn predictors_are_numbered_by_four_bits_and_the_last_two_are_black() {
    let picture = |green: u32| {
        // Twice the same symbol is one, and as many bits whichever it is.
        let stream = Vp8lBytes::new(2, 2).block_transform(0, 2).no_cache().pair(green, green);
        let stream = [0, 0, 255, 0].into_iter().fold(stream, Vp8lBytes::single);
        let stream = stream.end_of_transforms().no_cache().one_group();
        let stream = stream.singles([3, 5, 9, 200, 0]).finish();
        ours(&WebpBytes::new().chunk(b"VP8L", &stream).finish()).unwrap()
    };
    // The top left pixel, its right and lower neighbours; then black below the second, or the pixel to the left.
    let first = [[5, 3, 9], [10, 6, 18], [10, 6, 18]].concat();
    for green in [0, 14, 15, 16, 30, 254] {
        assert_eq!(picture(green), [&first[..], &[5, 3, 9]].concat(), "{green}");
    }
    assert_eq!(picture(17), [&first[..], &[15, 9, 27]].concat());
}

#[test]
fn any_bit_that_changes_gives_an_error_or_a_picture() {
    for number in 0..40 {
        let (width, height) = size(number);
        let picture = any_picture(number, width, height, Pairs::AnyOrder);
        for at in (5..picture.len()).step_by(1 + picture.len() / 200) {
            let mut picture = picture.clone();
            picture[at] ^= 1 << (at % 8);
            let _ = ours(&WebpBytes::new().chunk(b"VP8L", &picture).finish());
            picture.truncate(at);
            let _ = ours(&WebpBytes::new().chunk(b"VP8L", &picture).finish());
        }
    }
}

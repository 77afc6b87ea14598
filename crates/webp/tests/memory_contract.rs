//! What admission predicts is never less than what decoding holds, and for ordinary pictures hardly more.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Kind, Limit, Limits, Request};
use fic_testkit::bytes::webp::{BoolBytes, Vp8Header, Vp8lBytes, WebpBytes, flags};
use fic_testkit::heap::measure;

/// Predicted and measured heap.
fn heap(input: &[u8]) -> (u64, u64) {
    let limits = Limits::untrusted();
    let outline = fic_webp::outline(input).unwrap();
    let admitted = fic_webp::admit(input, &outline, &Request::full(), &limits).unwrap();
    let (predicted, budget) = (admitted.cost().peak_heap, Budget::new(&limits));
    let (rows, measured) = measure(|| {
        let mut decoder = fic_webp::open(admitted, &budget).unwrap();
        let mut bands = 0;
        while decoder.next_band().unwrap().is_some() {
            bands += 1;
        }
        bands
    });
    assert!(rows > 0 && predicted >= budget.peak_bytes(), "held {} of {predicted}", budget.peak_bytes());
    (predicted, measured)
}

fn assert_close(input: &[u8]) {
    let (predicted, measured) = heap(input);
    assert!(predicted >= measured, "predicted {predicted}, measured {measured}");
    assert!(predicted * 2 <= measured * 3, "predicted {predicted}, measured {measured}");
}

/// Bytes without a pattern.
fn noise(len: usize) -> impl Iterator<Item = u8> {
    let mut state = 0x2545_f491_u32;
    (0..len).map(move |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    })
}

/// A lossy picture of noise: any bits decode to something, if there are enough of them.
fn lossy(width: u16, height: u16, log2_partitions: u32, last: &[u8]) -> Vec<u8> {
    let macroblocks = usize::from(width.div_ceil(16)) * usize::from(height.div_ceil(16));
    let mut first = BoolBytes::with_partitions(log2_partitions).finish();
    first.extend(noise(macroblocks * 24 + 2_000));
    let mut data = first.clone();
    let partition = macroblocks * 200;
    for _ in 1..1 << log2_partitions {
        data.extend(&(partition as u32).to_le_bytes()[..3]);
    }
    data.extend(noise(partition << log2_partitions));
    data.extend(last);
    Vp8Header::new(width, height, first.len() as u32).followed_by(&data)
}

#[test]
fn holds_for_lossy_pictures_of_any_number_of_partitions() {
    for log2_partitions in 0..4 {
        for last in [&[0; 4][..], &[0; 3], &[0; 2], &[0], &[7]] {
            let picture = lossy(400, 300, log2_partitions, last);
            assert_close(&WebpBytes::new().chunk(b"VP8 ", &picture).finish());
        }
    }
}

#[test]
fn holds_for_lossy_pictures_with_alpha() {
    let mut raw = vec![0];
    raw.extend(noise(400 * 300));
    let mut compressed = vec![1 | (3 << 2)];
    let stream = Vp8lBytes::headerless().end_of_transforms().no_cache().one_group().pair(0, 255);
    let stream = stream.single(0).single(0).single(0).single(0);
    compressed.extend((0..400 * 300 / 32 + 1).fold(stream, |stream, _| stream.put(0x9d3a_71c5, 32)).finish());
    for alpha in [raw, compressed] {
        let file = WebpBytes::new().vp8x(flags::ALPHA, 400, 300).chunk(b"ALPH", &alpha);
        assert_close(&file.chunk(b"VP8 ", &lossy(400, 300, 0, &[0])).finish());
    }
}

#[test]
fn holds_for_lossless_pictures_and_their_tables() {
    let size = 256;
    let stream = Vp8lBytes::new(size, size).block_transform(0, 2).no_cache().singles([11, 0, 0, 255, 0]);
    let stream = stream.block_transform(1, 3).no_cache().singles([1, 2, 3, 255, 0]).subtract_green();
    let stream = stream.end_of_transforms().cache(11).groups(4).no_cache().singles([11, 0, 0, 255, 0]);
    let lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15];
    let stream = (0..12 * 5).fold(stream, |stream, _| stream.code(&lengths));
    let stream = noise(1 << 18).fold(stream, |stream, byte| stream.put(byte.into(), 8));
    assert_close(&WebpBytes::new().chunk(b"VP8L", &stream.finish()).finish());
    assert_close(&WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid(500, 500)).finish());
}

#[test]
fn a_picture_without_copies_takes_a_few_rows_whatever_its_height() {
    let file = |width, height| WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid(width, height)).finish();
    let (predicted, measured) = heap(&file(16_384, 64));
    assert!(predicted >= measured && predicted < 2 << 20, "predicted {predicted}, measured {measured}");
    let limits = Limits::trusted();
    let file = file(16_384, 16_384);
    let outline = fic_webp::outline(&file).unwrap();
    let whole = fic_webp::admit(&file, &outline, &Request::full(), &limits).unwrap();
    assert_eq!(whole.cost().peak_heap, predicted);
}

#[test]
fn holds_for_a_small_frame_on_a_large_canvas() {
    let picture = WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid(64, 64));
    let file = WebpBytes::new().vp8x(flags::ANIMATION, 4_000, 4_000).anim().frame(100, 200, 64, 64, picture);
    let (predicted, measured) = heap(&file.finish());
    assert!(predicted >= measured && predicted < 1 << 19, "predicted {predicted}, measured {measured}");
}

#[test]
fn a_limit_one_byte_under_the_prediction_refuses_and_one_at_it_does_not() {
    let input = WebpBytes::new().chunk(b"VP8 ", &lossy(100, 100, 1, &[0])).finish();
    let (predicted, _) = heap(&input);
    let outline = fic_webp::outline(&input).unwrap();
    let admit = |bytes| {
        let limits = Limits::untrusted().with_max_heap_bytes(bytes);
        fic_webp::admit(&input, &outline, &Request::full(), &limits).map(drop)
    };
    admit(predicted).unwrap();
    let refused = admit(predicted - 1).unwrap_err();
    assert!(matches!(refused.kind(), Kind::Limit { limit: Limit::MaxHeapBytes, .. }), "{refused}");
}

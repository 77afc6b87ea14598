//! The rows are those that the decoder underneath gives when it does everything itself, for sizes of every parity.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use std::io::Cursor;

use fic_core::{Bands, Budget, Limits, Request};
use fic_testkit::bytes::webp::{BoolBytes, Vp8Header, WebpBytes, flags};
use proptest::prelude::*;

fn bands(input: &[u8]) -> Vec<u8> {
    let limits = Limits::untrusted();
    let outline = fic_webp::outline(input).unwrap();
    let admitted = fic_webp::admit(input, &outline, &Request::full(), &limits).unwrap();
    let mut decoder = fic_webp::open(admitted, &Budget::new(&limits)).unwrap();
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band().unwrap() {
        pixels.extend_from_slice(band.bytes);
    }
    pixels
}

fn whole(input: &[u8]) -> Vec<u8> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(input)).unwrap();
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut pixels).unwrap();
    pixels
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn noise_of_any_size_with_and_without_alpha(
        width in 1u16..70,
        height in 1u16..70,
        filter in 0u8..4,
        log2_partitions in 0u32..4,
        noise in prop::collection::vec(any::<u8>(), 40_000),
    ) {
        let mut first = BoolBytes::with_partitions(log2_partitions).finish();
        first.extend(&noise[..4_000]);
        let mut data = first.clone();
        // All partitions but the last are of the same size.
        let partition = (noise.len() - 4_000) >> log2_partitions;
        for _ in 1..1 << log2_partitions {
            data.extend(&(partition as u32).to_le_bytes()[..3]);
        }
        for partition in noise[4_000..].chunks(partition) {
            // No coder writes 255 first.
            data.push(partition[0].min(254));
            data.extend(&partition[1..]);
        }
        data.extend([0; 4]);
        let picture = Vp8Header::new(width, height, first.len() as u32).followed_by(&data);
        let opaque = WebpBytes::new().chunk(b"VP8 ", &picture).finish();
        prop_assert_eq!(bands(&opaque), whole(&opaque));
        let mut alpha = vec![filter << 2];
        alpha.extend(&noise[..usize::from(width) * usize::from(height)]);
        let (w, h) = (width.into(), height.into());
        let file = WebpBytes::new().vp8x(flags::ALPHA, w, h).chunk(b"ALPH", &alpha);
        let transparent = file.chunk(b"VP8 ", &picture).finish();
        prop_assert_eq!(bands(&transparent), whole(&transparent));
    }
}

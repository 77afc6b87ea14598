//! Sizes that contradict each other, VP8 headers and partitions (rows W03 to W08).

use fic_core::Limit;

use super::{ACCEPT, sample};
use crate::bytes::webp::{BoolBytes, VP8_16X16, VP8_64X64, Vp8Header, Vp8lBytes, WebpBytes, flags};
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    [picture_and_canvas(), frame_and_picture(), canvases(), frame_headers(), partitions()]
        .into_iter()
        .flatten()
        .collect()
}

/// A VP8 frame with a true first partition and a little data, whatever its size.
fn vp8(width: u16, height: u16) -> Vec<u8> {
    let first = BoolBytes::with_partitions(0).finish();
    let mut data = first.clone();
    data.extend([0; 16]);
    Vp8Header::new(width, height, first.len() as u32).followed_by(&data)
}

/// W03 and W04.
fn picture_and_canvas() -> Vec<Sample> {
    vec![
        sample(
            "W03",
            "vp8_16383x16383_on_canvas_16x16",
            "A canvas of 256 pixels around a lossy picture of 268 million.",
            Expect::Malformed,
            || WebpBytes::new().vp8x(0, 16, 16).chunk(b"VP8 ", &vp8(16_383, 16_383)).finish(),
        ),
        sample(
            "W03",
            "vp8_16383x16383_alone",
            "The same lossy picture without a canvas.",
            Expect::Limit(Limit::MaxPixels),
            || WebpBytes::new().chunk(b"VP8 ", &vp8(16_383, 16_383)).finish(),
        ),
        sample(
            "W03",
            "vp8_one_column_more_than_canvas",
            "A canvas one column narrower than its lossy picture.",
            Expect::Malformed,
            || WebpBytes::new().vp8x(0, 15, 16).chunk(b"VP8 ", VP8_16X16).finish(),
        ),
        sample(
            "W04",
            "vp8l_16384x16384_on_canvas_16x16",
            "A canvas of 256 pixels around a lossless picture of 268 million.",
            Expect::Malformed,
            || {
                let stream = Vp8lBytes::solid(16_384, 16_384);
                WebpBytes::new().vp8x(0, 16, 16).chunk(b"VP8L", &stream).finish()
            },
        ),
    ]
}

/// W05.
fn frame_and_picture() -> Vec<Sample> {
    let animation = |inside: WebpBytes| {
        let flags = flags::ANIMATION | flags::ALPHA;
        WebpBytes::new().vp8x(flags, 64, 64).anim().frame(0, 0, 16, 16, inside).finish()
    };
    let raw_alpha = |pixels: usize| {
        let mut alpha = vec![0];
        alpha.resize(pixels + 1, 255);
        alpha
    };
    vec![
        sample(
            "W05",
            "frame_16x16_with_alpha_and_vp8_64x64",
            "A frame of 16 x 16 with alpha for it and a lossy picture of 64 x 64.",
            Expect::Malformed,
            move || animation(WebpBytes::new().chunk(b"ALPH", &raw_alpha(256)).chunk(b"VP8 ", VP8_64X64)),
        ),
        sample(
            "W05",
            "frame_16x16_with_alpha_of_64x64",
            "The same with alpha for the larger picture.",
            Expect::Malformed,
            move || animation(WebpBytes::new().chunk(b"ALPH", &raw_alpha(4_096)).chunk(b"VP8 ", VP8_64X64)),
        ),
        sample(
            "W05",
            "frame_16x16_with_vp8l_16384x16384",
            "A frame of 16 x 16 with a lossless picture of 268 megapixels.",
            Expect::Malformed,
            move || animation(WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid(16_384, 16_384))),
        ),
    ]
}

/// W06.
fn canvases() -> Vec<Sample> {
    let animation = |width, height| {
        let inside = WebpBytes::new().chunk(b"VP8 ", VP8_16X16);
        WebpBytes::new().vp8x(flags::ANIMATION, width, height).anim().frame(0, 0, 16, 16, inside).finish()
    };
    vec![
        sample(
            "W06",
            "canvas_32768x32768",
            "An animated canvas whose bytes, width x height x 4, are 2^32.",
            Expect::Limit(Limit::MaxPixels),
            move || animation(32_768, 32_768),
        ),
        sample(
            "W06",
            "canvas_65536x65536",
            "A canvas of 2^32 pixels, one more than the specification allows.",
            Expect::Malformed,
            move || animation(65_536, 65_536),
        ),
        sample(
            "W06",
            "canvas_16777216x1",
            "The widest canvas there is, one row high.",
            Expect::Malformed,
            move || animation(1 << 24, 1),
        ),
        sample(
            "W06",
            "canvas_65536x16",
            "A canvas of one megapixel in 16 rows.",
            Expect::Limit(Limit::MaxWidth),
            move || animation(65_536, 16),
        ),
        sample(
            "W06",
            "canvas_16777216x255",
            "A canvas of 2^32 - 2^24 pixels.",
            Expect::Limit(Limit::MaxPixels),
            move || animation(1 << 24, 255),
        ),
    ]
}

/// W07.
fn frame_headers() -> Vec<Sample> {
    let file =
        |header: Vp8Header| WebpBytes::new().chunk(b"VP8 ", &header.followed_by(&VP8_16X16[10..])).finish();
    let true_header = || Vp8Header::new(16, 16, 12);
    vec![
        sample("W07", "vp8_width_0", "A lossy picture without columns.", Expect::Malformed, move || {
            file(Vp8Header { width: 0, ..true_header() })
        }),
        sample("W07", "vp8_height_0", "A lossy picture without rows.", Expect::Malformed, move || {
            file(Vp8Header { height: 0, ..true_header() })
        }),
        sample(
            "W07",
            "vp8_width_is_scale_alone",
            "A width of zero under scaling bits that are not.",
            Expect::Malformed,
            move || file(Vp8Header { width: 0xc000, ..true_header() }),
        ),
        sample("W07", "vp8_no_key_frame", "A frame that builds on another.", Expect::Malformed, move || {
            file(Vp8Header { key_frame_bit: 1, ..true_header() })
        }),
        sample("W07", "vp8_not_shown", "A frame that is not to be shown.", Expect::Malformed, move || {
            file(Vp8Header { show: false, ..true_header() })
        }),
        sample("W07", "vp8_version_7", "A version that does not exist.", Expect::Malformed, move || {
            file(Vp8Header { version: 7, ..true_header() })
        }),
        sample("W07", "vp8_header_cut", "Nine bytes of the ten of a header.", Expect::Malformed, || {
            WebpBytes::new().chunk(b"VP8 ", &VP8_16X16[..9]).finish()
        }),
        sample(
            "W07",
            "vp8_reserved_colour_space",
            "The colour space bit that the specification reserves.",
            Expect::Unsupported,
            || {
                let first = BoolBytes::new().put(1, 1).put(0, 15).finish();
                let header = Vp8Header::new(16, 16, first.len() as u32 - 1);
                WebpBytes::new().chunk(b"VP8 ", &header.followed_by(&first)).finish()
            },
        ),
    ]
}

/// W08.
fn partitions() -> Vec<Sample> {
    let file = |first_partition: u32, data: &[u8]| {
        let header = Vp8Header::new(16, 16, first_partition);
        WebpBytes::new().chunk(b"VP8 ", &header.followed_by(data)).finish()
    };
    let eight = move |sizes: u32| {
        let first = BoolBytes::with_partitions(3).finish();
        let mut data = first.clone();
        for _ in 0..7 {
            data.extend(&sizes.to_le_bytes()[..3]);
        }
        data.extend([0; 64]);
        file(first.len() as u32, &data)
    };
    vec![
        sample(
            "W08",
            "60_mib_of_coefficients_for_100_megapixels",
            "As many pixels and as many bytes of them as are let in: each alone is within the limits.",
            Expect::Limit(Limit::MaxWork),
            || {
                let mut data = BoolBytes::with_partitions(0).finish();
                let header = Vp8Header::new(10_000, 10_000, data.len() as u32);
                data.resize(60 << 20, 1);
                WebpBytes::new().chunk(b"VP8 ", &header.followed_by(&data)).finish()
            },
        ),
        sample(
            "W08",
            "48_mib_of_coefficients_for_256_pixels",
            "A partition of 48 MiB, of which a decoder may copy every byte before it finds that modes are missing.",
            Expect::Malformed,
            move || {
                let mut data = BoolBytes::with_partitions(0).finish();
                let first = data.len() as u32;
                data.resize(48 << 20, 1);
                file(first, &data)
            },
        ),
        sample(
            "W08",
            "first_partition_past_the_data",
            "A first partition of 512 KiB in a file of 36 bytes.",
            Expect::Malformed,
            move || file((1 << 19) - 1, &[0; 6]),
        ),
        sample(
            "W08",
            "first_partition_one_byte_past_the_data",
            "A first partition one byte larger than what is there.",
            Expect::Malformed,
            move || file(7, &[0; 6]),
        ),
        sample(
            "W08",
            "first_partition_empty",
            "A first partition of no bytes.",
            Expect::Malformed,
            move || file(0, &[0; 6]),
        ),
        sample(
            "W08",
            "first_partition_is_all",
            "Nothing left for the coefficients.",
            Expect::Malformed,
            move || file(6, &[0; 6]),
        ),
        sample(
            "W08",
            "eight_partitions_of_16_mib",
            "Seven partitions of 16 MiB each stated in a hundred bytes.",
            Expect::Malformed,
            move || eight((1 << 24) - 1),
        ),
        sample(
            "W08",
            "eight_partitions_one_byte_past_the_data",
            "Partition sizes that leave minus six bytes for the last.",
            Expect::Malformed,
            move || eight(10),
        ),
        sample(
            "W08",
            "eight_partitions_all_but_the_last_empty",
            "A picture of eight rows of macroblocks, the data of seven of them of no bytes.",
            Expect::Malformed,
            || {
                let first = BoolBytes::with_partitions(3).finish();
                let mut data = first.clone();
                data.extend([0; 21]);
                data.extend([0; 64]);
                let header = Vp8Header::new(128, 128, first.len() as u32);
                WebpBytes::new().chunk(b"VP8 ", &header.followed_by(&data)).finish()
            },
        ),
        sample(
            "W08",
            "segments_without_a_map",
            "Segments with their own quantisers and filter levels, all at the ends of their ranges, and no map that says \
             where they are.",
            ACCEPT,
            || every_level_at_its_end(256, 256),
        ),
        sample(
            "W08",
            "partition_sizes_cut",
            "Eight partitions, and not even their sizes are there.",
            Expect::Malformed,
            move || {
                let first = BoolBytes::with_partitions(3).finish();
                let mut data = first.clone();
                data.extend([0; 20]);
                file(first.len() as u32, &data)
            },
        ),
        sample(
            "W08",
            "coefficients_cut",
            "A lossy picture of 64 x 64 with half of its data, the sizes made to fit.",
            Expect::Malformed,
            || WebpBytes::new().chunk(b"VP8 ", &VP8_64X64[..58]).finish(),
        ),
    ]
}

/// A flat picture whose header has segments without a map, the strongest filter, and every adjustment as far down as it goes.
fn every_level_at_its_end(width: u16, height: u16) -> Vec<u8> {
    // Colour space, clamping; segments, no map, values, absolute ones.
    let header = BoolBytes::new().put(0, 2).put(0b1011, 4);
    let quantisers = (0..4).fold(header, |bits, _| bits.put(1, 1).put(127, 7).put(0, 1));
    let levels = (0..4).fold(quantisers, |bits, at| bits.put(1, 1).put(63, 6).put(at & 1, 1));
    // Normal filter of level 63 and sharpness 7; adjustments by reference and by mode, all of them -63.
    let filter = levels.put(0, 1).put(63, 6).put(7, 3).put(0b11, 2);
    let adjusted = (0..8).fold(filter, |bits, _| bits.put(1, 1).put(63, 6).put(1, 1));
    // One partition, quantiser 127, and its five adjustments of -15.
    let partition = adjusted.put(0, 2).put(127, 7);
    let mut first = (0..5).fold(partition, |bits, _| bits.put(1, 1).put(15, 4).put(1, 1)).finish();
    let pixels = usize::from(width) * usize::from(height);
    first.resize(first.len() + pixels / 64, 0);
    let stated = first.len() as u32;
    first.resize(first.len() + pixels / 16, 0);
    WebpBytes::new().chunk(b"VP8 ", &Vp8Header::new(width, height, stated).followed_by(&first)).finish()
}

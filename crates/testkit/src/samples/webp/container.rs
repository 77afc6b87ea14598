//! The container: alpha chunks, RIFF and chunk sizes, nested and unknown chunks, metadata (W09 to W12, W18).

use fic_core::{FindingKind, Limit};

use super::{ACCEPT, CONTRADICTORY, sample};
use crate::bytes::webp::{VP8_16X16, Vp8lBytes, WebpBytes, flags};
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    [alpha(), riff_sizes(), chunk_sizes(), nested(), unknown(), metadata()].into_iter().flatten().collect()
}

/// A lossy still with these alpha chunks before it.
fn with_alpha(chunks: &[&[u8]]) -> Vec<u8> {
    let file = WebpBytes::new().vp8x(flags::ALPHA, 16, 16);
    chunks.iter().fold(file, |file, alpha| file.chunk(b"ALPH", alpha)).chunk(b"VP8 ", VP8_16X16).finish()
}

/// A raw alpha chunk: its first byte, then so many values.
fn raw_alpha(fields: u8, values: usize) -> Vec<u8> {
    let mut alpha = vec![fields];
    alpha.resize(values + 1, 128);
    alpha
}

/// W09.
fn alpha() -> Vec<Sample> {
    vec![
        sample(
            "W09",
            "alpha_beside_vp8l",
            "Alpha for a lossless picture, which has its own.",
            CONTRADICTORY,
            || {
                WebpBytes::new()
                    .vp8x(flags::ALPHA, 8, 8)
                    .chunk(b"ALPH", &raw_alpha(0, 64))
                    .chunk(b"VP8L", &Vp8lBytes::solid(8, 8))
                    .finish()
            },
        ),
        sample(
            "W09",
            "alpha_after_vp8",
            "Alpha behind the picture it would belong to.",
            CONTRADICTORY,
            || {
                WebpBytes::new()
                    .vp8x(flags::ALPHA, 16, 16)
                    .chunk(b"VP8 ", VP8_16X16)
                    .chunk(b"ALPH", &raw_alpha(0, 256))
                    .finish()
            },
        ),
        sample("W09", "alpha_short", "Raw alpha one value short.", Expect::Malformed, || {
            with_alpha(&[&raw_alpha(0, 255)])
        }),
        sample("W09", "alpha_long", "Raw alpha with values to spare.", ACCEPT, || {
            with_alpha(&[&raw_alpha(0, 1_000)])
        }),
        sample("W09", "alpha_empty", "An alpha chunk without a byte.", Expect::Malformed, || {
            with_alpha(&[&[]])
        }),
        sample("W09", "alpha_first_byte_alone", "An alpha chunk without values.", Expect::Malformed, || {
            with_alpha(&[&[0]])
        }),
        sample("W09", "alpha_twice", "Two alpha chunks for one picture.", Expect::Malformed, || {
            with_alpha(&[&raw_alpha(0, 256), &raw_alpha(4, 256)])
        }),
        sample(
            "W09",
            "alpha_compression_2",
            "A compression that the format reserves.",
            Expect::Malformed,
            || with_alpha(&[&raw_alpha(2, 256)]),
        ),
        sample(
            "W09",
            "alpha_preprocessing_3",
            "A preprocessing that the format reserves.",
            Expect::Malformed,
            || with_alpha(&[&raw_alpha(0x30, 256)]),
        ),
        sample("W09", "alpha_compressed_cut", "Compressed alpha that ends early.", Expect::Malformed, || {
            let pairs = Vp8lBytes::headerless().end_of_transforms().no_cache().one_group().pair(0, 255);
            let mut alpha = vec![1];
            alpha.extend(pairs.single(0).single(0).single(0).single(0).put(0, 32).finish());
            with_alpha(&[&alpha])
        }),
        sample("W09", "alpha_not_announced", "Alpha that the extended header denies.", CONTRADICTORY, || {
            WebpBytes::new()
                .vp8x(0, 16, 16)
                .chunk(b"ALPH", &raw_alpha(0, 256))
                .chunk(b"VP8 ", VP8_16X16)
                .finish()
        }),
    ]
}

fn still() -> WebpBytes {
    WebpBytes::new().chunk(b"VP8 ", VP8_16X16)
}

/// W10, the size of the whole.
fn riff_sizes() -> Vec<Sample> {
    let whole = VP8_16X16.len() as u32 + 12;
    let sized = |name: &str, what, expect, size: u32| {
        sample("W10", name, what, expect, move || still().riff_size(size).finish())
    };
    vec![
        sized("riff_size_0", "A RIFF size of zero.", Expect::Malformed, 0),
        sized("riff_size_4", "A RIFF of nothing but its type.", Expect::Malformed, 4),
        sized("riff_size_11", "A RIFF one byte short of a chunk header.", Expect::Malformed, 11),
        sized("riff_size_odd", "A RIFF size one too small, odd.", Expect::Malformed, whole - 1),
        sized(
            "riff_size_largest",
            "A RIFF size of 2^32 - 1.",
            Expect::Accept(&[FindingKind::MissingEnd]),
            u32::MAX,
        ),
        sized(
            "riff_size_one_more",
            "A RIFF size one larger than the file.",
            Expect::Accept(&[FindingKind::SloppyLength]),
            whole + 1,
        ),
        sized(
            "riff_size_is_the_file_size",
            "A RIFF size that counts its own header.",
            Expect::Accept(&[FindingKind::MissingEnd]),
            whole + 8,
        ),
        sized("riff_size_inside_the_picture", "A RIFF that ends in its picture.", Expect::Malformed, 24),
        sample(
            "W10",
            "bytes_after_the_riff",
            "A second file after the first.",
            Expect::Accept(&[FindingKind::TrailingBytes]),
            || still().trailing(&still().finish()).finish(),
        ),
        sample("W10", "riff_header_alone", "Twelve bytes and nothing more.", Expect::Malformed, || {
            still().finish()[..12].to_vec()
        }),
    ]
}

/// W10, the sizes of chunks.
fn chunk_sizes() -> Vec<Sample> {
    let sized = |name: &str, what, expect, size: u32| {
        sample("W10", name, what, expect, move || {
            WebpBytes::new().chunk_stating(b"VP8 ", size, VP8_16X16).finish()
        })
    };
    let whole = VP8_16X16.len() as u32;
    vec![
        sized("chunk_size_0", "A picture chunk of no bytes.", Expect::Malformed, 0),
        sized("chunk_size_largest", "A picture chunk of 2^32 - 1 bytes.", Expect::Malformed, u32::MAX),
        sized(
            "chunk_size_one_more",
            "A picture chunk one byte longer than the file.",
            Expect::Malformed,
            whole + 1,
        ),
        sized(
            "chunk_size_one_partition",
            "A picture chunk that ends with its first partition.",
            Expect::Malformed,
            22,
        ),
        sample(
            "W10",
            "padding_missing",
            "An odd picture chunk at the end, without its padding byte.",
            ACCEPT,
            || {
                let stream = odd_vp8l();
                WebpBytes::new().chunk_stating(b"VP8L", stream.len() as u32, &stream).finish()
            },
        ),
        sample(
            "W10",
            "padding_missing_but_counted",
            "The same, the padding counted in the RIFF size.",
            Expect::Accept(&[FindingKind::SloppyLength]),
            || {
                let stream = odd_vp8l();
                let size = stream.len() as u32 + 13;
                WebpBytes::new().chunk_stating(b"VP8L", stream.len() as u32, &stream).riff_size(size).finish()
            },
        ),
        sample(
            "W10",
            "three_bytes_after_the_chunks",
            "Three bytes at the end of the RIFF that are no chunk.",
            Expect::Accept(&[FindingKind::SloppyLength]),
            || still().raw(&[1, 2, 3]).finish(),
        ),
        sample("W10", "vp8x_size_9", "An extended header one byte short.", Expect::Malformed, || {
            WebpBytes::new().chunk_stating(b"VP8X", 9, &[0; 9]).raw(&[0]).chunk(b"VP8 ", VP8_16X16).finish()
        }),
    ]
}

/// A lossless picture of an odd number of bytes.
fn odd_vp8l() -> Vec<u8> {
    let mut stream = Vp8lBytes::solid(8, 8);
    if stream.len().is_multiple_of(2) {
        stream.push(0);
    }
    stream
}

/// W11.
fn nested() -> Vec<Sample> {
    let animation = |inside: WebpBytes| {
        WebpBytes::new().vp8x(flags::ANIMATION, 16, 16).anim().frame(0, 0, 16, 16, inside).finish()
    };
    vec![
        sample("W11", "vp8x_twice", "Two extended headers of different sizes.", Expect::Malformed, || {
            WebpBytes::new().vp8x(0, 16, 16).vp8x(0, 9_999, 9_999).chunk(b"VP8 ", VP8_16X16).finish()
        }),
        sample(
            "W11",
            "vp8x_after_the_picture",
            "An extended header behind the picture.",
            Expect::Malformed,
            || still().vp8x(0, 16, 16).finish(),
        ),
        sample(
            "W11",
            "vp8x_in_a_frame",
            "An extended header inside a frame.",
            Expect::Malformed,
            move || animation(WebpBytes::new().vp8x(0, 16, 16).chunk(b"VP8 ", VP8_16X16)),
        ),
        sample("W11", "frame_in_a_frame", "A frame inside a frame.", Expect::Malformed, move || {
            let inner = WebpBytes::new().chunk(b"VP8 ", VP8_16X16);
            animation(WebpBytes::new().frame(0, 0, 16, 16, inner))
        }),
        sample("W11", "riff_in_a_riff", "A whole file as the first chunk.", Expect::Malformed, || {
            WebpBytes::new().raw(&still().finish()).finish()
        }),
        sample(
            "W11",
            "second_picture",
            "A lossless picture behind a lossy one.",
            Expect::Accept(&[FindingKind::EmbeddedPicture]),
            || still().chunk(b"VP8L", &Vp8lBytes::solid(16_384, 16_384)).finish(),
        ),
    ]
}

/// W12.
fn unknown() -> Vec<Sample> {
    vec![
        sample(
            "W12",
            "1m_unknown_chunks",
            "A million empty chunks of no known kind behind the picture.",
            Expect::Accept(&[FindingKind::UnknownChunk]),
            || {
                let chunk = WebpBytes::new().chunk(b"zzzz", &[]).finish()[12..].to_vec();
                still().raw(&chunk.repeat(1_000_000)).finish()
            },
        ),
        sample(
            "W12",
            "1m_unknown_chunks_before_the_picture",
            "A million empty chunks of no known kind before the picture.",
            Expect::Accept(&[FindingKind::UnknownChunk]),
            || {
                let chunk = WebpBytes::new().chunk(b"zzzz", &[]).finish()[12..].to_vec();
                let file = WebpBytes::new().vp8x(0, 16, 16).raw(&chunk.repeat(1_000_000));
                file.chunk(b"VP8 ", VP8_16X16).finish()
            },
        ),
        sample(
            "W12",
            "unknown_chunk_of_17_mib",
            "One chunk of no known kind, 17 MiB.",
            Expect::Limit(Limit::MaxMetadataBytes),
            || still().chunk(b"zzzz", &vec![0; 17 << 20]).finish(),
        ),
        sample(
            "W12",
            "unknown_chunk_first",
            "An unknown chunk where the picture should be.",
            Expect::Malformed,
            || WebpBytes::new().chunk(b"zzzz", &[]).chunk(b"VP8 ", VP8_16X16).finish(),
        ),
        sample("W12", "no_picture", "An extended header and nothing else.", Expect::Malformed, || {
            WebpBytes::new().vp8x(0, 16, 16).finish()
        }),
    ]
}

/// W18.
fn metadata() -> Vec<Sample> {
    const HUGE: u32 = u32::MAX - 15;
    let extended = |flags| WebpBytes::new().vp8x(flags, 16, 16);
    vec![
        sample(
            "W18",
            "exif_of_4_gib",
            "EXIF behind the picture that states 4 GiB.",
            Expect::Accept(&[FindingKind::ExifIgnored]),
            move || {
                extended(flags::EXIF).chunk(b"VP8 ", VP8_16X16).chunk_stating(b"EXIF", HUGE, b"abcd").finish()
            },
        ),
        sample(
            "W18",
            "exif_of_4_gib_before_the_picture",
            "The same before the picture, which is then inside it.",
            Expect::Malformed,
            move || {
                extended(flags::EXIF).chunk_stating(b"EXIF", HUGE, b"abcd").chunk(b"VP8 ", VP8_16X16).finish()
            },
        ),
        sample(
            "W18",
            "icc_of_4_gib",
            "A profile before the picture that states 4 GiB.",
            Expect::Malformed,
            move || {
                extended(flags::ICC).chunk_stating(b"ICCP", HUGE, b"abcd").chunk(b"VP8 ", VP8_16X16).finish()
            },
        ),
        sample(
            "W18",
            "icc_of_4_gib_after_the_picture",
            "The same behind the picture: the profile is lost, the pixels are not.",
            ACCEPT,
            move || {
                extended(flags::ICC).chunk(b"VP8 ", VP8_16X16).chunk_stating(b"ICCP", HUGE, b"abcd").finish()
            },
        ),
        sample(
            "W18",
            "xmp_of_4_gib",
            "XMP that states 4 GiB.",
            Expect::Accept(&[FindingKind::Metadata]),
            move || {
                extended(flags::XMP).chunk(b"VP8 ", VP8_16X16).chunk_stating(b"XMP ", HUGE, b"<x/>").finish()
            },
        ),
        sample(
            "W18",
            "metadata_announced_not_there",
            "An extended header that announces EXIF, XMP and a profile; none follows.",
            ACCEPT,
            move || extended(flags::EXIF | flags::XMP | flags::ICC).chunk(b"VP8 ", VP8_16X16).finish(),
        ),
        sample(
            "W18",
            "exif_not_announced",
            "EXIF that turns the picture, in a file that does not announce it.",
            Expect::Accept(&[FindingKind::Metadata, FindingKind::ContradictoryHeader]),
            || {
                still()
                    .chunk(b"EXIF", b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0")
                    .finish()
            },
        ),
    ]
}

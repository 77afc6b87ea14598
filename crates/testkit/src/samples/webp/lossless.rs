//! VP8L streams: prefix codes, groups, colour cache, transforms, copies (rows W01, W02, W14 to W17).

use fic_core::Limit;

use super::{ACCEPT, sample};
use crate::bytes::webp::{VP8_16X16, Vp8lBytes, WebpBytes, flags};
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    [broken_codes(), many_groups(), caches_and_transforms(), images_of_blocks(), copies(), huge_and_solid()]
        .into_iter()
        .flatten()
        .collect()
}

fn file(stream: Vp8lBytes) -> Vec<u8> {
    WebpBytes::new().chunk(b"VP8L", &stream.finish()).finish()
}

/// A picture that needs only its codes.
fn codes_of(width: u32, height: u32) -> Vp8lBytes {
    Vp8lBytes::new(width, height).end_of_transforms().no_cache().one_group()
}

/// W01.
fn broken_codes() -> Vec<Sample> {
    vec![
        sample(
            "W01",
            "second_level_tables_overflow",
            "Code lengths whose second-level tables are larger than any complete code's (CVE-2023-4863).",
            Expect::Malformed,
            || {
                // Few short codes, then nine-bit and fifteen-bit ones without end.
                let mut lengths = vec![9; 200];
                lengths.extend([15; 1_800]);
                let stream = Vp8lBytes::new(8, 8).end_of_transforms().cache(11).one_group();
                // 2,000 lengths are counted in 12 bits, so the count is left out and the alphabet filled.
                lengths.resize(256 + 24 + 2_048, 0);
                file(full_code(stream, &lengths).singles([0; 5]))
            },
        ),
        sample(
            "W01",
            "code_subscribed_twice",
            "Code lengths that use the code space exactly twice, which a 16-bit check takes for once.",
            Expect::Malformed,
            || {
                let lengths = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15];
                file(
                    codes_of(8, 8)
                        .code(&lengths)
                        .single(0)
                        .single(0)
                        .single(0)
                        .single(0)
                        .put(0x5555_5555, 32),
                )
            },
        ),
        sample("W01", "code_oversubscribed", "Three symbols of one bit each.", Expect::Malformed, || {
            file(codes_of(8, 8).code(&[1, 1, 1]).single(0).single(0).single(0).single(0))
        }),
        sample(
            "W01",
            "code_incomplete",
            "Two symbols of two bits each, half of the code space unused.",
            Expect::Malformed,
            || file(codes_of(8, 8).code(&[2, 2]).single(0).single(0).single(0).single(0)),
        ),
        sample(
            "W01",
            "code_without_symbols",
            "A code in which no symbol has a length.",
            Expect::Malformed,
            || file(codes_of(8, 8).code(&[0, 0]).single(0).single(0).single(0).single(0)),
        ),
        sample(
            "W01",
            "two_symbols_alike",
            "A code of two symbols that are the same: one symbol of no bits, as the reference decoder has it.",
            ACCEPT,
            || file(codes_of(8, 8).pair(7, 7).single(0).single(0).single(0).single(0).put(0x5555_5555, 32)),
        ),
        sample(
            "W01",
            "two_symbols_in_falling_order",
            "A valid code of two symbols in falling order, which some decoders take the wrong way round.",
            ACCEPT,
            || {
                file(
                    codes_of(4, 4)
                        .pair(200, 100)
                        .single(0)
                        .single(0)
                        .single(255)
                        .single(0)
                        .put(0x5555_5555, 32),
                )
            },
        ),
        sample(
            "W01",
            "broken_code_in_alpha",
            "An over-subscribed code in a compressed alpha chunk.",
            Expect::Malformed,
            || {
                let stream =
                    Vp8lBytes::headerless().end_of_transforms().no_cache().one_group().code(&[1, 1, 1]);
                alpha_file(&stream.singles([0; 5]).finish())
            },
        ),
    ]
}

/// A code with all lengths of its alphabet written, none left out.
fn full_code(stream: Vp8lBytes, lengths: &[u8]) -> Vp8lBytes {
    let mut with = stream.put(0, 1).put(15, 4);
    for symbol in [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] {
        with = with.put(if symbol < 16 { 4 } else { 0 }, 3);
    }
    with = with.put(0, 1);
    lengths.iter().fold(with, |with, &length| with.put(u32::from(length).reverse_bits() >> 28, 4))
}

/// A lossy 16 x 16 picture with that stream as its alpha.
fn alpha_file(stream: &[u8]) -> Vec<u8> {
    let mut alpha = vec![1];
    alpha.extend(stream);
    WebpBytes::new().vp8x(flags::ALPHA, 16, 16).chunk(b"ALPH", &alpha).chunk(b"VP8 ", VP8_16X16).finish()
}

/// A stream whose entropy image names group 65,535, up to the groups.
fn groups_65536(stream: Vp8lBytes) -> Vp8lBytes {
    stream.end_of_transforms().no_cache().groups(2).no_cache().singles([255, 255, 0, 255, 0])
}

/// So many groups of five codes whose tables take 4 KiB and more each.
fn heavy_groups(stream: Vp8lBytes, groups: u32) -> Vp8lBytes {
    let lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15];
    (0..groups * 5).fold(stream, |stream, _| stream.code(&lengths))
}

/// W02.
fn many_groups() -> Vec<Sample> {
    vec![
        sample(
            "W02",
            "65536_groups_8x8",
            "64 pixels with 65,536 prefix code groups of 4 KiB each: a quarter of a gigabyte of tables.",
            Expect::Limit(Limit::MaxTableBytes),
            || file(heavy_groups(groups_65536(Vp8lBytes::new(8, 8)), 65_536).put(0, 32)),
        ),
        sample(
            "W02",
            "65536_groups_8x8_cut",
            "The same, cut after a hundred groups.",
            Expect::Malformed,
            || file(heavy_groups(groups_65536(Vp8lBytes::new(8, 8)), 100)),
        ),
        sample(
            "W02",
            "65536_groups_of_one_symbol",
            "65,536 groups of codes that take no bits, none of which a block names but one.",
            Expect::Limit(Limit::MaxTableBytes),
            || file((0..65_536).fold(groups_65536(Vp8lBytes::new(8, 8)), |s, _| s.singles([0; 5]))),
        ),
        sample(
            "W02",
            "65536_groups_in_alpha",
            "As many groups as pass the limit in a compressed alpha chunk.",
            Expect::Limit(Limit::MaxTableBytes),
            || alpha_file(&heavy_groups(groups_65536(Vp8lBytes::headerless()), 300).finish()),
        ),
        sample(
            "W02",
            "65536_groups_named_none_there",
            "An entropy image that names group 65,535, and no group after it.",
            Expect::Malformed,
            || file(groups_65536(Vp8lBytes::new(8, 8))),
        ),
        sample(
            "W02",
            "18001_groups_in_98_megapixels",
            "18,001 groups, of which one is used, and no pixels: the others must not be built.",
            Expect::Malformed,
            || {
                let stream = Vp8lBytes::new(16_384, 6_000).end_of_transforms().no_cache().groups(9);
                file(heavy_groups(stream.no_cache().singles([18_000 & 255, 18_000 >> 8, 0, 255, 0]), 18_001))
            },
        ),
        sample(
            "W02",
            "ten_groups_of_a_real_size",
            "An entropy image of one group number, 9, and ten groups: unusual, and harmless.",
            ACCEPT,
            || {
                let stream = Vp8lBytes::new(8, 8).end_of_transforms().no_cache().groups(2);
                file(heavy_groups_then_solid(stream.no_cache().singles([9, 0, 0, 255, 0])))
            },
        ),
    ]
}

fn heavy_groups_then_solid(stream: Vp8lBytes) -> Vp8lBytes {
    heavy_groups(stream, 9).singles([10, 200, 30, 255, 0])
}

/// W14 and W15.
fn caches_and_transforms() -> Vec<Sample> {
    let mut all: Vec<_> = [0, 12, 15]
        .into_iter()
        .map(|bits| {
            sample(
                "W14",
                &format!("colour_cache_of_{bits}_bits"),
                "A colour cache outside 1 to 11 bits.",
                Expect::Malformed,
                move || {
                    let stream = Vp8lBytes::new(8, 8).end_of_transforms().cache(bits).one_group();
                    file(stream.singles([0, 0, 0, 255, 0]))
                },
            )
        })
        .collect();
    all.extend([
        sample("W14", "transform_twice", "The subtract-green transform, twice.", Expect::Malformed, || {
            let stream = Vp8lBytes::new(8, 8).subtract_green().subtract_green();
            file(stream.end_of_transforms().no_cache().one_group().singles([0, 0, 0, 255, 0]))
        }),
        sample("W14", "palette_twice", "Two palettes.", Expect::Malformed, || {
            let stream = Vp8lBytes::new(8, 8);
            let stream = stream.palette(2).no_cache().singles([1, 2, 3, 255, 0]);
            let stream = stream.palette(2).no_cache().singles([1, 2, 3, 255, 0]);
            file(stream.end_of_transforms().no_cache().one_group().singles([0, 0, 0, 255, 0]))
        }),
        sample(
            "W14",
            "palette_index_out_of_range",
            "Index 200 of a palette of 20: the specification says transparent black.",
            ACCEPT,
            || {
                let stream = Vp8lBytes::new(8, 8).palette(20).no_cache().singles([1, 2, 3, 255, 0]);
                file(stream.end_of_transforms().no_cache().one_group().singles([200, 0, 0, 255, 0]))
            },
        ),
        sample(
            "W14",
            "predictor_that_does_not_exist",
            "Predictor 14, which some decoders refuse: black, as libwebp has it.",
            ACCEPT,
            || {
                let stream = Vp8lBytes::new(8, 8).block_transform(0, 2).no_cache();
                let stream = stream.singles([14, 0, 0, 255, 0]).end_of_transforms();
                file(stream.no_cache().one_group().singles([0, 0, 0, 255, 0]))
            },
        ),
        sample(
            "W15",
            "zero_run_past_the_alphabet",
            "A run of 138 zero lengths where fewer symbols are left.",
            Expect::Malformed,
            || {
                // Codes for 1 (one bit) and 18 (one bit); 18 comes three times in an alphabet of 280.
                let stream = codes_of(8, 8).put(0, 1).put(0, 4).put(0, 3).put(1, 3).put(0, 3).put(1, 3);
                let stream = stream.put(0, 1);
                let long_run = |stream: Vp8lBytes| stream.put(1, 1).put(127, 7);
                file(long_run(long_run(long_run(stream))).put(0, 64 - 32))
            },
        ),
        sample(
            "W15",
            "repeat_past_the_alphabet",
            "The last length of the distance code repeated past its 40 symbols.",
            Expect::Malformed,
            || {
                // Codes for 5 (one bit) and 16 (one bit): 5, then six more at a time.
                let stream = codes_of(8, 8).single(0).single(0).single(0).single(0).put(0, 1).put(5, 4);
                let lengths = [0, 0, 0, 0, 0, 0, 0, 1, 1];
                let stream = lengths.into_iter().fold(stream, |stream, length| stream.put(length, 3));
                let stream = stream.put(0, 1).put(0, 1);
                file((0..8).fold(stream, |stream, _| stream.put(1, 1).put(3, 2)).put(0, 32))
            },
        ),
        sample(
            "W15",
            "more_lengths_than_symbols",
            "A count of code lengths larger than the alphabet.",
            Expect::Malformed,
            || file(codes_of(8, 8).lengths_follow(1_000).put(0, 32).put(0, 32).put(0, 32).put(0, 32)),
        ),
    ]);
    all
}

/// W14, images of blocks that take no bits.
fn images_of_blocks() -> Vec<Sample> {
    vec![
        sample(
            "W14",
            "every_transform_on_the_smallest_blocks",
            "Two megapixels of one colour and three images of 131,072 blocks, all from codes that take no bits.",
            ACCEPT,
            || {
                let one = [11, 0, 0, 255, 0];
                let stream = Vp8lBytes::new(2_048, 1_024).block_transform(0, 2).no_cache().singles(one);
                let stream =
                    stream.block_transform(1, 2).no_cache().singles([1, 2, 3, 255, 0]).subtract_green();
                let stream =
                    stream.end_of_transforms().cache(11).groups(2).no_cache().singles([0, 0, 0, 255, 0]);
                file(stream.singles([10, 200, 30, 255, 0]))
            },
        ),
        sample(
            "W14",
            "caches_of_2048_colours_everywhere",
            "One pixel, and the largest colour cache in each of its images.",
            ACCEPT,
            || {
                let one = [0, 0, 0, 255, 0];
                let stream = Vp8lBytes::new(1, 1).block_transform(0, 9).cache(11).singles(one);
                let stream =
                    stream.block_transform(1, 9).cache(11).singles(one).palette(256).cache(11).singles(one);
                file(stream.end_of_transforms().cache(11).groups(9).cache(11).singles(one).singles(one))
            },
        ),
    ]
}

/// W16.
fn copies() -> Vec<Sample> {
    // Green: literal 0 and copy symbols 256 (length 1) and 270, one, two and two bits.
    let mut lengths = vec![0; 271];
    (lengths[0], lengths[256], lengths[270]) = (1, 2, 2);
    let stream = move |data: &[(u32, u32)]| {
        let stream = codes_of(8, 8).code(&lengths).single(0).single(0).single(255).single(1);
        file(data.iter().fold(stream, |stream, &(value, count)| stream.put(value, count)).put(0, 32))
    };
    let (before, past) = (stream.clone(), stream);
    vec![
        sample(
            "W16",
            "copy_before_the_start",
            "The first symbol copies a pixel from before the picture.",
            Expect::Malformed,
            move || before(&[(0b01, 2)]),
        ),
        sample(
            "W16",
            "copy_past_the_end",
            "A copy longer than what is left of the picture.",
            Expect::Malformed,
            // One literal, then symbol 270 with its 6 extra bits all set: 256 pixels into 63.
            move || past(&[(0, 1), (0b11, 2), (0b11_1111, 6)]),
        ),
        sample(
            "W16",
            "copy_before_the_start_of_a_sub_image",
            "A predictor image that starts with a copy.",
            Expect::Malformed,
            || {
                let mut lengths = vec![0; 258];
                (lengths[0], lengths[256]) = (1, 1);
                let stream = Vp8lBytes::new(64, 64).block_transform(0, 2).no_cache().code(&lengths);
                let stream = stream.single(0).single(0).single(255).single(0).put(1, 1);
                file(stream.end_of_transforms().no_cache().one_group().singles([0, 0, 0, 255, 0]))
            },
        ),
    ]
}

/// W17.
fn huge_and_solid() -> Vec<Sample> {
    vec![
        sample(
            "W17",
            "solid_16384x16384",
            "268 megapixels of one colour in 40 bytes: a gigabyte of pixels.",
            Expect::Limit(Limit::MaxPixels),
            || WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid(16_384, 16_384)).finish(),
        ),
        sample(
            "W17",
            "solid_16384x16384_extended",
            "The same in an extended file.",
            Expect::Limit(Limit::MaxPixels),
            || {
                let stream = Vp8lBytes::solid(16_384, 16_384);
                WebpBytes::new().vp8x(0, 16_384, 16_384).chunk(b"VP8L", &stream).finish()
            },
        ),
        sample(
            "W17",
            "solid_16384x1",
            "The widest lossless picture, one row high: some decoders take its width for zero.",
            ACCEPT,
            || WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid(16_384, 1)).finish(),
        ),
        sample("W17", "solid_1x16384", "The highest, one column wide.", ACCEPT, || {
            WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid(1, 16_384)).finish()
        }),
    ]
}

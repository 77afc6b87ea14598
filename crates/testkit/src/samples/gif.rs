//! The hostile GIF files, one function for each row of the list in THREATS.md.

use fic_core::{FindingKind, Limit};

use crate::bytes::gif::{Codes, GifBytes, Image, lzw};
use crate::samples::{Expect, Sample};

const ACCEPT: Expect = Expect::Accept(&[]);
const GROWN: Expect = Expect::Accept(&[FindingKind::ContradictoryHeader]);
const ANIMATED: Expect = Expect::Accept(&[FindingKind::Animation]);
const TOO_LARGE: Expect = Expect::Limit(Limit::MaxPixels);
const BROKEN: Expect = Expect::Malformed;

const TABLE: [[u8; 3]; 4] = [[255, 255, 255], [200, 30, 30], [30, 160, 60], [20, 40, 220]];

/// All of them.
pub fn all() -> Vec<Sample> {
    let rows = [g01(), g02(), g03(), g04(), g05(), g06(), g07(), g08(), g09(), g10(), g11()];
    rows.into_iter().flatten().collect()
}

fn sample(
    id: &'static str,
    name: impl Into<String>,
    what: &'static str,
    expect: Expect,
    build: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Sample {
    Sample::new(id, name, "gif", what, expect, build)
}

/// A screen with a table of four colours.
fn screen(width: u16, height: u16) -> GifBytes {
    GifBytes::new(width, height).global_table(&TABLE)
}

/// A file of one frame.
fn still(width: u16, height: u16, image: Image) -> Vec<u8> {
    screen(width, height).image(image).trailer().finish()
}

fn dot() -> Image {
    Image::new(1, 1).pixels(&[1])
}

/// One colour all over: about one byte of data for 1,500 pixels.
fn flat(width: u16, height: u16) -> Image {
    Image::new(width, height).pixels(&vec![1; usize::from(width) * usize::from(height)])
}

fn stripes(width: u16, height: u16) -> Vec<u8> {
    (0..usize::from(width) * usize::from(height)).map(|at| (at / 3 % 4) as u8).collect()
}

/// Large claims in a few bytes.
fn g01() -> Vec<Sample> {
    vec![
        sample(
            "G01",
            "g01_huge_screen",
            "screen of 65535x32767 with a frame of one pixel",
            TOO_LARGE,
            || still(65_535, 32_767, dot()),
        ),
        sample(
            "G01",
            "g01_huge_screen_and_frame",
            "screen and frame of 65535x32767 with two bytes of data",
            TOO_LARGE,
            || still(65_535, 32_767, Image::new(65_535, 32_767).pixels(&[1])),
        ),
        sample(
            "G01",
            "g01_canvas_without_data",
            "screen of 16000x6000, within max_pixels, with a frame of one pixel: 96 megapixels from 40 bytes",
            BROKEN,
            || still(16_000, 6_000, dot()),
        ),
        sample(
            "G01",
            "g01_frame_without_data",
            "frame of 9000x9000, within max_pixels, with two bytes of data",
            BROKEN,
            || still(9_000, 9_000, Image::new(9_000, 9_000).pixels(&[1])),
        ),
    ]
}

/// Screens that do not hold their frame.
fn g02() -> Vec<Sample> {
    vec![
        sample(
            "G02",
            "g02_small_screen_large_frame",
            "screen 1x1, frame 3500x3500 with all its data: the canvas grows to the frame",
            GROWN,
            || still(1, 1, flat(3_500, 3_500)),
        ),
        sample(
            "G02",
            "g02_small_screen_large_frame_without_data",
            "screen 1x1, frame 3500x3500 with two bytes of data",
            BROKEN,
            || still(1, 1, Image::new(3_500, 3_500).pixels(&[1])),
        ),
        sample(
            "G02",
            "g02_offset_grows_canvas",
            "screen 1x1, a pixel at 900,700: the canvas grows to hold it",
            GROWN,
            || still(1, 1, dot().at(900, 700)),
        ),
        sample(
            "G02",
            "g02_offset_grows_canvas_past_limit",
            "screen 1x1, a pixel at 65535,65535: the canvas would be 65536x65536",
            TOO_LARGE,
            || still(1, 1, dot().at(65_535, 65_535)),
        ),
        sample(
            "G02",
            "g02_screen_of_zero",
            "screen 0x0, frame 20x10, as old encoders write it",
            GROWN,
            || still(0, 0, Image::new(20, 10).pixels(&stripes(20, 10))),
        ),
        sample(
            "G02",
            "g02_later_frame_outside",
            "the second frame lies far outside the screen; only the first is decoded",
            ANIMATED,
            || screen(2, 2).image(flat(2, 2)).image(dot().at(65_535, 65_535)).trailer().finish(),
        ),
    ]
}

/// Frames without pixels.
fn g03() -> Vec<Sample> {
    [("width", 0, 8), ("height", 8, 0), ("size", 0, 0)]
        .map(|(side, width, height)| {
            sample(
                "G03",
                format!("g03_zero_{side}"),
                "a first frame of zero width or height with LZW data behind it",
                BROKEN,
                move || still(8, 8, Image::new(width, height).pixels(&[1, 2, 3])),
            )
        })
        .into()
}

/// Impossible code sizes.
fn g04() -> Vec<Sample> {
    [0u8, 1, 9, 12, 13, 255]
        .map(|bits| {
            sample(
                "G04",
                format!("g04_code_size_{bits}"),
                "an LZW minimum code size outside 2 to 8: tables of no size, or of 2^256 entries",
                BROKEN,
                move || still(8, 8, Image::new(8, 8).pixels(&[1; 64]).min_code_size(bits)),
            )
        })
        .into()
}

/// Code streams that bend the rules.
fn g05() -> Vec<Sample> {
    vec![
        sample(
            "G05",
            "g05_code_beyond_table",
            "a code that was never defined: reads outside the table in naive decoders",
            BROKEN,
            || still(8, 8, Image::new(8, 8).lzw(&Codes::new().code(4, 3).code(1, 3).code(7, 3).finish())),
        ),
        sample(
            "G05",
            "g05_first_code_is_undefined",
            "the first code after the clear code is the next to be defined, with nothing to derive it from",
            BROKEN,
            || still(2, 2, Image::new(2, 2).lzw(&Codes::new().code(4, 3).code(6, 3).code(1, 3).finish())),
        ),
        sample(
            "G05",
            "g05_no_initial_clear",
            "no clear code at the start: decodes all the same",
            ACCEPT,
            || {
                let codes = [1, 2].into_iter().fold(Codes::new(), |codes, index| codes.code(index, 3));
                still(2, 1, Image::new(2, 1).lzw(&codes.code(5, 3).finish()))
            },
        ),
        sample(
            "G05",
            "g05_full_dictionary",
            "ten thousand codes and never a clear code: the table is full and stays",
            ACCEPT,
            || still(100, 100, Image::new(100, 100).min_code_size(8).lzw(&literal_codes(10_000))),
        ),
        sample("G05", "g05_end_code_first", "the end code before any pixel", BROKEN, || {
            still(2, 2, Image::new(2, 2).lzw(&Codes::new().code(4, 3).code(5, 3).finish()))
        }),
        sample(
            "G05",
            "g05_codes_after_end",
            "more codes after the last pixel, undefined ones",
            ACCEPT,
            || {
                let mut data = lzw(2, &[1, 2, 3, 0]);
                data.extend([0xff; 300]);
                still(2, 2, Image::new(2, 2).lzw(&data))
            },
        ),
        sample(
            "G05",
            "g05_junk_instead_of_end_code",
            "undefined codes where the end code should be, right behind the last pixel",
            ACCEPT,
            || {
                let codes = Codes::new().code(4, 3).code(1, 3).code(2, 3).code(7, 3).code(7, 3);
                still(2, 1, Image::new(2, 1).lzw(&codes.finish()))
            },
        ),
    ]
}

/// A clear code, then codes that stand for themselves, in the widths of a table that fills up.
fn literal_codes(count: u32) -> Vec<u8> {
    let mut codes = Codes::new().code(256, 9);
    for at in 0..count {
        // The decoder's next entry when it reads this code; the first code defines none.
        let next = 257 + at;
        let width = (u32::BITS - next.leading_zeros()).clamp(9, 12);
        codes = codes.code((at * 7 % 256) as u16, width);
    }
    codes.code(257, 12).finish()
}

/// Data that makes no pixels.
fn g06() -> Vec<Sample> {
    vec![
        sample(
            "G06",
            "g06_clear_codes",
            "nine megabytes of clear codes for 100x100 pixels: twelve megabytes a second in a naive decoder",
            BROKEN,
            || still(100, 100, Image::new(100, 100).min_code_size(8).lzw(&clear_codes(8_000_000))),
        ),
        sample(
            "G06",
            "g06_clear_codes_then_pixels",
            "nine megabytes of clear codes, then all the pixels: they are not waited for",
            BROKEN,
            || {
                let mut data = clear_codes(8_000_000);
                data.extend(lzw(8, &[1; 10_000]));
                still(100, 100, Image::new(100, 100).min_code_size(8).lzw(&data))
            },
        ),
        sample(
            "G06",
            "g06_clear_code_before_every_pixel",
            "a clear code before every pixel: an encoder that avoids compression, honest though wasteful",
            ACCEPT,
            || {
                let codes = (0..900).fold(Codes::new(), |codes, at| codes.code(256, 9).code(at % 4, 9));
                still(30, 30, Image::new(30, 30).min_code_size(8).lzw(&codes.code(257, 9).finish()))
            },
        ),
        sample(
            "G06",
            "g06_one_byte_sub_blocks",
            "nine megabytes of clear codes in sub-blocks of one byte",
            BROKEN,
            || {
                let data = clear_codes(8_000_000);
                still(100, 100, Image::new(100, 100).min_code_size(8).lzw(&data).block_len(1))
            },
        ),
    ]
}

/// Eight codes of nine bits are nine bytes.
fn clear_codes(count: usize) -> Vec<u8> {
    let eight = (0..8).fold(Codes::new(), |codes, _| codes.code(256, 9)).finish();
    eight.repeat(count / 8)
}

/// Floods of frames.
fn g07() -> Vec<Sample> {
    vec![
        sample("G07", "g07_107k_frames", "107,000 frames of 8x8 with a control block each", ANIMATED, || {
            let one = GifBytes::new(0, 0).graphic_control(1, None).image(flat(8, 8)).finish()[13..].to_vec();
            screen(8, 8).loops(0).raw(&one.repeat(107_000)).trailer().finish()
        }),
        sample("G07", "g07_million_tiny_frames", "a million frames of one pixel", ANIMATED, || {
            screen(1, 1).images(dot(), 1_000_000).trailer().finish()
        }),
        sample(
            "G07",
            "g07_100k_cleared_columns",
            "100,000 images of 1x65535 in 20 bytes each, cleared away from a canvas of one row",
            ANIMATED,
            || {
                let column = Image::new(1, 65_535).lzw(&[]);
                let one = GifBytes::new(0, 0).graphic_control(2, None).image(column).finish()[13..].to_vec();
                screen(2, 1).image(flat(2, 1)).raw(&one.repeat(100_000)).image(dot()).trailer().finish()
            },
        ),
    ]
}

/// Few bytes, many pixels.
fn g08() -> Vec<Sample> {
    vec![sample(
        "G08",
        "g08_20_frames_of_49_megapixels",
        "20 frames of 7000x7000 in one colour, 670 KB: a gigapixel; only the first frame is decoded",
        ANIMATED,
        || screen(7_000, 7_000).images(flat(7_000, 7_000), 20).trailer().finish(),
    )]
}

/// Extensions as carriers, chains that never end.
fn g09() -> Vec<Sample> {
    const XMP: &[u8; 11] = b"XMP DataXMP";
    const CUT: Expect = Expect::Accept(&[FindingKind::MissingEnd]);
    vec![
        sample(
            "G09",
            "g09_51_mb_xmp",
            "an XMP extension of 51 megabytes",
            Expect::Limit(Limit::MaxMetadataBytes),
            || screen(1, 1).application(XMP, &vec![b'x'; 51_000_000]).image(dot()).trailer().finish(),
        ),
        sample(
            "G09",
            "g09_one_byte_comment_blocks",
            "a comment of 15 million sub-blocks of one byte",
            Expect::Accept(&[FindingKind::Metadata]),
            || {
                let comment = b"\x01x".repeat(15_000_000);
                screen(1, 1).raw(b"!\xfe").raw(&comment).raw(&[0]).image(dot()).trailer().finish()
            },
        ),
        sample(
            "G09",
            "g09_unterminated_extension_first",
            "a comment before the image never ends",
            BROKEN,
            || screen(1, 1).open_extension(0xfe, &[b"and so on"]).finish(),
        ),
        sample(
            "G09",
            "g09_extension_swallows_image",
            "the comment lacks its terminator, so the image is read as more of it",
            BROKEN,
            || screen(1, 1).open_extension(0xfe, &[b"and so on"]).image(dot()).trailer().finish(),
        ),
        sample("G09", "g09_unterminated_extension_last", "a comment after the image never ends", CUT, || {
            screen(1, 1).image(dot()).open_extension(0xfe, &[b"and so on"]).finish()
        }),
        sample(
            "G09",
            "g09_unterminated_image",
            "the data of the image has all pixels and no terminator",
            CUT,
            || screen(9, 9).image(Image::new(9, 9).pixels(&stripes(9, 9)).unterminated()).finish(),
        ),
        sample(
            "G09",
            "g09_unterminated_image_cut_short",
            "the file ends within a sub-block, three quarters of the pixels are there",
            BROKEN,
            || {
                let mut bytes = still(40, 40, Image::new(40, 40).pixels(&stripes(40, 40)));
                bytes.truncate(bytes.len() * 3 / 4);
                bytes
            },
        ),
        sample(
            "G09",
            "g09_unterminated_later_image",
            "the second frame is cut short: the first is whole",
            Expect::Accept(&[FindingKind::Animation, FindingKind::MissingEnd]),
            || screen(9, 9).image(flat(9, 9)).image(flat(9, 9).unterminated()).finish(),
        ),
    ]
}

/// Endless animation.
fn g10() -> Vec<Sample> {
    vec![sample(
        "G10",
        "g10_endless_loop",
        "NETSCAPE2.0 with a loop count of 0: shown for ever",
        ANIMATED,
        || screen(4, 4).loops(0).images(flat(4, 4), 3).trailer().finish(),
    )]
}

/// Colours and rows that are not where they should be.
fn g11() -> Vec<Sample> {
    vec![
        sample("G11", "g11_no_palette", "neither a global nor a local colour table", BROKEN, || {
            GifBytes::new(4, 4).image(flat(4, 4)).trailer().finish()
        }),
        sample(
            "G11",
            "g11_spacer_without_palette",
            "the web's one-pixel spacer: no colour table, its only pixel is transparent",
            Expect::Accept(&[FindingKind::ContradictoryHeader]),
            || GifBytes::new(1, 1).graphic_control(0, Some(1)).image(dot()).trailer().finish(),
        ),
        sample("G11", "g11_palette_cut_short", "the file ends within its colour table", BROKEN, || {
            GifBytes::new(4, 4).global_table_flag(7).raw(&[9; 100]).finish()
        }),
        sample(
            "G11",
            "g11_index_out_of_range",
            "indices up to 255 with a table of four colours: black, never read past the table",
            ACCEPT,
            || {
                let indices: Vec<u8> = (0..=255).collect();
                still(16, 16, Image::new(16, 16).min_code_size(8).pixels(&indices))
            },
        ),
        sample(
            "G11",
            "g11_interlaced_7x7",
            "interlaced with passes of one, one, two and three rows",
            ACCEPT,
            || still(7, 7, Image::new(7, 7).interlaced().pixels(&stripes(7, 7))),
        ),
        sample("G11", "g11_interlaced_1x1", "interlaced with three empty passes", ACCEPT, || {
            still(1, 1, dot().interlaced())
        }),
        sample(
            "G11",
            "g11_data_after_trailer",
            "a second file behind the trailer",
            Expect::Accept(&[FindingKind::TrailingBytes]),
            || screen(1, 1).image(dot()).trailer().raw(&still(9, 9, flat(9, 9))).finish(),
        ),
        sample(
            "G11",
            "g11_64_mib_after_trailer",
            "a whole picture and 64 MiB of zeros behind its trailer",
            Expect::Limit(Limit::MaxInputBytes),
            || screen(1, 1).image(dot()).trailer().raw(&vec![0; 64 << 20]).finish(),
        ),
        sample(
            "G11",
            "g11_no_trailer",
            "no trailer: every pixel is there",
            Expect::Accept(&[FindingKind::MissingEnd]),
            || screen(1, 1).image(dot()).finish(),
        ),
        sample("G11", "g11_trailer_only", "a screen and a trailer, no image", BROKEN, || {
            screen(4, 4).trailer().finish()
        }),
    ]
}

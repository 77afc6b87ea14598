//! P12 to P14: IDAT that is missing, cut up, too much, or next to nothing for its length.

use fic_core::FindingKind::{JunkBetweenChunks, MissingEnd};

use super::{ACCEPT, blank, sample};
use crate::bytes::png::{GREY, PngBytes, deflate};
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    let mut all = too_much();
    all.extend(too_little());
    all.push(preset_dictionary());
    all.extend(cut_up());
    all.extend(empty_blocks());
    all
}

fn too_much() -> Vec<Sample> {
    vec![
        sample(
            "P12",
            "idat_inflates_to_500_mb",
            "an 8x8 picture whose IDAT inflates to 500 MB",
            ACCEPT,
            || start().idat(&deflate::zeros_after(&blank(8, 8), 500_000_000 / 258)).iend().into_vec(),
        ),
        sample(
            "P12",
            "idat_with_4_mb_after_the_stream",
            "four megabytes of rubbish in IDAT after the end of the compressed stream",
            ACCEPT,
            || {
                let stream = [deflate::stored(&blank(8, 8)), vec![0xa5; 4 << 20]].concat();
                start().idat(&stream).iend().into_vec()
            },
        ),
    ]
}

fn too_little() -> Vec<Sample> {
    vec![
        sample("P13", "no_idat", "no image data at all", Expect::Malformed, || start().iend().into_vec()),
        sample("P13", "nothing_after_ihdr", "the file ends after IHDR", Expect::Malformed, || {
            start().into_vec()
        }),
        sample("P13", "empty_idat", "one IDAT chunk of no bytes", Expect::Malformed, || {
            start().idat(&[]).iend().into_vec()
        }),
        sample("P13", "half_the_rows", "image data that makes four rows of eight", Expect::Malformed, || {
            start().idat_stored(&blank(8, 4)).iend().into_vec()
        }),
        sample(
            "P13",
            "half_a_row_missing",
            "image data without its last four bytes",
            Expect::Malformed,
            || start().idat_stored(&blank(8, 8)[..68]).iend().into_vec(),
        ),
        sample("P13", "file_ends_within_idat", "a file that ends within IDAT", Expect::Malformed, || {
            let whole = start().idat_stored(&blank(8, 8)).iend().into_vec();
            whole[..33 + 8 + 40].to_vec()
        }),
        sample(
            "P13",
            "file_ends_after_the_last_row",
            "a file that ends within the checksum behind the last row: every pixel is there",
            Expect::Accept(&[MissingEnd]),
            || {
                let whole = start().idat_stored(&blank(8, 8)).iend().into_vec();
                whole[..whole.len() - 12 - 4 - 2].to_vec()
            },
        ),
        sample("P13", "no_iend", "a file without IEND", Expect::Accept(&[MissingEnd]), || {
            start().idat_stored(&blank(8, 8)).into_vec()
        }),
    ]
}

/// Not a row of its own: a stream that no PNG decoder has the dictionary for.
fn preset_dictionary() -> Sample {
    sample("P13", "preset_dictionary", "image data that wants a preset dictionary", Expect::Malformed, || {
        let mut stream = deflate::stored(&blank(8, 8));
        stream[1] = 0x20; // FDICT; 0x7820 is a multiple of 31, as the check wants
        start().idat_split(&stream, 1).iend().into_vec()
    })
}

fn cut_up() -> Vec<Sample> {
    vec![
        sample(
            "P13",
            "empty_idat_between",
            "IDAT chunks of no bytes before, between and after",
            ACCEPT,
            || {
                let stream = deflate::stored(&blank(8, 8));
                let png = start().idat(&[]).idat(&stream[..9]).idat(&[]).idat(&[]).idat(&stream[9..]);
                png.idat(&[]).iend().into_vec()
            },
        ),
        sample("P13", "idat_of_one_byte_each", "image data in chunks of one byte", ACCEPT, || {
            start().idat_split(&deflate::stored(&blank(8, 8)), 1).iend().into_vec()
        }),
        sample(
            "P13",
            "400000_empty_idat",
            "400,000 IDAT chunks of no bytes before the one that counts",
            ACCEPT,
            || {
                let flood = PngBytes::signature().idat(&[]).as_slice()[8..].repeat(400_000);
                start().raw(&flood).idat_stored(&blank(8, 8)).iend().into_vec()
            },
        ),
        sample(
            "P13",
            "interleaved_idat",
            "a tEXt chunk between two halves of the image data",
            Expect::Malformed,
            || {
                let stream = deflate::stored(&blank(8, 8));
                let png = start().idat(&stream[..30]).chunk(b"tEXt", b"k\0v").idat(&stream[30..]);
                png.iend().into_vec()
            },
        ),
        sample(
            "P13",
            "idat_again_after_the_picture",
            "a second run of IDAT after one that holds every pixel",
            Expect::Accept(&[JunkBetweenChunks]),
            || {
                let png = start().idat_stored(&blank(8, 8)).chunk(b"tEXt", b"k\0v");
                png.idat(&deflate::zeros(1_000_000)).iend().into_vec()
            },
        ),
    ]
}

fn empty_blocks() -> Vec<Sample> {
    vec![
        sample(
            "P14",
            "million_empty_stored_blocks",
            "a million empty stored blocks before the rows of a small picture",
            Expect::Malformed,
            || start().idat(&deflate::empty_stored_blocks(1_000_000, &blank(8, 8))).iend().into_vec(),
        ),
        sample(
            "P14",
            "million_empty_dynamic_blocks",
            "a million empty blocks, each with its own Huffman tables, before the rows of a small picture",
            Expect::Malformed,
            || start().idat(&deflate::empty_dynamic_blocks(1_000_000, &blank(8, 8))).iend().into_vec(),
        ),
        sample(
            "P14",
            "million_empty_dynamic_blocks_in_12_megapixels",
            "the same before the rows of a picture that is large enough to pay for many bytes",
            Expect::Malformed,
            || {
                let png = PngBytes::new(4_000, 3_000, GREY, 8);
                png.idat(&deflate::empty_dynamic_blocks(1_000_000, &[0; 100])).iend().into_vec()
            },
        ),
        sample(
            "P14",
            "a_few_empty_blocks",
            "a hundred empty blocks, as an encoder that flushes too often writes them",
            ACCEPT,
            || start().idat(&deflate::empty_dynamic_blocks(100, &blank(8, 8))).iend().into_vec(),
        ),
    ]
}

fn start() -> PngBytes {
    PngBytes::new(8, 8, GREY, 8)
}

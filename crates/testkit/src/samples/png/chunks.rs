//! P17, P19, P22, P23: CRCs, lengths, order, and what stands behind the end.

use fic_core::FindingKind::{AncillaryCrc, MissingEnd, TrailingBytes};

use super::{blank, sample};
use crate::bytes::png::{GREY, PALETTE, PngBytes, deflate};
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    let mut all = wrong_crcs();
    all.extend(wrong_lengths());
    all.extend(wrong_order());
    all.push(sample(
        "P23",
        "bytes_after_iend",
        "two kilobytes behind IEND",
        Expect::Accept(&[TrailingBytes]),
        || whole().raw(&[0xa5; 2_048]).into_vec(),
    ));
    all.push(sample(
        "P23",
        "picture_after_iend",
        "a second PNG behind IEND",
        Expect::Accept(&[TrailingBytes]),
        || whole().raw(whole().as_slice()).into_vec(),
    ));
    all
}

fn wrong_crcs() -> Vec<Sample> {
    vec![
        sample("P17", "ihdr_with_a_wrong_crc", "IHDR was changed on the way", Expect::Malformed, || {
            let mut bytes = whole().into_vec();
            bytes[23] ^= 16; // height 8 becomes 24
            bytes
        }),
        sample(
            "P17",
            "plte_with_a_wrong_crc",
            "the palette was changed on the way",
            Expect::Malformed,
            || {
                let png = PngBytes::new(8, 8, PALETTE, 8).chunk_with_bad_crc(b"PLTE", &[7; 6]);
                png.idat_stored(&blank(8, 8)).iend().into_vec()
            },
        ),
        sample(
            "P17",
            "idat_with_a_wrong_crc",
            "image data was changed on the way",
            Expect::Malformed,
            || start().chunk_with_bad_crc(b"IDAT", &deflate::stored(&blank(8, 8))).iend().into_vec(),
        ),
        sample(
            "P17",
            "iend_with_a_wrong_crc",
            "IEND holds no pixel, so its CRC is of no account",
            Expect::Accept(&[AncillaryCrc]),
            || start().idat_stored(&blank(8, 8)).chunk_with_bad_crc(b"IEND", &[]).into_vec(),
        ),
        sample(
            "P17",
            "trns_with_a_wrong_crc",
            "tRNS was changed on the way: it is not used",
            Expect::Accept(&[AncillaryCrc]),
            || start().chunk_with_bad_crc(b"tRNS", &[0, 0]).idat_stored(&blank(8, 8)).iend().into_vec(),
        ),
    ]
}

fn wrong_lengths() -> Vec<Sample> {
    vec![
        sample("P19", "idat_of_2_to_the_31", "IDAT of 2^31 bytes in a small file", Expect::Malformed, || {
            start().chunk_with_length(1 << 31, b"IDAT", &deflate::stored(&blank(8, 8))).into_vec()
        }),
        sample("P19", "text_of_2_to_the_32", "tEXt of 2^32-1 bytes", Expect::Malformed, || {
            start().chunk_with_length(u32::MAX, b"tEXt", b"k\0v").idat_stored(&blank(8, 8)).iend().into_vec()
        }),
        sample(
            "P19",
            "text_of_2_gb",
            "tEXt of 2^31-1 bytes: legal, and not there",
            Expect::Malformed,
            || {
                let png = start().chunk_with_length(0x7fff_ffff, b"tEXt", b"k\0v");
                png.idat_stored(&blank(8, 8)).iend().into_vec()
            },
        ),
        sample(
            "P19",
            "length_of_2_to_the_31_behind_the_picture",
            "a wild length where IEND should be: every pixel is there",
            Expect::Accept(&[MissingEnd, TrailingBytes]),
            || start().idat_stored(&blank(8, 8)).chunk_with_length(1 << 31, b"IEND", &[]).into_vec(),
        ),
    ]
}

fn wrong_order() -> Vec<Sample> {
    vec![
        sample("P22", "text_before_ihdr", "IHDR is the second chunk", Expect::Malformed, || {
            let png = PngBytes::signature().chunk(b"tEXt", b"k\0v").ihdr(8, 8, GREY, 8, 0);
            png.idat_stored(&blank(8, 8)).iend().into_vec()
        }),
        sample("P22", "two_ihdr", "a second IHDR of another size", Expect::Malformed, || {
            start().ihdr(9_000, 9_000, GREY, 8, 0).idat_stored(&blank(8, 8)).iend().into_vec()
        }),
        sample(
            "P22",
            "ihdr_of_twelve_bytes",
            "an IHDR that is one byte too short",
            Expect::Malformed,
            || {
                let png = PngBytes::signature().chunk(b"IHDR", &[0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0]);
                png.idat_stored(&blank(8, 8)).iend().into_vec()
            },
        ),
        sample(
            "P22",
            "ihdr_with_interlace_2",
            "an interlace method that nobody knows",
            Expect::Unsupported,
            || {
                let png = PngBytes::signature().ihdr(8, 8, GREY, 8, 2);
                png.idat_stored(&blank(8, 8)).iend().into_vec()
            },
        ),
        sample(
            "P22",
            "unknown_critical_chunk",
            "a chunk that may not be passed over",
            Expect::Unsupported,
            || start().chunk(b"ABCD", &[1, 2, 3]).idat_stored(&blank(8, 8)).iend().into_vec(),
        ),
        sample("P22", "cgbi", "the variant of PNG that iOS builds make", Expect::Unsupported, || {
            let png = PngBytes::signature().chunk(b"CgBI", &[0x50, 0, 0x20, 2]).ihdr(8, 8, GREY, 8, 0);
            png.idat_stored(&blank(8, 8)).iend().into_vec()
        }),
    ]
}

fn start() -> PngBytes {
    PngBytes::new(8, 8, GREY, 8)
}

fn whole() -> PngBytes {
    start().idat_stored(&blank(8, 8)).iend()
}

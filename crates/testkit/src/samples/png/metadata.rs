//! P07 to P11, P20: text, profiles and EXIF that cost far more than they are worth.

use fic_core::FindingKind::{AncillaryCrc, ExifIgnored, IccIgnored, Metadata};
use fic_core::Limit;

use super::{ACCEPT, METADATA, blank, sample};
use crate::bytes::png::{GREY, PngBytes, deflate};
use crate::samples::{Expect, Sample};

/// 258 zeros each: 500 MB.
const MATCHES_OF_500_MB: usize = 500_000_000 / 258;

pub(super) fn all() -> Vec<Sample> {
    let mut all = bombs();
    all.extend(floods());
    all.extend(one_byte_short());
    all
}

fn bombs() -> Vec<Sample> {
    vec![
        sample("P07", "ztxt_of_500_mb", "one zTXt that inflates to 500 MB", METADATA, || {
            with(|png| png.chunk(b"zTXt", &ztxt_bomb()))
        }),
        sample("P08", "three_ztxt_of_500_mb", "three zTXt that inflate to 500 MB each", METADATA, || {
            let bomb = ztxt_bomb();
            with(|png| (0..3).fold(png, |png, _| png.chunk(b"zTXt", &bomb)))
        }),
        sample(
            "P09",
            "iccp_of_500_mb",
            "a profile that inflates to 500 MB of zeros",
            Expect::Accept(&[IccIgnored]),
            || with(|png| png.iccp("bomb", &deflate::zeros(MATCHES_OF_500_MB))),
        ),
        sample(
            "P09",
            "four_iccp_of_500_mb",
            "four profiles that inflate to 500 MB each: PNG allows one",
            Expect::Accept(&[IccIgnored]),
            || {
                let bomb = deflate::zeros(MATCHES_OF_500_MB);
                with(|png| (0..4).fold(png, |png, _| png.iccp("bomb", &bomb)))
            },
        ),
        sample(
            "P09",
            "iccp_declares_4_gb",
            "a profile whose own header declares 4 GB, and that inflates to 500 MB",
            Expect::Accept(&[IccIgnored]),
            || with(|png| png.iccp("bomb", &deflate::zeros_after(&[0xff; 128], MATCHES_OF_500_MB))),
        ),
        sample(
            "P09",
            "iccp_inflates_past_its_length",
            "a profile whose header declares 200 bytes, and that inflates to 500 MB",
            ACCEPT,
            || {
                let mut header = [0; 128];
                header[3] = 200;
                with(|png| png.iccp("bomb", &deflate::zeros_after(&header, MATCHES_OF_500_MB)))
            },
        ),
        sample(
            "P09",
            "iccp_of_empty_blocks",
            "a profile of three hundred thousand empty deflate blocks: a table for each, and no byte made",
            Expect::Accept(&[IccIgnored]),
            || with(|png| png.iccp("bomb", &deflate::empty_dynamic_blocks(300_000, &[0; 128]))),
        ),
        sample(
            "P10",
            "itxt_xmp_of_500_mb",
            "compressed XMP in iTXt that inflates to 500 MB",
            METADATA,
            || {
                let xmp =
                    [&b"XML:com.adobe.xmp\0\x01\0\0\0"[..], &deflate::zeros(MATCHES_OF_500_MB)].concat();
                with(|png| png.chunk(b"iTXt", &xmp))
            },
        ),
    ]
}

fn ztxt_bomb() -> Vec<u8> {
    [&b"Comment\0\0"[..], &deflate::zeros(MATCHES_OF_500_MB)].concat()
}

fn floods() -> Vec<Sample> {
    vec![
        sample("P11", "800000_text_chunks", "800,000 tEXt chunks of two bytes", METADATA, || {
            with(|png| png.raw(&PngBytes::signature().chunk(b"tEXt", b"k\0").as_slice()[8..].repeat(800_000)))
        }),
        sample(
            "P11",
            "800000_longer_text_chunks",
            "800,000 tEXt chunks of ten bytes: 17.6 MB of metadata",
            Expect::Limit(Limit::MaxMetadataBytes),
            || {
                let chunk = PngBytes::signature().chunk(b"tEXt", b"key\0value!");
                with(|png| png.raw(&chunk.as_slice()[8..].repeat(800_000)))
            },
        ),
    ]
}

/// A chunk as it is right: an EXIF header with no entry, a key and a value, an empty international text.
const WHOLE: [(&str, &[u8; 4], &[u8]); 3] =
    [("exif", b"eXIf", b"II*\0\x08\0\0\0\0\0"), ("text", b"tEXt", b"k\0"), ("itxt", b"iTXt", b"k\0\0\0\0\0")];

fn one_byte_short() -> Vec<Sample> {
    let mut all = Vec::new();
    for (name, kind, data) in WHOLE {
        let short = &data[..data.len() - 1];
        let expect = match kind {
            b"eXIf" => Expect::Accept(&[Metadata, ExifIgnored]),
            _ => METADATA,
        };
        all.push(sample(
            "P20",
            &format!("{name}_content_one_byte_short"),
            "the data ends one byte before what it must hold",
            expect,
            move || with(|png| png.chunk(kind, short)),
        ));
        all.push(sample(
            "P20",
            &format!("{name}_length_one_byte_short"),
            "the length says one byte less than there is, so that every later chunk is misread",
            Expect::Malformed,
            move || {
                let length = u32::try_from(short.len()).expect("a few bytes");
                let crc = crate::bytes::png::crc(kind, data).to_be_bytes();
                with(|png| png.chunk_with_length(length, kind, data).raw(&crc))
            },
        ));
        all.push(sample(
            "P20",
            &format!("{name}_with_a_wrong_crc"),
            "a metadata chunk whose CRC is wrong",
            Expect::Accept(&[AncillaryCrc]),
            move || with(|png| png.chunk_with_bad_crc(kind, data)),
        ));
    }
    all
}

/// A small picture with whatever `add` puts before its image data.
fn with(add: impl FnOnce(PngBytes) -> PngBytes) -> Vec<u8> {
    add(PngBytes::new(8, 8, GREY, 8)).idat_stored(&blank(8, 8)).iend().into_vec()
}

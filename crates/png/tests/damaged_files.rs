//! Cut anywhere, bent anywhere: an answer, never a panic, and never one that blames the decoder.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use fic_core::{Bands, Budget, Error, Kind, Limits, Request, Truncated};
use fic_png::{Backend, admit_with, open, outline};
use fic_testkit::bytes::png::{FrameControl, GREY, PALETTE, PngBytes, RGBA, crc, filtered_rows};

/// Pixels, and whether rows were filled in.
fn decode(upload: &[u8], truncated: Truncated, backend: Backend) -> Result<(Vec<u8>, bool), Error> {
    let limits = Limits::untrusted();
    let outline = outline(upload)?;
    let request = Request::full().with_truncated(truncated);
    let admitted = admit_with(upload, &outline, &request, &limits, backend)?;
    let predicted = admitted.cost().peak_heap;
    let budget = Budget::new(&limits);
    let _ = outline.icc(upload, &limits, &budget);
    let (decoded, heap) = fic_testkit::heap::measure(|| {
        let mut decoder = open(admitted, &budget)?;
        let mut pixels = Vec::new();
        while let Some(band) = decoder.next_band()? {
            pixels.extend_from_slice(band.bytes);
        }
        assert_eq!(pixels.len() % decoder.height() as usize, 0);
        Ok((pixels, decoder.was_truncated()))
    });
    let own = decoded.as_ref().map_or(64, |(pixels, _): &(Vec<u8>, bool)| pixels.capacity() * 2) as u64;
    assert!(heap <= predicted + own + 1024, "{heap} over {predicted}");
    decoded
}

fn small_files() -> Vec<(&'static str, Vec<u8>)> {
    let rows = |size, samples, depth, interlaced| {
        filtered_rows(
            size,
            (samples, depth),
            interlaced,
            |row| (row % 5) as u8,
            |x, y, channel| (x * 5 + y * 3 + u32::from(channel) * 7) as u16 & ((1_u32 << depth) - 1) as u16,
        )
    };
    let frame = FrameControl { width: 9, height: 7, ..FrameControl::default() };
    vec![
        (
            "grey",
            PngBytes::new(13, 11, GREY, 8).idat_deflated(&rows((13, 11), 1, 8, false)).iend().into_vec(),
        ),
        (
            "palette",
            PngBytes::new(21, 6, PALETTE, 4)
                .chunk(b"gAMA", &[0, 0, 0xb1, 0x8f])
                .chunk(b"PLTE", &[5; 48])
                .chunk(b"tRNS", &[1; 16])
                .chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0")
                .idat_split(&miniz_oxide::deflate::compress_to_vec_zlib(&rows((21, 6), 1, 4, false), 6), 5)
                .iend()
                .into_vec(),
        ),
        (
            "adam7",
            PngBytes::adam7(9, 10, RGBA, 16).idat_deflated(&rows((9, 10), 4, 16, true)).iend().into_vec(),
        ),
        (
            "apng with a profile",
            PngBytes::new(9, 7, RGBA, 8)
                .iccp("p", &miniz_oxide::deflate::compress_to_vec_zlib(&[0, 0, 0, 200].repeat(50), 6))
                .actl(2, 0)
                .fctl(frame)
                .idat_deflated(&rows((9, 7), 4, 8, false))
                .fctl(FrameControl { sequence: 1, ..frame })
                .fdat(2, &[1, 2, 3])
                .chunk(b"tEXt", b"k\0v")
                .iend()
                .into_vec(),
        ),
    ]
}

fn is_about_the_file(err: &Error) -> bool {
    matches!(err.kind(), Kind::Malformed | Kind::Unsupported | Kind::Limit { .. })
}

const MODES: [(Truncated, Backend); 3] = [
    (Truncated::Reject, Backend::Png),
    (Truncated::Accept, Backend::Png),
    (Truncated::Reject, Backend::Zune),
];

#[test]
fn every_truncation_is_judged() {
    for (name, whole) in small_files() {
        let wanted = decode(&whole, Truncated::Reject, Backend::Png).unwrap();
        for len in 0..whole.len() {
            for (truncated, backend) in MODES {
                match decode(&whole[..len], truncated, backend) {
                    Ok((pixels, false)) => assert!(pixels == wanted.0, "{name} cut at {len}"),
                    Ok((_, true)) => assert_eq!(truncated, Truncated::Accept, "{name} cut at {len}"),
                    Err(err) => assert!(is_about_the_file(&err), "{name} cut at {len}: {err}"),
                }
            }
        }
    }
}

#[test]
fn every_bent_byte_is_judged() {
    for (name, whole) in small_files() {
        for at in 0..whole.len().min(512) {
            for bits in [0x01, 0x20, 0x80, 0xff] {
                let mut bent = whole.clone();
                bent[at] ^= bits;
                for (truncated, backend) in MODES {
                    if let Err(err) = decode(&bent, truncated, backend) {
                        assert!(is_about_the_file(&err), "{name}, byte {at} ^ {bits}: {err}");
                    }
                }
            }
        }
    }
}

/// The same behind right CRCs, so that what they protect is reached.
#[test]
fn every_bent_byte_of_the_image_data_behind_a_right_crc_is_judged() {
    for (name, whole) in small_files() {
        let chunks = chunks(&whole);
        for &(start, end) in &chunks {
            for at in (start + 8)..(end - 4) {
                for bits in [0x01, 0x10, 0x80, 0xff] {
                    let mut bent = whole.clone();
                    bent[at] ^= bits;
                    let kind = bent[start + 4..start + 8].try_into().unwrap();
                    let right = crc(&kind, &bent[start + 8..end - 4]);
                    bent[end - 4..end].copy_from_slice(&right.to_be_bytes());
                    for (truncated, backend) in MODES {
                        if let Err(err) = decode(&bent, truncated, backend) {
                            assert!(is_about_the_file(&err), "{name}, byte {at} ^ {bits}: {err}");
                        }
                    }
                }
            }
        }
    }
}

/// Where each chunk starts and ends.
fn chunks(file: &[u8]) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    let mut at = 8;
    while at < file.len() {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        all.push((at, at + length + 12));
        at += length + 12;
    }
    all
}

#[test]
fn a_cut_picture_keeps_the_rows_that_are_there_and_is_filled_with_nothing() {
    let rows = filtered_rows((200, 100), (1, 8), false, |_| 0, |x, y, _| (x ^ y) as u16 | 1);
    let whole = PngBytes::new(200, 100, GREY, 8).idat_stored(&rows).iend().into_vec();
    let wanted = decode(&whole, Truncated::Reject, Backend::Png).unwrap().0;
    // 41 bytes up to the data of IDAT, 7 of zlib and block header, then 201 a row.
    let cut = &whole[..41 + 7 + 201 * 60 + 100];
    assert_eq!(decode(cut, Truncated::Reject, Backend::Png).unwrap_err().kind(), Kind::Malformed);
    let (pixels, was_truncated) = decode(cut, Truncated::Accept, Backend::Png).unwrap();
    assert!(was_truncated);
    assert!(pixels[..200 * 60] == wanted[..200 * 60] && pixels[200 * 60..].iter().all(|&byte| byte == 0));
}

#[test]
fn a_cut_interlaced_picture_is_coarse_and_not_full_of_holes() {
    let rows = filtered_rows((64, 64), (1, 8), true, |_| 0, |_, _, _| 9);
    let whole = PngBytes::adam7(64, 64, GREY, 8).idat_stored(&rows).iend().into_vec();
    let cut = &whole[..whole.len() * 2 / 3];
    let (pixels, was_truncated) = decode(cut, Truncated::Accept, Backend::Png).unwrap();
    assert!(was_truncated && pixels.iter().all(|&byte| byte == 9));
}

#[test]
fn a_whole_picture_is_the_same_whether_cuts_are_accepted_or_not() {
    for (name, whole) in small_files() {
        let reject = decode(&whole, Truncated::Reject, Backend::Png).unwrap();
        assert!(decode(&whole, Truncated::Accept, Backend::Png).unwrap() == reject, "{name}");
    }
}

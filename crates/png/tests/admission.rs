//! What admission and the budget refuse, and with which words.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use fic_core::{Bands, Budget, Cancel, Error, Kind, Limit, Limits, Request};
use fic_png::{Backend, admit, admit_with, open, outline};
use fic_testkit::bytes::png::{GREY, PngBytes, RGB, deflate, filtered_rows};

fn grey(width: u32, height: u32) -> Vec<u8> {
    let rows = vec![0; (width as usize + 1) * height as usize];
    PngBytes::new(width, height, GREY, 8).idat_deflated(&rows).iend().into_vec()
}

fn refusal(upload: &[u8], limits: &Limits) -> Error {
    admit(upload, &outline(upload).unwrap(), &Request::full(), limits).unwrap_err()
}

fn named(err: &Error) -> Limit {
    match err.kind() {
        Kind::Limit { limit, .. } => limit,
        kind => panic!("{kind:?}"),
    }
}

#[test]
fn each_limit_is_named() {
    let upload = grey(300, 200);
    let with_text = PngBytes::new(1, 1, GREY, 8).chunk(b"tEXt", b"k\0v").idat_stored(&[0, 0]).iend();
    let limits = Limits::untrusted;
    assert_eq!(named(&refusal(&upload, &limits().with_max_width(299))), Limit::MaxWidth);
    assert_eq!(named(&refusal(&upload, &limits().with_max_height(199))), Limit::MaxHeight);
    assert_eq!(named(&refusal(&upload, &limits().with_max_pixels(59_999))), Limit::MaxPixels);
    assert_eq!(named(&refusal(&upload, &limits().with_max_work(20_000))), Limit::MaxWork);
    assert_eq!(named(&refusal(&upload, &limits().with_max_heap_bytes(20_000))), Limit::MaxHeapBytes);
    let err = refusal(with_text.as_slice(), &limits().with_max_metadata_bytes(14));
    assert_eq!(named(&err), Limit::MaxMetadataBytes);
    assert_eq!(err.to_string(), "15 bytes of metadata is over max_metadata_bytes (14)");
}

#[test]
fn what_is_admitted_may_be_decoded_on_another_thread() {
    fn may_move<T: Send>(_: &T) {}
    let upload = grey(8, 8);
    let admitted =
        admit(&upload, &outline(&upload).unwrap(), &Request::full(), &Limits::untrusted()).unwrap();
    may_move(&admitted);
    may_move(&open(admitted, &Budget::new(&Limits::untrusted())).unwrap());
}

#[test]
fn an_outline_of_another_file_is_misuse() {
    let (one, other) = (grey(8, 8), grey(9, 900));
    let err = admit(&one, &outline(&other).unwrap(), &Request::full(), &Limits::untrusted()).unwrap_err();
    assert_eq!(err.kind(), Kind::Misuse);
}

#[test]
fn a_budget_with_less_than_was_predicted_is_a_limit_and_gives_everything_back() {
    for upload in [grey(300, 200), PngBytes::adam7(8, 8, GREY, 8).idat_stored(&[0; 79]).iend().into_vec()] {
        let outline = outline(&upload).unwrap();
        let admitted = admit(&upload, &outline, &Request::full(), &Limits::untrusted()).unwrap();
        let budget = Budget::new(&Limits::untrusted().with_max_heap_bytes(admitted.cost().peak_heap - 1));
        let err = open(admitted, &budget).and_then(|mut decoder| decoder.next_band().map(drop)).unwrap_err();
        assert_eq!(named(&err), Limit::MaxHeapBytes);
        assert_eq!(budget.held_bytes(), 0);
    }
}

#[test]
fn the_clock_stops_a_stream_that_makes_no_rows() {
    let slow = PngBytes::new(30_000, 3_000, GREY, 8)
        .idat(&deflate::empty_dynamic_blocks(30_000, &[0; 100]))
        .iend()
        .into_vec();
    let outline = outline(&slow).unwrap();
    let admitted = admit(&slow, &outline, &Request::full(), &Limits::untrusted()).unwrap();
    let budget = Budget::new(&Limits::untrusted().with_max_wall(Duration::from_millis(3)));
    let err = open(admitted, &budget).and_then(|mut decoder| decoder.next_band().map(drop)).unwrap_err();
    assert_eq!(err.kind(), Kind::Deadline);
}

#[test]
fn a_thrown_switch_stops_at_the_next_band() {
    let upload = grey(3_000, 300);
    let cancel = Cancel::new();
    let budget = Budget::with_cancel(&Limits::untrusted(), cancel.clone());
    let admitted =
        admit(&upload, &outline(&upload).unwrap(), &Request::full(), &Limits::untrusted()).unwrap();
    let mut decoder = open(admitted, &budget).unwrap();
    decoder.next_band().unwrap();
    cancel.cancel();
    assert_eq!(decoder.next_band().unwrap_err().kind(), Kind::Cancelled);
}

#[test]
fn a_profile_over_its_limit_is_a_limit_and_a_broken_one_is_malformed() {
    let mut profile = vec![0; 4_000];
    profile[2..4].copy_from_slice(&4_000_u16.to_be_bytes());
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(&profile, 6);
    let icc = |chunk: &[u8], limits: &Limits| {
        let upload = PngBytes::new(1, 1, GREY, 8).chunk(b"iCCP", chunk).idat_stored(&[0, 0]).iend();
        let bytes = outline(upload.as_slice()).unwrap().icc(upload.as_slice(), limits, &Budget::new(limits));
        bytes.map(|profile| profile.unwrap().into_vec())
    };
    let chunk = |method: u8, stream: &[u8]| [b"name\0", &[method][..], stream].concat();
    let limits = Limits::untrusted();
    assert_eq!(icc(&chunk(0, &packed), &limits).unwrap(), profile);
    let err = icc(&chunk(0, &packed), &limits.clone().with_max_icc_bytes(3_999)).unwrap_err();
    assert_eq!(named(&err), Limit::MaxIccBytes);
    let cut = &packed[..packed.len() / 2];
    for broken in [&b""[..], b"\0\0", b"name", b"name\0", &[b'n'; 99], &chunk(1, &packed), &chunk(0, cut)] {
        assert_eq!(icc(broken, &limits).unwrap_err().kind(), Kind::Malformed, "{broken:?}");
    }
}

#[test]
fn transparency_of_16_bits_is_compared_before_the_low_byte_goes() {
    let samples = [0x1234_u16, 0x1235, 0x1334];
    let rows = filtered_rows((3, 1), (3, 16), false, |_| 0, |x, _, _| samples[x as usize]);
    let upload =
        PngBytes::new(3, 1, RGB, 16).chunk(b"tRNS", &[0x12, 0x34].repeat(3)).idat_stored(&rows).iend();
    let outline = outline(upload.as_slice()).unwrap();
    let limits = Limits::untrusted();
    let admitted = admit(upload.as_slice(), &outline, &Request::full(), &limits).unwrap();
    let mut decoder = open(admitted, &Budget::new(&limits)).unwrap();
    let wanted = [0x12, 0x12, 0x12, 0, 0x12, 0x12, 0x12, 255, 0x13, 0x13, 0x13, 255];
    assert_eq!(decoder.next_band().unwrap().unwrap().bytes, wanted);
    let err = admit_with(upload.as_slice(), &outline, &Request::full(), &limits, Backend::Zune).unwrap_err();
    assert_eq!(err.kind(), Kind::Unsupported);
}

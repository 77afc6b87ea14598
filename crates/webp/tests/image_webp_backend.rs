//! The decoder of image-webp in the place of our own: the same pixels, no more heap than predicted, no panic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Error, Kind, Limit, Limits, Request, Truncated};
use fic_testkit::bytes::vp8l::{Pairs, any_picture};
use fic_testkit::bytes::webp::{BoolBytes, Vp8Header, Vp8lBytes, WebpBytes};
use fic_testkit::generate::vp8l::{self, Cache};
use fic_testkit::heap::measure;
use fic_testkit::samples::webp;
use fic_testkit::valid;
use fic_webp::Backend;

/// The first pixels, a megabyte of them at most; never more heap than predicted.
fn decode(input: &[u8], request: &Request, backend: Backend) -> Result<Vec<u8>, Error> {
    let limits = Limits::untrusted();
    let outline = fic_webp::outline(input)?;
    let (admitted, heap) = measure(|| fic_webp::admit_with(input, &outline, request, &limits, backend));
    assert!(heap < 1024, "{heap} bytes of heap for admission");
    let admitted = admitted?;
    let (predicted, budget) = (admitted.cost().peak_heap, Budget::new(&limits));
    let mut pixels = Vec::with_capacity(1 << 20);
    let (decoded, heap) = measure(|| {
        let mut decoder = fic_webp::open(admitted, &budget)?;
        while let Some(band) = decoder.next_band()? {
            let room = pixels.capacity() - pixels.len();
            pixels.extend_from_slice(&band.bytes[..band.bytes.len().min(room)]);
        }
        assert!(!decoder.was_truncated());
        Ok::<_, Error>(())
    });
    assert!(heap <= predicted, "{backend:?}: {heap} bytes of heap, predicted {predicted}");
    assert!(budget.peak_bytes() <= predicted, "{backend:?}: held {} of {predicted}", budget.peak_bytes());
    assert_eq!(budget.held_bytes(), 0);
    decoded.map(|()| pixels)
}

fn theirs(input: &[u8]) -> Result<Vec<u8>, Error> {
    decode(input, &Request::full(), Backend::ImageWebP)
}

#[test]
fn every_frame_of_every_valid_file_has_the_same_pixels_by_both() {
    let (mut files, mut frames) = (0, 0);
    for file in valid::files("webp") {
        let input = file.bytes();
        for frame in 0..u32::try_from(file.frames).unwrap() {
            let request = Request::full().with_frame(frame);
            let [ours, theirs] = [Backend::Own, Backend::ImageWebP].map(|backend| {
                decode(&input, &request, backend).unwrap_or_else(|err| panic!("{}: {err}", file.path))
            });
            assert!(!ours.is_empty() && ours == theirs, "{} frame {frame}: other pixels", file.path);
            frames += 1;
        }
        files += 1;
    }
    assert!(files > 100 && frames > files, "{frames} frames of {files} files");
}

#[test]
fn pictures_are_decoded_at_full_size_with_the_loop_filter() {
    let file = valid::files("webp").into_iter().find(|f| f.path.ends_with("/lossy_q0_97x61.webp")).unwrap();
    let (input, limits) = (file.bytes(), Limits::untrusted());
    let outline = fic_webp::outline(&input).unwrap();
    let request = Request::full().with_at_least(4, 3);
    let admit = |backend| fic_webp::admit_with(&input, &outline, &request, &limits, backend).unwrap();
    let (ours, theirs) = (admit(Backend::Own), admit(Backend::ImageWebP));
    assert!(ours.scale() > 1 && ours.lacks_loop_filter());
    assert!(theirs.scale() == 1 && !theirs.lacks_loop_filter());
    assert!(theirs.cost().work > 3 * ours.cost().work);
    assert_eq!(decode(&input, &request, Backend::ImageWebP).unwrap(), file.pixels());
}

/// The verdict in a word.
fn verdict(result: &Result<Vec<u8>, Error>) -> &'static str {
    match result {
        Ok(_) => "pixels",
        Err(err) => err.kind().name(),
    }
}

/// The hostile files on which the decoders' verdicts are not the same: ours, theirs.
const OTHERWISE: [(&str, &str, &str); 5] = [
    ("w01_two_symbols_alike", "pixels", "unsupported"),
    ("w01_two_symbols_in_falling_order", "pixels", "unsupported"),
    // A limit that the walk through the codes passed is refused for what follows them.
    ("w02_18001_groups_in_98_megapixels", "malformed", "limit"),
    ("w08_segments_without_a_map", "pixels", "unsupported"),
    ("w14_predictor_that_does_not_exist", "pixels", "unsupported"),
];

#[test]
fn hostile_files_get_the_same_verdict_and_the_same_pixels_by_both() {
    let mut otherwise = Vec::new();
    for sample in webp::all() {
        let input = sample.bytes();
        let [ours, theirs] =
            [Backend::Own, Backend::ImageWebP].map(|backend| decode(&input, &Request::full(), backend));
        match (verdict(&ours), verdict(&theirs)) {
            ("pixels", "pixels") => {
                assert!(ours.unwrap() == theirs.unwrap(), "{}: other pixels", sample.name)
            }
            (ours, theirs) if ours == theirs => {}
            (ours, theirs) => otherwise.push((sample.name, ours, theirs)),
        }
    }
    otherwise.sort();
    let otherwise: Vec<_> =
        otherwise.iter().map(|(name, ours, theirs)| (name.as_str(), *ours, *theirs)).collect();
    assert_eq!(otherwise, OTHERWISE);
}

/// How often both make the same pixels of streams, how often theirs is refused as `Unsupported`, and how often it makes
/// others.
fn compared(streams: impl Iterator<Item = Vec<u8>>) -> [u32; 3] {
    let mut counts = [0; 3];
    for (number, stream) in streams.enumerate() {
        let file = WebpBytes::new().chunk(b"VP8L", &stream).finish();
        let [ours, theirs] =
            [Backend::Own, Backend::ImageWebP].map(|backend| decode(&file, &Request::full(), backend));
        match (verdict(&ours), verdict(&theirs)) {
            ("pixels", "pixels") => counts[if ours.unwrap() == theirs.unwrap() { 0 } else { 2 }] += 1,
            ("pixels", "unsupported") => counts[1] += 1,
            (ours, theirs) => assert_eq!(ours, theirs, "stream {number}"),
        }
    }
    counts
}

#[test]
fn streams_that_it_reads_otherwise_are_refused_but_for_some_with_a_cache() {
    let size = |number: u64| (1 + (number * 31 % 70) as u32, 1 + (number * 17 % 50) as u32);
    let any = |numbers: std::ops::Range<u64>, pairs| {
        compared(numbers.map(|number| any_picture(number, size(number).0, size(number).1, pairs)))
    };
    assert_eq!(any(0..600, Pairs::Rising), [568, 0, 32]);
    assert_eq!(any(600..1_000, Pairs::AnyOrder), [339, 41, 20]);
    let bytes: Vec<u8> = noise(1 << 20).collect();
    let [same, _, other] = compared(bytes.chunks(1 << 10).map(|bytes| vp8l::stream(bytes, Cache::Never)));
    assert!(same > 100 && other == 0, "{same} streams are the same, {other} are not");
}

#[test]
fn a_file_cut_anywhere_is_refused_or_complete_whatever_is_accepted() {
    let request = Request::full().with_truncated(Truncated::Accept);
    for file in valid::files("webp") {
        let input = file.bytes();
        if input.len() > 700 {
            continue;
        }
        let pixels = file.pixels();
        for len in 0..input.len() {
            match decode(&input[..len], &request, Backend::ImageWebP) {
                Ok(decoded) => assert!(decoded == pixels, "{}: {len} bytes: other pixels", file.path),
                Err(err) => assert_eq!(err.kind(), Kind::Malformed, "{}: {len} bytes: {err}", file.path),
            }
        }
        if &input[12..16] == b"VP8X" {
            continue;
        }
        let (fourcc, payload) = (input[12..16].first_chunk().unwrap(), &input[20..]);
        for len in 0..payload.len() {
            let cut = WebpBytes::new().chunk(fourcc, &payload[..len]).finish();
            match decode(&cut, &request, Backend::ImageWebP) {
                Ok(decoded) => {
                    assert!(decoded == pixels, "{}: {len} of its picture: other pixels", file.path)
                }
                Err(err) => assert_eq!(err.kind(), Kind::Malformed, "{}: {len}: {err}", file.path),
            }
        }
    }
}

#[test]
fn a_changed_byte_gives_an_error_or_a_picture() {
    for file in valid::files("webp") {
        let input = file.bytes();
        for at in 0..input.len().min(512) {
            let mut changed = input.clone();
            changed[at] ^= 1 << (at % 8);
            if let Err(err) = theirs(&changed) {
                assert_ne!(err.kind(), Kind::Upstream, "{}: byte {at}: {err}", file.path);
            }
        }
    }
}

#[test]
fn a_changed_bit_of_any_lossless_stream_gives_an_error_or_a_picture() {
    for number in 0..40 {
        let picture = any_picture(number, 40, 30, Pairs::Rising);
        for at in (5..picture.len()).step_by(1 + picture.len() / 200) {
            let mut picture = picture.clone();
            picture[at] ^= 1 << (at % 8);
            if let Err(err) = theirs(&WebpBytes::new().chunk(b"VP8L", &picture).finish()) {
                assert_ne!(err.kind(), Kind::Upstream, "picture {number}: byte {at}: {err}");
            }
        }
    }
}

/// Bytes without a pattern.
fn noise(len: usize) -> impl Iterator<Item = u8> {
    let mut state = 0x2545_f491_u32;
    (0..len).map(move |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    })
}

#[test]
fn the_prediction_holds_for_groups_of_the_largest_trees_and_for_lists_that_grow() {
    let lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15];
    for groups in [1, 5, 12, 17] {
        // As many groups as the largest literal of their blocks says.
        let stream = Vp8lBytes::new(256, 256).end_of_transforms().cache(11).groups(4).no_cache();
        let stream = stream.singles([groups - 1, 0, 0, 255, 0]);
        let stream = (0..groups * 5).fold(stream, |stream, _| stream.code(&lengths));
        let stream = noise(1 << 18).fold(stream, |stream, byte| stream.put(byte.into(), 8));
        theirs(&WebpBytes::new().chunk(b"VP8L", &stream.finish()).finish()).unwrap();
    }
}

#[test]
fn the_prediction_holds_for_lossy_pictures_of_any_number_of_partitions() {
    let (width, height, macroblocks) = (400, 300, 25 * 19);
    for log2_partitions in 0..4 {
        for last in [&[0][..], &[7]] {
            let mut first = BoolBytes::with_partitions(log2_partitions).finish();
            first.extend(noise(macroblocks * 24 + 2_000));
            let mut data = first.clone();
            let partition = macroblocks * 200;
            for _ in 1..1 << log2_partitions {
                data.extend(&(partition as u32).to_le_bytes()[..3]);
            }
            data.extend(noise(partition << log2_partitions));
            data.extend(last);
            let picture = Vp8Header::new(width, height, first.len() as u32).followed_by(&data);
            theirs(&WebpBytes::new().chunk(b"VP8 ", &picture).finish()).unwrap();
        }
    }
}

#[test]
fn a_limit_one_byte_under_the_prediction_refuses_and_one_at_it_does_not() {
    let input = WebpBytes::new().chunk(b"VP8L", &Vp8lBytes::solid(100, 100)).finish();
    let outline = fic_webp::outline(&input).unwrap();
    let admit = |limits: &Limits| {
        let admitted = fic_webp::admit_with(&input, &outline, &Request::full(), limits, Backend::ImageWebP)?;
        Ok::<_, Error>(admitted.cost())
    };
    let cost = admit(&Limits::untrusted()).unwrap();
    admit(&Limits::untrusted().with_max_heap_bytes(cost.peak_heap).with_max_work(cost.work)).unwrap();
    let limit = |limits: Limits| match admit(&limits).unwrap_err().kind() {
        Kind::Limit { limit, .. } => limit,
        other => panic!("{other:?}"),
    };
    let heap = Limits::untrusted().with_max_heap_bytes(cost.peak_heap - 1);
    assert_eq!(limit(heap), Limit::MaxHeapBytes);
    assert_eq!(limit(Limits::untrusted().with_max_work(cost.work - 1)), Limit::MaxWork);
}

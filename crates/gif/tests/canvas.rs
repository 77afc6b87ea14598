//! Where the first frame lies on its canvas, what is around it, and what the outline says of the file.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Cancel, Error, FindingKind, Kind, Limit, Limits, PixelLayout, Request, Stage};
use fic_testkit::bytes::gif::{GifBytes, Image};
use fic_testkit::heap;

const TABLE: [[u8; 3]; 4] = [[10, 20, 30], [40, 50, 60], [70, 80, 90], [100, 110, 120]];

fn decode_within(bytes: &[u8], limits: &Limits) -> Result<(u32, u32, PixelLayout, Vec<u8>), Error> {
    let outline = fic_gif::outline(bytes)?;
    let admitted = fic_gif::admit(bytes, &outline, &Request::full(), limits)?;
    let mut decoder = fic_gif::open(admitted, &Budget::new(limits))?;
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band()? {
        pixels.extend_from_slice(band.bytes);
    }
    Ok((decoder.width(), decoder.height(), decoder.layout(), pixels))
}

fn decode(bytes: &[u8]) -> (u32, u32, PixelLayout, Vec<u8>) {
    decode_within(bytes, &Limits::untrusted()).unwrap()
}

#[test]
fn pixels_outside_the_frame_and_of_the_transparent_index_are_nothing() {
    let image = Image::new(2, 2).at(1, 1).pixels(&[1, 2, 3, 1]);
    let bytes =
        GifBytes::new(4, 3).global_table(&TABLE).graphic_control(0, Some(2)).image(image).trailer().finish();
    let (width, height, layout, pixels) = decode(&bytes);
    assert_eq!((width, height, layout), (4, 3, PixelLayout::Rgba));
    let (none, one, three) = ([0; 4], [40, 50, 60, 255], [100, 110, 120, 255]);
    let expected = [none, none, none, none, none, one, none, none, none, three, one, none];
    assert_eq!(pixels, expected.concat());
}

#[test]
fn the_canvas_grows_to_hold_the_first_frame_and_not_the_second() {
    let first = Image::new(3, 1).at(2, 0).pixels(&[1, 1, 1]);
    let second = Image::new(9, 9).pixels(&[0; 81]);
    let bytes = GifBytes::new(2, 4).global_table(&TABLE).image(first).image(second).trailer().finish();
    let outline = fic_gif::outline(&bytes).unwrap();
    assert_eq!(outline.screen(), (2, 4));
    let header = outline.header();
    assert_eq!((header.width.get(), header.height.get(), header.frames, header.has_alpha), (5, 4, 2, true));
    assert!(header.findings.has(FindingKind::ContradictoryHeader));
    assert_eq!(decode(&bytes).3.chunks(4).filter(|pixel| pixel[3] == 255).count(), 3);
}

#[test]
fn an_index_past_the_table_is_opaque_black() {
    let image = Image::new(3, 1).min_code_size(8).pixels(&[3, 4, 255]);
    let bytes = GifBytes::new(3, 1).global_table(&TABLE).image(image).trailer().finish();
    assert_eq!(decode(&bytes).3, [100, 110, 120, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn a_local_table_is_used_instead_of_the_global_one() {
    let image = Image::new(2, 1).local_table(&[[1, 2, 3], [4, 5, 6]]).pixels(&[1, 0]);
    let bytes = GifBytes::new(2, 1).version_87a().global_table(&TABLE).image(image).trailer().finish();
    assert_eq!(decode(&bytes).3, [4, 5, 6, 1, 2, 3]);
    assert_eq!(fic_gif::outline(&bytes).unwrap().first_frame().colours(), 2);
}

#[test]
fn only_the_control_block_before_an_image_counts_for_it() {
    let dot = || Image::new(1, 1).pixels(&[1]);
    let control_behind = GifBytes::new(1, 1)
        .global_table(&TABLE)
        .image(dot())
        .graphic_control(0, Some(1))
        .image(dot())
        .trailer();
    assert_eq!(decode(&control_behind.finish()).2, PixelLayout::Rgb);
    let comment_between = GifBytes::new(1, 1)
        .global_table(&TABLE)
        .graphic_control(0, Some(1))
        .comment(b"x")
        .image(dot())
        .trailer();
    assert_eq!(decode(&comment_between.finish()).3, [0; 4]);
    let short =
        GifBytes::new(1, 1).global_table(&TABLE).extension(0xf9, &[&[1, 0]]).image(dot()).trailer().finish();
    assert_eq!(decode(&short).2, PixelLayout::Rgb);
    assert!(fic_gif::outline(&short).unwrap().header().findings.has(FindingKind::SloppyLength));
}

#[test]
fn the_outline_counts_metadata_frames_and_bytes_behind() {
    let bytes = GifBytes::new(1, 1)
        .global_table(&TABLE)
        .loops(7)
        .comment(&[b'c'; 600])
        .application(b"XMP DataXMP", b"<x/>")
        .extension(0x42, &[b"unknown"])
        .raw(&[0])
        .images(Image::new(1, 1).pixels(&[0]), 3)
        .trailer()
        .raw(b"behind")
        .finish();
    let outline = fic_gif::outline(&bytes).unwrap();
    let header = outline.header();
    assert_eq!((header.frames, outline.loops(), header.trailing_bytes), (3, Some(7), 6));
    assert_eq!(header.metadata_bytes, 600 + 11 + 4 + 7);
    assert_eq!(outline.end(), bytes.len() - 6);
    for kind in [
        FindingKind::Animation,
        FindingKind::JunkBetweenChunks,
        FindingKind::Metadata,
        FindingKind::TrailingBytes,
        FindingKind::UnknownChunk,
    ] {
        assert!(header.findings.has(kind), "{}", kind.name());
    }
    assert!(!header.findings.has(FindingKind::MissingEnd));
}

#[test]
fn the_icc_profile_is_put_together_from_its_sub_blocks() {
    let profile: Vec<u8> = (0..1000u32).map(|at| (at % 251) as u8).collect();
    let dot = Image::new(1, 1).pixels(&[0]);
    let bytes = GifBytes::new(1, 1)
        .global_table(&TABLE)
        .application(b"ICCRGBG1012", &profile)
        .image(dot)
        .trailer()
        .finish();
    let outline = fic_gif::outline(&bytes).unwrap();
    assert_eq!((outline.header().icc_bytes, outline.header().metadata_bytes), (1000, 0));
    let limits = Limits::untrusted();
    let budget = Budget::new(&limits);
    let found = outline.icc(&bytes, &limits, &budget).unwrap().unwrap();
    assert_eq!(found.as_slice(), profile);
    assert_eq!(budget.held_bytes(), 1000);
    let err = outline.icc(&bytes, &limits.with_max_icc_bytes(999), &budget).unwrap_err();
    assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxIccBytes, found: 1000, .. }));
}

#[test]
fn each_limit_refuses_by_its_own_name_before_any_decoding() {
    let image = Image::new(100, 50).pixels(&[0; 5000]);
    let bytes =
        GifBytes::new(100, 50).global_table(&TABLE).comment(&[b'c'; 99]).image(image).trailer().finish();
    let over = |limits: Limits| {
        let err = decode_within(&bytes, &limits).unwrap_err();
        assert_eq!(err.stage(), Stage::Admit);
        match err.kind() {
            Kind::Limit { limit, .. } => limit,
            kind => panic!("{kind:?}"),
        }
    };
    let limits = Limits::untrusted;
    assert_eq!(over(limits().with_max_pixels(4999)), Limit::MaxPixels);
    assert_eq!(over(limits().with_max_width(99)), Limit::MaxWidth);
    assert_eq!(over(limits().with_max_height(49)), Limit::MaxHeight);
    assert_eq!(over(limits().with_max_frames(0)), Limit::MaxFrames);
    assert_eq!(over(limits().with_max_metadata_bytes(98)), Limit::MaxMetadataBytes);
    assert_eq!(over(limits().with_max_work(20_000)), Limit::MaxWork);
    assert_eq!(over(limits().with_max_heap_bytes(50_000)), Limit::MaxHeapBytes);
}

#[test]
fn a_large_canvas_is_never_held() {
    // 12 megapixels of canvas, most of it empty.
    let image = Image::new(1500, 1000).at(1000, 1000).pixels(&vec![1; 1_500_000]);
    let bytes = GifBytes::new(4000, 3000).global_table(&TABLE).image(image).trailer().finish();
    let limits = Limits::untrusted();
    let outline = fic_gif::outline(&bytes).unwrap();
    let admitted = fic_gif::admit(&bytes, &outline, &Request::full(), &limits).unwrap();
    let cost = admitted.cost();
    let (opaque, peak) = heap::measure(|| {
        let mut decoder = fic_gif::open(admitted, &Budget::new(&limits)).unwrap();
        let mut opaque = 0;
        while let Some(band) = decoder.next_band().unwrap() {
            opaque += band.bytes.chunks(4).filter(|pixel| pixel[3] == 255).count();
        }
        opaque
    });
    assert_eq!(opaque, 1_500_000);
    assert!(peak <= cost.peak_heap && cost.peak_heap < 200 << 10, "{peak} {cost:?}");
}

#[test]
fn an_interlaced_frame_is_held_as_one_byte_a_pixel() {
    let image = Image::new(1200, 1000).interlaced().pixels(&vec![1; 1_200_000]);
    let bytes = GifBytes::new(1200, 1000).global_table(&TABLE).image(image).trailer().finish();
    let limits = Limits::untrusted();
    let outline = fic_gif::outline(&bytes).unwrap();
    assert_eq!(outline.header().scans, 4);
    let cost = fic_gif::admit(&bytes, &outline, &Request::full(), &limits).unwrap().cost();
    assert!((1_200_000..1_400_000).contains(&cost.peak_heap), "{cost:?}");
}

#[test]
fn stops_at_the_next_band_when_cancelled() {
    let image = Image::new(1000, 1000).pixels(&vec![1; 1_000_000]);
    let bytes = GifBytes::new(1000, 1000).global_table(&TABLE).image(image).trailer().finish();
    let limits = Limits::untrusted();
    let outline = fic_gif::outline(&bytes).unwrap();
    let admitted = fic_gif::admit(&bytes, &outline, &Request::full(), &limits).unwrap();
    let cancel = Cancel::new();
    let mut decoder = fic_gif::open(admitted, &Budget::with_cancel(&limits, cancel.clone())).unwrap();
    assert!(decoder.next_band().unwrap().is_some());
    cancel.cancel();
    assert_eq!(decoder.next_band().unwrap_err().kind(), Kind::Cancelled);
}

//! Files that are cut short or changed: an answer for each, never a panic, never a decoder's contradiction.

use fic_core::{Bands, Budget, Error, FindingKind, Kind, Limits, PixelLayout, Request, Truncated};
use fic_testkit::bytes::gif::{GifBytes, Image};
use fic_testkit::valid;

/// The pixels, their layout, and whether rows were filled in.
fn decode(bytes: &[u8], truncated: Truncated) -> Result<(Vec<u8>, PixelLayout, bool), Error> {
    let limits = Limits::untrusted().with_max_pixels(1 << 20);
    let outline = fic_gif::outline(bytes)?;
    let admitted = fic_gif::admit(bytes, &outline, &Request::full().with_truncated(truncated), &limits)?;
    let budget = Budget::new(&limits);
    let predicted = admitted.cost().peak_heap;
    let layout = admitted.layout();
    let mut decoder = fic_gif::open(admitted, &budget)?;
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band()? {
        pixels.extend_from_slice(band.bytes);
    }
    assert!(budget.peak_bytes() <= predicted);
    Ok((pixels, layout, decoder.was_truncated()))
}

fn small_files() -> Vec<(String, Vec<u8>)> {
    let names = [
        "interlaced_33x27",
        "anim_first_small_transparent_45x31",
        "noise_deferred_97x61",
        "blocks_of_1_45x31",
    ];
    let picked = |path: &str| names.iter().any(|name| path.contains(name));
    let mut files: Vec<_> = valid::files("gif")
        .into_iter()
        .filter(|file| picked(&file.path))
        .map(|file| (file.path.clone(), file.bytes()))
        .collect();
    let pixels: Vec<u8> = (0..600).map(|at| (at / 7 % 4) as u8).collect();
    let built = GifBytes::new(40, 30)
        .global_table(&[[1, 2, 3], [4, 5, 6], [7, 8, 9]])
        .loops(3)
        .comment(b"a comment")
        .application(b"ICCRGBG1012", &[7; 300])
        .graphic_control(2, Some(3))
        .image(Image::new(20, 30).at(5, 0).interlaced().local_table(&[[9; 3]; 4]).pixels(&pixels))
        .image(Image::new(1, 1).pixels(&[0]))
        .trailer();
    files.push(("built".into(), built.finish()));
    assert_eq!(files.len(), names.len() + 1);
    files
}

#[test]
fn every_truncation_is_an_answer() {
    for (name, bytes) in small_files() {
        for len in 0..bytes.len() {
            let cut = &bytes[..len];
            match decode(cut, Truncated::Reject) {
                Ok((_, _, filled_in)) => assert!(!filled_in, "{name} at {len}"),
                Err(err) => assert_eq!(err.kind(), Kind::Malformed, "{name} at {len}: {err}"),
            }
            if let Err(err) = decode(cut, Truncated::Accept) {
                assert_eq!(err.kind(), Kind::Malformed, "{name} at {len}: {err}");
            }
        }
    }
}

#[test]
fn a_file_whose_pixels_are_all_there_may_end_anywhere_behind_them() {
    for (name, bytes) in small_files() {
        let outline = fic_gif::outline(&bytes).unwrap();
        let (whole, ..) = decode(&bytes, Truncated::Reject).unwrap();
        let accepted: Vec<usize> = (0..bytes.len())
            .filter(|&len| decode(&bytes[..len], Truncated::Reject).is_ok_and(|(pixels, ..)| pixels == whole))
            .collect();
        // From the last code of the first frame on, every cut gives the same picture and says what is missing.
        let first = *accepted.first().expect("at least the trailer may be missing");
        assert_eq!(accepted.len(), bytes.len() - first, "{name}");
        assert!(bytes.len() - first < 60 || outline.header().frames > 1, "{name}");
        for len in accepted {
            let findings = fic_gif::outline(&bytes[..len]).unwrap().header().findings.clone();
            let said = findings.has(FindingKind::MissingEnd) || outline.header().trailing_bytes > 0;
            assert!(said, "{name} at {len}");
        }
    }
}

#[test]
fn every_changed_byte_is_an_answer() {
    for (name, bytes) in small_files() {
        for at in 0..bytes.len().min(512) {
            for flip in [0x01, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                if let Err(err) = decode(&changed, Truncated::Accept) {
                    let fine = matches!(err.kind(), Kind::Malformed | Kind::Limit { .. });
                    assert!(fine, "{name} byte {at}: {err}");
                }
                let _ = decode(&changed, Truncated::Reject);
            }
        }
    }
}

#[test]
fn rows_that_are_missing_are_filled_in_when_that_is_wanted() {
    let pixels: Vec<u8> = (0..40 * 40).map(|at| 1 + (at / 5 % 3) as u8).collect();
    let file = |image: Image, control: Option<u8>| {
        let mut gif = GifBytes::new(40, 40).global_table(&[[1; 3], [50; 3], [60; 3], [70; 3]]);
        if control.is_some() {
            gif = gif.graphic_control(0, control);
        }
        let mut bytes = gif.image(image).trailer().finish();
        bytes.truncate(bytes.len() * 2 / 3);
        bytes
    };
    let colour = |index: u8| 40 + 10 * index;

    let bytes = file(Image::new(40, 40).pixels(&pixels), None);
    let (found, layout, filled_in) = decode(&bytes, Truncated::Accept).unwrap();
    assert_eq!((found.len(), layout, filled_in), (4800, PixelLayout::Rgb, true));
    let there = found.chunks(3).take_while(|pixel| pixel[0] != 0).count();
    assert!((400..1600).contains(&there), "{there}");
    assert!(found.chunks(3).zip(&pixels).take(there).all(|(pixel, &index)| pixel == [colour(index); 3]));
    assert!(found.chunks(3).skip(there).all(|pixel| pixel == [0; 3]));
    assert_eq!(decode(&bytes, Truncated::Reject).unwrap_err().kind(), Kind::Malformed);

    let bytes = file(Image::new(40, 40).interlaced().pixels(&pixels), Some(0));
    let (found, layout, filled_in) = decode(&bytes, Truncated::Accept).unwrap();
    assert_eq!((found.len(), layout, filled_in), (6400, PixelLayout::Rgba, true));
    let rows: Vec<&[u8]> = found.chunks(160).collect();
    // The first pass is there, the last is not.
    assert!(rows.iter().step_by(8).all(|row| row.chunks(4).all(|pixel| pixel[3] == 255)));
    assert!(rows.iter().skip(39).all(|row| row.iter().all(|&sample| sample == 0)));
}

#[test]
fn rows_before_the_data_breaks_off_come_out_before_the_error() {
    // Wide enough that a band is a few rows.
    let pixels: Vec<u8> = (0..3000 * 60).map(|at| (at % 7 % 4) as u8).collect();
    let mut bytes =
        GifBytes::new(3000, 60).global_table(&[[9; 3]; 4]).image(Image::new(3000, 60).pixels(&pixels));
    bytes = bytes.trailer();
    let mut bytes = bytes.finish();
    bytes.truncate(bytes.len() / 2);
    let limits = Limits::untrusted();
    let outline = fic_gif::outline(&bytes).unwrap();
    let admitted = fic_gif::admit(&bytes, &outline, &Request::full(), &limits).unwrap();
    let mut decoder = fic_gif::open(admitted, &Budget::new(&limits)).unwrap();
    let mut rows = 0;
    let err = loop {
        match decoder.next_band() {
            Ok(band) => rows += band.expect("an error before the end").bytes.len() / 9000,
            Err(err) => break err,
        }
    };
    assert!((7..53).contains(&rows), "{rows}");
    assert_eq!(err.kind(), Kind::Malformed);
    assert!(decoder.next_band().unwrap().is_none(), "spent");
}

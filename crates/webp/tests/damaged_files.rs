//! Files that were cut or had a byte changed: an error or a picture, never a panic, never invented rows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Error, FindingKind, Kind, Limits, Request, Truncated};
use fic_testkit::bytes::webp::WebpBytes;
use fic_testkit::heap::measure;
use fic_testkit::valid;

/// The pixels, and whether some of them were filled in.
fn decode(input: &[u8], truncated: Truncated) -> Result<(Vec<u8>, bool), Error> {
    let limits = Limits::untrusted();
    let request = Request::full().with_truncated(truncated);
    let outline = fic_webp::outline(input)?;
    let admitted = fic_webp::admit(input, &outline, &request, &limits)?;
    let (predicted, budget) = (admitted.cost().peak_heap, Budget::new(&limits));
    let mut pixels = Vec::with_capacity(1 << 16);
    let (decoded, heap) = measure(|| {
        let mut decoder = fic_webp::open(admitted, &budget)?;
        while let Some(band) = decoder.next_band()? {
            if pixels.len() + band.bytes.len() <= pixels.capacity() {
                pixels.extend_from_slice(band.bytes);
            }
        }
        Ok::<_, Error>(decoder.was_truncated())
    });
    assert!(heap <= predicted, "{heap} bytes of heap, predicted {predicted}");
    decoded.map(|truncated| (pixels, truncated))
}

/// The file, its bytes and its pixels, for those of at most so many bytes.
fn small_files(max_bytes: usize) -> impl Iterator<Item = (String, Vec<u8>, Vec<u8>)> {
    valid::files("webp")
        .into_iter()
        .map(|file| (file.path.clone(), file.bytes(), file.pixels()))
        .filter(move |(_, input, _)| input.len() <= max_bytes)
}

#[test]
fn a_file_cut_anywhere_is_refused_or_complete() {
    for (path, input, pixels) in small_files(700) {
        for len in 0..input.len() {
            refused_or(&pixels, &input[..len], &format!("{path}: {len} bytes"));
        }
    }
}

#[test]
fn a_picture_cut_anywhere_with_its_sizes_made_to_fit_is_refused_or_complete() {
    let simple = small_files(2_000).filter(|(_, input, _)| &input[12..16] != b"VP8X");
    for (path, input, pixels) in simple {
        let (fourcc, payload) = (input[12..16].first_chunk().unwrap(), &input[20..]);
        for len in 0..payload.len() {
            let cut = WebpBytes::new().chunk(fourcc, &payload[..len]).finish();
            refused_or(&pixels, &cut, &format!("{path}: {len} bytes of {}", payload.len()));
        }
    }
}

#[test]
fn alpha_cut_anywhere_with_its_sizes_made_to_fit_is_refused_or_complete() {
    let with_alpha = small_files(2_000).filter(|(_, input, _)| &input[30..34] == b"ALPH");
    for (path, input, pixels) in with_alpha {
        let alpha_len = u32::from_le_bytes(*input[34..38].first_chunk().unwrap()) as usize;
        let (alpha, rest) = input[38..].split_at(alpha_len);
        for len in 0..alpha_len {
            let rest = &rest[alpha_len % 2..];
            let cut = WebpBytes::new().raw(&input[12..30]).chunk(b"ALPH", &alpha[..len]).raw(rest).finish();
            refused_or(&pixels, &cut, &format!("{path}: {len} bytes of {alpha_len}"));
        }
    }
}

/// What lost its end gives the same pixels, if none of it was needed, or none; where that is accepted, the same
/// rows as far as they were there, of which there is at least one, then others: zeros where the picture is lossless, opaque
/// where the alpha of a lossy one ends, or grey where a lossy picture itself does.
fn refused_or(pixels: &[u8], cut: &[u8], what: &str) {
    match decode(cut, Truncated::Reject) {
        Ok((decoded, filled)) => assert!(decoded == pixels && !filled, "{what}: other pixels"),
        Err(err) => assert_eq!(err.kind(), Kind::Malformed, "{what}: {err}"),
    }
    match decode(cut, Truncated::Accept) {
        Ok((decoded, true)) => {
            assert_eq!(decoded.len(), pixels.len(), "{what}");
            let there = decoded.iter().zip(pixels).take_while(|(a, b)| a == b).count();
            let outline = fic_webp::outline(cut).unwrap();
            let channels = if outline.header().has_alpha { 4 } else { 3 };
            let is_lossy = outline.coding() == fic_webp::Coding::Lossy;
            if outline.is_animated() {
                assert!(decoded.iter().any(|&value| value != 0), "{what}: nothing");
                return;
            }
            // The picture comes behind its alpha, which then is all there.
            if is_lossy && (channels == 3 || outline.header().findings.has(FindingKind::MissingEnd)) {
                // Grey begins at a macroblock, and the rows above it lack its filter: see the test below.
                assert!(decoded.iter().any(|&value| value != 130), "{what}: nothing but grey");
                return;
            }
            assert!(there >= outline.header().width.get() as usize * channels, "{what}: not a row is there");
            let missing = if is_lossy { 255 } else { 0 };
            let mut last =
                decoded[there / channels * channels..].chunks(channels).map(|pixel| pixel[channels - 1]);
            assert!(last.all(|value| value == missing), "{what}: invented rows after {there} bytes");
        }
        Ok((decoded, false)) => assert!(decoded == pixels, "{what}: other pixels"),
        Err(err) => assert_eq!(err.kind(), Kind::Malformed, "{what}: {err}"),
    }
}

#[test]
fn rows_before_the_damage_are_kept_where_that_is_accepted() {
    let file =
        valid::files("webp").into_iter().find(|file| file.path.ends_with("/lossless_160x2.webp")).unwrap();
    let (input, pixels) = (file.bytes(), file.pixels());
    let payload = &input[20..];
    let cut = WebpBytes::new().chunk(b"VP8L", &payload[..payload.len() - 40]).finish();
    let (decoded, filled) = decode(&cut, Truncated::Accept).unwrap();
    let row = pixels.len() / 2;
    assert!(filled && decoded[..row] == pixels[..row] && decoded[row..].iter().all(|&value| value == 0));
    let err = decode(&cut, Truncated::Reject).unwrap_err();
    assert_eq!(err.kind(), Kind::Malformed);
    assert!(err.to_string().starts_with("VP8L stream ends before its last pixel (found "), "{err}");
}

#[test]
fn macroblocks_before_the_damage_are_kept_where_that_is_accepted_and_the_rest_is_grey() {
    let file =
        valid::files("webp").into_iter().find(|file| file.path.ends_with("/lossy_q75_97x61.webp")).unwrap();
    let (input, pixels) = (file.bytes(), file.pixels());
    let payload = &input[20..];
    let cut = WebpBytes::new().chunk(b"VP8 ", &payload[..payload.len() * 2 / 3]).finish();
    let (decoded, filled) = decode(&cut, Truncated::Accept).unwrap();
    let row = 97 * 3;
    // The first row of macroblocks, but for what the filter of the second changes.
    assert!(filled && decoded.len() == pixels.len() && decoded[..12 * row] == pixels[..12 * row]);
    assert_eq!(decoded[60 * row..], [130; 97 * 3]);
    let err = decode(&cut, Truncated::Reject).unwrap_err();
    assert_eq!(err.kind(), Kind::Malformed);
    assert!(
        err.to_string().starts_with("VP8 partition of coefficients ends before the macroblock (found "),
        "{err}"
    );
}

#[test]
fn a_file_that_ends_in_its_picture_gives_what_is_there_where_that_is_accepted() {
    for name in ["/lossy_q75_97x61.webp", "/lossless_photo_97x61.webp", "/lossy_alpha_raw_45x31.webp"] {
        let file = valid::files("webp").into_iter().find(|file| file.path.ends_with(name)).unwrap();
        let (input, pixels) = (file.bytes(), file.pixels());
        let cut = &input[..input.len() - input.len() / 8];
        assert!(fic_webp::outline(cut).unwrap().header().findings.has(FindingKind::MissingEnd), "{name}");
        let err = decode(cut, Truncated::Reject).unwrap_err();
        assert!(err.to_string().starts_with("picture chunk that reaches past the end (found "), "{err}");
        let (decoded, filled) = decode(cut, Truncated::Accept).unwrap();
        assert!(filled && decoded.len() == pixels.len(), "{name}");
        let there = decoded.iter().zip(&pixels).take_while(|(a, b)| a == b).count();
        assert!(there > pixels.len() / 8, "{name}: {there} of {}", pixels.len());
        // Where it isn't the file that ends, the picture contradicts its container.
        let mut shorter = cut.to_vec();
        let size = cut.len() as u32 - 8;
        shorter[4..8].copy_from_slice(&size.to_le_bytes());
        decode(&shorter, Truncated::Accept).unwrap();
        shorter.extend([0; 40]);
        assert_eq!(decode(&shorter, Truncated::Accept).unwrap_err().kind(), Kind::Malformed, "{name}");
    }
}

#[test]
fn a_changed_byte_gives_an_error_or_a_picture() {
    for (path, input, _) in small_files(700) {
        for at in 0..input.len().min(512) {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = input.clone();
                changed[at] ^= change;
                if let Err(err) = decode(&changed, Truncated::Accept) {
                    assert_ne!(err.kind(), Kind::Upstream, "{path}: byte {at}: {err}");
                }
            }
        }
    }
}

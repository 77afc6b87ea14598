//! Files that end early or have a byte changed: an error or true pixels, never invented ones, no panic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Error, Kind, Limits, Request, Truncated};
use fic_testkit::valid;
use proptest::prelude::*;

struct Decoded {
    pixels: Vec<u8>,
    truncated: bool,
}

fn decode(bytes: &[u8], truncated: Truncated) -> Result<Decoded, Error> {
    let limits = Limits::strict_avatar();
    let outline = fic_jpeg::outline(bytes)?;
    let request = Request::full().with_truncated(truncated);
    let admitted = fic_jpeg::admit(bytes, &outline, &request, &limits)?;
    let size =
        admitted.layout().channels() as u64 * u64::from(admitted.width()) * u64::from(admitted.height());
    let mut decoder = fic_jpeg::open(admitted, &Budget::new(&limits))?;
    let mut pixels = vec![];
    while let Some(band) = decoder.next_band()? {
        pixels.extend_from_slice(band.bytes);
    }
    assert_eq!(pixels.len() as u64, size);
    Ok(Decoded { pixels, truncated: decoder.was_truncated() })
}

/// Small files of every kind: one scan, restarts, one scan a component, progressive.
fn small_files() -> Vec<Vec<u8>> {
    let wanted = [
        "base_420_17x9",
        "base_grey_97x61",
        "base_restart_1mcu_420_48x40",
        "base_restart_scan_each_420_48x40",
        "base_scan_y_then_cbcr_420_48x40",
        "base_s3x2_1x1_1x1_33x27",
        "base_ycck_444_48x40",
        "prog_deep_420_48x40",
        "prog_grey_48x40",
        "prog_restart_3mcu_444_33x27",
        "prog_spectral_420_48x40",
        "prog_smooth_420_160x120",
    ];
    let files: Vec<_> = valid::files("jpeg")
        .into_iter()
        .filter(|file| wanted.iter().any(|name| file.path.ends_with(&format!("{name}.jpg"))))
        .map(|file| file.bytes())
        .collect();
    assert_eq!(files.len(), wanted.len());
    files
}

#[test]
fn a_file_cut_at_any_length_gives_an_error_or_the_true_pixels() {
    for whole in small_files() {
        let wanted = decode(&whole, Truncated::Reject).unwrap().pixels;
        for len in 0..whole.len() {
            match decode(&whole[..len], Truncated::Reject) {
                Ok(decoded) => assert!(decoded.pixels == wanted && !decoded.truncated, "{len} bytes"),
                Err(err) => assert_eq!(err.kind(), Kind::Malformed, "{len} bytes: {err}"),
            }
        }
    }
}

#[test]
fn an_end_marker_behind_the_cut_hides_it_only_where_scans_are_whole() {
    for whole in small_files() {
        let wanted = decode(&whole, Truncated::Reject).unwrap().pixels;
        let progressive =
            fic_jpeg::outline(&whole).unwrap().frame().process == fic_jpeg::Process::Progressive;
        for len in 0..whole.len() {
            let cut = [&whole[..len], &[0xFF, 0xD9]].concat();
            // A progressive file may end after any scan: fewer scans are a coarser picture, and a valid one.
            let Ok(decoded) = decode(&cut, Truncated::Reject) else { continue };
            assert!(progressive || decoded.pixels == wanted, "{len} bytes");
        }
    }
}

#[test]
fn a_cut_file_that_is_accepted_says_so_and_keeps_the_rows_that_are_there() {
    for whole in small_files() {
        let wanted = decode(&whole, Truncated::Reject).unwrap().pixels;
        let mut accepted = 0;
        for len in 0..whole.len() {
            match decode(&whole[..len], Truncated::Accept) {
                Ok(decoded) => {
                    accepted += 1;
                    assert!(decoded.truncated || decoded.pixels == wanted, "{len} bytes");
                }
                Err(err) => assert_eq!(err.kind(), Kind::Malformed, "{len} bytes: {err}"),
            }
        }
        assert!(accepted > 0);
    }
    let file = &small_files()[1];
    let wanted = decode(file, Truncated::Reject).unwrap().pixels;
    let half = decode(&file[..file.len() * 3 / 4], Truncated::Accept).unwrap();
    assert!(half.truncated);
    assert_eq!(half.pixels[..97 * 16], wanted[..97 * 16]);
    assert!(half.pixels.ends_with(&[128; 97]));
}

#[test]
fn a_byte_changed_in_the_headers_never_panics_and_is_never_our_bug() {
    for whole in small_files() {
        for at in 0..whole.len().min(700) {
            for change in [0x01, 0x10, 0x80, 0xFF] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                for truncated in [Truncated::Reject, Truncated::Accept] {
                    if let Err(err) = decode(&bytes, truncated) {
                        assert_ne!(err.kind(), Kind::Upstream, "byte {at} ^ {change:#x}: {err}");
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_changes_anywhere_never_panic(
        file in 0usize..12,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        accept in any::<bool>(),
    ) {
        let mut bytes = small_files().swap_remove(file);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let truncated = if accept { Truncated::Accept } else { Truncated::Reject };
        if let Err(err) = decode(&bytes, truncated) {
            prop_assert_ne!(err.kind(), Kind::Upstream);
        }
    }

    #[test]
    fn bytes_that_are_no_picture_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for (at, value) in [0xFF, 0xD8, 0xFF].into_iter().enumerate().take(bytes.len()) {
            bytes[at] = value;
        }
        let _ = decode(&bytes, Truncated::Accept);
    }
}

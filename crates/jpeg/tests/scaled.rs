//! Decoding at a half, a quarter and an eighth: the right sizes, the same pixels whatever the coding, close to
//! the full picture averaged, within the predicted memory.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must fail")]

use fic_core::{Bands, Budget, Error, Limits, Request, Truncated};
use fic_testkit::compare::difference;
use fic_testkit::heap::measure;
use fic_testkit::valid;

struct Scaled {
    size: (u32, u32),
    channels: usize,
    pixels: Vec<u8>,
}

/// Decodes `picture` so that it still has `1 / divisor` of its width and height.
fn decode(picture: &[u8], divisor: u32) -> Result<Scaled, Error> {
    let limits = Limits::untrusted();
    let outline = fic_jpeg::outline(picture)?;
    let header = outline.header();
    let (width, height) = (header.width.get().div_ceil(divisor), header.height.get().div_ceil(divisor));
    let request = Request::full().with_at_least(width, height);
    let admitted = fic_jpeg::admit(picture, &outline, &request, &limits)?;
    let (size, channels) = ((admitted.width(), admitted.height()), admitted.layout().channels());
    let mut decoder = fic_jpeg::open(admitted, &Budget::new(&limits))?;
    let mut pixels = Vec::new();
    while let Some(band) = decoder.next_band()? {
        pixels.extend_from_slice(band.bytes);
    }
    Ok(Scaled { size, channels, pixels })
}

/// Each pixel the mean of the `divisor` x `divisor` pixels that it stands for.
fn averaged(full: &Scaled, divisor: u32) -> Vec<u8> {
    let (width, height) = full.size;
    let at = |x: u32, y: u32, c: usize| u32::from(full.pixels[(y * width + x) as usize * full.channels + c]);
    let mut out = Vec::new();
    for y in (0..height).step_by(divisor as usize) {
        for x in (0..width).step_by(divisor as usize) {
            for c in 0..full.channels {
                let cells = (y..(y + divisor).min(height))
                    .flat_map(|y| (x..(x + divisor).min(width)).map(move |x| (x, y)));
                let (sum, count) = cells.fold((0, 0), |(sum, count), (x, y)| (sum + at(x, y, c), count + 1));
                out.push(((sum + count / 2) / count) as u8);
            }
        }
    }
    out
}

#[test]
fn every_valid_file_decodes_at_every_scale_to_its_size() {
    for file in valid::files("jpeg") {
        for divisor in [1, 2, 4, 8] {
            let scaled = decode(&file.bytes(), divisor).expect(&file.path);
            let least = (file.width.div_ceil(divisor), file.height.div_ceil(divisor));
            assert!(scaled.size.0 >= least.0 && scaled.size.1 >= least.1, "{}", file.path);
            assert!(scaled.size.0 <= file.width && scaled.size.1 <= file.height, "{}", file.path);
            let samples = scaled.size.0 as usize * scaled.size.1 as usize * scaled.channels;
            assert_eq!(scaled.pixels.len(), samples, "{}", file.path);
        }
    }
}

#[test]
fn a_photograph_is_close_to_its_average() {
    let photo = std::fs::read(valid::corpus().join("samples/garden.jpg")).unwrap();
    let full = decode(&photo, 1).unwrap();
    for (divisor, least) in [(2, 38.0), (4, 38.0), (8, 38.0)] {
        let scaled = decode(&photo, divisor).unwrap();
        assert_eq!(scaled.size, (1600 / divisor, 1200 / divisor));
        let found = difference(&scaled.pixels, &averaged(&full, divisor));
        assert!(found.psnr >= least, "1/{divisor}: {found:?}");
    }
}

#[test]
fn the_same_coefficients_make_the_same_pixels_however_they_are_sent() {
    let families = [
        &[
            "base_restart_1mcu_420_48x40",
            "base_restart_scan_each_420_48x40",
            "base_scan_each_420_48x40",
            "base_scan_y_then_cbcr_420_48x40",
            "prog_420_48x40",
            "prog_restart_row_420_48x40",
            "prog_spectral_420_48x40",
        ][..],
        &["base_restart_3mcu_422_48x40", "prog_422_48x40", "prog_dc_apart_422_48x40"],
        &["base_scan_each_444_33x27", "prog_restart_3mcu_444_33x27"],
    ];
    let read =
        |name: &str| std::fs::read(valid::corpus().join(format!("valid/jpeg/{name}.jpg"))).expect(name);
    for family in families {
        for divisor in [1, 2, 4, 8] {
            let first = decode(&read(family[0]), divisor).unwrap();
            for name in &family[1..] {
                assert!(
                    decode(&read(name), divisor).unwrap().pixels == first.pixels,
                    "{name} at 1/{divisor}"
                );
            }
        }
    }
}

#[test]
fn no_scale_takes_more_memory_than_predicted_or_much_less() {
    let limits = Limits::untrusted();
    for file in valid::files("jpeg") {
        let picture = file.bytes();
        let outline = fic_jpeg::outline(&picture).unwrap();
        for divisor in [2, 4, 8] {
            let request =
                Request::full().with_at_least(file.width.div_ceil(divisor), file.height.div_ceil(divisor));
            let budget = Budget::new(&limits);
            let admitted = fic_jpeg::admit(&picture, &outline, &request, &limits).unwrap();
            let predicted = admitted.cost().peak_heap;
            let ((), measured) = measure(|| {
                let mut decoder = fic_jpeg::open(admitted, &budget).unwrap();
                while decoder.next_band().unwrap().is_some() {}
            });
            assert!(measured <= predicted, "{}: {measured} over {predicted}", file.path);
            assert!(predicted <= 2 * measured, "{}: {measured} under {predicted}", file.path);
        }
    }
}

#[test]
fn scans_without_a_needed_coefficient_are_not_read() {
    // What a scan costs shows in the predicted work: at an eighth only the DC scans count.
    let limits = Limits::untrusted();
    let file = std::fs::read(valid::corpus().join("valid/jpeg/prog_420_48x40.jpg")).unwrap();
    let outline = fic_jpeg::outline(&file).unwrap();
    let work = |request: &Request| fic_jpeg::admit(&file, &outline, request, &limits).unwrap().cost().work;
    assert!(work(&Request::full().with_at_least(6, 5)) < work(&Request::full()) * 3 / 4);
}

#[test]
fn a_photograph_cut_short_keeps_its_rows_at_every_scale() {
    let photo = std::fs::read(valid::corpus().join("samples/garden.jpg")).unwrap();
    let cut = &photo[..photo.len() / 2];
    let limits = Limits::untrusted();
    let outline = fic_jpeg::outline(cut).unwrap();
    for divisor in [1, 2, 4, 8] {
        let whole = decode(&photo, divisor).unwrap();
        let strict = Request::full().with_at_least(1600 / divisor, 1200 / divisor);
        let lenient = strict.with_truncated(Truncated::Accept);
        let admitted = fic_jpeg::admit(cut, &outline, &lenient, &limits).unwrap();
        let mut decoder = fic_jpeg::open(admitted, &Budget::new(&limits)).unwrap();
        let mut pixels = Vec::new();
        while let Some(band) = decoder.next_band().unwrap() {
            pixels.extend_from_slice(band.bytes);
        }
        assert!(decoder.was_truncated());
        let same = pixels.iter().zip(&whole.pixels).take_while(|(a, b)| a == b).count();
        assert!(same > whole.pixels.len() / 4 && same < whole.pixels.len(), "1/{divisor}: {same} samples");
        assert!(pixels.ends_with(&[128, 128, 128]), "grey where nothing was");
    }
}

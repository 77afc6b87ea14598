//! The bodies of the fuzz targets. Each takes any bytes and panics where a promise is broken; they run under
//! the fuzzer and, over the corpus, in `cargo test`.

use fic_core::{Bands, Budget, Cost, Error, Kind, Limits};

pub mod decode;
pub mod differential;
pub mod outline;
pub mod policy;
pub mod sniff;
pub mod thumbnail;

/// A target: its name, as in `fuzz/fuzz_targets`, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: [Target; 15] = [
    ("sniff", sniff::sniff),
    ("outline_gif", outline::gif),
    ("outline_jpeg", outline::jpeg),
    ("outline_png", outline::png),
    ("outline_webp", outline::webp),
    ("decode_gif", decode::gif),
    ("decode_jpeg", decode::jpeg),
    ("decode_png", decode::png),
    ("decode_webp", decode::webp),
    ("differential_jpeg", differential::jpeg),
    ("differential_png", differential::png),
    ("differential_webp", differential::webp::webp),
    ("thumbnail", thumbnail::thumbnail),
    ("thumbnail_strict", thumbnail::strict),
    ("limits_toml", policy::limits_toml),
];

/// Small enough that a fuzzer sees many pictures a second, large enough for every path.
fn limits() -> Limits {
    Limits::untrusted()
        .with_max_pixels(1 << 20)
        .with_max_heap_bytes(64 << 20)
        .with_max_work(400_000_000)
        .with_max_wall(std::time::Duration::from_secs(60))
}

/// An error that bytes alone may cause.
fn check_error(error: &Error) {
    assert!(
        !matches!(error.kind(), Kind::Upstream | Kind::Misuse | Kind::Io | Kind::Deadline | Kind::Cancelled),
        "{:?}: {error}",
        error.kind()
    );
    assert!(!error.public().is_empty());
}

/// Pulls every band; the pixels, or how it ended.
fn pixels(source: &mut dyn Bands) -> Result<Vec<u8>, Error> {
    let row = u64::from(source.width()) * source.layout().channels() as u64;
    let mut pixels = Vec::new();
    while let Some(band) = source.next_band()? {
        assert_eq!(u64::from(band.first_row) * row, pixels.len() as u64, "bands with a gap or an overlap");
        pixels.extend_from_slice(band.bytes);
    }
    assert_eq!(pixels.len() as u64, u64::from(source.height()) * row, "bands do not add up to the picture");
    Ok(pixels)
}

/// Pulls every band under the heap counter: no more than `cost` may be held.
fn drain<'a>(cost: Cost, budget: &Budget, open: impl FnOnce() -> Result<Box<dyn Bands + 'a>, Error>) {
    let (outcome, peak) = crate::heap::measure(|| {
        let mut source = open()?;
        let mut rows = 0u64;
        let row = u64::from(source.width()) * source.layout().channels() as u64;
        while let Some(band) = source.next_band()? {
            assert_eq!(u64::from(band.first_row), rows, "bands with a gap or an overlap");
            rows += band.bytes.len() as u64 / row;
        }
        assert_eq!(rows, u64::from(source.height()), "bands do not add up to the picture");
        Ok::<_, Error>(())
    });
    if let Err(error) = outcome {
        check_error(&error);
    }
    // The box around the decoder and a boxed error are not part of the prediction.
    const BOXES: u64 = 16 << 10;
    assert!(peak <= cost.peak_heap + BOXES, "{peak} bytes of heap, {} predicted", cost.peak_heap);
    assert_eq!(budget.held_bytes(), 0, "the budget was not given back");
}

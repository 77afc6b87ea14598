//! The whole way, from the bytes of an upload to pixels within 256 x 256 or to the bytes of a thumbnail.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use fastimagecache::{Fidelity, Policy, Recipe, Thumbnailer};
use fic_bench::{Picture, psnr};

#[divan::bench(args = Picture::ALL, max_time = 2)]
fn standard(bencher: Bencher<'_, '_>, picture: Picture) {
    // Where a box goes ahead of the filter it costs a little; a screenshot's edges show it most.
    let least = if picture == Picture::PngScreen { 30.0 } else { 44.0 };
    bench(bencher, picture, Fidelity::Standard, least);
}

#[divan::bench(args = Picture::ALL, max_time = 2)]
fn fast(bencher: Bencher<'_, '_>, picture: Picture) {
    bench(bencher, picture, Fidelity::Fast, 30.0);
}

#[divan::bench(args = Picture::ALL, max_time = 2)]
fn encoded(bencher: Bencher<'_, '_>, picture: Picture) {
    let (thumbnailer, recipe) = (Thumbnailer::new(Policy::untrusted()), recipe(Fidelity::Standard));
    let run = |file: &[u8]| thumbnailer.thumbnail(file, &recipe).expect("a picture");
    let thumb = run(picture.file());
    assert_eq!((thumb.width, thumb.height), within_256(picture.size()));
    counted(bencher, picture).bench(|| run(black_box(picture.file())));
}

fn bench(bencher: Bencher<'_, '_>, picture: Picture, fidelity: Fidelity, least: f64) {
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    let run = |fidelity| thumbnailer.pixels(black_box(picture.file()), &recipe(fidelity)).expect("a picture");
    let (pixels, exact) = (run(fidelity).buffer, run(Fidelity::Exact).buffer);
    assert_eq!((pixels.width(), pixels.height()), within_256(picture.size()));
    let found = psnr(pixels.as_bytes(), exact.as_bytes());
    assert!(found > least, "{picture}: {found:.1} dB from the exact thumbnail");
    counted(bencher, picture).bench(|| run(fidelity));
}

fn counted<'a, 'b>(bencher: Bencher<'a, 'b>, picture: Picture) -> Bencher<'a, 'b> {
    bencher.counter(BytesCount::new(picture.file().len())).counter(ItemsCount::new(picture.pixels()))
}

fn recipe(fidelity: Fidelity) -> Recipe {
    Recipe::within(256, 256).with_fidelity(fidelity)
}

/// Sides are rounded to nearest, and nothing is enlarged.
fn within_256((width, height): (u32, u32)) -> (u32, u32) {
    let scale = (256.0 / f64::from(width.max(height))).min(1.0);
    let side = |side: u32| (f64::from(side) * scale).round() as u32;
    (side(width), side(height))
}

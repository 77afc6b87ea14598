//! From pixels to a file.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use fic_bench::{photo, psnr, second_opinion};
use fic_core::{Budget, Format, HeldBytes, Limits, PixelBuf, PixelLayout};
use fic_encode::{Encoding, Subsampling};

#[divan::bench(args = [(256, 192), (1632, 1224)], max_time = 2)]
fn jpeg(bencher: Bencher<'_, '_>, size: (u32, u32)) {
    bench(bencher, size, Encoding::Jpeg { quality: 80, subsampling: Subsampling::S420 }, Format::Jpeg);
}

#[divan::bench(args = [(256, 192), (1632, 1224)], max_time = 2)]
fn png(bencher: Bencher<'_, '_>, size: (u32, u32)) {
    bench(bencher, size, Encoding::Png, Format::Png);
}

#[divan::bench(args = [(256, 192), (1632, 1224)], max_time = 2)]
fn webp_lossless(bencher: Bencher<'_, '_>, size: (u32, u32)) {
    bench(bencher, size, Encoding::WebPLossless, Format::WebP);
}

fn bench(bencher: Bencher<'_, '_>, (width, height): (u32, u32), encoding: Encoding, format: Format) {
    let raster = photo(width, height, 2);
    let pixels = PixelBuf::from_parts(PixelLayout::Rgb, width, height, raster.rgb, None).expect("whole rows");
    let budget = Budget::new(&Limits::trusted());
    let encode = |pixels: &PixelBuf| -> HeldBytes {
        fic_encode::encode(pixels, encoding, &budget).expect("an encodable picture")
    };
    let back = second_opinion(encode(&pixels).as_slice(), format);
    match format {
        Format::Jpeg => assert!(psnr(&back, pixels.as_bytes()) > 30.0),
        _ => assert_eq!(back, pixels.as_bytes()),
    }
    let count = ItemsCount::new(u64::from(width) * u64::from(height));
    bencher.counter(count).bench_local(|| encode(black_box(&pixels)));
}

//! From many pixels to few: the box shrink while rows come, the turn, the last filter.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use fic_bench::{photo, psnr};
use fic_core::{Band, Budget, Limits, Orientation, PixelBuf, PixelLayout};
use fic_resize::{Crop, Filter, Shrink, orient, resample};

const FILTERS: [Filter; 4] = [Filter::Box, Filter::CatmullRom, Filter::Lanczos3, Filter::Mitchell];

#[divan::bench(args = [2, 4, 7], max_time = 2)]
fn box_shrink_4mp_by(bencher: Bencher<'_, '_>, factor: u32) {
    let source = pixels(2304, 1728);
    let naive = naive_means(&source, factor);
    assert_eq!(shrunken(&source, factor).as_bytes(), naive);
    bencher.counter(items(&source)).bench_local(|| shrunken(black_box(&source), factor));
}

#[divan::bench(args = FILTERS, max_time = 1)]
fn to_256_from_twice_the_size(bencher: Bencher<'_, '_>, filter: Filter) {
    let source = pixels(512, 384);
    let budget = Budget::new(&Limits::trusted());
    let run = |source: &PixelBuf| {
        resample(source, Crop::whole((512, 384)), (256, 192), filter, &budget).expect("a smaller picture")
    };
    assert!(psnr(run(&source).as_bytes(), &naive_means(&source, 2)) > 32.0);
    bencher.counter(items(&source)).bench_local(|| run(black_box(&source)));
}

#[divan::bench(args = [3, 6], max_time = 1)]
fn orient_512(bencher: Bencher<'_, '_>, exif: u16) {
    let orientation = Orientation::from_exif(exif).expect("one of eight");
    let budget = Budget::new(&Limits::trusted());
    let run = |source| orient(source, orientation, &budget).expect("a turned picture");
    let source = pixels(512, 384);
    let (first, last) = (source.as_bytes()[..3].to_vec(), source.as_bytes().len() - 3);
    let turned = run(source);
    // Half a turn takes the first pixel to the end of the last row, a quarter to the end of the first.
    let at = if exif == 3 { last } else { turned.stride_bytes() - 3 };
    assert_eq!(turned.as_bytes()[at..][..3], first);
    bencher.with_inputs(|| pixels(512, 384)).bench_local_values(run);
}

fn pixels(width: u32, height: u32) -> PixelBuf {
    PixelBuf::from_parts(PixelLayout::Rgb, width, height, photo(width, height, 6).rgb, None).expect("rows")
}

fn items(source: &PixelBuf) -> ItemsCount {
    ItemsCount::new(u64::from(source.width()) * u64::from(source.height()))
}

fn shrunken(source: &PixelBuf, factor: u32) -> PixelBuf {
    let budget = Budget::new(&Limits::trusted());
    let size = (source.width(), source.height());
    let mut shrink = Shrink::new(source.layout(), size, (factor, factor), &budget).expect("a factor");
    shrink.push(Band { first_row: 0, bytes: source.as_bytes() }).expect("all rows");
    shrink.finish().expect("all rows")
}

/// The rounded mean of each cell, written down as it is said.
fn naive_means(source: &PixelBuf, factor: u32) -> Vec<u8> {
    let (width, height) = (source.width().div_ceil(factor), source.height().div_ceil(factor));
    let rows: Vec<&[u8]> = source.rows().collect();
    let mean = |x: u32, y: u32, channel: usize| {
        let cell = rows[(y * factor) as usize..].iter().take(factor as usize).flat_map(|row| {
            row.chunks_exact(3)
                .skip((x * factor) as usize)
                .take(factor as usize)
                .map(|p| u32::from(p[channel]))
        });
        let (sum, count) = cell.fold((0, 0), |(sum, count), sample| (sum + sample, count + 1));
        ((sum + count / 2) / count) as u8
    };
    (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| (0..3).map(move |channel| (x, y, channel))))
        .map(|(x, y, channel)| mean(x, y, channel))
        .collect()
}

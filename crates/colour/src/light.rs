//! Linear light and sRGB samples, the D50 connection space and the primaries of sRGB.

use std::sync::LazyLock;

use crate::curve::Curve;

/// The connection space that a profile speaks of (ICC.1:2022 6.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pcs {
    Lab,
    Xyz,
}

/// The white of the connection space.
pub(crate) const D50: [f32; 3] = [0.9642, 1.0, 0.8249];

/// D50 XYZ to linear sRGB: the inverse of the primaries in [`crate::profile`].
pub(crate) const XYZ_TO_SRGB: [[f32; 3]; 3] = [
    [3.134_274_3, -1.617_274, -0.490_734_8],
    [-0.978_795_6, 1.916_161_6, 0.033_454_1],
    [0.071_978_6, -0.228_989_9, 1.405_748_4],
];

/// A matrix times a vector.
#[inline(always)]
pub(crate) fn transformed(matrix: &[[f32; 3]; 3], v: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// CIE L*, a*, b* to XYZ, both relative to D50.
#[inline(always)]
pub(crate) fn lab_to_xyz([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let y = (lightness + 16.0) * (1.0 / 116.0);
    let inverse = |t: f32| if t > 24.0 / 116.0 { t * t * t } else { (t - 16.0 / 116.0) * (108.0 / 841.0) };
    [D50[0] * inverse(y + a * 0.002), inverse(y), D50[2] * inverse(y - b * 0.005)]
}

/// The sRGB sample for each grey sample of a profile with one curve.
pub(crate) fn grey_levels(curve: &Curve<'_>, pcs: Pcs) -> [u8; 256] {
    let mut levels = [0; 256];
    for (level, sample) in levels.iter_mut().zip(0..=255u8) {
        let value = curve.at(f64::from(sample) / 255.0);
        let light = match pcs {
            Pcs::Lab => f64::from(lab_to_xyz([value as f32 * 100.0, 0.0, 0.0])[1]),
            Pcs::Xyz => value,
        };
        *level = (encode(light) * 255.0).round() as u8;
    }
    levels
}

/// IEC 61966-2-1: linear light to an sRGB sample, both 0 to 1.
pub(crate) fn encode(linear: f64) -> f64 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

/// Linear light to 8-bit samples by a table: 4,096 steps with a straight line between are within a
/// hundredth of a level of the formula.
pub(crate) struct Encode([f32; 4098]);

impl Encode {
    /// The table, made once for the process.
    pub(crate) fn get() -> &'static Encode {
        static TABLE: LazyLock<Encode> = LazyLock::new(|| {
            let mut steps = [255.0; 4098];
            for (step, at) in steps.iter_mut().zip(0..=4096u16) {
                *step = (encode(f64::from(at) / 4096.0) * 255.0) as f32;
            }
            Encode(steps)
        });
        &TABLE
    }

    /// Three samples, to nearest; light outside 0 to 1 is cut off.
    #[inline(always)]
    pub(crate) fn samples(&self, light: [f32; 3]) -> [u8; 3] {
        light.map(|light| {
            let place = light.clamp(0.0, 1.0) * 4096.0;
            let step = place as usize;
            let (low, high) = (self.0[step], self.0[step + 1]);
            (low + (high - low) * (place - step as f32) + 0.5) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_formula_at_every_light() {
        let table = Encode::get();
        for at in 0..=1_000_000u32 {
            let light = f64::from(at) / 1e6;
            let exact = encode(light) * 255.0;
            let [found, ..] = table.samples([light as f32, 0.0, 0.0]);
            assert!((f64::from(found) - exact).abs() < 0.51, "{light} {found} {exact}");
        }
        assert_eq!(table.samples([2.0, -1.0, 1.0]), [255, 0, 255]);
    }

    #[test]
    fn the_matrix_undoes_the_primaries() {
        let white = transformed(&XYZ_TO_SRGB, D50);
        assert!(white.iter().all(|light| (light - 1.0).abs() < 2e-3), "{white:?}");
    }
}

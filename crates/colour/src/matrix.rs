//! Profiles of three primaries and three curves (ICC.1:2022 8.3.3): most cameras, phones and screens.

use crate::curve::Curve;
use crate::light::{XYZ_TO_SRGB, transformed};

/// From device samples to linear sRGB.
pub(crate) struct Matrix {
    /// The linear light of each sample, for each channel.
    levels: [[f32; 256]; 3],
    to_srgb: [[f32; 3]; 3],
}

impl Matrix {
    /// From the primaries in D50 XYZ and the curves, both in the order red, green, blue.
    pub(crate) fn new(columns: &[[f32; 3]; 3], curves: &[Curve<'_>; 3]) -> Matrix {
        let to_srgb = XYZ_TO_SRGB
            .map(|row| [0, 1, 2].map(|primary| (0..3).map(|axis| row[axis] * columns[primary][axis]).sum()));
        Matrix { levels: [0, 1, 2].map(|channel| curves[channel].levels()), to_srgb }
    }

    /// Linear sRGB; outside 0 to 1 where the colour is outside sRGB.
    #[inline(always)]
    pub(crate) fn light(&self, [red, green, blue, _]: [u8; 4]) -> [f32; 3] {
        let [reds, greens, blues] = &self.levels;
        let device = [reds[usize::from(red)], greens[usize::from(green)], blues[usize::from(blue)]];
        transformed(&self.to_srgb, device)
    }
}

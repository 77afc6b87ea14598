//! Tables from device values to the connection space (ICC.1:2022 10.10 to 10.12): printers, scanners, inks.

mod grid;
mod outline;

use fic_core::{Budget, Cost, Error, Hold};

pub(crate) use outline::{Black, Outline};

use crate::curve::Curve;
use crate::light::{D50, Pcs, XYZ_TO_SRGB, lab_to_xyz, transformed};

/// A table ready to run.
pub(crate) struct Table<'a> {
    outline: &'a Outline<'a>,
    pcs: Pcs,
    first: [[f32; 256]; 4],
    middle: [Option<Box<Steps>>; 3],
    last: [Option<Box<Steps>>; 3],
    /// The luminance of black, which is taken away.
    black: f32,
    /// D50 XYZ to linear sRGB, scaled so that white is white again without the black.
    to_srgb: [[f32; 3]; 3],
    _hold: Hold,
}

/// A curve as 4,096 straight lines: a power for each pixel would cost ten times as much.
struct Steps([f32; 4097]);

impl<'a> Table<'a> {
    /// Six curves of full size: all the memory that a profile can ask for. Their work is what the profiles of the
    /// corpus take within four times either way (`crates/testkit/tests/calibration.rs`).
    pub(crate) const MOST: Cost = Cost { work: 6 * 4097 * 11, peak_heap: 6 * size_of::<Steps>() as u64 };

    pub(crate) fn new(outline: &'a Outline<'a>, pcs: Pcs, budget: &Budget) -> Result<Table<'a>, Error> {
        let hold = budget.hold(Table::MOST.peak_heap)?;
        let steps = |curve: &Curve<'_>| (!curve.is_identity()).then(|| Steps::of(curve));
        let mut table = Table {
            outline,
            pcs,
            first: outline.first.map(|curve| curve.levels()),
            middle: outline.middle.each_ref().map(steps),
            last: outline.last.each_ref().map(steps),
            black: 0.0,
            to_srgb: XYZ_TO_SRGB,
            _hold: hold,
        };
        table.black = match outline.black {
            // 0.0034731 of D50 (6.3.3): a reflection density of 2.46.
            Black::Reference => 0.003_473_1,
            Black::Darkest => {
                let darkest = if outline.inputs == 4 { [u8::MAX; 4] } else { [0; 4] };
                // The luminance of L* 50.
                table.xyz(darkest)[1].clamp(0.0, 0.184_187)
            }
        };
        table.to_srgb = XYZ_TO_SRGB.map(|row| row.map(|number| number / (1.0 - table.black)));
        Ok(table)
    }

    /// Linear sRGB; outside 0 to 1 where the colour is outside sRGB.
    #[inline(always)]
    pub(crate) fn light(&self, device: [u8; 4]) -> [f32; 3] {
        let xyz = self.xyz(device);
        let above = [0, 1, 2].map(|axis| xyz[axis] - self.black * D50[axis]);
        transformed(&self.to_srgb, above)
    }

    fn xyz(&self, device: [u8; 4]) -> [f32; 3] {
        let outline = self.outline;
        let [a, b, c, d] =
            [0, 1, 2, 3].map(|channel: usize| self.first[channel][usize::from(device[channel])]);
        let mut value = match &outline.grid {
            None => [a, b, c],
            Some(grid) if outline.inputs == 3 => grid.at([0.0, a, b, c]),
            Some(grid) => grid.at([a, b, c, d]),
        };
        value = through(&self.middle, value);
        if let Some((matrix, offsets)) = &outline.matrix {
            value = transformed(matrix, value);
            for (value, offset) in value.iter_mut().zip(offsets) {
                *value += offset;
            }
        }
        let [x, y, z] = through(&self.last, value);
        match self.pcs {
            // 6.3.4.2: 1.0 is 32768, of 65535.
            Pcs::Xyz => [x, y, z].map(|value| value * (65535.0 / 32768.0)),
            Pcs::Lab => {
                let scale = if outline.legacy { 65535.0 / 65280.0 } else { 1.0 };
                let [l, a, b] = [x, y, z].map(|value| value * scale);
                lab_to_xyz([l * 100.0, a * 255.0 - 128.0, b * 255.0 - 128.0])
            }
        }
    }
}

#[inline(always)]
fn through(curves: &[Option<Box<Steps>>; 3], value: [f32; 3]) -> [f32; 3] {
    [0, 1, 2].map(|channel: usize| match &curves[channel] {
        Some(steps) => steps.at(value[channel]),
        None => value[channel],
    })
}

impl Steps {
    fn of(curve: &Curve<'_>) -> Box<Steps> {
        let mut steps = Box::new(Steps([0.0; 4097]));
        for (step, at) in steps.0.iter_mut().zip(0..=4096u16) {
            *step = curve.at(f64::from(at) / 4096.0) as f32;
        }
        steps
    }

    #[inline(always)]
    fn at(&self, x: f32) -> f32 {
        let place = x.clamp(0.0, 1.0) * 4096.0;
        let low = (place as usize).min(4095);
        let part = place - low as f32;
        self.0[low] * (1.0 - part) + self.0[low + 1] * part
    }
}

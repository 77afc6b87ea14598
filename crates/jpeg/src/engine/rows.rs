//! From stripes of samples to bands of pixels: upsampled, converted, interleaved.
//!
//! Where rows mix with their neighbours across a stripe's edge, the next stripe must be there first; that is
//! what `ahead` is for. Elsewhere there is only one.

use fic_core::{ColourModel, PixelLayout, rows_bytes};

use super::geometry::Geometry;
use super::stripe::Stripe;
use super::upsample::Upsampling;
use super::v3::widest;
use crate::{colour, convert};

/// The stripes around the present band, and what turns them into pixels.
#[derive(Debug)]
pub(crate) struct Rows {
    colour: ColourModel,
    upsamplings: [Option<Upsampling>; 4],
    /// The last rows of the stripe before the present one, of components whose rows mix.
    above: [Vec<u8>; 4],
    present: Stripe,
    /// The next stripe, where rows mix.
    ahead: Option<Stripe>,
    sums: Vec<u16>,
    /// Rows of upsampled components.
    full: [Vec<u8>; 4],
    out: Vec<u8>,
}

/// Which upsamplings a picture needs, and whether rows mix.
fn upsamplings(geometry: &Geometry) -> ([Option<Upsampling>; 4], bool) {
    let mut all = [None; 4];
    for (slot, component) in all.iter_mut().zip(geometry.components()) {
        *slot = Upsampling::of(component);
    }
    let mixes = all.iter().flatten().any(|upsampling| upsampling.smooth_down);
    (all, mixes)
}

impl Rows {
    /// The caller has paid for [`Rows::bytes`].
    pub(crate) fn new(geometry: &Geometry, colour: ColourModel) -> Rows {
        let (upsamplings, mixes) = upsamplings(geometry);
        let sized = |len: &dyn Fn(&Upsampling, usize) -> usize| -> [Vec<u8>; 4] {
            std::array::from_fn(|index| match (&upsamplings[index], geometry.components().get(index)) {
                (Some(upsampling), Some(component)) => vec![0; len(upsampling, component.row_samples())],
                _ => Vec::new(),
            })
        };
        Rows {
            colour,
            upsamplings,
            above: sized(&|upsampling, samples| if upsampling.smooth_down { samples } else { 0 }),
            present: Stripe::new(geometry),
            ahead: mixes.then(|| Stripe::new(geometry)),
            sums: vec![0; if mixes { geometry.size.0 } else { 0 }],
            full: sized(&|upsampling, _| upsampling.width_out()),
            out: vec![0; out_bytes(geometry, colour)],
        }
    }

    /// Heap bytes of all of it.
    pub(crate) fn bytes(geometry: &Geometry, colour: ColourModel) -> u64 {
        let (upsamplings, mixes) = upsamplings(geometry);
        let rows: usize = upsamplings
            .iter()
            .zip(geometry.components())
            .filter_map(|(upsampling, component)| Some((upsampling.as_ref()?, component)))
            .map(|(upsampling, component)| {
                upsampling.width_out() + if upsampling.smooth_down { component.row_samples() } else { 0 }
            })
            .sum();
        let sums = if mixes { geometry.size.0 * 2 } else { 0 };
        let stripes = if mixes { 2 } else { 1 };
        Stripe::bytes(geometry) * stripes + (rows + sums + out_bytes(geometry, colour)) as u64
    }

    /// Whether the stripe behind the present one must be filled before the present one's band is made.
    pub(crate) fn looks_ahead(&self) -> bool {
        self.ahead.is_some()
    }

    /// The stripe that is to be filled next.
    pub(crate) fn next_stripe(&mut self) -> &mut Stripe {
        self.ahead.as_mut().unwrap_or(&mut self.present)
    }

    /// Makes the stripe ahead the present one.
    pub(crate) fn advance(&mut self, geometry: &Geometry) {
        let Some(ahead) = &mut self.ahead else { return };
        for ((index, above), component) in self.above.iter_mut().enumerate().zip(geometry.components()) {
            if !above.is_empty() {
                above.copy_from_slice(self.present.row(index, component.rows_per_mcu() - 1));
            }
        }
        std::mem::swap(&mut self.present, ahead);
    }

    /// The pixels of stripe `number`, which is the present one.
    pub(crate) fn band(&mut self, geometry: &Geometry, number: usize) -> (usize, &[u8]) {
        let first_row = number * geometry.rows_per_mcu;
        let rows = geometry.rows_per_mcu.min(geometry.size.1.saturating_sub(first_row));
        let width = geometry.size.0;
        let stride = width * colour::layout(self.colour).channels();
        for row in 0..rows {
            for index in 0..geometry.components().len() {
                self.upsample(geometry, number, index, row);
            }
            let mut rows: [&[u8]; 4] = [&[]; 4];
            for ((index, row_of), component) in rows.iter_mut().enumerate().zip(geometry.components()) {
                *row_of = match &self.upsamplings[index] {
                    Some(_) => &self.full[index],
                    None => self.present.row(index, row / component.ratio.1.max(1)),
                };
            }
            widest!(convert::row(self.colour, rows, width, &mut self.out[row * stride..][..stride]));
        }
        (first_row, &self.out[..rows * stride])
    }

    /// Brings row `row` of the band to the picture's width for one component.
    fn upsample(&mut self, geometry: &Geometry, number: usize, index: usize, row: usize) {
        let Some(upsampling) = self.upsamplings[index] else { return };
        let component = &geometry.components()[index];
        let in_stripe = component.rows_per_mcu();
        let at = row / component.ratio.1.max(1);
        let near = self.present.row(index, at);
        let upper = row.is_multiple_of(2);
        let is_last = number * in_stripe + at + 1 >= component.own_samples.1;
        let far = match &self.ahead {
            Some(_) if upsampling.smooth_down && upper => match at.checked_sub(1) {
                Some(above) => self.present.row(index, above),
                None if number == 0 => near,
                None => &self.above[index],
            },
            Some(ahead) if upsampling.smooth_down && !is_last => {
                if at + 1 == in_stripe {
                    ahead.row(index, 0)
                } else {
                    self.present.row(index, at + 1)
                }
            }
            _ => near,
        };
        widest!(upsampling.row(near, far, upper, &mut self.sums, &mut self.full[index]));
    }
}

fn out_bytes(geometry: &Geometry, colour: ColourModel) -> usize {
    let layout: PixelLayout = colour::layout(colour);
    let rows = geometry.rows_per_mcu.min(geometry.size.1);
    // A few rows of a picture whose sides are 16-bit numbers.
    rows_bytes(layout, geometry.size.0 as u32, rows as u32) as usize
}

//! A row of MCUs as planes of samples, one for each component.

use super::geometry::Geometry;

/// One plane a component, whole blocks.
#[derive(Debug)]
pub(crate) struct Stripe {
    planes: [Plane; 4],
}

#[derive(Debug, Default)]
struct Plane {
    samples: Vec<u8>,
    stride: usize,
}

/// What stands where nothing was decoded.
const GREY: u8 = 128;

impl Stripe {
    /// Grey; the caller has paid for [`Stripe::bytes`].
    pub(crate) fn new(geometry: &Geometry) -> Stripe {
        let mut components = geometry.components().iter();
        Stripe {
            planes: std::array::from_fn(|_| {
                components.next().map_or_else(Plane::default, |component| {
                    let stride = component.row_samples();
                    Plane { samples: vec![GREY; stride * component.rows_per_mcu()], stride }
                })
            }),
        }
    }

    /// Heap bytes of a stripe.
    pub(crate) fn bytes(geometry: &Geometry) -> u64 {
        let plane =
            |component: &super::geometry::Component| component.row_samples() * component.rows_per_mcu();
        geometry.components().iter().map(|component| plane(component) as u64).sum()
    }

    /// The samples of a component, and the length of a row.
    pub(crate) fn plane_mut(&mut self, index: usize) -> (&mut [u8], usize) {
        let plane = &mut self.planes[index];
        (&mut plane.samples, plane.stride)
    }

    /// Row `row` of a component.
    pub(crate) fn row(&self, index: usize, row: usize) -> &[u8] {
        let plane = &self.planes[index];
        &plane.samples[row * plane.stride..][..plane.stride]
    }
}

//! A row of MCUs as planes of samples: what a source hands to the upsampler.

use crate::frame::{Frame, MAX_COMPONENTS};

/// One plane a component; `8 * v` rows of whole blocks each.
pub(crate) struct Stripe {
    planes: [SamplePlane; MAX_COMPONENTS],
}

#[derive(Default)]
struct SamplePlane {
    samples: Vec<u8>,
    stride: usize,
}

/// Bytes that a stripe of `frame` takes.
pub(crate) fn heap_bytes(frame: &Frame) -> u64 {
    (0..frame.components().len())
        .map(|index| {
            u64::from(frame.padded_blocks(index).across) * 8 * u64::from(frame.sampling(index).1) * 8
        })
        .sum()
}

impl Stripe {
    /// A stripe of grey; the caller has paid for [`heap_bytes`].
    pub(crate) fn new(frame: &Frame) -> Stripe {
        Stripe {
            planes: std::array::from_fn(|index| {
                if index >= frame.components().len() {
                    return SamplePlane::default();
                }
                let stride = frame.padded_blocks(index).across as usize * 8;
                let rows = frame.sampling(index).1 as usize * 8;
                SamplePlane { samples: vec![GREY; stride * rows], stride }
            }),
        }
    }

    /// Makes all samples grey: for rows whose data is missing.
    pub(crate) fn fill_grey(&mut self) {
        for plane in &mut self.planes {
            plane.samples.fill(GREY);
        }
    }

    /// The samples of a component and the length of a row.
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

const GREY: u8 = 128;

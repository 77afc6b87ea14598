//! The canvas of an animation at one of its frames: pictures laid over each other (RFC 9649, section 2.7.1.1).
//!
//! In comes an [`Animation`] that was admitted; out comes its canvas, from transparent black on. Frames are decoded
//! one after the other, a band at a time. Sums are those of the reference decoder, so that the pixels are its own.

use fic_core::{Bands, Budget, Error, PixelBuf, PixelLayout, Stage};

use crate::animation::{Animation, Step};
use crate::decoder;
use crate::vp8x::{Blend, FrameArea};

/// A canvas that is whole, read row by row.
pub(crate) struct Composed {
    canvas: PixelBuf,
    next_row: usize,
    truncated: bool,
}

impl Composed {
    /// Decodes what is seen on the canvas.
    ///
    /// # Errors
    /// Those of the frames' decoders.
    pub(crate) fn open(animation: &Animation<'_>, budget: &Budget) -> Result<Composed, Error> {
        let (width, height) = animation.canvas();
        let canvas = PixelBuf::zeroed(PixelLayout::Rgba, width, height, budget)?;
        let mut composed = Composed { canvas, next_row: 0, truncated: false };
        let mut before = Before::Nothing;
        for step in animation.steps() {
            before = match step {
                Step::Clear(area) => {
                    composed.clear(area);
                    Before::Cleared(area)
                }
                Step::Draw(chunk, blend) => {
                    let mut frame = decoder::open(animation.frame(chunk)?, budget)?;
                    composed.draw(&mut frame, animation.area(chunk)?, blend, before)?;
                    Before::Kept
                }
            };
            budget.check(Stage::Decode)?;
        }
        Ok(composed)
    }

    pub(crate) fn was_truncated(&self) -> bool {
        self.truncated
    }

    /// Copies the next row.
    pub(crate) fn next_row(&mut self, out: &mut [u8]) {
        out.copy_from_slice(&self.canvas.as_bytes()[self.next_row * out.len()..][..out.len()]);
        self.next_row += 1;
    }

    fn clear(&mut self, area: FrameArea) {
        for row in 0..area.height.min(self.canvas.height()) {
            self.part_of_row(area, row).fill(0);
        }
    }

    fn draw(
        &mut self,
        frame: &mut impl Bands,
        area: FrameArea,
        blend: Blend,
        before: Before,
    ) -> Result<(), Error> {
        let channels = frame.layout().channels();
        let stride = area.width as usize * channels;
        while let Some(band) = frame.next_band()? {
            for (row, pixels) in (band.first_row..).zip(band.bytes.chunks_exact(stride)) {
                let replaced = match blend {
                    Blend::Over => before.blank_columns(area, row),
                    Blend::Replace => 0..area.width as usize,
                };
                let out = self.part_of_row(area, row).chunks_exact_mut(4);
                for (column, (out, pixel)) in out.zip(pixels.chunks_exact(channels)).enumerate() {
                    match *pixel {
                        [r, g, b] => out.copy_from_slice(&[r, g, b, 255]),
                        [r, g, b, a] if a == 255 || replaced.contains(&column) => {
                            out.copy_from_slice(&[r, g, b, a]);
                        }
                        [r, g, b, a] => blend_over([r, g, b, a], out),
                        _ => {}
                    }
                }
            }
        }
        self.truncated |= frame.was_truncated();
        Ok(())
    }

    /// Row `row` of a frame, as far as it lies on the canvas.
    fn part_of_row(&mut self, area: FrameArea, row: u32) -> &mut [u8] {
        let row = u64::from(area.y) + u64::from(row);
        if row >= u64::from(self.canvas.height()) {
            return &mut [];
        }
        let width = self.canvas.width();
        let left = area.x.min(width);
        let right = area.x.saturating_add(area.width).min(width);
        let stride = self.canvas.stride_bytes();
        &mut self.canvas.as_bytes_mut()[row as usize * stride..][left as usize * 4..right as usize * 4]
    }
}

/// What the canvas is when a frame is laid on it.
#[derive(Clone, Copy)]
enum Before {
    /// Transparent all over: pixels are copied, the colours of transparent ones too.
    Nothing,
    /// As another frame left it, which then was cleared away from here: there they are copied.
    Cleared(FrameArea),
    Kept,
}

impl Before {
    /// The columns of row `row` of `area` under which nothing is.
    fn blank_columns(self, area: FrameArea, row: u32) -> std::ops::Range<usize> {
        match self {
            Before::Nothing => 0..area.width as usize,
            Before::Cleared(cleared) => {
                let row = u64::from(area.y) + u64::from(row);
                let rows = u64::from(cleared.y)..u64::from(cleared.y) + u64::from(cleared.height);
                if !rows.contains(&row) {
                    return 0..0;
                }
                let left = cleared.x.saturating_sub(area.x).min(area.width);
                let right = cleared.x.saturating_add(cleared.width).saturating_sub(area.x).min(area.width);
                left as usize..right as usize
            }
            Before::Kept => 0..0,
        }
    }
}

/// Lays a pixel that is not opaque over another. The sums approximate division by 255 in the reference decoder's way.
fn blend_over([r, g, b, alpha]: [u8; 4], out: &mut [u8]) {
    if alpha == 0 {
        return;
    }
    let over = u32::from(alpha);
    let under = (u32::from(out[3]) * (256 - over)) >> 8;
    let whole = over + under;
    let scale = (1 << 24) / whole;
    for (out, sample) in out.iter_mut().zip([r, g, b]) {
        let sum = u32::from(sample) * over + u32::from(*out) * under;
        *out = ((sum * scale) >> 24) as u8;
    }
    out[3] = whole as u8;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_over_another_is_the_reference_decoders_sum() {
        let over = |pixel, mut under: [u8; 4]| {
            blend_over(pixel, &mut under);
            under
        };
        assert_eq!(over([10, 20, 30, 0], [1, 2, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(over([200, 100, 0, 3], [0; 4]), [199, 99, 0, 3]);
        assert_eq!(over([255, 0, 100, 128], [255, 255, 100, 255]), [254, 126, 99, 255]);
        assert_eq!(over([255, 255, 255, 1], [255, 255, 255, 255]), [254, 254, 254, 255]);
    }
}

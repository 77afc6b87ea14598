//! Palette indices to pixels of the canvas.

use fic_core::PixelLayout;

/// The colour of each index: opaque, or (0, 0, 0, 0) for the transparent one. An index past the end of the
/// table is opaque black, as giflib's and Pillow's users see it.
pub(crate) struct Palette([[u8; 4]; 256]);

impl Palette {
    pub(crate) fn new(table: &[u8], transparent: Option<u8>) -> Palette {
        let mut colours = [[0, 0, 0, 255]; 256];
        for (colour, rgb) in colours.iter_mut().zip(table.chunks_exact(3)) {
            colour[..3].copy_from_slice(rgb);
        }
        if let Some(index) = transparent {
            colours[usize::from(index)] = [0; 4];
        }
        Palette(colours)
    }

    /// Lays the pixel of each index over one of four bytes in `out`; the transparent index leaves what is there.
    pub(crate) fn lay_over(&self, indices: &[u8], out: &mut [u8]) {
        for (pixel, &index) in out.chunks_exact_mut(4).zip(indices) {
            let colour = self.0[usize::from(index)];
            if colour[3] == 255 {
                pixel.copy_from_slice(&colour);
            }
        }
    }

    /// Writes the pixel of each index into `out`; what is left of `out` stays as it is.
    pub(crate) fn expand(&self, indices: &[u8], layout: PixelLayout, out: &mut [u8]) {
        if layout.has_alpha() {
            for (pixel, &index) in out.chunks_exact_mut(4).zip(indices) {
                pixel.copy_from_slice(&self.0[usize::from(index)]);
            }
        } else {
            for (pixel, &index) in out.chunks_exact_mut(3).zip(indices) {
                let [r, g, b, _] = self.0[usize::from(index)];
                pixel.copy_from_slice(&[r, g, b]);
            }
        }
    }
}

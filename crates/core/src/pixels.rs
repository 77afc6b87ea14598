//! A picture in memory: tightly packed rows of 8-bit samples, paid for.

use crate::{Budget, Error, Hold, Limit, Stage};

/// The samples of one pixel, 8 bits each, in memory order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelLayout {
    /// Ink amounts C, M, Y, K: 0 is no ink, 255 is full ink.
    Cmyk,
    /// Luma.
    Gray,
    /// Luma and straight (not premultiplied) alpha.
    GrayAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue and straight (not premultiplied) alpha.
    Rgba,
}

impl PixelLayout {
    /// Samples, and so bytes, a pixel.
    pub const fn channels(self) -> usize {
        match self {
            PixelLayout::Gray => 1,
            PixelLayout::GrayAlpha => 2,
            PixelLayout::Rgb => 3,
            PixelLayout::Cmyk | PixelLayout::Rgba => 4,
        }
    }

    /// Whether the last sample is alpha.
    pub const fn has_alpha(self) -> bool {
        matches!(self, PixelLayout::GrayAlpha | PixelLayout::Rgba)
    }

    /// The name for reports.
    pub const fn name(self) -> &'static str {
        match self {
            PixelLayout::Cmyk => "cmyk",
            PixelLayout::Gray => "gray",
            PixelLayout::GrayAlpha => "gray-alpha",
            PixelLayout::Rgb => "rgb",
            PixelLayout::Rgba => "rgba",
        }
    }
}

/// The bytes of `rows` packed rows of `width` pixels.
pub fn rows_bytes(layout: PixelLayout, width: u32, rows: u32) -> u64 {
    // At most 2^32 * 2^32 * 4: saturating stands for "more than any limit".
    u64::from(width).saturating_mul(u64::from(rows)).saturating_mul(layout.channels() as u64)
}

/// An owned picture: `height` rows of `width * channels` bytes, stride equal to that, no padding.
///
/// It keeps the receipt for its bytes, so the budget gets them back when it drops.
#[derive(Debug)]
pub struct PixelBuf {
    data: Vec<u8>,
    width: u32,
    height: u32,
    layout: PixelLayout,
    hold: Option<Hold>,
}

impl PixelBuf {
    /// A picture of zeros, paid for from `budget` before it is allocated.
    ///
    /// # Errors
    /// `Limit` naming `max_heap_bytes`.
    pub fn zeroed(layout: PixelLayout, width: u32, height: u32, budget: &Budget) -> Result<PixelBuf, Error> {
        let bytes = rows_bytes(layout, width, height);
        let hold = budget.hold(bytes)?;
        let len = usize::try_from(bytes)
            .map_err(|_| Error::limit(Stage::Decode, Limit::MaxHeapBytes, usize::MAX as u64, bytes))?;
        let data = budget.scratch().map_or_else(|| vec![0; len], |scratch| scratch.zeros(len));
        Ok(PixelBuf { data, width, height, layout, hold: Some(hold) })
    }

    /// Takes over `data`, whose bytes `hold` paid for (`None` where the caller's own limits did).
    ///
    /// # Errors
    /// `Misuse` where `data` is not `height` packed rows.
    pub fn from_parts(
        layout: PixelLayout,
        width: u32,
        height: u32,
        data: Vec<u8>,
        hold: Option<Hold>,
    ) -> Result<PixelBuf, Error> {
        let wanted = rows_bytes(layout, width, height);
        if data.len() as u64 != wanted {
            return Err(Error::misuse(Stage::Decode, "pixel bytes do not match width, height and layout")
                .found(data.len() as u64)
                .allowed(wanted));
        }
        Ok(PixelBuf { data, width, height, layout, hold })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The samples of a pixel.
    pub fn layout(&self) -> PixelLayout {
        self.layout
    }

    /// Bytes a row; rows follow each other without padding.
    pub fn stride_bytes(&self) -> usize {
        // The whole picture is in memory, so one row of it fits in `usize`.
        (self.width as usize).saturating_mul(self.layout.channels())
    }

    /// All bytes, top row first.
    pub fn as_bytes(&self) -> &[u8] {
        &self.data
    }

    /// All bytes, to be changed in place.
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// The rows, top first; none where the width is zero.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.data.chunks_exact(self.stride_bytes().max(1))
    }

    /// Gives the bytes away; what was held for them is given back to the budget.
    pub fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut self.data)
    }

    /// Gives the bytes away together with the receipt for them.
    pub fn into_parts(mut self) -> (Vec<u8>, Option<Hold>) {
        (std::mem::take(&mut self.data), self.hold.take())
    }
}

impl Drop for PixelBuf {
    fn drop(&mut self) {
        if let Some(scratch) = self.hold.as_ref().and_then(Hold::scratch) {
            scratch.keep(std::mem::take(&mut self.data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn is_paid_for_while_it_lives() {
        let budget = Budget::new(&Limits::untrusted().with_max_heap_bytes(1_000));
        let picture = PixelBuf::zeroed(PixelLayout::Rgb, 10, 20, &budget).unwrap();
        assert_eq!((picture.stride_bytes(), picture.rows().len(), budget.held_bytes()), (30, 20, 600));
        assert!(PixelBuf::zeroed(PixelLayout::Rgb, 10, 20, &budget).is_err());
        drop(picture);
        assert_eq!(budget.held_bytes(), 0);
    }

    #[test]
    fn a_size_past_every_address_space_is_a_limit_not_an_overflow() {
        let budget = Budget::new(&Limits::untrusted().with_max_heap_bytes(u64::MAX - 1));
        assert!(PixelBuf::zeroed(PixelLayout::Rgba, u32::MAX, u32::MAX, &budget).is_err());
    }

    #[test]
    fn refuses_bytes_that_do_not_fit_the_size() {
        assert!(PixelBuf::from_parts(PixelLayout::Gray, 3, 3, vec![0; 8], None).is_err());
    }
}

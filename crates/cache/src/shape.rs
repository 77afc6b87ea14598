//! What an entry's payload is: the size that a maker declares before it may write a byte.

use fic_core::{Format, PixelLayout};

use crate::Form;

/// Rows of pixels start at multiples of this, in files and in memory: a cache line, and the widest vector.
pub const ROW_ALIGNMENT: usize = 64;

/// The kind of a payload's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// A picture file of this format.
    Encoded(Format),
    /// Pixels, 8 bits a sample.
    Pixels(PixelLayout),
}

/// Size and kind of a picture, and how many bytes it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    width: u32,
    height: u32,
    content: Content,
    stride_bytes: u32,
    payload_bytes: u64,
}

impl Shape {
    /// Rows of pixels; `None` where a side is zero or the bytes cannot be counted.
    pub fn pixels(width: u32, height: u32, layout: PixelLayout) -> Option<Shape> {
        let row = u64::from(width).checked_mul(layout.channels() as u64)?;
        let stride = row.checked_next_multiple_of(ROW_ALIGNMENT as u64)?;
        let payload_bytes = stride.checked_mul(u64::from(height)).filter(|&bytes| bytes > 0)?;
        let stride_bytes = u32::try_from(stride).ok()?;
        Some(Shape { width, height, content: Content::Pixels(layout), stride_bytes, payload_bytes })
    }

    /// `bytes` bytes of a picture file; `None` where there are none or a side is zero.
    pub fn encoded(width: u32, height: u32, format: Format, bytes: u64) -> Option<Shape> {
        let is_something = width > 0 && height > 0 && bytes > 0;
        let content = Content::Encoded(format);
        is_something.then_some(Shape { width, height, content, stride_bytes: 0, payload_bytes: bytes })
    }

    /// Width in pixels; not zero.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels; not zero.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// What the bytes are.
    pub const fn content(&self) -> Content {
        self.content
    }

    /// From the start of a row to the start of the next; zero for encoded bytes.
    pub const fn stride_bytes(&self) -> u32 {
        self.stride_bytes
    }

    /// Bytes of a row that are pixels; zero for encoded bytes.
    pub fn row_bytes(&self) -> usize {
        match self.content {
            Content::Encoded(_) => 0,
            // Not more than the stride, which is a `u32`.
            Content::Pixels(layout) => (self.width as usize).saturating_mul(layout.channels()),
        }
    }

    /// All bytes, the padding of rows included; not zero.
    pub const fn payload_bytes(&self) -> u64 {
        self.payload_bytes
    }

    /// Which of the two forms it is.
    pub const fn form(&self) -> Form {
        match self.content {
            Content::Encoded(_) => Form::Encoded,
            Content::Pixels(_) => Form::Pixels,
        }
    }

    /// The number that stands for the content in an entry's header.
    pub(crate) const fn content_code(&self) -> u16 {
        match self.content {
            Content::Pixels(PixelLayout::Gray) => 1,
            Content::Pixels(PixelLayout::GrayAlpha) => 2,
            Content::Pixels(PixelLayout::Rgb) => 3,
            Content::Pixels(PixelLayout::Rgba) => 4,
            Content::Pixels(PixelLayout::Cmyk) => 5,
            Content::Encoded(Format::Gif) => 0x101,
            Content::Encoded(Format::Jpeg) => 0x102,
            Content::Encoded(Format::Png) => 0x103,
            Content::Encoded(Format::WebP) => 0x104,
        }
    }

    /// The shape that a header describes; `None` where its numbers do not belong together.
    pub(crate) fn from_header(
        width: u32,
        height: u32,
        code: u16,
        stride: u32,
        payload: u64,
    ) -> Option<Shape> {
        let shape = match code {
            1 => Shape::pixels(width, height, PixelLayout::Gray),
            2 => Shape::pixels(width, height, PixelLayout::GrayAlpha),
            3 => Shape::pixels(width, height, PixelLayout::Rgb),
            4 => Shape::pixels(width, height, PixelLayout::Rgba),
            5 => Shape::pixels(width, height, PixelLayout::Cmyk),
            0x101 => Shape::encoded(width, height, Format::Gif, payload),
            0x102 => Shape::encoded(width, height, Format::Jpeg, payload),
            0x103 => Shape::encoded(width, height, Format::Png, payload),
            0x104 => Shape::encoded(width, height, Format::WebP, payload),
            _ => None,
        }?;
        (shape.stride_bytes == stride && shape.payload_bytes == payload).then_some(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_padded_and_sizes_that_cannot_be_counted_are_refused() {
        let shape = Shape::pixels(100, 7, PixelLayout::Rgb).unwrap();
        assert_eq!((shape.row_bytes(), shape.stride_bytes(), shape.payload_bytes()), (300, 320, 2240));
        for (width, height) in [(0, 1), (1, 0), (u32::MAX, 1), (u32::MAX, u32::MAX)] {
            assert_eq!(Shape::pixels(width, height, PixelLayout::Rgba), None, "{width} x {height}");
        }
        assert_eq!(Shape::encoded(1, 1, Format::Png, 0), None);
    }

    #[test]
    fn what_a_header_says_must_belong_together() {
        let shape = Shape::pixels(10, 3, PixelLayout::Gray).unwrap();
        assert_eq!(Shape::from_header(10, 3, shape.content_code(), 64, 192), Some(shape));
        assert_eq!(Shape::from_header(10, 3, shape.content_code(), 10, 30), None);
        assert_eq!(Shape::from_header(10, 3, 0x102, 64, 192), None);
        assert_eq!(Shape::from_header(10, 3, 6, 64, 192), None);
    }
}

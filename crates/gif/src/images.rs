//! The images of a file one after the other, none of their data looked at.
//!
//! In come the blocks behind the screen; out come the place of each image and what its control block says. Whatever is
//! between them is passed over; where the outline stopped reading, this ends too.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Reader;

use crate::extension::{self, Content, Control};
use crate::frame::{self, Descriptor};

/// One image, where it begins and where it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image {
    /// The byte behind its separator.
    pub(crate) start: usize,
    pub(crate) descriptor: Descriptor,
    pub(crate) control: Control,
}

impl Image {
    /// Its columns and rows that lie on a canvas of that size.
    pub(crate) fn on_canvas(&self, width: u32, height: u32) -> (u32, u32) {
        let Descriptor { left, top, width: own_width, height: own_height, .. } = self.descriptor;
        let columns = width.saturating_sub(left.into()).min(own_width.into());
        (columns, height.saturating_sub(top.into()).min(own_height.into()))
    }

    /// Whether it lies over the whole of a canvas of that size.
    pub(crate) fn covers(&self, width: u32, height: u32) -> bool {
        let Descriptor { left, top, width: own_width, height: own_height, .. } = self.descriptor;
        (left, top) == (0, 0) && u32::from(own_width) >= width && u32::from(own_height) >= height
    }
}

/// A walk from one image to the next; a copy of it goes on from the same place.
#[derive(Clone, Debug)]
pub(crate) struct Images<'a> {
    r: Reader<'a>,
    input: &'a [u8],
    control: Control,
}

impl<'a> Images<'a> {
    /// From byte `start` on, at which a block begins.
    pub(crate) fn new(input: &'a [u8], start: usize) -> Images<'a> {
        Images { r: Reader::at(input, start), input, control: Control::default() }
    }

    fn end(&mut self) {
        self.r = Reader::at(self.input, self.input.len());
    }
}

impl Iterator for Images<'_> {
    type Item = Image;

    fn next(&mut self) -> Option<Image> {
        loop {
            match self.r.u8()? {
                b',' => {
                    let (start, control) = (self.r.position(), std::mem::take(&mut self.control));
                    let skipped = frame::skip(&mut self.r)?;
                    if !skipped.terminated {
                        self.end();
                    }
                    return Some(Image { start, descriptor: skipped.descriptor, control });
                }
                b'!' => {
                    let extension = extension::read(&mut self.r, self.input)?;
                    if let Content::Control { control, .. } = extension.content {
                        self.control = control;
                    }
                }
                0 => {}
                _ => {
                    self.end();
                    return None;
                }
            }
        }
    }
}

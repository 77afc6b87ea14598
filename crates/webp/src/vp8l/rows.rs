//! A VP8L picture, row by row: in comes the stream after its header, out come rows of pixels.
//!
//! The pixels are decoded as they are asked for, and the transforms undone on one row at a time.

use fic_core::{Error, Format, Stage};

use super::group::Groups;
use super::head::{Head, Keep};
use super::history::Pixel;
use super::pixels::{Failure, Pixels};
use super::plan::Plan;
use super::stream::Stream;
use super::transform::Transforms;
use crate::riff::offset_of;

/// The rows of one picture, from the top.
pub(crate) struct Rows<'a> {
    pixels: Coded<'a>,
    transforms: Transforms,
    row: Vec<u32>,
    next: usize,
    offset: u64,
}

/// Coded pixels: all four channels, or green where the others never change.
enum Coded<'a> {
    Green(Box<Pixels<'a, u8>>, u32),
    All(Box<Pixels<'a, u32>>),
}

/// Why there is no next row.
#[derive(Debug)]
pub(crate) enum NoRow {
    /// The stream ends before it.
    Cut(Error),
    /// The stream is broken.
    Broken(Error),
}

impl<'a> Rows<'a> {
    /// Reads all that precedes the pixels of a picture of this size, of which `plan` was made. The caller holds
    /// `plan.heap` bytes.
    pub(crate) fn open(
        stream: &'a [u8],
        offset: u64,
        (width, height): (u32, u32),
        plan: &Plan,
    ) -> Result<Rows<'a>, Error> {
        let mut stream = Stream::new(stream, offset, Stage::Decode);
        let mut head = Head::read(&mut stream, width, height, Keep::All)?;
        let groups = Groups::read(&mut stream, &head, plan.places, plan.groups)?;
        let (width, height) = (width as usize, height as usize);
        let transforms = Transforms::take(&mut head, width);
        let (bits, blocks, cache) = (stream.bits, head.blocks, head.cache_bits);
        let history = plan.history;
        let pixels = match history.constant {
            Some(constant) => {
                Coded::Green(Box::new(Pixels::new(bits, groups, blocks, cache, history, height)), constant)
            }
            None => Coded::All(Box::new(Pixels::new(bits, groups, blocks, cache, history, height))),
        };
        Ok(Rows { pixels, transforms, row: vec![0; width], next: 0, offset })
    }

    /// The next row, each pixel as alpha, red, green, blue from the highest byte down. There must be one.
    pub(crate) fn next_row(&mut self) -> Result<&[u32], NoRow> {
        match &mut self.pixels {
            Coded::Green(pixels, constant) => unpack(pixels, *constant, &mut self.row, self.offset)?,
            Coded::All(pixels) => unpack(pixels, 0, &mut self.row, self.offset)?,
        }
        self.transforms.undo(self.next, &mut self.row);
        self.next += 1;
        Ok(&self.row)
    }
}

/// Puts the next coded row at the start of `row`.
fn unpack<P: Pixel>(
    pixels: &mut Pixels<'_, P>,
    constant: u32,
    row: &mut [u32],
    offset: u64,
) -> Result<(), NoRow> {
    match pixels.next_row() {
        Ok(coded) => {
            for (pixel, &coded) in row.iter_mut().zip(coded) {
                *pixel = coded.argb(constant);
            }
            Ok(())
        }
        Err(failure) => {
            let what = match failure {
                Failure::Cut => "VP8L stream ends before its last pixel",
                Failure::Outside => "VP8L copy from before or past the picture",
            };
            let at = offset.saturating_add(offset_of(pixels.position()));
            let err = Error::malformed(Stage::Decode, Format::WebP, what).found(pixels.pixel()).at(at);
            Err(if failure == Failure::Cut { NoRow::Cut(err) } else { NoRow::Broken(err) })
        }
    }
}

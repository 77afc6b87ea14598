//! Lossy frames: in comes the payload of a `VP8 ` chunk, out come rows of pixels with the alpha of its own chunk.

use std::hash::{DefaultHasher, Hasher};
use std::io::Read;

use fic_core::{Budget, Error, Format, Hold, PixelLayout, Span, Stage};
use image_webp::vp8::{Frame, Vp8Decoder};

use crate::admit::Admitted;
use crate::alph::Alph;
use crate::alpha_rows::AlphaRows;
use crate::decoder::lossless::{alpha_rows, broken};
use crate::vp8x::FrameArea;
use crate::yuv::Planes;

/// A decoded lossy picture, its rows made one by one.
pub(super) struct Lossy<'a> {
    planes: Planes,
    alpha: Option<AlphaRows<'a>>,
    next: usize,
    _held: Hold,
}

impl<'a> Lossy<'a> {
    /// Decodes the `VP8 ` payload at `data`, and its alpha.
    pub(super) fn open(
        data: Span,
        alpha: Option<Alph>,
        admitted: &Admitted<'a>,
        budget: &Budget,
    ) -> Result<Lossy<'a>, Error> {
        let alpha = alpha.map(|alpha| alpha_rows(alpha, admitted, budget)).transpose()?;
        let (planes, held) = planes(data.of(admitted.input), admitted, budget)?;
        Ok(Lossy { planes, alpha, next: 0, _held: held })
    }

    /// Makes the next row.
    pub(super) fn next_row(&mut self, layout: PixelLayout, out: &mut [u8]) -> Result<(), Error> {
        let row = self.next;
        self.next += 1;
        if layout != PixelLayout::Rgba {
            self.planes.row::<3>(row, out);
            return Ok(());
        }
        self.planes.row::<4>(row, out);
        let pixels = out.chunks_exact_mut(4);
        match &mut self.alpha {
            Some(alpha) => pixels.zip(alpha.next_row()).for_each(|(pixel, &alpha)| pixel[3] = alpha),
            None => pixels.for_each(|pixel| pixel[3] = 255),
        }
        Ok(())
    }
}

/// Decodes a lossy frame to its planes, with the receipt for them.
fn planes(payload: &[u8], admitted: &Admitted<'_>, budget: &Budget) -> Result<(Planes, Hold), Error> {
    let FrameArea { width, height, .. } = admitted.area;
    let held = budget.hold(admitted.memory.planes)?;
    let _own = budget.hold(admitted.memory.lossy)?;
    let frame = whole_frame(payload)?;
    if (u32::from(frame.width), u32::from(frame.height)) != (width, height) {
        return Err(Error::upstream(Format::WebP, "lossy decoder sees another size than the outline"));
    }
    budget.check(Stage::Decode)?;
    Ok((Planes::new(frame), held))
}

/// Decodes a lossy frame, refusing one whose last partition is cut short.
///
/// The decoder underneath reads a zero past the end of a partition where the reference decoder stops, and so
/// gives other pixels, as if all were well, for a file that lost its last few bytes. Encoders end a partition
/// with zeros: where one is there, it is left out, and the decoder's zero stands in for it. Where there is none,
/// the frame must come out the same with the lowest and with the highest byte put behind it, between which the
/// missing one would have to lie.
fn whole_frame(payload: &[u8]) -> Result<Frame, Error> {
    if let Some((0, before)) = payload.split_last() {
        return Vp8Decoder::decode_frame(before).map_err(broken);
    }
    let highest = planes_hash(&Vp8Decoder::decode_frame(payload.chain(&[0xff][..])).map_err(broken)?);
    let frame = Vp8Decoder::decode_frame(payload).map_err(broken)?;
    if planes_hash(&frame) == highest {
        return Ok(frame);
    }
    Err(Error::malformed(Stage::Decode, Format::WebP, "last VP8 partition cut short"))
}

fn planes_hash(frame: &Frame) -> u64 {
    let mut hasher = DefaultHasher::new();
    for plane in [&frame.ybuf, &frame.ubuf, &frame.vbuf] {
        hasher.write(plane);
    }
    hasher.finish()
}
